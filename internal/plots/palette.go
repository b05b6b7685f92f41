package plots

import (
	"image/color"
	"math"
	"slices"

	"gonum.org/v1/plot"
)

// Line colours that stay apart in every common kind of colour blindness (Okabe and Ito, 2008).
var (
	ink        = color.RGBA{0x22, 0x22, 0x22, 0xff}
	blue       = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	pale       = color.RGBA{0xb3, 0xd5, 0xe7, 0xff} // blue, of which a third covers white
	vermilion  = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	green      = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	purple     = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
	sky        = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	faint      = color.RGBA{0xe4, 0xe4, 0xe4, 0xff}
	undefined  = color.RGBA{0xb4, 0xb4, 0xb4, 0xff} // a value that a map cannot show
	background = color.RGBA{0xff, 0xff, 0xff, 0xff}
)

// seriesColours are those of a few curves.
var seriesColours = []color.RGBA{blue, vermilion, green, purple, ink, sky}

// sequential is a colour for t ∈ [0, 1], from dark violet over teal to light yellow. The lightness
// L* of CIE Lab rises linearly, so that equal steps look equal, also in grey and to colour-blind
// eyes; the hue turns from 315° to 100°, and the chroma is low enough in between that no colour
// leaves sRGB.
func sequential(t float64) color.RGBA {
	return encoded(paletteRGB(min(max(t, 0), 1)))
}

// encoded returns a colour of linear sRGB.
func encoded(r, g, b float64) color.RGBA {
	return color.RGBA{channel(r), channel(g), channel(b), 0xff}
}

// paletteRGB returns the palette in linear sRGB.
func paletteRGB(t float64) (r, g, b float64) {
	lightness := 17 + 74*t
	hue := (315 - 215*t) * math.Pi / 180
	chroma := 46 - 92*t*(1-t) + 24*t*t
	sin, cos := math.Sincos(hue)
	return linearRGB(lightness, chroma*cos, chroma*sin)
}

// linearRGB converts CIE L*a*b* (white point D65) to linear sRGB (IEC 61966-2-1).
func linearRGB(l, a, b float64) (r, g, blue float64) {
	inverse := func(f float64) float64 {
		if f > 6.0/29 {
			return f * f * f
		}
		return 3 * 36.0 / 841 * (f - 4.0/29)
	}
	fy := (l + 16) / 116
	x := 0.95047 * inverse(fy+a/500)
	y := inverse(fy)
	z := 1.08883 * inverse(fy-b/200)
	return 3.2404542*x - 1.5371385*y - 0.4985314*z,
		-0.9692660*x + 1.8760108*y + 0.0415560*z,
		0.0556434*x - 0.2040259*y + 1.0572252*z
}

// channel encodes a linear sRGB component.
func channel(v float64) uint8 {
	v = min(max(v, 0), 1)
	if v <= 0.0031308 {
		v *= 12.92
	} else {
		v = 1.055*math.Pow(v, 1/2.4) - 0.055
	}
	return uint8(math.Round(255 * v))
}

// scale maps values to colours: v itself, or log₁₀ v, between lo and hi, to the sequential ones, or
// to the diverging ones between −hi and hi. What lies outside gets the colour of the end.
type scale struct {
	lo, hi    float64
	log       bool
	diverging bool
	over      bool // larger values than hi occur
	under     bool // smaller values than lo occur, on a logarithmic scale from 0 on
}

// at returns the colour of v; undefined if v is no number, or negative on a logarithmic scale.
func (s scale) at(v float64) color.RGBA {
	if s.log && v < 0 || math.IsNaN(v) {
		return undefined
	}
	if s.log {
		v = math.Max(math.Log10(v), s.lo) // of 0 as well
	}
	return s.shade(v)
}

// shade returns the colour at a place on the bar.
func (s scale) shade(place float64) color.RGBA {
	if s.diverging {
		return divergingShades.at((place/s.hi + 1) / 2)
	}
	return sequentialShades.at((place - s.lo) / (s.hi - s.lo))
}

// shades are the colours of a map, at equal steps.
type shades [shadesCount]color.RGBA

// shadesCount is odd, that a diverging scale has a colour for 0. The steps of L* are 0.2, on a
// diverging scale 0.3: none is seen.
const shadesCount = 401

var (
	sequentialShades = shadesOf(sequential)
	divergingShades  = shadesOf(func(t float64) color.RGBA { return diverging(2*t - 1) })
)

