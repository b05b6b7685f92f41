package config

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fpsgd/internal/spelling"
)

// checkKnown returns an error if a config has no key at path.
func (d *document) checkKnown(path string) error {
	if _, k, known := lookup(path); known {
		if k < d.axes {
			return nil
		}
		return d.errorf(path, "the config has %d [[grid.axes]] tables (count them from 0, a table "+
			"with `repeat` as one)", d.axes) // which only a --set can count wrongly
	}
	if fix, isTable := tableFix(path); isTable {
		due := "a table"
		switch _, whole := d.values[path].(map[string]any); {
		case path == axesTable:
			due = "an array of tables"
		case whole: // in a --set
			due = "set key by key"
		}
		return d.errorf(path, "must be %s, got %s (%s)", due, quote(d.values[path]), fix)
	}
	if _, ok := d.values[builtinKey]; ok && slices.Contains(d.parameters(), path) {
		return nil
	}
	return d.errorf(path, "unknown key (%s)", d.suggestion(path))
}

// tableFix reports whether path is a table of a config, and how to write one.
func tableFix(path string) (fix string, ok bool) {
	_, name, isAxis := cutAxis(path)
	switch {
	case path == axesTable || isAxis && name == "":
		return "write [[grid.axes]] and its keys below", true
	case path != "" && slices.Contains(tables, path):
		return fmt.Sprintf("write [%s] and its keys below, or name one of its keys: %s",
			path, keysOf(path)), true
	}
	return "", false
}

// keysOf lists the keys of a table.
func keysOf(table string) string {
	var names []string
	for i := range schema {
		if t, name := schema[i].Table(); t == table {
			names = append(names, name)
		}
	}
	return strings.Join(names, ", ")
}

// suggestion returns the fix for an unknown key: the nearest known one, or a list of those it could
// be.
func (d *document) suggestion(path string) string {
	plain, k := withoutNumber(path)
	if table, ok := nearestTable(plain); ok {
		return fmt.Sprintf("did you mean %s?", table)
	}
	if nearest, ok := nearestKey(plain); ok {
		return fmt.Sprintf("did you mean %s?", d.onAxes(nearest, k))
	}
	table, _ := splitLast(plain)
	keys := keysOf(table)
	if keys == "" || table == "" {
		return "keys: name; tables: " + strings.Join(tables[1:], ", ") + ", grid.axes"
	}
	if table == landscapeTable {
		keys += "; with builtin, its parameters"
	}
	return fmt.Sprintf("keys of [%s]: %s", table, keys)
}

// axisNumber matches the number of an axis in a path, as it stands there or in the notation of an
// array: .0. and [0].
var axisNumber = regexp.MustCompile(`(?:\.|\.?\[)(\d+)\]?(?:\.|$)`)

// withoutNumber returns a path in small letters without the number of an axis, and the number, −1
// if it has none.
func withoutNumber(path string) (plain string, k int) {
	plain, k = strings.ToLower(path), -1
	at := axisNumber.FindStringSubmatchIndex(plain)
	if at == nil {
		return plain, k
	}
	if n, err := strconv.Atoi(plain[at[2]:at[3]]); err == nil {
		k = n
	}
	return strings.TrimSuffix(plain[:at[0]]+"."+plain[at[1]:], "."), k
}

// onAxes returns the paths under which a key of the schema stands in this config: a key of the axes
// once for every [[grid.axes]] table, or in the k-th if there is one.
func (d *document) onAxes(schemaPath string, k int) string {
	if 0 <= k && k < d.axes {
		return pathAt(schemaPath, k)
	}
	return strings.Join((&Key{Path: schemaPath}).Paths(max(1, d.axes)), " or ")
}

// nearestTable returns the table that was probably meant by a path of no key, as its header is
// written.
func nearestTable(path string) (header string, ok bool) {
	for _, table := range append(tables[1:len(tables):len(tables)], axesTable) {
		if few := len(table) / 3; spelling.Distance(path, table) > min(2, few) {
			continue
		}
		if table == axesTable {
			return "[[" + table + "]]", true
		}
		return "[" + table + "]", true
	}
	return "", false
}

// nearestKey returns the key of the schema that was probably meant: one of the same name in another
// table, or the one that is fewest edits away, if those are few.
func nearestKey(path string) (string, bool) {
	table, name := splitLast(path)
	best, bestEdits := "", 1+max(2, len(name)/3)
	for i := range schema {
		t, n := schema[i].Table()
		n1 := spelling.Distance(name, n)
		switch {
		case t == table:
		case spelling.Distance(table, t) <= 2:
			n1++
		case n1 == 0:
			n1 = 2
		default:
			continue
		}
		if n1 < bestEdits {
			best, bestEdits = schema[i].Path, n1
		}
	}
	return best, best != ""
}
