package report

import (
	"fmt"
	"slices"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

// spectrum is what is read of spectrum.json.
type spectrum struct {
	Eigenvalues   []float64
	Residuals     []float64
	SpacingErrors []*float64 `json:"spacing_errors"`
	Gap           *float64
	Poincare      *float64 `json:"poincare_constant"`
	Certificate   struct{ Kind, Text string }
	Exact         *struct {
		Gap, Poincare *float64
		Kind, Reason  string
	}
	Extrapolated *struct {
		Eigenvalues    []float64
		Errors, Orders []*float64
	}
	Edge *struct {
		Gap, Error *float64
		Poincare   *float64 `json:"poincare_constant"`
	}
	Box *struct {
		Half *float64 `json:"gap_half"`
	}
}

// spectrumFile holds the eigenvalues and what is said of them.
const spectrumFile = "spectrum.json"

// ofSpectrum tells the eigenvalues, and whether they are the lowest.
func (s *section) ofSpectrum(v *rundir.View) error {
	var r spectrum
	found, err := readJSON(v, spectrumFile, &r)
	if err != nil || !found {
		return err
	}
	at := func(all []*float64, k int) *float64 {
		if k < len(all) {
			return all[k]
		}
		return nil
	}
	t := table{Caption: "Eigenvalues", Head: []string{"mode", "rate", "±", "residual"}}
	if r.Extrapolated != nil {
		t.Head = append(t.Head, "extrapolated", "±", "order")
	}
	t.Head = append(t.Head, "unit")
	for k := range r.Eigenvalues {
		row := []string{fmt.Sprint(k + 1), measured(&r.Eigenvalues[k],
			at(r.SpacingErrors, k), 10), bar(&r.Eigenvalues[k], at(r.SpacingErrors, k)), ""}
		if k < len(r.Residuals) {
			row[3] = number(r.Residuals[k], 2)
		}
		if e := r.Extrapolated; e != nil && k < len(e.Eigenvalues) {
			row = append(row, measured(&e.Eigenvalues[k], at(e.Errors, k),
				10), bar(&e.Eigenvalues[k], at(e.Errors, k)), optional(at(e.Orders, k), 3))
		}
		t.Rows = append(t.Rows, append(row, "1/time"))
	}
	s.Tables = append(s.Tables, t, r.constants(at(r.SpacingErrors, 0), v.Manifest.Epsilon))
	if r.Certificate.Kind != "" {
		s.Notes = append(s.Notes, "whether these are the lowest of the grid: "+r.Certificate.Kind+
			", "+r.Certificate.Text)
	}
	if r.Exact != nil && r.Exact.Reason != "" {
		s.Notes = append(s.Notes, "the exact gap: "+r.Exact.Reason)
	}
	return nil
}

// constants are the gap and the constant of the inequality, with the ± of the gap.
func (r *spectrum) constants(off *float64, epsilon float64) table {
	t := table{Caption: "Gap and constant", Head: columnsOfResults}
	var gap, lambda *float64
	kind := ""
	if r.Exact != nil {
		gap, lambda, kind = r.Exact.Gap, r.Exact.Gap, exactKind(r.Exact.Kind)
	}
	scaled := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		y := *x / epsilon
		return &y
	}
	t.Rows = [][]string{{"spectral gap", measured(r.Gap, off, 10), bar(r.Gap, off), optional(gap, 10),
		"1/time", kind}, {"Poincaré–Hardy constant Λ", measured(r.Poincare,
		scaled(off), 10), bar(r.Poincare, scaled(off)), optional(scaled(lambda), 10), "1/time", "rate = εΛ"}}
	if r.Edge != nil {
		t.Rows = append(t.Rows, []string{"gap of the unbounded domain", measured(r.Edge.Gap, r.Edge.Error,
			10), bar(r.Edge.Gap, r.Edge.Error), optional(gap, 10), "1/time", "the edge of the spectrum"})
	}
	if r.Box != nil {
		t.Rows = append(t.Rows, []string{"gap on half the box", known(r.Box.Half, 10), "", "",
			"1/time", ""})
	}
	return t
}

// escapeFile holds times and rates.
const escapeFile = "escape.json"

