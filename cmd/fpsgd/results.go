package main

import (
	"errors"
	"math"

	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/solver"
)

// inResults calls do with the folder of the flag -o, or with nil if it is not given, and leaves a manifest that tells how it ended.
func inResults(f outputFlags, s *scenarios.Scenario, do func(dir *rundir.Dir) error) error {
	if f.output == "" {
		return do(nil)
	}
	inputs, err := readInputs(s.Config)
	if err != nil {
		return err
	}
	dir, err := rundir.Create(f.output, f.force)
	if err != nil {
		return refusedFolder(err)
	}
	if err := writeProblem(dir, s, inputs, ""); err != nil {
		return err
	}
	err = do(dir)
	return firstError(err, dir.SaveManifest(statusOf(err)))
}

// statusOf is the status of a run that ended with an error or nil.
func statusOf(err error) rundir.Status {
	switch {
	case errors.Is(err, solver.ErrInterrupted):
		return rundir.Interrupted
	case err != nil:
		return rundir.Failed
	}
	return rundir.Done
}

// writeProblem writes what was asked for: the manifest with what was set, the config as given, resolved for the scheme that was taken,
// and the files it names.
func writeProblem(dir *rundir.Dir, s *scenarios.Scenario, inputs []input, scheme string) error {
	m := &dir.Manifest
	m.Version, m.Coordinates, m.Epsilon = version(), s.Grid.Coordinates.Name(), s.Config.Noise.Epsilon
	m.Landscape, m.Shape, m.Dims = s.Landscape.String(), s.Grid.Shape(), s.Grid.Coordinates.Axes()
	m.Set = append(m.Set, s.Config.Sets()...)
	if err := dir.SaveManifest(rundir.Running); err != nil {
		return err
	}
	files := append([]input{
		{name: rundir.ConfigFile, content: s.Config.Source()},
		{name: rundir.ResolvedFile, content: resolved(s.Config, scheme)},
	}, inputs...)
	for _, f := range files {
		if err := dir.WriteBytes(f.name, f.content); err != nil {
			return err
		}
	}
	return nil
}

// farthestLog bounds |log q| of what is representable, with its square.
const farthestLog = 350

// writeAxes writes the midpoints and faces of every axis and, of a log axis, their logarithms; where the coordinate itself
// is not representable the logarithms only.
func writeAxes(dir *rundir.Dir, g *mesh.Grid) error {
	for k := range g.Axes {
		a := &g.Axes[k]
		if a.Log {
			held := mesh.Axis{Name: "log_" + a.Name, Faces: a.Faces}
			if err := writeAxis(dir, &held); err != nil {
				return err
			}
		}
		if !a.Log || logReach(a) < farthestLog {
			if err := writeAxis(dir, a); err != nil {
				return err
			}
		}
	}
	return nil
}

// logReach returns the largest |log q| of a log axis.
func logReach(a *mesh.Axis) float64 {
	return math.Max(math.Abs(a.Faces[0]), math.Abs(a.Faces[a.Cells()]))
}

func writeAxis(dir *rundir.Dir, a *mesh.Axis) error {
	mid := make([]float64, a.Cells())
	for i := range mid {
		mid[i] = a.Physical(a.Midpoint(i))
	}
	if err := dir.WriteArray(rundir.AxisFile(a.Name), []int{len(mid)}, mid); err != nil {
		return err
	}
	return dir.WriteArray(rundir.EdgesFile(a.Name), []int{len(a.Faces)}, physicalFaces(a))
}
