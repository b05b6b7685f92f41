package main

import (
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"fpsgd"
	"fpsgd/internal/hostile"
	"fpsgd/mesh"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// mostExplained is how many cells a grid that is assembled has here: fewer than take a second. Of
// 200 in space, with integrals over spheres, the assembly and the search of f are about that.
const mostExplained = 130

// FuzzExplain: whatever stands in a config, it is refused, or all that explain tells is told; and
// what has no room in the memory is refused at once.
func FuzzExplain(f *testing.F) {
	var seeds [][]byte
	for _, p := range config.Presets() {
		c, err := config.Preset(p.Name, nil)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, []byte(fewer(string(c.Source()))))
	}
	hostile.Fuzz(f, hostile.Kind{Name: "configs, explained", Seeds: seeds, Draw: drawConfig},
		func(t testing.TB, text []byte) {
			cfg, err := config.Parse("fuzz.toml", text, nil)
			if err != nil {
				return
			}
			switch cells := cfg.Grid.Cells(); {
			case cfg.Automatic():
				if plan, err := scenarios.NewPlan(cfg); err == nil {
					plan.Remarks()
				}
				return
			case cells > 1e9:
				if _, err := fpsgd.StateOf(cfg); err == nil {
					t.Errorf("%g cells are not refused", cells)
				}
				return
			case cells > mostExplained:
				_ = fpsgd.BudgetOf(cfg, cells).String()
				return
			}
			if cfg, err = fpsgd.SettleStill(t.Context(), cfg, nil); err != nil {
				return
			}
			if s, err := fpsgd.StateOf(cfg); err == nil && s.Grid.Cells() <= mostExplained {
				explain(io.Discard, s)
			}
		})
}

// fewer makes the grid of a preset one of a few cells.
func fewer(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(strings.TrimSpace(line), "cells") {
			lines[i] = "cells = 5"
		}
	}
	return strings.Join(lines, "\n")
}

// drawConfig is a config that may well pass, but for some of the keys.
func drawConfig(r *rand.Rand) []byte {
	name := hostile.Pick(r, append(slices.Clone(mesh.Systems), "cartesian", "cartesian"))
	system := mesh.System(name)
	axes := len(system.Axes())
	if mesh.Cartesian(system) {
		axes = 1 + r.IntN(3)
	}
	values := map[string]string{"grid.coordinates": "'" + name + "'", "time.end": "1"}
	if name == "radial" {
		values["grid.dimension"] = fmt.Sprint(1 + r.IntN(4))
	}
	add := func(k config.Key, value string) {
		for _, path := range k.Paths(axes) {
			values[path] = value
		}
	}
	strange := []float64{0, 0.03, 0.2}[r.IntN(3)]
	for _, k := range config.Keys() {
		switch table, key := k.Table(); {
		case r.Float64() < strange:
			add(k, value(r, k, system))
		case k.Path == "noise.epsilon":
			add(k, hostile.Pick(r, []string{"0.25", "1", "0.01", "3", hostile.Number(r)}))
		case k.Path == "landscape.formula":
			add(k, "'"+hostile.Formula(r, system.Variables()...)+"'")
			if r.IntN(3) > 0 {
				add(k, "'1 + "+system.Variables()[0]+"^2*"+hostile.Formula(r, "2")+"'")
			}
		case table != "grid.axes":
		case key == "cells":
			add(k, fmt.Sprint(2+r.IntN(8)))
		case (key == "min" || key == "max") && mesh.Cartesian(system):
			add(k, map[string]string{"min": "-3", "max": "2"}[key])
		case key == "max" && system.Axes()[0] == "r":
			values["grid.axes.0.max"] = "10"
		}
	}
	return []byte(written(values, axes))
}

