package operators

import (
	"math"
	"slices"

	"github.com/james-bowman/sparse"
	"github.com/james-bowman/sparse/blas"
	"gonum.org/v1/gonum/floats"

	"fpsgd/internal/parallel"
	"fpsgd/operators/elementary"
)

// Measures are the scalar observables of a state w = P/σ; m = Σ P is its mass and Π = σ² the
// invariant probabilities.
type Measures struct {
	Mass         float64 // Σ P_i
	MinDensity   float64 // min P_i/volume_i
	NegativeMass float64 // Σ max(−P_i, 0)/Σ|P_i|
	Chi          float64 // (Σ (P_i/m − Π_i)²/Π_i)^{1/2} = ‖w/m − σ‖
	LogNorm      float64 // log ‖u−⟨u⟩‖ = log(m χ) − (log Z)/2, or of ‖u‖ where mass is removed
	Dissipation  float64 // Σ T_ij (u_i−u_j)² + Σ R_i u_i², with u = ρ/π, π unnormalised
	FreeEnergy   float64 // Σ P log(P/Π); NaN if a cell is negative

	LogWhole float64 // log ‖u‖

	// Rayleigh is Dissipation/‖u−⟨u⟩‖² (‖u‖² where mass is removed), representable where these are
	// not; never below the lowest rate. RayleighError bounds its relative error, by the rounding of
	// w.
	Rayleigh, RayleighError float64
}

// Measure returns the observables of w on cells of the given log-volumes.
func (op *Operator) Measure(w, logVolume []float64) Measures {
	return op.MeasureIn(make([]float64, len(w)), w, logVolume)
}

// MeasureIn is Measure with memory for u = w/σ.
func (op *Operator) MeasureIn(u, w, logVolume []float64) Measures {
	m := Measures{FreeEnergy: math.NaN()}
	m.Mass = parallel.Pairwise(len(w), op.threads, func(first, last int) float64 {
		op.divideBySigma(u, w, first, last)
		return dot(op.Sigma[first:last], w[first:last])
	})
	form := op.formOver(w, u)
	s := overBlocks(op, tallies.plus, func(first, last int) tallies {
		t := op.tally(w, u, m.Mass, first, last)
		t.form = form(first, last)
		return t
	})
	m.NegativeMass = s.negative / s.size
	m.MinDensity = overBlocks(op, math.Min, func(first, last int) float64 {
		return leastDensity(op.Sigma[first:last], w[first:last], logVolume[first:last])
	})
	if !(s.negative > 0) {
		m.FreeEnergy = s.energy
	}
	m.Chi = math.Sqrt(s.deviation) / math.Abs(m.Mass)
	m.LogNorm = math.Log(m.Mass*m.Chi) - op.LogZ/2
	m.LogWhole = math.Log(s.square)/2 - op.LogZ/2
	if !op.Conservative() {
		m.LogNorm = m.LogWhole
	}
	m.Dissipation = s.form * math.Exp(-op.LogZ)
	// Rounding w by a unit changes the form F by at most 2√(FN) + N, N = 2 unit² ⟨w, Dw⟩, D the
	// diagonal of S; and ‖v‖, v = w − mσ or w, by 2 unit ‖w‖.
	const unit = 4 * 0x1p-53 // of w, and of the differences
	n := 2 * unit * unit * s.rough
	m.Rayleigh = s.form / math.Exp(2*(m.LogNorm+op.LogZ/2))
	m.RayleighError = 2*math.Sqrt(n/s.form) + n/s.form + 4*unit*math.Exp(m.LogWhole-m.LogNorm)
	return m
}

// tallies are sums over cells: of max(−P, 0), |P|, (w − mσ)², w², D w² and P log(P/Π) where P > 0,
// and of the terms of ⟨w, S w⟩.
type tallies struct{ negative, size, deviation, square, rough, energy, form float64 }

func (s tallies) plus(t tallies) tallies {
	return tallies{
		s.negative + t.negative, s.size + t.size, s.deviation + t.deviation, s.square + t.square,
		s.rough + t.rough, s.energy + t.energy, s.form + t.form,
	}
}

