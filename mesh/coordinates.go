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
	cartesian{d: len(cartesianNames)}, radial{m: 1}, polar{}, spherical{}, cylindrical{},
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
	switch c := System(name).(type) {
	case nil:
		last := len(Systems) - 1
		return nil, fmt.Errorf("unknown coordinates %q: use %s or %s",
			name, strings.Join(Systems[:last], ", "), Systems[last])
	case cartesian:
		if dimension < 1 || dimension > c.d {
			return nil, fmt.Errorf("cartesian coordinates have 1 to %d axes, got %d",
				c.d, dimension)
		}
		return cartesian{d: dimension}, nil
	case radial:
		if dimension < 1 {
			return nil, fmt.Errorf("radial coordinates need a dimension m ≥ 1, got %d", dimension)
		}
		return radial{m: dimension}, nil
	default:
		return c, nil
	}
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

// flat is the metric of the line along every axis: J = h = 1.
type flat struct{}

func (flat) LogJ(int, float64, float64) float64              { return 0 }
func (flat) LogScale(n, k int, q, logQ float64) float64      { return 0 }
func (flat) LogCell(_ int, a, b, logA, logB float64) float64 { return math.Log(b - a) }

// cartesian coordinates x, y, z, w: J = h_k = 1.
type cartesian struct {
	flat
	d int
}

var cartesianNames = []string{"x", "y", "z", "w"}

func (c cartesian) Name() string         { return "cartesian" }
func (c cartesian) Dimension() int       { return c.d }
func (c cartesian) Axes() []string       { return cartesianNames[:c.d] }
func (c cartesian) Variables() []string  { return append(slices.Clone(c.Axes()), "r") }
func (c cartesian) Components() []string { return c.Axes() }

