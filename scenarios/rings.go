package scenarios

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"
)

// On a periodic axis of period L the space is not R^m but a cylinder or a torus: f must have the
// period, a density of R^m is wrapped, Σ_n ρ(x − nL), nothing lies beyond, and what is known of f
// on R^m is not known here.

const (
	// seamSlip is by how much of its length a ring may miss the period of f: a range that was typed
	// with nine digits.
	seamSlip = 1e-9
	// seamRounding is the error of a value of f, relative to the largest around the ring.
	seamRounding = 1e-12
	// seamSamples are places on the seam along each other axis, by the number of axes.
	seamSamples = 1000
)

// checkSeams refuses an f that jumps where the two ends of an axis are one point, and names the key
// of that, "" where f is no loss. A kink is no jump: the values agree, if not the slopes.
func (p *Problem) checkSeams() (key string, err error) {
	if isArray(p.Landscape) {
		return "", nil // it is periodic by its definition
	}
	for k := range p.Grid.Axes {
		if !p.Grid.IsRing(k) {
			continue
		}
		for _, at := range p.seam(k) {
			err := p.jump(k, at)
			if errors.As(err, new(landscapeError)) {
				return "", err
			}
			if err != nil {
				return axisKey(k) + ".ends", err
			}
		}
	}
	return "", nil
}

// seam returns points of the grid with all coordinates but the one of axis k.
func (p *Problem) seam(k int) (points [][]float64) {
	d := len(p.Grid.Axes)
	most := int(math.Pow(seamSamples, 1/math.Max(1, float64(d-1))))
	choices := make([][]float64, d)
	for other := range choices {
		if other == k {
			choices[k] = []float64{0}
			continue
		}
		a := &p.Grid.Axes[other]
		for i := range min(most, a.Cells()) {
			choices[other] = append(choices[other], a.Midpoint(i*a.Cells()/min(most, a.Cells())))
		}
	}
	all := product(choices)
	for i := range all[0] {
		points = append(points, column(all, i))
	}
	return points
}

// jump is an error where f at the two ends of a ring, at the other coordinates of a point, differs
// by more than it changes within the rounding of the ends.
func (p *Problem) jump(k int, at []float64) error {
	const inside = 6
	lo, hi := p.Grid.Axes[k].Range()
	slip := seamSlip * (hi - lo)
	held := copies(at, 4+inside)
	copy(held[k], []float64{lo, hi, lo + slip, hi - slip})
	for i := range inside {
		held[k][4+i] = lo + (hi-lo)*(float64(i)+0.5)/inside
	}
	f := make([]float64, 4+inside)
	if err := p.Landscape.LogF(f, pointsAt(p.Grid, held)); err != nil {
		return err
	}
	first, last := f[0], f[1] // logarithms
	if top := slices.Max(f); !math.IsInf(top, -1) {
		for i := range f {
			f[i] -= top
		}
	}
	elementary.Exp(f, f, 1, 0)
	if math.Abs(f[0]-f[1]) <= math.Abs(f[2]-f[0])+math.Abs(f[3]-f[1])+seamRounding {
		return nil
	}
	place := slices.DeleteFunc(strings.Split(placed(p.Grid, at, "%s = %.6g"), ", "),
		func(of string) bool { return strings.HasPrefix(of, p.Grid.Axes[k].Name+" ") })
	where := ""
	if len(place) > 0 {
		where = ", at " + strings.Join(place, ", ")
	}
	name := p.Grid.Axes[k].Name
	return fmt.Errorf("f is %.10g at %s = %.12g and %.10g at %s = %.12g%s, which are one point of "+
		"a periodic axis: f must have the period %.12g (correct f, or min and max, to nine digits "+
		"or more, or close the ends)", math.Exp(first), name, lo, math.Exp(last), name, hi, where,
		hi-lo)
}

// within brings points, by their held coordinates, into the range of every ring.
func within(g *mesh.Grid, held [][]float64) [][]float64 {
	out := slices.Clone(held)
	for k := range g.Axes {
		if a := &g.Axes[k]; g.IsRing(k) {
			out[k] = make([]float64, len(held[k]))
			for i, q := range held[k] {
				out[k][i] = a.Within(q)
			}
		}
	}
	return out
}

// wrapped returns Σ_n of log-integrals over the cells of a ring, of images whose centres are n
// periods from c, for a Gaussian of width w. By Poisson's formula it is constant but for
// 2e^{−2π²w²/L²}, 1e-34 at w = 2L, from where on it is taken for that; below, images beyond nine
// widths have less than e^{−40} of the nearest.
func wrapped(g *mesh.Grid, k int, c, w float64, along func(c float64) []float64) []float64 {
	lo, hi := g.Axes[k].Range()
	period := hi - lo
	c = g.Axes[k].Within(c)
	if w > 2*period {
		out := make([]float64, g.Axes[k].Cells())
		for i := range out {
			out[i] = g.LogCell(k, i) + math.Log(w/period) + math.Log(2*math.Pi)/2
		}
		return out
	}
	out := along(c)
	images := int(math.Ceil(9*w/period)) + 1
	for n := 1; n <= images; n++ {
		for _, image := range [2]float64{c - float64(n)*period, c + float64(n)*period} {
			for i, v := range along(image) {
				out[i] = elementary.LogAdd(out[i], v)
			}
		}
	}
	return out
}

// Space names the space that the components of θ lie in, T being a ring.
func (s *Scenario) Space() string {
	m, rings := s.Grid.Coordinates.Dimension(), s.Grid.Rings()
	switch {
	case rings == 0:
		return fmt.Sprintf("R^%d", m)
	case rings == m:
		return fmt.Sprintf("T^%d", m)
	}
	return fmt.Sprintf("T^%d × R^%d", rings, m-rings)
}

// onRings decides whether π is integrable on a torus: if f does not vanish. Along other axes f goes
// on for ever, and how is not measured.
func (s *Scenario) onRings() Integrability {
	if s.Grid.Rings() < len(s.Grid.Axes) {
		return Integrability{Reason: "how f goes on along the axes that are not periodic was not " +
			"measured"}
	}
	point, least, ok := s.leastPoint()
	switch {
	case !ok && !isHomogeneous(s.Noise):
		return Integrability{Reason: "whether f vanishes somewhere was not settled"}
	case math.IsInf(least, -1) && !isHomogeneous(s.Noise):
		return s.measureZero(point)
	}
	return Integrability{Integrable: new(true), Reason: fmt.Sprintf("%s has no far ends, and the "+
		"least value of f found is %.4g", s.Space(), math.Exp(least))}
}

// images are a centre and, on a ring, those a period from it that are no further than half a period
// from the range: the grading is as fine on either side of the seam.
func (c *chooser) images(of center, k int) []center {
	if !c.Grid.IsRing(k) {
		return []center{of}
	}
	lo, hi := c.Grid.Axes[k].Range()
	at, half := c.Grid.Axes[k].Within(of.at), (hi-lo)/2
	out := []center{{at, of.width}}
	for _, image := range []float64{at - 2*half, at + 2*half} {
		if image > lo-half && image < hi+half {
			out = append(out, center{image, of.width})
		}
	}
	return out
}

// length is that of an axis of the probe.
func (c *chooser) length(k int) float64 {
	lo, hi := c.Grid.Axes[k].Range()
	return hi - lo
}
