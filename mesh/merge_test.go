package mesh

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// The faces of a merged axis are faces of the axis, no cell is made of more than two, ends, centres
// and what is kept stay, and an even number between them is halved.
func TestMergedAxesAreNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 61).Draw(t, "n")
		var a Axis
		var keep []float64
		switch kind := rapid.SampledFrom([]string{"uniform", "sinh", "log", "two", "given"}).Draw(t,
			"kind"); kind {
		case "uniform":
			a = must[Axis](t)(Uniform("x", n, -1, 2))
		case "sinh":
			a = must[Axis](t)(Sinh("x", n, -10, 10, []float64{0}, []float64{0.5}))
		case "log":
			a = must[Axis](t)(Log("r", n, -10, 10, 2))
		case "two":
			a = must[Axis](t)(Sinh("x", n+2, -10, 10, []float64{-1, 2}, []float64{0.5, 0.1}))
			keep = []float64{-1, 2}
		default:
			faces := []float64{0}
			for _, w := range rapid.SliceOfN(rapid.Float64Range(0.1, 3), n, n).Draw(t, "widths") {
				faces = append(faces, faces[len(faces)-1]+w)
			}
			keep = []float64{faces[rapid.IntRange(0, n).Draw(t, "kept")]}
			a = must[Axis](t)(FromFaces("x", faces))
			a = a.Keeping(keep...)
		}
		a.Ends = [2]End{Closed, Open}
		merged := a.Merged()
		if merged.Ends != a.Ends || merged.Log != a.Log || merged.Name != a.Name {
			t.Fatalf("ends %v, log %t, name %s", merged.Ends, merged.Log, merged.Name)
		}
		sizes, alone := make([]int, merged.Cells()), 0
		for i, j := range a.Parents(&merged) {
			sizes[j]++
			if a.Faces[i] < merged.Faces[j]-1e-9 || a.Faces[i+1] > merged.Faces[j+1]+1e-9 {
				t.Fatalf("cell %d is not in cell %d", i, j)
			}
		}
		for j, size := range sizes {
			if size == 1 {
				alone++
			} else if size != 2 {
				t.Fatalf("cell %d is made of %d", j, size)
			}
		}
		if alone > 1+len(keep) {
			t.Fatalf("%d cells stay alone", alone)
		}
		for _, q := range append(keep, a.Faces[0], a.Faces[a.Cells()]) {
			if !slices.ContainsFunc(merged.Faces, func(f float64) bool {
				return math.Abs(f-q) < 1e-9
			}) {
				t.Fatalf("%g is no face of %g", q, merged.Faces)
			}
		}
		if n%2 == 0 && len(keep) == 0 && alone > 0 {
			t.Fatalf("of %d cells %d stay alone", n, alone)
		}
	})
}
