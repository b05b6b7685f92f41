package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"slices"

	"fpsgd"
	"fpsgd/scenarios/config"
	"fpsgd/solver"

	"github.com/spf13/cobra"
)

// sameEigenvalue is the relative distance of eigenvalues counted as one.
const sameEigenvalue = 1e-6

func newSpectrum() *cobra.Command {
	j := &spectrumJob{}
	cmd := &cobra.Command{
		Use:   "spectrum CONFIG|PRESET",
		Short: "the lowest decay rates: spectral gap, Poincaré–Hardy constant, modes",
	}
	cmd.Flags().IntVarP(&j.k, "modes", "k", 4, "number of eigenvalues")
	cmd.Flags().BoolVar(&j.extrapolate, "extrapolate", false, "extrapolate to vanishing "+
		"spacing, from coarser grids")
	cmd.Flags().BoolVar(&j.edge, "edge", false, "extrapolate the gap to the unbounded "+
		"domain, from several domains")
	return analysisCommand(cmd, &j.outputFlags, fpsgd.SettleGrid, j.plan)
}

// spectrumResult is spectrum.json. What is not known is null.
type spectrumResult struct {
	Name  string `json:"name"`
	Shape []int  `json:"shape"`
	// rates, ascending, with multiplicity
	Eigenvalues []float64 `json:"eigenvalues"`
	Residuals   []float64 `json:"residuals"` // relative (solver.Mode)
	// half-widths of error bars for the spacing of the grid
	SpacingErrors []fpsgd.Number `json:"spacing_errors"`
	// relative, of the eigenvalues of the grid
	Errors           []float64            `json:"errors"`
	Certificate      solver.Certificate   `json:"certificate"`
	Gap              float64              `json:"gap"`
	PoincareConstant float64              `json:"poincare_constant"` // Λ = gap/ε
	TalkConstant     float64              `json:"talk_constant"`     // C = Λ^{−1/2}
	Exact            *exactGap            `json:"exact"`
	Extrapolated     *fpsgd.Extrapolation `json:"extrapolated"`
	Edge             *fpsgd.Edge          `json:"edge"`
	Box              *fpsgd.Box           `json:"box"` // null where no end of the grid is far
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
	outputFlags
	k           int
	extrapolate bool
	edge        bool

	result   spectrumResult
	equation *fpsgd.Equation
	study    *fpsgd.EdgeStudy // of --edge
	modes    []solver.Mode
}

func (j *spectrumJob) plan(cfg *config.Config, tell fpsgd.Progress) (*measurement, error) {
	if j.k < 1 {
		return nil, badRequest("-k must be 1 or more, got %d", j.k)
	}
	s, err := fpsgd.StateOf(cfg)
	if err == nil && j.extrapolate {
		s, err = fpsgd.Finest(s)
	}
	if err != nil {
		return nil, err
	}
	if j.edge {
		if j.study, err = fpsgd.NewEdgeStudy(s); err != nil {
			return nil, err
		}
	}
	j.equation, err = assembled(s, tell)
	return &measurement{scenario: s, result: &j.result, measure: j.measure,
		keep:  func(f *fpsgd.Folder) error { return f.WriteModes(j.equation, j.modes) },
		print: j.print}, err
}

