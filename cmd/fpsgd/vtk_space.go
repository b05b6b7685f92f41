package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/rundir"
	"fpsgd/internal/vtk"
	"fpsgd/mesh"
)

// spaceOptions say what of a grid is shown.
type spaceOptions struct {
	without string // the axis that is integrated over
	revolve int    // wedges
}

// kindOfField is what becomes of a field where an axis is integrated over: a density ρ becomes
// ∫ρ dq, a mass of cells Σ m, and any other function its mean under π, ∫uπ dq / ∫π dq, so that of
// u = ρ/π the mean is the ratio of the two marginals.
type kindOfField int

const (
	densityField kindOfField = iota
	massField
	meanField
)

// space is the grid of a folder, as it lies in space.
type space struct {
	system  mesh.Coordinates // that map to space; nil: the axes are those of space
	columns []int            // of the axes, among x, y and z, where they are
	axes    [][]float64      // faces, of what is shown
	masses  []float64        // of the cells, under π
	volume  []float64        // of the cells; nil: not known
	whole   [][]float64      // faces of all axes
	over    int              // the axis that is integrated over, −1: none
	revolve int
	logs    bool // axes that are not representable stand for themselves by their logarithms
}

// newSpace lays a grid into space: cartesian axes and r of radial ones along x, y and z, polar and
// spherical ones where they are, of cylindrical ones the half-plane y = 0 or, revolved, all. Where
// r is not representable the axes are taken for themselves, log r for r.
func newSpace(m *rundir.Manifest, axes [][]float64, logs []bool, o spaceOptions) (*space, error) {
	s := &space{axes: axes, whole: axes, over: -1, revolve: o.revolve,
		logs: slices.Contains(logs, true), columns: []int{0, 1, 2}}
	if o.revolve != 0 && (m.Coordinates != "cylindrical" || s.logs) {
		return nil, fmt.Errorf("--revolve turns cylindrical coordinates about their axis, and "+
			"these are %s", m.Coordinates)
	}
	if o.revolve != 0 && (o.revolve < 3 || o.revolve > 3600) {
		return nil, fmt.Errorf("--revolve takes 3 to 3600 wedges, got %d", o.revolve)
	}
	if o.without == "" && len(axes) > 3 {
		o.without = m.Dims[len(axes)-1]
	}
	switch {
	case o.without != "":
		s.over = slices.Index(m.Dims, o.without)
		if s.over < 0 || m.Coordinates != "cartesian" || len(axes) < 2 {
			return nil, fmt.Errorf("--without takes an axis of several cartesian ones, got %q "+
				"of %s coordinates with %s", o.without, m.Coordinates, strings.Join(m.Dims, ", "))
		}
		s.axes = slices.Delete(slices.Clone(axes), s.over, s.over+1)
	case s.logs:
	case m.Coordinates == "cylindrical" && o.revolve == 0:
		s.columns = []int{0, 2}
	case m.Coordinates == "cylindrical":
		s.system = mesh.System("polar")
		s.axes = [][]float64{axes[0], azimuths(o.revolve), axes[1]}
	case m.Coordinates == "polar", m.Coordinates == "spherical":
		s.system = mesh.System(m.Coordinates)
	}
	return s, nil
}

// azimuths are those between n equal wedges.
func azimuths(n int) []float64 {
	out := make([]float64, n+1)
	for k := range out {
		out[k] = 2 * math.Pi * float64(k) / float64(n)
	}
	return out
}

// physical reports whether the axes are those of space, or mapped to it.
func (s *space) physical() bool { return !s.logs }

func (s *space) extension() string {
	if s.system != nil {
		return ".vts"
	}
	return ".vtr"
}

