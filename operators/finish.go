package operators

import (
	"fmt"
	"iter"
	"math"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"
)

// largestRate bounds what the entries of S may be, so that no product in a solver overflows.
const largestRate = 1e150

var (
	logLargestRate = math.Log(largestRate)
	logSmallest    = math.Log(0x1p-1022) // below it c_ij lacks digits that c_ij σ_j/σ_i shows
	logLargestJump = math.Log(1e300)     // of σ_j/σ_i
)

// finish turns the log-conductances in Coupling into those of S, forms σ and the diagonal, and
// refuses a grid on which they are not representable.
func (op *Operator) finish(g *mesh.Grid) error {
	op.LogZ = LogSum(op.LogM, op.threads)
	if math.IsNaN(op.LogZ) || math.IsInf(op.LogZ, 0) {
		return fmt.Errorf("the total mass of π on the grid is not representable (log Z = %g)",
			op.LogZ)
	}
	op.inRanges(op.divideByMasses)
	if err := op.checkRates(g); err != nil {
		return err
	}
	for i, r := range op.Removal {
		if !(r < largestRate) {
			return fmt.Errorf("cell %s: the rate through an open end is not representable (%g); "+
				"use larger cells there", where(g, i), r)
		}
	}
	op.inRanges(op.exponentiate)
	op.inRanges(op.sumDiagonal)
	return nil
}

// inRanges calls work for ranges of the cells, all at the same time.
func (op *Operator) inRanges(work func(first, last int)) {
	parallel.Ranges(op.threads, len(op.LogM), func(first, last int) error {
		work(first, last)
		return nil
	})
}

// divideByMasses turns log T_ij into log c_ij = log T_ij − (log M_i + log M_j)/2 for i in
// [first, last).
func (op *Operator) divideByMasses(first, last int) {
	for k, coupling := range op.Coupling {
		for i, j := range op.pairs(k, next, first, last) {
			coupling[i] -= (op.LogM[i] + op.LogM[j]) / 2
		}
	}
}

// representable reports whether c_ij, σ_j/σ_i and the rates c_ij σ_j/σ_i and c_ij σ_i/σ_j are.
func (op *Operator) representable(logC float64, i, j int) bool {
	jump := math.Abs(op.LogM[i]-op.LogM[j]) / 2
	return logC+jump < logLargestRate && logC > logSmallest && jump < logLargestJump
}

// exponentiate forms c_ij and σ_i from their logarithms for i in [first, last).
func (op *Operator) exponentiate(first, last int) {
	for _, coupling := range op.Coupling {
		c := coupling[first:last]
		elementary.Exp(c, c, 1, 0) // 0 where there is no next cell
	}
	sigma := op.Sigma[first:last]
	for i, logM := range op.LogM[first:last] {
		sigma[i] = (logM - op.LogZ) / 2
	}
	elementary.Exp(sigma, sigma, 1, 0)
}

// The two neighbours of a cell along an axis.
const (
	before = iota
	next
)

// run is a run [from, to) of cells of which every one, i, has the neighbour i + offset.
type run struct{ from, to, offset int }

// runs are those of the cells in [first, last) that have a neighbour before or next along axis k,
// in ascending order.
func (op *Operator) runs(k, neighbour, first, last int) iter.Seq[run] {
	stride := op.Stride(k)
	line := op.Shape[k] * stride
	turn := line - stride // from the first cell of a line to the last
	ofLine := [2]run{{0, stride, turn}, {stride, line, -stride}}
	if neighbour == next {
		ofLine = [2]run{{0, turn, stride}, {turn, line, -turn}}
	}
	return func(yield func(run) bool) {
		for start := first - first%line; start < last; start += line {
			for n, r := range ofLine {
				r.from, r.to = max(first, start+r.from), min(last, start+r.to)
				if r.from < r.to && (n != neighbour || op.Periodic[k]) && !yield(r) {
					return
				}
			}
		}
	}
}

