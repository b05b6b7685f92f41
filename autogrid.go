package fpsgd

import (
	"context"
	"fmt"
	"math"

	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
)

// A chosen grid begins with startFineness cells to a unit of τ (scenarios.Plan), and has at least
// leastFineness, so that neighbouring cells differ by no more than a factor e^{1/4}: on four axes
// neither, where such a grid has too many.
const (
	startFineness = 2
	leastFineness = 4
)

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
	end := endOf(gap)
	if !(end > 0) || end > 1e150 {
		return nil, c.Errorf("time.end", "missing, and the gap %g tells none (add e.g. end = 4.0)",
			gap)
	}
	return c.Settled(c.Grid.Axes, c.Initial, end, []string{endRemark(end, gap)})
}

// endOf is the last time for a gap, to two digits.
func endOf(gap float64) float64 {
	end := lifetimes / gap
	unit := math.Pow(10, math.Floor(math.Log10(end))-1)
	return scenarios.Rounded(math.Round(end/unit)*unit, 2)
}

func endRemark(end, gap float64) string {
	return fmt.Sprintf("time: to t = %g, %d times 1/gap (gap %.4g)", end, lifetimes, gap)
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
	cfg  *config.Config
	plan *scenarios.Plan
	tell Progress
}

// attempt is a grid with its error in space.
type attempt struct {
	*config.Config
	fineness, gap, end float64
	error              spatialError
	remark             string // on its reach
}

// settle looks for a grid.
func (s *gridChoice) settle(ctx context.Context) (*config.Config, error) {
	accuracy := s.cfg.Grid.Accuracy
	fineness, least := float64(startFineness), float64(leastFineness)
	if len(s.cfg.Grid.Axes) > 3 {
		fineness, least = 1, 1
	}
	for fineness > 0.25 && s.room(fineness) != nil {
		fineness /= 1.25
	}
	var best *attempt
	for {
		a, err := s.attempt(ctx, fineness)
		switch {
		case ctx.Err() != nil:
			return nil, err
		case err == nil:
			best = a
		}
		enough := best != nil && err == nil && best.error.largest() <= accuracy
		if enough && fineness >= least || !s.plan.Refinable() {
			if err != nil {
				return nil, err
			}
			return s.done(best, "")
		}
		factor := 2.0
		if err == nil {
			factor = math.Min(2, math.Max(1.25, 1.1*math.Sqrt(best.error.largest()/accuracy)))
			if enough {
				factor = least / fineness
			}
		}
		limit := s.room(fineness * factor)
		if limit != nil && enough {
			return s.done(best, "")
		}
		if limit != nil && best == nil {
			return nil, err
		}
		if limit != nil {
			return s.done(best, limit.Error())
		}
		fineness *= factor
	}
}

// room says why a grid so fine cannot be.
func (s *gridChoice) room(fineness float64) error {
	cfg := *s.cfg
	cfg.Grid.Axes = s.plan.Axes(fineness)
	if n := cfg.Grid.Cells(); n > float64(cfg.Grid.MostCells) {
		return fmt.Errorf("the next grid has %.4g cells, and grid.most_cells is %d", n,
			cfg.Grid.MostCells)
	}
	return BudgetOf(&cfg, cfg.Grid.Cells()).checkMemory(&cfg)
}

// attempt measures the error in space of a grid, which reaches further where the gap asks for it.
func (s *gridChoice) attempt(ctx context.Context, fineness float64) (*attempt, error) {
	a := &attempt{fineness: fineness}
	const longer = 4 // times
	for range longer {
		c, err := s.cfg.Settled(s.plan.Axes(fineness), s.plan.Initial(), s.cfg.Time.End, nil)
		if err != nil {
			return nil, err
		}
		a.Config = c
		scenario, err := StateOf(c)
		if err != nil {
			return nil, err
		}
		e, err := AssembleScenario(scenario)
		if err != nil {
			return nil, err
		}
		e.Progress = s.tell
		spectrum, err := e.Spectrum(ctx, 1)
		if err != nil {
			return nil, err
		}
		if a.gap, a.end = spectrum.Gap, s.cfg.Time.End; a.end == 0 {
			a.end = endOf(a.gap)
		}
		if !s.plan.Far() {
			box, err := e.Box(ctx, a.gap)
			if err != nil {
				return nil, err
			}
			if box != nil && box.beyond(a.gap) > s.cfg.Grid.Accuracy*a.gap && s.plan.Lengthen() {
				continue
			}
		}
		a.error, err = e.spatialError(ctx, spectrum, a.end)
		return a, err
	}
	return a, nil
}

// done is the config on a grid; limit says why it is not as fine as it should be, if it is not.
func (s *gridChoice) done(a *attempt, limit string) (*config.Config, error) {
	grid := fmt.Sprintf("grid: %s cells; error in space %v", ShapeText(shapeOf(a.Config)), a.error)
	switch {
	case !s.plan.Refinable():
		grid += ", all cells being given"
	case limit != "":
		grid += fmt.Sprintf(", which is not below grid.accuracy = %g: %s", s.cfg.Grid.Accuracy,
			limit)
	default:
		grid += fmt.Sprintf(", below grid.accuracy = %g", s.cfg.Grid.Accuracy)
	}
	remarks := append([]string{grid}, s.plan.Remarks()...)
	if s.cfg.Time.End == 0 && s.cfg.Grid.Angular == 0 {
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
