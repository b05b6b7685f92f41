package plots

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"io"
	"math"
	"slices"
	"strings"
	"testing"
)

// picture draws a figure and decodes it.
func picture(t *testing.T, draw func(io.Writer) error) image.Image {
	t.Helper()
	var buf bytes.Buffer
	if err := draw(&buf); err != nil {
		t.Fatal(err)
	}
	img, err := png.Decode(&buf)
	if err != nil {
		t.Fatal(err)
	}
	return img
}

func decayPicture(t *testing.T, d DecayData) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Decay(w, d) })
}

func curvesPicture(t *testing.T, d Densities) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Curves(w, d) })
}

func mapsPicture(t *testing.T, d Densities) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Maps(w, d) })
}

func invariantPicture(t *testing.T, d FinalData) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Invariant(w, d) })
}

// count returns the number of pixels of that colour in a rectangle.
func count(img image.Image, r image.Rectangle, c color.RGBA) int {
	n := 0
	for y := r.Min.Y; y < r.Max.Y; y++ {
		for x := r.Min.X; x < r.Max.X; x++ {
			if color.RGBAModel.Convert(img.At(x, y)) == c {
				n++
			}
		}
	}
	return n
}

// size checks the size of a picture.
func size(t *testing.T, img image.Image, width, height int) {
	t.Helper()
	if got := img.Bounds().Size(); got != image.Pt(width, height) {
		t.Errorf("the picture has %v pixels, want %d×%d", got, width, height)
	}
}

func final(d Densities) FinalData {
	s := d.Snapshots[len(d.Snapshots)-1]
	mass, distance := 0.0, 0.0
	for i, v := range d.Grid.Volume {
		mass += s.Density[i] * v
		distance += math.Abs(s.Density[i]-d.Invariant[i]) * v
	}
	return FinalData{Densities: d, Mass: mass, Distance: distance}
}

func line() Densities {
	return relaxing(lineGrid(sinhAxis("x", 60, 100)), 0.25, 0.3, 0, 0.2, 1, 4)
}

func plane() Densities {
	return relaxing(planeGrid(Identity, sinhAxis("x", 24, 100), sinhAxis("y", 20, 50)), 0.25, 0.4,
		0, 0.5, 2)
}

func TestDecayDrawsTheLinesThatAreKnown(t *testing.T) {
	with := decaying(200, 10)
	without := with
	without.Fitted, without.Gap, without.Exact = math.NaN(), math.NaN(), math.NaN()
	a, b := decayPicture(t, with), decayPicture(t, without)
	size(t, a, 1200, 735)
	for _, c := range []color.RGBA{vermilion, green} {
		if n, m := count(a, a.Bounds(), c), count(b, b.Bounds(), c); n < 300 || m != 0 {
			t.Errorf("colour %v: %d pixels with the rates known, %d without", c, n, m)
		}
	}
	if count(b, b.Bounds(), blue) < 300 {
		t.Error("the norm is not drawn")
	}
}

// A norm e^{−2t} falls by log₁₀ e^{20} decades on [0, 10]: the line crosses the data area from
// corner to corner, so that it passes through its centre; were the scale linear, it would not come
// near.
func TestDecayIsStraightOnTheLogarithmicScale(t *testing.T) {
	d := DecayData{Fitted: math.NaN(), Gap: math.NaN(), Exact: math.NaN()}
	for k := range 101 {
		d.Times = append(d.Times, 0.1*float64(k))
		d.Norms = append(d.Norms, 7*math.Exp(-0.2*float64(k)))
	}
	img := decayPicture(t, d)
	centre := image.Pt(150+1010/2, 80+570/2)
	if count(img, image.Rectangle{centre.Sub(image.Pt(3, 3)), centre.Add(image.Pt(3, 3))},
		blue) == 0 {
		t.Error("the line misses the centre of the data area")
	}
}

// A slope that contradicts the gap is not called the decay rate; nor is one that is said not to be.
func TestSlopesThatAreNotTheDecayRate(t *testing.T) {
	d := DecayData{Fitted: 2.0005, Gap: 1.9998, Window: [2]float64{2, 8}}
	if got := d.fitName(); got != "fitted rate 2.0005 on [2, 8]" {
		t.Errorf("a fit that agrees is called %q", got)
	}
	for name, other := range map[string]DecayData{
		"above": {Fitted: 59.8, Gap: 2.0037, Window: d.Window},
		"below": {Fitted: 1, Gap: 2, Window: d.Window},
		"said":  {Fitted: 2, Gap: 2, Window: d.Window, Reason: "transient"},
	} {
		if got := other.fitName(); !strings.Contains(got, "not the decay rate") {
			t.Errorf("%s: a fit of %g beside a gap of %g is called %q", name, other.Fitted,
				other.Gap, got)
		}
	}
	if got := (DecayData{Fitted: 3, Gap: math.NaN(),
		Window: d.Window}).fitName(); got != "fitted rate 3 on [2, 8]" {
		t.Errorf("without a gap a fit is called %q", got)
	}
}

