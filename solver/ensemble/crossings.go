package ensemble

import "math"

// crossings counts steps that ended beyond a zero of f, which the paths of the equation do not
// pass. Of a step Δ from θ to θ', f along it is known by f, f', and the slopes ∇f·Δ at both ends.
// It has passed a minimum if the first slope is negative and the last one is not; a zero, if the
// minimum of the cubic through them, or where the two tangents meet, is at most a thousandth of f
// at either end. That a path in the plane or in space passes an isolated zero as close as that is
// counted too.
type crossings struct {
	known    bool
	gradient [][]float64 // ∇f at the start
	f        []float64
}

func newCrossings(dimension, width int) *crossings {
	c := &crossings{f: make([]float64, width)}
	for range dimension {
		c.gradient = append(c.gradient, make([]float64, width))
	}
	return c
}

// forget is for the start of a block.
func (c *crossings) forget() {
	if c != nil {
		c.known = false
	}
}

// count looks at the step that led to where the landscape has just been looked at, and takes note
// of that.
func (c *crossings) count(s *stepper, n int) {
	if c == nil {
		return
	}
	if c.known {
		for i := range n {
			before, after := 0.0, 0.0
			for k, x := range s.x {
				moved := x[i] - s.was[k][i]
				before += c.gradient[k][i] * moved
				after += s.gradient[k][i] * moved
			}
			if zeroBetween(c.f[i], s.f[i], before, after) {
				s.crossed++
			}
		}
	}
	copy(c.f, s.f[:n])
	for k, g := range s.gradient {
		copy(c.gradient[k], g[:n])
	}
	c.known = true
}

// zeroBetween reports whether a function on [0, 1] with the given values and slopes at the ends, as
// far as these tell, vanishes in between.
func zeroBetween(first, last, slope, lastSlope float64) bool {
	const small = 1e-3
	if !(slope < 0 && lastSlope > 0) {
		return false
	}
	allowed := small * math.Min(first, last)
	// the tangents meet at s
	s := (last - lastSlope - first) / (slope - lastSlope)
	if s > 0 && s < 1 && math.Abs(first+slope*s) <= allowed {
		return true
	}
	// the cubic a s³ + b s² + slope s + first and the larger zero of its derivative, a minimum
	a := slope + lastSlope - 2*(last-first)
	b := 3*(last-first) - 2*slope - lastSlope
	s = -slope / (b + math.Sqrt(math.Max(b*b-3*a*slope, 0)))
	return s > 0 && s < 1 && first+s*(slope+s*(b+s*a)) <= allowed
}
