package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"text/tabwriter"

	"fpsgd"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

// sameEigenvalue is the relative distance of eigenvalues counted as one.
const sameEigenvalue = 1e-6

type spectrumFlags struct {
	outputFlags
	k           int
	extrapolate bool
	edge        bool
}

func newSpectrum() *cobra.Command {
	j := &spectrumJob{}
	cmd := &cobra.Command{
		Use:   "spectrum CONFIG|PRESET",
		Short: "the lowest decay rates: spectral gap, Poincaré–Hardy constant, modes",
		Long: `Finds the lowest eigenvalues of −εL, the rates at which ρ/π relaxes, on the grid
of a config file or preset. With closed ends the 0 of the invariant density is left out, so that
the first is the spectral gap; gap/ε is the Poincaré–Hardy constant Λ, and C = Λ^{−1/2} that of
‖u−⟨u⟩‖ ≤ C ‖∇u‖. Volumes need not be representable: log axes may reach as far as they like.

The relative error is that of the eigenvalue on this grid: of rounding and of the solves.
Discretisation is not in it. On grids of up to some 400², 25³ or 9⁴ cells the eigenvalues below
the last one are counted, which certifies that none was missed; on larger ones a count on
aggregates of cells may expose a miss and proves nothing else: "not certified".

--extrapolate finds the eigenvalues on grids with all of the cells along every axis (rounded to
multiples of 4), half of them, a quarter and so on, and extrapolates to vanishing spacing, with
an error bar and the order observed. Of a hundred bars 95 or more hold the limit; it is that on
this domain. A bar is unknown where the grids resolve too little to say anything.
--edge is for a gap that is the edge of the essential spectrum, from which a bounded domain
differs by about (cπ/T)², T its logarithmic length: it extrapolates as above on domains of
several lengths at the same spacing, all ends that are graded and far moved together, and fits
edge + c²π²/(T+t₀)². On one axis the domains are T, 2T and 4T, or T/4, T/2 and T where f is not
representable that far out; in the plane up to 1.4 T, in space up to T. It looks at the weights
at the far ends first: where f does not grow like |θ|² there is no such edge, and the answer is
unknown, with the reason.
Where a grid has far ends the gap on half of its logarithmic length is always found too, and how
far it moves from there.

-o DIR writes spectrum.json, eigenvalues.npy, the axes (log_r for a log axis), plots/modes.png,
mode/000000.npy ...: u = ρ/π in the shape of the grid, normalised to Σ Π u² = 1, and share.npy:
Π, the cells' shares of π. u is NaN in cells where sqrt(Π) < 1e-16, as it is then not
determined.`,
	}
	cmd.Flags().IntVarP(&j.flags.k, "modes", "k", 4, "number of eigenvalues")
	cmd.Flags().BoolVar(&j.flags.extrapolate, "extrapolate", false, "extrapolate to vanishing "+
		"spacing, from coarser grids")
	cmd.Flags().BoolVar(&j.flags.edge, "edge", false, "extrapolate the gap to the unbounded "+
		"domain, from several domains")
	return analysisCommand(cmd, &j.flags.outputFlags, j)
}

// spectrumResult is spectrum.json. What is not known is null.
type spectrumResult struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	// rates, ascending, with multiplicity
	Eigenvalues []float64 `json:"eigenvalues"`
	Residuals   []float64 `json:"residuals"` // ‖Sw − λw‖/(λ‖w‖)
	// relative, of the eigenvalues of the grid
	Errors           []float64            `json:"errors"`
	Certificate      certificate          `json:"certificate"`
	Gap              float64              `json:"gap"`
	PoincareConstant float64              `json:"poincare_constant"` // Λ = gap/ε
	TalkConstant     float64              `json:"talk_constant"`     // C = Λ^{−1/2}
	Exact            *exactGap            `json:"exact"`
	Extrapolated     *fpsgd.Extrapolation `json:"extrapolated"`
	Edge             *fpsgd.Edge          `json:"edge"`
	Box              *fpsgd.Box           `json:"box"` // null where no end of the grid is far
}

// certificate says whether the eigenvalues are known to be the lowest.
type certificate struct {
	Kind solver.Completeness `json:"kind"` // certified, undecided, not certified
	Text string              `json:"text"`
}

