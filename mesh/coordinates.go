package mesh

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Coordinates is a system of orthogonal coordinates q on R^m (or a part of it) with scale factors
// h_n and volume factor J = ∏ h_k (times the measure of whatever symmetry has been integrated out,
// so that ∫J dq is the volume in R^m). Both must be products of functions of one coordinate each,
//
//	log J = Σ_k LogJ(k, q_k),    log h_n = Σ_k LogScale(n, k, q_k),
//
// which holds for every system used in practice but the bispherical ones. What else is known of a
// system it tells by being Curvilinear and Mapped.
//
// The methods that take a coordinate take its logarithm beside it, since on a logarithmic axis q
// itself may not be representable.
type Coordinates interface {
	Name() string
	Dimension() int       // m
	Axes() []string       // names of the coordinates
	Variables() []string  // names of what a landscape may depend on
	Components() []string // the variables whose squares add up to |θ|²

	LogJ(k int, q, logQ float64) float64
	LogScale(n, k int, q, logQ float64) float64

	// LogCell returns log ∫_a^b J_k dq.
	LogCell(k int, a, b, logA, logB float64) float64

	// Variable stores a variable at points whose coordinates are q[k][·].
	Variable(dst []float64, name string, q [][]float64)
}

// Curvilinear coordinates have domains other than the whole line.
type Curvilinear interface {
	Domain(k int) Domain
}

// Mapped coordinates are others than the components of θ, and know the map θ(q) and its inverse.
type Mapped interface {
	// Formula writes a variable that is no axis as a formula in the coordinates.
	Formula(variable string) string
	// Locate returns the coordinates of the point with the components θ.
	Locate(theta []float64) []float64
}

// Systems lists the names of the coordinate systems.
var Systems []string

// systems are the coordinate systems known by name; cartesian ones have at most these axes.
var systems = []Coordinates{
	cartesian(len(cartesianNames)), radial(1),
	&angular{system{name: "polar", dimension: 2, axes: []string{"r", "phi"},
		variables: []string{"x", "y", "r", "phi"}, components: []string{"x", "y"},
		domains: []Domain{radius(2), azimuth}}, map[string][]turn{"x": {cos}, "y": {sin}}},
	&angular{system{name: "spherical", dimension: 3, axes: []string{"r", "theta", "phi"},
		variables: []string{"x", "y", "z", "r"}, components: []string{"x", "y", "z"},
		domains: []Domain{radius(3), polarAngle, azimuth}},
		map[string][]turn{"x": {sin, cos}, "y": {sin, sin}, "z": {cos}}},
	// for axisymmetric functions on R³, r the distance from the axis
	&system{name: "cylindrical", dimension: 3, axes: cylinder, variables: cylinder,
		components: cylinder, domains: []Domain{radius(2), line}, symmetry: math.Log(tau)},
}

var (
	cartesianNames = []string{"x", "y", "z", "w"}
	cylinder       = []string{"r", "z"}
)

// cartesian coordinates x, y, z, w, or the first of them.
func cartesian(d int) *system {
	names := cartesianNames[:d:d]
	return &system{name: "cartesian", dimension: d, axes: names, variables: append(names, "r"),
		components: names, domains: slices.Repeat([]Domain{line}, d)}
}

// radial functions on R^m: q = r. For m = 1 both half-lines are folded onto r ≥ 0.
func radial(m int) *system {
	r := []string{"r"}
	return &system{name: "radial", dimension: m, axes: r, variables: r, components: r,
		domains: []Domain{radius(m)}, symmetry: LogSphere(m)}
}

func init() {
	for _, c := range systems {
		Systems = append(Systems, c.Name())
	}
}

// System returns the coordinate system of a name, a cartesian one with all axes that it may have
// and a radial one of any dimension; nil if there is none.
func System(name string) Coordinates {
	if i := slices.Index(Systems, name); i >= 0 {
		return systems[i]
	}
	return nil
}

// NewCoordinates returns the system of that name. The dimension counts the axes of a cartesian
// system and is m for a radial one; the others know theirs.
func NewCoordinates(name string, dimension int) (Coordinates, error) {
	c := System(name)
	switch most := len(cartesianNames); {
	case c == nil:
		last := len(Systems) - 1
		return nil, fmt.Errorf("unknown coordinates %q: use %s or %s",
			name, strings.Join(Systems[:last], ", "), Systems[last])
	case name == "cartesian" && (dimension < 1 || dimension > most):
		return nil, fmt.Errorf("cartesian coordinates have 1 to %d axes, got %d", most, dimension)
	case name == "cartesian":
		return cartesian(dimension), nil
	case name == "radial" && dimension < 1:
		return nil, fmt.Errorf("radial coordinates need a dimension m ≥ 1, got %d", dimension)
	case name == "radial":
		return radial(dimension), nil
	}
	return c, nil
}

