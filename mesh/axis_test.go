package mesh

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func must[T any](t rapid.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// drawRange returns min < max of any size from 1e-3 to 1e6, on either side of 0.
func drawRange(t *rapid.T) (min, max float64) {
	size := func(label string) float64 {
		return math.Exp(rapid.Float64Range(-7, 14).Draw(t, label))
	}
	min = rapid.SampledFrom([]float64{-1, 0, 1}).Draw(t, "side") * size("log min")
	return min, min + size("log length")
}

// checkFaces checks what every axis promises: n + 1 ascending faces with the ends given.
func checkFaces(t rapid.TB, a Axis, n int, min, max float64) {
	t.Helper()
	if a.Cells() != n || len(a.Faces) != n+1 {
		t.Fatalf("%d cells and %d faces, want %d cells", a.Cells(), len(a.Faces), n)
	}
	if a.Faces[0] != min || a.Faces[n] != max {
		t.Fatalf("ends %.17g and %.17g, want %.17g and %.17g", a.Faces[0], a.Faces[n], min, max)
	}
	for i := range n {
		if a.Faces[i] >= a.Faces[i+1] {
			t.Fatalf("face %d = %.17g does not exceed face %d = %.17g",
				i+1, a.Faces[i+1], i, a.Faces[i])
		}
	}
}

// checkUniform checks that τ takes equal steps from face to face; tolerance is the rounding of
// τ(face).
func checkUniform(t rapid.TB, a Axis, tolerance float64, tau func(q float64) float64) {
	t.Helper()
	n := a.Cells()
	step := (tau(a.Faces[n]) - tau(a.Faces[0])) / float64(n)
	for i, q := range a.Faces {
		if got, want := tau(q), tau(a.Faces[0])+step*float64(i); math.Abs(got-want) > tolerance {
			t.Fatalf("face %d: τ = %.17g, want %.17g ± %.1e", i, got, want, tolerance)
		}
	}
}

// checkSymmetric checks that face n−i is −(face i) to the bit.
func checkSymmetric(t rapid.TB, a Axis) {
	t.Helper()
	n := a.Cells()
	for i, q := range a.Faces {
		if q != -a.Faces[n-i] {
			t.Fatalf("face %d = %.17g, face %d = %.17g: not symmetric", i, q, n-i, a.Faces[n-i])
		}
	}
}

func TestUniformAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		min, max := drawRange(t)
		a := must[Axis](t)(Uniform("x", n, min, max))
		checkFaces(t, a, n, min, max)
		size := math.Max(math.Abs(min), math.Abs(max))
		// three roundings of numbers of this size
		checkUniform(t, a, 8e-16*size, func(q float64) float64 { return q })
		checkSymmetric(t, must[Axis](t)(Uniform("x", n, -size, size)))
	})
}

func TestSinhAxisWithOneCenter(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		min, max := drawRange(t)
		c := rapid.Float64Range(min-1, max+1).Draw(t, "center")
		w := math.Exp(rapid.Float64Range(-2, 5).Draw(t, "log width"))
		a, err := Sinh("x", n, min, max, []float64{c}, []float64{w})
		if err != nil {
			t.Skip("the cells are smaller than the spacing of the numbers")
		}
		checkFaces(t, a, n, min, max)
		size := math.Max(math.Abs(min), math.Abs(max)) + math.Abs(c)
		tolerance := 1e-15 * (size/w + 40) // rounding of q − c near the centre, and of τ ≤ 20
		checkUniform(t, a, tolerance, func(q float64) float64 { return math.Asinh((q - c) / w) })
		checkSymmetric(t, must[Axis](t)(Sinh("x", n, -max-size, max+size, []float64{0},
			[]float64{w})))
	})
}

