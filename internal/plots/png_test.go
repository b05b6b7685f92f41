package plots

import (
	"bytes"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
)

// coloured is a picture whose pixels have these colours.
func coloured(width, height int, at func(x, y int) color.RGBA) *image.RGBA {
	img := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			img.SetRGBA(x, y, at(x, y))
		}
	}
	return img
}

// written encodes a picture and decodes it, and returns the largest difference in a channel.
func written(t *testing.T, img *image.RGBA) (decoded image.Image, worst int) {
	t.Helper()
	var b bytes.Buffer
	if err := encodePNG(&b, img); err != nil {
		t.Fatal(err)
	}
	decoded, err := png.Decode(&b)
	if err != nil {
		t.Fatal(err)
	}
	for y := range img.Rect.Dy() {
		for x := range img.Rect.Dx() {
			worst = max(worst, difference(img.RGBAAt(x, y),
				color.RGBAModel.Convert(decoded.At(x, y)).(color.RGBA)))
		}
	}
	return decoded, worst
}

// difference is the largest difference in a channel.
func difference(a, b color.RGBA) (d int) {
	for _, v := range [][2]uint8{{a.R, b.R}, {a.G, b.G}, {a.B, b.B}, {a.A, b.A}} {
		d = max(d, int(v[0])-int(v[1]), int(v[1])-int(v[0]))
	}
	return d
}

// Up to 256 colours are kept, however near, and in runs of any length.
func TestFewColoursAreExact(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 1))
	for _, colours := range []int{1, 2, 17, 255, 256} {
		img := coloured(97, 61, func(x, y int) color.RGBA {
			k := random.IntN(colours)
			if y%3 == 1 { // a row like the one before
				k = (x/7 + y/3) % colours
			}
			return color.RGBA{uint8(k), uint8(k), uint8(k / 2), 255}
		})
		copy(img.Pix[2*img.Stride:][:img.Stride], img.Pix[img.Stride:])
		decoded, worst := written(t, img)
		if _, small := decoded.(*image.Paletted); !small || worst != 0 {
			t.Errorf("%d colours: %T, which differs by %d", colours, decoded, worst)
		}
	}
}

// Of more colours, areas keep theirs and single pixels differ little.
func TestAreasAreExactAndEdgesNear(t *testing.T) {
	area := func(x, y int) color.RGBA { // 100 of 20 × 20 pixels
		return sequential(float64(x/20*10+y/20) / 99)
	}
	const most = 8
	edge := func(x, y int) bool { return x%20 == 0 && y%20 > 5 }
	img := coloured(200, 200, func(x, y int) color.RGBA {
		if edge(x, y) { // grey of 250 kinds
			v := uint8((x/20*280 + y) % 250)
			return color.RGBA{v, v, v, 255}
		}
		return area(x, y)
	})
	if colours, _, _ := pixelRuns(img); len(colours) <= mostColours {
		t.Fatalf("%d colours only", len(colours))
	}
	decoded, worst := written(t, img)
	if _, small := decoded.(*image.Paletted); !small || worst == 0 || worst > most {
		t.Errorf("%T, which differs by %d, want a palette and at most %d", decoded, worst, most)
	}
	for y := range 200 {
		for x := range 200 {
			if !edge(x, y) && color.RGBAModel.Convert(decoded.At(x, y)) != area(x, y) {
				t.Fatalf("pixel (%d, %d) of an area is %v, want %v", x, y, decoded.At(x, y),
					area(x, y))
			}
		}
	}
}

// Colours are chosen by the number n of their pixels and the distance d to those chosen before.
func TestPalettesTakeWhatCostsMost(t *testing.T) {
	grey := func(k uint32) pixelValue { return pixelValue(0xff000000 | k<<16 | k<<8 | k) }
	colours := []pixelValue{grey(0), grey(2), grey(5), grey(6)}
	// From the first on n d³ is 800, 1250 and 648, and from the third on 3 for the last.
	palette, places, worst := reduced(colours, []int{2000, 100, 10, 3})
	want := []pixelValue{grey(0), grey(5), grey(2), grey(6)}
	if !slices.Equal(palette, want) || !slices.Equal(places, []uint8{0, 2, 1, 3}) || worst != 0 {
		t.Errorf("palette %x and places %d, want %x; they are off by %d", palette, places, want,
			worst)
	}
}

// Where no palette is near enough, every colour is kept.
func TestManyColoursAreExact(t *testing.T) {
	const steps = 12 // along each side of the cube of colours
	cube := coloured(steps*steps, steps, func(x, y int) color.RGBA {
		unit := func(k int) uint8 { return uint8(k * 255 / (steps - 1)) }
		return color.RGBA{unit(x % steps), unit(x / steps), unit(y), 255}
	})
	decoded, worst := written(t, cube)
	if _, small := decoded.(*image.Paletted); small || worst != 0 {
		t.Errorf("%T, which differs by %d", decoded, worst)
	}
}

