package config

import (
	"fmt"
	"slices"
	"strings"

	"fpsgd/internal/spelling"
)

// checkKnown returns an error if a config has no key at path.
func (d *document) checkKnown(path string) error {
	if _, k, known := lookup(path); known {
		return d.checkAxisIndex(path, k)
	}
	if fix, isTable := tableFix(path); isTable {
		return d.errorf(path, "must be a table, got %s (%s)", quote(d.values[path]), fix)
	}
	if slices.Contains(d.parameters(), path) {
		if _, ok := d.values[builtinKey]; ok {
			return nil
		}
	}
	return d.errorf(path, "unknown key (%s)", suggestion(path))
}

// checkAxisIndex refuses the key of a [[grid.axes]] table that does not exist, which only a --set can name.
func (d *document) checkAxisIndex(path string, k int) error {
	if k < d.axes {
		return nil
	}
	return d.errorf(path, "the config has %d [[grid.axes]] tables (count them from 0, a table with `repeat` as one)", d.axes)
}

// tableFix reports whether path is a table of a config, and how to write one.
func tableFix(path string) (fix string, ok bool) {
	_, name, isAxis := cutAxis(path)
	switch {
	case path == axesTable || isAxis && name == "":
		return "write [[grid.axes]] and its keys below", true
	case path != "" && slices.Contains(tables, path):
		return fmt.Sprintf("write [%s] and its keys below, or name one of its keys: %s", path, keysOf(path)), true
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

// suggestion returns the fix for an unknown key: the nearest known one, or a list of those it could be.
func suggestion(path string) string {
	k, axisKey, isAxis := cutAxis(path)
	plain := path
	if isAxis {
		plain = axesTable + "." + axisKey
	} else {
		k = -1
	}
	if nearest, ok := nearestKey(plain); ok {
		return fmt.Sprintf("did you mean %s?", pathAt(nearest, k))
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

// nearestKey returns the key of the schema that was probably meant: one of the same name in another table, or the one that
// is fewest edits away, if those are few.
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
