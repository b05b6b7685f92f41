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
	var w strings.Builder
	w.WriteString(c.comments())
	before := ""
	for _, l := range c.lines() {
		table, name := splitLast(l.path)
		if table != before {
			if _, _, isAxis := cutAxis(l.path); isAxis {
				fmt.Fprintf(&w, "\n[[%s]]\n", axesTable)
			} else {
				fmt.Fprintf(&w, "\n[%s]\n", table)
			}
		}
		before = table
		fmt.Fprintf(&w, "%s = %s  # %s\n", name, l.value, l.doc)
	}
	return []byte(w.String())
}

// line is a key that is in use, with its value in TOML.
type line struct{ path, value, doc string }

// lines returns the keys in use, table by table.
func (c *Config) lines() (out []line) {
	keys := func(table string, axis int) {
		for i := range schema {
			key := &schema[i]
			if t, _ := key.Table(); t == table && key.isWritten(c, axis) {
				out = append(out, line{key.at(axis), tomlValue(key.value(c, axis)), key.Doc})
			}
		}
	}
	for _, table := range tables {
		keys(table, -1)
		switch table {
		case landscapeTable:
			for _, name := range slices.Sorted(maps.Keys(c.Landscape.Params)) {
				out = append(out, line{join(table, name), tomlValue(c.Landscape.Params[name]),
					"parameter of " + tomlString(c.Landscape.Builtin)})
			}
		case "grid":
			for k := range c.Grid.Axes {
				keys(axesTable, k)
			}
		}
	}
	return out
}

// isWritten reports whether Resolved writes the key.
func (k *Key) isWritten(c *Config, axis int) bool {
	return k.allowed(c, axis) && (k.used == nil || k.used(c, axis)) && !isEmpty(k.value(c, axis))
}

// isEmpty reports whether a value stands for an absent key: no key can be an empty string or array.
func isEmpty(value any) bool { return slices.Contains([]string{`""`, "[]"}, tomlValue(value)) }

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
		if v == Ring {
			return tomlString(periodic)
		}
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