// With several centres every interior one is a face and the cells are uniform in τ = Σ
// asinh((q − c_k)/w_k) between them.
func TestSinhAxisWithSeveralCenters(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(10, 200).Draw(t, "n")
		min, max := -10.0, rapid.Float64Range(1, 1e4).Draw(t, "max")
		centers := rapid.SliceOfN(rapid.Float64Range(-15, 15), 2, 5).Draw(t, "centers")
		widths := make([]float64, len(centers))
		for k := range widths {
			widths[k] = math.Exp(rapid.Float64Range(-2, 1).Draw(t, "log width"))
		}
		a, err := Sinh("x", n, min, max, centers, widths)
		if err != nil {
			t.Skip("two centres are closer than rounding")
		}
		checkFaces(t, a, n, min, max)
		tau := func(q float64) float64 {
			sum := 0.0
			for k, c := range centers {
				sum += math.Asinh((q - c) / widths[k])
			}
			return sum
		}
		breaks := []int{0}
		for _, c := range slices.Sorted(slices.Values(centers)) {
			if c <= min || c >= max {
				continue
			}
			at, found := slices.BinarySearch(a.Faces, c)
			if !found {
				t.Fatalf("the centre %.17g is no face of %v", c, a.Faces)
			}
			breaks = append(breaks, at)
		}
		breaks = append(breaks, n)
		for k := range len(breaks) - 1 {
			if breaks[k] < breaks[k+1] {
				part := must[Axis](t)(FromFaces("x", a.Faces[breaks[k]:breaks[k+1]+1]))
				// |q| ≤ 1e4 over w ≥ 0.1, times 2⁻⁵² and 5 centres
				checkUniform(t, part, 1e-12, tau)
			}
		}
	})
}

// Two centres ±c make the axis symmetric to the bit where largest remainders give both sides the
// same number of cells.
func TestSinhAxisWithTwoCentersIsSymmetric(t *testing.T) {
	for n := 3; n <= 240; n++ {
		checkSymmetric(t, must[Axis](t)(Sinh("x", n, -200, 200, []float64{-1, 1},
			[]float64{0.5, 0.5})))
	}
}

// Every face of a grid is one of the grid refined, which at one part is the grid itself.
func TestRefinedAxesAreNested(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, parts := rapid.IntRange(5, 60).Draw(t, "n"), rapid.IntRange(1, 8).Draw(t, "parts")
		centers := rapid.SliceOfNDistinct(rapid.IntRange(-9, 9), 1, 4, rapid.ID[int]).Draw(t,
			"centers")
		at, widths := make([]float64, len(centers)), make([]float64, len(centers))
		for k, c := range centers {
			at[k], widths[k] = float64(c), math.Exp(rapid.Float64Range(-4, 1).Draw(t, "log width"))
		}
		coarse := must[Axis](t)(Sinh("x", n, -10, 10, at, widths))
		fine := must[Axis](t)(coarse.Refined(parts))
		if fine.Cells() != n*parts {
			t.Fatalf("%d cells, want %d·%d", fine.Cells(), n, parts)
		}
		for i, q := range coarse.Faces {
			// rounding of τ ≤ 40 where dq/dτ ≤ 20
			if got := fine.Faces[i*parts]; math.Abs(got-q) > 1e-12 {
				t.Fatalf("face %d is %.17g, refined %.17g", i, q, got)
			}
		}
		if again := must[Axis](t)(fine.Coarsened(parts)); !slices.Equal(again.Faces, coarse.Faces) {
			t.Fatalf("%d cells, refined and coarsened by %d: %d cells, or other faces",
				n, parts, again.Cells())
		}
	})
}