// ofEscape tells times and rates, on the grid and extrapolated.
func (s *section) ofEscape(v *rundir.View) error {
	r := struct {
		From, To           string
		Start              any
		Errors             map[string]*float64
		Extrapolated       map[string]*float64
		ExtrapolatedErrors map[string]*float64 `json:"extrapolated_errors"`
		Grids              [][]int
		Defect             *float64
		Notes              []string
	}{}
	found, err := readJSON(v, escapeFile, &r)
	if err != nil || !found {
		return err
	}
	on := map[string]any{}
	if _, err := readJSON(v, escapeFile, &on); err != nil {
		return err
	}
	s.Asked = append(s.Asked, fact{"set A", r.From}, fact{"set B", r.To},
		fact{"start", fmt.Sprint(r.Start)})
	t := table{Caption: "From A to B", Head: []string{"", "on this grid", "±", "extrapolated", "±",
		"unit"}}
	for _, row := range [][3]string{
		{"mean_time", "mean time to B", "time"},
		{"mean_time_std", "its standard deviation", "time"},
		{"rate", "rate, 1/mean time", "1/time"},
		{"committor_rate", "rate of A → B, by the committor", "1/time"},
		{"back_rate", "rate of B → A", "1/time"},
		{"quasi_stationary_rate", "quasi-stationary rate into B", "1/time"},
		{"transitions", "transitions per unit of time", "1/time"},
		{"last_from", "share of time A was visited last", "1"},
		{"mass_from", "share of π in A", "1"},
		{"mass_to", "share of π in B", "1"},
	} {
		var here *float64
		if x, ok := on[row[0]].(float64); ok {
			here = &x
		}
		beyond := r.Extrapolated[row[0]]
		t.Rows = append(t.Rows, []string{row[1], measured(here, r.Errors[row[0]], 10), bar(here,
			r.Errors[row[0]]), measured(beyond, r.ExtrapolatedErrors[row[0]], 10), bar(beyond, r.ExtrapolatedErrors[row[0]]), row[2]})
	}
	s.Tables, s.Notes = append(s.Tables, t), r.Notes
	if r.Defect != nil {
		s.Notes = append(s.Notes, "currents out of A and into B, and probabilities that sum to 1, "+
			"agree to "+number(*r.Defect, 2))
	}
	return nil
}

// convergence is what is read of converge.json.
type convergence struct {
	In, Reference string
	End           float64
	Levels        []struct {
		Cells         []int
		Step          *float64
		Steps, Solves int
		ErrorL1       *float64 `json:"error_l1"`
		OrderL1       *float64 `json:"order_l1"`
		ErrorChi      *float64 `json:"error_chi"`
		OrderChi      *float64 `json:"order_chi"`
		Gap, Chi      *float64
	}
	Limits map[string]*struct{ Value, Error, Order *float64 }
	Notes  []string
}

// ofConvergence tells the errors, level by level.
func (s *section) ofConvergence(v *rundir.View) error {
	var r convergence
	found, err := readJSON(v, figures.ConvergenceFile, &r)
	if err != nil || !found {
		return err
	}
	first := "cells"
	if r.In == "time" {
		first = "Δt"
	}
	t := table{Caption: "Errors at t = " + number(r.End, 6) + " against " + r.Reference,
		Head: []string{first, "error in L¹", "order", "error in χ", "order", "gap", "χ", "solves"}}
	for _, l := range r.Levels {
		name := shapeText(l.Cells)
		if r.In == "time" {
			name = known(l.Step, 4)
		}
		t.Rows = append(t.Rows, []string{name, optional(l.ErrorL1, 4), optional(l.OrderL1, 3),
			optional(l.ErrorChi, 4), optional(l.OrderChi, 3), optional(l.Gap, 10),
			optional(l.Chi, 6), fmt.Sprint(l.Solves)})
	}
	s.Tables, s.Notes = append(s.Tables, t), r.Notes
	if n := len(t.Rows); n > 0 && t.Rows[n-1][1] != "" {
		last := t.Rows[n-1]
		s.Headline = "error in L¹ with " + last[0] + " " + first + ": " + last[1]
		if last[2] != "" {
			s.Headline += ", order " + last[2]
		}
	}
	limits := table{Caption: "Limits", Head: []string{"", "extrapolated", "±", "order"}}
	var names []string
	for name := range r.Limits {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		label := map[string]string{"chi": "χ", "gap": "spectral gap"}[name]
		if l := r.Limits[name]; l != nil && l.Value != nil {
			limits.Rows = append(limits.Rows, []string{label, measured(l.Value, l.Error,
				10), bar(l.Value, l.Error), optional(l.Order, 3)})
		}
	}
	if len(limits.Rows) > 0 {
		s.Tables = append(s.Tables, limits)
	}
	return nil
}
