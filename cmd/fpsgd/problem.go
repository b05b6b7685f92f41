package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"fpsgd"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

const problemHelp = "one config file or preset of fpsgd list"

// setFlag adds --set to a command of a problem, and completes both.
func setFlag(cmd *cobra.Command) *[]string {
	cmd.ValidArgsFunction = completeProblem
	sets := cmd.Flags().StringArray("set", nil, "change a value of the config, K=V, e.g. noise.epsilon=0.5 or grid.axes.0.cells=256; repeatable")
	complete(cmd, "set", completeSet)
	return sets
}

// loadConfig reads a config file or, if there is no such file, a preset. A name without folder or extension that is neither
// is taken for a mistyped preset.
func loadConfig(name string, sets []string) (*config.Config, error) {
	info, err := os.Stat(name)
	noFile := errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir() // a run directory may bear the preset's name
	if noFile && filepath.Base(name) == name && filepath.Ext(name) == "" {
		return config.Preset(name, sets)
	}
	return config.Load(name, sets)
}

// newScenario builds what a config asks for, if the memory suffices for it.
func newScenario(cfg *config.Config) (*scenarios.Scenario, error) {
	if err := budgetOf(cfg, configuredCells(cfg)).checkMemory(cfg); err != nil {
		return nil, err
	}
	s, err := scenarios.New(cfg)
	if err != nil {
		return nil, err
	}
	s.Allow = func(cells int) error { return budgetOf(cfg, float64(cells)).checkMemory(cfg) }
	return s, s.Allow(s.Grid.Cells())
}

// newEquation assembles what a config asks for.
func newEquation(cfg *config.Config, a *activity) (*fpsgd.Equation, error) {
	s, err := newScenario(cfg)
	if err != nil {
		return nil, err
	}
	return assembled(s, a)
}

// assembled is an equation that tells what it is at.
func assembled(s *scenarios.Scenario, a *activity) (*fpsgd.Equation, error) {
	e, err := fpsgd.AssembleScenario(s)
	if err == nil {
		e.Progress = a.part
	}
	return e, err
}

// shapeText writes a grid's shape: 128 × 64.
func shapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " × "), "[]")
}

// loadScenario reads a config and builds what it asks for.
func loadScenario(name string, sets []string) (*scenarios.Scenario, error) {
	cfg, err := loadConfig(name, sets)
	if err != nil {
		return nil, err
	}
	return newScenario(cfg)
}
