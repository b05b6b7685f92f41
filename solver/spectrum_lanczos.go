package solver

import (
	"fmt"
	"math"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// lanczos is a block Lanczos decomposition of B on the complement of given orthonormal vectors,
//
//	B V = V T + F C.
//
// V and F are orthonormal together. F are the vectors that B has not been applied to yet, at most
// as many as the block had.
type lanczos struct {
	deflated [][]float64 // orthonormal, to which V and F are orthogonal
	basis    [][]float64 // V, then F
	columns  [][]float64 // of T over C, one for each of V: ⟨basis_i, B v_j⟩, 0 beyond its end
}

// newLanczos starts from the span of a block, whose vectors it leaves alone.
func newLanczos(deflated, block [][]float64) *lanczos {
	l := &lanczos{deflated: deflated}
	for _, v := range block {
		l.add(append([]float64(nil), v...))
	}
	return l
}

// add makes v orthogonal to the basis and appends it, unless it depends on it. It returns the
// coefficients of v on the basis.
func (l *lanczos) add(v []float64) []float64 {
	const dependent = 1e-13 // what orthogonalisation leaves of a vector in the span: rounding
	before := norm(v)
	orthogonalise(v, l.deflated, nil)
	coefficients := make([]float64, len(l.basis), len(l.basis)+1)
	orthogonalise(v, l.basis, coefficients)
	after := norm(v)
	if !(after > dependent*before) {
		return coefficients
	}
	floats.Scale(1/after, v)
	l.basis = append(l.basis, v)
	return append(coefficients, after)
}

// orthogonalise subtracts from v its components along orthonormal vectors, twice, and adds them to
// the coefficients if given.
func orthogonalise(v []float64, basis [][]float64, coefficients []float64) {
	for range 2 {
		for i, b := range basis {
			c := floats.Dot(b, v)
			floats.AddScaled(v, -c, b)
			if coefficients != nil {
				coefficients[i] += c
			}
		}
	}
}

// extend applies B, stored as apply does, to up to n vectors of F. It reports whether F is
// exhausted: V is invariant then.
func (l *lanczos) extend(apply func(u, v []float64) error, n int) (complete bool, err error) {
	for range n {
		j := len(l.columns)
		if j == len(l.basis) {
			break
		}
		u := make([]float64, len(l.basis[j]))
		if err := apply(u, l.basis[j]); err != nil {
			return false, err
		}
		l.columns = append(l.columns, l.add(u))
	}
	return len(l.columns) == len(l.basis), nil
}

// ritz is the approximation θ = 1/(1+γλ), v = Vy to an eigenpair of B.
type ritz struct {
	y        []float64
	theta    float64
	lambda   float64
	change   float64 // ‖Bv − θv‖
	residual float64 // the same as a relative residual of λ, see Mode
}

// ritz returns the Ritz pairs, λ ascending. The residual is ‖Bv − θv‖ = ‖Cy‖.
func (l *lanczos) ritz(gamma float64) ([]ritz, error) {
	n := len(l.columns)
	theta, y, err := eigenpairs(n, l.mean)
	if err != nil {
		return nil, err
	}
	pairs := make([]ritz, n)
	for k := range pairs {
		p := &pairs[k]
		p.theta, p.y = theta[n-1-k], mat.Col(nil, n-1-k, y)
		excess := excess(p.theta)
		p.lambda = excess / gamma
		p.change = norm(l.coupling(p.y))
		p.residual = p.change / p.theta * (1 + 1/excess)
		if !(p.theta > 0) {
			p.residual = math.Inf(1)
		}
	}
	return pairs, nil
}

// eigenpairs returns the eigenvalues, ascending, and as columns the eigenvectors of a symmetric
// matrix of n×n entries, given for i ≤ j.
func eigenpairs(n int, entry func(i, j int) float64) ([]float64, *mat.Dense, error) {
	t := mat.NewSymDense(n, nil)
	for j := range n {
		for i := range j + 1 {
			t.SetSym(i, j, entry(i, j))
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return nil, nil, fmt.Errorf("the QR algorithm did not find the eigenvalues of a projected "+
			"%d×%d matrix; check the operator for undefined entries", n, n)
	}
	vectors := &mat.Dense{}
	eigen.VectorsTo(vectors)
	return eigen.Values(nil), vectors, nil
}

// excess is γλ = 1/θ − 1. Next to θ = 1 it is known to rounding only and is held at that; a θ ≤ 0
// is far above all of interest.
func excess(theta float64) float64 {
	if !(theta > 0) {
		return math.Inf(1)
	}
	return math.Max((1-theta)/theta, 0x1p-50)
}

// entry is ⟨basis_i, B v_j⟩.
func (l *lanczos) entry(i, j int) float64 {
	if i >= len(l.columns[j]) {
		return 0
	}
	return l.columns[j][i]
}

// mean is the entry i, j of T, made symmetric.
func (l *lanczos) mean(i, j int) float64 { return (l.entry(i, j) + l.entry(j, i)) / 2 }

// coupling is C y.
func (l *lanczos) coupling(y []float64) []float64 {
	n := len(l.columns)
	out := make([]float64, len(l.basis)-n)
	for j, v := range y {
		for i := range out {
			out[i] += l.entry(n+i, j) * v
		}
	}
	return out
}

// vectors returns the Ritz vectors Vy.
func (l *lanczos) vectors(pairs []ritz) (out [][]float64) {
	for _, p := range pairs {
		out = append(out, combination(l.basis, p.y))
	}
	return out
}

// combination returns Σ c_j v_j.
func combination(v [][]float64, c []float64) []float64 {
	x := make([]float64, len(v[0]))
	addCombination(x, v, c)
	return x
}

// zeros are n vectors of zeros.
func zeros(n, size int) [][]float64 {
	out := make([][]float64, n)
	for k := range out {
		out[k] = make([]float64, size)
	}
	return out
}

// addCombination adds Σ c_j v_j to x, term by term, over stretches that stay in the cache.
func addCombination(x []float64, v [][]float64, c []float64) {
	const stretch, four = 1024, 4
	for first := 0; first < len(x); first += stretch {
		last := min(first+stretch, len(x))
		y, j := x[first:last], 0
		for ; j+four <= len(c); j += four {
			a, b := v[j][first:last][:len(y)], v[j+1][first:last][:len(y)]
			d, e := v[j+2][first:last][:len(y)], v[j+3][first:last][:len(y)]
			ca, cb, cd, ce := c[j], c[j+1], c[j+2], c[j+3]
			for i, sum := range y {
				y[i] = sum + ca*a[i] + cb*b[i] + cd*d[i] + ce*e[i]
			}
		}
		for ; j < len(c); j++ {
			floats.AddScaled(y, c[j], v[j][first:last])
		}
	}
}

// restart replaces V by Ritz vectors, in place, and keeps F: with V ← VY, T is diagonal and C
// becomes CY.
func (l *lanczos) restart(pairs []ritz) {
	const chunk = 1024
	n, keep := len(l.columns), len(pairs)
	columns := make([][]float64, keep)
	for k, p := range pairs {
		columns[k] = append(make([]float64, keep), l.coupling(p.y)...)
		columns[k][k] = p.theta
	}
	cells := len(l.basis[0])
	combined := zeros(keep, chunk)
	for lo := 0; lo < cells; lo += chunk {
		hi := min(lo+chunk, cells)
		for k, p := range pairs {
			c := combined[k][:hi-lo]
			clear(c)
			for j, v := range p.y {
				floats.AddScaled(c, v, l.basis[j][lo:hi])
			}
		}
		for k, c := range combined {
			copy(l.basis[k][lo:hi], c)
		}
	}
	l.basis = append(l.basis[:keep], l.basis[n:]...)
	l.columns = columns
}
