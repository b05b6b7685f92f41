package config

import (
	"strings"
	"testing"
)

// A loss and ε are a config: axes are those that the formula speaks of, and nothing else is given.
func TestLossAloneIsAConfig(t *testing.T) {
	c, err := Parse("problem", nil, []string{"landscape.formula=1 + x^2 + y^2", "noise.epsilon=1"})
	if err != nil {
		t.Fatal(err)
	}
	if len(c.Grid.Axes) != 2 || !c.Automatic() || c.Initial.Kind != "auto" || c.Time.End != 0 ||
		c.Grid.Axes[1].Unset != [2]bool{true, true} || c.Title() != "problem" {
		t.Errorf("got\n%s", c.Resolved())
	}
	if again := mustParse(t, string(c.Resolved())); again.Automatic() != c.Automatic() ||
		string(again.Resolved()) != string(c.Resolved()) {
		t.Errorf("%s\nreads as\n%s", c.Resolved(), again.Resolved())
	}
	polar, err := Parse("problem", nil, []string{"landscape.formula=1 + r^2", "noise.epsilon=1",
		"grid.coordinates=polar"})
	if err != nil {
		t.Fatal(err)
	}
	if phi := polar.Grid.Axes[1]; !phi.Periodic() || phi.Unset != [2]bool{} {
		t.Errorf("phi %+v", phi)
	}
}

// What is chosen reads back as it is, below comments that are no keys.
func TestSettledIsPlain(t *testing.T) {
	c := mustParse(t, "landscape.formula = \"1 + x^2\"\nnoise.epsilon = 1\n")
	x := c.Grid.Axes[0]
	x.Spacing, x.Cells, x.Min, x.Max = "sinh", 8, -3, 3
	x.Centers, x.Width = []float64{0}, []float64{1}
	s, err := c.Settled([]Axis{x}, Initial{Kind: "gaussian", Center: []float64{1}, Width: 0.5,
		Normalize: true}, 4, []string{"a remark\nof two lines, " + strings.Repeat("long ", 40)})
	if err != nil {
		t.Fatal(err)
	}
	if again := mustParse(t, string(s.Resolved())); !sameBits(again, &Config{
		Name: again.Name, Landscape: s.Landscape, Noise: s.Noise, Grid: s.Grid,
		Initial: s.Initial, Time: s.Time, Solver: s.Solver, Output: s.Output,
		Ensemble: s.Ensemble}) {
		t.Errorf("%s\nreads as\n%s", s.Resolved(), again.Resolved())
	}
	for line := range strings.Lines(string(s.Resolved())) {
		if strings.HasPrefix(line, "#") && len(line) > 100 {
			t.Errorf("a long comment: %s", line)
		}
	}
	if c.Automatic() == s.Automatic() || len(c.Remarks()) > 0 {
		t.Error("the config that was settled has changed")
	}
}

func TestBadAuto(t *testing.T) {
	const base = "landscape.formula = \"1 + x^2\"\nnoise.epsilon = 1\n"
	for _, c := range []struct{ text, key string }{
		{base + "grid.accuracy = 0\n", "grid.accuracy"},
		{base + "grid.accuracy = 1\n", "grid.accuracy"},
		{base + "grid.most_cells = 10\ngrid.axes = [{spacing = \"auto\", cells = 11}]\n",
			"grid.most_cells"},
		{base + "grid.accuracy = 0.1\ngrid.axes = [{cells = 4, min = 0, max = 1}]\n",
			"grid.accuracy"},
		{base + "grid.axes = [{spacing = \"auto\", file = \"x.npy\"}]\n", "grid.axes.0.file"},
		{base + "grid.axes = [{spacing = \"auto\"}, {spacing = \"file\", file = \"x.npy\"}]\n",
			"grid.axes.1.file"},
		{base + "grid.axes = [{spacing = \"auto\", min = 3, max = 2}]\n", "grid.axes.0.max"},
		{base + "initial = {kind = \"file\", file = \"rho.npy\"}\n", "initial.file"},
		{base + "initial = {center = [1]}\n", "initial.kind"},
		{"landscape.file = \"f.npy\"\nnoise.epsilon = 1\ngrid.axes = [{spacing = \"auto\"}]\n",
			"landscape.file"},
		{"landscape.file = \"f.npy\"\nnoise.epsilon = 1\n", "grid.axes"},
	} {
		if e := parseFails(t, c.text); e.Key != c.key {
			t.Errorf("%s: %v", c.text, e)
		}
	}
}
