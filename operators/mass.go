package operators

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"

	"gonum.org/v1/gonum/floats"
)

// refinedPoints is the number of Gauss points per axis, by d, with which a cell is integrated again
// whose lattice samples do not give its mass to tolerance; boxes that still fail are bisected.
var refinedPoints = [...]int{0, 16, 10, 5, 5}

const (
	bisections = 200   // levels of bisection toward a point
	tinyPart   = 2e-6  // of a cell: a kink of π needs no smaller boxes, only a singularity does
	maxBoxes   = 20000 // boxes spent on one cell

	// On lines of kinks the number of boxes grows like a power of the accuracy. After every
	// patience boxes that a cell costs, the tolerance is relaxed by a factor of ten, up to loosest;
	// the estimate of the error says what is left.
	loosest = 1e-3
)

// patience is how many boxes a cell may cost before its tolerance is relaxed, by d: what a point
// singularity needs, and a few milliseconds of work.
var patience = [...]int{0, 4000, 600, 300, 100}

// massIntegrator integrates π over one cell to a relative tolerance: by a high-order rule on the
// whole cell, and by bisection where that fails, as it must next to a zero of f, or where a feature
// demands it. Toward an integrable point singularity what the last level of bisection leaves is
// extrapolated (see remainder). If the shells do not decay so, π is not integrable.
type massIntegrator struct {
	boxSamples
	features features
	climber  climber

	cell      box
	cellKappa []float64 // κ at the points on the whole cell
	reference float64
	strict    float64 // the tolerance to begin with
	tolerance float64
	total     float64 // what the mass is at least, about
	err       float64 // the sum of the estimated errors so far
	boxes     int
	singular  bool // whether π seems to have no bound where the bisection came to

	rough float64 // of the last sample: the estimated error if πJ has a kink there

	parts []sampledPart // of the box that is bisected
}

// sampledPart is a part of a box with what the rule gives there: the moments, the estimated
// relative errors of the mass due to each axis, and rough.
type sampledPart struct {
	box
	moments
	aliased [4]float64
	rough   float64
}

// massPart is a box on which the rule fails.
type massPart struct {
	box
	mass, excess float64 // by the rule, and its estimated error
	demanded     bool    // whether a feature wants it bisected
}

func newMassIntegrator(s boxSamples) *massIntegrator {
	d := len(s.held)
	return &massIntegrator{
		boxSamples: s, climber: climber{newSamples(s.grid, s.weights, pow(3, d))},
		strict: massTolerance[d], cellKappa: make([]float64, len(s.kappa)),
	}
}

// tooLarge says that πJ exceeds the reference by more than floating point holds.
type tooLarge struct{ log float64 }

func (tooLarge) Error() string { return "π exceeds the reference" }

// restarts is how often an integration begins anew with a larger reference: e^{restarts·overflow}
// is more than any π that is integrable has within a cell.
const (
	restarts = 8
	overflow = 600
)

// integrate returns the moments of a cell relative to e^reference, for a reference that may exceed
// the one given, and the estimated relative error of the mass.
func (m *massIntegrator) integrate(cell box, given float64) (
	sum moments, reference, relative float64, err error) {

	m.cell, m.reference, m.singular = cell, given, false
	for range restarts {
		m.tolerance, m.total, m.err, m.boxes = m.strict, 0, 0, 0
		sum, err = m.attempt()
		larger, again := err.(tooLarge)
		if !again && (err != nil || sum.mass > 0 && sum.mass <= math.MaxFloat64) {
			return sum, m.reference, m.err / sum.mass, err
		}
		if !again {
			break
		}
		m.reference = larger.log
	}
	return sum, m.reference, 0, m.unbounded(&cell)
}

// unbounded is the error of a π that no integral can be formed of.
func (m *massIntegrator) unbounded(b *box) error {
	return fmt.Errorf("π is not integrable at %s, where it grows beyond every bound: "+
		"make ε larger or keep the grid away from that zero of f", b.where(m.grid))
}

