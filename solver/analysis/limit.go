package analysis

import (
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver"
)

// Level is a figure on one grid of a ladder of refinements.
type Level struct {
	Cells float64 // along one axis; of the ratios alone is made use
	Value float64
	// of the value itself, as its rounding or the residual of a mode: of what refinement does not
	// change
	Error float64
	Share float64 // Concentration of what the figure describes on this grid; 0 if that is not known
}

// Limit is a figure at vanishing spacing.
type Limit struct {
	Value float64
	Error float64 // half-width of the error bar; NaN: unknown
	// observed on the last three levels, log₂((v₂−v₁)/(v₃−v₂)); NaN if they are not monotone
	Order float64
}

// The factors of the error bar. They were chosen on 209 problems on a line, from 4 to 2000 cells,
// so that 97 of 100 bars hold the truth and the median bar is 8.5 times the error;
// TestErrorBarsHold counts both on other problems.
const (
	unseen   = 1.2   // of the change of T₁ on three levels, which do not show what is next
	seenOnce = 0.38  // where it falls by about 16, as the second term does, of which it leaves 1/15
	seen     = 0.28  // where it does so twice
	slow     = 0.5   // where it falls by 4 to 64, as on the way to that
	erratic  = 0.8   // where it does not
	earlier  = 0.040 // of the change of T₁ before
	earliest = 0.003 // of the one before that
	third    = 0.13  // of the change of T₂, of which the third term leaves 1/63
	fourth   = 0.045 // of that of T₃, of which the fourth leaves 1/255
	sixth    = 0.20  // of the change of v + (v_n − v_{n−1})/15 where there is no term h²
	squared  = 3     // of (v_n − v_{n−1})²/|v_n|
	coarse   = 4     // of s⁸ |v_n|

	// relative, of eigenvalues of the best grids: cells are integrated to 1e-13, and sums of them
	// amplify that
	rounding = 1e-11

	mostChange = 1.0  // of a value, relative, in the last refinement: after more nothing is known
	mostBefore = 50.0 // and in the one before
	mostLevels = 6    // the finest, that are made use of
)

// Extrapolate takes figures on grids that are refined by a factor of about two from level to level,
// the coarsest first, to vanishing spacing h, and gives them an error bar. Two levels have a value
// and no bar.
//
// The figures are taken for v + c₂h² + c₄h⁴ + …, as those of a central scheme are, and T_j is the
// table that eliminates one power after the other (Romberg; Neville in h² where the ratios are not
// 2). With a = |T₁[n] − T₁[n−1]|, and b and c the changes of T₁ before, the limit is T₁[n], and the
// bar a sum of the errors of the values themselves and the largest of
//
//	θ a                       θ by what the changes of T₁ are seen to do; they fall by 16 where
//	                          the next term dominates
//	0.040 b, 0.003 c          where they do not fall so: a alone may vanish by accident. Kinks of f
//	                          move through the cells, so that c₂ is not constant, and eigenvalues
//	                          cross
//	3 (v_n − v_{n−1})²/|v_n|  of the order h⁴ even if a is small by accident
//	4 s⁸ |v_n|                s the largest share of the figure in a layer of cells: on grids that
//	                          resolve nothing values do not change
//
// T₂ and T₃ are limits only if the data support them: T₂ where the changes of T₁ fall by about 16
// twice and those of T₂ by about 64, or those of T₁ by very nearly 16 twice; T₃ where those of T₂
// fall by about 64 twice as well. The bar is then made of their own last two changes. Where the
// changes of the values themselves fall by about 16 the limit is v_n + (v_n − v_{n−1})/15, with the
// bar above; where they do so twice, and then by 64, as those of the first modes of quadratics on a
// line, it is that of a series without h², with its own bar. No bar relies on an order that was
// observed once: on three grids it passes through 2 and through 4 by accident wherever terms of
// both signs are of one size.
//
// The bar is a promise on average: of problems with smooth f, with kinks and with wells, on grids
// from absurd to fine, at least 95 of 100 bars hold the truth, and the median bar is at most ten
// times the error. It is NaN, unknown, where the last refinement changed the value by more than
// itself, or the limit has another sign than the values.
func Extrapolate(levels []Level) Limit {
	if levels = levels[max(0, len(levels)-mostLevels):]; len(levels) < 2 {
		return few(levels)
	}
	n := len(levels)
	t := neville(levels, 1)
	out := Limit{t[1][n-2], math.NaN(), math.Log2(fall(t[0], 0))}
	quartic := falls(t[0], 0, 16, 1.45)
	if quartic {
		out.Value = t[0][n-1] + (t[0][n-1]-t[0][n-2])/15
	}
	size, before := math.Abs(levels[n-1].Value), changes(t[0])
	if n == 2 || before[0] > mostChange*size || before[1] > mostBefore*size ||
		!(out.Value*levels[n-1].Value > 0) {
		return out
	}
	floor := rounding * size
	for _, l := range levels[n-3:] {
		floor += l.Error
	}
	switch terms, u := supported(t), neville(levels, 2); {
	case terms == 3:
		out.Value, out.Error = t[3][n-4], fourth*held(t[3], 120)+floor
	case quartic && supportedQuartic(u):
		out.Value, out.Error = u[2][n-3], sixth*changes(u[1])[0]+floor
	case terms == 2:
		out.Value, out.Error = t[2][n-3], third*held(t[2], 50)+floor
	default:
		// what no accident takes away: by the last change, and by what a layer of cells holds
		guard := math.Max(squared*before[0]*before[0]/size,
			coarse*math.Pow(levels[n-1].Share, 8)*size)
		out.Error = math.Max(spread(t[1]), guard) + floor
	}
	return out
}

