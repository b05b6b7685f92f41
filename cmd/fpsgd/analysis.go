package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"fpsgd"
	"fpsgd/internal/rundir"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// outputFlags are the flags of a command that prints a result, and writes it to a folder if one is
// named.
type outputFlags struct {
	output  string
	force   bool
	resume  bool
	json    bool
	quiet   bool
	options []string // the flags that the result depends on, name=value

	checkpoints  bool // whether --resume goes on from one
	otherVersion bool
}

// addTo adds the flags that a result is kept and printed by to a command, with what they do.
func (f *outputFlags) addTo(cmd *cobra.Command, output, force, json string) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "", output)
	complete(cmd, "output", folders)
	cmd.Flags().BoolVar(&f.force, "force", false, force)
	cmd.Flags().BoolVar(&f.json, "json", false, "print "+json)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
}

const (
	toWrite   = "folder to write"
	toReplace = "replace what is in a folder that is not empty"
)

// measurement is one of a problem, the result of which is printed or, with -o, kept.
type measurement struct {
	scenario *fpsgd.Scenario
	result   any                 // as JSON has it
	into     func(*fpsgd.Folder) // is told of the folder first, where results go as they come
	measure  func(ctx context.Context) error
	keep     func(*fpsgd.Folder) error // keeps more than the result
	print    func(io.Writer)
}

// settler chooses what a config leaves to the program, as far as a command needs it.
type settler func(context.Context, *config.Config, fpsgd.Progress) (*config.Config, error)

// analysisCommand makes a command of its help, for the problem that its argument and --set give.
// The flags f belong to the measurement that is planned.
func analysisCommand(cmd *cobra.Command, f *outputFlags, settle settler,
	plan func(*config.Config, fpsgd.Progress) (*measurement, error)) *cobra.Command {
	sets := setFlag(cmd)
	cmd.Args = aProblem(sets)
	f.addTo(cmd, toWrite, toReplace, "the result as one JSON value")
	cmd.Flags().BoolVar(&f.resume, "resume", false, "start again what did not end in -o, or "+
		"start if there is nothing; what did end stays")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		switch {
		case f.force && f.resume:
			return badRequest("--force replaces what is in -o and --resume does not: give one " +
				"of them")
		case f.resume && f.output == "":
			return badRequest("--resume is about a folder: give -o DIR")
		}
		f.options = optionsOf(cmd)
		cfg, err := loadConfig(named(args), *sets)
		if err != nil {
			return err
		}
		tell := terminalOf(cmd.Context()).Line(f.quiet).Tell
		if cfg, err = settle(cmd.Context(), cfg, tell); err != nil {
			return err
		}
		m, err := plan(cfg, tell)
		if err != nil {
			return err
		}
		return f.run(cmd, m, tell)
	}
	return cmd
}

// run measures, keeps and prints. With --resume, where the results are there already, it tells so
// instead.
func (f *outputFlags) run(cmd *cobra.Command, m *measurement, tell fpsgd.Progress) error {
	stdout, file := cmd.OutOrStdout(), cmd.Name()+".json"
	var complete bool
	var err error
	if f.output == "" {
		err = m.measure(cmd.Context())
	} else {
		o := f.folder(cmd.Context(), cmd.Name())
		complete, err = fpsgd.Keep(m.scenario, o, func(d *fpsgd.Folder) error {
			if m.into != nil {
				m.into(d)
			}
			if err := m.measure(cmd.Context()); err != nil {
				return err
			}
			return cmp.Or(m.keep(d), d.WriteJSON(file, m.result), d.Draw())
		})
	}
	tell(math.NaN(), "")
	switch {
	case err != nil:
		return err
	case complete:
		return showComplete(stdout, f.output, file, f.json)
	case f.json:
		return printJSON(stdout, m.result)
	}
	m.print(stdout)
	if f.output != "" {
		fmt.Fprintln(stdout, "files:", f.output)
	}
	return nil
}

// ofConfig marks flags that stand for keys of the config.
const ofConfig = "config"

// optionsOf lists the flags of a command that its result depends on.
func optionsOf(cmd *cobra.Command) []string {
	out := []string{}
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains([]string{"set", "output", "force", "resume", "other-version", "json",
			"quiet", "help"}, flag.Name) && !slices.Contains(ensembleKeys, flag.Name) {
			out = append(out, flag.Name+"="+flag.Value.String())
		}
	})
	return out
}

// folder says where the results of a command go.
func (f *outputFlags) folder(ctx context.Context, command string) fpsgd.FolderOptions {
	return fpsgd.FolderOptions{
		Path: f.output, Command: command, Options: f.options, Force: f.force, Resume: f.resume,
		Checkpoints: f.checkpoints, OtherVersion: f.otherVersion, Warn: warner(ctx),
	}
}

// showComplete tells that there is nothing to do, or what was measured.
func showComplete(w io.Writer, folder, result string, asJSON bool) error {
	if !asJSON {
		fmt.Fprintf(w, "%s is complete: nothing to do\n", folder)
		return nil
	}
	view, err := rundir.Look(folder)
	if err != nil {
		return err
	}
	defer view.Close()
	text, err := view.ReadFile(result)
	if err != nil {
		return err
	}
	_, err = w.Write(text)
	return err
}

func printJSON(w io.Writer, v any) error {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return err
	}
	_, err = fmt.Fprintln(w, string(text))
	return err
}

// columns aligns what is separated by tabs, with a gap of so many blanks.
func columns(w io.Writer, gap int) *tabwriter.Writer {
	return tabwriter.NewWriter(w, 0, 4, gap, ' ', 0)
}

// printNotes writes what a reader of the figures must know.
func printNotes(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintln(w, "note:", n)
	}
}
