package matrix_test

import (
	"slices"
	"testing"

	"fpsgd/solver/linear/lineartest"
	"fpsgd/solver/linear/matrix"
)

// A sweep in the plane visits every row once. On any number of threads the rows beside one are
// visited before it or after it as on one, and the other way round by the sweep down.
func TestSweepInThePlane(t *testing.T) {
	for _, rows := range []int{2, 3, 4, 5, 8, 41} {
		for _, ring := range []bool{false, true} {
			var want []int
			for _, threads := range []int{1, 2, 3} {
				op := lineartest.Random(1, []int{rows, 1}, ring, false)
				a, err := matrix.New(op, 1, threads)
				if err != nil {
					t.Fatal(err)
				}
				a.Cells *= 1 << 14 // as if rows were long enough to be shared out
				s := a.Sweep()
				a.Workers.Start()
				up, down := visits(t, rows, s.Up), visits(t, rows, s.Down)
				a.Workers.Stop()
				if want == nil {
					want = up
				}
				for row := range rows - 1 {
					checkPair(t, want, up, down, row, row+1)
				}
				if ring {
					checkPair(t, want, up, down, rows-1, 0)
				}
			}
		}
	}
}

// visits returns when each row is visited.
func visits(t *testing.T, rows int, sweep func(visit func(part, row int))) []int {
	t.Helper()
	when, done := make([]int, rows), make(chan int, 2*rows)
	sweep(func(_, row int) { done <- row })
	close(done)
	count := 0
	for row := range done {
		count++
		when[row] = count
	}
	if count != rows || slices.Contains(when, 0) {
		t.Fatalf("%d visits of %d rows, at %v", count, rows, when)
	}
	return when
}

// checkPair claims that rows are visited as wanted by the sweep up, and the other way round by that
// down.
func checkPair(t *testing.T, want, up, down []int, i, j int) {
	t.Helper()
	first := want[i] < want[j]
	if up[i] < up[j] != first || down[i] < down[j] == first {
		t.Errorf("rows %d and %d of %d are visited at %d and %d up, %d and %d down, "+
			"on one thread at %d and %d up", i, j, len(want), up[i], up[j], down[i], down[j],
			want[i], want[j])
	}
}
