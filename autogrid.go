package fpsgd

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"gonum.org/v1/gonum/floats"
)

// A chosen grid has at least so many cells to a unit of τ (scenarios.Plan), by the number of axes:
// with 4, neighbouring cells differ by a factor of e^{1/4} at most. On one axis or two more cost
// next to nothing, on four they are too many. The first that is tried has half of that.
var leastFineness = []float64{8, 8, 4, 1.5}

// lifetimes is the last time, where none is given, in units of 1/gap: ‖u−⟨u⟩‖ falls by e^{−8}, and
// the second half of that shows its rate.
const lifetimes = 8

// Settle returns a config with what it left to the program: axes of spacing auto, and all of a grid
// without any, an initial density, and the last time. One that leaves nothing open is returned as
// it is.
//
// The ends and the grading follow from the problem (scenarios.Plan). The cells are multiplied, by 2
// or by what an error of second order asks for if that is less, until the error in space is below
// grid.accuracy or grid.most_cells, or the memory, is reached. The same config has the same grid,
// to the bit.
func Settle(ctx context.Context, cfg *config.Config, tell Progress) (*config.Config, error) {
	if !cfg.Automatic() && cfg.Initial.Kind != "auto" && cfg.Time.End > 0 {
		return cfg, nil
	}
	c, err := SettleStill(ctx, cfg, tell)
	if err != nil || c.Time.End > 0 || c.Grid.Angular > 0 {
		return c, err
	}
	gap, err := roughGap(ctx, c, tell)
	tell.over()
	if err != nil {
		return nil, err
	}
	return timed(c, gap)
}

// SettleGrid is Settle for what needs no time: the last one may still be 0 if the grid is given.
func SettleGrid(ctx context.Context, cfg *config.Config, tell Progress) (*config.Config, error) {
	if !cfg.Automatic() {
		return cfg, nil
	}
	return SettleStill(ctx, cfg, tell)
}

// SettleStill is Settle of the grid and the initial density; the last time may still be 0 if the
// grid is given.
func SettleStill(ctx context.Context, cfg *config.Config, tell Progress) (*config.Config, error) {
	defer tell.over()
	if !cfg.Automatic() && cfg.Initial.Kind != "auto" {
		return cfg, nil
	}
	plan, err := scenarios.NewPlan(cfg)
	switch {
	case err != nil:
		return nil, err
	case !cfg.Automatic():
		return cfg.Settled(cfg.Grid.Axes, plan.Initial(), cfg.Time.End, plan.Remarks())
	}
	s := gridChoice{cfg: cfg, plan: plan, tell: tell}
	return s.settle(ctx)
}

// timed sets the last time of a config from the gap.
func timed(c *config.Config, gap float64) (*config.Config, error) {
	end := endOf(c, gap)
	if end == 0 {
		return nil, c.Errorf("time.end", "missing, and the gap %g tells none (add e.g. end = 4.0)",
			gap)
	}
	return c.Settled(c.Grid.Axes, c.Initial, end, []string{endRemark(end, gap)})
}

// endOf is the last time for a gap, to two digits, or that of the outputs if that is later; 0 where
// the gap tells none.
func endOf(c *config.Config, gap float64) float64 {
	const latest = 1e150
	end := scenarios.Rounded(lifetimes/gap, 2)
	if !(end > 0 && end <= latest) {
		return 0
	}
	return slices.Max(append([]float64{end}, c.Output.Times...))
}

func endRemark(end, gap float64) string {
	return fmt.Sprintf("time: to t = %g, %.3g times 1/gap (gap %.4g)", end, end*gap, gap)
}

// roughGap is the gap on a grid of at most some thousand cells.
func roughGap(ctx context.Context, c *config.Config, tell Progress) (float64, error) {
	const most = 5000
	s, err := StateOf(c)
	if err != nil {
		return 0, err
	}
	for _, g := range s.Grid.Coarser(mostLevels) {
		if s.Grid.Cells() <= most {
			break
		}
		coarse, err := s.On(g)
		if err != nil {
			break
		}
		s = coarse
	}
	e, err := AssembleScenario(s)
	if err != nil {
		return 0, err
	}
	e.Progress = tell
	spectrum, err := e.spectrum(ctx, 1)
	if err != nil {
		return 0, err
	}
	return spectrum.Gap, nil
}

// gridChoice chooses how fine the grid of a plan is.
type gridChoice struct {
	cfg   *config.Config
	plan  *scenarios.Plan
	tell  Progress
	least float64 // fineness
	// the gap is lower on the farthest reaching grid that is tried than on those before
	falling bool
}

// attempt is a grid with its error in space.
type attempt struct {
	*config.Config
	fineness []float64
	gap, end float64
	error    spatialError
	axes     []float64 // the shares of the axes in the error of the gap
}

