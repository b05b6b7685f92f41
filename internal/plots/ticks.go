package plots

import (
	"math"
	"slices"
	"strconv"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/plot"
)

// niceStep returns the smallest of 1, 2, 5 times a power of ten that is at least raw > 0.
func niceStep(raw float64) float64 {
	decade := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if m*decade >= raw*(1-1e-12) { // a raw step that is nice up to rounding is taken as it is
			return m * decade
		}
	}
	return 10 * decade
}

// linearTicks returns about n labelled ticks at round values of [lo, hi], none closer than doubles
// can tell apart. Their labels are exact.
func linearTicks(lo, hi, n float64) []plot.Tick {
	step := tickStep(lo, hi, n)
	var ticks []plot.Tick
	const slack = 1e-9 // of a step: an end that is round up to rounding gets its tick
	last := math.Floor(hi/step + slack)
	for k := math.Ceil(lo/step - slack); k <= last; k++ {
		ticks = append(ticks, plot.Tick{Value: k * step, Label: roundLabel(k, step)})
	}
	return ticks
}

// tickStep returns the round distance of about n ticks on [lo, hi].
func tickStep(lo, hi, n float64) float64 {
	const (
		ulps      = 8 * 0x1p-52
		leastStep = 1e-305 // near the end of the range of doubles
	)
	return niceStep(max((hi-lo)/n, ulps*max(math.Abs(lo), math.Abs(hi)), leastStep))
}

// roundLabel writes k·step, step being 1, 2 or 5 times a power of ten, with all its digits.
func roundLabel(k, step float64) string {
	if k == 0 {
		return "0"
	}
	exponent := int(math.Floor(math.Log10(step) + 1e-9))
	whole := math.Round(k * math.Round(step/math.Pow10(exponent))) // k·step in units of 10^exponent
	switch v := math.Abs(k * step); {
	case exponent >= 0 && v < 1e5:
		return minus(strconv.FormatFloat(whole*math.Pow10(exponent), 'f', 0, 64))
	case exponent < 0 && exponent >= -4 && v < 1e5:
		return minus(strconv.FormatFloat(k*step, 'f', -exponent, 64))
	}
	mantissa, tens := decimal(strconv.FormatFloat(whole, 'e', -1, 64))
	return times(mantissa, tens+exponent)
}

// farAway is how many steps from the origin ticks may be before their labels are taken relative to
// a round number among them.
const farAway = 1e4

// offset returns the number to be taken from labels on [lo, hi], where these lie so far from the
// origin that the labels of about n ticks would have many digits in common: of the multiples of the
// largest power of ten that has one within, one next to a place. It is 0 elsewhere.
func offset(lo, hi, n, place float64) float64 {
	if furthest := max(math.Abs(lo), math.Abs(hi)); !(hi > lo) ||
		furthest < farAway*tickStep(lo, hi, n) {
		return 0
	}
	return roundest(lo, hi, place)
}

// roundest returns, of the multiples of the largest power of ten that has one within [lo, hi], one
// next to a place.
func roundest(lo, hi, place float64) float64 {
	for k := int(math.Floor(math.Log10(max(math.Abs(lo), math.Abs(hi))))); ; k-- {
		unit := math.Pow10(k)
		c := roundTo(place, k)
		if c >= lo && c <= hi || unit < hi-lo {
			return c
		}
	}
}

// roundTo returns the multiple of 10^k nearest to v, as the double that its decimals stand for.
func roundTo(v float64, k int) float64 {
	if k >= 0 {
		return math.Round(v/math.Pow10(k)) * math.Pow10(k)
	}
	// what FormatFloat writes can be read
	c, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'f', min(-k, 300), 64), 64)
	return c
}

// setLinear sets about n ticks at round values of an axis on a linear scale, fewer where the labels
// would not clear each other, and names it. Far from the origin, or where there is no room for two
// labels otherwise, labels are distances from a round number, and the name says so.
func setLinear(axis *plot.Axis, name string, n float64, need func(a, b string) float64) {
	lo, hi := axis.Min, axis.Max
	middle := lo + (hi-lo)/2
	from := offset(lo, hi, n, middle)
	ticks := clearTicks(lo, hi, from, n, need)
	if from == 0 && len(ticks) < 2 && hi > lo {
		from = roundest(lo, hi, middle)
		ticks = clearTicks(lo, hi, from, n, need)
	}
	axis.Label.Text = shifted(name, from)
	setTicks(axis, ticks)
}

// clearTicks returns ticks of [lo, hi] labelled by their distance from a number, as many up to
// about n as clear each other.
func clearTicks(lo, hi, from, n float64, need func(a, b string) float64) []plot.Tick {
	for ; ; n-- {
		ticks := moved(linearTicks(lo-from, hi-from, n), from)
		if n <= 2 || allClear(nil, ticks, hi-lo, need) {
			return ticks
		}
	}
}

// moved returns ticks further along the axis.
func moved(ticks []plot.Tick, by float64) []plot.Tick {
	for i := range ticks {
		ticks[i].Value += by
	}
	return ticks
}

