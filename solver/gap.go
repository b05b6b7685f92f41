package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"

	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/mat"
)

// SlowestMode is the eigenspace of S that decays last.
type SlowestMode struct {
	Gap          float64 // λ, its eigenvalue: the lowest, 0 left out where mass is conserved
	Multiplicity int     // eigenvalues within 1e-6 λ
	Residual     float64 // the largest ‖Sv − λv‖/(λ‖v‖) among its vectors
	Overlap      float64 // ‖projection of w − mσ on it‖/‖w − mσ‖ (of w where mass is removed); NaN if there is none to project
}

const (
	modeResidual = 1e-8
	sameMode     = 1e-6 // relative distance of eigenvalues taken for one
	modeShift    = 30.0 // γλ: B maps λ to 1/31, and what is far above to 0
	modeCycles   = 30
)

// Gap finds the slowest mode, and how much of the state w is in it.
//
// It is the subspace of the largest eigenvalues 1/(1+γλ) of B = (I + γS)^{-1}, on the complement of σ where Sσ = 0, with
// γ = 30/λ. A cycle builds an orthonormal basis of the block Krylov space of B and the current vectors, d+2 of them on d axes, and
// keeps as many Ritz vectors; a few cycles do (block Lanczos with full orthogonalisation, restarted: Y. Saad, Numerical Methods for
// Large Eigenvalue Problems, ch. 6–7). Eigenvalues and residuals are those of u = Bv, where Su = (v − u)/γ: S itself is never
// applied, since on a graded grid its rounding error alone would exceed λ.
//
// It returns an error if the residual does not come below 1e-8, if a solve fails, or if the context ends.
func Gap(ctx context.Context, op *operators.Operator, setUp SetUp, w []float64) (SlowestMode, error) {
	k := krylov{ctx: ctx}
	if op.Conservative() {
		k.kernel = op.Sigma
	}
	block := startingBlock(op)
	k.orthonormalise(block)
	if len(k.basis) == 0 {
		return SlowestMode{}, fmt.Errorf("the grid of %d cells has no mode that decays; use more cells", op.Cells())
	}
	lambda := math.Inf(1)
	for _, v := range k.basis {
		lambda = math.Min(lambda, rayleigh(op, v))
	}
	var last SlowestMode
	for range modeCycles {
		gamma := modeShift / lambda
		system, err := setUp(gamma)
		if err != nil {
			return SlowestMode{}, fmt.Errorf("spectral gap: %w", err)
		}
		modes, err := k.cycle(system, gamma, block)
		if err != nil {
			return SlowestMode{}, fmt.Errorf("spectral gap: %w", err)
		}
		last = slowest(modes, k.kernel, w)
		if last.Residual <= modeResidual {
			return last, nil
		}
		lambda = last.Gap
		for i, m := range modes {
			block[i] = m.vector
		}
		block = block[:len(modes)]
	}
	return last, fmt.Errorf("spectral gap: the residual is %.3g after %d cycles, and %g is asked for; the lowest eigenvalues may be crowded, or the linear solver's tolerance too large",
		last.Residual, modeCycles, modeResidual)
}

// ritz is an approximate eigenvector v of S, its eigenvalue and ‖Su − λu‖/(λ‖u‖), u = Bv.
type ritz struct {
	vector           []float64
	lambda, residual float64
}

// slowest describes the first of the modes and those of the same eigenvalue.
func slowest(modes []ritz, kernel, w []float64) SlowestMode {
	v := append([]float64(nil), w...)
	if kernel != nil {
		floats.AddScaled(v, -floats.Dot(kernel, w), kernel)
	}
	s := SlowestMode{Gap: modes[0].lambda}
	share := 0.0
	for _, m := range modes {
		if m.lambda > s.Gap*(1+sameMode) {
			break
		}
		s.Multiplicity++
		s.Residual = math.Max(s.Residual, m.residual)
		c := floats.Dot(m.vector, v)
		share += c * c
	}
	s.Overlap = math.Sqrt(share) / norm(v)
	return s
}

// krylov is a growing orthonormal basis.
type krylov struct {
	ctx    context.Context
	kernel []float64 // to which it is orthogonal; or nil
	basis  [][]float64
}

// orthonormalise replaces the basis by one of the block's span.
func (k *krylov) orthonormalise(block [][]float64) {
	k.basis = k.basis[:0]
	for _, v := range block {
		k.extend(append([]float64(nil), v...))
	}
}

