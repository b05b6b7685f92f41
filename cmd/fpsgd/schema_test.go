package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/scenarios/config"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// schemaOf compiles what fpsgd list --schema prints.
func schemaOf(t *testing.T) *jsonschema.Schema {
	t.Helper()
	text := succeed(t, t.TempDir(), "list", "--schema")
	schema, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fpsgd.schema.json", schema); err != nil {
		t.Fatal(err)
	}
	compiled, err := c.Compile("fpsgd.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return compiled
}

// asJSON converts a config for a validator.
func asJSON(t *testing.T, text []byte) any {
	t.Helper()
	var tree map[string]any
	if err := toml.Unmarshal(text, &tree); err != nil {
		t.Fatal(err)
	}
	converted, err := json.Marshal(tree)
	if err != nil {
		t.Fatal(err)
	}
	value, err := jsonschema.UnmarshalJSON(bytes.NewReader(converted))
	if err != nil {
		t.Fatal(err)
	}
	return value
}

// The schema that editors are given takes every preset, as it is written and as it is resolved with
// all defaults; and the configs that are refused elsewhere for what it says of keys it refuses.
func TestSchemaOfConfigs(t *testing.T) {
	t.Parallel()
	schema := schemaOf(t)
	for _, p := range config.Presets() {
		c, err := config.Preset(p.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		for what, text := range map[string][]byte{"": c.Source(), ", resolved": c.Resolved()} {
			if err := schema.Validate(asJSON(t, text)); err != nil {
				t.Errorf("%s%s: %v", p.Name, what, err)
			}
		}
	}
	for name, wrong := range map[string][2]string{
		"a parameter of another builtin": {"floor = 0.4", "floor = 0.4\nm = 3"},
		"a parameter that is missing": {"double-well\"\ncurvatures = [40.0, 4.0]\nfloor = 0.4",
			"power\""},
		"a parameter that is no number": {"floor = 0.4", "floor = \"low\""},
		"an unknown builtin":            {"double-well", "triple-well"},
		"two landscapes":                {"[landscape]", "[landscape]\nformula = \"x^2\""},
		"no landscape":                  {"builtin = \"double-well\"\n", ""},
		"an unknown key":                {"[noise]", "[noise]\nepsilom = 1.0"},
		"an unknown table":              {"[noise]", "[noises]\n[noise]"},
		"no ε":                          {"epsilon = 0.4", ""},
		"a ranged number":               {"epsilon = 0.4", "epsilon = 0.0"},
		"a key of another spacing":      {"spacing = \"sinh\"\n", ""},
		"a key of another system":       {"[grid]", "[grid]\ndimension = 3"},
		"a key of another kind":         {"kind = \"gaussian\"", "kind = \"invariant\""},
		"a key that its kind lacks":     {"center = [-1.0]\nwidth = 0.1\n", ""},
		"repeat off cartesian axes": {"[grid]\n[[grid.axes]]",
			"[grid]\ncoordinates = \"radial\"\ndimension = 2\n[[grid.axes]]\nrepeat = 1"},
		"two rivals": {"end = 240.0", "end = 240.0\nstep = 0.1\ntolerance = 1e-4"},
		"no cells":   {"cells = 400\n", ""},
		"a fraction": {"particles = 3000", "particles = 0.5"},
	} {
		c, err := config.Preset("two-wells", nil)
		if err != nil {
			t.Fatal(err)
		}
		text := strings.Replace(string(c.Source()), wrong[0], wrong[1], 1)
		if text == string(c.Source()) {
			t.Fatalf("%s: no %q in the preset", name, wrong[0])
		}
		if schema.Validate(asJSON(t, []byte(text))) == nil {
			t.Errorf("the schema takes %s:\n%s", name, text)
		}
		path := filepath.Join(t.TempDir(), "wrong.toml")
		if err := os.WriteFile(path, []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, _, code := command(t, t.TempDir(), "explain", path); code != exitBadRequest {
			t.Errorf("explain takes %s: exit %d", name, code)
		}
	}
}
