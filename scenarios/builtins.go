package scenarios

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/exact"

	"gonum.org/v1/gonum/floats"
)

// Parameter is one parameter of a built-in landscape.
type Parameter struct {
	Name    string
	Default []float64 // nil: must be given
	Doc     string
	Check   func(v []float64) error
}

// parameters are the values of parameters by their names.
type parameters map[string][]float64

// Builtin is a landscape known by name.
type Builtin struct {
	Name, Formula, Doc string
	Parameters         []Parameter
	build              func(v parameters, c mesh.Coordinates) (*builtin, error)
	cartesian          bool // whether it needs cartesian coordinates
}

// builtin is an instance: log f as a function of the point.
type builtin struct {
	text string
	logF func(dst []float64, p *mesh.Points)
	form form // its closed forms, nil if none

	inSpace func(components []string) loss // what particles see

	minima     func(g *mesh.Grid) [][]float64 // the minimisers, or enough of them; nil: none
	polynomial *formula.Program               // f as a polynomial, nil if it is none

	name       string // of Builtins, with the parameters that were given
	parameters parameters
}

func (b *builtin) String() string { return b.text }

func (b *builtin) LogF(dst []float64, p *mesh.Points) error {
	b.logF(dst, p)
	for i, l := range dst {
		if math.IsNaN(l) || math.IsInf(l, 1) {
			return landscapeError{fmt.Errorf("f = %g at %s; f must be finite on the grid: "+
				"change its parameters or the grid", math.Exp(l), at(p, i))}
		}
	}
	return nil
}

// What a parameter may be.
var (
	positive    = numbers(1, "one positive number", func(v float64) bool { return v > 0 })
	twoPositive = numbers(2, "two positive numbers", func(v float64) bool { return v > 0 })
	notNegative = numbers(1, "one number ≥ 0", func(v float64) bool { return v >= 0 })
	share       = numbers(1, "one number between 0 and 1",
		func(v float64) bool { return v > 0 && v < 1 })
)

func numbers(n int, what string, are func(v float64) bool) func(v []float64) error {
	return func(v []float64) error {
		if len(v) != n || slices.ContainsFunc(v, func(v float64) bool { return !are(v) }) {
			return fmt.Errorf("must be %s, got %v", what, v)
		}
		return nil
	}
}

// Builtins lists the landscapes known by name.
var Builtins = []Builtin{
	{
		Name: "quadratic", Formula: "floor + scale |θ − center|²",
		Doc: "closed forms for everything: rates, normalisation, polynomial and Student solutions",
		Parameters: []Parameter{
			{"floor", []float64{1}, "f at the minimum", notNegative},
			{"scale", []float64{1}, "half the curvature", positive},
			{"center", []float64{0}, "the minimum: one number per component, or 0", nil},
		},
		build: buildQuadratic,
	},
	{
		Name: "power", Formula: "|θ|^exponent", Doc: "exponent 2 is geometric Brownian motion: " +
			"no invariant density",
		Parameters: []Parameter{{"exponent", nil, "the power", positive}},
		build:      buildPower,
	},
	{
		Name: "log-singular", Formula: "|θ|² (1 + log²|θ|)",
		Doc: "the mildest integrable minimum at the critical noise 1 + 1/ε = m/2; closed " +
			"forms there",
		build: buildLogSingular,
	},
	{
		Name: "log-singular-pair", Formula: "(p φ(|θ−θ₁|)^{−m/2} + (1−p) " +
			"φ(|θ−θ₂|)^{−m/2})^{−2/m}, φ(r) = r²(1 + log² r)",
		Doc: "two log-singular minima that share the invariant mass as p : 1 − p",
		Parameters: []Parameter{
			{"p", []float64{0.5}, "the share of θ₁ = +separation/2 on the axis", share},
			{"separation", []float64{2}, "the distance of the minima", positive},
		},
		build: buildLogSingularPair,
	},
	{
		Name: "double-well", Formula: "(x² − 1)² g(x) + |θ⊥|²/2, g > 0 bounded, g(0) = depth",
		Doc: "two minima at x = ±1 of given curvatures with a barrier of height depth at 0",
		Parameters: []Parameter{
			{"depth", []float64{1}, "f(0)", positive},
			{"curvatures", []float64{8, 8}, "f″ at x = −1 and at x = 1", twoPositive},
			{"floor", []float64{0}, "added to f", notNegative},
		},
		build: buildDoubleWell, cartesian: true,
	},
	{
		Name: "ring", Formula: "floor + (ϱ² − radius²)²/(4 radius²) + |rest|², ϱ the distance " +
			"from the axis",
		Doc: "a circle of minimisers",
		Parameters: []Parameter{
			{"radius", []float64{1}, "of the circle", positive},
			{"floor", []float64{0}, "f on the circle", notNegative},
		},
		build: buildRing,
	},
	{
		Name: "cross-entropy", Formula: "log(1 + e^{−x}) + |θ⊥|²/2",
		Doc:   "no minimiser: f → 0 as x → ∞",
		build: buildCrossEntropy, cartesian: true,
	},
}

