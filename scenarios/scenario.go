package scenarios

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"fpsgd/internal/npy"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/operators/elementary"
	"fpsgd/scenarios/config"
	"fpsgd/scenarios/exact"
)

// Problem is an equation on a grid, with the density that it starts from.
type Problem struct {
	Name      string // for people
	Landscape Landscape
	Noise     Noise
	Grid      *mesh.Grid
	Initial   Initial        // nil: the invariant density
	KeepMass  bool           // the initial density is not scaled to mass 1
	Flux      operators.Flux // "": Scharfetter–Gummel
	Angular   int            // l of the modes r^l Y_l on a radial grid, for spectra
	Threads   int            // 0: all cores; results do not depend on it

	// For the work on the whole grid: whether Assemble keeps what Means need, which else integrate
	// once more; who is told of the cells done, from several goroutines at once, if anybody; and
	// who is asked before a grid of so many cells is assembled, if anybody.
	Centroids bool
	Progress  func(part string, done, total int)
	Allow     func(cells int) error
}

// Scenario is a problem with what is known about it in closed form, ready to be assembled.
type Scenario struct {
	Problem
	Config  *config.Config // that the problem comes from; nil if it was stated in Go
	Weights operators.Weights
	Known   Known
	Exact   exact.Solution // the solution in closed form, nil if unknown
	NoExact error          // why an Exact initial density has none to start from; else nil
	Remarks []string       // what a user must know of the initial state, once it is made

	MeanError float64 // estimate of the largest error of Means at t = 0, once these were called

	form        form   // f in its closed form, nil if it has none
	centred     bool   // f is a function of |θ| alone
	proof       string // why π is integrable or not, where f is no closed form
	searched    *Search
	searchError error
}

// New builds what a config asks for. An error names the config's key. That the solution in closed
// form which initial.kind = "exact" asks for does not exist is no error here but in Start: what
// does not start from the initial density does without.
func New(cfg *config.Config) (*Scenario, error) {
	if err := ofGo(cfg); err != nil {
		return nil, err
	}
	p, err := fromConfig(cfg)
	switch {
	case err != nil:
		return nil, err
	case cfg.Ensemble.Dimension > 0:
		return &Scenario{Problem: p, Config: cfg, Known: unknown()}, nil
	}
	if key, err := p.checkSeams(); err != nil {
		return nil, cfg.Errorf(cmp.Or(key, landscapeKey(cfg)), "%v", err)
	}
	return prepared(p, cfg), nil
}

// Of is New of a problem that is stated in Go.
func Of(p Problem) (*Scenario, error) {
	switch {
	case p.Landscape == nil:
		return nil, errors.New("a problem needs a landscape, and Landscape is nil")
	case isNil(p.Landscape):
		return nil, errors.New("the function of the landscape is nil")
	case p.Noise == nil:
		return nil, errors.New("a problem needs a noise, such as ML(0.25), and Noise is nil")
	case p.Grid == nil:
		return nil, errors.New("a problem needs a grid (fpsgd.Cartesian, mesh.NewGrid), and Grid " +
			"is nil")
	case !(p.Noise.Epsilon() > 0) || math.IsInf(p.Noise.Epsilon(), 0):
		return nil, fmt.Errorf("ε = %g must be positive and finite", p.Noise.Epsilon())
	}
	if p.Initial == nil {
		p.Initial = Invariant{}
	}
	if err := p.knowsCoordinates(); err != nil {
		return nil, err
	}
	if err := p.checkInitial(); err != nil {
		return nil, fmt.Errorf("Initial: %w", err)
	}
	if _, err := p.checkSeams(); err != nil {
		return nil, fmt.Errorf("Landscape: %w", err)
	}
	return prepared(p, nil), nil
}

