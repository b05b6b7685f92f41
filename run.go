package fpsgd

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math"
	"path/filepath"
	"runtime/debug"
	"slices"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/figures"
	"fpsgd/internal/machine"
	"fpsgd/internal/rundir"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// RunOptions say how a problem is solved in time, and how its run directory is made.
type RunOptions struct {
	// Options are those of Solve; Times are also those of the snapshots. Of a config's they are its
	// own, but for the Observers.
	Options
	Current bool // whether the probability current is kept with every snapshot
	// NoErrors leaves out the runs on coarser grids from which the errors of figures are estimated,
	// a third of the work in the plane and a seventh in space.
	NoErrors bool

	// Resume goes on with the run that is there, if there is one, or reads its summary if that is
	// complete. It may end later, if the old End is among the Times.
	Resume bool
	Force  bool // replace it
	// OtherVersion goes on with what another build of the program has computed: any change of it is
	// one, also of what has nothing to do with the run.
	OtherVersion bool
	// Sets are values K=V that are set over the config of a run that is gone on with, where no
	// config is given.
	Sets []string

	// Checkpoint is how much work a killed run may lose at most: by default 5 s, or 20 times what
	// it takes to save it if that is more.
	Checkpoint time.Duration
	// MassDrift is how much the mass may change, of itself, where none can leave: 1e-8 by default.
	MassDrift float64
	Progress  Progress
	Warn      func(text string) // is told what a user should know at once; nil: nobody
}

// RunResult is what a run leaves in memory. All of it, and more, is in its folder.
type RunResult struct {
	Folder   string
	Complete bool // the run was complete before, and nothing was done but to read its Summary
	// Summary is summary.json; nil where nothing was observed, or the disk is full.
	Summary      *Summary
	Series       *solver.Series // nil if it was complete
	Choice       Choice         // of the scheme
	Conservative bool           // whether all ends are closed
}

// Run solves a problem as Solve does, in a run directory: densities and axes as .npy, the series as
// .csv and .npz, a summary, figures, and load.py, which opens it all in NumPy. It holds the folder,
// saves checkpoints, and goes on from one (Resume) to the same bits. Functions of the problem need
// a name and a version for that (LandscapeFunc.Named). A problem without a name has the folder's.
// An error comes with what there is.
func Run(ctx context.Context, p Problem, folder string, o RunOptions) (*RunResult, error) {
	if folder == "" {
		return nil, Refused(errors.New("a run needs a folder, and its name is empty"))
	}
	s, err := stated(p, folder, o)
	if err != nil {
		return nil, Refused(err)
	}
	if o.Resume && !s.Named() {
		return nil, Refused(errors.New("a run whose functions have no name and version cannot be " +
			"told from another, and not be resumed " +
			`(use LandscapeFunc(f).Named("name", "version"))`))
	}
	build := func(*config.Config) (*Scenario, error) { return s, allow(s) }
	return runIn(ctx, s.Config, build, folder, o)
}

// RunConfig is Run of a config. Without a folder it is runs/NAME, runs/NAME-2, …; with Resume the
// last of these that is not complete. Without a config it is that of the run in the folder.
func RunConfig(ctx context.Context, cfg *config.Config, folder string, o RunOptions) (
	*RunResult, error) {
	if cfg != nil {
		var err error
		if folder != "" && !o.Resume && cfg.Automatic() { // before the work
			if err = rundir.Check(folder, o.Force); err != nil {
				return nil, Refused(err)
			}
		}
		if cfg, err = Settle(ctx, cfg, o.Progress); err != nil {
			return nil, err
		}
	}
	return runIn(ctx, cfg, StateOf, folder, o)
}

func runIn(ctx context.Context, cfg *config.Config, build func(*config.Config) (*Scenario, error),
	folder string, o RunOptions) (*RunResult, error) {
	var r *resumption
	var err error
	switch {
	case o.Resume && o.Force:
		return nil, Refused(errors.New("both Force, which replaces a run, and Resume, which goes " +
			"on with it: give one"))
	case o.Checkpoint < 0:
		return nil, Refused(fmt.Errorf("checkpoints cannot be %v apart", o.Checkpoint))
	}
	if o.Resume {
		if folder == "" {
			folder = lastUnfinished(cfg.Name)
		}
		if r, err = resume(folder, cfg, o); err != nil {
			return nil, err
		}
	}
	if r != nil {
		defer r.dir.Close()
		cfg = r.config
		if r.done {
			return r.result()
		}
	}
	s, err := build(cfg)
	if err != nil {
		return nil, err
	}
	if r == nil {
		if err := hasRoom(s, folder, o.Force); err != nil {
			return nil, err
		}
	}
	j, err := set(ctx, s, o)
	if err != nil {
		return nil, err
	}
	if err := j.openDirectory(folder, r); err != nil {
		return nil, err
	}
	defer j.dir.Close()
	if err = j.prepare(); err == nil {
		err = j.run(ctx)
	}
	err = j.finish(ctx, err)
	return j.result(), err
}

