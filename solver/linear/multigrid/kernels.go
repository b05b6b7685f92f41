package multigrid

import "fpsgd/solver/linear/vectors"

// The kernels of the multigrid levels. Slices of one call have at least the length of the first,
// and may be stretches of one array: entries are computed in order, from first to last, or from
// last to first where the name says so.

// backward computes y += l∘x from last to first, x being y some places on.
func backward[F vectors.Float](y, l, x []F) {
	l, x = l[:len(y)], x[:len(y)]
	for i := len(y) - 1; i >= 0; i-- {
		y[i] += l[i] * x[i]
	}
}

// couple computes y = b + c∘x + d∘z.
func couple[F vectors.Float](y, b, c, x, d, z []F) {
	b, c, x, d, z = b[:len(y)], c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] = b[i] + c[i]*x[i] + d[i]*z[i]
	}
}

// coupleForward computes y = b + c∘x + d∘z + l∘w, w being y some places back.
func coupleForward[F vectors.Float](y, b, c, x, d, z, l, w []F) {
	b, c, x, d = b[:len(y)], c[:len(y)], x[:len(y)], d[:len(y)]
	z, l, w = z[:len(y)], l[:len(y)], w[:len(y)]
	for i := range y {
		y[i] = b[i] + c[i]*x[i] + d[i]*z[i] + l[i]*w[i]
	}
}

// couplings computes y = c∘x + d∘z.
func couplings[F vectors.Float](y, c, x, d, z []F) {
	c, x, d, z = c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] = c[i]*x[i] + d[i]*z[i]
	}
}

// addCouplings computes y += c∘x + d∘z.
func addCouplings[F vectors.Float](y, c, x, d, z []F) {
	c, x, d, z = c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] += c[i]*x[i] + d[i]*z[i]
	}
}

// subtractCouplings computes y −= c∘x + d∘z.
func subtractCouplings[F vectors.Float](y, c, x, d, z []F) {
	c, x, d, z = c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] -= c[i]*x[i] + d[i]*z[i]
	}
}

// factored computes q = (I−ℓ)(I−ℓᵀ) p on lines: (1+ℓ²) p − ℓ p_above − ℓ_below p_below.
func factored[F vectors.Float](q, p, above, below, l, lBelow []F) {
	p, above, below = p[:len(q)], above[:len(q)], below[:len(q)]
	l, lBelow = l[:len(q)], lBelow[:len(q)]
	for i := range q {
		q[i] = p[i] + l[i]*(l[i]*p[i]-above[i]) - lBelow[i]*below[i]
	}
}

// scaledSquares is Σ r²/(1+ℓ²).
func scaledSquares(r, l []float64) float64 {
	l = l[:len(r)]
	var sum float64
	for i, v := range r {
		sum += v * v / (1 + l[i]*l[i])
	}
	return sum
}

// gatherScaled computes dst_j = s_j x_{j·stride}.
func gatherScaled[F vectors.Float](dst []F, x []float64, stride int, s []float64) {
	s = s[:len(dst)]
	if stride == 1 {
		x = x[:len(dst)]
		for j, v := range s {
			dst[j] = F(v * x[j])
		}
		return
	}
	for j, v := range s {
		dst[j] = F(v * x[j*stride])
	}
}

// scatterScaled computes dst_{j·stride} = s_j x_j.
func scatterScaled[F vectors.Float](dst []float64, stride int, x []F, s []float64) {
	s = s[:len(x)]
	if stride == 1 {
		dst = dst[:len(x)]
		for j, v := range s {
			dst[j] = v * float64(x[j])
		}
		return
	}
	for j, v := range s {
		dst[j*stride] = v * float64(x[j])
	}
}

// addMultiples computes y += f_0 x_0 + f_1 x_1 + f_2 x_2 + f_3 x_3.
func addMultiples[F vectors.Float](y []F, f [block]F, x0, x1, x2, x3 []F) {
	x0, x1, x2, x3 = x0[:len(y)], x1[:len(y)], x2[:len(y)], x3[:len(y)]
	for i := range y {
		y[i] += f[0]*x0[i] + f[1]*x1[i] + (f[2]*x2[i] + f[3]*x3[i])
	}
}

// dots returns Σ y_i x_ki for four x.
func dots[F vectors.Float](y, x0, x1, x2, x3 []F) [block]F {
	var s0, s1, s2, s3 F
	x0, x1, x2, x3 = x0[:len(y)], x1[:len(y)], x2[:len(y)], x3[:len(y)]
	for i, v := range y {
		s0 += v * x0[i]
		s1 += v * x1[i]
		s2 += v * x2[i]
		s3 += v * x3[i]
	}
	return [block]F{s0, s1, s2, s3}
}

// addProducts computes y += a∘v + b∘w + c∘x + d∘z.
func addProducts[F vectors.Float](y, a, v, b, w, c, x, d, z []F) {
	a, v, b, w = a[:len(y)], v[:len(y)], b[:len(y)], w[:len(y)]
	c, x, d, z = c[:len(y)], x[:len(y)], d[:len(y)], z[:len(y)]
	for i := range y {
		y[i] += a[i]*v[i] + b[i]*w[i] + (c[i]*x[i] + d[i]*z[i])
	}
}

// multiply computes y = c∘y.
func multiply[F vectors.Float](y, c []F) {
	c = c[:len(y)]
	for i := range y {
		y[i] *= c[i]
	}
}

// subtractFrom computes y = x − y.
func subtractFrom[F vectors.Float](y, x []F) {
	x = x[:len(y)]
	for i := range y {
		y[i] = x[i] - y[i]
	}
}
