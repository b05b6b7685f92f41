package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	limits "fpsgd/solver/analysis"
)

// extrapolated are eigenvalues in the limit of vanishing spacing (analysis.Extrapolate).
type extrapolated struct {
	Cells       [][]int    `json:"cells"` // along every axis, grid by grid
	Eigenvalues []float64  `json:"eigenvalues"`
	Errors      []*float64 `json:"errors"` // half-widths of error bars; null: unknown
	Orders      []*float64 `json:"orders"` // observed; null without monotone convergence
}

// extrapolate takes the modes of a problem as those of the finest grid and adds coarser ones, as many as have the modes. Eigenvalues
// are matched by their number, so that bars grow where two of them cross as the grid is refined.
func extrapolate(ctx context.Context, p *problem, finest []solver.Mode, a *activity) (*extrapolated, error) {
	e := &extrapolated{Cells: [][]int{cellsOf(p.Config)}}
	ladders := make([][]limits.Level, len(finest)) // the finest first
	add := func(p *problem, modes []solver.Mode) {
		for i, m := range modes {
			ladders[i] = append(ladders[i], limits.Eigenvalue(p.operator, m))
		}
	}
	add(p, finest)
	for _, level := range coarser(p.Config) {
		coarse, modes, err := onCoarseGrid(ctx, level, len(finest), a)
		if ctx.Err() != nil {
			return nil, err
		}
		if err != nil { // what such a grid cannot hold makes the bar wider
			break
		}
		add(coarse, modes)
		e.Cells = append(e.Cells, cellsOf(level))
	}
	slices.Reverse(e.Cells)
	for _, ladder := range ladders {
		slices.Reverse(ladder)
		limit := limits.Extrapolate(ladder)
		e.Eigenvalues, e.Errors = append(e.Eigenvalues, limit.Value), append(e.Errors, rundir.Known(limit.Error))
		e.Orders = append(e.Orders, rundir.Known(limit.Order))
	}
	return e, nil
}

// onCoarseGrid returns the lowest modes on a grid, k of them or all it has.
func onCoarseGrid(ctx context.Context, cfg *config.Config, k int, a *activity) (*problem, []solver.Mode, error) {
	p, err := newProblem(cfg)
	if err != nil {
		return nil, nil, err
	}
	modes, err := lowest(ctx, p, min(k, modesOf(p)), a)
	return p, modes, err
}

// edge is the gap on the unbounded domain, by a fit to extrapolated gaps on domains of several lengths. What is not known is null.
type edge struct {
	Gap              *float64   `json:"gap"`
	PoincareConstant *float64   `json:"poincare_constant"`
	Error            *float64   `json:"error"`   // of the gap: of the fit plus the largest of the extrapolations
	Reason           string     `json:"reason"`  // why the gap is not known; "" if it is
	T0               *float64   `json:"t0"`      // t₀
	Speed            *float64   `json:"speed"`   // c, of the far field where it is the same in all directions, else fitted
	Lengths          []float64  `json:"lengths"` // T
	Gaps             []float64  `json:"gaps"`    // on the domains, extrapolated to vanishing spacing
	GapErrors        []*float64 `json:"gap_errors"`
	Cells            [][]int    `json:"cells"` // along every axis of the finest grid, domain by domain
}

// edgeStudy is what --edge works on: domains of several lengths, and what the weights are like at the far ends of the longest.
type edgeStudy struct {
	domains []domain
	field   farField
	free    bool   // c is fitted
	shorter string // why no domain is longer than the grid that was given; "" if one is
}

// domain is a config whose grid has a logarithmic length T.
type domain struct {
	cfg    *config.Config
	length float64
	factor float64 // of the length of the grid that was given
}

// edgeFactors are the lengths of the domains in those of the grid that is given, by the number of axes that are lengthened, and of all: one
// axis gets up to 4 times the cells, or 2 times where there are three, two get twice as many, and three no more. Where f or the grid is not representable that far out, the second
// ones count. A fit with c free takes one domain more.
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

// newEdgeStudy plans the fit for a config.
func newEdgeStudy(cfg *config.Config) (*edgeStudy, error) {
	ends := farEnds(cfg)
	if len(ends) == 0 {
		return nil, cfg.Errorf("grid.axes.0", "--edge cannot lengthen this grid: none of its ends is graded and far (use spacing sinh, to "+
			"9 widths or more from its centres, or log)")
	}
	near, err := farFieldAt(cfg)
	if err != nil {
		return nil, err
	}
	s := &edgeStudy{free: near.spread > sameSpeed}
	for attempt, factors := range edgeFactors(axesOf(ends), len(cfg.Grid.Axes), s.free) {
		switch {
		case attempt > 0:
			s.shorter = "; on longer ones f or the grid is not representable"
		case factors[len(factors)-1] == 1:
			s.shorter = "; longer ones would have too many cells"
		}
		if s.domains, err = domains(cfg, ends, factors); err != nil {
			continue
		}
		longest := s.domains[len(factors)-1].cfg
		if s.field, err = farFieldAt(longest); err != nil {
			continue
		}
		if _, err = newProblem(longest); err == nil {
			return s, nil
		}
	}
	return nil, err
}

// axesOf counts the axes that have far ends.
func axesOf(ends []farEnd) int {
	seen := map[int]bool{}
	for _, e := range ends {
		seen[e.axis] = true
	}
	return len(seen)
}

// domains returns grids that are so many times as long as that of a config in log |θ|, with as many times the cells along the axes
// that reach far, rounded as nested does.
func domains(cfg *config.Config, ends []farEnd, factors []float64) ([]domain, error) {
	var out []domain
	for _, factor := range factors {
		c, err := resized(cfg, ends, factor)
		if err != nil {
			return nil, err
		}
		levels, err := nested(c, spectrumLevels)
		if err != nil {
			return nil, err
		}
		out = append(out, domain{levels[spectrumLevels-1], factor * logLength(cfg, ends), factor})
	}
	return out, nil
}

