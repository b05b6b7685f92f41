package matrix

import "fpsgd/internal/parallel"

// Sweep goes over all rows of cells, lines along the last axis, and back, in an order in which the
// rows around one are either before or after it, whatever the number of threads.
//
// In the plane the rows are taken from both ends to the middle (Order), on a ring of rows all but
// the last so, which then comes after the others. With more axes the order is that of the memory,
// and the rows of planes are shared out (parallel.Pipeline).
type Sweep struct {
	pipe    *parallel.Pipeline // nil in the plane
	order   Order
	rows    int // in the plane, the one after the order included
	cells   int
	workers *parallel.Workers
}

// Sweep is for loops that reach so many rows back.
func (a *Matrix) Sweep(reach int) *Sweep {
	if len(a.Stride) != 2 {
		return &Sweep{pipe: a.pipeline(reach)}
	}
	n := a.Op.Shape[0]
	order := Twisted(n)
	if a.Op.Periodic[0] {
		order = Twisted(n - 1)
	}
	return &Sweep{order: order, rows: n, cells: a.Cells, workers: a.Workers}
}

// pipeline is for rows in planes spanned by the last two axes.
func (a *Matrix) pipeline(reach int) *parallel.Pipeline {
	rows := 1
	if d := len(a.Stride); d > 1 {
		rows = a.Op.Shape[d-2]
	}
	return parallel.NewPipeline(a.Workers, a.Cells, a.Cells/(a.Row*rows), rows, reach)
}

// InMemory reports whether the order is that of the memory.
func (s *Sweep) InMemory() bool { return s.pipe != nil || s.order.Half == 0 }

// At returns the row in a place of the order.
func (s *Sweep) At(place int) int {
	if s.pipe != nil || place >= s.order.Rows {
		return place
	}
	return s.order.At(place)
}

// KeptRows is how many rows there are from the first that may still be read to the last that may be
// written.
func (s *Sweep) KeptRows() int {
	if s.pipe != nil {
		return s.pipe.KeptRows()
	}
	return s.rows
}

// Up visits all places in order; part is the one that does it.
func (s *Sweep) Up(visit func(part, place int)) {
	if s.pipe != nil {
		s.pipe.Up(visit)
		return
	}
	middle := s.order.Rows - 1
	s.order.Inward(s.workers, s.cells, func(part, first, last int) {
		for i := first; i < min(last, middle); i++ {
			visit(part, i)
		}
	})
	for i := middle; i < s.rows; i++ {
		visit(0, i)
	}
}

// Down visits all places in reverse order.
func (s *Sweep) Down(visit func(part, place int)) {
	if s.pipe != nil {
		s.pipe.Down(visit)
		return
	}
	middle := s.order.Rows - 1
	for i := s.rows - 1; i >= middle; i-- {
		visit(0, i)
	}
	s.order.Outward(s.workers, s.cells, func(part, first, last int) {
		for i := min(last, middle) - 1; i >= first; i-- {
			visit(part, i)
		}
	})
}
