package fpsgd

import (
	"context"
	"fmt"
	"math"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/analysis"
)

// Convergence are the errors of a problem on several levels, and the orders at which they fall.
type Convergence struct {
	Name      string            `json:"name"`
	In        string            `json:"in"` // space or time
	End       float64           `json:"end"`
	Scheme    *Scheme           `json:"scheme"`
	Reference string            `json:"reference"` // what the errors are measured against
	Levels    []*Level          `json:"levels"`    // the coarsest first
	Limits    map[string]*Limit `json:"limits"`    // gap and chi, extrapolated
	TimeError *Distance         `json:"time_error"`
	// of the finest grid; nil where no end is far, and in time
	Box   *Box     `json:"box"`
	Notes []string `json:"notes"`

	equation *Equation
	options  Options
	grids    []*Grid // in space, the coarsest first
	part     string  // what Progress is told
}

// Level is one grid and step.
type Level struct {
	Cells      []int  `json:"cells"`
	Step       Number `json:"step"` // the longest one taken
	Steps      int    `json:"steps"`
	Solves     int    `json:"solves"`
	EulerSteps int    `json:"euler_steps"`
	ErrorL1    Number `json:"error_l1"`
	OrderL1    Number `json:"order_l1"` // observed between the level before and this one
	ErrorChi   Number `json:"error_chi"`
	OrderChi   Number `json:"order_chi"`
	Gap        Number `json:"gap"`
	Chi        Number `json:"chi"` // at the end

	solution *solution
	mode     analysis.Level // of the gap
}

// Limit is that of a sequence (analysis.Extrapolate).
type Limit struct {
	Value Number `json:"value"`
	Error Number `json:"error"` // half-width of the error bar
	Order Number `json:"order"`
}

// Distance is that of two densities.
type Distance struct {
	L1  Number `json:"l1"`
	Chi Number `json:"chi"` // unknown where it is beyond floating point
}

// solution is an equation solved to its end.
type solution struct {
	*Equation
	*solver.State
	scheme  string
	longest float64 // step; NaN where there are none
}

// NewConvergence plans the levels of a problem that is solved with some options, in "space" or in
// "time".
//
// In space every level has twice the cells of the one before along every axis, and the last about
// those of the equation; the error in time is made small against that of the grid. In time the grid
// is that of the equation, with fixed steps, halved from level to level: the last of options.Step
// or, if that is 0, the first of End/32.
func (e *Equation) NewConvergence(in string, levels int, o Options) (*Convergence, error) {
	if err := o.check(); err != nil {
		return nil, err
	}
	c := &Convergence{
		Name: e.Name, In: in, End: o.End, Limits: map[string]*Limit{}, Notes: []string{},
		equation: e, options: o,
	}
	switch {
	case levels < 2:
		return nil, Refused(fmt.Errorf("--levels must be 2 or more, got %d", levels))
	case in != "space" && in != "time":
		return nil, Refused(fmt.Errorf("--in must be space or time, got %q", in))
	case in == "time" && o.Scheme == config.Lanczos:
		return nil, e.Errorf("time.scheme", "lanczos has no steps, whose order --in time measures "+
			"(use euler, sdirk2 or sdirk3)")
	}
	if in == "time" {
		c.Levels = make([]*Level, levels)
		c.Scheme = &Scheme{config.SDIRK2, "steps of second order"}
		if o.Scheme != "" {
			c.Scheme = &Scheme{o.Scheme, AsAsked}
		}
		return c, nil
	}
	_, chosen, err := e.begin(c.accurate())
	if err != nil {
		return nil, err
	}
	c.Scheme = chosen.Scheme()
	if e.Config != nil && e.Config.Initial.File != "" {
		return nil, e.Errorf("initial.file", "its values belong to one grid, which cannot be "+
			"refined (give the density as a formula)")
	}
	c.grids, err = e.Nested(levels)
	return c, err
}

