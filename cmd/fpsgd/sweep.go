package main

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"fpsgd"
	"fpsgd/internal/figures"
	"fpsgd/internal/sweep"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

// sweepFlags are those of one call of the command.
type sweepFlags struct {
	folder       string
	sets         *[]string
	vary         []string
	zip          bool
	do           string
	jobs         int
	index        int
	count        bool
	list         bool
	collect      bool
	json         bool
	quiet        bool
	otherVersion bool
	emitFlags
}

func newSweep() *cobra.Command {
	f := &sweepFlags{}
	cmd := &cobra.Command{
		Use:   "sweep CONFIG|PRESET --vary K=V1,V2,… -o DIR [-- FLAGS]",
		Short: "a family of runs: every combination of values, a folder each, and one table",
	}
	f.sets = setFlag(cmd)
	flags := cmd.Flags()
	flags.StringArrayVar(&f.vary, "vary", nil, "vary a value of the config: K=V1,V2,… or "+
		"K=a:b:n, n values from a to b, or K=a:b:n:log; repeatable: all combinations")
	complete(cmd, "vary", completeSet)
	flags.BoolVar(&f.zip, "zip", false, "pair the lists, and do not multiply them")
	flags.StringVar(&f.do, "do", "run", "the command of every point: run, spectrum, escape or "+
		"ensemble; its flags follow --")
	complete(cmd, "do", cobra.FixedCompletions(
		[]cobra.Completion{"run", "spectrum", "escape", "ensemble"},
		cobra.ShellCompDirectiveNoFileComp))
	flags.StringVarP(&f.folder, "output", "o", "", "the folder of the sweep")
	complete(cmd, "output", folders)
	flags.IntVar(&f.jobs, "jobs", 0, "points at a time (default: one a core), which share the "+
		"cores unless solver.threads is set")
	flags.IntVar(&f.index, "index", 0, "do the point of this number alone, from 0")
	flags.BoolVar(&f.count, "count", false, "print how many points there are, and do nothing")
	flags.BoolVar(&f.list, "list", false, "print their numbers, names and, with -o, what there "+
		"is of them, and do nothing")
	flags.BoolVar(&f.collect, "collect", false, "make the table and the figures of what there is")
	flags.BoolVar(&f.json, "json", false, "print the table as one JSON value")
	flags.BoolVar(&f.quiet, "quiet", false, "no progress")
	flags.BoolVar(&f.otherVersion, "other-version", false,
		"go on with what another build of fpsgd has computed of a point")
	f.emitFlags.addTo(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := f.plan(cmd, args)
		if err != nil {
			return err
		}
		return s.do(cmd)
	}
	return cmd
}

// sweeping is a sweep at work.
type sweeping struct {
	*sweepFlags
	plan *sweep.Plan
}

// plan reads what is asked for: of the arguments or, where they say nothing, of the folder.
func (f *sweepFlags) plan(cmd *cobra.Command, args []string) (*sweeping, error) {
	problem, options := args, []string(nil)
	if at := cmd.ArgsLenAtDash(); at >= 0 {
		problem, options = args[:at], args[at:]
	}
	if len(problem) > 1 {
		return nil, badRequest("sweep takes %s, got %d arguments: flags of the command that it "+
			"does follow --", problemHelp, len(problem))
	}
	doing := !f.count && !f.list
	var ways []string
	for _, name := range []string{"index", "count", "list", "collect", "emit"} {
		if cmd.Flags().Changed(name) {
			ways = append(ways, "--"+name)
		}
	}
	if len(ways) > 1 {
		return nil, badRequest("give one of %s: each does another thing", strings.Join(ways, ", "))
	}
	switch {
	case f.jobs < 0:
		return nil, badRequest("--jobs is a number of points at a time, not %d", f.jobs)
	case f.folder == "" && doing:
		return nil, badRequest("a sweep needs a folder: give -o DIR")
	case len(problem) == 0 && len(*f.sets) == 0 && len(f.vary) == 0 && f.folder != "":
		p, err := sweep.Read(f.folder)
		if errors.Is(err, fs.ErrNotExist) {
			return nil, badRequest("%s holds no sweep yet: give what to sweep, a config and --vary",
				f.folder)
		}
		if err != nil {
			return nil, fpsgd.Refused(err)
		}
		return &sweeping{f, p}, nil
	}
	p := &sweep.Plan{Do: f.do, Config: named(problem), Set: slices.Clone(*f.sets),
		Options: options, Zip: f.zip}
	if err := f.checkOptions(options); err != nil {
		return nil, err
	}
	for _, text := range f.vary {
		v, err := sweep.ParseVary(text)
		if err != nil {
			return nil, fpsgd.Refused(err)
		}
		p.Vary = append(p.Vary, v)
	}
	if err := p.Expand(); err != nil {
		return nil, fpsgd.Refused(err)
	}
	for _, point := range p.Points { // before anything is done
		cfg, err := pointConfig(p, point)
		if err != nil {
			return nil, err
		}
		p.Source = string(cfg.Source())
	}
	return &sweeping{f, p}, nil
}

// pointConfig is the config of a point.
func pointConfig(p *sweep.Plan, point sweep.Point) (*config.Config, error) {
	return loadConfig(p.Config, slices.Concat(p.Set, point.Set))
}

