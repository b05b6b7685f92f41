package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

// Extrapolation are eigenvalues in the limit of vanishing spacing (analysis.Extrapolate).
type Extrapolation struct {
	Cells       [][]int   `json:"cells"` // along every axis, grid by grid
	Eigenvalues []float64 `json:"eigenvalues"`
	Errors      []Number  `json:"errors"` // half-widths of error bars
	Orders      []Number  `json:"orders"` // observed; unknown without monotone convergence

	Levels [][]float64 `json:"-"` // every eigenvalue grid by grid
}

// Extrapolate takes a spectrum of the equation as that of the finest grid and adds coarser ones, as
// many as have its modes. Eigenvalues are matched by their number, so that bars grow where two of
// them cross as the grid is refined.
func (e *Equation) Extrapolate(ctx context.Context, finest *Spectrum) (*Extrapolation, error) {
	return e.ExtrapolateOver(ctx, mostLevels, finest)
}

// ExtrapolateOver is Extrapolate on so many grids at most.
func (e *Equation) ExtrapolateOver(ctx context.Context, grids int,
	finest *Spectrum) (*Extrapolation, error) {
	if finest == nil || len(finest.Modes) == 0 {
		return nil, errors.New("there is no spectrum to extrapolate (see Equation.Spectrum)")
	}
	x := &Extrapolation{}
	cells, ladders, err := e.ladders(ctx, grids, false, finest.nested)
	x.Cells = cells
	for _, ladder := range ladders {
		limit := analysis.Extrapolate(ladder)
		x.Eigenvalues = append(x.Eigenvalues, limit.Value)
		x.Errors = append(x.Errors, Known(limit.Error))
		x.Orders = append(x.Orders, Known(limit.Order))
		values := make([]float64, len(ladder))
		for k, level := range ladder {
			values[k] = level.Value
		}
		x.Levels = append(x.Levels, values)
	}
	return x, err
}

// ladders are nested modes as figures on so many grids at most, the coarsest first, and the cells
// of these: each mode by its number. Where modes are known on fewer grids, they are looked for on
// coarser ones: if it is to be cheap, but for the least number of grids, of no fewer than 4 cells
// along every axis, and as long as few cells need to be integrated adaptively, which costs more
// than finer grids do.
func (e *Equation) ladders(ctx context.Context, most int, cheap bool, n nested) (cells [][]int,
	ladders [][]analysis.Level, err error) {

	const (
		fewest = 4   // cells along an axis
		hard   = 0.2 // share of cells
	)
	ladders = make([][]analysis.Level, len(n.levels[len(n.levels)-1]))
	add := func(op *operators.Operator, modes []solver.Mode) {
		cells = append(cells, op.Shape)
		for i, m := range modes[:min(len(modes), len(ladders))] {
			ladders[i] = append(ladders[i], analysis.Eigenvalue(op, m))
		}
	}
	for level, grid := range slices.Backward(n.grids) {
		if modes := n.levels[level]; modes != nil && len(cells) < most {
			add(grid.Operator, modes)
		}
	}
	unresolved := 0.0
	for len(cells) < most {
		grid := e.coarseGrid(len(cells) - 1)
		enough := len(cells) >= ExtrapolationLevels
		if grid == nil || cheap && enough && (slices.Min(grid.Shape()) < fewest ||
			unresolved > hard) {
			break
		}
		coarse, err := e.coarse(len(cells) - 1)
		if err != nil { // what such a grid cannot hold makes the bar wider
			break
		}
		s, err := coarse.spectrum(ctx, min(len(ladders), coarse.modesOf()))
		if ctx.Err() != nil {
			return nil, nil, err
		}
		if err != nil {
			break
		}
		unresolved = float64(coarse.Operator.Hard) / float64(coarse.Operator.Cells())
		add(coarse.Operator, s.Modes)
	}
	slices.Reverse(cells)
	for _, ladder := range ladders {
		slices.Reverse(ladder)
	}
	return cells, ladders, nil
}

// spacing is how far nested modes on the last grid may be off for its spacing, with the orders.
func (e *Equation) spacing(ctx context.Context, n nested) (bars []analysis.Limit, err error) {
	_, ladders, err := e.ladders(ctx, mostLevels, true, n)
	for _, ladder := range ladders {
		bars = append(bars, analysis.OnFinest(ladder))
	}
	return bars, err
}

