package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"fpsgd"
	"fpsgd/scenarios/config"
	"fpsgd/solver/ensemble"

	"github.com/spf13/cobra"
)

// ensembleKeys are the flags that stand for keys of [ensemble].
var ensembleKeys = []string{"particles", "scheme", "eta", "noise", "seed"}

func newEnsemble() *cobra.Command {
	j := &ensembleJob{}
	cmd := &cobra.Command{
		Use:   "ensemble CONFIG|PRESET",
		Short: "SGD itself, and its differential equation, by particles, against the density",
	}
	for _, name := range ensembleKeys {
		cmd.Flags().String(name, "", "set ensemble."+name)
		cmd.Flags().SetAnnotation(name, ofConfig, nil)
	}
	cmd.Flags().StringVar(&j.run, "density", "", "a run directory of the same problem that has "+
		"the density at the outputs (default: it is solved for)")
	cmd.Flags().BoolVar(&j.orders, "orders", false, "measure strong and weak orders of euler and "+
		"weak2 in place of the density, along the same paths")
	cmd.Flags().IntVar(&j.levels, "levels", 4, "with --orders: pairs of steps h and h/2, the last "+
		"with h/2 = ensemble.eta")
	j.checkpoints = true
	cmd.Flags().BoolVar(&j.otherVersion, "other-version", false,
		"with --resume: go on with what another build of fpsgd has computed")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) (err error) {
		for _, name := range ensembleKeys {
			if flag := cmd.Flags().Lookup(name); flag.Changed && err == nil {
				err = cmd.Flags().Set("set", "ensemble."+name+"="+flag.Value.String())
			}
		}
		return err
	}
	analysisCommand(cmd, &j.outputFlags, fpsgd.Settle, j.plan)
	cmd.Flags().Lookup("resume").Usage = "go on with what is in -o from its last checkpoint, or " +
		"start if there is none"
	return cmd
}

// ensembleResult is ensemble.json. What is not known is null.
type ensembleResult struct {
	Particles int     `json:"particles"`
	Steps     int64   `json:"steps"`
	Eta       float64 `json:"eta"` // the longest step
	Epsilon   float64 `json:"epsilon"`
	Scheme    string  `json:"scheme"`
	Noise     string  `json:"noise"`
	Seed      uint64  `json:"seed"`
	Seconds   float64 `json:"seconds"` // of the steps

	// Time by time, means with their standard errors.
	Times      []float64        `json:"times"`
	Mean       [][]fpsgd.Number `json:"mean"` // of every component
	MeanError  [][]fpsgd.Number `json:"mean_error"`
	FMean      []fpsgd.Number   `json:"f_mean"` // of f
	FMeanError []fpsgd.Number   `json:"f_mean_error"`
	// of |θ − θ_∞|², θ_∞ the last position; null without -o
	Distance2      []fpsgd.Number `json:"distance2"`
	Distance2Error []fpsgd.Number `json:"distance2_error"`
	InBasin        [][]float64    `json:"in_basin"` // shares in the basins; null if there is one
	InBasinError   [][]float64    `json:"in_basin_error"`
	Gone           []int          `json:"gone"`      // absorbed by open ends
	MassLeft       []fpsgd.Number `json:"mass_left"` // that the density has not lost there
	Lost           []int          `json:"lost"`      // particles beyond the range of numbers
	Outside        []int          `json:"outside"`   // and beyond the grid

	Crossed int64 `json:"crossed"` // steps that ended beyond a zero of f
	Divided int64 `json:"divided"` // steps that were made of shorter ones

	// at the last time, and at every time; null where it is not compared
	Comparison  *ensemble.Comparison   `json:"comparison"`
	Comparisons []*ensemble.Comparison `json:"comparisons"`
}

// ensembleJob is one call of the command.
type ensembleJob struct {
	outputFlags
	equation *fpsgd.Equation
	options  fpsgd.EnsembleOptions
	budget   fpsgd.EnsembleBudget
	orders   bool // measure these
	run      string
	levels   int
	found    *fpsgd.Ensemble
	result   ensembleResult
}

