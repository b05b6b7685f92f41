package validation

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/scenarios/exact"
)

var hardyPoincareClaim = Claim{
	Name: "hardy-poincare",
	Statement: "For f = 1 + |θ|² the Poincaré–Hardy inequality ‖u−⟨u⟩‖² ≤ Λ⁻¹ ∫|∇u|² f^{−1/ε} " +
		"holds with the sharp constant Λ(d, ε), an eigenvalue or the edge of the essential " +
		"spectrum.",
	Source: "slide “Proof” of the first convergence theorem (Bonforte, Dolbeault, Grillo, " +
		"Vázquez 2010); theory §1",
	Run: inTurn(sharpConstants, truncatedConstants, higherLadder),
}

// angularMode is the radial problem of the functions u(r) Y_l in R^d; for d = 1, l is the parity.
type angularMode struct {
	eps  float64
	d, l int
}

func (m angularMode) String() string { return fmt.Sprintf("d=%d ε=%g", m.d, m.eps) }

// core is, for d ≥ 2, −log of the radius at which the axis begins, where the grid is uniform in log
// r: r = 0 is a singular point of the radial equation that spoils the expansion of the errors in
// h².
func (m angularMode) core() float64 {
	if m.d == 1 {
		return 0
	}
	return -math.Log(coreShare) / float64(m.d)
}

// ball is f = 1 + |θ|² on r ≤ sinh T, in cells of width h in log r. Where π is not integrable the
// end is open: u = 0. A closed one would keep the mass in, and with it modes that live next to the
// end.
func (m angularMode) ball(T, h float64) fpsgd.Problem {
	n := int((T + m.core()) / h)
	r := graded(n, 0, math.Sinh(T))
	if m.d > 1 {
		r = fpsgd.Log(n, -m.core(), math.Log(math.Sinh(T)))
	}
	integrable := 2*(1+1/m.eps) >= float64(m.d)
	p := formula("1 + r^2", fpsgd.ML(m.eps), radial(m.d, r.Open(false, !integrable)), nil)
	p.Angular = m.l
	return p
}

// lowest returns the k lowest Λ = λ/ε of the mode on r ≤ sinh T, constants left out, from cells of
// width h in log r on.
func (e *Experiment) lowest(m angularMode, T, h float64, k, levels int) []eigenvalue {
	found := e.eigenvalues(m.ball(T, h), k, levels)
	for i := range found {
		found[i] = found[i].scaled(1 / m.eps)
		if m.d > 1 {
			found[i].error += coreShare * found[i].value
		}
	}
	return found
}

// infimum is that of Λ over a mode, or over all.
type infimum struct {
	integral
	mode angularMode
	kind string // how it is reached, by the look of it
}

// sharpConstants finds Λ for all d and ε as the infimum over the angular modes, and shows the rates
// εΛ against ε.
func sharpConstants(e *Experiment) {
	data := plots.LinesData{Heading: "Sharp decay rate εΛ", Title: "f = 1 + |θ|²", X: "ε", Y: "ε Λ",
		LogX: true}
	for d := 1; d <= 4; d++ {
		rates := measured(fmt.Sprintf("d = %d, measured", d), nil, nil)
		for _, eps := range []float64{0.1, 0.25, 0.5, 1, 2, 4} {
			extend(&rates, eps, eps*e.sharpConstant(d, eps))
		}
		closed := reference(fmt.Sprintf("d = %d, closed form", d), nil, nil)
		closed.X, closed.Y = sampled(400, 0.1, 4, func(eps float64) float64 {
			return must(exact.PoincareHardy(eps, d)).Rate(eps)
		})
		data.Lines = append(data.Lines, rates, closed)
	}
	e.draw("hardy-poincare", data)
}

// sharpConstant compares Λ(d, ε) with its closed form and returns it.
func (e *Experiment) sharpConstant(d int, eps float64) float64 {
	reached := e.infimumOverModes(eps, d)
	var notes []string
	for _, found := range reached {
		notes = append(notes, fmt.Sprintf("mode l = %d, %s", found.mode.l, found.kind))
	}
	expected := must(exact.PoincareHardy(eps, d))
	best := reached[0]
	e.compare("Λ, "+angularMode{eps, d, 0}.String(), best.integral, expected.Lambda,
		constantFormula(expected), notes...)
	return best.value
}

// constantFormula names the closed form of a constant.
func constantFormula(g exact.Gap) string {
	switch g.Kind {
	case exact.Attained:
		return fmt.Sprintf("λ_{%d,%d} = 2n/ε − 4k(k+l+d/2−1), n = l+2k", g.L, g.K)
	case exact.Edge:
		return "(d−2−2/ε)²/4, edge of the essential spectrum"
	case exact.Hardy:
		return "(d−2−2/ε)²/4, Hardy constant, no mean subtracted"
	}
	return "(d−2−2/ε)²/4 = 0: no gap"
}

