package config

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
)

// Error is one line about one key: where it stands, what is wrong, and in brackets what to do.
type Error struct {
	File string // "" if unknown
	Line int    // of the key or its table; 0 if unknown
	Set  string // the K=V of the --set that gave the key, instead of File and Line
	Key  string // as in --set, "noise.epsilon"; "" if the error is not about a key
	Msg  string
	Err  error // the cause, or nil
}

func (e *Error) Unwrap() error { return e.Err }

func (e *Error) Error() string {
	var parts []string
	switch {
	case e.Set != "":
		parts = append(parts, "--set "+shorten(e.Set))
	case e.Line > 0 && e.File != "":
		parts = append(parts, fmt.Sprintf("%s:%d", e.File, e.Line))
	case e.File != "":
		parts = append(parts, e.File)
	}
	if e.Key != "" && !strings.HasPrefix(e.Set, e.Key+"=") {
		parts = append(parts, e.Key)
	}
	return oneLine(strings.Join(append(parts, e.Msg), ": "))
}

// oneLine escapes what would break the line or the terminal.
func oneLine(s string) string {
	var b strings.Builder
	for _, r := range s {
		if unicode.IsPrint(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		}
	}
	return b.String()
}

// shorten cuts a user's text to what fits into a message.
func shorten(s string) string {
	const limit = 80
	if r := []rune(s); len(r) > limit {
		return string(r[:limit]) + "…"
	}
	return s
}

// source is where a Config came from: what Errorf needs to point at a key.
type source struct {
	file    string
	data    []byte
	origins map[string]origin // of keys and tables by their path in the config as written
	sets    []string          // K=V, in the order given
	// tables[k] is the [[grid.axes]] table that axis k of Grid.Axes came from
	tables   []int
	remarks  []string  // on what was chosen
	contents *contents // of the files that it names
}

// origin is where a key or a table stands: a line of the file, or a --set.
type origin struct {
	line int
	set  string
}

// String returns the place as it is quoted in a message, with a leading space, or "" if unknown.
func (o origin) String() string {
	switch {
	case o.set != "":
		return " (--set " + shorten(o.set) + ")"
	case o.line > 0:
		return fmt.Sprintf(" (line %d)", o.line)
	}
	return ""
}

// errorf returns an error about the key at path, or at its table if the key was not given.
func (s *source) errorf(path, format string, args ...any) error {
	o, found := s.origins[path]
	if !found {
		table, _ := splitLast(path)
		o = s.origins[table]
	}
	return &Error{File: s.file, Line: o.line, Set: o.set, Key: path,
		Msg: fmt.Sprintf(format, args...)}
}

// written returns the path under which a key of the expanded Config stands in the file: with
// `repeat`, one table stands for several axes.
func (s *source) written(path string) string {
	k, rest, ok := cutAxis(path)
	if !ok || k >= len(s.tables) {
		return path
	}
	return axisPath(s.tables[k], rest)
}

// Errorf returns an *Error about a key, for what is found wrong with it after reading: its line is
// that of the key, or of its table if the key was left to its default. The number in grid.axes.K.…
// is an index of c.Grid.Axes.
func (c *Config) Errorf(key, format string, args ...any) error {
	return c.source.errorf(c.source.written(key), format, args...)
}

// place returns where another key of the Config stands, to be quoted in a message.
func (c *Config) place(key string) string {
	return c.source.origins[c.source.written(key)].String()
}