// Edge is the gap on the unbounded domain, by a fit to extrapolated gaps on domains of several
// lengths.
type Edge struct {
	Gap              Number `json:"gap"`
	PoincareConstant Number `json:"poincare_constant"`
	// of the gap: of the fit plus the largest of the extrapolations
	Error  Number `json:"error"`
	Reason string `json:"reason"` // why the gap is not known; "" if it is
	T0     Number `json:"t0"`     // t₀
	// c, of the far field where it is the same in all directions, else fitted
	Speed     Number    `json:"speed"`
	Lengths   []float64 `json:"lengths"` // T
	Gaps      []float64 `json:"gaps"`    // on the domains, extrapolated to vanishing spacing
	GapErrors []Number  `json:"gap_errors"`
	// along every axis of the finest grid, domain by domain
	Cells [][]int `json:"cells"`
}

// EdgeStudy is what an Edge is fitted to: domains of several lengths, and what the weights are like
// at the far ends of the longest.
type EdgeStudy struct {
	domains []domain
	field   farField
	free    bool   // c is fitted
	shorter string // why no domain is longer than the grid that was given; "" if one is
}

// domain is a problem on a grid of a logarithmic length T.
type domain struct {
	*scenarios.Scenario
	length float64
	factor float64 // of the length of the grid that was given
}

// edgeFactors are the lengths of the domains in those of the grid that is given, by the number of
// axes that are lengthened, and of all: one axis gets up to 4 times the cells, or 2 times where
// there are three, two get twice as many, and three no more. Where f or the grid is not
// representable that far out, the second ones count. A fit with c free takes one domain more.
func edgeFactors(axes, all int, free bool) [][]float64 {
	switch {
	case axes == 1 && all > 2 && !free:
		return [][]float64{{0.5, 1, 2}, {0.25, 0.5, 1}}
	case axes == 1 && all > 2:
		return [][]float64{{0.5, 0.8, 1.25, 2}, {0.25, 0.4, 0.65, 1}}
	case axes == 1 && free:
		return [][]float64{{0.5, 1, 2, 4}, {0.25, 0.4, 0.65, 1}}
	case axes == 1:
		return [][]float64{{1, 2, 4}, {0.25, 0.5, 1}}
	case axes == 2 && free:
		return [][]float64{{0.5, 0.7, 1, 1.4}, {0.35, 0.5, 0.7, 1}}
	case axes == 2:
		return [][]float64{{0.35, 0.7, 1.4}, {0.25, 0.5, 1}}
	case free:
		return [][]float64{{0.4, 0.55, 0.75, 1}}
	}
	return [][]float64{{0.25, 0.5, 1}}
}

// NewEdgeStudy plans the fit for a problem.
func NewEdgeStudy(s *scenarios.Scenario) (*EdgeStudy, error) {
	ends := farEndsOf(s.Grid)
	if len(ends) == 0 {
		return nil, s.Errorf("grid.axes.0", "--edge cannot lengthen this grid: none of its ends "+
			"is graded and far (use spacing sinh, to 9 widths or more from its centres, or log)")
	}
	near, err := farFieldAt(s)
	if err != nil {
		return nil, err
	}
	study := &EdgeStudy{free: near.spread > sameSpeed}
	for attempt, factors := range edgeFactors(len(ends), len(s.Grid.Axes), study.free) {
		switch {
		case attempt > 0:
			study.shorter = "; on longer ones f or the grid is not representable"
		case factors[len(factors)-1] == 1:
			study.shorter = "; longer ones would have too many cells"
		}
		if study.domains, err = domains(s, ends, factors); err != nil {
			continue
		}
		longest := study.domains[len(factors)-1].Scenario
		if study.field, err = farFieldAt(longest); err != nil {
			continue
		}
		if _, err = AssembleScenario(longest); err == nil {
			return study, nil
		}
	}
	return nil, err
}

// domains returns a problem on grids that are so many times as long as its own in log |θ|, with as
// many times the cells along the axes that reach far, rounded as nested does.
func domains(s *scenarios.Scenario, ends farEnds, factors []float64) ([]domain, error) {
	var out []domain
	for _, factor := range factors {
		g, err := resized(s, ends, factor)
		if err != nil {
			return nil, err
		}
		longer, err := s.On(g)
		if err != nil {
			return nil, err
		}
		if longer, err = Finest(longer); err != nil {
			return nil, err
		}
		out = append(out, domain{longer, factor * logLength(s.Grid, ends), factor})
	}
	return out, nil
}

