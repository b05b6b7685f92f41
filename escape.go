package fpsgd

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"

	"fpsgd/internal/machine"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/solver"
	"fpsgd/solver/analysis"
	"fpsgd/solver/linear"
	"fpsgd/solver/passage"
)

// EscapeOptions name what is left and what is reached.
type EscapeOptions struct {
	// From and To are sets, as "x < -0.9", "ball(1, 0; 0.1)", "box(…; …)", or the number of a
	// basin, from 1, in the order of their lowest cells: of this the part is meant that lies below
	// half of the height, in −log π, of the lowest pass out of it.
	From, To string
	// Start is a point, by the components of θ, from which times count; nil: they are the mean over
	// the invariant density in From.
	Start []float64
}

// EscapeFigures are what is told of the way from A to B.
type EscapeFigures struct {
	MeanTime            float64 // of the first entry into B
	MeanTimeStd         float64 // the standard deviation of that time
	CommittorRate       float64 // ν/p: transitions per unit of time that A was visited last
	BackRate            float64 // the same of B → A
	Transitions         float64 // ν: transitions from A to B per unit of time, in equilibrium
	QuasiStationaryRate float64 // at which the quasi-stationary density enters B
	LastFrom            float64 // p: the share of time in which A was visited last
	MassFrom, MassTo    float64 // of the invariant density in A and in B
}

// values are the figures, in the order of the fields.
func (f *EscapeFigures) values() []float64 {
	return []float64{f.MeanTime, f.MeanTimeStd, f.CommittorRate, f.BackRate, f.Transitions,
		f.QuasiStationaryRate, f.LastFrom, f.MassFrom, f.MassTo}
}

func escapeFiguresOf(v []float64) EscapeFigures {
	return EscapeFigures{v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], v[8]}
}

// Escape is the way from one set to another.
type Escape struct {
	EscapeFigures
	Errors       EscapeFigures // half-widths of error bars for the spacing; NaN: unknown
	Extrapolated EscapeFigures // to vanishing spacing
	Bars         EscapeFigures // of those
	Grids        [][]int       // shapes, the coarsest first

	// On is the equation on the grid of what follows: of one axis, with the ends of the sets as
	// faces.
	On        *Equation
	Time      []float64   // τ, cell by cell
	TimeStd   []float64   // the standard deviation
	Committor []float64   // q
	Mode      []float64   // u of the quasi-stationary density, of mass 1
	Current   [][]float64 // e^κ ∇q/Z through the faces across every axis
	// the largest of |q + (1 − q) − 1|, 1 − q being found by itself, and of the relative difference
	// of the current that leaves A and that which enters B
	Defect float64
}

// fluxTolerance is what may be between the current that leaves A and that which enters B.
const fluxTolerance = 1e-9

// Escape finds how the process of the equation goes from one set to another, and how far the
// spacing of the grid puts that off.
func (e *Equation) Escape(ctx context.Context, o EscapeOptions) (*Escape, error) {
	s, err := NewEscapeStudy(e, o)
	if err != nil {
		return nil, err
	}
	return s.Find(ctx)
}

// integrated is the relative error of figures from that of masses and conductances beside kinks.
const integrated = 1e-11

// Find finds it.
func (s *EscapeStudy) Find(ctx context.Context) (*Escape, error) {
	out, err := s.measure(ctx, s.Equation)
	if err != nil {
		return nil, interruption(ctx, err)
	}
	levels := make([][]analysis.Level, len(out.values()))
	add := func(f *Escape) {
		out.Grids = slices.Insert(out.Grids, 0, f.On.Grid.Shape())
		for k, v := range f.values() {
			if math.IsNaN(v) { // a start that a coarse grid does not tell from B
				continue
			}
			level := analysis.Level{Cells: float64(f.On.Grid.Axes[0].Cells()), Value: v,
				Error: integrated * math.Abs(v)}
			levels[k] = slices.Insert(levels[k], 0, level)
		}
	}
	add(out)
	for _, grids := range []iter.Seq[*Equation]{s.coarser(), s.twoThirds()} {
		for coarse := range grids {
			found, err := s.measure(ctx, coarse)
			if ctx.Err() != nil {
				return nil, interruption(ctx, err)
			}
			if err != nil { // what a coarse grid cannot hold makes the bar wider
				break
			}
			add(found)
		}
		if len(out.Grids) > 1 {
			break
		}
	}
	s.Progress.over()
	var bars, limits, limitBars []float64
	for _, ladder := range levels {
		limit, bar := s.limits(ladder)
		bars = append(bars, bar)
		limits, limitBars = append(limits, limit.Value), append(limitBars, limit.Error)
	}
	out.Errors, out.Extrapolated = escapeFiguresOf(bars), escapeFiguresOf(limits)
	out.Bars = escapeFiguresOf(limitBars)
	return out, nil
}

