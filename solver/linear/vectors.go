package linear

import "math"

// The kernels on vectors. Slices of one call have the length of the first.

// addProduct computes y += c∘x.
func addProduct[F float](y, c, x []F) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] += c[i] * x[i]
	}
}

// subtractProduct computes y -= c∘x.
func subtractProduct(y, c, x []float64) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] -= c[i] * x[i]
	}
}

// addMultiple computes y += f x over the length of x.
func addMultiple[F float](y []F, f F, x []F) {
	y = y[:len(x)]
	for len(x) >= 4 && len(y) >= 4 {
		v, w := (*[4]F)(y), (*[4]F)(x)
		v[0] += f * w[0]
		v[1] += f * w[1]
		v[2] += f * w[2]
		v[3] += f * w[3]
		x, y = x[4:], y[4:]
	}
	for i, v := range x {
		y[i] += f * v
	}
}

// add computes y += x.
func add[F float](y, x []F) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}

// multiply computes y = c∘y.
func multiply[F float](y, c []F) {
	c = c[:len(y)]
	for i := range y {
		y[i] *= c[i]
	}
}

// lessMultiple computes y = x − c z.
func lessMultiple(y, x []float64, c float64, z []float64) {
	x, z = x[:len(y)], z[:len(y)]
	for i := range y {
		y[i] = x[i] - c*z[i]
	}
}

// combine computes p = z + β p.
func combine(p, z []float64, beta float64) {
	z = z[:len(p)]
	for i, v := range p {
		p[i] = z[i] + beta*v
	}
}

// turnDown computes x += α p and then p = z + β p, from last to first.
func turnDown(x, p, z []float64, alpha, beta float64) {
	p, z = p[:len(x)], z[:len(x)]
	for i := len(x) - 1; i >= 0; i-- {
		v := p[i]
		x[i] += alpha * v
		p[i] = z[i] + beta*v
	}
}

// descend computes r −= α q and returns r·r.
func descend(r, q []float64, alpha float64) float64 {
	var even, odd float64
	q = q[:len(r)]
	n := len(r) &^ 1
	for i := 0; i < n; i += 2 {
		a, b := r[i]-alpha*q[i], r[i+1]-alpha*q[i+1]
		r[i], r[i+1] = a, b
		even += a * a
		odd += b * b
	}
	for i := n; i < len(r); i++ {
		r[i] -= alpha * q[i]
		even += r[i] * r[i]
	}
	return even + odd
}

