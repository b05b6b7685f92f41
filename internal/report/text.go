package report

import (
	"html"
	"html/template"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// number writes x with at most that many significant digits, as 0.25, −3 or 1.5·10⁻⁷; "" if it is
// not known.
func number(x float64, digits int) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return ""
	}
	text := strconv.FormatFloat(x, 'g', digits, 64)
	mantissa, exponent, scientific := strings.Cut(text, "e")
	mantissa = strings.Replace(mantissa, "-", "−", 1)
	if !scientific {
		return mantissa
	}
	k, _ := strconv.Atoi(exponent)
	raised := superscripts.Replace(strconv.Itoa(k))
	switch mantissa {
	case "1", "−1":
		return strings.TrimSuffix(mantissa, "1") + "10" + raised
	}
	return mantissa + "·10" + raised
}

var superscripts = strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
	"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹")

// known writes a number that may be null, or "unknown".
func known(x *float64, digits int) string {
	if x == nil {
		return "unknown"
	}
	return number(*x, digits)
}

// measured writes a figure down to the second digit of its ±, or without one to so many digits.
func measured(x, off *float64, digits int) string {
	if x == nil || off == nil || !(*off > 0) || *x == 0 {
		return known(x, digits)
	}
	return fixed(*x, min(max(place(*x)-place(*off)+2, 2), 15))
}

// place is that of the first digit of v ≠ 0: 10^place ≤ |v| < 10^{place+1}.
func place(v float64) int { return int(math.Floor(math.Log10(math.Abs(v)))) }

// fixed writes x with that many significant digits, zeros at the end too.
func fixed(x float64, digits int) string {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return number(x, digits)
	}
	if k := place(x); k >= -4 && k < 6 {
		return strings.Replace(strconv.FormatFloat(x, 'f', max(digits-1-k, 0), 64), "-", "−", 1)
	}
	mantissa, exponent, _ := strings.Cut(strconv.FormatFloat(x, 'e', digits-1, 64), "e")
	k, _ := strconv.Atoi(exponent)
	return strings.Replace(mantissa, "-", "−", 1) + "·10" + superscripts.Replace(strconv.Itoa(k))
}

// optional writes a number that may be null, or nothing.
func optional(x *float64, digits int) string {
	if x == nil {
		return ""
	}
	return number(*x, digits)
}

// value returns NaN for null.
func value(x *float64) float64 {
	if x == nil {
		return math.NaN()
	}
	return *x
}

// bar writes the ± of a figure: nothing beside one that is unknown.
func bar(figure, off *float64) string {
	switch {
	case figure == nil:
		return ""
	case off == nil:
		return "unknown"
	}
	return fixed(*off, 2)
}

// raised matches the scripts ^{…} and _{…} of an equation.
var raised = regexp.MustCompile(`([\^_])\{([^}]*)\}`)

// scripts is a line of an equation with its scripts raised and lowered, and everything else as
// text.
func scripts(line string) template.HTML {
	return template.HTML(raised.ReplaceAllStringFunc(html.EscapeString(line),
		func(s string) string {
			tag := "sup"
			if s[0] == '_' {
				tag = "sub"
			}
			return "<" + tag + ">" + s[2:len(s)-1] + "</" + tag + ">"
		}))
}
