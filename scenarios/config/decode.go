package config

import (
	"cmp"
	"fmt"
	"math"
	"reflect"
	"slices"
	"strings"

	"fpsgd/mesh"

	"github.com/pelletier/go-toml/v2"
)

// decode turns a document into a Config with every default in place. It checks what the schema says
// of each key, and nothing else.
func (d *document) decode() (*Config, error) {
	d.addAxes()
	for _, path := range d.paths() {
		if err := d.checkKnown(path); err != nil {
			return nil, err
		}
	}
	d.expand()
	c := &Config{source: d.source}
	c.Grid.Axes = make([]Axis, d.axes)
	if err := cmp.Or(d.decodeKeys(c, -1), d.decodeParams(c)); err != nil {
		return nil, err
	}
	if err := c.checkAxisCount(); err != nil {
		return nil, err
	}
	for k := range c.Grid.Axes {
		if err := d.decodeAxis(c, k); err != nil {
			return nil, err
		}
	}
	if c.Time.Scheme == "" {
		c.Time.Scheme, _ = c.DefaultScheme()
	}
	return c, nil
}

func (d *document) decodeAxis(c *Config, k int) error {
	c.Grid.Axes[k].domain = mesh.DomainOf(mesh.System(c.Grid.Coordinates), k)
	if err := d.decodeKeys(c, k); err != nil {
		return err
	}
	a := &c.Grid.Axes[k]
	a.Repeat = 1
	for end, key := range []string{"min", "max"} {
		_, given := d.values[axisPath(k, key)]
		a.Unset[end] = a.Spacing == "auto" && !given && !a.domain.Bounded()
	}
	if len(a.Width) == 1 && len(a.Centers) > 1 {
		a.Width = slices.Repeat(a.Width, len(a.Centers))
	}
	if _, physical := d.values[axisPath(k, "min")]; physical && a.Spacing == "log" {
		return c.takeLogarithms(k)
	}
	return nil
}

// takeLogarithms replaces min and max of a log axis, values of r, by values of s = log r.
func (c *Config) takeLogarithms(k int) error {
	a := &c.Grid.Axes[k]
	if err := c.checkOrder(k, "min", "max", a.Min, a.Max); err != nil {
		return err
	}
	if a.Min <= 0 {
		return c.Errorf(axisPath(k, "min"),
			"must be positive for spacing = \"log\", got %g (give e.g. min = 1e-6, or log_min "+
				"and log_max)", a.Min)
	}
	a.LogMin, a.LogMax, a.Min, a.Max = math.Log(a.Min), math.Log(a.Max), 0, 0
	return nil
}

// expand replaces each [[grid.axes]] table that has a possible `repeat` by as many tables without.
func (d *document) expand() {
	for table := range d.axes {
		n, ok := whole(d.values[axisPath(table, "repeat")])
		if !ok || n < 1 || n > 4 {
			n = 1 // missing, or an error that decodeKey reports
		}
		d.tables = append(d.tables, slices.Repeat([]int{table}, n)...)
	}
	values := map[string]any{}
	for path, value := range d.values {
		k, name, isAxis := cutAxis(path)
		if !isAxis {
			values[path] = value
		}
		for axis, table := range d.tables {
			if isAxis && table == k {
				values[axisPath(axis, name)] = value
			}
		}
	}
	d.values, d.axes = values, len(d.tables)
}

// decodeKeys decodes the keys of one axis or, for −1, those of no axis.
func (d *document) decodeKeys(c *Config, axis int) error {
	for i := range schema {
		if key := &schema[i]; key.perAxis() == (axis >= 0) {
			if err := d.decodeKey(c, key, axis); err != nil {
				return err
			}
		}
	}
	return nil
}

// decodeKey decodes one key; axis is −1 for a key of no axis.
func (d *document) decodeKey(c *Config, key *Key, axis int) error {
	path := key.at(axis)
	value, given := d.values[path]
	if !key.allowed(c, axis) {
		if !given {
			return nil
		}
		return contradictsSelector(c, key, axis)
	}
	rival, found := d.rival(c, key, axis)
	switch {
	case given && found:
		return c.Errorf(path, "contradicts %s%s (remove one of them)",
			c.source.written(rival), c.place(rival))
	case found:
		return nil
	case !given:
		return setDefault(c, key, axis)
	}
	if fault := assign(key.field(c, axis), value); fault != "" {
		return c.Errorf(path, "%s, got %s (%s)", fault, quote(value), typeFix(key, value))
	}
	return checkRange(c, key, axis, value)
}

// typeFix says what to write instead of a value of a wrong type.
func typeFix(key *Key, value any) string {
	text, isString := value.(string)
	if bare, ok := tomlValueOf(completeNumbers(text)); isString && ok &&
		assign(key.field(&Config{Grid: Grid{Axes: make([]Axis, 1)}}, 0), bare) == "" {
		return "remove the quotes"
	}
	return "use e.g. " + tomlValue(key.Example)
}

// rival returns the path of a key that is given and excludes this one.
func (d *document) rival(c *Config, key *Key, axis int) (path string, found bool) {
	for _, rival := range key.Rivals {
		path = pathAt(rival, axis)
		other, _, _ := lookup(path)
		if _, given := d.values[path]; given && other.allowed(c, axis) {
			return path, true
		}
	}
	return "", false
}

// contradictsSelector reports a key that the value of the key it depends on, such as initial.kind,
// does not take.
func contradictsSelector(c *Config, key *Key, axis int) error {
	selector := pathAt(key.When.Key, axis)
	_, name := key.Table()
	return c.Errorf(key.at(axis), "needs %s = %s, which is %q%s (remove %s)",
		c.source.written(selector),
		quoteAll(key.When.Values), c.selected(key.When.Key, axis), c.place(selector), name)
}

