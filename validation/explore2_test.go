package validation

import "testing"

func TestXPoly2(t *testing.T) {
	base := []string{"initial.kind=exact", "initial.b=[1.0,0.5]", "time.end=0.5"}
	for _, n := range []int{32, 64, 96, 128, 192} {
		for _, tol := range []float64{1e-5, 1e-6} {
			if n > 128 && tol < 1e-5 { continue }
			measure(t, "quadratic-2d", tol, append(base, set("grid.axes.0.cells", n))...)
		}
	}
}
func TestXPolar(t *testing.T) {
	base := []string{"initial.kind=exact", "initial.b=[1.0,0.5]", "time.end=0.5", "grid.axes.0.max=100.0"}
	for _, n := range []int{32, 48, 64, 96} {
		for _, tol := range []float64{1e-5, 1e-6} {
			measure(t, "quadratic-polar", tol, append(base, set("grid.axes.0.cells", n), set("grid.axes.1.cells", n))...)
		}
	}
}
func TestXPoly3(t *testing.T) {
	base := []string{"landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5"}
	for _, R := range []string{"20.0", "100.0"} {
		for _, n := range []int{12,16, 24, 32, 48} {
			measure(t, "quadratic-3d", 1e-4, append(base, set("grid.axes.0.cells", n), "grid.axes.0.max="+R, "grid.axes.0.min=-"+R)...)
		}
	}
}
func TestXLog(t *testing.T) {
	for _, S := range []string{"1e5", "1e6"} {
		for _, n := range []int{100, 200, 400, 800} {
			measure(t, "log-singular-3d", 1e-9, set("grid.axes.0.cells", n), "grid.axes.0.log_min=-"+S, "grid.axes.0.log_max="+S, "time.end=0.8")
		}
	}
}