// measure finds what was asked for.
func (j *spectrumJob) measure(ctx context.Context) error {
	e, eps := j.equation, j.equation.Noise.Epsilon()
	found, err := e.Spectrum(ctx, j.k)
	if err != nil {
		return err
	}
	j.modes = found.Modes
	r := &j.result
	r.Certificate = found.Certificate
	r.Name, r.Shape = e.Name, e.Grid.Shape()
	for _, m := range j.modes {
		r.Eigenvalues = append(r.Eigenvalues, m.Value)
		r.Residuals, r.Errors = append(r.Residuals, m.Residual), append(r.Errors, m.Error)
	}
	r.SpacingErrors = found.Spacing
	r.Gap = j.modes[0].Value
	r.PoincareConstant, r.TalkConstant = r.Gap/eps, math.Sqrt(eps/r.Gap)
	r.Exact = knownGap(e.Scenario)
	if j.extrapolate {
		if r.Extrapolated, err = e.Extrapolate(ctx, found); err != nil {
			return err
		}
	}
	if r.Box, err = e.Box(ctx, r.Gap); err != nil {
		return err
	}
	if j.edge {
		r.Edge, err = j.study.Find(ctx, e.Progress)
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

func (j *spectrumJob) print(w io.Writer) {
	r, s, mode := &j.result, j.equation.Scenario, ""
	if s.Angular != 0 {
		mode = fmt.Sprintf(", mode l = %d", s.Angular)
	}
	fmt.Fprintf(w, "%s: f = %s, ε = %g, %s cells%s\n\n", r.Name, s.Landscape, s.Noise.Epsilon(),
		fpsgd.ShapeText(r.Shape), mode)
	t := columns(w, 3)
	r.printEigenvalues(t)
	fmt.Fprintf(t, "\n\tmeasured\texact\n")
	exactGap, exactLambda, exactC := "unknown", "unknown", "unknown"
	if e := r.Exact; e != nil {
		exactGap = fmt.Sprintf("%.10g (%s)", e.Gap, e.Kind)
		exactLambda, exactC = fmt.Sprintf("%.10g", e.PoincareConstant),
			fmt.Sprintf("%.10g", 1/math.Sqrt(e.PoincareConstant))
	}
	off := r.SpacingErrors[0]
	scaled := func(by float64) string { return bar(fpsgd.Known(off.Value() * by)) }
	fmt.Fprintf(t, "spectral gap\t%.10g%s\t%s\n", r.Gap, bar(off), exactGap)
	fmt.Fprintf(t, "Poincaré–Hardy constant Λ\t%.10g%s\t%s\n", r.PoincareConstant,
		scaled(1/s.Noise.Epsilon()), exactLambda)
	fmt.Fprintf(t, "C = Λ^{−1/2}\t%.10g%s\t%s\n", r.TalkConstant,
		scaled(r.TalkConstant/(2*r.Gap)), exactC)
	printEdge(t, r.Edge, s.Noise.Epsilon(), exactGap, exactLambda)
	t.Flush()
	fmt.Fprintf(w, "the lowest of the grid: %s (%s)\n", r.Certificate.Kind, r.Certificate.Text)
	fmt.Fprintf(w, "relative errors of the rates, on this grid: at most %.1e; "+
		"± is for its spacing\n",
		slices.Max(r.Errors))
	printNotes(w, j.notes())
}

// printEigenvalues writes a row for every distinct eigenvalue. Of the last one there may be more
// beyond those asked for.
func (r *spectrumResult) printEigenvalues(t io.Writer) {
	more := ""
	if r.Extrapolated != nil {
		more = "\textrapolated\terror\torder"
	}
	fmt.Fprintf(t, "rate\t±\tmultiplicity\tresidual%s\n", more)
	for i := 0; i < len(r.Eigenvalues); {
		n := r.multiplicity(i)
		count := fmt.Sprint(n)
		if i+n == len(r.Eigenvalues) {
			count += " or more"
		}
		fmt.Fprintf(t, "%.10g\t%s\t%s\t%.1e", r.Eigenvalues[i],
			fpsgd.Widest(r.SpacingErrors[i:i+n]).Text("%.1e", "unknown"), count,
			slices.Max(r.Residuals[i:i+n]))
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
		if e := j.result.Extrapolated; e != nil {
			if text := b.BarNote(j.result.Gap, e.Errors[0]); text != "" {
				notes = append(notes, text)
			}
		}
	}
	return append(notes,
		j.equation.Notes(j.result.Gap, j.extrapolate, j.result.Edge != nil)...)
}
