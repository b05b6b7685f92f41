package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"fpsgd/mesh"
	"fpsgd/scenarios/config"
)

// Plan is a grid for a problem whose config leaves it to the program, but for how fine it is, and
// an initial density where that is left to it as well.
//
// Let V = −log π, p = 1 + 1/ε, and g(x) be the least f over all points with the coordinate x. Along
// every axis the cells are uniform in
//
//	τ(x) = Σ_j asinh((x − c_j)/w_j),    dτ/dx = Σ_j ((x − c_j)² + w_j²)^{−1/2},
//
// one term for each minimum of f. For noise that vanishes with the loss the metric of the equation
// is dx²/f; c_j ± w_j is where g is twice its value at the minimum, so that dτ = √s dx/√g exactly
// for g = f₀ + s(x − c)², w = √(f₀/s). Where π is narrower than
// that, and for homogeneous noise, whose metric is dx², w_j is three times as far as V rises by 1.
// A radius with a core, f ~ r^a at 0, a > 0, is held as s = log r; it is uniform in s or, where
// f/r² doubles over a width w, in asinh(s/w), which is dr/√f for f = r²(1 + s²/w²). Angles are
// uniform.
//
// An end is where less than a share, a tenth of the accuracy of all ends together, of the masses of
// π and of the initial density lies beyond, and of ∫u²π, u being as the slowest mode grows, about
// linearly, or on radial grids like r². On the bounded grid the Rayleigh quotient of u is at most
// that of the whole space times 1/(1 − share), and so is the gap. Where these do not converge, the
// gap is the edge of an essential spectrum or the norm of solutions grows, the end is as far as is
// representable (within longestReach).
type Plan struct {
	config  *config.Config
	axes    []plannedAxis
	initial config.Initial
	remarks []string // on the initial density
	closing string   // the remark that explains those on the axes
}

// plannedAxis is an axis but for its cells.
type plannedAxis struct {
	config.Axis
	length float64 // in τ
	far    [2]bool // whether an end is as far as is representable
	chosen [2]bool // whether an end is, and not as far as that, and may be farther out
}

// NewPlan plans a grid, and an initial density if none is given.
func NewPlan(cfg *config.Config) (*Plan, error) {
	c, err := newChooser(cfg)
	if err != nil {
		return nil, err
	}
	if err := c.findWells(); err != nil {
		return nil, err
	}
	p := &Plan{config: cfg, initial: cfg.Initial, axes: make([]plannedAxis, len(c.Grid.Axes))}
	for k := range p.axes {
		p.axes[k] = c.grading(k)
	}
	if cfg.Initial.Kind == "auto" {
		p.initial = c.chooseInitial()
		p.remarks = append(p.remarks, initialRemark(p.initial))
	}
	c.resolveInitial(p)
	if !cfg.Automatic() {
		return p, nil
	}
	if err := c.chooseEnds(p); err != nil {
		return nil, err
	}
	for k := range p.axes {
		p.axes[k].finish()
	}
	p.closing = widthsRemark(isHomogeneous(c.Noise)) + fmt.Sprintf("; beyond ends that are not "+
		"far lies less than %.2g of π, of the slowest mode and of the initial density",
		cfg.Grid.Accuracy/10)
	return p, nil
}

// Axes are those of the plan with so many cells to a unit of τ, along every axis, an even number;
// of those whose cells are given, these.
func (p *Plan) Axes(fineness []float64) []config.Axis {
	axes := make([]config.Axis, len(p.axes))
	for k, a := range p.axes {
		axes[k] = a.Axis
		if a.Cells == 0 {
			fewest := max(4, 2*len(a.Centers)+2)
			axes[k].Cells = max(fewest, 2*int(math.Ceil(a.length*fineness[k]/2)))
		}
	}
	return axes
}

// Initial is the initial density, chosen if the config leaves it open.
func (p *Plan) Initial() config.Initial { return p.initial }

// Free reports whether the cells of an axis are to be chosen.
func (p *Plan) Free(k int) bool { return p.axes[k].Cells == 0 && p.axes[k].Spacing != "file" }

// Remarks say what was chosen, and why.
func (p *Plan) Remarks() []string {
	if p.closing == "" {
		return p.remarks
	}
	var axes []string
	for k := range p.axes {
		if p.config.Grid.Axes[k].Spacing == "auto" {
			axes = append(axes, p.axes[k].describe())
		}
	}
	return slices.Concat(axes, []string{p.closing}, p.remarks)
}

