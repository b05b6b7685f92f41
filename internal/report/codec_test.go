package report

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"io"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// decoded is what a page reads of a text: numbers.js, once more.
func decoded(t *rapid.T, text string) []float64 {
	deflated, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	planes, err := io.ReadAll(flate.NewReader(bytes.NewReader(deflated)))
	if err != nil {
		t.Fatal(err)
	}
	n, before := len(planes)/4, int32(0)
	out := make([]float64, n)
	for i := range out {
		zigzag := uint32(planes[i]) | uint32(planes[n+i])<<8 | uint32(planes[2*n+i])<<16 |
			uint32(planes[3*n+i])<<24
		before += int32(zigzag>>1) ^ -int32(zigzag&1)
		switch before {
		case codeOfZero:
		case codeOfUnknown:
			out[i] = math.NaN()
		default:
			out[i] = math.Exp2(float64(before>>1) / perDecade * (math.Ln10 / math.Ln2))
			if before&1 == 1 {
				out[i] = -out[i]
			}
		}
	}
	return out
}

// Fields come back to three digits, of either sign and of any size; 0 and what is not known as they
// are.
func TestFieldsComeBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		any := rapid.OneOf(rapid.Float64(), rapid.SampledFrom([]float64{0, math.NaN(),
			math.Inf(1), math.SmallestNonzeroFloat64, -math.MaxFloat64, 1}))
		fields := rapid.SliceOfN(rapid.SliceOfN(any, 0, 20), 1, 4).Draw(t, "fields")
		var want []float64
		for _, f := range fields {
			want = append(want, f...)
		}
		text, err := encode(fields...)
		if err != nil {
			t.Fatal(err)
		}
		got := decoded(t, text)
		if len(got) != len(want) {
			t.Fatalf("%d values, want %d", len(got), len(want))
		}
		for i, x := range want {
			if math.IsInf(x, 0) {
				x = math.NaN()
			}
			same := got[i] == x || math.IsNaN(x) && math.IsNaN(got[i])
			// log₁₀ is rounded by half of 1/4096, and subnormal powers to 5e-324
			near := math.Abs(got[i]-x) <= 3e-4*math.Abs(x)+5e-324 || math.Abs(x) > 1.797e308
			if !same && !near {
				t.Errorf("%g came back as %g", x, got[i])
			}
		}
	})
}

func TestNumbers(t *testing.T) {
	off := 2.5e-7
	half := 0.2
	x, y, z := 2.000000232, 2.20205, -1.5e-12
	for _, c := range [][2]string{
		{number(0.25, 3), "0.25"}, {number(-1.5e-7, 3), "−1.5·10⁻⁷"}, {number(1e21, 3), "10²¹"},
		{number(math.NaN(), 3), ""}, {known(nil, 3), "unknown"},
		{measured(&x, &off, 6), "2.00000023"}, {bar(&x, &off), "2.5·10⁻⁷"},
		{measured(&y, &half, 6), "2.20"}, {bar(&y, &half), "0.20"}, {bar(nil, &half), ""},
		{bar(&y, nil), "unknown"}, {measured(&z, nil, 3), "−1.5·10⁻¹²"},
		{fixed(123456, 2), "123456"}, {fixed(1.0e-9, 2), "1.0·10⁻⁹"},
		{string(scripts("x^{2} < y_{1}")), "x<sup>2</sup> &lt; y<sub>1</sub>"},
	} {
		if c[0] != c[1] {
			t.Errorf("%q, want %q", c[0], c[1])
		}
	}
}
