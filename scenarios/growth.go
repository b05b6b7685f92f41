package scenarios

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/mesh"

	"gonum.org/v1/gonum/floats"
)

// Integrability is whether π is integrable on R^d, and how that is known.
type Integrability struct {
	Integrable *bool  // nil: not known
	Proven     bool   // and not measured: values tell nothing of f between and beyond the points
	Reason     string // "" for a closed form
}

const (
	// clearance is how far an exponent must be from the critical one, relatively, to decide.
	clearance = 0.05
	// unsettled is how much an exponent may still change, from one range of radii to the next.
	unsettled = 0.02
)

// Integrability decides whether π is integrable on R^d: by a closed form, by a proof for
// polynomials, or from values of f.
func (s *Scenario) Integrability() Integrability {
	switch {
	case s.Known.Integrable != nil:
		return Integrability{s.Known.Integrable, true, s.proof}
	case isArray(s.Landscape):
		return Integrability{Reason: "the file does not say how f goes on"}
	case s.Grid.Rings() > 0:
		return s.onRings()
	}
	far := s.measureFar()
	if far.Integrable == nil || !*far.Integrable || isHomogeneous(s.Noise) {
		return far
	}
	point, least, ok := s.leastPoint()
	switch {
	case !ok:
		return Integrability{Reason: far.Reason + ", but whether f vanishes somewhere was not " +
			"settled"}
	case math.IsInf(least, -1):
		return s.measureZero(point)
	}
	far.Reason += fmt.Sprintf(", and f does not vanish: the least value found is %.4g",
		math.Exp(least))
	return far
}

// measureZero decides that π is not integrable at a zero of f where f ≤ C|θ−θ₀|^p with
// (1 + 1/ε)p > d; else nothing is known: there may be more zeros.
func (s *Scenario) measureZero(zero []float64) Integrability {
	critical := float64(s.Grid.Coordinates.Dimension()) / (1 + 1/s.Noise.Epsilon())
	place := placed(s.Grid, zero, "%s = %.4g")
	lo, hi, ok := s.exponents(s.rays(zero))
	if !ok || !(lo > critical*(1+clearance)) {
		return Integrability{
			Reason: fmt.Sprintf("f vanishes at %s, and it is not clear how fast", place),
		}
	}
	return Integrability{Integrable: new(false), Reason: fmt.Sprintf(
		"f falls like |θ−θ₀|^%s to its zero at %s, and less than |θ−θ₀|^%.4g is needed",
		exponentText(lo, hi), place, critical)}
}

// placed writes a point by its held coordinates, each in a format.
func placed(g *mesh.Grid, point []float64, format string) string {
	var parts []string
	for k, q := range point {
		parts = append(parts, fmt.Sprintf(format, axisLabel(&g.Axes[k]), q))
	}
	return strings.Join(parts, ", ")
}

// exponents returns the least and the largest slope of log f in log r between the second and the
// third radius, over the points that lie on rays at a radius, and whether they have settled since
// the first.
func (s *Scenario) exponents(points func(r float64) [][]float64) (lo, hi float64, ok bool) {
	radii := []float64{1e-4, 1e-3, 1e-2}
	logF := make([][]float64, len(radii))
	for n, r := range radii {
		var err error
		if logF[n], err = s.logF(points(r)); err != nil {
			return 0, 0, false
		}
	}
	lo, hi = math.Inf(1), math.Inf(-1)
	for i, nearest := range logF[0] {
		if math.IsInf(nearest, -1) {
			continue // on a line of zeros
		}
		slopes := slopesOf(radii, column(logF, i))
		p := slopes[1]
		if !(math.Abs(p-slopes[0]) <= unsettled*max(1, math.Abs(p))) {
			return 0, 0, false
		}
		lo, hi = math.Min(lo, p), math.Max(hi, p)
	}
	return lo, hi, true
}

// logF evaluates log f at points given by their held coordinates.
func (s *Scenario) logF(held [][]float64) ([]float64, error) {
	p := pointsAt(s.Grid, held)
	values := make([]float64, p.Len())
	return values, s.Landscape.LogF(values, p)
}

// pointsAt is a block of points given by their held coordinates, within the range of a ring.
func pointsAt(g *mesh.Grid, held [][]float64) *mesh.Points {
	p := mesh.NewPoints(g)
	p.Set(within(g, held))
	return p
}

