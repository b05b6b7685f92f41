package scenarios

import (
	"fmt"
	"strings"
	"testing"
)

// f ~ |θ|^p is integrable to the power −(1+1/ε) iff (1+1/ε)p > d far out, and iff (1+1/ε)p < d at a zero; e^{−f/ε} is where f grows.
// Near the critical exponent, where it has not settled, and where f differs from ray to ray, nothing is said.
func TestMeasureIntegrable(t *testing.T) {
	line, plane := []string{sinh(40, -20, 20)}, []string{sinh(40, -20, 20), sinh(40, -20, 20)}
	disc, half := []string{sinh(40, 0, 20), angle(8)}, []string{sinh(40, 0, 20)}
	ml := func(eps float64) string { return fmt.Sprintf("epsilon = %g", eps) }
	homogeneous := "model = \"homogeneous\"\nepsilon = 0.5"
	for name, c := range map[string]struct {
		formula, noise, grid string
		axes                 []string
		want                 string // "" for nothing
	}{
		"quartic":                  {"1 + x^4", ml(0.25), "", line, "true: f grows like |θ|^4 on the 2 rays looked at and does not vanish: the least value found is 1"},
		"square root":              {"(1 + x^4)^(1/8)", ml(2), "", line, "false: f grows like |θ|^0.5 on the 2 rays looked at, and more than |θ|^0.6667 is needed"},
		"critical":                 {"(1 + x^4)^(1/4)", ml(1e3), "", line, ""},
		"off the origin":           {"0.5 + ((x-3)^2 - 1)^2", ml(0.25), "", line, "true: f grows like |θ|^4"},
		"between the midpoints":    {"((x-0.123)^2 - 1)^2", ml(0.25), "", line, "false: f falls like |θ−θ₀|^2 to its zero at θ₀ = ["},
		"a mild zero":              {"sqrt(abs(x)) + x^4", ml(2), "", line, ""},
		"ring":                     {"0.1 + (r^2 - 1)^2", ml(0.25), polar, disc, "true: f grows like |θ|^4 on the 8 rays"},
		"ring in the plane":        {"(x^2 + y^2 - 1)^2", ml(0.25), "", plane, ""},
		"ring of zeros":            {"(r^2 - 1)^2", ml(0.25), polar, disc, ""},
		"high dimension":           {"1 + r^4", ml(1), radial(10), half, "false: f grows like |θ|^4 on the 1 rays looked at, and more than |θ|^5 is needed"},
		"cylindrical":              {"1 + r^4 + z^4", ml(1), cylindrical, []string{half[0], line[0]}, "true: f grows like |θ|^4 on the 5 rays"},
		"valleys":                  {"1 + x^4*y^4", ml(0.25), "", plane, ""},
		"a logarithm":              {"x^2*(1 + log(1 + x^2)^2) + 1", ml(0.25), "", line, ""},
		"not defined far out":      {"1 + x^2 + sqrt(30 - x)", ml(0.25), "", line, ""},
		"not representable there":  {"exp(x^2)", ml(0.25), "", line, ""},
		"homogeneous":              {"(x^2 - 1)^2", homogeneous, "", line, "true: f grows like |θ|^4 on the 2 rays looked at"},
		"homogeneous, a logarithm": {"log(2 + x^2)", homogeneous, "", line, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := problem{landscape: fmt.Sprintf("formula = %q", c.formula), noise: c.noise, grid: c.grid, axes: c.axes}.build(t)
			if err != nil {
				t.Fatal(err)
			}
			got := ""
			if m := s.MeasureIntegrable(); m != nil {
				got = fmt.Sprintf("%v: %s", m.Integrable, m.Reason)
			}
			if !strings.HasPrefix(got, c.want) || (got == "") != (c.want == "") {
				t.Errorf("%q, want %q", got, c.want)
			}
		})
	}
}
