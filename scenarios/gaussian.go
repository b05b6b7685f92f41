package scenarios

import (
	"math"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/exact"

	"gonum.org/v1/gonum/floats"
)

// A Gaussian e^{−|θ−c|²/(2w²)} may be far narrower than a cell, or a cell so far out that e^{−1000}
// of it is left there: no fixed quadrature gives the masses of cells. Where it is a product of
// functions of the axes they are products of integrals along these, which are error functions on an
// axis of R and short sums about the peak on a radius; in polar and spherical coordinates off the
// centre they are integrated over boxes whose sizes follow from the width. All are given by their
// logarithms, to a relative accuracy of the mass of about 1e-13, or 1e-16 of its logarithm.

// logGaussian stores log ∫_cell e^{−|θ−c|²/(2w²)}, wrapped around periodic axes.
func (s *Scenario) logGaussian(dst []float64, n Gaussian, progress operators.Progress) error {
	g, c, w := s.Grid, n.Center, n.Width
	switch {
	case isBall(g.Coordinates):
		return operators.EachCell(dst, g, s.Threads, progress, func() func(pos []int) float64 {
			return newBall(g, c, w).logMass
		})
	case !mesh.Separable(g.Coordinates):
		return operators.LogIntegrals(dst, g, func(dst []float64, p *mesh.Points) error {
			distance2(dst, p, c)
			floats.Scale(-1/(2*w*w), dst)
			return nil
		}, formulaShare[len(g.Axes)], s.Threads, progress)
	}
	tables := make([][]float64, len(g.Axes))
	for k := range g.Axes {
		along := func(c float64) []float64 { return gaussianAlong(g, k, c, w) }
		if tables[k] = along(c[k]); g.IsRing(k) {
			tables[k] = wrapped(g, k, c[k], w, along)
		}
	}
	return operators.EachCell(dst, g, s.Threads, progress, func() func(pos []int) float64 {
		return func(pos []int) float64 {
			sum := 0.0
			for k, i := range pos {
				sum += tables[k][i]
			}
			return sum
		}
	})
}

// logGaussianInAll returns the logarithm of the integral of the Gaussian over the whole space.
func (s *Scenario) logGaussianInAll(n Gaussian) float64 {
	coordinates, c, w := s.Grid.Coordinates, n.Center, n.Width
	line := math.Log(w) + math.Log(2*math.Pi)/2
	balls, lines := 0.0, 0
	for k := range coordinates.Components() {
		if m := mesh.NormOf(coordinates, k); m > 0 {
			balls += logBall(m, 0, math.Inf(1), math.Inf(-1), math.Inf(1), c[k], w)
		} else {
			lines++
		}
	}
	return balls + float64(lines)*line
}

// logBall returns log ∫ e^{−(r−c)²/(2w²)} over a shell a < r < b of R^m.
func logBall(m int, a, b, logA, logB, c, w float64) float64 {
	return mesh.LogSphere(m) + logShell(m-1, a, b, logA, logB, c, w)
}

// isBall reports whether coordinates are polar or spherical ones.
func isBall(c mesh.Coordinates) bool {
	last := len(c.Axes()) - 1
	turn := mesh.DomainOf(c, last)
	return mesh.NormAxis(c) == 0 && turn.Periodic && last+1 == c.Dimension() &&
		(last == 1 || last == 2 && mesh.DomainOf(c, 1) == mesh.Domain{Max: turn.Max / 2})
}

// gaussianAlong returns, for the cells of an axis of R, of a radius or of a distance from an axis,
// log ∫J_k e^{−(q−c)²/(2w²)} dq.
func gaussianAlong(g *mesh.Grid, k int, c, w float64) []float64 {
	axis := &g.Axes[k]
	out := make([]float64, axis.Cells())
	for i := range out {
		lo, hi := axis.Faces[i], axis.Faces[i+1]
		a, b := axis.Physical(lo), axis.Physical(hi)
		if m := mesh.NormOf(g.Coordinates, k); m > 0 {
			out[i] = logBall(m, a, b, axis.Logarithm(lo), axis.Logarithm(hi), c, w)
		} else {
			out[i] = logNormal(a, b, c, w)
		}
	}
	return out
}

