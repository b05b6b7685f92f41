package main

import (
	"cmp"
	"errors"
	"fmt"
	"fpsgd"
	"io"
	"path/filepath"
	"strings"

	"fpsgd/internal/figures"
	"fpsgd/internal/plots"
	"fpsgd/internal/rundir"

	"github.com/spf13/cobra"
)

type plotFlags struct{ output, prefix, size, format string }

func newPlot() *cobra.Command {
	var f plotFlags
	cmd := &cobra.Command{
		ValidArgsFunction: completeFolder,

		Use:   "plot RUN",
		Short: "draw the figures of a run directory again, from its files",
		Args:  exactly(1, "one run directory"),
	}
	cmd.Flags().StringVarP(&f.output, "output", "o", "", "folder to write (default RUN/plots)")
	cmd.Flags().StringVar(&f.prefix, "prefix", "", "what the names of the files begin with")
	cmd.Flags().StringVar(&f.size, "size", "", "pixels, WxH, or W or xH alone (default that of "+
		"each figure)")
	cmd.Flags().StringVar(&f.format, "format", string(plots.PNG), "png or svg")
	cmd.RunE = func(cmd *cobra.Command, args []string) error { return plotCommand(cmd, args[0], f) }
	return cmd
}

func plotCommand(cmd *cobra.Command, run string, f plotFlags) error {
	d, err := f.target()
	if err != nil {
		return fpsgd.Refused(err)
	}
	if f.output != "" {
		return plotInto(cmd, run, f.output, d)
	}
	d.Folder = figures.Own.Folder
	dir, err := rundir.Amend(run)
	if err != nil {
		return fpsgd.Refused(err)
	}
	defer dir.Close()
	all, err := figuresOf(run, &dir.View)
	if err != nil {
		return err
	}
	return draw(cmd.OutOrStdout(), dir, d, all)
}

// plotInto draws the figures of a run into another folder.
func plotInto(cmd *cobra.Command, run, folder string, d figures.Target) error {
	view, err := rundir.Look(run)
	if err != nil {
		return fpsgd.Refused(err)
	}
	defer view.Close()
	all, err := figuresOf(run, view)
	if err != nil {
		return err
	}
	dir, err := figures.Open(folder)
	if err != nil {
		return fpsgd.Refused(err)
	}
	defer dir.Close()
	if err := dir.Describe(figures.Command); err != nil {
		return err
	}
	return draw(cmd.OutOrStdout(), dir, d, all)
}

// figuresOf returns the figures of a run, one at least.
func figuresOf(run string, v *rundir.View) ([]figures.Figure, error) {
	all, err := figures.Of(&v.Manifest, v)
	switch {
	case errors.Is(err, figures.ErrNone):
		return nil, badRequest("%s: %w", run, err)
	case err != nil:
		return nil, fmt.Errorf("%s: %w", run, err)
	case len(all) == 0:
		return nil, fmt.Errorf("%s: there is nothing to draw yet: its status is %s", run,
			v.Manifest.Status)
	}
	return all, nil
}

// draw draws figures into a folder where none of their names is another's, ends that, and prints
// the names.
func draw(stdout io.Writer, dir *rundir.Dir, d figures.Target, all []figures.Figure) error {
	names := d.Names(all)
	if err := dir.Expect(names...); err != nil {
		return fpsgd.Refused(err)
	}
	err, status := d.Write(dir, all), rundir.Done
	if err != nil {
		status = rundir.Failed
	}
	if err := cmp.Or(err, dir.SaveManifest(status)); err != nil {
		return err
	}
	for _, name := range names {
		fmt.Fprintln(stdout, filepath.Join(dir.Path(), filepath.FromSlash(name)))
	}
	return nil
}

// target checks the flags.
func (f plotFlags) target() (figures.Target, error) {
	d := figures.Target{Prefix: f.prefix, Paper: plots.Paper{Format: plots.Format(f.format)}}
	if strings.ContainsAny(f.prefix, `/\`) {
		return d, fmt.Errorf("--prefix %q is to be part of a file name (for a folder give -o)",
			f.prefix)
	}
	var err error
	if d.Paper.Size, err = plots.ParseSize(f.size); err != nil {
		return d, fmt.Errorf("--size %w", err)
	}
	return d, d.Paper.Check()
}