// write writes the grid with data.
func (s *space) write(w io.Writer, d vtk.Data) error {
	if s.system == nil {
		lines := [3][]float64{{0}, {0}, {0}}
		for k, faces := range s.axes {
			lines[s.columns[k]] = faces
		}
		return vtk.Rectilinear(w, lines, d)
	}
	nodes := [3]int{1, 1, 1}
	lists := slices.Clone(s.axes)
	for k, faces := range lists {
		nodes[k] = len(faces)
		if c := s.system; k < len(c.Axes()) && mesh.DomainOf(c, k).Closes(faces[0],
			faces[len(faces)-1]) { // the seam is one
			lists[k] = append(slices.Clone(faces[:len(faces)-1]), faces[0])
		}
	}
	return vtk.Structured(w, nodes, s.points(lists), d)
}

// points returns the points of space that have all combinations of coordinates, the first of which
// runs fastest. What is zero but for the rounding of sines and cosines is zero.
func (s *space) points(lists [][]float64) []float64 {
	n := 1
	for _, list := range lists {
		n *= len(list)
	}
	q := make([][]float64, len(lists))
	for k := range q {
		q[k] = make([]float64, n)
	}
	for i := range n {
		rest := i
		for k, list := range lists {
			q[k][i] = list[rest%len(list)]
			rest /= len(list)
		}
	}
	columns := q
	if c := s.system; c != nil {
		columns = nil
		for _, name := range c.Components() {
			v := make([]float64, n)
			c.Variable(v, name, q[:len(c.Axes())])
			for i, x := range v {
				if math.Abs(x) < 1e-15*q[0][i] {
					v[i] = 0
				}
			}
			columns = append(columns, v)
		}
		columns = append(columns, q[len(c.Axes()):]...)
	}
	out := make([]float64, 3*n)
	for k, v := range columns {
		for i, x := range v {
			out[3*i+s.columns[k]] = x
		}
	}
	return out
}

// onCells is a field on the cells that are shown.
func (s *space) onCells(name string, values []float64, kind kindOfField) vtk.Array {
	shape := shapeOf(s.whole)
	if s.over >= 0 {
		values, shape = s.integrated(values, kind), shapeOf(s.axes)
	}
	return vtk.Array{Name: name, Components: 1, Values: s.spread(values, shape)}
}

// integrated integrates a field over one axis: see kindOfField.
func (s *space) integrated(values []float64, kind kindOfField) []float64 {
	faces, shape := s.whole[s.over], shapeOf(s.whole)
	weights := make([]float64, len(values))
	for i := range values {
		switch at := along(shape, s.over, i); {
		case kind == densityField:
			weights[i] = faces[at+1] - faces[at]
		case kind == massField:
			weights[i] = 1
		case !math.IsNaN(values[i]): // not known only where π is next to nothing
			weights[i] = s.masses[i]
		}
	}
	products := make([]float64, len(values))
	for i, w := range weights {
		if w != 0 {
			products[i] = w * values[i]
		}
	}
	out := sumOver(shape, s.over, products)
	if kind == meanField {
		for i, w := range sumOver(shape, s.over, weights) {
			out[i] /= w
		}
	}
	return out
}

// spread brings values on cells from the order of NumPy, in which the last index runs fastest, to
// that of VTK, and repeats them in every wedge.
func (s *space) spread(values []float64, shape []int) []float64 {
	out := make([]float64, 0, len(values)*max(1, s.revolve))
	at := make([]int, len(shape))
	for range values {
		i := 0
		for k, n := range shape {
			i = i*n + at[k]
		}
		out = append(out, values[i])
		for k := range at { // the first index fastest
			if at[k]++; at[k] < shape[k] {
				break
			}
			at[k] = 0
		}
	}
	if s.revolve == 0 {
		return out
	}
	var turned []float64
	for row := range slices.Chunk(out, shape[0]) {
		turned = append(turned, slices.Repeat(row, s.revolve)...)
	}
	return turned
}

// cellVolumes are the volumes of the cells shown, with every factor that has been integrated out,
// so that Σ ρ·volume is the mass.
func (s *space) cellVolumes() vtk.Array {
	values := s.shownVolumes()
	if s.revolve > 0 {
		values = slices.Clone(values)
		for i := range values {
			values[i] /= float64(s.revolve)
		}
	}
	return vtk.Array{Name: "volume", Components: 1, Values: s.spread(values, s.shown())}
}

