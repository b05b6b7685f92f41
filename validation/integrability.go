package validation

import (
	"fmt"
	"math"
	"strings"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/mesh"

	"gonum.org/v1/gonum/mathext"
)

var integrabilityClaim = Claim{
	Name: "integrability",
	Statement: "Where f vanishes on an n-manifold like the square of the distance and grows " +
		"like |θ|^γ, the mass of π = f^{−p}, p = 1 + 1/ε, " +
		"is finite for m/γ < p < (m−n)/2 and diverges otherwise, in the core or at infinity.",
	Source: "talk: the lemma on m/γ < 1 + 1/(ησ) < (m−n)/2",
	Run:    inTurn(growths, windowMasses, ring),
}

// quadraticPower is f = r² (1 + r²)^{γ/2−1} in R^k: r² near 0 and r^γ far out. With k = m it is a
// point minimum in R^m; with k = m − n, r the distance from an n-manifold, it is what f is like
// around that, per unit of its volume.
type quadraticPower struct {
	k        int
	gamma, p float64 // p = 1 + 1/ε
}

// problem reaches from r = e^{−60} to e^{60}, in cells of the length ½ in log r.
func (f quadraticPower) problem() fpsgd.Problem {
	return formula(fmt.Sprintf("r^2*(1 + r^2)^%.17g", f.gamma/2-1), fpsgd.ML(1/(f.p-1)),
		radial(f.k, fpsgd.Log(240, -60, 60)), nil)
}

// z returns ∫ f^{−p} over R^k = ½ |S^{k−1}| B( k/2 − p, (γp − k)/2 ).
func (f quadraticPower) z() float64 {
	return math.Exp(mesh.LogSphere(f.k)) / 2 *
		mathext.Beta(float64(f.k)/2-f.p, (f.gamma*f.p-float64(f.k))/2)
}

// side is the end of the axis of log r at which mass is counted.
type side int

const (
	core     side = -1
	infinity side = 1
)

// integrabilityCase asks how the mass grows toward one side. The landscape there has the dimension
// and the growth that the lemma needs for m, n and γ.
type integrabilityCase struct {
	m, n  int
	gamma float64
	side  side
	p     [3]float64 // below the bound, on it and above it
}

// landscape is that of the case around the manifold or far from it.
func (c integrabilityCase) landscape(p float64) quadraticPower {
	if c.side == core {
		return quadraticPower{c.m - c.n, c.gamma, p}
	}
	return quadraticPower{c.m, c.gamma, p}
}

// exponent is a in the mass δ^{−a} of distances of at least δ from the manifold, or R^a of
// distances of at most R: the bound of the lemma is at a = 0, and a < 0 tells that the mass that is
// missing falls like this.
func (c integrabilityCase) exponent(p float64) (a float64, formula string) {
	if c.side == core {
		return 2*p - float64(c.m-c.n), "mass ~ δ^{−a}, a = 2p − (m−n)"
	}
	return float64(c.m) - c.gamma*p, "mass ~ R^a, a = m − γp"
}

func (c integrabilityCase) name() string {
	switch {
	case c.side == infinity && c.n == 0:
		return fmt.Sprintf("n = 0, m = %d, γ = %g, infinity", c.m, c.gamma)
	case c.side == infinity:
		return fmt.Sprintf("n = %d, m = %d, γ = %g, growth at infinity of R^%[2]d", c.n, c.m,
			c.gamma)
	case c.n == 0:
		return fmt.Sprintf("n = 0, m = %d, core", c.m)
	}
	return fmt.Sprintf("n = %d, m = %d, core, normal space R^%d", c.n, c.m, c.m-c.n)
}

// note says what stands for the landscape of the lemma: there is a manifold of minima only if it is
// a point.
func (c integrabilityCase) note() string {
	switch {
	case c.n == 0:
		return "a point minimum"
	case c.side == core:
		return fmt.Sprintf("the normal space R^%d of a manifold of dimension %d, on which the "+
			"minimum is a point: mass per unit of its volume", c.m-c.n, c.n)
	}
	return fmt.Sprintf("a point minimum in R^%d: far out only the growth r^γ counts", c.m)
}

var integrabilityCases = []integrabilityCase{
	{m: 5, n: 0, gamma: 4, side: infinity, p: [3]float64{1.15, 1.25, 1.35}}, // the bound is 5/4
	{m: 5, n: 0, gamma: 4, side: core, p: [3]float64{2.4, 2.5, 2.6}},        // 5/2
	{m: 4, n: 1, gamma: 3, side: infinity, p: [3]float64{1.25, 4. / 3, 1.4}},
	{m: 4, n: 1, gamma: 3, side: core, p: [3]float64{1.4, 1.5, 1.6}}, // 3/2
}

// insideWindow are point minima with m/γ < p < m/2, far enough from both bounds that |log r| > 60
// holds nothing.
var insideWindow = []quadraticPower{{5, 4, 1.5}, {5, 4, 1.75}, {5, 4, 2}}

