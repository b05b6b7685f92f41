package solver

import (
	"math"
	"testing"
)

var schemes = Schemes()

// stability returns the stages and E for dw/dt = −z w, dt = 1, w = 1.
func stability(s Scheme, z float64) (stages []float64, estimate float64) {
	r := 1 / (1 + s.Gamma*z)
	for _, row := range s.Stages {
		side := 1.0
		for k, d := range row {
			side -= d * (1 - stages[k])
		}
		stages = append(stages, r*side)
	}
	result := stages[len(stages)-1]
	for k, v := range append(append([]float64{1}, stages...), r*result) {
		estimate += s.Estimate[k] * v
	}
	return stages, estimate
}

// laguerre returns c_n = L_n^{(−1)}(y) = Σ_k binom(n−1, n−k) (−y)^k/k!.
func laguerre(n int, y float64) float64 {
	if n == 0 {
		return 1
	}
	sum, term, binomial := 0.0, 1.0, 1.0 // binom(n−1, k−1)
	for k := 1; k <= n; k++ {
		term *= -y / float64(k)
		sum += binomial * term
		binomial *= float64(n-k) / float64(k)
	}
	return sum
}

func near(t *testing.T, what string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance) {
		t.Errorf("%s = %.17g, want %.17g ± %g", what, got, want, tolerance)
	}
}

func TestSchemeIsItsLaguerreSum(t *testing.T) {
	const rounding = 1e-14 // a dozen operations on numbers of order 10
	for _, s := range schemes {
		y := 1 / s.Gamma
		for _, z := range []float64{1e-3, 0.1, 1, 7, 1e3, 1e9} {
			stages, estimate := stability(s, z)
			x := 1 - 1/(1+s.Gamma*z)
			sum := 0.0
			for n := range s.Order() + 1 {
				sum += laguerre(n, y) * math.Pow(x, float64(n))
			}
			near(t, s.Name+": R", stages[len(stages)-1], sum, rounding)
			near(t, s.Name+": R of r", s.R(z), sum, rounding)
			p := s.Order()
			power := s.Power[0]
			for j, u := range stages {
				power += s.Power[j+1] * u
			}
			near(t, s.Name+": power", power, math.Pow(x, float64(min(p, 2))), rounding)
			near(t, s.Name+": E", estimate, laguerre(p+1, y)*math.Pow(x, float64(p+1)), rounding)
			removed := 0.0
			for j, u := range stages {
				removed += s.Weights[j] * u * z
			}
			near(t, s.Name+": z Σ b U", removed, 1-sum, rounding)
		}
		atInfinity := 0.0
		for n := range s.Order() + 1 {
			atInfinity += laguerre(n, y)
		}
		near(t, s.Name+": R(∞)", atInfinity, 0, rounding)
		near(t, s.Name+": error constant", s.ErrorConstant,
			math.Abs(laguerre(s.Order()+1, y))*math.Pow(s.Gamma, float64(s.Order()+1)), rounding)
	}
}

func TestOrderConditions(t *testing.T) {
	for _, s := range schemes {
		step := func(z float64) float64 {
			stages, _ := stability(s, z)
			return stages[len(stages)-1]
		}
		corrected := func(z float64) float64 {
			_, e := stability(s, z)
			return step(z) + e
		}
		const z = 1.0 / 64 // z^{p+2} is still far above rounding
		order := func(r func(float64) float64) float64 {
			return math.Log2((r(z)-math.Exp(-z))/(r(z/2)-math.Exp(-z/2))) - 1
		}
		// O(z) from the limit
		near(t, s.Name+": order of R", order(step), float64(s.Order()), 0.1)
		// O(z) from the limit
		near(t, s.Name+": order of R + E", order(corrected), float64(s.Order()+1), 0.1)
		_, e := stability(s, z)
		// O(z)
		near(t, s.Name+": E/z^{p+1}", math.Abs(e)/math.Pow(z, float64(s.Order()+1)),
			s.ErrorConstant, 0.1*s.ErrorConstant)
	}
}

func TestStabilityFunctionIsBounded(t *testing.T) {
	for _, s := range schemes {
		for z := 1e-6; z < 1e12; z *= 1.1 {
			stages, _ := stability(s, z)
			if r := stages[len(stages)-1]; !(math.Abs(r) < 1) {
				t.Errorf("%s: |R(%g)| = %g", s.Name, z, math.Abs(r))
			}
		}
	}
}

// The rate at which a scheme lets a mode decay differs by C q^p at first, and by more with longer
// steps.
func TestRateError(t *testing.T) {
	for _, s := range schemes {
		const q = 1.0 / 128 // e^{−q} has rounding far below q^{p+1}
		p := float64(s.Order())
		e := s.RateError(q)
		near(t, s.Name+": order of the rate", math.Log2(e/s.RateError(q/2)), p, 0.02) // O(q)
		near(t, s.Name+": RateError/q^p", e/math.Pow(q, p), s.ErrorConstant, 0.01*s.ErrorConstant)
		for q := 1.0 / 64; q < 1; q += 1.0 / 64 {
			want := math.Abs(1 + math.Log(s.R(q))/q)
			near(t, s.Name+": RateError", s.RateError(q), want, 1e-14/q)
			if !(s.RateError(q) < s.RateError(q+1.0/64)) {
				t.Errorf("%s: the error of the rate falls at q = %g", s.Name, q)
			}
		}
	}
}

// Zero, Lowest and Undershoot describe R, and R² is convex up to Zero, on which package analysis
// relies.
func TestShapeOfR(t *testing.T) {
	for _, s := range schemes {
		if s.Positive() {
			continue
		}
		if r := s.R(s.Zero); !(r >= 0 && r < 1e-3) {
			t.Errorf("%s: R(Zero) = %g", s.Name, r)
		}
		least := s.Loss(1e6)
		for q := 1e6; q > 1e-3; q /= 1.001 {
			least = math.Min(least, s.Loss(q))
			if got := s.LeastLoss(q); !(got <= least && got > least-1e-3) {
				t.Errorf("%s: LeastLoss(%g) = %g, and Loss comes down to %g", s.Name, q, got, least)
			}
		}
		const h = 1e-3
		for q := h; q < s.Zero-h; q += h {
			square := func(q float64) float64 { return s.R(q) * s.R(q) }
			if !(square(q+h)+square(q-h) > 2*square(q)) {
				t.Errorf("%s: R² is concave at %g", s.Name, q)
			}
		}
	}
}
