// Package mesh describes structured grids in orthogonal coordinates: axes cut into cells,
// coordinate systems given by their metric, and blocks of points at which a function on the grid is
// evaluated.
package mesh

import (
	"cmp"
	"fmt"
	"math"
	"slices"
)

// End says what happens at an end of an axis.
type End int

const (
	Closed End = iota // the total flux through the face vanishes
	Open              // absorbing: u = 0 on the face
)

// String returns the end's name in a config.
func (e End) String() string {
	if e == Open {
		return "open"
	}
	return "closed"
}

// Axis is a partition of one coordinate q into cells.
//
// An ordinary axis holds q itself. A logarithmic axis holds s = log q, so that q may lie far
// outside the floating-point range; what is called "held" below is q on an ordinary axis and s on a
// logarithmic one.
//
// A periodic axis is a ring: its first and its last face are one, and its length is the period. An
// azimuth over 2π is one by itself, a cartesian axis where it is asked for.
type Axis struct {
	Name     string
	Log      bool
	Periodic bool
	Ends     [2]End
	Faces    []float64 // held coordinates of the n+1 faces, strictly ascending

	division division  // what the faces come from
	kept     []float64 // held, of faces that Merged leaves
}

// Cells returns the number of cells n.
func (a *Axis) Cells() int { return len(a.Faces) - 1 }

// Range returns the first and the last face.
func (a *Axis) Range() (lo, hi float64) { return a.Faces[0], a.Faces[a.Cells()] }

// Within returns the point of the range that is a whole number of periods from q, on a periodic
// axis; on any other q itself.
func (a *Axis) Within(q float64) float64 {
	lo, hi := a.Range()
	if !a.Periodic || q >= lo && q <= hi || math.IsNaN(q) || math.IsInf(q, 0) {
		return q
	}
	q = lo + math.Mod(q-lo, hi-lo)
	if q < lo {
		q += hi - lo
	}
	return min(q, hi) // its rounding
}

// Midpoint returns the held coordinate midway between the faces of cell i; on a logarithmic axis
// this is the geometric midpoint.
func (a *Axis) Midpoint(i int) float64 { return a.Faces[i] + (a.Faces[i+1]-a.Faces[i])/2 }

// Physical returns the coordinate q of a held value.
func (a *Axis) Physical(held float64) float64 {
	if a.Log {
		return math.Exp(held)
	}
	return held
}

// Logarithm returns log q of a held value.
func (a *Axis) Logarithm(held float64) float64 {
	if a.Log {
		return held
	}
	return math.Log(held)
}

// Uniform cuts [min, max] into n equal cells.
func Uniform(name string, n int, min, max float64) (Axis, error) {
	return divided(name, division{spacing: uniform, cells: n, parts: 1, min: min, max: max})
}

// Sinh cuts [min, max] so that τ(q) = Σ_k asinh((q − c_k)/w_k) is uniform: cells of width about w_k
// h near the centre c_k that grow geometrically away from all of them. With several centres each
// one inside (min, max) becomes a face, and the cells are uniform in τ between centres.
func Sinh(name string, n int, min, max float64, centers, widths []float64) (Axis, error) {
	return divided(name, division{spacing: sinh, cells: n, parts: 1, min: min, max: max,
		centers: centers, widths: widths})
}

// Log cuts [e^smin, e^smax] so that s = log q is uniform, or, for width w > 0, so that
// τ = asinh(s/w) is: doubly graded, a few hundred cells then reach q = e^{±1e10}.
func Log(name string, n int, smin, smax, width float64) (Axis, error) {
	d := division{spacing: log, cells: n, parts: 1, min: smin, max: smax}
	if width > 0 {
		d.centers, d.widths = []float64{0}, []float64{width}
	}
	return divided(name, d)
}

// FromFaces makes an axis of given faces.
func FromFaces(name string, faces []float64) (Axis, error) {
	if len(faces) < 2 {
		return Axis{}, fmt.Errorf("axis %s: needs at least 2 faces, got %d", name, len(faces))
	}
	for i, q := range faces {
		if math.IsNaN(q) || math.IsInf(q, 0) {
			return Axis{}, fmt.Errorf("axis %s: face %d is %g; faces must be finite", name, i, q)
		}
		if i > 0 && q <= faces[i-1] {
			return Axis{}, fmt.Errorf("axis %s: faces must ascend, but face %d = %.17g does not "+
				"exceed face %d = %.17g; use fewer cells or a coarser grading",
				name, i, q, i-1, faces[i-1])
		}
	}
	return Axis{Name: name, Faces: faces}, nil
}

