package main

import (
	"context"
	"encoding/json"
	"fmt"
	"fpsgd"
	"io"
	"slices"

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
}

// addTo adds the flags to a command; value is what --json prints.
func (f *outputFlags) addTo(cmd *cobra.Command, value string) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "folder to write")
	complete(cmd, "output", completeOutput)
	cmd.Flags().BoolVar(&f.force, "force", false, "replace what is in a folder that is not empty")
	cmd.Flags().BoolVar(&f.json, "json", false, "print "+value)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
}

// measurement is one call of a command that measures something of a problem.
type measurement interface {
	run(ctx context.Context, cfg *config.Config, a *activity, stdout io.Writer) error
}

// analysisCommand makes a command of its help, for the problem that its argument and --set give.
// The flags f belong to the measurement.
func analysisCommand(cmd *cobra.Command, f *outputFlags, a measurement) *cobra.Command {
	cmd.Args = exactly(1, problemHelp)
	sets := setFlag(cmd)
	f.addTo(cmd, "the result as one JSON value")
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
		cfg, err := loadConfig(args[0], *sets)
		if err != nil {
			return err
		}
		return a.run(cmd.Context(), cfg, newActivity(stderr, f.quiet), cmd.OutOrStdout())
	}
	return cmd
}

// optionsOf lists the flags of a command that its result depends on.
func optionsOf(cmd *cobra.Command) []string {
	out := []string{}
	cmd.LocalFlags().VisitAll(func(flag *pflag.Flag) {
		if !slices.Contains([]string{"set", "output", "force", "resume", "json", "quiet", "help"},
			flag.Name) {
			out = append(out, flag.Name+"="+flag.Value.String())
		}
	})
	return out
}

// keep calls do with the folder of -o, or with nil if it is not given. With --resume, where the
// results are there already, it tells so instead, and complete is true.
func (f *outputFlags) keep(stdout io.Writer, command string, s *fpsgd.Scenario,
	do func(*fpsgd.Folder) error) (complete bool, err error) {
	if f.output == "" {
		return false, do(nil)
	}
	complete, err = fpsgd.Keep(s, f.folder(command), do)
	if err != nil || !complete {
		return complete, err
	}
	return true, showComplete(stdout, f.output, command+".json", f.json)
}

// folder says where the results of a command go.
func (f *outputFlags) folder(command string) fpsgd.FolderOptions {
	return fpsgd.FolderOptions{
		Path: f.output, Command: command, Options: f.options, Force: f.force, Resume: f.resume,
		Warn: warn,
	}
}

// showComplete tells that there is nothing to do, or what was measured.
func showComplete(w io.Writer, folder, result string, asJSON bool) error {
	if !asJSON {
		_, err := fmt.Fprintf(w, "%s is complete: nothing to do\n", folder)
		return err
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

// printNotes writes what a reader of the figures must know.
func printNotes(w io.Writer, notes []string) {
	for _, n := range notes {
		fmt.Fprintln(w, "note:", n)
	}
}