// A reason that does not fit in one line makes the figure higher; where mass leaves, what decays is
// ‖u‖.
func TestDecaySaysWhy(t *testing.T) {
	d := decaying(200, 10)
	d.Reason = strings.Repeat("modes faster than the slowest are not gone ", 6)
	if h := decayPicture(t, d).Bounds().Dy(); h != 735+captionHeight {
		t.Errorf("a figure with a reason of two lines is %d pixels high", h)
	}
	if got := d.label(0); got != "‖u − ‹u›‖(t) / ‖u − ‹u›‖(0)" {
		t.Errorf("closed: %s", got)
	}
	if d.Open = true; d.label(0) != "‖u‖(t) / ‖u‖(0)" {
		t.Errorf("open: %s", d.label(0))
	}
}

func TestDecayIsRelativeToTheFirstRepresentableNorm(t *testing.T) {
	times, y, reference := relativeNorms([]float64{0, 1, 2, 3},
		[]float64{math.Inf(1), 50, math.NaN(), 5})
	// log₁₀(5/50)
	if reference != 1 || len(times) != 2 || times[1] != 3 || y[0] != 0 || math.Abs(y[1]+1) > 1e-15 {
		t.Errorf("got times %v, log norms %v, reference %v", times, y, reference)
	}
}

func TestSlopesGoThroughTheDataOfTheirWindow(t *testing.T) {
	d := decaying(101, 10)
	d.Window = [2]float64{4, 8}
	times, y, _ := relativeNorms(d.Times, d.Norms)
	from, to, tc, yc := anchor(d, times, y)
	want := math.Log10(math.Exp(-2*tc) / 5) // the fast mode is down to e^{−16} of the slow one
	if from != 4 || to != 8 || math.Abs(tc-6) > 1e-12 || math.Abs(yc-want) > 1e-6 {
		t.Errorf("window [%g, %g], through (%g, %g), want (6, %g)", from, to, tc, yc, want)
	}
}

func TestCurvesChangeWithTheData(t *testing.T) {
	d := line()
	a := curvesPicture(t, d)
	size(t, a, 1320, 640)
	panel := image.Rect(112, 112, 548, 518)
	for k := range d.Snapshots {
		if c := timeColour(k, len(d.Snapshots)); count(a, panel, c) < 50 {
			t.Errorf("curve %d is not drawn", k)
		}
	}
	if n := count(a, panel, ink); n < 50 {
		t.Errorf("π is not drawn: %d pixels", n)
	}
	d.Invariant = nil
	if n := count(curvesPicture(t, d), panel, ink); n != 0 {
		t.Errorf("π is drawn without being known: %d pixels", n)
	}
}

func TestMapsShowEveryTimeAndPi(t *testing.T) {
	d := plane()
	img := mapsPicture(t, d)
	const columns, side, gap = 4, 277, 56 // mapSide(4) is 277.5
	size(t, img, 110+columns*(side+gap)+2+130, 2*side+1+385)
	for k := range columns {
		left := 110 + k*(side+gap)
		panel := image.Rect(left+10, 120, left+side-10, 110+side-10)
		if n := count(img, panel, sequential(0)); n == 0 || n == panel.Dx()*panel.Dy() {
			t.Errorf("panel %d: %d of %d pixels have the colour of zero", k, n,
				panel.Dx()*panel.Dy())
		}
	}
}

func TestMapsMarkWhatHasNoLogarithm(t *testing.T) {
	d := plane()
	d.Snapshots = d.Snapshots[2:] // positive everywhere
	clean := mapsPicture(t, d)
	graded := image.Rect(112, 672, 548, 1108) // the first map of the lower row, side 440
	if n := count(clean, graded, undefined); n != 0 {
		t.Errorf("%d grey pixels for a positive density", n)
	}
	d.Snapshots[0].Density[7] = -1e-30
	d.Snapshots[0].Density[8] = math.NaN()
	marked := mapsPicture(t, d)
	cell := 440 * 440 / (24 * 20) // pixels of a cell of the graded map
	if n := count(marked, graded, undefined); n < cell || n > 3*cell {
		t.Errorf("%d grey pixels, want those of two cells, %d", n, 2*cell)
	}
}

func TestInvariantOfAnEqualDensityIsFlat(t *testing.T) {
	d := final(line())
	d.Snapshots = []Snapshot{{Time: 4, Density: scaled(d.Invariant, 3)}}
	d.Mass = 3 // it does not matter
	for i, v := range d.deviation() {
		if math.Abs(v) > roundoff {
			t.Fatalf("cell %d: u/⟨u⟩ − 1 = %g", i, v)
		}
	}
	size(t, invariantPicture(t, d), 1200, 890)
}

