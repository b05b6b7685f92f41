package exact

import (
	"encoding/json"
	"math"
	"os"
	"strconv"
	"strings"
	"testing"
)

// value is a number that the reference writes as a number, a decimal string or a fraction.
type value float64

func (v *value) UnmarshalJSON(b []byte) error {
	s := strings.Trim(string(b), `"`)
	num, den, fraction := strings.Cut(s, "/")
	x, err := strconv.ParseFloat(num, 64)
	if err == nil && fraction {
		var y float64
		y, err = strconv.ParseFloat(den, 64)
		x /= y
	}
	*v = value(x)
	return err
}

func load(t *testing.T, file string, into any) {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, into); err != nil {
		t.Fatal(err)
	}
}

func must[T any](t *testing.T) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// agreement collects the largest relative error of a set of comparisons.
type agreement struct {
	t     *testing.T
	worst float64
}

func (a *agreement) check(got float64, want value, tolerance float64, what any) {
	a.t.Helper()
	e := math.Abs(got - float64(want))
	if want != 0 {
		e /= math.Abs(float64(want))
	}
	if !(e <= tolerance) {
		a.t.Errorf("%+v: got %.17g, want %.17g, relative error %.1e > %.1e",
			what, got, float64(want), e, tolerance)
	}
	a.worst = math.Max(a.worst, e)
}

func (a *agreement) report(what string) {
	a.t.Logf("%s: largest relative error %.1e", what, a.worst)
}

// digits16 is the tolerance for a density given to 16 digits: its last digit, and the rounding of
// log ρ.
func digits16(rho value) float64 { return 1e-15 * (2 + math.Abs(math.Log(float64(rho)))) }

var unit = Quadratic{Floor: 1, Scale: 1}

type reference struct {
	HardyPoincare []struct {
		D                 int
		Eps, Lambda, Rate value
		AttainedBy        string `json:"attained_by"`
		Integrable        bool
	} `json:"hardy_poincare"`
	Ladder []struct {
		D, L  int
		Alpha value
		Exact []value
	}
	Exact struct {
		Student []struct {
			N          int
			Eps, X0, T value
			X, Rho     value
		} `json:"A_student_1d_transition"`
		Radial []struct {
			Eps, R0, T, R, Rho value
		} `json:"B_student_3d_radial_shell"`
		Moments []struct {
			D           int
			Eps, Z, Er2 value
			RateMean    value `json:"rate_mean"`
			RateR2      value `json:"rate_r2"`
		} `json:"C_moments"`
		Poly []struct {
			X, T, Rho value
		} `json:"C_poly_1d_eps0.25_(1+x)^2"`
		PolyNorm []struct {
			T, Norm value
		} `json:"C_poly_l2norm"`
		GBM []struct {
			D          int
			Eps, R0, T value
			R          value
			P          value `json:"p_r"`
		} `json:"D_gbm_radial_density_of_r"`
		Shell []struct {
			R0, T, R, Rho value
		} `json:"m3_eps2_radial_shell"`
		CDF []struct {
			R0 value `json:"r0"`
			T  value
			Up value `json:"R"`
			P  value
		} `json:"m3_cdf"`
		Invariant []struct {
			R, P value
		} `json:"m3_invariant_cdf"`
		Norm []struct {
			N              int
			Eps, X0, T, L2 value
		} `json:"L2_point_source_1d"`
		Truncated []struct {
			L, Lam1 value
		} `json:"truncated_gap_eps2"`
	}
	LogSingular struct {
		RadialGap []struct {
			M      int
			S, Gap value
		} `json:"radial_gap"`
		Mass []struct {
			M         int
			Tol, S, Z value
		}
	} `json:"log_singular"`
}

func loadReference(t *testing.T) reference {
	var r reference
	load(t, "testdata/exact.json", &r)
	return r
}

func TestReferenceStudent(t *testing.T) {
	ref := loadReference(t).Exact
	a := agreement{t: t}
	for _, r := range ref.Student {
		s := must[*Student1D](t)(NewStudent1D(float64(r.Eps), unit, float64(r.X0), float64(r.T)/2))
		a.check(math.Exp(s.LogDensity(float64(r.T)/2, []float64{float64(r.X)})), r.Rho,
			digits16(r.Rho), r)
	}
	a.report("transition density, d = 1")
	a = agreement{t: t}
	for _, r := range ref.Norm {
		s := must[*Student1D](t)(NewStudent1D(float64(r.Eps), unit, float64(r.X0), float64(r.T)/2))
		// N = 1 at T = 16 loses a factor 2T to the ground state
		a.check(s.DeviationNorm(float64(r.T)/2), r.L2, 2e-14, r)
	}
	a.report("‖u−⟨u⟩‖, d = 1")
	a = agreement{t: t}
	for _, r := range ref.Radial {
		s := must[*StudentRadial3D](t)(NewStudentRadial3D(float64(r.Eps), unit, float64(r.R0),
			float64(r.T)/2))
		a.check(math.Exp(s.LogDensity(float64(r.T)/2, []float64{0, float64(r.R), 0})), r.Rho,
			2*digits16(r.Rho), r)
	}
	a.report("radial transition density, d = 3")
}