// parameterError is an error of the key of [landscape] that names a landscape or gives a parameter.
type parameterError struct {
	key string
	error
}

func (e parameterError) Error() string { return e.key + ": " + e.error.Error() }

// BuiltinLandscape is the landscape of a name (Builtins) in a coordinate system. Parameters that
// are not given have their defaults.
func BuiltinLandscape(name string, parameters map[string][]float64, c mesh.Coordinates) (
	Landscape, error) {
	i := slices.IndexFunc(Builtins, func(b Builtin) bool { return b.Name == name })
	if i < 0 {
		var names []string
		for _, b := range Builtins {
			names = append(names, b.Name)
		}
		return nil, parameterError{"builtin",
			fmt.Errorf("unknown landscape %q (use one of %s)", name, strings.Join(names, ", "))}
	}
	v, err := Builtins[i].values(parameters)
	if err != nil {
		return nil, err
	}
	if Builtins[i].cartesian && !mesh.Cartesian(c) {
		return nil, parameterError{"builtin", fmt.Errorf(
			"this landscape needs cartesian coordinates, not %s", c.Name())}
	}
	b, err := Builtins[i].build(v, c)
	if err != nil {
		return nil, parameterError{"builtin", err}
	}
	b.name, b.parameters = name, parameters
	return b, nil
}

// values returns the parameters with their defaults, checked.
func (b *Builtin) values(given parameters) (parameters, error) {
	out := parameters{}
	var known []string
	for _, p := range b.Parameters {
		known = append(known, p.Name)
		v, ok := given[p.Name]
		if !ok {
			v = p.Default
		}
		if v == nil {
			return nil, parameterError{"builtin",
				fmt.Errorf("%s needs the parameter %s, %s", b.Name, p.Name, p.Doc)}
		}
		if p.Check != nil {
			if err := p.Check(v); err != nil {
				return nil, parameterError{p.Name, fmt.Errorf("%w (%s)", err, p.Doc)}
			}
		}
		out[p.Name] = v
	}
	for _, name := range slices.Sorted(maps.Keys(given)) {
		if _, ok := out[name]; !ok {
			return nil, parameterError{name, fmt.Errorf("%s has no such parameter (it has: %s)",
				b.Name, strings.Join(known, ", "))}
		}
	}
	return out, nil
}

// distance2 stores |θ − c|², with c one number per component, or the origin.
func distance2(dst []float64, p *mesh.Points, center []float64) {
	clear(dst)
	for k, name := range p.Grid().Coordinates.Components() {
		c := component(center, k)
		for i, x := range p.Var(name) {
			dst[i] += (x - c) * (x - c)
		}
	}
}

// component returns component k of a point, nil or (0) for the origin.
func component(center []float64, k int) float64 {
	if isOrigin(center) {
		return 0
	}
	return center[k]
}

// logQuadratic stores log(a + b|θ − c|²), the sum formed by logarithms where it is not
// representable.
func logQuadratic(dst []float64, p *mesh.Points, f exact.Quadratic) {
	const smallest, largest = 1e-290, 1e290
	logFloor, logScale := math.Log(f.Floor), math.Log(f.Scale)
	if isOrigin(f.Center) && mesh.NormAxis(p.Grid().Coordinates) >= 0 {
		floor, square := make([]float64, len(dst)), make([]float64, len(dst))
		for i, l := range p.LogNorm() {
			floor[i], square[i] = logFloor, logScale+2*l
		}
		elementary.LogAdds(dst, floor, square)
		return
	}
	distance2(dst, p, f.Center)
	var extreme []int
	for i, r2 := range dst {
		if dst[i] = f.Floor + f.Scale*r2; !(dst[i] > smallest && dst[i] < largest) {
			extreme = append(extreme, i)
		}
	}
	elementary.Log(dst, dst)
	for _, i := range extreme {
		dst[i] = elementary.LogAdd(logFloor, logScale+2*math.Log(distance(p, i, f.Center)))
	}
}

