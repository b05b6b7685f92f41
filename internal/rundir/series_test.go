package rundir

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func newSeries(t *testing.T, names ...string) *Series {
	t.Helper()
	s, err := NewSeries(names...)
	check(t, err)
	return s
}

func TestCSV(t *testing.T) {
	s := newSeries(t, "t", "norm", "solves")
	check(t, s.Append(0, 0.1, 1))
	check(t, s.Append(1e-7, math.NaN(), 12))
	check(t, s.Append(0.30000000000000004, 5e-324, math.NaN()))
	var b bytes.Buffer
	check(t, s.WriteCSV(&b))
	if want := "t,norm,solves\n0,0.1,1\n1e-07,,12\n0.30000000000000004,5e-324,\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// TestCSVReadsBackToTheSameBits is the claim "shortest round-trip" for any numbers.
func TestCSVReadsBackToTheSameBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Float64()).Draw(t, "column")
		want = slices.DeleteFunc(want, func(x float64) bool { return math.IsInf(x, 0) })
		s, err := NewSeries("t", "x")
		if err != nil {
			t.Fatal(err)
		}
		for i, x := range want {
			if err := s.Append(float64(i), x); err != nil {
				t.Fatal(err)
			}
		}
		var b bytes.Buffer
		if err := s.WriteCSV(&b); err != nil {
			t.Fatal(err)
		}
		back, err := ParseSeries(b.Bytes())
		same := func(x, y float64) bool {
			return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
		}
		if err != nil || !slices.Equal(back.Names(), s.Names()) || !slices.EqualFunc(back.Column("x"), want, same) {
			t.Fatalf("read back: %v of %v, error %v", back, want, err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != len(want)+1 {
			t.Fatalf("%d rows, error %v", len(rows), err)
		}
		for i, x := range want {
			got, err := strconv.ParseFloat(rows[i+1][1], 64)
			if unknown := rows[i+1][1] == ""; unknown != math.IsNaN(x) || !unknown && (err != nil || math.Float64bits(got) != math.Float64bits(x)) {
				t.Fatalf("row %d: %q for %g", i, rows[i+1][1], x)
			}
		}
	})
}

func TestSeriesRefusesInf(t *testing.T) {
	s := newSeries(t, "t", "norm")
	check(t, s.Append(0, 1))
	checkError(t, s.Append(1, math.Inf(1)), "row 1", "norm", "+Inf")
	if s.Len() != 1 || !slices.Equal(s.Column("t"), []float64{0}) {
		t.Errorf("the refused row was added: %v", s.Column("t"))
	}
	if s.Column("none") != nil {
		t.Error("a column that is not there")
	}
}

func TestSeriesNames(t *testing.T) {
	for _, names := range [][]string{{"t", "t"}, {""}, {"a,b"}, {"mean x"}, {"1"}, {"a\nb"}} {
		_, err := NewSeries(names...)
		checkError(t, err, "series", "rename the axis")
	}
	if got := newSeries(t, "t", "mean_φ", "_1").Names(); strings.Join(got, " ") != "t mean_φ _1" {
		t.Errorf("names %q", got)
	}
}

func TestDamagedSeriesAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":              `column ""`,
		"t,t\n":         "two columns",
		"t,x\n1\n":      "row 0 has 1 cells, and the header 2",
		"t,x\n1,2\n3,y": "row 1, x:",
		"t,x\n1,+Inf\n": "x is +Inf",
	} {
		_, err := ParseSeries([]byte(text))
		checkError(t, err, want)
	}
}
