package formula

import (
	"math"
	"strings"
	"testing"
)

// Sets hold the points that they are read to hold, and φ is the distance where it is said to be.
func TestSets(t *testing.T) {
	vars := []string{"x", "y", "r"}
	for src, inside := range map[string]func(x, y float64) bool{
		"x < -0.9":             func(x, y float64) bool { return x < -0.9 },
		"-1 < x <= 0.5":        func(x, y float64) bool { return -1 < x && x < 0.5 },
		"x > 0 and y >= x^2":   func(x, y float64) bool { return x > 0 && y > x*x },
		"x > 0 or not (y > x)": func(x, y float64) bool { return x > 0 || y < x },
		"!(x > 0) && r < 1": func(x, y float64) bool {
			return x < 0 && math.Hypot(x, y) < 1
		},
		"ball(0.5, -0.25; 0.75)": func(x, y float64) bool {
			return math.Hypot(x-.5, y+.25) < .75
		},
		"ball(1, 0; 1/2) || x < -1": func(x, y float64) bool {
			return math.Hypot(x-1, y) < .5 || x < -1
		},
		"box(-1, -0.5; 0, max(x,1))": func(x, y float64) bool {
			return -1 < x && x < 0 && -0.5 < y && y < math.Max(x, 1)
		},
	} {
		p, err := CompileSet(src, vars, vars[:2])
		if err != nil {
			t.Errorf("%s: %v", src, err)
			continue
		}
		for i := range 400 {
			x, y := -2+4*float64(i%20)/19.3, -2+4*float64(i/20)/19.7
			var level [1]float64
			p.Eval(level[:], [][]float64{{x}, {y}, {math.Hypot(x, y)}})
			if (level[0] < 0) != inside(x, y) {
				t.Errorf("%s: φ(%g, %g) = %g", src, x, y, level[0])
			}
		}
	}
}

// What is no set is refused with a word on what to write.
func TestNoSets(t *testing.T) {
	for src, word := range map[string]string{
		"x":                    "a set is a comparison",
		"":                     "empty",
		"x + 1 and y < 2":      "makes no set",
		"x == 1":               "makes no set",
		"not x < 1":            "", // not (x < 1), or refused: never (not x) < 1
		"ball(1; 2)":           "semicolon",
		"ball(1, 2)":           "ball takes",
		"box(1, 2; 3)":         "box takes",
		"x < z":                "unknown name",
		"x < 1; y < 2":         "semicolon",
		"x < 1 ? 1 : 2":        "not allowed",
		"(x < 1) + 2 < 3":      "not allowed",
		"x <":                  "ends here",
		"ball(0, 0; 1) < 2":    "unknown function",
		"x < 1 // and y < 2":   "not an operator",
		"max(x < 1, 2) > 0":    "not allowed",
		"x < 1 and y < 2 or 3": "a set is a comparison",
	} {
		_, err := CompileSet(src, []string{"x", "y"}, []string{"x", "y"})
		if word == "" && err == nil {
			continue
		}
		if err == nil || !strings.Contains(err.Error(), word) {
			t.Errorf("%q: %v, want %q", src, err, word)
		}
	}
}