// sharp is the Gauss–Legendre rule on [0, 1] for e^g over pieces on which g varies as little as in
// logShell and logNormal: of degree 39, it errs by less than 1e-16 of the integral there.
var sharp = exact.NewUnitRule(20)

// logNormal returns log ∫_a^b e^{−(x−c)²/(2w²)} dx, a < b. With α, β = (a−c)/(w√2), (b−c)/(w√2)
// that is log(erf β − erf α) but for a factor: a sum of two positive terms if c lies in between;
// else a difference of values of erfc, of which one is at most 1/e times the other, or, where it is
// not, a smooth integral over a short interval.
func logNormal(a, b, c, w float64) float64 {
	logHalf := math.Log(w) + math.Log(math.Pi/2)/2 // of ∫_0^∞
	alpha, beta := (a-c)/w/math.Sqrt2, (b-c)/w/math.Sqrt2
	if alpha <= 0 && beta >= 0 {
		return logHalf + math.Log(math.Erf(beta)-math.Erf(alpha))
	}
	near, far := alpha, beta // distances from the centre
	if beta < 0 {
		near, far = -beta, -alpha
	}
	length := (b - a) / w / math.Sqrt2
	if length*(near+far) > 1 {
		logNear := logErfc(near)
		return logHalf + logNear + math.Log1p(-math.Exp(logErfc(far)-logNear))
	}
	mean := 0.0
	for t, x := range sharp.X {
		mean += sharp.W[t] * math.Exp(-x*length*(2*near+x*length))
	}
	return math.Log(b-a) - near*near + math.Log(mean)
}

// logErfc returns log erfc(x), x ≥ 0: beyond the range of erfc by its asymptotic series, erfc
// x ~ e^{−x²}/(x√π) Σ (−1)^n (2n−1)!!/(2x²)^n (Abramowitz and Stegun 7.1.23), whose eighth term is
// below 1e-18 there.
func logErfc(x float64) float64 {
	const representable = 26
	if x < representable {
		return math.Log(math.Erfc(x))
	}
	if x*x > math.MaxFloat64 {
		return math.Inf(-1)
	}
	sum, term := 1.0, 1.0
	for n := 1; n < 8; n++ {
		term *= -float64(2*n-1) / (2 * x * x)
		sum += term
	}
	return -x*x - math.Log(x) - math.Log(math.Pi)/2 + math.Log(sum)
}

// negligible is the least exponent, relative to the largest in a cell, that is integrated: e^{−60}
// of a Gaussian is left beyond it.
const negligible = 60

// logShell returns log ∫_a^b r^n e^{−(r−c)²/(2w²)} dr, 0 ≤ a < b ≤ ∞, n ≥ 0; log a and log b are
// given for what a and b underflow to. The logarithm of the integrand is concave: it is summed from
// where it is largest to where it is negligible, in pieces of the length over which it varies by a
// few units.
func logShell(n int, a, b, logA, logB, c, w float64) float64 {
	power := float64(n)
	switch {
	case math.IsInf(a, 1):
		return math.Inf(-1)
	case n == 0:
		return logNormal(a, b, c, w)
	case b/w*((math.Abs(c)+b)/w) < 1e-17: // the exponential is constant
		return (power+1)*logB + math.Log(-math.Expm1(-(power+1)*(logB-logA))) - math.Log(power+1) -
			c/w*(c/w)/2
	}
	root := math.Hypot(c, 2*w*math.Sqrt(power))
	peak := (c + root) / 2
	if c < 0 {
		peak = 2 * (w / (root - c)) * (w * power)
	}
	peak = min(max(peak, a), b)
	slope := math.Abs(power/peak-(peak-c)/w/w) / 6
	scale := 1 / (slope + math.Hypot(math.Sqrt(power)/peak, 1/w)/2)
	side := func(end, direction float64) float64 {
		sum := 0.0
		for from := 0.0; from < end; from += scale {
			length, largest := math.Min(scale, end-from), math.Inf(-1)
			for t, x := range sharp.X {
				d := direction * (from + x*length)
				g := power*math.Log1p(d/peak) - d/w*((2*(peak-c)+d)/w)/2
				sum += sharp.W[t] * length * math.Exp(g)
				largest = math.Max(largest, g)
			}
			if largest < -negligible {
				break
			}
		}
		return sum
	}
	total := side(b-peak, 1) + side(peak-a, -1)
	return power*math.Log(peak) - (peak-c)/w*((peak-c)/w)/2 + math.Log(total)
}

