package validation

import ("testing";"os")

func TestZ3(t *testing.T) {
	base := []string{"landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5", "noise.epsilon=0.1"}
	for _, R := range []string{"5.0","10.0"} {
		for _, w := range []string{"0.35", "0.5", "1.0"} {
			measure(t, "quadratic-3d", 1e-3, append(base, set("grid.axes.0.cells", 24), "grid.axes.0.max="+R, "grid.axes.0.min=-"+R, "grid.axes.0.width="+w)...)
		}
	}
	measure(t, "quadratic-3d", 1e-4, "landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5", "grid.axes.0.cells=48", "grid.axes.0.width=0.7", "grid.axes.0.max=10.0","grid.axes.0.min=-10.0")
	measure(t, "quadratic-3d", 1e-4, "landscape.formula=1+x^2+y^2+z^2", "initial.kind=exact", "initial.b=[1.0,0.5,0.25]", "time.end=0.5", "grid.axes.0.cells=48", "grid.axes.0.width=0.7", "grid.axes.0.max=10.0","grid.axes.0.min=-10.0", "grid.flux=face")
}
func TestZPolar(t *testing.T) {
	if os.Getenv("X") == "" { return }
	for _, fl := range []string{"face","scharfetter-gummel"} {
	for _, d := range [][2]int{{32,32},{64,64},{128,128},{192,192}, {256,128}, {128,256}, {128,64}, {64,128}, {64, 256}, {256,64}} {
		measure(t, "quadratic-polar", 1e-5,  "initial.kind=exact", "initial.b=[1.0,0.5]", "time.end=0.5", "grid.axes.0.max=100.0", "grid.flux="+fl, set("grid.axes.0.cells", d[0]), set("grid.axes.1.cells", d[1]))
	}}
}
