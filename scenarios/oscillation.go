package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
)

// oscillation tells that f has features below the grid's scale nearly everywhere along an axis, of
// which a search finds a part. On such a grid the cells average over f. The rates are right, as
// those of the averaged problem, if masses and conductances are the integrals of f, which the
// quadrature has to tell: features that it was not handed must not be missed for want of boxes.
type oscillation struct {
	axis     string
	features int
	cells    int // along the axis with a feature that is narrow along it
	of       int
	narrow   float64 // the least width
	remedy   string  // which cells would do
	resolved string  // to what the quadrature resolved it; empty before an assembly
}

const (
	fewFeatures = 64   // that are not called an oscillation
	fewCells    = 0.1  // of those along an axis
	resolvedTo  = 1e-3 // the relative error of a conductance up to which one counts as resolved
)

// oscillates counts the cells along every axis that hold features narrower than a cell along it: a
// valley along an axis has many features in one, and is no oscillation.
func (e *explorer) oscillates() *oscillation {
	for k := range e.Grid.Axes {
		var narrow []operators.Feature
		cells := map[int]bool{}
		for _, f := range e.Features {
			if f.Width[k] < e.cellSize(k, f.At[k]) {
				narrow = append(narrow, f)
				cells[e.cell(k, f.At[k])] = true
			}
		}
		a := &e.Grid.Axes[k]
		if len(narrow) <= fewFeatures || float64(len(cells)) <= fewCells*float64(a.Cells()) {
			continue
		}
		f := slices.MinFunc(narrow, func(f, g operators.Feature) int {
			return cmp.Compare(f.Width[k], g.Width[k])
		})
		return &oscillation{axis: axisLabel(a), features: len(narrow), cells: len(cells),
			of: a.Cells(), narrow: f.Width[k],
			remedy: fmt.Sprintf("the narrowest found has a width of %.2g; %s",
				f.Width[k], e.remedy(k, f))}
	}
	return nil
}

// String says where f oscillates.
func (o *oscillation) String() string {
	return fmt.Sprintf("f oscillates below the grid's scale: %d minima and barriers or more, in "+
		"%d of %d cells along %s", o.features, o.cells, o.of, o.axis)
}

// unresolved is the error about an oscillation.
func (o *oscillation) unresolved(why string) error {
	return landscapeError{fmt.Errorf("%v, and %s: %s, or give f averaged over its oscillation",
		o, why, o.remedy)}
}

// judge holds an assembly against the search: an oscillation is resolved only if every conductance
// is and, on one axis, every mass is that of a midpoint rule, as an estimate from the nodes of a
// quadrature does not tell what lies between them.
func (s *Scenario) judge(found *Search, op *operators.Operator) error {
	o := found.oscillation
	if o == nil {
		return nil
	}
	if err := s.holdMasses(o, op); err != nil {
		return err
	}
	if !(op.ConductanceError <= resolvedTo) {
		return o.unresolved(fmt.Sprintf("the quadrature leaves a conductance with a relative "+
			"error of %.1g", min(1, op.ConductanceError)))
	}
	o.resolved = fmt.Sprintf(", which resolved it: the mass of the grid is known to %.0e, each "+
		"conductance to %.0e, relatively, and the rates are those of what the cells average",
		op.MassError, max(op.ConductanceError, conductanceFloor))
	return nil
}

// holdMasses compares the masses of the cells of a line with those of a midpoint rule of 64 nodes
// to the least width.
func (s *Scenario) holdMasses(o *oscillation, op *operators.Operator) error {
	const nodes, most = 64, 1 << 18
	if len(s.Grid.Axes) > 1 {
		return nil
	}
	e, axis := newExplorer(s), &s.Grid.Axes[0]
	for i, lo := range axis.Faces[:axis.Cells()] {
		size := axis.Faces[i+1] - lo
		n := int(min(nodes*math.Ceil(size/o.narrow), most))
		off := math.Abs(math.Expm1(op.LogM[i] - e.midpointMass(lo, size, n)))
		if !(off <= resolvedTo) {
			return o.unresolved(fmt.Sprintf(
				"the mass of the cell at %s = %.6g is off by %.1g of it", o.axis, lo+size/2, off))
		}
	}
	return nil
}

// midpointMass is the logarithm of the mass of an interval of the only axis by the midpoint rule.
func (e *explorer) midpointMass(lo, size float64, n int) float64 {
	q := make([]float64, n)
	for i := range q {
		q[i] = lo + size*(float64(i)+0.5)/float64(n)
	}
	values := e.logPi([][]float64{q})
	for i := range values {
		values[i] += e.Grid.LogJ(0, q[i])
	}
	top, sum := slices.Max(values), 0.0
	for _, v := range values {
		sum += math.Exp(v - top)
	}
	return math.Log(sum*size/float64(n)) + top
}

// conductanceFloor is the error of a conductance that is not reported, as its tolerance is met.
const conductanceFloor = 1e-12
