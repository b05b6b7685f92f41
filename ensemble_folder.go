package fpsgd

import (
	"cmp"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"time"

	"fpsgd/internal/figures"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// The files of an ensemble, beside those of any folder of a problem:
//
//	times.npy, series.csv, .npz     up to the last checkpoint, and in the end
//	rho/k.npy, histogram/k.npy, …   the density at output k, and what the particles show of it
//	particles.npy                   in the end: times × particles × components
//
// Until the end the positions at output k are in a part of their own, which is written once and is
// a part of all later checkpoints, and read again for E|θ − θ_∞|². The checkpoint after
// particles.npy no longer lists the parts, and then they are removed: at any moment there is what
// goes on to the same bits.

func histogramErrorFile(k int) string { return fmt.Sprintf("histogram_error/%06d.npy", k) }

func partFile(k int) string { return fmt.Sprintf("checkpoint/particles/%06d.npy", k) }

// ensembleState is the checkpoint of an ensemble: what moves it needs no other state, as its random
// numbers are a function of seed, particle and step. Where it is whole there are no positions.
type ensembleState struct {
	found *Ensemble
	whole bool
}

// Save implements rundir.InPieces: the positions component by component, in runs of some length.
func (s *ensembleState) Save(to *gob.Encoder) error {
	e := s.found
	head := *e.Ensemble
	head.X = nil
	shape := []int{len(e.X), 0}
	if s.whole {
		shape[0] = 0
	} else {
		shape[1] = e.Len()
	}
	err := cmp.Or(to.Encode(s.whole), to.Encode(head), to.Encode(e.Rows), to.Encode(e.Seconds),
		to.Encode(shape))
	for _, x := range e.X[:shape[0]] {
		for piece := range slices.Chunk(x, piece) {
			err = cmp.Or(err, to.Encode(piece))
		}
	}
	return err
}

// mostComponents bounds the dimension of the space of particles, as ensemble.dimension is.
const mostComponents = 1e4

// piece is how many numbers are encoded at a time.
const piece = 1 << 16

// Load implements rundir.InPieces.
func (s *ensembleState) Load(from *gob.Decoder) error {
	e := s.found
	var shape []int
	err := cmp.Or(from.Decode(&s.whole), from.Decode(e.Ensemble), from.Decode(&e.Rows),
		from.Decode(&e.Seconds), from.Decode(&shape))
	if err != nil {
		return err
	}
	if len(shape) != 2 || shape[0] < 0 || shape[0] > mostComponents ||
		shape[0] > 0 && shape[1] <= 0 {
		return fmt.Errorf("its particles have the shape %d, which is none", shape)
	}
	e.X = nil
	for range shape[0] {
		var x []float64
		for len(x) < shape[1] {
			var piece []float64
			if err := from.Decode(&piece); err != nil {
				return err
			}
			if n := len(piece); n == 0 || n > shape[1]-len(x) {
				return errors.New("it has not as many particles as it says")
			}
			x = append(x, piece...)
		}
		e.X = append(e.X, x)
	}
	return nil
}

// fits reports what is wrong with a checkpoint for what is asked for.
func (s *simulation) fits() error {
	e, p := s.out, &s.plan
	rows := len(e.Rows)
	switch {
	case rows > len(p.times) || s.whole != (e.X == nil) || s.whole && rows < len(p.times):
		return fmt.Errorf("it has %d of %d outputs", rows, len(p.times))
	case e.X != nil && (len(e.X) != len(e.Components) || e.Len() != s.options.Particles):
		return fmt.Errorf("it has not %d particles of %d components", s.options.Particles,
			len(e.Components))
	case e.Steps < 0 || e.Steps > p.total() || rows > 0 && e.Steps < p.until[rows-1]:
		return fmt.Errorf("it is at step %d, after %d outputs", e.Steps, rows)
	}
	for k, row := range e.Rows {
		if row.Time != p.times[k] {
			return fmt.Errorf("output %d was at t = %g, and is at %g", k, row.Time, p.times[k])
		}
		m, basins := len(e.Components), len(inBasinOf(e.Rows))
		if len(row.Mean) != m || len(row.MeanError) != m || len(row.InBasin) != basins ||
			len(row.InBasinError) != basins {
			return fmt.Errorf("output %d has not the means of %d components and the shares of %d "+
				"basins", k, m, basins)
		}
	}
	return nil
}

// prepare takes up what the folder has a checkpoint of, or writes what is known before the first
// step.
func (s *simulation) prepare() error {
	f := s.options.Folder
	if f == nil {
		return nil
	}
	if err := f.dir.Expect(filesOfEnsemble...); err != nil {
		return err
	}
	if !f.resumed {
		if !s.density() {
			return f.dir.SaveManifest(rundir.Running)
		}
		return f.writeGrid(s.Equation)
	}
	state := &ensembleState{found: s.out}
	if err := f.load(state); err != nil {
		return err
	}
	s.whole = state.whole
	if err := s.fits(); err != nil {
		return Refused(fmt.Errorf("the checkpoint in %s is none of this ensemble: %w (use --force "+
			"to start anew)", f.dir.Path(), err))
	}
	if s.whole { // these are no part of a checkpoint
		return cmp.Or(s.save(), s.removeParts())
	}
	return nil
}

// filesOfEnsemble are those that no checkpoint lists: they come last, or again and again.
var filesOfEnsemble = []string{rundir.TimesFile, rundir.SeriesCSV, rundir.SeriesNpz,
	rundir.CheckpointFile, figures.EnsembleFile, "plots/particles.png"}

// expectOutputs lists the files of the outputs from number k on in the manifest, of many a part.
func (s *simulation) expectOutputs(k int) error {
	var names []string
	for last := min(k+expectedAhead, len(s.plan.times)); k < last; k++ {
		names = append(names, partFile(k))
		if s.density() {
			names = append(names, rundir.SnapshotFile(k), figures.HistogramFile(k),
				histogramErrorFile(k))
		}
	}
	return s.options.Folder.dir.Expect(names...)
}

// writeGrid writes the axes, volumes and π.
func (f *Folder) writeGrid(e *Equation) error {
	shape, logVolume := e.Grid.Shape(), e.LogVolumes()
	v := make([]float64, len(logVolume))
	for i, l := range logVolume {
		v[i] = math.Exp(l)
	}
	err := cmp.Or(writeAxes(f.dir, e.Grid), f.dir.WriteArray(rundir.VolumeFile, shape, v))
	e.Operator.Invariant(v, logVolume)
	return cmp.Or(err, f.dir.WriteArray(rundir.InvariantFile, shape, v),
		f.dir.SaveManifest(rundir.Running))
}

// output keeps output k in memory or writes it: n/(N·volume) of the cells with its binomial
// standard deviation, the density, and the positions.
func (s *simulation) output(k int, row *EnsembleRow) error {
	f := s.options.Folder
	if f == nil {
		if s.options.Keep {
			s.out.Positions = slices.AppendSeq(s.out.Positions, s.positions())
		}
		return nil
	}
	if !f.dir.Expects(partFile(k)) {
		if err := s.expectOutputs(k); err != nil {
			return err
		}
	}
	part := func(w io.Writer) error {
		return npy.WriteParts(w, []int{s.out.Len(), len(s.out.X)}, inRuns(s.positions()))
	}
	if err := f.dir.WriteFile(partFile(k), part); err != nil || !s.density() {
		return err
	}
	shape, logVolume, n := s.Grid.Shape(), s.LogVolumes(), s.options.Particles
	cells := len(logVolume)
	seen, deviation := make([]float64, cells), make([]float64, cells)
	rho := make([]float64, cells)
	for i, c := range row.Counts {
		p, volume := float64(c)/float64(n), math.Exp(logVolume[i])
		seen[i], deviation[i] = p/volume, binomialError(p, n)/volume
		rho[i] = row.Probability[i] / volume
	}
	row.Counts, row.Probability, s.densities[k] = nil, nil, nil
	return cmp.Or(f.dir.WriteArray(figures.HistogramFile(k), shape, seen),
		f.dir.WriteArray(histogramErrorFile(k), shape, deviation),
		f.dir.WriteArray(rundir.SnapshotFile(k), shape, rho))
}

// positions are those of all particles, one after another.
func (s *simulation) positions() iter.Seq[float64] {
	return func(yield func(float64) bool) {
		for i := range s.out.Len() {
			for _, x := range s.out.X {
				if !yield(x[i]) {
					return
				}
			}
		}
	}
}

// inRuns collects numbers to runs of some length, each valid until the next.
func inRuns(x iter.Seq[float64]) iter.Seq[[]float64] {
	return func(yield func([]float64) bool) {
		run := make([]float64, 0, piece)
		for v := range x {
			if run = append(run, v); len(run) == piece {
				if !yield(run) {
					return
				}
				run = run[:0]
			}
		}
		yield(run)
	}
}

// saveNowAndThen saves a checkpoint when enough would be lost without.
func (s *simulation) saveNowAndThen() error {
	wait := cmp.Or(s.options.Checkpoint, max(flushPeriod, flushShare*s.savedTook))
	if s.options.Folder == nil || time.Since(s.saved) < wait {
		return nil
	}
	return s.save()
}

// save writes the times and the series so far, and a checkpoint.
func (s *simulation) save() error {
	begun, f := time.Now(), s.options.Folder
	state := &ensembleState{s.out, s.whole}
	err := cmp.Or(s.writeSeries(), f.save(s.Scenario, state), f.dir.SaveManifest(rundir.Running))
	s.saved, s.savedTook = time.Now(), time.Since(begun)
	return err
}

// complete puts the parts together, once all outputs are there, and removes them.
func (s *simulation) complete() error {
	f := s.options.Folder
	if f == nil {
		return s.distancesInMemory()
	}
	if err := cmp.Or(s.distances(s.part), s.writeParticles()); err != nil {
		return err
	}
	s.whole = true
	if err := f.dir.Leave(s.parts()...); err != nil {
		return err
	}
	return cmp.Or(s.save(), s.removeParts())
}

func (s *simulation) parts() []string {
	var names []string
	for k := range s.plan.times {
		names = append(names, partFile(k))
	}
	return names
}

func (s *simulation) removeParts() error {
	dir, parts := s.options.Folder.dir, s.parts()
	err := dir.Leave(parts...)
	for _, name := range parts {
		if err == nil {
			err = dir.Remove(name)
		}
	}
	return err
}

// part reads the positions at output k.
func (s *simulation) part(k int) ([]float64, error) {
	return arrayOf(&s.options.Folder.dir.View, partFile(k))
}

// distancesInMemory are E|θ − θ_∞|² from positions that are kept in memory.
func (s *simulation) distancesInMemory() error {
	if !s.options.Keep {
		return nil
	}
	n := s.out.Len() * len(s.out.X)
	return s.distances(func(k int) ([]float64, error) {
		return s.out.Positions[k*n : (k+1)*n], nil
	})
}

// distances sets E|θ − θ_∞|² of every row, of the particles that are not lost in the end.
func (s *simulation) distances(positions func(k int) ([]float64, error)) error {
	n, d := s.options.Particles, len(s.out.Components)
	for k := range s.out.Rows {
		x, err := positions(k)
		if err != nil {
			return err
		}
		square := make([]float64, n)
		for j, last := range s.out.X {
			for i := range square {
				square[i] += (x[i*d+j] - last[i]) * (x[i*d+j] - last[i])
			}
		}
		mean := &Mean{}
		mean.Value, mean.Error = meanOf(n, func(i int) bool { return isFinite(square[i]) },
			func(i int) float64 { return square[i] })
		s.out.Rows[k].Distance = mean
	}
	return nil
}

// writeParticles writes particles.npy from its parts.
func (s *simulation) writeParticles() error {
	shape := []int{len(s.plan.times), s.options.Particles, len(s.out.Components)}
	return s.options.Folder.dir.WriteFile(figures.ParticlesFile, func(w io.Writer) (failed error) {
		parts := func(yield func([]float64) bool) {
			for k := range shape[0] {
				var x []float64
				if x, failed = s.part(k); failed != nil {
					return
				}
				for run := range slices.Chunk(x, piece) {
					if !yield(run) {
						return
					}
				}
			}
		}
		err := npy.WriteParts(w, shape, parts)
		return cmp.Or(failed, err)
	})
}

// writeSeries writes the rows so far, and their times.
func (s *simulation) writeSeries() error {
	names, columns := ensembleSeries(s.out)
	if len(s.out.Rows) == 0 {
		return nil
	}
	dir := s.options.Folder.dir
	return cmp.Or(dir.WriteArray(rundir.TimesFile, []int{len(columns[0])}, columns[0]),
		dir.WriteSeries(names, columns))
}

// ensembleSeries are the columns of series.csv: every mean is followed by its standard error.
func ensembleSeries(e *Ensemble) (names []string, columns [][]float64) {
	add := func(name string, value func(r *EnsembleRow) float64) {
		column := make([]float64, len(e.Rows))
		for k := range column {
			column[k] = Known(value(&e.Rows[k])).Value()
		}
		names, columns = append(names, name), append(columns, column)
	}
	add("t", func(r *EnsembleRow) float64 { return r.Time })
	add("steps", func(r *EnsembleRow) float64 { return float64(r.Steps) })
	for k, x := range e.Components {
		add("mean_"+x, func(r *EnsembleRow) float64 { return r.Mean[k] })
		add("mean_"+x+"_error", func(r *EnsembleRow) float64 { return r.MeanError[k] })
	}
	add("f_mean", func(r *EnsembleRow) float64 { return r.F })
	add("f_mean_error", func(r *EnsembleRow) float64 { return r.FError })
	add("distance2", func(r *EnsembleRow) float64 { return r.Distance.get().Value })
	add("distance2_error", func(r *EnsembleRow) float64 { return r.Distance.get().Error })
	for k := range inBasinOf(e.Rows) {
		name := fmt.Sprintf("in_basin_%d", k+1)
		add(name, func(r *EnsembleRow) float64 { return r.InBasin[k] })
		add(name+"_error", func(r *EnsembleRow) float64 { return r.InBasinError[k] })
	}
	add("gone", func(r *EnsembleRow) float64 { return float64(r.Gone) })
	add("lost", func(r *EnsembleRow) float64 { return float64(r.Lost) })
	add("outside", func(r *EnsembleRow) float64 { return float64(r.Outside) })
	add("crossed", func(r *EnsembleRow) float64 { return float64(r.Crossed) })
	return names, columns
}

// inBasinOf are the shares in the basins at the first time; nil if there is one basin.
func inBasinOf(rows []EnsembleRow) []float64 {
	if len(rows) == 0 {
		return nil
	}
	return rows[0].InBasin
}