// shadesOf returns the colours of a scale on [0, 1].
func shadesOf(colour func(t float64) color.RGBA) *shades {
	var s shades
	for i := range s {
		s[i] = colour(float64(i) / (shadesCount - 1))
	}
	return &s
}

// at returns the colour nearest to t ∈ [0, 1].
func (s *shades) at(t float64) color.RGBA {
	return s[int(math.Round(min(max(t, 0), 1)*(shadesCount-1)))]
}

// ticks returns the ticks of a colour bar. An end beyond which there are values says so, and both
// ends of a logarithmic scale have labels; the others keep the distance that labels need, as a
// share of the bar.
func (s scale) ticks(need func(a, b string) float64) []plot.Tick {
	inner := linearTicks(s.lo, s.hi, 5)
	switch {
	case s.diverging:
		inner = linearTicks(s.lo, s.hi, 6)
	case s.log:
		inner = logTicks(s.lo, s.hi, 6)
	}
	var ends []plot.Tick
	end := func(sign string, beyond bool, at float64) {
		switch label := s.value(at); {
		case beyond:
			ends = append(ends, plot.Tick{Value: at, Label: sign + label})
		case s.log:
			ends = append(ends, plot.Tick{Value: at, Label: label})
		}
	}
	end("≥ ", s.over, s.hi)
	end("≤ ", s.under, s.lo)
	for i := range inner {
		if !allClear(ends, inner[i:i+1], s.hi-s.lo, need) {
			inner[i].Label = ""
		}
	}
	return append(ends, inner...)
}

// value writes the value that stands at a place of the scale; on a logarithmic one the ends are
// whole decades.
func (s scale) value(at float64) string {
	if s.log {
		return power(int(at))
	}
	return number(at, 2)
}

// seenScale is a scale for what the cells show of the densities: linear colours from 0 if every
// density is seen in them, otherwise logarithmic ones that reach seenDecades below the lowest of
// the peaks. A cell that covers more of the picture counts as often.
func seenScale(densities [][]float64, cells []int) scale {
	const (
		seenDecades = 3
		brightness  = 0.25  // of the linear scale, from which a colour is told from that of 0
		share       = 0.005 // of the picture, to be as bright as that
	)
	seen := make([][]float64, len(densities))
	for k, density := range densities {
		seen[k] = pick(density, cells)
	}
	least, highest := positiveRange(seen...)
	lowest, allBright := highest, true // of the peaks
	for _, values := range seen {
		bright := 0
		for _, v := range values {
			if v >= brightness*highest {
				bright++
			}
		}
		if _, peak := positiveRange(values); peak > 0 {
			lowest = min(lowest, peak)
			allBright = allBright && float64(bright) >= share*float64(len(cells))
		}
	}
	switch {
	case highest == 0:
		return scale{hi: 1}
	case allBright:
		return scale{hi: highest}
	}
	s := scale{log: true, lo: math.Floor(math.Log10(lowest)) - seenDecades}
	s.hi = max(math.Ceil(math.Log10(highest)), s.lo+1)
	s.under = least < math.Pow(10, s.lo) || hasZero(seen...)
	return s
}

// hasZero reports whether a value is 0.
func hasZero(fields ...[]float64) bool {
	return slices.ContainsFunc(fields, func(v []float64) bool { return slices.Contains(v, 0) })
}

// pick returns the values in some of the cells.
func pick(values []float64, cells []int) []float64 {
	out := make([]float64, len(cells))
	for i, c := range cells {
		out[i] = values[c]
	}
	return out
}

// logScale covers the positive values up to the peak, and at most that many decades below it,
// between whole decades.
func logScale(decades float64, densities ...[]float64) scale {
	least, most := positiveRange(densities...)
	if most == 0 {
		return scale{lo: -1, hi: 0, log: true}
	}
	hi := math.Ceil(math.Log10(most))
	lo := max(math.Floor(math.Log10(least)), hi-decades)
	return scale{lo: min(lo, hi-1), hi: hi, log: true,
		under: math.Log10(least) < lo || hasZero(densities...)}
}

// positiveRange returns the smallest and the largest positive value of some fields, or +∞ and 0 if
// there is none.
func positiveRange(fields ...[]float64) (lo, hi float64) {
	lo = math.Inf(1)
	for _, values := range fields {
		for _, v := range values {
			if v > 0 && drawable(v) {
				lo, hi = min(lo, v), max(hi, v)
			}
		}
	}
	return lo, hi
}
