package operators

import (
	"fmt"
	"math"

	"fpsgd/mesh"
)

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