// stated builds a problem with the config that its run is known by.
func stated(p Problem, folder string, o RunOptions) (*Scenario, error) {
	if err := o.Options.check(); err != nil {
		return nil, err
	}
	path, err := filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	name := cmp.Or(p.Name, config.NameOf(filepath.Base(path)))
	s, err := scenarios.Stated(p, config.Config{
		Name:   name,
		Time:   config.Time{End: o.End, Scheme: o.Scheme, Tolerance: o.Tolerance, Step: o.Step},
		Solver: config.Solver{Tolerance: solveTolerance},
		Output: config.Output{
			Times:   slices.Compact(slices.Sorted(slices.Values(o.Times))),
			Current: o.Current, Raw: o.Raw, Errors: !o.NoErrors,
		},
	})
	if err == nil {
		s.Allow, s.Progress, s.Centroids = p.Allow, p.Progress, p.Centroids
	}
	return s, err
}

// set gathers what a run needs, which does not look at the context.
func set(ctx context.Context, s *Scenario, o RunOptions) (*job, error) {
	if s.Grid.Cells() >= largeGrid {
		debug.SetGCPercent(garbageShare)
	}
	s.Centroids, s.Progress = true, o.Progress.cells
	j, err := solver.Interruptibly(ctx, func() (*job, error) { return newJob(s, o) })
	o.Progress.over()
	return j, err
}

// hasRoom refuses a folder that cannot be written to, and a run that its disk has no room for.
func hasRoom(s *Scenario, folder string, force bool) error {
	if folder != "" {
		if err := rundir.Check(folder, force, inputPaths(s)...); err != nil {
			return Refused(err)
		}
	}
	budget := BudgetOf(s.Config, float64(s.Grid.Cells()))
	return budget.checkDisk(s.Config, cmp.Or(folder, "runs"))
}

// job is one run on its way into its directory.
//
// While it steps it holds, in vectors of 8 bytes a cell: the operator (d couplings, log M, σ and
// the diagonal), the d arrays of which the means are made, the log-volumes, the initial state, one
// vector for densities and, where a solution is known, one for errors: 96 bytes per unknown in
// three cartesian dimensions, 104 with errors; f, of 8 more, goes once it is written. The state,
// the propagator and the linear solver come on top.
type job struct {
	*Equation
	options   RunOptions
	choice    Choice // of the scheme
	dir       *rundir.Dir
	logVolume []float64
	start     []float64 // the initial state
	landscape []float64 // f at the cell midpoints, nil once it is written
	columns   []solver.Column
	inputs    []input
	begun     time.Time
	resumed   *checkpoint // where to go on from, or nil
	edited    []string    // files of the run that stay as their owner has made them

	series    *solver.Series
	monotone  *solver.Monotone
	drift     *solver.Drift
	written   []float64 // times of the snapshots so far
	snapshots map[float64]bool
	flushed   time.Time     // the end of the last flush
	flushTook time.Duration // what it took
	density   []float64
	state     *solver.State

	summary Summary
}

// Of a grid of largeGrid cells or more, garbage is collected once it reaches garbageShare percent
// of what is alive, not when it has doubled that. With arrays of numbers, which are not searched
// for pointers, a collection costs next to nothing.
const (
	largeGrid    = 1 << 20
	garbageShare = 15
)