// Every pixel is counted once, in short and long runs, also at the ends of rows.
func TestPixelRuns(t *testing.T) {
	random, want := rand.New(rand.NewPCG(3, 3)), map[pixelValue]int{}
	left, v := 0, uint8(0)
	img := coloured(53, 41, func(int, int) color.RGBA {
		if left--; left < 0 {
			left, v = random.IntN(9), uint8(random.IntN(4))
		}
		want[pixelValue(0xff000000|uint32(v)<<8)]++
		return color.RGBA{0, v, 0, 255}
	})
	colours, counts, rows := pixelRuns(img)
	for k, c := range colours {
		if counts[k] != want[c] {
			t.Errorf("%d pixels of colour %x, want %d", counts[k], c, want[c])
		}
	}
	if len(colours) != len(want) || len(rows) != 41 {
		t.Errorf("%d colours and %d rows", len(colours), len(rows))
	}
}

// The palette depends on the pixels alone.
func TestPalettesAreReproducible(t *testing.T) {
	random := rand.New(rand.NewPCG(2, 2))
	img := coloured(64, 64, func(int, int) color.RGBA {
		v := uint8(random.IntN(250))
		return color.RGBA{v, v, v / 8 * 8 / uint8(1+random.IntN(2)), 255}
	})
	var first bytes.Buffer
	for k := range 5 {
		var b bytes.Buffer
		if err := encodePNG(&b, img); err != nil {
			t.Fatal(err)
		}
		if k == 0 {
			first = b
		} else if !bytes.Equal(b.Bytes(), first.Bytes()) {
			t.Fatal("the same picture is written otherwise")
		}
	}
}

// What is drawn on a blank figure has the pixels that it has on a canvas of the library's own.
func TestBlankFiguresDrawAsTheLibraryDoes(t *testing.T) {
	const width, height = 300, 200
	show := func(c draw.Canvas) {
		c.StrokeLine2(stroke(blue, 12), px(40), px(150), px(120), px(170))
		c.StrokeLine2(stroke(ink, 5, 10, 7), px(40), px(60), px(220), px(60))
		style := textStyle(labelSize, draw.XLeft, draw.YTop)
		c.FillText(style, vg.Point{X: px(150), Y: px(160)}, "λ = 10^{−3}")
		style.Rotation = math.Pi / 2
		c.FillText(style, vg.Point{X: px(250), Y: px(80)}, "u √Π")
	}
	own := blank(nil, width, height)
	show(own.canvas)
	other := vgimg.NewWith(vgimg.UseWH(px(width), px(height)), vgimg.UseDPI(dpi))
	show(draw.New(other))
	drawn := 0
	for y := range height {
		for x := range width {
			got, want := bitmap(own.canvas.Canvas).Image().At(x, y), other.Image().At(x, y)
			if got != want {
				t.Fatalf("pixel (%d, %d) is %v, want %v", x, y, got, want)
			}
			if want != background {
				drawn++
			}
		}
	}
	if drawn < 2000 {
		t.Errorf("only %d pixels are drawn", drawn)
	}
}

// A raster fills the pixels of its area, and no others, each with the colour at its centre: at the
// figure's own size, twice as large, and in the middle of a wider paper.
func TestRastersFillTheirPixels(t *testing.T) {
	const width, height = 100, 50
	for _, test := range []struct{ size, at image.Point }{
		{image.Pt(200, 100), image.Pt(20, 30)},
		{image.Pt(400, 200), image.Pt(40, 60)},
		{image.Pt(600, 200), image.Pt(140, 60)},
	} {
		f := blank(Paper{Size: Size{test.size.X, test.size.Y}, Format: PNG}, 200, 100)
		raster(func(x, y []float64) (colours []color.RGBA) {
			for _, v := range y {
				for _, u := range x {
					colours = append(colours, color.RGBA{uint8(u), 0, uint8(v), 255})
				}
			}
			return colours
		}).Plot(f.area(20, 30, width, height), newPlot(0, width, 0, height))
		img := bitmap(f.canvas.Canvas).Image()
		k := test.size.Y / 100 // pixels of the picture for one of the figure
		for y := range test.size.Y {
			for x := range test.size.X {
				want, p := background, image.Pt(x, y).Sub(test.at)
				if p.In(image.Rect(0, 0, k*width, k*height)) {
					want = color.RGBA{uint8(p.X / k), 0, uint8((k*height - 1 - p.Y) / k), 255}
				}
				if got := img.At(x, y); got != want {
					t.Fatalf("size %v: pixel (%d, %d) is %v, want %v", test.size, x, y, got, want)
				}
			}
		}
	}
}
