// Package linear solves (I + γS) x = b, the one linear system of every implicit step, of the
// exponential propagator and of the spectrum.
//
// S is the symmetric operator of package operators: in the variable w_i = P_i/σ_i,
//
//	(A x)_i = e_i x_i + γ Σ_j c_ij ( (σ_j/σ_i) x_i − x_j ),    A = I + γS,    e_i = 1 + γ r_i.
//
// A is a Stieltjes matrix, symmetric positive definite with nonpositive off-diagonal entries, hence
// A⁻¹ ≥ 0 entrywise. It is also, up to the similarity by σ, the generator of a Markov chain: from
// cell i the walker jumps to its neighbour j at the rate γ c_ij σ_j/σ_i and stops at the rate e_i,
// the excess. On a graded grid the rates reach 1e13 times the excess, and a diagonal or pivot found
// by subtraction loses it altogether. Every diagonal and pivot here is therefore a sum of rates, as
// in the elimination of Grassmann, Taksar and Heyman (GTH; Operations Research 33, 1985).
//
// The methods, by the number of axes:
//
//   - one: elimination in GTH form, direct (line.go);
//   - two: conjugate gradients preconditioned by line multigrid, a semicoarsening multigrid with
//     zebra lines (package multigrid), or by MIC on two periodic axes and on rings of a large odd
//     number;
//   - three: the same with plane multigrid, which has planes in place of lines, or with MIC(0) in
//     Eisenstat's form (package mic), whichever takes less time for the solves expected
//     (planesPay);
//   - four: MIC(0).
//
// Dissection, nested dissection in GTH form (dissection.go), is for any of them, where rounding in
// A x itself is in the way.
//
// Residuals are measured in the norm ‖r‖ = (Σ r_i²/D_i)^{1/2} with D the diagonal of A. The plain
// norm is of no use: where D_i = 1e13 the rounding of x_i alone makes a residual of 1e-3 x_i.
package linear

import (
	"errors"
	"fmt"
	"math"
	"runtime"

	"fpsgd/operators"
	"fpsgd/solver/linear/matrix"
	"fpsgd/solver/linear/mic"
	"fpsgd/solver/linear/multigrid"
)

// Stats reports one solve.
type Stats struct {
	Iterations int // conjugate gradient steps; 0 for the direct solver
	// Residual is ‖b − Ax‖/‖b‖ in the D^{−1/2}-weighted norm, of the part solved iteratively: where
	// nothing is removed, the component along σ is known in advance and left out of both b and x.
	// It is 0 for the direct solver.
	Residual float64
	// Error estimates ‖x − A⁻¹b‖/‖b − mσ‖ in plain norms, from above by that in the norm of A where
	// it is due to the tolerance, and along x where it is due to rounding. It is 0 for the direct
	// solver.
	Error float64
}

// Options are what the caller may choose. Zero values ask for the defaults. The result is the same
// to the bit for any number of threads, which poll for work during a solve.
type Options struct {
	Tolerance     float64 // of Stats.Residual; 0: 1e-10
	Threads       int     // goroutines, at most max(8, GOMAXPROCS); 0: GOMAXPROCS
	MaxIterations int     // 0: 1000
	Method        string  // one of the methods below; "": by the number of axes and the work
	Solves        int     // how many are expected, which a set-up is worth; 0: 10
	// Rough solves end when the residual of the recursion of conjugate gradients, in the form that
	// they run on, has fallen by the tolerance, and do not keep mass: enough for a preconditioner.
	Rough bool
}

// Methods of solution.
const (
	Line       = "line"
	Multigrid  = "line multigrid"
	Planes     = "plane multigrid"
	MIC        = "mic"
	Dissection = "dissection"
)

const (
	defaultTolerance     = 1e-10
	defaultMaxIterations = 1000
	defaultSolves        = 10
)

// System is a solver set up for one matrix A = I + γS. It holds work space: it is not to be used by
// two goroutines at once.
type System interface {
	// Solve finds x with Ax = b. x need not be initialised and may be b itself; otherwise b is left
	// alone. Where nothing is removed, Σσ_i x_i = Σσ_i b_i to rounding whatever the tolerance: mass
	// is conserved.
	Solve(x, b []float64) (Stats, error)
	// SolveNonnegative is Solve for b ≥ 0 with x ≥ 0 in every entry, as the exact solution is.
	SolveNonnegative(x, b []float64) (Stats, error)
}

// ErrNotConverged marks the errors of a solve that stopped short of its tolerance.
var ErrNotConverged = errors.New("linear solve did not converge")

// New sets up the solver of (I + γS) x = b.
func New(op *operators.Operator, gamma float64, o Options) (System, error) {
	o, err := o.withDefaults()
	if err != nil {
		return nil, err
	}
	a, err := matrix.New(op, gamma, o.Threads)
	if err != nil {
		return nil, err
	}
	a.Workers.Start()
	defer a.Workers.Stop()
	method := o.Method
	if method == "" {
		method = defaultMethod(a, o.Solves)
	}
	switch method {
	case Line:
		if len(op.Shape) != 1 {
			return nil, fmt.Errorf("linear: method %q is for one axis, the grid has %d; "+
				"leave the method out", Line, len(op.Shape))
		}
		return newLineSystem(a), nil
	case Dissection:
		return newDissected(a), nil
	case Multigrid, Planes, MIC:
		pre, err := precondition(a, method)
		if err != nil {
			return nil, fmt.Errorf("linear: method %q %w; use %q, or leave the method out",
				method, err, MIC)
		}
		return newKrylovSystem(a, method, pre, o), nil
	}
	return nil, fmt.Errorf("linear: unknown method %q; known are %q, %q, %q, %q and %q",
		o.Method, Line, Multigrid, Planes, MIC, Dissection)
}