// describe says what an axis is, and why.
func (a *plannedAxis) describe() string {
	lo, hi := a.heldRange()
	name := a.Name
	if a.Spacing == "log" {
		name = "log " + name
	}
	text := fmt.Sprintf("axis %s from %.4g to %.4g, ", name, lo, hi)
	switch {
	case a.Spacing == "log" && len(a.Width) > 0:
		text += fmt.Sprintf("doubly graded, as f/r² doubles from log r = 0 to %.3g", a.Width[0])
	case a.Spacing == "log":
		text += "uniform in log r, as f falls like a power of r to 0"
	case a.Spacing == "sinh":
		var centers []string
		for j, c := range a.Centers {
			centers = append(centers, fmt.Sprintf("%.6g ± %.3g", c, a.Width[j]))
		}
		text += "fine about " + strings.Join(centers, ", ")
	default:
		text += a.Spacing
	}
	if a.far[0] || a.far[1] {
		text += "; as far as is representable or cells suffice for (four decades where f grows " +
			"slower than |θ|²), since π, or its second moment, falls too slowly for any end: the " +
			"gap may depend on the reach (fpsgd spectrum --edge extrapolates it)"
	}
	return text
}

// Far reports whether an end is as far as is representable.
func (p *Plan) Far() bool {
	return slices.ContainsFunc(p.axes, func(a plannedAxis) bool { return a.far[0] || a.far[1] })
}

// Wider is the plan with the ends that were chosen on graded axes so many times as far from the
// outermost centres: beyond what π and the slowest mode about its core ask for, f may have slower
// places. It is false where no end was.
func (p *Plan) Wider(times float64) (*Plan, bool) {
	out, any := *p, false
	out.axes = slices.Clone(p.axes)
	for k := range out.axes {
		a := &out.axes[k]
		if a.Spacing != "sinh" {
			continue
		}
		ends := [2]float64{a.Min, a.Max}
		for end := range ends {
			if a.chosen[end] {
				from := a.origin(end)
				ends[end], any = from+Rounded(times*(ends[end]-from), 2), true
			}
		}
		a.setRange(ends[0], ends[1])
		a.finish()
	}
	out.remarks = append(slices.Clone(p.remarks), fmt.Sprintf("ends are %g times as far out as π "+
		"and the slowest mode about its core ask for: with these the gap is lower", times))
	return &out, any
}

// finish fills in what follows from the grading and the ends.
func (a *plannedAxis) finish() {
	if a.Spacing == "log" {
		a.length = a.tau(a.LogMax) - a.tau(a.LogMin)
		return
	}
	a.length = a.tau(a.Max) - a.tau(a.Min)
	if a.Spacing == "uniform" {
		a.length = math.Abs(a.length)
	}
}

// tau is τ of a held coordinate.
func (a *plannedAxis) tau(held float64) float64 {
	switch {
	case a.Spacing == "log" && len(a.Width) > 0:
		return math.Asinh(held / a.Width[0])
	case a.Spacing != "sinh":
		return held
	}
	sum := 0.0
	for j, c := range a.Centers {
		sum += math.Asinh((held - c) / a.Width[j])
	}
	return sum
}

// size is dx/dτ at a held coordinate: about the cells per unit of fineness.
func (a *plannedAxis) size(held float64) float64 {
	sum := 0.0
	for j, c := range a.Centers {
		sum += 1 / math.Hypot(held-c, a.Width[j])
	}
	return 1 / sum
}

// chooser looks at a problem on a probe: a grid that spans all scales.
type chooser struct {
	*explorer
	cfg   *config.Config
	wells []well
	core  int // the axis that is held as log r, −1 if none is
}

// How far the probe reaches from 0, and its cells along every axis by the number of axes.
const probeReach = 1e6

var probeCells = []int{4000, 240, 40, 16}

// newChooser builds the probe.
func newChooser(cfg *config.Config) (*chooser, error) {
	c := &chooser{cfg: cfg, core: -1}
	if err := c.look(); err != nil {
		return nil, err
	}
	norm := mesh.NormAxis(c.Grid.Coordinates)
	if norm < 0 || isHomogeneous(c.Noise) || cfg.Grid.Axes[norm].Spacing != "auto" ||
		!cfg.Grid.Axes[norm].Unset[0] || !c.hasCore(norm) {
		return c, nil
	}
	c.core = norm
	return c, c.look()
}

