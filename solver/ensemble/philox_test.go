package ensemble

import (
	"testing"
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

func BenchmarkPhilox(b *testing.B) {
	var sum uint64
	var c [4]uint64
	for b.Loop() {
		for c[0] = range 1000 {
			w := philox([2]uint64{1, 2}, c)
			sum += w[0] ^ w[1] ^ w[2] ^ w[3]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/4000, "ns/word")
	_ = sum
}

func BenchmarkPhiloxTwice(b *testing.B) {
	var sum uint64
	var c [4]uint64
	for b.Loop() {
		for c[0] = range 1000 {
			w, v := philoxTwice([2]uint64{1, 2}, [2]uint64{1, 3}, c)
			sum += w[0] ^ w[1] ^ w[2] ^ w[3] ^ v[0] ^ v[1] ^ v[2] ^ v[3]
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/8000, "ns/word")
	_ = sum
}
