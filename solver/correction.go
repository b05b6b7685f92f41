package solver

import (
	"fpsgd/internal/parallel"

	"gonum.org/v1/gonum/floats"
)

// jacobiDavidson makes of w = T r, T = (I + γS)^{-1} roughly, a better correction of the mode x
// that has the residual r = Sx − θx: that of the equation
//
//	(I − QQᵀ)(S − θ)(I − QQᵀ) w = r,    w ⊥ Q,    Q = X and what is deflated
//
// (G. Sleijpen and H. van der Vorst, SIAM J. Matrix Anal. Appl. 17, 1996). S − θ is positive there
// as soon as Q has, roughly, all modes up to θ. Conjugate gradients preconditioned by T then take
// as many steps to a digit of η as those of the block do, which cost more. They end when η, of what
// is left, has fallen by the factor φ, or at a direction in which S − θ is not positive, where Q
// lacks a mode. T is another one in every step, as its solves are rough, which
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
	zr := l.dot(z, r)
	enough := phi * phi * zr
	for range most {
		l.smooth.Apply(q, p, l.work)
		l.add(q, -theta, p)
		curvature := l.dot(p, q)
		if !(curvature > 0) {
			break
		}
		alpha := zr / curvature
		l.add(w, alpha, p)
		l.add(r, -alpha, q)
		if err := l.solve(z, r); err != nil {
			return err
		}
		l.outside(z, z)
		before := zr
		if zr = l.dot(z, r); !(zr > enough) {
			break
		}
		beta := -alpha * l.dot(z, q) / before
		l.stretches(func(lo, hi int) { floats.AddScaledTo(p[lo:hi], z[lo:hi], beta, p[lo:hi]) })
	}
	l.add(w, 1, z)
	return nil
}

// outside stores what v has outside of the span of X and what is deflated.
func (l *lobpcg) outside(dst, v []float64) {
	for _, q := range [][][]float64{l.deflated, l.x} {
		if len(q) == 0 {
			continue
		}
		c := l.products(q, [][]float64{v})
		l.stretches(func(lo, hi int) {
			copy(dst[lo:hi], v[lo:hi])
			for i, b := range q {
				floats.AddScaled(dst[lo:hi], -c.At(i, 0), b[lo:hi])
			}
		})
		v = dst
	}
}

// add computes y += f x.
func (l *lobpcg) add(y []float64, f float64, x []float64) {
	l.stretches(func(lo, hi int) { floats.AddScaled(y[lo:hi], f, x[lo:hi]) })
}

// dot is the same for any number of threads.
func (l *lobpcg) dot(x, y []float64) float64 {
	return l.products([][]float64{x}, [][]float64{y}).At(0, 0)
}

// stretches calls do with parts of the vectors, one after the other on every thread.
func (l *lobpcg) stretches(do func(lo, hi int)) {
	n := l.op.Cells()
	parallel.Ranges(l.op.Threads(), (n+stretch-1)/stretch, func(first, last int) error {
		for lo := first * stretch; lo < min(last*stretch, n); lo += stretch {
			do(lo, min(lo+stretch, n))
		}
		return nil
	})
}
