package matrix_test

import (
	"slices"
	"testing"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// A sweep in the plane visits every row once, and down in reverse order. On two threads and more,
// a row is visited after the rows beside it that are in earlier places, and before the others.
func TestSweepInThePlane(t *testing.T) {
	for _, rows := range []int{2, 3, 4, 5, 8, 41} {
		for _, ring := range []bool{false, true} {
			for _, threads := range []int{1, 2, 3} {
				const row = 1 << 14
				op := lineartest.Random(1, []int{rows, 1}, ring, false)
				a, err := matrix.New(op, 1, threads)
				if err != nil {
					t.Fatal(err)
				}
				a.Cells *= row // as if rows were long enough to be shared out
				s := a.Sweep(0)
				a.Workers.Start()
				checkSweep(t, rows, ring, s, s.Up, 1)
				checkSweep(t, rows, ring, s, s.Down, -1)
				a.Workers.Stop()
			}
		}
	}
}

// checkSweep checks one, up (sign 1) or down (−1).
func checkSweep(t *testing.T, rows int, ring bool, s *matrix.Sweep,
	sweep func(visit func(part, place int)), sign int) {
	t.Helper()
	place := make([]int, rows)
	for i := range rows {
		place[s.At(i)] = i
	}
	visited, done := make([]int, rows), make(chan int, 2*rows)
	sweep(func(_, i int) { done <- s.At(i) })
	close(done)
	when := 0
	for row := range done {
		when++
		if visited[row] != 0 {
			t.Errorf("row %d of %d was visited twice", row, rows)
		}
		visited[row] = when
	}
	if slices.Contains(visited, 0) || when != rows {
		t.Fatalf("%d rows, visits in the order %v", rows, visited)
	}
	for row := range rows {
		next := row + 1
		if next == rows {
			if !ring {
				continue
			}
			next = 0
		}
		if next != row && sign*(place[next]-place[row])*(visited[next]-visited[row]) <= 0 {
			t.Errorf("%d rows, ring %v, sign %d: rows %d and %d, in places %d and %d, are visited at %d "+
				"and %d", rows, ring, sign, row, next, place[row], place[next], visited[row], visited[next])
		}
	}
}
