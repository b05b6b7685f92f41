package npy

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// The header of an .npy file is a Python literal, and np.load takes it as such: with any order of
// the keys, any space, either kind of quotes, a comma after the last element or none. What is read
// here is the part of Python's grammar that such a literal needs.

// pyTuple is the value of (a, b); that of [a, b] is an []any.
type pyTuple []any

// deepest is how far literals may be nested: the header of an array of numbers needs two levels.
const deepest = 20

var errLiteral = errors.New("not a literal of Python")

// What a literal consists of: space and comments; strings in single or double quotes, without
// escapes (u'…' and r'…' are the same), numbers and words, and marks of one character.
var (
	blank = regexp.MustCompile(`^(\s|#.*)*`)
	token = regexp.MustCompile(`^([uUrR]?('[^'\\\n]*'|"[^"\\\n]*")|[+-]?\w+|.)`)
	octal = regexp.MustCompile(`^0+[1-9]`) // to Go, and an error in Python
)

// scanner reads one literal from a text.
type scanner struct {
	rest  string
	depth int
}

// parseLiteral returns the value of a Python literal: a string, int, bool, nil, pyTuple, []any, or
// a map with strings for keys. The last of equal keys counts, as in Python.
func parseLiteral(text string) (any, error) {
	s := scanner{rest: text}
	v, err := s.value()
	if err == nil && s.peek() != "" {
		return nil, fmt.Errorf("%w: %.20q follows it", errLiteral, s.rest)
	}
	return v, err
}

// peek skips space and comments and returns the next token, "" at the end.
func (s *scanner) peek() string {
	s.rest = s.rest[len(blank.FindString(s.rest)):]
	return token.FindString(s.rest)
}

// take skips a token if it comes next.
func (s *scanner) take(tok string) bool {
	if s.peek() != tok {
		return false
	}
	s.rest = s.rest[len(tok):]
	return true
}

func (s *scanner) value() (any, error) {
	if s.depth++; s.depth > deepest {
		return nil, fmt.Errorf("%w of a header: nested too deeply", errLiteral)
	}
	defer func() { s.depth-- }()
	tok, from := s.peek(), s.rest
	s.take(tok)
	switch tok {
	case "":
		return nil, fmt.Errorf("%w: it ends early", errLiteral)
	case "True", "False":
		return tok == "True", nil
	case "None":
		return nil, nil
	case "(":
		return s.collection(tok, ")")
	case "[":
		return s.collection(tok, "]")
	case "{":
		return s.collection(tok, "}")
	}
	if strings.Contains("+-0123456789", tok[:1]) {
		return integer(tok)
	}
	if quote := strings.IndexAny(tok, `'"`); quote >= 0 && quote < len(tok)-1 {
		return tok[quote+1 : len(tok)-1], nil
	}
	return nil, fmt.Errorf("%w: %.20q", errLiteral, from)
}

// collection reads a, b, … or k: v, … up to the closing bracket, with a comma at the end or none.
func (s *scanner) collection(opening, closing string) (any, error) {
	var elements pyTuple
	dictionary := map[string]any{}
	comma := true
	for !s.take(closing) {
		if !comma {
			return nil, fmt.Errorf("%w: %.20q where a comma or %s is due", errLiteral, s.rest,
				closing)
		}
		v, err := s.value()
		if err == nil && opening == "{" {
			key, isString := v.(string)
			switch {
			case !isString:
				return nil, fmt.Errorf("%w: the key %v", errLiteral, v)
			case !s.take(":"):
				return nil, fmt.Errorf("%w: no colon after %q", errLiteral, key)
			}
			dictionary[key], err = s.value()
		}
		if err != nil {
			return nil, err
		}
		elements = append(elements, v)
		comma = s.take(",")
	}
	switch {
	case opening == "{":
		return dictionary, nil
	case opening == "[":
		return []any(elements), nil
	case len(elements) == 1 && !comma:
		return elements[0], nil // brackets alone make no tuple
	}
	return elements, nil
}

// integer reads a number as 3, 0x10 or 1_000, and as Python 2 wrote it: 3L.
func integer(tok string) (int, error) {
	text := strings.TrimSuffix(tok, "L")
	if octal.MatchString(text) {
		return 0, fmt.Errorf("%w: %.20q", errLiteral, text)
	}
	n, err := strconv.ParseInt(text, 0, strconv.IntSize)
	if err != nil {
		return 0, fmt.Errorf("%w: the number %.30q", errLiteral, text)
	}
	return int(n), nil
}