// newResistivity integrates e^{−κ} in place of π, to a relative tolerance.
func newResistivity(g *mesh.Grid, w Weights, tolerance float64) *massIntegrator {
	minusKappa := func(dst, kappa []float64, _ *mesh.Points) { floats.ScaleTo(dst, -1, kappa) }
	m := newMassIntegrator(refinedSamples(g, inPlaceOfPi{w, minusKappa}))
	m.strict, m.sums.enough = tolerance, tolerance // whether it converges is what matters
	return m
}

// converges returns an error if e^{−κ} is not integrable over a cell. Where it is bounded that
// needs no integral, and no samples where those of the cell for π are at hand.
func (m *massIntegrator) converges(cell box, reference float64, forPi *massIntegrator) error {
	m.cell, m.reference = cell, reference
	var err error
	if m.moveTo(&cell); forPi.cell == cell {
		floats.ScaleTo(m.logPi, -1, forPi.cellKappa)
	} else {
		err = m.evaluate()
	}
	var sum moments
	if err == nil {
		m.addLogJ()
		sum, err = m.moments(&cell)
	}
	if err == nil && (m.sums.failing(m.strict) == 0 || sum.mass == 0) {
		return nil
	}
	if m.climber.bounded(cell, cell, shortClimb) {
		return nil
	}
	_, _, _, err = m.integrate(cell, reference)
	return err
}

func (m *massIntegrator) attempt() (moments, error) {
	whole := m.cell
	sum, err := m.sample(&whole)
	copy(m.cellKappa, m.kappa)
	if err != nil {
		return sum, err
	}
	forced := m.features.demands(&whole, len(m.held))
	if whole.failing = m.sums.failing(m.tolerance) | forced; whole.failing == 0 {
		m.err = sum.mass * floats.Sum(m.sums.aliased)
		return sum, nil
	}
	if m.total = sum.mass; forced == 0 {
		// One abscissa next to a singularity can make the integral over the whole far too large;
		// then it is no measure of what is negligible, and that over the parts is.
		if err := m.sampleParts(whole); err != nil {
			return sum, err
		}
		halves := 0.0
		for _, half := range m.parts {
			halves += half.mass
		}
		m.total = math.Min(sum.mass, halves)
	}
	return m.bisect(massPart{box: whole}, forced == 0)
}

// bisect integrates a box in which the rule fails. It follows the worst part from level to level,
// and integrates the other failing ones for themselves; together with the parts that do not fail
// they make the shell of the level. The first parts may have been sampled.
func (m *massIntegrator) bisect(b massPart, sampled bool) (moments, error) {
	var sum moments
	var shells []float64
	d := len(m.held)
	tried := false // whether π has a bound at the end of all bisection
	for range bisections {
		if !sampled {
			if err := m.sampleParts(b.box); err != nil {
				return sum, err
			}
		}
		sampled = false
		shell, failing, err := m.judgeParts()
		if err != nil {
			return sum, err
		}
		if len(failing) == 0 {
			if sum.add(shell); m.tiny(&b.box) {
				err = m.checkInside(&b.box)
			}
			return sum, err
		}
		worst := worstOf(failing)
		b = failing[worst]
		for _, other := range slices.Delete(failing, worst, worst+1) {
			part, err := m.bisect(other, false)
			if err != nil {
				return sum, err
			}
			shell.add(part)
		}
		sum.add(shell)
		shells = append(shells, shell.mass)
		last := b.indivisible(d)
		rest, ok := remainder(shells)
		if ok && !b.demanded && (rest.error <= m.tolerance*m.total || last) {
			return m.close(sum, rest, &b.box)
		}
		if !tried && last {
			if tried = true; m.climber.bounded(m.cell, b.box, climbs) { // a jump or a kink, cut off
				return m.close(sum, tail{b.mass, b.mass}, &b.box)
			}
		}
	}
	if rest, ok := remainder(shells); ok {
		return m.close(sum, rest, &b.box)
	}
	return sum, fmt.Errorf("π is not integrable at %s: "+
		"make ε larger or keep the grid away from that zero of f", b.where(m.grid))
}

