package main

import (
	"fmt"
	"io"
	"math"
	"strings"

	"fpsgd"
	"fpsgd/mesh"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

func newExplain() *cobra.Command {
	return problemCommand(&cobra.Command{
		Use: "explain CONFIG|PRESET",
		Short: "the equation in words and formulas: SDE, PDE, invariant density, boundary, " +
			"exact rate",
	}, func(cmd *cobra.Command, s *fpsgd.Scenario) error { return explain(cmd.OutOrStdout(), s) })
}

// explain prints what a scenario is and what is known about it.
func explain(w io.Writer, s *fpsgd.Scenario) error {
	title := s.Config.Title()
	for _, p := range config.Presets() {
		if p.Name == title {
			title += ": " + p.Summary
		}
	}
	fmt.Fprintf(w, "%s\n\n", title)
	t := columns(w, 2)
	row := func(name, format string, args ...any) {
		fmt.Fprintf(t, "%s\t%s\n", name, fmt.Sprintf(format, args...))
	}
	explainEquation(row, s)
	explainInvariant(row, s)
	explainGrid(row, s)
	explainTime(row, s)
	row("takes", "%v", fpsgd.BudgetOf(s.Config, float64(s.Grid.Cells())))
	return t.Flush()
}

// rows writes a row of a table, of which a name may be empty.
type rows func(name, format string, args ...any)

func explainEquation(row rows, s *fpsgd.Scenario) {
	row("loss", "f = %s", s.Landscape)
	if k := s.Known.Form; k != "" && s.Config.Landscape.Formula != "" {
		row("", "recognised as %s", k)
	}
	text := s.Noise.Formulas()
	row("SDE", "%s", text.SDE)
	if text.Step != "" {
		row("", "%s", text.Step)
	}
	row("PDE", "%s", text.PDE)
}

func explainInvariant(row rows, s *fpsgd.Scenario) {
	density, k := s.Noise.Formulas().Invariant, s.Known
	space := s.Space()
	whether := s.Integrability()
	switch {
	case whether.Integrable == nil:
		row("invariant", "%s; whether it is integrable on %s is not known", density, space)
		row("", "not known: %s", whether.Reason)
	case !whether.Proven:
		row("invariant", "%s; whether it is integrable on %s is not known in closed form",
			density, space)
		row("", "measured: it is%s, as %s", map[bool]string{false: " not"}[*whether.Integrable],
			whether.Reason)
	case *whether.Integrable && !math.IsNaN(k.LogZ):
		row("invariant", "%s, integrable on %s: Z = ∫π = %.10g", density, space, math.Exp(k.LogZ))
	case *whether.Integrable:
		row("invariant", "%s, integrable on %s", density, space)
	default:
		row("invariant", "%s, not integrable on %s: no invariant probability, mass escapes",
			density, space)
	}
	if whether.Proven && whether.Reason != "" {
		row("", "proven: %s", whether.Reason)
	}
	if math.IsNaN(k.Rate) {
		row("exact rate", "not known in closed form")
		return
	}
	row("exact rate", "%.10g (%s): Poincaré–Hardy constant Λ = rate/ε = %.10g", k.Rate, k.Kind,
		k.Rate/s.Noise.Epsilon())
	row("", "%s", k.Reason)
	if k.RateSpace != k.Rate {
		row("", "over all functions on %s, which these coordinates do not contain: %.10g", space,
			k.RateSpace)
	}
}

func explainGrid(row rows, s *fpsgd.Scenario) {
	var open, closed []string
	for k := range s.Grid.Axes {
		a := &s.Grid.Axes[k]
		lo, hi := a.Faces[0], a.Faces[a.Cells()]
		name := a.Name
		if a.Log {
			name = "log " + name
		}
		row("axis "+a.Name, "%d cells, %.6g ≤ %s ≤ %.6g%s", a.Cells(), lo, name, hi,
			map[bool]string{true: ", periodic"}[a.Periodic])
		for side, q := range []float64{lo, hi} {
			at := fmt.Sprintf("%s = %.6g", name, q)
			switch {
			case a.Periodic:
			case a.Ends[side] == mesh.Open:
				open = append(open, at)
			default:
				closed = append(closed, at)
			}
		}
	}
	if len(closed) > 0 {
		conserved := ", so that mass is conserved"
		if len(open) > 0 {
			conserved = ""
		}
		row("boundary", "total flux zero at %s: %s = 0%s", strings.Join(closed, ", "),
			s.Noise.Formulas().Flux, conserved)
	}
	if len(open) > 0 {
		row("boundary", "open at %s: ρ/π = 0, mass leaves", strings.Join(open, ", "))
	}
	for i, remark := range s.Config.Remarks() {
		row(map[bool]string{true: "chosen"}[i == 0], "%s", remark)
	}
	if found, err := s.Searched(); err != nil {
		row("search", "%v", err)
	} else {
		row("search", "%v", found)
	}
	row("initial", "%s%s", s.Config.Initial.Kind,
		map[bool]string{true: ", mass 1"}[s.Config.Initial.Normalize])
	if s.NoExact != nil {
		row("", "which cannot be run: %v", s.NoExact)
	}
}

// quickAssembly is the number of cells up to which explain assembles the operator, to tell which
// scheme a run would take.
const quickAssembly = 1 << 18

// explainTime says which scheme a run takes, and why: where the default is lanczos, that depends on
// the initial density on the grid.
func explainTime(row rows, s *fpsgd.Scenario) {
	if s.Config.Time.End == 0 {
		row("time", "to a few times 1/gap: fpsgd run measures the gap and chooses")
		return
	}
	name, reason := s.Config.Time.Scheme, fpsgd.AsAsked
	if !s.Config.Gives("time.scheme") {
		name, reason = s.Config.DefaultScheme()
	}
	tell := func(text string) { row("time", "0 ≤ t ≤ %g, %s", s.Config.Time.End, text) }
	switch refused := fpsgd.CheckDensity(s.Config); {
	case refused != nil:
		tell("which concerns no run: " + refused.Error())
		return
	case name != config.Lanczos || s.NoExact != nil:
		tell(name + " (" + reason + ")")
		return
	case s.Grid.Cells() > quickAssembly:
		tell(name + " (" + reason + "), if the initial density is not too far from equilibrium " +
			"for it: on so many cells only fpsgd run tells")
		return
	}
	e, err := fpsgd.AssembleScenario(s)
	var w []float64
	if err == nil {
		w, err = e.Start()
	}
	if err != nil {
		tell("which cannot be run: " + err.Error())
		return
	}
	chosen, err := e.Choose(w, fpsgd.OptionsOf(s.Config))
	if err != nil {
		tell(name + ", which fpsgd run refuses: " + err.Error())
		return
	}
	tell(chosen.Scheme().String())
}