// look states the problem on the probe.
func (c *chooser) look() error {
	p := Problem{Noise: newNoise(c.cfg.Noise.Model, c.cfg.Noise.Epsilon),
		Angular: c.cfg.Grid.Angular, Threads: c.cfg.Solver.Threads}
	axes := make([]mesh.Axis, len(c.cfg.Grid.Axes))
	system, err := mesh.NewCoordinates(c.cfg.Grid.Coordinates,
		cmp.Or(c.cfg.Grid.Dimension, len(axes)))
	if err != nil {
		return c.cfg.Errorf("grid.coordinates", "%v", err)
	}
	for k := range axes {
		if axes[k], err = c.probeAxis(k, len(axes)); err != nil {
			return err
		}
	}
	if p.Grid, err = mesh.NewGrid(system, axes); err != nil {
		return c.cfg.Errorf("grid.axes", "%v", err)
	}
	if p.Landscape, err = newLandscape(c.cfg, p.Grid); err != nil {
		return err
	}
	if key, err := p.checkSeams(); err != nil {
		return c.cfg.Errorf(cmp.Or(key, landscapeKey(c.cfg)), "%v", err)
	}
	c.explorer = newExplorer(prepared(p, c.cfg))
	return nil
}

// probeAxis is an axis of the probe.
func (c *chooser) probeAxis(k, axes int) (mesh.Axis, error) {
	a := &c.cfg.Grid.Axes[k]
	if a.Spacing != "auto" {
		return newAxis(c.cfg, k)
	}
	n, domain := probeCells[axes-1], mesh.DomainOf(mesh.System(c.cfg.Grid.Coordinates), k)
	lo, hi := -probeReach, probeReach
	if domain.HalfLine() {
		lo = 0
	}
	if !a.Unset[0] {
		lo = a.Min
	}
	if !a.Unset[1] {
		hi = a.Max
	}
	switch {
	case !(lo < hi):
		return mesh.Axis{}, c.cfg.Errorf(axisKey(k), "the end that is given, of [%g, %g], is "+
			"beyond where minima of f are looked for (give both, or spacing and cells)", lo, hi)
	case k == c.core:
		return mesh.Log(a.Name, n, -coreReach, math.Log(hi), 1)
	case domain.Bounded():
		return mesh.Uniform(a.Name, max(8, n/4), lo, hi)
	}
	axis, err := mesh.Sinh(a.Name, n, lo, hi, []float64{0}, []float64{1})
	if a.Periodic() {
		axis, err = mesh.Uniform(a.Name, n, lo, hi)
		axis.Periodic = true
	}
	return axis, err
}

// coreReach is how far the probe reaches towards a core, in log r.
const coreReach = 300.0

// hasCore reports whether f goes like a power of r to 0 at the origin.
func (c *chooser) hasCore(norm int) bool {
	const steps, least = 4, 0.05
	var v []float64
	for i := range steps {
		at := make([]float64, len(c.Grid.Axes))
		for k := range at {
			lo, hi := c.Grid.Axes[k].Range()
			at[k] = lo + (hi-lo)*0.37
		}
		at[norm] = math.Pow(10, float64(-10*(i+1)))
		v = append(v, c.at(at)) // log π = −p log f
	}
	p := 1 + 1/c.Noise.Epsilon()
	for i := range steps - 1 {
		if slope := (v[i+1] - v[i]) / (10 * math.Ln10 * p); !(slope > least) {
			return false
		}
	}
	return true
}

// potential returns V = −log π at points, +∞ where f is no loss; with a core the V of f/r².
func (c *chooser) potential(held [][]float64) []float64 {
	values := c.logPi(held)
	p := 1 + 1/c.Noise.Epsilon()
	for i, v := range values {
		if values[i] = -v; math.IsNaN(v) {
			values[i] = math.Inf(1)
		} else if c.core >= 0 {
			values[i] -= 2 * p * held[c.core][i]
		}
	}
	return values
}

// Rounded keeps so many digits of a number, as decimals have them.
func Rounded(v float64, digits int) float64 {
	return math.Copysign(rounded(math.Abs(v), digits), v)
}

// rounded keeps so many digits of a positive number.
func rounded(v float64, digits int) float64 {
	if !(v > 0) || math.IsInf(v, 0) {
		return v
	}
	var out float64
	fmt.Sscan(fmt.Sprintf("%.*e", digits-1, v), &out)
	return out
}

// snapped rounds a place to a hundredth of a width, to a power of ten.
func snapped(q, width float64) float64 {
	unit := math.Pow(10, math.Floor(math.Log10(width))-2)
	if r := math.Round(q/unit) * unit; unit > 0 && !math.IsInf(r, 0) && !math.IsNaN(r) {
		var out float64
		fmt.Sscan(fmt.Sprintf("%.12g", r), &out)
		return out + 0
	}
	return q
}