// shown is the shape of what is shown, before it is revolved.
func (s *space) shown() []int {
	if s.over >= 0 {
		return shapeOf(s.axes)
	}
	return shapeOf(s.whole)
}

// shownVolumes are the volumes of the cells shown, in the order of NumPy.
func (s *space) shownVolumes() []float64 {
	if s.over < 0 {
		return s.volume
	}
	shape := s.shown()
	out := make([]float64, len(s.volume)/shapeOf(s.whole)[s.over])
	for i := range out {
		out[i] = 1
		for k, faces := range s.axes {
			at := along(shape, k, i)
			out[i] *= faces[at+1] - faces[at]
		}
	}
	return out
}

// vectors is the density j of a current of which J goes through every face, at the middle of each
// cell C: along axis k, to second order, the mean of J through its two faces times their distance,
// over |C|, in the direction from the one to the other. In cartesian coordinates that is the mean
// of J over the area of a face.
func (s *space) vectors(name string, through [][]float64) vtk.Array {
	volumes := s.shownVolumes()
	var out []float64
	shown := 0
	for k, currents := range through {
		if k == s.over {
			continue
		}
		shape := shapeOf(s.whole)
		shape[k]++
		if s.over >= 0 {
			currents = sumOver(shape, s.over, currents)
			shape = slices.Delete(shape, s.over, s.over+1)
		}
		perVolume := means(currents, shape, shown)
		for i, v := range volumes {
			perVolume[i] /= v
		}
		axis := shown
		if s.revolve > 0 {
			axis = 2 * shown // r, φ, z of r, z
		}
		across := s.across(axis)
		if out == nil {
			out = make([]float64, len(across))
		}
		for i, j := range s.spread(perVolume, s.shown()) {
			for c := range 3 {
				out[3*i+c] += j * across[3*i+c]
			}
		}
		shown++
	}
	return vtk.Array{Name: name, Components: 3, Values: out}
}

// across are the vectors from the middle of the lower face of every cell along an axis to that of
// the upper one.
func (s *space) across(axis int) []float64 {
	lower, upper := make([][]float64, len(s.axes)), make([][]float64, len(s.axes))
	for k, faces := range s.axes {
		n := len(faces) - 1
		middle := make([]float64, n)
		for i := range middle {
			middle[i] = faces[i] + (faces[i+1]-faces[i])/2
		}
		lower[k], upper[k] = middle, middle
		if k == axis {
			lower[k], upper[k] = faces[:n], faces[1:]
		}
	}
	from, to := s.points(lower), s.points(upper)
	for i := range to {
		to[i] -= from[i]
	}
	return to
}

// shapeOf is the number of cells between faces.
func shapeOf(axes [][]float64) []int {
	shape := make([]int, len(axes))
	for k, faces := range axes {
		shape[k] = len(faces) - 1
	}
	return shape
}

// strideOf is by how much the index moves in C order where that along an axis does by one.
func strideOf(shape []int, axis int) int {
	stride := 1
	for _, n := range shape[axis+1:] {
		stride *= n
	}
	return stride
}

// along is the index along an axis of entry i.
func along(shape []int, axis, i int) int { return i / strideOf(shape, axis) % shape[axis] }

// sumOver sums an array over an axis.
func sumOver(shape []int, axis int, values []float64) []float64 {
	stride, n := strideOf(shape, axis), shape[axis]
	out := make([]float64, len(values)/n)
	for i, v := range values {
		out[i/(stride*n)*stride+i%stride] += v
	}
	return out
}

// means are the means of neighbours along an axis.
func means(values []float64, shape []int, axis int) (out []float64) {
	stride := strideOf(shape, axis)
	for i, v := range values {
		if along(shape, axis, i) < shape[axis]-1 {
			out = append(out, (v+values[i+stride])/2)
		}
	}
	return out
}
