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
			c := math.Exp(logT - (op.LogM[i]+op.LogM[j])/2)
			up, down := c*op.Ratio(i, j), c*op.Ratio(j, i)
			if !(up < largestRate) || !(down < largestRate) || c == 0 {
				return op.unresolved(g, k, i, j)
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

// unresolved explains why the coupling of two cells cannot be represented, and which grid would do.
func (op *Operator) unresolved(g *mesh.Grid, k, i, j int) error {
	jump := math.Abs(op.LogM[j] - op.LogM[i])
	advice := "the rates of the equation themselves exceed what can be computed with: use a larger f or smaller ε, or keep the grid away"
	if jump > 100 {
		cells := math.Ceil(float64(op.Shape[k]) * jump / 50)
		advice = fmt.Sprintf("π changes by a factor e^%.0f from one to the other: use at least %.0f cells on axis %s, "+
			"or a spacing that is finer there", jump, cells, g.Axes[k].Name)
	}
	return fmt.Errorf("cells %s and %s: their exchange is not representable in floating point; %s", where(g, i), where(g, j), advice)
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
