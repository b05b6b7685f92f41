package config

import (
	"cmp"
	"encoding/json"
	"math"
	"slices"
	"strings"
)

// Builtin is a built-in landscape, whose parameters are keys of [landscape] too.
type Builtin struct {
	Name       string
	Parameters []Parameter
}

// Parameter is one of a built-in landscape.
type Parameter struct {
	Name, Doc string
	Required  bool
}

// object is one of JSON.
type object = map[string]any

// JSONSchema returns the schema of a config, converted to JSON, in the words of json-schema.org's
// draft 2020-12, of which only those are used that mean the same since draft 7, which editors read.
// It is made of the table of keys: types, ranges, choices and defaults, which keys need which, and
// which exclude each other. Whatever it refuses Parse refuses, with a better sentence; not the
// other way round, as what several numbers must be to each other is not said.
func JSONSchema(builtins []Builtin) ([]byte, error) {
	root := tableSchema("")
	var needed []string
	for _, table := range tables[1:] {
		properties(root)[table] = tableSchema(table)
		if slices.ContainsFunc(schema, func(k Key) bool {
			t, _ := k.Table()
			return t == table && k.When.Key == "" && k.demanded()
		}) {
			needed = append(needed, table)
		}
	}
	root["$schema"] = "https://json-schema.org/draft/2020-12/schema"
	root["title"], root["required"] = "a config of fpsgd", needed
	addAxes(properties(root)["grid"].(object))
	addParameters(properties(root)[landscapeTable].(object), builtins)
	return json.MarshalIndent(root, "", "  ")
}

func properties(table object) object { return table["properties"].(object) }

// demanded reports whether a key has no default where it may stand, not even one that is derived.
func (k *Key) demanded() bool { return k.Required && k.derive == nil }

// tableSchema is that of the keys of one table.
func tableSchema(table string) object {
	keys, rules := object{}, []object{}
	for i := range schema {
		k := &schema[i]
		if t, name := k.Table(); t == table {
			keys[name] = k.schema()
			rules = append(rules, k.rules(name)...)
		}
	}
	out := object{"type": "object", "properties": keys, "additionalProperties": false}
	if len(rules) > 0 {
		out["allOf"] = rules
	}
	return out
}

// addAxes puts the table of an axis below grid, with what depends on keys of grid.
func addAxes(grid object) {
	properties(grid)["axes"] = object{"type": "array", "items": tableSchema(axesTable)}
	for i := range schema {
		k := &schema[i]
		if k.perAxis() && !strings.HasPrefix(k.When.Key, axesTable) && k.When.Key != "" {
			_, name := k.Table()
			none := object{"properties": object{name: false}}
			grid["allOf"] = append(grid["allOf"].([]object), object{"if": k.holds(k.When.Values),
				"else": object{"properties": object{"axes": object{"items": none}}}})
		}
	}
}

// addParameters lets the parameters of each built-in landscape stand beside its name.
func addParameters(landscape object, builtins []Builtin) {
	var own, names []string
	for name := range properties(landscape) {
		own = append(own, name)
	}
	slices.Sort(own)
	delete(landscape, "additionalProperties")
	rules := landscape["allOf"].([]object)
	_, builtin := splitLast(builtinKey)
	for _, b := range builtins {
		names = append(names, b.Name)
		may, must := slices.Clone(own), []string{}
		for _, p := range b.Parameters {
			may = append(may, p.Name)
			if p.Required {
				must = append(must, p.Name)
			}
			said := b.Name + ": " + p.Doc
			if other, ok := properties(landscape)[p.Name].(object); ok {
				said = other["description"].(string) + "; " + said
			}
			described := valueSchema(numbersKind, nil, Interval{})
			described["description"] = said
			properties(landscape)[p.Name] = described
		}
		is := object{"properties": object{builtin: object{"const": b.Name}},
			"required": []string{builtin}}
		rules = append(rules, object{"if": is, "then": object{"required": must,
			"propertyNames": object{"enum": may}}})
	}
	properties(landscape)[builtin].(object)["enum"] = names
	landscape["allOf"] = append(rules, object{"if": object{"required": []string{builtin}},
		"else": object{"propertyNames": object{"enum": own}}})
}

// schema is that of the key's value.
func (k *Key) schema() object {
	out := valueSchema(k.kind(), k.Choices, k.Range)
	out["description"], out["examples"] = k.Doc, []any{k.Example}
	if k.Default != nil {
		out["default"] = k.Default
	}
	return out
}

// valueSchema is that of a value of a kind.
func valueSchema(of kind, choices []string, within Interval) object {
	text := object{"type": "string", "minLength": 1}
	if choices != nil {
		text = object{"type": "string", "enum": choices}
	}
	number := object{"type": "number"}
	within.bound(number)
	switch of {
	case stringKind:
		return text
	case boolKind:
		return object{"type": "boolean"}
	case intKind:
		number["type"] = "integer"
		return number
	case numberKind:
		return number
	case numbersKind:
		return object{"anyOf": []object{number, {"type": "array", "items": number, "minItems": 1}}}
	default: // of two, or one word for both
		return object{"anyOf": []object{{"const": periodic},
			{"type": "array", "items": text, "minItems": 2, "maxItems": 2}}}
	}
}

// bound adds the ends of an interval.
func (iv Interval) bound(number object) {
	if iv == (Interval{}) {
		return
	}
	for _, end := range []struct {
		name, open string
		isOpen     bool
		at         float64
	}{{"minimum", "exclusiveMinimum", iv.LoOpen, iv.Lo},
		{"maximum", "exclusiveMaximum", iv.HiOpen, iv.Hi}} {
		switch {
		case math.IsInf(end.at, 0):
		case end.isOpen:
			number[end.open] = end.at
		default:
			number[end.name] = end.at
		}
	}
}

// rules are what the key asks of the others of its table: what it stands with, and without, and
// that it or a rival stands where it may.
func (k *Key) rules(name string) (out []object) {
	given := object{"required": []string{name}}
	here := k.When.Key != "" && k.perAxis() == strings.HasPrefix(k.When.Key, axesTable)
	if here {
		out = append(out, object{"if": given, "then": k.holds(k.When.Values)})
	}
	or := []object{given}
	for _, path := range k.Rivals {
		_, rival := splitLast(path)
		if name < rival { // the other says the same of this one
			out = append(out, object{"not": object{"required": []string{name, rival}}})
		}
		or = append(or, object{"required": []string{rival}})
	}
	switch {
	case !k.demanded(), k.When.Key != "" && !here:
	case here:
		due := slices.DeleteFunc(slices.Clone(k.When.Values), func(spacing string) bool {
			c := &Config{Grid: Grid{Axes: []Axis{{Spacing: spacing}}}}
			return k.waived != nil && k.waived(c, 0)
		})
		out = append(out, object{"if": k.holds(due), "then": object{"anyOf": or}})
	default:
		out = append(out, object{"anyOf": or})
	}
	return out
}

// holds says that the key which this one depends on has one of some values, by default or given.
func (k *Key) holds(values []string) object {
	selector, _, _ := lookup(pathAt(k.When.Key, 0))
	_, name := selector.Table()
	out := object{"properties": object{name: object{"enum": values}}}
	if byDefault, _ := selector.Default.(string); !slices.Contains(values, cmp.Or(byDefault, "")) {
		out["required"] = []string{name}
	}
	return out
}
