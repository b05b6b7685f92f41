package matrix

import "fpsgd/internal/parallel"

// Order is the order in which the rows of a grid in the plane, cells beside each other on all
// lines, are eliminated or swept over: from both ends of the lines to the middle, as in a twisted
// factorisation,
//
//	0, 1, …, Half−1;    n−1, n−2, …, Half+1, Half,
//
// so that two threads have half of the rows each and meet once, in the last. The place of a row is
// its number here. Each row is coupled to the one in the next place, but for row Half−1, the last
// of the first half: its next one is the last of all. That has two before it.
//
// A matrix that is permuted symmetrically remains an M-matrix: its elimination is GTH's, its
// factors are nonnegative, and the splittings of its Gauss–Seidel sweeps regular, whatever the
// order.
//
// With Half = 0 the order is 0, …, n−1.
type Order struct{ Rows, Half int }

// Twisted is the order of n rows from both ends; one or two have no row between ends.
func Twisted(n int) Order {
	if n < 3 {
		return Order{n, 0}
	}
	return Order{n, n / 2}
}

// At returns the row in place i.
func (o Order) At(i int) int {
	if o.Half == 0 || i < o.Half {
		return i
	}
	return o.Rows - 1 - (i - o.Half)
}

// Before returns the place before place i that is coupled to it, if there is one; the last place
// has another, Half−1.
func (o Order) Before(i int) (place int, ok bool) { return i - 1, i > 0 && i != o.Half }

// After returns the place after place i that is coupled to it, if there is one.
func (o Order) After(i int) (place int, ok bool) {
	if i == o.Half-1 {
		return o.Rows - 1, true
	}
	return i + 1, i+1 < o.Rows
}

// Bounds returns the places [first, last) of a half, 0 or 1.
func (o Order) Bounds(half int) (first, last int) {
	if half == 0 {
		return 0, o.Half
	}
	return o.Half, o.Rows
}

// Inward calls do for the places [first, last) of the halves, in turn or at the same time, in a
// loop over so many cells that goes from the ends to the middle. An empty half is left out.
func (o Order) Inward(w *parallel.Workers, cells int, do func(part, first, last int)) {
	w.Run(cells, func(part, parts int) {
		lo, hi := parallel.Share(2, part, parts)
		for half := lo; half < hi; half++ {
			if first, last := o.Bounds(half); first < last {
				do(part, first, last)
			}
		}
	})
}

// Outward is Inward for a loop that goes back. One thread begins with the half that it has done
// last, whose rows are still in its cache.
func (o Order) Outward(w *parallel.Workers, cells int, do func(part, first, last int)) {
	w.Run(cells, func(part, parts int) {
		lo, hi := parallel.Share(2, part, parts)
		for half := hi - 1; half >= lo; half-- {
			if first, last := o.Bounds(half); first < last {
				do(part, first, last)
			}
		}
	})
}
