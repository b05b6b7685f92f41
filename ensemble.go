package fpsgd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/floats"
)

// EnsembleOptions say how particles are moved.
type EnsembleOptions struct {
	Particles int
	// Scheme is sgd, the iteration θ ← θ − η(∇f + √(σf) Y) with σ = 2ε/η, or a scheme for the
	// differential equation that it is a discretisation of: euler (and Maruyama), or weak2.
	Scheme string
	Eta    float64 // the step: η, and of time
	Law    ensemble.Law
	Seed   uint64
	Times  []float64 // of the outputs, ascending from 0
	Keep   bool      // keep the Positions at the outputs
	// Run is a run directory of the same problem that has the densities at the outputs; "": they
	// are solved for.
	Run string
	// Folder is where the outputs go as they come, with checkpoints to go on from; nil: nowhere.
	Folder *Folder
	// Checkpoint is how much work a killed process may lose at most, as that of RunOptions.
	Checkpoint time.Duration
	// Method replaces what moves the particles; nil leaves it. A test that a comparison can fail
	// puts one of ensemble.Mutants here.
	Method func(ensemble.Method) ensemble.Method
}

// EnsembleOptionsOf are those of a config.
func EnsembleOptionsOf(cfg *config.Config) (EnsembleOptions, error) {
	c := cfg.Ensemble
	law, err := ensemble.ParseLaw(c.Noise)
	o := EnsembleOptions{Particles: c.Particles, Scheme: c.Scheme, Eta: c.Eta, Law: law,
		Seed: uint64(c.Seed), Times: cfg.SnapshotTimes()}
	if err == nil && len(o.Times) == 0 {
		err = cfg.Errorf("output.snapshots", "must be at least 2, the times at which "+
			"particles are held against the density, got %d", cfg.Output.Snapshots)
	}
	return o, err
}

// Ensemble is what has become of particles.
type Ensemble struct {
	*ensemble.Ensemble
	Components []string // of θ
	Rows       []EnsembleRow
	Seconds    float64   // that the steps took
	Positions  []float64 // at the outputs, particle by particle, where they are kept in memory
}

// Simulate moves particles by the equation's stochastic differential equation, or by SGD, from the
// initial density, and holds them against the density, which is solved for too. Where a number of
// steps does not fit between two outputs the steps are shorter; those of SGD are what they are, and
// its outputs are at its steps.
func (e *Equation) Simulate(ctx context.Context, o EnsembleOptions) (*Ensemble, error) {
	s, err := newSimulation(e, o)
	if err != nil {
		return nil, err
	}
	defer e.Progress.over()
	return s.out, s.run(ctx)
}

// simulation is an ensemble on its way.
type simulation struct {
	*Equation
	options   EnsembleOptions
	in        *scenarios.InSpace
	method    ensemble.Method
	plan      ensemblePlan
	densities [][]float64 // the probabilities of the cells, time by time, once they are needed
	basins    []int
	absorbed  bool // what leaves the grid, as of the density
	out       *Ensemble
	whole     bool // all outputs are there, and in the folder particles.npy

	steps     int64     // that are made at a time
	saved     time.Time // the last checkpoint
	savedTook time.Duration
}

// EnsembleOf is what particles of a config need: its equation on a grid or, with
// ensemble.dimension, one without.
func EnsembleOf(cfg *config.Config, tell Progress) (*Equation, error) {
	if cfg.Ensemble.Dimension > 0 {
		s, err := scenarios.New(cfg)
		return &Equation{Scenario: s, Progress: tell}, err
	}
	s, err := StateOf(cfg)
	if err == nil {
		err = CheckDensity(cfg)
	}
	if err != nil {
		return nil, err
	}
	e, err := AssembleScenario(s)
	if err == nil {
		e.Progress = tell
	}
	return e, err
}

// mostAreas bounds the dimension of weak2, a step of which takes m(m − 1)/2 signs.
const mostAreas = 128