// ball integrates a Gaussian over the cells of a polar or spherical grid. With the centre at (ρ,
// θ_c, φ_c) it is e^{−E},
//
//	E = ((r − ρ)² + 4rρ H)/(2w²),    H = sin² ½(θ−θ_c) + sin θ sin θ_c sin² ½(φ−φ_c),
//
// and in the plane the same with θ = θ_c = π/2: no terms cancel, and each is a product of functions
// of one coordinate. Coordinates are held relative to the centre, so that its distance from a face
// is known to a part of the width however small. A cell is bisected until E varies so little over
// each box that a Gauss rule of at most 12 points per axis integrates it; boxes in which e^{−E} is
// negligible against its value at the point of the cell that is next to the centre are left out.
type ball struct {
	grid      *mesh.Grid
	width     float64
	center    point3
	sine      float64 // of θ_c, and its cosine
	cosine    float64
	least     float64 // E at the cell's point next to the centre
	precision precision
	side      [3]side
	values    []float64
}

// point3 is (r, θ, φ), and box3 a range of each, relative to the centre; in the plane θ is π/2.
type (
	point3 [3]float64
	box3   [3][2]float64
)

// side is a rule on one side of a box.
type side struct {
	n    int
	x, w [12]float64
}

// precision is how well a cell is integrated whose least E is below a bound: the excess of E from
// which on a box is negligible, and the rules of a side of a box, of 4, 8 and 12 points, with how
// much E may change along the side, and how long it may be in units of the distance over which the
// slope of E changes by 1 in that unit.
type precision struct {
	below, negligible float64
	change, length    [3]float64
}

// The error of Gauss's rule of p points for e^{−Vx} on [0, 1] is about V^{2p}(p!)⁴/((2p+1)(2p)!³),
// and for e^{−κ²x²/2} at most κ^{2p}√((2p)!) in place of V^{2p}. Both are below 1e-13 in the cells
// that hold the mass, below 1e-6 where less than e^{−40} is left, and below 1e-3 where that is
// e^{−150}. Beyond, e^{−E} times the volume is given: that is the logarithm of the mass to a part
// in 1e3, of masses of which a state holds nothing unless π is e^{−10000} there as well.
var (
	precisions = [3]precision{
		{40, 35, [3]float64{0.3, 3.5, 8}, [3]float64{0.3, 1.2, 3}},
		{150, 16, [3]float64{2.2, 10, 10}, [3]float64{1.6, 4.3, 4.3}},
		{1e4, 9, [3]float64{4.5, 4.5, 4.5}, [3]float64{2.5, 2.5, 2.5}},
	}
	orders = [3]exact.UnitRule{exact.NewUnitRule(4), exact.NewUnitRule(8), exact.NewUnitRule(12)}
)

func newBall(g *mesh.Grid, center []float64, width float64) *ball {
	b := &ball{grid: g, width: width, values: make([]float64, 12*12)}
	x, y := center[0], center[1]
	b.center = point3{math.Hypot(x, y), math.Pi / 2, math.Atan2(y, x)}
	b.sine, b.cosine = 1, 0
	if len(center) == 3 && (center[2] != 0 || b.center[0] > 0) {
		across := b.center[0]
		b.center[0], b.center[1] = math.Hypot(across, center[2]), math.Atan2(across, center[2])
		b.sine, b.cosine = across/b.center[0], center[2]/b.center[0]
	}
	return b
}

