package ensemble

import (
	"fmt"
	"path/filepath"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// The known answers of the paper's own test vectors.
func TestPhilox(t *testing.T) {
	for _, c := range []struct {
		counter [4]uint64
		key     [2]uint64
		want    [4]uint64
	}{
		{want: [4]uint64{0x16554d9eca36314c, 0xdb20fe9d672d0fdc, 0xd7e772cee186176b,
			0x7e68b68aec7ba23b}},
	} {
		if got := philox(c.key, c.counter); got != c.want {
			t.Errorf("key %x, counter %x: %x, want %x", c.key, c.counter, got, c.want)
		}
	}
}

// Two at a time are as one by one.
func TestPhiloxTwice(t *testing.T) {
	counter := [4]uint64{7, 1 << 60, 3, 9}
	var x, y [4]uint64
	philoxTwice(&x, &y, 5, 1<<63, &counter)
	a, b := [2]uint64{5, 1 << 63}, [2]uint64{5, 1<<63 + 1}
	if x != philox(a, counter) || y != philox(b, counter) {
		t.Error("other words than one by one")
	}
}

// NumPy's own Philox, with the key (seed, particle), makes the same words.
func TestNumPyReproducesStreams(t *testing.T) {
	program, err := filepath.Abs("testdata/philox.py")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		key     [2]uint64
		counter [4]uint64
	}{
		{[2]uint64{0, 0}, [4]uint64{0, 0, 0, 0}},
		{[2]uint64{42, 999999}, [4]uint64{12345, 2, 1, 3}},
		{[2]uint64{1<<64 - 1, 7}, [4]uint64{1 << 40, 0, 2, 1<<40 + 1}},
	} {
		args := []string{program}
		for _, word := range append(c.key[:], c.counter[:]...) {
			args = append(args, fmt.Sprint(word))
		}
		words := philox(c.key, c.counter)
		want := fmt.Sprintf("%x %x %x %x", words[0], words[1], words[2], words[3])
		if got := numpytest.Run(t, t.TempDir(), args...); got != want {
			t.Errorf("key %x, counter %x: NumPy has %s, and here it is %s", c.key, c.counter, got,
				want)
		}
	}
}

// BenchmarkNoise is the cost of the random numbers alone.
func BenchmarkNoise(b *testing.B) {
	for _, law := range []Law{Gaussian, Rademacher} {
		b.Run(law.String(), func(b *testing.B) {
			s := newSource(1, 2, law, forIncrements, width)
			step := int64(0)
			for b.Loop() {
				s.increments(step, 0, 0, width)
				step++
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/width/2, "ns/number")
		})
	}
}
