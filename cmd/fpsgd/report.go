package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"fpsgd"
	"fpsgd/internal/report"

	"github.com/spf13/cobra"
)

type reportFlags struct {
	output      string
	force, open bool
}

func newReport() *cobra.Command {
	var f reportFlags
	cmd := &cobra.Command{
		ValidArgsFunction: completeFolders,

		Use:   "report RUN…",
		Short: "one page of HTML of runs, sweeps and other results, to look into, print and mail",
		Args: func(cmd *cobra.Command, args []string) error {
			if len(args) == 0 {
				return badRequest("report takes one folder of results or more, got none: see " +
					"fpsgd report --help")
			}
			return nil
		},
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "report.html", "file to write")
	cmd.Flags().BoolVar(&f.force, "force", false, "replace a file that is no report")
	cmd.Flags().BoolVar(&f.open, "open", false, "show it in the browser")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return f.write(cmd.Context(), cmd.OutOrStdout(), args...)
	}
	return cmd
}

// write writes the page of folders, and tells where it is.
func (f reportFlags) write(ctx context.Context, stdout io.Writer, folders ...string) error {
	if err := report.Check(f.output, f.force); err != nil {
		return fpsgd.Refused(err)
	}
	content, err := report.Of(folders...)
	switch {
	case errors.Is(err, report.ErrNone), errors.Is(err, fs.ErrNotExist):
		return fpsgd.Refused(err)
	case err != nil:
		return err
	}
	if err := report.Save(f.output, content); err != nil {
		return err
	}
	if _, err := fmt.Fprintln(stdout, f.output); err != nil {
		return err
	}
	if f.open {
		if err := browse(f.output); err != nil {
			warner(ctx)(fmt.Sprintf("%v: open the file yourself", err))
		}
	}
	return nil
}