// logMass returns log ∫ e^{−E} over the cell at pos.
func (b *ball) logMass(pos []int) float64 {
	cell := b.cell(pos)
	chord := b.nearest(cell)
	b.least = b.exponent(cell, chord)
	for _, b.precision = range precisions {
		if b.least < b.precision.below {
			return math.Log(b.integrate(cell, chord)) - b.least
		}
	}
	logVolume := 0.0
	for k, i := range pos {
		logVolume += b.grid.LogCell(k, i)
	}
	return logVolume - b.least
}

// cell returns the ranges of a cell relative to the centre.
func (b *ball) cell(pos []int) (cell box3) {
	for k, i := range pos {
		axis := &b.grid.Axes[k]
		lo, hi := axis.Physical(axis.Faces[i]), axis.Physical(axis.Faces[i+1])
		if k == len(pos)-1 {
			cell[2] = b.turn(axis, i, lo, hi)
			continue
		}
		cell[k] = [2]float64{lo - b.center[k], hi - b.center[k]}
	}
	return cell
}

// turn returns the range of a cell of φ relative to the centre, less whole turns. The end next to
// the centre is exact, and the last face of a circle is the first.
func (b *ball) turn(axis *mesh.Axis, i int, lo, hi float64) [2]float64 {
	size := hi - lo
	if axis.Periodic && i == axis.Cells()-1 {
		hi = axis.Faces[0]
	}
	lo, hi = math.Remainder(lo-b.center[2], 2*math.Pi), math.Remainder(hi-b.center[2], 2*math.Pi)
	if math.Abs(lo) <= math.Abs(hi) {
		return [2]float64{lo, lo + size}
	}
	return [2]float64{hi - size, hi}
}

// nearest returns the least H over the angles of a box. At a given φ, 1 − 2H is proportional to
// cos(θ − θ₀) with tan(θ₀ − θ_c) = −2S sin θ_c cos θ_c/(1 − 2S sin² θ_c), S = sin² ½(φ−φ_c): H is
// least at θ₀, and where that is outside at one of the ends.
func (b *ball) nearest(box box3) float64 {
	turned := half(min(max(0, box[2][0]), box[2][1])) // S
	share := 2 * turned * b.sine
	best := math.Atan2(-share*b.cosine, 1-share*b.sine)
	if best >= box[1][0] && best <= box[1][1] {
		return b.chord(best, turned)
	}
	return min(b.chord(box[1][0], turned), b.chord(box[1][1], turned))
}

// chord returns H at θ_c + d and a given S.
func (b *ball) chord(d, turned float64) float64 {
	return half(d) + b.sineAt(d)*b.sine*turned
}

// sineAt returns sin θ at θ_c + d, which on the axis of the coordinates is ±d.
func (b *ball) sineAt(d float64) float64 {
	sine, cosine := math.Sincos(d)
	return max(0, b.sine*cosine+b.cosine*sine)
}

// half returns sin² ½x.
func half(x float64) float64 {
	sine := math.Sin(x / 2)
	return sine * sine
}

// exponent returns the least E for the radii of a box and a given H.
func (b *ball) exponent(box box3, chord float64) float64 {
	d := min(max(-2*b.center[0]*chord, box[0][0]), box[0][1])
	return d/b.width*(d/b.width)/2 + b.lever(d)*chord
}

// lever returns 4rρ/(2w²) at r = ρ + d.
func (b *ball) lever(d float64) float64 {
	return 2 * ((b.center[0] + d) / b.width) * (b.center[0] / b.width)
}

