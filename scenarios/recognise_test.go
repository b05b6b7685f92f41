package scenarios

import (
	"fmt"
	"testing"
)

// A formula is recognised by its coefficients: neither what vanishes at every midpoint, nor what is
// below rounding there, nor what differs beyond the grid or on a part of it that a sample misses
// makes it a quadratic; how it is written does not matter.
func TestRecognisesTheFunctionAndNotItsValues(t *testing.T) {
	// the midpoints of even are at n + ½
	line, even := []string{sinh(40, -50, 50)}, []string{uniform(40, -20, 20)}
	plane, space := []string{even[0], even[0]}, []string{even[0], even[0], even[0]}
	four := []string{sinh(16, -8, 8), sinh(16, -8, 8), sinh(16, -8, 8), sinh(16, -8, 8)}
	disc, ball, tube := []string{sinh(20, 0, 50), angle(12)},
		[]string{sinh(10, 0, 50), angle(6), angle(8)}, []string{sinh(20, 0, 50), line[0]}
	half := []string{sinh(30, 0, 99)}
	const quadratic, logarithm = "quadratic", "log-singular"
	for _, c := range []struct {
		formula, grid string
		axes          []string
		want          string
	}{
		{"1 + x^2 + cos(pi*x)^2", "", even, ""},                  // 0 at every midpoint
		{"1 + x^2 + 50*sin(pi*(x-0.5))^2", "", even, ""},         // the same
		{"1 + x^2 + y^2 + 3*cos(pi*x)*cos(pi*y)", "", plane, ""}, // the same
		{"1 + x^2 + 1e-9*x^3", "", line, ""},
		{"1 + x^2 + 1e-300*x^4", "", line, ""}, // below rounding at every point of the grid
		{"1 + r^2 + 1e-30*x*y*z", "", space, ""},
		{"1+x^2+y^2+z^2+w^2+100*max(0,w-2)^2", "", four, ""},
		{"1+x^2+y^2+z^2+w^2+max(0,w-200)^2", "", four, ""}, // outside the grid
		{"1 + x^2 + max(0, x - 1e6)^2", "", line, ""},
		{"1 + x^2 + exp(-((x-0.0133)/1e-9)^2)", "", line, ""},
		{"1 + x^2 + abs(x) - x", "", []string{sinh(40, 0, 50)}, ""}, // abs(x) = x on the grid alone
		{"1 + sqrt(x)^4", "", []string{sinh(40, 0, 50)}, ""},
		{"1 + exp(2*log(x))", "", []string{sinh(40, 0, 50)}, ""},
		{"x^3/x + 1", "", line, ""}, // undefined at 0
		{"1 + r^2 + 1e-12*sin(phi)^2", polar, disc, ""},
		{"1 + r^2*(cos(phi)^2 + 1.0000001*sin(phi)^2)", polar, disc, ""},
		{"1 + r^2 + 1e-9*x", spherical, ball, quadratic}, // that is a shift
		{"1 + r^2 + 1e-9*x*z", spherical, ball, ""},
		{"1 + r^2 + z^2 + 1e-20*r", cylindrical, tube, ""},
		{"1 + r^2 + max(0, r - 100)", radial(5), half, ""},
		{"r^2*(1+log(r)^2) + 1e-20*r", radial(3), half, ""},
		{"r^2*(1+log(r)^2) + max(0, r - 1e9)", radial(3), half, ""},

		{"(1 + x^2)^1", "", line, quadratic},
		{"(1 + 2*x^2 + x^4)^0.5", "", line, quadratic},
		{"((1 + x^2)^6)^(1/6)", "", line, ""}, // it is one, and is not seen
		{"1 + abs(x)^2", "", line, quadratic},
		{"abs(1 + x^2)", "", line, quadratic},
		{"1 + abs(x - 3)^2", "", line, quadratic},
		{"1 + max(x, -x)^2", "", line, ""}, // the same
		{"max(1 + x^2, 0.5)", "", line, quadratic},
		{"min(2 + x^2, 1 + x^2)", "", line, quadratic},
		{"x^2*cos(3*x)^2 + x^2*sin(3*x)^2 + 1", "", line, quadratic},
		{"(1 + x^2)^3/(1 + x^2)^2", "", line, quadratic},
		{"exp(log(1 + x^2))", "", line, quadratic},
		{"1 + exp(2*log(r))", "", plane, quadratic},
		{"1 + sqrt(x^2 + y^2 + z^2)^2", "", space, quadratic},
		{"1 + (x+y)^2 + (x-y)^2", "", plane, quadratic},
		{"0.1*x^2 + 0.1*y^2 + (0.3*x - 0.1*3*x) + 2", "", plane, quadratic},
		{"1 + 3*r^2 - 2*(x^2 + y^2 + z^2 + w^2)", "", four, quadratic},
		{"(r*cos(phi) - 1)^2 + r^2*sin(phi)^2 + 1", polar, disc, quadratic},
		{"2 + y^2 + x^2 + r^2*cos(2*phi) + 2*y^2", polar, disc, quadratic}, // 2 + 2 x² + 2 y²
		{"1 + r^2 - 2*z + 1", spherical, ball, quadratic},
		{"3*(r^2 + (z-1)^2) + 0.1", cylindrical, tube, quadratic},
		{"r^3/r + 1 - 1", radial(3), half, ""}, // undefined at 0
		{"(r^2)^1.5*r*0 + r^2", radial(3), half, quadratic},

		{"(x^2+y^2+z^2)*(1+(0.5*log(x^2+y^2+z^2))^2)", "", space, logarithm},
		{"(x^2+y^2+z^2)*(1+(log(x^2+y^2+z^2)/2)^2)", spherical, ball, logarithm},
		{"r^2 + r^2*(log(r^6)/6)^2", radial(3), half, logarithm},
		{"r^2 + r^2*log(1/3*r*3)^2", radial(3), half, logarithm},
		{"(r^2+z^2)*(1 + log(sqrt(r^2+z^2))^2)", cylindrical, tube, logarithm},
		{"(r^2+z^2)*(1 + log(r)^2)", cylindrical, tube, ""},
	} {
		t.Run(c.formula+" "+c.grid, func(t *testing.T) {
			s := must[*Scenario](t)(problem{landscape: fmt.Sprintf("formula = %q", c.formula),
				grid: c.grid, axes: c.axes}.build(t))
			got := ""
			switch recognise(s.Landscape.(*formulaLandscape), s.Grid).(type) {
			case *quadraticForm:
				got = quadratic
			case *logSingularForm:
				got = logarithm
			}
			if got != c.want {
				t.Errorf("recognised as %q, want %q", got, c.want)
			}
		})
	}
}

// What is given by numbers is not recognised, whatever the numbers.
func TestAFileIsNotRecognised(t *testing.T) {
	f := make([]float64, 40)
	for i := range f {
		x := -19.5 + float64(i)
		f[i] = 1 + x*x
	}
	s := must[*Scenario](t)(problem{landscape: "file = " + save(t, []int{40}, f),
		axes: []string{uniform(40, -20, 20)}}.build(t))
	if s.Known.Form != "" {
		t.Errorf("recognised as %s", s.Known.Form)
	}
}
