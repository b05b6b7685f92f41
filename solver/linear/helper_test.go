package linear

import (
	"math"
	"math/rand/v2"

	"fpsgd/operators"
)

// axis is a test grid's axis: its faces, and whether it closes on itself.
type axis struct {
	faces    []float64
	periodic bool
}

// sinhAxis has n cells on [−R, R], uniform in asinh x.
func sinhAxis(n int, radius float64) axis {
	return spaced(n, func(s float64) float64 { return math.Sinh((2*s - 1) * math.Asinh(radius)) })
}

// radialAxis has n cells on [0, R], uniform in asinh r.
func radialAxis(n int, radius float64) axis {
	return spaced(n, func(s float64) float64 { return math.Sinh(s * math.Asinh(radius)) })
}

func uniformAxis(n int, lo, hi float64, periodic bool) axis {
	a := spaced(n, func(s float64) float64 { return lo + s*(hi-lo) })
	a.periodic = periodic
	return a
}

func spaced(n int, face func(s float64) float64) axis {
	a := axis{faces: make([]float64, n+1)}
	for i := range a.faces {
		a.faces[i] = face(float64(i) / float64(n))
	}
	return a
}

func (a axis) mid(i int) float64 {
	n := len(a.faces) - 1
	i = (i%n + n) % n
	return (a.faces[i] + a.faces[i+1]) / 2
}

// distance is that between the midpoints of cell i and the next.
func (a axis) distance(i int) float64 {
	n := len(a.faces) - 1
	return (a.faces[i+1] - a.faces[i] + a.faces[(i+1)%n+1] - a.faces[(i+1)%n]) / 2
}

// problem is a test problem: axes, log f of the coordinates, and the scale factors h_k of the
// coordinates.
type problem struct {
	axes    []axis
	logf    func(q []float64) float64
	scale   func(k int, q []float64) float64 // nil: 1
	epsilon float64
	open    bool // the last axis ends in an absorbing face
}

func quadratic(q []float64) float64 {
	s := 1.0
	for _, v := range q {
		s += v * v
	}
	return math.Log(s)
}

func (p problem) h(k int, q []float64) float64 {
	if p.scale == nil {
		return 1
	}
	return p.scale(k, q)
}

// operator assembles S by the midpoint rule: M = f^{−1−1/ε} J |dq|, T = ε f^{−1/ε} J/h² ·
// area/distance at the face.
func (p problem) operator() *operators.Operator {
	d := len(p.axes)
	op := &operators.Operator{}
	for _, a := range p.axes {
		op.Shape = append(op.Shape, len(a.faces)-1)
		op.Periodic = append(op.Periodic, a.periodic)
	}
	n := op.Cells()
	op.LogM, op.Sigma, op.Diag = make([]float64, n), make([]float64, n), make([]float64, n)
	logT := make([][]float64, d)
	for k := range d {
		logT[k] = make([]float64, n)
		op.Coupling = append(op.Coupling, make([]float64, n))
	}
	for i := range n {
		op.LogM[i] = p.logMass(op, i)
		for k := range d {
			logT[k][i] = p.logConductance(op, i, k)
		}
	}
	top := math.Inf(-1)
	for _, v := range op.LogM {
		top = math.Max(top, v)
	}
	var sum float64
	for _, v := range op.LogM {
		sum += math.Exp(v - top)
	}
	op.LogZ = top + math.Log(sum)
	for i, v := range op.LogM {
		op.Sigma[i] = math.Exp((v - op.LogZ) / 2)
	}
	for k := range d {
		for i := range n {
			if j, ok := neighbour(op, i, k); ok {
				c := math.Exp(logT[k][i] - (op.LogM[i]+op.LogM[j])/2)
				op.Coupling[k][i] = c
				op.Diag[i] += c * op.Ratio(i, j)
				op.Diag[j] += c / op.Ratio(i, j)
			}
		}
	}
	if p.open {
		op.Removal = make([]float64, n)
		last := op.Shape[d-1]
		for i := last - 1; i < n; i += last {
			op.Removal[i] = math.Exp(logT[d-1][i] - op.LogM[i])
			op.Diag[i] += op.Removal[i]
		}
	}
	return op
}