// newJob gathers what a run needs and refuses what can be refused, before there is a run directory.
func newJob(s *Scenario, o RunOptions) (*job, error) {
	j := &job{options: o, begun: time.Now(), snapshots: map[float64]bool{}}
	var err error
	if err = CheckDensity(s.Config); err != nil {
		return nil, err
	}
	if j.logVolume, err = representableVolumes(s); err != nil {
		return nil, err
	}
	if j.landscape, err = representableLandscape(s); err != nil {
		return nil, err
	}
	if j.Equation, err = AssembleScenario(s); err != nil {
		return nil, err
	}
	j.Progress = o.Progress
	j.start, j.choice, err = j.begin(OptionsOf(s.Config).WithRows(SeriesIntervals))
	if err != nil {
		return nil, err
	}
	if j.columns, err = j.seriesColumns(); err != nil {
		return nil, err
	}
	for _, t := range s.Config.SnapshotTimes() {
		j.snapshots[t] = true
	}
	j.inputs, err = readInputs(s.Config)
	return j, err
}

// openDirectory makes the run directory, or takes that of the run to resume.
func (j *job) openDirectory(path string, r *resumption) error {
	if r != nil {
		return r.adopt(j)
	}
	var err error
	if path == "" {
		if path, err = rundir.MakeNext("runs", j.Config.Name); err != nil {
			return Refused(err)
		}
	}
	f, err := NewFolder(j.Scenario, FolderOptions{
		Path: path, Command: runCommand, Force: j.options.Force, Warn: j.options.Warn,
	})
	if err == nil {
		j.dir = f.dir
	}
	return err
}

// runCommand is the command of a run's manifest.
const runCommand = "run"

// CheckDensity refuses an angular mode: it is a factor of ρ/π that changes sign, and no density has
// it alone.
func CheckDensity(cfg *config.Config) error {
	if l := cfg.Grid.Angular; l != 0 {
		return cfg.Errorf("grid.angular",
			"the mode %d is no density and cannot be run (use 0, or fpsgd spectrum)", l)
	}
	return nil
}

// representableVolumes returns the logarithms of the cell volumes, or an error if a volume
// overflows or underflows.
func representableVolumes(s *Scenario) ([]float64, error) {
	logVolume := make([]float64, s.Grid.Cells())
	s.Grid.LogVolumes(logVolume)
	for i, v := range logVolume {
		if math.Abs(v) > 690 { // e^±690 = 1e±300
			return nil, s.Config.Errorf("grid.axes", "the volume e^%.4g of cell %d is not "+
				"representable, so densities are not either "+
				"(reach less far; spectrum and converge do not need volumes)", v, i)
		}
	}
	return logVolume, nil
}

// representableLandscape returns f at the cell midpoints, or an error where it overflows.
func representableLandscape(s *Scenario) ([]float64, error) {
	f, err := s.LandscapeValues()
	if err != nil {
		return nil, err
	}
	for i, v := range f {
		if math.IsInf(v, 0) {
			return nil, s.Config.Errorf("grid.axes", "f is not representable in cell %d "+
				"(reach less far; spectrum and converge need only log f)", i)
		}
	}
	return f, nil
}

// ballast is the space that a run holds back for its last manifest: 100 bytes or so a file.
const ballast = 32 << 10

// prepare writes what is known before the first step. Of a run that goes on it is there.
func (j *job) prepare() error {
	if err := cmp.Or(j.dir.HoldBack(ballast), j.dir.Expect(laterFiles...)); err != nil {
		return err
	}
	if j.resumed != nil {
		j.density, j.landscape = j.landscape, nil
	} else if err := j.writeFirst(); err != nil {
		return err
	}
	j.inputs = nil
	j.Config.Forget()
	return j.dir.SaveManifest(rundir.Running)
}

// writeFirst writes the request, the axes, and f, the volumes and π, which do not change.
func (j *job) writeFirst() error {
	err := writeProblem(j.dir, j.Scenario, j.inputs, j.choice.Name)
	if !slices.Contains(j.edited, rundir.LoaderFile) {
		err = cmp.Or(err, j.dir.WriteLoader())
	}
	for k := range j.Grid.Axes {
		err = cmp.Or(err, writeAxis(j.dir, &j.Grid.Axes[k]))
	}
	shape := j.Grid.Shape()
	err = cmp.Or(err, j.dir.WriteArray(rundir.LandscapeFile, shape, j.landscape))
	j.density, j.landscape = j.landscape, nil
	for i, v := range j.logVolume {
		j.density[i] = math.Exp(v)
	}
	err = cmp.Or(err, j.dir.WriteArray(rundir.VolumeFile, shape, j.density))
	j.Operator.Invariant(j.density, j.logVolume)
	return cmp.Or(err, j.dir.WriteArray(rundir.InvariantFile, shape, j.density))
}

