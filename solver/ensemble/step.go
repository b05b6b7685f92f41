package ensemble

import (
	"fmt"
	"math"
)

// stepper moves one block of particles at a time.
type stepper struct {
	Method
	noise *source // of the increments
	areas *source // of the iterated integrals, nil if there are none

	x, was                     [][]float64 // views of a block, and where it was
	gradient, ahead, slopes    [][]float64 // components of a block
	f, laplacian, unused, size []float64
	dot                        []float64
	long                       []int    // the particles whose step is too long
	one                        *stepper // of a single particle, whose steps are divided
	crossings                  *crossings
	walls                      *walls

	crossed, divided, gone int64
}

func newStepper(m Method, seed uint64, width int) *stepper {
	d := m.Dimension
	s := &stepper{Method: m, noise: newSource(seed, d, m.Law, forIncrements, width)}
	if m.Scheme == Weak2 && !m.Homogeneous && d > 1 {
		s.areas = newSource(seed, d*(d-1)/2, Rademacher, forAreas, width)
	}
	s.x = make([][]float64, d)
	for _, block := range []*[][]float64{&s.was, &s.gradient, &s.ahead, &s.slopes} {
		*block = make([][]float64, d)
		for k := range *block {
			(*block)[k] = make([]float64, width)
		}
	}
	for _, row := range []*[]float64{&s.f, &s.laplacian, &s.unused, &s.size, &s.dot} {
		*row = make([]float64, width)
	}
	s.walls = newWalls(m.Walls, width)
	if m.Zeros {
		s.crossings = newCrossings(d, width)
	}
	return s
}

// run makes the steps of the n particles from the first on.
func (s *stepper) run(e *Ensemble, first, n int, steps int64) error {
	for k, component := range e.X {
		s.x[k] = component[first : first+n]
	}
	s.crossings.forget()
	for step := e.Steps; step < e.Steps+steps; step++ {
		if err := s.look(n); err != nil {
			return err
		}
		s.crossings.count(s, n)
		if err := s.step(step, first, n); err != nil {
			return err
		}
	}
	if s.crossings == nil {
		return nil
	}
	err := s.look(n)
	s.crossings.count(s, n)
	return err
}

// look evaluates the landscape where the particles are.
func (s *stepper) look(n int) error {
	var laplacian []float64
	if s.Controlled || s.Scheme == Weak2 {
		laplacian = s.laplacian[:n]
	}
	s.Field(s.f[:n], s.gradient, laplacian, s.x)
	for i, f := range s.f[:n] {
		if f < 0 {
			return fmt.Errorf("%w: f = %g at %s", ErrNegative, f, place(s.x, i))
		}
	}
	return nil
}

// place names the point of a particle.
func place(x [][]float64, i int) string {
	at := make([]float64, len(x))
	for k, component := range x {
		at[k] = component[i]
	}
	return fmt.Sprintf("%.6g", at)
}

// step makes one step of n particles, of which the landscape has been looked at.
func (s *stepper) step(step int64, first, n int) error {
	s.long = s.long[:0]
	if s.Controlled {
		s.findLong(n)
	}
	if len(s.long) > 0 || s.crossings != nil {
		for k, x := range s.x {
			copy(s.was[k], x)
		}
	}
	s.walls.look(s.x, n)
	s.whole(step, 0, first, n, s.Step)
	s.walls.absorb(s, step, 0, first, n, s.Step, s.long)
	for _, i := range s.long {
		if err := s.divide(step, first, i); err != nil {
			return err
		}
	}
	return nil
}

// findLong lists the particles for which the step is to be divided.
func (s *stepper) findLong(n int) {
	square := s.dot[:n]
	clear(square)
	for k := range s.x {
		for i, slope := range s.gradient[k][:n] {
			square[i] += slope * slope
		}
	}
	f, laplacian := s.f[:n], s.laplacian[:n]
	noise := s.Step * math.Max(1, 2*s.Epsilon)
	if s.Homogeneous {
		noise = 0
	}
	for i, v := range square { // first without a division
		if (math.Abs(laplacian[i])*s.Step > longest || v*noise > longest*f[i]) && s.level(i) > 0 {
			s.long = append(s.long, i)
		}
	}
}

// whole makes a step of length h of n particles.
func (s *stepper) whole(step int64, substep uint64, first, n int, h float64) {
	s.move(s.noise.increments(step, substep, first, n), step, substep, first, n, h)
}

// move makes a step of length h with the noise y.
func (s *stepper) move(y [][]float64, step int64, substep uint64, first, n int, h float64) {
	root := math.Sqrt(h)
	size := s.size[:n] // b√h
	for i, f := range s.f[:n] {
		size[i] = root * math.Sqrt(2*s.Epsilon*f)
	}
	if s.Homogeneous {
		for i := range size {
			size[i] = root * math.Sqrt(2*s.Epsilon)
		}
	}
	if s.Scheme == EulerMaruyama {
		for k, x := range s.x {
			slope, noise := s.gradient[k][:n], y[k][:n]
			for i := range x {
				x[i] += size[i]*noise[i] - h*slope[i]
			}
		}
		return
	}
	s.weak2(y, step, substep, first, n, h)
}

