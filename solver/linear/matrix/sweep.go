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

// Sweep is for loops that need no rows but those around one.
func (a *Matrix) Sweep() *Sweep {
	if len(a.Stride) != 2 {
		return &Sweep{pipe: a.Pipeline(0)}
	}
	n := a.Op.Shape[0]
	order := Twisted(n)
	if a.Op.Periodic[0] {
		order = Twisted(n - 1)
	}
	return &Sweep{order: order, rows: n, cells: a.Cells, workers: a.Workers}
}

// Up visits all rows in order; part is the one that does it.
func (s *Sweep) Up(visit func(part, row int)) {
	if s.pipe != nil {
		s.pipe.Up(visit)
		return
	}
	middle := s.order.Rows - 1
	s.order.Inward(s.workers, s.cells, func(part, first, last int) {
		for i := first; i < min(last, middle); i++ {
			visit(part, s.order.At(i))
		}
	})
	visit(0, s.order.At(middle))
	if s.order.Rows < s.rows {
		visit(0, s.rows-1)
	}
}

// Down visits all rows in reverse order.
func (s *Sweep) Down(visit func(part, row int)) {
	if s.pipe != nil {
		s.pipe.Down(visit)
		return
	}
	if s.order.Rows < s.rows {
		visit(0, s.rows-1)
	}
	middle := s.order.Rows - 1
	visit(0, s.order.At(middle))
	s.order.Outward(s.workers, s.cells, func(part, first, last int) {
		for i := min(last, middle) - 1; i >= first; i-- {
			visit(part, s.order.At(i))
		}
	})
}