func (j *ensembleJob) plan(cfg *config.Config, tell fpsgd.Progress) (*measurement, error) {
	var err error
	if j.options, err = fpsgd.EnsembleOptionsOf(cfg); err != nil {
		return nil, err
	}
	j.options.Run = j.run
	if j.equation, err = fpsgd.EnsembleOf(cfg, tell); err != nil {
		return nil, err
	}
	if j.orders {
		return j.ordersPlan()
	}
	j.budget = fpsgd.BudgetOfEnsemble(j.equation, j.options, j.output != "")
	if !j.resume { // what is there already takes no more
		if err := j.budget.Check(j.equation, j.output); err != nil {
			return nil, err
		}
	}
	tell(math.NaN(), fmt.Sprintf("%d particles: %v", j.options.Particles, j.budget))
	return &measurement{scenario: j.equation.Scenario, result: &j.result, measure: j.measure,
		into:  func(f *fpsgd.Folder) { j.options.Folder = f },
		keep:  func(*fpsgd.Folder) error { return nil }, // it is there
		print: j.print}, nil
}

// measure moves the particles and tells what has become of them.
func (j *ensembleJob) measure(ctx context.Context) (err error) {
	j.options.Checkpoint = checkpointPeriod
	if j.found, err = j.equation.Simulate(ctx, j.options); err != nil {
		return err
	}
	o, r, e := j.options, &j.result, j.found
	r.Particles, r.Eta, r.Epsilon = o.Particles, o.Eta, j.equation.Noise.Epsilon()
	r.Scheme, r.Noise, r.Seed = o.Scheme, o.Law.String(), o.Seed
	r.Steps, r.Seconds, r.Crossed, r.Divided = e.Steps, e.Seconds, e.Crossed, e.Divided
	for _, row := range e.Rows {
		r.Times = append(r.Times, row.Time)
		r.Mean = append(r.Mean, knownAll(row.Mean))
		r.MeanError = append(r.MeanError, knownAll(row.MeanError))
		r.FMean = append(r.FMean, fpsgd.Known(row.F))
		r.FMeanError = append(r.FMeanError, fpsgd.Known(row.FError))
		if d := row.Distance; d != nil {
			r.Distance2 = append(r.Distance2, fpsgd.Known(d.Value))
			r.Distance2Error = append(r.Distance2Error, fpsgd.Known(d.Error))
		}
		r.Lost, r.Outside = append(r.Lost, row.Lost), append(r.Outside, row.Outside)
		r.Gone = append(r.Gone, row.Gone)
		r.MassLeft = append(r.MassLeft, fpsgd.Known(row.Left))
		if row.InBasin != nil {
			r.InBasin = append(r.InBasin, row.InBasin)
			r.InBasinError = append(r.InBasinError, row.InBasinError)
		}
		r.Comparisons = append(r.Comparisons, row.Comparison)
	}
	r.Comparison = r.Comparisons[len(r.Comparisons)-1]
	return nil
}

// knownAll are numbers of which some may be unknown.
func knownAll(x []float64) []fpsgd.Number {
	out := make([]fpsgd.Number, len(x))
	for k, v := range x {
		out[k] = fpsgd.Known(v)
	}
	return out
}

func (j *ensembleJob) print(w io.Writer) {
	r, s := &j.result, j.equation.Scenario
	fmt.Fprintf(w, "%s: f = %s, ε = %g\n", s.Name, s.Landscape, r.Epsilon)
	fmt.Fprintf(w, "%d particles in R^%d, %s\n%v\n\n", r.Particles, len(j.found.Components),
		j.system(), j.budget)
	j.printRows(columns(w, 1))
	printNotes(w, j.notes())
}

