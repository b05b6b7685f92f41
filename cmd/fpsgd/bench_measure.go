package main

import (
	"cmp"
	"fpsgd"
	"math"
	"math/rand/v2"
	"runtime"
	"time"

	"fpsgd/internal/bandwidth"
	"fpsgd/operators"
	"fpsgd/solver/linear"
	"fpsgd/solver/linear/mic"
)

// benchResult is what bench reports of one problem, method and number of threads. All times are the
// best of several.
type benchResult struct {
	Name          string  `json:"name"`
	Cells         int     `json:"cells"`
	Threads       int     `json:"threads"`
	Method        string  `json:"method"`
	RightHandSide string  `json:"rhs"`
	AssembleS     float64 `json:"assemble_s"`
	SetupS        float64 `json:"setup_s"`
	SetupNs       float64 `json:"setup_ns_per_unknown"`
	// on the heap after the set-up; the operator is not counted
	HeldBytes  float64 `json:"solver_bytes_per_unknown"`
	SolveS     float64 `json:"solve_s"`
	SolveNs    float64 `json:"solve_ns_per_unknown"`
	Iterations int     `json:"iterations"` // 0 for the direct solver
	WorkUnits  float64 `json:"work_units"` // solve_s/apply_s
	Residual   float64 `json:"residual"`
	ApplyS     float64 `json:"apply_s"` // one operator application, on one thread
	// the arrays it must read and write once, over apply_s
	ApplyGBs        float64       `json:"apply_gb_s"`
	PropagateS      float64       `json:"propagate_s,omitempty"`
	PropagateSolves int           `json:"propagate_solves,omitempty"`
	Scheme          *fpsgd.Scheme `json:"scheme,omitempty"` // of the propagation

	// without what a solve does before the first and after the last
	IterationS  float64 `json:"iteration_s"`
	IterationNs float64 `json:"iteration_ns_per_unknown"`
	// of mic on three axes: mic.Words an unknown over iteration_ns
	IterationGBs float64 `json:"iteration_gb_s,omitempty"`
	// on arrays far larger than the caches, on as many threads
	TriadGBs float64 `json:"triad_gb_s"`
}

// What w may be.
const (
	rhsInitial = "initial"
	rhsRandom  = "random"
)

// methods are those of linear.Options, as --method names them.
var methods = []string{linear.Line, linear.Multigrid, linear.Planes, linear.MIC}

// benchProblem is an assembled problem to be timed.
type benchProblem struct {
	*fpsgd.Equation
	initial   []float64
	assembleS float64
	applyS    float64
	x         []float64
}

func newBenchProblem(s *fpsgd.Scenario) (*benchProblem, error) {
	start := time.Now()
	e, err := fpsgd.AssembleScenario(s)
	if err != nil {
		return nil, err
	}
	p := &benchProblem{Equation: e, assembleS: time.Since(start).Seconds()}
	if p.initial, err = e.Start(); err != nil {
		return nil, err
	}
	p.x = make([]float64, p.Operator.Cells())
	p.applyS, err = fastest(func() error { p.Operator.Apply(p.x, p.initial); return nil })
	return p, err
}

// measure times the parts of one solve of (I + dt S) x = w.
func (p *benchProblem) measure(f *benchFlags, method string, threads int) (benchResult, error) {
	o := linear.Options{Tolerance: p.Config.Solver.Tolerance, Method: method,
		Threads: cmp.Or(threads, runtime.GOMAXPROCS(0))}
	r := benchResult{Name: p.Config.Name, Cells: p.Operator.Cells(), Threads: o.Threads,
		RightHandSide: f.rhs, AssembleS: p.assembleS, ApplyS: p.applyS}
	r.ApplyGBs = applyBytes(p.Operator) / r.ApplyS / 1e9
	before := heap()
	var system linear.System
	var err error
	r.SetupS, err = fastest(func() (err error) {
		system = nil // the last one's arrays make room
		system, err = linear.New(p.Operator, f.dt, o)
		return
	})
	if err != nil {
		return r, err
	}
	r.HeldBytes = (heap() - before) / float64(r.Cells)
	r.Method = linear.MethodOf(system)
	w := p.rightHandSide(f.rhs)
	r.SolveS, err = fastest(func() error {
		stats, err := system.Solve(p.x, w)
		r.Iterations, r.Residual = stats.Iterations, stats.Residual
		return err
	})
	if err == nil && r.Iterations > 0 {
		err = r.measureIteration(system, w)
	}
	r.derive(len(p.Operator.Shape))
	return r, err
}

// measureIteration times what eight more iterations take: few, since on a machine in use there are
// no long stretches without others.
func (r *benchResult) measureIteration(system linear.System, w []float64) error {
	const first, more = 2, 8 // in the first one, MIC tests the convergence
	few, err := fastest(func() error { return linear.Iterate(system, w, first) })
	if err != nil {
		return err
	}
	many, err := fastest(func() error { return linear.Iterate(system, w, first+more) })
	if err != nil {
		return err
	}
	// the latter has more to do, but may have been disturbed less
	r.IterationS = math.Min((many-few)/more, r.SolveS/float64(r.Iterations))
	r.TriadGBs = bandwidth.Triad(bandwidth.Far, r.Threads)
	return nil
}

// derive sets what follows from the times.
func (r *benchResult) derive(axes int) {
	perUnknown := 1e9 / float64(r.Cells)
	r.SetupNs, r.SolveNs, r.IterationNs = r.SetupS*perUnknown, r.SolveS*perUnknown,
		r.IterationS*perUnknown
	r.WorkUnits = r.SolveS / r.ApplyS
	if r.Method == linear.MIC && axes == 3 && r.IterationNs > 0 {
		r.IterationGBs = 8 * mic.Words / r.IterationNs
	}
}

// rightHandSide returns w.
func (p *benchProblem) rightHandSide(kind string) []float64 {
	if kind == rhsInitial {
		return p.initial
	}
	w, r := make([]float64, p.Operator.Cells()), rand.New(rand.NewPCG(1, 2))
	for i := range w {
		w[i] = r.NormFloat64()
	}
	return w
}

// fastest returns the least time of the calls made in half a second, of which there are three at
// least.
func fastest(f func() error) (float64, error) {
	const least, budget = 3, 500 * time.Millisecond
	best, begun := 0.0, time.Now()
	for k := 0; k < least || time.Since(begun) < budget; k++ {
		start := time.Now()
		if err := f(); err != nil {
			return 0, err
		}
		if t := time.Since(start).Seconds(); k == 0 || t < best {
			best = t
		}
	}
	return best, nil
}

// applyBytes counts the diagonal, the couplings and w read, and the result written, once each.
func applyBytes(op *operators.Operator) float64 {
	return float64(8 * op.Cells() * (3 + len(op.Shape)))
}

// heap returns the bytes on the heap that are in use.
func heap() float64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc)
}
