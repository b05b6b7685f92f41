// Package vtk writes VTK's XML files, which ParaView, VisIt and PyVista open: grids (.vtr, .vts),
// clouds of points (.vtp), and series of such files in time (.pvd).
//
// A file is a text that describes arrays, an underscore, and then the arrays themselves, each as
//
//	number of its bytes (uint64)  its numbers (float64 or int64),
//
// all little-endian. The text names an array by its offset from the underscore. See
// https://docs.vtk.org/en/latest/vtk_file_formats/vtkxml_file_format.html.
package vtk

import (
	"encoding/binary"
	"fmt"
	"io"
	"slices"
	"strings"
)

// Array is a named array of tuples of so many components, one tuple after another. Tuples belong to
// cells or points, of which the index along the first axis runs fastest, as everywhere in VTK.
type Array struct {
	Name       string
	Components int
	Values     []float64
}

// Data is what a file says on its cells, and what it says as a whole, as its time.
type Data struct {
	Cells, Whole []Array
}

// Rectilinear writes a .vtr: the grid of the points (x_i, y_j, z_k). An axis of one point makes it
// flat: a line in x, or a plane in x and y.
func Rectilinear(w io.Writer, axes [3][]float64, d Data) error {
	nodes := [3]int{len(axes[0]), len(axes[1]), len(axes[2])}
	f := newFile("RectilinearGrid", nodes, d)
	f.open("Coordinates")
	for k, name := range []string{"x", "y", "z"} {
		f.array(Array{name, 1, axes[k]})
	}
	f.close("Coordinates")
	return f.write(w, nodes, d)
}

// Structured writes a .vts: a grid of so many points along each axis, which lie anywhere.
func Structured(w io.Writer, nodes [3]int, points []float64, d Data) error {
	if product(nodes) != len(points)/3 {
		return fmt.Errorf("vtk: %d numbers are not %v points of space", len(points), nodes)
	}
	f := newFile("StructuredGrid", nodes, d)
	f.open("Points")
	f.array(Array{"Points", 3, points})
	f.close("Points")
	return f.write(w, nodes, d)
}

// Points writes a .vtp: a cloud of points, which are one cell.
func Points(w io.Writer, points []float64, d Data) error {
	n := len(points) / 3
	f := &file{kind: "PolyData"}
	f.whole(d.Whole)
	f.open("Piece NumberOfPoints=\"%d\" NumberOfVerts=\"1\"", n)
	f.open("Points")
	f.array(Array{"Points", 3, points})
	f.close("Points")
	f.open("Verts")
	connectivity := make([]int64, n)
	for i := range connectivity {
		connectivity[i] = int64(i)
	}
	add(f, "connectivity", "Int64", 1, n, connectivity)
	add(f, "offsets", "Int64", 1, 1, []int64{int64(n)})
	f.close("Verts")
	f.close("Piece")
	return f.save(w, "")
}

// Series writes a .pvd: files, named relative to it, and their times.
func Series(w io.Writer, times []float64, files []string) error {
	var b strings.Builder
	b.WriteString("<?xml version=\"1.0\"?>\n<VTKFile type=\"Collection\" version=\"1.0\" " +
		"byte_order=\"LittleEndian\">\n<Collection>\n")
	for k, name := range files {
		fmt.Fprintf(&b, "<DataSet timestep=\"%v\" file=\"%s\"/>\n", times[k], name)
	}
	b.WriteString("</Collection>\n</VTKFile>\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// file is one that is being put together.
type file struct {
	kind   string
	text   strings.Builder
	blocks []func(w io.Writer) error
	offset int // of the next array
}

// newFile begins the file of a grid.
func newFile(kind string, nodes [3]int, d Data) *file {
	f := &file{kind: kind}
	f.whole(d.Whole)
	f.open("Piece Extent=\"%s\"", extent(nodes))
	return f
}

// write ends and writes the file of a grid.
func (f *file) write(w io.Writer, nodes [3]int, d Data) error {
	cells := 1
	for _, n := range nodes {
		cells *= max(1, n-1)
	}
	f.open("CellData")
	for _, a := range d.Cells {
		if len(a.Values) != cells*a.Components {
			return fmt.Errorf("vtk: %d numbers of %s do not fill %d cells", len(a.Values), a.Name,
				cells)
		}
		f.array(a)
	}
	f.close("CellData")
	f.close("Piece")
	return f.save(w, fmt.Sprintf(" WholeExtent=\"%s\"", extent(nodes)))
}

// extent is the range of the indices of points along every axis.
func extent(nodes [3]int) string {
	return fmt.Sprintf("0 %d 0 %d 0 %d", nodes[0]-1, nodes[1]-1, nodes[2]-1)
}

func product(n [3]int) int { return n[0] * n[1] * n[2] }

func (f *file) open(tag string, values ...any) { fmt.Fprintf(&f.text, "<"+tag+">\n", values...) }
func (f *file) close(tag string)               { f.open("/" + tag) }

// whole adds what belongs to no cell or point.
func (f *file) whole(arrays []Array) {
	f.open("FieldData")
	for _, a := range arrays {
		f.array(a)
	}
	f.close("FieldData")
}

func (f *file) array(a Array) {
	add(f, a.Name, "Float64", a.Components, len(a.Values)/a.Components, a.Values)
}

// add appends an array, and describes it.
func add[T float64 | int64](f *file, name, kind string, components, tuples int, values []T) {
	fmt.Fprintf(&f.text, "<DataArray type=\"%s\" Name=\"%s\" NumberOfComponents=\"%d\" "+
		"NumberOfTuples=\"%d\" format=\"appended\" offset=\"%d\"/>\n", kind, name, components,
		tuples, f.offset)
	bytes := 8 * len(values)
	f.offset += 8 + bytes
	f.blocks = append(f.blocks, func(w io.Writer) error {
		err := binary.Write(w, binary.LittleEndian, uint64(bytes))
		for part := range slices.Chunk(values, 8192) {
			if err == nil {
				err = binary.Write(w, binary.LittleEndian, part)
			}
		}
		return err
	})
}

// save writes the text and the arrays.
func (f *file) save(w io.Writer, attributes string) error {
	_, err := fmt.Fprintf(w, "<?xml version=\"1.0\"?>\n<VTKFile type=\"%s\" version=\"1.0\" "+
		"byte_order=\"LittleEndian\" header_type=\"UInt64\">\n<%[1]s%[2]s>\n%[3]s</%[1]s>\n"+
		"<AppendedData encoding=\"raw\">\n_", f.kind, attributes, f.text.String())
	for _, write := range f.blocks {
		if err == nil {
			err = write(w)
		}
	}
	if err == nil {
		_, err = io.WriteString(w, "\n</AppendedData>\n</VTKFile>\n")
	}
	return err
}