// Space is R^m without axes, for what needs nothing but the components of θ, of these names.
func Space(components []string) Coordinates {
	m := len(components)
	return &system{name: "space", dimension: m, variables: append(slices.Clip(components), "r"),
		components: components}
}

// LogSphere returns log |S^{m−1}|, the area of the unit sphere of R^m: |S^{m−1}| = 2
// π^{m/2}/Γ(m/2).
func LogSphere(m int) float64 {
	lg, _ := math.Lgamma(float64(m) / 2)
	return math.Log(2) + float64(m)/2*math.Log(math.Pi) - lg
}

// logPowerCell returns log ∫_a^b q^{m−1} dq = log((b^m − a^m)/m) without cancellation or overflow.
func logPowerCell(m, logA, logB float64) float64 {
	return m*logB + math.Log(-math.Expm1(-m*(logB-logA))) - math.Log(m)
}

// system is a coordinate system whose metric follows from the domains of its coordinates: of the
// norm r of n components J has r^{n−1}, of a polar angle θ it has sin θ, and of others 1; h of an
// angle is the radius of its circle, the product of r and the sines before it, and 1 of others.
type system struct {
	name                        string
	dimension                   int
	axes, variables, components []string
	domains                     []Domain
	symmetry                    float64 // log of the measure that has been integrated out, with r
}

func (c *system) Name() string         { return c.name }
func (c *system) Dimension() int       { return c.dimension }
func (c *system) Axes() []string       { return c.axes }
func (c *system) Variables() []string  { return c.variables }
func (c *system) Components() []string { return c.components }
func (c *system) Domain(k int) Domain  { return c.domains[k] }

func (c *system) LogJ(k int, q, logQ float64) float64 {
	switch d := &c.domains[k]; {
	case d.NormOf == 1: // where log 0 is no factor
		return c.symmetry
	case d.NormOf > 1:
		return c.symmetry + float64(d.NormOf-1)*logQ
	case *d == polarAngle:
		return math.Log(math.Sin(q))
	}
	return 0
}

func (c *system) LogScale(n, k int, q, logQ float64) float64 {
	switch d := &c.domains[k]; {
	case n <= k || !c.domains[n].Bounded():
		return 0
	case d.NormOf > 0:
		return logQ
	case *d == polarAngle:
		return math.Log(math.Sin(q))
	}
	return 0
}

func (c *system) LogCell(k int, a, b, logA, logB float64) float64 {
	switch d := &c.domains[k]; {
	case d.NormOf > 0:
		return c.symmetry + logPowerCell(float64(d.NormOf), logA, logB)
	case *d == polarAngle:
		return math.Log(2 * math.Sin((a+b)/2) * math.Sin((b-a)/2))
	}
	return math.Log(b - a)
}

// Variable stores a coordinate, or the norm of all.
func (c *system) Variable(dst []float64, name string, q [][]float64) {
	if c.copyAxis(dst, name, q) {
		return
	}
	for i := range dst {
		norm := 0.0
		for _, x := range q {
			norm = math.Hypot(norm, x[i])
		}
		dst[i] = norm
	}
}

// copyAxis stores a variable that is a coordinate, and reports whether it is.
func (c *system) copyAxis(dst []float64, name string, q [][]float64) bool {
	k := slices.Index(c.axes, name)
	if k >= 0 {
		copy(dst, q[k])
	}
	return k >= 0
}

// turn is a factor of a component of θ that depends on an angle.
type turn struct {
	name string // in a formula
	of   func(angle float64) float64
}

var sin, cos = turn{"sin", math.Sin}, turn{"cos", math.Cos}

// angular coordinates are r and one angle or two: polar ones of the plane, q = (r, φ), J = r,
// h = (1, r), and spherical ones of space, q = (r, θ, φ), J = r² sin θ, h = (1, r, r sin θ). A
// component is r times a turn by each angle, from the first on.
type angular struct {
	system
	turns map[string][]turn
}

func (c *angular) Formula(variable string) string {
	text := "r"
	for k, t := range c.turns[variable] {
		text += "*" + t.name + "(" + c.axes[k+1] + ")"
	}
	return text
}

func (c *angular) Locate(theta []float64) []float64 {
	r, phi := math.Hypot(theta[0], theta[1]), math.Atan2(theta[1], theta[0])
	if c.dimension == 2 {
		return []float64{r, phi}
	}
	return []float64{math.Hypot(r, theta[2]), math.Atan2(r, theta[2]), phi}
}

func (c *angular) Variable(dst []float64, name string, q [][]float64) {
	if c.copyAxis(dst, name, q) {
		return
	}
	copy(dst, q[0])
	for k, t := range c.turns[name] {
		for i, angle := range q[k+1] {
			dst[i] *= t.of(angle)
		}
	}
}
