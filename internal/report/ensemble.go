package report

import (
	"fmt"
	"slices"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

// comparison is of particles with the density at a time.
type comparison struct {
	L1         *float64
	L1Draws    *float64 `json:"l1_sampling"`
	Chi2       *float64 `json:"chi2_per_bin"`
	KS         []float64
	KSDraws    *float64 `json:"ks_sampling"`
	AsForDraws *bool    `json:"within_sampling"`
}

// ensemble is what is read of ensemble.json.
type ensemble struct {
	Particles, Steps int
	Eta, Epsilon     float64
	Scheme, Noise    string
	Seed             uint64
	Seconds          *float64
	Times            []float64
	Mean             [][]*float64
	MeanError        [][]*float64 `json:"mean_error"`
	FMean            []*float64   `json:"f_mean"`
	FMeanError       []*float64   `json:"f_mean_error"`
	Gone, Outside    []int
	Comparisons      []*comparison

	Schemes []struct { // of ensemble --orders, which has no times
		Scheme string
		Levels []struct {
			Step              float64
			Strong, F, Smooth order
		}
	}
}

// order is a mean with its standard error, and the order at which it goes to 0.
type order struct {
	Value, Error, Order *float64
	OrderError          *float64 `json:"order_error"`
}

// ofEnsemble tells what the particles do, time by time.
func (s *section) ofEnsemble(v *rundir.View) error {
	var r ensemble
	found, err := readJSON(v, figures.EnsembleFile, &r)
	if err != nil || !found {
		return err
	}
	if len(r.Schemes) > 0 {
		s.ofOrders(&r)
		return nil
	}
	s.Asked = append(s.Asked, fact{"particles", fmt.Sprintf("%d, %s with η = %s, %d steps, seed %d",
		r.Particles, r.Scheme, number(r.Eta, 4), r.Steps, r.Seed)})
	if r.Seconds != nil {
		s.Timings = append(s.Timings, fact{"moving", number(*r.Seconds, 3) + " s"})
	}
	if len(r.Times) == 0 {
		return nil
	}
	s.Charts = append(s.Charts, r.means()...)
	s.Tables = append(s.Tables, r.table())
	n := len(r.Times) - 1
	if c := at(r.Comparisons, n); c != nil && c.L1 != nil {
		s.Headline = fmt.Sprintf("particles beside ρ at t = %s: %s apart in L¹, where as many "+
			"independent draws are %s", number(r.Times[n], 4), number(*c.L1, 3),
			known(c.L1Draws, 3))
	}
	s.Notes = append(s.Notes, "of draws: the mean for as many independent draws from the density; "+
		"as for draws: at a level of one in a thousand")
	return nil
}

// table is a row for every time; of many every n-th and the last.
func (r *ensemble) table() table {
	const mostRows, mostComponents = 41, 3
	t := table{Caption: "Particles beside the density", Head: []string{"t", "mean of f", "±"}}
	shown := min(mostComponents, len(at(r.Mean, 0)))
	for k := range shown {
		t.Head = append(t.Head, "mean of "+component(k, len(r.Mean[0])), "±")
	}
	compared := len(r.Comparisons) > 0 && r.Comparisons[len(r.Comparisons)-1] != nil
	if compared {
		t.Head = append(t.Head, "L¹ to ρ", "of draws", "χ² a bin", "KS", "of draws", "as for draws")
	}
	n := len(r.Times)
	for row := range min(n, mostRows) {
		k := row
		if n > mostRows {
			k = row * (n - 1) / (mostRows - 1)
		}
		cells := []string{number(r.Times[k], 4), optional(at(r.FMean, k), 6),
			bar(at(r.FMean, k), at(r.FMeanError, k))}
		for c := range shown {
			m := at(at(r.Mean, k), c)
			cells = append(cells, optional(m, 4), bar(m, at(at(r.MeanError, k), c)))
		}
		if compared {
			cells = append(cells, at(r.Comparisons, k).cells()...)
		}
		t.Rows = append(t.Rows, cells)
	}
	return t
}

// cells are those of a comparison, empty without one.
func (c *comparison) cells() []string {
	if c == nil {
		return make([]string, 6)
	}
	ks, as := "", ""
	if len(c.KS) > 0 {
		ks = number(slices.Max(c.KS), 3)
	}
	if c.AsForDraws != nil {
		as = map[bool]string{true: "yes", false: "no"}[*c.AsForDraws]
	}
	return []string{optional(c.L1, 3), optional(c.L1Draws, 3), optional(c.Chi2, 4), ks,
		optional(c.KSDraws, 3), as}
}

// at returns an element, or the zero of its kind beyond the end.
func at[T any](all []T, k int) (none T) {
	if k < len(all) {
		return all[k]
	}
	return none
}

// component names a component of θ.
func component(k, of int) string {
	if cartesian := []string{"x", "y", "z", "w"}; of <= len(cartesian) {
		return cartesian[k]
	}
	return fmt.Sprintf("x%d", k+1)
}

// means are the curves of the means, with a standard error to each side.
func (r *ensemble) means() []chart {
	of := func(title string, n int, mean, off func(k, c int) *float64,
		name func(c int) string) chart {

		c := chart{Title: title, X: scale{Label: "t"}, Y: scale{Label: title}}
		columns := []column{r.Times}
		for i := range n {
			y, high, low := column{}, column{}, column{}
			for k := range r.Times {
				m, e := value(mean(k, i)), value(off(k, i))
				y, high, low = append(y, m), append(high, m+e), append(low, m-e)
			}
			columns = append(columns, y, high, low)
			c.Curves = append(c.Curves, curve{name(i), "line", i},
				curve{"", "high", i}, curve{"", "low", i})
		}
		c.Tables = [][]column{columns}
		return c
	}
	return []chart{
		of("Mean of f", 1, func(k, _ int) *float64 { return at(r.FMean, k) },
			func(k, _ int) *float64 { return at(r.FMeanError, k) },
			func(int) string { return "E f(θ)" }),
		of("Means", min(4, len(at(r.Mean, 0))),
			func(k, c int) *float64 { return at(at(r.Mean, k), c) },
			func(k, c int) *float64 { return at(at(r.MeanError, k), c) },
			func(c int) string { return "E " + component(c, len(r.Mean[0])) }),
	}
}