// faces are those of a division, each of its cells being cut into parts that are equal in τ. With
// several centres every interior one is a face, and each segment between them gets cells in
// proportion to its length in τ: a division into cells·parts cells may have other proportions, and
// such grids need not be nested.
func (d division) faces() ([]float64, error) {
	if d.spacing == sinh && (len(d.centers) == 0 || len(d.centers) != len(d.widths)) {
		return nil, fmt.Errorf("sinh spacing needs as many widths as centers and at least one, "+
			"got %d and %d", len(d.widths), len(d.centers))
	}
	for _, w := range d.widths {
		if d.spacing == sinh && (!(w > 0) || math.IsInf(w, 0)) {
			return nil, fmt.Errorf("sinh spacing needs positive widths, got %g", w)
		}
	}
	ends, counts := []float64{d.min, d.max}, []int{d.cells}
	if len(d.centers) > 1 {
		var err error
		if ends, counts, err = d.segments(); err != nil {
			return nil, err
		}
	}
	faces := []float64{d.min}
	for k, m := range counts {
		lo, hi := ends[k], ends[k+1]
		held := func(tau float64) float64 { return d.held(tau, lo, hi) }
		faces = append(faces, graded(m*d.parts, d.tau(lo), d.tau(hi), lo, hi, held)[1:]...)
	}
	return faces, nil
}

// segments are those between centres, by their ends, and the cells of each.
func (d division) segments() (ends []float64, counts []int, err error) {
	ends = []float64{d.min}
	for _, c := range slices.Sorted(slices.Values(d.centers)) {
		if c > ends[len(ends)-1] && c < d.max {
			ends = append(ends, c)
		}
	}
	ends = append(ends, d.max)
	lengths := make([]float64, len(ends)-1)
	for k := range lengths {
		lengths[k] = d.tau(ends[k+1]) - d.tau(ends[k])
	}
	if l := d.tau(d.max) - d.tau(d.min); math.IsNaN(l) || math.IsInf(l, 0) {
		return nil, nil, fmt.Errorf("centers %g with widths %g do not grade [%g, %g]: give finite "+
			"centers, and wider widths", d.centers, d.widths, d.min, d.max)
	}
	counts, err = apportion(d.cells, lengths)
	return ends, counts, err
}

// graded returns the n+1 images of equidistant parameters in [lo, hi], with the ends given exactly.
// The parameters are formed so that a range symmetric about 0 gives symmetric faces.
func graded(n int, lo, hi, first, last float64, q func(float64) float64) []float64 {
	faces := make([]float64, n+1)
	for i := range faces {
		faces[i] = q((lo*float64(n-i) + hi*float64(i)) / float64(n))
	}
	faces[0], faces[n] = first, last
	return faces
}

// apportion divides n cells among segments in proportion to their lengths, at least one each.
// Segments that are the same from the left and from the right get the same cells, if there is one
// in the middle or n is even; otherwise the largest remainders decide.
func apportion(n int, lengths []float64) ([]int, error) {
	count := len(lengths)
	if n < count {
		return nil, fmt.Errorf("%d cells cannot have a face at every centre; use at least %d",
			n, count)
	}
	if !symmetric(lengths) || n%2 > count%2 {
		return largestRemainders(n, lengths), nil
	}
	half, middle := count/2, 0
	if count%2 == 1 {
		share := float64(n) * lengths[half] / sum(lengths)
		odd := n % 2
		middle = odd + 2*int(math.Round((share-float64(odd))/2)) // of the parity of n
		middle = min(max(middle, 2-odd), n-2*half)
	}
	counts := make([]int, count)
	counts[half] = middle
	for k, m := range largestRemainders((n-middle)/2, lengths[:half]) {
		counts[k], counts[count-1-k] = m, m
	}
	return counts, nil
}

// symmetric reports whether lengths are the same in reverse, to rounding.
func symmetric(lengths []float64) bool {
	for k, l := range lengths {
		if math.Abs(l-lengths[len(lengths)-1-k]) > 1e-9*l {
			return false
		}
	}
	return true
}

func sum(values []float64) float64 {
	total := 0.0
	for _, v := range values {
		total += v
	}
	return total
}

// largestRemainders divides n ≥ len(lengths) cells in proportion to the lengths, at least one each,
// so that every count is as near to its share as that allows.
func largestRemainders(n int, lengths []float64) []int {
	total, counts, rest := sum(lengths), make([]int, len(lengths)), make([]float64, len(lengths))
	left := n
	for k, l := range lengths {
		share := float64(n) * l / total
		counts[k] = int(math.Max(1, math.Floor(share)))
		rest[k] = share - float64(counts[k])
		left -= counts[k]
	}
	for left != 0 {
		best, one := -1, cmp.Compare(left, 0)
		for k := range rest {
			nearer := best < 0 || float64(one)*(rest[k]-rest[best]) > 1e-9
			if counts[k]+one > 0 && nearer {
				best = k
			}
		}
		counts[best] += one
		rest[best] -= float64(one)
		left -= one
	}
	return counts
}

// bisect solves f(q) = target for an increasing f on [lo, hi], to the last bit. The solution for an
// odd f is odd in the target.
func bisect(f func(float64) float64, target, lo, hi float64) float64 {
	if target < 0 {
		return -bisect(func(q float64) float64 { return -f(-q) }, -target, -hi, -lo)
	}
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return mid
		}
		switch v := f(mid); {
		case v == target:
			return mid
		case v < target:
			lo = mid
		default:
			hi = mid
		}
	}
}