// tally adds up a block of cells; log(P/Π) = log u.
func (op *Operator) tally(w, u []float64, mass float64, first, last int) tallies {
	var leaf [mostInBlock]float64
	logU := leaf[:last-first]
	elementary.Log(logU, u[first:last])
	var negative, size, deviation, square, rough, energy float64
	w, sigma, diag := w[first:last], op.Sigma[first:last], op.Diag[first:last]
	for i, v := range w {
		sigma := sigma[i]
		p, d := sigma*v, v-mass*sigma
		if p > 0 {
			energy += p * logU[i]
			size += p
		} else if p < 0 {
			negative -= p
		}
		deviation += d * d
		square += v * v
		rough += diag[i] * v * v
	}
	return tallies{negative: negative, size: size + negative, deviation: deviation, square: square,
		rough: rough, energy: energy}
}

// leastDensity returns min P_i/volume_i of a block of cells. Of positive ones it evaluates those
// alone that may be it by log P − 0.06 ≤ ℓ(P) ≤ log P, ℓ the piecewise linear function that the
// bits of P are (see powerBound).
func leastDensity(sigma, w, logVolume []float64) float64 {
	const normal, within = 0x1p-1022, 0.06
	var block [mostInBlock]float64
	logs := block[:len(w)]
	sigma, logVolume = sigma[:len(w)], logVolume[:len(w)]
	least, leastLog := math.Inf(1), math.Inf(1)
	for i, v := range w {
		if p := sigma[i] * v; p >= normal {
			linear := math.Ln2 / (1 << 52) * float64(int64(math.Float64bits(p))-1023<<52)
			log := linear - logVolume[i]
			if logs[i] = log; log < leastLog {
				leastLog = log
			}
		} else {
			logs[i] = math.Inf(1)
			least = math.Min(least, density(p, logVolume[i]))
		}
	}
	if !(least > 0) {
		return least
	}
	for i, log := range logs {
		if log <= leastLog+within {
			least = math.Min(least, density(sigma[i]*w[i], logVolume[i]))
		}
	}
	return least
}

// density returns P/volume without forming a volume that is not representable.
func density(p, logVolume float64) float64 {
	if p == 0 {
		return 0
	}
	return math.Copysign(math.Exp(math.Log(math.Abs(p))-logVolume), p)
}

// Sum returns Σ P_i f_i.
func (op *Operator) Sum(w, f []float64) float64 {
	return parallel.Pairwise(len(w), op.threads, func(first, last int) (sum float64) {
		sigma, f := op.Sigma[first:last], f[first:last]
		for i, v := range w[first:last] {
			if p := sigma[i] * v; p != 0 {
				sum += p * f[i]
			}
		}
		return sum
	})
}

// Mean returns Σ P_i f_i/Σ P_i. Where P_i = 0, f_i may be anything.
func (op *Operator) Mean(w, f []float64) float64 {
	type sums struct{ mass, first float64 }
	plus := func(a, b sums) sums { return sums{a.mass + b.mass, a.first + b.first} }
	s := parallel.Reduce(len(w), op.threads, func(first, last int) (s sums) {
		w, sigma, f := w[first:last], op.Sigma[first:last], f[first:last]
		for i, v := range w {
			if p := sigma[i] * v; p != 0 {
				s.mass += p
				s.first += p * f[i]
			}
		}
		return s
	}, plus)
	return s.first / s.mass
}

// quadraticForm returns ⟨w, S w⟩ = Σ c_ij σ_i σ_j (u_i − u_j)² + Σ r_i w_i², u = w/σ, as a sum of
// squares.
func (op *Operator) quadraticForm(w []float64) float64 {
	u := make([]float64, len(w))
	op.inRanges(func(first, last int) { op.divideBySigma(u, w, first, last) })
	plus := func(a, b float64) float64 { return a + b }
	return overBlocks(op, plus, op.formOver(w, u))
}