// exactGap is the closed form on the whole space, over the modes that the coordinates contain.
type exactGap struct {
	Gap              float64      `json:"gap"`
	PoincareConstant float64      `json:"poincare_constant"`
	GapSpace         fpsgd.Number `json:"gap_space"` // over all functions
	Kind             string       `json:"kind"`
	Reason           string       `json:"reason"`
}

// spectrumJob is one call of the command.
type spectrumJob struct {
	flags    spectrumFlags
	activity *activity
	result   spectrumResult
	equation *fpsgd.Equation
	study    *fpsgd.EdgeStudy // of --edge
	modes    []solver.Mode
}

func (j *spectrumJob) run(ctx context.Context, cfg *config.Config, a *activity,
	stdout io.Writer) error {
	j.activity = a
	if j.flags.k < 1 {
		return badRequest("-k must be 1 or more, got %d", j.flags.k)
	}
	p, err := j.scenario(cfg)
	if err != nil {
		return err
	}
	if j.flags.edge {
		if j.study, err = fpsgd.NewEdgeStudy(p); err != nil {
			return err
		}
	}
	if j.equation, err = assembled(p, a); err != nil {
		return err
	}
	complete, err := j.flags.keep(stdout, "spectrum", p, func(f *fpsgd.Folder) error {
		if err := j.measure(ctx); err != nil || f == nil {
			return err
		}
		return cmp.Or(f.WriteModes(j.equation, j.modes), f.WriteJSON("spectrum.json", j.result),
			f.Draw())
	})
	j.activity.clear()
	if err != nil || complete {
		return err
	}
	if j.flags.json {
		return printJSON(stdout, j.result)
	}
	return j.print(stdout)
}

// scenario is the problem of a config, on the finest of the grids of --extrapolate.
func (j *spectrumJob) scenario(cfg *config.Config) (*fpsgd.Scenario, error) {
	s, err := fpsgd.StateOf(cfg)
	if err != nil || !j.flags.extrapolate {
		return s, err
	}
	grids, err := s.Nested(fpsgd.ExtrapolationLevels)
	if err != nil {
		return nil, err
	}
	return s.On(grids[fpsgd.ExtrapolationLevels-1])
}

// measure finds what was asked for.
func (j *spectrumJob) measure(ctx context.Context) error {
	e, eps := j.equation, j.equation.Noise.Epsilon()
	found, err := e.Spectrum(ctx, j.flags.k)
	if errors.As(err, new(*fpsgd.TooManyError)) {
		return fpsgd.Refused(err)
	}
	if err != nil {
		return err
	}
	j.modes = found.Modes
	r := &j.result
	r.Certificate = certificate(found.Certificate)
	r.Name, r.Shape = e.Name, e.Grid.Shape()
	for _, m := range j.modes {
		r.Eigenvalues = append(r.Eigenvalues, m.Value)
		r.Residuals, r.Errors = append(r.Residuals, m.Residual), append(r.Errors, m.Error)
	}
	r.Gap = j.modes[0].Value
	r.PoincareConstant, r.TalkConstant = r.Gap/eps, math.Sqrt(eps/r.Gap)
	r.Exact = knownGap(e.Scenario)
	if j.flags.extrapolate {
		if r.Extrapolated, err = e.Extrapolate(ctx, found); err != nil {
			return err
		}
	}
	if r.Box, err = e.Box(ctx, r.Gap); err != nil {
		return err
	}
	if j.flags.edge {
		r.Edge, err = j.study.Find(ctx, j.activity.tell)
	}
	return err
}

func knownGap(s *fpsgd.Scenario) *exactGap {
	k := s.Known
	if math.IsNaN(k.Rate) {
		return nil
	}
	return &exactGap{
		Gap: k.Rate, PoincareConstant: k.Rate / s.Noise.Epsilon(),
		GapSpace: fpsgd.Known(k.RateSpace), Kind: k.Kind, Reason: k.Reason,
	}
}

// multiplicity counts the eigenvalues equal to number i among those that follow it.
func (r *spectrumResult) multiplicity(i int) int {
	n := 1
	for i+n < len(r.Eigenvalues) && r.Eigenvalues[i+n] <= r.Eigenvalues[i]*(1+sameEigenvalue) {
		n++
	}
	return n
}