// An axis that reaches elsewhere has cells of the same size in τ; one whose faces were given knows
// no other.
func TestReaching(t *testing.T) {
	for name, a := range map[string]Axis{
		"uniform":     must[Axis](t)(Uniform("x", 40, -2, 2)),
		"sinh":        must[Axis](t)(Sinh("x", 40, -20, 20, []float64{0}, []float64{0.5})),
		"log":         must[Axis](t)(Log("r", 40, -3, 3, 0)),
		"log, graded": must[Axis](t)(Log("r", 40, -30, 30, 2)),
	} {
		a.Ends = [2]End{Closed, Open}
		half := must[Axis](t)(a.Reaching(a.Faces[10], a.Faces[30]))
		if half.Cells() != 20 || half.Ends != a.Ends || half.Log != a.Log {
			t.Fatalf("%s: %d cells, ends %v", name, half.Cells(), half.Ends)
		}
		for i, q := range half.Faces {
			if want := a.Faces[10+i]; math.Abs(q-want) > 1e-13*math.Abs(want)+1e-13 {
				t.Errorf("%s: face %d is %.17g, want %.17g", name, i, q, want)
			}
		}
	}
	ends := must[Axis](t)(Sinh("x", 40, -20, 30, []float64{1, -1}, []float64{0.5, 2}))
	for _, e := range ends.GradedEnds() {
		if got, want := e.At(e.Length), ends.Faces[e.Side*40]; math.Abs(got/want-1) > 1e-14 {
			t.Errorf("end %d is at %g, want %g", e.Side, got, want)
		}
	}
	faces := must[Axis](t)(FromFaces("x", []float64{-1, 0, 2}))
	for name, divide := range map[string]func() (Axis, error){
		"refined":   func() (Axis, error) { return faces.Refined(2) },
		"coarsened": func() (Axis, error) { return faces.Coarsened(2) },
		"reaching":  func() (Axis, error) { return faces.Reaching(-2, 3) },
	} {
		if _, err := divide(); !errors.As(err, new(ErrGiven)) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Largest remainders: the counts add up to n, none is below 1, and where no minimum binds each is
// within 1 of its share.
func TestApportion(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lengths := rapid.SliceOfN(rapid.Float64Range(-9, 3), 1, 8).Draw(t, "log lengths")
		total := 0.0
		for k, l := range lengths {
			lengths[k] = math.Exp(l)
			total += lengths[k]
		}
		n := rapid.IntRange(len(lengths), 100).Draw(t, "n")
		counts := must[[]int](t)(apportion(n, lengths))
		sum, bound := 0, false
		for k, m := range counts {
			sum += m
			bound = bound || float64(n)*lengths[k] < total
			if m < 1 {
				t.Fatalf("segment %d of %v got %d cells: %v", k, lengths, m, counts)
			}
		}
		if sum != n {
			t.Fatalf("%v has %d cells, want %d", counts, sum, n)
		}
		for k, m := range counts {
			if share := float64(n) * lengths[k] / total; !bound &&
				math.Abs(float64(m)-share) > 1+1e-9 {
				t.Fatalf("segment %d has %d cells for a share of %g", k, m, share)
			}
		}
	})
}

// Segments far below one cell each leave the others what they can spare.
func TestApportionTakesFromTheLongest(t *testing.T) {
	got := must[[]int](t)(apportion(4, []float64{1e-3, 1e-3, 1e-3, 10}))
	if want := []int{1, 1, 1, 1}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A logarithmic axis holds s = log r: uniform in s, or in τ = asinh(s/w), at any range.
func TestLogAxis(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 300).Draw(t, "n")
		max := math.Exp(rapid.Float64Range(-1, 23).Draw(t, "log s_max")) // to 1e10
		min := -max * rapid.Float64Range(0, 1).Draw(t, "s_min/−s_max")
		plain := must[Axis](t)(Log("r", n, min, max, 0))
		checkFaces(t, plain, n, min, max)
		checkUniform(t, plain, 8e-16*max, func(s float64) float64 { return s }) // three roundings
		w := math.Exp(rapid.Float64Range(-2, 2).Draw(t, "log width"))
		graded := must[Axis](t)(Log("r", n, min, max, w))
		checkFaces(t, graded, n, min, max)
		// τ ≤ 30, sinh and asinh to 1 ulp
		checkUniform(t, graded, 1e-13, func(s float64) float64 { return math.Asinh(s / w) })
		for _, a := range []Axis{must[Axis](t)(Log("r", n, -max, max, 0)),
			must[Axis](t)(Log("r", n, -max, max, w))} {
			checkSymmetric(t, a)
			if !a.Log {
				t.Fatal("the axis does not say that it is logarithmic")
			}
		}
	})
}