// limits are a figure at vanishing spacing and the bar of that on the finest grid. With several
// axes the ends of sets lie anywhere in the cells, and the factor of h² changes from grid to grid,
// with its sign: any one change may vanish by accident, and bars are no less than a part of the
// last three, of which earlier ones count a third each time. Of two grids alone, whose cells are as
// r to 1, bars are what the error is if the order is no less than ½, |v₂ − v₁|/(√r − 1): with one
// axis they are unknown, as the order shows itself there. The limit, which most of the error has
// been taken from, has a quarter of the part, and of two grids half of the bar. These factors are
// counted (TestBarsOfEscapesInThePlaneHold).
func (s *EscapeStudy) limits(ladder []analysis.Level) (limit analysis.Limit, bar float64) {
	limit, bar = analysis.Extrapolate(ladder), analysis.OnFinest(ladder).Error
	n := len(ladder)
	if n < 2 {
		limit.Value = math.NaN()
	}
	if len(s.Grid.Axes) == 1 || n < 2 {
		return limit, bar
	}
	if n == 2 {
		bar = math.Abs(ladder[1].Value-ladder[0].Value) /
			(math.Sqrt(ladder[1].Cells/ladder[0].Cells) - 1)
		bar += ladder[1].Error
		limit.Error = bar / 2
		return limit, bar
	}
	floor, part := 0.0, 0.75
	for k := n - 1; k > max(0, n-4); k-- {
		floor = math.Max(floor, part*math.Abs(ladder[k].Value-ladder[k-1].Value))
		part /= 3
	}
	limit.Error = math.Max(limit.Error, floor/4)
	return limit, math.Max(bar, floor)
}

// interruption is an error where the context has ended.
func interruption(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return fmt.Errorf("%w: %w", solver.ErrInterrupted, context.Cause(ctx))
	}
	return err
}

// EscapeStudy is what is asked for, on the grid that it is measured on: of one axis, one with the
// ends of the sets as faces.
type EscapeStudy struct {
	*Equation
	sets  [2]operators.Level // A and B
	names [2]string
	start []float64 // held coordinates; nil: π on A
	setUp passage.SetUp
}

// NewEscapeStudy checks what is asked for.
func NewEscapeStudy(e *Equation, o EscapeOptions) (*EscapeStudy, error) {
	switch {
	case e.Angular != 0:
		return nil, Refused(errors.New("grid.angular is for spectra: the process has l = 0"))
	case !e.Operator.Conservative():
		return nil, Refused(errors.New("mass leaves the grid through an open end, and the " +
			"process may do so before it enters the set: close the ends"))
	}
	s := &EscapeStudy{Equation: e, names: [2]string{o.From, o.To},
		setUp: passage.Eliminate(e.Threads)}
	for k, text := range s.names {
		level, err := e.set(text)
		if err != nil {
			return nil, Refused(fmt.Errorf("%s: %w", []string{"--from", "--to"}[k], err))
		}
		s.sets[k] = level
	}
	if o.Start != nil {
		if err := s.place(o.Start); err != nil {
			return nil, Refused(err)
		}
	}
	if len(e.Grid.Axes) == 1 {
		return s, s.align()
	}
	return s, s.checkSize()
}