// index returns the cell's index along axis k.
func index(op *operators.Operator, i, k int) int { return i / op.Stride(k) % op.Shape[k] }

func neighbour(op *operators.Operator, i, k int) (int, bool) {
	if index(op, i, k) < op.Shape[k]-1 {
		return i + op.Stride(k), true
	}
	return i - (op.Shape[k]-1)*op.Stride(k), op.Periodic[k]
}

func (p problem) logMass(op *operators.Operator, i int) float64 {
	q := make([]float64, len(p.axes))
	volume := 1.0
	for k, a := range p.axes {
		j := index(op, i, k)
		q[k] = a.mid(j)
		volume *= a.faces[j+1] - a.faces[j]
	}
	for k := range p.axes {
		volume *= p.h(k, q)
	}
	return math.Log(volume) - (1+1/p.epsilon)*p.logf(q)
}

func (p problem) logConductance(op *operators.Operator, i, k int) float64 {
	q := make([]float64, len(p.axes))
	area := p.epsilon
	for l, a := range p.axes {
		j := index(op, i, l)
		q[l] = a.mid(j)
		if l == k {
			q[l] = a.faces[j+1]
			area /= a.distance(j)
		} else {
			area *= a.faces[j+1] - a.faces[j]
		}
	}
	for l := range p.axes {
		area *= p.h(l, q)
	}
	return math.Log(area/(p.h(k, q)*p.h(k, q))) - p.logf(q)/p.epsilon
}

// cartesian is f = 1+|x|² on [−R, R]^d with the given cells.
func cartesian(epsilon, radius float64, cells ...int) problem {
	p := problem{logf: quadratic, epsilon: epsilon}
	for _, n := range cells {
		p.axes = append(p.axes, sinhAxis(n, radius))
	}
	return p
}

// polar is f = 1+r² in polar coordinates r, φ.
func polar(epsilon, radius float64, nr, nphi int) problem {
	return problem{
		axes: []axis{radialAxis(nr, radius), uniformAxis(nphi, 0, 2*math.Pi, true)},
		logf: func(q []float64) float64 {
			return math.Log1p(q[0]*q[0] +
				0.3*q[0]*math.Cos(q[1]))
		},
		scale:   func(k int, q []float64) float64 { return []float64{1, q[0]}[k] },
		epsilon: epsilon,
	}
}

// spherical is a function near 1+r² in spherical coordinates r, θ, φ.
func spherical(epsilon, radius float64, nr, ntheta, nphi int) problem {
	return problem{
		axes: []axis{radialAxis(nr, radius), uniformAxis(ntheta, 0, math.Pi, false),
			uniformAxis(nphi, 0, 2*math.Pi, true)},
		logf: func(q []float64) float64 {
			return math.Log1p(q[0]*q[0] +
				0.3*q[0]*math.Sin(q[1])*math.Cos(q[2]))
		},
		scale: func(k int, q []float64) float64 {
			return []float64{1, q[0],
				q[0] * math.Sin(q[1])}[k]
		},
		epsilon: epsilon,
	}
}

// opened is p with an absorbing end of the last axis.
func opened(p problem) problem {
	p.open = true
	return p
}

// swapped is a two-dimensional p with its axes exchanged.
func swapped(p problem) problem {
	swap := func(q []float64) []float64 { return []float64{q[1], q[0]} }
	logf, h := p.logf, p.h
	return problem{
		axes:    []axis{p.axes[1], p.axes[0]},
		logf:    func(q []float64) float64 { return logf(swap(q)) },
		scale:   func(k int, q []float64) float64 { return h(1-k, swap(q)) },
		epsilon: p.epsilon,
	}
}

// gaussian is exp(−|x−1|²) at the midpoints; random are independent normal deviates, which excite
// every mode.
func gaussian(p problem) []float64 {
	op := p.operator()
	b := make([]float64, op.Cells())
	for i := range b {
		var s float64
		for k, a := range p.axes {
			s += math.Pow(a.mid(index(op, i, k))-1, 2)
		}
		b[i] = math.Exp(-s)
	}
	return b
}

func random(n int) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	b := make([]float64, n)
	for i := range b {
		b[i] = r.NormFloat64()
	}
	return b
}