// pairs are the cells i in [first, last) that have a neighbour j before or next along axis k.
func (op *Operator) pairs(k, neighbour, first, last int) iter.Seq2[int, int] {
	return func(yield func(i, j int) bool) {
		for r := range op.runs(k, neighbour, first, last) {
			for i := r.from; i < r.to; i++ {
				if !yield(i, i+r.offset) {
					return
				}
			}
		}
	}
}

// LogSum returns log Σ e^{x_i}, of numbers of which some may be −Inf.
func LogSum(x []float64, threads int) float64 {
	_, top := extent(x)
	if math.IsInf(top, 0) {
		return top
	}
	relative := func(i int) float64 { return math.Exp(x[i] - top) }
	return top + math.Log(sumOf(len(x), threads, relative))
}

// sumOf returns the pairwise sum of n terms.
func sumOf(n, threads int, term func(i int) float64) float64 {
	return parallel.Pairwise(n, threads, func(first, last int) float64 {
		sum := 0.0
		for i := first; i < last; i++ {
			sum += term(i)
		}
		return sum
	})
}

// largestJump is how far log π may change from cell to cell for a finer grid to be the remedy where
// rates overflow.
const largestJump = 100

// checkRates refuses couplings, of which Coupling holds the logarithms, that cannot be represented:
// it explains why one cannot, and which grid would do.
func (op *Operator) checkRates(g *mesh.Grid) error {
	var err error
	op.Edges(func(k, i, j int, logC float64) {
		if err == nil && !op.representable(logC, i, j) {
			err = op.unresolvedEdge(g, k, i, j)
		}
	})
	return err
}

func (op *Operator) unresolvedEdge(g *mesh.Grid, k, i, j int) error {
	jump, logC := math.Abs(op.LogM[j]-op.LogM[i]), op.Coupling[k][i]
	reason := ""
	switch {
	case math.IsNaN(jump), math.IsNaN(logC):
		return fmt.Errorf("the weights are not a number (NaN) in cell %s or %s, or between them: "+
			"correct f, or the weights", where(g, i), where(g, j))
	case logC <= logSmallest:
		reason = fmt.Sprintf("π falls so low between them that "+
			"their exchange e^%.0f underflows: %s", logC, finer(g, k, -logC))
	case jump > largestJump && !op.tooFast():
		reason = fmt.Sprintf("π changes by a factor e^%.0f from one to the other: %s",
			jump, finer(g, k, jump))
	default:
		reason = fmt.Sprintf("the rates of the equation, of the size e^%.0f, "+
			"exceed what can be computed with on any grid: "+
			"scale f down, or keep the grid away from where it is so large", logC)
	}
	return fmt.Errorf("cells %s and %s exchange mass at a rate that is not representable: %s",
		where(g, i), where(g, j), reason)
}

// tooFast reports whether the rates, of which Coupling holds the logarithms, are too large even
// where π hardly changes from cell to cell, so that no finer grid would help.
func (op *Operator) tooFast() bool {
	found := false
	op.Edges(func(_, i, j int, logC float64) {
		jump := math.Abs(op.LogM[j] - op.LogM[i])
		found = found || logC > logLargestRate && jump <= largestJump
	})
	return found
}

// resolvedJump is the change of log π from cell to cell that the advice on finer grids aims at, and
// mostCells the largest number of cells it gives.
const (
	resolvedJump = 50
	mostCells    = 1e7
)

// finer says how many cells axis k needs for a change of log π by jump over a cell to become
// harmless.
func finer(g *mesh.Grid, k int, jump float64) string {
	axis := &g.Axes[k]
	cells := math.Ceil(float64(axis.Cells()) * jump / resolvedJump)
	if cells > mostCells {
		return fmt.Sprintf("no grid resolves that; make ε larger or axis %s shorter", axis.Name)
	}
	return fmt.Sprintf("use at least %.0f cells on axis %s, or a spacing that is finer there",
		cells, axis.Name)
}
