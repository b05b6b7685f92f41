package plots

import (
	"bytes"
	"fmt"
	"image"
	"io"
	"math"
	"strconv"
	"strings"

	"git.sr.ht/~sbinet/gg"
	images "golang.org/x/image/draw"
	"gonum.org/v1/plot/vg"
	"gonum.org/v1/plot/vg/draw"
	"gonum.org/v1/plot/vg/vgimg"
	"gonum.org/v1/plot/vg/vgsvg"
)

// Paper is a writer that asks for a size and a format. Drawn into any other writer a figure has its
// own size, and is PNG.
type Paper struct {
	io.Writer
	Size
	Format Format
}

// Size is that of a picture in pixels (in SVG of half a point). The figure fills it as far as its
// proportions let it, type and lines scaled with it, and stands in the middle. One that is 0
// follows from the other, and both from the figure.
type Size struct{ Width, Height int }

// Bounds of a side that is asked for: of what can be read, and of memory (4 bytes a pixel).
const (
	leastSide = 100
	mostSide  = 10000
)

// ParseSize reads WxH, W or xH; "" is no size.
func ParseSize(text string) (size Size, err error) {
	if text == "" {
		return size, nil
	}
	width, height, both := strings.Cut(text, "x")
	if width != "" {
		size.Width, err = strconv.Atoi(width)
	}
	if both && err == nil {
		size.Height, err = strconv.Atoi(height)
	}
	if err != nil {
		return size, fmt.Errorf("%q is to be WxH, W or xH, in pixels", text)
	}
	return size, nil
}

// Format is how a figure is written.
type Format string

// The formats. PDF is none: the library writes it in a code page that has neither Greek letters nor
// norms.
const (
	PNG Format = "png"
	SVG Format = "svg"
)

// of returns the scale and the size, in pixels, of a figure of its own width and height.
func (s Size) of(width, height int) (scale float64, size Size) {
	w, h := float64(s.Width)/float64(width), float64(s.Height)/float64(height)
	switch {
	case s == Size{}:
		return 1, Size{width, height}
	case s.Height == 0:
		return w, Size{s.Width, max(1, int(math.Round(w*float64(height))))}
	case s.Width == 0:
		return h, Size{max(1, int(math.Round(h*float64(width)))), s.Height}
	}
	return min(w, h), s
}

// blank returns an empty figure of its own width and height, for w.
func blank(w io.Writer, width, height int) *figure {
	paper, _ := w.(Paper)
	scale, size := paper.Size.of(width, height)
	if paper.Format == SVG {
		return blankSVG(width, height, scale, size)
	}
	return blankPNG(width, height, scale, size)
}

// blankPNG is drawn at the resolution, whole dots per inch, that makes the figure as large as there
// is room for.
func blankPNG(width, height int, scale float64, size Size) *figure {
	dots := max(1, int(dpi*scale+1e-9)) // of rounding
	pixels := image.NewRGBA(image.Rect(0, 0, size.Width, size.Height))
	context := gg.NewContextForRGBA(pixels) // draws on them, where vgimg would copy them
	context.SetLineCapButt()
	context.InvertY()
	context.SetInterpolator(images.ApproxBiLinear) // of turned type; other type is only copied
	img := vgimg.NewWith(vgimg.UseImageWithContext(pixels, context), vgimg.UseDPI(dots))
	margin := func(room, own int) vg.Length { // whole pixels, that maps stay sharp
		return vg.Length((room-own*dots/dpi)/2) * vg.Inch / vg.Length(dots)
	}
	canvas := draw.New(img)
	canvas.Rectangle = rectangle(margin(size.Width, width), margin(size.Height, height), width,
		height)
	return &figure{canvas, func(w io.Writer) error { return encodePNG(w, pixels) }}
}

// blankSVG is scaled.
func blankSVG(width, height int, scale float64, size Size) *figure {
	svg := vgsvg.New(px(float64(size.Width)), px(float64(size.Height)))
	svg.Translate(vg.Point{
		X: px((float64(size.Width) - scale*float64(width)) / 2),
		Y: px((float64(size.Height) - scale*float64(height)) / 2),
	})
	svg.Scale(scale, scale)
	canvas := draw.New(svg)
	canvas.Rectangle = rectangle(0, 0, width, height)
	canvas.SetColor(background)
	canvas.Fill(canvas.Rectangle.Path())
	return &figure{canvas, func(w io.Writer) error {
		var b bytes.Buffer
		if _, err := svg.WriteTo(&b); err != nil {
			return err
		}
		// The library embeds PNG and calls it JPEG.
		_, err := w.Write(bytes.ReplaceAll(b.Bytes(), []byte("data:image/jpg;"),
			[]byte("data:image/png;")))
		return err
	}}
}

// rectangle is that of a figure of so many pixels.
func rectangle(left, bottom vg.Length, width, height int) vg.Rectangle {
	return vg.Rectangle{
		Min: vg.Point{X: left, Y: bottom},
		Max: vg.Point{X: left + px(float64(width)), Y: bottom + px(float64(height))},
	}
}

// resolution returns the dots per inch of maps on a canvas: those of its pixels, or in SVG, which
// is scaled, twice our own.
func resolution(c draw.Canvas) float64 {
	if b := bitmap(c.Canvas); b != nil {
		return b.DPI()
	}
	return 2 * dpi
}

// bitmap returns the canvas of pixels that is drawn on, nil in SVG.
func bitmap(c vg.Canvas) *vgimg.Canvas {
	switch inner := c.(type) {
	case *vgimg.Canvas:
		return inner
	case draw.Canvas: // a part of another
		return bitmap(inner.Canvas)
	}
	return nil
}

// Check reports a size that is out of bounds, or a format that is none.
func (p Paper) Check() error {
	for _, n := range []int{p.Width, p.Height} {
		if n != 0 && (n < leastSide || n > mostSide) {
			return fmt.Errorf("a figure cannot have a side of %d pixels (give %d to %d)", n,
				leastSide, mostSide)
		}
	}
	if p.Format != PNG && p.Format != SVG {
		return fmt.Errorf("figures have no format %q (give png or svg)", p.Format)
	}
	return nil
}
