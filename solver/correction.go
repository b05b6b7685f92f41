package solver

import "gonum.org/v1/gonum/floats"

// jacobiDavidson makes of w = T r, T = (I + γS)^{-1} roughly, a better correction of the mode x that
// has the residual r = Sx − θx: that of the equation
//
//	(I − QQᵀ)(S − θ)(I − QQᵀ) w = r,    w ⊥ Q,    Q = X and what is deflated
//
// (G. Sleijpen and H. van der Vorst, SIAM J. Matrix Anal. Appl. 17, 1996). S − θ is positive there
// as soon as Q has, roughly, all modes up to θ. Conjugate gradients preconditioned by T then take as
// many steps to a digit of η as those of the block do, which cost more. They end when η, of what is
// left, has fallen by the factor φ, or at a direction in which S − θ is not positive, where Q lacks
// a mode. T is another one in every step, as its solves are rough, which
//
//	β_k = ⟨z_k, r_k − r_{k−1}⟩/⟨z_{k−1}, r_{k−1}⟩,    z_k = (I − QQᵀ) T r_k,
//
// allows for (G. Golub and Q. Ye, SIAM J. Sci. Comput. 21, 1999). The z that tells the end is added
// to w: a step of the stationary iteration. r is overwritten.
func (l *lobpcg) jacobiDavidson(w, r []float64, theta, phi float64) error {
	const most = 30
	z, p, q := l.inner[0], l.inner[1], l.inner[2]
	l.outside(z, w)
	clear(w)
	copy(p, z)
	zr := floats.Dot(z, r)
	enough := phi * phi * zr
	for range most {
		l.smooth.Apply(q, p, l.work)
		floats.AddScaled(q, -theta, p)
		curvature := floats.Dot(p, q)
		if !(curvature > 0) {
			break
		}
		alpha := zr / curvature
		floats.AddScaled(w, alpha, p)
		floats.AddScaled(r, -alpha, q)
		if err := l.solve(z, r); err != nil {
			return err
		}
		l.outside(z, z)
		before := zr
		if zr = floats.Dot(z, r); !(zr > enough) {
			break
		}
		beta := -alpha * floats.Dot(z, q) / before
		floats.AddScaledTo(p, z, beta, p)
	}
	floats.Add(w, z)
	return nil
}

// outside stores what v has outside of the span of X and what is deflated.
func (l *lobpcg) outside(dst, v []float64) {
	copy(dst, v)
	for _, q := range [][][]float64{l.deflated, l.x} {
		for _, b := range q {
			floats.AddScaled(dst, -floats.Dot(b, dst), b)
		}
	}
}
