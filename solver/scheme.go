// Package solver advances the Fokker–Planck equation in time.
//
// In the symmetric variable w_i = P_i/σ_i of package operators the equation on a grid is
//
//	dw/dt = −S w,    S symmetric positive semidefinite, Sσ = 0 where nothing is removed,
//
// and the weighted norm ‖u‖ = (Σ M_i u_i²)^{1/2} is the plain 2-norm of w (times √Z). The mass is m
// = ⟨w, σ⟩, the deviation from equilibrium w − mσ.
//
// A Propagator takes the state from one time to a later one; Run repeats it from output to output
// and tells the Observers.
package solver

import "math"

// Scheme is a one-step scheme with the single resolvent r = (I + γ dt S)^{-1}: w_{n+1} = R w_n, R a
// polynomial in r. It is nothing but its coefficients: whatever has steps takes them from here.
//
// With t = 1 − r the generating function of the Laguerre polynomials, Σ L_n^{(−1)}(y) tⁿ =
// exp(−y t/(1−t)), gives for y = 1/γ
//
//	e^{−dt S} = Σ_{n≥0} c_n tⁿ,    c_n = L_n^{(−1)}(1/γ):
//	c_0 = 1,  c_1 = −y,  c_2 = y²/2 − y,  c_3 = −y³/6 + y² − y,
//	n c_n = (2n−2−y) c_{n−1} − (n−2) c_{n−2},
//
// where tⁿ = O(dtⁿ). The scheme of order p is the sum to n = p. It is L-stable, that is
// R(∞) = Σ_{n≤p} c_n = 0, where 1/γ is a zero of the Laguerre polynomial L_p. The approximation of
// one order more has one term more, so the error estimate is that term,
//
//	E = R̂w − Rw = c_{p+1} t^{p+1} w,    ‖E‖ ≈ C (dt λ)^{p+1} ‖w‖,  C = |c_{p+1}| γ^{p+1}.
//
// As a Runge–Kutta method with the matrix a, a_jj = γ, the scheme has p stages U_j, of which the
// last is w_{n+1}. Since γ dt S U_j is the stage's right-hand side less U_j, each of these is w
// less multiples of the deviations of stages before:
//
//	U_j = r( w − Σ_{k<j} d_jk (w − U_k) ),    d_jk = (a_jk − Σ_{k<l<j} a_jl d_lk)/γ.
//
// The estimate needs one more power of r, had from r w_{n+1}. That is the first stage of the next
// step, and costs nothing where dt stays the same.
//
// Sources: R. Alexander, SIAM J. Numer. Anal. 14 (1977); E. Hairer, G. Wanner, Solving Ordinary
// Differential Equations II, §IV.6 (SDIRK methods and Laguerre polynomials).
type Scheme struct {
	Name   string
	Gamma  float64
	Stages [][]float64 // d_jk, k < j: p rows of 0, 1, … p−1 numbers
	// Weights b are the last row of a: the outflow of a step is dt Σ_j b_j Σ_i R_i u_i(U_j).
	Weights []float64
	// Resolvent are a_1 … a_p of R = Σ a_k r^k.
	Resolvent []float64
	// Power are the coefficients of w_n and U_1 … U_p in t²w, of Euler's scheme in t w.
	Power []float64
	// Estimate are the coefficients of w_n, U_1 … U_p and r w_{n+1} in E.
	Estimate []float64
	// ErrorConstant is C.
	ErrorConstant float64
	// Zero is where R vanishes (rounded down), +Inf if it does not. R < 0 beyond, and −R is at most
	// Undershoot (rounded up), which it is near Lowest.
	Zero, Lowest, Undershoot float64
}

// Schemes are all there are, by ascending order.
func Schemes() []Scheme { return []Scheme{Euler(), SDIRK2(), SDIRK3()} }

// SchemeNamed returns the scheme of a name; false if there is none.
func SchemeNamed(name string) (Scheme, bool) {
	for _, s := range Schemes() {
		if s.Name == name {
			return s, true
		}
	}
	return Scheme{}, false
}

// Order is p; the local error is O(dt^{p+1}).
func (s *Scheme) Order() int { return len(s.Weights) }

// Positive reports whether R ≥ 0 entrywise for every dt. No scheme of order above 1 is (Bolley and
// Crouzeix 1978).
func (s *Scheme) Positive() bool { return s.Order() == 1 }

// R is the stability function, by which a step multiplies a mode of eigenvalue λ, q = λ dt.
func (s *Scheme) R(q float64) float64 {
	r := 1 / (1 + s.Gamma*q)
	last := len(s.Resolvent) - 1
	sum := s.Resolvent[last]
	for k := last - 1; k >= 0; k-- {
		sum = sum*r + s.Resolvent[k]
	}
	return r * sum
}

// Loss is −log|R(q)|: what a step takes off the logarithm of a mode.
func (s *Scheme) Loss(q float64) float64 {
	if s.Positive() {
		return math.Log1p(q) // the same, without its rounding
	}
	return -math.Log(math.Abs(s.R(q)))
}

// LeastLoss is the least Loss(q') over q' ≥ q: what a step takes off all modes as fast as λ and
// faster.
func (s *Scheme) LeastLoss(q float64) float64 {
	switch {
	case q <= s.Zero:
		return math.Min(s.Loss(q), -math.Log(s.Undershoot))
	case q <= s.Lowest:
		return -math.Log(s.Undershoot)
	}
	return s.Loss(q)
}

