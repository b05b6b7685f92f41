package exact

import (
	"math"
	"testing"
)

// tails.json holds the Student kernels and their deviation norms in far tails and at small radii,
// evaluated with 80 and more digits from the formulas of Student1D and StudentRadial3D.
type tails struct {
	Line, Radial []tailRow
	LineNorm     []tailRow `json:"line_norm"`
	RadialNorm   []tailRow `json:"radial_norm"`
}

type tailRow struct {
	N            int
	X0, X, R0, R float64
	T            float64
	LogRho       value `json:"log_rho"`
	LogNorm      value `json:"log_norm"`
}

// tailErrors holds, for each N, the largest error of log ρ over 1 + |log ρ|.
type tailErrors [MaxBoundStates + 1]float64

func (e *tailErrors) check(t *testing.T, got float64, want value, row tailRow) {
	t.Helper()
	err := math.Abs(got-float64(want)) / (1 + math.Abs(float64(want)))
	// partial cancellation of N terms
	if tolerance := 1e-15 * math.Pow(2, float64(row.N)); !(err <= tolerance) {
		t.Errorf("%+v: got %.17g, error %.1e > %.1e", row, got, err, tolerance)
	}
	e[row.N] = math.Max(e[row.N], err)
}

func TestStudentTails(t *testing.T) {
	var ref tails
	load(t, "testdata/tails.json", &ref)
	var line, radial tailErrors
	for _, r := range ref.Line {
		s := must[*Student1D](t)(NewStudent1D(2/float64(2*r.N-1), unit, r.X0, r.T))
		line.check(t, s.LogDensity(0, []float64{r.X}), r.LogRho, r)
	}
	t.Logf("d = 1, N = 1, …: %.1e", line[1:])
	for _, r := range ref.Radial {
		s := must[*StudentRadial3D](t)(NewStudentRadial3D(2/float64(2*r.N-1), unit, r.R0, r.T))
		radial.check(t, s.LogDensityS(0, math.Log(r.R)), r.LogRho, r)
	}
	t.Logf("d = 3, N = 2, …: %.1e", radial[2:])
}

func TestStudentDeviationNorms(t *testing.T) {
	var ref tails
	load(t, "testdata/tails.json", &ref)
	const tolerance = 1e-12 // without the ground state the terms at the source cancel in part
	a := agreement{t: t}
	for _, r := range ref.LineNorm {
		s := must[*Student1D](t)(NewStudent1D(2/float64(2*r.N-1), unit, r.X0, r.T))
		a.check(s.DeviationNorm(0), value(math.Exp(float64(r.LogNorm))), tolerance, r)
	}
	a.report("d = 1")
	a = agreement{t: t}
	for _, r := range ref.RadialNorm {
		s := must[*StudentRadial3D](t)(NewStudentRadial3D(2/float64(2*r.N-1), unit, r.R0, r.T))
		a.check(s.DeviationNorm(0), value(math.Exp(float64(r.LogNorm))), tolerance, r)
	}
	a.report("d = 3")
}
