package main

import (
	"context"
	"io"

	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

// outputFlags are the flags of a command that prints a result, and writes it to a folder if one is named.
type outputFlags struct {
	output string
	force  bool
	json   bool
	quiet  bool
}

// addTo adds the flags to a command; value is what --json prints.
func (f *outputFlags) addTo(cmd *cobra.Command, value string) {
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "folder to write")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace what is in a folder that is not empty")
	cmd.Flags().BoolVar(&f.json, "json", false, "print "+value)
	cmd.Flags().BoolVar(&f.quiet, "quiet", false, "no progress")
}

// measurement is one call of a command that measures something of a problem.
type measurement interface {
	run(ctx context.Context, cfg *config.Config, a *activity, stdout io.Writer) error
}

// analysisCommand makes a command of its help, for the problem that its argument and --set give. The flags f belong to the measurement.
func analysisCommand(cmd *cobra.Command, f *outputFlags, a measurement) *cobra.Command {
	cmd.Args = exactly(1, problemHelp)
	sets := setFlag(cmd)
	f.addTo(cmd, "the result as one JSON value")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		cfg, err := loadConfig(args[0], *sets)
		if err != nil {
			return err
		}
		return a.run(cmd.Context(), cfg, newActivity(cmd.ErrOrStderr(), f.quiet), cmd.OutOrStdout())
	}
	return cmd
}
