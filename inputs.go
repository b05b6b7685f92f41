package fpsgd

import (
	"fmt"
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strings"

	"fpsgd/scenarios/config"
)

// input is a file that a run copies into its directory, under a name relative to it.
type input struct {
	name    string
	content []byte
}

// readInputs returns the files that a config names, as they were when they were first read.
func readInputs(cfg *config.Config) ([]input, error) {
	var inputs []input
	names := inputNames(cfg)
	for _, file := range slices.Sorted(maps.Keys(names)) {
		content, err := cfg.ReadFile(file, math.MaxInt64)
		if err != nil {
			return nil, Refused(err)
		}
		inputs = append(inputs, input{names[file], content})
	}
	return inputs, nil
}

// inputPaths are those of the config, if it is a file, and of the files that it names.
func inputPaths(s *Scenario) []string {
	if s == nil {
		return nil
	}
	paths := []string{s.Config.Path()}
	for _, file := range s.Config.Files() {
		paths = append(paths, *file)
	}
	return paths
}

// inputNames returns the names that the files of a config get in the run directory: inputs/ and
// their own, with a number where two files from different folders share it.
func inputNames(cfg *config.Config) map[string]string {
	names, taken := map[string]string{}, map[string]bool{}
	for _, file := range cfg.Files() {
		if names[*file] != "" {
			continue
		}
		base := filepath.Base(*file)
		ext := filepath.Ext(base)
		name := "inputs/" + base
		for k := 2; taken[name]; k++ {
			name = fmt.Sprintf("inputs/%s-%d%s", strings.TrimSuffix(base, ext), k, ext)
		}
		names[*file], taken[name] = name, true
	}
	return names
}

// resolved returns the config with every default, reading its files from inputs/, and with the
// scheme that was taken; the default of the config stays one if none was.
func resolved(cfg *config.Config, scheme string) []byte {
	names, c := inputNames(cfg), *cfg
	c.Time.Scheme = scheme
	if scheme == "" && cfg.Gives("time.scheme") {
		c.Time.Scheme = cfg.Time.Scheme
	}
	c.Grid.Axes = slices.Clone(c.Grid.Axes)
	for _, file := range c.Files() {
		*file = names[*file]
	}
	return c.Resolved()
}
