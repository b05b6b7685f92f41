// Package mesh describes structured grids in orthogonal coordinates: axes cut into cells,
// coordinate systems given by their metric, and blocks of points at which a function on the grid is
// evaluated.
package mesh

import (
	"fmt"
	"math"
	"sort"
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
type Axis struct {
	Name     string
	Log      bool
	Periodic bool
	Ends     [2]End
	Faces    []float64 // held coordinates of the n+1 faces, strictly ascending

	division division // what the faces come from
}

// Cells returns the number of cells n.
func (a *Axis) Cells() int { return len(a.Faces) - 1 }

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

// logarithm returns log q of a held value.
func (a *Axis) logarithm(held float64) float64 {
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
	return divided(name, division{spacing: log, cells: n, parts: 1, min: smin, max: smax,
		widths: []float64{width}})
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
			return Axis{}, fmt.Errorf(
				"axis %s: faces must ascend, but face %d = %.17g does not exceed face %d = %.17g; "+
					"use fewer cells or a coarser grading", name, i, q, i-1, faces[i-1])
		}
	}
	return Axis{Name: name, Faces: faces}, nil
}

func checkRange(name string, n int, min, max float64) error {
	if n < 1 {
		return fmt.Errorf("axis %s: needs at least one cell, got %d", name, n)
	}
	if !(min < max) || math.IsInf(min, 0) || math.IsInf(max, 0) {
		return fmt.Errorf("axis %s: needs finite min < max, got [%g, %g]", name, min, max)
	}
	return nil
}

// sinhFaces are those of Sinh, each of n cells being cut into parts that are equal in τ. With one
// centre that is Sinh of n·parts cells; with several, Sinh may divide these between the centres in
// other proportions, and its grids need not be nested.
func sinhFaces(n, parts int, min, max float64, centers, widths []float64) ([]float64, error) {
	if len(centers) == 0 || len(centers) != len(widths) {
		return nil, fmt.Errorf("sinh spacing needs as many widths as centers and at least one, "+
			"got %d and %d", len(widths), len(centers))
	}
	for _, w := range widths {
		if !(w > 0) || math.IsInf(w, 0) {
			return nil, fmt.Errorf("sinh spacing needs positive widths, got %g", w)
		}
	}
	if len(centers) > 1 {
		return manyCenters(n, parts, min, max, centers, widths)
	}
	c, w := centers[0], widths[0]
	lo, hi := math.Asinh((min-c)/w), math.Asinh((max-c)/w)
	return graded(n*parts, lo, hi, min, max, func(tau float64) float64 {
		return c + w*math.Sinh(tau)
	}), nil
}

// logFaces are those of Log.
func logFaces(n int, smin, smax, width float64) []float64 {
	if width > 0 {
		return graded(n, math.Asinh(smin/width), math.Asinh(smax/width), smin, smax,
			func(tau float64) float64 { return width * math.Sinh(tau) })
	}
	return graded(n, smin, smax, smin, smax, func(s float64) float64 { return s })
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

// manyCenters places the faces of a sinh axis with several centres: every interior centre is a
// face, and each segment between centres gets cells in proportion to its length in τ, of which each
// is then cut into parts.
func manyCenters(n, parts int, min, max float64, centers, widths []float64) ([]float64, error) {
	tau := func(q float64) float64 {
		sum := 0.0
		for k, c := range centers {
			sum += math.Asinh((q - c) / widths[k])
		}
		return sum
	}
	ends := []float64{min}
	sorted := append([]float64(nil), centers...)
	sort.Float64s(sorted)
	for _, c := range sorted {
		if c > ends[len(ends)-1] && c < max {
			ends = append(ends, c)
		}
	}
	ends = append(ends, max)
	lengths := make([]float64, len(ends)-1)
	for k := range lengths {
		lengths[k] = tau(ends[k+1]) - tau(ends[k])
	}
	if l := tau(max) - tau(min); math.IsNaN(l) || math.IsInf(l, 0) {
		return nil, fmt.Errorf("centers %g with widths %g do not grade [%g, %g]: give finite "+
			"centers, and wider widths", centers, widths, min, max)
	}
	counts, err := apportion(n, lengths)
	if err != nil {
		return nil, err
	}
	faces := []float64{min}
	for k, m := range counts {
		lo, hi := ends[k], ends[k+1]
		segment := graded(m*parts, tau(lo), tau(hi), lo, hi,
			func(t float64) float64 { return bisect(tau, t, lo, hi) })
		faces = append(faces, segment[1:]...)
	}
	return faces, nil
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
	for ; left != 0; left -= sign(left) {
		best := -1
		for k := range rest {
			if counts[k]+sign(left) > 0 && (best < 0 ||
				float64(sign(left))*(rest[k]-rest[best]) > 1e-9) {
				best = k
			}
		}
		counts[best] += sign(left)
		rest[best] -= float64(sign(left))
	}
	return counts
}

func sign(n int) int {
	if n < 0 {
		return -1
	}
	return 1
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
