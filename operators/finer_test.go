package operators

import (
	"math"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// coarsened assembles on a grid and on that with the cells merged by pairs, on the latter with the
// help of the finer one and without.
func coarsened(t *testing.T, g *mesh.Grid, w Weights, o Options) (fine, alone, helped *Operator) {
	t.Helper()
	merged := must[*mesh.Grid](t)(g.Merged())
	fine = must[*Operator](t)(Assemble(g, w, o))
	alone = must[*Operator](t)(Assemble(merged, w, o))
	o.Finer = &Finer{fine, g}
	return fine, alone, must[*Operator](t)(Assemble(merged, w, o))
}

// largest is the largest difference of two arrays, relative or, of logarithms, as it is.
func largest(a, b []float64, log bool) (most float64) {
	for i, x := range a {
		if x != b[i] {
			d := math.Abs(x - b[i])
			if !log {
				d /= max(math.Abs(x), math.Abs(b[i]))
			}
			most = max(most, d)
		}
	}
	return most
}

// M_I = Σ M_i and q̄_I = Σ M_i q̄_i/M_I to rounding, which is what the coarse cells' own quadrature
// gives to its tolerance; conductances see no more of it than that. Nothing depends on the threads.
func TestMassesAreSumsOverFinerCells(t *testing.T) {
	for _, system := range systems {
		g := systemGrid(t, system)
		d := len(g.Axes)
		if d == 1 {
			continue
		}
		fine, alone, helped := coarsened(t, g, quadratic(0.25), Options{Centroids: true})
		merged := must[*mesh.Grid](t)(g.Merged())
		sums := logZeros(merged.Cells())
		centres := vectors(d, merged.Cells())
		for i, parent := range g.Parents(merged) {
			sums[parent] = math.Log(math.Exp(sums[parent]) + math.Exp(fine.LogM[i]))
			for k := range d {
				centres[k][parent] += math.Exp(fine.LogM[i]) * fine.nodes[k][i]
			}
		}
		if e := largest(helped.LogM, sums, true); e > 1e-13 {
			t.Errorf("%s: a mass is off the sum by %.1e", system, e)
		}
		for k := range d {
			for i := range sums {
				want, size := centres[k][i]/math.Exp(sums[i]), 20.0
				if math.Abs(helped.Centroids[k][i]-want) > 1e-14*size {
					t.Errorf("%s: centroid %g, want %g", system, helped.Centroids[k][i], want)
				}
			}
		}
		// the estimate of a cell's error is one of magnitude, and kept to relative to the largest
		if e := largest(helped.LogM, alone.LogM, true); e > 100*massTolerance[d] {
			t.Errorf("%s: the mass of a cell differs by %.1e", system, e)
		}
		for k := range d {
			e := largest(helped.Coupling[k], alone.Coupling[k], false)
			if e > 20*conductanceTolerance[d] { // likewise
				t.Errorf("%s: a coupling along axis %d differs by %.1e", system, k, e)
			}
		}
		again := must[*Operator](t)(Assemble(merged, quadratic(0.25), Options{Threads: 3,
			Finer: &Finer{fine, g}}))
		if !slices.Equal(again.LogM, helped.LogM) || !slices.Equal(again.Diag, helped.Diag) {
			t.Errorf("%s: it depends on the number of threads", system)
		}
	}
}

// A singularity at a corner of finer cells that lies inside of a coarse one is refused there all
// the same: masses that are finite do not make it passable.
func TestSingularitiesInsideUnionsAreRefused(t *testing.T) {
	axis := uniformAxis(t, "x", 4, 0, 1)
	g := newGrid(t, "cartesian", 2, axis, axis)
	w := powerOf{1, []float64{0.25, 0.25}}
	fine := must[*Operator](t)(Assemble(g, w, Options{}))
	merged := must[*mesh.Grid](t)(g.Merged())
	_, err := Assemble(merged, w, Options{Finer: &Finer{fine, g}})
	if err == nil || !strings.Contains(err.Error(), "inside a cell") {
		t.Errorf("a singularity inside a cell: %v", err)
	}
}

// A barrier or a trench across space, f = (1 + |θ|²)(1 + A e^{−((x−c)/w)²}), that the finer
// nodes resolve changes the coarse masses and conductances as much as one that is bisected to, and
// so does a narrower one, which is bisected to whatever there is of a finer grid.
func TestFeaturesThatFinerNodesResolve(t *testing.T) {
	for _, height := range []float64{-0.9, 20} {
		for _, width := range []float64{0.02, 0.8} {
			axis := uniformAxis(t, "x", 6, -3, 3)
			g := newGrid(t, "cartesian", 3, axis, axis, axis)
			at := []float64{0.4, 0, 0}
			w := mlWeights{0.5, func(x []float64) float64 {
				r := (x[0] - at[0]) / width
				return math.Log1p(x[0]*x[0]+x[1]*x[1]+x[2]*x[2]) + math.Log1p(height*math.Exp(-r*r))
			}}
			o := Options{Features: []Feature{{At: at, Width: []float64{width / 2, 3, 3}}}}
			_, alone, helped := coarsened(t, g, w, o)
			if e := largest(helped.LogM, alone.LogM, true); e > 100*massTolerance[3] {
				t.Errorf("height %g, width %g: a mass differs by %.1e", height, width, e)
			}
			for k := range 3 {
				e := largest(helped.Coupling[k], alone.Coupling[k], false)
				if e > 20*conductanceTolerance[3] {
					t.Errorf("height %g, width %g: a coupling differs by %.1e", height, width, e)
				}
			}
		}
	}
}

// Where a finer grid resolves a feature beside it, a face is integrated over faces of that grid,
// which it is the union of.
func TestFacesAreCutAsThoseOfAFinerGrid(t *testing.T) {
	g := newGrid(t, "cartesian", 3, uniformAxis(t, "x", 4, 0, 1), sinhAxis(t, "y", 4, -1, 1),
		uniformAxis(t, "z", 4, 0, 1))
	merged := must[*mesh.Grid](t)(g.Merged())
	r := &edgeRule{}
	r.assembly = &assembly{options: Options{Finer: &Finer{Grid: g}}}
	r.across = []int{1, 2}
	face := boxOf(merged, 0)
	if parts := r.cut(face); len(parts) != 1 || parts[0] != face {
		t.Errorf("with nothing near it is cut into %v", parts)
	}
	r.crossed = true
	area := func(b box) float64 { return (b.hi[1] - b.lo[1]) * (b.hi[2] - b.lo[2]) }
	parts, sum := r.cut(face), 0.0
	for _, part := range parts {
		sum += area(part)
	}
	if len(parts) != 4 || !near(sum, area(face), 1e-15, 0) {
		t.Errorf("%d parts have the area %g, want 4 and %g", len(parts), sum, area(face))
	}
}
