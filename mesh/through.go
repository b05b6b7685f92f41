package mesh

import (
	"cmp"
	"math"
	"slices"
	"sort"
)

// cellsBetween is what the number of cells between two of the faces that Through keeps is a
// multiple of: they can be merged by pairs four times.
const cellsBetween = 16

// Through is the axis with faces at some held coordinates within it, between which there are as
// many cells as before, rounded up, graded as before. Centres and what Keeping names stay faces;
// Merged leaves them all where they are.
func (a *Axis) Through(held ...float64) (Axis, error) {
	lo, hi := a.Range()
	marks := []float64{lo, hi}
	for _, q := range slices.Concat(held, a.kept, a.division.centers) {
		if q > lo && q < hi {
			marks = append(marks, q)
		}
	}
	slices.SortFunc(marks, cmp.Compare)
	marks = slices.CompactFunc(marks, func(p, q float64) bool {
		const rounding = 1e-9 // of a cell
		return math.Abs(a.index(q)-a.index(p)) < rounding
	})
	marks[len(marks)-1] = hi // which stays where something next to it goes
	faces := []float64{lo}
	for s := range len(marks) - 1 {
		from, to := a.index(marks[s]), a.index(marks[s+1])
		n := cellsBetween * int(math.Ceil((to-from)/cellsBetween-1e-9))
		for i := 1; i < n; i++ {
			faces = append(faces, a.at(from+(to-from)*float64(i)/float64(n)))
		}
		faces = append(faces, marks[s+1])
	}
	out, err := FromFaces(a.Name, faces)
	out.Log, out.Ends, out.Periodic = a.Log, a.Ends, a.Periodic
	out.kept = marks[1 : len(marks)-1]
	return out, err
}

// index is the number of a held coordinate in cells from the lower end: within a cell by the
// coordinate τ of its division, or by itself.
func (a *Axis) index(held float64) float64 {
	i := min(max(sort.SearchFloat64s(a.Faces, held)-1, 0), a.Cells()-1)
	lo, hi := a.division.tau(a.Faces[i]), a.division.tau(a.Faces[i+1])
	return float64(i) + (a.division.tau(held)-lo)/(hi-lo)
}

// at is the inverse of index.
func (a *Axis) at(index float64) float64 {
	i := min(max(int(index), 0), a.Cells()-1)
	lo, hi := a.division.tau(a.Faces[i]), a.division.tau(a.Faces[i+1])
	return a.division.held(lo+(index-float64(i))*(hi-lo), a.Faces[i], a.Faces[i+1])
}
