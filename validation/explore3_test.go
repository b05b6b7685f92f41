package validation

import "testing"

func TestYPoly3(t *testing.T) {
	base := []string{"landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5"}
	for _, R := range []string{"6.0","10.0", "20.0"} {
		for _, w := range []string{"0.35", "0.5", "0.7", "1.0"} {
			measure(t, "quadratic-3d", 1e-3, append(base, set("grid.axes.0.cells", 24), "grid.axes.0.max="+R, "grid.axes.0.min=-"+R, "grid.axes.0.width="+w)...)
		}
	}
	for _, R := range []string{"6.0","10.0"} {
			measure(t, "quadratic-3d", 1e-4, append(base, set("grid.axes.0.cells", 48), "grid.axes.0.max="+R, "grid.axes.0.min=-"+R)...)
	}
	for _, n := range []int{24, 36, 48} {
	measure(t, "quadratic-spherical", 1e-4, "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5",  set("grid.axes.0.cells", n),set("grid.axes.1.cells", n/2),set("grid.axes.2.cells", n))
	}
}
func TestYFlux3(t *testing.T) {
	base := []string{"landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5"}
	for _, f := range []string{"face","bernoulli"} {
			measure(t, "quadratic-3d", 1e-3, append(base, set("grid.axes.0.cells", 24), "grid.flux="+f)...)
			}
}
