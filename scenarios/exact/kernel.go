package exact

import (
	"fmt"
	"math"
)

// MaxBoundStates is the largest N that the reflectionless kernels accept. The terms of K_N
// alternate in sign, and with N more digits cancel.
const MaxBoundStates = 8

// reflectionless is the heat kernel K_N of −∂θθ + N² − N(N+1) sech² θ, the Pöschl–Teller well
// without reflection:
//
//	K_N(θ,θ′;T) = e^{−N²T} e^{−y²}/√(4πT) + Σ_{m=1}^N e^{−(N²−m²)T} ψ_m(θ) ψ_m(θ′) g(m√T, y),
//	y = |θ−θ′|/(2√T),
//
// with the bound states ψ_m = c_m sech^m θ C_{N−m}^{(m+1/2)}(tanh θ), c_m = (2m−1)!! (m
// (N−m)!/(N+m)!)^{1/2}, of parity (−1)^{N−m}, and the window g of logInside. ψ_N is the ground
// state, of eigenvalue 0.
type reflectionless struct {
	n    int
	logC []float64 // log c_m at index m
}

func newReflectionless(n int) reflectionless {
	k := reflectionless{n: n, logC: make([]float64, n+1)}
	odd := 0.0 // log (2m−1)!!
	for m := 1; m <= n; m++ {
		odd += math.Log(float64(2*m - 1))
		k.logC[m] = odd + 0.5*(math.Log(float64(m))+lgamma(float64(n-m+1))-lgamma(float64(n+m+1)))
	}
	return k
}

// boundStates returns N for which ε = 2/(2N−1), least ≤ N ≤ MaxBoundStates.
func boundStates(family string, eps float64, least int) (int, error) {
	n := int(math.Round(min(1/eps, 1e6) + 0.5))
	n = min(max(n, least), MaxBoundStates)
	// a value written with 13 digits is meant
	if nearest := 2 / float64(2*n-1); math.Abs(eps/nearest-1) > 1e-12 {
		return 0, fmt.Errorf("%s: ε = %.16g has no closed form; it needs ε = 2/(2N−1) with N = "+
			"%d, …, %d, the nearest is ε = %s",
			family, eps, least, MaxBoundStates, oddFraction(2*n-1))
	}
	return n, nil
}

// oddFraction writes 2/q as a fraction and a decimal.
func oddFraction(q int) string {
	if q == 1 {
		return "2"
	}
	return fmt.Sprintf("2/%d = %.16g", q, 2/float64(q))
}

// logKernel returns log K_N(p,q;T). Beyond y = N√T every term is a multiple of e^{−N²T−y²}; that
// factor is taken out, since the terms on opposite sides of the well cancel in part and its
// rounding would not.
func (k reflectionless) logKernel(p, q point, T float64) float64 {
	root := math.Sqrt(T)
	y := math.Abs(p.theta-q.theta) / (2 * root)
	if y <= float64(k.n)*root {
		return k.sum(p, q, T, y, false)
	}
	sum := newSignedSum()
	sum.add(-0.5*math.Log(4*math.Pi*T), 1)
	for m := 1; m <= k.n; m++ {
		amplitude, sign := k.product(m, p, q)
		b := float64(m) * root
		sum.add(amplitude+2*b*y+logInsideTail(b, y), sign)
	}
	return sum.log() - float64(k.n*k.n)*T - y*y
}

// sum returns log K_N as the sum defines it or, for a deviation, log(K_N(p,q;T) − ψ_N(p) ψ_N(q)),
// the ground state subtracted term by term.
func (k reflectionless) sum(p, q point, T, y float64, deviation bool) float64 {
	sum := newSignedSum()
	sum.add(-float64(k.n*k.n)*T-y*y-0.5*math.Log(4*math.Pi*T), 1)
	for m := 1; m <= k.n; m++ {
		amplitude, sign := k.product(m, p, q)
		amplitude -= float64(k.n*k.n-m*m) * T
		b := float64(m) * math.Sqrt(T)
		if m == k.n && deviation {
			sum.add(amplitude+logOutside(b, y), -sign)
		} else {
			sum.add(amplitude+logInside(b, y), sign)
		}
	}
	return sum.log()
}