// dot is Σ x_i y_i, in four interleaved strands, which hides the latency of the addition.
func dot[F float](x, y []F) F {
	var s0, s1, s2, s3 F
	y = y[:len(x)]
	for len(x) >= 4 && len(y) >= 4 {
		v, w := (*[4]F)(x), (*[4]F)(y)
		s0 += v[0] * w[0]
		s1 += v[1] * w[1]
		s2 += v[2] * w[2]
		s3 += v[3] * w[3]
		x, y = x[4:], y[4:]
	}
	for i := range x {
		s0 += x[i] * y[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// weightedSquares is Σ w_i x_i².
func weightedSquares(x, w []float64) float64 {
	var even, odd float64
	w = w[:len(x)]
	n := len(x) &^ 1
	for i := 0; i < n; i += 2 {
		even += x[i] * x[i] * w[i]
		odd += x[i+1] * x[i+1] * w[i+1]
	}
	for i := n; i < len(x); i++ {
		even += x[i] * x[i] * w[i]
	}
	return even + odd
}

// dotCompensated is Σ x_i y_i as if in twice the working precision, in two parts: the products by FMA and the sums by Knuth's TwoSum
// are split without error (Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 2005, algorithm Dot2).
func dotCompensated(x, y []float64) (sum, low float64) {
	y = y[:len(x)]
	for i, v := range x {
		p := v * y[i]
		s, e := twoSum(sum, p)
		sum, low = s, low+(e+math.FMA(v, y[i], -p))
	}
	return sum, low
}

// twoSum splits a + b into its rounded value and the error of that.
func twoSum(a, b float64) (sum, low float64) {
	sum = a + b
	t := sum - a
	return sum, (a - (sum - t)) + (b - t)
}

// recurUp computes y_i += l_{i−1} y_{i−1} for i = 1, 2, …
func recurUp(y, l []float64) {
	l = l[:len(y)]
	for i := 1; i < len(y); i++ {
		y[i] += l[i-1] * y[i-1]
	}
}

// recurAndClose does recurUp on w, then q += w, and returns p·q. Four steps at a time: with z the recurrence's value when w_{i−1} is
// taken for zero, w = z + (product of l's) w_{i−1}, so that only one multiplication and addition in four wait for another.
func recurAndClose(w, l, q, p []float64) float64 {
	before, i := w[0], 1
	q, p = q[:len(w)], p[:len(w)]
	q[0] += before
	s0, s1, s2, s3 := q[0]*p[0], 0.0, 0.0, 0.0
	for ; i+4 <= len(w); i += 4 {
		v, c, a, b := (*[4]float64)(w[i:]), (*[4]float64)(l[i-1:]), (*[4]float64)(q[i:]), (*[4]float64)(p[i:])
		l0, l1, l2, l3 := c[0], c[1], c[2], c[3]
		z1 := v[1] + l1*v[0]
		z2 := v[2] + l2*z1
		z3 := v[3] + l3*z2
		l1 *= l0
		l2 *= l1
		w0, w1, w2 := v[0]+l0*before, z1+l1*before, z2+l2*before
		before = z3 + l3*l2*before
		v[0], v[1], v[2], v[3] = w0, w1, w2, before
		w0, w1, w2, w3 := a[0]+w0, a[1]+w1, a[2]+w2, a[3]+before
		a[0], a[1], a[2], a[3] = w0, w1, w2, w3
		s0 += w0 * b[0]
		s1 += w1 * b[1]
		s2 += w2 * b[2]
		s3 += w3 * b[3]
	}
	for ; i < len(w); i++ {
		w[i] += l[i-1] * w[i-1]
		q[i] += w[i]
		s0 += q[i] * p[i]
	}
	return (s0 + s1) + (s2 + s3)
}

// recurDown computes y_i += l_i y_{i+1} for i = n−2, n−3, …, four steps at a time as recurAndClose does it.
func recurDown(y, l []float64) {
	i := len(y) - 1
	before := y[i]
	for ; i >= 4; i -= 4 {
		v, c := (*[4]float64)(y[i-4:]), (*[4]float64)(l[i-4:])
		l0, l1, l2, l3 := c[3], c[2], c[1], c[0]
		z1 := v[2] + l1*v[3]
		z2 := v[1] + l2*z1
		z3 := v[0] + l3*z2
		l1 *= l0
		l2 *= l1
		v[3] += l0 * before
		v[2] = z1 + l1*before
		v[1] = z2 + l2*before
		before = z3 + l3*l2*before
		v[0] = before
	}
	for i--; i >= 0; i-- {
		y[i] += l[i] * y[i+1]
	}
}

// coupleAndRecurDown computes y = b + c∘x + d∘z and does recurDown on it.
func coupleAndRecurDown(y, b, c, x, d, z, l []float64) {
	b, c, x, d, z, l = b[:len(y)], c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)], l[:len(y)]
	i := len(y) - 1
	before := b[i] + (c[i]*x[i] + d[i]*z[i])
	y[i] = before
	for ; i >= 4; i -= 4 {
		z0 := b[i-1] + (c[i-1]*x[i-1] + d[i-1]*z[i-1])
		z1 := b[i-2] + (c[i-2]*x[i-2] + d[i-2]*z[i-2])
		z2 := b[i-3] + (c[i-3]*x[i-3] + d[i-3]*z[i-3])
		z3 := b[i-4] + (c[i-4]*x[i-4] + d[i-4]*z[i-4])
		l0, l1, l2, l3 := l[i-1], l[i-2], l[i-3], l[i-4]
		z1 += l1 * z0
		z2 += l2 * z1
		z3 += l3 * z2
		l1 *= l0
		l2 *= l1
		y[i-1] = z0 + l0*before
		y[i-2] = z1 + l1*before
		y[i-3] = z2 + l2*before
		before = z3 + l3*l2*before
		y[i-4] = before
	}
	for i--; i >= 0; i-- {
		y[i] = b[i] + (c[i]*x[i] + d[i]*z[i]) + l[i]*y[i+1]
	}
}
