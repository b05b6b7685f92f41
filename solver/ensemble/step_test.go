package ensemble

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/integrate/quad"
)

// polynomial is Σ c x^i y^j z^k.
type polynomial map[[3]int]float64

func (p polynomial) at(x []float64) float64 { return p.function()(x) }

// function evaluates p, its terms in one order.
func (p polynomial) function() func(x []float64) float64 {
	order := slices.SortedFunc(maps.Keys(p), func(a, b [3]int) int {
		return slices.Compare(a[:], b[:])
	})
	return func(x []float64) (sum float64) {
		for _, powers := range order {
			c := p[powers]
			for k, v := range x {
				for range powers[k] {
					c *= v
				}
			}
			sum += c
		}
		return sum
	}
}

func (p polynomial) derivative(k int) polynomial {
	d := polynomial{}
	for powers, c := range p {
		if n := powers[k]; n > 0 {
			powers[k]--
			d[powers] += float64(n) * c
		}
	}
	return d
}

func (p polynomial) times(q polynomial) polynomial {
	product := polynomial{}
	for a, c := range p {
		for b, d := range q {
			product[[3]int{a[0] + b[0], a[1] + b[1], a[2] + b[2]}] += c * d
		}
	}
	return product
}

func (p polynomial) plus(scale float64, q polynomial) polynomial {
	sum := polynomial{}
	for powers, c := range p {
		sum[powers] += c
	}
	for powers, c := range q {
		sum[powers] += scale * c
	}
	return sum
}

// laplacian is Σ ∂_k².
func (p polynomial) laplacian(dimension int) polynomial {
	sum := polynomial{}
	for k := range dimension {
		sum = sum.plus(1, p.derivative(k).derivative(k))
	}
	return sum
}

// field is p as a landscape.
func (p polynomial) field(dimension int) Field {
	var slopes []func(x []float64) float64
	for k := range dimension {
		slopes = append(slopes, p.derivative(k).function())
	}
	value, laplacian := p.function(), p.laplacian(dimension).function()
	return func(f []float64, gradient [][]float64, l []float64, x [][]float64) {
		at := make([]float64, dimension)
		for i := range f {
			for k := range at {
				at[k] = x[k][i]
			}
			f[i] = value(at)
			for k := range gradient {
				gradient[k][i] = slopes[k](at)
			}
			if l != nil {
				l[i] = laplacian(at)
			}
		}
	}
}

// generator is 𝓛φ = −∇f·∇φ + εgΔφ, the equation's.
func generator(phi, f polynomial, m Method) polynomial {
	out := polynomial{}
	for k := range m.Dimension {
		out = out.plus(-1, f.derivative(k).times(phi.derivative(k)))
	}
	g := f
	if m.Homogeneous {
		g = polynomial{{}: 1}
	}
	return out.plus(m.Epsilon, g.times(phi.laplacian(m.Dimension)))
}

// rule returns points and weights with which E over a normal number is exact for polynomials of
// degree 2n − 1.
func rule(n int) (points, weights []float64) {
	points, weights = make([]float64, n), make([]float64, n)
	quad.Hermite{}.FixedLocations(points, weights, math.Inf(-1), math.Inf(1))
	for i := range points {
		weights[i] /= math.Sqrt(math.Pi) // of ∫ g e^{−x²} dx
		points[i] *= math.Sqrt2
	}
	return points, weights
}

// expected returns E φ(θ') after one step from θ, without sampling: over the tensor product of a
// Gauss rule in every increment, and of both signs in every area.
func expected(m Method, h float64, theta []float64, phi polynomial) float64 {
	points, weights := rule(10)
	d := m.Dimension
	axes := make([][]float64, d)
	axisWeights := make([][]float64, d)
	for k := range d {
		axes[k], axisWeights[k] = points, weights
	}
	if m.Scheme == Weak2 && !m.Homogeneous {
		for range d * (d - 1) / 2 {
			axes = append(axes, []float64{-1, 1})
			axisWeights = append(axisWeights, []float64{0.5, 0.5})
		}
	}
	count := 1
	for _, a := range axes {
		count *= len(a)
	}
	numbers, weight := make([][]float64, len(axes)), make([]float64, count)
	for k := range numbers {
		numbers[k] = make([]float64, count)
	}
	for i := range count {
		weight[i] = 1
		for k, rest := 0, i; k < len(axes); k++ {
			n := len(axes[k])
			numbers[k][i] = axes[k][rest%n]
			weight[i] *= axisWeights[k][rest%n]
			rest /= n
		}
	}
	s := newStepper(m, 0, count)
	for k := range s.x {
		s.x[k] = slices.Repeat(theta[k:k+1], count)
	}
	s.noise = given(numbers[:d])
	if s.areas != nil {
		s.areas = given(numbers[d:])
	}
	if err := s.look(count); err != nil {
		panic(err)
	}
	s.whole(0, 0, 0, count, h)
	sum, at, value := 0.0, make([]float64, d), phi.function()
	for i := range count {
		for k := range at {
			at[k] = s.x[k][i]
		}
		sum += weight[i] * value(at)
	}
	return sum
}

// given is a source of the given numbers.
func given(numbers [][]float64) *source {
	return &source{dimension: len(numbers), group: 1, numbers: numbers,
		component: make([][]float64, len(numbers))}
}

// One step has E φ(θ') = φ + h𝓛φ + ½h²𝓛²φ + O(h³) for every smooth φ with Weak2, and the first two
// terms with Euler and Maruyama: local errors of an order one above the weak order. f and φ are
// random polynomials, so that no term of the expansion is missing or too many.
func TestWeakOrders(t *testing.T) {
	source := rand.New(rand.NewPCG(3, 4))
	random := func(d, degree int) polynomial {
		p := polynomial{}
		for i := 0; i <= degree; i++ {
			for j := 0; j <= degree-i && (d > 1 || j == 0); j++ {
				for k := 0; k <= degree-i-j && (d > 2 || k == 0); k++ {
					p[[3]int{i, j, k}] = source.Float64()*2 - 1
				}
			}
		}
		return p
	}
	for _, m := range []Method{
		{Scheme: EulerMaruyama}, {Scheme: EulerMaruyama, Homogeneous: true},
		{Scheme: Weak2}, {Scheme: Weak2, Homogeneous: true},
	} {
		for d := 1; d <= 3; d++ {
			m.Dimension, m.Epsilon = d, 0.7
			order := 2.0
			if m.Scheme == Weak2 {
				order = 3
			}
			name := fmt.Sprintf("scheme %d, homogeneous %v, %d dimensions", m.Scheme,
				m.Homogeneous, d)
			for range 3 {
				f, phi := random(d, 4), random(d, 4)
				theta := []float64{0.4, -0.3, 0.2}[:d]
				f[[3]int{}] = 0
				f[[3]int{}] = 1.5 - f.at(theta)
				m.Field = f.field(d)
				first := generator(phi, f, m)
				second := generator(first, f, m)
				defect := func(h float64) float64 {
					exact := phi.at(theta) + h*first.at(theta)
					if m.Scheme == Weak2 {
						exact += h * h / 2 * second.at(theta)
					}
					return math.Abs(expected(m, h, theta, phi) - exact)
				}
				const h = 1e-3
				seen := math.Log2(defect(h) / defect(h/2))
				// the next order's share is of the size of h
				if !(math.Abs(seen-order) < 0.15) {
					t.Errorf("%s: a step's error falls with the order %.3f, want %g (%.3g, %.3g)",
						name, seen, order, defect(h), defect(h/2))
				}
			}
		}
	}
}