// worstOf returns which part has the largest error, of several the last.
func worstOf(failing []massPart) int {
	worst := len(failing) - 1
	for k := range failing {
		if failing[k].excess > failing[worst].excess {
			worst = k
		}
	}
	return worst
}

// close adds what is left in the last box, as if it were in the middle. The box may hold a
// singularity at the edge of the cell only.
func (m *massIntegrator) close(sum moments, rest tail, b *box) (moments, error) {
	m.err += rest.error
	left := moments{mass: rest.mass}
	m.toCell(&left, b)
	sum.add(left)
	return sum, m.checkInside(b)
}

// tiny reports whether only a singularity can have made a box as small as it is.
func (m *massIntegrator) tiny(b *box) bool {
	for k := range m.held {
		if b.hi[k]-b.lo[k] > tinyPart*(m.cell.hi[k]-m.cell.lo[k]) {
			return false
		}
	}
	return true
}

// sampleParts samples the parts of a box.
func (m *massIntegrator) sampleParts(b box) error {
	m.parts = m.parts[:0]
	for half := range b.parts(len(m.held)) {
		sum, err := m.sample(&half)
		if err != nil {
			return err
		}
		part := sampledPart{box: half, moments: sum, rough: m.rough}
		copy(part.aliased[:], m.sums.aliased)
		m.parts = append(m.parts, part)
	}
	return nil
}

// judgeParts returns the moments of those parts that meet the tolerance, and the others.
func (m *massIntegrator) judgeParts() (moments, []massPart, error) {
	var sum moments
	var failing []massPart
	d := len(m.held)
	for _, half := range m.parts {
		relative := floats.Sum(half.aliased[:d])
		if relative < wellKnown {
			m.total = math.Max(m.total, half.mass)
		}
		forced := m.features.demands(&half.box, d)
		if half.mass > 0 { // else it fails as the whole does
			half.failing = exceeding(half.aliased[:d], m.tolerance*max(1, m.total/half.mass))
		}
		if half.failing |= forced; half.failing == 0 {
			sum.add(half.moments)
			m.err += half.mass * math.Max(relative, half.rough)
		} else {
			failing = append(failing,
				massPart{half.box, half.mass, relative * half.mass, forced != 0})
		}
		if err := m.spend(&half.box, forced != 0); err != nil {
			return sum, nil, err
		}
	}
	return sum, failing, nil
}

// wellKnown is the estimated relative error below which the mass of a part is a bound of the whole
// from below.
const wellKnown = 0.1

// spend counts a box, and relaxes the tolerance from time to time.
func (m *massIntegrator) spend(b *box, demanded bool) error {
	m.boxes++
	pause := m.boxes%patience[len(m.held)] == 0
	switch {
	case m.boxes > maxBoxes && len(m.features) > 0:
		return fmt.Errorf("f varies near %s on a scale that %d boxes within a cell "+
			"do not resolve: use smaller cells there", b.where(m.grid), maxBoxes)
	case m.boxes > maxBoxes,
		pause && m.tolerance >= loosest && !demanded && !m.climber.bounded(m.cell, *b, climbs):
		return fmt.Errorf("the mass of the cell at %s does not converge: "+
			"π is not integrable or f is not smooth there; "+
			"refine the grid, or put a face where f vanishes", b.where(m.grid))
	case pause && m.tolerance < loosest:
		m.tolerance *= 10
	}
	return nil
}

// checkInside refuses a singularity strictly inside the cell: a conductance cannot be formed across
// it. A box as small as b that has one is where π grows without bound; a kink, or a π that is
// merely steep, needs small boxes too.
func (m *massIntegrator) checkInside(b *box) error {
	if m.climber.bounded(m.cell, *b, climbs) {
		return nil
	}
	m.singular = true
	for k := range m.held {
		lo, hi := m.cell.lo[k], m.cell.hi[k]
		near := 1e-6 * (hi - lo)
		if b.lo[k]-lo <= near || hi-b.hi[k] <= near {
			return nil
		}
	}
	return fmt.Errorf("f vanishes or is singular inside a cell, at %s: "+
		"choose the grid so that a face or a corner lies there", b.where(m.grid))
}

