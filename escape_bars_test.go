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

// judge demands that 95 of 100 bars that are known hold, that the median is at most so many times
// the error, and that no more than one of ten is unknown.
func (c *barCount) judge(t *testing.T, what string, widest float64) {
	t.Helper()
	slices.Sort(c.factors)
	median := c.factors[len(c.factors)/2]
	t.Logf("%s: %d of %d bars hold, %d more are unknown, median factor %.1f", what, c.held,
		c.all-c.unknown, c.unknown, median)
	if 100*c.held < 95*(c.all-c.unknown) || 10*c.unknown > c.all || !(median <= widest) {
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
	finest.judge(t, "on the grid", 10)
	limits.judge(t, "extrapolated", 10)
}

// So do bars in three and four dimensions, where grids are coarse and coarser ones few: of radial
// losses, balls around 0 and cubes that are off it, against the radial equation on a line. Z is
// that of another domain there, which k does not depend on.
func TestBarsOfEscapesInSpaceHold(t *testing.T) {
	grids := map[int][]int{3: {10, 13, 16}}
	if os.Getenv("FPSGD_LONG") != "" {
		grids = map[int][]int{3: {9, 10, 12, 14, 16, 19, 21, 24, 28, 32}, 4: {7, 8, 9, 10, 12}}
	}
	var finest, limits barCount
	for i, c := range []struct {
		line, f string // of r, and of the components
		eps     float64
		more    string
		a, b    float64
	}{
		{"0.3 + r^2", "0.3 + %s", 0.3, "", 0.63, 1.41},
		{"r^2/2", "(%s)/2", 0.25, homogeneously, 0.71, 1.57},
		{"0.2 + r", "0.2 + sqrt(%s)", 0.6, "", 0.58, 1.36},
	} {
		for dimension, cells := range grids {
			line := onLine(c.line, c.eps, c.more+fmt.Sprintf("\ngrid.coordinates = 'radial'\n"+
				"grid.dimension = %d\n", dimension), 800, 0, 2)
			truth := escaped(t, line, EscapeOptions{From: fmt.Sprintf("r < %g", c.a),
				To: fmt.Sprintf("r > %g", c.b)}).Extrapolated
			square, from, to := "x^2 + y^2 + z^2", "ball(0, 0, 0; %g)", "not ball(0, 0, 0; %g)"
			if dimension == 4 {
				square += " + w^2"
				from, to = "ball(0, 0, 0, 0; %g)", "not ball(0, 0, 0, 0; %g)"
			}
			for _, n := range cells {
				text := onLine(fmt.Sprintf(c.f, square), c.eps, c.more, n, -1.9, 2)
				for k := 1; k < dimension; k++ {
					off := 0.07 * float64(k-i)
					text += fmt.Sprintf("[[grid.axes]]\ncells = %d\n", n) + span(off-2, off+2)
				}
				e := escaped(t, text, EscapeOptions{From: fmt.Sprintf(from, c.a),
					To: fmt.Sprintf(to, c.b)})
				for _, v := range [][5]float64{
					{e.MeanTime, e.Errors.MeanTime, truth.MeanTime,
						e.Extrapolated.MeanTime, e.Bars.MeanTime},
					{e.MeanTimeStd, e.Errors.MeanTimeStd, truth.MeanTimeStd,
						e.Extrapolated.MeanTimeStd, e.Bars.MeanTimeStd},
					{e.CommittorRate, e.Errors.CommittorRate, truth.CommittorRate,
						e.Extrapolated.CommittorRate, e.Bars.CommittorRate},
					{e.QuasiStationaryRate, e.Errors.QuasiStationaryRate,
						truth.QuasiStationaryRate, e.Extrapolated.QuasiStationaryRate,
						e.Bars.QuasiStationaryRate},
				} {
					if finest.add(v[0], v[1], v[2]) {
						t.Logf("%s in %d dimensions, %d cells: %.4g ± %.1e off %.1e", c.line,
							dimension, n, v[0], v[1], v[0]-v[2])
					}
					limits.add(v[3], v[4], v[2])
				}
			}
		}
	}
	finest.judge(t, "on the grid", 10)
	limits.judge(t, "extrapolated", 15) // bars of the plane, where errors have any sign
}
