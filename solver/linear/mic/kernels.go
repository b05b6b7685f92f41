package mic

// The kernels on rows. Slices of one call have at least the length of the first.

// subtractProduct computes y -= c∘x.
func subtractProduct(y, c, x []float64) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] -= c[i] * x[i]
	}
}

// recurUp computes y_i += l_{i−1} y_{i−1} for i = 1, 2, …
func recurUp(y, l []float64) {
	l = l[:len(y)]
	for i := 1; i < len(y); i++ {
		y[i] += l[i-1] * y[i-1]
	}
}

// recurAndClose does recurUp on w, then q += w, and returns p·q. Four steps at a time: with z the
// recurrence's value when w_{i−1} is taken for zero, w = z + (product of l's) w_{i−1}, so that only
// one multiplication and addition in four wait for another.
func recurAndClose(w, l, q, p []float64) float64 {
	before, i := w[0], 1
	q, p = q[:len(w)], p[:len(w)]
	q[0] += before
	s0, s1, s2, s3 := q[0]*p[0], 0.0, 0.0, 0.0
	for ; i+4 <= len(w); i += 4 {
		v, c := (*[4]float64)(w[i:]), (*[4]float64)(l[i-1:])
		a, b := (*[4]float64)(q[i:]), (*[4]float64)(p[i:])
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

// recurDown computes y_i += l_i y_{i+1} for i = n−2, n−3, …, four steps at a time as recurAndClose
// does it.
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

// coupleTwice computes y = b + e∘v + c∘x + d∘z.
func coupleTwice(y, b, e, v, c, x, d, z []float64) {
	b, e, v = b[:len(y)], e[:len(y)], v[:len(y)]
	c, x, d, z = c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] = b[i] + e[i]*v[i] + (c[i]*x[i] + d[i]*z[i])
	}
}