// distance returns |θ − c| of point i.
func distance(p *mesh.Points, i int, center []float64) float64 {
	r := 0.0
	for k, name := range p.Grid().Coordinates.Components() {
		r = math.Hypot(r, p.Var(name)[i]-component(center, k))
	}
	return r
}

func isOrigin(center []float64) bool {
	return !slices.ContainsFunc(center, func(c float64) bool { return c != 0 })
}

func buildQuadratic(v parameters, c mesh.Coordinates) (*builtin, error) {
	center := v["center"]
	n := len(c.Components())
	if len(center) != n && !(len(center) == 1 && center[0] == 0) {
		return nil, fmt.Errorf("center needs %d numbers %v, got %v", n, c.Components(), center)
	}
	if !isOrigin(center) && mesh.Radial(c) {
		return nil, fmt.Errorf("in radial coordinates center must be 0, got %v", center)
	}
	for k, name := range c.Components() {
		if component(center, k) != 0 && mesh.NormOf(c, k) > 0 {
			return nil, fmt.Errorf("in %s coordinates center must lie on the axis %s = 0, got %v",
				c.Name(), name, center)
		}
	}
	f := exact.Quadratic{Floor: v["floor"][0], Scale: v["scale"][0]}
	if !isOrigin(center) {
		f.Center = center
	}
	minimum := make([]float64, n)
	copy(minimum, f.Center)
	b := &builtin{text: quadraticText(f), form: &quadraticForm{f: f}, minima: atPoints(minimum),
		inSpace: func(x []string) loss {
			return plainly("%.17g + %.17g*(%s)", f.Floor, f.Scale, squares(x, f.Center))
		}}
	b.logF = func(dst []float64, p *mesh.Points) { logQuadratic(dst, p, f) }
	return b, nil
}

func quadraticText(f exact.Quadratic) string {
	distance := "|θ|²"
	if f.Center != nil {
		distance = fmt.Sprintf("|θ − %v|²", f.Center)
	}
	if f.Scale != 1 {
		distance = fmt.Sprintf("%g %s", f.Scale, distance)
	}
	if f.Floor == 0 {
		return distance
	}
	return fmt.Sprintf("%g + %s", f.Floor, distance)
}

// logPhi returns log φ, φ = r²(1 + log² r), at s = log r; −Inf at r = 0.
func logPhi(s float64) float64 {
	if math.IsInf(s, -1) {
		return s
	}
	return 2*s + math.Log1p(s*s)
}

// logPhis stores log φ(r) in place of log r².
func logPhis(logR2 []float64) {
	ones := make([]float64, len(logR2))
	for i, l := range logR2 {
		ones[i] = 1 + l*l/4
	}
	elementary.Log(ones, ones)
	for i, l := range logR2 {
		if !math.IsInf(l, -1) {
			logR2[i] = l + ones[i]
		}
	}
}

// ofNorm is f as a function of |θ| with the only minimum 0, by logarithms; logarithm is log f as a
// formula in |θ|.
func ofNorm(c mesh.Coordinates, text, logarithm string,
	logF func(logNorm float64) float64) *builtin {
	return &builtin{
		inSpace: func([]string) loss { return loss{logarithm, true} },
		text:    text, minima: atPoints(make([]float64, len(c.Components()))),
		logF: func(dst []float64, p *mesh.Points) {
			for i, l := range p.LogNorm() {
				dst[i] = logF(l)
			}
		}}
}

func buildPower(v parameters, c mesh.Coordinates) (*builtin, error) {
	exponent := v["exponent"][0]
	b := ofNorm(c, fmt.Sprintf("|θ|^%g", exponent), fmt.Sprintf("%.17g*log(norm)", exponent),
		func(l float64) float64 { return exponent * l })
	if exponent == 2 {
		b.form = &quadraticForm{f: exact.Quadratic{Floor: 0, Scale: 1}}
	}
	return b, nil
}

