package operators

import (
	"maps"
	"math"
	"slices"

	"github.com/james-bowman/sparse"

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
	m := Measures{Mass: op.Mass(w), FreeEnergy: math.NaN()}
	u := make([]float64, len(w))
	op.inRanges(func(first, last int) { op.divideBySigma(u, w, first, last) })
	s := parallel.Reduce(len(w), op.threads, func(first, last int) tallies {
		return op.tally(w, u, logVolume, m.Mass, first, last)
	}, tallies.plus)
	m.MinDensity, m.NegativeMass = s.least, s.negative/s.size
	if !(s.negative > 0) {
		m.FreeEnergy = s.energy
	}
	m.Chi = math.Sqrt(s.deviation)
	m.LogNorm = math.Log(m.Mass*m.Chi) - op.LogZ/2
	m.LogWhole = math.Log(s.square)/2 - op.LogZ/2
	if !op.Conservative() {
		m.LogNorm = m.LogWhole
	}
	form := op.formOf(w, u)
	m.Dissipation = form * math.Exp(-op.LogZ)
	// Rounding w by a unit changes the form F by at most 2√(FN) + N, N = 2 unit² ⟨w, Dw⟩, D the
	// diagonal of S; and ‖v‖, v = w − mσ or w, by 2 unit ‖w‖.
	const unit = 4 * 0x1p-53 // of w, and of the differences
	n := 2 * unit * unit * s.rough
	m.Rayleigh = form / math.Exp(2*(m.LogNorm+op.LogZ/2))
	m.RayleighError = 2*math.Sqrt(n/form) + n/form + 4*unit*math.Exp(m.LogWhole-m.LogNorm)
	return m
}

// tallies are sums over cells: of max(−P, 0), |P|, (w/m − σ)², w², D w² and P log(P/Π); and the
// least density.
type tallies struct{ negative, size, deviation, square, rough, energy, least float64 }

func (s tallies) plus(t tallies) tallies {
	return tallies{
		s.negative + t.negative, s.size + t.size, s.deviation + t.deviation, s.square + t.square,
		s.rough + t.rough, s.energy + t.energy, math.Min(s.least, t.least),
	}
}

// tally adds up a leaf of cells.
func (op *Operator) tally(w, u, logVolume []float64, mass float64, first, last int) tallies {
	sigma, w, diag := op.Sigma[first:last], w[first:last], op.Diag[first:last]
	s := tallies{energy: freeEnergy(sigma, w, u[first:last]),
		least: leastDensity(sigma, w, logVolume[first:last])}
	for i, v := range w {
		p, d := sigma[i]*v, v/mass-sigma[i]
		s.negative += max(-p, 0)
		s.size += math.Abs(p)
		s.deviation += d * d
		s.square += v * v
		s.rough += diag[i] * v * v
	}
	return s
}

// freeEnergy returns Σ P log(P/Π), P = σw ≥ 0, Π = σ², over a leaf of a sum.
func freeEnergy(sigma, w, u []float64) (sum float64) {
	var leaf [parallel.Leaf]float64
	logU := leaf[:len(w)]
	elementary.Log(logU, u)
	for i, v := range w {
		if p := sigma[i] * v; p > 0 {
			sum += p * logU[i]
		}
	}
	return sum
}

// leastDensity returns min P_i/volume_i. Of positive ones it evaluates those alone that may be it
// by log P − 0.06 ≤ ℓ(P) ≤ log P, ℓ the piecewise linear function that the bits of P are (see
// powerBound).
func leastDensity(sigma, w, logVolume []float64) float64 {
	const normal, within = 0x1p-1022, 0.06
	linear := func(p float64) float64 {
		return math.Ln2 / (1 << 52) * (float64(math.Float64bits(p)) - 1023<<52)
	}
	least, leastLog := math.Inf(1), math.Inf(1)
	for i, v := range w {
		if p := sigma[i] * v; p >= normal {
			leastLog = min(leastLog, linear(p)-logVolume[i])
		} else {
			least = math.Min(least, density(p, logVolume[i]))
		}
	}
	if !(least > 0) {
		return least
	}
	for i, v := range w {
		if p := sigma[i] * v; p >= normal && linear(p)-logVolume[i] <= leastLog+within {
			least = math.Min(least, density(p, logVolume[i]))
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

// quadraticForm returns ⟨w, S w⟩ = Σ c_ij σ_i σ_j (u_i − u_j)² + Σ r_i w_i², u = w/σ, as a sum of
// squares.
func (op *Operator) quadraticForm(w []float64) float64 {
	u := make([]float64, len(w))
	op.inRanges(func(first, last int) { op.divideBySigma(u, w, first, last) })
	return op.formOf(w, u)
}

// formOf is quadraticForm of w and u = w/σ, by leaves of some hundred cells that are worth finding
// their neighbours.
func (op *Operator) formOf(w, u []float64) float64 {
	const block = 8
	blocks := (len(w) + block - 1) / block
	return parallel.Pairwise(blocks, op.threads, func(first, last int) float64 {
		first, last = block*first, min(block*last, len(w))
		sum := 0.0
		for k, coupling := range op.Coupling {
			for r := range op.runs(k, next, first, last) {
				sum = op.addSquares(sum, w, u, coupling[r.from:], r)
			}
		}
		if !op.Conservative() {
			for i := first; i < last; i++ {
				sum += op.Removal[i] * w[i] * w[i]
			}
		}
		return sum
	})
}

// addSquares adds c_ij σ_i σ_j (u_i − u_j)² over a run of cells; where σ is next to underflow, that
// is of w_i ρ^{1/2} − w_j ρ^{−1/2}, ρ = σ_j/σ_i.
func (op *Operator) addSquares(sum float64, w, u, c []float64, r run) float64 {
	n, j := r.to-r.from, r.from+r.offset
	here, there := u[r.from:][:n], u[j:][:n]
	sigmaHere, sigmaThere := op.Sigma[r.from:][:n], op.Sigma[j:][:n]
	for i, c := range c[:n] {
		if sigmaHere[i] > normal && sigmaThere[i] > normal {
			d := here[i] - there[i]
			sum += c * (sigmaHere[i] * d) * (sigmaThere[i] * d)
			continue
		}
		root := math.Sqrt(op.Ratio(r.from+i, j+i))
		d := w[r.from+i]*root - w[j+i]/root
		sum += c * d * d
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

// Density stores ρ_i = P_i/volume_i.
func (op *Operator) Density(dst, w, logVolume []float64) {
	for i, v := range w {
		dst[i] = density(op.Sigma[i]*v, logVolume[i])
	}
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
	rows := make([]map[int]float64, n)
	for i, d := range op.Diag {
		rows[i] = map[int]float64{i: d}
	}
	op.Edges(func(_, i, j int, c float64) { // two cells on a periodic axis of two meet twice
		rows[i][j] -= c
		rows[j][i] -= c
	})
	indptr, indices, data := make([]int, 1, n+1), []int{}, []float64{}
	for _, row := range rows {
		for _, j := range slices.Sorted(maps.Keys(row)) {
			indices, data = append(indices, j), append(data, row[j])
		}
		indptr = append(indptr, len(indices))
	}
	return sparse.NewCSR(n, n, indptr, indices, data)
}