// precondition sets up the preconditioned form that a method is.
func precondition(a *matrix.Matrix, method string) (matrix.Preconditioned, error) {
	switch {
	case method == Multigrid:
		return multigrid.NewLines(a)
	case method == MIC:
		return mic.New(a), nil
	case multigrid.SinglePrecision(a):
		return multigrid.NewPlanes[float32](a)
	}
	return multigrid.NewPlanes[float64](a)
}

// MethodOf names the method of a system.
func MethodOf(s System) string {
	switch s := s.(type) {
	case *direct:
		return s.method
	case *krylovSystem:
		return s.method
	}
	return Line
}

// Iterate does n iterations of conjugate gradients for A x = b from x = 0, whatever the residual,
// in order to time them. With n = 0 it does what comes before the first.
func Iterate(s System, b []float64, n int) error {
	k, ok := s.(*krylovSystem)
	if !ok {
		return fmt.Errorf("linear: the method %q does not iterate; time Solve", MethodOf(s))
	}
	if err := checkVectors(k.Cells, k.y, b); err != nil {
		return err
	}
	k.Workers.Start()
	defer k.Workers.Stop()
	if _, err := k.begin(b); err != nil {
		return err
	}
	k.conjugateGradients(0, n)
	return nil
}

// defaultMethod chooses by the number of axes, and in three dimensions by what so many solves will
// cost.
func defaultMethod(a *matrix.Matrix, solves int) string {
	switch {
	case len(a.Stride) == 1:
		return Line
	case multigrid.LinesFit(a):
		return Multigrid
	case planesPay(a, solves):
		return Planes
	}
	return MIC
}

// planesPay reports whether plane multigrid takes less time than MIC for so many solves. On one
// core, and per unknown of n³, measured from 32³ to 256³: an iteration of MIC takes 4.9 ns while
// its vectors are in the cache and 5.8 beyond, its set-up 50; plane multigrid takes some 9
// iterations of 50 + 2800/n ns, whatever the grid and γ, and its set-up 300 + 50000/n, the parts
// with 1/n being the slabs'.
func planesPay(a *matrix.Matrix, solves int) bool {
	const cached = 400_000 // unknowns
	if !multigrid.PlanesFit(a) {
		return false
	}
	n, k := math.Cbrt(float64(a.Cells)), float64(solves)
	iteration := 4.9
	if a.Cells > cached {
		iteration = 5.8
	}
	return 50+k*iteration*micIterations(a) > 300+50000/n+k*9*(50+2800/n)
}

// micIterations predicts the iterations of MIC on three axes: they grow as n^{0.6}, n³ the number
// of cells, and with every power of ten in γ by a quarter of what they are at γ = 0.05. Measured on
// f = 1 + |θ|², R = 1e4: 45, 49 and 76 with 64³ cells for γ = 0.05, 1 and 100, 65, 93 and 125 with
// 128³.
func micIterations(a *matrix.Matrix) float64 {
	n := math.Cbrt(float64(a.Cells))
	return 45 * math.Pow(n/64, 0.6) * math.Max(0.4, 1+0.25*math.Log10(a.Gamma/0.05))
}

func (o Options) withDefaults() (Options, error) {
	if o.Tolerance == 0 {
		o.Tolerance = defaultTolerance
	}
	if o.MaxIterations == 0 {
		o.MaxIterations = defaultMaxIterations
	}
	if o.Solves == 0 {
		o.Solves = defaultSolves
	}
	if o.Threads == 0 {
		o.Threads = runtime.GOMAXPROCS(0)
	}
	switch {
	case !(o.Tolerance > 0 && o.Tolerance < 1):
		return o, fmt.Errorf("linear: tolerance %g is not in (0, 1)", o.Tolerance)
	case o.MaxIterations < 0:
		return o, fmt.Errorf("linear: at most %d iterations were asked for; "+
			"give a positive number, or 0 for %d", o.MaxIterations, defaultMaxIterations)
	case o.Solves < 0:
		return o, fmt.Errorf("linear: %d solves are expected; "+
			"give a positive number, or 0 for %d", o.Solves, defaultSolves)
	case o.Threads < 0:
		return o, fmt.Errorf("linear: %d threads were asked for; give a positive number", o.Threads)
	}
	o.Threads = min(o.Threads, max(mostThreads, runtime.GOMAXPROCS(0)))
	return o, nil
}

// mostThreads are started where there are fewer cores: those that poll keep the others from work.
const mostThreads = 8

// checkVectors reports a right-hand side or solution of the wrong length.
func checkVectors(n int, x, b []float64) error {
	if len(x) != n || len(b) != n {
		return fmt.Errorf("linear: x has %d entries and b %d, the grid %d cells", len(x), len(b), n)
	}
	return nil
}

// checkSolution finds the first entry of a solution by elimination that is infinite or undefined.
func checkSolution(x []float64) error {
	for i, v := range x {
		if !matrix.Finite(v) {
			return fmt.Errorf("linear: the solution is %g at cell %d; "+
				"check the right-hand side", v, i)
		}
	}
	return nil
}

// checkNonnegative finds the first entry of b that is not a number ≥ 0.
func checkNonnegative(b []float64) error {
	for i, v := range b {
		if !(v >= 0) {
			return fmt.Errorf("linear: the right-hand side is %g at cell %d, "+
				"and a nonnegative solution needs b ≥ 0; use Solve", v, i)
		}
	}
	return nil
}
