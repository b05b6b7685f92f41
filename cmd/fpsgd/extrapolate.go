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
	cells, err := nestedCells(p.Config, spectrumLevels)
	if err != nil {
		return nil, err
	}
	table := make([][]float64, len(finest)) // per eigenvalue, per grid
	add := func(modes []solver.Mode) {
		for i, m := range modes {
			table[i] = append(table[i], m.Value)
		}
	}
	for _, n := range cells[:spectrumLevels-1] {
		coarse, err := newProblem(withCells(p.Config, n))
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
	e := &extrapolated{Cells: cells}
	for _, values := range table {
		value, estimate, order := solver.Richardson(values, 2, centralOrder)
		e.Eigenvalues, e.Errors = append(e.Eigenvalues, value), append(e.Errors, estimate)
		e.Orders = append(e.Orders, rundir.Known(order))
	}
	return e, nil
}

// edge is the gap on the unbounded domain, by solver.EdgeFit of extrapolated gaps on growing domains.
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

func findEdge(ctx context.Context, cfg *config.Config, a *activity) (*edge, error) {
	growing, err := domains(cfg)
	if err != nil {
		return nil, err
	}
	eps, e := cfg.Noise.Epsilon, &edge{}
	var lambda []float64
	for _, d := range growing {
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

// domain is a config whose grid has a logarithmic length T.
type domain struct {
	cfg    *config.Config
	length float64
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

// domains returns the grid of a config and those 2 and 4 times as long in the graded coordinate τ of its first axis, with as many
// times the cells, all rounded as nestedCells does. T counts both ends of an axis that has two.
func domains(cfg *config.Config) ([]domain, error) {
	cells, err := nestedCells(cfg, spectrumLevels)
	if err != nil {
		return nil, err
	}
	finest, a := cells[spectrumLevels-1], cfg.Grid.Axes[0]
	reach, width, ends, err := gradedReach(cfg)
	if err != nil {
		return nil, err
	}
	tau := math.Asinh(reach / width)
	out := make([]domain, 3)
	for k := range out {
		factor := 1 << k
		n := slices.Clone(finest)
		n[0] *= factor
		c := withCells(cfg, n)
		far := width * math.Sinh(float64(factor)*tau)
		if math.IsInf(far, 0) {
			return nil, cfg.Errorf(axisKey(0, "max"), "--edge needs a domain %d times as long, which reaches beyond what is representable (reach less far)", factor)
		}
		b := &c.Grid.Axes[0]
		if a.Spacing == "log" {
			b.LogMin, b.LogMax = -far, far
		} else {
			b.Max = far
			if ends == 2 {
				b.Min = -far
			}
		}
		out[k] = domain{c, float64(factor*ends) * tau}
	}
	return out, nil
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