// growths records how the mass grows toward both sides.
func growths(e *Experiment) {
	figures := map[side]*plots.LinesData{
		infinity: {Heading: "Mass of π at 1 < |θ| < R", X: "R", Y: "mass over that to R = e⁵",
			LogX: true, LogY: true},
		core: {Heading: "Mass of π at distances from δ to 1 of the minima", X: "δ",
			Y: "mass over that to δ = e^{−5}", LogX: true, LogY: true},
	}
	for _, c := range integrabilityCases {
		for _, p := range c.p {
			figures[c.side].Lines = append(figures[c.side].Lines, e.growth(c, p))
		}
	}
	e.draw("integrability-infinity", *figures[infinity])
	e.draw("integrability-core", *figures[core])
}

// growth compares the exponent of the mass toward a side, log( D_{j+1}/D_j )/Δs for the masses D of
// shells of the length Δs in log r, and returns the mass out to each shell.
func (e *Experiment) growth(c integrabilityCase, p float64) plots.Line {
	problem := must(e.Build(c.landscape(p).problem()))
	const width = 5.0
	shells := massesOfShells(problem, c.side, width)
	exponents := make([]float64, len(shells)-1)
	for j := range exponents {
		exponents[j] = math.Log(shells[j+1]/shells[j]) / width
	}
	expected, formula := c.exponent(p)
	e.compare(fmt.Sprintf("%s, p = %.4g: growth exponent", c.name(), p),
		refinement(exponents...).widened(2*massTolerance[1]/width), expected, formula, c.note())
	name := fmt.Sprintf("m = %d, n = %d, p = %.4g: a = %.2g", c.m, c.n, p, expected)
	line := plots.Line{Name: strings.Replace(name, "-", "−", 1)}
	total := 0.0
	for j, d := range shells {
		total += d
		extend(&line, math.Exp(float64(c.side)*width*float64(j+1)), total/shells[0])
	}
	return line
}

// massesOfShells returns the masses of π between r = e^{±jΔ} and e^{±(j+1)Δ}, j = 0, 1, …, on a
// logarithmic axis that has these faces.
func massesOfShells(p *fpsgd.Equation, toward side, width float64) []float64 {
	axis := &p.Grid.Axes[0]
	shells := make([]float64, int(math.Round(axis.Faces[axis.Cells()]/width)))
	for i, l := range p.Operator.LogM {
		if s := float64(toward) * axis.Midpoint(i); s > 0 {
			shells[int(s/width)] += math.Exp(l)
		}
	}
	return shells
}

// windowMasses compares the mass between the bounds with its closed form.
func windowMasses(e *Experiment) {
	for _, f := range insideWindow {
		p := must(e.Build(f.problem()))
		z := math.Exp(p.Operator.LogZ)
		toCore, toInfinity := massesOfShells(p, core, 5), massesOfShells(p, infinity, 5)
		// more than what the next shells would hold
		beyond := toCore[len(toCore)-1] + toInfinity[len(toInfinity)-1]
		e.Compare(fmt.Sprintf("n = 0, m = %d, γ = %g, p = %g: Z", f.k, f.gamma, f.p), z,
			massTolerance[1]*z+beyond, f.z(), "½ |S^{m−1}| B(m/2 − p, (γp − m)/2)")
	}
}

// ringInSpace is a circle of minima in R³ with the floor δ² in place of the core: p > 1 = (m−n)/2
// for every ε.
func ringInSpace(delta float64) fpsgd.Problem {
	grid := cylindrical(fpsgd.Sinh(80, 0, 100, 1, delta), fpsgd.Sinh(80, -100, 100, 0, delta))
	circle := parameters{"radius": {1}, "floor": {delta * delta}}
	return builtin("ring", circle, fpsgd.ML(1), grid, nil)
}

// ring measures how the mass of a circle in R³ grows as its core shrinks: a tube around a curve of
// length L has
//
//	∫ f^{−p} = L ∫ 2πd (d² + δ²)^{−p} dd = πL δ^{−(2p−2)}/(p−1),    f = d² + δ²,
//
// up to relative corrections of the order δ² |log δ|.
func ring(e *Experiment) {
	const p = 2
	var growth, factor []float64
	before := math.NaN()
	for _, delta := range []float64{1e-2, 1e-3, 1e-4} {
		logZ := must(e.Build(ringInSpace(delta))).Operator.LogZ
		growth = append(growth, (logZ-before)/math.Log(10))
		factor = append(factor, math.Exp(logZ+(2*p-2)*math.Log(delta)))
		before = logZ
	}
	e.compare("n = 1, m = 3, a circle, p = 2: growth exponent", refinement(growth...), 2*p-2,
		"mass ~ δ^{−a}, a = 2p − (m−n) > 0 for every ε", "f = d² + δ², cylindrical coordinates")
	e.compare("n = 1, m = 3, a circle, p = 2: mass of the tube times δ^a", refinement(factor...),
		2*math.Pi*math.Pi/(p-1), "πL/(p−1), L = 2π")
}