// shifted returns the name of an axis whose labels are distances from a number.
func shifted(name string, from float64) string {
	switch {
	case from < 0:
		return name + " + " + full(-from)
	case from > 0:
		return name + " − " + full(from)
	}
	return name
}

// full writes a positive number with all its digits.
func full(v float64) string {
	if txt := strconv.FormatFloat(v, 'f', -1, 64); len(txt) <= 12 {
		return txt
	}
	return number(v, -1)
}

// strides are the distances between labelled powers of ten, in decades.
var strides = []int{1, 2, 3, 5, 10, 20, 30, 50, 100, 200, 300}

// logTicks returns ticks for an axis that shows y = log₁₀ v on [lo, hi], about n of them labelled
// with v: powers of ten, on less than two decades also 2 and 5 times those.
func logTicks(lo, hi, n float64) []plot.Tick {
	if hi-lo < 0.7 { // between 1, 2, 5 and 10 there may be none
		return withinDecade(lo, hi, n)
	}
	short, stride, multiples := hi-lo < 2, 1, []float64{1, 2, 5}
	if !short {
		for _, s := range strides {
			if stride = s; (hi-lo)/float64(s) <= n {
				break
			}
		}
		multiples = []float64{1, 2, 3, 4, 5, 6, 7, 8, 9}
		if stride > 1 {
			multiples = multiples[:1]
		}
	}
	var ticks []plot.Tick
	for k := int(math.Floor(lo)); k <= int(math.Ceil(hi)); k++ {
		for _, m := range multiples {
			tick := plot.Tick{Value: float64(k) + math.Log10(m)}
			switch {
			case short:
				tick.Label = decadeLabel(m, k)
			case m == 1 && k%stride == 0:
				tick.Label = power(k)
			}
			ticks = append(ticks, tick)
		}
	}
	slack := 1e-9 * (hi - lo)
	return slices.DeleteFunc(ticks, func(t plot.Tick) bool {
		return !(t.Value >= lo-slack && t.Value <= hi+slack)
	})
}

// withinDecade are ticks at equidistant round values of less than a decade [10^lo, 10^hi].
func withinDecade(lo, hi, n float64) []plot.Tick {
	k := int(math.Floor(lo + (hi-lo)/2))
	from, to := math.Pow(10, lo-float64(k)), math.Pow(10, hi-float64(k))
	ticks := linearTicks(from, to, min(n, 5))
	decimals := max(0, -int(math.Floor(math.Log10(tickStep(from, to, min(n, 5)))+1e-9)))
	for i, t := range ticks {
		label := strconv.FormatFloat(t.Value, 'f', decimals, 64) + "·" + power(k)
		if k >= -3 && k <= 3 {
			label = strconv.FormatFloat(t.Value*math.Pow10(k), 'f', max(0, decimals-k), 64)
		}
		ticks[i] = plot.Tick{Value: float64(k) + math.Log10(t.Value), Label: label}
	}
	return ticks
}

// enoughTicks is the number of labels that an axis should have.
const enoughTicks = 3

// setGraded sets the ticks of an axis that shows ξ, from its lower end on, and names it. Far from
// the origin labels are distances from a round number next to the finest cell, and the name says
// so.
func setGraded(axis *plot.Axis, a Axis, need func(a, b string) float64) {
	from := offset(a.first(), a.last(), labelsAlong, a.finest())
	axis.Label.Text = shifted(a.symbol(), from)
	setTicks(axis, moved(gradedTicks(a.from(from), need), axis.Min))
}

// from returns the axis with its origin at a number.
func (a Axis) from(origin float64) Axis {
	a.Faces = slices.Clone(a.Faces)
	floats.AddConst(-origin, a.Faces)
	return a
}

// finest returns the midpoint of the axis if it is nearly uniform, and of its narrowest cell
// otherwise.
func (a Axis) finest() float64 {
	if grading(a) < uneven {
		return a.first() + (a.last()-a.first())/2
	}
	return a.midpoints()[floats.MinIdx(a.widths())]
}

// labelsAlong is about how many labels a nearly uniform axis has, and uneven the ratio of cells
// from which an axis is not.
const (
	labelsAlong = 6
	uneven      = 3
)

// gradedTicks returns ticks for an axis that shows ξ: they stand at round values of q. Of the
// candidates, best first, those are taken whose labels clear the ones already taken; need(a, b) is
// the distance that two labels need, as a share of the axis. Values ±q are taken together or not at
// all.
func gradedTicks(a Axis, need func(a, b string) float64) []plot.Tick {
	var ticks []plot.Tick
	for _, candidates := range candidateTicks(a, need) {
		if len(ticks) >= enoughTicks {
			break
		}
		for _, pair := range candidates {
			if own := a.gradedPair(pair); allClear(ticks, own, float64(a.cells()), need) {
				ticks = append(ticks, own...)
			}
		}
	}
	return ticks
}

