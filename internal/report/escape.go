package report

import (
	"fmt"

	"fpsgd/internal/rundir"
)

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
		limit, off, offLimit := r.Extrapolated[row[0]], r.Errors[row[0]],
			r.ExtrapolatedErrors[row[0]]
		t.Rows = append(t.Rows, []string{row[1], measured(here, off, 10), bar(here, off),
			measured(limit, offLimit, 10), bar(limit, offLimit), row[2]})
	}
	s.Tables, s.Notes = append(s.Tables, t), r.Notes
	if r.Defect != nil {
		s.Notes = append(s.Notes, "currents out of A and into B, and probabilities that sum to 1, "+
			"agree to "+number(*r.Defect, 2))
	}
	return nil
}
