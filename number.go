package fpsgd

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
)

// Number is a number that may be unknown: NaN, which is null in JSON.
type Number float64

// Unknown is the number that is not known.
func Unknown() Number { return Number(math.NaN()) }

// Known reports whether it is, and is finite.
func (x Number) Known() bool { return !math.IsNaN(float64(x)) && !math.IsInf(float64(x), 0) }

// Text writes it in a format, or another text if it is unknown.
func (x Number) Text(format, unknown string) string {
	if !x.Known() {
		return unknown
	}
	return fmt.Sprintf(format, float64(x))
}

// MarshalJSON writes null for what is unknown or infinite.
func (x Number) MarshalJSON() ([]byte, error) {
	if !x.Known() {
		return []byte("null"), nil
	}
	return json.Marshal(float64(x))
}

// UnmarshalJSON reads null as unknown.
func (x *Number) UnmarshalJSON(text []byte) error {
	if bytes.Equal(text, []byte("null")) {
		*x = Unknown()
		return nil
	}
	return json.Unmarshal(text, (*float64)(x))
}
