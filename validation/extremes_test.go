package validation

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"fpsgd"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios"

	"pgregory.net/rapid"
)

// logLandscape is f = e^g, g a function of the components of θ.
type logLandscape func(theta []float64) float64

func (g logLandscape) String() string { return "e^g" }

func (g logLandscape) LogF(dst []float64, p *mesh.Points) error {
	components := p.Grid().Coordinates.Components()
	theta := make([]float64, len(components))
	for i := range dst {
		for k, name := range components {
			theta[k] = p.Var(name)[i]
		}
		dst[i] = g(theta)
	}
	return nil
}

// shapes are functions on [−10, 10] with values in [−1, 1], the profiles of log f.
var shapes = map[string]func(x float64) float64{
	"step":   math.Tanh,
	"well":   func(x float64) float64 { return 1 - 2/(1+x*x) },
	"hill":   func(x float64) float64 { return 2/(1+x*x) - 1 },
	"waves":  math.Sin,
	"linear": func(x float64) float64 { return x / 10 },
}

// square is the grid on [−10, 10]^d.
type square struct {
	cells []int
	sinh  bool
}

func (s square) grid() (*mesh.Grid, error) {
	axes := make([]fpsgd.Division, len(s.cells))
	for k, n := range s.cells {
		if axes[k] = fpsgd.Uniform(n, -10, 10); s.sinh {
			axes[k] = graded(n, -10, 10)
		}
	}
	return fpsgd.Cartesian(axes...)
}

// logger is what testing.T and rapid.T have in common here.
type logger interface {
	Logf(format string, args ...any)
}

// advice is what a refusal must say: which cells, and how many of them on which axis would do.
var advice = regexp.MustCompile(`cells? \([^)]*\).*: use at least (\d+) cells on axis (\w+)`)

// checkExtreme claims that an operator is assembled in sound numbers, or refused with a grid on
// which it is. On d axes the advice may have to be followed d times.
func checkExtreme(t logger, s square, g logLandscape, epsilon float64) error {
	for range len(s.cells) + 1 {
		grid, err := s.grid()
		if err != nil {
			return err
		}
		op, err := operators.Assemble(grid, scenarios.MLWeights{Landscape: g, Epsilon: epsilon},
			operators.Options{})
		if err == nil {
			return checkOperator(op)
		}
		found := advice.FindStringSubmatch(err.Error())
		if found == nil {
			return fmt.Errorf("%v cells: refused without a grid that would do: %w", s.cells, err)
		}
		t.Logf("%v cells: %v", s.cells, err)
		for k := range grid.Axes {
			if grid.Axes[k].Name == found[2] {
				s.cells[k], _ = strconv.Atoi(found[1])
			}
		}
	}
	return errors.New("the grids that refusals ask for are refused in turn")
}

// steepest returns the largest total variation of a profile over one cell of an axis, from samples
// that resolve the profile.
func steepest(a *mesh.Axis, profile func(x float64) float64) float64 {
	const samples = 32
	most := 0.0
	for i := range a.Cells() {
		lo, h := a.Faces[i], (a.Faces[i+1]-a.Faces[i])/samples
		variation := 0.0
		for k := range samples {
			variation += math.Abs(profile(lo+h*float64(k+1)) - profile(lo+h*float64(k)))
		}
		most = math.Max(most, variation)
	}
	return most
}

// log f lies between −690 and 300: f from 1e-300 to 1e130, beyond which the rates ε f/h² leave the
// range of a solver.
const (
	logMiddle = -195.0
	logRadius = 495.0
)

// mostChange is the largest variation of log π over a cell whose mass is still found: see
// TestUnresolvedCellsAreRefused. Where log π is not monotone, mostBarrier keeps the exchange across
// a barrier of two half cells representable: see TestUnresolvedBarriersAreRefused.
const (
	mostChange  = 1000.0
	mostBarrier = 350.0
)

