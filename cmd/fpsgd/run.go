package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"fpsgd"
	"fpsgd/internal/atomicfile"
	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

type runFlags struct {
	sets         *[]string
	output       string
	force        bool
	resume       bool
	otherVersion bool
	json         bool
	quiet        bool
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run CONFIG|PRESET",
		Short: "solve, and write a run directory that NumPy opens",
		Long: `Solves the equation of a config file or preset and writes a run directory: densities and axes as .npy, the
series of norms, masses and means as .csv and .npz, a summary, figures, and load.py, which opens it all in NumPy.
Without -o it goes to runs/NAME, runs/NAME-2, ... Ctrl-C stops the run and keeps what it has; --resume goes on with it,
to the same bits as if it had not been stopped.`,
	}
	f.sets = setFlag(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "run directory (default runs/NAME)")
	complete(cmd, "output", completeOutput)
	cmd.Flags().BoolVar(&f.force, "force", false, "replace the run in a directory that is not empty")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "go on with the run in -o or runs/NAME, or start if there is none; with -o no config is needed")
	cmd.Flags().BoolVar(&f.otherVersion, "other-version", false, "with --resume: go on with what another build of fpsgd has computed")
	cmd.Flags().BoolVar(&f.json, "json", false, "print the summary as one JSON value")
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return runCommand(cmd, args, f) }
	return cmd
}

func runCommand(cmd *cobra.Command, args []string, f runFlags) error {
	if err := f.check(args); err != nil {
		return err
	}
	var cfg *config.Config
	var err error
	if len(args) > 0 {
		if cfg, err = loadConfig(args[0], *f.sets); err != nil {
			return err
		}
	}
	var r *resumption
	if f.resume {
		if f.output == "" {
			f.output = lastUnfinished(cfg.Name)
		}
		if r, err = resume(f.output, cfg, f); err != nil {
			return err
		}
	}
	if r != nil {
		defer r.dir.Close()
		cfg = r.config
		if r.done {
			return showComplete(cmd.OutOrStdout(), r.dir, rundir.SummaryFile, f.json)
		}
	}
	s, err := newScenario(cfg)
	if err != nil {
		return err
	}
	if r == nil {
		if err := f.hasRoom(s); err != nil {
			return err
		}
	}
	return f.solve(cmd, s, r)
}

// check refuses flags and arguments that contradict each other.
func (f runFlags) check(args []string) error {
	switch {
	case f.force && f.resume:
		return badRequest{errors.New("--force replaces a run and --resume goes on with it: give one of them")}
	case f.otherVersion && !f.resume:
		return badRequest{errors.New("--other-version is about --resume: give both")}
	case len(args) > 1, len(args) == 0 && !(f.resume && f.output != ""):
		return badRequest{fmt.Errorf("run takes %s, or --resume and -o DIR, got %d arguments: see fpsgd run --help", problemHelp, len(args))}
	}
	return nil
}

// hasRoom refuses a folder that cannot be written to, and a run that its disk has no room for.
func (f runFlags) hasRoom(s *scenarios.Scenario) error {
	if f.output != "" {
		if err := rundir.Check(f.output, f.force, inputPaths(s)...); err != nil {
			return refusedFolder(err)
		}
	}
	return budgetOf(s.Config, float64(s.Grid.Cells())).checkDisk(s.Config, cmp.Or(f.output, "runs"))
}

// solve runs a problem, or goes on with its run r.
func (f runFlags) solve(cmd *cobra.Command, s *scenarios.Scenario, r *resumption) error {
	limitGarbage(s.Grid.Cells())
	told := newActivity(stderr, f.quiet)
	s.Centroids, s.Progress = true, told.cells
	solving := newActivity(stderr, f.quiet)
	j, err := interruptibly(cmd.Context(), func() (*job, error) { return newJob(s, f, solving) })
	told.end()
	if err != nil {
		return err
	}
	if err := j.openDirectory(r); err != nil {
		return err
	}
	defer j.dir.Close()
	if err = j.prepare(); err == nil {
		err = j.run(cmd.Context())
	}
	err = j.finish(cmd.Context(), err)
	if j.summary.Scheme != nil { // it was summarised, as is not done on a full disk
		err = firstError(err, j.show(cmd.OutOrStdout()))
	}
	return err
}

