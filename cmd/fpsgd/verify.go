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

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if _, err := rundir.ReadManifest(args[0]); err != nil {
				return badRequest("%w (give the folder of a run)", err)
			}
			r, err := rundir.Verify(args[0])
			if err != nil {
				return err
			}
			m := r.Manifest
			for _, p := range r.Problems {
				fmt.Fprintln(cmd.OutOrStdout(), p)
			}
			if len(r.Problems) > 0 {
				return fmt.Errorf("%s: %d differences from the manifest of %d files: do not rely "+
					"on them, run again", args[0], len(r.Problems), len(m.Files))
			}
			unchecked := ""
			if n := len(r.Incomplete); n > 0 {
				unchecked = fmt.Sprintf(" and %d not complete", n)
			}
			whose := ""
			switch {
			case r.Owner != nil:
				whose = fmt.Sprintf(": %v", *r.Owner)
			case m.Status == rundir.Running:
				whose = ", but no process is: go on with fpsgd run --resume -o " + args[0]
			}
			_, err = fmt.Fprintf(cmd.OutOrStdout(), "%s: %d files as the manifest says%s, status "+
				"%s%s\n", args[0], len(m.Files), unchecked, m.Status, whose)
			return err
		},
	}
}
