package main

import (
	"fmt"

	"fpsgd/internal/rundir"

	"github.com/spf13/cobra"
)

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use:   "verify RUN",
		Short: "check every file of a run directory against its manifest",
		Args:  exactly(1, "one run directory"),
		RunE: func(cmd *cobra.Command, args []string) error {
			m, err := rundir.ReadManifest(args[0])
			if err != nil {
				return badRequest{fmt.Errorf("%w (give the folder of a run)", err)}
			}
			problems, err := rundir.Verify(args[0])
			if err != nil {
				return err
			}
			for _, p := range problems {
				fmt.Fprintln(cmd.OutOrStdout(), p)
			}
			if len(problems) > 0 {
				return fmt.Errorf("%s: %d differences from the manifest of %d files: do not rely on them, run again", args[0], len(problems), len(m.Files))
			}
			fmt.Fprintf(cmd.OutOrStdout(), "%s: %d files as the manifest says, status %s\n", args[0], len(m.Files), m.Status)
			return nil
		},
	}
}
