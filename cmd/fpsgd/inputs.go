package main

import (
	"fmt"
	"os"
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

// readInputs reads the files that a config names.
func readInputs(cfg *config.Config) ([]input, error) {
	var inputs []input
	names := inputNames(cfg)
	for _, file := range cfg.Files() {
		name := names[*file]
		if slices.ContainsFunc(inputs, func(in input) bool { return in.name == name }) {
			continue
		}
		content, err := os.ReadFile(*file)
		if err != nil {
			return nil, badRequest{err}
		}
		inputs = append(inputs, input{name, content})
	}
	return inputs, nil
}

// inputNames returns the names that the files of a config get in the run directory: inputs/ and their own, with a number
// where two files from different folders share it.
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

// resolved returns the config with every default, reading its files from inputs/.
func resolved(cfg *config.Config) []byte {
	names := inputNames(cfg)
	for _, file := range cfg.Files() {
		defer func(own string) { *file = own }(*file)
		*file = names[*file]
	}
	return cfg.Resolved()
}
