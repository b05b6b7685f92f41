package fpsgd

import (
	"fmt"
	"regexp"
	"strings"

	"fpsgd/mesh"
)

// equationText is the line below the title of a figure: ε, the noise, the space and f.
func equationText(s *Scenario) string {
	space := strings.ReplaceAll(raised.ReplaceAllString(s.Space(), "^{$1}"), "^{1}", "")
	if c := s.Grid.Coordinates; !mesh.Cartesian(c) && len(c.Axes()) > 0 {
		space += ", " + c.Name()
	}
	loss := s.Landscape.String()
	if s.Config.Landscape.File == "" {
		loss = typeset(loss)
	}
	return fmt.Sprintf("ε = %.6g · %s · %s · f = %s", s.Noise.Epsilon(), s.Noise.Text(), space,
		loss)
}

// raised is an exponent of a formula: a number, a name, or what is in parentheses without others
// inside.
var raised = regexp.MustCompile(`\s*\^\s*(-?[0-9.]+|[a-z]+|\([^()]*\))`)

// circle is the constant π in a formula.
var circle = regexp.MustCompile(`\bpi\b`)

// decimal is a number with an exponent, as 1e-11.
var decimal = regexp.MustCompile(`(\d)[eE]\+?(-?\d+)`)

// typeset writes a formula for a figure: exponents raised, products and differences with signs.
func typeset(formula string) string {
	formula = circle.ReplaceAllString(formula, "π")
	formula = decimal.ReplaceAllString(formula, "$1·10^$2")
	formula = raised.ReplaceAllString(formula, "^{$1}")
	return strings.NewReplacer("*", "·", "-", "−").Replace(formula)
}
