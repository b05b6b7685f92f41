// Package solver advances the Fokker–Planck equation in time.
//
// In the symmetric variable w_i = P_i/σ_i of package operators the equation on a grid is
//
//	dw/dt = −S w,    S symmetric positive semidefinite, Sσ = 0 where nothing is removed,
//
// and the weighted norm ‖u‖ = (Σ M_i u_i²)^{1/2} is the plain 2-norm of w (times √Z). The mass is m = ⟨w, σ⟩, the deviation from
// equilibrium w − mσ.
//
// A Propagator takes the state from one time to a later one; Run repeats it from output to output and tells the Observers.
package solver

import "math"

// Scheme is a one-step scheme with the single resolvent r = (I + γ dt S)^{-1}: w_{n+1} = R w_n, R a polynomial in r.
//
// With t = 1 − r the generating function of the Laguerre polynomials, Σ L_n^{(−1)}(y) tⁿ = exp(−y t/(1−t)), gives for y = 1/γ
//
//	e^{−dt S} = Σ_{n≥0} c_n tⁿ,    c_n = L_n^{(−1)}(1/γ):    c_0 = 1,  c_1 = −y,  c_2 = y²/2 − y,  c_3 = −y³/6 + y² − y, …
//
// where tⁿ = O(dtⁿ). The scheme of order p is the sum to n = p. It is L-stable, R(∞) = Σ_{n≤p} c_n = 0, where 1/γ is a zero of
// the Laguerre polynomial L_p. The approximation of one order more has one term more, so the error estimate is that term,
//
//	E = R̂w − Rw = c_{p+1} t^{p+1} w.
//
// As a Runge–Kutta method the scheme has p stages U_j (the last is w_{n+1}) and weights b_j: U_1 = r w,
// U_2 = r( w − (b_1/γ)(w − U_1) ), w_{n+1} = w − dt Σ b_j S U_j. The estimate needs one more power of r, had from r w_{n+1}. That
// is the first stage of the next step, and costs nothing where dt stays the same.
//
// Sources: E. Hairer, G. Wanner, Solving Ordinary Differential Equations II, §IV.6 (SDIRK methods and Laguerre polynomials).
type Scheme struct {
	Name    string
	Gamma   float64
	Weights []float64 // b_1 … b_p
	// Power are the coefficients of w_n and U_1 … U_p in t^p w.
	Power []float64
	// Estimate are the coefficients of w_n, U_1 … U_p and r w_{n+1} in E.
	Estimate []float64
	// ErrorConstant is lim E/(dt λ)^{p+1} = |c_{p+1}| γ^{p+1} on an eigenvector of eigenvalue λ, dt → 0.
	ErrorConstant float64
}

// Order is p; the local error is O(dt^{p+1}).
func (s *Scheme) Order() int { return len(s.Weights) }

// Positive reports whether R ≥ 0 entrywise for every dt. No scheme of order above 1 is (Bolley and Crouzeix 1978).
func (s *Scheme) Positive() bool { return s.Order() == 1 }

// RateError bounds the relative error of the rate at which the scheme lets a mode of eigenvalue λ decay, q = λ dt ≤ 1: SDIRK2 has
// R = e^{−q(1 + 0.0404 q² + …)}, Euler R = 1/(1+q) = e^{−q(1 − q/2 + …)}.
func (s Scheme) RateError(q float64) float64 {
	switch s.Order() {
	case 0:
		return 0
	case 1:
		return q / 2
	}
	return 0.05 * q * q
}

// Exponential is in place of a scheme where there are no steps: Lanczos. Its order is 0, and no mode's rate is changed.
func Exponential() Scheme { return Scheme{Name: "lanczos"} }

// Euler is the backward Euler scheme: γ = 1, R = r, E = −½ t² w = −½ (w_n − 2 w_{n+1} + r w_{n+1}).
func Euler() Scheme {
	return Scheme{
		Name: "euler", Gamma: 1, Weights: []float64{1},
		Power:         []float64{1, -1},
		Estimate:      []float64{-0.5, 1, -0.5},
		ErrorConstant: 0.5,
	}
}

// SDIRK2 is the stiffly accurate, L-stable scheme of order 2 of Alexander (SIAM J. Numer. Anal. 14, 1977): γ = 1 − 1/√2, 1/γ the
// larger zero 2+√2 of L_2, b = (1−γ, γ), b_1/γ = 1+√2,
//
//	R = 1 − (2+√2) t + (1+√2) t² = −√2 r + (1+√2) r²,    E = ⅔(1+√2) t³ w.
//
// With t w = w − U_1, t² w = w − √2 U_1 + (√2−1) w_{n+1} and (1+√2) t³ w = (1−r) w_{n+1} − t w + (2+√2) t² w,
//
//	E = ⅔ ( (1+√2) w_n − (1+2√2) U_1 + (1+√2) w_{n+1} − r w_{n+1} ).
func SDIRK2() Scheme {
	gamma := 1 - math.Sqrt2/2
	return Scheme{
		Name: "sdirk2", Gamma: gamma, Weights: []float64{1 - gamma, gamma},
		Power: []float64{1, -math.Sqrt2, math.Sqrt2 - 1},
		Estimate: []float64{
			2. / 3 * (1 + math.Sqrt2), -2. / 3 * (1 + 2*math.Sqrt2), 2. / 3 * (1 + math.Sqrt2), -2. / 3,
		},
		ErrorConstant: 2. / 3 * (1 + math.Sqrt2) * gamma * gamma * gamma,
	}
}
