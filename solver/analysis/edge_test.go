package analysis

import (
	"math"
	"testing"
)

func TestEdgeFitIsExactForItsModel(t *testing.T) {
	for _, t0 := range []float64{-5, 0, 0.3, 40} {
		T := []float64{20, 40, 80}
		values := make([]float64, len(T))
		for i := range T {
			values[i] = 2.25 + math.Pow(math.Pi/(T[i]+t0), 2)
		}
		found, err := EdgeFit(T, values, 1)
		check(t, err)
		near(t, "edge", found.Value, 2.25, 1e-13) // rounding of the values, enlarged by T/ΔT
		near(t, "t₀", found.T0, t0, 1e-8)         // idem, times (T+t₀)³/2π²
		near(t, "error estimate", found.Error, 0, 1e-13)
	}
}

func TestFreeEdgeFitIsExactForItsModel(t *testing.T) {
	for _, c := range []struct{ t0, speed float64 }{{-3, 1}, {0, 2}, {4, 1.3}} {
		T := []float64{10, 14, 20, 28}
		values := make([]float64, len(T))
		for i := range T {
			values[i] = 1.5 + math.Pow(c.speed*math.Pi/(T[i]+c.t0), 2)
		}
		found, err := EdgeFitFree(T, values)
		check(t, err)
		near(t, "edge", found.Value, 1.5, 1e-10) // rounding of the values, enlarged by (T/ΔT)²
		near(t, "c", found.Speed, c.speed, 1e-8)
		near(t, "t₀", found.T0, c.t0, 1e-7)
		near(t, "error estimate", found.Error, 0, 1e-9)
	}
}

// With c that is not 1 the fit of c = 1 is off, and its error bar says so; with the right c it is
// exact.
func TestEdgeFitOfAnotherSpeed(t *testing.T) {
	T := []float64{20, 40, 80}
	values := make([]float64, len(T))
	for i := range T {
		values[i] = 9 + math.Pow(2*math.Pi/T[i], 2)
	}
	wrong, err := EdgeFit(T, values, 1)
	check(t, err)
	if off := math.Abs(wrong.Value - 9); !(off > 1e-3 && off <= wrong.Error) {
		t.Errorf("c = 1 instead of 2: the error is estimated at %g and is %g", wrong.Error, off)
	}
	right, err := EdgeFit(T, values, 2)
	check(t, err)
	near(t, "edge", right.Value, 9, 1e-13)
}

func TestFreeEdgeFitRefuses(t *testing.T) {
	T := []float64{10, 14, 20, 28}
	for name, values := range map[string][]float64{
		"three domains":                           {3, 2, 1},
		"eigenvalue that stays":                   {2, 2, 2, 2},
		"eigenvalue that falls faster and faster": {4, 3.9, 3, 1},
		"undefined":                               {4, math.NaN(), 3, 2.9},
	} {
		if found, err := EdgeFitFree(T[:len(values)], values); err == nil {
			t.Errorf("%s: the edge is %g", name, found.Value)
		}
	}
}

// The lowest radial eigenvalues of f = 1 + |θ|² on r ≤ sinh T, of the finite volumes that the table
// of constants was made with, for (d, ε): the edges are ((d−2)ε−2)²/(4ε²).
func TestEdgeFitOnFiniteVolumes(t *testing.T) {
	for _, c := range []struct{ d, epsilon, at60, at120, at240, t0 float64 }{
		{1, 2, 1.0027415566603686, 1.0006853890846796, 1.0001713471865383, 0},
		{1, 4, 0.565254543284022, 0.5631870130116767, 0.5626715501835348, -0.14189},
		{2, 1, 1.0027698066413433, 1.0006889075423384, 1.000171786173618, -0.30683},
		{2, 2, 0.25279844365463583, 0.2506924516896456, 0.25017222691528285, -0.61350},
		{2, 4, 0.06530413695710811, 0.06319315265495405, 0.06267231385480494, -0.67388},
		{3, 0.5, 2.252691892454228, 2.2506790857934926, 2.2501705538785357, 0.55536},
		{3, 1, 0.25282095327442616, 0.2506952144018136, 0.25017256910743874, -0.85095},
		{4, 0.5, 1.0028009981135613, 1.0006927606031086, 1.0001722649667408, -0.64015},
	} {
		exact := math.Pow((c.d-2)*c.epsilon-2, 2) / (4 * c.epsilon * c.epsilon)
		found, err := EdgeFit([]float64{60, 120, 240}, []float64{c.at60, c.at120, c.at240}, 1)
		check(t, err)
		edge, t0, e := found.Value, found.T0, found.Error
		t.Logf("d = %g, ε = %g: edge %.10f, error %.1e, estimated %.1e, t₀ = %.5f", c.d, c.epsilon,
			edge, edge-exact, e, t0)
		near(t, "edge", edge, exact, 5e-9) // the next term of the model, of the order T^{-4}
		near(t, "t₀", t0, c.t0, 1e-4)
		// 2e-10: the errors of the values themselves
		if !(e+2e-10 >= math.Abs(edge-exact) && e < 1e-6) {
			t.Errorf("d = %g, ε = %g: the error is estimated at %g and is %g", c.d, c.epsilon, e,
				edge-exact)
		}
	}
	// At ε = 1/2 in the plane an eigenvalue has just reached the edge: the model does not hold, and
	// the estimate must say so.
	found, err := EdgeFit([]float64{60, 120, 240},
		[]float64{4.000713482155997, 4.000174810476428, 4.000043270378408}, 1)
	check(t, err)
	edge, e := found.Value, found.Error
	t.Logf("d = 2, ε = 0.5: edge %.8f, error %.1e, estimated %.1e", edge, edge-4, e)
	if !(e > math.Abs(edge-4)) {
		t.Errorf("the error is estimated at %g and is %g", e, edge-4)
	}
}

func TestEdgeFitRefuses(t *testing.T) {
	for name, c := range map[string]struct{ T, values []float64 }{
		"eigenvalue that does not fall": {[]float64{10, 20}, []float64{8, 8}},
		"one domain":                    {[]float64{10}, []float64{8}},
		"T that does not ascend":        {[]float64{20, 10}, []float64{9, 8}},
		"undefined value":               {[]float64{10, 20}, []float64{math.NaN(), 8}},
		"unequal lengths":               {[]float64{10, 20}, []float64{8}},
	} {
		if found, err := EdgeFit(c.T, c.values, 1); err == nil {
			t.Errorf("%s: the edge is %g", name, found.Value)
		}
	}
}

// near asserts that a value is what it should be, to a relative error where it is above 1 and an
// absolute one below.
func near(t *testing.T, name string, got, want, tolerance float64) {
	t.Helper()
	if !(math.Abs(got-want) <= tolerance*math.Max(1, math.Abs(want))) {
		t.Errorf("%s: %.15g, want %.15g to %.1g", name, got, want, tolerance)
	}
}
