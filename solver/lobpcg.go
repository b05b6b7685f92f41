package solver

import (
	"context"
	"errors"
	"math"
	"slices"

	"fpsgd/internal/parallel"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// lobpcg improves a block X of approximate eigenvectors by the locally optimal block preconditioned
// conjugate gradient method (A. Knyazev, SIAM J. Sci. Comput. 23, 2001). A step takes the residuals
//
//	R = SX − XΛ,    W = (I + γS)^{-1} R, roughly,
//
// and chooses the next X in the span of X, W and the step P before by Rayleigh–Ritz: the lowest
// eigenpairs of VᵀSV y = θ VᵀV y, V = [X W P]. Ritz values fall from step to step and bound the
// eigenvalues from above, each by its number. Of the modes that are wanted W is improved to the
// correction of Jacobi and Davidson (correction.go), so that a few steps will do; that of guards,
// which only have to keep off S − θ what is not positive, is not, and from a residual of 3 % on
// they are left alone.
//
// S is applied by differences across the faces, so that neither R nor the forms lose a gap that is
// small against the rates. The residual of a mode is measured in the norm in which its square is
// the relative error of the eigenvalue, but for a factor λ'/(λ' − λ), λ' the next eigenvalue that
// the block does not have:
//
//	η = ⟨r, (S + 1/γ)^{-1} r⟩^{1/2}/λ^{1/2} = (γ ⟨r, w⟩/λ)^{1/2}.
type lobpcg struct {
	op       *operators.Operator
	smooth   *operators.Smooth
	solve    func(x, b []float64) error // x = (I + γS)^{-1} b, roughly
	gamma    float64
	deflated [][]float64 // orthonormal, and orthogonal to all below

	x, w, p   [][]float64 // X and P together with their forms:
	sx, sw    [][]float64
	active    []int          // modes with a W in the next step
	spare     [2][][]float64 // the vectors of the last X and P
	work      []float64
	inner     [3][]float64  // vectors of a correction
	gram      *mat.SymDense // VᵀV of V = [X P]
	form      *mat.SymDense // VᵀSV
	values    []float64     // Ritz values, ascending
	residuals []float64     // η, +∞ before it is measured
}

// newLOBPCG begins from the span of a block, on the complement of orthonormal vectors.
func newLOBPCG(ctx context.Context, op *operators.Operator, system Linear, gamma float64,
	deflated, block [][]float64) (*lobpcg, error) {

	l := &lobpcg{op: op, smooth: op.Smooth(), gamma: gamma, deflated: deflated}
	l.solve = func(x, b []float64) error {
		if err := interrupted(ctx); err != nil {
			return err
		}
		_, err := system.Solve(x, b)
		return err
	}
	l.x = newLanczos(deflated, block).basis
	m := len(l.x)
	if m == 0 {
		return nil, errors.New("the vectors to begin with are in the span of those known")
	}
	l.sx, l.w, l.sw = zeros(m, op.Cells()), zeros(m, op.Cells()), zeros(m, op.Cells())
	l.work, l.inner = make([]float64, op.Cells()), [3][]float64(zeros(3, op.Cells()))
	l.residuals = slices.Repeat([]float64{math.Inf(1)}, m)
	l.measure(mat.NewSymDense(m, nil))
	return l, l.advance(l.x, l.gram, l.form)
}

// apply stores SV.
func (l *lobpcg) apply(sv, v [][]float64) {
	for i := range v {
		l.smooth.Apply(sv[i], v[i], l.work)
	}
}

// run steps until the residuals of the first modes, as many as are wanted of the Ritz values, are
// at most η, and reports whether they are: a residual may end at rounding, or the block be too
// small for modes that are crowded.
func (l *lobpcg) run(wanted func(values []float64) int, eta float64) (bool, error) {
	const (
		most     = 60
		patience = 8   // steps in which the residuals are to fall
		fall     = 0.5 // to this part
	)
	best, since := math.Inf(1), 0
	for range most {
		if err := l.precondition(wanted, eta); err != nil {
			return false, err
		}
		worst := slices.Max(l.residuals[:min(wanted(l.values), len(l.x))])
		if worst <= eta {
			return true, nil
		}
		if err := l.correct(wanted, eta); err != nil {
			return false, err
		}
		if err := l.step(); err != nil {
			return false, err
		}
		if since++; worst < fall*best {
			best, since = worst, 0
		}
		if since > patience {
			return false, nil
		}
	}
	return false, nil
}

// What is enough of a residual η that is asked for, and of those of guards.
const (
	settledPart = 0.1  // of η: of modes that are left alone
	guardEta    = 0.03 // of guards that are left alone
	valueSpread = 10   // of a Ritz value, in η²
)

// sought is how many of the modes are worked on until they have converged: those wanted, and those
// behind them that may turn out to be.
func (l *lobpcg) sought(wanted func(values []float64) int) int {
	n := min(wanted(l.values), len(l.x))
	most := n
	for i := n; i < len(l.x); i++ {
		least := l.values[i] * (1 - valueSpread*l.residuals[i]*l.residuals[i])
		if wanted(append(slices.Clone(l.values[:n]), least)) > n {
			most = i + 1
		}
	}
	return most
}

// precondition measures the residuals, and makes W = T R of those of the modes that are active:
// that have not converged, or are guards that serve as such no longer. R is left in SW.
func (l *lobpcg) precondition(wanted func(values []float64) int, eta float64) error {
	n := l.sought(wanted)
	l.active = l.active[:0]
	for i, r := range l.sw { // the last SW is not needed any more
		if l.residuals[i] <= settledPart*eta || i >= n && l.residuals[i] <= guardEta {
			continue
		}
		floats.AddScaledTo(r, l.sx[i], -l.quotient(i), l.x[i])
		orthogonalise(r, l.deflated, nil)
		if err := l.solve(l.w[i], r); err != nil {
			return err
		}
		square := math.Max(0, floats.Dot(l.w[i], r)) * l.gamma / l.quotient(i)
		l.residuals[i] = math.Sqrt(square)
		l.active = append(l.active, i)
	}
	return nil
}

// quotient is the Rayleigh quotient of a mode.
func (l *lobpcg) quotient(i int) float64 { return l.form.At(i, i) / l.gram.At(i, i) }

// correct makes better corrections of W, of modes that are sought, until what they leave of η is a
// part of what is asked for, or what a step leaves that takes no notice of the residuals of other
// modes, which enter it by their squares. It leaves those that have vanished out of the active.
func (l *lobpcg) correct(wanted func(values []float64) int, eta float64) error {
	const (
		part = 0.3 // of η
		most = 0.3 // of φ that are worth a correction
	)
	n, worst := l.sought(wanted), slices.Max(l.residuals)
	var active []int
	for _, i := range l.active {
		phi := math.Max(part*eta/l.residuals[i], worst*worst)
		if i < n && phi < most {
			if err := l.jacobiDavidson(l.w[i], l.sw[i], l.quotient(i), phi); err != nil {
				return err
			}
		}
		orthogonalise(l.w[i], l.deflated, nil)
		if size := norm(l.w[i]); size > 0 {
			floats.Scale(1/size, l.w[i])
			active = append(active, i)
		}
	}
	l.active = active
	return nil
}

// step chooses the next X and P of X, P and the active W.
func (l *lobpcg) step() error {
	var w, sw [][]float64
	for _, i := range l.active {
		w, sw = append(w, l.w[i]), append(sw, l.sw[i])
	}
	l.apply(sw, w)
	m, n, s := len(l.x), len(l.x)+len(l.p), len(l.x)+len(l.p)+len(w)
	v := slices.Concat(l.x, l.p, w)
	gram, form := mat.NewSymDense(s, nil), mat.NewSymDense(s, nil)
	place(gram, l.gram, 0, 0)
	place(form, l.form, 0, 0)
	place(gram, l.products(v, w), 0, n)
	place(form, l.products(l.sx, w), 0, n) // SX has what is small of the products of X and SW
	place(form, l.products(v[m:], sw), m, n)
	return l.advance(v, gram, form)
}

// advance replaces X by the lowest Ritz vectors VY of V = [X ⋯], of which the forms are given, and
// P by what of them is not of X, normalised:
//
//	P ← V(Y − Y_X)D^{-1},    X ← X Y_X + P D.
func (l *lobpcg) advance(v [][]float64, gram, form *mat.SymDense) error {
	const same = 1e-12 // relative distance of values of one mode that has converged
	m, s := len(l.x), len(v)
	values, y, err := ritzPairs(gram, form, m)
	if err != nil {
		return err
	}
	for i, before := range l.values { // a mode that has converged may have been overtaken
		off := math.Max(same, valueSpread*l.residuals[i]*l.residuals[i])
		if math.Abs(values[i]-before) > off*before {
			l.residuals[i] = math.Inf(1)
		}
	}
	l.values = values
	if s == m {
		l.x, l.spare[0] = l.combined(l.spare[0], v, y), l.x
		l.measure(congruent(form, y))
		return nil
	}
	coefficients := mat.NewDense(s, 2*m, nil) // of X and P
	coefficients.Slice(0, s, 0, m).(*mat.Dense).Copy(y)
	ofP := coefficients.Slice(m, s, m, 2*m).(*mat.Dense)
	ofP.Copy(y.Slice(m, s, 0, m))
	sizes := congruent(gram, coefficients)
	join := mat.NewDense(2*m, m, nil)
	join.Copy(y.Slice(0, m, 0, m))
	for i := range m {
		size := math.Sqrt(math.Max(sizes.At(m+i, m+i), math.SmallestNonzeroFloat64))
		join.Set(m+i, i, size)
		for j := range s - m {
			ofP.Set(j, i, ofP.At(j, i)/size)
		}
	}
	l.p, l.spare[1] = l.combined(l.spare[1], v[m:], ofP), l.p
	l.x, l.spare[0] = l.combined(l.spare[0], slices.Concat(l.x, l.p), join), l.x
	l.measure(congruent(form, coefficients))
	return nil
}

// measure applies S to X, and sums the forms of X and P anew: those that follow from the forms of
// V, which are given, lose digits where vectors of V are nearly dependent. ⟨p, Sp'⟩, for which SP
// would be needed, is taken from them: it guides a step, and no more.
func (l *lobpcg) measure(form *mat.SymDense) {
	l.apply(l.sx, l.x)
	v := slices.Concat(l.x, l.p)
	l.gram, l.form = mat.NewSymDense(len(v), nil), form
	place(l.gram, l.products(v, v), 0, 0)
	place(l.form, l.products(l.sx, v), 0, 0)
}

// congruent is CᵀAC.
func congruent(a *mat.SymDense, c *mat.Dense) *mat.SymDense {
	var product mat.Dense
	product.Product(c.T(), a, c)
	_, n := c.Dims()
	out := mat.NewSymDense(n, nil)
	place(out, &product, 0, 0)
	return out
}

// place stores a block of a symmetric matrix, of which it reads what is not below the diagonal.
func place(into *mat.SymDense, block mat.Matrix, row, column int) {
	r, c := block.Dims()
	for i := range r {
		for j := range c {
			if row+i <= column+j {
				into.SetSym(row+i, column+j, block.At(i, j))
			}
		}
	}
}

// ritzPairs returns the m lowest eigenvalues of A y = θ G y and, as columns, eigenvectors with
// yᵀGy = 1. Directions in which G, scaled to a diagonal of 1, is rounding are left out.
func ritzPairs(gram, form *mat.SymDense, m int) ([]float64, *mat.Dense, error) {
	const rounding = 1e-12
	s := gram.SymmetricDim()
	scale := make([]float64, s)
	for i := range s {
		scale[i] = 1 / math.Sqrt(math.Max(gram.At(i, i), math.SmallestNonzeroFloat64))
	}
	sizes, q, err := eigenpairs(s, func(i, j int) float64 {
		return gram.At(i, j) * scale[i] * scale[j]
	})
	if err != nil {
		return nil, nil, err
	}
	first := 0
	for first < s-m && sizes[first] < rounding {
		first++
	}
	basis := mat.NewDense(s, s-first, nil)
	basis.Apply(func(i, j int, _ float64) float64 {
		return q.At(i, first+j) * scale[i] / math.Sqrt(sizes[first+j])
	}, basis)
	values, z, err := eigenpairs(s-first, congruent(form, basis).At)
	if err != nil {
		return nil, nil, err
	}
	y := &mat.Dense{}
	y.Mul(basis, z.Slice(0, s-first, 0, m))
	return values[:m], y, nil
}

// stretch is how many cells of all vectors are worked on at a time, so that they stay in the cache.
const stretch = 512

// products returns AᵀB, the same for any number of threads.
func (l *lobpcg) products(a, b [][]float64) *mat.Dense {
	const group = 8 // stretches
	n := len(a[0])
	sum := mat.NewDense(len(a), len(b), nil)
	parts := make([]*mat.Dense, (n+group*stretch-1)/(group*stretch))
	parallel.Ranges(l.op.Threads(), len(parts), func(first, last int) error {
		for g := first; g < last; g++ {
			part := mat.NewDense(len(a), len(b), nil)
			for lo := g * group * stretch; lo < min((g+1)*group*stretch, n); lo += stretch {
				hi := min(lo+stretch, n)
				part.Apply(func(i, j int, v float64) float64 {
					return v + floats.Dot(a[i][lo:hi], b[j][lo:hi])
				}, part)
			}
			parts[g] = part
		}
		return nil
	})
	for _, part := range parts {
		sum.Add(sum, part)
	}
	return sum
}

// combined returns VY, in vectors that are free if there are any.
func (l *lobpcg) combined(out, v [][]float64, y mat.Matrix) [][]float64 {
	_, m := y.Dims()
	if out == nil {
		out = zeros(m, len(v[0]))
	}
	l.stretches(func(lo, hi int) {
		for j, x := range out {
			clear(x[lo:hi])
			for i := range v {
				if c := y.At(i, j); c != 0 {
					floats.AddScaled(x[lo:hi], c, v[i][lo:hi])
				}
			}
		}
	})
	return out
}
