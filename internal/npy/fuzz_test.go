package npy

import (
	"bytes"
	"math/rand/v2"
	"testing"

	"fpsgd/internal/hostile"
)

// FuzzRead: whatever the content, Decode returns, and an array it accepts has as many values as its
// shape says and no more than the content has bytes. What it accepts in C order as float64 is
// written back to the same data.
func FuzzRead(f *testing.F) {
	var seeds [][]byte
	for _, files := range []map[string][]byte{malformed, wellFormed} {
		for _, content := range files {
			seeds = append(seeds, content)
		}
	}
	for _, shape := range []string{"()", "(0,)", "(1,)", "(1, 1)", "(1,1,1)"} {
		seeds = append(seeds, plain("<f8", shape, one), plain(">i2", shape, one),
			file("{'descr': '|u1', 'fortran_order': True, 'shape': (2, 2, 2), }", one))
	}
	hostile.Fuzz(f, hostile.Kind{Name: ".npy", Seeds: hostile.Sorted(seeds),
		Draw: func(r *rand.Rand) []byte {
			return hostile.Npy(r, nil, []int{0}, []int{3}, []int{2, 3}, []int{3, 0, 2},
				[]int{1, 1, 1, 1, 1, 1, 1, 1}, []int{64, 64})
		},
	}, func(t testing.TB, content []byte) {
		shape, data, err := Decode(content)
		if err != nil {
			return
		}
		if n, ok := size(shape); !ok || n != len(data) || n > len(content) {
			t.Fatalf("%d values of shape %v from %d bytes", len(data), shape, len(content))
		}
		if !bytes.Contains(content, []byte("'<f8', 'fortran_order': False")) {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, shape, data); err == nil &&
			!bytes.HasSuffix(b.Bytes(), content[len(content)-8*len(data):]) {
			t.Fatalf("%q is not what was read", b.Bytes())
		}
	})
}
