package multigrid

import "fpsgd/internal/parallel"

// order is the order in which the n rows of a grid, the i-th cells of all lines, are eliminated,
// and stored. A twisted factorisation begins at both ends of the lines and ends between them,
//
//	0, 1, …, half−1;    n−1, n−2, …, half+1, half;
//
// the place of a row is its number here. Each row is eliminated into the one in the next place, but
// for row half−1, the last of the first half, which is eliminated into the last one, and so is the
// last but one. Two threads share a line's solution by its halves and meet once, in the last row.
// A matrix that is permuted symmetrically remains an M-matrix, so that its elimination is GTH's, its
// factors are nonnegative, and their products the same matrix as in any other order.
//
// With half = 0 the order is 0, …, n−1.
type order struct{ n, half int }

// twisted is the order of n rows from both ends; of one or two there is only one row to begin with.
func twisted(n int) order {
	if n < 3 {
		return order{n, 0}
	}
	return order{n, n / 2}
}

// row returns the row in place i.
func (o order) row(i int) int {
	if o.half == 0 || i < o.half {
		return i
	}
	return o.n - 1 - (i - o.half)
}

// before returns the place of the row that is eliminated into the one in place i, if there is one;
// into the last there may be another, in place half−1.
func (o order) before(i int) (place int, ok bool) { return i - 1, i > 0 && i != o.half }

// after returns the place of the row that the one in place i is eliminated into, if there is one.
func (o order) after(i int) (place int, ok bool) {
	if i == o.half-1 {
		return o.n - 1, true
	}
	return i + 1, i+1 < o.n
}

// bounds returns the places [first, last) of a half: 0, the first, is empty if half = 0.
func (o order) bounds(which int) (first, last int) {
	if which == 0 {
		return 0, o.half
	}
	return o.half, o.n
}

// inward calls do for the halves of the rows in turn or at the same time, in a loop over so many
// cells that goes from the ends to the last row.
func (o order) inward(w *parallel.Workers, cells int, do func(part, first, last int)) {
	w.Run(cells, func(part, parts int) {
		lo, hi := parallel.Share(2, part, parts)
		for half := lo; half < hi; half++ {
			if first, last := o.bounds(half); first < last {
				do(part, first, last)
			}
		}
	})
}

// outward is inward for a loop that goes back. One thread begins with the half that it has done
// last, the rows of which are still in its cache.
func (o order) outward(w *parallel.Workers, cells int, do func(part, first, last int)) {
	w.Run(cells, func(part, parts int) {
		lo, hi := parallel.Share(2, part, parts)
		for half := hi - 1; half >= lo; half-- {
			if first, last := o.bounds(half); first < last {
				do(part, first, last)
			}
		}
	})
}
