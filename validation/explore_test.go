package validation

import (
	"fmt"
	"testing"
	"time"

	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"
)

func measure(t *testing.T, preset string, tol float64, sets ...string) scenarios.Errors {
	begun := time.Now()
	cfg, err := config.Preset(preset, sets)
	if err != nil {
		t.Fatal(err)
	}
	s, err := scenarios.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	op, err := s.Assemble()
	if err != nil {
		t.Fatal(err)
	}
	ta := time.Since(begun)
	w, err := s.Initial(op)
	if err != nil {
		t.Fatal(err)
	}
	raw := make([]float64, len(w))
	s.ExactState(raw, op, 0)
	inside := op.Mass(raw)
	if !cfg.Initial.Normalize {
		w = raw
	}
	lt := 1e-12
	m := solver.Method{Operator: op, Scheme: solver.SDIRK2(), SolverTolerance: lt, SetUp: func(gamma float64) (solver.Linear, error) {
		return linear.New(op, gamma, linear.Options{Tolerance: lt})
	}}
	p, err := solver.NewAdaptive(m, tol)
	if err != nil {
		t.Fatal(err)
	}
	st, err := solver.Run(t.Context(), solver.Problem{Start: &solver.State{W: w}, Times: []float64{0, cfg.Time.End}, Propagator: p})
	if err != nil {
		t.Fatal(err)
	}
	e, err := s.Errors(st.W, make([]float64, len(w)), op, cfg.Time.End)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%s %v tol %g: L1 %.3e chi %.3e, steps %d euler %d solves %d it %d, 1-inside %.2e, %v (assembly %v)", preset, sets, tol, e.L1, e.Chi, st.Steps, st.EulerSteps, st.Solves, st.Iterations, 1-inside, time.Since(begun).Round(time.Millisecond), ta.Round(time.Millisecond))
	return e
}

func set(k string, v any) string { return fmt.Sprintf("%s=%v", k, v) }

var _ = operators.Bernoulli

func TestExploreStudent(t *testing.T) {
	for _, n := range []int{200, 400, 800, 1600} {
		for _, tol := range []float64{1e-8, 1e-9} {
			measure(t, "student-1d", tol, set("grid.axes.0.cells", n), "time.end=0.9")
		}
	}
	measure(t, "student-1d", 1e-6, set("grid.axes.0.cells", 800), "time.end=0.9")
	for _, f := range []string{"face", "bernoulli"} {
		measure(t, "student-1d", 1e-8, "time.end=0.9", "grid.flux="+f)
	}
}

func TestExploreRadial(t *testing.T) {
	for _, end := range []string{"0.9", "1"} {
		for _, R := range []string{"30", "100", "1e3", "1e4"} {
			for _, f := range []string{"scharfetter-gummel", "face", "bernoulli"} {
				measure(t, "student-radial-3d", 1e-8, "grid.axes.0.cells=800", "time.end="+end, "grid.axes.0.max="+R, "grid.flux="+f)
			}
		}
	}
}

func TestExploreLog(t *testing.T) {
	for _, n := range []int{200, 400, 800} {
		measure(t, "log-singular-3d", 1e-8, set("grid.axes.0.cells", n), "grid.axes.0.log_min=-200", "grid.axes.0.log_max=200")
		measure(t, "log-singular-3d", 1e-8, set("grid.axes.0.cells", n), "grid.axes.0.log_min=-200", "grid.axes.0.log_max=200", "initial.normalize=false")
	}
}

func TestExploreGBM(t *testing.T) {
	for _, n := range []int{55, 110, 220, 440, 880} {
		measure(t, "geometric-brownian", 1e-8, set("grid.axes.0.cells", n))
	}
	for _, n := range []int{50, 100, 200, 400, 800} {
		measure(t, "ornstein-uhlenbeck", 1e-8, set("grid.axes.0.cells", n), "time.end=0.5")
		measure(t, "ornstein-uhlenbeck", 1e-8, set("grid.axes.0.cells", n), "time.end=4")
	}
	for _, n := range []int{50, 100, 200, 400, 800} {
		measure(t, "quadratic-1d", 1e-8, set("grid.axes.0.cells", n), "time.end=0.5")
	}
}
