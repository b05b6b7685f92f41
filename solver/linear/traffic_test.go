package linear

import (
	"math"
	"testing"
)

// TestTrafficOfMIC: 19 words an unknown, less the couplings that the first and last rows and planes do not have.
//
//	down x, p twice each, r, L (3), q;  up p, E, L (3), q twice;  r twice, q.
func TestTrafficOfMIC(t *testing.T) {
	shape := []int{6, 10, 15}
	cells := 6 * 10 * 15
	got := trafficOf(t, cartesian(1, 10, shape...), MIC)
	if want := 8 * (19*cells - 2*cells/shape[0] - 2*cells/shape[1]); got.Memory != want || got.Swept != want {
		t.Errorf("%+v, want %d bytes", got, want)
	}
	if want := 8 * 8 * cells; got.WorkingSet != want { // E, L (3), x, r, p, q
		t.Errorf("working set %d bytes, want %d", got.WorkingSet, want)
	}
}

// TestTrafficOfSL2 counts by hand on 72×64 cells: levels of 64 and 32 columns and a band of 16. In words, for h black cells:
//
//	finest   product 6h, norm 2h, overlap 2h, updates 11h; lines from zero 6h, to and from the coarse grid 4h + 2h, black 9h, red 9h
//	below    its right-hand side and solution 4h; lines from zero 6h, black 9h, coarse grid 4h + 3h, black 9h, red 9h
//	band     its right-hand side and solution 2x; the factorisation and x twice, 2(16x + 2x)
func TestTrafficOfSL2(t *testing.T) {
	const n, finest, below, x = 72, 72 * 32, 72 * 16, 72 * 16
	got := trafficOf(t, cartesian(1, 10, n, 64), Multigrid)
	want := 8 * (51*finest + 4 + 44*below + 2*x + 2*(16*x+2*x)) // 4 for what is between the colours in p and z
	if got.Memory != want || got.Swept != want {
		t.Errorf("%+v, want %d bytes", got, want)
	}
}

// TestTrafficOfSP3: a visit to a plane spares most of its sweeps, but not what must be moved to begin with. Single precision halves what
// belongs to the levels and leaves the vectors.
func TestTrafficOfSP3(t *testing.T) {
	a, err := newMatrix(cartesian(1, 10, 42, 40, 44).operator(), .05, 1)
	if err != nil {
		t.Fatal(err)
	}
	axes, _ := a.planeAxes()
	o, err := Options{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	single := TrafficOf(newKrylovSystem(a, newSP3In[float32](a, axes), o))
	double := TrafficOf(newKrylovSystem(a, newSP3In[float64](a, axes), o))
	for _, s := range []Traffic{single, double} {
		if !(s.WorkingSet < s.Memory && s.Memory < s.Swept) {
			t.Errorf("%+v", s)
		}
	}
	vectors := 8 * 24 * a.cells // see countIteration
	for _, b := range [][2]int{{single.Memory, double.Memory}, {single.Swept, double.Swept}} {
		if 2*(b[0]-vectors) != b[1]-vectors {
			t.Errorf("%d bytes in single precision, %d in double, %d of them of vectors", b[0], b[1], vectors)
		}
	}
}

// TestMethodOf also covers grids too small for levels, and the direct solver's zero traffic.
func TestMethodOf(t *testing.T) {
	for _, c := range []struct {
		problem problem
		method  string
	}{
		{cartesian(1, 10, 9), Line},
		{cartesian(1, 10, 9, 9), Multigrid},
		{polar(1, 10, 40, 41), Multigrid},
		{cartesian(1, 10, 22, 22, 22), Planes},
		{spherical(1, 10, 22, 22, 22), Planes},
		{spherical(1, 10, 5, 5, 6), MIC},
	} {
		s := mustNew(t, c.problem.operator(), 1, Options{Method: c.method})
		if got := MethodOf(s); got != c.method {
			t.Errorf("method %q, want %q", got, c.method)
		}
		if b := TrafficOf(s); (b.Memory > 0) != (c.method != Line) || b.WorkingSet > b.Memory {
			t.Errorf("%s: %+v", c.method, b)
		}
	}
}

// TestIterate: as many iterations as Solve took leave its residual.
func TestIterate(t *testing.T) {
	p := cartesian(1, 10, 24, 24, 24)
	op, b := p.operator(), gaussian(p)
	for _, method := range []string{MIC, Planes} {
		s := mustNew(t, op, .05, Options{Method: method})
		stats, err := s.Solve(make([]float64, len(b)), b)
		if err != nil {
			t.Fatal(err)
		}
		if err := Iterate(s, b, stats.Iterations); err != nil {
			t.Fatal(err)
		}
		k := s.(*krylovSystem)
		k.update()
		k.residual(k.r, k.y, b, k.component(b))
		if r := k.norm(k.r) / k.part; math.Abs(r-stats.Residual) > 1e-3*stats.Residual {
			t.Errorf("%s: residual %g, Solve has %g", method, r, stats.Residual)
		}
	}
	if err := Iterate(mustNew(t, cartesian(1, 10, 9).operator(), 1, Options{}), make([]float64, 9), 1); err == nil {
		t.Error("the direct solver iterates")
	}
}

func trafficOf(t *testing.T, p problem, method string) Traffic {
	t.Helper()
	return TrafficOf(mustNew(t, p.operator(), .05, Options{Method: method}))
}
