package fpsgd

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// checkpoint is everything that the rest of a run depends on: with it a run goes on to the same
// bits as one that was not interrupted.
type checkpoint struct {
	State   solver.State
	Series  solver.Record
	Written []float64 // times of the snapshots
	Wall    time.Duration

	DriftInitial, DriftMax float64
	Rise, Last, Whole      float64 // of solver.Monotone

	Reason   string // of the scheme
	Fallback bool
}

// saveCheckpoint writes the state of the run to its directory.
func (j *job) saveCheckpoint(s *solver.State) error {
	self, err := program.Self()
	if err != nil {
		return err
	}
	c := checkpoint{
		State: *s, Series: j.series.Record, Written: j.written,
		Wall: time.Since(j.begun), DriftInitial: j.drift.Initial, DriftMax: j.drift.Max,
		Rise: j.monotone.Rise, Last: j.monotone.Last, Whole: j.monotone.Whole,
		Reason: j.choice.Reason, Fallback: j.choice.Fallback,
	}
	return j.dir.WriteCheckpoint(self, resolved(j.Config, j.choice.Name), c)
}

// resumption is a run to go on with, and what of it there is.
type resumption struct {
	dir    *rundir.Dir // held
	config *config.Config
	scheme string        // that the run takes, "" if it is not known what it was asked for
	origin rundir.Origin // of the checkpoint
	state  *checkpoint   // nil: the run starts afresh
	longer bool          // it becomes a longer one
	done   bool          // there is nothing to do
}

// resume holds the run in a folder and checks that it can be gone on with. Where there is no run it
// returns nil: then one starts. Without a config the run's own is taken.
func resume(folder string, cfg *config.Config, o RunOptions) (r *resumption, err error) {
	dir, err := rundir.Open(folder)
	if errors.Is(err, fs.ErrNotExist) && cfg != nil {
		return nil, nil
	}
	if err != nil {
		return nil, nothingToResume(err)
	}
	defer func() {
		if err != nil {
			dir.Close()
		}
	}()
	if c := dir.Manifest.Command; c != "" && c != runCommand {
		return nil, Refused(fmt.Errorf("%s holds the results of fpsgd %s: go on with that, "+
			"use --force, or another -o", folder, c))
	}
	r = &resumption{dir: dir, config: cfg}
	var state checkpoint
	r.origin, err = dir.ReadCheckpoint(&state)
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // a run that has ended needs none
		return nil, Refused(fmt.Errorf("%w: use --force to start anew", err))
	}
	if err == nil && state.State.Steps > 0 {
		r.state = &state
	}
	if err := r.compare(o); err != nil {
		return nil, cannotBeResumed(folder, err)
	}
	if r.done = dir.Manifest.Status == rundir.Done && !r.longer; r.done {
		return r, nil
	}
	if r.longer && r.scheme == config.Lanczos { // its space is made for all outputs at once
		r.state = nil
	}
	if r.state != nil && !o.OtherVersion {
		self, err := program.Self()
		if err != nil {
			return nil, err
		}
		if d := self.Difference(r.origin.Program); d != "" {
			return nil, Refused(fmt.Errorf("%s was computed by %s: use --other-version to go on "+
				"all the same", folder, d))
		}
	}
	return r, nil
}

// compare holds what is asked for now, with its inputs, against what the run was started with.
func (r *resumption) compare(o RunOptions) error {
	text := r.origin.Resolved
	if text == nil && r.dir.Has(rundir.ResolvedFile) {
		var err error
		if text, err = r.dir.ReadFile(rundir.ResolvedFile); err != nil {
			return err
		}
	}
	if text == nil {
		if r.config == nil {
			return errors.New("it ended before it had written what it was asked for, so give the " +
				"config")
		}
		return nil
	}
	old, err := config.Parse(rundir.ResolvedFile, text, nil)
	if err != nil {
		return err
	}
	r.scheme = old.Time.Scheme
	if r.config == nil {
		own := text
		if r.dir.Has(rundir.ResolvedFile) {
			if own, err = r.dir.ReadFile(rundir.ResolvedFile); err != nil {
				return err
			}
		}
		path := filepath.Join(r.dir.Path(), rundir.ResolvedFile)
		if r.config, err = config.LoadText(path, own, o.Sets); err != nil {
			return err
		}
	}
	scheme := old.Time.Scheme
	if r.config.Gives("time.scheme") {
		scheme = r.config.Time.Scheme
	}
	asked, err := config.Parse("the config", resolved(r.config, scheme), nil)
	if err != nil {
		return err
	}
	if r.longer, err = asked.Continues(old); err != nil {
		return err
	}
	inputs, err := readInputs(r.config)
	if err != nil {
		return err
	}
	return sameInputs(r.dir, inputs)
}