func (j *spectrumJob) print(w io.Writer) error {
	r, s := &j.result, j.equation.Scenario
	fmt.Fprintf(w, "%s: f = %s, ε = %g, %s cells%s\n\n", r.Name, s.Landscape, s.Noise.Epsilon(),
		fpsgd.ShapeText(r.Shape), j.angular())
	t := tabwriter.NewWriter(w, 0, 4, 3, ' ', 0)
	r.printEigenvalues(t)
	fmt.Fprintf(t, "\n\tmeasured\texact\n")
	exactGap, exactLambda, exactC := "unknown", "unknown", "unknown"
	if e := r.Exact; e != nil {
		exactGap = fmt.Sprintf("%.10g (%s)", e.Gap, e.Kind)
		exactLambda, exactC = fmt.Sprintf("%.10g", e.PoincareConstant),
			fmt.Sprintf("%.10g", 1/math.Sqrt(e.PoincareConstant))
	}
	fmt.Fprintf(t, "spectral gap\t%.10g\t%s\n", r.Gap, exactGap)
	fmt.Fprintf(t, "Poincaré–Hardy constant Λ\t%.10g\t%s\n", r.PoincareConstant, exactLambda)
	fmt.Fprintf(t, "C = Λ^{−1/2}\t%.10g\t%s\n", r.TalkConstant, exactC)
	printEdge(t, r.Edge, s.Noise.Epsilon(), exactGap, exactLambda)
	if err := t.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "the lowest of the grid: %s (%s)\n", r.Certificate.Kind, r.Certificate.Text)
	fmt.Fprintf(w, "relative errors of the rates, on this grid: at most %.1e\n",
		slices.Max(r.Errors))
	printNotes(w, j.notes())
	if j.flags.output != "" {
		fmt.Fprintln(w, "files:", j.flags.output)
	}
	return nil
}

func (j *spectrumJob) angular() string {
	if l := j.equation.Angular; l != 0 {
		return fmt.Sprintf(", mode l = %d", l)
	}
	return ""
}

// printEigenvalues writes a row for every distinct eigenvalue. Of the last one there may be more
// beyond those asked for.
func (r *spectrumResult) printEigenvalues(t io.Writer) {
	more := ""
	if r.Extrapolated != nil {
		more = "\textrapolated\terror\torder"
	}
	fmt.Fprintf(t, "rate\tmultiplicity\tresidual%s\n", more)
	for i := 0; i < len(r.Eigenvalues); {
		n := r.multiplicity(i)
		count := fmt.Sprint(n)
		if i+n == len(r.Eigenvalues) {
			count += " or more"
		}
		fmt.Fprintf(t, "%.10g\t%s\t%.1e", r.Eigenvalues[i], count, slices.Max(r.Residuals[i:i+n]))
		if e := r.Extrapolated; e != nil {
			fmt.Fprintf(t, "\t%.10g\t%s\t%s", e.Eigenvalues[i],
				fpsgd.Widest(e.Errors[i:i+n]).Text("%.1e", "unknown"),
				e.Orders[i].Text("%.2f", "none"))
		}
		fmt.Fprintln(t)
		i += n
	}
}

// printEdge writes the rows of an edge. A nil one has none.
func printEdge(t io.Writer, e *fpsgd.Edge, eps float64, exactGap, exactLambda string) {
	if e == nil {
		return
	}
	gap, lambda := "unknown", "unknown"
	if e.Gap.Known() {
		bar := e.Error.Value()
		gap = fmt.Sprintf("%.10g ± %.1e", e.Gap.Value(), bar)
		lambda = fmt.Sprintf("%.10g ± %.1e", e.PoincareConstant.Value(), bar/eps)
	}
	fmt.Fprintf(t, "gap, unbounded domain\t%s\t%s\n", gap, exactGap)
	fmt.Fprintf(t, "Λ, unbounded domain\t%s\t%s\n", lambda, exactLambda)
}

// notes says what a reader of the figures must know.
func (j *spectrumJob) notes() []string {
	var notes []string
	if e := j.result.Edge; e != nil {
		notes = append(notes, e.Note(j.study))
	}
	if b := j.result.Box; b != nil {
		notes = append(notes, b.Note(j.result.Gap))
		if e := j.result.Extrapolated; e != nil && b.BarNote(j.result.Gap, e.Errors[0]) != "" {
			notes = append(notes, b.BarNote(j.result.Gap, e.Errors[0]))
		}
	}
	return append(notes,
		j.equation.Notes(j.result.Gap, j.flags.extrapolate, j.result.Edge != nil)...)
}
