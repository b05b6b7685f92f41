package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"fpsgd/internal/rundir"
	"fpsgd/internal/sweep"

	"github.com/spf13/cobra"
)

func newVerify() *cobra.Command {
	return &cobra.Command{
		Use: "verify RUN|SWEEP",
		Short: "check every file of a run directory, or of all points of a sweep, against its " +
			"manifest",
		Args: exactly(1, "one run directory, or the folder of a sweep"),

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if p, err := sweep.Read(args[0]); !errors.Is(err, fs.ErrNotExist) {
				return verifySweep(cmd.OutOrStdout(), args[0], p, err)
			}
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

// verifySweep checks the points of a sweep, whose plan was read with err.
func verifySweep(w io.Writer, folder string, p *sweep.Plan, err error) error {
	if err != nil {
		return err
	}
	count := map[sweep.Status]int{}
	for _, point := range p.Points {
		status := sweep.Look(folder, point)
		if count[status]++; status == sweep.Damaged {
			fmt.Fprintf(w, "%s: damaged: fpsgd verify %s\n", point.Name,
				rundir.Quote(filepath.Join(folder, point.Name)))
		}
	}
	var found []string
	for _, status := range slices.Sorted(maps.Keys(count)) {
		found = append(found, fmt.Sprintf("%d %s", count[status], status))
	}
	fmt.Fprintf(w, "%s: %d points: %s\n", folder, len(p.Points), strings.Join(found, ", "))
	if n := count[sweep.Damaged]; n > 0 {
		return fmt.Errorf("%s: %d points are damaged: fpsgd sweep -o %s does them again", folder, n,
			rundir.Quote(folder))
	}
	return nil
}
