package config

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/hostile"
)

// configs are the presets and the bases of the tests.
func configs(f *testing.F) (all []string) {
	for _, name := range presetNames() {
		data, err := presetFiles.ReadFile(presetPath(name))
		if err != nil {
			f.Fatal(err)
		}
		all = append(all, string(data))
	}
	all = append(all, bases...)
	slices.Sort(all)
	return all
}

// FuzzParse: whatever is read, either there is one line of error about a place or a key, or
// Resolved reads back to the same Config.
func FuzzParse(f *testing.F) {
	var seeds [][]byte
	add := func(text, set string) { seeds = append(seeds, []byte(text+"\x00"+set)) }
	for _, text := range configs(f) {
		add(text, "time.step=0.5")
		add(text, "grid.axes.0.spacing=log")
		add(text, "initial.kind=invariant")
		add("\ufeff"+strings.ReplaceAll(text, "\n", "\r\n"), "noise.epsilon=.5")
		add(strings.ReplaceAll(text, "= 8", "= 8.0"), "grid.axes.cells=60.0")
		add(strings.ReplaceAll(text, "[[grid.axes]]", "[grid.axes]"), "grid.axes[0].cells=060")
	}
	add("grid.axes = [{cells = 4, min = -1, max = 1}, {cells = 4}]\ngrid.coordinates = "+
		"\"polar\"", "landscape.a=[1, 2]")
	hostile.Fuzz(f, hostile.Kind{Name: "configs, mutated", Seeds: seeds}, parses)
}

// FuzzSet is FuzzParse with the config as it is, and anything for K=V.
func FuzzSet(f *testing.F) {
	all := configs(f)
	seeds := [][]byte{[]byte(`grid.axes.0.width=[1, 2]`), []byte(`initial.kind = "exact"`),
		[]byte("grid.axes[1].cells=0x10"), []byte("time.end=1_0.5e-1"), []byte("name='a'"),
		[]byte("landscape.formula=1 + x^2 # + y"), []byte("output.times=[0, 1, 2.5]"),
		[]byte("landscape.a={b = [[1]]}"), []byte("grid.axes=[{cells = 4}]")}
	hostile.Fuzz(f, hostile.Kind{Name: "--set", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			key := hostile.Pick(r, schema)
			path := hostile.Pick(r, key.Paths(2))
			return []byte(path + "=" + hostile.Pick(r, []string{hostile.Number(r),
				"[" + hostile.Number(r) + ", " + hostile.Number(r) + "]", "[]", "true", "''",
				hostile.Formula(r, "x", "y"), strings.Join(key.Choices, ""), "auto", "x.npy"}))
		},
	}, func(t testing.TB, set []byte) {
		text := all[len(set)%len(all)]
		parses(t, append([]byte(text+"\x00"), set...))
	})
}

func parses(t testing.TB, input []byte) {
	data, set := hostile.Two(input)
	for _, sets := range [][]string{nil, {set}} {
		c, err := Parse("fuzz.toml", data, sets)
		if err != nil {
			var e *Error
			if message := err.Error(); !errors.As(err, &e) || message == "" ||
				strings.ContainsAny(message, "\n\r") {
				t.Fatalf("not one line: %q", message)
			}
			continue
		}
		again, err := Parse("resolved.toml", c.Resolved(), nil)
		if err != nil {
			t.Fatalf("%v\n%s", err, c.Resolved())
		}
		if !sameBits(c, again) {
			t.Fatalf("wrote\n%s\nread\n%s", c.Resolved(), again.Resolved())
		}
	}
}
