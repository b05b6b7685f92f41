package operators

import (
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// largestRate bounds what the entries of S may be, so that no product in a solver overflows.
const largestRate = 1e150

var (
	logLargestRate = math.Log(largestRate)
	logSmallest    = math.Log(0x1p-1022) // below which c_ij lacks digits that c_ij σ_j/σ_i shows
	logLargestJump = math.Log(1e300)     // of σ_j/σ_i
)

// finish turns the log-conductances in Coupling into those of S, forms σ and the diagonal, and refuses a grid on which
// they are not representable.
func (op *Operator) finish(g *mesh.Grid) error {
	op.LogZ = logSum(op.LogM, op.threads)
	if math.IsNaN(op.LogZ) || math.IsInf(op.LogZ, 0) {
		return fmt.Errorf("the total mass of π on the grid is not representable (log Z = %g)", op.LogZ)
	}
	var failed atomic.Bool
	op.inRanges(func(first, last int) {
		if !op.divideByMasses(first, last) {
			failed.Store(true)
		}
	})
	if failed.Load() {
		return op.unresolved(g)
	}
	for i, r := range op.Removal {
		if !(r < largestRate) {
			return fmt.Errorf("cell %s: the rate through an open end is not representable (%g); use larger cells there", where(g, i), r)
		}
	}
	op.inRanges(op.exponentiate)
	op.inRanges(op.sumDiagonal)
	return nil
}

// inRanges calls work for ranges of the cells, all at the same time.
func (op *Operator) inRanges(work func(first, last int)) {
	parallel.Ranges(op.threads, len(op.LogM), func(first, last int) error { work(first, last); return nil })
}

// divideByMasses turns log T_ij into log c_ij = log T_ij − (log M_i + log M_j)/2 for i in [first, last) and reports whether
// all are representable.
func (op *Operator) divideByMasses(first, last int) bool {
	ok := true
	for k, coupling := range op.Coupling {
		op.eachRun(k, first, last, func(i0, i1, ahead int) {
			for i := i0; i < i1; i++ {
				j := i + ahead
				coupling[i] -= (op.LogM[i] + op.LogM[j]) / 2
				ok = ok && op.representable(coupling[i], i, j)
			}
		})
	}
	return ok
}

// representable reports whether c_ij, σ_j/σ_i and the rates c_ij σ_j/σ_i and c_ij σ_i/σ_j are.
func (op *Operator) representable(logC float64, i, j int) bool {
	jump := math.Abs(op.LogM[i]-op.LogM[j]) / 2
	return logC+jump < logLargestRate && logC > logSmallest && jump < logLargestJump
}

// exponentiate forms c_ij and σ_i from their logarithms for i in [first, last).
func (op *Operator) exponentiate(first, last int) {
	for _, coupling := range op.Coupling {
		for i, logC := range coupling[first:last] {
			coupling[first+i] = math.Exp(logC) // 0 where there is no next cell
		}
	}
	for i := first; i < last; i++ {
		op.Sigma[i] = math.Exp((op.LogM[i] - op.LogZ) / 2)
	}
}

// sumDiagonal forms S_ii = Σ_j c_ij σ_j/σ_i + r_i for i in [first, last).
func (op *Operator) sumDiagonal(first, last int) {
	for k, coupling := range op.Coupling {
		op.eachRun(k, first, last, func(i0, i1, ahead int) {
			for i := i0; i < i1; i++ {
				op.Diag[i] += coupling[i] * op.Ratio(i, i+ahead)
			}
		})
		op.eachRunBack(k, first, last, func(i0, i1, behind int) {
			for i := i0; i < i1; i++ {
				op.Diag[i] += coupling[i-behind] * op.Ratio(i, i-behind)
			}
		})
	}
	if op.Removal == nil {
		return
	}
	for i, r := range op.Removal[first:last] {
		op.Diag[first+i] += r
	}
}

// eachRun calls f for the runs [i0, i1) of cells in [first, last) that have a next cell along axis k, which is i + ahead for
// every cell i of the run. The runs ascend.
func (op *Operator) eachRun(k, first, last int, f func(i0, i1, ahead int)) {
	n, stride := op.Shape[k], op.Stride(k)
	turn := (n - 1) * stride // from the first cell of a line to the last
	for start := first - first%(n*stride); start < last; start += n * stride {
		if i0, i1 := max(first, start), min(last, start+turn); i0 < i1 {
			f(i0, i1, stride)
		}
		if i0, i1 := max(first, start+turn), min(last, start+n*stride); i0 < i1 && op.Periodic[k] {
			f(i0, i1, -turn)
		}
	}
}

// eachRunBack is eachRun for the cells that have one before them, which is i − behind.
func (op *Operator) eachRunBack(k, first, last int, f func(i0, i1, behind int)) {
	n, stride := op.Shape[k], op.Stride(k)
	turn := (n - 1) * stride
	for start := first - first%(n*stride); start < last; start += n * stride {
		if i0, i1 := max(first, start), min(last, start+stride); i0 < i1 && op.Periodic[k] {
			f(i0, i1, -turn)
		}
		if i0, i1 := max(first, start+stride), min(last, start+n*stride); i0 < i1 {
			f(i0, i1, stride)
		}
	}
}

// Next returns the cell after cell i along axis k, on which i has position at; −1 if there is none.
func (op *Operator) Next(k, i, at int) int {
	n, stride := op.Shape[k], op.Stride(k)
	switch {
	case at < n-1:
		return i + stride
	case op.Periodic[k]:
		return i - at*stride
	}
	return -1
}

// largestJump is how far log π may change from cell to cell for a finer grid to be the remedy where rates overflow.
const largestJump = 100

// unresolved explains why the coupling of two cells, of which Coupling holds the logarithm, cannot be represented, and which
// grid would do.
func (op *Operator) unresolved(g *mesh.Grid) error {
	for k, coupling := range op.Coupling {
		var err error
		op.eachRun(k, 0, len(coupling), func(i0, i1, ahead int) {
			for i := i0; i < i1 && err == nil; i++ {
				if !op.representable(coupling[i], i, i+ahead) {
					err = op.unresolvedEdge(g, k, i, i+ahead)
				}
			}
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (op *Operator) unresolvedEdge(g *mesh.Grid, k, i, j int) error {
	jump, logC := math.Abs(op.LogM[j]-op.LogM[i]), op.Coupling[k][i]
	reason := ""
	switch {
	case math.IsNaN(jump), math.IsNaN(logC):
		return fmt.Errorf("the weights are not a number (NaN) in cell %s or %s, or between them: correct f, or the weights", where(g, i), where(g, j))
	case logC <= logSmallest:
		reason = fmt.Sprintf("π falls so low between them that their exchange e^%.0f underflows: %s", logC, finer(g, k, -logC))
	case jump > largestJump && !op.tooFast():
		reason = fmt.Sprintf("π changes by a factor e^%.0f from one to the other: %s", jump, finer(g, k, jump))
	default:
		reason = fmt.Sprintf("the rates of the equation, of the size e^%.0f, exceed what can be computed with on any grid: "+
			"scale f down, or keep the grid away from where it is so large", logC)
	}
	return fmt.Errorf("cells %s and %s exchange mass at a rate that is not representable: %s", where(g, i), where(g, j), reason)
}

// tooFast reports whether the rates, of which Coupling holds the logarithms, are too large even where π hardly changes from
// cell to cell, so that no finer grid would help.
func (op *Operator) tooFast() bool {
	found := false
	for k, coupling := range op.Coupling {
		op.eachRun(k, 0, len(coupling), func(i0, i1, ahead int) {
			for i := i0; i < i1; i++ {
				found = found || coupling[i] > logLargestRate && math.Abs(op.LogM[i+ahead]-op.LogM[i]) <= largestJump
			}
		})
	}
	return found
}

// resolvedJump is the change of log π from cell to cell that the advice on finer grids aims at, and mostCells the largest
// number of cells it gives.
const (
	resolvedJump = 50
	mostCells    = 1e7
)

// finer says how many cells axis k needs for a change of log π by jump over a cell to become harmless.
func finer(g *mesh.Grid, k int, jump float64) string {
	axis := &g.Axes[k]
	cells := math.Ceil(float64(axis.Cells()) * jump / resolvedJump)
	if cells > mostCells {
		return fmt.Sprintf("no grid resolves that; make ε larger or axis %s shorter", axis.Name)
	}
	return fmt.Sprintf("use at least %.0f cells on axis %s, or a spacing that is finer there", cells, axis.Name)
}

// where names a cell by its midpoint.
func where(g *mesh.Grid, i int) string {
	pos := make([]int, len(g.Axes))
	g.Index(pos, i)
	var at []string
	for k := range pos {
		a := &g.Axes[k]
		if a.Log {
			at = append(at, fmt.Sprintf("log %s = %.6g", a.Name, a.Midpoint(pos[k])))
		} else {
			at = append(at, fmt.Sprintf("%s = %.6g", a.Name, a.Midpoint(pos[k])))
		}
	}
	return "(" + strings.Join(at, ", ") + ")"
}

// logSum returns log Σ e^{x_i}.
func logSum(x []float64, threads int) float64 {
	_, top := extent(x)
	if math.IsInf(top, 0) {
		return top
	}
	return top + math.Log(parallel.Pairwise(len(x), threads, func(first, last int) float64 {
		sum := 0.0
		for _, v := range x[first:last] {
			sum += math.Exp(v - top)
		}
		return sum
	}))
}