func TestDeviationOfATiltedDensity(t *testing.T) {
	g := lineGrid(uniformAxis("x", 2, 0, 2))
	d := FinalData{Mass: 4, Densities: Densities{
		Grid: g, Snapshots: []Snapshot{{Density: []float64{3, 1}}}, Invariant: []float64{0.5, 0.5},
	}}
	dev := d.deviation()
	if dev[0] != 0.5 || dev[1] != -0.5 {
		t.Errorf("deviation %v", dev)
	}
	unit, half := d.deviationRange(dev)
	if unit != 0 || half != 1.25*0.5 {
		t.Errorf("unit 10^%d, half-width %g", unit, half)
	}
}

func TestDeviationRangeLeavesOutTheFarTail(t *testing.T) {
	g := lineGrid(uniformAxis("x", 3, 0, 3))
	d := FinalData{Densities: Densities{Grid: g, Invariant: []float64{0.5, 0.499, 0.001}}}
	unit, half := d.deviationRange([]float64{1e-7, -2e-7, 1e5})
	if unit != -7 || math.Abs(half-2.5) > 1e-12 { // 1.25·2·10^{−7}, in its unit
		t.Errorf("unit 10^%d, half-width %g", unit, half)
	}
}

func TestInvariantOnTwoAxes(t *testing.T) {
	d := final(plane())
	a := invariantPicture(t, d)
	d.Snapshots = []Snapshot{{Time: 2, Density: d.Invariant}}
	b := invariantPicture(t, d)
	right := image.Rect(1160, 112, 1520, 478)
	uniform := count(b, right, color.RGBAModel.Convert(b.At(1300, 300)).(color.RGBA))
	varied := count(a, right, color.RGBAModel.Convert(b.At(1300, 300)).(color.RGBA))
	if uniform < right.Dx()*right.Dy()*9/10 || varied == uniform {
		t.Errorf("map of the deviation: %d pixels of one colour at equality, %d before", uniform,
			varied)
	}
}

func TestLogLogDrawsSeriesAndTriangles(t *testing.T) {
	c := Convergence{Symbol: "h", Steps: []float64{0.4, 0.2, 0.1, 0.05}}
	for _, p := range []float64{2, 4} {
		var errors []float64
		for _, h := range c.Steps {
			errors = append(errors, math.Pow(h, p))
		}
		c.Series = append(c.Series, ErrorSeries{"L^{1}", errors, p + 0.02})
	}
	img := picture(t, func(w io.Writer) error { return LogLog(w, c) })
	size(t, img, 1200, 735)
	for _, colour := range []color.RGBA{blue, vermilion} {
		if count(img, img.Bounds(), colour) < 500 {
			t.Errorf("the series of colour %v is not drawn", colour)
		}
	}
	panel := image.Rect(154, 84, 866, 646)
	drawn := count(img, panel, ink)
	c.Series[0].Order, c.Series[1].Order = math.NaN(), 0.1
	if bare := count(picture(t, func(w io.Writer) error { return LogLog(w, c) }), panel,
		ink); drawn-bare < 100 {
		t.Errorf("triangles: %d dark pixels with orders, %d without", drawn, bare)
	}
}

