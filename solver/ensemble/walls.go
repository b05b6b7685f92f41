package ensemble

import "math"

// Wall absorbs particles: the plane x_k = At, or a sphere of the radius At around the origin of so
// many components.
type Wall struct {
	First, Count int  // components
	Norm         bool // of them, and not the first itself
	At           float64
	Upper        bool // particles are below it
}

// distances stores how far particles are from the wall, below 0 beyond it.
func (w *Wall) distances(dst []float64, x [][]float64) {
	for i := range dst {
		at := x[w.First][i]
		if w.Norm {
			at = math.Abs(at)
			for _, component := range x[w.First+1 : w.First+w.Count] {
				at = math.Hypot(at, component[i])
			}
		}
		if dst[i] = at - w.At; w.Upper {
			dst[i] = -dst[i]
		}
	}
}

// Beyond reports whether a point is on the other side of a wall.
func (w *Wall) Beyond(theta []float64) bool {
	x, distance := make([][]float64, len(theta)), make([]float64, 1)
	for k := range x {
		x[k] = theta[k : k+1]
	}
	w.distances(distance, x)
	return !(distance[0] > 0)
}

// walls take out particles that have met one. Of a step from the distance a to b a path of Brownian
// motion with the variance 2εg h, g as at the start, has met the wall in between with the
// probability
//
//	e^{−ab/(εgh)}    (1 if b ≤ 0),
//
// of which a uniform number decides. What is gone is NaN from then on.
type walls struct {
	of     []Wall
	before [][]float64 // the distances from each at the start of a step
	after  []float64
}

func newWalls(of []Wall, width int) *walls {
	if len(of) == 0 {
		return nil
	}
	w := &walls{of: of, after: make([]float64, width)}
	for range of {
		w.before = append(w.before, make([]float64, width))
	}
	return w
}

// look takes note of where n particles are.
func (w *walls) look(x [][]float64, n int) {
	if w != nil {
		for k := range w.of {
			w.of[k].distances(w.before[k][:n], x)
		}
	}
}

// absorb takes out those of the n particles that have met a wall in a step of length h, but for
// some, in order, whose step is made again.
func (w *walls) absorb(s *stepper, step int64, substep uint64, first, n int, h float64, but []int) {
	if w == nil {
		return
	}
	for k := range w.of {
		after := w.after[:n]
		w.of[k].distances(after, s.x)
		skip := but
		for i, b := range after {
			if len(skip) > 0 && skip[0] == i {
				skip = skip[1:]
				continue
			}
			g := s.f[i]
			if s.Homogeneous {
				g = 1
			}
			counter := [4]uint64{uint64(step), uint64(k), forWalls, substep}
			if met(w.before[k][i], b, s.Epsilon*g*h, s.noise.seed, uint64(first+i), counter) {
				s.gone++
				for _, x := range s.x {
					x[i] = math.NaN()
				}
			}
		}
	}
}

// met reports whether a path from the distance a to b has met the wall.
func met(a, b, variance float64, seed, particle uint64, counter [4]uint64) bool {
	const far = 40 // e^−40 is less than any number that is drawn
	if b <= 0 {
		return true
	}
	exponent := a * b / variance
	return exponent < far &&
		uniform(philox([2]uint64{seed, particle}, counter)[0]) < math.Exp(-exponent)
}
