package fpsgd

import (
	"strings"
	"testing"

	"fpsgd/solver"
)

// wholeCheckpoint is one of a run of two cells, three columns, and snapshots at 0, 1, and 2.
func wholeCheckpoint() checkpoint {
	return checkpoint{
		State: solver.State{W: []float64{1, 2}, Steps: 1}, Written: []float64{0, 1},
		Series: solver.Record{
			Columns:  [][]float64{{0, 1}, {1, 1}, {2, 2}},
			LogNorms: []float64{0, -1}, Traces: make([]solver.Trace, 2),
		},
	}
}

// A checkpoint that another version has written, or nobody, is refused for what it lacks.
func TestCheckpointThatDoesNotFit(t *testing.T) {
	for want, change := range map[string]func(c *checkpoint){
		"":                            func(*checkpoint) {},
		"its state has 1 cells":       func(c *checkpoint) { c.State.W = c.State.W[:1] },
		"its series is not of 0 rows": func(c *checkpoint) { c.Series.Traces = nil },
		"its series is not of 1 rows": func(c *checkpoint) {
			c.Series.Traces = c.Series.Traces[:1]
		},
		"its series is not of 2 rows": func(c *checkpoint) {
			c.Series.LogNorms = c.Series.LogNorms[:1]
		},
		"its series is not of 2": func(c *checkpoint) {
			c.Series.Columns[1] = c.Series.Columns[1][:1]
		},
		"its series has 2 columns, and": func(c *checkpoint) {
			c.Series.Columns = c.Series.Columns[:2]
		},
		"its snapshots are not": func(c *checkpoint) { c.Written[1] = 1.5 },
		"its snapshots are":     func(c *checkpoint) { c.Written = []float64{0, 1, 2, 3} },
	} {
		c := wholeCheckpoint()
		change(&c)
		if err := c.fits(2, 3, []float64{0, 1, 2}); (err == nil) != (want == "") || err != nil &&
			!strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v", want, err)
		}
	}
}