// laterFiles are those that a run writes beyond those that it writes first, but for snapshots.
var laterFiles = []string{
	rundir.TimesFile, rundir.SeriesCSV, rundir.SeriesNpz, rundir.SummaryFile, rundir.CheckpointFile,
	"plots/decay.png", "plots/density.png", "plots/invariant.png",
}

// expectedAhead is how many snapshots are listed in the manifest at once, before they are written.
const expectedAhead = 1000

// expectSnapshots lists the snapshots from number k on.
func (j *job) expectSnapshots(k int) error {
	var names []string
	for ; len(names) < expectedAhead && k < len(j.snapshots); k++ {
		names = append(names, rundir.SnapshotFile(k))
		if j.Config.Output.Current {
			for axis := range j.Grid.Axes {
				names = append(names, j.currentFile(axis, k))
			}
		}
	}
	return j.dir.Expect(names...)
}

func (j *job) currentFile(axis, k int) string {
	return fmt.Sprintf("current/%s/%06d.npy", j.Grid.Axes[axis].Name, k)
}

// seriesColumns returns the series' columns beyond those that every run has: means and, where a
// solution is known, errors at the times of the snapshots and in the end, as the solution on a grid
// costs more than a step.
func (j *job) seriesColumns() (columns []solver.Column, err error) {
	add := func(name string, value func(solver.Event) float64) {
		columns = append(columns, solver.Column{Name: name,
			Value: func(e solver.Event, _ operators.Measures) float64 { return value(e) }})
	}
	names, mean, err := j.Means(j.Operator, j.start)
	if err != nil {
		return nil, err
	}
	for k, name := range names {
		add(name, func(e solver.Event) float64 { return mean[k](e.W) })
	}
	columns = append(columns, j.TimeError())
	unknown := func(solver.Event) float64 { return math.NaN() } // until the twins have run
	add(normError, unknown)
	add(densityError, unknown)
	var scratch []float64
	if j.Exact != nil {
		scratch = make([]float64, j.Operator.Cells())
	}
	var last scenarios.Errors
	add("error_l1", func(e solver.Event) float64 {
		last = scenarios.Errors{L1: math.NaN(), Chi: math.NaN()}
		if j.Exact != nil && (j.snapshots[e.Time] || e.Time == j.Config.Time.End) {
			if found, err := j.Errors(e.W, scratch, j.Operator, e.Time); err == nil {
				last = found
			}
		}
		return last.L1
	})
	add("error_chi", func(solver.Event) float64 { return last.Chi })
	return columns, nil
}

// run propagates and observes.
func (j *job) run(ctx context.Context) error {
	j.series = solver.NewSeries(j.Operator, j.logVolume, j.columns...)
	j.monotone = &solver.Monotone{Operator: j.Operator}
	j.drift = &solver.Drift{Operator: j.Operator}
	start, o := &solver.State{W: slices.Clone(j.start)}, OptionsOf(j.Config)
	if j.resumed != nil {
		start = &j.resumed.State
		missed := j.shown(j.start, o, solver.ObserverFunc(j.outputMissed))
		err := cmp.Or(j.restore(j.resumed), missed.Observe(solver.Event{State: start}))
		if err != nil {
			return err
		}
	}
	stored := append(solver.Observers{j.series}, j.options.Observers...)
	stored = append(stored, solver.Schedule(solver.AtOutputs).Do(solver.ObserverFunc(j.output)))
	shown := j.shown(j.start, o, stored...)
	var err error
	j.state, err = j.choice.Run(ctx, start, j.monotone, j.drift, shown,
		j.Progress.steps(j.Config.Time.End), solver.ObserverFunc(j.flush))
	j.Progress.over()
	// What the propagator holds is most of the memory, and the spectral gap needs as much.
	j.choice.Propagator = nil
	return err
}

// outputMissed writes the snapshot at the end of the shorter run that this one goes on with, where
// that was to leave none.
func (j *job) outputMissed(e solver.Event) error {
	if n := len(j.written); n > 0 && j.written[n-1] >= e.Time {
		return nil
	}
	return j.output(e)
}

// output writes a snapshot if one is due.
func (j *job) output(e solver.Event) error {
	if !j.snapshots[e.Time] {
		return nil
	}
	j.Operator.Density(j.density, e.W, j.logVolume)
	k, shape := len(j.written), j.Grid.Shape()
	if !j.dir.Expects(rundir.SnapshotFile(k)) {
		if err := j.expectSnapshots(k); err != nil {
			return err
		}
	}
	err := j.dir.WriteArray(rundir.SnapshotFile(k), shape, j.density)
	if j.Config.Output.Current {
		err = cmp.Or(err, j.writeCurrent(k, e))
	}
	if err != nil {
		return err
	}
	j.written = append(j.written, e.Time)
	return j.writeTimes()
}