// checkOptions refuses flags that the command of the points does not have, or that the sweep gives.
func (f *sweepFlags) checkOptions(options []string) error {
	if sweep.Commands[f.do] == "" {
		return badRequest("--do is run, spectrum, escape or ensemble, not %q", f.do)
	}
	cmd, _, err := newRoot().Find([]string{f.do})
	if err != nil {
		return err
	}
	if err := cmd.ParseFlags(options); err != nil {
		return badRequest("%w: after -- are flags of fpsgd %s", err, f.do)
	}
	if rest := cmd.Flags().Args(); len(rest) > 0 {
		return badRequest("%q after --: there are only flags of fpsgd %s", rest[0], f.do)
	}
	for _, name := range []string{"output", "force", "resume", "json", "quiet", "set",
		"other-version", "help"} {
		if flag := cmd.Flags().Lookup(name); flag != nil && flag.Changed {
			return badRequest("--%s after --: the sweep itself sees to that", name)
		}
	}
	return nil
}

// do does what is asked for.
func (s *sweeping) do(cmd *cobra.Command) error {
	out := cmd.OutOrStdout()
	switch {
	case s.count:
		_, err := fmt.Fprintln(out, len(s.plan.Points))
		return err
	case s.list:
		return s.printList(out)
	case s.engine != "":
		return s.emit(cmd, out)
	case s.collect:
		if _, err := sweep.Read(s.folder); err != nil {
			return fpsgd.Refused(fmt.Errorf("%s holds no sweep to collect: %w", s.folder, err))
		}
		return s.tabulate(cmd)
	}
	one := cmd.Flags().Changed("index")
	if n := len(s.plan.Points); one && (s.index < 0 || s.index >= n) {
		return badRequest("--index goes from 0 to %d, and is %d", n-1, s.index)
	}
	if err := s.plan.Claim(s.folder, s.sameConfig); err != nil {
		return fpsgd.Refused(err)
	}
	if one {
		return s.point(cmd.Context(), s.plan.Points[s.index], 0, out)
	}
	failed := s.all(cmd.Context())
	if err := cmd.Context().Err(); err != nil {
		return failed
	}
	return cmp.Or(failed, s.tabulate(cmd))
}

// sameConfig tells what of the config a sweep's folder has otherwise.
func (s *sweeping) sameConfig(old *sweep.Plan) error {
	few := s.plan
	if len(old.Points) < len(few.Points) {
		few = old
	}
	point := few.Points[0]
	is, err := pointConfig(s.plan, point)
	if err != nil {
		return err
	}
	was, err := config.LoadText(is.Path(), []byte(old.Source), slices.Concat(old.Set, point.Set))
	if err != nil {
		return err
	}
	return is.Same(was)
}

// printList prints the points and, where there is a folder, what there is of them.
func (s *sweeping) printList(w io.Writer) error {
	t := columns(w, 2)
	for i, p := range s.plan.Points {
		fmt.Fprintf(t, "%d\t%s", i, p.Name)
		if s.folder != "" {
			fmt.Fprintf(t, "\t%s", sweep.Look(s.folder, p))
		}
		fmt.Fprintln(t)
	}
	return t.Flush()
}

// tabulate makes the table and the figures of what the points have found, and prints it.
func (s *sweeping) tabulate(cmd *cobra.Command) error {
	plan, err := sweep.Read(s.folder) // which may have more points than are asked for
	if err != nil {
		return err
	}
	t := sweep.Collect(s.folder, plan)
	if err := cmp.Or(t.Write(s.folder), figures.DrawSweep(s.folder, t)); err != nil {
		return err
	}
	if s.json {
		return printJSON(cmd.OutOrStdout(), t)
	}
	return s.printTable(cmd.OutOrStdout(), t)
}

// printTable prints a row a point: the varied values, what there is of it, and the first results
// with their ± and exact values.
func (s *sweeping) printTable(w io.Writer, table *sweep.Table) error {
	t := columns(w, 2)
	shown := table.Foremost()
	fmt.Fprint(t, "point\tstatus")
	for _, r := range shown {
		fmt.Fprint(t, "\t", strings.ReplaceAll(r.Name, "_", " "))
		if r.HasErrors() {
			fmt.Fprint(t, "\t±")
		}
		if r.HasExact() {
			fmt.Fprint(t, "\texact")
		}
	}
	fmt.Fprintln(t)
	for i, p := range table.Plan.Points {
		fmt.Fprintf(t, "%s\t%s", p.Name, table.Status[i])
		for _, r := range shown {
			fmt.Fprint(t, "\t", fpsgd.Known(r.Values[i]).Text("%.7g", ""))
			if r.HasErrors() {
				fmt.Fprint(t, "\t", fpsgd.Known(r.Errors[i]).Text("%.1e", ""))
			}
			if r.HasExact() {
				fmt.Fprint(t, "\t", fpsgd.Known(r.Exact[i]).Text("%.7g", ""))
			}
		}
		fmt.Fprintln(t)
	}
	t.Flush()
	_, err := fmt.Fprintf(w, "files: %[1]s (%[2]s, %[3]s, plots; a folder a point)\n", s.folder,
		sweep.TableCSV, sweep.TableNpz)
	return err
}
