package scenarios

import (
	"fmt"
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// Measured is what values of f say about π: no proof, as f may be another between the points looked at and beyond them.
type Measured struct {
	Integrable bool
	Reason     string // what was seen of f
}

const (
	// clearance is how far an exponent must be from the critical one, relatively, to decide.
	clearance = 0.05
	// unsettled is how much an exponent may still change, from one range of radii to the next.
	unsettled = 0.02
)

// MeasureIntegrable decides from values of f whether π is integrable on R^d, and returns nil where they leave it open.
//
// With f ~ |θ|^p far out f^{−(1+1/ε)} is integrable there if (1+1/ε)p > d and not if (1+1/ε)p < d, and e^{−f/ε} is if p > 0.
// Where f ≤ C|θ−θ₀|^p with (1+1/ε)p > d the former is not integrable at θ₀. The exponents are measured on rays, must have
// settled, and must be on the same side of the critical one on every ray.
func (s *Scenario) MeasureIntegrable() *Measured {
	if s.Config.Landscape.File != "" {
		return nil // the file does not say how f goes on
	}
	directions := s.directions()
	lo, hi, ok := s.exponents(func(r float64) [][]float64 { return s.along(directions, r) }, 1e4, 1e6, 1e8)
	if !ok {
		return nil
	}
	grows := fmt.Sprintf("f grows like |θ|^%s on the %d rays looked at", exponentText(lo, hi), len(directions[0]))
	if s.Config.Noise.Model == "homogeneous" {
		if lo > clearance {
			return &Measured{true, grows}
		}
		return nil
	}
	critical := float64(s.Grid.Coordinates.Dimension()) / (1 + 1/s.Config.Noise.Epsilon)
	if hi < critical*(1-clearance) {
		return &Measured{false, fmt.Sprintf("%s, and more than |θ|^%.4g is needed", grows, critical)}
	}
	point, least, ok := s.leastPoint()
	switch {
	case !ok:
		return nil
	case math.IsInf(least, -1):
		return s.measureZero(point, critical)
	case lo > critical*(1+clearance):
		return &Measured{true, fmt.Sprintf("%s and does not vanish: the least value found is %.4g", grows, math.Exp(least))}
	}
	return nil
}

// measureZero returns that π is not integrable at a zero of f where f falls fast enough, nil otherwise: there may be more zeros.
func (s *Scenario) measureZero(zero []float64, critical float64) *Measured {
	if s.Grid.Coordinates.Name() != "cartesian" {
		return nil
	}
	directions := s.directions()
	around := func(r float64) [][]float64 {
		x := s.along(directions, r)
		for k := range x {
			for i := range x[k] {
				x[k][i] += zero[k]
			}
		}
		return x
	}
	lo, hi, ok := s.exponents(around, 1e-4, 1e-3, 1e-2)
	if !ok || !(lo > critical*(1+clearance)) {
		return nil
	}
	return &Measured{false, fmt.Sprintf("f falls like |θ−θ₀|^%s to its zero at θ₀ = %.4g, and less than |θ−θ₀|^%.4g is needed",
		exponentText(lo, hi), zero, critical)}
}

// exponents returns the least and the largest slope of log f in log r between the second and the third radius, over the points that
// lie on rays at a radius, and whether they have settled since the first.
func (s *Scenario) exponents(points func(r float64) [][]float64, radii ...float64) (lo, hi float64, ok bool) {
	var logF [][]float64
	for _, r := range radii {
		values, err := s.logF(points(r))
		if err != nil {
			return 0, 0, false
		}
		logF = append(logF, values)
	}
	lo, hi = math.Inf(1), math.Inf(-1)
	slope := func(k, i int) float64 { return (logF[k+1][i] - logF[k][i]) / math.Log(radii[k+1]/radii[k]) }
	for i := range logF[0] {
		before, p := slope(0, i), slope(1, i)
		if !(math.Abs(p-before) <= unsettled*math.Max(1, math.Abs(p))) {
			return 0, 0, false
		}
		lo, hi = math.Min(lo, p), math.Max(hi, p)
	}
	return lo, hi, true
}

// logF evaluates log f at points given by their held coordinates.
func (s *Scenario) logF(held [][]float64) ([]float64, error) {
	p := mesh.NewPoints(s.Grid)
	p.Set(held)
	values := make([]float64, p.Len())
	return values, s.Landscape.LogF(values, p)
}

// directions returns the rays from the origin, component by component: unit vectors towards the faces, edges and corners of a cube or,
// where |θ| is a coordinate, the others of these at eight places each.
func (s *Scenario) directions() [][]float64 {
	const places = 8
	c := s.Grid.Coordinates
	choices := make([][]float64, len(s.Grid.Axes))
	for k := range choices {
		a := &s.Grid.Axes[k]
		switch {
		case k == c.NormAxis():
			choices[k] = []float64{1}
		case c.NormAxis() >= 0:
			for i := range places {
				choices[k] = append(choices[k], a.Faces[0]+(a.Faces[a.Cells()]-a.Faces[0])*(float64(i)+0.5)/places)
			}
		case a.Name == "r":
			choices[k] = []float64{0, 1}
		default:
			choices[k] = []float64{-1, 0, 1}
		}
	}
	out := product(choices)
	if c.NormAxis() < 0 {
		out = unitVectors(out)
	}
	return out
}

// unitVectors leaves out 0 and divides the others by their norms.
func unitVectors(v [][]float64) [][]float64 {
	out := make([][]float64, len(v))
	for i := range v[0] {
		norm := 0.0
		for k := range v {
			norm = math.Hypot(norm, v[k][i])
		}
		if norm == 0 {
			continue
		}
		for k := range v {
			out[k] = append(out[k], v[k][i]/norm)
		}
	}
	return out
}

// along returns the held coordinates of the points at a distance r from the origin.
func (s *Scenario) along(directions [][]float64, r float64) [][]float64 {
	norm := s.Grid.Coordinates.NormAxis()
	out := make([][]float64, len(directions))
	for k, d := range directions {
		out[k] = append([]float64(nil), d...)
		if norm >= 0 && k != norm {
			continue
		}
		for i := range out[k] {
			out[k][i] *= r
			if s.Grid.Axes[k].Log {
				out[k][i] = math.Log(out[k][i])
			}
		}
	}
	return out
}

// leastPoint looks for a minimiser of f from the cell with the least value, in steps along the axes that are halved where none lowers
// f. It returns its held coordinates and log f there, −∞ at a zero; not ok if the search does not end or what it comes to is neither
// a zero nor clearly none.
func (s *Scenario) leastPoint() (point []float64, logF float64, ok bool) {
	const half, most = 25, 20000 // halvings after which f must have settled or not, of twice as many; steps
	point, step, logF := s.lowestCell()
	if point == nil {
		return nil, 0, false
	}
	halfway, halvings := 0.0, 0
	for range most {
		if next, lower := s.lowerNeighbour(point, step, logF); next != nil {
			point, logF = next, lower
			continue
		}
		if halvings++; halvings == half {
			halfway = logF
		}
		if halvings == 2*half {
			const none, zero = 1e-3, 1 // f ~ |θ−θ₀|^p falls by a factor of 2^{25p} between the two
			switch fall := halfway - logF; {
			case math.IsInf(logF, -1) || fall > zero:
				return point, math.Inf(-1), true
			default:
				return point, logF, fall < none
			}
		}
		for k := range step {
			step[k] /= 2
		}
	}
	return nil, 0, false
}

// lowestCell returns the midpoint with the least f, the sizes of its cell, and log f; nil where f cannot be evaluated.
func (s *Scenario) lowestCell() (point, size []float64, logF float64) {
	values := make([]float64, s.Grid.Cells())
	if err := operators.AtMidpoints(values, s.Grid, s.Config.Solver.Threads, s.Landscape.LogF); err != nil {
		return nil, nil, 0
	}
	least := 0
	for i, v := range values {
		if v < values[least] {
			least = i
		}
	}
	pos := make([]int, len(s.Grid.Axes))
	s.Grid.Index(pos, least)
	for k, i := range pos {
		a := &s.Grid.Axes[k]
		point, size = append(point, a.Midpoint(i)), append(size, a.Faces[i+1]-a.Faces[i])
	}
	return point, size, values[least]
}

// lowerNeighbour returns the first of the points one step along an axis from a point at which log f is less, nil if there is none.
func (s *Scenario) lowerNeighbour(point, step []float64, logF float64) ([]float64, float64) {
	for k := range point {
		for _, h := range []float64{step[k], -step[k]} {
			held := make([][]float64, len(point))
			next := append([]float64(nil), point...)
			next[k] += h
			if a := &s.Grid.Axes[k]; a.Name == "r" && !a.Log && next[k] < 0 {
				continue
			}
			for j := range held {
				held[j] = next[j : j+1]
			}
			if v, err := s.logF(held); err == nil && v[0] < logF {
				return next, v[0]
			}
		}
	}
	return nil, 0
}

// exponentText writes a range of exponents, or one number if there is but one.
func exponentText(lo, hi float64) string {
	if a, b := fmt.Sprintf("%.3g", lo), fmt.Sprintf("%.3g", hi); a != b {
		return a + "…" + b
	}
	return fmt.Sprintf("%.3g", lo)
}

// product returns all points whose coordinates are among the given ones, coordinate by coordinate, in C order.
func product(choices [][]float64) [][]float64 {
	n := 1
	for _, c := range choices {
		n *= len(c)
	}
	all := make([][]float64, len(choices))
	for k := range all {
		all[k] = make([]float64, n)
	}
	for i := range n {
		rest := i
		for k := len(choices) - 1; k >= 0; k-- {
			all[k][i] = choices[k][rest%len(choices[k])]
			rest /= len(choices[k])
		}
	}
	return all
}
