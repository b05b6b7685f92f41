package exact

import (
	"fmt"
	"math"
	"slices"

	"gonum.org/v1/gonum/integrate/quad"
)

// Quadratic is the landscape f = Floor + Scale |x − Center|², Floor ≥ 0, Scale > 0; a nil Center is
// the origin.
//
// With x = c + w y, w = sqrt(Floor/Scale), it is Floor (1 + |y|²), and the equation for f becomes
// the equation for 1 + |y|² in the time Scale·t: f^{−1/ε} f^{1+1/ε} carries one factor Floor and
// ∇_x∇_x carries Scale/Floor. Hence
//
//	rates and Λ     Scale times those of 1 + |y|²
//	densities       w^{−d} times
//	Z               Floor^{−1−1/ε} w^d times
//	‖u−⟨u⟩‖²        (Floor^{−1−1/ε} w^d)^{−1} times, so that chi² = Z ‖u−⟨u⟩‖² is unchanged.
type Quadratic struct {
	Floor, Scale float64
	Center       []float64
}

// LogZ returns log ∫ f^{−1−1/ε} over R^d, +Inf where π is not integrable (Floor = 0, or
// 2(1+1/ε) ≤ d).
func (f Quadratic) LogZ(eps float64, d int) float64 {
	if f.Floor == 0 {
		return math.Inf(1)
	}
	return logStudentZ(eps, d) + f.logUnitZ(eps, d)
}

// logUnitZ returns log( Floor^{−1−1/ε} w^d ).
func (f Quadratic) logUnitZ(eps float64, d int) float64 {
	return float64(d)*math.Log(f.width()) - (1+1/eps)*math.Log(f.Floor)
}

// Gap returns the Poincaré–Hardy constant over the given angular modes about the center, as
// PoincareHardy does. For Floor = 0 the equation is ∂t u = ε Scale (∂ss − 2a ∂s + Δ_S) u in s = log
// r, a = 1/ε + 1 − d/2: all spectrum is essential, from Scale (a² + l(l+d−2)).
func (f Quadratic) Gap(eps float64, d int, modes ...int) (Gap, error) {
	if f.Floor > 0 {
		g, err := PoincareHardy(eps, d, modes...)
		g.Lambda *= f.Scale
		return g, err
	}
	if err := checkModes(eps, d, modes); err != nil {
		return Gap{}, err
	}
	l := 0
	if len(modes) > 0 {
		l = slices.Min(modes)
	}
	g := Gap{Lambda: f.Scale * ModeEdge(eps, d, l), Kind: Hardy, L: l}
	if g.Lambda == 0 {
		g.Kind = None
	}
	return g, nil
}

// HomogeneousLogZ returns log ∫ e^{−f/ε} = (d/2) log(πε/Scale) − Floor/ε.
func (f Quadratic) HomogeneousLogZ(eps float64, d int) float64 {
	return float64(d)/2*math.Log(math.Pi*eps/f.Scale) - f.Floor/eps
}

// HomogeneousGap returns the constant under homogeneous noise, over the given angular modes or all
// functions. The eigenvalues are rates 2 Scale (l + 2k), attained by Hermite polynomials; Λ is the
// rate over ε.
func (f Quadratic) HomogeneousGap(eps float64, d int, modes ...int) (Gap, error) {
	if err := checkModes(eps, d, modes); err != nil {
		return Gap{}, err
	}
	if len(modes) == 0 {
		modes = []int{1}
	}
	best := Gap{Lambda: math.Inf(1)}
	for _, l := range modes {
		n := l // the degree
		if l == 0 {
			n = 2
		}
		if lambda := 2 * f.Scale * float64(n) / eps; lambda < best.Lambda {
			best = Gap{lambda, Attained, l, (n - l) / 2}
		}
	}
	return best, nil
}

// width returns w = sqrt(Floor/Scale).
func (f Quadratic) width() float64 { return math.Sqrt(f.Floor / f.Scale) }

// check checks the landscape for a family in R^d that needs floor > 0.
func (f Quadratic) check(family string, d int) error {
	if !isPositive(f.Floor) || !isPositive(f.Scale) {
		return fmt.Errorf("%s: f = %g + %g|x−c|²; give a positive floor and a positive scale",
			family, f.Floor, f.Scale)
	}
	return f.checkCenter(family, d)
}

func (f Quadratic) checkCenter(family string, d int) error {
	if f.Center != nil && len(f.Center) != d {
		return fmt.Errorf("%s: the center has %d components in dimension %d; give %d",
			family, len(f.Center), d, d)
	}
	return nil
}

// MassOutside returns the share of π outside of a domain of R^d, NaN where π is not integrable.
// Under noise that vanishes with f, π = f^{−p}, p = 1 + 1/ε, is a mixture of Gaussians,
//
//	f^{−p} = Γ(p)^{−1} ∫ λ^{p−1} e^{−λf} dλ,    so that    λ ~ Gamma(p − d/2) with rate Floor,
//
// and the share is the mean over λ of outside(λ Scale), that of a Gaussian e^{−λ Scale |x−c|²}. No
// difference of large numbers is formed: small shares keep their relative accuracy, to 1e-12. The
// domain reaches out to reach from the centre at most.
func (f Quadratic) MassOutside(eps float64, d int, reach float64,
	outside func(precision float64) float64) float64 {
	shape := 1 + 1/eps - float64(d)/2
	if f.Floor == 0 || shape <= 0 {
		return math.NaN()
	}
	logGamma, _ := math.Lgamma(shape)
	scale := f.Scale / f.Floor
	density := func(s float64) float64 { // of s = log(λ Floor)
		exponent := shape*s - math.Exp(s) - logGamma
		if exponent < -745 {
			return 0
		}
		return math.Exp(exponent) * outside(math.Exp(s)*scale)
	}
	logReach := math.Log(min(max(reach, 1e-150), 1e150))
	// below it all of the Gaussian lies outside, to 1e-16 on a line
	low := min(0, -2*logReach-math.Log(scale)) - 80
	high := math.Log(shape + 40*math.Sqrt(shape) + 800)
	below := math.Exp(shape*low - logGamma - math.Log(shape)) // ∫_{−∞}^low e^{shape s} ds/Γ
	return below + panels(density, low, high, min(0.5, 1/math.Sqrt(shape)))
}

// panels integrates a smooth function over [a, b] by 16 Gauss points on panels of about the given
// width.
func panels(f func(float64) float64, a, b, width float64) float64 {
	n := int(math.Ceil((b - a) / width))
	sum := 0.0
	for i := range n {
		lo, hi := a+(b-a)*float64(i)/float64(n), a+(b-a)*float64(i+1)/float64(n)
		sum += quad.Fixed(f, lo, hi, 16, quad.Legendre{}, 1)
	}
	return sum
}