// extend adds v, made orthogonal to the basis, unless it depends on it.
func (k *krylov) extend(v []float64) {
	const dependent = 1e-13 // what two rounds of orthogonalisation leave of a vector in the span is rounding
	before := norm(v)
	for range 2 {
		if k.kernel != nil {
			floats.AddScaled(v, -floats.Dot(k.kernel, v), k.kernel)
		}
		for _, b := range k.basis {
			floats.AddScaled(v, -floats.Dot(b, v), b)
		}
	}
	if after := norm(v); after > dependent*before {
		floats.Scale(1/after, v)
		k.basis = append(k.basis, v)
	}
}

// cycle returns the Ritz pairs of lowest λ, as many as the block has vectors, from a basis four times as large.
func (k *krylov) cycle(system Linear, gamma float64, block [][]float64) ([]ritz, error) {
	k.orthonormalise(block)
	most := 4 * len(block)
	var rows [][]float64 // ⟨v_i, B v_j⟩, i ≥ j
	for j := 0; j < len(k.basis); j++ {
		u, err := k.apply(system, k.basis[j])
		if err != nil {
			return nil, err
		}
		row := make([]float64, most)
		if len(k.basis) < most {
			k.extend(append([]float64(nil), u...))
		}
		for i, b := range k.basis {
			row[i] = floats.Dot(b, u)
		}
		rows = append(rows, row)
	}
	size := len(rows)
	t := mat.NewSymDense(size, nil)
	for j, row := range rows {
		for i := j; i < size; i++ {
			t.SetSym(i, j, row[i])
		}
	}
	var eigen mat.EigenSym
	if !eigen.Factorize(t, true) {
		return nil, fmt.Errorf("the eigenvalues of a %d×%d matrix were not found; check the operator for undefined entries", size, size)
	}
	var y mat.Dense
	eigen.VectorsTo(&y)
	return k.ritz(system, gamma, &y, min(len(block), size))
}

// ritz forms n Ritz vectors from the last columns of y, those of the largest eigenvalues of B.
func (k *krylov) ritz(system Linear, gamma float64, y *mat.Dense, n int) ([]ritz, error) {
	var modes []ritz
	size, _ := y.Dims()
	for c := size - 1; c >= size-n; c-- {
		v := make([]float64, len(k.basis[0]))
		for i, b := range k.basis {
			floats.AddScaled(v, y.At(i, c), b)
		}
		u, err := k.apply(system, v)
		if err != nil {
			return nil, err
		}
		uu := floats.Dot(u, u)
		mu := floats.Dot(u, v) / uu // 1 + γλ, λ = ⟨u, Su⟩/⟨u, u⟩
		residual := 0.0
		for i := range v {
			r := v[i] - mu*u[i]
			residual += r * r
		}
		modes = append(modes, ritz{v, (mu - 1) / gamma, math.Sqrt(residual/uu) / (mu - 1)})
	}
	return modes, nil
}

// apply returns B v.
func (k *krylov) apply(system Linear, v []float64) ([]float64, error) {
	if k.ctx.Err() != nil {
		return nil, fmt.Errorf("%w: %w", ErrInterrupted, context.Cause(k.ctx))
	}
	u := make([]float64, len(v))
	_, err := system.Solve(u, v)
	return u, err
}

// startingBlock returns, in terms of w = σ∘u, a u that ascends along each axis (a wave on a periodic one), and two random ones.
func startingBlock(op *operators.Operator) [][]float64 {
	random := rand.New(rand.NewPCG(1, 2))
	d := len(op.Shape)
	block := make([][]float64, d+2)
	for k := range block {
		block[k] = make([]float64, op.Cells())
		for i, sigma := range op.Sigma {
			u := random.NormFloat64()
			if k < d {
				at := i / op.Stride(k) % op.Shape[k]
				u = (float64(at) + 0.5) / float64(op.Shape[k])
				if op.Periodic[k] {
					u = math.Cos(2 * math.Pi * u)
				}
			}
			block[k][i] = sigma * u
		}
	}
	return block
}

// rayleigh returns ⟨w, Sw⟩ = Σ c_ij (w_i ρ^{1/2} − w_j ρ^{−1/2})² + Σ r_i w_i², ρ = σ_j/σ_i, for a w of norm 1.
func rayleigh(op *operators.Operator, w []float64) float64 {
	sum := 0.0
	op.Edges(func(_, i, j int, c float64) {
		root := math.Sqrt(op.Ratio(i, j))
		d := w[i]*root - w[j]/root
		sum += c * d * d
	})
	for i, r := range op.Removal {
		sum += r * w[i] * w[i]
	}
	return sum
}