// OnFinest is the figure on the finest grid, with an error bar for the spacing there, and the order
// observed. The bar is |v_n − v| + δ, v ± δ the limit that Extrapolate finds, but
//
//	p |v_n − v_{n−1}|  where that is more, and δ more than a quarter of |v_n − v|: a limit that is
//	                   not seen well may lie next to v_n by accident; p = 2/(r−1) where such changes
//	                   fell by no less than r > 3 twice, up to 16, of which 1/(r−1) is left, else 1
//	1.2 p times the largest of |v_n − v_{n−1}|, |v_{n−1} − v_{n−2}|/16 and |v_{n−2} − v_{n−3}|/256
//	                   where that is less: δ allows for more than such changes leave
//	32 s⁸ |v_n|        where that is more, s as for Extrapolate
//
// The factors were chosen on 116 gaps of quadratics on a line and in the plane, with 16 to 400
// cells an axis, as many on grids that resolve nothing; the promise is that of Extrapolate.
func OnFinest(levels []Level) Limit {
	const (
		seen     = 0.25
		most     = 1.2
		falls    = 1.0 / 16
		resolved = 32
	)
	out, n := Extrapolate(levels), len(levels)
	if n == 0 {
		return out
	}
	last := levels[n-1]
	off, size := math.Abs(out.Value-last.Value), math.Abs(last.Value)
	if out.Value = last.Value; math.IsNaN(out.Error) {
		return out
	}
	values := make([]float64, n)
	for i, l := range levels {
		values[i] = l.Value
	}
	change, largest := changes(values), 0.0
	part := left(change)
	weight := part
	for _, c := range change[:min(3, n-1)] {
		largest, weight = math.Max(largest, weight*c), weight*falls
	}
	bar := off + out.Error
	if out.Error > seen*off {
		bar = math.Max(bar, change[0]*part)
	}
	bar = math.Min(bar, most*largest+last.Error+rounding*size)
	out.Error = math.Max(bar, resolved*math.Pow(last.Share, 8)*size)
	return out
}

// left is the part of the last change that the error may be.
func left(change []float64) float64 {
	const least, most = 3, 16
	if len(change) < 3 {
		return 1
	}
	falls := math.Min(change[1]/change[0], change[2]/change[1])
	if !(falls > least) {
		return 1
	}
	return 2 / (math.Min(falls, most) - 1)
}

// few is the limit of no level or one.
func few(levels []Level) Limit {
	out := Limit{math.NaN(), math.NaN(), math.NaN()}
	if len(levels) > 0 {
		out.Value = levels[0].Value
	}
	return out
}

// Values are levels of which nothing but the values is known, each with twice the cells of the one
// before.
func Values(values []float64) []Level {
	levels := make([]Level, len(values))
	for i, v := range values {
		levels[i] = Level{Cells: math.Exp2(float64(i)), Value: v}
	}
	return levels
}

// Eigenvalue is the level of a mode of an operator. Its error is the mode's own estimate. The
// residual of a slow mode is rounding of the largest rates over a tiny λ, and says little of λ.
func Eigenvalue(op *operators.Operator, m solver.Mode) Level {
	return Level{
		Cells: float64(op.Shape[0]), Value: m.Value, Error: m.Error * math.Abs(m.Value),
		Share: math.Max(Concentration(op, m.W), Concentration(op, op.Sigma)),
	}
}

// Concentration returns the largest share of Σ w² in a layer of cells normal to an axis: 1/n for a
// w that is spread over n layers, and 1 for one that lives in a single one, which no grid of that
// spacing resolves.
func Concentration(op *operators.Operator, w []float64) float64 {
	total, most := 0.0, 0.0
	for _, v := range w {
		total += v * v
	}
	for k, n := range op.Shape {
		layers := make([]float64, n)
		for i, v := range w {
			layers[i/op.Stride(k)%n] += v * v
		}
		most = math.Max(most, slices.Max(layers))
	}
	return most / total
}