// Midpoint and Physical: on a logarithmic axis the geometric midpoint, of faces that need not be
// representable.
func TestMidpoints(t *testing.T) {
	ordinary := must[Axis](t)(FromFaces("x", []float64{-1, 3, 4}))
	if got := ordinary.Physical(ordinary.Midpoint(0)); got != 1 {
		t.Errorf("the midpoint of [−1, 3] is %g", got)
	}
	log := must[Axis](t)(Log("r", 2, math.Log(2), math.Log(32), 0))
	if got := log.Physical(log.Midpoint(0)); math.Abs(got-4) > 1e-14 { // of [2, 8]
		t.Errorf("the geometric midpoint of [2, 8] is %g", got)
	}
	huge := must[Axis](t)(Log("r", 1, 1e6, 3e6, 0))
	if got := huge.Midpoint(0); got != 2e6 {
		t.Errorf("the midpoint of [e^1e6, e^3e6] is e^%g", got)
	}
}

func TestAxisErrors(t *testing.T) {
	inf, nan := math.Inf(1), math.NaN()
	one := []float64{1}
	cases := map[string]struct {
		make func() (Axis, error)
		want string
	}{
		"no cell": {func() (Axis, error) { return Uniform("x", 0, 0, 1) },
			"at least one cell"},
		"empty range": {func() (Axis, error) { return Uniform("x", 4, 1, 1) }, "min < max"},
		"infinite":    {func() (Axis, error) { return Uniform("x", 4, 0, inf) }, "finite"},
		"not a number": {func() (Axis, error) { return Sinh("x", 4, nan, 1, one, one) },
			"min < max"},
		"below rounding": {func() (Axis, error) { return Uniform("x", 10, 1, 1+4e-16) },
			"must ascend"},
		"overflow": {func() (Axis, error) { return Uniform("x", 10, -1e308, 1e308) },
			"finite"},
		"log range": {func() (Axis, error) { return Log("r", 4, 2, 1, 0) }, "min < max"},
		"no center": {func() (Axis, error) { return Sinh("x", 4, 0, 1, nil, nil) },
			"as many widths"},
		"two widths": {func() (Axis, error) { return Sinh("x", 4, 0, 1, one, []float64{1, 1}) },
			"as many widths"},
		"zero width": {func() (Axis, error) { return Sinh("x", 4, 0, 1, one, []float64{0}) },
			"positive widths"},
		"no such center": {func() (Axis, error) {
			return Sinh("x", 4, 0, 1, []float64{0.5, nan}, []float64{1, 1})
		}, "finite centers"},
		"too narrow": {func() (Axis, error) {
			return Sinh("x", 9, -1e300, 1e300, []float64{0, 1}, []float64{1e-10, 1})
		}, "wider widths"},
		"few cells": {func() (Axis, error) {
			return Sinh("x", 2, -9, 9, []float64{-1, 1}, []float64{1, 1})
		}, "at least 3"},
		"one face": {func() (Axis, error) { return FromFaces("x", one) }, "at least 2 faces"},
		"repeated face": {func() (Axis, error) { return FromFaces("x", []float64{0, 1, 1}) },
			"must ascend"},
		"a NaN face": {func() (Axis, error) { return FromFaces("x", []float64{0, nan, 1}) },
			"finite"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			_, err := c.make()
			if err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(fmt.Sprint(err), "axis ") {
				t.Errorf("error %v, want one about %q that names the axis", err, c.want)
			}
		})
	}
}

func TestEndNames(t *testing.T) {
	if Closed.String() != "closed" || Open.String() != "open" {
		t.Errorf("%v, %v", Closed, Open)
	}
}
