package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"fpsgd"
	"fpsgd/internal/cluster"
	"fpsgd/internal/rundir"
	"fpsgd/internal/sweep"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// emitFlags are those of what a cluster's own engine is given.
type emitFlags struct{ engine, image, claim string }

func (f *emitFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringVar(&f.engine, "emit", "", "print what makes a cluster do the points, --jobs at a "+
		"time, and do nothing: slurm (a script) or kubernetes (a Job)")
	complete(cmd, "emit", cobra.FixedCompletions([]cobra.Completion{"slurm", "kubernetes"},
		cobra.ShellCompDirectiveNoFileComp))
	flags.StringVar(&f.image, "image", "registry.example/fpsgd",
		"with --emit kubernetes: the image, whose entry point is fpsgd")
	flags.StringVar(&f.claim, "claim", "sweeps",
		"with --emit kubernetes: the PersistentVolumeClaim that -o is in")
}

// emit prints what a cluster is given: the command line that was given here, with --index. It makes
// no folder: that may be on another machine.
func (s *sweeping) emit(cmd *cobra.Command, w io.Writer) error {
	if strings.ContainsFunc(s.folder, unicode.IsControl) {
		return badRequest("-o %q has a character that is not for paths on clusters", s.folder)
	}
	a := &cluster.Array{Folder: path.Clean(filepath.ToSlash(s.folder)), Limit: s.jobs,
		Points: len(s.plan.Points), Image: s.image, Claim: s.claim}
	if err := s.needs(a); err != nil {
		return err
	}
	given := cmd.Flags().Args()
	if at := cmd.ArgsLenAtDash(); at >= 0 {
		given, a.Options = given[:at], slices.Concat([]string{"--"}, given[at:])
	}
	write, err := a.WriteSlurm, error(nil)
	switch s.engine {
	case "slurm":
		err = s.whatIsLeft(a)
	case "kubernetes":
		write = a.WriteKubernetes
		given, err = s.inContainer(a, given)
	default:
		err = badRequest("--emit is slurm or kubernetes, not %q", s.engine)
	}
	if err != nil {
		return err
	}
	a.Command = slices.Concat([]string{os.Args[0], "sweep"}, given,
		flagsGiven(cmd, "emit", "image", "claim", "jobs"))
	for _, text := range slices.Concat(a.Command, a.Options, []string{a.Image, a.Claim}) {
		if !utf8.ValidString(text) {
			return badRequest("%q is not UTF-8", text)
		}
	}
	return write(w)
}

// needs tells what the most demanding of the points takes: the cores that the config gives it, or
// one, as points gain most side by side; and memory, where that is known beforehand.
func (s *sweeping) needs(a *cluster.Array) error {
	a.CPUs = 1
	for _, p := range s.plan.Points {
		cfg, err := pointConfig(s.plan, p)
		if err != nil {
			return err
		}
		if cfg.Gives("solver.threads") {
			a.CPUs = max(a.CPUs, cfg.Solver.Threads)
		}
		if s.plan.Do == "run" && !cfg.Automatic() && len(cfg.Files()) == 0 {
			a.Bytes = max(a.Bytes, tolerance*fpsgd.BudgetOf(cfg, cfg.Grid.Cells()).Memory)
		}
	}
	return nil
}

// tolerance is the factor within which a budget tells memory.
const tolerance = 2

// whatIsLeft finds the points that are not done, if the folder is here and this sweep's.
func (s *sweeping) whatIsLeft(a *cluster.Array) error {
	a.Logs = path.Join(a.Folder, sweep.LogsFolder)
	old, err := sweep.Read(s.folder)
	if err == nil {
		err = cmp.Or(s.plan.Fits(old), s.sameConfig(old))
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fpsgd.Refused(fmt.Errorf("%s holds another sweep: %w (use another -o)", s.folder,
			err))
	}
	for i, p := range s.plan.Points {
		if sweep.Look(s.folder, p) != sweep.Done {
			a.Todo = append(a.Todo, i)
		}
	}
	if len(a.Todo) == 0 {
		return badRequest("all points are done: fpsgd sweep -o %s --collect makes the table",
			rundir.Quote(s.folder))
	}
	return nil
}

// flagsGiven are the flags of a command line but for some, as --NAME=VALUE.
func flagsGiven(cmd *cobra.Command, but ...string) (out []string) {
	cmd.Flags().Visit(func(f *pflag.Flag) {
		if slices.Contains(but, f.Name) {
			return
		}
		values := []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			values = list.GetSlice()
		}
		for _, value := range values {
			out = append(out, fmt.Sprintf("--%s=%s", f.Name, value))
		}
	})
	return out
}

// inContainer puts the config, if it is a file, into the manifest, and returns what it is called in
// a container. The files that it names, and all results, must be on the volume.
func (s *sweeping) inContainer(a *cluster.Array, given []string) ([]string, error) {
	if !filepath.IsLocal(a.Folder) {
		return nil, badRequest("-o %s is to be a folder of the volume, such as runs/mine", s.folder)
	}
	if len(s.vary) == 0 {
		return nil, badRequest("give what to sweep, a config and --vary: the volume may not "+
			"have %s", s.folder)
	}
	cfg, err := pointConfig(s.plan, s.plan.Points[0])
	if err != nil {
		return nil, err
	}
	for _, file := range cfg.Files() {
		if !strings.HasPrefix(*file, cluster.Mount+"/") {
			return nil, badRequest("the config names %s, which is not on the volume: copy it "+
				"there, and call it %s/%s", *file, cluster.Mount, filepath.Base(*file))
		}
	}
	if len(given) == 0 || cfg.Path() != s.plan.Config {
		return given, nil
	}
	a.Config = &cluster.Config{Name: "config.toml", Text: s.plan.Source}
	if base := filepath.Base(s.plan.Config); keyOfConfigMap.MatchString(base) {
		a.Config.Name = base
	}
	return []string{path.Join(cluster.ConfigFolder, a.Config.Name)}, nil
}

// keyOfConfigMap is what Kubernetes takes for one.
var keyOfConfigMap = regexp.MustCompile(`^[A-Za-z0-9_][A-Za-z0-9._-]{0,200}$`)