// infimumOverModes returns Λ of the modes that reach it, to what their estimates tell apart, the
// least first; modes of l > 2 lie above those. Of no mode anything is assumed known. Those whose
// lowest eigenvalue is attained are settled by a bounded domain; of the others the edge of the
// essential spectrum is fitted, unless the fall of the eigenvalue that is left cannot bring it
// below the least found so far.
func (e *Experiment) infimumOverModes(eps float64, d int) []infimum {
	var settled, edges []infimum
	for l := range min(d+1, 3) {
		if found := e.onBalls(angularMode{eps, d, l}); found.kind == attained {
			settled = append(settled, found)
		} else {
			edges = append(edges, found)
		}
	}
	ascending := func(a, b infimum) int { return cmp.Compare(a.value, b.value) }
	slices.SortStableFunc(edges, ascending)
	for _, bounded := range edges {
		// It falls to the edge by (π/(T+t₀))², t₀ > −T/2.
		least := bounded.value - 4*squared(math.Pi/longBall)
		if slices.ContainsFunc(settled, func(s infimum) bool { return s.value < least }) {
			break
		}
		settled = append(settled, e.edge(bounded.mode))
	}
	slices.SortStableFunc(settled, ascending)
	best := settled[0]
	return slices.DeleteFunc(settled, func(s infimum) bool {
		return s.value-best.value > s.error+best.error
	})
}

const (
	attained            = "attained"
	shortBall, longBall = 15.0, 30.0 // T
)

func squared(x float64) float64 { return x * x }

// onBalls returns the lowest Λ of a mode on r ≤ sinh T. It belongs to an eigenfunction if it falls
// far less than by π²/T².
func (e *Experiment) onBalls(m angularMode) infimum {
	h := 0.2
	if m.eps < 0.5 {
		h = 0.1 // the modes are as narrow as √ε
	}
	var found [2]eigenvalue
	for i, T := range []float64{shortBall, longBall} {
		found[i] = e.lowest(m, T, h, 1, 3)[0]
	}
	out := infimum{integral: found[1].integral, mode: m}
	fall := found[0].value - found[1].value
	if fall < attainedFall*(squared(math.Pi/shortBall)-squared(math.Pi/longBall)) {
		out.kind = attained
		out.error += math.Abs(fall)
	}
	return out
}

// edge fits the edge of the essential spectrum of a mode to three domains. Those of the line are
// longer for the sake of ε = 2, where the excess over the edge is π²/(2T)²: to the fit that is a t₀
// which grows with T, and an error of 0.67/T² for the last but one T.
func (e *Experiment) edge(m angularMode) infimum {
	domains := []float64{30, 60, 120}
	if m.d == 1 {
		domains = []float64{50, 100, 200}
	}
	var values []float64
	noise := 0.0
	for _, T := range domains {
		lowest := e.lowest(m, T, 0.4, 1, 3)[0]
		values, noise = append(values, lowest.value), lowest.error
	}
	edge, t0 := bottom(domains, values, noise)
	return infimum{edge, m,
		fmt.Sprintf("edge fitted to r ≤ sinh %g, %g, %g: t₀ = %.3g",
			domains[0], domains[1], domains[2], t0)}
}

// truncatedConstants compares Λ on an interval with its closed form.
func truncatedConstants(e *Experiment) {
	for _, R := range []float64{10, 1e4, 1e8} {
		p := formula("1 + x^2", fpsgd.ML(2), cartesian(graded(250, -R, R)), nil)
		v := e.eigenvalues(p, 1, 4)[0].scaled(1. / 2)
		e.compare(fmt.Sprintf("Λ on |x| ≤ %g, d=1 ε=2", R), v.integral, exact.TruncatedGap(R),
			"1 + (π/(2 asinh R))²", fmt.Sprintf("%.10g on 2000 cells", v.finest()))
	}
}

// higherLadder compares the eigenvalues of the modes, up to four each, below their essential
// spectrum.
func higherLadder(e *Experiment) {
	for _, eps := range []float64{0.1, 0.25} {
		for d := 1; d <= 3; d++ {
			for l := range min(d+1, 3) {
				e.ladder(angularMode{eps, d, l})
			}
		}
	}
}

// ladder compares λ_{l,k} of one mode. A mode of Λ below the edge of the essential spectrum falls
// like e^{−κ log r}, κ² = edge − Λ, so that the end of the domain changes Λ by about e^{−2κT} edge.
func (e *Experiment) ladder(m angularMode) {
	expected := exact.Ladder(m.eps, m.d, m.l)
	first := 0
	if m.l == 0 {
		first = 1 // 0 is the constant's
	}
	expected = expected[first:min(len(expected), 4)]
	const T = 24.0
	found := e.lowest(m, T, 0.1, len(expected), 4)
	edge := exact.ModeEdge(m.eps, m.d, m.l)
	for i, v := range found {
		truncation := edge * math.Exp(-2*T*math.Sqrt(math.Max(0, edge-v.value)))
		e.compare(fmt.Sprintf("λ_{%d,%d}, %v", m.l, first+i, m), v.widened(truncation), expected[i],
			"2n/ε − 4k(k+l+d/2−1), n = l+2k",
			fmt.Sprintf("%.8g on the finest of 4 grids", v.finest()))
	}
}