// checkSize refuses a grid that elimination has no memory for.
func (s *EscapeStudy) checkSize() error {
	if err := passage.Eliminable(s.Operator); err != nil {
		return Refused(err)
	}
	need, room := linear.EliminationBytes(s.Operator), machine.Memory()
	if need > room.Left {
		return Refused(fmt.Errorf("an elimination on %s cells keeps %s of memory, and %s allows "+
			"%s: use fewer cells", ShapeText(s.Operator.Shape), machine.Bytes(need), room.By,
			machine.Bytes(room.Left)))
	}
	return nil
}

// set reads a set.
func (e *Equation) set(text string) (operators.Level, error) {
	if number, err := strconv.Atoi(strings.TrimSpace(text)); err == nil {
		return e.basin(number)
	}
	return scenarios.NewSet(text, e.Grid.Coordinates)
}

// place finds the starting point.
func (s *EscapeStudy) place(start []float64) error {
	g := s.Grid
	names := g.Coordinates.Components()
	if len(start) != len(names) {
		return fmt.Errorf("--start needs %d numbers, of %s, not %d", len(names),
			strings.Join(names, ", "), len(start))
	}
	held, on := g.Locate(start)
	if !on {
		return fmt.Errorf("--start %v is not on the grid", start)
	}
	s.start = held
	return nil
}

// align puts the ends of the sets, and the start, on faces of the only axis.
func (s *EscapeStudy) align() error {
	g := s.KeepingZeros()
	points := slices.Clone(s.start)
	for _, level := range s.sets {
		ends, err := operators.Boundary(g, level)
		if err != nil {
			return err
		}
		points = append(points, ends...)
	}
	axis, err := g.Axes[0].Through(points...)
	if err != nil {
		return err
	}
	if g, err = mesh.NewGrid(g.Coordinates, []mesh.Axis{axis}); err != nil {
		return err
	}
	s.Equation, err = s.On(g)
	return err
}

// fewest are the cells along an axis of the coarsest grid that is looked at.
const fewest = 4

// coarser are equations on grids of which each has half the cells of the one before.
func (s *EscapeStudy) coarser() iter.Seq[*Equation] {
	const most = 4
	return func(yield func(*Equation) bool) {
		for e, k := s.Equation, 0; k < most; k++ {
			g, err := e.Grid.Merged()
			if err != nil || slices.Min(g.Shape()) < fewest || g.Cells() == e.Grid.Cells() {
				return
			}
			if e, err = e.coarsened(g); err != nil || !yield(e) {
				return
			}
		}
	}
}

// twoThirds is the equation on a grid of two thirds of the cells along every axis, for where half
// of them are too few; with one axis none is.
func (s *EscapeStudy) twoThirds() iter.Seq[*Equation] {
	return func(yield func(*Equation) bool) {
		if len(s.Grid.Axes) == 1 {
			return
		}
		g, err := s.Grid.Refined(2)
		if err != nil { // its faces were given
			return
		}
		if g, err = g.Coarsened(3); err != nil || slices.Min(g.Shape()) < fewest {
			return
		}
		if e, err := s.On(g); err == nil {
			yield(e)
		}
	}
}

// measure finds everything on one grid.
func (s *EscapeStudy) measure(ctx context.Context, e *Equation) (*Escape, error) {
	e.begins("passages on " + ShapeText(e.Operator.Shape) + " cells")
	var regions [2]*operators.Region
	for k, level := range s.sets {
		r, err := e.Operator.NewRegion(e.Grid, level)
		switch {
		case err != nil:
			return nil, err
		case r.Empty():
			return nil, Refused(fmt.Errorf("the set %s holds no cell of the grid: use "+
				"more cells, or a larger set",
				s.names[k]))
		case r.Full():
			return nil, Refused(fmt.Errorf("the set %s holds the whole grid", s.names[k]))
		}
		regions[k] = r
	}
	both, err := e.Operator.Absorbing(e.Grid, e.Weights, regions[0], regions[1])
	if err != nil {
		return nil, Refused(err)
	}
	end, err := e.Operator.Absorbing(e.Grid, e.Weights, regions[1])
	if err != nil {
		return nil, err
	}
	out := &Escape{On: e}
	if err := out.times(ctx, s, end, regions[0]); err != nil {
		return nil, err
	}
	if err := out.transitions(s, both, regions); err != nil {
		return nil, err
	}
	return out, nil
}

