package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"time"

	"fpsgd"
	"fpsgd/internal/report"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"
	"fpsgd/solver/analysis"

	"github.com/spf13/cobra"
)

type runFlags struct {
	outputFlags
	sets         *[]string
	otherVersion bool
	open         bool
}

func newRun() *cobra.Command {
	var f runFlags
	cmd := &cobra.Command{
		Use:   "run CONFIG|PRESET",
		Short: "solve, and write a run directory that NumPy opens",
	}
	f.sets = setFlag(cmd)
	f.addTo(cmd, "run directory (default runs/NAME)",
		"replace the run in a directory that is not empty", "the summary as one JSON value")
	cmd.Flags().BoolVar(&f.resume, "resume", false,
		"go on with the run in -o or runs/NAME, or start if there is none; with -o no config is "+
			"needed")
	cmd.Flags().BoolVar(&f.otherVersion, "other-version", false,
		"with --resume: go on with what another build of fpsgd has computed")
	cmd.Flags().BoolVar(&f.open, "open", false,
		"write a report beside the run directory, and show it in the browser")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.run(cmd.Context(), cmd.OutOrStdout(), args)
	}
	return cmd
}

// What a run may lose when it is killed, and how much its mass may change: 0 for the defaults.
// Tests save more often, and allow no change.
var (
	checkpointPeriod time.Duration
	mostDrift        float64
)

func (f *runFlags) run(ctx context.Context, stdout io.Writer, args []string) error {
	if err := f.check(args); err != nil {
		return err
	}
	var cfg *config.Config
	var err error
	if len(args) > 0 || stateLoss(*f.sets) {
		if cfg, err = loadConfig(named(args), *f.sets); err != nil {
			return err
		}
	}
	r, err := fpsgd.RunConfig(ctx, cfg, f.output, fpsgd.RunOptions{
		Resume: f.resume, Force: f.force, OtherVersion: f.otherVersion, Sets: *f.sets,
		Checkpoint: checkpointPeriod, MassDrift: mostDrift,
		Progress: terminalOf(ctx).Line(f.quiet).Tell, Warn: warner(ctx),
	})
	if r == nil || r.Summary == nil {
		return err
	}
	if failed := f.show(stdout, r, err == nil && r.Complete); err != nil || failed != nil {
		return errors.Join(err, failed)
	}
	if f.open {
		return reportFlags{output: beside(r.Folder), open: true}.write(ctx, stderr, r.Folder)
	}
	return nil
}

// show prints what a run has found, or has found before.
func (f *runFlags) show(stdout io.Writer, r *fpsgd.RunResult, complete bool) error {
	switch {
	case complete:
		return showComplete(stdout, r.Folder, rundir.SummaryFile, f.json)
	case f.json:
		return printJSON(stdout, r.Summary)
	}
	printRun(stdout, r)
	return nil
}

// beside is where the report of a run goes that is opened: next to its folder, with its name.
func beside(folder string) string {
	if path, err := filepath.Abs(folder); err == nil && filepath.Base(folder) == "." {
		folder = path
	}
	return filepath.Clean(folder) + ".html"
}

// check refuses flags and arguments that contradict each other.
func (f *runFlags) check(args []string) error {
	switch {
	case f.force && f.resume:
		return badRequest("--force replaces a run and --resume goes on with it: give one of them")
	case f.otherVersion && !f.resume:
		return badRequest("--other-version is about --resume: give both")
	case len(args) > 1,
		len(args) == 0 && !(f.resume && f.output != "") && !stateLoss(*f.sets):
		return badRequest("run takes %s, or --resume and -o DIR, got %d arguments: "+
			"see fpsgd run --help", problemHelp, len(args))
	}
	if f.open && f.output != "" { // before the work
		return fpsgd.Refused(report.Check(beside(f.output), false))
	}
	return nil
}

