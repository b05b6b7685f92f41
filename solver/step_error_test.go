package solver

import (
	"fmt"
	"math"
	"os"
	"strings"
	"testing"

	"fpsgd/operators"
)

// stepCase is a run of which the exponential of the dense matrix gives the states, times[0] = 0
// being that of the start.
type stepCase struct {
	name   string
	op     *operators.Operator
	times  []float64
	states [][]float64
}

// stepCases are closed and open, coarse, steep and radial grids, smooth and rough starts, and
// output times that are equidistant, of constant ratios, and uneven.
func stepCases(t *testing.T) (cases []stepCase) {
	add := func(name string, op *operators.Operator, starts map[string][]float64) {
		exact := newSpectrum(t, op)
		for kind, w := range starts {
			for _, times := range [][]float64{spaced(0.1, 2, 6), ratioed(0.003, 3, 8),
				{0, 0.5, 0.5001, 1.7, 1.72, 4}} {
				c := stepCase{fmt.Sprintf("%s, %s, from %g", name, kind, times[1]), op, times,
					[][]float64{w}}
				for _, at := range times[1:] {
					state := exact.exponential(at, w)
					if op.Conservative() {
						state = exact.deviating(op, at, w)
					}
					c.states = append(c.states, state)
				}
				cases = append(cases, c)
			}
		}
	}
	for _, c := range []struct {
		system       string
		dimension, n int
		radius       float64
	}{{"cartesian", 1, 60, 100}, {"cartesian", 1, 40, 1e6}, {"cartesian", 2, 7, 20},
		{"radial", 3, 40, 50}} {
		for _, epsilon := range []float64{0.25, 1} {
			g := grid(t, c.system, c.dimension, c.n, c.radius)
			op := assemble(t, g, epsilon, "")
			s := starts(g, op)
			s["bump"] = bump(op)
			add(fmt.Sprintf("%s%d to %g, ε = %g", c.system, c.dimension, c.radius, epsilon), op, s)
		}
	}
	op, w := spikes(t)
	add("spikes", op, map[string][]float64{"smooth": w})
	open := openInterval(t)
	add("open", open, map[string][]float64{"bump": bump(open), "one cell": oneCell(open, 12)})
	return cases
}

// spikes is smooth but for small spikes, which steps of SDIRK2 make negative and Euler steps mend.
func spikes(t testing.TB) (*operators.Operator, []float64) {
	op := interval(t, 300, 10, 0.25)
	w := newSpectrum(t, op).exponential(0.5, oneCell(op, 250))
	_, scale := norms(op, w)
	for i := 5; i < 240; i += 13 {
		w[i] += 1e-3 * scale
	}
	return op, w
}

// estimates counts how estimates compare with errors.
type estimates struct {
	compared, below, off int // off: not within 1/3 and 30 times the error
	eulerSteps           int
	least, most          float64
}

// compare runs the cases. An error of 1e-11 ‖w‖, or 1e-12 of the start, is that of the dense
// exponential.
func (c *estimates) compare(t *testing.T, cases []stepCase, p func(m Method) Propagator,
	estimate func(e Event) float64) {
	c.least = math.Inf(1)
	for _, run := range cases {
		start := run.states[0]
		last := solve(t, p(solvedTo(run.op, 1e-13)), start, run.times,
			Schedule(AtOutputs).Do(ObserverFunc(func(e Event) error {
				exact := run.states[e.Output]
				d := distance(e.W, exact)
				if !(d > 1e-12*norm(start) && d > 1e-11*norm(exact)) {
					return nil
				}
				q := estimate(e) / d
				c.compared++
				if q < 1 {
					c.below++
				}
				if !(q >= 1./3 && q <= 30) {
					c.off++
				}
				c.least, c.most = math.Min(c.least, q), math.Max(c.most, q)
				return nil
			})))
		c.eulerSteps += last.EulerSteps
	}
}

// check asks for estimates that are below the error in a twentieth of the outputs at most, and as
// seldom not within 1/3 and 30 times it.
func (c *estimates) check() error {
	if c.compared < 100 || 20*c.below > c.compared || 20*c.off > c.compared {
		return fmt.Errorf("of %d estimates %d are below the error and %d are not within 1/3 and "+
			"30 times it (%.2g to %.3g times)",
			c.compared, c.below, c.off, c.least, c.most)
	}
	return nil
}

