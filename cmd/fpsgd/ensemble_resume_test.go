package main

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/internal/rundir"
)

// ensembleArguments are an ensemble of half a second or so, in a landscape with two basins.
func ensembleArguments(threads int, more ...string) []string {
	args := []string{"ensemble", "log-singular-pair", "--quiet", "--resume", "--particles", "1500",
		"--set", "grid.axes.0.cells=24", "--set", "time.end=0.3", "--set", "output.snapshots=4",
		"--eta", "0.001", "--set", fmt.Sprintf("solver.threads=%d", threads)}
	return append(args, more...)
}

// Whatever moment an ensemble is killed at, by kill -9 or SIGINT, once or again, on 1, 2 and 5
// threads, --resume alone brings about what one that was left alone leaves, to the bit.
func TestEnsembleKilledAtAnyMoment(t *testing.T) {
	t.Parallel()
	kills := 4
	if os.Getenv("FPSGD_LONG") != "" {
		kills = 100
	}
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	dir := t.TempDir()
	whole := filepath.Join(dir, "whole")
	begun := time.Now()
	flushing(t, ensembleArguments(1, "-o", whole)...)
	took := time.Since(begun)
	threads := []int{1, 2, 5}
	c := crash{}
	for k := 0; c.kills < kills; k++ {
		parts := filepath.Join(dir, fmt.Sprint("parts", k))
		args := ensembleArguments(threads[k%3], "-o", parts)
		for range 2 {
			moment := time.Duration(random.Float64() * float64(took))
			if !c.kill(t, moment, args...) {
				break
			}
			c.look(t, "ensemble", parts)
			args = ensembleArguments(threads[(k+1)%3], "-o", parts)
		}
		flushing(t, args...)
		sameResults(t, "ensemble", whole, parts, rundir.ResolvedFile) // which tells of the threads
		if t.Failed() {
			t.FailNow()
		}
	}
	t.Logf("%d kills: %d before the first manifest, %d before the first checkpoint, %d with "+
		"temporary files left, %d had ended", c.kills, c.unborn, c.fresh, c.torn, c.ended)
}

// An ensemble that is interrupted says so with exit code 75, saves what it has done, and is gone on
// with, though not as another one.
func TestEnsembleInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	args := ensembleArguments(1, "--eta", "1e-5", "-o", "parts")
	r := startFlushing(t, dir, args, "parts/checkpoint/state.gob")
	if code := r.stop(t, syscall.SIGINT); code != exitInterrupted ||
		!strings.Contains(r.stderr.String(), "what there is so far is in parts") {
		t.Fatalf("exit %d, %s", code, &r.stderr)
	}
	if out := succeed(t, dir, "verify", "parts"); !strings.HasSuffix(out, "status interrupted\n") {
		t.Errorf("verify: %s", out)
	}
	var before int64
	fmt.Sscanf(r.stderr.String(), "fpsgd: after step %d of", &before)
	if before == 0 {
		t.Errorf("no step was made: %s", &r.stderr)
	}
	if _, stderr, code := command(t, dir, append(args, "--seed", "2")...); code != exitBadRequest ||
		!strings.Contains(stderr, "another config: ensemble.seed = 2") {
		t.Errorf("another seed: exit %d, %s", code, stderr)
	}
	checkpoint := filepath.Join("parts", rundir.CheckpointFile)
	old := readFile(t, dir, checkpoint)
	r = startFlushing(t, dir, args, checkpoint)
	for begun := time.Now(); bytes.Equal(readFile(t, dir, checkpoint), old); {
		if time.Since(begun) > firstSnapshots {
			t.Fatal("no checkpoint comes")
		}
		time.Sleep(10 * time.Millisecond)
	}
	var after int64
	if r.stop(t, syscall.SIGTERM); r.stderr.Len() > 0 {
		fmt.Sscanf(r.stderr.String(), "fpsgd: after step %d of", &after)
	}
	if after <= before {
		t.Errorf("it went on from step %d to %d: %s", before, after, &r.stderr)
	}
}
