package plots

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"gonum.org/v1/plot/font"
	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// script is a handler of one-line texts in which ^{…} raises what is inside and _{…} lowers it, as
// in "10^{−3}".
type script struct{ text.Plain }

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
		at := marked.FindStringIndex(txt)
		if at == nil {
			return append(out, span{txt, 0})
		}
		if at[0] > 0 {
			out = append(out, span{txt[:at[0]], 0})
		}
		level := +1
		if txt[at[0]] == '_' {
			level = -1
		}
		out = append(out, span{strings.TrimSuffix(txt[at[0]+2:at[1]], "}"), level})
		txt = txt[at[1]:]
	}
	return out
}

// marked matches a script with its braces.
var marked = regexp.MustCompile(`[\^_]\{[^}]*\}?`)

// face returns the face of a span and the height of its baseline above the text's.
func (s script) face(sp span, fnt font.Font) (font.Face, vg.Length) {
	switch sp.level {
	case +1:
		return s.Fonts.Lookup(fnt, scriptSize*fnt.Size), rise * fnt.Size
	case -1:
		return s.Fonts.Lookup(fnt, scriptSize*fnt.Size), -drop * fnt.Size
	}
	return s.Fonts.Lookup(fnt, fnt.Size), 0
}

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