// job is one run on its way into its directory.
//
// While it steps it holds, in vectors of 8 bytes a cell: the operator (d couplings, log M, σ and the diagonal), the d arrays
// of which the means are made, the log-volumes, the initial state, one vector for densities and, where a solution is
// known, one for errors. That makes 96 bytes per unknown in three cartesian dimensions, 104 with errors; f, of 8 more, goes
// once it is written. The state, the propagator and the linear solver come on top.
type job struct {
	scenario  *scenarios.Scenario
	solving   *activity // what is told where there are no steps to tell of
	operator  *operators.Operator
	equation  *fpsgd.Equation
	choice    fpsgd.Choice // of the scheme
	dir       *rundir.Dir
	logVolume []float64
	start     []float64 // the initial state
	landscape []float64 // f at the cell midpoints, nil once it is written
	columns   []solver.Column
	inputs    []input
	begun     time.Time
	flags     runFlags
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

	summary summary
}

// interruptibly does work that does not look at the context, and leaves it to itself if that ends: so does the program then.
func interruptibly[T any](ctx context.Context, work func() (T, error)) (T, error) {
	type result struct {
		value T
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, err := work()
		done <- result{value, err}
	}()
	select {
	case r := <-done:
		return r.value, r.err
	case <-ctx.Done():
		var none T
		return none, fmt.Errorf("during the set-up: %w: %w", solver.ErrInterrupted, context.Cause(ctx))
	}
}

// Of a grid of largeGrid cells or more, garbage is collected once it reaches garbageShare percent of what is alive, not when it
// has doubled that. With arrays of numbers, which are not searched for pointers, a collection costs next to nothing.
const (
	largeGrid    = 1 << 20
	garbageShare = 15
)

func limitGarbage(cells int) {
	if cells >= largeGrid {
		debug.SetGCPercent(garbageShare)
	}
}

// newJob gathers what a run needs and refuses what can be refused, before there is a run directory.
func newJob(s *scenarios.Scenario, f runFlags, solving *activity) (*job, error) {
	j := &job{scenario: s, flags: f, begun: time.Now(), solving: solving, snapshots: map[float64]bool{}}
	var err error
	if err = checkDensity(s.Config); err != nil {
		return nil, err
	}
	if j.logVolume, err = representableVolumes(s); err != nil {
		return nil, err
	}
	if j.landscape, err = representableLandscape(s); err != nil {
		return nil, err
	}
	if j.equation, err = assembled(s, solving); err != nil {
		return nil, err
	}
	j.operator = j.equation.Operator
	if j.start, err = j.equation.Start(); err != nil {
		return nil, err
	}
	if j.choice, err = j.equation.Choose(j.start, fpsgd.OptionsOf(s.Config).WithRows(fpsgd.SeriesIntervals)); err != nil {
		return nil, err
	}
	if j.columns, err = j.seriesColumns(); err != nil {
		return nil, err
	}
	for _, t := range s.Config.SnapshotTimes() {
		j.snapshots[t] = true
	}
	if j.inputs, err = readInputs(s.Config); err != nil {
		return nil, err
	}
	return j, nil
}

// openDirectory makes the run directory, or takes that of the run to resume.
func (j *job) openDirectory(r *resumption) error {
	if r != nil {
		return r.adopt(j)
	}
	path := j.flags.output
	if path == "" {
		var err error
		if path, err = rundir.MakeNext("runs", j.scenario.Config.Name); err != nil {
			return refusedFolder(err)
		}
	}
	var err error
	j.dir, err = createResults(path, j.flags.force, j.scenario)
	return err
}

// refusedFolder marks the error of a folder that cannot be written to as one of the request, unless its disk is full.
func refusedFolder(err error) error {
	if err == nil || atomicfile.Full(err) {
		return err
	}
	return badRequest{err}
}

