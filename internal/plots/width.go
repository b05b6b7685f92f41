package plots

import (
	"golang.org/x/image/font"
	"gonum.org/v1/plot"
	fonts "gonum.org/v1/plot/font"
	"gonum.org/v1/plot/vg"
)

// TextWidth is the width, in units of its size, of a text in the type of the figures.
func TextWidth(text string, bold bool) float64 {
	style := fonts.Font{Typeface: "Liberation", Variant: "Sans"}
	if bold {
		style.Weight = font.WeightBold
	}
	const size = vg.Length(100)
	face := plot.DefaultTextHandler.Cache().Lookup(fonts.From(style, size), size)
	return float64(face.Width(text) / size)
}