func newSimulation(e *Equation, o EnsembleOptions) (*simulation, error) {
	in, err := scenarios.NewInSpace(e.Landscape, e.Grid.Coordinates)
	if err != nil {
		return nil, Refused(err)
	}
	in = in.On(e.Grid)
	s := &simulation{Equation: e, options: o, in: in, steps: 1, saved: time.Now()}
	if s.plan, err = newEnsemblePlan(o); err != nil {
		return nil, Refused(err)
	}
	s.method = ensemble.Method{
		Field: in.Field, Dimension: len(in.Components), Epsilon: e.Noise.Epsilon(), Law: o.Law,
		Controlled: o.Scheme != "sgd", Zeros: e.Operator == nil || e.MayVanish(),
	}
	_, s.method.Homogeneous = e.Noise.(scenarios.Homogeneous)
	if o.Scheme == "weak2" {
		s.method.Scheme = ensemble.Weak2
	}
	if m := len(in.Components); m > mostAreas && o.Scheme == "weak2" && !s.method.Homogeneous {
		return nil, e.Errorf("ensemble.scheme", "weak2 takes m(m − 1)/2 signs a step, too many in "+
			"R^%d (use euler)", m)
	}
	if s.density() {
		s.basins = e.basins()
		s.method.Walls, s.absorbed = wallsOf(e.Grid)
	}
	if o.Method != nil {
		s.method = o.Method(s.method)
	}
	s.out = &Ensemble{Ensemble: &ensemble.Ensemble{}, Components: in.Components}
	return s, nil
}

// run goes from output to output, from the start or from the checkpoint of the folder.
func (s *simulation) run(ctx context.Context) error {
	if err := s.prepare(); err != nil || s.whole {
		return err
	}
	var err error
	s.densities = make([][]float64, len(s.plan.times))
	if s.density() {
		if run := s.options.Run; run != "" {
			s.densities, err = s.densitiesOf(run, s.plan.times)
		} else {
			s.densities, err = s.densitiesAt(ctx, s.plan.times)
		}
		if err != nil {
			return err
		}
	}
	if s.out.X == nil {
		draw, err := s.drawer()
		if err != nil {
			return err
		}
		s.out.Ensemble = ensemble.New(s.options.Particles, len(s.out.Components), s.options.Seed,
			s.Threads, draw)
	}
	for k := len(s.out.Rows); k < len(s.plan.times); k++ {
		if err := s.advance(ctx, k); err != nil {
			return err
		}
		row := s.measure(s.plan.times[k], s.densities[k])
		if err := s.output(k, &row); err != nil {
			return err
		}
		s.out.Rows = append(s.out.Rows, row)
	}
	return s.complete()
}

// density reports whether there is one to hold the particles against.
func (s *simulation) density() bool { return s.Operator != nil }

// How many steps are made at a time: as many as take so long, after which it is asked whether to
// stop, and to save.
const stretch = 250 * time.Millisecond

// advance makes the steps to output k. What it is interrupted in is completed to a number of steps
// that all particles have made.
func (s *simulation) advance(ctx context.Context, k int) error {
	m, p := s.method, &s.plan
	if k > 0 && p.until[k] > p.until[k-1] {
		m.Step = (p.times[k] - p.times[k-1]) / float64(p.until[k]-p.until[k-1])
	}
	whole := context.WithoutCancel(ctx)
	for s.out.Steps < p.until[k] {
		begun, steps := time.Now(), min(s.steps, p.until[k]-s.out.Steps)
		if err := s.out.Advance(whole, m, steps, s.Threads, s.teller(k, steps)); err != nil {
			return err
		}
		took := time.Since(begun)
		s.out.Seconds += took.Seconds()
		s.steps = paced(steps, took, cmp.Or(min(s.options.Checkpoint, stretch), stretch))
		if ctx.Err() != nil {
			return s.interrupted(ctx)
		}
		if err := s.saveNowAndThen(); err != nil {
			return err
		}
	}
	return nil
}

// paced is how many steps take a while where some took a time, and twice as many at most.
func paced(steps int64, took, while time.Duration) int64 {
	share := float64(while) / float64(max(took, 1))
	return max(int64(float64(steps)*min(share, 2)), 1)
}

// interrupted saves what there is.
func (s *simulation) interrupted(ctx context.Context) error {
	err := fmt.Errorf("after step %d of %d: %w: %w", s.out.Steps, s.plan.total(),
		solver.ErrInterrupted, context.Cause(ctx))
	if s.options.Folder == nil {
		return err
	}
	if failed := s.save(); failed != nil {
		return failed
	}
	return fmt.Errorf("%w; what there is so far is in %s", err, s.options.Folder.dir.Path())
}

// teller tells how far so many steps to output k are.
func (s *simulation) teller(k int, steps int64) func(share float64) {
	if s.Progress == nil {
		return nil
	}
	done, total := float64(s.out.Steps), float64(s.plan.total())
	text := fmt.Sprintf("particles to t = %.4g", s.plan.times[k])
	return func(share float64) { s.Progress((done+share*float64(steps))/total, text) }
}

// ensemblePlan are the times of the outputs and the steps up to each.
type ensemblePlan struct {
	times []float64
	until []int64
}

