package main

import (
	"bytes"
	"encoding/gob"
	"strings"
	"testing"

	"fpsgd/solver"
)

// wholeCheckpoint is one of a run of two cells, three columns, and snapshots at 0, 1, and 2.
func wholeCheckpoint() checkpoint {
	return checkpoint{
		State: solver.State{W: []float64{1, 2}, Steps: 1}, Rows: [][]float64{{0, 1, 2}, {1, 1, 2}}, Times: []float64{0, 1},
		LogNorms: []float64{0, -1}, Traces: make([]solver.Trace, 2), Written: []float64{0, 1},
	}
}

// A checkpoint that another version has written, or nobody, is refused for what it lacks.
func TestCheckpointThatDoesNotFit(t *testing.T) {
	for want, change := range map[string]func(c *checkpoint){
		"":                              func(*checkpoint) {},
		"its state has 1 cells":         func(c *checkpoint) { c.State.W = c.State.W[:1] },
		"its series has 0 rows":         func(c *checkpoint) { c.Rows = nil },
		"2 rows, 1 times":               func(c *checkpoint) { c.Times = c.Times[:1] },
		"2 times, 1 norms":              func(c *checkpoint) { c.LogNorms = c.LogNorms[:1] },
		"2 norms and 1 traces":          func(c *checkpoint) { c.Traces = c.Traces[:1] },
		"its series has 2 columns, and": func(c *checkpoint) { c.Rows[1] = c.Rows[1][:2] },
		"its snapshots are not":         func(c *checkpoint) { c.Written[1] = 1.5 },
		"its snapshots are":             func(c *checkpoint) { c.Written = []float64{0, 1, 2, 3} },
	} {
		c := wholeCheckpoint()
		change(&c)
		if err := c.fits(2, 3, []float64{0, 1, 2}); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}

// FuzzState: whatever a checkpoint holds, it is refused, or the series and the snapshots can be gone on with.
func FuzzState(f *testing.F) {
	var b bytes.Buffer
	if err := gob.NewEncoder(&b).Encode(wholeCheckpoint()); err != nil {
		f.Fatal(err)
	}
	f.Add(b.Bytes())
	f.Add(b.Bytes()[:b.Len()/2])
	f.Fuzz(func(t *testing.T, content []byte) {
		var c checkpoint
		if gob.NewDecoder(bytes.NewReader(content)).Decode(&c) != nil || c.fits(2, 3, []float64{0, 1, 2}) != nil {
			return
		}
		s := &solver.Series{Names: []string{"t", "a", "error_b"}, Rows: c.Rows}
		for _, name := range s.Names {
			if n := len(s.Column(name)); n != len(c.Times) || n != len(c.LogNorms) || n != len(c.Traces) {
				t.Errorf("%d values of %s: %+v", n, name, c)
			}
		}
	})
}