// knowsCoordinates reports what needs to know more of a coordinate system than the metric of one
// that is not built in tells.
func (p *Problem) knowsCoordinates() error {
	if _, mapped := p.Grid.Coordinates.(mesh.Mapped); mapped || mesh.Separable(p.Grid.Coordinates) {
		return nil
	}
	const form = "%s of coordinates of one's own, %q, is to be a function: give a %s"
	switch p.Landscape.(type) {
	case *formulaLandscape, *builtin:
		return fmt.Errorf(form, "a landscape", p.Grid.Coordinates.Name(), "LandscapeFunc")
	}
	switch p.Initial.(type) {
	case Gaussian, Exact:
		return fmt.Errorf(form, "an initial density",
			p.Grid.Coordinates.Name(), "DensityFunc, or Invariant")
	}
	return nil
}

// checkInitial reports what of the initial density does not suit the grid.
func (p *Problem) checkInitial() error {
	switch in := p.Initial.(type) {
	case DensityFunc:
		if in == nil {
			return errors.New("the function is nil")
		}
	case namedDensity:
		return (&Problem{Initial: in.DensityFunc}).checkInitial()
	case Gaussian:
		if n, axes := len(in.Center), len(p.Grid.Axes); n != axes {
			return fmt.Errorf("the centre has %d numbers, and the grid %d axes", n, axes)
		}
		const most = 1e150 // whose square is a number
		if !(in.Width >= 1/most && in.Width <= most) {
			return fmt.Errorf("the width %g must be from %g to %g", in.Width, 1/most, most)
		}
		if i := slices.IndexFunc(in.Center, func(c float64) bool {
			return !(math.Abs(c) <= most)
		}); i >= 0 {
			return fmt.Errorf("the centre %g must be within ±%g", in.Center[i], most)
		}
	}
	return nil
}

// prepared adds to a problem what is known about it.
func prepared(p Problem, cfg *config.Config) *Scenario {
	s := &Scenario{Problem: p, Config: cfg, Known: unknown(), Weights: p.Noise.Weights(p.Landscape)}
	switch l := p.Landscape.(type) {
	case *formulaLandscape:
		s.form = recognise(l, p.Grid)
	case *builtin:
		s.form = l.form
	}
	ofSpace := p.Grid.Rings() == 0
	if !ofSpace {
		s.form = nil // what is known of it is for R^m
	}
	if q, ok := s.form.(*quadraticForm); !ok || q.f.Center == nil {
		s.centred = true
	}
	if s.form != nil {
		s.Known = s.form.known(p.Noise, p.Grid.Coordinates, p.Angular)
	}
	if s.Known.Integrable == nil && ofSpace {
		s.Known.Integrable, s.proof = prove(p.Landscape, p.Noise, p.Grid.Coordinates)
	}
	if e, ok := p.Initial.(Exact); ok {
		s.Exact, s.NoExact = s.solution(e)
	}
	return s
}

// Errorf is an error of a key of the config, or of the field of a problem that it stands for.
func (s *Scenario) Errorf(key, format string, args ...any) error {
	if s.Config != nil {
		return s.Config.Errorf(key, format, args...)
	}
	return fmt.Errorf(key+": "+format, args...)
}

// fromConfig states the problem of a config.
func fromConfig(cfg *config.Config) (p Problem, err error) {
	p = Problem{
		Name: cfg.Name, Noise: newNoise(cfg.Noise.Model, cfg.Noise.Epsilon),
		KeepMass: !cfg.Initial.Normalize,
		Flux:     operators.Flux(cfg.Grid.Flux), Angular: cfg.Grid.Angular,
		Threads: cfg.Solver.Threads,
	}
	if p.Grid, err = newGrid(cfg); err != nil {
		return p, err
	}
	if p.Landscape, err = newLandscape(cfg, p.Grid); err != nil {
		return p, err
	}
	p.Initial = newInitial(cfg)
	return p, nil
}