// checkDensity refuses an angular mode: it is a factor of ρ/π that changes sign, and no density has it alone.
func checkDensity(cfg *config.Config) error {
	if l := cfg.Grid.Angular; l != 0 {
		return cfg.Errorf("grid.angular", "the mode %d is no density and cannot be run (use 0, or fpsgd spectrum)", l)
	}
	return nil
}

// representableVolumes returns the logarithms of the cell volumes, or an error if a volume overflows or underflows.
func representableVolumes(s *scenarios.Scenario) ([]float64, error) {
	logVolume := make([]float64, s.Grid.Cells())
	s.Grid.LogVolumes(logVolume)
	for i, v := range logVolume {
		if math.Abs(v) > 690 { // e^±690 = 1e±300
			return nil, s.Config.Errorf("grid.axes", "the volume e^%.4g of cell %d is not representable, so densities are not either "+
				"(reach less far; spectrum and converge do not need volumes)", v, i)
		}
	}
	return logVolume, nil
}

// representableLandscape returns f at the cell midpoints, or an error where it overflows.
func representableLandscape(s *scenarios.Scenario) ([]float64, error) {
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

// prepare writes what is known before the first step.
func (j *job) prepare() error {
	s := j.scenario
	if err := j.dir.HoldBack(ballast); err != nil {
		return err
	}
	j.dir.Manifest.Command = "run"
	if err := j.dir.Expect(j.names()...); err != nil {
		return err
	}
	if j.resumed != nil {
		j.inputs = nil
		s.Config.Forget()
		return j.prepareRest()
	}
	if err := writeProblem(j.dir, s, j.inputs, j.choice.Name); err != nil {
		return err
	}
	j.inputs = nil
	s.Config.Forget()
	if !slices.Contains(j.edited, rundir.LoaderFile) {
		if err := j.dir.WriteLoader(); err != nil {
			return err
		}
	}
	for k := range s.Grid.Axes {
		if err := writeAxis(j.dir, &s.Grid.Axes[k]); err != nil {
			return err
		}
	}
	if err := j.writeFields(); err != nil {
		return err
	}
	return j.dir.SaveManifest(rundir.Running)
}

// prepareRest is prepare of a run that goes on: what it writes is there.
func (j *job) prepareRest() error {
	j.density, j.landscape = j.landscape, nil
	return j.dir.SaveManifest(rundir.Running)
}

// names are the files that the run will write beyond those that it writes first, but for snapshots.
func (j *job) names() []string {
	return []string{rundir.TimesFile, rundir.SeriesCSV, rundir.SeriesNpz, rundir.SummaryFile, rundir.CheckpointFile,
		"plots/decay.png", "plots/density.png", "plots/invariant.png"}
}

// expectedAhead is how many snapshots are listed in the manifest at once, before they are written.
const expectedAhead = 1000

// expectSnapshots lists the snapshots from number k on.
func (j *job) expectSnapshots(k int) error {
	var names []string
	for ; len(names) < expectedAhead && k < len(j.snapshots); k++ {
		names = append(names, rundir.SnapshotFile(k))
		if j.scenario.Config.Output.Current {
			for axis := range j.scenario.Grid.Axes {
				names = append(names, j.currentFile(axis, k))
			}
		}
	}
	return j.dir.Expect(names...)
}

func (j *job) currentFile(axis, k int) string {
	return fmt.Sprintf("current/%s/%06d.npy", j.scenario.Grid.Axes[axis].Name, k)
}

// writeFields writes f, the volumes and π.
func (j *job) writeFields() error {
	shape := j.scenario.Grid.Shape()
	if err := j.dir.WriteArray(rundir.LandscapeFile, shape, j.landscape); err != nil {
		return err
	}
	j.density, j.landscape = j.landscape, nil
	for i, v := range j.logVolume {
		j.density[i] = math.Exp(v)
	}
	if err := j.dir.WriteArray(rundir.VolumeFile, shape, j.density); err != nil {
		return err
	}
	j.operator.Invariant(j.density, j.logVolume)
	return j.dir.WriteArray(rundir.InvariantFile, shape, j.density)
}

// seriesColumns returns the series' columns beyond those that every run has: means and, where a solution is known, errors at the
// times of the snapshots and in the end, as the solution on a grid costs more than a step.
func (j *job) seriesColumns() (columns []solver.Column, err error) {
	s := j.scenario
	names, mean, err := s.Means(j.operator, j.start)
	if err != nil {
		return nil, err
	}
	for k, name := range names {
		columns = append(columns, solver.Column{Name: name, Value: func(e solver.Event, _ operators.Measures) float64 { return mean[k](e.W) }})
	}
	columns = append(columns, j.equation.TimeError())
	var scratch []float64
	if s.Exact != nil {
		scratch = make([]float64, j.operator.Cells())
	}
	var last scenarios.Errors
	l1 := func(e solver.Event, _ operators.Measures) float64 {
		last = scenarios.Errors{L1: math.NaN(), Chi: math.NaN()}
		if s.Exact != nil && (j.snapshots[e.Time] || e.Time == s.Config.Time.End) {
			if found, err := s.Errors(e.W, scratch, j.operator, e.Time); err == nil {
				last = found
			}
		}
		return last.L1
	}
	chi := func(solver.Event, operators.Measures) float64 { return last.Chi }
	return append(columns, solver.Column{Name: "error_l1", Value: l1}, solver.Column{Name: "error_chi", Value: chi}), nil
}

// run propagates and observes.
func (j *job) run(ctx context.Context) error {
	j.series = solver.NewSeries(j.operator, j.logVolume, j.columns...)
	j.monotone = &solver.Monotone{Operator: j.operator}
	j.drift = &solver.Drift{Operator: j.operator}
	bar := newProgress(stderr, j.flags.quiet, j.scenario.Config)
	problem := solver.Problem{
		Start:      &solver.State{W: slices.Clone(j.start)},
		Times:      j.choice.Times,
		Propagator: j.choice.Propagator,
	}
	if j.resumed != nil {
		problem.Start = &j.resumed.State
		if err := j.restore(j.resumed); err != nil {
			return err
		}
		if err := j.outputMissed(solver.Event{State: problem.Start, AtOutput: true}); err != nil {
			return err
		}
	}
	var err error
	j.state, err = solver.Run(ctx, problem, j.series, j.monotone, j.drift, bar,
		solver.Schedule(solver.AtOutputs).Do(solver.ObserverFunc(j.output)), solver.ObserverFunc(j.flush))
	bar.line.End()
	j.solving.clear()
	j.choice.Propagator = nil // what it holds is most of the memory, and the spectral gap needs as much
	return err
}

// outputMissed writes the snapshot at the end of the shorter run that this one goes on with, where that was to leave none.
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
	j.operator.Density(j.density, e.W, j.logVolume)
	k, shape := len(j.written), j.scenario.Grid.Shape()
	if !j.dir.Expects(rundir.SnapshotFile(k)) {
		if err := j.expectSnapshots(k); err != nil {
			return err
		}
	}
	if err := j.dir.WriteArray(rundir.SnapshotFile(k), shape, j.density); err != nil {
		return err
	}
	if j.scenario.Config.Output.Current {
		if err := j.writeCurrent(k, e); err != nil {
			return err
		}
	}
	j.written = append(j.written, e.Time)
	return j.writeTimes()
}