// rays returns the points at a distance r from a zero of f, by their held coordinates: towards the
// faces, edges and corners of a cube or, about the origin where |θ| is a coordinate, at eight
// places of each of the others.
func (s *Scenario) rays(zero []float64) func(r float64) [][]float64 {
	const places = 8
	if norm := mesh.NormAxis(s.Grid.Coordinates); norm >= 0 &&
		(s.Grid.Axes[norm].Log || zero[norm] < 0.1) {

		choices := make([][]float64, len(zero))
		for k := range choices {
			lo, hi := s.Grid.Axes[k].Range()
			for i := range places {
				choices[k] = append(choices[k], lo+(hi-lo)*(float64(i)+0.5)/places)
			}
		}
		return func(r float64) [][]float64 {
			if s.Grid.Axes[norm].Log {
				r = math.Log(r)
			}
			choices[norm] = []float64{r}
			return product(choices)
		}
	}
	directions := product(slices.Repeat([][]float64{{-1, 0, 1}}, len(zero)))
	return func(r float64) [][]float64 {
		x := make([][]float64, len(zero))
		for i := range directions[0] {
			d := column(directions, i)
			norm := 0.0
			for _, v := range d {
				norm = math.Hypot(norm, v)
			}
			for k, v := range d {
				if norm > 0 {
					x[k] = append(x[k], zero[k]+r*(v/norm))
				}
			}
		}
		return x
	}
}

// leastPoint looks for a minimiser of f from the cells that are lower than their neighbours. It
// returns its held coordinates and log f there, −∞ at a zero; not ok if a search does not end or
// what it comes to is neither a zero nor clearly none.
func (s *Scenario) leastPoint() (point []float64, logF float64, ok bool) {
	places, err := s.lowPlaces(12)
	if err != nil {
		return nil, 0, false
	}
	logF = math.Inf(1)
	for _, p := range places {
		at, v, ok := s.minimise(p.at, p.size, p.logF)
		if !ok {
			return nil, 0, false
		}
		if v < logF {
			point, logF = at, v
		}
	}
	return point, logF, point != nil
}

// minimise looks for a minimiser of f in steps along the axes and diagonals that are halved, in
// place, where none lowers f.
func (s *Scenario) minimise(point, step []float64, logF float64) (
	at []float64, least float64, ok bool) {
	const (
		half = 25    // halvings after which f must have settled or not, of twice as many
		most = 20000 // steps
	)
	halfway, halvings := 0.0, 0
	for range most {
		if next, lower := s.lowerNeighbour(point, step, logF); next != nil {
			point, logF = next, lower
			continue
		}
		if halvings++; halvings == half {
			halfway = logF
		}
		if halvings == 2*half {
			const none, zero = 1e-3, 1 // f ~ |θ−θ₀|^p falls by a factor of 2^{25p} between the two
			switch fall := halfway - logF; {
			case math.IsInf(logF, -1) || fall > zero:
				return point, math.Inf(-1), true
			default:
				return point, logF, fall < none
			}
		}
		floats.Scale(0.5, step)
	}
	return nil, 0, false
}

// lowerNeighbour returns the lowest of the points one step along the axes and the diagonals from a
// point if log f is less there, else nil.
func (s *Scenario) lowerNeighbour(point, step []float64, logF float64) ([]float64, float64) {
	choices := make([][]float64, len(point))
	for k, q := range point {
		choices[k] = []float64{q, q + step[k], q - step[k]}
		d := mesh.DomainOf(s.Grid.Coordinates, k)
		if !s.Grid.Axes[k].Log && !d.Periodic && q-step[k] < d.Min {
			choices[k] = choices[k][:2]
		}
	}
	near := product(choices)
	values, err := s.logF(near)
	if err != nil {
		return nil, 0
	}
	best := floats.MinIdx(values)
	if !(values[best] < logF) {
		return nil, 0
	}
	return column(near, best), values[best]
}

// exponentText writes a range of exponents, or one number if there is but one.
func exponentText(lo, hi float64) string {
	if a, b := fmt.Sprintf("%.3g", lo), fmt.Sprintf("%.3g", hi); a != b {
		return a + "…" + b
	}
	return fmt.Sprintf("%.3g", lo)
}

// product returns all points whose coordinates are among the given ones, coordinate by coordinate,
// in C order.
func product(choices [][]float64) [][]float64 {
	n := 1
	for _, c := range choices {
		n *= len(c)
	}
	all := make([][]float64, len(choices))
	for k := range all {
		all[k] = make([]float64, n)
	}
	for i := range n {
		rest := i
		for k := len(choices) - 1; k >= 0; k-- {
			all[k][i] = choices[k][rest%len(choices[k])]
			rest /= len(choices[k])
		}
	}
	return all
}