func TestDegenerateInputsGiveAPicture(t *testing.T) {
	nan := math.NaN()
	one := line()
	one.Snapshots = one.Snapshots[:1]
	none := line()
	none.Snapshots, none.Invariant = nil, nil
	cell := Densities{Grid: lineGrid(uniformAxis("x", 1, 0, 1)),
		Snapshots: []Snapshot{{Time: 0, Density: []float64{1}}}}
	equal, zero, bad := plane(), plane(), plane()
	for i := range equal.Invariant {
		equal.Snapshots[0].Density[i] = 2
		zero.Snapshots[0].Density[i] = 0
		bad.Snapshots[0].Density[i] = nan
		bad.Snapshots[1].Density[i] = math.Inf(1)
		bad.Snapshots[2].Density[i] = -1
	}
	zero.Snapshots, zero.Invariant = zero.Snapshots[:1], nil
	empty := plane()
	empty.Snapshots, empty.Invariant = nil, nil
	massless := final(line())
	massless.Snapshots = []Snapshot{{Time: 4, Density: make([]float64, len(massless.Invariant))}}
	massless.Mass, massless.Distance = 0, nan
	huge := DecayData{Times: []float64{0, 1e299}, Norms: []float64{1e-300, 1e300}, Fitted: 1e200,
		Gap: -1, Exact: 0}

	decay := func(d DecayData) func(io.Writer) error {
		return func(w io.Writer) error { return Decay(w, d) }
	}
	logLog := func(steps, errors []float64, order float64) func(io.Writer) error {
		c := Convergence{"", "h", steps, []ErrorSeries{{"a", errors, order}}}
		return func(w io.Writer) error { return LogLog(w, c) }
	}
	for name, draw := range map[string]func(io.Writer) error{
		"no times":          decay(DecayData{}),
		"zero norms":        decay(DecayData{Times: []float64{0, 1}, Norms: []float64{0, nan}}),
		"one norm":          decay(DecayData{Times: []float64{2}, Norms: []float64{3}, Gap: nan}),
		"equal norms":       decay(DecayData{Times: []float64{0, 1}, Norms: []float64{3, 3}}),
		"NaN time":          decay(DecayData{Times: []float64{nan}, Norms: []float64{3}}),
		"huge values":       decay(huge),
		"one time":          func(w io.Writer) error { return Curves(w, one) },
		"no snapshots":      func(w io.Writer) error { return Curves(w, none) },
		"one cell":          func(w io.Writer) error { return Curves(w, cell) },
		"equal density":     func(w io.Writer) error { return Maps(w, equal) },
		"zero density":      func(w io.Writer) error { return Maps(w, zero) },
		"bad density":       func(w io.Writer) error { return Maps(w, bad) },
		"no maps":           func(w io.Writer) error { return Maps(w, empty) },
		"no mass":           func(w io.Writer) error { return Invariant(w, massless) },
		"bad final":         func(w io.Writer) error { return Invariant(w, final(bad)) },
		"no series":         func(w io.Writer) error { return LogLog(w, Convergence{}) },
		"one level":         logLog([]float64{1}, []float64{1}, 2),
		"zero errors":       logLog([]float64{1}, []float64{0}, nan),
		"step not positive": logLog([]float64{1, 0, -1}, []float64{1, 1, 1}, 1),
	} {
		t.Run(name, func(t *testing.T) { picture(t, draw) })
	}
}

func TestInputsThatContradictEachOther(t *testing.T) {
	short, folded, nameless := line(), line(), line()
	short.Snapshots[1].Density = short.Snapshots[1].Density[:3]
	folded.Grid.Axes = []Axis{{"x", []float64{0, 1, 1}}}
	nameless.Grid.Volume = nil
	unknown := final(line())
	unknown.Invariant = nil
	for name, test := range map[string]struct {
		err  error
		says string
	}{
		"norms":     {Decay(io.Discard, DecayData{Times: []float64{0}}), "norm: 0 values"},
		"density":   {Curves(io.Discard, short), "density at t = 0.2: 3 values for 60 cells"},
		"faces":     {Curves(io.Discard, folded), "faces must be finite and ascend"},
		"volume":    {Curves(io.Discard, nameless), "volume: 0 values"},
		"axes":      {Maps(io.Discard, line()), "the grid has 1 axes"},
		"invariant": {Invariant(io.Discard, unknown), "invariant density: 0 values"},
		"final":     {Invariant(io.Discard, FinalData{}), "there is no final density"},
		"errors": {LogLog(io.Discard,
			Convergence{Series: []ErrorSeries{{"L²", []float64{1}, 1}}}), "errors in L²"},
	} {
		if test.err == nil || !strings.Contains(test.err.Error(), test.says) {
			t.Errorf("%s: error %v does not say %q", name, test.err, test.says)
		}
	}
}

// A writer that fails must be heard of.
func TestWriteErrorIsReturned(t *testing.T) {
	r, w := io.Pipe()
	r.Close()
	if err := Decay(w, decaying(10, 1)); err == nil {
		t.Error("no error from a closed pipe")
	}
}

func TestTheSameInputGivesTheSameBytes(t *testing.T) {
	var a, b bytes.Buffer
	for _, buf := range []*bytes.Buffer{&a, &b} {
		if err := Maps(buf, plane()); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("two pictures of the same data differ")
	}
}

// What a density has below its error is not shown: from the lowest cells on, which weigh 0.01, 0.04
// and 0.03 of 0.88, negative ones left out.
func TestResolvedEndsAtTheError(t *testing.T) {
	g := Grid{Volume: []float64{1, 2, 1, 2, 1}}
	s := Snapshot{Density: []float64{0.03, 0.4, 0.01, 0.02, -0.1}}
	for e, want := range map[float64][]float64{
		0: s.Density, math.NaN(): s.Density, 0.009: s.Density,
		0.05:  {0.03, 0.4, 0, 0.02, -0.1},
		0.059: {0.03, 0.4, 0, 0, -0.1},
		0.2:   {0, 0.4, 0, 0, -0.1},
	} {
		s.Error = e
		if got := g.resolved(s).Density; !slices.Equal(got, want) {
			t.Errorf("error %g: %g, want %g", e, got, want)
		}
	}
}