// settle looks for a grid: one that is fine enough, or as fine as there is room for, and reaches as
// far as the gap falls.
func (s *gridChoice) settle(ctx context.Context) (*config.Config, error) {
	s.least = leastFineness[len(s.cfg.Grid.Axes)-1]
	best, limit, err := s.refine(ctx)
	if err != nil {
		return nil, err
	}
	near, tried := s.plan, farther[len(s.cfg.Grid.Axes)-1]
	for k, times := range tried {
		wide, any := near.Wider(times)
		if !any || !s.lower(ctx, wide, best) {
			continue
		}
		before := s.plan
		s.plan = wide
		if next, l, err := s.refine(ctx); err == nil {
			best, limit = next, l
			s.falling = k == len(tried)-1
		} else {
			s.plan = before
		}
	}
	if ctx.Err() != nil {
		return nil, cmp.Or(err, solver.ErrInterrupted)
	}
	return s.done(best, limit)
}

// farther are how many times as far out the ends are tried, by the number of axes.
var farther = [][]float64{{3, 10, 100, 1e3, 1e4, 1e6}, {3, 10, 100, 1e3, 1e4}, {3}, nil}

// lower reports whether the gap on a wider plan is lower than on the best grid of the one there is,
// by more than the errors in space of both, about the accuracy.
func (s *gridChoice) lower(ctx context.Context, wide *scenarios.Plan, best *attempt) bool {
	const errors = 3
	try := *s
	try.plan = wide
	fineness := slices.Clone(best.fineness)
	for try.room(fineness) != nil && fineness[0] > s.least/4 {
		floats.Scale(0.7, fineness)
	}
	e, err := try.equation(&attempt{fineness: fineness})
	if err != nil {
		return false // what is not representable cannot be told
	}
	spectrum, err := e.Spectrum(ctx, 1)
	if err != nil {
		return false
	}
	slack := errors * s.cfg.Grid.Accuracy
	if bar := spectrum.Spacing[0]; bar.Known() {
		slack = math.Max(slack, bar.Value()/best.gap)
	}
	return spectrum.Gap < best.gap*(1-slack)
}

// refine looks for a grid of the plan: the first that is fine enough, or the last that there is
// room for, with the limit that it ends at.
func (s *gridChoice) refine(ctx context.Context) (best *attempt, limit string, err error) {
	fineness := slices.Repeat([]float64{s.least / 2}, len(s.cfg.Grid.Axes))
	for s.room(fineness) != nil && fineness[0] > 0.2 {
		floats.Scale(0.8, fineness)
	}
	for {
		a, err := s.attempt(ctx, fineness)
		if ctx.Err() != nil {
			return nil, "", cmp.Or(err, solver.ErrInterrupted)
		}
		next := slices.Clone(fineness)
		floats.Scale(2, next)
		if err == nil {
			a.error.gap = max(a.error.gap, best.change(a.gap))
			best, next = a, s.finer(a)
		}
		enough := err == nil && a.error.largest() <= s.cfg.Grid.Accuracy
		limit := s.room(next)
		switch {
		case enough && (slices.Equal(next, fineness) || limit != nil), err == nil && s.given():
			return best, "", nil
		case limit != nil && best != nil:
			return best, limit.Error(), nil
		case limit != nil, err != nil && s.given():
			return nil, "", cmp.Or(err, limit)
		}
		fineness = next
	}
}

// change is a third of what the gap has changed by since the attempt before, relatively: the error
// that is left where cells were doubled. Bars hold on nearly all grids, and are too small where the
// error changes its sign between two of them.
func (a *attempt) change(gap float64) float64 {
	if a == nil {
		return 0
	}
	return math.Abs(a.gap-gap) / 3 / gap
}

// given reports whether all cells are.
func (s *gridChoice) given() bool {
	for k := range s.cfg.Grid.Axes {
		if s.plan.Free(k) {
			return false
		}
	}
	return true
}

// finer are the cells that an attempt asks for. Where axis k has a share E_k ~ n_k^{−2} in the
// error, ∏ n_k is least for a given ΣE_k where these are the same: n_k grows as
// sqrt(d E_k/accuracy) does, with a tenth to spare, by a factor of 2 at most, and the least that it
// grows by at all is 1.25. Of an error that is not known nothing is shared out.
func (s *gridChoice) finer(a *attempt) []float64 {
	const most, least, spare = 2, 1.25, 1.1
	accuracy, next := s.cfg.Grid.Accuracy, slices.Clone(a.fineness)
	if a.error.largest() > accuracy {
		free, grown := 0, false
		for k := range next {
			if s.plan.Free(k) {
				free++
			}
		}
		for k := range next {
			share := a.axes[k] * float64(free)
			if total := floats.Sum(a.axes); total > 0 && a.error.gap > total {
				share *= a.error.gap / total // what the axes together do
			}
			if !(a.error.density <= accuracy || math.IsNaN(a.error.density)) {
				share = math.Max(share, a.error.density)
			}
			factor := math.Min(most, spare*math.Sqrt(share/accuracy))
			if math.IsNaN(factor) || math.IsNaN(a.error.gap) {
				factor = most
			}
			if factor >= least && s.plan.Free(k) {
				next[k], grown = next[k]*factor, true
			}
		}
		if !grown {
			floats.Scale(least, next)
		}
	}
	for k := range next {
		if s.plan.Free(k) && s.cfg.Grid.Axes[k].Spacing == "auto" && !s.angle(k) {
			next[k] = math.Max(next[k], s.least)
		}
	}
	return next
}

