package report

import "fmt"

// ofOrders tells the differences of schemes along the same paths by steps h and h/2, and at which
// order of the step they go to 0.
func (s *section) ofOrders(r *ensemble) {
	s.Asked = append(s.Asked, fact{"particles", fmt.Sprintf("%d, seed %d", r.Particles, r.Seed)})
	for _, scheme := range r.Schemes {
		t := table{Caption: "Steps h and h/2: " + scheme.Scheme, Head: []string{"h"}}
		for _, name := range []string{"E|X_h − X_h/2|", "E f: h less h/2",
			"E g: h less h/2"} {
			t.Head = append(t.Head, name, "±", "order", "±")
		}
		for _, l := range scheme.Levels {
			row := []string{number(l.Step, 4)}
			for _, o := range []order{l.Strong, l.F, l.Smooth} {
				row = append(row, measured(o.Value, o.Error, 3), bar(o.Value, o.Error))
				if o.Order == nil {
					row = append(row, "", "")
				} else {
					row = append(row, measured(o.Order, o.OrderError, 3),
						bar(o.Order, o.OrderError))
				}
			}
			t.Rows = append(t.Rows, row)
		}
		s.Tables = append(s.Tables, t)
	}
	s.Notes = append(s.Notes, "g = e^{−f/scale}; ± is one standard error; an order is not known "+
		"where sampling hides the difference (below three of them): with more particles it shows")
}