func TestReferencePolynomial(t *testing.T) {
	ref := loadReference(t).Exact
	p := must[*Polynomial](t)(NewPolynomial(0.25, unit, []float64{1}))
	a := agreement{t: t}
	for _, r := range ref.Poly {
		tolerance := 1e-15
		if r.Rho > 0 {
			tolerance = digits16(r.Rho)
		}
		a.check(math.Exp(p.LogDensity(float64(r.T), []float64{float64(r.X)})), r.Rho, tolerance, r)
	}
	for _, r := range ref.PolyNorm {
		a.check(p.DeviationNorm(float64(r.T)), r.Norm, 2e-15, r)
	}
	a.report("polynomial solution")
	a = agreement{t: t}
	for _, r := range ref.Moments {
		b := make([]float64, r.D)
		invariant := must[*Polynomial](t)(NewPolynomial(float64(r.Eps), unit, b))
		a.check(math.Exp(unit.LogZ(float64(r.Eps), r.D)), r.Z, 5e-15, r)
		_, square := moments(invariant, 0)
		a.check(square, r.Er2, 1e-15, r)
		b[0] = 0.3
		p := must[*Polynomial](t)(NewPolynomial(float64(r.Eps), unit, b))
		m0, square0 := moments(p, 0)
		m1, square1 := moments(p, 0.5)
		a.check(math.Log(m0[0]/m1[0])/0.5, r.RateMean, 1e-15, r)
		if finite := float64(r.Eps) < 2/float64(r.D+2); finite {
			e := float64(r.Er2)
			// differences of nearly equal numbers
			a.check(math.Log((square0-e)/(square1-e))/0.5, r.RateR2, 1e-12, r)
		}
	}
	a.report("moments")
}

func TestReferenceGBM(t *testing.T) {
	a := agreement{t: t}
	for _, r := range loadReference(t).Exact.GBM {
		floor0 := Quadratic{Scale: 1}
		g := must[*GBM](t)(NewGBM(float64(r.Eps), floor0, r.D, float64(r.R0), float64(r.T)/2))
		s := math.Log(float64(r.R))
		a.check(math.Exp(g.logNormal(float64(r.T)/2, s)-s), r.P, digits16(r.P), r)
	}
	a.report("geometric Brownian motion")
}

func TestReferenceLogSingular(t *testing.T) {
	ref := loadReference(t)
	a := agreement{t: t}
	for _, r := range ref.Exact.Shell {
		l := must[*LogSingular](t)(NewLogSingular(2, 3, float64(r.R0), float64(r.T)/2))
		a.check(math.Exp(l.LogDensityS(float64(r.T)/2, math.Log(float64(r.R)))), r.Rho,
			2*digits16(r.Rho), r)
	}
	a.report("density")
	a = agreement{t: t}
	for _, r := range ref.Exact.CDF {
		l := must[*LogSingular](t)(NewLogSingular(2, 3, float64(r.R0), float64(r.T)/2))
		a.check(distribution(l, float64(r.T)/2, math.Log(float64(r.Up))), r.P, 2e-15, r)
	}
	for _, r := range ref.Exact.Invariant {
		a.check(LogSingularCDF(3, math.Log(float64(r.R))), r.P, 2e-15, r)
	}
	a.report("distribution functions")
	a = agreement{t: t}
	for _, r := range ref.LogSingular.Mass {
		a.check(math.Exp(LogSingularLogZ(r.M)), r.Z, 5e-15, r)
		// S solves for tol by root finding
		a.check(LogSingularMassOutside(r.M, float64(r.S)), r.Tol, 1e-12, r)
	}
	a.report("Z and the mass outside")
}

func TestReferenceGaps(t *testing.T) {
	ref := loadReference(t)
	a := agreement{t: t}
	for _, r := range ref.HardyPoincare {
		g := must[Gap](t)(PoincareHardy(float64(r.Eps), r.D))
		a.check(g.Lambda, r.Lambda, 1e-15, r)
		a.check(g.Rate(float64(r.Eps)), r.Rate, 1e-15, r)
		if got := attainedBy(g); got != r.AttainedBy {
			t.Errorf("%+v: kind %s, mode %s", r, g.Kind, got)
		}
		if got := Integrable(float64(r.Eps), r.D); got != r.Integrable {
			t.Errorf("%+v: Integrable = %t", r, got)
		}
		if free := g.Kind == Hardy || g.Kind == None; free == r.Integrable {
			t.Errorf("%+v: kind %s", r, g.Kind)
		}
	}
	a.report("Λ")
	a = agreement{t: t}
	for _, r := range ref.Ladder {
		got := Ladder(-1/float64(r.Alpha), r.D, r.L)
		if len(got) < len(r.Exact) {
			t.Fatalf("%+v: ladder %v", r, got)
		}
		for k, want := range r.Exact {
			a.check(got[k], want, 1e-15, r)
		}
	}
	a.report("ladders")
	a = agreement{t: t}
	for _, r := range ref.Exact.Truncated {
		a.check(TruncatedGap(float64(r.L)), r.Lam1, 1e-15, r)
	}
	for _, r := range ref.LogSingular.RadialGap {
		switch {
		case r.M == 3:
			// the reference is an eigenvalue of a discretisation
			a.check(TruncatedGap(float64(r.S)), r.Gap, 1e-9, r)
		case r.S > 1e9:
			a.check(LogSingularGap(r.M).Lambda, r.Gap, 1e-9, r) // idem
		}
	}
	a.report("truncated and log-singular gaps")
}

// attainedBy writes the mode as the reference does.
func attainedBy(g Gap) string {
	if g.Kind != Attained {
		return "ess"
	}
	return "l=" + strconv.Itoa(g.L) + ",k=" + strconv.Itoa(g.K)
}
