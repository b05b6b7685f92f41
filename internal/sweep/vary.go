// Package sweep is the plan of a family of runs: which keys of a config are varied, which points
// that makes and what their folders are called; and the table of what they have found.
//
// A sweep's folder has
//
//	sweep.json      the plan, with the config that the points have in common
//	NAME/           a run directory for each point, named by its values: epsilon=0.1,cells=64
//	table.csv, .npz what they have found, a row a point; the same bytes wherever the points ran
//	timings.csv     what they took
//	plots/          each result against each varied key
//	load.py         opens it all in NumPy
//
// Points know nothing of each other, so they may run at the same time in any number of processes,
// on machines that share the folder: each point's own lock keeps two from one.
package sweep

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
)

// Vary is a key of the config and the values that it takes, as TOML.
type Vary struct {
	Key    string   `json:"key"`
	Values []string `json:"values"`
}

// ParseVary reads K=V1,V2,…, where a value is TOML or bare text, or a range
//
//	a:b:n      n values a + (b − a) i/(n − 1)
//	a:b:n:log  n values a (b/a)^{i/(n − 1)}
//
// i = 0 … n − 1, from a to b. Commas within brackets or quotes belong to a value.
func ParseVary(text string) (Vary, error) {
	key, list, ok := strings.Cut(text, "=")
	key = strings.TrimSpace(key)
	if !ok || key == "" {
		return Vary{}, fmt.Errorf("--vary %s is not of the form K=V1,V2,… or K=a:b:n[:log] "+
			"(use e.g. --vary noise.epsilon=0.1,0.2)", text)
	}
	v := Vary{Key: key}
	values, err := split(list)
	if err != nil {
		return v, fmt.Errorf("--vary %s: %w", text, err)
	}
	for _, value := range values {
		many, err := expand(value)
		if err != nil {
			return v, fmt.Errorf("--vary %s: %w", text, err)
		}
		if v.Values = append(v.Values, many...); len(v.Values) > mostValues {
			return v, fmt.Errorf("--vary %.40s…: more than %d values: vary less", text, mostValues)
		}
	}
	seen := map[string]bool{}
	for _, value := range v.Values {
		if seen[canonical(value)] {
			return v, fmt.Errorf("--vary %s: %s is given twice", text, value)
		}
		seen[canonical(value)] = true
	}
	return v, nil
}

// closing are the brackets that close those that open.
var closing = map[rune]rune{'(': ')', '[': ']', '{': '}'}

// split cuts a list at the commas that are in no brackets and no quotes.
func split(list string) (values []string, err error) {
	var open []rune // what closes, innermost last; a quote closes itself
	from, escaped := 0, false
	add := func(to int) error {
		value := strings.TrimSpace(list[from:to])
		if value == "" {
			return errors.New("a value is missing between commas, or at an end")
		}
		values = append(values, value)
		from = to + 1
		return nil
	}
	for at, r := range list {
		inner := rune(0)
		if n := len(open); n > 0 {
			inner = open[n-1]
		}
		quoted := inner == '"' || inner == '\''
		switch {
		case escaped:
			escaped = false
		case inner == '"' && r == '\\':
			escaped = true
		case inner != 0 && r == inner:
			open = open[:len(open)-1]
		case quoted:
		case r == '"' || r == '\'':
			open = append(open, r)
		case closing[r] != 0:
			open = append(open, closing[r])
		case r == ',' && inner == 0:
			if err := add(at); err != nil {
				return nil, err
			}
		}
	}
	if n := len(open); n > 0 {
		return nil, fmt.Errorf("a %c is missing", open[n-1])
	}
	return values, add(len(list))
}

// mostValues bounds a list, and a sweep.
const mostValues = 100_000

// leastNormal is the least number of all 53 bits. To read one below takes a hundred times as long.
const leastNormal = 0x1p-1022

// expand returns the values of a range, or what is none as it is.
func expand(text string) ([]string, error) {
	parts := strings.Split(text, ":")
	if len(parts) < 2 {
		return []string{text}, nil
	}
	a, errA := strconv.ParseFloat(strings.TrimSpace(parts[0]), 64)
	b, errB := strconv.ParseFloat(strings.TrimSpace(parts[1]), 64)
	if errA != nil || errB != nil { // a text with colons
		return []string{text}, nil
	}
	logarithmic := len(parts) == 4 && strings.TrimSpace(parts[3]) == "log"
	if len(parts) != 3 && !logarithmic {
		return nil, fmt.Errorf("%s is not of the form a:b:n or a:b:n:log", text)
	}
	n, err := strconv.Atoi(strings.TrimSpace(parts[2]))
	switch {
	case err != nil || n < 2 || n > mostValues:
		return nil, fmt.Errorf("%s: a range needs a whole number n of 2 to %d values", text,
			mostValues)
	case !finite(a) || !finite(b) || a == b:
		return nil, fmt.Errorf("%s: a range goes from a number to another one", text)
	case !logarithmic && math.Abs(b/float64(n-1)-a/float64(n-1)) < leastNormal:
		return nil, fmt.Errorf("%s: its steps are below %.2g, where numbers lose their digits",
			text,
			leastNormal)
	case logarithmic && (a > 0 && a < leastNormal || b > 0 && b < leastNormal):
		return nil, fmt.Errorf("%s: it ends below %.2g, where numbers lose their digits", text,
			leastNormal)
	case logarithmic && !(a > 0 && b > 0):
		return nil, fmt.Errorf("%s: a logarithmic range needs ends above 0", text)
	}
	return numbers(between(a, b, n, logarithmic)), nil
}

func finite(x float64) bool { return !math.IsInf(x, 0) && !math.IsNaN(x) }

// between returns n numbers from a to b.
func between(a, b float64, n int, logarithmic bool) []float64 {
	out := make([]float64, n)
	for i := range out {
		s := float64(i) / float64(n-1)
		if logarithmic {
			out[i] = round(math.Exp((1-s)*math.Log(a) + s*math.Log(b)))
		} else {
			out[i] = round((1-s)*a + s*b)
		}
	}
	out[0], out[n-1] = a, b
	return out
}

// round returns a number of 14 decimal digits where x may be that but for rounding: 0.1:0.5:5 has
// 0.3 in it.
func round(x float64) float64 {
	short, err := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 14, 64), 64)
	if err != nil || math.Abs(short-x) > 16*math.Abs(math.Nextafter(x, math.Inf(1))-x) {
		return x
	}
	return short
}

// numbers writes numbers as TOML has them, as whole ones where all are.
func numbers(x []float64) []string {
	out := make([]string, len(x))
	for i, v := range x {
		out[i] = strconv.FormatFloat(v, 'g', -1, 64)
	}
	return out
}

// canonical is the same for values that are the same number, or the same text.
func canonical(value string) string {
	if x, err := strconv.ParseFloat(value, 64); err == nil {
		return strconv.FormatFloat(x, 'g', -1, 64)
	}
	if n := len(value); n > 1 && (value[0] == '"' || value[0] == '\'') && value[n-1] == value[0] {
		return value[1 : n-1]
	}
	return value
}
