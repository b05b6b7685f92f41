package figures

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Levels that fall by 1/2 a step until they stand still at step 12 of 40: with six frames the steps
// between those before are as equal as 12 can be cut into five, 2 or 3, and of the rest only the
// last is drawn.
func TestTimesAreChosenByTheDecay(t *testing.T) {
	var levels, times []float64
	for k := range 41 {
		levels, times = append(levels, -0.5*math.Min(float64(k), 12)), append(times, float64(k))
	}
	got := chosen(levels, times, 7)
	if want := []int{0, 2, 4, 6, 8, 10, 40}; !slices.Equal(got, want) &&
		!slices.Equal(got, []int{0, 2, 4, 6, 8, 12, 40}) {
		t.Errorf("chosen %v, want %v", got, want)
	}
	// Fast at first, then slow: 0, −4, −4.1, −4.2, …: what changes little is passed over, evenly.
	levels = levels[:0]
	for k := range 41 {
		levels = append(levels, -0.1*float64(k)-4*math.Min(float64(k), 1))
	}
	if got := chosen(levels, times, 5); got[0] != 0 || got[1] != 1 || got[4] != 40 {
		t.Errorf("chosen %v, want the first two and three more", got)
	}
	// Nothing changes: the first and the last.
	if got := chosen(make([]float64, 41), times, 5); !slices.Equal(got, []int{0, 40}) {
		t.Errorf("of equal levels %v are chosen, want the first and the last", got)
	}
}

// No choice of as many times has a smaller largest step by more than the times weigh, and the ends
// are always there.
func TestChosenLevelsAreAsEqualAsCanBe(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n, count := rapid.IntRange(3, 5).Draw(t, "n"), rapid.IntRange(6, 11).Draw(t, "count")
		levels, times := []float64{0}, []float64{0}
		for k := 1; k < count; k++ {
			levels = append(levels, levels[k-1]-rapid.Float64Range(0.01, 3).Draw(t, "fall"))
			times = append(times, float64(k))
		}
		squares := func(chosen []int) (sum float64) {
			for i := 1; i < len(chosen); i++ {
				d := (levels[chosen[i]] - levels[chosen[i-1]]) / levels[count-1]
				sum += d * d
			}
			return sum
		}
		got := chosen(levels, times, n)
		if len(got) != n || got[0] != 0 || got[n-1] != count-1 || !slices.IsSorted(got) {
			t.Fatalf("chosen %v of %d", got, count)
		}
		for set := range 1 << (count - 2) { // every other choice
			other := []int{0}
			for k := range count - 2 {
				if set>>k&1 == 1 {
					other = append(other, k+1)
				}
			}
			other = append(other, count-1)
			// what the times weigh at most
			if len(other) == n && squares(other) < squares(got)-1e-4 {
				t.Fatalf("%v is more equal than %v", other, got)
			}
		}
	})
}

// Of many levels, which are thinned as they come, the first and the last are chosen all the same,
// and steps of about one size.
func TestManyLevelsAreThinned(t *testing.T) {
	levels, times := make([]float64, 1000), make([]float64, 1000)
	for k := range levels {
		levels[k], times[k] = -float64(k), float64(k)
	}
	got := chosen(levels, times, 5)
	if len(got) != 5 || got[0] != 0 || got[4] != 999 {
		t.Fatalf("chosen %v", got)
	}
	for k := 1; k < 5; k++ {
		// 250, to the distance of the levels kept, some 30
		if d := got[k] - got[k-1]; d < 150 || d > 350 {
			t.Errorf("a step of %d", d)
		}
	}
}
