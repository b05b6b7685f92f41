package exact

import (
	"fmt"
	"math"
)

// Kind says how the infimum Λ is reached.
type Kind string

const (
	Attained Kind = "attained" // by an eigenfunction, of degree l + 2k
	Edge     Kind = "edge"     // the bottom of the essential spectrum, not attained
	Hardy    Kind = "hardy"    // π is not integrable: no mean is subtracted, and mass escapes
	None     Kind = "none"     // Λ = 0: no spectral gap
)

// Gap is the Poincaré–Hardy constant
//
//	Lambda = inf ∫|∇u|² e^κ/ε / ∫|u−⟨u⟩|² π,
//
// so that ‖u−⟨u⟩‖(t) ≤ e^{−εΛt} ‖u−⟨u⟩‖(0). For Attained the minimiser is r^l times a polynomial of
// degree k in r², times a spherical harmonic of degree L = l.
type Gap struct {
	Lambda float64
	Kind   Kind
	L, K   int
}

// Rate returns εΛ, the spectral gap of the equation.
func (g Gap) Rate(eps float64) float64 { return eps * g.Lambda }

// criticalDegree returns a = 1/ε + 1 − d/2: for f = 1 + |x|² the monomial r^n is in L²(π) iff
// n < a. The edge of the essential spectrum is a². Where 2/ε is an integer to rounding it is taken
// as that integer, since every threshold is at such an ε.
func criticalDegree(eps float64, d int) float64 {
	q := 2 / eps
	if n := math.Round(q); math.Abs(q-n) <= 4e-16*q {
		q = n
	}
	return (q + float64(2-d)) / 2
}

// Integrable reports whether π = f^{−1−1/ε} is integrable at infinity in R^d for f growing like
// |x|²: 2(1 + 1/ε) > d.
func Integrable(eps float64, d int) bool { return criticalDegree(eps, d) > 0 }

// Ladder returns the eigenvalues of the mode l for f = 1 + |x|², ε and d: with α = −1/ε and
// n = l + 2k,
//
//	λ_{l,k} = −2αn − 4k(k + l + d/2 − 1) = a² − (a−n)² + l(l+d−2),    0 ≤ n < a = 1 − α − d/2,
//
// ascending in k; λ_{0,0} = 0 is the constant. It is empty where the mode has only essential
// spectrum, from ModeEdge on.
func Ladder(eps float64, d, l int) []float64 {
	a := criticalDegree(eps, d)
	var lambda []float64
	for n := l; float64(n) < a; n += 2 {
		lambda = append(lambda, eigenvalue(a, d, l, n))
	}
	return lambda
}

// eigenvalue returns λ_{l,(n−l)/2} = n(2a − n) + l(l+d−2).
func eigenvalue(a float64, d, l, n int) float64 {
	return float64(n)*(2*a-float64(n)) + float64(l*(l+d-2))
}

// ModeEdge returns the bottom of the essential spectrum of the mode l for f = 1 + |x|²:
// (1/ε + 1 − d/2)² + l(l+d−2).
func ModeEdge(eps float64, d, l int) float64 {
	a := criticalDegree(eps, d)
	return a*a + float64(l*(l+d-2))
}

// PoincareHardy returns the constant Λ for f = 1 + |x|² in R^d, over the functions u(r)Y_l whose l
// is among modes; with no modes given, over all functions. Coordinates that contain every function
// (cartesian, polar, spherical) or every zonal one (cylindrical) have the constant of all
// functions; radial coordinates contain the mode 0 alone. Constants are excluded where π is
// integrable. Where an eigenvalue of one mode is the edge of another, as for d = 2 and ε = ½
// (u = x, and the edge 4 of l = 0), the constant is attained.
//
// An error says that d < 1, ε ≤ 0, or that a mode does not exist (l < 0; l > 1 for d = 1, where l
// is the parity).
func PoincareHardy(eps float64, d int, modes ...int) (Gap, error) {
	if err := checkModes(eps, d, modes); err != nil {
		return Gap{}, err
	}
	if len(modes) == 0 {
		modes = []int{0, 1} // the infimum of a mode increases with l ≥ 1
	}
	best := modeGap(eps, d, modes[0])
	for _, l := range modes[1:] {
		g := modeGap(eps, d, l)
		attained := g.Lambda == best.Lambda && best.Kind == Edge && g.Kind == Attained
		if g.Lambda < best.Lambda || attained {
			best = g
		}
	}
	return best, nil
}

