package analysis

import (
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
	"gonum.org/v1/gonum/mat"

	"fpsgd/mesh"
	"fpsgd/operators"
)

// line is a problem on one cartesian axis: f with its kinks, the noise, and an interval that is cut
// uniformly in τ, x = width·sinh τ, or, for width 0, in x itself.
type line struct {
	name        string
	f           func(x float64) float64
	kinks       []float64
	epsilon     float64
	homogeneous bool
	min, max    float64
	width       float64
}

// weights returns log π and κ at a point.
func (l *line) weights(x float64) (logPi, kappa float64) {
	f := l.f(x)
	if l.homogeneous {
		return -f / l.epsilon, math.Log(l.epsilon) - f/l.epsilon
	}
	return -(1 + 1/l.epsilon) * math.Log(f), math.Log(l.epsilon) - math.Log(f)/l.epsilon
}

// LogWeights implements operators.Weights.
func (l *line) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i, x := range p.Var("x") {
		logPi[i], kappa[i] = l.weights(x)
	}
	return nil
}

// assemble returns the operator on n cells.
func (l *line) assemble(n int) (*operators.Operator, error) {
	axis, err := mesh.Uniform("x", n, l.min, l.max)
	if l.width > 0 {
		axis, err = mesh.Sinh("x", n, l.min, l.max, []float64{0}, []float64{l.width})
	}
	if err != nil {
		return nil, err
	}
	c, err := mesh.NewCoordinates("cartesian", 1)
	if err != nil {
		return nil, err
	}
	g, err := mesh.NewGrid(c, []mesh.Axis{axis})
	if err != nil {
		return nil, err
	}
	return operators.Assemble(g, l, operators.Options{})
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// tau returns the graded coordinate of x, and point what it is of, with dx/dτ.
func (l *line) tau(x float64) float64 {
	if l.width == 0 {
		return x
	}
	return math.Asinh(x / l.width)
}

func (l *line) point(tau float64) (x, slope float64) {
	if l.width == 0 {
		return tau, 1
	}
	return l.width * math.Sinh(tau), l.width * math.Cosh(tau)
}

// exact returns the k lowest positive eigenvalues of −(e^κ u')' = λ π u with u' = 0 at the ends, by
// spectral elements: u is a polynomial of the given degree on each of elements pieces of the axis
// in τ, no kink inside any, and all integrals are those of the Gauss–Lobatto rule at its nodes,
// which makes the masses diagonal. With f analytic on each piece the error falls exponentially in
// the degree. Nothing here is shared with the finite volumes.
func (l *line) exact(t testing.TB, k, elements, degree int) []float64 {
	t.Helper()
	nodes, weights, d := lobatto(degree)
	ends := l.pieces(elements)
	n := (len(ends)-1)*degree + 1
	logMass := make([]float64, n)
	for i := range logMass {
		logMass[i] = math.Inf(-1)
	}
	half := make([]float64, len(ends)-1)
	kappa := make([][]float64, len(ends)-1)
	for e := range half {
		half[e] = (ends[e+1] - ends[e]) / 2
		for q, node := range nodes {
			x, slope := l.point(ends[e] + half[e]*(1+node))
			logPi, kap := l.weights(x)
			kappa[e] = append(kappa[e], kap+math.Log(weights[q]/half[e]/slope))
			i := e*degree + q
			logMass[i] = logAdd(logMass[i], logPi+math.Log(weights[q]*half[e]*slope))
		}
	}
	s := mat.NewSymDense(n, nil)
	for e := range half {
		for i := range nodes {
			for j := range i + 1 {
				a, b := e*degree+i, e*degree+j
				sum := 0.0
				for q := range nodes {
					sum += math.Exp(kappa[e][q]-(logMass[a]+logMass[b])/2) * d[q][i] * d[q][j]
				}
				s.SetSym(a, b, s.At(a, b)+sum)
			}
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(s, false) {
		t.Fatal("the dense eigenvalue solver failed")
	}
	return eigen.Values(nil)[1 : k+1]
}

// pieces returns the ends of so many elements or a few more, in τ, the kinks among them.
func (l *line) pieces(elements int) []float64 {
	lo, hi := l.tau(l.min), l.tau(l.max)
	at := []float64{lo, hi}
	for _, x := range l.kinks {
		if x > l.min && x < l.max {
			at = append(at, l.tau(x))
		}
	}
	slices.Sort(at)
	ends := []float64{lo}
	for i := range len(at) - 1 {
		parts := int(math.Ceil(float64(elements) * (at[i+1] - at[i]) / (hi - lo)))
		for p := range parts {
			ends = append(ends, at[i]+(at[i+1]-at[i])*float64(p+1)/float64(parts))
		}
	}
	return ends
}

func logAdd(a, b float64) float64 {
	high, low := math.Max(a, b), math.Min(a, b)
	return high + math.Log1p(math.Exp(low-high))
}

// lobatto returns the Gauss–Lobatto rule of degree+1 nodes on [−1, 1], and d[q][i], the derivative
// at node q of the polynomial that is 1 at node i and 0 at the others. The inner nodes are the
// zeros of P', between which lie those of P; the weights are 2/(p(p+1) P²).
func lobatto(degree int) (nodes, weights []float64, d [][]float64) {
	p := float64(degree)
	zeros := make([]float64, degree)
	quad.Legendre{}.FixedLocations(zeros, make([]float64, degree), -1, 1)
	slices.Sort(zeros)
	nodes = append(nodes, -1)
	for i := range degree - 1 {
		lo, hi := zeros[i], zeros[i+1]
		_, sign := legendre(degree, lo)
		for range 100 {
			mid := lo + (hi-lo)/2
			if _, slope := legendre(degree, mid); slope*sign > 0 {
				lo = mid
			} else {
				hi = mid
			}
		}
		nodes = append(nodes, lo)
	}
	nodes = append(nodes, 1)
	values := make([]float64, degree+1)
	for i, x := range nodes {
		values[i], _ = legendre(degree, x)
		weights = append(weights, 2/(p*(p+1)*values[i]*values[i]))
	}
	for q, x := range nodes {
		row := make([]float64, degree+1)
		for i, y := range nodes {
			switch {
			case i != q:
				row[i] = values[q] / values[i] / (x - y)
			case q == 0:
				row[i] = -p * (p + 1) / 4
			case q == degree:
				row[i] = p * (p + 1) / 4
			}
		}
		d = append(d, row)
	}
	return nodes, weights, d
}

// legendre returns P_n and P_n' inside (−1, 1); at the ends P_n alone.
func legendre(n int, x float64) (value, slope float64) {
	before, value := 1.0, x
	for k := 2; k <= n; k++ {
		before, value = value, ((2*float64(k)-1)*x*value-(float64(k)-1)*before)/float64(k)
	}
	return value, float64(n) * (before - x*value) / (1 - x*x)
}
