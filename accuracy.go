package fpsgd

import (
	"context"
	"math"

	"fpsgd/mesh"
	"fpsgd/solver/analysis"
)

// Uncertainty is how far off a figure may be, and by what: half-widths in its own unit. null:
// unknown.
type Uncertainty struct {
	// Total is the sum of the parts, unknown if one is.
	Total  Number `json:"total"`
	Space  Number `json:"space"`  // of the spacing of the grid
	Time   Number `json:"time"`   // of the propagator
	Domain Number `json:"domain"` // of what lies outside of the grid
	Solves Number `json:"solves"` // of linear solves and rounding
	Fit    Number `json:"fit"`    // of a rate: of faster modes that are left
	// Dominant is the largest part: space, time, domain, solves or fit; "" if Total is unknown.
	Dominant string `json:"dominant"`
	// Order of convergence in the spacing, observed
	Order Number `json:"order"`
}

// parts are those by their names.
func (u *Uncertainty) parts() ([]string, []*Number) {
	return []string{"space", "time", "domain", "solves", "fit"},
		[]*Number{&u.Space, &u.Time, &u.Domain, &u.Solves, &u.Fit}
}

// sum completes the total.
func (u Uncertainty) sum() Uncertainty {
	names, parts := u.parts()
	total, largest := 0.0, -1.0
	for k, part := range parts {
		if !part.Known() {
			u.Total, u.Dominant = Number{}, ""
			return u
		}
		if v := part.Value(); v > largest {
			largest, u.Dominant = v, names[k]
		}
		total += part.Value()
	}
	u.Total = Known(total)
	return u
}

// Times is the uncertainty of a multiple of the figure.
func (u Uncertainty) Times(factor float64) Uncertainty {
	_, parts := u.parts()
	for _, part := range append(parts, &u.Total) {
		*part = Known(part.Value() * factor)
	}
	return u
}

// Uncertainties are those of the figures of a run.
type Uncertainties struct {
	Gap              Uncertainty `json:"gap"`
	PoincareConstant Uncertainty `json:"poincare_constant"`
	Fitted           Uncertainty `json:"fitted"`
	Norm             Uncertainty `json:"norm"`    // ‖u−⟨u⟩‖ at the end, relative
	Density          Uncertainty `json:"density"` // ρ at the end, in L¹
}

// The columns of a series with the errors of ‖u−⟨u⟩‖, relative, and of ρ in L¹.
const (
	normError    = "norm_error"
	densityError = "density_error"
	timeError    = "time_error"
)

// beyond estimates how much of a quantity q_i ≥ 0 of cells lies outside of the grid, where it is
// not open: at every end that is no end of the coordinate, with A its sum over the last sixteenth
// of the cells and B over the sixteenth before, the geometric continuation A r/(1−r), r = A/B. On a
// graded axis that is what a power of the distance does, and more than what falls faster. It is NaN
// where q does not fall towards an end.
func (e *Equation) beyond(q func(i int) float64) float64 {
	const (
		outermost  = 16
		negligible = 1e-12
	)
	total, whole := 0.0, 0.0
	at := make([]int, len(e.Grid.Axes))
	sums := make([][2][2]float64, len(at)) // by axis, side and layer, the outer one first
	layers := make([]int, len(at))
	for k := range layers {
		layers[k] = max(1, e.Grid.Axes[k].Cells()/outermost)
	}
	for i := range e.Operator.Cells() {
		e.Grid.Index(at, i)
		whole += q(i)
		for k, j := range at {
			n := e.Grid.Axes[k].Cells()
			for side, fromEnd := range [2]int{j, n - 1 - j} {
				if layer := fromEnd / layers[k]; layer < 2 {
					sums[k][side][layer] += q(i)
				}
			}
		}
	}
	for k := range at {
		a, d := &e.Grid.Axes[k], mesh.DomainOf(e.Grid.Coordinates, k)
		lo, hi := a.Range()
		for side, end := range [2]float64{lo, hi} {
			atEnd := !a.Log && end == [2]float64{d.Min, d.Max}[side]
			if d.Bounded() || atEnd || a.Periodic || a.Ends[side] == mesh.Open {
				continue
			}
			outer, inner := sums[k][side][0], sums[k][side][1]
			if outer == 0 {
				continue
			}
			switch ratio := outer / inner; {
			case ratio < 1:
				total += outer * ratio / (1 - ratio)
			case outer < negligible*whole: // rounding
				total += outer
			default:
				return math.NaN()
			}
		}
	}
	return total
}

