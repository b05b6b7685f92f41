package validation

import ("testing";"math"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"
)

func TestProfile(t *testing.T) {
	for _, d := range []int{32, 64, 128} {
	for _, tol := range []float64{1e-5, 1e-6, 1e-7} {
		cfg, err := config.Preset("quadratic-polar", []string{"initial.kind=exact", "initial.b=[1.0,0.5]", "time.end=0.5", "grid.axes.0.max=100.0", set("grid.axes.0.cells", d), set("grid.axes.1.cells", d)})
		if err != nil { t.Fatal(err) }
		s, _ := scenarios.New(cfg)
		op, _ := s.Assemble()
		w, _ := s.Initial(op)
		lt := 1e-12
		m := solver.Method{Operator: op, Scheme: solver.SDIRK2(), SolverTolerance: lt, SetUp: func(gamma float64) (solver.Linear, error) {
			return linear.New(op, gamma, linear.Options{Tolerance: lt})
		}}
		p, _ := solver.NewAdaptive(m, tol)
		st, err := solver.Run(t.Context(), solver.Problem{Start: &solver.State{W: w}, Times: []float64{0, cfg.Time.End}, Propagator: p})
		if err != nil { t.Fatal(err) }
		e := make([]float64, len(w))
		s.ExactState(e, op, 0.5)
		var bands [9]float64
		total := 0.0
		for i := range w {
			r := s.Grid.Axes[0].Midpoint(i/d)
			b := int(math.Asinh(r)/math.Asinh(100)*9)
			dd := st.W[i]-e[i]
			bands[b] += dd*dd
			total += dd*dd
		}
		for b := range bands { bands[b] = math.Sqrt(bands[b])*float64(d*d) }
		t.Logf("n=%d tol=%g chi n²=%.4f bands %.3f", d, tol, math.Sqrt(total)*float64(d*d), bands)
	}}
}