// newGrid builds the mesh of a config, without axes for particles in a space without a grid.
func newGrid(cfg *config.Config) (*mesh.Grid, error) {
	if m := cfg.Ensemble.Dimension; m > 0 {
		return &mesh.Grid{Coordinates: mesh.Space(ParticleComponents(m))}, nil
	}
	dimension := cmp.Or(cfg.Grid.Dimension, len(cfg.Grid.Axes))
	c, err := mesh.NewCoordinates(cfg.Grid.Coordinates, dimension)
	if err != nil {
		return nil, cfg.Errorf("grid.coordinates", "%v", err)
	}
	axes := make([]mesh.Axis, len(cfg.Grid.Axes))
	for k := range axes {
		if axes[k], err = newAxis(cfg, k); err != nil {
			return nil, err
		}
	}
	g, err := mesh.NewGrid(c, axes)
	if err != nil {
		return nil, cfg.Errorf("grid.axes", "%v", err)
	}
	return g, nil
}

func newAxis(cfg *config.Config, k int) (mesh.Axis, error) {
	a := &cfg.Grid.Axes[k]
	var axis mesh.Axis
	var err error
	key := axisKey(k)
	switch a.Spacing {
	case "auto":
		return axis, cfg.Errorf(key+".spacing",
			"\"auto\" is still to be chosen (fpsgd.Settle does)")
	case "sinh":
		axis, err = mesh.Sinh(a.Name, a.Cells, a.Min, a.Max, a.Centers, a.Width)
	case "log":
		width := 0.0
		if len(a.Width) > 0 {
			width = a.Width[0]
		}
		axis, err = mesh.Log(a.Name, a.Cells, a.LogMin, a.LogMax, width)
	case "file":
		axis, err = axisFromFile(cfg, a)
		key += ".file"
	default:
		axis, err = mesh.Uniform(a.Name, a.Cells, a.Min, a.Max)
	}
	if err != nil {
		return axis, cfg.Errorf(key, "%v", err)
	}
	for side, name := range a.Ends {
		if name == "open" {
			axis.Ends[side] = mesh.Open
		}
	}
	axis.Periodic = a.Periodic()
	return axis, nil
}

// axisFromFile reads the faces of an axis.
func axisFromFile(cfg *config.Config, a *config.Axis) (mesh.Axis, error) {
	shape, faces, err := readArray(cfg, a.File, mostFaces)
	switch {
	case err != nil:
		return mesh.Axis{}, err
	case len(shape) != 1:
		return mesh.Axis{}, fmt.Errorf("%s: the array has %d dimensions (give the faces of the "+
			"axis in order, one dimension)", a.File, len(shape))
	}
	for i, q := range faces {
		if i > 0 && q <= faces[i-1] {
			return mesh.Axis{}, fmt.Errorf("%s: faces must ascend, but face %d = %.17g does not "+
				"exceed face %d = %.17g (sort them, each once)", a.File, i, q, i-1, faces[i-1])
		}
	}
	axis, err := mesh.FromFaces(a.Name, faces)
	if err != nil {
		return axis, fmt.Errorf("%s: %w", a.File, err)
	}
	return axis, nil
}

// mostElement is the size of the largest number in an array, complex256 left aside, and mostHeader
// that of all before the numbers.
const (
	mostElement = 16
	mostHeader  = 1 << 20
)

// mostFaces bounds the axis in a file.
const mostFaces = 1 << 24

// readArray reads an array of at most so many numbers, and tells of a file that is not there where
// it was looked for.
func readArray(cfg *config.Config, path string, numbers int) (
	shape []int, data []float64, err error) {
	content, err := cfg.ReadFile(path, mostHeader+mostElement*int64(numbers))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("there is no file %s (write it with np.save; a name is relative to the "+
			"folder of the config)", path)
	}
	if err != nil {
		return nil, nil, err
	}
	if shape, data, err = npy.Decode(content); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return shape, data, err
}

func axisKey(k int) string { return "grid.axes." + string(rune('0'+k)) }

