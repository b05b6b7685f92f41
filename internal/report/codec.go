package report

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"math"
)

// A field is sent as integers: 2·round(4096 log₁₀|x|) + [x < 0], so that every x ≠ 0, however large
// or small, is known to a relative error of 10^{1/8192} − 1 = 2.8e-4, three digits. Neighbours are
// much alike: what is stored is the difference to the one before (mod 2³²), of either sign as 2|d|
// or 2|d| − 1, byte by byte of its four, all lowest bytes first; deflated, in base64.
const perDecade = 4096

// The integers of 0 and of what is no number.
const (
	codeOfZero    = math.MinInt32 + 1
	codeOfUnknown = math.MinInt32
)

// code is the integer of x.
func code(x float64) int32 {
	switch {
	case x == 0:
		return codeOfZero
	case math.IsNaN(x) || math.IsInf(x, 0):
		return codeOfUnknown
	}
	// by log₂, as Log and Log10 of subnormal numbers are wrong on amd64: −307.95 for 5e-324
	c := 2 * int32(math.Round(perDecade*math.Log2(math.Abs(x))*(math.Ln2/math.Ln10)))
	if x < 0 {
		c++
	}
	return c
}

// encode is the text of fields, one after another.
func encode(fields ...[]float64) (string, error) {
	n := 0
	for _, field := range fields {
		n += len(field)
	}
	planes := make([]byte, 4*n)
	i, before := 0, int32(0)
	for _, field := range fields {
		for _, x := range field {
			c := code(x)
			d := c - before
			zigzag := uint32(d<<1 ^ d>>31)
			for k := range 4 {
				planes[k*n+i] = byte(zigzag >> (8 * k))
			}
			i, before = i+1, c
		}
	}
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		return "", err
	}
	if _, err := w.Write(planes); err != nil {
		return "", err
	}
	if err := w.Close(); err != nil {
		return "", err
	}
	return base64.StdEncoding.EncodeToString(b.Bytes()), nil
}
