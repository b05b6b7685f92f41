package plots

import (
	"image"
	"image/color"
	"io"
	"math"
	"testing"
)

// normalised returns a grid whose volumes are shares that add up to 1, those of the density e^{−4 Σ
// q²}.
func normalised(g Grid) Grid {
	total := 0.0
	for i, rho := range g.sample(func(x, y float64) float64 { return math.Exp(-4 * (x*x + y*y)) }) {
		g.Volume[i] *= rho
		total += g.Volume[i]
	}
	for i := range g.Volume {
		g.Volume[i] /= total
	}
	return g
}

func modesPicture(t *testing.T, d ModesData) image.Image {
	t.Helper()
	return picture(t, func(w io.Writer) error { return Modes(w, d) })
}

func TestModesOnALine(t *testing.T) {
	g := normalised(lineGrid(uniformAxis("x", 80, -3, 3)))
	d := ModesData{"lines", []Mode{
		{"λ = 1", g, g.sample(func(x, _ float64) float64 { return x })},
		{"λ = 2", g, g.sample(func(x, _ float64) float64 { return x*x - 0.125 })},
	}}
	img := modesPicture(t, d)
	size(t, img, 1330, 620)
	for name, panel := range map[string]image.Rectangle{"u": image.Rect(112, 112, 548, 518),
		"u √Π": image.Rect(662, 112, 1098, 518)} {
		for _, c := range []color.RGBA{blue, vermilion} {
			if n := count(img, panel, c); n < 300 {
				t.Errorf("%s: %d pixels of colour %v", name, n, c)
			}
		}
	}
}

// The colours of u = x: red to the right, blue to the left, in both rows; unknown values are grey
// where they are u, and white as u √Π.
func TestModesInThePlane(t *testing.T) {
	g := normalised(planeGrid(Identity, uniformAxis("x", 40, -2, 2), uniformAxis("y", 40, -2, 2)))
	u := g.sample(func(x, _ float64) float64 { return x })
	img := modesPicture(t, ModesData{"maps", []Mode{{"λ = 1", g, u}}})
	size(t, img, 110+360+96+130, 2*360+365)
	for _, top := range []int{110, 590} {
		left, right := img.At(110+100, top+180), img.At(110+260, top+180)
		lr, _, lb, _ := left.RGBA()
		rr, _, rb, _ := right.RGBA()
		if !(lb > lr && rr > rb) {
			t.Errorf("at %d: %v on the left and %v on the right, want blue and red", top, left,
				right)
		}
	}
	for i := range u {
		u[i] = math.NaN()
	}
	img = modesPicture(t, ModesData{"maps", []Mode{{"λ = 1", g, u}}})
	if c := img.At(110+180, 110+180); c != color.Color(undefined) {
		t.Errorf("an unknown u has the colour %v", c)
	}
	if c := img.At(110+180, 590+180); c != color.Color(diverging(0)) {
		t.Errorf("an unknown u √Π has the colour %v", c)
	}
}

// A map is the same whatever stands beside it.
func TestModesOnSeveralGrids(t *testing.T) {
	mode := func(g Grid) Mode {
		return Mode{"λ = 1", g, g.sample(func(x, y float64) float64 { return math.Sin(3*x + y) })}
	}
	a := mode(planeGrid(Identity, uniformAxis("x", 9, -2, 2), uniformAxis("y", 8, -2, 2)))
	b := mode(planeGrid(Identity, uniformAxis("x", 7, -1, 3), uniformAxis("y", 5, -2, 3)))
	first := modesPicture(t, ModesData{"maps", []Mode{a, b}})
	second := modesPicture(t, ModesData{"maps", []Mode{b, a}})
	const side, gap = 360, 96
	for _, top := range []int{110, 110 + side + 120} {
		for y := top + 5; y < top+side-5; y++ {
			for x := 110 + 5; x < 110+side-5; x++ {
				p, q := first.At(x, y), second.At(x+side+gap, y)
				if difference(p.(color.RGBA), q.(color.RGBA)) > farthest {
					t.Fatalf("pixel (%d, %d) is %v, and %v in the second column", x, y, p, q)
				}
			}
		}
	}
}

func TestModesRefuse(t *testing.T) {
	g := lineGrid(uniformAxis("x", 4, 0, 1))
	for name, d := range map[string]ModesData{
		"no modes":   {},
		"few values": {Modes: []Mode{{"λ", g, []float64{1, 2, 3}}}},
		"mixed axes": {Modes: []Mode{{"λ", g, []float64{1, 2, 3, 4}},
			{"λ", planeGrid(Identity, g.Axes[0], g.Axes[0]), make([]float64, 16)}}},
	} {
		if err := Modes(io.Discard, d); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// The two arms of the palette are equally dark, and no colour is outside of sRGB and clipped.
func TestDivergingPalette(t *testing.T) {
	lightness := func(c color.RGBA) float64 {
		linear := func(v uint8) float64 { return math.Pow(float64(v)/255, 2.2) }
		return 0.2126*linear(c.R) + 0.7152*linear(c.G) + 0.0722*linear(c.B)
	}
	for k := range 11 {
		at := float64(k) / 10
		cold, warm := diverging(-at), diverging(at)
		// 2.2 is not quite the curve of sRGB
		if d := math.Abs(lightness(cold) - lightness(warm)); d > 0.02 {
			t.Errorf("at %g the luminances differ by %.3f", at, d)
		}
		for _, hue := range []float64{-1, 1} {
			r, g, b := divergingRGB(hue * at)
			for _, v := range []float64{r, g, b} {
				if v < -0.003 || v > 1.003 { // a step of 8 bits
					t.Errorf("at %g a channel is %.3f", hue*at, v)
				}
			}
		}
	}
}
