package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"slices"
	"strings"

	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// inResults calls do with the folder of the flag -o, or with nil if it is not given, and leaves a manifest that tells how it ended. With
// --resume, where the results are there already, it tells so instead, and complete is true.
func inResults(stdout io.Writer, f outputFlags, s *scenarios.Scenario, do func(dir *rundir.Dir) error) (complete bool, err error) {
	if f.output == "" {
		return false, do(nil)
	}
	inputs, err := readInputs(s.Config)
	if err != nil {
		return false, err
	}
	dir, err := openResults(f, s, inputs)
	if err != nil {
		return false, err
	}
	defer dir.Close()
	if dir.Manifest.Status == rundir.Done {
		return true, showComplete(stdout, dir, dir.Manifest.Command+".json", f.json)
	}
	dir.Manifest.Options = f.options
	if err := writeProblem(dir, s, inputs, ""); err != nil {
		return false, err
	}
	err = do(dir)
	return false, firstError(err, dir.SaveManifest(statusOf(err)))
}

// openResults is createResults, or with --resume what there is of the same request: all of it, or nothing but its folder.
func openResults(f outputFlags, s *scenarios.Scenario, inputs []input) (*rundir.Dir, error) {
	if !f.resume {
		return createResults(f.output, f.force, s)
	}
	dir, err := rundir.Open(f.output)
	if errors.Is(err, fs.ErrNotExist) {
		return createResults(f.output, false, s)
	}
	var held *rundir.HeldError
	switch {
	case errors.As(err, &held):
		return nil, err
	case err != nil:
		return nil, badRequest{fmt.Errorf("there is nothing to resume: %w", err)}
	}
	open.add(dir)
	if err = sameRequest(dir, f, s, inputs); err != nil {
		err = badRequest{fmt.Errorf("%s cannot be resumed: %w (use --force to start anew, or another -o)", f.output, err)}
	} else if dir.Manifest.Status != rundir.Done {
		if err = dir.Restart(); err == nil {
			err = describe(dir)
		}
	}
	if err != nil {
		dir.Close()
		return nil, err
	}
	return dir, nil
}

// sameRequest holds what is asked for against what is in a folder, as far as that is known.
func sameRequest(dir *rundir.Dir, f outputFlags, s *scenarios.Scenario, inputs []input) error {
	m := &dir.Manifest
	if c := commandName(); m.Command != "" && m.Command != c {
		return fmt.Errorf("it holds the results of fpsgd %s, and this is %s", m.Command, c)
	}
	if m.Status != rundir.Done && !dir.Has(rundir.ResolvedFile) {
		return nil
	}
	text, err := dir.ReadFile(rundir.ResolvedFile)
	if err != nil {
		return err
	}
	old, err := config.Parse(rundir.ResolvedFile, text, nil)
	if err != nil {
		return err
	}
	asked, err := config.Parse("the config", resolved(s.Config, ""), nil)
	if err != nil {
		return err
	}
	if err := asked.Same(old); err != nil {
		return err
	}
	if !slices.Equal(m.Options, f.options) {
		return fmt.Errorf("it was started with %s, and this is %s", strings.Join(m.Options, ", "), strings.Join(f.options, ", "))
	}
	return sameInputs(dir, inputs)
}

// sameInputs holds the inputs against those that the folder has.
func sameInputs(dir *rundir.Dir, inputs []input) error {
	for _, in := range inputs {
		if recorded, ok := dir.Sum(in.name); ok && recorded != rundir.SumOf(in.content) {
			return fmt.Errorf("an input is not what it was: %s", in.name)
		}
	}
	return nil
}

// showComplete tells that there is nothing to do, or what was measured.
func showComplete(w io.Writer, dir *rundir.Dir, result string, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintf(w, "%s is complete: nothing to do\n", dir.Path())
		return err
	}
	text, err := dir.ReadFile(result)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

// statusOf is the status of a run that ended with an error or nil.
func statusOf(err error) rundir.Status {
	switch {
	case errors.Is(err, solver.ErrInterrupted) && !errors.Is(err, errMemory):
		return rundir.Interrupted
	case err != nil:
		return rundir.Failed
	}
	return rundir.Done
}

// writeProblem writes what was asked for: the manifest with what was set, the config as given, resolved for the scheme that was taken,
// and the files it names.
func writeProblem(dir *rundir.Dir, s *scenarios.Scenario, inputs []input, scheme string) error {
	describeProblem(&dir.Manifest, s)
	if err := dir.SaveManifest(rundir.Running); err != nil {
		return err
	}
	return writeRequest(dir, s, inputs, scheme)
}

// describeProblem sets what the manifest says of the problem.
func describeProblem(m *rundir.Manifest, s *scenarios.Scenario) {
	m.Coordinates, m.Epsilon = s.Grid.Coordinates.Name(), s.Config.Noise.Epsilon
	m.Landscape, m.Shape, m.Dims = s.Landscape.String(), s.Grid.Shape(), s.Grid.Coordinates.Axes()
	m.Title, m.Equation, m.Integrable = s.Config.Title(), equation(s), s.Known.Integrable
	m.Open = slices.ContainsFunc(s.Grid.Axes, func(a mesh.Axis) bool { return slices.Contains(a.Ends[:], mesh.Open) })
	m.Set = append([]string{}, s.Config.Sets()...)
}

// createResults makes a folder for the results of the command that runs.
func createResults(folder string, force bool, s *scenarios.Scenario) (*rundir.Dir, error) {
	dir, err := rundir.Create(folder, force, inputPaths(s)...)
	if err != nil {
		return nil, refusedFolder(err)
	}
	open.add(dir)
	if err := describe(dir); err != nil {
		dir.Close()
		return nil, err
	}
	if left := dir.Left(); len(left) > 0 {
		fmt.Fprintf(stderr, "%s: left alone, as no files of the run that was replaced: %s\n", folder, strings.Join(quoted(left), ", "))
	}
	return dir, nil
}

// describe sets what the manifest says of this program.
func describe(dir *rundir.Dir) error {
	self, err := program.Self()
	dir.Manifest.Version, dir.Manifest.Executable, dir.Manifest.Command = self.Version, self.Executable, commandName()
	return err
}

// commandName is that of the command that runs.
func commandName() string {
	if len(os.Args) > 1 {
		return os.Args[1]
	}
	return ""
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
	faces := make([]float64, len(a.Faces))
	for i, q := range a.Faces {
		faces[i] = a.Physical(q)
	}
	return dir.WriteArray(rundir.EdgesFile(a.Name), []int{len(faces)}, faces)
}
