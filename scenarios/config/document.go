package config

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a config as written: the value of every key by its path, such as "grid.axes.0.cells",
// and where it stands. Only the tables of the schema are taken apart; any other table is a value,
// and wrong.
type document struct {
	source
	values map[string]any
	axes   int // number of [[grid.axes]] tables
}

// parseDocument reads TOML. The values come from the decoder, which is strict about duplicate keys;
// the lines come from a second pass over the syntax tree, since the decoder does not keep them.
func parseDocument(name string, data []byte) (*document, error) {
	text, err := plainText(name, data)
	if err != nil {
		return nil, err
	}
	if err := checkExtent(name, text); err != nil {
		return nil, err
	}
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		return nil, syntaxError(name, text, err)
	}
	d := &document{
		source: source{file: name, data: data, origins: keyLines(text),
			contents: &contents{files: map[string][]byte{}}},
		values: map[string]any{},
	}
	d.flatten("", tree)
	return d, nil
}

func (d *document) flatten(table string, tree map[string]any) {
	for key, value := range tree {
		path := join(table, key)
		switch v := value.(type) {
		case map[string]any:
			if slices.Contains(tables, path) {
				d.flatten(path, v)
				continue
			}
		case []any:
			if path == axesTable && allTables(v) {
				d.axes = len(v)
				for k, axis := range v {
					d.flatten(axisPath(k, ""), axis.(map[string]any))
				}
				continue
			}
		}
		d.values[path] = value
	}
}

func allTables(values []any) bool {
	return !slices.ContainsFunc(values, func(v any) bool {
		_, isTable := v.(map[string]any)
		return !isTable
	})
}

// keyLines returns the line of every key and table of a well-formed document.
func keyLines(data []byte) map[string]origin {
	w := lineWalker{lines: map[string]origin{}, arrays: map[string]int{}}
	w.parser.Reset(data)
	table := ""
	for w.parser.NextExpression() {
		if node := w.parser.Expression(); node.Kind == unstable.KeyValue {
			w.keyValue(table, node)
		} else {
			table = w.record("", node)
		}
	}
	return w.lines
}

type lineWalker struct {
	parser unstable.Parser
	lines  map[string]origin
	arrays map[string]int // tables seen so far in each array of tables
}

// record stores the line of a node's key, and of the tables it opens on the way unless it is one of
// an array, and returns the key's path. In the path of an array of tables the index of its last
// table follows, which is the one that later keys mean.
func (w *lineWalker) record(table string, node *unstable.Node) string {
	path := table
	for it := node.Key(); it.Next(); {
		o := origin{line: w.parser.Shape(it.Node().Raw).Start.Line}
		path = join(path, string(it.Node().Data))
		opens := node.Kind == unstable.ArrayTable && it.IsLast()
		if opens {
			w.note(path, o)
			w.arrays[path]++
		}
		if n := w.arrays[path]; n > 0 {
			path = join(path, strconv.Itoa(n-1))
		}
		if opens || node.Kind != unstable.ArrayTable {
			w.note(path, o)
		}
	}
	return path
}

// note keeps the first place of a path.
func (w *lineWalker) note(path string, o origin) {
	if _, seen := w.lines[path]; !seen {
		w.lines[path] = o
	}
}

func (w *lineWalker) keyValue(table string, node *unstable.Node) {
	w.value(w.record(table, node), node.Value())
}

// value stores the lines of the keys of inline tables.
func (w *lineWalker) value(path string, node *unstable.Node) {
	k := 0
	for it := node.Children(); it.Next(); k++ {
		if child := it.Node(); node.Kind == unstable.InlineTable {
			w.keyValue(path, child)
		} else if child.Kind == unstable.InlineTable {
			w.value(join(path, strconv.Itoa(k)), child)
		}
	}
}

// set applies one --set K=V.
func (d *document) set(assignment string) error {
	path, text, ok := strings.Cut(assignment, "=")
	path = strings.TrimSpace(path)
	if !ok || path == "" {
		return &Error{Set: assignment,
			Msg: "not of the form K=V (use e.g. --set noise.epsilon=0.5)"}
	}
	if !utf8.ValidString(assignment) {
		return &Error{Set: strings.ToValidUTF8(assignment, "\ufffd"),
			Msg: "the text is not UTF-8, as all of a config is (write it as UTF-8)"}
	}
	value := setValue(path, text)
	d.displace(path, value)
	d.origins[path] = origin{set: assignment}
	d.values[path] = value
	return nil
}

