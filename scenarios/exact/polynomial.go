package exact

import (
	"fmt"
	"math"
)

// Polynomial is the solution that stays π times a quadratic polynomial, f = f₀ + s|x−c|², dε < 2.
// In the unit variables of Quadratic, with τ = s t, m₂ = E_π|y|² = dε/(2−dε), B = |b|² m₂/d,
//
//	ρ(·,0) ∝ π (1 + b·y)²,
//	u Z = [ (1 + e^{−2τ} b·y)² + B (1 − e^{−(4−2dε)τ})
//	        + (|b|²/d)(e^{−(4−2dε)τ} − e^{−4τ}) |y|² ] / (1+B):
//
// the constant, the mean b·y at rate 2, the traceless second moments at rate 4 and |y|² − m₂ at
// rate 4 − 2dε, arranged as a sum of squares so that nothing cancels.
type Polynomial struct {
	f         Quadratic
	eps       float64
	b         []float64 // for the unit variable y
	b2        float64   // |b|²
	bigB      float64
	logZ      float64
	traceRate float64 // 4 − 2dε
}

// NewPolynomial returns the solution from ρ₀ ∝ π(1 + b·(x−c))² in dimension d = len(b). It exists
// for dε < 2.
func NewPolynomial(eps float64, f Quadratic, b []float64) (*Polynomial, error) {
	const family = "polynomial solution"
	d := len(b)
	if d == 0 {
		return nil, fmt.Errorf("%s: b is empty; give one component per dimension", family)
	}
	if err := f.check(family, d); err != nil {
		return nil, err
	}
	if !(eps > 0) || float64(d)*eps >= 2 {
		return nil, fmt.Errorf("%s: ε = %g in dimension %d has no mass; it needs 0 < ε < 2/%d",
			family, eps, d, d)
	}
	p := &Polynomial{f: f, eps: eps, b: make([]float64, d), logZ: f.LogZ(eps, d),
		traceRate: 4 - 2*float64(d)*eps}
	for i := range b {
		if math.IsNaN(b[i]) || math.IsInf(b[i], 0) {
			return nil, fmt.Errorf("%s: b[%d] = %g; give a finite number", family, i, b[i])
		}
		p.b[i] = b[i] * f.width()
		p.b2 += p.b[i] * p.b[i]
	}
	p.bigB = p.b2 * (eps / (2 - float64(d)*eps))
	return p, nil
}

// Dim returns d.
func (p *Polynomial) Dim() int { return len(p.b) }

// LogDensity returns log ρ(x,t).
func (p *Polynomial) LogDensity(t float64, x []float64) float64 {
	logCosh := math.Log(math.Hypot(1, distance(x, p.f.Center)/p.f.width()))
	logPi := -(1 + 1/p.eps) * (math.Log(p.f.Floor) + 2*logCosh)
	return logPi - p.logZ + p.LogRatio(t, x)
}

// LogRatio returns log( Z ρ/π ) = log( Z u ) at x, the logarithm of the polynomial.
func (p *Polynomial) LogRatio(t float64, x []float64) float64 {
	w, tau := p.f.width(), p.f.Scale*t
	size := max(1, distance(x, p.f.Center)/w) // the squares are formed relative to size²
	dot, radius := 0.0, distance(x, p.f.Center)/w/size
	for i := range x {
		dot += p.b[i] * (minus(x, p.f.Center, i) / w / size)
	}
	mean := 1/size + math.Exp(-2*tau)*dot
	d := float64(p.Dim())
	trace := math.Exp(-p.traceRate * tau)
	spread := -p.bigB * math.Expm1(-p.traceRate*tau) / (size * size)
	spread -= p.b2 / d * trace * math.Expm1(-2*d*p.eps*tau) * radius * radius
	return 2*math.Log(size) + math.Log(mean*mean+spread) - math.Log1p(p.bigB)
}

// DeviationNorm returns ‖u−⟨u⟩‖(t), +Inf for ε ≥ 2/(d+2). The three modes are orthogonal in L²(π):
//
//	Z‖u−⟨u⟩‖² (1+B)² = 4B e^{−4τ} + |b|⁴ ( 2(d−1)/(d²(d+2)) E|y|⁴ e^{−8τ}
//	                                       + Var|y|²/d² e^{−2(4−2dε)τ} ),
//
// E_π|y|⁴ = (d+2)ε m₂/(2−(d+2)ε) and Var_π|y|² = 4dε²/((2−dε)²(2−(d+2)ε)).
func (p *Polynomial) DeviationNorm(t float64) float64 {
	tau, d, eps := p.f.Scale*t, float64(p.Dim()), p.eps
	a, c := 2-d*eps, 2-(d+2)*eps
	if !(c > 0) {
		return math.Inf(1)
	}
	fourth, varSquare := (d+2)*eps*d*eps/(a*c), 4*d*eps*eps/(a*a*c)
	chi2 := 4*p.bigB*math.Exp(-4*tau) + p.b2*p.b2/(d*d)*(2*(d-1)/(d+2)*fourth*math.Exp(-8*tau)+
		varSquare*math.Exp(-2*p.traceRate*tau))
	return math.Sqrt(chi2) / (1 + p.bigB) * math.Exp(-p.logZ/2)
}