// Find measures the gaps on the domains and fits the edge. Where the far field is not that of an
// edge, and where a gap has no error bar, the edge is unknown, and the reason stands in it. It is
// an error if the gap is attained.
func (s *EdgeStudy) Find(ctx context.Context, progress Progress) (*Edge, error) {
	e := &Edge{Reason: s.field.reason}
	if e.Reason != "" {
		return e, nil
	}
	for _, d := range s.domains {
		gap, err := d.gap(ctx, progress)
		if err != nil {
			return nil, fmt.Errorf("--edge, logarithmic length %.4g: %w", d.length, err)
		}
		e.Lengths, e.Cells = append(e.Lengths, d.length),
			append(e.Cells, gap.Cells[len(gap.Cells)-1])
		e.Gaps, e.GapErrors = append(e.Gaps, gap.Eigenvalues[0]), append(e.GapErrors, gap.Errors[0])
	}
	bar := Widest(e.GapErrors)
	if !bar.Known() {
		e.Reason = "the gaps on the domains have no error bar: the grid is too coarse"
		return e, nil
	}
	if err := s.attained(e, bar.Value()); err != nil {
		return nil, err
	}
	return e, s.fit(e, bar.Value())
}

// attained returns an error if the gap is an eigenvalue below the essential spectrum: the same on
// the last two domains, or below what the far field says.
func (s *EdgeStudy) attained(e *Edge, discretisation float64) error {
	last := len(e.Gaps) - 1
	gap, drop := e.Gaps[last], e.Gaps[last-1]-e.Gaps[last]
	eps := s.domains[0].Noise.Epsilon()
	if bottom := eps * s.field.edge; gap+discretisation < bottom-eps*s.field.error {
		return fmt.Errorf("--edge: the gap %.10g lies below the essential spectrum, which begins "+
			"at %.6g: it is attained and needs no fit (use --extrapolate)", gap, bottom)
	}
	if drop <= discretisation {
		return fmt.Errorf("--edge: from T = %.4g to %.4g the gap %.10g changes by %.1e, which is "+
			"no more than its error %.1e: it lies below the "+
			"essential spectrum and needs no fit (use --extrapolate), or the grid is too coarse",
			e.Lengths[last-1], e.Lengths[last], gap, -drop, discretisation)
	}
	return nil
}

// fit fits the edge to the gaps.
func (s *EdgeStudy) fit(e *Edge, discretisation float64) (err error) {
	eps, lambda := s.domains[0].Noise.Epsilon(), make([]float64, len(e.Gaps))
	for i, gap := range e.Gaps {
		lambda[i] = gap / eps
	}
	var found analysis.Edge
	if s.free {
		found, err = analysis.EdgeFitFree(e.Lengths, lambda)
	} else {
		found, err = analysis.EdgeFit(e.Lengths, lambda, s.field.speed)
	}
	if err != nil {
		return fmt.Errorf("--edge: %w", err)
	}
	if bottom := s.field.edge; !math.IsNaN(bottom) { // known without a fit
		found.Error = math.Max(found.Error, math.Abs(found.Value-bottom)-s.field.error)
	}
	e.Gap, e.PoincareConstant, e.Error = Known(eps*found.Value), Known(found.Value),
		Known(eps*found.Error+discretisation)
	e.T0, e.Speed = Known(found.T0), Known(found.Speed)
	return nil
}

// Note says what the edge is fitted to, or why it is not known.
func (e *Edge) Note(s *EdgeStudy) string {
	if e.Reason != "" {
		return "--edge: unknown: " + e.Reason
	}
	lengths, factors := make([]string, len(s.domains)), make([]string, len(s.domains))
	for i, d := range s.domains {
		lengths[i], factors[i] = fmt.Sprintf("%.4g", d.length), fmt.Sprintf("%g", d.factor)
	}
	return fmt.Sprintf("the unbounded domain is fitted to the gaps on domains of logarithmic "+
		"length T = %s: %s times the grid's%s",
		enumerated(lengths), enumerated(factors), s.shorter)
}

// enumerated writes a list: 1, 2 and 4.
func enumerated(items []string) string {
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// gap extrapolates the lowest eigenvalue to vanishing spacing.
func (d domain) gap(ctx context.Context, progress Progress) (*Extrapolation, error) {
	e, err := AssembleScenario(d.Scenario)
	if err != nil {
		return nil, err
	}
	e.Progress = progress
	s, err := e.spectrum(ctx, 1)
	if err != nil {
		return nil, err
	}
	return e.Extrapolate(ctx, s)
}

// Widest returns the largest of several error bars, unknown if one is.
func Widest(bars []Number) Number {
	out := bars[0]
	for _, b := range bars {
		if !b.Known() {
			return b
		}
		out = Known(max(out.Value(), b.Value()))
	}
	return out
}