// weak2 makes a step of weak order 2. With a = −∇f, b = √(2εg), ΔW = √h Y,
//
//	θ' = θ + ½h (a + a(θ + ah + bΔW)) + bΔW
//	       + ½ε ((∇f·ΔW) ΔW − h∇f + V∇f) + ½h ΔW L⁰b,
//	L⁰b = ½εbΔf − (ε + ½ε²) |∇f|²/b,
//
// without the second line where the noise is homogeneous. It is the Itô–Taylor expansion with
// support values for the drift; as b∂_jb = ε∂_jf, iterated integrals come with the gradient alone:
// ∫∫dB_j dB_k is replaced by ½(ΔW_jΔW_k + V_jk), V_jj = −h and V_jk = −V_kj = ±h with equal
// probability, which has the moments that the weak order 2 needs (D. Talay; P. E. Kloeden, E.
// Platen, Numerical Solution of Stochastic Differential Equations, Springer 1992, 14.2). Where f is
// 0, so is the noise.
func (s *stepper) weak2(y [][]float64, step int64, substep uint64, first, n int, h float64) {
	size := s.size[:n]
	for k, x := range s.x {
		slope, ahead := s.gradient[k][:n], s.ahead[k][:n]
		for i, v := range y[k] {
			ahead[i] = x[i] + size[i]*v - h*slope[i]
		}
		s.ahead[k] = ahead
	}
	s.Field(s.unused[:n], s.slopes, nil, s.ahead)
	if !s.Homogeneous {
		s.scale(y, n, h)
	}
	for k, x := range s.x {
		slope, next := s.gradient[k][:n], s.slopes[k][:n]
		for i, v := range y[k] {
			x[i] += size[i]*v - h/2*(slope[i]+next[i])
		}
	}
	if s.Homogeneous {
		return
	}
	e := s.Epsilon * h / 2
	for k, x := range s.x {
		slope, c := s.gradient[k][:n], s.dot[:n]
		for i, v := range y[k] {
			x[i] += c[i]*v - e*slope[i]
		}
	}
	if s.areas != nil {
		s.addAreas(s.areas.increments(step, substep, first, n), n, e)
	}
}

// scale stores ½εh ∇f·Y + ½h^{3/2} L⁰b, what Y is multiplied by in the second line.
func (s *stepper) scale(y [][]float64, n int, h float64) {
	dot, square := s.dot[:n], s.unused[:n]
	clear(dot)
	clear(square)
	for k := range s.x {
		slope := s.gradient[k][:n]
		for i, v := range y[k] {
			dot[i] += slope[i] * v
			square[i] += slope[i] * slope[i]
		}
	}
	e, root := s.Epsilon, math.Sqrt(h)
	for i, f := range s.f[:n] {
		b := math.Sqrt(2 * e * f)
		generator := 0.0
		if b > 0 {
			generator = e/2*b*s.laplacian[i] - (e+e*e/2)*square[i]/b
		}
		dot[i] = e*h/2*dot[i] + h/2*root*generator
	}
}

// addAreas adds e V∇f/h, of which the signs V_jk/h, j < k, are given row by row.
func (s *stepper) addAreas(signs [][]float64, n int, e float64) {
	next := 0
	for j := range s.x {
		for k := j + 1; k < len(s.x); k++ {
			sign := signs[next][:n]
			next++
			slopeJ, slopeK := s.gradient[j][:n], s.gradient[k][:n]
			xj, xk := s.x[j], s.x[k]
			for i, v := range sign {
				xk[i] += e * v * slopeJ[i]
				xj[i] -= e * v * slopeK[i]
			}
		}
	}
}

// How a step is divided.
const (
	longest = 0.5 // h times the rate at which the landscape changes along a path
	deepest = 40  // a step may be cut in two
)

// level is how many times a step of particle i must be cut in two: until h·max(|Δf|, |∇f|²/f) ≤ ½.
// |∇f|²/f is the rate of log f by the drift, and that of its variance by the noise but for 2ε. A
// particle that is lost is left alone.
func (s *stepper) level(i int) int {
	square := 0.0
	for k := range s.x {
		square += s.gradient[k][i] * s.gradient[k][i]
	}
	rate := math.Abs(s.laplacian[i])
	if !s.Homogeneous && s.f[i] > 0 {
		rate = math.Max(rate, square/s.f[i]*math.Max(1, 2*s.Epsilon))
	}
	if !(s.Step*rate > longest) || math.IsInf(rate, 1) {
		return 0
	}
	return int(math.Ceil(math.Log2(s.Step * rate / longest)))
}

// divide makes the step of particle i of a block again, in steps h/2^l whose l is chosen at each of
// them; those of level l begin at multiples of their length, which number their noise.
func (s *stepper) divide(step int64, first, i int) error {
	if s.one == nil {
		m := s.Method
		m.Zeros = false
		s.one = newStepper(m, s.noise.seed, 1)
		for k := range s.one.x {
			s.one.x[k] = make([]float64, 1)
		}
	}
	o := s.one
	for k := range o.x {
		o.x[k][0] = s.was[k][i]
	}
	s.divided++
	for at, end := uint64(0), uint64(1)<<deepest; at < end; {
		if err := o.look(1); err != nil {
			return err
		}
		level := o.level(0)
		if level > deepest {
			return fmt.Errorf("%w: at %s a step of %g would have to be cut %d times",
				ErrStep, place(o.x, 0), s.Step, level)
		}
		for at%(end>>level) != 0 {
			level++
		}
		length := end >> level
		substep, h := 1<<level+at/length, math.Ldexp(s.Step, -level)
		o.walls.look(o.x, 1)
		o.whole(step, substep, first+i, 1, h)
		o.walls.absorb(o, step, substep, first+i, 1, h, nil)
		at += length
	}
	s.gone, o.gone = s.gone+o.gone, 0
	for k := range o.x {
		s.x[k][i] = o.x[k][0]
	}
	return nil
}