func (j *job) writeTimes() error {
	return j.dir.WriteArray(rundir.TimesFile, []int{len(j.written)}, j.written)
}

// What a killed run may lose, where nothing else is asked for: so much work, or so many times what
// it takes to save it.
const (
	flushPeriod = 5 * time.Second
	flushShare  = 20
)

// flush writes the series and a checkpoint now and then.
func (j *job) flush(e solver.Event) error {
	wait := cmp.Or(j.options.Checkpoint, max(flushPeriod, flushShare*j.flushTook))
	if time.Since(j.flushed) < wait {
		return nil
	}
	begun := time.Now()
	err := cmp.Or(j.writeSeries(), j.saveCheckpoint(e.State), j.dir.SaveManifest(rundir.Running))
	j.flushed, j.flushTook = time.Now(), time.Since(begun)
	return err
}

// writeCurrent writes the probability current through every face, per axis, with one face more
// along the axis than cells.
func (j *job) writeCurrent(k int, e solver.Event) (err error) {
	for axis := range j.Grid.Axes {
		shape := j.Operator.Faces(axis)
		current := make([]float64, len(e.W)/j.Operator.Shape[axis]*shape[axis])
		j.Operator.Current(current, e.W, axis)
		err = cmp.Or(err, j.dir.WriteArray(j.currentFile(axis, k), shape, current))
	}
	return err
}

// writeSeries writes the rows so far.
func (j *job) writeSeries() error {
	return j.dir.WriteSeries(j.series.Names, j.series.Columns)
}

// mostDrift is RunOptions.MassDrift where that is not given.
const mostDrift = 1e-8

// driftError fails a run whose mass has changed.
func (j *job) driftError() error {
	most := cmp.Or(j.options.MassDrift, mostDrift)
	if j.drift.Max <= most {
		return nil
	}
	return fmt.Errorf("mass has changed by %.3g of itself, and no more than %g is rounding where "+
		"all ends are closed: the results are wrong (try a lower solver.tolerance)",
		j.drift.Max, most)
}

// finish writes what a run leaves, however it ended, and sets its status. It returns the first
// error: what cannot be written after a failure is not another one.
func (j *job) finish(ctx context.Context, runErr error) error {
	status := statusOf(runErr)
	so := "; what the run has so far is in " + j.dir.Path()
	if status == rundir.Interrupted || errors.Is(runErr, machine.ErrMemory) {
		runErr = fmt.Errorf("%w%s", runErr, so)
	}
	fail := func(err error) {
		if err != nil && status != rundir.Failed {
			status, runErr = rundir.Failed, err
		}
	}
	observed := j.series != nil && j.series.Len() > 0
	if observed && j.Operator.Conservative() {
		fail(j.driftError())
	}
	if observed && !atomicfile.Full(runErr) { // what little a full disk has is for the manifest
		j.summarise(ctx, status)
		// --resume finds the rest
		switch err := context.Cause(ctx); {
		case status != rundir.Done || err == nil:
		case errors.Is(err, machine.ErrMemory):
			fail(fmt.Errorf("after the last step: %w%s", err, so))
		default:
			status = rundir.Interrupted
			runErr = fmt.Errorf("after the last step: %w: %v%s", solver.ErrInterrupted, err, so)
		}
		if status == rundir.Done {
			fail(j.summary.contradiction())
		}
		fail(cmp.Or(j.saveCheckpoint(j.state), j.writeSeries(),
			j.dir.WriteJSON(rundir.SummaryFile, j.summary), figures.Draw(j.dir)))
	}
	err := cmp.Or(j.dir.ThrowOff(), j.dir.SaveManifest(status))
	if status == rundir.Failed {
		return runErr
	}
	return cmp.Or(err, runErr)
}

// result is what is returned of a run.
func (j *job) result() *RunResult {
	r := &RunResult{
		Folder: j.dir.Path(), Series: j.series, Choice: j.choice,
		Conservative: j.Operator.Conservative(),
	}
	if j.summary.Scheme != nil { // it was summarised, as is not done on a full disk
		r.Summary = &j.summary
	}
	return r
}
