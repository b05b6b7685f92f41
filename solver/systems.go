package solver

import (
	"math"
	"slices"

	"fpsgd/solver/linear"
)

// Linear solves (I + γS) x = b.
type Linear = linear.System

// SetUp makes the Linear of a γ.
type SetUp func(gamma float64) (Linear, error)

// setUpsKept is how many linear systems are held at a time: that of the step and that of the one
// before it, to which a rejected doubling returns. In three dimensions one takes the memory of a
// dozen states.
const setUpsKept = 2

// systems holds the linear systems used last.
type systems struct {
	setUp SetUp
	kept  []keptSystem // the one used last first
}

type keptSystem struct {
	gamma  float64
	linear Linear
}

func newSystems(setUp SetUp) *systems { return &systems{setUp: setUp} }

// get returns the system of γ. The one unused for longest is let go before a new one is made.
func (c *systems) get(gamma float64) (Linear, error) {
	for k, s := range c.kept {
		if s.gamma == gamma {
			c.kept = slices.Insert(slices.Delete(c.kept, k, k+1), 0, s)
			return s.linear, nil
		}
	}
	if n := len(c.kept); n == setUpsKept {
		c.kept = slices.Delete(c.kept, n-1, n)
	}
	l, err := c.setUp(gamma)
	if err != nil {
		return nil, err
	}
	c.kept = slices.Insert(c.kept, 0, keptSystem{gamma, l})
	return l, nil
}

// roundStep rounds dt to 40 binary digits. Output intervals that differ by the rounding of their
// ends then share their set-ups, and a set-up does not depend on which of them came first. The
// relative change, below 5e-13, is that of the time a step spans.
func roundStep(dt float64) float64 {
	const digits = 40
	fraction, exponent := math.Frexp(dt)
	return math.Ldexp(math.Round(math.Ldexp(fraction, digits)), exponent-digits)
}
