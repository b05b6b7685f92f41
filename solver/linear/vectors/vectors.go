// Package vectors holds the kernels on vectors that the linear solvers share. Slices of one call
// have at least the length of the first, or of x where only that is given.
package vectors

// Float is a storage type.
type Float interface{ float32 | float64 }

// AddProduct computes y += c∘x.
func AddProduct[F Float](y, c, x []F) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] += c[i] * x[i]
	}
}

// AddMultiple computes y += f x over the length of x.
func AddMultiple[F Float](y []F, f F, x []F) {
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

// Add computes y += x.
func Add[F Float](y, x []F) {
	x = x[:len(y)]
	for i := range y {
		y[i] += x[i]
	}
}

// Multiply computes y = c∘x.
func Multiply[F Float](y, c, x []F) {
	c, x = c[:len(y)], x[:len(y)]
	for i := range y {
		y[i] = c[i] * x[i]
	}
}

// Dot is Σ x_i y_i, in four interleaved strands, which hides the latency of the addition.
func Dot[F Float](x, y []F) F {
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

// PlusProduct computes y = b + l∘x. The entries are computed in order, so that x may be y some
// places back.
func PlusProduct[F Float](y, b, l, x []F) {
	b, l, x = b[:len(y)], l[:len(y)], x[:len(y)]
	for i := range y {
		y[i] = b[i] + l[i]*x[i]
	}
}
