package main

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"fpsgd"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

func newEscape() *cobra.Command {
	j := &escapeJob{}
	cmd := &cobra.Command{
		Use:   "escape CONFIG|PRESET --from A --to B",
		Short: "from one set to another: first passage, committor, transition rates",
	}
	cmd.Flags().StringVar(&j.options.From, "from", "", "the set that is left: a formula, as "+
		"\"x < -0.9\", ball(x, y; r), box(x, y; x, y), or the number of a basin")
	cmd.Flags().StringVar(&j.options.To, "to", "", "the set that is reached")
	cmd.Flags().StringVar(&j.start, "start", "", "x,y,...: the point that times count from "+
		"(default: their mean over the invariant density in A)")
	return analysisCommand(cmd, &j.outputFlags, fpsgd.SettleGrid, j.plan)
}

// escapeFigures are figures by their names. What is not known is null.
type escapeFigures struct {
	MeanTime            fpsgd.Number `json:"mean_time"`
	MeanTimeStd         fpsgd.Number `json:"mean_time_std"`
	Rate                fpsgd.Number `json:"rate"` // 1/mean_time
	CommittorRate       fpsgd.Number `json:"committor_rate"`
	BackRate            fpsgd.Number `json:"back_rate"`
	Transitions         fpsgd.Number `json:"transitions"` // per unit of time, in equilibrium
	QuasiStationaryRate fpsgd.Number `json:"quasi_stationary_rate"`
	LastFrom            fpsgd.Number `json:"last_from"` // share of time in which A was visited last
	MassFrom            fpsgd.Number `json:"mass_from"`
	MassTo              fpsgd.Number `json:"mass_to"`
}

// escapeResult is escape.json.
type escapeResult struct {
	Name    string  `json:"name"`
	Shape   []int   `json:"shape"`
	Epsilon float64 `json:"epsilon"`
	From    string  `json:"from"`
	To      string  `json:"to"`
	Start   any     `json:"start"` // a point, or what the times are a mean over

	escapeFigures
	Errors escapeFigures `json:"errors"` // half-widths of error bars for the spacing
	// to vanishing spacing, and half-widths of error bars of that
	Extrapolated       escapeFigures `json:"extrapolated"`
	ExtrapolatedErrors escapeFigures `json:"extrapolated_errors"`
	Grids              [][]int       `json:"grids"` // that were compared
	// the largest relative difference of what was found in two ways: the currents out of A and into
	// B, and 1
	Defect float64 `json:"defect"`
}

// escapeJob is one call of the command.
type escapeJob struct {
	outputFlags
	options fpsgd.EscapeOptions
	start   string

	study  *fpsgd.EscapeStudy
	found  *fpsgd.Escape
	result escapeResult
}

func (j *escapeJob) plan(cfg *config.Config, tell fpsgd.Progress) (*measurement, error) {
	if j.options.From == "" || j.options.To == "" {
		return nil, badRequest("the sets are missing: give --from A --to B, as in " +
			"--from \"x < -0.9\" --to \"x > 0.9\", or --from 1 --to 2 for basins")
	}
	for _, text := range strings.Split(j.start, ",") {
		if j.start == "" {
			break
		}
		x, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		if err != nil {
			return nil, badRequest("--start needs numbers, as 0.5,-1, not %q", text)
		}
		j.options.Start = append(j.options.Start, x)
	}
	s, err := fpsgd.StateOf(cfg)
	if err != nil {
		return nil, err
	}
	e, err := assembled(s, tell)
	if err != nil {
		return nil, err
	}
	if j.study, err = fpsgd.NewEscapeStudy(e, j.options); err != nil {
		return nil, err
	}
	return &measurement{scenario: j.study.Scenario, result: &j.result, measure: j.measure,
		keep:  func(f *fpsgd.Folder) error { return f.WriteEscape(j.found) },
		print: j.print}, nil
}