// find measures the gaps on the domains and fits the edge. Where the far field is not that of an edge, and where a gap has no error
// bar, the edge is unknown, and the reason stands in it. It is an error if the gap is attained.
func (s *edgeStudy) find(ctx context.Context, a *activity) (*edge, error) {
	e := &edge{Reason: s.field.reason}
	if e.Reason != "" {
		return e, nil
	}
	eps, discretisation := s.domains[0].cfg.Noise.Epsilon, 0.0
	for _, d := range s.domains {
		gap, err := d.gap(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("--edge, logarithmic length %.4g: %w", d.length, err)
		}
		e.Lengths, e.Cells = append(e.Lengths, d.length), append(e.Cells, gap.Cells[len(gap.Cells)-1])
		e.Gaps, e.GapErrors = append(e.Gaps, gap.Eigenvalues[0]), append(e.GapErrors, gap.Errors[0])
	}
	bar := widest(e.GapErrors)
	if bar == nil {
		e.Reason = "the gaps on the domains have no error bar: the grid is too coarse"
		return e, nil
	}
	discretisation = *bar
	if err := s.attained(e, discretisation); err != nil {
		return nil, err
	}
	return e, s.fit(e, eps, discretisation)
}

// attained returns an error if the gap is an eigenvalue below the essential spectrum: the same on the last two domains, or below what the
// far field says.
func (s *edgeStudy) attained(e *edge, discretisation float64) error {
	last := len(e.Gaps) - 1
	gap, drop := e.Gaps[last], e.Gaps[last-1]-e.Gaps[last]
	if bottom := s.domains[0].cfg.Noise.Epsilon * s.field.edge; gap+discretisation < bottom-s.domains[0].cfg.Noise.Epsilon*s.field.error {
		return fmt.Errorf("--edge: the gap %.10g lies below the essential spectrum, which begins at %.6g: it is attained and needs no fit "+
			"(use --extrapolate)", gap, bottom)
	}
	if drop <= discretisation {
		return fmt.Errorf("--edge: from T = %.4g to %.4g the gap %.10g changes by %.1e, which is no more than its error %.1e: it lies below the "+
			"essential spectrum and needs no fit (use --extrapolate), or the grid is too coarse", e.Lengths[last-1], e.Lengths[last], gap, -drop, discretisation)
	}
	return nil
}

// fit fits the edge to the gaps.
func (s *edgeStudy) fit(e *edge, eps, discretisation float64) error {
	lambda := make([]float64, len(e.Gaps))
	for i, gap := range e.Gaps {
		lambda[i] = gap / eps
	}
	fit := limits.EdgeFitFree
	if !s.free {
		fit = func(T, values []float64) (limits.Edge, error) { return limits.EdgeFit(T, values, s.field.speed) }
	}
	found, err := fit(e.Lengths, lambda)
	if err != nil {
		return fmt.Errorf("--edge: %w", err)
	}
	if bottom := s.field.edge; !math.IsNaN(bottom) { // known without a fit
		found.Error = math.Max(found.Error, math.Abs(found.Value-bottom)-s.field.error)
	}
	gap, bar, t0, c := eps*found.Value, eps*found.Error+discretisation, found.T0, found.Speed
	e.Gap, e.PoincareConstant, e.Error, e.T0, e.Speed = &gap, &found.Value, &bar, &t0, &c
	return nil
}

// print writes the rows of the edge. A nil one has none.
func (e *edge) print(t io.Writer, eps float64, exactGap, exactLambda string) {
	if e == nil {
		return
	}
	gap, lambda := "unknown", "unknown"
	if e.Gap != nil {
		gap, lambda = fmt.Sprintf("%.10g ± %.1e", *e.Gap, *e.Error), fmt.Sprintf("%.10g ± %.1e", *e.PoincareConstant, *e.Error/eps)
	}
	fmt.Fprintf(t, "gap, unbounded domain\t%s\t%s\n", gap, exactGap)
	fmt.Fprintf(t, "Λ, unbounded domain\t%s\t%s\n", lambda, exactLambda)
}

// note says what the edge is fitted to, or why it is not known.
func (e *edge) note(s *edgeStudy) string {
	if e.Reason != "" {
		return "--edge: unknown: " + e.Reason
	}
	return s.domainNote()
}

// domainNote says what the edge is fitted to.
func (s *edgeStudy) domainNote() string {
	lengths, factors := make([]string, len(s.domains)), make([]string, len(s.domains))
	for i, d := range s.domains {
		lengths[i], factors[i] = fmt.Sprintf("%.4g", d.length), fmt.Sprintf("%g", d.factor)
	}
	return fmt.Sprintf("the unbounded domain is fitted to the gaps on domains of logarithmic length T = %s: %s times the grid's%s",
		enumerated(lengths), enumerated(factors), s.shorter)
}

// enumerated writes a list: 1, 2 and 4.
func enumerated(items []string) string {
	last := len(items) - 1
	return strings.Join(items[:last], ", ") + " and " + items[last]
}

// gap extrapolates the lowest eigenvalue to vanishing spacing.
func (d domain) gap(ctx context.Context, a *activity) (*extrapolated, error) {
	p, err := newProblem(d.cfg)
	if err != nil {
		return nil, err
	}
	modes, err := lowest(ctx, p, 1, a)
	if err != nil {
		return nil, err
	}
	return extrapolate(ctx, p, modes, a)
}
