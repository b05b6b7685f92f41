package validation

import (
	"math"
	"os"
	"slices"
	"testing"
)

// inThePlane leaves the geometries of space to the long tests, and returns how many are left.
func inThePlane(t *testing.T) (geometries int) {
	if os.Getenv("FPSGD_LONG") != "1" {
		all := decayGeometries
		t.Cleanup(func() { decayGeometries = all })
		decayGeometries = all[:3]
	}
	return len(decayGeometries)
}

func TestDecayQuadratic(t *testing.T) {
	n := inThePlane(t)
	checkRows(t, rowsOf(t, false, decayQuadraticClaim), 4+5*(n-1)+4)
}

// Conductivities 1% too large are seen in every rate that is compared with a closed form, but for
// the fitted ones on the coarse grids of space, which are left to the long test.
func TestDecayQuadraticCatchesAMutant(t *testing.T) {
	long(t)
	rates, fitted := 2+3*(inThePlane(t)-1), 3
	if rows, failed := failures(t, decayQuadraticClaim, faster); len(failed) < rates+fitted {
		t.Errorf("only %d of %d rows fail: %q", len(failed), rows, failed)
	}
}

// The rates and their multiplicity are found to the given relative errors on the finest grid and
// extrapolated.
func TestRatesInThePlaneAndInSpace(t *testing.T) {
	for _, c := range []struct {
		geometry          int
		slow              bool
		raw, extrapolated float64
	}{{0, false, 2e-4, 1e-7}, {1, false, 2e-3, 1e-4}, {2, false, 2e-3, 1e-4}, {3, true, 1e-2, 1e-3},
		{4, true, 1e-2, 1e-3}} {
		g := decayGeometries[c.geometry]
		t.Run(g.name, func(t *testing.T) {
			if c.slow {
				long(t)
			}
			found := g.spectrum(&Experiment{Context: t.Context()})
			for i, want := range quadraticRates(decayEpsilon, g.dimension, g.rates) {
				v := found[i]
				t.Logf("%.8f → %.8f ± %.1e, want %g", v.levels, v.value, v.error, want)
				report(t, checkNear("the rate on the finest grid", v.finest(), want, c.raw))
				report(t, checkNear("the extrapolated rate", v.value, want, c.extrapolated))
			}
		})
	}
}

func TestQuadraticRates(t *testing.T) {
	for d, want := range [][]float64{1: {2, 3.5, 4.5, 5}, 2: {2, 2, 3, 4, 4, 4, 4},
		3: {2, 2, 2, 2.5, 3.5, 3.5, 3.5, 4, 4, 4, 4, 4}} {
		if got := quadraticRates(decayEpsilon, d, len(want)); d > 0 &&
			!slices.EqualFunc(got, want, near12) {
			t.Errorf("d = %d: %g, want %g", d, got, want)
		}
	}
}

func near12(a, b float64) bool { return math.Abs(a-b) <= 1e-12*b } // rounding