func (j *job) writeTimes() error {
	return j.dir.WriteArray(rundir.TimesFile, []int{len(j.written)}, j.written)
}

// flushPeriod is how much work a killed run may lose, or flushShare times what it takes to save it, whichever is more. Tests save more often.
var (
	flushPeriod = 5 * time.Second
	flushShare  = 20
)

// flush writes the series and a checkpoint now and then.
func (j *job) flush(e solver.Event) error {
	if time.Since(j.flushed) < max(flushPeriod, time.Duration(flushShare)*j.flushTook) {
		return nil
	}
	begun := time.Now()
	err := firstError(j.writeSeries(), j.saveCheckpoint(e.State), j.dir.SaveManifest(rundir.Running))
	j.flushed, j.flushTook = time.Now(), time.Since(begun)
	return err
}

// writeCurrent writes the probability current through every face, per axis, with one face more along the axis than cells.
func (j *job) writeCurrent(k int, e solver.Event) error {
	for axis := range j.scenario.Grid.Axes {
		shape := j.operator.Faces(axis)
		current := make([]float64, len(e.W)/j.operator.Shape[axis]*shape[axis])
		j.operator.Current(current, e.W, axis)
		if err := j.dir.WriteArray(j.currentFile(axis, k), shape, current); err != nil {
			return err
		}
	}
	return nil
}