// total is the number of all steps.
func (p *ensemblePlan) total() int64 { return p.until[len(p.until)-1] }

// mostSteps bounds the steps of an ensemble.
const mostSteps = 1 << 40

func newEnsemblePlan(o EnsembleOptions) (p ensemblePlan, err error) {
	switch {
	case o.Particles < 1:
		return p, fmt.Errorf("an ensemble needs a particle or more, got %d", o.Particles)
	case !(o.Eta > 0) || math.IsInf(o.Eta, 0):
		return p, fmt.Errorf("the step η = %g must be positive and finite", o.Eta)
	case len(o.Times) == 0 || !slices.IsSorted(o.Times) || o.Times[0] < 0:
		return p, errors.New("the times of an ensemble ascend from 0")
	case o.Checkpoint < 0:
		return p, fmt.Errorf("checkpoints cannot be %v apart", o.Checkpoint)
	}
	if o.Times[0] > 0 {
		o.Times = append([]float64{0}, o.Times...)
	}
	if last := o.Times[len(o.Times)-1]; last/o.Eta > mostSteps {
		return p, fmt.Errorf("%.3g steps of η = %g to t = %g are too many; use a larger step",
			last/o.Eta, o.Eta, last)
	}
	done := int64(0)
	for k, t := range o.Times {
		if o.Scheme == "sgd" {
			whole := int64(math.Round(t / o.Eta))
			if k > 0 && whole == done {
				continue
			}
			done, t = whole, o.Eta*float64(whole)
		} else if k > 0 {
			done += int64(math.Ceil((t - o.Times[k-1]) / o.Eta * (1 - 1e-12)))
		}
		p.times, p.until = append(p.times, t), append(p.until, done)
	}
	return p, nil
}

// densitiesAt solves for the density at the times, as probabilities of the cells.
func (e *Equation) densitiesAt(ctx context.Context, times []float64) (p [][]float64, err error) {
	keep := solver.ObserverFunc(func(v solver.Event) error {
		if len(p) < len(times) && v.Time == times[len(p)] {
			p = append(p, e.probabilities(v.W))
		}
		return nil
	})
	last := times[len(times)-1]
	if last == 0 {
		w, err := e.Start()
		return [][]float64{e.probabilities(w)}, err
	}
	o := Options{End: last, Times: times, Observers: []solver.Observer{keep}}
	if e.Config != nil {
		o = OptionsOf(e.Config)
		o.End, o.Times, o.Observers = last, times, []solver.Observer{keep}
	}
	if _, err := e.Solve(ctx, o); err != nil {
		return nil, err
	}
	if len(p) < len(times) {
		return nil, fmt.Errorf("the density is known at %d of %d times", len(p), len(times))
	}
	return p, nil
}

// probabilities are P_i = σ_i w_i.
func (e *Equation) probabilities(w []float64) []float64 {
	return floats.MulTo(make([]float64, len(w)), e.Operator.Sigma, w)
}

// drawer draws from the initial density: a Gaussian in the components of θ by itself, others from
// the cells, uniformly within each.
func (e *Equation) drawer() (func(theta []float64, uniform func() float64), error) {
	c := e.Grid.Coordinates
	if g, ok := e.Initial.(Gaussian); ok && (mesh.Cartesian(c) || len(c.Axes()) == 0) {
		center := g.Center
		if len(center) == 1 {
			center = slices.Repeat(center, c.Dimension())
		}
		return within(e.Grid, func(theta []float64, uniform func() float64) {
			for k := range theta {
				r := math.Sqrt(-2 * math.Log(uniform()))
				theta[k] = center[k] + g.Width*r*math.Cos(2*math.Pi*uniform())
			}
		}), nil
	}
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	p := e.probabilities(w)
	for i, v := range p {
		p[i] = math.Max(v, 0)
	}
	table := ensemble.NewTable(p)
	return func(theta []float64, uniform func() float64) {
		e.Grid.Draw(theta, table.Draw(uniform()), uniform)
	}, nil
}

// within draws again what is beyond an open end, as the initial density has no mass there.
func within(g *Grid, draw func(theta []float64, uniform func() float64)) func(theta []float64,
	uniform func() float64) {

	const most = 1000
	walls, _ := wallsOf(g)
	return func(theta []float64, uniform func() float64) {
		for range most {
			draw(theta, uniform)
			if !slices.ContainsFunc(walls, func(w ensemble.Wall) bool { return w.Beyond(theta) }) {
				return
			}
		}
	}
}