// Measure solves on all levels.
func (c *Convergence) Measure(ctx context.Context) error {
	measure := c.inSpace
	if c.In == "time" {
		measure = c.inTime
	}
	if err := measure(ctx); err != nil {
		return err
	}
	for k, l := range c.Levels[1:] {
		l.OrderL1 = observedOrder(c.Levels[k].ErrorL1, l.ErrorL1)
		l.OrderChi = observedOrder(c.Levels[k].ErrorChi, l.ErrorChi)
	}
	return nil
}

// observedOrder is log₂ of the ratio of errors on neighbouring levels.
func observedOrder(coarse, fine Number) Number {
	return Known(math.Log2(coarse.Value() / fine.Value()))
}

// begin tells of the next part of the work.
func (c *Convergence) begin(format string, args ...any) {
	c.part = fmt.Sprintf(format, args...)
	c.equation.Progress.part(c.part, "")
}

// solve solves an equation to the end.
func (c *Convergence) solve(ctx context.Context, e *Equation, o Options) (*solution, error) {
	w, chosen, err := e.begin(o)
	if err != nil {
		return nil, err
	}
	s := &solution{Equation: e, scheme: chosen.Name}
	observe := solver.ObserverFunc(func(v solver.Event) error {
		s.longest = math.Max(s.longest, v.Dt)
		c.equation.Progress.part(c.part, "t = %.4g of %g", v.Time, o.End)
		return nil
	})
	s.State, err = chosen.Run(ctx, &solver.State{W: w}, observe)
	if !chosen.Steps() {
		s.longest = math.NaN()
	}
	return s, err
}

// level is the one that has a solution.
func (s *solution) level() *Level {
	return &Level{
		Cells: s.Grid.Shape(), Step: Known(s.longest), Steps: s.Steps, Solves: s.Solves,
		EulerSteps: s.EulerSteps, Chi: Known(s.chi()), solution: s,
	}
}

// chi returns χ = ‖w/m − σ‖.
func (s *solution) chi() float64 {
	mass, chi := s.Operator.Mass(s.W), 0.0
	for i, w := range s.W {
		chi = math.Hypot(chi, w/mass-s.Operator.Sigma[i])
	}
	return chi
}

// accurate are the options with an error in time that is small against that of a grid.
func (c *Convergence) accurate() Options {
	o := c.options
	o.Times = nil
	if o.Step > 0 {
		o.Step, o.Tolerance = 0, defaultTolerance
	}
	if len(c.equation.Grid.Axes) == 1 {
		o.Tolerance /= 1000
	} else {
		o.Tolerance /= 10
	}
	return o
}

// inSpace refines the grid.
func (c *Convergence) inSpace(ctx context.Context) error {
	for k, g := range c.grids {
		c.begin("level %d of %d, %s cells", k+1, len(c.grids), ShapeText(g.Shape()))
		onGrid, err := c.equation.On(g)
		if err != nil {
			return err
		}
		s, err := c.solve(ctx, onGrid, c.accurate())
		if err != nil {
			return err
		}
		l := s.level()
		c.Levels = append(c.Levels, l)
		spectrum, err := onGrid.spectrum(ctx, 1)
		if err != nil {
			return err
		}
		l.Gap = Known(spectrum.Gap)
		l.mode = analysis.Eigenvalue(s.Operator, spectrum.Modes[0])
	}
	if err := c.spaceErrors(); err != nil {
		return err
	}
	c.noteTruncation()
	c.noteResolution()
	if err := c.timeError(ctx); err != nil {
		return err
	}
	c.extrapolate()
	return c.boxEffect(ctx)
}

// boxEffect finds how the gap of the finest level depends on the reach of the grid, which no
// refinement changes and no bar holds.
func (c *Convergence) boxEffect(ctx context.Context) error {
	finest := c.finest()
	if !finest.Gap.Known() {
		return nil
	}
	gap := finest.Gap.Value()
	b, err := finest.solution.Box(ctx, gap)
	if err != nil || b == nil {
		return err
	}
	c.Box = b
	if b.Moves(gap) {
		c.note("%s", b.Note(gap))
	}
	if text := b.BarNote(gap, c.Limits["gap"].Error); text != "" {
		c.note("%s", text)
	}
	return nil
}

