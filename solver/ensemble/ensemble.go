// Package ensemble simulates stochastic gradient descent by particles: the discrete iteration, the
// stochastic differential equation that it is a discretisation of, and the one of homogeneous
// noise.
//
// # The three systems
//
// With a step η and Y of mean 0 and covariance I,
//
//	θ ← θ − η (∇f + √(σf) Y)                     SGD
//	dθ = −∇f dt + √(2εf) dB                      ml, ε = ησ/2
//	dθ = −∇f dt + √(2ε) dB                       homogeneous
//
// in the sense of Itô. SGD with Gaussian Y is the Euler–Maruyama method for the second with the
// step η, time being t = η n; and so one step,
//
//	θ ← θ − h∇f + √(2εgh) Y,    g = f or 1,
//
// does for all of them. Schemes of higher order are for the differential equations alone.
package ensemble

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"

	"fpsgd/internal/parallel"

	"gonum.org/v1/gonum/floats"
)

// Field stores f, ∂f/∂x_k and Δf at points x_k[i], component by component. gradient and laplacian
// may be nil, where they are not asked for.
type Field func(f []float64, gradient [][]float64, laplacian []float64, x [][]float64)

// Scheme is how a step is made.
type Scheme int

// Schemes.
const (
	// EulerMaruyama has the strong order ½ (1 if the noise is homogeneous) and the weak order 1.
	EulerMaruyama Scheme = iota
	// Weak2 has the weak order 2, and in one dimension the strong order 1.
	Weak2
)

// Method is what moves particles.
type Method struct {
	Field       Field
	Dimension   int
	Epsilon     float64
	Homogeneous bool
	Step        float64 // h
	Scheme      Scheme
	Law         Law  // of Y, for EulerMaruyama
	Controlled  bool // whether a step is divided where it is too long: see Ensemble.Divided
	Zeros       bool // whether f may vanish: see Ensemble.Crossed
	Walls       []Wall
}

// Ensemble is a number of particles at one time.
type Ensemble struct {
	X     [][]float64 // the components of the positions, one array each
	Seed  uint64
	Steps int64 // that have been made

	Crossed int64 // steps that ended beyond a zero of f
	Divided int64 // steps that were made of shorter ones
	Gone    int64 // particles that a wall has absorbed, which are NaN
}

// width is the number of particles that are moved at a time: their arrays stay in the cache from
// step to step.
const width = 256

// What stops an ensemble.
var (
	ErrNegative = errors.New("f is negative")
	ErrStep     = errors.New("the step is too long")
)

// Len is the number of particles.
func (e *Ensemble) Len() int { return len(e.X[0]) }

// Advance makes so many steps of all particles, on so many threads (0: all cores). Each goes its
// own way, so that the result depends neither on them nor on how a number of steps is divided into
// calls. A particle that has left the range of numbers stays at infinity or NaN. If the context
// ends, or on an error, some particles have moved and others have not.
//
// report, if not nil, is told the share of the work that is done.
func (e *Ensemble) Advance(ctx context.Context, m Method, steps int64, threads int,
	report func(share float64)) error {

	blocks := (e.Len() + width - 1) / width
	var done, crossed, divided, gone atomic.Int64
	err := parallel.Ranges(threads, blocks, func(first, last int) error {
		s := newStepper(m, e.Seed, width)
		for b := first; b < last; b++ {
			if err := ctx.Err(); err != nil {
				return context.Cause(ctx)
			}
			if err := s.run(e, b*width, min(width, e.Len()-b*width), steps); err != nil {
				return err
			}
			if n := done.Add(1); report != nil {
				report(float64(n) / float64(blocks))
			}
		}
		crossed.Add(s.crossed)
		divided.Add(s.divided)
		gone.Add(s.gone)
		return nil
	})
	if err != nil {
		return err
	}
	e.Steps += steps
	e.Crossed += crossed.Load()
	e.Divided += divided.Load()
	e.Gone += gone.Load()
	return nil
}

// New draws particles, each by its own stream of numbers uniform on (0, 1): draw stores a point.
func New(particles, dimension int, seed uint64, threads int,
	draw func(theta []float64, uniform func() float64)) *Ensemble {

	e := &Ensemble{X: make([][]float64, dimension), Seed: seed}
	for k := range e.X {
		e.X[k] = make([]float64, particles)
	}
	parallel.Ranges(threads, particles, func(first, last int) error {
		theta := make([]float64, dimension)
		for i := first; i < last; i++ {
			var words [wordsOfBlock]uint64
			used := uint64(0)
			draw(theta, func() float64 {
				if used%wordsOfBlock == 0 {
					words = philox([2]uint64{seed, uint64(i)},
						[4]uint64{0, used / wordsOfBlock, forStart})
				}
				used++
				return uniform(words[(used-1)%wordsOfBlock])
			})
			for k, x := range theta {
				e.X[k][i] = x
			}
		}
		return nil
	})
	return e
}

// Table draws indices with given probabilities, up to a factor.
type Table struct{ sums []float64 }

// NewTable returns the table of weights ≥ 0 of which one is positive.
func NewTable(weights []float64) Table {
	sums := make([]float64, len(weights))
	floats.CumSum(sums, weights)
	return Table{sums}
}

// Draw returns the index that a number uniform on (0, 1) falls on: the first whose cumulative
// weight is above its share of the whole.
func (t Table) Draw(u float64) int {
	share := u * t.sums[len(t.sums)-1]
	i, _ := slices.BinarySearchFunc(t.sums, share, func(sum, share float64) int {
		if sum <= share {
			return -1
		}
		return 1
	})
	return i
}
