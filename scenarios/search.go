package scenarios

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"fpsgd/mesh"
	"fpsgd/operators"

	"gonum.org/v1/gonum/floats"
)

// Search is what was done to find what f does between the nodes of the quadrature, and what was
// found.
type Search struct {
	Features []operators.Feature // minima and barriers of f that the nodes do not show

	how    string // what was searched for and by which means
	cells  int    // of the grid
	open   int    // those on which bounds were not conclusive
	probes int    // places looked at there
	first  string // of the features, for people

	oscillation *oscillation // nil where features are few
}

// Noteworthy reports whether something was found or left open.
func (s *Search) Noteworthy() bool { return len(s.Features) > 0 || s.open > 0 }

// String says what was searched and what was found.
func (s *Search) String() string {
	text := s.how
	switch {
	case s.open > 0:
		text += fmt.Sprintf("; bounds were not conclusive on %d of %d cells", s.open, s.cells)
		if len(s.Features) == 0 && s.probes > 0 {
			text += fmt.Sprintf(", where %d places looked at showed nothing", s.probes)
		}
	case s.cells == 0 && s.probes > 0 && len(s.Features) == 0:
		text += ": none is narrower than the distance of the nodes"
	case s.cells > 0:
		text += fmt.Sprintf(" on all %d cells, none left out", s.cells)
	}
	switch n := len(s.Features); {
	case s.oscillation != nil:
		text += fmt.Sprintf("; %v, the first at %s: handed to the quadrature%s",
			s.oscillation, s.first, s.oscillation.resolved)
	case n == 1:
		text += fmt.Sprintf("; 1 found at %s: handed to the quadrature", s.first)
	case n > 1:
		text += fmt.Sprintf("; %d found or more, the first at %s: handed to the quadrature",
			n, s.first)
	}
	return text
}

// Searched looks for minima and barriers of f below the grid's scale, once. An error is about one
// that cannot be resolved, or about a place where f is no loss.
func (s *Scenario) Searched() (*Search, error) {
	if s.searched == nil && s.searchError == nil {
		s.searched, s.searchError = s.search()
	}
	return s.searched, s.searchError
}

func (s *Scenario) search() (*Search, error) {
	e := newExplorer(s)
	switch l := s.Landscape.(type) {
	case *formulaLandscape:
		if f, ok := l.Normal(ring(s.Grid.Coordinates)); ok && len(s.Grid.Axes) > 2 {
			_, polynomial := f.Polynomial(s.Grid.Coordinates.Components())
			if polynomial && f.Degree() <= visibleDegree {
				e.how = "f is a polynomial, which nodes do not miss; its minima were " +
					"searched by descent from cells lower than their neighbours"
				return e.Search, e.descend()
			}
		}
		e.how = "f was searched for minima and barriers below the grid's scale by " +
			"interval bounds"
		e.cells = s.Grid.Cells()
		return e.Search, e.explore(l)
	case *builtin:
		e.how = "the minima of f are known"
		if l.minima == nil {
			e.how = "f is known to have no minima"
			return e.Search, nil
		}
		return e.Search, e.inspect(l.minima(s.Grid))
	}
	e.how = "not searched: f is given by a file, and is what the file says, log-linear between " +
		"the midpoints"
	return e.Search, nil
}

// visibleDegree is the largest degree of a polynomial of which the nodes of a few cells show the
// minima, as log f falls toward one like the logarithm of the distance: in three dimensions and
// more, where bounds cost much and decide little, such are not bounded.
const visibleDegree = 8

// explorer looks for features. Boxes are products of intervals between neighbouring nodes of the
// quadrature.
type explorer struct {
	*Scenario
	*Search
	nodes [][]float64 // held coordinates along every axis, with the two ends

	undecided map[string]bool // cells that hold a box with inconclusive bounds
	parts     int             // of boxes that may still be looked at
	zeros     map[string]bool // cells with a zero of f
}

func newExplorer(s *Scenario) *explorer {
	e := &explorer{Scenario: s, Search: &Search{},
		undecided: map[string]bool{}, zeros: map[string]bool{}}
	e.parts = e.allowed(2000)
	for k := range s.Grid.Axes {
		e.nodes = append(e.nodes, quadratureNodes(&s.Grid.Axes[k], len(s.Grid.Axes)))
	}
	return e
}

// longFormula is how many operations a formula may have before fewer boxes are looked at: else one
// of some thousand, which a program may have written, would be searched for a minute.
const longFormula = 110

// allowed is how many boxes are looked at, so many and one for every other cell, of a long formula
// fewer, so that all takes about the same time.
func (e *explorer) allowed(boxes int) int {
	boxes += e.Grid.Cells() / 2
	if l, ok := e.Landscape.(*formulaLandscape); ok {
		boxes = boxes * longFormula / max(l.Nodes(), longFormula)
	}
	return boxes
}

func axisLabel(a *mesh.Axis) string {
	if a.Log {
		return "log " + a.Name
	}
	return a.Name
}

// quadratureNodes returns the nodes of the assembly along an axis, and its ends.
func quadratureNodes(a *mesh.Axis, axes int) []float64 {
	x := slices.Sorted(slices.Values(operators.GaussPoints(axes)))
	nodes := []float64{a.Faces[0]}
	for i := range a.Cells() {
		for _, t := range x {
			nodes = append(nodes, a.Faces[i]+(a.Faces[i+1]-a.Faces[i])*(1+t)/2)
		}
	}
	return append(nodes, a.Faces[a.Cells()])
}

