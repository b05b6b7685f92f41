package main

import (
	"fmt"
	"regexp"
	"strings"

	"fpsgd/mesh"
	"fpsgd/scenarios"
)

// equation is the line below the title of a figure: ε, the noise, the space and f.
func equation(s *scenarios.Scenario) string {
	cfg := s.Config
	noise := "ML noise ε f"
	if cfg.Noise.Model == "homogeneous" {
		noise = "homogeneous noise ε"
	}
	space := "R"
	if m := s.Grid.Coordinates.Dimension(); m > 1 {
		space = fmt.Sprintf("R^{%d}", m)
	}
	if c := s.Grid.Coordinates; !mesh.Cartesian(c) {
		space += ", " + c.Name()
	}
	loss := s.Landscape.String()
	if cfg.Landscape.File == "" {
		loss = typeset(loss)
	}
	return fmt.Sprintf("ε = %.6g · %s · %s · f = %s", cfg.Noise.Epsilon, noise, space, loss)
}

// raised is an exponent of a formula: a number, a name, or what is in parentheses without others inside.
var raised = regexp.MustCompile(`\s*\^\s*(-?[0-9.]+|[a-z]+|\([^()]*\))`)

// circle is the constant π in a formula.
var circle = regexp.MustCompile(`\bpi\b`)

// decimal is a number with an exponent, as 1e-11.
var decimal = regexp.MustCompile(`(\d)[eE]\+?(-?\d+)`)

// typeset writes a formula for a figure: exponents raised, products and differences with their signs.
func typeset(formula string) string {
	formula = circle.ReplaceAllString(formula, "π")
	formula = decimal.ReplaceAllString(formula, "$1·10^$2")
	formula = raised.ReplaceAllString(formula, "^{$1}")
	return strings.NewReplacer("*", "·", "-", "−").Replace(formula)
}