// With f from 1e-300 to 1e130 on one grid.
func TestExtremeLandscapes(t *testing.T) {
	for name, profile := range shapes {
		for _, epsilon := range []float64{1e-3, 1e-2, 1, 1e2, 1e3} {
			t.Run(fmt.Sprintf("%s/ε=%g", name, epsilon), func(t *testing.T) {
				if epsilon < 1e-2 { // 10 000 and more cells
					long(t)
				}
				fine := required[*mesh.Grid](t)(square{cells: []int{1000}}.grid())
				// of log π over a cell
				change := (1 + 1/epsilon) * logRadius * steepest(&fine.Axes[0], profile)
				for _, wanted := range []float64{600, mostChange} {
					n := max(20, int(1000*change/wanted))
					report(t, checkExtreme(t, square{cells: []int{n}},
						func(x []float64) float64 { return logMiddle + logRadius*profile(x[0]) },
						epsilon))
				}
			})
		}
	}
}

func TestRandomExtremes(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		d := rapid.IntRange(1, 2).Draw(r, "d")
		s := square{sinh: rapid.Bool().Draw(r, "sinh")}
		epsilon := math.Pow(10, rapid.Float64Range(-3, 3).Draw(r, "log10 ε"))
		stretch := rapid.Float64Range(0.1, 1).Draw(r, "stretch")
		profiles, most := make([]func(float64) float64, d), mostChange
		for k := range d {
			s.cells = append(s.cells, rapid.IntRange(5, []int{0, 400, 25}[d]).Draw(r, "cells"))
			name := rapid.SampledFrom(slices.Sorted(maps.Keys(shapes))).Draw(r, "shape")
			shape := shapes[name]
			if name != "linear" && name != "step" {
				most = mostBarrier
			}
			profiles[k] = func(x float64) float64 { return shape(stretch*x) / float64(d) }
		}
		grid := required[*mesh.Grid](t)(s.grid())
		change := 0.0
		for k := range grid.Axes {
			change += (1 + 1/epsilon) * steepest(&grid.Axes[k], profiles[k])
		}
		radius := math.Min(logRadius, rapid.Float64Range(0, most).Draw(r,
			"change of log π over a cell")/change)
		g := func(x []float64) float64 {
			sum := logMiddle
			for k := range x {
				sum += radius * profiles[k](x[k])
			}
			return sum
		}
		if err := checkExtreme(r, s, g, epsilon); err != nil {
			r.Fatal(err)
		}
	})
}

// Where f reaches 1e300 no grid brings the rates ε f/h² into range, and the refusal says that
// instead.
func TestRatesOutOfRangeAreRefused(t *testing.T) {
	for name, profile := range shapes {
		for _, epsilon := range []float64{1, 1e2, 1e3} {
			grid := required[*mesh.Grid](t)(square{cells: []int{2000}}.grid())
			g := logLandscape(func(x []float64) float64 { return 690 * profile(x[0]) })
			_, err := operators.Assemble(grid, scenarios.MLWeights{Landscape: g, Epsilon: epsilon},
				operators.Options{})
			if err == nil || !strings.HasPrefix(err.Error(), "cells (") ||
				!strings.Contains(err.Error(), "the rates of the equation, of the size e^") {
				t.Errorf("%s, ε = %g: %v", name, epsilon, err)
			}
		}
	}
}

// Over a cell that log π varies by more than about 1500 in, the equation is not resolved, and the
// refusal should name the grid that would do.
func TestUnresolvedCellsAreRefused(t *testing.T) {
	slope := func(x []float64) float64 { return 10 * x[0] }
	// log π varies by 2e3 … 2e5 over each of 100 cells
	for _, epsilon := range []float64{1e-3, 1e-4, 1e-5} {
		t.Run(fmt.Sprintf("ε=%g", epsilon), func(t *testing.T) {
			if epsilon < 1e-4 {
				long(t)
			}
			report(t, checkExtreme(t, square{cells: []int{100}}, slope, epsilon))
		})
	}
}

// Two cells of equal mass with a barrier of e^2000 between them: more cells resolve it.
func TestUnresolvedBarriersAreRefused(t *testing.T) {
	barrier := func(x []float64) float64 { return 2 / (1 + x[0]*x[0]) }
	report(t, checkExtreme(t, square{cells: []int{2}}, barrier, 1e-3))
}

// Where rates are out of range on every grid, a coarse one should be refused for that, not for its
// cells.
func TestAdviceIsNotGivenInVain(t *testing.T) {
	err := checkExtreme(t, square{cells: []int{100}},
		func(x []float64) float64 { return 690 * math.Tanh(x[0]) }, 1)
	if err == nil || !strings.Contains(err.Error(), "the rates of the equation, of the size e^") {
		t.Errorf("refused, if at all, for another reason: %v", err)
	}
}
