// Package scenarios turns a config into the equation it asks for: a landscape, a noise model, a
// grid, an initial density, and what is known about them in closed form.
package scenarios

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"sort"
	"strings"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/config"
)

// Landscape is a loss f ≥ 0, given by its logarithm.
type Landscape interface {
	// LogF stores log f at a block of points; −Inf where f vanishes. It is called from several
	// goroutines at once. An error names the point at which f is negative, infinite or undefined.
	LogF(dst []float64, p *mesh.Points) error
	// String returns f as a user would write it.
	String() string
}

// landscapeError is an error of a value of f, which the key of the landscape has to answer for and
// not the grid.
type landscapeError struct{ error }

// formulaLandscape is f by a formula in the variables of the coordinate system.
type formulaLandscape struct{ *formula.Program }

// Formula is f by a formula in the variables of a coordinate system, such as "1 + x^2 + y^2" or
// "0.1 + (r^2 - 1)^2". Losses with closed forms are recognised by their coefficients.
func Formula(source string, c mesh.Coordinates) (Landscape, error) {
	program, err := formula.Compile(source, c.Variables())
	if err != nil {
		return nil, err
	}
	return &formulaLandscape{program}, nil
}

func (l *formulaLandscape) LogF(dst []float64, p *mesh.Points) error {
	evaluate(dst, l.Program, p)
	for i, f := range dst {
		switch {
		case f >= 0 && f <= math.MaxFloat64:
		case f < 0:
			return landscapeError{fmt.Errorf(
				"f = %g < 0 at %s; a loss must not be negative: add a constant", f, at(p, i))}
		default:
			return landscapeError{fmt.Errorf("f = %g at %s; f must be finite on the grid: "+
				"change the formula or the grid", f, at(p, i))}
		}
	}
	elementary.Log(dst, dst)
	return nil
}

// evaluate stores a formula's values at a block of points.
func evaluate(dst []float64, program *formula.Program, p *mesh.Points) {
	vars, used := p.Grid().Coordinates.Variables(), program.Vars()
	values := make([][]float64, len(vars))
	for k, name := range vars {
		if slices.Contains(used, name) {
			values[k] = variable(p, name)
		}
	}
	program.Eval(dst, values)
}

// variable returns a variable of the coordinates at a block of points, to be read only: the held
// coordinate itself where it is one.
func variable(p *mesh.Points, name string) []float64 {
	k := slices.Index(p.Grid().Coordinates.Axes(), name)
	if k < 0 || p.Grid().Axes[k].Log {
		return p.Var(name)
	}
	return p.Held(k)
}

// at names a point by its coordinates.
func at(p *mesh.Points, i int) string {
	point := make([]float64, len(p.Grid().Axes))
	for k := range point {
		point[k] = p.Held(k)[i]
	}
	return placed(p.Grid(), point, "%s = %.6g")
}

// LandscapeFunc is f as a function of the components of θ, of which the slice is read and not kept;
// it may be called from several goroutines at once. Of what f does between the nodes of the
// quadrature nothing is known but its values.
type LandscapeFunc func(theta []float64) float64

// isNil reports whether a landscape is a function that is not there.
func isNil(l Landscape) bool {
	if named, ok := l.(namedLandscape); ok {
		l = named.LandscapeFunc
	}
	f, ok := l.(LandscapeFunc)
	return ok && f == nil
}

// String implements Landscape.
func (LandscapeFunc) String() string { return "a function" }

// LogF implements Landscape.
func (f LandscapeFunc) LogF(dst []float64, p *mesh.Points) error {
	for i, theta := range pointsOf(p) {
		v := f(theta)
		if !(v >= 0) || math.IsInf(v, 0) {
			return landscapeError{fmt.Errorf("f = %g at %s; a loss must be finite and not negative",
				v, at(p, i))}
		}
		dst[i] = math.Log(v)
	}
	return nil
}

