package ensemble

import (
	"context"
	"math"
	"slices"
	"sync/atomic"

	"fpsgd/internal/parallel"
)

// Coupled moves copies of particles along the same Brownian paths by steps of different lengths,
// 2^l h for l = 0, …, levels, and returns where each level ends, component by component. h is the
// method's step, and there are 2^levels·coarsest steps of it. Two increments of a level make one of
// the next,
//
//	Y_l+1 = (Y_l + Y_l')/√2,
//
// so that the difference of two levels has only the errors of their steps. Signs that stand for
// iterated integrals are those of each level alone. Steps are made whole, whatever m.Controlled.
func (e *Ensemble) Coupled(ctx context.Context, m Method, levels int, coarsest int64, threads int,
	report func(share float64)) (x [][][]float64, err error) {

	m.Controlled, m.Zeros, m.Law, m.Walls = false, false, Gaussian, nil
	x = make([][][]float64, levels+1)
	for l := range x {
		for _, component := range e.X {
			x[l] = append(x[l], slices.Clone(component))
		}
	}
	blocks := (e.Len() + width - 1) / width
	var done atomic.Int64
	err = parallel.Ranges(threads, blocks, func(first, last int) error {
		c := newCoupled(m, e.Seed, levels)
		for b := first; b < last; b++ {
			if ctx.Err() != nil {
				return context.Cause(ctx)
			}
			if err := c.run(x, b*width, min(width, e.Len()-b*width), coarsest); err != nil {
				return err
			}
			if n := done.Add(1); report != nil {
				report(float64(n) / float64(blocks))
			}
		}
		return nil
	})
	return x, err
}

// coupled are steppers of the levels, with the increments that they have so far.
type coupled struct {
	noise    *source
	steppers []*stepper
	sums     [][][]float64
}

func newCoupled(m Method, seed uint64, levels int) *coupled {
	c := &coupled{noise: newSource(seed, m.Dimension, Gaussian, forIncrements, width)}
	for range levels + 1 {
		sum := make([][]float64, m.Dimension)
		for k := range sum {
			sum[k] = make([]float64, width)
		}
		c.steppers, c.sums = append(c.steppers, newStepper(m, seed, width)), append(c.sums, sum)
	}
	return c
}

// run moves the n particles from the first on.
func (c *coupled) run(x [][][]float64, first, n int, coarsest int64) error {
	for l, s := range c.steppers {
		for k := range s.x {
			s.x[k] = x[l][k][first : first+n]
			c.sums[l][k] = c.sums[l][k][:n]
		}
	}
	last := len(c.steppers) - 1
	for step := range coarsest << last {
		y := c.noise.increments(step, 0, first, n)
		for l, s := range c.steppers {
			if err := s.look(n); err != nil {
				return err
			}
			s.move(y, step>>l, uint64(l), first, n, math.Ldexp(s.Step, l))
			if l == last {
				break
			}
			next := c.sums[l+1]
			for k := range y {
				sum := next[k]
				if step>>l&1 == 0 {
					clear(sum)
				}
				for i, v := range y[k] {
					sum[i] += v / math.Sqrt2
				}
			}
			if step>>l&1 == 0 {
				break
			}
			y = next
		}
	}
	return nil
}
