package config

import (
	"embed"
	"fmt"
	"slices"
	"strings"

	"fpsgd/internal/spelling"
)

//go:embed presets/*.toml
var presetFiles embed.FS

// PresetInfo is a preset's name and a sentence on what it shows.
type PresetInfo struct{ Name, Summary string }

// Preset returns the preset of that name with sets applied, as Parse does. Every error is an
// *Error.
func Preset(name string, sets []string) (*Config, error) {
	data, err := presetFiles.ReadFile(presetPath(name))
	if err != nil {
		return nil, &Error{Msg: fmt.Sprintf("no preset %q (%s)",
			shorten(name), presetSuggestion(name)), Err: err}
	}
	return Parse("preset "+name, data, sets)
}

// Presets lists the presets by name. The summary is the comment in the first line of each file.
func Presets() []PresetInfo {
	var out []PresetInfo
	for _, name := range presetNames() {
		data, err := presetFiles.ReadFile(presetPath(name))
		if err != nil {
			panic(err) // embedded and listed, so it is there
		}
		summary, _, _ := strings.Cut(string(data), "\n")
		out = append(out, PresetInfo{name, strings.TrimSpace(strings.TrimPrefix(summary, "#"))})
	}
	return out
}

func presetPath(name string) string { return "presets/" + name + ".toml" }

func presetNames() []string {
	entries, err := presetFiles.ReadDir("presets")
	if err != nil {
		panic(err) // embedded
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".toml"))
	}
	slices.Sort(names)
	return names
}

func presetSuggestion(name string) string {
	names := presetNames()
	nearest := slices.MinFunc(names, func(a, b string) int {
		return spelling.Distance(name, a) - spelling.Distance(name, b)
	})
	if spelling.Distance(name, nearest) <= 3 {
		return fmt.Sprintf("did you mean %s? `fpsgd list` shows all", nearest)
	}
	return "use one of " + strings.Join(names, ", ")
}
