package report

import (
	"fmt"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

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
	if limits := r.limits(); len(limits.Rows) > 0 {
		s.Tables = append(s.Tables, limits)
	}
	return nil
}

// limits is a row for everything that was extrapolated.
func (r *convergence) limits() table {
	t := table{Caption: "Limits", Head: []string{"", "extrapolated", "±", "order"}}
	for _, of := range [][2]string{{"gap", "spectral gap"}, {"chi", "χ"}} {
		if l := r.Limits[of[0]]; l != nil && l.Value != nil {
			t.Rows = append(t.Rows, []string{of[1], measured(l.Value, l.Error, 10),
				bar(l.Value, l.Error), optional(l.Order, 3)})
		}
	}
	return t
}