func (j *escapeJob) measure(ctx context.Context) (err error) {
	if j.found, err = j.study.Find(ctx); err != nil {
		return err
	}
	f, r := j.found, &j.result
	r.Name, r.Shape, r.Epsilon = j.study.Name, f.On.Grid.Shape(), j.study.Noise.Epsilon()
	r.From, r.To, r.Start = j.options.From, j.options.To, "π in the set that is left"
	if j.options.Start != nil {
		r.Start = j.options.Start
	}
	// the error of 1/T is that of T over T²
	r.escapeFigures = escapeFiguresOf(f.EscapeFigures, 1/f.MeanTime)
	square := f.MeanTime * f.MeanTime
	r.Errors = escapeFiguresOf(f.Errors, f.Errors.MeanTime/square)
	r.Extrapolated = escapeFiguresOf(f.Extrapolated, 1/f.Extrapolated.MeanTime)
	r.ExtrapolatedErrors = escapeFiguresOf(f.Bars, f.Bars.MeanTime/square)
	r.Grids, r.Defect = f.Grids, f.Defect
	return nil
}

// escapeFiguresOf are figures with a rate 1/T.
func escapeFiguresOf(f fpsgd.EscapeFigures, rate float64) escapeFigures {
	return escapeFigures{
		MeanTime: fpsgd.Known(f.MeanTime), MeanTimeStd: fpsgd.Known(f.MeanTimeStd),
		Rate: fpsgd.Known(rate), CommittorRate: fpsgd.Known(f.CommittorRate),
		BackRate: fpsgd.Known(f.BackRate), Transitions: fpsgd.Known(f.Transitions),
		QuasiStationaryRate: fpsgd.Known(f.QuasiStationaryRate),
		LastFrom:            fpsgd.Known(f.LastFrom), MassFrom: fpsgd.Known(f.MassFrom),
		MassTo: fpsgd.Known(f.MassTo),
	}
}

func (j *escapeJob) print(w io.Writer) {
	r, s := &j.result, j.study.Scenario
	fmt.Fprintf(w, "%s: f = %s, ε = %g, %s, %s cells\n", r.Name, s.Landscape, r.Epsilon,
		s.Noise.Text(), fpsgd.ShapeText(r.Shape))
	fmt.Fprintf(w, "A: %s, B: %s\n\n", r.From, r.To)
	from := "from π in A"
	if j.options.Start != nil {
		from = "from " + j.start
	}
	t := columns(w, 2)
	fmt.Fprintln(t, "\ton this grid\t±\textrapolated\t±")
	row := func(name string, of func(*escapeFigures) fpsgd.Number) {
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\n", name, of(&r.escapeFigures).Text("%.10g", "unknown"),
			of(&r.Errors).Text("%.1e", "unknown"), of(&r.Extrapolated).Text("%.10g", "unknown"),
			of(&r.ExtrapolatedErrors).Text("%.1e", "unknown"))
	}
	row("mean time to B "+from, func(f *escapeFigures) fpsgd.Number { return f.MeanTime })
	row("its standard deviation", func(f *escapeFigures) fpsgd.Number { return f.MeanTimeStd })
	row("rate, 1/mean time", func(f *escapeFigures) fpsgd.Number { return f.Rate })
	row("rate of A → B, by the committor",
		func(f *escapeFigures) fpsgd.Number { return f.CommittorRate })
	row("rate of B → A", func(f *escapeFigures) fpsgd.Number { return f.BackRate })
	row("quasi-stationary rate into B",
		func(f *escapeFigures) fpsgd.Number { return f.QuasiStationaryRate })
	row("transitions per unit of time",
		func(f *escapeFigures) fpsgd.Number { return f.Transitions })
	row("share of time A was visited last",
		func(f *escapeFigures) fpsgd.Number { return f.LastFrom })
	row("share of π in A", func(f *escapeFigures) fpsgd.Number { return f.MassFrom })
	row("share of π in B", func(f *escapeFigures) fpsgd.Number { return f.MassTo })
	t.Flush()
	fmt.Fprintf(w, "currents out of A and into B, and probabilities that sum to 1, agree to %.1e\n",
		r.Defect)
	printNotes(w, j.study.Notes())
}
