package rundir

import (
	"bytes"
	"crypto/sha256"
	"encoding/gob"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/hostile"
)

// FuzzManifest: a manifest that is read, with its digest or one that is made to fit, lists files of
// its own folder alone, and is read again as it is written.
func FuzzManifest(f *testing.F) {
	bare := Manifest{Schema: Schema, ID: strings.Repeat("a", 32), Status: Done, Command: "run",
		Argv: []string{"fpsgd", "run"}, Started: time.Unix(0, 0).UTC()}
	m := bare
	m.Dims, m.Shape, m.Set = []string{"x", "y"}, []int{4, 5}, []string{"noise.epsilon=0.5"}
	m.Files = []File{{"rho/000000.npy", atomicfile.Info{Bytes: 208, SHA256: SumOf(nil)}}}
	m.Planned = []string{SeriesCSV}
	var seeds [][]byte
	for _, m := range []Manifest{bare, m} {
		text, err := m.encode()
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, text)
	}
	seeds = append(seeds, []byte(`{"schema": 2, "files": [{"path": "../x"}]}`))
	check := func(t testing.TB, text []byte) {
		m, err := parseManifest(text)
		if err != nil {
			return
		}
		for _, name := range m.names() {
			if !validName(name) {
				t.Errorf("%q is listed", name)
			}
		}
		again, err := m.encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := parseManifest(again); err != nil {
			t.Error(err)
		}
	}
	hostile.Fuzz(f, hostile.Kind{Name: "manifests", Seeds: seeds, Wrap: signed}, check)
}

// signed makes the digest of a text that ends with one fit, unless the text tells by its own digest
// that it is to stay as it is.
func signed(text []byte) []byte {
	at := bytes.LastIndex(text, []byte(`"digest": "`))
	if at < 0 || sha256.Sum256(text)[0]%8 == 0 {
		return text
	}
	body := slices.Concat(text[:at], endOf(noDigest))
	return slices.Concat(text[:at], endOf(SumOf(body)))
}

// wild is a state with all that gob knows.
type wild struct {
	Numbers []float64
	Bytes   []byte
	Texts   map[string]string
	Deep    [][]float64
	Any     any
	Next    *wild
}

// FuzzCheckpoint: whatever a checkpoint holds under a checksum that fits, it is read or refused.
func FuzzCheckpoint(f *testing.F) {
	gob.Register(wild{})
	var seeds [][]byte
	for _, s := range []wild{{Numbers: []float64{1}}, {Numbers: []float64{1, 2e300},
		Bytes: []byte("b"),
		Texts: map[string]string{"a": "b"}, Deep: [][]float64{{1}, nil, {2, 3}}, Any: wild{},
		Next: &wild{Any: 3}}} {
		var b bytes.Buffer
		if err := encodeCheckpoint(&b, Origin{ID: "a", Resolved: []byte("b"),
			Files: map[string]atomicfile.Info{"x": {Bytes: 1}}}, s); err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, b.Bytes()[:b.Len()-sha256.Size])
	}
	seeds = append(seeds, []byte(checkpointFormat))
	hostile.Fuzz(f, hostile.Kind{Name: "checkpoints", Seeds: seeds,
		Wrap: func(body []byte) []byte { // a checksum, as no accident has it
			sum := sha256.Sum256(body)
			if sum[0]%16 == 0 {
				return body
			}
			return slices.Concat(body, sum[:])
		},
	}, func(t testing.TB, content []byte) {
		var s wild
		decodeCheckpoint(content, &s)
	})
}

// FuzzSeries: a series that is read has columns of one length, and is written as it was read.
func FuzzSeries(f *testing.F) {
	seeds := [][]byte{[]byte("t,chi,log_norm\n0,1,0\n1,0.5,-0.7\n2,,-1.4\n"),
		[]byte("a\n1e308\n-1e-308\n"), []byte("t,t\n1,2\n"), []byte("t,ü\nNaN,0x1p-2\n"), nil}
	hostile.Fuzz(f, hostile.Kind{Name: "series.csv", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			n := 1 + r.IntN(6)
			if r.IntN(20) == 0 {
				n = r.IntN(5000)
			}
			var lines []string
			for row := range 1 + r.IntN(5) {
				var cells []string
				for k := range n {
					cell := hostile.Number(r)
					if row == 0 {
						cell = fmt.Sprintf("c%d", k)
					}
					cells = append(cells, cell)
				}
				lines = append(lines, strings.Join(cells, ",")+"\n")
			}
			return []byte(strings.Join(lines, ""))
		},
	}, func(t testing.TB, content []byte) {
		series, err := ParseSeries(content)
		if err != nil {
			return
		}
		var names []string
		var columns [][]float64
		for name, column := range series {
			names, columns = append(names, name), append(columns, column)
			if len(column) != len(columns[0]) {
				t.Fatalf("%d values of %s, and %d of %s", len(column), name, len(columns[0]),
					names[0])
			}
		}
		var b bytes.Buffer
		if err := writeCSV(&b, names, columns); err != nil {
			t.Fatal(err)
		}
		if again, err := ParseSeries(b.Bytes()); err != nil || len(again) != len(series) {
			t.Errorf("written, and read again: %v", err)
		}
	})
}

// FuzzOwner: what a lock says is one line.
func FuzzOwner(f *testing.F) {
	seeds := [][]byte{[]byte(`{"host": "a", "pid": 3}`), []byte(`{"host": "\u001b[2J\n"}`)}
	hostile.Fuzz(f, hostile.Kind{Name: "locks", Seeds: seeds}, func(t testing.TB, text []byte) {
		if s := parseOwner(text).String(); strings.ContainsAny(s, "\n\x1b") {
			t.Errorf("%q", s)
		}
	})
}