// logPi stores log π at points given by held coordinates: +∞ at a zero of f, NaN where f is no
// loss.
func (e *explorer) logPi(held [][]float64) []float64 {
	p := pointsAt(e.Grid, held)
	values := make([]float64, p.Len())
	logPi := e.Noise.logPiOfLog
	if l, ok := e.Landscape.(*formulaLandscape); ok {
		evaluate(values, l.Program, p)
		logPi = func(f float64) float64 {
			if f < 0 {
				return math.NaN()
			}
			return e.Noise.logPi(f)
		}
	} else if err := e.Landscape.LogF(values, p); err != nil {
		return slices.Repeat([]float64{math.NaN()}, len(values))
	}
	for i, f := range values {
		values[i] = logPi(f)
	}
	return values
}

// at returns log π at one point.
func (e *explorer) at(point []float64) float64 { return e.logPi(copies(point, 1))[0] }

// explore bounds log π over blocks of boxes, cut where the bounds leave room for something that the
// nodes do not show.
func (e *explorer) explore(l *formulaLandscape) error {
	open, suspects := e.bound(l)
	for _, b := range suspects {
		if err := e.examine(l, b); err != nil {
			return err
		}
	}
	if err := e.sample(open); err != nil {
		return err
	}
	e.open = min(e.open+len(e.undecided), e.Grid.Cells())
	e.oscillation = e.oscillates()
	if o := e.oscillation; o != nil && e.open > 0 {
		return o.unresolved(fmt.Sprintf("bounds were not conclusive on %d of %d cells, where "+
			"there may be more", e.open, e.cells))
	}
	return nil
}

// maxFeatures bounds what a quadrature has to resolve; f with more of them varies below the grid's
// scale everywhere.
const maxFeatures = 4096

// pointlike is the width of a feature, relative to its cell, below which it is a zero or a pole of
// f, whose integrals have their own test.
const pointlike = 1e-12

// keep adds a feature unless one is known at that place, or it has no width; it refuses what boxes
// along the axes cannot resolve.
func (e *explorer) keep(f operators.Feature) (outcome, error) {
	for k, w := range f.Width {
		if w < pointlike*e.cellSize(k, f.At[k]) {
			return nothing, nil
		}
	}
	for _, other := range e.Features {
		if e.near(other, f) {
			return known, nil
		}
	}
	if k, l, tilted := e.tilted(f); tilted {
		return nothing, e.unresolved(f, fmt.Sprintf(
			"a narrow valley or ridge of f that runs across the axes %s and %s",
			axisLabel(&e.Grid.Axes[k]), axisLabel(&e.Grid.Axes[l])))
	}
	if len(e.Features) == 0 {
		e.first = e.describe(f)
	}
	if e.Features = append(e.Features, f); len(e.Features) > maxFeatures {
		return nothing, e.unresolved(f, fmt.Sprintf(
			"f has more than %d minima and barriers narrower than a cell, as", maxFeatures))
	}
	return found, nil
}

// near reports whether a feature is at the place of one that is known, to a fraction of its width,
// or lies beside it in a cell on a line.
func (e *explorer) near(known, f operators.Feature) bool {
	for k, q := range f.At {
		reach := max(known.Width[k], f.Width[k]) / 2
		if size := e.cellSize(k, q); reach > size/2 {
			if e.cell(k, known.At[k]) != e.cell(k, q) {
				return false
			}
			reach = size
		}
		if math.Abs(known.At[k]-q) > reach {
			return false
		}
	}
	return true
}

// cellSize returns the held size of the cell that holds q along axis k.
func (e *explorer) cellSize(k int, q float64) float64 {
	i := e.cell(k, q)
	return e.Grid.Axes[k].Faces[i+1] - e.Grid.Axes[k].Faces[i]
}

// cell returns the position of the cell that holds q along axis k.
func (e *explorer) cell(k int, q float64) int {
	faces := e.Grid.Axes[k].Faces
	beyond := sort.Search(len(faces), func(i int) bool { return !(faces[i] <= q) })
	return min(max(beyond-1, 0), len(faces)-2)
}

// describe writes a feature: where it is, and its width along the axis on which it is narrowest in
// units of the cell.
func (e *explorer) describe(f operators.Feature) string {
	k := e.narrowest(f)
	w := fmt.Sprintf("width %.2g", f.Width[k])
	if len(f.At) > 1 {
		w += " in " + axisLabel(&e.Grid.Axes[k])
	}
	return e.place(f) + ", " + w
}

// place writes where a feature is, to a hundredth of its width.
func (e *explorer) place(f operators.Feature) string {
	rounded := slices.Clone(f.At)
	for k := range rounded {
		unit := math.Pow(10, math.Floor(math.Log10(f.Width[k]))-2)
		rounded[k] = math.Round(rounded[k]/unit)*unit + 0 // −0 becomes 0
	}
	return placed(e.Grid, rounded, "%s = %.6g")
}

func (e *explorer) narrowest(f operators.Feature) int {
	inCells := make([]float64, len(f.At))
	for k, q := range f.At {
		inCells[k] = f.Width[k] / e.cellSize(k, q)
	}
	return floats.MinIdx(inCells)
}

// unresolved is the error about a feature that the quadrature cannot resolve.
func (e *explorer) unresolved(f operators.Feature, what string) error {
	k := e.narrowest(f)
	return landscapeError{fmt.Errorf("%s at %s (width %.2g, cells of %.2g): it cannot be "+
		"resolved on this grid; %s, or coordinates that follow it",
		what, e.place(f), f.Width[k], e.cellSize(k, f.At[k]), e.remedy(k, f))}
}

// remedy says which cells along axis k resolve a feature.
func (e *explorer) remedy(k int, f operators.Feature) string {
	a := &e.Grid.Axes[k]
	need := math.Ceil(float64(a.Cells()) * e.cellSize(k, f.At[k]) / f.Width[k])
	return fmt.Sprintf("use cells of that width there, about %.0f along %s with this spacing",
		need, a.Name)
}
