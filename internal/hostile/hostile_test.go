package hostile

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// What an input does wrong is seen, and what it takes.
func TestWatch(t *testing.T) {
	w := watch(t.Name())
	defer w.end()
	var kept []byte
	for want, check := range map[string]func(t testing.TB, input []byte){
		"":            func(testing.TB, []byte) {},
		"panic: here": func(testing.TB, []byte) { panic("here") },
		"one":         func(t testing.TB, _ []byte) { t.Errorf("one") },
		"two":         func(t testing.TB, _ []byte) { t.Fatal("two"); panic("not reached") },
		"index out":   func(_ testing.TB, input []byte) { input[3] = 0 },
	} {
		if c := w.costOf(t, []byte("abc"), check); !strings.Contains(c.wrong, want) ||
			(c.wrong == "") != (want == "") {
			t.Errorf("%q: %+v", want, c)
		}
	}
	c := w.costOf(t, nil, func(testing.TB, []byte) { kept = make([]byte, 50<<20) })
	if len(kept) != 50<<20 || c.memory < 50<<20 || c.memory > 60<<20 {
		t.Errorf("of 50 MiB %d bytes are seen", c.memory)
	}
	before := processorTime()
	sum := 0.0
	c = w.costOf(t, nil, func(testing.TB, []byte) {
		for processorTime()-before < 3e7 {
			sum++
		}
	})
	if sum == 0 || c.time <= 0 {
		t.Errorf("%g rounds in %v", sum, c.time)
	}
}

// The inputs of a kind are the same every time, of bounded length, and mostly not the seeds.
func TestInputs(t *testing.T) {
	k := Kind{Seeds: [][]byte{[]byte("a = 1.5, [2]"), nil, []byte("\x00\x01")},
		Draw: func(r *rand.Rand) []byte { return []byte(Formula(r, "x")) },
		Wrap: func(content []byte) []byte { return append(content, '!') }}
	different := map[string]bool{}
	for i := range 3000 {
		a, b := k.input(i), k.input(i)
		if !bytes.Equal(a, b) || len(a) > mostBytes+1 || a[len(a)-1] != '!' {
			t.Fatalf("input %d: %.99q and %.99q", i, a, b)
		}
		different[string(a)] = true
	}
	if len(different) < 2000 {
		t.Errorf("%d different inputs of 3000", len(different))
	}
}
