package rundir

import (
	"bytes"
	"encoding/csv"
	"math"
	"slices"
	"strconv"
	"testing"

	"pgregory.net/rapid"
)

func TestCSV(t *testing.T) {
	var b bytes.Buffer
	check(t, writeCSV(&b, []string{"t", "norm", "solves"}, [][]float64{
		{0, 1e-7, 0.30000000000000004}, {0.1, math.NaN(), 5e-324}, {1, 12, math.NaN()},
	}))
	if want :=
		"t,norm,solves\n0,0.1,1\n1e-07,,12\n0.30000000000000004,5e-324,\n"; b.String() != want {
		t.Errorf("got %q, want %q", b.String(), want)
	}
}

// TestCSVReadsBackToTheSameBits is the claim "shortest round-trip" for any numbers.
func TestCSVReadsBackToTheSameBits(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOf(rapid.Float64()).Draw(t, "column")
		want = slices.DeleteFunc(want, func(x float64) bool { return math.IsInf(x, 0) })
		times := make([]float64, len(want))
		for i := range times {
			times[i] = float64(i)
		}
		var b bytes.Buffer
		if err := writeCSV(&b, []string{"t", "x"}, [][]float64{times, want}); err != nil {
			t.Fatal(err)
		}
		back, err := ParseSeries(b.Bytes())
		same := func(x, y float64) bool {
			return math.Float64bits(x) == math.Float64bits(y) || math.IsNaN(x) && math.IsNaN(y)
		}
		if err != nil || len(back) != 2 || !slices.Equal(back["t"], times) ||
			!slices.EqualFunc(back["x"], want, same) {
			t.Fatalf("read back: %v of %v, error %v", back, want, err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil || len(rows) != len(want)+1 {
			t.Fatalf("%d rows, error %v", len(rows), err)
		}
		for i, x := range want {
			got, err := strconv.ParseFloat(rows[i+1][1], 64)
			if unknown := rows[i+1][1] == ""; unknown != math.IsNaN(x) || !unknown &&
				(err != nil || math.Float64bits(got) != math.Float64bits(x)) {
				t.Fatalf("row %d: %q for %g", i, rows[i+1][1], x)
			}
		}
	})
}

func TestSeriesRefusesInf(t *testing.T) {
	err := checkSeries([]string{"t", "norm"}, [][]float64{{0, 1}, {1, math.Inf(1)}})
	checkError(t, err, "row 1", "norm", "+Inf")
}

func TestSeriesNames(t *testing.T) {
	for _, names := range [][]string{{"t", "t"}, {""}, {"a,b"}, {"mean x"}, {"1"}, {"a\nb"}} {
		checkError(t, checkSeries(names, nil), "series", "rename the axis")
	}
	check(t, checkSeries([]string{"t", "mean_φ", "_1"}, nil))
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
