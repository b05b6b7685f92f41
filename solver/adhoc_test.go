package solver
import ("testing";"math";"time")
func TestAdhoc(t *testing.T) {
	for _, c := range []struct{d, n int; r, eps, tol float64}{{2,128,100,.25,1e-6},{2,128,1e4,1.9,1e-6},{2,128,1e4,1.9,1e-8},{2,64,100,.25,1e-9},{3,32,1e4,1,1e-6},{3,32,1e2,.25,1e-6}} {
		g := grid(t,"cartesian",c.d,c.n,c.r)
		op := assemble(t,g,c.eps,"")
		w := make([]float64, op.Cells())
		lv := logVolumes(g)
		for i := range w { s:=0.0; for k := range c.d { x := g.Axes[k].Midpoint(i/op.Stride(k)%c.n); s+=(x-1)*(x-1)}; w[i]=math.Exp(-s/0.5+lv[i])/op.Sigma[i] }
		m := op.Mass(w); for i := range w { w[i]/=m }
		a := must[*Adaptive](t)(NewAdaptive(method(op, SDIRK2()), c.tol))
		se := NewSeries(op, lv); mo := &Monotone{Operator: op}; d := &Drift{Operator: op}
		times := make([]float64,21); for k := range times { times[k]=4*float64(k)/20 }
		start := time.Now()
		s, err := Run(t.Context(), Problem{Start:&State{W:w},Times:times,Propagator:a}, se, mo, d)
		worst:=0.0; for _,v := range se.Column("negative_mass") { worst=math.Max(worst,v)}
		fit, ok := FitRate(se.Times, se.LogNorms)
		t.Logf("%+v: err %v steps %d rej %d euler %d solves %d its %d neg %.1e drift %.1e rise %.1e chi0 %.3g chi %.3g fit %v %v  %v", c, err, s.Steps, s.Rejected, s.EulerSteps, s.Solves, s.Iterations, worst, d.Max, mo.Rise, se.Column("chi")[0], se.Column("chi")[len(se.Rows)-1], fit, ok, time.Since(start))
	}
}
