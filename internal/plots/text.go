package plots

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// script is a handler of one-line texts in which ^{…} raises what is inside and _{…} lowers it, as
// in "10^{−3}".
type script struct{ fonts *font.Cache }

// span is a piece of a text at one height: +1 raised, 0 on the line, −1 lowered.
type span struct {
	text  string
	level int
}

const (
	scriptSize = 0.72 // size of a raised or lowered span, in the text's size
	rise       = 0.38 // of a raised span's baseline, in the text's size
	drop       = 0.18 // of a lowered span's baseline
)

// spans splits a text at its scripts. A script that is not closed reaches to the end.
func spans(txt string) []span {
	var out []span
	for txt != "" {
		at, level := nextScript(txt)
		if at > 0 {
			out = append(out, span{text: txt[:at]})
		}
		if level == 0 {
			break
		}
		inner, rest, _ := strings.Cut(txt[at+2:], "}")
		out = append(out, span{inner, level})
		txt = rest
	}
	return out
}

// nextScript returns where the next script of a text begins and its level, or the text's length and
// 0.
func nextScript(txt string) (at, level int) {
	up, down := strings.Index(txt, "^{"), strings.Index(txt, "_{")
	switch {
	case up >= 0 && (down < 0 || up < down):
		return up, +1
	case down >= 0:
		return down, -1
	}
	return len(txt), 0
}

// face returns the face of a span and the height of its baseline above the text's.
func (s script) face(sp span, fnt font.Font) (font.Face, vg.Length) {
	size, shift := fnt.Size, vg.Length(0)
	if sp.level != 0 {
		size *= scriptSize
	}
	switch sp.level {
	case +1:
		shift = rise * fnt.Size
	case -1:
		shift = -drop * fnt.Size
	}
	return s.fonts.Lookup(fnt, size), shift
}

// Cache implements text.Handler.
func (s script) Cache() *font.Cache { return s.fonts }

// Extents implements text.Handler.
func (s script) Extents(fnt font.Font) font.Extents {
	face := s.fonts.Lookup(fnt, fnt.Size)
	return face.Extents()
}

// Lines implements text.Handler: a text is one line.
func (s script) Lines(txt string) []string { return []string{txt} }

// Box implements text.Handler. Scripts do not change the height, so that labels with and without
// them line up.
func (s script) Box(txt string, fnt font.Font) (width, height, depth vg.Length) {
	for _, sp := range spans(txt) {
		face, _ := s.face(sp, fnt)
		width += face.Width(sp.text)
	}
	ext := s.Extents(fnt)
	return width, ext.Ascent, ext.Descent
}

// Draw implements text.Handler, with the baseline where gonum's plain handler has it.
func (s script) Draw(c vg.Canvas, txt string, sty text.Style, pt vg.Point) {
	width, height, depth := s.Box(txt, sty.Font)
	c.SetColor(sty.Color)
	c.Push()
	defer c.Pop()
	c.Rotate(sty.Rotation)
	sin, cos := math.Sincos(sty.Rotation)
	x := pt.X*vg.Length(cos) + pt.Y*vg.Length(sin) + vg.Length(sty.XAlign)*width
	y := pt.Y*vg.Length(cos) - pt.X*vg.Length(sin) + vg.Length(sty.YAlign)*(height+depth) - height +
		sty.Font.Size
	for _, sp := range spans(txt) {
		face, shift := s.face(sp, sty.Font)
		c.FillString(face, vg.Point{X: x, Y: y + shift}, sp.text)
		x += face.Width(sp.text)
	}
}

// number writes v with at most that many significant digits: 0.25, −3, 1.5·10^{−7}.
func number(v float64, digits int) string {
	txt := strconv.FormatFloat(v, 'g', digits, 64)
	if !strings.Contains(txt, "e") {
		return minus(txt)
	}
	return times(decimal(txt))
}

// decimal splits a number like 1.5e-07.
func decimal(txt string) (mantissa string, exponent int) {
	mantissa, after, _ := strings.Cut(txt, "e")
	exponent, _ = strconv.Atoi(after)
	return mantissa, exponent
}

// times writes mantissa·10^k.
func times(mantissa string, k int) string {
	switch {
	case k == 0:
		return minus(mantissa)
	case mantissa == "1":
		return power(k)
	case mantissa == "-1":
		return "−" + power(k)
	}
	return minus(mantissa) + "·" + power(k)
}

// power writes 10^k.
func power(k int) string {
	switch k {
	case 0:
		return "1"
	case 1:
		return "10"
	}
	return minus(fmt.Sprintf("10^{%d}", k))
}

// minus replaces hyphens by minus signs.
func minus(txt string) string { return strings.ReplaceAll(txt, "-", "−") }
