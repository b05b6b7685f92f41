package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/validation"

	"github.com/spf13/cobra"
)

// addCompletion adds the command that prints completions for a shell. It prints where root does by
// now.
func addCompletion(root *cobra.Command) {
	root.CompletionOptions.SetDefaultShellCompDirective(cobra.ShellCompDirectiveNoFileComp)
	root.InitDefaultCompletionCmd()
	cmd, _, err := root.Find([]string{"completion"})
	if err != nil {
		panic(err) // it was added
	}
	cmd.Use, cmd.Short = "completion SHELL", "print the completion of presets, claims and config "+
		"keys for bash, zsh, fish or powershell"
	cmd.Args = exactly(1, "a shell (bash, zsh, fish, powershell)")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		return badRequest("completion knows bash, zsh, fish and powershell, not %q: see fpsgd "+
			"completion --help", args[0])
	}
	for _, shell := range cmd.Commands() {
		shell.Args = exactly(0, "no arguments")
	}
}

// completeProblem completes a preset or a config file.
func completeProblem(_ *cobra.Command, args []string, typed string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	var out []cobra.Completion
	for _, p := range config.Presets() {
		if strings.HasPrefix(p.Name, typed) {
			out = append(out, cobra.CompletionWithDesc(p.Name, p.Summary))
		}
	}
	return unfinished(append(out, filesLike(typed, ".toml")...))
}

// completeFolders completes the folders of several.
func completeFolders(*cobra.Command, []string, string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeFolder completes the folder of a run.
func completeFolder(_ *cobra.Command, args []string, _ string) ([]cobra.Completion,
	cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}

// completeClaim completes a claim that is not named yet.
func completeClaim(_ *cobra.Command, args []string, typed string) (out []cobra.Completion,
	_ cobra.ShellCompDirective) {
	for _, c := range validation.Claims {
		if strings.HasPrefix(c.Name, typed) && !slices.Contains(args, c.Name) {
			out = append(out, cobra.CompletionWithDesc(c.Name, c.Statement))
		}
	}
	return out, cobra.ShellCompDirectiveNoFileComp
}

// completeSet completes the K=V of --set: a key of the config that the arguments name, and then its
// value where there are few. Where they name none yet the keys are those of one with one axis.
func completeSet(cmd *cobra.Command, args []string, typed string) (out []cobra.Completion,
	_ cobra.ShellCompDirective) {
	tables, builtin := 1, ""
	if cfg := namedConfig(cmd, args); cfg != nil {
		tables, builtin = cfg.AxisTables(), cfg.Landscape.Builtin
	}
	path, value, valued := strings.Cut(typed, "=")
	offer := func(key, doc string, values []string) {
		if !valued && strings.HasPrefix(key, path) {
			out = append(out, cobra.CompletionWithDesc(key+"=", doc))
		}
		for _, v := range values {
			if valued && key == path {
				out = append(out, key+"="+v)
			}
		}
	}
	for _, k := range config.Keys() {
		for _, key := range k.Paths(tables) {
			offer(key, describeKey(k), valuesLike(k, value))
		}
	}
	for _, b := range scenarios.Builtins {
		for _, p := range b.Parameters {
			if b.Name == builtin {
				offer("landscape."+p.Name, p.Doc, nil)
			}
		}
	}
	if !valued {
		return out, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return unfinished(out)
}

// namedConfig is what a command line names so far, or nil.
func namedConfig(cmd *cobra.Command, args []string) *config.Config {
	if len(args) == 0 {
		return nil
	}
	sets, _ := cmd.Flags().GetStringArray("set") // there is the flag, as this completes it
	for _, sets := range [][]string{sets, nil} {
		if cfg, err := loadConfig(args[0], sets); err == nil {
			return cfg
		}
	}
	return nil
}

// valuesLike returns the values of a key that begin as typed, none where there are too many to
// list.
func valuesLike(k config.Key, typed string) []string {
	var values []string
	switch _, ofTwo := k.Example.([2]string); {
	case ofTwo: // an array, whose brackets and quotes a shell takes for its own
	case strings.HasSuffix(k.Path, ".file"):
		return filesLike(typed, ".npy")
	case k.Path == "landscape.builtin":
		for _, b := range scenarios.Builtins {
			values = append(values, b.Name)
		}
	case k.Example == true || k.Example == false:
		values = []string{"true", "false"}
	default:
		values = slices.Clone(k.Choices)
	}
	return slices.DeleteFunc(values, func(v string) bool { return !strings.HasPrefix(v, typed) })
}

// filesLike returns the files of an extension, and the folders, whose paths begin as typed.
func filesLike(typed, extension string) (out []string) {
	folder, begin := filepath.Split(typed)
	entries, _ := os.ReadDir(cmp.Or(folder, ".")) // nothing completes a path that does not exist
	for _, e := range entries {
		name := e.Name()
		info, err := os.Stat(folder + name) // of what a link leads to
		switch hidden := strings.HasPrefix(name, ".") && !strings.HasPrefix(begin, "."); {
		case err != nil, hidden, !strings.HasPrefix(name, begin):
		case info.IsDir():
			out = append(out, folder+name+string(filepath.Separator))
		case filepath.Ext(name) == extension:
			out = append(out, folder+name)
		}
	}
	return out
}

// unfinished returns completions with the directive to go on typing where each is a folder.
func unfinished(completions []cobra.Completion) ([]cobra.Completion, cobra.ShellCompDirective) {
	finished := func(c cobra.Completion) bool {
		return !strings.HasSuffix(c, string(filepath.Separator))
	}
	if slices.ContainsFunc(completions, finished) {
		return completions, cobra.ShellCompDirectiveNoFileComp
	}
	return completions, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
}

// folders completes a folder.
var folders = cobra.FixedCompletions(nil, cobra.ShellCompDirectiveFilterDirs)

// complete sets how a flag's value is completed.
func complete(cmd *cobra.Command, flag string, with cobra.CompletionFunc) {
	if err := cmd.RegisterFlagCompletionFunc(flag, with); err != nil {
		panic(err) // there is no such flag, or it is completed already
	}
}

// oneOf completes one of a few values.
func oneOf(values ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)
}