func (c *Convergence) finest() *Level { return c.Levels[len(c.Levels)-1] }

// extrapolate finds the limits of the gap and of χ. What ten times the tolerance changes is more
// than the error in time of a χ.
func (c *Convergence) extrapolate() {
	var gap, chi []analysis.Level
	for _, l := range c.Levels {
		op := l.solution.Operator
		gap = append(gap, l.mode)
		chi = append(chi, analysis.Level{
			Cells: l.mode.Cells, Value: l.Chi.Value(), Error: c.TimeError.Chi.Value(),
			Share: analysis.Concentration(op, op.Sigma),
		})
	}
	for name, levels := range map[string][]analysis.Level{"gap": gap, "chi": chi} {
		l := analysis.Extrapolate(levels)
		c.Limits[name] = &Limit{Known(l.Value), Known(l.Error), Known(l.Order)}
	}
}

const exactReference = "the exact solution"

// spaceErrors compares every level with the exact solution, which an angular mode does not have, or
// with the next level.
func (c *Convergence) spaceErrors() error {
	if s := c.Levels[0].solution; s.Exact == nil || s.Angular != 0 {
		c.Reference = "the next level"
		for k, l := range c.Levels[:len(c.Levels)-1] {
			next := c.Levels[k+1].solution
			l.setError(l.solution.distance(next.Restrict(next.W, l.solution.Equation)))
		}
		return nil
	}
	c.Reference = exactReference
	for _, l := range c.Levels {
		s := l.solution
		e, err := s.Errors(s.W, make([]float64, len(s.W)), s.Operator, s.State.Time)
		if err != nil {
			return err
		}
		l.setError(Distance{Known(e.L1), Known(e.Chi)})
	}
	return nil
}

func (l *Level) setError(d Distance) { l.ErrorL1, l.ErrorChi = d.L1, d.Chi }

// distance returns Σ|P − P'| and (Σ (P − P')²/Π)^{1/2} of a solution and another w on its grid. The
// latter may be beyond floating point where the masses of P lie in cells that have next to none of
// Π.
func (s *solution) distance(other []float64) Distance {
	l1, chi := 0.0, 0.0
	for i, w := range s.W {
		delta := math.Abs(w - other[i])
		l1 += s.Operator.Sigma[i] * delta
		chi = math.Hypot(chi, delta)
	}
	return Distance{Known(l1), Known(chi)}
}

// timeError measures what error in time the levels have, by a run on the coarsest grid with ten
// times the tolerance.
func (c *Convergence) timeError(ctx context.Context) error {
	first, loose := c.Levels[0].solution, c.accurate()
	tight := loose.Tolerance
	loose.Tolerance *= 10
	c.begin("error in time, %s cells", ShapeText(first.Operator.Shape))
	s, err := c.solve(ctx, first.Equation, loose)
	if err != nil {
		return err
	}
	c.noteTime(s.scheme, tight, first.distance(s.W))
	return nil
}

// negligible is the share in an error up to which its cause does not matter.
const negligible = 0.1

// noteTime tells the error in time, and where it is known not to be small against one of those of
// the finest level that has one.
func (c *Convergence) noteTime(scheme string, tolerance float64, d Distance) {
	c.TimeError = &d
	what := "local errors"
	if scheme == config.Lanczos {
		what = "an error"
	}
	c.note("time: %s, %s below %.0e; ten times that changes the coarsest level by %s in L¹ and "+
		"%s in χ",
		scheme, what, tolerance, d.L1.Text("%.1e", "unknown"), d.Chi.Text("%.1e", "unknown"))
	finest := c.finestError()
	if exceeds(d.L1, finest.L1) || exceeds(d.Chi, finest.Chi) {
		c.note("that is not small against the errors of the finest level: " +
			"divide time.tolerance by 10 or more (--set)")
	}
}

// exceeds reports whether an error in time is known to be more than a negligible part of an error.
// One beyond floating point is, of an error that is known.
func exceeds(time, all Number) bool {
	return all.Known() && !(time.Value() <= negligible*all.Value())
}

