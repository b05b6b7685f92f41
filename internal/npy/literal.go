package npy

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// The header of an .npy file is a Python literal, and np.load takes it as such: with any order of
// the keys, any space, either kind of quotes, a comma after the last element or none. What is read
// here is the part of Python's grammar that such a literal needs.

// pyTuple and pyList are the values of (a, b) and of [a, b].
type (
	pyTuple []any
	pyList  []any
)

// deepest is how far literals may be nested: the header of an array of numbers needs two levels.
const deepest = 20

var errLiteral = errors.New("not a literal of Python")

// scanner reads one literal from a text.
type scanner struct {
	rest  string
	depth int
}

// parseLiteral returns the value of a Python literal: a string, int, bool, nil, pyTuple, pyList, or
// a map with strings for keys. The last of equal keys counts, as in Python.
func parseLiteral(text string) (any, error) {
	s := scanner{rest: text}
	v, err := s.value()
	if err != nil {
		return nil, err
	}
	if s.peek() != 0 {
		return nil, fmt.Errorf("%w: %.20q follows it", errLiteral, s.rest)
	}
	return v, nil
}

// peek skips space and comments and returns the next byte, 0 at the end.
func (s *scanner) peek() byte {
	for {
		s.rest = strings.TrimLeft(s.rest, " \t\r\n\f")
		if !strings.HasPrefix(s.rest, "#") {
			break
		}
		_, s.rest, _ = strings.Cut(s.rest, "\n")
	}
	if s.rest == "" {
		return 0
	}
	return s.rest[0]
}

// take skips one byte if it comes next.
func (s *scanner) take(b byte) bool {
	if s.peek() != b || b == 0 {
		return false
	}
	s.rest = s.rest[1:]
	return true
}

func (s *scanner) value() (any, error) {
	if s.depth++; s.depth > deepest {
		return nil, fmt.Errorf("%w of a header: nested too deeply", errLiteral)
	}
	defer func() { s.depth-- }()
	switch b := s.peek(); {
	case s.take('{'):
		return s.dictionary()
	case s.take('('):
		elements, commas, err := s.elements(')')
		if err == nil && len(elements) == 1 && commas == 0 {
			return elements[0], nil // brackets alone make no tuple
		}
		return pyTuple(elements), err
	case s.take('['):
		elements, _, err := s.elements(']')
		return pyList(elements), err
	case b == '+' || b == '-' || '0' <= b && b <= '9':
		return s.integer()
	case b == 0:
		return nil, fmt.Errorf("%w: it ends early", errLiteral)
	}
	for word, value := range map[string]any{"True": true, "False": false, "None": nil} {
		if rest, ok := strings.CutPrefix(s.rest, word); ok {
			s.rest = rest
			return value, nil
		}
	}
	return s.str()
}

// elements reads a, b, …, with or without a comma at the end, up to a closing bracket.
func (s *scanner) elements(closing byte) (elements []any, commas int, err error) {
	for !s.take(closing) {
		if len(elements) > commas {
			return nil, 0, fmt.Errorf("%w: %.20q where a comma or %c is due", errLiteral, s.rest,
				closing)
		}
		v, err := s.value()
		if err != nil {
			return nil, 0, err
		}
		elements = append(elements, v)
		if s.take(',') {
			commas++
		}
	}
	return elements, commas, nil
}

// dictionary reads k: v, …, with or without a comma at the end, up to the closing brace.
func (s *scanner) dictionary() (map[string]any, error) {
	d := map[string]any{}
	for more := true; !s.take('}'); more = s.take(',') {
		if !more {
			return nil, fmt.Errorf("%w: %.20q where a comma or } is due", errLiteral, s.rest)
		}
		key, err := s.str()
		if err != nil {
			return nil, err
		}
		if !s.take(':') {
			return nil, fmt.Errorf("%w: no colon after %q", errLiteral, key)
		}
		if d[key], err = s.value(); err != nil {
			return nil, err
		}
	}
	return d, nil
}

// str reads a string, in single or double quotes, without escapes; u'…' and r'…' are the same.
func (s *scanner) str() (string, error) {
	switch s.peek() {
	case 'u', 'U', 'r', 'R':
		s.rest = s.rest[1:]
	}
	if s.rest != "" && (s.rest[0] == '\'' || s.rest[0] == '"') {
		if text, rest, ok := strings.Cut(s.rest[1:], s.rest[:1]); ok &&
			!strings.ContainsAny(text, "\\\n") {
			s.rest = rest
			return text, nil
		}
	}
	return "", fmt.Errorf("%w: %.20q", errLiteral, s.rest)
}

// integer reads a number as 3, 0x10 or 1_000, and as Python 2 wrote it: 3L.
func (s *scanner) integer() (int, error) {
	following := strings.TrimLeftFunc(s.rest[1:], func(r rune) bool {
		return r == '_' || '0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z'
	})
	text := strings.TrimSuffix(s.rest[:len(s.rest)-len(following)], "L")
	significant := strings.TrimLeft(text, "0")
	if len(significant) < len(text) && strings.IndexAny(significant, "123456789") == 0 {
		// 010 is octal to Go and an error in Python
		return 0, fmt.Errorf("%w: %.20q", errLiteral, text)
	}
	n, err := strconv.ParseInt(text, 0, strconv.IntSize)
	if err != nil {
		return 0, fmt.Errorf("%w: the number %.30q", errLiteral, text)
	}
	s.rest = following
	return int(n), nil
}