// logOddKernel returns log( e^{(2N−1)T} (K_N(p,q;T) − K_N(p,−q;T)) ) for θ, θ′ > 0, the kernel on
// odd functions, N ≥ 2; the factor makes ψ_{N−1} stationary. With deviation, 2ψ_{N−1}(p)ψ_{N−1}(q)
// is subtracted term by term.
func (k reflectionless) logOddKernel(p, q point, T float64, deviation bool) float64 {
	sum := newSignedSum()
	root := math.Sqrt(T)
	y, step := math.Abs(p.theta-q.theta)/(2*root), min(p.theta, q.theta)/root
	ground := (k.n - 1) * (k.n - 1)
	free := -float64(ground)*T - y*y - 0.5*math.Log(4*math.Pi*T)
	sum.add(free+math.Log(-math.Expm1(-p.theta*q.theta/T)), 1)
	for m := 1; m <= k.n; m++ {
		amplitude, sign := k.product(m, p, q)
		amplitude -= float64(ground-m*m) * T
		b := float64(m) * root
		switch {
		case (k.n-m)%2 == 0:
			sum.add(amplitude+logInsideDrop(b, y, step), sign)
		case m == k.n-1 && deviation:
			sum.add(amplitude+logOutside(b, y), -sign)
			sum.add(amplitude+logOutside(b, y+step), -sign)
		default:
			sum.add(amplitude+logInside(b, y), sign)
			sum.add(amplitude+logInside(b, y+step), sign)
		}
	}
	return sum.log()
}

// product returns log |ψ_m(p) ψ_m(q)| and its sign.
func (k reflectionless) product(m int, p, q point) (log, sign float64) {
	c := gegenbauer(k.n-m, float64(m)+0.5, p.tanh) * gegenbauer(k.n-m, float64(m)+0.5, q.tanh)
	if c == 0 {
		return math.Inf(-1), 0
	}
	return 2*k.logC[m] - float64(m)*(p.logCosh+q.logCosh) + math.Log(math.Abs(c)),
		math.Copysign(1, c)
}

// gegenbauer returns C_n^{(a)}(x) by j C_j = 2(j+a−1) x C_{j−1} − (j+2a−2) C_{j−2}.
func gegenbauer(n int, a, x float64) float64 {
	before, c := 0.0, 1.0
	for j := 1; j <= n; j++ {
		i := float64(j)
		before, c = c, (2*(i+a-1)*x*c-(i+2*a-2)*before)/i
	}
	return c
}

// point is a place θ with the functions of it that the kernel needs.
type point struct{ theta, tanh, logCosh float64 }

// pointAtSinh returns the point where sinh θ = x.
func pointAtSinh(x float64) point {
	cosh := math.Hypot(1, x)
	return point{theta: math.Asinh(x), tanh: x / cosh, logCosh: math.Log(cosh)}
}

// pointAtLogSinh returns the point where sinh θ = e^s, for e^s of any size.
func pointAtLogSinh(s float64) point {
	if s < 20 {
		return pointAtSinh(math.Exp(s))
	}
	correction := math.Exp(-2 * s) // asinh(e^s) = s + log 2 + e^{−2s}/4 − …
	return point{theta: s + math.Ln2 + correction/4, tanh: 1, logCosh: s + correction/2}
}

// signedSum adds numbers given by sign and logarithm, relative to the largest so far.
type signedSum struct{ top, sum float64 }

func newSignedSum() signedSum { return signedSum{top: math.Inf(-1)} }

func (s *signedSum) add(log, sign float64) {
	switch {
	case sign == 0 || math.IsInf(log, -1):
	case log > s.top:
		s.sum = s.sum*math.Exp(s.top-log) + sign
		s.top = log
	default:
		s.sum += sign * math.Exp(log-s.top)
	}
}

// log returns the logarithm of the sum, NaN if it is negative.
func (s signedSum) log() float64 { return s.top + math.Log(s.sum) }