// printRun writes the table that ends a run.
func printRun(w io.Writer, run *fpsgd.RunResult) {
	s, r, u := run.Summary, &run.Summary.Rate, &run.Summary.Uncertainties
	t := columns(w, 3)
	row := func(name, measured, off, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", name, measured, off, fmt.Sprintf(format, args...))
	}
	exactRate := number(r.Exact)
	if r.ExactKind != nil {
		exactRate += " (" + *r.ExactKind + ")"
	}
	norm := "‖u−⟨u⟩‖"
	if !run.Conservative {
		norm = "‖u‖"
	}
	row("", "measured", "±", "exact")
	row("decay rate of "+norm, number(r.Gap), off(r.Gap, u.Gap), "%s%s", exactRate,
		r.Difference.Text("; relative error %.1e", ""))
	if r.Fitted.Known() {
		row("  fitted to the norms", number(r.Fitted), off(r.Fitted, u.Fitted), "%s",
			unlikeGap(r.Reason, r.Gap))
	}
	if r.Box != nil {
		row("  on half the box", fmt.Sprintf("%.6g", r.Box.GapHalf), "", "")
	}
	row("Poincaré–Hardy constant", number(s.PoincareConstant.Measured),
		off(s.PoincareConstant.Measured, u.PoincareConstant), "%s",
		number(s.PoincareConstant.Exact))
	printEnd(row, run, norm)
	t.Flush()
	printNotes(w, s.Notes)
	fmt.Fprintf(w, "files: %[1]s (python3 %[1]s/load.py); again: fpsgd run %[1]s/%[2]s\n",
		run.Folder, rundir.ResolvedFile)
}

// printEnd writes the rows on the norm, the density and the mass at the end, and on the work.
func printEnd(row func(name, measured, off, format string, args ...any), run *fpsgd.RunResult,
	norm string) {

	s, u := run.Summary, &run.Summary.Uncertainties
	if c := run.Series; c != nil {
		last := fpsgd.Known(c.Column("norm")[c.Len()-1])
		scaled := u.Norm.Times(last.Value())
		row(norm+" at the end", number(last), off(last, scaled), "")
	}
	short := func(n fpsgd.Number) string { return n.Text("%.2g", "unknown") }
	row("  of it in time", short(s.TimeError.Final), "", "relative, estimated (of solves: %s)",
		short(s.TimeError.Solves))
	density := off(fpsgd.Known(0), u.Density)
	if s.ErrorL1.Known() {
		row("error at the end, L¹", s.ErrorL1.Text("%.3g", ""), density, "0")
	} else {
		row("density at the end, L¹", "", density, "")
	}
	if s.ErrorChi.Known() {
		row("error at the end, χ", s.ErrorChi.Text("%.3g", ""), "", "0")
	}
	if !run.Conservative {
		mass := run.Series.Column("mass")
		row("mass left on the grid", fmt.Sprintf("%.6g", mass[len(mass)-1]), "", "")
	}
	row("mass drift", number(s.Mass.MaxDrift), "", "0")
	row("smallest density", number(s.MinDensity), "", "≥ 0%s", negative(s))
	steps := "steps"
	if !run.Choice.Steps() {
		steps = "outputs"
	}
	row("time", fmt.Sprintf("t = %g", s.Time), "", "%s, %d %s, %d solves, %.2f s", s.Scheme.Name,
		s.Steps, steps, s.Solves, s.WallS)
}

// off writes how far off a figure may be, and what dominates that; "" beside one that is unknown.
func off(figure fpsgd.Number, u fpsgd.Uncertainty) string {
	if !figure.Known() {
		return ""
	}
	return strings.TrimSpace(u.Total.Text("%.1e", "unknown") + " " + u.Dominant)
}

// negative says what was done to cells that were computed to be negative, within the error.
func negative(s *fpsgd.Summary) string {
	if s.NegativeMass.Known() && s.NegativeMass.Value() == 0 {
		return ""
	}
	text := fmt.Sprintf(" (negative mass: %s", s.NegativeMass.Text("%.1e", "unknown"))
	if s.MovedNorm.Known() && s.MovedNorm.Value() > 0 {
		text += fmt.Sprintf("; made nonnegative by %s of ‖u−⟨u⟩‖",
			s.MovedNorm.Text("%.1e", "unknown"))
	}
	return text + ")"
}

// unlikeGap says why a fitted rate is not the gap, if it is not.
func unlikeGap(reason *string, gap fpsgd.Number) string {
	switch {
	case reason == nil:
		return ""
	case !gap.Known():
		return "not held against a gap"
	case *reason == string(analysis.Steps):
		return "not the gap"
	}
	return "not the slowest mode"
}

func number(n fpsgd.Number) string { return n.Text("%.6g", "unknown") }

// bar writes an error bar behind its figure.
func bar(n fpsgd.Number) string { return n.Text(" ± %.1e", " ± unknown") }

// barred writes a figure with its error bar, which an unknown one has not.
func barred(n, off fpsgd.Number) string {
	if !n.Known() {
		return number(n)
	}
	return number(n) + bar(off)
}
