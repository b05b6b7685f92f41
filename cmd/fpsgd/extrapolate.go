package main

import (
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// centralOrder is the order of the two-point flux in the spacing.
const centralOrder = 2

// extrapolated are eigenvalues in the limit of vanishing spacing (solver.Richardson).
type extrapolated struct {
	Cells       [][]int    `json:"cells"` // along every axis, grid by grid
	Eigenvalues []float64  `json:"eigenvalues"`
	Errors      []float64  `json:"errors"` // estimates
	Orders      []*float64 `json:"orders"` // observed; null without monotone convergence
}

// extrapolate takes the modes of a problem as those of the finest grid and adds two coarser ones. Eigenvalues are matched by their
// number, so that estimates grow where two of them cross as the grid is refined.
func extrapolate(ctx context.Context, p *problem, finest []solver.Mode, a *activity) (*extrapolated, error) {
	levels, err := nested(p.Config, spectrumLevels)
	if err != nil {
		return nil, err
	}
	table := make([][]float64, len(finest)) // per eigenvalue, per grid
	add := func(modes []solver.Mode) {
		for i, m := range modes {
			table[i] = append(table[i], m.Value)
		}
	}
	for _, level := range levels[:spectrumLevels-1] {
		coarse, err := newProblem(level)
		if err != nil {
			return nil, err
		}
		modes, err := lowest(ctx, coarse, len(finest), a)
		if err != nil {
			return nil, err
		}
		add(modes)
	}
	add(finest)
	e := &extrapolated{}
	for _, level := range levels {
		e.Cells = append(e.Cells, cellsOf(level))
	}
	for _, values := range table {
		value, estimate, order := solver.Richardson(values, 2, centralOrder)
		e.Eigenvalues, e.Errors = append(e.Eigenvalues, value), append(e.Errors, estimate)
		e.Orders = append(e.Orders, rundir.Known(order))
	}
	return e, nil
}

// edge is the gap on the unbounded domain, by solver.EdgeFit of extrapolated gaps on domains of several lengths.
type edge struct {
	Gap              float64   `json:"gap"`
	PoincareConstant float64   `json:"poincare_constant"`
	Error            float64   `json:"error"`   // estimate of that of the gap: of the fit plus the largest of the extrapolations
	T0               float64   `json:"t0"`      // t₀
	Lengths          []float64 `json:"lengths"` // T
	Gaps             []float64 `json:"gaps"`    // on the domains, extrapolated to vanishing spacing
	GapErrors        []float64 `json:"gap_errors"`
	Cells            [][]int   `json:"cells"` // along every axis of the finest grid, domain by domain
}

func findEdge(ctx context.Context, domains []domain, a *activity) (*edge, error) {
	eps, e := domains[0].cfg.Noise.Epsilon, &edge{}
	var lambda []float64
	for _, d := range domains {
		gap, err := d.gap(ctx, a)
		if err != nil {
			return nil, fmt.Errorf("--edge, logarithmic length %.4g: %w", d.length, err)
		}
		e.Lengths, e.Cells = append(e.Lengths, d.length), append(e.Cells, gap.Cells[spectrumLevels-1])
		e.Gaps, e.GapErrors = append(e.Gaps, gap.Eigenvalues[0]), append(e.GapErrors, gap.Errors[0])
		lambda = append(lambda, gap.Eigenvalues[0]/eps)
	}
	last, discretisation := len(e.Gaps)-1, slices.Max(e.GapErrors)
	if drop := e.Gaps[last-1] - e.Gaps[last]; drop <= discretisation {
		return nil, fmt.Errorf("--edge: from T = %.4g to %.4g the gap %.10g changes by %.1e, which is no more than its error %.1e: it lies below the "+
			"essential spectrum and needs no fit (use --extrapolate), or the grid is too coarse", e.Lengths[last-1], e.Lengths[last], e.Gaps[last], -drop, discretisation)
	}
	bottom, t0, estimate, err := solver.EdgeFit(e.Lengths, lambda)
	if err != nil {
		return nil, err
	}
	e.Gap, e.PoincareConstant, e.T0 = eps*bottom, bottom, t0
	e.Error = eps*estimate + discretisation
	return e, nil
}

// domainNote says what the edge is fitted to.
func (e *edge) domainNote(domains []domain) string {
	why := ""
	if domains[0].factor < 1 {
		why = "; on longer ones f or the grid is not representable"
	}
	return fmt.Sprintf("the unbounded domain is fitted to the gaps on domains of logarithmic length T = %.4g, %.4g and %.4g: %g, %g and %g times the grid's%s",
		e.Lengths[0], e.Lengths[1], e.Lengths[2], domains[0].factor, domains[1].factor, domains[2].factor, why)
}

// domain is a config whose grid has a logarithmic length T.
type domain struct {
	cfg    *config.Config
	length float64
	factor float64 // of the length of the grid that was given
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

// edgeDomains returns the grid of a config and those 2 and 4 times as long or, where f or the grid is not representable that far out,
// those half and a quarter as long.
func edgeDomains(cfg *config.Config) ([]domain, error) {
	var err error
	for _, factors := range [][]float64{{1, 2, 4}, {0.25, 0.5, 1}} {
		var out []domain
		if out, err = domains(cfg, factors); err != nil {
			return nil, err
		}
		if _, err = newProblem(out[len(out)-1].cfg); err == nil {
			return out, nil
		}
	}
	return nil, err
}

// domains returns grids that are so many times as long as that of a config in the graded coordinate τ of its first axis, with as many
// times the cells, rounded as nested does. T counts both ends of an axis that has two.
func domains(cfg *config.Config, factors []float64) ([]domain, error) {
	reach, width, ends, err := gradedReach(cfg)
	if err != nil {
		return nil, err
	}
	tau := math.Asinh(reach / width)
	var out []domain
	for _, factor := range factors {
		cells := cellsOf(cfg)
		cells[0] = int(math.Round(factor * float64(cells[0])))
		c := withCells(cfg, cells, 1)
		far := reach
		if factor != 1 {
			far = width * math.Sinh(factor*tau)
		}
		lengthen(&c.Grid.Axes[0], far, ends)
		levels, err := nested(c, spectrumLevels)
		if err != nil {
			return nil, err
		}
		out = append(out, domain{levels[spectrumLevels-1], factor * float64(ends) * tau, factor})
	}
	return out, nil
}

// lengthen moves the far ends of an axis.
func lengthen(a *config.Axis, far float64, ends int) {
	switch {
	case a.Spacing == "log":
		a.LogMin, a.LogMax = -far, far
	case ends == 2:
		a.Min, a.Max = -far, far
	default:
		a.Max = far
	}
}

// gradedReach returns how far from its centre 0 the first axis reaches, the width of its fine part, and how many of its ends are
// far: the domain has the logarithmic length ends·asinh(reach/width).
func gradedReach(cfg *config.Config) (reach, width float64, ends int, err error) {
	a, g := cfg.Grid.Axes[0], cfg.Grid
	centred := len(a.Centers) == 1 && a.Centers[0] == 0
	radial := g.Coordinates == "radial" || g.Coordinates == "polar" || g.Coordinates == "spherical"
	switch {
	case radial && a.Spacing == "sinh" && centred && a.Min == 0:
		return a.Max, a.Width[0], 1, nil
	case g.Coordinates == "cartesian" && len(g.Axes) == 1 && a.Spacing == "sinh" && centred && a.Min == -a.Max:
		return a.Max, a.Width[0], 2, nil
	case radial && a.Spacing == "log" && len(a.Width) == 1 && a.LogMin == -a.LogMax:
		return a.LogMax, a.Width[0], 2, nil
	}
	return 0, 0, 0, cfg.Errorf("grid.axes.0", "--edge cannot lengthen this grid (use an axis r with spacing sinh and min = 0, a single axis x with "+
		"spacing sinh and min = −max, or an axis r with spacing log, a width and log_min = −log_max)")
}