// pointsOf runs through the components of θ at a block of points, in one slice.
func pointsOf(p *mesh.Points) iter.Seq2[int, []float64] {
	return func(yield func(int, []float64) bool) {
		components := componentsOf(p)
		theta := make([]float64, len(components))
		for i := range p.Len() {
			for k, x := range components {
				theta[k] = x[i]
			}
			if !yield(i, theta) {
				return
			}
		}
	}
}

// componentsOf returns the components of θ at a block of points, one by one.
func componentsOf(p *mesh.Points) (components [][]float64) {
	for _, name := range p.Grid().Coordinates.Components() {
		components = append(components, p.Var(name))
	}
	return components
}

// gridLandscape is f given at the cell midpoints, log-linear between them along every axis (in held
// coordinates) and constant beyond the outermost ones.
type gridLandscape struct {
	name string
	grid *mesh.Grid
	logF []float64
}

// readLandscape reads the file of a config.
func readLandscape(cfg *config.Config, g *mesh.Grid) (Landscape, error) {
	name := cfg.Landscape.File
	values, err := readOnGrid(cfg, name, g)
	if err != nil {
		return nil, err
	}
	l := &gridLandscape{name, g, make([]float64, len(values))}
	for i, v := range values {
		if !(v >= 0) || math.IsInf(v, 0) {
			return nil, fmt.Errorf("%s: f = %g in cell [%s]; a loss must be finite and not "+
				"negative: correct the file", name, v, index(g, i))
		}
		l.logF[i] = math.Log(v)
	}
	return l, nil
}

// index writes the position of a cell as it is written in NumPy.
func index(g *mesh.Grid, i int) string {
	pos := make([]int, len(g.Axes))
	g.Index(pos, i)
	return strings.ReplaceAll(strings.Trim(fmt.Sprint(pos), "[]"), " ", ", ")
}

// readOnGrid reads an array of a number for every cell.
func readOnGrid(cfg *config.Config, path string, g *mesh.Grid) ([]float64, error) {
	shape, values, err := readArray(cfg, path, g.Cells())
	if err == nil && !slices.Equal(shape, g.Shape()) {
		err = fmt.Errorf("%s: the array has shape %v, the grid %v: save it with the grid's shape, "+
			"indexing='ij'", path, shape, g.Shape())
	}
	return values, err
}

// isArray reports whether f is known at midpoints alone.
func isArray(f Landscape) bool {
	_, ok := f.(*gridLandscape)
	return ok
}

func (l *gridLandscape) String() string { return l.name }

func (l *gridLandscape) LogF(dst []float64, p *mesh.Points) error {
	d := len(l.grid.Axes)
	lower, share := make([]int, d), make([]float64, d)
	for i := range dst {
		for k := range d {
			lower[k], share[k] = l.bracket(k, p.Held(k)[i])
		}
		dst[i] = l.interpolate(lower, share)
	}
	return nil
}

// bracket returns the cell whose midpoint lies below q along axis k (periodically on a periodic
// axis), and the share of the next midpoint in a linear interpolation at q.
func (l *gridLandscape) bracket(k int, q float64) (int, float64) {
	a := &l.grid.Axes[k]
	n := a.Cells()
	i := sort.Search(n, func(i int) bool { return a.Midpoint(i) > q }) - 1
	if i >= 0 && i < n-1 {
		x := a.Midpoint(i)
		return i, (q - x) / (a.Midpoint(i+1) - x)
	}
	if !a.Periodic {
		return max(i, 0), 0
	}
	period := a.Faces[n] - a.Faces[0]
	last, first := a.Midpoint(n-1), a.Midpoint(0)+period
	if i < 0 {
		q += period
	}
	return n - 1, (q - last) / (first - last)
}

func (l *gridLandscape) interpolate(lower []int, share []float64) float64 {
	d := len(lower)
	sum := 0.0
	for corner := range 1 << d {
		weight, index := 1.0, 0
		for k := range d {
			n := l.grid.Axes[k].Cells()
			if corner>>k&1 == 1 {
				weight *= share[k]
				index = index*n + (lower[k]+1)%n
			} else {
				weight *= 1 - share[k]
				index = index*n + lower[k]
			}
		}
		if weight != 0 {
			sum += weight * l.logF[index]
		}
	}
	return sum
}