// sample applies the rule to a box and returns its moments, and in sums.aliased the estimated
// relative error of its mass due to each axis. The error is a tooLarge where the reference must be
// raised.
func (m *massIntegrator) sample(b *box) (moments, error) {
	if err := m.boxSamples.sample(b); err != nil {
		return moments{}, err
	}
	return m.moments(b)
}

// moments is sample of a box whose samples are there.
func (m *massIntegrator) moments(b *box) (moments, error) {
	peak := floats.MaxIdx(m.logPi)
	if top := m.logPi[peak]; top > m.reference+overflow {
		return moments{}, tooLarge{top}
	}
	sum := m.sums.integrate(m.logPi, m.reference)
	for k := range m.held {
		sum.scale((b.hi[k] - b.lo[k]) / 2)
	}
	if sum.mass == 0 { // against the reference
		clear(m.sums.aliased)
		m.rough = 0
		return sum, nil
	}
	m.peakLines(peak)
	if len(m.held) == 1 && !m.grid.Axes[0].Log { // where log π may be a small difference
		half, centre := (b.hi[0]-b.lo[0])/2, (b.lo[0]+b.hi[0])/2
		hidden, _, err := m.beyondEnds(m.rule, m.logPi, centre, half,
			m.reference+math.Log(sum.mass/half))
		if err != nil {
			return sum, err
		}
		m.sums.aliased[0] = math.Max(m.sums.aliased[0], hidden)
		m.rough = math.Max(m.rough, hidden)
	}
	if math.IsInf(sum.mass, 0) || math.IsNaN(sum.mass) {
		return sum, m.unbounded(b)
	}
	m.toCell(&sum, b)
	return sum, nil
}

// beyondEnds estimates, on one axis, what a kink near the ends of an interval leaves in a rule's
// integral (see rule.beyondEnds), of the logarithm given, from log πJ at its points: no sample sees
// it.
func (m *massIntegrator) beyondEnds(r *rule, logPi []float64, centre, half, logIntegral float64) (
	hidden float64, kinked bool, err error) {

	var atEnds, kappa [2]float64
	at := []float64{centre - half*nearEnd, centre + half*nearEnd}
	m.points.Set([][]float64{at})
	err = m.weights.LogWeights(atEnds[:], kappa[:], m.points)
	for side, q := range at {
		atEnds[side] += m.grid.LogJ(0, q)
	}
	hidden, kinked = r.beyondEnds(logPi, atEnds, logIntegral)
	return hidden, kinked, err
}

// peakLines raises the estimates to those of the lines through the largest sample of πJ. Where the
// coordinates are correlated, as on a ridge along a diagonal, the marginals are smooth though no
// line is. The highest modes of log πJ on these lines are what a kink would leave as an error: of a
// kink they fall like a power only.
func (m *massIntegrator) peakLines(peak int) {
	d, p := len(m.held), len(m.rule.x)
	line, logLine := m.sums.marginal, m.sums.logMean
	m.rough = 0
	for k := range d {
		stride := pow(p, d-1-k)
		first := peak - peak/stride%p*stride
		for a := range p {
			logLine[a] = m.logPi[first+a*stride]
		}
		elementary.Exp(line, logLine, 1, -m.logPi[peak])
		m.sums.aliased[k] = math.Max(m.sums.aliased[k],
			m.rule.aliasing(line, logLine, m.sums.enough))
		m.rough += m.rule.highest(logLine)
	}
}

// toCell changes the first moments from the box's own coordinates to the cell's.
func (m *massIntegrator) toCell(sum *moments, b *box) {
	for k := range m.held {
		lo, hi := m.cell.lo[k], m.cell.hi[k]
		half := (hi - lo) / 2
		centre := (b.lo[k]+b.hi[k])/2 - (lo+hi)/2
		sum.first[k] = sum.mass*(centre/half) + sum.first[k]*((b.hi[k]-b.lo[k])/2/half)
	}
}
