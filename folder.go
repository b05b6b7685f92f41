package fpsgd

import (
	"cmp"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/figures"
	"fpsgd/internal/machine"
	"fpsgd/internal/program"
	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// RefusedError is of what was asked for, and not of the work.
type RefusedError struct{ error }

// Unwrap implements errors.Unwrap.
func (e RefusedError) Unwrap() error { return e.error }

// Refused marks an error as one of what was asked for. That of a full disk is none; nil stays nil.
func Refused(err error) error {
	if err == nil || atomicfile.Full(err) {
		return err
	}
	return RefusedError{err}
}

// Folder is a folder of results that this process holds. Each of its files appears when it is
// whole, and its manifest lists them with their SHA-256.
type Folder struct {
	dir     *rundir.Dir
	resumed bool // it has a checkpoint to go on from
}

// FolderOptions say where results go.
type FolderOptions struct {
	Path    string
	Command string   // that makes them, for the manifest
	Options []string // what they depend on besides the problem, name=value
	Force   bool     // replace the results that are there
	// leave results that are complete, and begin others of this request again
	Resume bool
	// Checkpoints tells of work that saves them: with Resume it goes on from the last one.
	Checkpoints bool
	// OtherVersion goes on with what another build of the program has computed.
	OtherVersion bool
	Warn         func(text string) // is told what a user should know at once; nil: nobody
}

// Keep calls do with a folder for the results of a problem, and leaves a manifest that tells how it
// ended. With Resume, where the results are there already, complete is true and nothing is done.
func Keep(s *Scenario, o FolderOptions, do func(*Folder) error) (complete bool, err error) {
	inputs, err := readInputs(s.Config)
	if err != nil {
		return false, err
	}
	f, err := openFolder(s, o, inputs)
	if err != nil {
		return false, err
	}
	defer f.dir.Close()
	if f.dir.Manifest.Status == rundir.Done {
		return true, nil
	}
	f.dir.Manifest.Options = o.Options
	if err := f.begin(s, o, inputs); err != nil {
		return false, f.End(err)
	}
	return false, f.End(do(f))
}

// begin writes what was asked for, unless it is there, and of long work what a full disk gives
// back.
func (f *Folder) begin(s *Scenario, o FolderOptions, inputs []input) error {
	if o.Checkpoints {
		if err := f.dir.HoldBack(ballast); err != nil {
			return err
		}
	}
	if f.resumed {
		return nil
	}
	return writeProblem(f.dir, s, inputs, "")
}

// NewFolder makes a folder for results, of a problem or, if s is nil, of none. Its inputs are kept.
func NewFolder(s *Scenario, o FolderOptions) (*Folder, error) {
	dir, err := rundir.Create(o.Path, o.Force, inputPaths(s)...)
	if err != nil {
		return nil, Refused(err)
	}
	if err := dir.Describe(o.Command); err != nil {
		dir.Close()
		return nil, err
	}
	if left := dir.Left(); len(left) > 0 && o.Warn != nil {
		o.Warn(fmt.Sprintf("%s: left alone, as no files of the run that was replaced: %s", o.Path,
			strings.Join(quoted(left), ", ")))
	}
	return &Folder{dir: dir}, nil
}

// openFolder is NewFolder, or with Resume what there is of the same request: all of it, or nothing
// but its folder.
func openFolder(s *Scenario, o FolderOptions, inputs []input) (*Folder, error) {
	if !o.Resume {
		return NewFolder(s, o)
	}
	dir, err := rundir.Open(o.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return NewFolder(s, o)
	}
	if err != nil {
		return nil, nothingToResume(err)
	}
	f := &Folder{dir: dir}
	if err = sameRequest(dir, o, s, inputs); err != nil {
		err = cannotBeResumed(o.Path, err)
	} else if dir.Manifest.Status != rundir.Done {
		err = f.takeUp(o)
	}
	if err != nil {
		dir.Close()
		return nil, err
	}
	return f, nil
}

// takeUp begins what did not end in the folder again, or goes on from its checkpoint.
func (f *Folder) takeUp(o FolderOptions) error {
	var state anyState
	origin, err := f.dir.ReadCheckpoint(&state)
	if !o.Checkpoints || errors.Is(err, fs.ErrNotExist) {
		return cmp.Or(f.dir.Restart(), f.dir.Describe(o.Command))
	}
	if err != nil {
		return Refused(fmt.Errorf("%w: use --force to start anew", err))
	}
	self, err := program.Self()
	if err != nil {
		return err
	}
	m := &f.dir.Manifest
	if d := self.Difference(origin.Program); d != "" {
		if !o.OtherVersion {
			return Refused(fmt.Errorf("%s was computed by %s: use --other-version to go on all "+
				"the same", o.Path, d))
		}
		m.Earlier = append(m.Earlier, m.Version)
	}
	names, err := f.dir.Edited()
	if err != nil {
		return err
	}
	if len(names) > 0 && o.Warn != nil {
		o.Warn(fmt.Sprintf("%s: left as edited, and not used: %s", o.Path,
			strings.Join(names, ", ")))
	}
	f.resumed = true
	return cmp.Or(f.dir.Describe(o.Command), Refused(f.dir.Adopt(origin)))
}

// anyState is that of a checkpoint which is not read.
type anyState struct{}

func (anyState) Save(*gob.Encoder) error { return nil }

func (anyState) Load(*gob.Decoder) error { return nil }

// load reads the checkpoint into a state.
func (f *Folder) load(state any) error {
	_, err := f.dir.ReadCheckpoint(state)
	return err
}

// save writes a checkpoint of a problem.
func (f *Folder) save(s *Scenario, state any) error {
	self, err := program.Self()
	if err != nil {
		return err
	}
	return f.dir.WriteCheckpoint(self, resolved(s.Config, ""), state)
}

// nothingToResume is the error of a folder that cannot be opened to go on with what is in it.
func nothingToResume(err error) error {
	if errors.As(err, new(*rundir.HeldError)) {
		return Refused(err)
	}
	return Refused(fmt.Errorf("there is nothing to resume: %w", err))
}

// cannotBeResumed is the error of results that are not those that are asked for.
func cannotBeResumed(folder string, err error) error {
	return Refused(fmt.Errorf("%s cannot be resumed: %w (use --force to start anew, or another -o)",
		folder, err))
}

// End leaves a manifest that tells how the work has ended, which was with err, and closes the
// folder. It returns the first error.
func (f *Folder) End(err error) error {
	defer f.dir.Close()
	failed := cmp.Or(f.dir.ThrowOff(), f.dir.SaveManifest(statusOf(err)))
	return cmp.Or(err, failed)
}

// WriteFile writes a file, named relative to the folder, with slashes.
func (f *Folder) WriteFile(name string, write func(io.Writer) error) error {
	return f.dir.WriteFile(name, write)
}

// WriteArray writes finite numbers, in C order of a shape, as .npy.
func (f *Folder) WriteArray(name string, shape []int, v []float64) error {
	return f.dir.WriteArray(name, shape, v)
}

// WriteJSON writes a value, indented.
func (f *Folder) WriteJSON(name string, v any) error { return f.dir.WriteJSON(name, v) }

// Draw draws the figures that the files of the folder suffice for.
func (f *Folder) Draw() error { return figures.Draw(f.dir) }

// sameRequest holds what is asked for against what is in a folder, as far as that is known.
func sameRequest(dir *rundir.Dir, o FolderOptions, s *Scenario, inputs []input) error {
	m := &dir.Manifest
	if m.Command != "" && m.Command != o.Command {
		return fmt.Errorf("it holds the results of fpsgd %s, and this is %s", m.Command, o.Command)
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
	if !slices.Equal(m.Options, o.Options) {
		return fmt.Errorf("it was started with %s, and this is %s",
			strings.Join(m.Options, ", "), strings.Join(o.Options, ", "))
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

// statusOf is the status of work that ended with an error or nil.
func statusOf(err error) rundir.Status {
	switch {
	case errors.Is(err, solver.ErrInterrupted) && !errors.Is(err, machine.ErrMemory):
		return rundir.Interrupted
	case err != nil:
		return rundir.Failed
	}
	return rundir.Done
}

// writeProblem writes what was asked for: the manifest with what was set, the config as given,
// resolved for the scheme that was taken, and the files it names.
func writeProblem(dir *rundir.Dir, s *Scenario, inputs []input, scheme string) error {
	describeProblem(&dir.Manifest, s)
	return cmp.Or(dir.SaveManifest(rundir.Running), writeRequest(dir, s, inputs, scheme))
}

// describeProblem sets what the manifest says of the problem.
func describeProblem(m *rundir.Manifest, s *Scenario) {
	m.Coordinates, m.Epsilon = s.Grid.Coordinates.Name(), s.Noise.Epsilon()
	m.Landscape, m.Shape, m.Dims = s.Landscape.String(), s.Grid.Shape(), s.Grid.Coordinates.Axes()
	m.Title, m.Equation, m.Integrable = s.Config.Title(), equationText(s), s.Known.Integrable
	m.Open = slices.ContainsFunc(s.Grid.Axes, func(a mesh.Axis) bool {
		return slices.Contains(a.Ends[:], mesh.Open)
	})
	m.Set = append([]string{}, s.Config.Sets()...)
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

// writeRequest writes the config as given, resolved for the scheme that was taken, and the files
// that it names.
func writeRequest(dir *rundir.Dir, s *Scenario, inputs []input, scheme string) (err error) {
	files := append([]input{
		{name: rundir.ConfigFile, content: s.Config.Source()},
		{name: rundir.ResolvedFile, content: resolved(s.Config, scheme)},
	}, inputs...)
	for _, f := range files {
		err = cmp.Or(err, dir.WriteBytes(f.name, f.content))
	}
	return err
}

// farthestLog bounds |log q| of what is representable, with its square.
const farthestLog = 350

// writeAxes writes the midpoints and faces of every axis and, of a log axis, their logarithms;
// where the coordinate itself is not representable the logarithms only.
func writeAxes(dir *rundir.Dir, g *Grid) (err error) {
	for k := range g.Axes {
		a := &g.Axes[k]
		if a.Log {
			held := mesh.Axis{Name: "log_" + a.Name, Faces: a.Faces}
			err = cmp.Or(err, writeAxis(dir, &held))
		}
		if reach := math.Max(math.Abs(a.Faces[0]), math.Abs(a.Faces[a.Cells()])); !a.Log ||
			reach < farthestLog {
			err = cmp.Or(err, writeAxis(dir, a))
		}
	}
	return err
}

func writeAxis(dir *rundir.Dir, a *mesh.Axis) error {
	n := a.Cells()
	mid, faces := make([]float64, n), make([]float64, n+1)
	for i := range mid {
		mid[i] = a.Physical(a.Midpoint(i))
	}
	for i, q := range a.Faces {
		faces[i] = a.Physical(q)
	}
	return cmp.Or(dir.WriteArray(rundir.AxisFile(a.Name), []int{n}, mid),
		dir.WriteArray(rundir.EdgesFile(a.Name), []int{n + 1}, faces))
}
