// Package elementary evaluates exp, log, cos and sin over blocks of numbers, in half the time of a
// call of package math for each.
//
// All reduce the argument to a small neighbourhood of one of 128 tabulated points, where a few
// terms of a Taylor series suffice: P. T. P. Tang, Table-driven implementation of the exponential
// function in IEEE floating-point arithmetic, ACM Trans. Math. Softw. 15 (1989), and of the
// logarithm function, 16 (1990). Special cases are left to package math.
package elementary

import "math"

// points is the number of tabulated points to a factor of 2 of e^x, or of the argument of log.
const points = 128

// ln 2 in two parts, of which the first has so few bits that its products with whole numbers up to
// 2^17 are exact.
const (
	ln2Head = 0x1.62e42fefap-1
	ln2Tail = 0x1.cf79abc9e3b39p-40
)

var (
	power      [points]float64     // 2^{j/128}
	reciprocal [points + 1]float64 // 128/(128 + j)
	logarithm  [points + 1]float64 // −log reciprocal
	circle     [points][2]float64  // cos and sin of 2πj/128
)

func init() {
	for j := range points {
		power[j] = math.Exp2(float64(j) / points)
		circle[j] = pointOfCircle(j)
	}
	for j := range reciprocal {
		reciprocal[j] = points / float64(points+j)
		logarithm[j] = -math.Log(reciprocal[j])
	}
}

// rounder, added to a number below 2^51, leaves the nearest whole number in its last bits.
const rounder = 0x1.8p52

// Exp stores e^{a x_i + b}, with a relative error of at most 2^{-51} for the rounded exponent. dst
// may be x.
func Exp(dst, x []float64, a, b float64) {
	dst = dst[:len(x)]
	for i, v := range x {
		v = a*v + b
		if !(math.Abs(v) < 708) { // beyond, e^v or its neighbours are not normal numbers
			dst[i] = math.Exp(v)
			continue
		}
		// v = (128 n + j) (ln 2)/128 + r, |r| ≤ (ln 2)/256
		k := v*(points/math.Ln2) + rounder
		whole := math.Float64bits(k)
		k -= rounder
		r := v - k*(ln2Head/points) - k*(ln2Tail/points)
		r2 := r * r
		expm1 := (r + r2*(0.5+r*(1.0/6))) + r2*r2*(1.0/24+r*(1.0/120))
		p := power[whole&(points-1)]
		p += p * expm1
		dst[i] = math.Float64frombits(math.Float64bits(p) + whole>>7<<52)
	}
}

// Log stores log x_i with an absolute error of at most 2^{-52} (1 + |log x_i|). dst may be x.
func Log(dst, x []float64) {
	const mantissa = 1<<52 - 1
	dst = dst[:len(x)]
	for i, v := range x {
		bits := math.Float64bits(v)
		exponent := bits>>52 - 1 // with the sign: 0 to 2045 for positive normal numbers alone
		if exponent > 2045 {
			dst[i] = math.Log(v)
			continue
		}
		// v = 2^n z, z = (1 + j/128)(1 + r), |r| ≤ 1/256
		n := float64(int(exponent) - 1022)
		z := math.Float64frombits(bits&mantissa | 1023<<52)
		j := (bits>>44&0xff + 1) >> 1
		r := z*reciprocal[j] - 1
		r2 := r * r
		log1p := r - r2*((0.5-r*(1.0/3))+r2*((1.0/4-r*(1.0/5))+r2*(1.0/6)))
		dst[i] = n*ln2Head + (logarithm[j] + (log1p + n*ln2Tail))
	}
}

// Turn stores cos 2πt_i and sin 2πt_i with absolute errors of at most 2^{-52}, for |t_i| < 2^40.
// cos or sin may be t.
func Turn(cos, sin, t []float64) {
	cos, sin = cos[:len(t)], sin[:len(t)]
	for i, v := range t {
		// t = (j/128 + whole turns) + r/2π, |r| ≤ π/128
		k := v*points + rounder
		p := &circle[math.Float64bits(k)&(points-1)]
		r := (v - (k-rounder)*(1.0/points)) * (2 * math.Pi)
		r2 := r * r
		s := r - r*r2*((1.0/6)-r2*((1.0/120)-r2*(1.0/5040)))
		versine := r2 * (0.5 - r2*((1.0/24)-r2*(1.0/720))) // 1 − cos r
		cos[i] = p[0] - (p[0]*versine + p[1]*s)
		sin[i] = p[1] - (p[1]*versine - p[0]*s)
	}
}

// pointOfCircle is (cos, sin) of 2πj/128, from an angle of at most π/4 so that symmetric ones are.
func pointOfCircle(j int) [2]float64 {
	const quarter = points / 4
	switch {
	case j >= quarter: // a quarter turn after another
		p := pointOfCircle(j - quarter)
		return [2]float64{-p[1], p[0]}
	case 2*j > quarter: // reflected
		p := pointOfCircle(quarter - j)
		return [2]float64{p[1], p[0]}
	}
	sin, cos := math.Sincos(2 * math.Pi * float64(j) / points)
	return [2]float64{cos, sin}
}

// LogAdd returns log(e^a + e^b).
func LogAdd(a, b float64) float64 {
	if a < b {
		a, b = b, a
	}
	if math.IsInf(b, -1) {
		return a
	}
	return a + math.Log1p(math.Exp(b-a))
}

// LogAdds stores log(e^{a_i} + e^{b_i}) with an absolute error of at most 2^{-51} (1 + |a_i|), a_i
// being the greater one. dst may be neither a nor b.
func LogAdds(dst, a, b []float64) {
	dst, b = dst[:len(a)], b[:len(a)]
	for i, v := range a {
		dst[i] = 0
		if v != b[i] { // as two that are −Inf
			dst[i] = -math.Abs(v - b[i])
		}
	}
	Exp(dst, dst, 1, 0)
	for i, v := range dst {
		dst[i] = 1 + v
	}
	Log(dst, dst)
	for i, v := range a {
		dst[i] += max(v, b[i])
	}
}
