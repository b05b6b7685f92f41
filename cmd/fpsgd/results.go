package main

import (
	"errors"
	"fmt"
	"math"
	"os"
	"strings"

	"fpsgd/internal/program"
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
	dir, err := createResults(f.output, f.force, s)
	if err != nil {
		return err
	}
	defer dir.Close()
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
	m.Coordinates, m.Epsilon = s.Grid.Coordinates.Name(), s.Config.Noise.Epsilon
	m.Landscape, m.Shape, m.Dims = s.Landscape.String(), s.Grid.Shape(), s.Grid.Coordinates.Axes()
	m.Set = append([]string{}, s.Config.Sets()...)
	if err := dir.SaveManifest(rundir.Running); err != nil {
		return err
	}
	return writeRequest(dir, s, inputs, scheme)
}

// createResults makes a folder for the results of the command that runs.
func createResults(folder string, force bool, s *scenarios.Scenario) (*rundir.Dir, error) {
	dir, err := rundir.Create(folder, force, inputPaths(s)...)
	if err != nil {
		return nil, refusedFolder(err)
	}
	self, err := program.Self()
	if err != nil {
		dir.Close()
		return nil, err
	}
	dir.Manifest.Version, dir.Manifest.Executable = self.Version, self.Executable
	if len(os.Args) > 1 {
		dir.Manifest.Command = os.Args[1]
	}
	if left := dir.Left(); len(left) > 0 {
		fmt.Fprintf(os.Stderr, "%s: left alone, as no files of the run that was replaced: %s\n", folder, strings.Join(quoted(left), ", "))
	}
	return dir, nil
}

// quoted returns names for a terminal, of many the first.
func quoted(names []string) []string {
	const shown = 10
	var out []string
	for _, name := range names[:min(shown, len(names))] {
		out = append(out, rundir.Quote(name))
	}
	if more := len(names) - shown; more > 0 {
		out = append(out, fmt.Sprintf("and %d more", more))
	}
	return out
}

// writeRequest writes the config as given, resolved for the scheme that was taken, and the files that it names.
func writeRequest(dir *rundir.Dir, s *scenarios.Scenario, inputs []input, scheme string) error {
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
