package validation

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"slices"
	"testing"

	"fpsgd"
	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"gonum.org/v1/gonum/mat"
)

// experiment is a preset with changes, each K=V as in --set.
type experiment struct {
	preset string
	sets   []string
}

func (e experiment) with(sets ...string) experiment {
	return experiment{e.preset, append(slices.Clone(e.sets), sets...)}
}

// cells sets the number of cells of each [[grid.axes]] table.
func (e experiment) cells(n ...int) experiment {
	for k, cells := range n {
		e = e.with(fmt.Sprintf("grid.axes.%d.cells=%d", k, cells))
	}
	return e
}

// assembler builds the operator of a scenario, the right one or a mutant.
type assembler func(*scenarios.Scenario) (*operators.Operator, error)

func faithful(s *scenarios.Scenario) (*operators.Operator, error) { return s.Assemble() }

// problem is an experiment with its initial state.
type problem struct {
	*fpsgd.Equation
	start []float64
}

func (e experiment) problem(assemble assembler) (*problem, error) {
	cfg, err := config.Preset(e.preset, e.sets)
	if err != nil {
		return nil, err
	}
	s, err := scenarios.New(cfg)
	if err != nil {
		return nil, err
	}
	op, err := assemble(s)
	if err != nil {
		return nil, err
	}
	eq := fpsgd.Assembled(s, op)
	w, err := eq.Start()
	return &problem{eq, w}, err
}

// run solves the problem as its config asks, by default without steps, from the start to the end.
func (p *problem) run(ctx context.Context, observers ...solver.Observer) (*fpsgd.Result, error) {
	o := fpsgd.OptionsOf(p.Config)
	o.Times, o.Observers = nil, observers
	return p.SolveFrom(ctx, p.start, o)
}

// gap returns the slowest mode of the problem.
func (p *problem) gap(ctx context.Context) (solver.SlowestMode, error) {
	return solver.Gap(ctx, p.Operator, p.SetUp(p.Config.Solver.Tolerance), p.start)
}

// errors runs an experiment and returns its distances from the closed form at the end.
func (e experiment) errors(t testing.TB, assemble assembler) (scenarios.Errors, error) {
	p, err := e.problem(assemble)
	if err != nil {
		return scenarios.Errors{}, err
	}
	r, err := p.run(t.Context())
	if err != nil {
		return scenarios.Errors{}, err
	}
	s := r.Final
	found, err := p.Errors(s.W, make([]float64, len(s.W)), p.Operator, s.Time)
	t.Logf("%s %v: L¹ %.3e, χ %.3e; %s, %d solves", e.preset, p.Operator.Shape, found.L1, found.Chi,
		r.Scheme, s.Solves)
	return found, err
}

func l1(e scenarios.Errors) float64  { return e.L1 }
func chi(e scenarios.Errors) float64 { return e.Chi }

// level is an error on n cells along an axis, or in n time steps.
type level struct {
	n     int
	error float64
}

// checkOrder reports an order log(e/e')/log(n'/n) between neighbouring levels that differs by more
// than 0.1 from the theoretical one: that much is left of the next term of the error's expansion.
// Errors must stay a factor of 100 above floor, the rounding or the tolerance that they cannot fall
// below.
func checkOrder(t testing.TB, levels []level, want, floor float64) error {
	if len(levels) < 4 {
		return fmt.Errorf("an order needs four levels, got %d", len(levels))
	}
	var all []error
	for k, l := range levels {
		if !(l.error > 100*floor) {
			all = append(all, fmt.Errorf("n = %d: the error %.2e is not far above %.0e", l.n,
				l.error, floor))
		}
		if k == 0 {
			continue
		}
		last := levels[k-1]
		order := math.Log(last.error/l.error) / math.Log(float64(l.n)/float64(last.n))
		t.Logf("n = %d: error %.3e, order %.3f", l.n, l.error, order)
		if !(math.Abs(order-want) <= 0.1) {
			all = append(all, fmt.Errorf("the order from n = %d to %d is %.3f, want %g", last.n,
				l.n, order, want))
		}
	}
	return errors.Join(all...)
}

// checkAtMost reports a figure above its bound.
func checkAtMost(what string, got, bound float64) error {
	if !(got <= bound) {
		return fmt.Errorf("%s is %.4g, want at most %.4g", what, got, bound)
	}
	return nil
}

// checkNear reports a figure that differs by more than the tolerance, relative to what it should
// be.
func checkNear(what string, got, want, tolerance float64) error {
	if d := got/want - 1; !(math.Abs(d) <= tolerance) {
		return fmt.Errorf("%s is %.10g, want %.10g to %.1e; it is off by %.1e", what, got, want,
			tolerance, d)
	}
	return nil
}

// report fails the test with a claim's error.
func report(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Error(err)
	}
}

func required[T any](t testing.TB) func(T, error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

// long skips a test of more than a few seconds unless FPSGD_LONG=1.
func long(t testing.TB) {
	t.Helper()
	if os.Getenv("FPSGD_LONG") != "1" {
		t.Skip("set FPSGD_LONG=1 to run this")
	}
}

// spectrum holds S = V Λ Vᵀ, ascending.
type spectrum struct {
	values  []float64
	vectors mat.Dense
}

func newSpectrum(op *operators.Operator) (*spectrum, error) {
	n := op.Cells()
	s := mat.NewSymDense(n, nil)
	for i, d := range op.Diag {
		s.SetSym(i, i, d)
	}
	op.Edges(func(_, i, j int, c float64) { s.SetSym(i, j, s.At(i, j)-c) })
	var eigen mat.EigenSym
	if !eigen.Factorize(s, true) {
		return nil, fmt.Errorf("the eigenvalues of a dense matrix of %d rows were not found", n)
	}
	out := &spectrum{values: eigen.Values(nil)}
	eigen.VectorsTo(&out.vectors)
	return out, nil
}

// exponential returns e^{−tS} w.
func (s *spectrum) exponential(t float64, w []float64) []float64 {
	var c, out mat.VecDense
	c.MulVec(s.vectors.T(), mat.NewVecDense(len(w), w))
	for k, lambda := range s.values {
		c.SetVec(k, math.Exp(-lambda*t)*c.AtVec(k))
	}
	out.MulVec(&s.vectors, &c)
	return out.RawVector().Data
}