// times finds the times of the first entry into B.
func (f *Escape) times(ctx context.Context, s *EscapeStudy, end *operators.Absorbing,
	from *operators.Region) error {

	t, err := passage.FirstPassage(ctx, end, from.Inside, s.setUp)
	if err != nil {
		return err
	}
	f.Time, f.Mode, f.QuasiStationaryRate = t.Mean, t.Mode, t.Rate
	f.TimeStd = make([]float64, len(t.Mean))
	for i, mean := range t.Mean {
		f.TimeStd[i] = t.Deviation(mean, t.Square[i])
	}
	square := 0.0
	if s.start == nil {
		f.MeanTime, square = from.Average(f.On.Operator, t.Mean), from.Average(f.On.Operator,
			t.Square)
	} else if f.MeanTime, square, err = f.atStart(s, end, t); err != nil {
		if f.On == s.Equation {
			return err
		}
		f.MeanTime, square = math.NaN(), math.NaN()
	}
	f.MeanTimeStd = t.Deviation(f.MeanTime, square)
	return nil
}

// atStart interpolates the mean time and mean square at the starting point.
func (f *Escape) atStart(s *EscapeStudy, end *operators.Absorbing,
	t *passage.Times) (mean, square float64, err error) {

	cells, weights := f.On.Operator.Between(f.On.Grid, s.start)
	for c, i := range cells {
		if end.Inside[i] && weights[c] != 0 {
			return 0, 0, Refused(fmt.Errorf("--start is in the set %s or next to it, within a "+
				"cell: its time is 0 or not resolved", s.names[1]))
		}
		mean += weights[c] * t.Mean[i]
		square += weights[c] * t.Square[i]
	}
	return mean, square, nil
}

// transitions finds what happens between A and B, and compares what is found twice.
func (f *Escape) transitions(s *EscapeStudy, both *operators.Absorbing,
	regions [2]*operators.Region) error {

	op := f.On.Operator
	t, err := passage.NewTransition(both, [2]float64{regions[0].Mass(op), regions[1].Mass(op)},
		s.setUp)
	if err != nil {
		return err
	}
	f.Defect = math.Abs(t.Out-t.In) / t.Out
	f.Committor = make([]float64, len(t.Committor))
	for i, q := range t.Committor {
		switch {
		case regions[1].Inside[i]:
			f.Committor[i] = 1
		case !regions[0].Inside[i]:
			f.Committor[i] = q / (q + t.Back[i])
			if off := math.Abs(q + t.Back[i] - 1); off > f.Defect {
				f.Defect = off // not NaN, where π is not representable
			}
		}
	}
	if !(f.Defect <= fluxTolerance) {
		return fmt.Errorf("the current that leaves the set %s is %.17g, and that which enters %s "+
			"%.17g; the committors of both sum to 1 but for %.1e: the result is wrong",
			s.names[0], t.Out, s.names[1], t.In, f.Defect)
	}
	f.Transitions, f.CommittorRate, f.BackRate = t.Out, t.Rate(0), t.Rate(1)
	f.LastFrom, f.MassFrom, f.MassTo = t.Last[0], regions[0].Mass(op), regions[1].Mass(op)
	for k := range op.Shape {
		shape := op.Faces(k)
		current := make([]float64, op.Cells()/op.Shape[k]*shape[k])
		both.Current(current, t.Back, t.Committor, k)
		f.Current = append(f.Current, current)
	}
	return nil
}

// Notes say what a reader of the figures must know.
func (s *EscapeStudy) Notes() (notes []string) {
	if len(s.Grid.Axes) == 1 {
		notes = append(notes, "the ends of the sets are faces of the grid, which has cells as "+
			"before in between")
	}
	return notes
}
