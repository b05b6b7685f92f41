package config

import (
	"fmt"
	"slices"
	"strings"

	"fpsgd/internal/formula"
	"fpsgd/mesh"
)

// Automatic reports whether the program is to choose something of the grid.
func (c *Config) Automatic() bool {
	return slices.ContainsFunc(c.Grid.Axes, func(a Axis) bool { return a.Spacing == "auto" })
}

// Settled is the config with what it left to the program: the axes, the initial density and the
// last time. The remarks on how these were chosen stand above it when it is written.
func (c *Config) Settled(axes []Axis, initial Initial, end float64, remarks []string) (
	*Config, error) {
	s := *c
	s.Grid.Axes, s.Initial, s.Time.End = slices.Clone(axes), initial, end
	for k := range s.Grid.Axes {
		if a := &s.Grid.Axes[k]; a.Spacing != "auto" {
			a.Unset = [2]bool{}
		}
	}
	s.source.remarks = slices.Concat(c.source.remarks, remarks)
	if !c.Gives("time.scheme") {
		s.Time.Scheme, _ = s.DefaultScheme()
	}
	return &s, s.checkSettled()
}

// Remarks say how what the config left to the program was chosen.
func (c *Config) Remarks() []string { return c.source.remarks }

// comments are the remarks as TOML has comments, in lines of less than a hundred columns.
func (c *Config) comments() string {
	const width = 96
	var w strings.Builder
	for _, remark := range c.source.remarks {
		line := "#"
		for _, word := range strings.Fields(oneLine(remark)) {
			if len(line)+1+len(word) > width && line != "#" {
				fmt.Fprintln(&w, line)
				line = "#  "
			}
			line += " " + word
		}
		fmt.Fprintln(&w, line)
	}
	return w.String()
}

// checkAuto checks what concerns axes that the program chooses, and refuses it without any.
func (c *Config) checkAuto() error {
	if !c.Automatic() {
		for _, key := range []string{"grid.accuracy", "grid.most_cells"} {
			if c.Gives(key) {
				return c.Errorf(key, "is for axes of spacing = \"auto\", and there is none "+
					"(remove it, or leave [[grid.axes]] out)")
			}
		}
		return nil
	}
	if c.Landscape.File != "" || c.Initial.File != "" {
		key := "landscape.file"
		if c.Initial.File != "" {
			key = "initial.file"
		}
		return c.Errorf(key, "has a number for every cell of a grid, which cannot be chosen "+
			"(give spacing, cells, min and max of [[grid.axes]], or a formula here)")
	}
	cells, fixed := 1.0, true
	for k := range c.Grid.Axes {
		a := &c.Grid.Axes[k]
		if a.Spacing == "file" {
			return c.Errorf(axisPath(k, "file"), "the faces in a file do not double as the cells "+
				"of spacing = \"auto\" do (give spacing and cells of all axes, or of none a file)")
		}
		cells *= float64(max(a.Cells, 1))
		fixed = fixed && a.Cells > 0
	}
	if cells > float64(c.Grid.MostCells) {
		return c.Errorf("grid.most_cells", "is %d, and the axes that are given have %g cells "+
			"(use at least that)", c.Grid.MostCells, cells)
	}
	if fixed && c.Gives("grid.accuracy") {
		return c.Errorf("grid.accuracy", "is what cells are doubled for, and all are given "+
			"(remove it, or cells)")
	}
	return nil
}

// addAxes adds the axes of a config without any: all of a coordinate system, and of cartesian ones
// those that its formulas and its centre speak of.
func (d *document) addAxes() {
	for _, key := range []string{axesTable, "landscape.file", "landscape.go",
		"ensemble.dimension"} {
		if _, given := d.values[key]; given || d.axes > 0 {
			return
		}
	}
	name, _ := d.values["grid.coordinates"].(string)
	if name == "" {
		name = "cartesian"
	}
	system := mesh.System(name)
	if system == nil {
		return
	}
	d.axes = len(system.Axes())
	if mesh.Cartesian(system) {
		d.axes = min(d.axes, d.spokenOf(system))
	}
	for k := range d.axes {
		path := axisPath(k, "spacing")
		if _, given := d.values[path]; !given {
			d.values[path] = "auto"
		}
	}
}

// spokenOf is the number of cartesian axes that formulas and centres speak of, 1 at least.
func (d *document) spokenOf(system mesh.Coordinates) int {
	axes := 1
	for _, path := range []string{"landscape.formula", "initial.formula"} {
		text, _ := d.values[path].(string)
		program, err := formula.Compile(text, system.Variables())
		if err != nil {
			continue // it is refused later
		}
		for _, name := range program.Vars() {
			axes = max(axes, slices.Index(system.Axes(), name)+1)
		}
	}
	for _, path := range []string{"landscape.center", "initial.center", "initial.b"} {
		if list, ok := d.values[path].([]any); ok {
			axes = max(axes, len(list))
		}
	}
	return axes
}

// checkSettled checks what was chosen as check does what was given.
func (c *Config) checkSettled() error {
	for k := range c.Grid.Axes {
		a := &c.Grid.Axes[k]
		if len(a.Width) == 1 && len(a.Centers) > 1 {
			a.Width = slices.Repeat(a.Width, len(a.Centers))
		}
	}
	for k := range c.Grid.Axes {
		if err := c.checkExtent(k); err != nil {
			return err
		}
	}
	return c.checkCells()
}