func (c cartesian) Variable(dst []float64, name string, q [][]float64) {
	if copyAxis(dst, c, name, q) {
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
func copyAxis(dst []float64, c Coordinates, name string, q [][]float64) bool {
	k := slices.Index(c.Axes(), name)
	if k >= 0 {
		copy(dst, q[k])
	}
	return k >= 0
}

// along is the factor of the component x or y in an azimuth.
var along = map[string]func(phi float64) float64{"x": math.Cos, "y": math.Sin}

// radial functions on R^m: q = r, J = |S^{m−1}| r^{m−1}, h_r = 1. For m = 1 both half-lines are
// folded onto r ≥ 0.
type radial struct {
	flat
	m int
}

func (c radial) Name() string         { return "radial" }
func (c radial) Dimension() int       { return c.m }
func (c radial) Axes() []string       { return []string{"r"} }
func (c radial) Variables() []string  { return []string{"r"} }
func (c radial) Components() []string { return []string{"r"} }
func (c radial) Domain(int) Domain    { return radius(c.m) }

func (c radial) LogJ(_ int, _, logR float64) float64 {
	if c.m == 1 {
		return LogSphere(1)
	}
	return LogSphere(c.m) + float64(c.m-1)*logR
}

func (c radial) LogCell(_ int, _, _, logA, logB float64) float64 {
	return LogSphere(c.m) + logPowerCell(float64(c.m), logA, logB)
}

func (c radial) Variable(dst []float64, _ string, q [][]float64) { copy(dst, q[0]) }

// polar coordinates of the plane: q = (r, φ), J = r, h = (1, r).
type polar struct{ flat }

func (polar) Name() string         { return "polar" }
func (polar) Dimension() int       { return 2 }
func (polar) Axes() []string       { return []string{"r", "phi"} }
func (polar) Variables() []string  { return []string{"x", "y", "r", "phi"} }
func (polar) Components() []string { return []string{"x", "y"} }
func (polar) Domain(k int) Domain  { return [...]Domain{radius(2), azimuth}[k] }

func (polar) Formula(variable string) string {
	return map[string]string{"x": "r*cos(phi)", "y": "r*sin(phi)"}[variable]
}

func (polar) Locate(theta []float64) []float64 {
	return []float64{math.Hypot(theta[0], theta[1]), math.Atan2(theta[1], theta[0])}
}

func (polar) LogJ(k int, _, logQ float64) float64 {
	if k == 0 {
		return logQ
	}
	return 0
}

func (polar) LogScale(n, k int, _, logQ float64) float64 {
	if n == 1 && k == 0 {
		return logQ
	}
	return 0
}

func (c polar) LogCell(k int, a, b, logA, logB float64) float64 {
	if k == 0 {
		return logPowerCell(2, logA, logB)
	}
	return c.flat.LogCell(k, a, b, logA, logB)
}

func (c polar) Variable(dst []float64, name string, q [][]float64) {
	if copyAxis(dst, c, name, q) {
		return
	}
	turn := along[name]
	for i, r := range q[0] {
		dst[i] = r * turn(q[1][i])
	}
}

// spherical coordinates of space: q = (r, θ, φ), J = r² sin θ, h = (1, r, r sin θ).
type spherical struct{ flat }

func (spherical) Name() string         { return "spherical" }
func (spherical) Dimension() int       { return 3 }
func (spherical) Axes() []string       { return []string{"r", "theta", "phi"} }
func (spherical) Variables() []string  { return []string{"x", "y", "z", "r"} }
func (spherical) Components() []string { return []string{"x", "y", "z"} }
func (spherical) Domain(k int) Domain  { return [...]Domain{radius(3), polarAngle, azimuth}[k] }

func (spherical) Formula(variable string) string {
	return map[string]string{
		"x": "r*sin(theta)*cos(phi)", "y": "r*sin(theta)*sin(phi)", "z": "r*cos(theta)",
	}[variable]
}

func (spherical) Locate(theta []float64) []float64 {
	x, y, z := theta[0], theta[1], theta[2]
	axial := math.Hypot(x, y)
	return []float64{math.Hypot(axial, z), math.Atan2(axial, z), math.Atan2(y, x)}
}

func (spherical) LogJ(k int, q, logQ float64) float64 {
	switch k {
	case 0:
		return 2 * logQ
	case 1:
		return math.Log(math.Sin(q))
	}
	return 0
}

func (spherical) LogScale(n, k int, q, logQ float64) float64 {
	switch {
	case n >= 1 && k == 0:
		return logQ
	case n == 2 && k == 1:
		return math.Log(math.Sin(q))
	}
	return 0
}

func (c spherical) LogCell(k int, a, b, logA, logB float64) float64 {
	switch k {
	case 0:
		return logPowerCell(3, logA, logB)
	case 1:
		return math.Log(2 * math.Sin((a+b)/2) * math.Sin((b-a)/2))
	}
	return c.flat.LogCell(k, a, b, logA, logB)
}

func (c spherical) Variable(dst []float64, name string, q [][]float64) {
	if copyAxis(dst, c, name, q) {
		return
	}
	turn := along[name]
	for i, r := range q[0] {
		if name == "z" {
			dst[i] = r * math.Cos(q[1][i])
		} else {
			dst[i] = r * math.Sin(q[1][i]) * turn(q[2][i])
		}
	}
}

// cylindrical coordinates for axisymmetric functions on R³: q = (r, z) with r the distance from the
// axis, J = 2πr, h = (1, 1).
type cylindrical struct{ flat }

func (cylindrical) Name() string         { return "cylindrical" }
func (cylindrical) Dimension() int       { return 3 }
func (cylindrical) Axes() []string       { return []string{"r", "z"} }
func (cylindrical) Variables() []string  { return []string{"r", "z"} }
func (cylindrical) Components() []string { return []string{"r", "z"} }
func (cylindrical) Domain(k int) Domain  { return [...]Domain{radius(2), line}[k] }

func (cylindrical) LogJ(k int, _, logQ float64) float64 {
	if k == 0 {
		return math.Log(tau) + logQ
	}
	return 0
}

func (c cylindrical) LogCell(k int, a, b, logA, logB float64) float64 {
	if k == 0 {
		return math.Log(tau) + logPowerCell(2, logA, logB)
	}
	return c.flat.LogCell(k, a, b, logA, logB)
}

func (c cylindrical) Variable(dst []float64, name string, q [][]float64) {
	copyAxis(dst, c, name, q)
}