// writeSeries writes the rows so far, with the errors and log ‖u−⟨u⟩‖, which has no exponent to overflow, as the last columns.
func (j *job) writeSeries() error {
	var order []int
	for _, last := range []bool{false, true} {
		for k, name := range j.series.Names {
			if strings.HasPrefix(name, "error_") == last {
				order = append(order, k)
			}
		}
	}
	logNorms := slices.Clone(j.series.LogNorms)
	for i, v := range logNorms {
		if math.IsInf(v, 0) {
			logNorms[i] = math.NaN()
		}
	}
	names, columns := pick(j.series.Names, order), pick(j.series.Columns, order)
	return j.dir.WriteSeries(append(names, "log_norm"), append(columns, logNorms))
}

// pick returns v[order[0]], v[order[1]], ...
func pick[T any](v []T, order []int) []T {
	out := make([]T, len(order))
	for i, k := range order {
		out[i] = v[k]
	}
	return out
}

// mostDrift is how much the mass may change, of itself, where none can leave. Tests allow none.
var mostDrift = 1e-8

// driftError fails a run whose mass has changed.
func driftError(drift float64) error {
	if drift <= mostDrift {
		return nil
	}
	return fmt.Errorf("mass has changed by %.3g of itself, and no more than %g is rounding where all ends are closed: the results are wrong "+
		"(try a lower solver.tolerance)", drift, mostDrift)
}

// started reports whether anything was observed.
func (j *job) started() bool { return j.series != nil && j.series.Len() > 0 }

// finish writes what a run leaves, however it ended, and sets its status. It returns the first error: what cannot be
// written after a failure is not another one.
func (j *job) finish(ctx context.Context, runErr error) error {
	status := statusOf(runErr)
	if status == rundir.Interrupted || errors.Is(runErr, errMemory) {
		runErr = fmt.Errorf("%w; what the run has so far is in %s", runErr, j.dir.Path())
	}
	if j.started() && j.operator.Conservative() {
		if err := driftError(j.drift.Max); err != nil && status != rundir.Failed {
			status, runErr = rundir.Failed, err
		}
	}
	if j.started() && !atomicfile.Full(runErr) { // what little space a full disk has is for the manifest
		j.summarise(ctx, status)
		if err := context.Cause(ctx); status == rundir.Done && errors.Is(err, errMemory) { // and --resume finds the rest
			status, runErr = rundir.Failed, fmt.Errorf("after the last step: %w; what the run has so far is in %s", err, j.dir.Path())
		}
		if err := j.summary.contradiction(); err != nil && status == rundir.Done {
			status, runErr = rundir.Failed, err
		}
		err := firstError(j.saveCheckpoint(j.state), j.writeSeries(), j.dir.WriteJSON(rundir.SummaryFile, j.summary), figures.Draw(j.dir))
		if err != nil && status != rundir.Failed {
			status, runErr = rundir.Failed, err
		}
	}
	err := firstError(j.dir.ThrowOff(), j.dir.SaveManifest(status))
	if status == rundir.Failed {
		return runErr
	}
	return firstError(err, runErr)
}

// firstError returns the first error that is not nil.
func firstError(errs ...error) error {
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// show prints what a run has measured.
func (j *job) show(w io.Writer) error {
	if j.flags.json {
		return printJSON(w, j.summary)
	}
	j.print(w)
	return nil
}

func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, string(text))
	return err
}