// angle reports whether an axis is one, whose cells are uniform.
func (s *gridChoice) angle(k int) bool {
	return mesh.DomainOf(mesh.System(s.cfg.Grid.Coordinates), k).Bounded()
}

// room says why a grid so fine cannot be.
func (s *gridChoice) room(fineness []float64) error {
	cfg := *s.cfg
	cfg.Grid.Axes = s.plan.Axes(fineness)
	if n := cfg.Grid.Cells(); n > float64(cfg.Grid.MostCells) {
		return s.cfg.Errorf("grid.most_cells", "the next grid has %.4g cells, and %d are allowed "+
			"(allow more, or a larger grid.accuracy)", n, cfg.Grid.MostCells)
	}
	return BudgetOf(&cfg, cfg.Grid.Cells()).checkMemory(&cfg)
}

// attempt measures the error in space of a grid.
func (s *gridChoice) attempt(ctx context.Context, fineness []float64) (*attempt, error) {
	a := &attempt{fineness: fineness}
	e, err := s.equation(a)
	if err != nil {
		return nil, err
	}
	spectrum, err := e.Spectrum(ctx, 1)
	if err != nil {
		return nil, err
	}
	a.gap = spectrum.Gap
	if a.end = s.cfg.Time.End; a.end == 0 {
		a.end = endOf(s.cfg, a.gap)
	}
	if a.error, err = e.spatialError(ctx, spectrum, a.end, s.cfg.Grid.Accuracy); err != nil {
		return nil, err
	}
	a.axes = make([]float64, len(fineness))
	if a.error.largest() > s.cfg.Grid.Accuracy {
		a.axes, err = s.shares(ctx, e, a.gap)
	}
	return a, err
}

// equation is the problem on the grid of an attempt.
func (s *gridChoice) equation(a *attempt) (e *Equation, err error) {
	a.Config, err = s.cfg.Settled(s.plan.Axes(a.fineness), s.plan.Initial(), s.cfg.Time.End, nil)
	if err != nil {
		return nil, err
	}
	scenario, err := StateOf(a.Config)
	if err == nil {
		e, err = AssembleScenario(scenario)
	}
	if err == nil {
		e.Progress = s.tell
	}
	return e, err
}

// shares are those of the axes in the error of the gap: (gap' − gap)/(3 gap) with half of the cells
// along one of them, as the scheme is of second order. Where such a grid cannot be, NaN.
func (s *gridChoice) shares(ctx context.Context, e *Equation, gap float64) ([]float64, error) {
	const order = 2
	out := make([]float64, len(e.Grid.Axes))
	for k := range out {
		if !s.plan.Free(k) {
			continue
		}
		out[k] = math.NaN()
		axes := slices.Clone(e.Grid.Axes)
		half, err := axes[k].Coarsened(2)
		if err != nil || half.Cells() < half.Fewest() {
			continue
		}
		axes[k] = half
		g, err := mesh.NewGrid(e.Grid.Coordinates, axes)
		if err != nil {
			continue
		}
		coarse, err := e.On(g)
		if err != nil {
			continue
		}
		modes, err := coarse.spectrum(ctx, 1)
		if ctx.Err() != nil {
			return nil, cmp.Or(err, solver.ErrInterrupted)
		}
		if err == nil {
			out[k] = math.Abs(modes.Gap-gap) / (math.Exp2(order) - 1) / gap
		}
	}
	return out, nil
}

// done is the config on a grid; limit says why it is not as fine as it should be, if it is not.
func (s *gridChoice) done(a *attempt, limit string) (*config.Config, error) {
	grid := fmt.Sprintf("grid: %s cells; error in space %v", ShapeText(shapeOf(a.Config)), a.error)
	switch {
	case s.given():
		grid += ", all cells being given"
	case limit != "":
		grid += fmt.Sprintf(", which is not below grid.accuracy = %g: %s", s.cfg.Grid.Accuracy,
			limit)
	default:
		grid += fmt.Sprintf(", below grid.accuracy = %g", s.cfg.Grid.Accuracy)
	}
	remarks := append([]string{grid}, s.plan.Remarks()...)
	if s.falling {
		remarks = append(remarks, "the gap falls as far out as ends are tried: it belongs to the "+
			"grid, and the whole space may have none")
	}
	if s.cfg.Time.End == 0 && a.end > 0 && s.cfg.Grid.Angular == 0 {
		remarks = append(remarks, endRemark(a.end, a.gap))
	}
	return s.cfg.Settled(a.Grid.Axes, s.plan.Initial(), a.end, remarks)
}

func shapeOf(c *config.Config) []int {
	shape := make([]int, len(c.Grid.Axes))
	for k := range shape {
		shape[k] = c.Grid.Axes[k].Cells
	}
	return shape
}