// mostInBlock is the number of cells of the largest block that overBlocks makes.
const mostInBlock = 8 * parallel.Leaf

// overBlocks combines f of blocks of some hundred cells.
func overBlocks[T any](op *Operator, combine func(a, b T) T, f func(first, last int) T) T {
	const piece = mostInBlock / parallel.Leaf
	n := op.Cells()
	return parallel.Reduce((n+piece-1)/piece, op.threads, func(first, last int) T {
		return f(piece*first, min(piece*last, n))
	}, combine)
}

// formOver returns quadraticForm of w and u = w/σ as a function of a range of cells, of which it
// adds up the terms.
func (op *Operator) formOver(w, u []float64) func(first, last int) float64 {
	lines := op.squaresFrom
	if slices.ContainsFunc(op.Sigma, func(s float64) bool { return !(s > normal) }) {
		lines = func(u []float64, k, first, last int) (sum float64) {
			for r := range op.runs(k, next, first, last) {
				sum += op.squaresBeside(w, u, op.Coupling[k], r)
			}
			return sum
		}
	}
	return func(first, last int) (sum float64) {
		for k := range op.Coupling {
			sum += lines(u, k, first, last)
		}
		if !op.Conservative() {
			for i := first; i < last; i++ {
				sum += op.Removal[i] * w[i] * w[i]
			}
		}
		return sum
	}
}

// squaresFrom adds up the squares of the cells in [first, last) and the next ones along axis k,
// where no σ is next to underflow. The last cell of a line that is not periodic has c = 0, so that
// lines are one run.
func (op *Operator) squaresFrom(u []float64, k, first, last int) (sum float64) {
	stride := op.Stride(k)
	if !op.Periodic[k] {
		last = min(last, len(u)-stride)
		if first >= last {
			return 0
		}
		return op.squares(u, op.Coupling[k], run{first, last, stride})
	}
	for r := range op.runs(k, next, first, last) {
		sum += op.squares(u, op.Coupling[k], r)
	}
	return sum
}

// squares returns Σ c_ij σ_i σ_j (u_i − u_j)² over a run of cells, in two strands: a sum of one
// would wait for each addition.
func (op *Operator) squares(u, c []float64, r run) float64 {
	n, j := r.to-r.from, r.from+r.offset
	c = c[r.from:][:n]
	here, there := u[r.from:][:n], u[j:][:n]
	sigmaHere, sigmaThere := op.Sigma[r.from:][:n], op.Sigma[j:][:n]
	sum, other := 0.0, 0.0
	for i, c := range c {
		d := here[i] - there[i]
		sum, other = other, sum+c*(sigmaHere[i]*d)*(sigmaThere[i]*d)
	}
	return sum + other
}

// squaresBeside is squares next to underflow: there it is Σ c_ij (w_i ρ^{1/2} − w_j ρ^{−1/2})²,
// ρ = σ_j/σ_i.
func (op *Operator) squaresBeside(w, u, c []float64, r run) (sum float64) {
	for i := r.from; i < r.to; i++ {
		j := i + r.offset
		if op.Sigma[i] > normal && op.Sigma[j] > normal {
			d := u[i] - u[j]
			sum += c[i] * (op.Sigma[i] * d) * (op.Sigma[j] * d)
			continue
		}
		root := math.Sqrt(op.Ratio(i, j))
		d := w[i]*root - w[j]/root
		sum += c[i] * d * d
	}
	return sum
}

// Edges calls f for every pair of neighbours: the axis k along which they lie, i and the next cell
// j, and c_ij.
func (op *Operator) Edges(f func(k, i, j int, c float64)) {
	for k, coupling := range op.Coupling {
		for i, j := range op.pairs(k, next, 0, len(coupling)) {
			f(k, i, j, coupling[i])
		}
	}
}

// Faces returns the shape of the array of the faces across axis k: the grid's, with one more along
// the axis.
func (op *Operator) Faces(k int) []int {
	shape := slices.Clone(op.Shape)
	shape[k]++
	return shape
}

