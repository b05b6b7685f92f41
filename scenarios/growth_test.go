package scenarios

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Whether π is integrable, with p = 1 + 1/ε in d dimensions. What the right answer is, is said for
// each; where values do not decide, or nearly do not, nothing is said.
func TestIntegrability(t *testing.T) {
	line, plane := []string{sinh(40, -20, 20)}, []string{sinh(40, -20, 20), sinh(40, -20, 20)}
	disc, half := []string{sinh(40, 0, 20), angle(8)}, []string{sinh(40, 0, 20)}
	space := []string{sinh(16, -20, 20), sinh(16, -20, 20), sinh(16, -20, 20)}
	ball, tube := []string{sinh(20, 0, 20), angle(8), angle(8)}, []string{half[0], line[0]}
	four := []string{sinh(8, -9, 9), sinh(8, -9, 9), sinh(8, -9, 9), sinh(8, -9, 9)}
	ml := func(eps float64) string { return fmt.Sprintf("epsilon = %g", eps) }
	const homogeneous = "model = \"homogeneous\"\nepsilon = 0.5"
	const proven, measured, no, yes, unknown = "proven ", "measured ", "false: ", "true: ",
		"unknown: "
	for name, c := range map[string]struct {
		formula, noise, grid string
		axes                 []string
		want                 string
	}{
		// Dp > d and positive; Dp < d.
		"quartic": {"1 + x^4", ml(0.25), "", line,
			proven + yes + "f grows like |θ|^4 in every direction"},
		"off the origin": {"0.5 + ((x-3)^2 - 1)^2", ml(0.25), "", line, proven + yes},
		// 1 − t + t⁴ ≥ 1 − 3/4^{4/3} > 0
		"indefinite terms": {"1 + x^4 - x^3*y + y^4", ml(0.25), "", plane, proven + yes},
		"in space":         {"1 + x^2 + 2*y^2 + 4*z^2", ml(0.25), "", space, proven + yes},
		"in four dimensions": {"1 + x^2 + 2*y^2 + 4*z^2 + w^2 + x*w", ml(0.2), "", four,
			proven + yes},
		"high dimension": {"1 + r^4", ml(1), radial(10), half,
			proven + no + "f is at most of the order of |θ|^4, and more than |θ|^5 is needed"},
		"ring":        {"0.1 + (r^2 - 1)^2", ml(0.25), polar, disc, proven + yes},
		"polar":       {"1 + x^2 + 3*y^4 + x^4", ml(0.25), polar, disc, proven + yes},
		"cylindrical": {"1 + r^4 + z^4", ml(1), cylindrical, tube, proven + yes},
		"rastrigin": {"0.2 + x^2 + y^2 + 0.5*(2 - cos(2*pi*x) - cos(2*pi*y))", ml(0.25),
			"", plane, proven + yes},
		"bounded": {"2 + sin(x)*cos(y)", ml(0.25), "", plane,
			proven + no + "f is bounded"},
		"homogeneous":          {"(x^2 - 1)^2", homogeneous, "", line, proven + yes},
		"a constant":           {"1", homogeneous, "", line, proven + no},
		"square root":          {"(1 + x^4)^(1/8)", ml(2), "", line, measured + no}, // |x|^{−3/4}
		"no polynomial":        {"1 + x^2 + exp(-x^2)", ml(0.25), "", line, measured + yes},
		"space, no polynomial": {"1 + r^2 + exp(-x^2)", ml(0.25), "", space, measured + yes},
		"four, no polynomial":  {"1 + r^2 + exp(-x^2)", ml(0.25), "", four, measured + yes},
		// r^{−2} in R⁴
		"four, too slow": {"1 + r + exp(-x^2)", ml(1), "", four, measured + no},

		// Valleys without end: π ~ 1 on a set of infinite volume. On a line in the plane the volume
		// is ∫dx, on a parabola ∫dx over 1 of width in y, in more dimensions the cross-section of
		// what is not a ridge is finite.
		"diagonal": {"1 + (x-2*y)^2", ml(0.25), "", plane, proven + no},
		"diagonal, not polynomial": {"1 + (x-2*y)^2 + exp(-x^2)", ml(0.25), "", plane,
			measured + no},
		"diagonal, odd": {"1 + (x-0.3717*y)^2 + exp(-x^2)", ml(0.25), "", plane,
			measured + no},
		"parabola":                  {"1 + (y-x^2)^2", ml(0.25), "", plane, measured + no},
		"parabola, polar":           {"1 + (y-x^2)^2", ml(0.25), polar, disc, measured + no},
		"diagonal, polar":           {"1 + (x-2*y)^2", ml(0.25), polar, disc, proven + no},
		"diagonal, polar, by trial": {"1 + abs(x-2*y)", ml(0.25), polar, disc, measured + no},
		"diagonal, homogeneous":     {"1 + (x-2*y)^2", homogeneous, "", plane, proven + no},
		"parabola, homogeneous":     {"1 + (y-x^2)^2", homogeneous, "", plane, measured + no},
		"parabola, space":           {"1 + (y-x^2)^2 + z^2", ml(0.25), "", space, measured + no},
		"parabola, spherical": {"1 + (y-x^2)^2 + z^2", ml(0.25), spherical, ball,
			measured + no},
		"plane in space": {"1 + (x+2*y-z)^2", ml(0.25), spherical, ball, proven + no},
		// ∫ r dr
		"cone in space": {"1 + (r-2*z)^2", ml(0.25), cylindrical, tube, proven + no},
		// ∫ r dr
		"paraboloid":         {"1 + (z-r^2)^2", ml(0.25), cylindrical, tube, measured + no},
		"a ridge with kinks": {"1 + (x-2*y)^2 + abs(z)", ml(0.25), spherical, ball, measured + no},
		"four, a ridge":      {"1 + (x-2*y)^2 + abs(z) + w^2", ml(0.25), "", four, unknown},
		// ∫ R^{20} R^{−22} dR < ∞, of widths that are not seen
		"narrower than rounding": {"1/(1+x^4) + y^2*(1+x^4)^10", ml(0.25), "", plane, unknown},
		"a hidden ridge":         {"1 + abs(x+y)^3", ml(0.25), "", plane, measured + no},
		"four, a valley":         {"1 + (y-x^2)^2 + z^2 + w^2", ml(0.25), "", four, unknown},

		// Valleys that narrow: the volume is ∫ width dR.
		// ∫ dR/R = ∞, on the edge
		"widths 1/R":              {"1 + x^2*y^2", ml(0.25), "", plane, unknown},
		"widths 1/R, polar":       {"1 + x^2*y^2", ml(0.25), polar, disc, unknown},
		"the same by others":      {"1 + x^2*(1+y^2)", ml(0.25), "", plane, unknown},
		"widths 1/R, homogeneous": {"1 + x^2*y^2", homogeneous, "", plane, unknown},
		// ∫ dR/R² < ∞
		"widths 1/R²": {"1 + x^2*(1+y^2)^2 + y^2*exp(-y^2)", ml(0.25), "", plane, measured + yes},
		// R^{−5}
		"rising valley": {"1 + (x-2*y)^2 + sqrt(1+y^2)", ml(0.25), "", plane, measured + yes},
		// f ~ R^{1/10}, width R^{1/20}: R^{−0.45}
		"slowly rising valley": {"(1+y^2)^0.05 + (x-2*y)^2", ml(0.25), "", plane, measured + no},

		// Zeros: f ≤ C|θ−θ₀|^q with qp > d.
		"between the midpoints": {"((x-0.123)^2 - 1)^2", ml(0.25), "", line,
			measured + no + "f falls like |θ−θ₀|^2 to its zero at x = "},
		// |x|^{−3/4}: integrable, but is it the only one
		"a mild zero":       {"sqrt(abs(x)) + x^4", ml(2), "", line, unknown},
		"ring in the plane": {"(x^2 + y^2 - 1)^2", ml(0.25), "", plane, measured + no},
		"ring of zeros":     {"(r^2 - 1)^2", ml(0.25), polar, disc, measured + no},
		"a line of zeros":   {"(x-2*y)^2", ml(0.25), "", plane, proven + no},

		"critical": {"(1 + x^4)^(1/4)", ml(1e3), "", line, unknown},
		// R^{−10} (log R)^{−10}
		"a logarithm": {"x^2*(1 + log(1 + x^2)^2) + 1", ml(0.25), "", line,
			measured + yes},
		"not defined far out":     {"1 + x^2 + sqrt(30 - x)", ml(0.25), "", line, unknown},
		"not representable there": {"exp(x^2)", ml(0.25), "", line, unknown},
		// (2 + x²)^{−2}
		"homogeneous, a logarithm": {"log(2 + x^2)", homogeneous, "", line, measured + yes},
		// |x|^{−0.4}
		"homogeneous, too slow": {"0.1*log(2 + x^2)", homogeneous, "", line, measured + no},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := problem{landscape: fmt.Sprintf("formula = %q", c.formula), noise: c.noise,
				grid: c.grid, axes: c.axes}.build(t)
			if err != nil {
				t.Fatal(err)
			}
			i := s.Integrability()
			got := "unknown: " + i.Reason
			if i.Integrable != nil {
				got = fmt.Sprintf("%s%v: %s", map[bool]string{true: proven,
					false: measured}[i.Proven], *i.Integrable, i.Reason)
			}
			if !strings.HasPrefix(got, c.want) || i.Reason == "" {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}

// A peak of any width, anywhere, is integrated: ∫(1 + ((t−c)/w)²)^{−5} dt = w π 35/128 for w ≪ 1,
// over [−1, 1]. An integral over the samples alone, as over rays, misses it by orders of magnitude.
func TestIntegralFindsThePeaks(t *testing.T) {
	blind := thorough
	blind.peaks = 0
	for _, w := range []float64{1e-2, 1e-4, 1e-7, 1e-10} {
		for _, c := range []float64{0, 0.3717, -0.9, 1e-3} {
			g := func(x []float64) []float64 {
				out := make([]float64, len(x))
				for i, t := range x {
					out[i] = -5 * math.Log1p((t-c)/w*(t-c)/w)
				}
				return out
			}
			want := math.Log(w * math.Pi * 35 / 128)
			for _, f := range []effort{thorough, rough} {
				if f == rough && w < 1e-7 {
					continue // below what R = 1e6 needs
				}
				// slopes of log ∫ in log R matter, to 0.02 over a decade
				if got := f.logIntegral(-1, 1, g); !near(got, want, 0.05) {
					t.Errorf("w = %g, c = %g, step %g: log ∫ = %.4f, want %.4f",
						w, c, f.step, got, want)
				}
			}
			if got := blind.logIntegral(-1, 1, g); c != 0 && w < 1e-3 && near(got, want, 1) {
				t.Errorf("w = %g, c = %g: found without looking for maxima: no test", w, c)
			}
		}
	}
}
