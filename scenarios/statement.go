package scenarios

import (
	"bytes"
	"cmp"
	"errors"
	"strings"

	"fpsgd/internal/npy"
	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/scenarios/config"
)

// unnamed stands for a function that cannot be told from another.
const unnamed = "a function"

// A function of a Go program with a name and a version, by which a run of it is known again.
type (
	namedLandscape struct {
		LandscapeFunc
		names
	}
	namedDensity struct {
		DensityFunc
		names
	}
	names struct{ name, version string }
)

// String is the name and the version.
func (n names) String() string { return n.name + " " + n.version }

// complete reports whether the two are there, and can be told apart.
func (n names) complete() bool {
	return n.name != "" && n.version != "" && !strings.Contains(n.version, " ")
}

// Named gives f a name, for people, and a version, which is one word: a run of it can be gone on
// with as long as both stay. Change the version when f changes.
func (f LandscapeFunc) Named(name, version string) Landscape {
	return namedLandscape{f, names{name, version}}
}

// String implements Landscape.
func (f namedLandscape) String() string { return f.names.String() }

// Named is as LandscapeFunc.Named.
func (f DensityFunc) Named(name, version string) Initial {
	return namedDensity{f, names{name, version}}
}

// Named reports whether every function of the problem has a name and a version.
func (p *Problem) Named() bool {
	for _, part := range []any{p.Landscape, p.Initial} {
		switch part := part.(type) {
		case LandscapeFunc, DensityFunc:
			return false
		case interface{ complete() bool }:
			if !part.complete() {
				return false
			}
		}
	}
	return true
}

// Stated is Of, with a config of the problem and of how it is solved, of which time, solver and
// output are given: what a file would say, in which functions of a Go program stand by their names.
// Axes that no key describes are stated by their faces.
func Stated(p Problem, how config.Config) (*Scenario, error) {
	s, err := Of(p)
	if err != nil {
		return nil, err
	}
	p, c := s.Problem, &how
	c.Noise = config.Noise{Model: p.Noise.String(), Epsilon: p.Noise.Epsilon()}
	c.Landscape = landscapeStated(p.Landscape)
	if c.Initial, err = initialStated(p.Initial); err != nil {
		return nil, err
	}
	c.Initial.Normalize, c.Solver.Threads = !p.KeepMass, p.Threads
	c.Grid = config.Grid{
		Coordinates: p.Grid.Coordinates.Name(), Dimension: p.Grid.Coordinates.Dimension(),
		Angular: p.Angular, Flux: string(cmp.Or(p.Flux, operators.ScharfetterGummel)),
	}
	files := map[string][]byte{}
	for k := range p.Grid.Axes {
		a := axisStated(&p.Grid.Axes[k])
		if p.Grid.IsRing(k) {
			a.Ends = config.Ring
		}
		if a.Spacing == "file" {
			var b bytes.Buffer
			faces := p.Grid.Axes[k].Faces
			if err := npy.Write(&b, []int{len(faces)}, faces); err != nil {
				return nil, err
			}
			a.File = a.Name + ".npy"
			files[a.File] = b.Bytes()
		}
		c.Grid.Axes = append(c.Grid.Axes, a)
	}
	s.Config, err = config.Stated(c, files)
	return s, err
}

func landscapeStated(l Landscape) (out config.Landscape) {
	switch l := l.(type) {
	case *formulaLandscape:
		out.Formula = l.String()
	case *builtin:
		out.Builtin, out.Params = l.name, l.parameters
	default:
		out.Go = l.String()
	}
	return out
}

func initialStated(in Initial) (out config.Initial, err error) {
	switch in := in.(type) {
	case Gaussian:
		out.Kind, out.Center, out.Width = "gaussian", in.Center, in.Width
	case Invariant:
		out.Kind = "invariant"
	case Exact:
		out.Kind, out.B, out.Source, out.Age = "exact", in.B, in.Source, in.Age
	case formulaDensity:
		out.Kind, out.Formula = "formula", in.source
	case DensityFunc:
		out.Kind, out.Go = "go", unnamed
	case namedDensity:
		out.Kind, out.Go = "go", in.String()
	default:
		err = errors.New("an initial density of a file belongs to its config: run that")
	}
	return out, err
}

// axisStated describes an axis by keys or, if none do, as one whose faces are in a file.
func axisStated(a *mesh.Axis) config.Axis {
	out := config.Axis{Name: a.Name, Spacing: "file"}
	for side, end := range a.Ends {
		out.Ends[side] = end.String()
	}
	spacing, cells, centers, widths := a.Spacing()
	if spacing == "" {
		return out
	}
	out.Spacing, out.Cells, out.Centers, out.Width = spacing, cells, centers, widths
	if a.Log {
		out.LogMin, out.LogMax = a.Range()
	} else {
		out.Min, out.Max = a.Range()
	}
	return out
}

// ofGo refuses what only the Go program has that it comes from.
func ofGo(cfg *config.Config) error {
	const form = "%s is a function of a Go program, and that alone can run it (fpsgd.Run)"
	switch {
	case cfg.Landscape.Go != "":
		return cfg.Errorf("landscape.go", form, cfg.Landscape.Go)
	case cfg.Initial.Go != "":
		return cfg.Errorf("initial.go", form, cfg.Initial.Go)
	}
	return nil
}
