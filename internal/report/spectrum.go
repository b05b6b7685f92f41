package report

import (
	"fmt"

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
	off := at(r.SpacingErrors, 0)
	s.Tables = append(s.Tables, r.eigenvalues(), r.constants(off, v.Manifest.Epsilon))
	if r.Certificate.Kind != "" {
		s.Notes = append(s.Notes, "whether these are the lowest of the grid: "+r.Certificate.Kind+
			", "+r.Certificate.Text)
	}
	if r.Exact != nil && r.Exact.Reason != "" {
		s.Notes = append(s.Notes, "the exact gap: "+r.Exact.Reason)
	}
	return nil
}

// eigenvalues is a row for every mode.
func (r *spectrum) eigenvalues() table {
	t := table{Caption: "Eigenvalues", Head: []string{"mode", "rate", "±", "residual"}}
	e := r.Extrapolated
	if e != nil {
		t.Head = append(t.Head, "extrapolated", "±", "order")
	}
	t.Head = append(t.Head, "unit")
	for k := range r.Eigenvalues {
		rate, off := &r.Eigenvalues[k], at(r.SpacingErrors, k)
		row := []string{fmt.Sprint(k + 1), measured(rate, off, 10), bar(rate, off),
			number(at(r.Residuals, k), 2)}
		if e != nil {
			limit, off := at(e.Eigenvalues, k), at(e.Errors, k)
			row = append(row, measured(&limit, off, 10), bar(&limit, off),
				optional(at(e.Orders, k), 3))
		}
		t.Rows = append(t.Rows, append(row, "1/time"))
	}
	return t
}

// constants are the gap and the constant of the inequality, with the ± of the gap.
func (r *spectrum) constants(off *float64, epsilon float64) table {
	var exact *float64
	kind := ""
	if r.Exact != nil {
		exact, kind = r.Exact.Gap, exactKind(r.Exact.Kind)
	}
	scaled := func(x *float64) *float64 {
		if x == nil {
			return nil
		}
		return new(*x / epsilon)
	}
	t := table{Caption: "Gap and constant", Head: columnsOfResults}
	row := func(name string, x, off, exact *float64, remark string) {
		t.Rows = append(t.Rows, []string{name, measured(x, off, 10), bar(x, off),
			optional(exact, 10), "1/time", remark})
	}
	row("spectral gap", r.Gap, off, exact, kind)
	row("Poincaré–Hardy constant Λ", r.Poincare, scaled(off), scaled(exact), "rate = εΛ")
	if e := r.Edge; e != nil {
		row("gap of the unbounded domain", e.Gap, e.Error, exact, "the edge of the spectrum")
	}
	if r.Box != nil {
		t.Rows = append(t.Rows, []string{"gap on half the box", known(r.Box.Half, 10), "", "",
			"1/time", ""})
	}
	return t
}
