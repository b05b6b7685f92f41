package operators

import (
	"fmt"
	"math"

	"fpsgd/operators/elementary"
)

const (
	linePoints  = 8              // Gauss points of a panel of a line
	lineSamples = linePoints + 2 // and near both ends
	linePanels  = 600            // panels of a sheet of lines before it is cut off
	roughDepth  = 3              // bisections after which κ counts as having a kink
	deepest     = 60             // bisections of a line: to the last digits of any place
	beyondRates = 1e15           // log κ, of which rounding leaves no digit of κ
)

// sheet integrates the resistances ∫ e^{−κ} h_k²/J_k dq_k along the lines through a box, at the
// points of the face's rule, by bisection into panels.
type sheet struct {
	*assembly
	samples
	line, face *rule
	tolerance  float64
	nearby     features // the edge

	k      int
	across []int // the other axes
	panels int
	short  float64 // the largest relative error left where panels or parts of the face were cut off

	place box       // of the lines
	along int       // the axis along which they are, −1: there are none yet
	g     []float64 // −κ + μ on the lines of a panel
	e     []float64 // e^{g − max g} at the points of the line's rule
	top   []float64 // per line: max g
	log   []float64 // per line: log ∫e^g over [−1, 1], and at last that of half the panel
	whole []float64 // per line: log of what it has at least
	sum   []float64 // per line: log of what is done
	part  []float64 // per line: log of a panel
}

func newSheet(a *assembly) sheet {
	d := len(a.grid.Axes)
	lines := pow(len(a.lattice.rule.x), d-1)
	n := lines * lineSamples
	return sheet{
		assembly: a, samples: newSamples(a.grid, a.weights, n),
		line: newRule(linePoints), face: a.lattice.rule, tolerance: conductanceTolerance[d],
		along: -1, g: make([]float64, n), e: make([]float64, lines*linePoints),
		top: make([]float64, lines), log: make([]float64, lines+1),
		whole: make([]float64, lines), sum: make([]float64, lines), part: make([]float64, lines),
	}
}

// begin turns to lines along axis k.
func (s *sheet) begin(k int) {
	s.k, s.across, s.nearby, s.short = k, s.across[:0], s.nearby[:0], 0
	for other := range s.grid.Axes {
		if other != k {
			s.across = append(s.across, other)
		}
	}
}

// cutOff notes a relative error that is left.
func (s *sheet) cutOff(relative float64) { s.short = math.Max(s.short, min(1, relative)) }

// integrate stores in sum the logarithms of the integrals over the lines of a box.
func (s *sheet) integrate(b box) error {
	for t := range s.sum {
		s.whole[t], s.sum[t] = math.Inf(-1), math.Inf(-1)
	}
	s.panels = 0
	if b.hi[s.k] <= b.lo[s.k] { // the node lies on the face
		return nil
	}
	b.failing = 1 << s.k
	return s.panel(b, 0)
}

// panel adds a panel of the lines, or its halves.
func (s *sheet) panel(b box, depth int) error {
	worst, err := s.sample(&b, depth)
	if err != nil {
		return err
	}
	d := len(s.held)
	demanded := s.nearby.demands(&b, d)>>s.k&1 == 1
	s.panels++
	last := b.hi[s.k]-b.lo[s.k] <= b.last(s.k)
	if !(worst <= s.tolerance) || demanded {
		if depth < deepest && (!last || demanded) && s.panels < linePanels {
			for half := range b.parts(d) {
				if err := s.panel(half, depth+1); err != nil {
					return err
				}
			}
			return nil
		}
		s.cutOff(worst)
	}
	for t, v := range s.part {
		s.sum[t] = elementary.LogAdd(s.sum[t], v)
		s.whole[t] = math.Max(s.whole[t], s.sum[t])
	}
	return nil
}

// sample stores in part the logarithms of the integrals over a panel, and returns the largest error
// of a line relative to all that the line has.
func (s *sheet) sample(b *box, depth int) (worst float64, err error) {
	s.moveTo(b)
	if err := s.evaluate(); err != nil {
		return 0, err
	}
	for n := range lineSamples {
		metric := 0.0
		if !s.lattice.axes[s.k].flat {
			metric = logMetric(s.grid, s.k, s.held[s.k][n])
		}
		for t := n; t < len(s.g); t += lineSamples {
			s.g[t] = metric - s.kappa[t]
		}
	}
	s.integrateLines((b.hi[s.k] - b.lo[s.k]) / 2)
	for t := range s.part {
		relative, err := s.judgeLine(t, b, depth)
		if err != nil {
			return 0, err
		}
		if !(relative <= s.tolerance) {
			relative *= math.Exp(min(0, s.part[t]-s.whole[t]))
		}
		worst = math.Max(worst, relative)
	}
	return worst, nil
}

// moveTo moves the points to the lines of a panel. From one to the next few of the sides change.
func (s *sheet) moveTo(b *box) {
	p := len(s.face.x)
	for n, k := range s.across {
		if s.along == s.k && b.lo[k] == s.place.lo[k] && b.hi[k] == s.place.hi[k] {
			continue
		}
		var q [8]float64 // the most that pointsPerAxis has
		s.face.at(q[:p], b.lo[k], b.hi[k])
		spread(s.held[k], q[:p], pow(p, len(s.across)-1-n)*lineSamples)
	}
	s.along, s.place = s.k, *b
	var q [lineSamples]float64
	lo, half := b.lo[s.k], (b.hi[s.k]-b.lo[s.k])/2
	s.line.at(q[:], lo, b.hi[s.k])
	q[linePoints], q[linePoints+1] = lo+half*(1-nearEnd), lo+half*(1+nearEnd)
	spread(s.held[s.k], q[:], 1)
}

// integrateLines stores in part the logarithms of the integrals over the lines of a panel of half
// the length half.
func (s *sheet) integrateLines(half float64) {
	for t := range s.part {
		g := s.g[t*lineSamples:][:linePoints]
		_, s.top[t] = extent(g)
		for a, v := range g {
			s.e[t*linePoints+a] = v - s.top[t]
		}
	}
	elementary.Exp(s.e, s.e, 1, 0)
	lines := len(s.part)
	for t := range s.part {
		s.log[t] = dot(s.line.w, s.e[t*linePoints:][:linePoints])
	}
	s.log[lines] = half
	elementary.Log(s.log, s.log)
	for t := range s.part {
		s.log[t] += s.top[t]
		s.part[t] = s.log[t] + s.log[lines]
	}
}

// judgeLine returns the error of line t of a panel relative to its integral.
func (s *sheet) judgeLine(t int, b *box, depth int) (relative float64, err error) {
	samples := s.g[t*lineSamples:][:lineSamples]
	g, atEnds := samples[:linePoints], [2]float64(samples[linePoints:])
	e := s.e[t*linePoints:][:linePoints]
	if math.IsNaN(s.part[t]) {
		return 0, fmt.Errorf("κ is undefined on the lines through %s", b.where(s.grid))
	}
	if depth == 0 {
		s.whole[t] = s.part[t]
	}
	hidden, _ := s.line.beyondEnds(g, atEnds, s.log[t])
	relative = math.Max(s.line.aliasing(e, g, s.tolerance), hidden)
	if depth >= roughDepth {
		relative = math.Max(relative, s.line.highest(g))
	}
	least, most := extent(s.kappa[t*lineSamples:][:lineSamples])
	if most > beyondRates {
		return 0, fmt.Errorf("κ = e^%.3g on the lines through %s: rates that are not representable",
			most, b.where(s.grid))
	}
	return relative - rounded*math.Max(math.Abs(least), math.Abs(most)), nil
}