// neville returns the columns T_j[i], T₀ the values,
// T_j[i] = T_{j−1}[i] + (T_{j−1}[i] − T_{j−1}[i−1])/(q − 1), which eliminates the powers h^{2k}, …:
// k = 1, q = (n_i/n_{i−j})², is Neville's algorithm in h²; k = 2 the same in ratios of 2 without
// the term h². Column j begins with the j-th level.
func neville(levels []Level, k int) [][]float64 {
	t := [][]float64{make([]float64, len(levels))}
	for i, l := range levels {
		t[0][i] = l.Value
	}
	for j := 1; j < len(levels); j++ {
		above := t[j-1]
		column := make([]float64, len(above)-1)
		for i := range column {
			q := math.Pow(levels[i+j].Cells/levels[i].Cells, 2)
			if k > 1 {
				q = math.Pow(levels[i+j].Cells/levels[i+j-1].Cells, float64(2*(j+k-1)))
			}
			column[i] = above[i+1] + (above[i+1]-above[i])/(q-1)
		}
		t = append(t, column)
	}
	return t
}

// Romberg extrapolates figures on nested grids, each with twice the cells of the one before, as a
// series in h², h⁴, …: as far as there are values, whether they support that or not. It is for
// problems that are known to be smooth and resolved, and has no error bar.
func Romberg(values []float64) float64 {
	t := neville(Values(values), 1)
	return t[len(t)-1][0]
}

// changes returns |x[n] − x[n−1]|, |x[n−1] − x[n−2]|, …: the last first.
func changes(x []float64) []float64 {
	var out []float64
	for i := len(x) - 1; i > 0; i-- {
		out = append(out, math.Abs(x[i]-x[i-1]))
	}
	return out
}

// spread is the part of the bar that follows from the changes of T₁.
func spread(t1 []float64) float64 {
	d := changes(t1)
	switch {
	case len(d) == 1:
		return unseen * d[0]
	case len(d) == 2 && falls(t1, 0, 16, 1.6):
		return seenOnce * d[0]
	case falls(t1, 0, 16, 1.6) && falls(t1, 1, 16, 2.7):
		return seen * d[0]
	}
	factor := erratic
	if falls(t1, 0, 16, 4) {
		factor = slow
	}
	bar := math.Max(factor*d[0], earlier*d[1])
	if len(d) > 2 {
		bar = math.Max(bar, earliest*d[2])
	}
	return bar
}

// supported returns how many terms of the error the data show to be eliminated, 1 if they show
// nothing.
func supported(t [][]float64) int {
	if !falls(t[1], 0, 16, 1.6) || !falls(t[1], 1, 16, 2.7) {
		return 1
	}
	if falls(t[2], 0, 64, 1.23) && falls(t[2], 1, 64, 1.8) {
		return 3
	}
	precise := falls(t[1], 0, 16, 1.07) && falls(t[1], 1, 16, 1.15) &&
		falls(t[2], 0, 1, math.Inf(1))
	if falls(t[2], 0, 64, 1.75) || precise {
		return 2
	}
	return 1
}

// supportedQuartic reports whether the values, u[0], show a series without the term h²: their
// changes fall by about 16 twice, the later the nearer, and those of the column without h⁴ by about
// 64.
func supportedQuartic(u [][]float64) bool {
	return falls(u[0], 0, 16, 1.45) && falls(u[0], 1, 16, 1.75) &&
		offFrom(u[0], 0, 16) <= offFrom(u[0], 1, 16)+0.05 &&
		falls(u[1], 0, 64, 2)
}

// offFrom is |log| of by how much a fall (falls) is off from a factor.
func offFrom(x []float64, skip int, factor float64) float64 {
	return math.Abs(math.Log(fall(x, skip) / factor))
}

// held returns the last change of x, or what is left of the one before if that fell by the ratio:
// no less by accident.
func held(x []float64, ratio float64) float64 {
	d := changes(x)
	return math.Max(d[0], d[1]/ratio)
}

// falls reports whether, skip entries before the end of x, the last change is smaller than the one
// before it by a factor, within a factor of tolerance.
func falls(x []float64, skip int, factor, tolerance float64) bool {
	ratio := fall(x, skip)
	return factor/tolerance <= ratio && ratio <= factor*tolerance
}

// fall is the ratio of the last change but one to the last, skip entries before the end of x; NaN
// if there are none.
func fall(x []float64, skip int) float64 {
	n := len(x) - 1 - skip
	if n < 2 {
		return math.NaN()
	}
	return (x[n-1] - x[n-2]) / (x[n] - x[n-1])
}
