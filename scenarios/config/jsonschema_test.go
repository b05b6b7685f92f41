package config

import (
	"bytes"
	"encoding/json"
	"strings"
	"sync"
	"testing"

	"github.com/pelletier/go-toml/v2"
	"github.com/santhosh-tekuri/jsonschema/v6"
)

// compiled is the JSON Schema as a validator has it, with a built-in landscape.
var compiled = sync.OnceValues(func() (*jsonschema.Schema, error) {
	text, err := JSONSchema([]Builtin{{Name: "log-singular"}})
	if err != nil {
		return nil, err
	}
	schema, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	if err := c.AddResource("fpsgd.schema.json", schema); err != nil {
		return nil, err
	}
	return c.Compile("fpsgd.schema.json")
})

// schemaRefuses reports whether the JSON Schema refuses a config, which is TOML; with dates, or
// numbers that are not finite, it is not JSON.
func schemaRefuses(t *testing.T, text string) bool {
	t.Helper()
	schema, err := compiled()
	if err != nil {
		t.Fatal(err)
	}
	var tree map[string]any
	if err := toml.Unmarshal([]byte(text), &tree); err != nil {
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
	return schema.Validate(value) != nil
}

// The JSON Schema takes the right configs, in which every key stands, and refuses each of them with
// any value of a wrong type or out of range in place of any, or with a key that there is not.
func TestJSONSchemaKnowsTheKeys(t *testing.T) {
	for _, base := range bases {
		if schemaRefuses(t, base) {
			t.Errorf("it refuses\n%s", base)
		}
	}
	eachKey(t, func(t *testing.T, k keyLine) {
		wrong := outside(k.key)
		for _, value := range wrongTypes[k.key.kind()] {
			if !strings.HasPrefix(value, "1979") { // a date is a string of JSON
				wrong = append(wrong, value)
			}
		}
		for _, value := range wrong {
			if !schemaRefuses(t, k.replaced(k.name()+" = "+value)) {
				t.Errorf("it takes %s", value)
			}
		}
		if !schemaRefuses(t, k.replaced(k.lines[k.at], k.name()+"x = true")) {
			t.Errorf("it takes %sx", k.name())
		}
	})
}
