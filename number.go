package fpsgd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Number is a number that may be unknown, which is null in JSON. The zero Number is unknown.
type Number struct {
	value float64
	known bool
}

// Known is x as a Number. NaN and ±Inf are unknown.
func Known(x float64) Number {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return Number{}
	}
	return Number{x, true}
}

// Known reports whether it is.
func (n Number) Known() bool { return n.known }

// Value is the number, NaN if it is unknown.
func (n Number) Value() float64 {
	if !n.known {
		return math.NaN()
	}
	return n.value
}

// Text writes it in a format, or another text if it is unknown.
func (n Number) Text(format, unknown string) string {
	if !n.known {
		return unknown
	}
	return fmt.Sprintf(format, n.value)
}

// String writes it, or "unknown".
func (n Number) String() string { return n.Text("%g", "unknown") }

// MarshalJSON writes null for what is unknown.
func (n Number) MarshalJSON() ([]byte, error) {
	if !n.known {
		return []byte("null"), nil
	}
	return json.Marshal(n.value)
}

// UnmarshalJSON reads null as unknown.
func (n *Number) UnmarshalJSON(text []byte) error {
	*n = Number{}
	if bytes.Equal(text, []byte("null")) {
		return nil
	}
	n.known = true
	return json.Unmarshal(text, &n.value)
}
