package config

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// SnapshotTimes returns the times of the snapshots.
func (c *Config) SnapshotTimes() []float64 {
	if c.Output.Times != nil {
		return c.Output.Times
	}
	n := c.Output.Snapshots
	out := make([]float64, n)
	for k := range out {
		out[k] = c.Time.End * float64(k) / float64(n-1)
	}
	if n > 0 {
		out[n-1] = c.Time.End // which end·(n−1)/(n−1) may miss by a rounding
	}
	return out
}

// Keys that may differ between a run and what goes on with it: one that changes no bit of a result,
// and those that Continues looks at.
var continued = []string{"solver.threads", "time.end", "output.snapshots", "output.times"}

// Continues reports whether a run of old can become one of c by going on: c is the same, but for
// the number of threads, or ends later and has outputs that begin with those of old, its end among
// them. The error names what differs.
func (c *Config) Continues(old *Config) (longer bool, err error) {
	if d := c.differences(old, continued...); d != nil {
		return false, fmt.Errorf("the run was started with another config: %s",
			strings.Join(d, "; "))
	}
	before, after := old.SnapshotTimes(), c.SnapshotTimes()
	if c.Time.End == old.Time.End && slices.Equal(before, after) {
		return false, nil
	}
	if c.Time.End < old.Time.End {
		return false, fmt.Errorf("the run was started with time.end = %g, and cannot become one "+
			"to %g", old.Time.End, c.Time.End)
	}
	opening := slices.Clone(before)
	if n := len(before); n == 0 || before[n-1] != old.Time.End {
		opening = append(opening, old.Time.End)
	}
	switch {
	case c.Time.End == old.Time.End:
		opening = before
	case len(after) >= len(opening) && slices.Equal(opening, after[:len(opening)]):
		return true, nil
	default:
		opening = append(opening, c.Time.End)
	}
	return false, fmt.Errorf("the outputs must begin with those of the run, and its end: "+
		"output.times = %s would do", tomlValue(opening))
}

// Same names what differs from old but for the number of threads, which changes no bit.
func (c *Config) Same(old *Config) error {
	d := c.differences(old, "solver.threads")
	if d != nil {
		return fmt.Errorf("it was started with another config: %s", strings.Join(d, "; "))
	}
	return nil
}

// differences describes the keys whose values differ, but for some.
func (c *Config) differences(old *Config, but ...string) (out []string) {
	is, was := c.values(), old.values()
	keys := maps.Clone(is)
	maps.Copy(keys, was)
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		if is[key] == was[key] || slices.Contains(but, key) {
			continue
		}
		const absent = "not given"
		out = append(out, fmt.Sprintf("%s = %s, and was %s",
			key, cmp.Or(is[key], absent), cmp.Or(was[key], absent)))
	}
	return out
}

// values are those of all keys that Resolved writes, as it writes them.
func (c *Config) values() map[string]string {
	out := map[string]string{}
	for _, l := range c.lines() {
		out[l.path] = l.value
	}
	return out
}