// RateError is by how much, relative to λ, the rate differs at which the scheme lets a mode of
// eigenvalue λ decay, q = λ dt:
//
//	R = e^{−q(1+δ)},    RateError = |δ| = |−log|R(q)|/q − 1| = C q^p + O(q^{p+1}),
//
// for Euler q/2 − q²/3 + …, for SDIRK2 0.0404 q² + … and for SDIRK3 0.0259 q³ − …. It rises up to
// q = 1, so that it bounds the errors of shorter steps. Its own error is rounding, 1e-16/q.
func (s *Scheme) RateError(q float64) float64 {
	if q == 0 {
		return 0
	}
	return math.Abs(s.Loss(q)/q - 1)
}

// Euler is the backward Euler scheme: γ = 1, R = r, E = −½ t² w = −½ (w_n − 2 w_{n+1} + r w_{n+1}).
func Euler() Scheme {
	return Scheme{
		Name: "euler", Gamma: 1, Stages: [][]float64{{}}, Weights: []float64{1},
		Resolvent:     []float64{1},
		Power:         []float64{1, -1},
		Estimate:      []float64{-0.5, 1, -0.5},
		ErrorConstant: 0.5,
		Zero:          math.Inf(1), Lowest: math.Inf(1),
	}
}

// SDIRK2 is the stiffly accurate, L-stable scheme of order 2 of Alexander (1977): γ = 1 − 1/√2, 1/γ
// the larger zero 2+√2 of L_2, b = (1−γ, γ), d_21 = b_1/γ = 1+√2,
//
//	R = 1 − (2+√2) t + (1+√2) t² = −√2 r + (1+√2) r²,    E = ⅔(1+√2) t³ w.
//
// With t w = w − U_1, t² w = w − √2 U_1 + (√2−1) w_{n+1} and
// (1+√2) t³ w = (1−r) w_{n+1} − t w + (2+√2) t² w,
//
//	E = ⅔ ( (1+√2) w_n − (1+2√2) U_1 + (1+√2) w_{n+1} − r w_{n+1} ).
func SDIRK2() Scheme {
	gamma := 1 - math.Sqrt2/2
	return Scheme{
		Name: "sdirk2", Gamma: gamma,
		Stages:    [][]float64{{}, {(1 - gamma) / gamma}},
		Weights:   []float64{1 - gamma, gamma},
		Resolvent: []float64{-math.Sqrt2, 1 + math.Sqrt2},
		Power:     []float64{1, -math.Sqrt2, math.Sqrt2 - 1},
		Estimate: []float64{
			2. / 3 * (1 + math.Sqrt2), -2. / 3 * (1 + 2*math.Sqrt2),
			2. / 3 * (1 + math.Sqrt2), -2. / 3,
		},
		ErrorConstant: 2. / 3 * (1 + math.Sqrt2) * gamma * gamma * gamma,
		Zero:          2.414, Lowest: 8.25, Undershoot: 0.2072,
	}
}

// SDIRK3 is the stiffly accurate, L-stable scheme of order 3 of Alexander (1977): 1/γ = 2.2942… is
// the middle zero of L_3, γ³ − 3γ² + 3γ/2 − 1/6 = 0, and
//
//	a = ( γ                    )
//	    ( (1−γ)/2   γ          )    b_1 = −(6γ²−16γ+1)/4,  b_2 = (6γ²−20γ+5)/4,
//	    ( b_1       b_2      γ )
//
//	R = 1 + c_1 t + c_2 t² + c_3 t³ = (2 − y − c_3) r + (y − 1 + 2c_3) r² − c_3 r³,
//	E = c_4 t⁴ w,  C = 0.0259,  y = 1/γ.
//
// With d = d_21 and s = (1+d)/d,
//
//	t² w = w − s U_1 + U_2/d,
//	t³ w = (w_{n+1} − w − c_1 t w − c_2 t² w)/c_3,
//	t⁴ w = (w_{n+1} − r w_{n+1} − t w − c_1 t² w − c_2 t³ w)/c_3.
func SDIRK3() Scheme {
	const (
		g   = 0.435866521508458999416019451193556842529
		y   = 1 / g
		c1  = -y
		c2  = y*y/2 - y
		c3  = -y*y*y/6 + y*y - y
		c4  = ((6-y)*c3 - 2*c2) / 4
		b1  = -(6*g*g - 16*g + 1) / 4
		b2  = (6*g*g - 20*g + 5) / 4
		d21 = (1 - g) / (2 * g)
		d32 = b2 / g
		d31 = b1/g - d32*d21
		s   = (1 + d21) / d21
		e   = c4 / c3
	)
	return Scheme{
		Name: "sdirk3", Gamma: g,
		Stages:    [][]float64{{}, {d21}, {d31, d32}},
		Weights:   []float64{b1, b2, g},
		Resolvent: []float64{2 - y - c3, y - 1 + 2*c3, -c3},
		Power:     []float64{1, -s, 1 / d21, 0},
		Estimate: []float64{
			c4, e * (1 + s*c1 - (c1+s*c2)*c2/c3), e * (c2*c2/c3 - c1) / d21,
			e * (1 - c2/c3), -e,
		},
		ErrorConstant: c4 * g * g * g * g,
		Zero:          2.798, Lowest: 8.335, Undershoot: 0.1302,
	}
}
