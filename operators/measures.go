package operators

import (
	"math"

	"github.com/james-bowman/sparse"
)

// Measures are the scalar observables of a state w = P/σ; m = Σ P is its mass and Π = σ² the invariant probabilities.
type Measures struct {
	Mass         float64 // Σ P_i
	MinDensity   float64 // min P_i/volume_i
	NegativeMass float64 // Σ max(−P_i, 0)/Σ|P_i|
	Chi          float64 // (Σ (P_i/m − Π_i)²/Π_i)^{1/2} = ‖w/m − σ‖
	LogNorm      float64 // log ‖u−⟨u⟩‖ = log(m χ) − (log Z)/2, or of ‖u‖ where mass is removed
	Dissipation  float64 // Σ T_ij (u_i−u_j)² + Σ R_i u_i², with u = ρ/π, π unnormalised
	FreeEnergy   float64 // Σ P log(P/Π); NaN if a cell is negative
}

// Measure returns the observables of w on cells of the given log-volumes.
func (op *Operator) Measure(w, logVolume []float64) Measures {
	m := Measures{Mass: op.Mass(w), MinDensity: math.Inf(1)}
	negative, total, norm2, deviation2 := 0.0, 0.0, 0.0, 0.0
	for i, v := range w {
		p := op.Sigma[i] * v
		m.MinDensity = math.Min(m.MinDensity, density(p, logVolume[i]))
		total += math.Abs(p)
		negative += math.Max(-p, 0)
		norm2 += v * v
		d := v/m.Mass - op.Sigma[i]
		deviation2 += d * d
		if p > 0 {
			m.FreeEnergy += p * math.Log(v/op.Sigma[i])
		}
	}
	if m.NegativeMass = negative / total; negative > 0 {
		m.FreeEnergy = math.NaN()
	}
	m.Chi = math.Sqrt(deviation2)
	m.LogNorm = math.Log(m.Mass*m.Chi) - op.LogZ/2
	if !op.Conservative() {
		m.LogNorm = math.Log(norm2)/2 - op.LogZ/2
	}
	m.Dissipation = op.quadraticForm(w) * math.Exp(-op.LogZ)
	return m
}

// density returns P/volume without forming a volume that is not representable.
func density(p, logVolume float64) float64 {
	if p == 0 {
		return 0
	}
	return math.Copysign(math.Exp(math.Log(math.Abs(p))-logVolume), p)
}

// Mass returns Σ P_i = ⟨w, σ⟩.
func (op *Operator) Mass(w []float64) float64 {
	return pairwise(len(w), func(i int) float64 { return op.Sigma[i] * w[i] })
}

// pairwise adds f(0), …, f(n−1) with an error that grows like log n.
func pairwise(n int, f func(int) float64) float64 {
	const leaf = 64
	var sum func(lo, hi int) float64
	sum = func(lo, hi int) float64 {
		if hi-lo <= leaf {
			s := 0.0
			for i := lo; i < hi; i++ {
				s += f(i)
			}
			return s
		}
		mid := lo + (hi-lo)/2
		return sum(lo, mid) + sum(mid, hi)
	}
	return sum(0, n)
}

// quadraticForm returns ⟨w, S w⟩ = Σ c_ij (w_i ρ^{1/2} − w_j ρ^{−1/2})² + Σ r_i w_i², ρ = σ_j/σ_i, as a sum of squares.
func (op *Operator) quadraticForm(w []float64) float64 {
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

// Edges calls f for every pair of neighbours: the axis k along which they lie, i and the next cell j, and c_ij.
func (op *Operator) Edges(f func(k, i, j int, c float64)) {
	for k, coupling := range op.Coupling {
		stride, n := op.Stride(k), op.Shape[k]
		for i, c := range coupling {
			if c != 0 {
				f(k, i, op.Next(k, i, i/stride%n), c)
			}
		}
	}
}

// Outflow returns the rate Σ R_i u_i at which mass is removed.
func (op *Operator) Outflow(w []float64) float64 {
	if op.Conservative() {
		return 0
	}
	return pairwise(len(w), func(i int) float64 { return op.Removal[i] * op.Sigma[i] * w[i] })
}

// Current stores the probability current along axis k through the upper face of every cell, T_ij (u_i − u_j) =
// c_ij (σ_j w_i − σ_i w_j), in probability per unit of time.
func (op *Operator) Current(dst, w []float64, k int) {
	stride, n := op.Stride(k), op.Shape[k]
	for i, c := range op.Coupling[k] {
		dst[i] = 0
		if c != 0 {
			j := op.Next(k, i, i/stride%n)
			dst[i] = c * (op.Sigma[j]*w[i] - op.Sigma[i]*w[j])
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
	type entry struct {
		col int
		v   float64
	}
	rows := make([][]entry, n)
	for i, d := range op.Diag {
		rows[i] = append(rows[i], entry{i, d})
	}
	insert := func(i, j int, v float64) {
		r := append(rows[i], entry{j, v})
		for t := len(r) - 1; t > 0 && r[t].col < r[t-1].col; t-- {
			r[t], r[t-1] = r[t-1], r[t]
		}
		rows[i] = r
	}
	op.Edges(func(_, i, j int, c float64) {
		insert(i, j, -c)
		insert(j, i, -c)
	})
	indptr, indices, data := make([]int, 1, n+1), []int{}, []float64{}
	for _, r := range rows {
		for _, e := range r {
			if t := len(indices) - 1; len(indices) > indptr[len(indptr)-1] && indices[t] == e.col {
				data[t] += e.v // two cells on a periodic axis of two meet twice
				continue
			}
			indices = append(indices, e.col)
			data = append(data, e.v)
		}
		indptr = append(indptr, len(indices))
	}
	return sparse.NewCSR(n, n, indptr, indices, data)
}
