package operators

import (
	"fmt"
	"math"
	"strings"

	"fpsgd/mesh"
)

// largestRate bounds what the entries of S may be, so that no product in a solver overflows.
const largestRate = 1e150

// finish turns the log-conductances in Coupling into those of S, forms σ and the diagonal, and refuses a grid on which
// they are not representable.
func (op *Operator) finish(g *mesh.Grid) error {
	op.LogZ = logSum(op.LogM)
	if math.IsNaN(op.LogZ) || math.IsInf(op.LogZ, 0) {
		return fmt.Errorf("the total mass of π on the grid is not representable (log Z = %g)", op.LogZ)
	}
	for i, m := range op.LogM {
		op.Sigma[i] = math.Exp((m - op.LogZ) / 2)
	}
	pos := make([]int, len(op.Shape))
	for k, coupling := range op.Coupling {
		for i, logT := range coupling {
			g.Index(pos, i)
			j := op.Next(k, i, pos[k])
			if j < 0 {
				coupling[i] = 0
				continue
			}
			logC := logT - (op.LogM[i]+op.LogM[j])/2
			c := math.Exp(logC)
			up, down := c*op.Ratio(i, j), c*op.Ratio(j, i)
			if !(up < largestRate) || !(down < largestRate) || c == 0 {
				return op.unresolved(g, k, i, j, logC)
			}
			coupling[i] = c
			op.Diag[i] += up
			op.Diag[j] += down
		}
	}
	for i, r := range op.Removal {
		if !(r < largestRate) {
			return fmt.Errorf("cell %s: the rate through an open end is not representable (%g); use larger cells there", where(g, i), r)
		}
		op.Diag[i] += r
	}
	return nil
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

// unresolved explains why the coupling e^logC of two cells cannot be represented, and which grid would do.
func (op *Operator) unresolved(g *mesh.Grid, k, i, j int, logC float64) error {
	jump := math.Abs(op.LogM[j] - op.LogM[i])
	reason := ""
	switch {
	case math.Exp(logC) == 0:
		reason = fmt.Sprintf("π falls so low between them that their exchange e^%.0f underflows: %s", logC, finer(g, k, -logC))
	case jump > largestJump && !op.tooFast(g):
		reason = fmt.Sprintf("π changes by a factor e^%.0f from one to the other: %s", jump, finer(g, k, jump))
	default:
		reason = fmt.Sprintf("the rates of the equation, of the size e^%.0f, exceed what can be computed with on any grid: "+
			"scale f down, or keep the grid away from where it is so large", logC)
	}
	return fmt.Errorf("cells %s and %s exchange mass at a rate that is not representable: %s", where(g, i), where(g, j), reason)
}

// tooFast reports whether the rates are too large even where π hardly changes from cell to cell, so that no finer grid would
// help. The couplings from the first failing one on still hold log T, the others c.
func (op *Operator) tooFast(g *mesh.Grid) bool {
	pos := make([]int, len(op.Shape))
	for k, coupling := range op.Coupling {
		for i, logT := range coupling {
			g.Index(pos, i)
			j := op.Next(k, i, pos[k])
			if j < 0 || math.Abs(op.LogM[j]-op.LogM[i]) > largestJump {
				continue
			}
			if logT-(op.LogM[i]+op.LogM[j])/2 > math.Log(largestRate) {
				return true
			}
		}
	}
	return false
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
func logSum(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		top = math.Max(top, v)
	}
	if math.IsInf(top, 0) {
		return top
	}
	sum := 0.0
	for _, v := range x {
		sum += math.Exp(v - top)
	}
	return top + math.Log(sum)
}