// domainOfGap estimates how far the gap is from that of the whole space. Restricted to the grid,
// the slowest mode of the whole space has an energy and a norm that lack what lies outside:
// relatively that is what the mode of the grid has there by its continuation, several times over.
// Where that is not small half of the box tells, if there is one (Box).
//
// The gap of the whole space is no more than the bottom of its essential spectrum, where the far
// field tells that: what it exceeds that by it is off.
func (j *job) domainOfGap(ctx context.Context, g gap) float64 {
	const (
		several = 4
		small   = 1e-5
	)
	over := 0.0
	if field, err := farFieldAt(j.Scenario); err == nil && field.reason == "" {
		if above := g.Gap - j.Noise.Epsilon()*(field.edge-field.error); above > 0 {
			over = above
		}
	}
	share := math.NaN()
	if len(g.Found) > 0 {
		w := g.Found[0].W
		share = several * j.beyond(func(i int) float64 { return w[i] * w[i] })
	}
	if share < small {
		return share*g.Gap + over
	}
	box, err := j.Box(ctx, g.Gap)
	switch {
	case err != nil || box != nil && box.cutsOff(g.Gap):
		return math.NaN()
	case box == nil:
		return share*g.Gap + over
	}
	return math.Max(box.beyond(g.Gap), over)
}

// uncertainties gathers them, and completes the columns of the series.
func (j *job) uncertainties(ctx context.Context, g gap, d *analysis.Decay) {
	u, zero := &j.summary.Uncertainties, Known(0)
	if !j.Config.Output.Errors {
		return
	}
	domain := j.domainOfGap(ctx, g)
	u.Gap = Uncertainty{Space: Known(g.spacing.Error), Order: Known(g.spacing.Order),
		Time: zero, Domain: Known(domain),
		Solves: Known(g.Error * g.Gap), Fit: zero}.sum()
	u.PoincareConstant = u.Gap.Times(1 / j.Noise.Epsilon())
	spaces, err := j.twins(ctx)
	if err != nil { // interrupted, or a coarse grid does not hold the problem
		return
	}
	j.fill(spaces)
	last := len(spaces.norms) - 1
	end := spaces.density[j.state.Time]
	whole, solves := j.timeErrors(last)
	relative := end.decaying * densitySafety
	norm := j.domainOfNorm(domain)
	u.Density = Uncertainty{Space: Known(end.Error), Order: Known(end.Order),
		Time:   Known(math.Min(j.state.Error-j.state.Solving, (whole-solves)*relative)),
		Solves: Known(math.Min(j.state.Solving, solves*relative)),
		Domain: Known(j.domainOfDensity(end.decaying, norm)), Fit: zero}.sum()
	u.Norm = Uncertainty{Space: Known(spaces.norms[last]), Order: Known(spaces.normOrder),
		Time:   Known(whole - solves),
		Solves: Known(solves), Domain: Known(norm), Fit: zero}.sum()
	if d.Fitted {
		steps := d.Fit.StepError(d.Fit.Rate, j.schemes()...)
		space := spaces.fitted.Error
		if d.Agrees() { // with the gap, another way to that rate: its error counts, up to twice
			space = math.Max(space, math.Min(2*space, g.spacing.Error))
		}
		u.Fitted = Uncertainty{Space: Known(space), Order: Known(spaces.fitted.Order),
			Time: Known(steps * d.Fit.Rate), Domain: Known(domain), Solves: zero,
			Fit: Known(d.Fit.Change)}.sum()
	}
}

// timeErrors are those of a row of the series relative to the norm that decays, in all and of the
// solves of the last.
func (j *job) timeErrors(row int) (whole, solves float64) {
	whole = j.series.Column(timeError)[row]
	if j.state.Error > 0 {
		solves = whole * j.state.Solving / j.state.Error
	}
	return whole, solves
}

// domainOfDensity estimates the error in L¹ that the ends make: what is missing outside, and has
// its place inside, and of what decays as much, relatively, as of the norm, or all of it.
func (j *job) domainOfDensity(decaying, norm float64) float64 {
	outside := 2 * j.beyond(func(i int) float64 {
		return math.Abs(j.Operator.Sigma[i] * j.state.W[i])
	})
	if !(norm < 1) {
		norm = 1
	}
	return outside + norm*decaying
}

// domainOfNorm estimates by how much the norm at the end is off, relatively: half of the share of
// its square that lies beyond the grid, in the end or at the start, and what a rate that is off
// does until then. It is NaN where ‖u‖ is infinite on the whole space.
func (j *job) domainOfNorm(rate float64) float64 {
	if j.Exact != nil && math.IsInf(j.Exact.DeviationNorm(j.state.Time), 1) {
		return math.NaN()
	}
	share := func(w []float64) float64 {
		mean, size := 0.0, 0.0
		if j.Operator.Conservative() {
			mean = j.Operator.Mass(w)
		}
		square := func(i int) float64 {
			d := w[i] - mean*j.Operator.Sigma[i]
			return d * d
		}
		for i := range w {
			size += square(i)
		}
		return j.beyond(square) / size
	}
	return math.Max(share(j.start), share(j.state.W))/2 + rate*j.state.Time
}

// fill completes the columns of the series with the errors of space and time together. An error in
// time relative to the norm is one of about as much of the density in L¹, relative to what decays
// of it.
func (j *job) fill(spaces *spaceErrors) {
	norms, densities := j.series.Column(normError), j.series.Column(densityError)
	times := j.series.Column(timeError)
	for i, t := range j.series.Times() {
		norms[i] = spaces.norms[i] + times[i]
		if e, ok := spaces.density[t]; ok {
			densities[i] = e.Error + densitySafety*times[i]*e.decaying
		}
	}
}
