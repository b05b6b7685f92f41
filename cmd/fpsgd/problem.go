package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"

	"fpsgd"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

const problemHelp = "one config file or preset of fpsgd list"

// setFlag adds --set to a command of a problem, and completes both.
func setFlag(cmd *cobra.Command) *[]string {
	cmd.ValidArgsFunction = completeProblem
	sets := cmd.Flags().StringArray("set", nil, "change a value of the config, K=V, e.g. "+
		"noise.epsilon=0.5 or grid.axes.0.cells=256; repeatable")
	complete(cmd, "set", completeSet)
	return sets
}

// loadConfig reads a config file or, if there is no such file, a preset. A name without folder or
// extension that is neither is taken for a mistyped preset.
func loadConfig(name string, sets []string) (*config.Config, error) {
	info, err := os.Stat(name)
	// a run directory may bear the preset's name
	noFile := errors.Is(err, fs.ErrNotExist) || err == nil && info.IsDir()
	if noFile && filepath.Base(name) == name && filepath.Ext(name) == "" {
		return config.Preset(name, sets)
	}
	return config.Load(name, sets)
}

// assembled is an equation that tells what it is at.
func assembled(s *fpsgd.Scenario, tell fpsgd.Progress) (*fpsgd.Equation, error) {
	e, err := fpsgd.AssembleScenario(s)
	if err == nil {
		e.Progress = tell
	}
	return e, err
}

// problemCommand makes a command of its help that does something with a problem.
func problemCommand(cmd *cobra.Command,
	do func(cmd *cobra.Command, s *fpsgd.Scenario) error) *cobra.Command {
	cmd.Args = exactly(1, problemHelp)
	sets := setFlag(cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := loadScenario(args[0], *sets)
		if err != nil {
			return err
		}
		return do(cmd, s)
	}
	return cmd
}

// loadScenario reads a config and builds what it asks for.
func loadScenario(name string, sets []string) (*fpsgd.Scenario, error) {
	cfg, err := loadConfig(name, sets)
	if err != nil {
		return nil, err
	}
	return fpsgd.StateOf(cfg)
}