// fits reports what is wrong with a checkpoint for a run of so many cells, columns of the series,
// and snapshots at these times. Of this program's nothing is; another version may have had other
// columns.
func (c *checkpoint) fits(cells, columns int, snapshots []float64) error {
	rows := c.Series.Len()
	short := func(column []float64) bool { return len(column) != rows }
	switch {
	case len(c.State.W) != cells:
		return fmt.Errorf("its state has %d cells, and the grid %d", len(c.State.W), cells)
	case len(c.Series.Columns) != columns:
		return fmt.Errorf("its series has %d columns, and this program writes %d",
			len(c.Series.Columns), columns)
	case rows == 0 || short(c.Series.LogNorms) || slices.ContainsFunc(c.Series.Columns, short):
		return fmt.Errorf("its series is not of %d rows throughout", rows)
	case len(c.Written) > len(snapshots) || !slices.Equal(c.Written, snapshots[:len(c.Written)]):
		return errors.New("its snapshots are not the first of the run")
	}
	return c.State.Check()
}

// result is what is returned of a run that is complete.
func (r *resumption) result() (*RunResult, error) {
	text, err := r.dir.ReadFile(rundir.SummaryFile)
	s := &Summary{}
	if err == nil {
		err = json.Unmarshal(text, s)
	}
	out := &RunResult{Folder: r.dir.Path(), Complete: true, Summary: s}
	out.Conservative = !r.dir.Manifest.Open
	if s.Scheme != nil {
		out.Choice.Name, out.Choice.Reason = s.Scheme.Name, s.Scheme.Reason
	}
	return out, err
}

// adopt makes the run's directory that of a job, once the job has been set up.
func (r *resumption) adopt(j *job) error {
	if r.state != nil {
		columns := len(solver.NewSeries(j.Operator, j.logVolume, j.columns...).Names)
		times := j.Config.SnapshotTimes()
		if err := r.state.fits(j.Operator.Cells(), columns, times); err != nil {
			return Refused(fmt.Errorf("the checkpoint in %s is none of this run: %w (use --force "+
				"to start anew)", r.dir.Path(), err))
		}
	}
	if r.scheme != "" && j.choice.Name != r.scheme {
		return Refused(fmt.Errorf("%s was computed by %s, and this program takes %s",
			r.dir.Path(), r.scheme, j.choice.Name))
	}
	j.dir, j.resumed = r.dir, r.state
	if r.scheme == "" {
		return cmp.Or(r.dir.Restart(), r.dir.Describe(runCommand))
	}
	m := &r.dir.Manifest
	version, executable := m.Version, m.Executable
	err := r.dir.Describe(runCommand)
	if err != nil {
		return err
	}
	if r.state == nil {
		r.origin = rundir.Origin{}
	} else {
		if version != m.Version || executable != m.Executable {
			m.Earlier = append(m.Earlier, version)
		}
		j.choice.Reason, j.choice.Fallback = r.state.Reason, r.state.Fallback
	}
	// whether the request is to be written again:
	request := r.longer || !r.dir.Has(rundir.ResolvedFile) || !r.dir.Has(rundir.ConfigFile)
	if j.edited, err = r.edited(j, request || r.state == nil); err != nil {
		return Refused(err)
	}
	if err := r.dir.Adopt(r.origin); err != nil {
		return Refused(err)
	}
	if r.state != nil && request {
		describeProblem(m, j.Scenario)
		return writeRequest(r.dir, j.Scenario, nil, j.choice.Name)
	}
	return nil
}

// edited lists the files of the run that were edited and are left so, and says so. A config.toml
// that would be written over is refused, unless it is what was asked for now.
func (r *resumption) edited(j *job, written bool) ([]string, error) {
	names, err := r.dir.Edited()
	if err != nil {
		return nil, err
	}
	if k := slices.Index(names, rundir.ConfigFile); k >= 0 && written {
		if !r.dir.Holds(rundir.ConfigFile, j.Config.Source()) {
			return nil, fmt.Errorf("%s in %s was edited, and would be written over: move it away",
				rundir.ConfigFile, r.dir.Path())
		}
		names = slices.Delete(names, k, k+1)
	}
	if len(names) > 0 && j.options.Warn != nil {
		j.options.Warn(fmt.Sprintf("%s: left as edited, and not used: %s", r.dir.Path(),
			strings.Join(names, ", ")))
	}
	return names, nil
}

// lastUnfinished returns the last of runs/NAME, runs/NAME-2, … that is not complete, or runs/NAME
// if there is none.
func lastUnfinished(name string) string {
	first := filepath.Join("runs", name)
	found := first
	for k, path := 2, first; ; k++ {
		m, err := rundir.ReadManifest(path)
		if err != nil {
			return found
		}
		if m.Status != rundir.Done {
			found = path
		}
		path = fmt.Sprintf("%s-%d", first, k)
	}
}

// restore brings the observers to where the checkpoint left them.
func (j *job) restore(c *checkpoint) error {
	j.series.Record = c.Series
	j.drift.Initial, j.drift.Max = c.DriftInitial, c.DriftMax
	j.monotone.Rise, j.monotone.Last, j.monotone.Whole = c.Rise, c.Last, c.Whole
	j.written = c.Written
	j.begun = j.begun.Add(-c.Wall)
	if len(c.Written) == 0 {
		return nil
	}
	// what is there may tell of snapshots after the checkpoint, and no other need come
	return j.writeTimes()
}
