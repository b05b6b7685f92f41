package plots

import (
	"fmt"
	"slices"
)

// Interval is the part of a grid of one axis that holds most of the mass of densities: that which
// Curves shows in physical coordinates.
func (g Grid) Interval(densities [][]float64) (lo, hi float64) {
	return g.window(0, coverage, densities)
}

// Window is the square of the physical plane that holds most of the mass of densities on a grid of
// two axes, by its centre and half its side: that which Maps shows.
func (g Grid) Window(densities [][]float64) (x, y, half float64) {
	w := g.planeWindow(g.physicalShare(densities), densities)
	return w.x, w.y, w.half
}

// Symbols are the names of the coordinates of the physical plane of a grid of two axes.
func (g Grid) Symbols() (x, y string) { return g.planeSymbols() }

// Symbol is the name of an axis as it is written in mathematics.
func (a Axis) Symbol() string { return a.symbol() }

// Shades are the colours of maps as hexadecimal digits, rrggbb, from the lowest value to the
// highest: of values from 0 on, and of those of either sign, in the middle of which 0 is.
func Shades() (sequential, diverging []string) {
	hex := func(s *shades) (out []string) {
		for _, c := range s {
			out = append(out, fmt.Sprintf("%02x%02x%02x", c.R, c.G, c.B))
		}
		return slices.Clip(out)
	}
	return hex(sequentialShades), hex(divergingShades)
}
