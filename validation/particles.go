package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/scenarios"
	"fpsgd/solver/ensemble"

	"gonum.org/v1/gonum/stat"
)

// swarm are particles on a landscape, and what moves them.
type swarm struct {
	*ensemble.Ensemble
	landscape *scenarios.InSpace
	method    ensemble.Method
}

// sgd is discrete SGD, θ ← θ − η(∇f + √(σf) Y), σ = 2ε/η.
func sgd(eta, sigma float64, law ensemble.Law) ensemble.Method {
	return ensemble.Method{Step: eta, Epsilon: eta * sigma / 2, Law: law}
}

// swarmOf puts n particles on a landscape in R^m, by a formula in the components (or, of any m, in
// r = |θ|). draw stores where one starts, from numbers uniform on (0, 1).
func (e *Experiment) swarmOf(f string, m, n int, seed uint64, method ensemble.Method,
	draw func(theta []float64, uniform func() float64)) *swarm {

	landscape := inSpace(f, m)
	return &swarm{ensemble.New(n, m, seed, e.Threads, draw), landscape, e.on(landscape, method)}
}

// on is a method on a landscape, or what replaces it.
func (e *Experiment) on(landscape *scenarios.InSpace, method ensemble.Method) ensemble.Method {
	method.Field, method.Dimension = landscape.Field, len(landscape.Components)
	if e.Method != nil {
		return e.Method(method)
	}
	return method
}

// inSpace is a landscape in R^m. A grid is needed for its coordinates alone.
func inSpace(f string, m int) *scenarios.InSpace {
	grid := radial(m, fpsgd.Uniform(2, 0, 1))
	if m <= 4 {
		axes := make([]fpsgd.Division, m)
		for k := range axes {
			axes[k] = fpsgd.Uniform(2, 0, 1)
		}
		grid = cartesian(axes...)
	}
	return must(scenarios.NewInSpace(must(fpsgd.Formula(f, grid)), grid.Coordinates))
}

// at starts all particles at one point.
func at(point ...float64) func(theta []float64, uniform func() float64) {
	return func(theta []float64, _ func() float64) { copy(theta, point) }
}

// gaussian starts them with the law N(center, width²I), by Box and Muller.
func gaussian(width float64, center ...float64) func(theta []float64, uniform func() float64) {
	return func(theta []float64, uniform func() float64) {
		for k := range theta {
			r := width * math.Sqrt(-2*math.Log(uniform()))
			theta[k] = center[k] + r*math.Cos(2*math.Pi*uniform())
		}
	}
}

// advance makes steps of all particles.
func (s *swarm) advance(e *Experiment, steps int) {
	check(s.Advance(e.Context, s.method, int64(steps), e.Threads, nil))
}

// each returns a function of every particle's position.
func (s *swarm) each(g func(theta []float64) float64) []float64 {
	out, theta := make([]float64, s.Len()), make([]float64, len(s.X))
	for i := range out {
		for k, x := range s.X {
			theta[k] = x[i]
		}
		out[i] = g(theta)
	}
	return out
}

// f returns f where the particles are.
func (s *swarm) f() []float64 { return s.landscape.Values(s.X) }

// power is by how many standard errors more than its tolerance a row is to be off for a wrong ε.
const power = 3

// seeing is how many particles tell a mean that is off by so many standard deviations of one. A row
// passes within factor = 5 standard errors, which chance exceeds once in 2·10⁶ times; a shift by
// power = 3 more stays within but once in 700:
//
//	N = ((5 + 3)/δ)².
//
// The δ that are given below are those of ε + 5 %, the least of ensemble.Mutants if no other is
// named, as many particles measured them.
func seeing(shift float64) int {
	return int(math.Ceil(math.Pow((factor+power)/shift, 2)))
}

// visible says which error of ε is seen by n particles, where 5 % of it are such a shift.
func visible(n int, shift float64) string {
	percent := 5 * math.Sqrt(float64(seeing(shift))/float64(n))
	return fmt.Sprintf("an ε off by %.0f %% would be seen", percent)
}

// many is a number of particles, ten times as many in the long form.
func (e *Experiment) many(n int) int {
	if e.Full {
		return 10 * n
	}
	return n
}

// sampleMean is the mean of independent samples with its standard error, s/√N.
func sampleMean(samples []float64) integral {
	mean, deviation := stat.MeanStdDev(samples, nil)
	return integral{mean, stat.StdErr(deviation, float64(len(samples)))}
}

// share is the share of N samples of which something holds, with the standard error √(q(1−q)/N).
func share(samples []float64, holds func(v float64) bool) integral {
	n, count := float64(len(samples)), 0.0
	for _, v := range samples {
		if holds(v) {
			count++
		}
	}
	q := count / n
	return integral{q, math.Sqrt(q * (1 - q) / n)}
}

// byParticles says what the error of a row is that is measured by N particles.
func byParticles(n int) string {
	return fmt.Sprintf("%d particles; the estimate is the standard error, s/√N", n)
}
