package mesh

import (
	"math"
	"slices"
	"testing"
)

// The given points are faces to the bit, on the grids that are merged from it too, cells between
// them are as large as before, and their ends, centres and kept faces stay.
func TestThrough(t *testing.T) {
	uniform, _ := Uniform("x", 100, -2, 3)
	graded, _ := Sinh("x", 90, -50, 80, []float64{0.5}, []float64{1})
	wells, _ := Sinh("x", 90, -50, 80, []float64{-1, 1}, []float64{0.1, 1})
	doubly, _ := Log("r", 70, -200, 300, 2)
	file, _ := FromFaces("x", []float64{-3, -2, 0, 0.5, 1, 2, 5, 9})
	kept := uniform.Keeping(0.5, 1)
	for _, a := range []Axis{uniform, graded, wells, doubly, file, kept} {
		points := []float64{-0.9, 0.123, 0.1231, 1.7}
		b, err := a.Through(points...)
		if err != nil {
			t.Fatal(err)
		}
		b.Ends = a.Ends
		lo, hi := a.Range()
		level := b
		for range 4 {
			level = level.Merged()
			for _, q := range slices.Concat(points, []float64{lo, hi}, a.kept, a.division.centers) {
				if !slices.Contains(level.Faces, q) {
					t.Errorf("%d cells: %g is no face of %d", a.Cells(), q, level.Cells())
				}
			}
		}
		if b.Cells() < a.Cells() {
			t.Errorf("%d cells became %d", a.Cells(), b.Cells())
		}
		for i := range b.Cells() {
			middle := b.Midpoint(i)
			if cells := a.index(b.Faces[i+1]) - a.index(b.Faces[i]); cells > 1.01 {
				t.Errorf("the cell at %g is as large as %g cells", middle, cells)
			}
		}
		for _, q := range points {
			if back := a.at(a.index(q)); math.Abs(back-q) > 1e-12 {
				t.Errorf("index and at make %g of %g", back, q)
			}
		}
	}
}