// newLandscape builds f.
func newLandscape(cfg *config.Config, g *mesh.Grid) (f Landscape, err error) {
	switch l := cfg.Landscape; {
	case l.Formula != "":
		f, err = Formula(l.Formula, g.Coordinates)
	case l.Builtin != "":
		f, err = BuiltinLandscape(l.Builtin, l.Params, g.Coordinates)
	default:
		f, err = readLandscape(cfg, g)
	}
	if of, ok := errors.AsType[parameterError](err); ok {
		return nil, cfg.Errorf("landscape."+of.key, "%v", of.error)
	}
	if err != nil {
		return nil, cfg.Errorf(landscapeKey(cfg), "%v", err)
	}
	return f, nil
}

// landscapeKey is the key that gives f.
func landscapeKey(cfg *config.Config) string {
	switch {
	case cfg == nil:
		return "landscape"
	case cfg.Landscape.Formula != "":
		return "landscape.formula"
	case cfg.Landscape.Builtin != "":
		return "landscape.builtin"
	case cfg.Landscape.Go != "":
		return "landscape.go"
	}
	return "landscape.file"
}

func (s *Scenario) landscapeError(err error) error {
	return s.Errorf(landscapeKey(s.Config), "%v", err)
}

// solution builds the solution in closed form that an initial density asks for.
func (s *Scenario) solution(in Exact) (exact.Solution, error) {
	if s.form == nil {
		return nil, s.Errorf("initial.kind", "no closed-form solution is known for f = %s (use "+
			"another kind)", s.Landscape)
	}
	solution, err := s.form.solution(s.Noise, s.Grid.Coordinates, in)
	switch {
	case err != nil && in.B != nil:
		return nil, s.Errorf("initial.b", "%v", err)
	case err != nil:
		return nil, s.Errorf("initial.source", "%v", err)
	}
	return solution, nil
}

// Assemble builds the operator on the grid.
func (s *Scenario) Assemble() (*operators.Operator, error) { return s.AssembleCoarser(nil) }

// AssembleCoarser is Assemble on a grid of larger cells than one on which the problem has been
// assembled; nil: none.
func (s *Scenario) AssembleCoarser(finer *operators.Finer) (*operators.Operator, error) {
	if s.Allow != nil {
		if err := s.Allow(s.Grid.Cells()); err != nil {
			return nil, err
		}
	}
	found, err := s.Searched()
	if err != nil {
		return nil, s.landscapeError(err)
	}
	op, err := operators.Assemble(s.Grid, s.Weights, operators.Options{
		Flux: s.Flux, Angular: s.Angular, Threads: s.Threads,
		Centroids: s.Centroids && s.cartesianAxes(), Features: found.Features,
		Finer: finer, Progress: s.progress("assembly"),
	})
	if err != nil {
		if errors.As(err, new(landscapeError)) {
			return nil, s.landscapeError(err)
		}
		return nil, s.Errorf("grid", "%v", err)
	}
	if err := s.judge(found, op); err != nil {
		return nil, s.landscapeError(err)
	}
	return op, nil
}

// progress returns a function that tells Progress of a part of the work, nil if nobody is told.
func (s *Scenario) progress(part string) operators.Progress {
	if s.Progress == nil {
		return nil
	}
	return func(done, total int) { s.Progress(part, done, total) }
}

// LandscapeValues returns f at the cell midpoints; +Inf where it is not representable.
func (s *Scenario) LandscapeValues() ([]float64, error) {
	f := make([]float64, s.Grid.Cells())
	err := operators.AtMidpoints(f, s.Grid, s.Threads, func(dst []float64, p *mesh.Points) error {
		if err := s.Landscape.LogF(dst, p); err != nil {
			return err
		}
		elementary.Exp(dst, dst, 1, 0)
		return nil
	})
	if err != nil {
		return nil, s.landscapeError(err)
	}
	return f, nil
}