// Current stores the probability current through every face across axis k, in probability per unit
// of time and positive along the axis, in C order of the shape Faces(k). Between two cells it is
// T_ij (u_i − u_j) = c_ij (σ_j w_i − σ_i w_j); through an open end what is removed there, r_i σ_i
// w_i outwards; through a closed one 0. The first and the last face of a periodic axis are one.
func (op *Operator) Current(dst, w []float64, k int) {
	clear(dst)
	stride, n := op.Stride(k), op.Shape[k]
	below := func(i int) int { return i + i/(n*stride)*stride } // the face
	for i, j := range op.pairs(k, next, 0, len(w)) {
		current := 0.0
		if c := op.Coupling[k][i]; c != 0 {
			current = c * (op.Sigma[j]*w[i] - op.Sigma[i]*w[j])
		}
		dst[below(i)+stride] = current
		if j <= i {
			dst[below(j)] = current
		}
	}
	if op.Ends == nil {
		return
	}
	for side, rates := range op.Ends[k] {
		for line, r := range rates {
			i := op.endCell(k, side, line)
			current := r * op.Sigma[i] * w[i]
			if side == 0 {
				current = 0 - current
			}
			dst[below(i)+side*stride] = current
		}
	}
}

// Density stores ρ_i = P_i/volume_i, without forming a volume that is not representable.
func (op *Operator) Density(dst, w, logVolume []float64) {
	op.inRanges(func(first, last int) {
		dst, w := dst[first:last], w[first:last]
		for i, v := range w {
			dst[i] = math.Abs(op.Sigma[first+i] * v)
		}
		elementary.Log(dst, dst)
		floats.Sub(dst, logVolume[first:last])
		elementary.Exp(dst, dst, 1, 0)
		for i, v := range w {
			dst[i] = math.Copysign(dst[i], v)
		}
	})
}

// Invariant stores π normalised to mass 1 on the grid, as cell averages.
func (op *Operator) Invariant(dst, logVolume []float64) {
	for i, m := range op.LogM {
		dst[i] = math.Exp(m - op.LogZ - logVolume[i])
	}
}

// CSR returns S as a sparse matrix, with ascending columns in every row.
func (op *Operator) CSR() *sparse.CSR {
	n := op.Cells()
	first := make([]int, n+1) // of every row, with room for an entry an edge
	for i := range n {
		first[i+1] = 1
	}
	op.Edges(func(_, i, j int, _ float64) {
		first[i+1]++
		first[j+1]++
	})
	for i := range n {
		first[i+1] += first[i]
	}
	s := blas.SparseMatrix{I: n, J: n, Indptr: first, Ind: make([]int, first[n]),
		Data: make([]float64, first[n])}
	end := slices.Clone(first[:n])
	for i, d := range op.Diag {
		addTo(&s, end, i, i, d)
	}
	op.Edges(func(_, i, j int, c float64) {
		addTo(&s, end, i, j, 0-c)
		addTo(&s, end, j, i, 0-c)
	})
	nonzeros := 0
	for i, last := range end { // two cells on a periodic axis of two meet twice, in one entry
		size := copy(s.Ind[nonzeros:], s.Ind[first[i]:last])
		copy(s.Data[nonzeros:], s.Data[first[i]:last])
		first[i] = nonzeros
		nonzeros += size
	}
	first[n] = nonzeros
	return sparse.NewCSR(n, n, first, s.Ind[:nonzeros], s.Data[:nonzeros])
}

// addTo adds v to the entry (i, j) of a matrix whose row i ends, so far, before end[i].
func addTo(s *blas.SparseMatrix, end []int, i, j int, v float64) {
	at := end[i]
	for at > s.Indptr[i] && s.Ind[at-1] >= j {
		at--
	}
	if at < end[i] && s.Ind[at] == j {
		s.Data[at] += v
		return
	}
	copy(s.Ind[at+1:end[i]+1], s.Ind[at:end[i]])
	copy(s.Data[at+1:end[i]+1], s.Data[at:end[i]])
	s.Ind[at], s.Data[at] = j, v
	end[i]++
}
