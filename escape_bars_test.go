package fpsgd

import (
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"fpsgd/scenarios/config"
)

// barCount counts how often bars hold what they are promised to.
type barCount struct {
	held, all, unknown int
	factors            []float64 // bars over errors
}

// add counts a figure and its bar, unless it is exact but for rounding; it returns whether a bar
// that is known misses.
func (c *barCount) add(value, bar, truth float64) (misses bool) {
	const exact = 1e-11
	off := math.Abs(value - truth)
	if off < exact*math.Abs(truth) {
		return false
	}
	c.all++
	if math.IsNaN(bar) || math.IsNaN(value) {
		c.unknown++
		return false
	}
	c.factors = append(c.factors, bar/off)
	if off <= bar {
		c.held++
	}
	return off > bar
}

// judge demands that 95 of 100 bars that are known hold, that the median is at most ten times the
// error, and that no more than one of ten is unknown.
func (c *barCount) judge(t *testing.T, what string) {
	t.Helper()
	slices.Sort(c.factors)
	median := c.factors[len(c.factors)/2]
	t.Logf("%s: %d of %d bars hold, %d more are unknown, median factor %.1f", what, c.held,
		c.all-c.unknown, c.unknown, median)
	if 100*c.held < 95*(c.all-c.unknown) || 10*c.unknown > c.all || !(median <= 10) {
		t.Errorf("%s: %d of %d bars hold, %d more are unknown, median factor %.1f", what, c.held,
			c.all-c.unknown, c.unknown, median)
	}
}

// study is the escape on so many cells along an axis; of polar coordinates half as many in r.
func (p planar) study(t *testing.T, cells int, start []float64) (*Escape, error) {
	text := fmt.Sprintf("landscape.formula = '%s'\nnoise.epsilon = %v\n%s\n", p.f, p.eps, p.more)
	for k, axis := range p.axes {
		n := cells
		if p.axes[1] == angle && k == 0 {
			n /= 2
		}
		text += fmt.Sprintf("[[grid.axes]]\ncells = %d\n%s", n, axis)
	}
	cfg := must[*config.Config](t)(config.LoadText("escape", []byte(text), nil))
	e := must[*Equation](t)(FromConfig(cfg))
	return e.Escape(t.Context(), EscapeOptions{From: p.from, To: p.to, Start: start})
}

// Of a hundred bars of escapes in the plane 95 or more hold the truth, on 24 to 160 cells an axis,
// uniform, graded, polar and periodic, with smooth losses, kinks and wells of both noises, and sets
// that lie across the cells in any way; so do those of what is extrapolated. One grid of every
// problem, and with FPSGD_LONG six.
func TestBarsOfEscapesInThePlaneHold(t *testing.T) {
	grids := []int{24, 33, 48, 64, 100, 160}
	var finest, limits barCount
	for i, p := range planars {
		of := []int{grids[i%4]}
		if os.Getenv("FPSGD_LONG") != "" {
			of = grids
		}
		for _, cells := range of {
			for _, start := range [][]float64{nil, p.start} {
				e, err := p.study(t, cells, start)
				if err != nil { // sets that so coarse a grid does not tell apart
					t.Logf("%s, %d cells: %v", p.f, cells, err)
					continue
				}
				truth := p.truth[:9]
				if start != nil {
					truth = p.truth[9:]
				}
				values, bars := e.values(), e.Errors.values()
				extrapolated, limitBars := e.Extrapolated.values(), e.Bars.values()
				for k, want := range truth {
					if finest.add(values[k], bars[k], want) {
						t.Logf("%s from %s to %s, %d cells, figure %d: %.2e ± %.2e off %.2e",
							p.f, p.from, p.to, cells, k, values[k], bars[k], values[k]-want)
					}
					limits.add(extrapolated[k], limitBars[k], want)
				}
			}
		}
	}
	finest.judge(t, "on the grid")
	limits.judge(t, "extrapolated")
}
