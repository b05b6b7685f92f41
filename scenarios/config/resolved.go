package config

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// Resolved returns the Config as TOML with every default written out and a sentence on every key.
// Parse gives the same Config again, to the bit.
func (c *Config) Resolved() []byte {
	var w tomlWriter
	for i, table := range tables {
		if i > 0 {
			w.header("[" + table + "]")
		}
		w.keys(c, table, -1)
		switch table {
		case landscapeTable:
			for _, name := range slices.Sorted(maps.Keys(c.Landscape.Params)) {
				w.line(name, c.Landscape.Params[name],
					"parameter of "+tomlString(c.Landscape.Builtin))
			}
		case "grid":
			for k := range c.Grid.Axes {
				w.header("[[" + axesTable + "]]")
				w.keys(c, axesTable, k)
			}
		}
	}
	return []byte(w.String())
}

type tomlWriter struct{ strings.Builder }

func (w *tomlWriter) header(text string) { fmt.Fprintf(w, "\n%s\n", text) }

func (w *tomlWriter) line(name string, value any, comment string) {
	fmt.Fprintf(w, "%s = %s  # %s\n", name, tomlValue(value), comment)
}

// keys writes the keys of one table that are in use.
func (w *tomlWriter) keys(c *Config, table string, axis int) {
	for i := range schema {
		key := &schema[i]
		if t, name := key.Table(); t == table && key.isWritten(c, axis) {
			w.line(name, key.value(c, axis), key.Doc)
		}
	}
}

// isWritten reports whether Resolved writes the key.
func (k *Key) isWritten(c *Config, axis int) bool {
	return k.allowed(c, axis) && (k.used == nil || k.used(c, axis)) && !isEmpty(k.value(c, axis))
}

// isEmpty reports whether a value stands for an absent key: no key can be an empty string or array.
func isEmpty(value any) bool {
	switch v := value.(type) {
	case string:
		return v == ""
	case []float64:
		return len(v) == 0
	}
	return false
}

// tomlValue formats a value of one of the types of a key.
func tomlValue(value any) string {
	switch v := value.(type) {
	case string:
		return tomlString(v)
	case float64:
		return formatFloat(v)
	case []float64:
		texts := make([]string, len(v))
		for i, x := range v {
			texts[i] = formatFloat(x)
		}
		return "[" + strings.Join(texts, ", ") + "]"
	case [2]string:
		return "[" + tomlString(v[0]) + ", " + tomlString(v[1]) + "]"
	}
	return fmt.Sprint(value)
}

// formatFloat returns the shortest decimal that reads back as x, with a point or an exponent as
// TOML wants it.
func formatFloat(x float64) string {
	s := strconv.FormatFloat(x, 'g', -1, 64)
	s = strings.NewReplacer("e-0", "e-", "e+0", "e+").Replace(s)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}

// tomlString quotes a string as a TOML basic string, which knows fewer escapes than Go.
func tomlString(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r < ' ' || r == 0x7f:
			fmt.Fprintf(&b, "\\u%04X", r)
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
