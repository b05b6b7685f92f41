package main

import (
	"context"
	"fmt"
	"io"

	"fpsgd"
)

// ordersPlan measures the orders of the schemes.
func (j *ensembleJob) ordersPlan() (*measurement, error) {
	each := j.options // every level keeps its positions
	each.Keep, each.Times = true, make([]float64, max(j.levels, 0)+1)
	err := fpsgd.BudgetOfEnsemble(j.equation, each, false).Check(j.equation, j.output)
	found := &fpsgd.EnsembleOrders{}
	return &measurement{scenario: j.equation.Scenario, result: found,
		measure: func(ctx context.Context) error {
			o, err := j.equation.Orders(ctx, j.options, j.levels)
			if err == nil {
				*found = *o
			}
			return err
		},
		keep:  func(*fpsgd.Folder) error { return nil },
		print: func(w io.Writer) { printOrders(w, found) }}, err
}

// printOrders writes a table of each scheme.
func printOrders(w io.Writer, o *fpsgd.EnsembleOrders) {
	fmt.Fprintf(w, "%s: %d paths to t = %g, each by steps h and h/2; g = e^{−f/%.4g}\n", o.Name,
		o.Particles, o.End, o.Scale)
	for _, s := range o.Schemes {
		fmt.Fprintf(w, "\n%s\n", s.Scheme)
		t := columns(w, 3)
		fmt.Fprintln(t, "h\tE|X_h − X_h/2|\torder\tE f: h less h/2\torder\tE g: h less h/2\t"+
			"order")
		for k, l := range s.Levels {
			fmt.Fprintf(t, "%.4g", l.Step)
			for _, d := range []fpsgd.Difference{l.Strong, l.F, l.Smooth} {
				order := ""
				if k > 0 {
					order = d.Order.Text("%.2f", "unknown") + d.OrderError.Text(" ± %.2f", "")
				}
				fmt.Fprintf(t, "\t%s ± %s\t%s", d.Value.Text("%.3e", "unknown"),
					d.Error.Text("%.0e", "unknown"), order)
			}
			fmt.Fprintln(t)
		}
		t.Flush()
	}
	printNotes(w, []string{"± is one standard error; an order is unknown where sampling hides " +
		"the difference (below three of them): with more particles it shows"})
}
