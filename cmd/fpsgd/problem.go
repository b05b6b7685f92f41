package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fpsgd"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
)

const problemHelp = "one config file or preset of fpsgd list"

// setProblem names a problem that --set alone states.
const setProblem = "problem"

// aProblem checks that there is one argument or, where sets state the loss, none.
func aProblem(sets *[]string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) == 0 && stateLoss(*sets) {
			return nil
		}
		return exactly(1, problemHelp)(cmd, args)
	}
}

// stateLoss reports whether values K=V give a loss.
func stateLoss(sets []string) bool {
	return slices.ContainsFunc(sets, func(set string) bool {
		return strings.HasPrefix(strings.TrimSpace(set), "landscape.")
	})
}

// named is the argument that names a problem, "" where --set states it.
func named(args []string) string {
	if len(args) == 0 {
		return ""
	}
	return args[0]
}

// setFlag adds --set to a command of a problem, and completes both.
func setFlag(cmd *cobra.Command) *[]string {
	cmd.ValidArgsFunction = completeProblem
	sets := cmd.Flags().StringArray("set", nil, "change a value of the config, K=V, e.g. "+
		"noise.epsilon=0.5 or grid.axes.0.cells=256; repeatable")
	complete(cmd, "set", completeSet)
	return sets
}

// loadConfig reads a config file or, if there is no such file, a preset. A name without folder or
// extension that is neither is taken for a mistyped preset. Without a name the sets are all.
func loadConfig(name string, sets []string) (*config.Config, error) {
	if name == "" {
		return config.LoadText(setProblem, nil, sets)
	}
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
	sets := setFlag(cmd)
	cmd.Args = aProblem(sets)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		s, err := loadScenario(cmd.Context(), named(args), *sets)
		if err != nil {
			return err
		}
		return do(cmd, s)
	}
	return cmd
}

// loadScenario reads a config and builds what it asks for; what it leaves to the program is chosen
// but for the last time.
func loadScenario(ctx context.Context, name string, sets []string) (*fpsgd.Scenario, error) {
	cfg, err := loadConfig(name, sets)
	if err != nil {
		return nil, err
	}
	if cfg, err = fpsgd.SettleStill(ctx, cfg, terminalOf(ctx).Line(false).Tell); err != nil {
		return nil, err
	}
	return fpsgd.StateOf(cfg)
}
