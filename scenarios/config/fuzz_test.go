package config

import (
	"errors"
	"strings"
	"testing"
)

// FuzzParse: whatever is read, either there is one line of error about a place or a key, or
// Resolved reads back to the same Config.
func FuzzParse(f *testing.F) {
	for _, name := range presetNames() {
		data, err := presetFiles.ReadFile(presetPath(name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data, "time.step=0.5")
		f.Add(data, "grid.axes.0.spacing=log")
	}
	for _, base := range bases {
		f.Add([]byte(base), "initial.kind=invariant")
		f.Add([]byte("\ufeff"+strings.ReplaceAll(base, "\n", "\r\n")), "noise.epsilon=.5")
		f.Add([]byte(strings.ReplaceAll(base, "= 8", "= 8.0")), "grid.axes.cells=60.0")
		f.Add([]byte(strings.ReplaceAll(base, "[[grid.axes]]", "[grid.axes]")),
			"grid.axes[0].cells=060")
	}
	f.Add([]byte("grid.axes = [{cells = 4, min = -1, max = 1}, {cells = 4}]\ngrid.coordinates = "+
		"\"polar\""), "landscape.a=[1, 2]")
	f.Fuzz(func(t *testing.T, data []byte, set string) {
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
	})
}