// setValue reads the V of a --set: a TOML value, or bare text where it is none or where the key
// wants a string.
func setValue(path, text string) any {
	value, ok := tomlValueOf(text)
	if !ok && !wantsString(path) {
		value, ok = tomlValueOf(completeNumbers(text))
	}
	if _, isString := value.(string); !ok || !isString && wantsString(path) {
		return text
	}
	return value
}

// tomlValueOf reads one TOML value.
func tomlValueOf(text string) (value any, ok bool) {
	var parsed struct{ V any }
	decoder := toml.NewDecoder(strings.NewReader("V = " + text)).DisallowUnknownFields()
	if strings.ContainsAny(text, "\n\r") || decoder.Decode(&parsed) != nil {
		return nil, false
	}
	return parsed.V, true
}

// completeNumbers gives numbers, alone or in an array, the digits that TOML wants and other
// languages do not: .5 and 5. are 0.5 and 5.0, and takes zeros from their front: 007.
func completeNumbers(text string) string {
	for _, rule := range []struct{ old, new string }{
		{`(^|[\[,\s+-])\.(\d)`, "${1}0.$2"},
		{`(\d)\.($|[\],\seE])`, "${1}.0$2"},
		{`(^|[\[,\s+-])0+(\d)`, "$1$2"},
	} {
		text = regexp.MustCompile(rule.old).ReplaceAllString(text, rule.new)
	}
	return text
}

func wantsString(path string) bool {
	key, _, ok := lookup(path)
	return ok && key.kind() == stringKind
}

// displace removes from the file what a --set of the key at path to value contradicts.
func (d *document) displace(path string, value any) {
	key, axis, ok := lookup(path)
	if !ok {
		return
	}
	choice, _ := value.(string)
	for _, other := range d.paths() {
		k, otherAxis, known := lookup(other)
		if !known || d.origins[other].set != "" || axis >= 0 && axis != otherAxis {
			continue
		}
		deselected := k.When.Key == key.Path && !slices.Contains(k.When.Values, choice)
		if deselected || slices.Contains(key.Rivals, k.Path) {
			d.remove(other)
		}
	}
}

// remove deletes a key; the parameters of a built-in landscape go with it.
func (d *document) remove(path string) {
	delete(d.values, path)
	delete(d.origins, path)
	if path == builtinKey {
		for _, p := range d.parameters() {
			if d.origins[p].set == "" {
				d.remove(p)
			}
		}
	}
}

// parameters returns the paths of the keys of [landscape] that the schema does not have.
func (d *document) parameters() []string {
	var out []string
	for _, path := range d.paths() {
		if table, name := splitLast(path); table == landscapeTable && isBare(name) {
			if _, _, known := lookup(path); !known {
				out = append(out, path)
			}
		}
	}
	return out
}

// paths returns the paths of all keys as they follow each other in the file, then those from --set.
func (d *document) paths() []string {
	place := func(path string) int {
		if o := d.origins[path]; o.set == "" {
			return o.line
		}
		return math.MaxInt
	}
	return slices.SortedFunc(maps.Keys(d.values), func(a, b string) int {
		return cmp.Or(cmp.Compare(place(a), place(b)), cmp.Compare(a, b))
	})
}

// join appends a key to the path of its table.
func join(table, key string) string {
	if !isBare(key) {
		key = strconv.Quote(key)
	}
	if table == "" {
		return key
	}
	return table + "." + key
}

// isBare reports whether a key is one that TOML lets stand without quotes.
func isBare(key string) bool {
	return key != "" && strings.Trim(key, bareRunes) == ""
}

// splitLast splits a path into its table and its last key.
func splitLast(path string) (table, key string) {
	if i := strings.LastIndexByte(path, '.'); i >= 0 {
		return path[:i], path[i+1:]
	}
	return "", path
}

// axisPath returns the path of a key of the k-th [[grid.axes]] table, or of the table itself if key
// is "".
func axisPath(k int, key string) string {
	return strings.TrimSuffix(fmt.Sprintf("%s.%d.%s", axesTable, k, key), ".")
}

// cutAxis is the inverse of axisPath; ok is false for the path of anything else.
func cutAxis(path string) (k int, key string, ok bool) {
	rest, ok := strings.CutPrefix(path, axesTable+".")
	if !ok {
		return 0, "", false
	}
	number, key, _ := strings.Cut(rest, ".")
	k, err := strconv.Atoi(number)
	if err != nil || k < 0 || strconv.Itoa(k) != number {
		return 0, "", false
	}
	return k, key, true
}