func buildLogSingular(_ parameters, c mesh.Coordinates) (*builtin, error) {
	b := ofNorm(c, "|θ|² (1 + log²|θ|)", "2*log(norm) + log(1 + log(norm)^2)", logPhi)
	b.form = &logSingularForm{}
	return b, nil
}

func buildCrossEntropy(_ parameters, c mesh.Coordinates) (*builtin, error) {
	const inSpace = "max(-x, 0) + log(1 + exp(-abs(x)))"
	b := firstComponent(c, "log(1 + e^{−x})", inSpace, func(x float64) float64 {
		if x > 40 { // log(1+y) = y to rounding
			return -x
		}
		return math.Log(math.Log1p(math.Exp(-x)))
	})
	b.form = vanishingForm{}
	return b, nil
}

func buildLogSingularPair(v parameters, c mesh.Coordinates) (*builtin, error) {
	share, half := v["p"][0], v["separation"][0]/2
	n := len(c.Components())
	along := 0
	for along < n && mesh.NormOf(c, along) > 0 {
		along++
	}
	if along == n {
		return nil, errors.New(
			"two minima are not radial: use cylindrical or cartesian coordinates")
	}
	theta1, theta2 := make([]float64, n), make([]float64, n)
	theta1[along], theta2[along] = half, -half
	power := float64(c.Dimension()) / 2
	text := fmt.Sprintf(
		"(%g φ(|θ−θ₁|)^{−%g} + %g φ(|θ−θ₂|)^{−%g})^{−1/%g}, φ(r) = r²(1 + log² r), θ = ±%g",
		share, power, 1-share, power, power, half)
	b := &builtin{text: text, form: &logSingularForm{pair: true}, minima: atPoints(theta1, theta2)}
	b.inSpace = func(x []string) loss {
		phi := func(at float64) string {
			center := make([]float64, len(x))
			center[min(along, len(x)-1)] = at
			if n < len(x) { // the axis of cylindrical coordinates is the last one
				center = append(make([]float64, len(x)-1), at)
			}
			square := squares(x, center)
			return fmt.Sprintf("((%s)*(1 + log(%s)^2/4))^(-%.17g)", square, square, power)
		}
		return loss{fmt.Sprintf("-log(%.17g*%s + %.17g*%s)/%.17g", share, phi(half), 1-share,
			phi(-half), power), true}
	}
	b.logF = func(dst []float64, p *mesh.Points) {
		first, second := make([]float64, len(dst)), make([]float64, len(dst))
		weigh := func(dst []float64, share float64, center []float64) {
			logQuadratic(dst, p, exact.Quadratic{Scale: 1, Center: center})
			logPhis(dst)
			logShare := math.Log(share)
			for i, l := range dst {
				dst[i] = logShare - power*l
			}
		}
		weigh(first, share, theta1)
		weigh(second, 1-share, theta2)
		elementary.LogAdds(dst, first, second)
		floats.Scale(-1/power, dst)
	}
	return b, nil
}

// buildDoubleWell takes g = exp(a + b t + c t²) with t = 2x/(1 + x²), so that t(±1) = ±1, t(0) = 0
// and g is bounded; f″(±1) = 8 g(±1).
func buildDoubleWell(v parameters, c mesh.Coordinates) (*builtin, error) {
	depth, left, right, floor := v["depth"][0], v["curvatures"][0], v["curvatures"][1],
		v["floor"][0]
	a, b := math.Log(depth), math.Log(right/left)/2
	q := math.Log(left*right/64)/2 - a
	text := fmt.Sprintf("double well, f(0) = %g, f″(∓1) = %g, %g", depth+floor, left, right)
	inSpace := fmt.Sprintf("%.17g + (x^2 - 1)^2*exp(%.17g + %.17g*(2*x/(1 + x^2)) + "+
		"%.17g*(2*x/(1 + x^2))^2)", floor, a, b, q)
	l := firstComponent(c, text, inSpace, func(x float64) float64 {
		t := 2 * x / (1 + x*x)
		well := 2*math.Log(math.Abs(x*x-1)) + a + b*t + q*t*t
		return elementary.LogAdd(well, math.Log(floor))
	})
	lower, upper := make([]float64, len(c.Components())), make([]float64, len(c.Components()))
	lower[0], upper[0] = -1, 1
	l.minima = atPoints(lower, upper)
	return l, nil
}