// printRows writes a row for every time, with the first components.
func (j *ensembleJob) printRows(t *tabwriter.Writer) {
	const most = 3
	r, components := &j.result, j.found.Components
	shown := min(most, len(components))
	fmt.Fprint(t, "time\tmean of f")
	for _, name := range components[:shown] {
		fmt.Fprintf(t, "\tmean of %s", name)
	}
	if len(components) > shown {
		fmt.Fprint(t, " …")
	}
	absorbing := slices.Max(r.Gone) > 0
	if absorbing {
		fmt.Fprint(t, "\tgone\tof ρ")
	}
	if r.Comparison != nil {
		fmt.Fprint(t, "\tL¹ to ρ\tof draws\tχ² a bin\tKS\tof draws\twithin")
	}
	for k, time := range r.Times {
		fmt.Fprintf(t, "\n%.4g\t%s", time, r.FMean[k].Text("%.5g", "unknown"))
		for _, mean := range r.Mean[k][:shown] {
			fmt.Fprintf(t, "\t%s", mean.Text("%.4g", "unknown"))
		}
		if absorbing {
			fmt.Fprintf(t, "\t%.4f\t%.4f", float64(r.Gone[k])/float64(r.Particles),
				1-r.MassLeft[k].Value())
		}
		if c := r.Comparisons[k]; c != nil {
			fmt.Fprintf(t, "\t%.4f\t%.4f\t%.3f\t%.4f\t%.4f\t%s", c.L1, c.L1Sampling,
				c.Chi2PerBin, slices.Max(c.KS), c.KSSampling, yes(c.Within))
		}
	}
	fmt.Fprintln(t)
	t.Flush()
}

// system says what moves the particles, and how ε, η and σ belong together.
func (j *ensembleJob) system() string {
	r := &j.result
	switch {
	case r.Scheme == "sgd":
		return fmt.Sprintf("SGD: θ ← θ − η(∇f + √(σf) Y), Y %s, η = %g, σ = 2ε/η = %g", r.Noise,
			r.Eta, 2*r.Epsilon/r.Eta)
	case j.equation.Config.Noise.Model == "homogeneous":
		return fmt.Sprintf("dθ = −∇f dt + √(2ε) dB by %s, steps of %g at most", r.Scheme, r.Eta)
	}
	return fmt.Sprintf("dθ = −∇f dt + √(2εf) dB by %s, steps of %g at most (as SGD with η = %g: "+
		"σ = 2ε/η = %g)", r.Scheme, r.Eta, r.Eta, 2*r.Epsilon/r.Eta)
}

// notes says what a reader of the table must know.
func (j *ensembleJob) notes() (notes []string) {
	r := &j.result
	if lost := r.Lost[len(r.Lost)-1]; lost > 0 {
		notes = append(notes, fmt.Sprintf("%d of %d particles have left the range of numbers: "+
			"the step is too long for them (lower ensemble.eta); means are of the others", lost,
			r.Particles))
	}
	if out := slices.Max(r.Outside); out > 0 && r.Comparison != nil {
		notes = append(notes, fmt.Sprintf("up to %d of %d particles were beyond the grid, whose "+
			"closed ends keep the density in", out, r.Particles))
	}
	if r.Crossed > 0 {
		notes = append(notes, fmt.Sprintf("%d of %.3g steps ended beyond a zero of f, which paths "+
			"of the equation do not pass: with shorter steps there are fewer", r.Crossed,
			float64(r.Steps)*float64(r.Particles)))
	}
	if r.Divided > 0 {
		notes = append(notes, fmt.Sprintf("%d of %.3g steps were divided, where f changes fast",
			r.Divided, float64(r.Steps)*float64(r.Particles)))
	}
	switch {
	case len(j.equation.Grid.Axes) == 0:
		return append(notes, "there is no grid (ensemble.dimension), and so no histogram and "+
			"no density to compare with")
	case r.Comparison == nil:
		return append(notes, "the density is not compared at every time: an angle has an open "+
			"end, or next to all particles are gone")
	}
	return append(notes, withinNote)
}
