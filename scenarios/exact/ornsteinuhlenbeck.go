package exact

import (
	"fmt"
	"math"
)

// OrnsteinUhlenbeck is the transition density under homogeneous noise for f = Floor + Scale|x−c|²:
// dX = −2s(X−c)dt + √(2ε) dB from x₀, with q = e^{−2s(age+t)} and v = ε/(2s) the variance of
// π = e^{−f/ε},
//
//	X ~ N( c + q(x₀−c), v(1−q²) I ).
type OrnsteinUhlenbeck struct {
	release
	offset []float64 // x₀ − c
}

// NewOrnsteinUhlenbeck returns the density, in dimension len(source), of the diffusion that was at
// source a time age ago. It exists for every ε > 0.
func NewOrnsteinUhlenbeck(eps float64, f Quadratic, source []float64, age float64) (
	*OrnsteinUhlenbeck, error) {
	const family = "Ornstein–Uhlenbeck kernel"
	if err := checkRelease(family, eps, age); err != nil {
		return nil, err
	}
	if len(source) == 0 {
		return nil, fmt.Errorf("%s: source is empty; give one component per dimension", family)
	}
	if !isPositive(f.Scale) || math.IsNaN(f.Floor) || math.IsInf(f.Floor, 0) {
		return nil, fmt.Errorf("%s: f = %g + %g|x−c|²; give a finite floor and a positive scale",
			family, f.Floor, f.Scale)
	}
	if err := f.checkCenter(family, len(source)); err != nil {
		return nil, err
	}
	offset := make([]float64, len(source))
	for i := range source {
		offset[i] = minus(source, f.Center, i)
	}
	return &OrnsteinUhlenbeck{release{f, eps, age, len(source)}, offset}, nil
}

// LogDensity returns log ρ(x,t).
func (o *OrnsteinUhlenbeck) LogDensity(t float64, x []float64) float64 {
	tau := o.tau(t)
	q, variance := math.Exp(-2*tau), -o.variance()*math.Expm1(-4*tau)
	r := 0.0
	for i := range x {
		r = math.Hypot(r, minus(x, o.f.Center, i)-q*o.offset[i])
	}
	r /= math.Sqrt(variance)
	return -r*r/2 - float64(o.dim)/2*math.Log(2*math.Pi*variance)
}

// DeviationNorm returns ‖u−⟨u⟩‖(t). Mehler's kernel at the source at twice the age gives, with
// q = e^{−4s(age+t)},
//
//	Z ‖u−⟨u⟩‖² = (1−q²)^{−d/2} exp( q|x₀−c|²/(v(1+q)) ) − 1.
func (o *OrnsteinUhlenbeck) DeviationNorm(t float64) float64 {
	q, r := math.Exp(-4*o.tau(t)), distance(o.offset, nil)
	logChi2 := logExpm1(-float64(o.dim)/2*math.Log1p(-q*q) + q*r*r/(o.variance()*(1+q)))
	return math.Exp((logChi2 - o.f.HomogeneousLogZ(o.eps, o.dim)) / 2)
}

// variance returns v = ε/(2s).
func (o *OrnsteinUhlenbeck) variance() float64 { return o.eps / (2 * o.f.Scale) }

// logExpm1 returns log( e^x − 1 ), x > 0.
func logExpm1(x float64) float64 {
	if x > 1 {
		return x + math.Log(-math.Expm1(-x))
	}
	return math.Log(math.Expm1(x))
}
