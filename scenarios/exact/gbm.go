package exact

import (
	"cmp"
	"fmt"
	"math"

	"fpsgd/mesh"
)

// GBM is the solution for f = s|x−c|² in R^d that starts from a shell: with τ = s (age + t), the
// logarithm of the radius of a geometric Brownian motion,
//
//	log r ~ N( log r₀ + μτ, 2ετ ),    μ = (d−2)ε − 2.
//
// π = |x|^{−2−2/ε}/s^{1+1/ε} is never integrable. For d = 1 the shell is the pair ±r₀.
type GBM struct {
	release
	sourceS float64 // log r₀
}

// NewGBM returns the density of the diffusion that was uniform on the shell |x−c| = source in R^d a
// time age ago. It exists for every ε > 0 and needs f.Floor = 0.
func NewGBM(eps float64, f Quadratic, d int, source, age float64) (*GBM, error) {
	const family = "geometric Brownian motion"
	if err := cmp.Or(checkRelease(family, eps, age), checkRadius(family, source)); err != nil {
		return nil, err
	}
	if d < 1 {
		return nil, fmt.Errorf("%s: dimension %d; give 1 or more", family, d)
	}
	if f.Floor != 0 || !isPositive(f.Scale) {
		return nil, fmt.Errorf("%s: f = %g + %g|x−c|²; give floor 0 and a positive scale",
			family, f.Floor, f.Scale)
	}
	if err := f.checkCenter(family, d); err != nil {
		return nil, err
	}
	return &GBM{release{f, eps, age, d}, math.Log(source)}, nil
}

// LogDensity returns log ρ(x,t).
func (g *GBM) LogDensity(t float64, x []float64) float64 {
	return g.LogDensityS(t, math.Log(distance(x, g.f.Center)))
}

// LogDensityS returns log ρ at r = e^s, from the normal density of s.
func (g *GBM) LogDensityS(t, s float64) float64 {
	return g.logNormal(t, s) - mesh.LogSphere(g.dim) - float64(g.dim)*s
}

func (g *GBM) logNormal(t, s float64) float64 {
	tau := g.tau(t)
	mean, variance := g.sourceS+g.drift()*tau, 2*g.eps*tau
	return -(s-mean)*(s-mean)/(2*variance) - 0.5*math.Log(2*math.Pi*variance)
}

// DeviationNorm returns ‖u‖(t), as ⟨u⟩ = 0; its square is ρ/π at the source at twice the age,
//
//	e^{−μ²τ/(2ε)} (8πετ)^{−1/2} / ( |S^{d−1}| r₀^d π(r₀) ).
func (g *GBM) DeviationNorm(t float64) float64 {
	tau, mu, d := g.tau(t), g.drift(), float64(g.dim)
	logPi := -(1 + 1/g.eps) * (math.Log(g.f.Scale) + 2*g.sourceS)
	logU := -mu*mu*tau/(2*g.eps) - 0.5*math.Log(8*math.Pi*g.eps*tau) - mesh.LogSphere(g.dim) -
		d*g.sourceS - logPi
	return math.Exp(0.5 * logU)
}

// drift returns μ.
func (g *GBM) drift() float64 { return float64(g.dim-2)*g.eps - 2 }
