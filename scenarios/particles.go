package scenarios

import (
	"fmt"
	"math"
	"strings"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
)

// loss is f, or log f, as a formula in the components of θ, the names that a landscape's formula
// may use, and norm = |θ|.
type loss struct {
	source    string
	logarithm bool
}

// plainly is f by a formula.
func plainly(format string, args ...any) loss { return loss{source: fmt.Sprintf(format, args...)} }

// squares writes |θ − c|², c = 0 if there is none.
func squares(components []string, center []float64) string {
	terms := make([]string, len(components))
	for k, x := range components {
		if terms[k] = x + "^2"; component(center, k) != 0 {
			terms[k] = fmt.Sprintf("(%s - %.17g)^2", x, component(center, k))
		}
	}
	return strings.Join(terms, " + ")
}

// InSpace is a landscape as particles see it: in the components of θ ∈ R^m, whatever coordinates
// describe a grid, with its first derivatives and its Laplacian.
type InSpace struct {
	Components []string // x, y, z, w, or x1, …, xm

	logarithm                  bool
	value, gradient, laplacian *formula.Program
	rings                      []*mesh.Axis // that is periodic, component by component, else nil
}

// On is the landscape on a grid, of which cartesian axes may be periodic: f is that of the point
// within their ranges, wherever a particle has come to by whole periods.
func (s *InSpace) On(g *mesh.Grid) *InSpace {
	if g.Rings() == 0 {
		return s
	}
	out := *s
	out.rings = make([]*mesh.Axis, len(g.Axes))
	for k := range g.Axes {
		if g.IsRing(k) {
			out.rings[k] = &g.Axes[k]
		}
	}
	return &out
}

// within returns points with the components of rings within their ranges.
func (s *InSpace) within(x [][]float64) [][]float64 {
	if s.rings == nil {
		return x
	}
	out := make([][]float64, len(x))
	for k, axis := range s.rings {
		if out[k] = x[k]; axis == nil {
			continue
		}
		out[k] = make([]float64, len(x[k]))
		for i, v := range x[k] {
			out[k][i] = axis.Within(v)
		}
	}
	return out
}

// ParticleComponents names the components of θ ∈ R^m.
func ParticleComponents(m int) []string {
	if names := []string{"x", "y", "z", "w"}; m <= len(names) {
		return names[:m]
	}
	names := make([]string, m)
	for k := range names {
		names[k] = fmt.Sprintf("x%d", k+1)
	}
	return names
}

// NewInSpace takes a landscape that was made for some coordinates into space. One that is known by
// its values alone has no derivatives, and is refused.
func NewInSpace(l Landscape, c mesh.Coordinates) (*InSpace, error) {
	x := ParticleComponents(c.Dimension())
	var f loss
	switch l := l.(type) {
	case *formulaLandscape:
		f = loss{source: l.String()}
	case *builtin:
		f = l.inSpace(x)
	default:
		return nil, fmt.Errorf("particles need the gradient of f, and %s is known by its values "+
			"alone: give a formula or a built-in landscape", l)
	}
	program, err := formula.CompileWith(f.source, x, namesOf(c, x))
	if err != nil {
		return nil, err
	}
	return &InSpace{Components: x, logarithm: f.logarithm, value: program,
		gradient: program.WithGradient(), laplacian: program.WithLaplacian()}, nil
}

// namesOf defines what a landscape may depend on beside the components.
func namesOf(c mesh.Coordinates, x []string) map[string]string {
	norm := func(x []string) string { return "norm(" + strings.Join(x, ", ") + ")" }
	names := map[string]string{"norm": norm(x), "r": norm(x)}
	switch c.Name() {
	case "polar":
		names["phi"] = "azimuth(x, y)"
	case "cylindrical": // r is the distance from the axis
		names["r"] = norm(x[:2])
	}
	return names
}

// Field stores f, ∂f/∂x_k and, if it is not nil, Δf, at points of the given components. Of log f =
// l they are e^l, f ∂l and f (Δl + |∇l|²), and 0 where f is.
func (s *InSpace) Field(f []float64, gradient [][]float64, laplacian []float64, x [][]float64) {
	values := append([][]float64{f}, gradient...)
	program := s.gradient
	if laplacian != nil {
		values, program = append(values, laplacian), s.laplacian
	}
	for k := range values {
		values[k] = values[k][:len(f)]
	}
	program.EvalAll(values, s.within(x))
	if !s.logarithm {
		return
	}
	for i, l := range f {
		f[i] = math.Exp(l)
	}
	for i, v := range laplacian {
		for _, slope := range gradient {
			v += slope[i] * slope[i]
		}
		laplacian[i] = times(f[i], v)
	}
	for _, slope := range gradient {
		for i, v := range slope[:len(f)] {
			slope[i] = times(f[i], v)
		}
	}
}

// times is f v, and 0 where f is, whatever v.
func times(f, v float64) float64 {
	if f == 0 {
		return 0
	}
	return f * v
}

// Values returns f at points of the given components.
func (s *InSpace) Values(x [][]float64) []float64 {
	f := make([]float64, len(x[0]))
	s.value.Eval(f, s.within(x))
	if s.logarithm {
		for i, l := range f {
			f[i] = math.Exp(l)
		}
	}
	return f
}

// MayVanish reports whether f is 0, or next to it, where it is least, or that was not found.
func (s *Scenario) MayVanish() bool {
	const next = -25 // log f, 1e-11
	_, logF, ok := s.leastPoint()
	return !ok || logF < next
}