// modeGap returns the infimum over the mode l. λ_{l,k} increases with k, so it is the lowest
// admissible eigenvalue other than that of the constant, or the edge.
func modeGap(eps float64, d, l int) Gap {
	a := criticalDegree(eps, d)
	n := l
	if l == 0 {
		n = 2
	}
	edge := ModeEdge(eps, d, l)
	switch {
	case float64(n) < a:
		return Gap{Lambda: eigenvalue(a, d, l, n), Kind: Attained, L: l, K: (n - l) / 2}
	case edge == 0:
		return Gap{Kind: None}
	case a < 0 && l == 0:
		return Gap{Lambda: edge, Kind: Hardy}
	default:
		return Gap{Lambda: edge, Kind: Edge, L: l}
	}
}

func checkModes(eps float64, d int, modes []int) error {
	if !(eps > 0) || d < 1 {
		return fmt.Errorf("Poincaré–Hardy constant: ε = %g, d = %d; give ε > 0 and d ≥ 1", eps, d)
	}
	for _, l := range modes {
		if l < 0 || d == 1 && l > 1 {
			return fmt.Errorf("Poincaré–Hardy constant: no angular mode l = %d in dimension %d; "+
				"give l ≥ 0 (d = 1: 0 even, 1 odd)", l, d)
		}
	}
	return nil
}

// TruncatedGap returns Λ on |x| ≤ R with closed ends for f = 1 + x², d = 1, ε = 2:
//
//	Λ_R = 1 + (π / (2 asinh R))²,
//
// attained by an odd function. With R = S it is also the radial constant of the log-singular
// minimum in R³ on |log r| ≤ S.
func TruncatedGap(r float64) float64 {
	q := math.Pi / (2 * math.Asinh(r))
	return 1 + q*q
}

// logStudentZ returns log ∫_{R^d} (1+|x|²)^{−p} dx = log( π^{d/2} Γ(p−d/2)/Γ(p) ), +Inf for 2p ≤ d.
func logStudentZ(eps float64, d int) float64 {
	excess := criticalDegree(eps, d) // p − d/2
	if excess <= 0 {
		return math.Inf(1)
	}
	h := float64(d) / 2
	return h*math.Log(math.Pi) + logGammaRatio(excess, h)
}

// logGammaRatio returns log( Γ(x)/Γ(x+h) ), x > 0, h > 0 a multiple of 1/2. Two lgamma at large x
// would lose x log x units of rounding, so the integer part of h is a product, and half a step is
// the asymptotic series
//
//	log( Γ(x+½)/Γ(x) ) = ½ log x − 1/(8x) + 1/(192x³) − 1/(640x⁵) + 17/(14336x⁷)
//	                     − 31/(18432x⁹) + O(x^{−11}).
func logGammaRatio(x, h float64) float64 {
	const asymptotic = 16 // the first term left out is below 3e-16 from here on
	sum := 0.0
	for ; h >= 1; h-- {
		sum -= math.Log(x)
		x++
	}
	if h == 0 {
		return sum
	}
	if x < asymptotic {
		return sum + lgamma(x) - lgamma(x+0.5)
	}
	q := 1 / (x * x)
	series := -1.0/8 + q*(1.0/192+q*(-1.0/640+q*(17.0/14336-q*31.0/18432)))
	return sum - 0.5*math.Log(x) - series/x
}

func lgamma(x float64) float64 {
	v, _ := math.Lgamma(x)
	return v
}
