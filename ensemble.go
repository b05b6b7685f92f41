package fpsgd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/internal/parallel"
	"fpsgd/internal/rundir"
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

// EnsembleRow is what is measured of particles at one time.
type EnsembleRow struct {
	Time    float64
	Steps   int64
	Mean    []float64 // of every component
	F       float64   // mean of f
	Lost    int       // particles that have left the range of numbers; the means are of the others
	Outside int       // particles that are beyond the grid
	// InBasin is the share in each basin of the grid, in the order of their lowest cells; nil if
	// there is one.
	InBasin []float64
	// Comparison is with the density of the same problem, on its grid; nil where mass leaves that
	// through an open end, as particles do not.
	Comparison *ensemble.Comparison

	Counts      []int     // of particles in every cell
	Probability []float64 // of every cell, by the density
}

// Ensemble is what has become of particles.
type Ensemble struct {
	*ensemble.Ensemble
	Components []string // of θ
	Rows       []EnsembleRow
	Seconds    float64   // that the steps took
	Positions  []float64 // at the outputs, particle by particle
}

// keep adds the positions to those that are kept.
func (e *Ensemble) keep() {
	for i := range e.Len() {
		for _, x := range e.X {
			e.Positions = append(e.Positions, x[i])
		}
	}
}

// Simulate moves particles by the equation's stochastic differential equation, or by SGD, from the
// initial density, and holds them against the density, which is solved for too. Where a number of
// steps does not fit between two outputs the steps are shorter; those of SGD are what they are, and
// its outputs are at its steps.
func (e *Equation) Simulate(ctx context.Context, o EnsembleOptions) (*Ensemble, error) {
	in, err := scenarios.NewInSpace(e.Landscape, e.Grid.Coordinates)
	if err != nil {
		return nil, Refused(err)
	}
	plan, err := e.ensemblePlan(o)
	if err != nil {
		return nil, err
	}
	densities, err := e.densitiesAt(ctx, plan.times)
	if err != nil {
		return nil, err
	}
	w, err := e.Start()
	if err != nil {
		return nil, err
	}
	out := &Ensemble{Components: in.Components, Ensemble: ensemble.New(o.Particles,
		len(in.Components), o.Seed, e.Threads, e.drawer(w))}
	m := ensemble.Method{
		Field: in.Field, Dimension: len(in.Components), Epsilon: e.Noise.Epsilon(), Law: o.Law,
		Controlled: o.Scheme != "sgd", Zeros: e.MayVanish(),
	}
	_, m.Homogeneous = e.Noise.(scenarios.Homogeneous)
	if o.Scheme == "weak2" {
		m.Scheme = ensemble.Weak2
	}
	basins := solver.Basins(e.Operator, mostBasins)
	for k, t := range plan.times {
		if k > 0 {
			m.Step = (t - plan.times[k-1]) / float64(plan.steps[k])
			start := time.Now()
			report := func(share float64) { e.tellOfParticles(plan, k, share) }
			err := out.Advance(ctx, m, plan.steps[k], e.Threads, report)
			switch {
			case err != nil && ctx.Err() != nil:
				return out, fmt.Errorf("%w: %w", solver.ErrInterrupted, context.Cause(ctx))
			case err != nil:
				return out, err
			}
			out.Seconds += time.Since(start).Seconds()
		}
		out.Rows = append(out.Rows, e.measureParticles(out.Ensemble, in, t, densities[k], basins))
		if o.Keep {
			out.keep()
		}
	}
	e.Progress.over()
	return out, nil
}

// mostBasins is how many basins the particles are counted in at most.
const mostBasins = 16

// ensemblePlan are the times of the outputs and the steps up to each.
type ensemblePlan struct {
	times []float64
	steps []int64 // from the output before
	total int64
}

// mostSteps bounds the steps of an ensemble.
const mostSteps = 1 << 40

func (e *Equation) ensemblePlan(o EnsembleOptions) (p ensemblePlan, err error) {
	switch {
	case o.Particles < 1:
		return p, Refused(fmt.Errorf("an ensemble needs a particle or more, got %d", o.Particles))
	case !(o.Eta > 0) || math.IsInf(o.Eta, 0):
		return p, Refused(fmt.Errorf("the step η = %g must be positive and finite", o.Eta))
	case len(o.Times) == 0 || !slices.IsSorted(o.Times) || o.Times[0] < 0:
		return p, Refused(errors.New("the times of an ensemble ascend from 0"))
	}
	if o.Times[0] > 0 {
		o.Times = append([]float64{0}, o.Times...)
	}
	if last := o.Times[len(o.Times)-1]; last/o.Eta > mostSteps {
		return p, Refused(fmt.Errorf("%.3g steps of η = %g to t = %g are too many; use a larger "+
			"step", last/o.Eta, o.Eta, last))
	}
	done := int64(0)
	for k, t := range o.Times {
		steps := int64(0)
		if o.Scheme == "sgd" {
			whole := int64(math.Round(t / o.Eta))
			if steps = whole - done; k > 0 && steps == 0 {
				continue
			}
			t = o.Eta * float64(whole)
		} else if k > 0 {
			steps = int64(math.Ceil((t - o.Times[k-1]) / o.Eta * (1 - 1e-12)))
		}
		done += steps
		p.times, p.steps = append(p.times, t), append(p.steps, steps)
	}
	p.total = done
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
func (e *Equation) drawer(w []float64) func(theta []float64, uniform func() float64) {
	if g, ok := e.Initial.(Gaussian); ok && mesh.Cartesian(e.Grid.Coordinates) {
		return func(theta []float64, uniform func() float64) {
			for k := range theta {
				r := math.Sqrt(-2 * math.Log(uniform()))
				theta[k] = g.Center[k] + g.Width*r*math.Cos(2*math.Pi*uniform())
			}
		}
	}
	p := e.probabilities(w)
	for i, v := range p {
		p[i] = math.Max(v, 0)
	}
	table := ensemble.NewTable(p)
	return func(theta []float64, uniform func() float64) {
		e.Grid.Draw(theta, table.Draw(uniform()), uniform)
	}
}

// measureParticles counts the particles in the cells and takes their means.
func (e *Equation) measureParticles(particles *ensemble.Ensemble, in *scenarios.InSpace, t float64,
	density []float64, basins []int) EnsembleRow {

	row := EnsembleRow{Time: t, Steps: particles.Steps, Mean: make([]float64, len(in.Components))}
	n := particles.Len()
	places := placesOf(e.Grid, e.Threads, particles.X)
	row.Counts, row.Outside = places.counts, n
	for _, c := range row.Counts {
		row.Outside -= c
	}
	f := in.Values(particles.X)
	kept := 0
	for i := range n {
		if !isFinite(f[i]) {
			row.Lost++
			continue
		}
		kept++
		row.F += f[i]
		for k, x := range particles.X {
			row.Mean[k] += x[i]
		}
	}
	row.F /= float64(kept)
	floats.Scale(1/float64(kept), row.Mean)
	if count := slices.Max(basins) + 1; count > 1 {
		row.InBasin = make([]float64, count)
		for i, c := range row.Counts {
			row.InBasin[basins[i]] += float64(c) / float64(n)
		}
	}
	row.Probability = density
	if e.Operator.Conservative() {
		c := places.compare(e.Grid, density)
		row.Comparison = &c
	}
	return row
}

func isFinite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }

// places is where points are on a grid.
type places struct {
	counts []int       // in every cell
	held   [][]float64 // the coordinates, axis by axis
}

// placesOf finds points of the given components.
func placesOf(g *Grid, threads int, x [][]float64) places {
	n := len(x[0])
	cells, p := make([]int, n), places{make([]int, g.Cells()), make([][]float64, len(g.Axes))}
	for k := range p.held {
		p.held[k] = make([]float64, n)
	}
	parallel.Ranges(threads, n, func(first, last int) error {
		theta := make([]float64, len(x))
		for i := first; i < last; i++ {
			for k, component := range x {
				theta[k] = component[i]
			}
			held, cell := g.CellOf(theta)
			cells[i] = cell
			for k, v := range held {
				p.held[k][i] = v
			}
		}
		return nil
	})
	for _, i := range cells {
		if i >= 0 {
			p.counts[i]++
		}
	}
	return p
}

// compare holds the points against probabilities of the cells.
func (p places) compare(g *Grid, probability []float64) ensemble.Comparison {
	index, marginals := make([]int, len(g.Axes)), make([]ensemble.Marginal, len(g.Axes))
	for k := range marginals {
		a := &g.Axes[k]
		marginals[k] = ensemble.Marginal{Faces: a.Faces, Probability: make([]float64, a.Cells()),
			Samples: p.held[k]}
	}
	for i, v := range probability {
		g.Index(index, i)
		for k, at := range index {
			marginals[k].Probability[at] += v
		}
	}
	return ensemble.Compare(p.counts, len(p.held[0]), probability, marginals)
}

func (e *Equation) tellOfParticles(p ensemblePlan, output int, share float64) {
	done := int64(0)
	for _, steps := range p.steps[:output] {
		done += steps
	}
	if e.Progress != nil {
		e.Progress((float64(done)+share*float64(p.steps[output]))/float64(p.total),
			fmt.Sprintf("particles to t = %.4g", p.times[output]))
	}
}

// WriteEnsemble writes the axes, volumes and π, the times, the particles (times × particles ×
// components, NaN of those that are lost) and, time by time, the density and what the particles
// show of it, n/(N·volume), with its binomial standard deviation.
func (f *Folder) WriteEnsemble(e *Equation, found *Ensemble) error {
	n, d := found.Len(), len(found.Components)
	var times []float64
	for _, row := range found.Rows {
		times = append(times, row.Time)
	}
	err := cmp.Or(writeAxes(f.dir, e.Grid),
		f.dir.WriteArray(rundir.TimesFile, []int{len(times)}, times),
		f.dir.WriteFile(particlesFile, func(w io.Writer) error {
			return npy.Write(w, []int{len(times), n, d}, found.Positions)
		}))
	shape, logVolume := e.Grid.Shape(), e.LogVolumes()
	cells := len(logVolume)
	volume, rho := make([]float64, cells), make([]float64, cells)
	seen, deviation := make([]float64, cells), make([]float64, cells)
	for i, l := range logVolume {
		volume[i] = math.Exp(l)
	}
	e.Operator.Invariant(rho, logVolume)
	err = cmp.Or(err, f.dir.WriteArray(rundir.VolumeFile, shape, volume),
		f.dir.WriteArray(rundir.InvariantFile, shape, rho))
	for k, row := range found.Rows {
		for i, c := range row.Counts {
			p := float64(c) / float64(n)
			seen[i], deviation[i] = p/volume[i], math.Sqrt(p*(1-p)/float64(n))/volume[i]
			rho[i] = row.Probability[i] / volume[i]
		}
		err = cmp.Or(err, f.dir.WriteArray(figures.HistogramFile(k), shape, seen),
			f.dir.WriteArray(histogramErrorFile(k), shape, deviation),
			f.dir.WriteArray(rundir.SnapshotFile(k), shape, rho))
	}
	return err
}

// Files of an ensemble.
const particlesFile = "particles.npy"

func histogramErrorFile(k int) string { return fmt.Sprintf("histogram_error/%06d.npy", k) }
