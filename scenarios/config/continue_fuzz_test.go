package config

import (
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/hostile"
)

// FuzzContinues: of whatever two configs one line says why one is no continuation of the other, or
// the outputs begin with those of the other. Each config continues itself, as it is and as Resolved
// writes it.
func FuzzContinues(f *testing.F) {
	var seeds [][]byte
	add := func(text, first, second string) {
		seeds = append(seeds, []byte(text+"\x00"+first+"\x00"+second))
	}
	for _, text := range configs(f) {
		for _, set := range []string{"time.end=10", "output.times=[0, 1]", "solver.threads=2",
			"output.snapshots=0", "noise.epsilon=0.3"} {
			add(text, "time.end=5", set)
		}
		add(text, "output.times=[0, 1]", "time.end=20")
	}
	kind := hostile.Kind{Name: "configs, continued", Seeds: seeds}
	hostile.Fuzz(f, kind, func(t testing.TB, input []byte) {
		data, sets := hostile.Two(input)
		first, second, _ := strings.Cut(sets, "\x00")
		old, err := Parse("old.toml", data, []string{first})
		if err != nil {
			return
		}
		again, err := Parse("resolved.toml", old.Resolved(), nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range []*Config{old, again} {
			if longer, err := c.Continues(old); longer || err != nil || c.Same(old) != nil {
				t.Fatalf("a config does not continue itself: %v, %v, %v", longer, err, c.Same(old))
			}
		}
		c, err := Parse("new.toml", data, []string{first, second})
		if err != nil {
			return
		}
		longer, err := c.Continues(old)
		before, after := old.SnapshotTimes(), c.SnapshotTimes()
		switch {
		case err != nil && (longer || strings.ContainsAny(err.Error(), "\n\r\x1b")):
			t.Fatalf("not one line: %v, %q", longer, err)
		case err != nil:
		case longer && (c.Time.End <= old.Time.End || len(after) < len(before) ||
			!slices.Equal(before, after[:len(before)])):
			t.Fatalf("to %g with %v follows on %g with %v", c.Time.End, after, old.Time.End, before)
		case !longer && (c.Time.End != old.Time.End || !slices.Equal(before, after)):
			t.Fatalf("to %g with %v is as %g with %v", c.Time.End, after, old.Time.End, before)
		}
	})
}