// State.Error is a little more than the error of adaptive and of fixed steps of all schemes. (It is
// twice the error, but for single cells at early times and fixed steps so long that little is left
// after one.)
func TestStepErrorEstimate(t *testing.T) {
	cases := stepCases(t)
	tolerances := []float64{1e-2, 1e-5}
	if os.Getenv("FPSGD_LONG") != "" {
		tolerances = append(tolerances, 1e-3, 1e-7, 1e-9)
	}
	reported := func(e Event) float64 { return e.Error }
	for _, s := range schemes {
		for _, tolerance := range tolerances {
			if s.Order() == 1 && tolerance < 1e-5 {
				continue // too many steps for a test
			}
			var c estimates
			adaptive := func(m Method) Propagator {
				m.Scheme = s
				return must[*Adaptive](t)(NewAdaptive(m, tolerance))
			}
			c.compare(t, cases, adaptive, reported)
			t.Logf("%s to %.0e: %+v", s.Name, tolerance, c)
			check(t, c.check())
			if tolerance != 1e-5 {
				continue
			}
			var lastStep, oneOrderLess estimates
			k := float64(s.Order() + 1)
			span := func(e Event) float64 { return e.Memory.(stepMemory).Span[own] / e.Dt }
			lastStep.compare(t, cases[:50], adaptive,
				func(e Event) float64 { return e.Error / math.Pow(span(e), k) })
			mutantFails(t, lastStep.check())
			oneOrderLess.compare(t, cases[:50], adaptive,
				func(e Event) float64 { return e.Error / span(e) })
			mutantFails(t, oneOrderLess.check())
		}
		for _, step := range []float64{0.1, 0.01} {
			var c estimates
			c.compare(t, cases, func(m Method) Propagator {
				m.Scheme = s
				return must[*Fixed](t)(NewFixed(m, step))
			}, reported)
			t.Logf("%s by %g: %+v", s.Name, step, c)
			check(t, c.check())
		}
	}
}

// A checkpoint of fixed steps goes on to the same bits, counters and estimates included, those
// redone in Euler steps among them.
func TestFixedStateDeterminesTheRest(t *testing.T) {
	op, w := spikes(t)
	times := []float64{0, 0.1, 0.5, 2}
	var states []*State
	run := func(start *State, observers ...Observer) *State {
		f := must[*Fixed](t)(NewFixed(method(op, SDIRK2()), 0.1))
		return must[*State](t)(Run(t.Context(), Problem{Start: start, Times: times, Propagator: f},
			observers...))
	}
	last := *run(&State{W: w}, ObserverFunc(func(e Event) error {
		states = append(states, stored(t, e.State))
		return nil
	}))
	if last.EulerSteps == 0 || !(last.Error > 0) {
		t.Errorf("%d Euler steps, error %g; want some", last.EulerSteps, last.Error)
	}
	for k := range states {
		s := run(states[k])
		if distance(s.W, last.W) != 0 || s.Solves != last.Solves || s.Steps != last.Steps ||
			s.Error != last.Error || s.Memory != last.Memory {
			t.Errorf("from step %d: %+v, want %+v", k, *s, last)
		}
	}
}

// Steps grow from the first, 1e-12 and less where a rate is 1e12, to an end that is 2^40 times as
// far and more; fixed ones that would be as many are refused. At the end w is in equilibrium.
func TestFirstIntervalOfManySteps(t *testing.T) {
	for _, end := range []float64{1e4, 1e8, 1e30} {
		op := twoRates(1e12, 1)
		w := []float64{1, 2, 3, 5}
		for _, s := range schemes {
			m := solvedTo(op, 1e-13)
			m.Scheme = s
			a := must[*Adaptive](t)(NewAdaptive(m, 1e-3))
			state := solve(t, a, w, []float64{0, end})
			t.Logf("%s to %g: %d steps, %d rejected, error %.2g", s.Name, end, state.Steps,
				state.Rejected, state.Error)
			if state.Time != end || state.Steps > 5000 {
				t.Errorf("%s: %d steps to t = %g, want it to reach %g in 5000", s.Name, state.Steps,
					state.Time, end)
			}
			mass := op.Mass(w)
			for i, v := range state.W {
				// what a tolerance of 1e-3 leaves falls below the rounding of w
				if d := math.Abs(v - mass*op.Sigma[i]); !(d <= 1e-12*mass) {
					t.Errorf("%s: w differs from equilibrium by %g at cell %d", s.Name, d, i)
				}
			}
		}
	}
	f := must[*Fixed](t)(NewFixed(method(twoRates(1, 1), SDIRK2()), 1e-12))
	_, err := Run(t.Context(), Problem{Start: &State{W: []float64{1, 2, 3, 5}},
		Times: []float64{0, 1e8}, Propagator: f})
	if err == nil || !strings.Contains(err.Error(), "time.step") {
		t.Errorf("1e20 fixed steps: %v", err)
	}
}

// twoRates is S on four cells of equal mass in a row, the first two and the last two joined by a
// fast coupling, the middle ones by a slow one.
func twoRates(fast, slow float64) *operators.Operator {
	return &operators.Operator{
		Shape: []int{4}, Periodic: []bool{false},
		Coupling: [][]float64{{fast, slow, fast, 0}},
		LogM:     make([]float64, 4), LogZ: math.Log(4), Sigma: []float64{0.5, 0.5, 0.5, 0.5},
		Diag: []float64{fast, fast + slow, fast + slow, fast},
	}
}