// integrate returns ∫ e^{least − E} over a box, of which the least H is given.
func (b *ball) integrate(box box3, chord float64) float64 {
	if b.exponent(box, chord) > b.least+b.precision.negligible {
		return 0
	}
	change, length := b.variation(box)
	worst, excess := -1, 1.0
	var order [3]int
	for k := range order {
		allowed := func(o int) float64 {
			return math.Max(change[k]/b.precision.change[o], length[k]/b.precision.length[o])
		}
		for order[k] < 2 && allowed(order[k]) > 1 {
			order[k]++
		}
		if e := allowed(2); e > excess {
			worst, excess = k, e
		}
	}
	if worst < 0 {
		return b.quadrature(box, order)
	}
	mid := box[worst][0] + (box[worst][1]-box[worst][0])/2
	if mid <= box[worst][0] || mid >= box[worst][1] {
		return b.quadrature(box, order) // thinner than coordinates are known
	}
	lower, upper := box, box
	lower[worst][1], upper[worst][0] = mid, mid
	if worst == 0 { // the angles are as before
		return b.integrate(lower, chord) + b.integrate(upper, chord)
	}
	return b.integrate(lower, b.nearest(lower)) + b.integrate(upper, b.nearest(upper))
}

// variation bounds, for every side of a box, by how much E changes along it, from its slope in the
// middle; and gives the length of the side in units of the distance over which the slope changes: w
// for r, w/√(rρ) and one radian for the angles.
func (b *ball) variation(box box3) (change, length point3) {
	var middle, size point3
	for k, ends := range box {
		middle[k], size[k] = (ends[0]+ends[1])/2, ends[1]-ends[0]
	}
	rho, w := b.center[0], b.width
	sine, cosine := b.sineAt(middle[1]), math.Cos(b.center[1]+middle[1])
	turned, chord := math.Sin(middle[2]), half(middle[1])+sine*b.sine*half(middle[2])
	angles := size[1] + b.sine*size[2]
	lever := b.lever(box[0][1]) / 2
	sines := min(1, sine+size[1]/2) * b.sine
	change = point3{
		size[0] / w * ((math.Abs(middle[0]+2*rho*chord) + size[0]/2 + rho*angles/2) / w),
		size[1] * lever * (math.Abs(sine*b.cosine-cosine*b.sine*math.Cos(middle[2])) + angles/2),
		size[2] * lever * sines * (math.Abs(turned) + size[2]/2),
	}
	length = point3{size[0] / w, size[1] * max(1, math.Sqrt(lever)),
		size[2] * max(1, math.Sqrt(lever*sines))}
	if lever*sines == 0 {
		length[2] = 0
	}
	return change, length
}

// quadrature applies the rules of the given orders to a box.
func (b *ball) quadrature(box box3, order [3]int) float64 {
	for k, o := range order {
		b.side[k].set(box[k], orders[o])
	}
	radius, polar, turn := &b.side[0], &b.side[1], &b.side[2]
	if len(b.grid.Axes) == 2 {
		polar.n, polar.w[0] = 1, 1
	}
	for t, d := range turn.x[:turn.n] {
		turn.x[t] = half(d)
	}
	var tilts, sines [12]float64
	for j, d := range polar.x[:polar.n] {
		tilts[j], sines[j] = half(d), b.sineAt(d)
	}
	total := 0.0
	for i, d := range radius.x[:radius.n] {
		r, offset, lever := b.center[0]+d, d/b.width, b.lever(d)
		values := b.values[:polar.n*turn.n]
		for j, tilt := range tilts[:polar.n] {
			share := sines[j] * b.sine
			for t, turned := range turn.x[:turn.n] {
				values[j*turn.n+t] = b.least - offset*offset/2 - lever*(tilt+share*turned)
			}
		}
		elementary.Exp(values, values, 1, 0)
		shell := 0.0
		for j, sine := range sines[:polar.n] {
			arc := 0.0
			for t, w := range turn.w[:turn.n] {
				arc += w * values[j*turn.n+t]
			}
			if len(b.grid.Axes) == 3 {
				arc *= r * sine
			}
			shell += polar.w[j] * arc
		}
		total += radius.w[i] * r * shell
	}
	return total
}

// set places the points of a rule on a side of a box.
func (s *side) set(ends [2]float64, rule exact.UnitRule) {
	s.n = len(rule.X)
	for t, x := range rule.X {
		s.x[t], s.w[t] = ends[0]+x*(ends[1]-ends[0]), rule.W[t]*(ends[1]-ends[0])
	}
}