func setDefault(c *Config, key *Key, axis int) error {
	value := key.Default
	if key.derive != nil {
		value = key.derive(c, axis)
	}
	if value != nil {
		if fault := assign(key.field(c, axis), value); fault != "" {
			panic("config: default of " + key.Path + " " + fault)
		}
		return nil
	}
	if !key.Required || key.waived != nil && key.waived(c, axis) {
		return nil
	}
	table, name := key.Table()
	if key.perAxis() {
		table = "[" + table + "]"
	}
	alternatives, or := "", ", or else "
	for _, rival := range key.Rivals {
		_, other := splitLast(rival)
		alternatives, or = alternatives+or+other, " or "
	}
	if alternatives != "" {
		alternatives += ","
	}
	return c.Errorf(key.at(axis), "missing (add e.g. %s = %s%s to [%s])",
		name, tomlValue(key.Example), alternatives, table)
}

// checkRange checks the value of a key, as decoded, against the schema's range and choices.
func checkRange(c *Config, key *Key, axis int, value any) error {
	var texts []string
	var numbers []float64
	switch v := key.value(c, axis).(type) {
	case string:
		texts = []string{v}
	case [2]string:
		texts = v[:]
	case int:
		numbers = []float64{float64(v)}
	case float64:
		numbers = []float64{v}
	case []float64:
		numbers = v
	}
	due := ""
	none := func(text string) bool { return !slices.Contains(key.Choices, text) }
	outside := func(x float64) bool { return !key.Range.Contains(x) }
	switch {
	case key.Choices != nil && slices.ContainsFunc(texts, none):
		due = quoteAll(key.Choices)
	case slices.ContainsFunc(numbers, outside):
		due = key.Range.String()
	default:
		return nil
	}
	return c.Errorf(key.at(axis), "must be %s, got %s (use e.g. %s)",
		due, quote(value), tomlValue(key.Example))
}

// assign stores a TOML value, or a default, where dst points. It returns "" or what the value must
// be instead.
func assign(dst, value any) (fault string) {
	target, ok := reflect.ValueOf(dst).Elem(), false
	switch dst := dst.(type) {
	case *int:
		*dst, ok = whole(value)
	case *float64:
		*dst, ok = number(value)
	case *[]float64:
		*dst, ok = numbers(value)
	case *[2]string:
		*dst, ok = pair(value)
	}
	if v := reflect.ValueOf(value); v.Type() == target.Type() {
		target.Set(v)
		ok = true
	}
	switch {
	case !ok:
		return "must be " + string(kindOf(dst))
	case isEmpty(target.Interface()):
		return "must not be empty"
	}
	return ""
}

// whole takes whole numbers for integers: cells = 60.0 and cells = 1e3, but not what a float64 may
// have rounded.
func whole(value any) (int, bool) {
	switch v := value.(type) {
	case int64:
		return int(v), int64(int(v)) == v
	case float64:
		return int(v), v == math.Trunc(v) && math.Abs(v) < 1<<53
	}
	return 0, false
}

// number takes integers for numbers: end = 4 means 4.0.
func number(value any) (float64, bool) {
	switch v := value.(type) {
	case float64:
		return v, true
	case int64:
		return float64(v), true
	}
	return 0, false
}

// numbers takes a lone number for an array of length 1.
func numbers(value any) ([]float64, bool) {
	list, ok := value.([]any)
	if !ok {
		list = []any{value}
	}
	out := make([]float64, len(list))
	for i, v := range list {
		if out[i], ok = number(v); !ok {
			return nil, false
		}
	}
	return out, true
}

// pair takes the one word for both ends.
func pair(value any) (out [2]string, ok bool) {
	if value == periodic {
		return Ring, true
	}
	list, _ := value.([]any)
	if len(list) != len(out) {
		return out, false
	}
	for i, v := range list {
		if out[i], ok = v.(string); !ok {
			return out, false
		}
	}
	return out, true
}

// decodeParams collects the parameters of a built-in landscape.
func (d *document) decodeParams(c *Config) error {
	for _, path := range d.parameters() {
		_, name := splitLast(path)
		var values []float64
		fault := assign(&values, d.values[path])
		infinite := func(v float64) bool { return !(Interval{}).Contains(v) }
		if fault == "" && slices.ContainsFunc(values, infinite) {
			fault = "must be finite"
		}
		if fault != "" {
			return c.Errorf(path, "%s, as a parameter of builtin = %q, got %s (use e.g. %s = 1.0)",
				fault, c.Landscape.Builtin,
				quote(d.values[path]), name)
		}
		if c.Landscape.Params == nil {
			c.Landscape.Params = map[string][]float64{}
		}
		c.Landscape.Params[name] = values
	}
	return nil
}

// quote returns a TOML value for a message, cut to a readable length.
func quote(value any) string {
	switch v := value.(type) {
	case map[string]any:
		return "a table"
	case string:
		return fmt.Sprintf("%q", shorten(v))
	case int64, float64, bool, toml.LocalDate, toml.LocalTime, toml.LocalDateTime:
		return fmt.Sprint(v)
	}
	return shorten(strings.ReplaceAll(fmt.Sprint(value), " ", ", "))
}

// quoteAll returns alternatives for a message: "a", "b" or "c".
func quoteAll(values []string) string {
	text, last := "", len(values)-1
	for _, v := range values[:last] {
		text += fmt.Sprintf(", %q", v)
	}
	if last > 0 {
		return fmt.Sprintf("%s or %q", text[2:], values[last])
	}
	return fmt.Sprintf("%q", values[last])
}
