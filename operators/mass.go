package operators

import (
	"fmt"
	"math"
	"strings"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// refinedPoints is the number of Gauss points per axis, by d, with which a cell is integrated again whose lattice samples
// do not give its mass to tolerance; boxes that still fail are bisected.
var refinedPoints = [...]int{0, 16, 10, 5, 5}

const (
	bisections = 200   // levels of bisection toward a point
	tinyPart   = 2e-6  // of a cell: smaller boxes are not needed for a kink of π, only for a singularity
	maxBoxes   = 20000 // boxes spent on one cell

	// On lines of kinks the number of boxes grows like a power of the accuracy. After every patience boxes that a cell costs, the
	// tolerance is relaxed by a factor of ten, up to loosest; the estimate of the error says what is left.
	loosest = 1e-3
)

// patience is how many boxes a cell may cost before its tolerance is relaxed, by d: what a point singularity needs, and a few
// milliseconds of work.
var patience = [...]int{0, 4000, 600, 300, 100}

// box is a part of a cell in held coordinates, the axes (as bits) along which the rule fails on it, and the estimated error
// of its mass.
type box struct {
	lo, hi  [4]float64
	failing int
	excess  float64

	mass     float64 // by the rule
	demanded bool    // whether a feature wants it bisected
}

// massIntegrator integrates π over one cell to a relative tolerance: by a high-order rule on the whole cell, and by
// bisection where that fails, as it must next to a zero of f, or where a feature demands it. Toward an integrable point singularity
// the masses s_k of the shells between levels k and k+1 of bisection decay like q^k (a power) or like a power of k (a logarithm);
// what the last level leaves is extrapolated from them. If they do not decay so, π is not integrable.
type massIntegrator struct {
	lat      *lattice
	weights  Weights
	points   *mesh.Points
	features []feature
	climber

	pos       []int // the cell
	reference float64
	strict    float64 // the tolerance to begin with
	tolerance float64
	total     float64 // what the mass is at least, about
	err       float64 // the sum of the estimated errors so far
	boxes     int
	bisected  bool

	held   [][]float64
	weight [][]float64
	logPi  []float64
	kappa  []float64

	tensorWeight []float64
	integrand    []float64
	aliased      []float64
	rough        float64 // of the last sample: the estimated error if πJ has a kink there
	momentRule
}

func newMassIntegrator(g *mesh.Grid, w Weights, features []feature) *massIntegrator {
	m := newMassIntegratorOf(g, w, refinedPoints[len(g.Axes)])
	m.features = features
	return m
}

// newMassIntegratorOf is newMassIntegrator with another number of points per axis.
func newMassIntegratorOf(g *mesh.Grid, w Weights, p int) *massIntegrator {
	d := len(g.Axes)
	n := pow(p, d)
	r := newRule(p)
	m := &massIntegrator{
		lat:          &lattice{grid: g, rule: r},
		weights:      w,
		points:       mesh.NewPoints(g),
		climber:      newClimber(g, w),
		strict:       massTolerance[d],
		logPi:        make([]float64, n),
		kappa:        make([]float64, n),
		tensorWeight: make([]float64, n),
		integrand:    make([]float64, n),
		aliased:      make([]float64, d),
		momentRule:   newMomentRule(r, d),
	}
	for range d {
		m.held = append(m.held, make([]float64, n))
		m.weight = append(m.weight, make([]float64, p))
	}
	return m
}

// tooLarge says that πJ exceeds the reference by more than floating point holds.
type tooLarge struct{ log float64 }

func (tooLarge) Error() string { return "π exceeds the reference" }

// restarts is how often an integration begins anew with a larger reference: e^{restarts·overflow} is more than any π that is integrable
// has within a cell.
const (
	restarts = 8
	overflow = 600
)

// integrate returns the moments of the cell at pos relative to e^reference, for a reference that may exceed the one given, and the
// estimated relative error of the mass.
func (m *massIntegrator) integrate(pos []int, given float64) (sum moments, reference, relative float64, err error) {
	m.pos, m.reference = pos, given
	whole := m.whole()
	for range restarts {
		m.tolerance, m.total, m.err, m.boxes, m.bisected = m.strict, 0, 0, 0, false
		sum, err = m.attempt(whole)
		larger, again := err.(tooLarge)
		if !again && (err != nil || sum.mass > 0 && sum.mass <= math.MaxFloat64) {
			return sum, m.reference, m.err / sum.mass, err
		}
		if !again {
			break
		}
		m.reference = larger.log
	}
	return sum, m.reference, 0, fmt.Errorf("π is not integrable at %s, where it grows beyond every bound: make ε larger or keep the grid away from that zero of f", m.where(whole))
}

// converges returns an error if π is not integrable over the cell at pos. Where π is bounded that needs no integral.
func (m *massIntegrator) converges(pos []int, reference float64) error {
	m.pos, m.reference = pos, reference
	sum, aliased, err := m.sample(m.whole())
	if err == nil && (failingAxes(aliased, m.strict) == 0 || sum.mass == 0) {
		return nil
	}
	if m.bounded(m.whole(), shortClimb) {
		return nil
	}
	_, _, _, err = m.integrate(pos, reference)
	return err
}

// whole returns the box of the cell.
func (m *massIntegrator) whole() (b box) {
	for k, i := range m.pos {
		a := &m.lat.grid.Axes[k]
		b.lo[k], b.hi[k] = a.Faces[i], a.Faces[i+1]
	}
	return b
}

func (m *massIntegrator) attempt(whole box) (moments, error) {
	sum, aliased, err := m.sample(whole)
	if err != nil {
		return sum, err
	}
	forced := m.forced(whole)
	if whole.failing = failingAxes(aliased, m.tolerance) | forced; whole.failing == 0 {
		m.err = sum.mass * floats.Sum(aliased)
		return sum, nil
	}
	m.bisected = true
	if m.total = sum.mass; forced == 0 {
		halves, err := m.halvesMass(whole)
		if err != nil {
			return sum, err
		}
		m.total = math.Min(sum.mass, halves)
	}
	return m.bisect(whole)
}

// forced returns, as bits, the axes along which features demand that a box be bisected.
func (m *massIntegrator) forced(b box) int {
	bits := 0
	for k := range m.features {
		bits |= m.features[k].demands(&b, len(m.pos))
	}
	return bits
}

// halvesMass integrates over the halves of a box along its failing axes. One abscissa next to a singularity can make the
// integral over the whole far too large; then it is no measure of what is negligible.
func (m *massIntegrator) halvesMass(b box) (float64, error) {
	total := 0.0
	for c := range 1 << len(m.pos) {
		if c&^b.failing != 0 {
			continue
		}
		part, _, err := m.sample(b.child(c))
		if err != nil {
			return 0, err
		}
		total += part.mass
	}
	return total, nil
}

// failingAxes returns, as bits, the axes whose share of the error exceeds the tolerance.
func failingAxes(aliased []float64, tolerance float64) int {
	bits := 0
	for k, e := range aliased {
		if !(e <= tolerance) {
			bits |= 1 << k
		}
	}
	return bits
}

// bisect integrates a box in which the rule fails. It follows the worst child from level to level, and integrates the
// other failing ones for themselves; together with the children that do not fail they make the shell of the level.
func (m *massIntegrator) bisect(b box) (moments, error) {
	var sum moments
	var shells []float64
	tried := false // whether π has a bound at the end of all bisection
	for range bisections {
		shell, failing, err := m.children(b)
		if err != nil {
			return sum, err
		}
		worst := len(failing) - 1
		for k, child := range failing {
			if child.excess > failing[worst].excess {
				worst = k
			}
		}
		for k, child := range failing {
			if k == worst {
				continue
			}
			part, err := m.bisect(child)
			if err != nil {
				return sum, err
			}
			shell.add(part)
		}
		sum.add(shell)
		if worst < 0 && !m.tiny(b) {
			return sum, nil
		}
		if worst < 0 {
			return sum, m.checkInside(b)
		}
		b = failing[worst]
		shells = append(shells, shell.mass)
		if rest, ok := remainder(shells); ok && !b.demanded && (rest.error <= m.tolerance*m.total || b.indivisible(len(m.pos))) {
			return m.close(sum, rest, b)
		}
		if !tried && b.indivisible(len(m.pos)) {
			if tried = true; m.bounded(b, climbs) { // a jump or a kink, cut off at the last digits
				m.err += b.mass
				sum.addPoint(b.mass, m.local(b))
				return sum, nil
			}
		}
	}
	if rest, ok := remainder(shells); ok {
		return m.close(sum, rest, b)
	}
	return sum, fmt.Errorf("π is not integrable at %s: make ε larger or keep the grid away from that zero of f", m.where(b))
}

// close adds what is left in the last box, which may hold a singularity at the edge of the cell only.
func (m *massIntegrator) close(sum moments, rest tail, b box) (moments, error) {
	m.err += rest.error
	sum.addPoint(rest.mass, m.local(b))
	return sum, m.checkInside(b)
}

// tiny reports whether only a singularity can have made a box as small as it is.
func (m *massIntegrator) tiny(b box) bool {
	for k, i := range m.pos {
		a := &m.lat.grid.Axes[k]
		if b.hi[k]-b.lo[k] > tinyPart*(a.Faces[i+1]-a.Faces[i]) {
			return false
		}
	}
	return true
}

// children samples the halves of a box along the axes that fail and returns the moments of those that meet the tolerance,
// and the others.
func (m *massIntegrator) children(b box) (moments, []box, error) {
	var sum moments
	var failing []box
	for c := range 1 << len(m.pos) {
		if c&^b.failing != 0 {
			continue
		}
		child := b.child(c)
		part, aliased, err := m.sample(child)
		if err != nil {
			return sum, nil, err
		}
		relative := floats.Sum(aliased)
		if relative < wellKnown {
			m.total = math.Max(m.total, part.mass)
		}
		forced := m.forced(child)
		if part.mass > 0 {
			child.failing = failingAxes(aliased, m.tolerance*math.Max(1, m.total/part.mass))
		}
		if child.failing |= forced; child.failing == 0 {
			sum.add(part)
			m.err += part.mass * math.Max(relative, m.rough)
		} else {
			child.mass, child.excess, child.demanded = part.mass, relative*part.mass, forced != 0
			failing = append(failing, child)
		}
		if err := m.spend(child, forced != 0); err != nil {
			return sum, nil, err
		}
	}
	return sum, failing, nil
}

// wellKnown is the estimated relative error below which the mass of a part is a bound of the whole from below.
const wellKnown = 0.1

// spend counts a box, and relaxes the tolerance from time to time.
func (m *massIntegrator) spend(b box, demanded bool) error {
	m.boxes++
	switch {
	case m.boxes > maxBoxes && len(m.features) > 0:
		return fmt.Errorf("f varies near %s on a scale that %d boxes within a cell do not resolve: use smaller cells there", m.where(b), maxBoxes)
	case m.boxes > maxBoxes || m.boxes%patience[len(m.pos)] == 0 && m.tolerance >= loosest && !demanded && !m.bounded(b, climbs):
		return fmt.Errorf("the mass of the cell at %s does not converge: π is not integrable or f is not smooth there; "+
			"refine the grid, or put a face where f vanishes", m.where(b))
	case m.boxes%patience[len(m.pos)] == 0 && m.tolerance < loosest:
		m.tolerance *= 10
	}
	return nil
}

// child returns the half of the box along its failing axes that the bits of c choose: the upper one where the bit is set.
func (b box) child(c int) box {
	out := b
	for k := range b.lo {
		mid := b.lo[k] + (b.hi[k]-b.lo[k])/2
		switch {
		case b.failing>>k&1 == 0:
		case c>>k&1 == 0:
			out.hi[k] = mid
		default:
			out.lo[k] = mid
		}
	}
	return out
}

// tail is an extrapolated remainder with an estimate of its error.
type tail struct{ mass, error float64 }

// remainder extrapolates the sum of the shells that are still to come from the last three. With q_k = s_k/s_{k−1}:
// for a power of the distance q is constant and the rest is s q/(1−q); for a power of the level, s_k ~ (k+k₀)^{−p},
// 1/(−log q_k) = (k+k₀−½)/p grows by 1/p a level and the rest is s ((k+k₀)/(p−1) − ½), up to O(1/(k+k₀)²). It reports false
// if the shells do not tend to an integrable singularity.
func remainder(shells []float64) (tail, bool) {
	n := len(shells)
	if n < 4 {
		return tail{}, false
	}
	s := shells[n-1]
	q1, q0 := s/shells[n-2], shells[n-2]/shells[n-3]
	if !(q1 < 1-1e-9) || !(q0 < 1-1e-9) { // constant to rounding: a logarithmic divergence
		return tail{}, false
	}
	if math.Abs(q1-q0) <= 1e-6*(1-q1) { // geometric to six digits
		rest := s * q1 / (1 - q1)
		return tail{rest, rest * math.Abs(q1-q0) / ((1 - q1) * (1 - q1))}, true
	}
	invP := -1/math.Log(q1) + 1/math.Log(q0)
	if !(invP < 0.98) { // p = 1 diverges
		return tail{}, false
	}
	level := 1/(-math.Log(q1)*invP) + 0.5 // k + k₀
	rest := s * (level/(1/invP-1) - 0.5)  // Σ_{j>k} (j+k₀)^{−p} by Euler–Maclaurin
	if !(invP > 0 && rest > 0) {          // faster and faster: no singularity at all
		rest := s * q1 / (1 - q1)
		return tail{rest, rest}, true
	}
	return tail{rest, rest * -math.Log(q1)}, true
}

// checkInside refuses a singularity strictly inside the cell: a conductance cannot be formed across it. A box as small as b that has
// one is where π grows without bound; a kink, or a π that is merely steep, needs small boxes too.
func (m *massIntegrator) checkInside(b box) error {
	for k, i := range m.pos {
		a := &m.lat.grid.Axes[k]
		lo, hi := a.Faces[i], a.Faces[i+1]
		near := 1e-6 * (hi - lo)
		if b.lo[k]-lo <= near || hi-b.hi[k] <= near {
			return nil
		}
	}
	if m.bounded(b, climbs) {
		return nil
	}
	return fmt.Errorf("f vanishes or is singular inside a cell, at %s: choose the grid so that a face or a corner lies there", m.where(b))
}

// sample applies the rule to a box and returns its moments and the estimated relative error of its mass due to each axis. The error
// is a tooLarge where the reference must be raised.
func (m *massIntegrator) sample(b box) (moments, []float64, error) {
	d, r := len(m.pos), m.lat.rule
	p := len(r.x)
	for k := range d {
		m.lat.fillBox(b.lo[k], b.hi[k], m.marginal, m.weight[k])
		spread(m.held[k], m.marginal, pow(p, d-1-k))
	}
	m.points.Set(m.held)
	if err := m.weights.LogWeights(m.logPi, m.kappa, m.points); err != nil {
		return moments{}, nil, err
	}
	for k := range d {
		stride := pow(p, d-1-k)
		for a := range p {
			m.marginal[a] = m.lat.grid.LogJ(k, m.held[k][a*stride])
		}
		accumulate(m.logPi, m.marginal, stride)
	}
	if _, top := extent(m.logPi); top > m.reference+overflow {
		return moments{}, nil, tooLarge{top}
	}
	tensor(m.tensorWeight, m.weight)
	elementary.Exp(m.integrand, m.logPi, 1, -m.reference)
	multiply(m.integrand, m.tensorWeight)
	sum := m.tensorMoments(m.integrand, m.logPi, m.aliased)
	if sum.mass == 0 { // against the reference
		clear(m.aliased)
		m.rough = 0
		return sum, m.aliased, nil
	}
	m.peakLines()
	if d == 1 && !m.lat.grid.Axes[0].Log { // where log π may be a small difference
		if err := m.beyondEnds(b, sum.mass); err != nil {
			return sum, nil, err
		}
	}
	if math.IsInf(sum.mass, 0) || math.IsNaN(sum.mass) {
		return sum, nil, fmt.Errorf("π is not integrable at %s, where it grows beyond every bound: make ε larger or keep the grid away from that zero of f", m.where(b))
	}
	m.toCell(&sum, b)
	return sum, m.aliased, nil
}

// beyondEnds raises the estimate, on one axis, to what a kink near the ends of the box would leave, which no sample sees.
func (m *massIntegrator) beyondEnds(b box, mass float64) error {
	half, centre := (b.hi[0]-b.lo[0])/2, (b.lo[0]+b.hi[0])/2
	atEnds, err := m.nearEnds(centre, half)
	if err != nil {
		return err
	}
	hidden, _ := m.lat.rule.beyondEnds(m.logPi, atEnds, m.reference+math.Log(mass/half))
	m.aliased[0] = math.Max(m.aliased[0], hidden)
	m.rough = math.Max(m.rough, hidden)
	return nil
}

// nearEnds returns log πJ near the ends of an interval of the only axis.
func (m *massIntegrator) nearEnds(centre, half float64) (out [2]float64, err error) {
	var kappa [2]float64
	at := []float64{centre - half*nearEnd, centre + half*nearEnd}
	m.points.Set([][]float64{at})
	err = m.weights.LogWeights(out[:], kappa[:], m.points)
	for side, q := range at {
		out[side] += m.lat.grid.LogJ(0, q)
	}
	return out, err
}

// peakLines raises the estimates to those of the lines through the largest sample of πJ. Where the coordinates are
// correlated, as on a ridge along a diagonal, the marginals are smooth though no line is. The highest modes of log πJ on these lines are
// what a kink would leave as an error: of a kink they fall like a power only.
func (m *massIntegrator) peakLines() {
	d, p := len(m.pos), len(m.lat.rule.x)
	peak := floats.MaxIdx(m.logPi)
	m.rough = 0
	for k := range d {
		stride := pow(p, d-1-k)
		first := peak - peak/stride%p*stride
		for a := range p {
			m.logMean[a] = m.logPi[first+a*stride]
			m.marginal[a] = math.Exp(m.logMean[a] - m.logPi[peak])
		}
		m.aliased[k] = math.Max(m.aliased[k], m.lat.rule.aliasing(m.marginal, m.logMean))
		m.rough += m.lat.rule.highest(m.logMean)
	}
}

// toCell changes the first moments from the box's own coordinates to the cell's.
func (m *massIntegrator) toCell(sum *moments, b box) {
	for k, i := range m.pos {
		a := &m.lat.grid.Axes[k]
		half := (a.Faces[i+1] - a.Faces[i]) / 2
		centre := (b.lo[k]+b.hi[k])/2 - (a.Faces[i]+a.Faces[i+1])/2
		sum.first[k] = sum.mass*(centre/half) + sum.first[k]*((b.hi[k]-b.lo[k])/2/half)
	}
}

// bounded reports whether π has a bound near a box.
func (m *massIntegrator) bounded(b box, levels int) bool {
	return m.climber.bounded(m.whole(), b, levels)
}

// local returns the midpoint of a box in the cell's own coordinates.
func (m *massIntegrator) local(b box) (xi [4]float64) {
	one := moments{mass: 1}
	m.toCell(&one, b)
	return one.first
}

func (m *massIntegrator) where(b box) string {
	var at []string
	for k := range m.pos {
		a := &m.lat.grid.Axes[k]
		at = append(at, fmt.Sprintf("%s = %.6g", a.Name, a.Physical((b.lo[k]+b.hi[k])/2)))
	}
	return strings.Join(at, ", ")
}
