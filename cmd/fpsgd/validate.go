package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"fpsgd"
	"io"
	"math"
	"time"

	"fpsgd/solver"
	"fpsgd/validation"

	"github.com/spf13/cobra"
)

type validateFlags struct {
	outputFlags
	list bool
	full bool
}

func newValidate() *cobra.Command {
	var f validateFlags
	cmd := &cobra.Command{
		Use:   "validate [CLAIM...]",
		Short: "run the talk's claims against mathematics, a row for each comparison",
	}
	cmd.ValidArgsFunction = completeClaim
	cmd.Flags().BoolVar(&f.list, "list", false, "list the claims and where they are from, and "+
		"run nothing")
	cmd.Flags().BoolVar(&f.full, "full", false, "the long set of cases: minutes")
	f.addTo(cmd, toWrite, toReplace, "the rows as one JSON array")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		claims, err := validation.Find(args...)
		if err != nil {
			return fpsgd.Refused(err)
		}
		if f.list {
			return showClaims(cmd.OutOrStdout(), claims)
		}
		return validate(cmd.Context(), claims, f, cmd.OutOrStdout())
	}
	return cmd
}

// showClaims prints what claims say and where they are from.
func showClaims(w io.Writer, claims []validation.Claim) error {
	t := columns(w, 2)
	for _, c := range claims {
		fmt.Fprintf(t, "%s\t%s\n\t(%s)\n", c.Name, c.Statement, c.Source)
	}
	return t.Flush()
}

// validate runs the claims and leaves what -o asks for, however it ends.
func validate(ctx context.Context, claims []validation.Claim, f validateFlags,
	stdout io.Writer) error {
	var folder *fpsgd.Folder
	if f.output != "" {
		var err error
		if folder, err = fpsgd.NewFolder(nil, f.folder(ctx, "validate")); err != nil {
			return err
		}
	}
	table := io.Discard
	if !f.json {
		table = stdout
	}
	v := &validationRun{claims: claims, full: f.full, folder: folder,
		tell: stderr.Line(f.quiet).Tell, rows: []validation.Row{}}
	err := v.run(ctx, table)
	v.tell(math.NaN(), "")
	fmt.Fprintln(table, validation.Summary(v.rows))
	if f.json {
		err = cmp.Or(err, printJSON(stdout, v.rows))
	}
	if folder != nil {
		err = folder.End(cmp.Or(err, v.write()))
	}
	if n := validation.Failures(v.rows); err == nil && n > 0 {
		return fmt.Errorf("%d of %d comparisons fail: see the rows", n, len(v.rows))
	}
	return err
}

// validationRun is one call of the command.
type validationRun struct {
	claims []validation.Claim
	full   bool
	folder *fpsgd.Folder // nil without -o
	tell   fpsgd.Progress
	rows   []validation.Row
}

// run runs the claims one after the other, and draws their figures. An interruption ends it; a
// claim that cannot be run is a row that fails.
func (v *validationRun) run(ctx context.Context, w io.Writer) error {
	table := validation.NewTable(w, v.claims)
	for k, c := range v.claims {
		v.tell(math.NaN(), fmt.Sprintf("claim %d of %d, %s", k+1, len(v.claims), c.Name))
		e := &validation.Experiment{Context: ctx, Full: v.full}
		begun := time.Now()
		err := e.Run(c)
		v.tell(math.NaN(), "")
		if err == nil && len(e.Rows) == 0 {
			err = fmt.Errorf("claim %s: it compares nothing", c.Name)
		}
		if err != nil && !interrupted(ctx, err) {
			e.Rows = append(e.Rows, validation.Row{
				Claim: c.Name, Case: "cannot be run", Measured: math.NaN(), Expected: math.NaN(),
				Tolerance: math.NaN(), Estimate: math.NaN(),
				Seconds: time.Since(begun).Seconds(), Note: err.Error(),
			})
		}
		for _, r := range e.Rows {
			table.Row(r)
		}
		v.rows = append(v.rows, e.Rows...)
		if interrupted(ctx, err) {
			return fmt.Errorf("%w: in claim %s: %w", solver.ErrInterrupted, c.Name,
				cmp.Or(context.Cause(ctx), err))
		}
		if v.folder == nil {
			continue
		}
		for _, f := range e.Figures {
			if err := v.folder.WriteFile("plots/"+f.Name+".png", f.Draw); err != nil {
				return err
			}
		}
	}
	return nil
}

func interrupted(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, solver.ErrInterrupted))
}

// write writes the rows.
func (v *validationRun) write() error {
	return cmp.Or(
		v.folder.WriteJSON("rows.json", v.rows),
		v.folder.WriteFile("table.md",
			func(w io.Writer) error { return validation.WriteMarkdown(w, v.claims, v.rows) }))
}
