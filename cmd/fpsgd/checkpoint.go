package main

import (
	"bytes"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
	"fpsgd/solver"
)

// checkpoint is everything that the rest of a run depends on: with it a run goes on to the same bits as one that was not
// interrupted.
type checkpoint struct {
	State    solver.State
	Rows     [][]float64 // of the series, with its times and log-norms
	Times    []float64
	LogNorms []float64
	Traces   []solver.Trace
	Written  []float64 // times of the snapshots
	Wall     time.Duration

	DriftInitial, DriftMax float64
	Rise, Last, Whole      float64 // of solver.Monotone
}

// saveCheckpoint writes the state of the run to its directory.
func (j *job) saveCheckpoint(s *solver.State) error {
	c := checkpoint{
		State: *s, Rows: j.series.Rows, Times: j.series.Times, LogNorms: j.series.LogNorms,
		Traces: j.series.Traces, Written: j.written,
		Wall: time.Since(j.begun), DriftInitial: j.drift.Initial, DriftMax: j.drift.Max,
		Rise: j.monotone.Rise, Last: j.monotone.Last, Whole: j.monotone.Whole,
	}
	return j.dir.WriteFile(rundir.CheckpointFile, func(w io.Writer) error { return gob.NewEncoder(w).Encode(c) })
}

// openRun opens the run that the flags name to go on with it, and reads its last checkpoint. The config must be the one it was
// started with.
func openRun(f runFlags, name string, resolved []byte) (*rundir.Dir, *checkpoint, error) {
	path := f.output
	if path == "" {
		path = lastUnfinished(name, resolved)
	}
	dir, err := rundir.Open(path)
	if err != nil {
		return nil, nil, badRequest{fmt.Errorf("nothing to resume: %w", err)}
	}
	if dir.Manifest.Status == rundir.Done {
		return nil, nil, badRequest{fmt.Errorf("%s is complete: there is nothing to resume; use --force to run it again", path)}
	}
	before, err := dir.ReadFile(rundir.ResolvedFile)
	if err != nil || !bytes.Equal(before, resolved) {
		return nil, nil, badRequest{fmt.Errorf("%s was started with another config than this one: compare with its %s, or use --force to start anew",
			path, rundir.ResolvedFile)}
	}
	content, err := dir.ReadFile(rundir.CheckpointFile)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil, badRequest{fmt.Errorf("%s ended before its first checkpoint: use --force to start anew", path)}
	}
	if err != nil {
		return nil, nil, err
	}
	var c checkpoint
	err = gob.NewDecoder(bytes.NewReader(content)).Decode(&c)
	if err == nil && len(c.Traces) != len(c.Times) {
		err = errors.New("another version of the program wrote it")
	}
	if err != nil {
		return nil, nil, badRequest{fmt.Errorf("%s/%s is damaged (%v): use --force to start anew", path, rundir.CheckpointFile, err)}
	}
	return dir, &c, nil
}

// lastUnfinished returns the last of runs/NAME, runs/NAME-2, … that was started with a config and is not complete, or runs/NAME
// if there is none.
func lastUnfinished(name string, resolved []byte) string {
	first := filepath.Join("runs", name)
	found := first
	for k, path := 2, first; ; k++ {
		dir, err := rundir.Open(path)
		if err != nil {
			return found
		}
		if before, err := dir.ReadFile(rundir.ResolvedFile); err == nil && bytes.Equal(before, resolved) && dir.Manifest.Status != rundir.Done {
			found = path
		}
		path = fmt.Sprintf("%s-%d", first, k)
	}
}

// restore brings the observers to where the checkpoint left them, and the gallery from the snapshots on disk.
func (j *job) restore(c *checkpoint) error {
	j.series.Rows, j.series.Times, j.series.LogNorms, j.series.Traces = c.Rows, c.Times, c.LogNorms, c.Traces
	j.drift.Initial, j.drift.Max = c.DriftInitial, c.DriftMax
	j.monotone.Rise, j.monotone.Last, j.monotone.Whole = c.Rise, c.Last, c.Whole
	j.written = c.Written
	j.begun = j.begun.Add(-c.Wall)
	for k, t := range c.Written {
		content, err := j.dir.ReadFile(rundir.SnapshotFile(k))
		if err != nil {
			return fmt.Errorf("resuming: %w", err)
		}
		_, density, err := npy.Decode(content)
		if err != nil {
			return fmt.Errorf("resuming: %s: %w", rundir.SnapshotFile(k), err)
		}
		j.gallery.add(t, j.level(t), density)
	}
	return nil
}