// firstComponent returns f(x) + |θ⊥|²/2 for log f given as a function of the first component of
// cartesian coordinates, and f as a formula in it.
func firstComponent(c mesh.Coordinates, text, inSpace string,
	logF func(x float64) float64) *builtin {
	names := c.Components()
	if len(names) > 1 {
		text += " + |θ⊥|²/2"
	}
	sum := func(x []string) loss {
		if len(x) == 1 {
			return loss{source: inSpace}
		}
		return plainly("%s + (%s)/2", inSpace, squares(x[1:], nil))
	}
	return &builtin{text: text, inSpace: sum, logF: func(dst []float64, p *mesh.Points) {
		along, rest := make([]float64, len(dst)), make([]float64, len(dst))
		for i, x := range p.Var(names[0]) {
			along[i] = logF(x)
		}
		for _, name := range names[1:] {
			for i, y := range p.Var(name) {
				rest[i] += y * y / 2
			}
		}
		elementary.Log(rest, rest)
		elementary.LogAdds(dst, along, rest)
	}}
}

func buildRing(v parameters, c mesh.Coordinates) (*builtin, error) {
	radius, floor := v["radius"][0], v["floor"][0]
	components := c.Components()
	inPlane := 2
	if mesh.NormOf(c, 0) > 0 {
		inPlane = 1
	}
	text := fmt.Sprintf("%g + (ϱ² − %g)²/%g", floor, radius*radius, 4*radius*radius)
	polynomial, err := ringPolynomial(c, inPlane, radius, floor)
	if err != nil {
		return nil, err
	}
	b := &builtin{text: text, minima: onCircle(radius), polynomial: polynomial}
	b.inSpace = func(x []string) loss {
		circle := plainly("%.17g + (%s - %.17g)^2/%.17g", floor, squares(x[:min(2, len(x))], nil),
			radius*radius, 4*radius*radius)
		if len(x) > 2 {
			circle.source += " + " + squares(x[2:], nil)
		}
		return circle
	}
	b.logF = func(dst []float64, p *mesh.Points) {
		clear(dst) // ϱ²
		rest := make([]float64, len(dst))
		for k, name := range components {
			squares := rest
			if k < inPlane {
				squares = dst
			}
			for i, x := range p.Var(name) {
				squares[i] += x * x
			}
		}
		for i, plane := range dst {
			d := (plane - radius*radius) / (2 * radius)
			dst[i] = floor + d*d + rest[i]
		}
		elementary.Log(dst, dst)
	}
	return b, nil
}

// ringPolynomial writes the ring as a formula.
func ringPolynomial(c mesh.Coordinates, inPlane int, radius, floor float64) (
	*formula.Program, error) {
	var squares []string
	for _, name := range c.Components() {
		squares = append(squares, name+"^2")
	}
	inPlane = min(inPlane, len(squares))
	terms := []string{
		fmt.Sprintf("%.17g", floor),
		fmt.Sprintf("(%s - %.17g)^2/%.17g", strings.Join(squares[:inPlane], " + "),
			radius*radius, 4*radius*radius),
	}
	return formula.Compile(strings.Join(append(terms, squares[inPlane:]...), " + "), c.Variables())
}

// atPoints returns the given points for any grid.
func atPoints(theta ...[]float64) func(g *mesh.Grid) [][]float64 {
	return func(*mesh.Grid) [][]float64 { return theta }
}

// onCircle returns points of the circle of a radius around the axis, or the one that stands for it:
// where the azimuth is a coordinate one in each of its cells, else as many as show whether the grid
// resolves it.
func onCircle(radius float64) func(g *mesh.Grid) [][]float64 {
	return func(g *mesh.Grid) [][]float64 {
		n, last := len(g.Coordinates.Components()), len(g.Axes)-1
		at := make([]float64, n)
		if at[0] = radius; n == 1 || mesh.NormOf(g.Coordinates, 0) > 0 {
			return [][]float64{at}
		}
		places := 64
		azimuth := func(i int) float64 { return 2 * math.Pi * (float64(i) + 0.5) / float64(places) }
		if mesh.DomainOf(g.Coordinates, last).Periodic {
			places, azimuth = g.Axes[last].Cells(), g.Axes[last].Midpoint
		}
		var points [][]float64
		for i := range places {
			x := make([]float64, n)
			x[0], x[1] = radius*math.Cos(azimuth(i)), radius*math.Sin(azimuth(i))
			points = append(points, x)
		}
		return points
	}
}