// finestError is in each norm the error of the last level that has one.
func (c *Convergence) finestError() (d Distance) {
	for _, l := range c.Levels {
		if l.ErrorL1.Known() {
			d.L1 = l.ErrorL1
		}
		if l.ErrorChi.Known() {
			d.Chi = l.ErrorChi
		}
	}
	return d
}

func (c *Convergence) note(format string, args ...any) {
	c.Notes = append(c.Notes, fmt.Sprintf(format, args...))
}

// floorReach is how many times the mass outside of the grid an error may be to be mostly that.
const floorReach = 10

// noteTruncation says where no refinement lowers the error: the exact solution has mass outside of
// the grid, in the end that of π.
func (c *Convergence) noteTruncation() {
	s := c.finest().solution
	outside := s.MassOutside(s.Operator)
	err := c.finestError().L1.Value()
	if c.Reference == exactReference && err <= floorReach*outside {
		c.note("truncation: a share of %.1e of π lies outside the grid (mass_outside), and the "+
			"finest error in L¹ is %.1e: no refinement lowers that, and the orders are not those "+
			"of the scheme (reach further)", outside, err)
	}
}

// largestUnresolved is the share of π in unresolved cells that goes without a note.
const largestUnresolved = 1e-3

// noteResolution says where the levels cannot have the order of the scheme.
func (c *Convergence) noteResolution() {
	coarse := c.Levels[len(c.Levels)-2].solution
	share := unresolved(c.finest().solution.Equation, coarse.Equation)
	if share > largestUnresolved {
		c.note("resolution: a share of %.1e of π lies in cells of the finest level that hold "+
			"most of the coarser cell they are part of: f is singular there or its minimum is "+
			"not resolved, and the orders stay below that of the scheme (a smaller width, or "+
			"more cells)", share)
	}
}

// unresolved returns the share of π in those cells of a grid that hold most of their parent on the
// grid half as fine: of the 2^d parts of a cell one has more than (1 + 2^{−d})/2 of it, where
// smooth π has about 2^{−d} in each.
func unresolved(fine, coarse *Equation) float64 {
	most := (1 + math.Exp2(-float64(len(fine.Grid.Axes)))) / 2
	share := 0.0
	for i, parent := range fine.Parents(coarse) {
		sigma, whole := fine.Operator.Sigma[i], coarse.Operator.Sigma[parent]
		if sigma*sigma > most*whole*whole {
			share += sigma * sigma
		}
	}
	return share
}

const (
	coarsestSteps  = 32 // of the first level in time, where no step is given
	referenceSteps = 8  // of the reference in one of the last level
)

// inTime halves the time step.
func (c *Convergence) inTime(ctx context.Context) error {
	levels, finest := len(c.Levels), c.options.Step
	if finest == 0 {
		finest = c.End / float64(int(coarsestSteps)<<(levels-1))
	}
	solve := func(scheme string, dt float64) (*solution, error) {
		return c.solve(ctx, c.equation, Options{End: c.End, Scheme: scheme, Step: dt})
	}
	for k := range levels {
		dt := finest * float64(int(1)<<(levels-1-k))
		c.begin("level %d of %d, Δt = %.4g", k+1, levels, dt)
		s, err := solve(c.Scheme.Name, dt)
		if err != nil {
			return err
		}
		c.Levels[k] = s.level()
	}
	c.begin("reference, Δt = %.4g", finest/referenceSteps)
	scheme := c.Scheme.Name
	if scheme == config.Euler { // for the reference
		scheme = config.SDIRK2
	}
	reference, err := solve(scheme, finest/referenceSteps)
	if err != nil {
		return err
	}
	c.Reference = fmt.Sprintf("%s with Δt = %.4g on the same grid", scheme, reference.longest)
	replaced := 0
	for _, l := range c.Levels {
		l.setError(l.solution.distance(reference.W))
		replaced += l.EulerSteps
	}
	if replaced > 0 {
		c.note("%d Euler steps stand in for steps that would have made the density negative, "+
			"which lowers the order while they are many", replaced)
	}
	return nil
}