// value is one that a key may have, or may not.
func value(r *rand.Rand, k config.Key, system mesh.Coordinates) string {
	number := func() string {
		if r.IntN(2) > 0 {
			return hostile.Number(r)
		}
		return hostile.Pick(r, []string{"0", "1", "2", "0.5", "10", "-1", "3"})
	}
	switch {
	case r.IntN(10) == 0:
		return hostile.Pick(r, []string{"''", "[]", "true", "{}", "[[1]]", "'auto'", number()})
	case len(k.Choices) > 0:
		return "'" + hostile.Pick(r, k.Choices) + "'"
	case strings.HasSuffix(k.Path, "formula"):
		return "'" + hostile.Formula(r, system.Variables()...) + "'"
	}
	switch k.Example.(type) {
	case string:
		return "'" + fmt.Sprint(k.Example) + "'"
	case bool:
		return hostile.Pick(r, []string{"true", "false"})
	case []float64:
		var list []string
		for range r.IntN(5) {
			list = append(list, number())
		}
		return "[" + strings.Join(list, ", ") + "]"
	case [2]string:
		return hostile.Pick(r, []string{"['open', 'closed']", "['periodic', 'periodic']"})
	}
	return number()
}

// written is the TOML of values by their paths.
func written(values map[string]string, axes int) string {
	tables := map[string][]string{}
	for path, value := range values {
		at := strings.LastIndex(path, ".")
		table := path[:max(at, 0)]
		tables[table] = append(tables[table], path[at+1:]+" = "+value+"\n")
	}
	var text strings.Builder
	write := func(header, table string) {
		lines := tables[table]
		slices.Sort(lines)
		if len(lines) > 0 {
			text.WriteString(header + strings.Join(lines, ""))
		}
	}
	write("", "")
	for _, table := range []string{"landscape", "noise", "grid", "initial", "time", "solver",
		"output",
		"ensemble"} {
		write("["+table+"]\n", table)
	}
	for k := range axes {
		write("[[grid.axes]]\n", fmt.Sprintf("grid.axes.%d", k))
	}
	return text.String()
}

// FuzzArguments: whatever a command line is, it is refused in one line or understood. The commands
// do nothing here.
func FuzzArguments(f *testing.F) {
	var names []string
	flags := map[string][]string{}
	for _, c := range newRoot().Commands() {
		names = append(names, c.Name())
		c.Flags().VisitAll(func(flag *pflag.Flag) {
			flags[c.Name()] = append(flags[c.Name()], "--"+flag.Name)
		})
	}
	seeds := [][]byte{[]byte("run\nquadratic-2d\n--set\nnoise.epsilon=0.4\n-o\nx"),
		[]byte("sweep\n--vary=k=1,2\n--index=3\n--\n-k\n1"), []byte("list\n--json"),
		[]byte("help\nrun"),
		[]byte("escape\n--from\nx < 0\n--start\n1,2")}
	hostile.Fuzz(f, hostile.Kind{Name: "command lines", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			name := hostile.Pick(r, names)
			args := []string{name}
			for range r.IntN(6) {
				value := hostile.Pick(r, []string{hostile.Number(r), "x.toml", "quadratic-2d", "",
					"-",
					"--", "=", "a=b", hostile.Formula(r, "x")})
				if len(flags[name]) == 0 || r.IntN(3) == 0 {
					args = append(args, value)
					continue
				}
				args = append(args, hostile.Pick(r, flags[name])+hostile.Pick(r, []string{"",
					"=" + value}))
			}
			return []byte(strings.Join(args, "\n"))
		},
	}, func(t testing.TB, text []byte) {
		root := newRoot()
		addCompletion(root)
		idle(root)
		root.SetArgs(strings.Split(string(text), "\n"))
		root.SetOut(io.Discard)
		root.SetErr(io.Discard)
		if err := root.ExecuteContext(t.Context()); err != nil && err.Error() == "" {
			t.Error("refused without a word")
		}
	})
}

// idle has a command, and those below it, do nothing but look at what was given.
func idle(cmd *cobra.Command) {
	if cmd.RunE != nil {
		cmd.RunE = func(*cobra.Command, []string) error { return nil }
	}
	for _, below := range cmd.Commands() {
		idle(below)
	}
}