// gradedPair moves ticks from q to ξ, without those beyond the ends.
func (a Axis) gradedPair(pair []plot.Tick) []plot.Tick {
	var own []plot.Tick
	for _, t := range pair {
		if xi := a.graded(t.Value); !math.IsNaN(xi) {
			own = append(own, plot.Tick{Value: xi, Label: t.Label})
		}
	}
	return own
}

// allClear reports whether the labels of the new ticks overlap none of the old ones and not each
// other, on an axis of that length.
func allClear(old, fresh []plot.Tick, length float64, need func(a, b string) float64) bool {
	for i, t := range fresh {
		for _, other := range slices.Concat(old, fresh[:i]) {
			if math.Abs(t.Value-other.Value) < need(t.Label, other.Label)*length {
				return false
			}
		}
	}
	return true
}

// candidateTicks returns sets of round values of q, each used only while the ones before it give
// too few ticks. On a nearly uniform axis they are equidistant; on a graded one zero and the powers
// of ten, then 2 and 5 times those.
func candidateTicks(a Axis, need func(a, b string) float64) [][][]plot.Tick {
	linear := singly(linearTicks(a.first(), a.last(), labelsAlong))
	switch {
	case a.symbol() != a.Name:
		return [][][]plot.Tick{singly(angleTicks(a))}
	case grading(a) < uneven:
		return [][][]plot.Tick{linear}
	}
	decades := append([][]plot.Tick{{{Value: 0, Label: "0"}}},
		decadeTicks(a, decadeStride(a, need), 1)...)
	return [][][]plot.Tick{decades, decadeTicks(a, 1, 2, 5), linear}
}

// singly makes every tick a candidate of its own.
func singly(ticks []plot.Tick) [][]plot.Tick { return slices.Collect(slices.Chunk(ticks, 1)) }

// widths returns the widths of the cells.
func (a Axis) widths() []float64 {
	return floats.SubTo(make([]float64, a.cells()), a.Faces[1:], a.Faces[:a.cells()])
}

// grading returns the ratio of the widest cell to the narrowest.
func grading(a Axis) float64 { return floats.Max(a.widths()) / floats.Min(a.widths()) }

// decadeStride returns the least stride at which the labels of all its decades clear each other, if
// the axis is positive: a logarithmic axis then has evenly spaced ticks. Where that leaves too few,
// or around zero, decades crowd somewhere at any stride, and 1 is returned.
func decadeStride(a Axis, need func(a, b string) float64) int {
	if a.first() <= 0 {
		return 1
	}
	for _, stride := range strides {
		var all []plot.Tick
		for _, pair := range decadeTicks(a, stride, 1) {
			all = append(all, a.gradedPair(pair)...)
		}
		if len(all) >= enoughTicks && allClear(nil, all, float64(a.cells()), need) {
			return stride
		}
	}
	return 1
}

// decadeTicks returns the pairs ±m·10^k for the given m and every k that the stride divides, the
// largest k first.
func decadeTicks(a Axis, stride int, multiples ...float64) [][]plot.Tick {
	top := math.Ceil(math.Log10(max(math.Abs(a.first()), math.Abs(a.last()))))
	bottom := top
	for _, q := range a.Faces {
		if q != 0 {
			bottom = min(bottom, math.Floor(math.Log10(math.Abs(q))))
		}
	}
	var ticks [][]plot.Tick
	for k := int(top); k >= int(bottom); k-- {
		if k%stride != 0 {
			continue
		}
		for _, m := range multiples {
			q := m * math.Pow10(k)
			ticks = append(ticks, []plot.Tick{{Value: q, Label: decadeLabel(m, k)},
				{Value: -q, Label: "−" + decadeLabel(m, k)}})
		}
	}
	return ticks
}

// decadeLabel writes m·10^k, in full if it is short.
func decadeLabel(m float64, k int) string {
	if k >= -3 && k <= 3 {
		return strconv.FormatFloat(m*math.Pow10(k), 'f', max(0, -k), 64)
	}
	return times(number(m, 1), k)
}

// angleTicks returns the multiples of π/2 on an axis of angles.
func angleTicks(a Axis) []plot.Tick {
	names := []string{"−2π", "−3π/2", "−π", "−π/2", "0", "π/2", "π", "3π/2", "2π"}
	var ticks []plot.Tick
	for i, name := range names {
		q := float64(i-4) * math.Pi / 2
		switch { // an end that was computed otherwise than here may differ in the last bit
		case math.Abs(q-a.first()) < 1e-9:
			q = a.first()
		case math.Abs(q-a.last()) < 1e-9:
			q = a.last()
		}
		ticks = append(ticks, plot.Tick{Value: q, Label: name})
	}
	return ticks
}

// unlabel removes the labels of the ticks of an axis.
func unlabel(axis *plot.Axis) {
	ticks := axis.Tick.Marker.Ticks(axis.Min, axis.Max)
	for i := range ticks {
		ticks[i].Label = ""
	}
	axis.Label.Text = ""
}
