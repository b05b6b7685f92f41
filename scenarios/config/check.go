package config

import (
	"cmp"
	"math"
	"strings"

	"fpsgd/mesh"
)

const (
	maxNameLength = 200     // bytes; file systems allow 255
	maxCells      = 1 << 31 // 16 GiB a field
	maxSteps      = 1e9

	// angleSlip is how far a range may be from a full turn and still be meant as one, mistakenly:
	// one typed with too few digits, as 6.283.
	angleSlip = 1e-2
)

const (
	bareRunes = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_" // of a key
	nameRunes = bareRunes + "."                                                    // of a folder
)

// check checks what depends on several keys in ways that the schema does not express.
func (c *Config) check() error {
	return cmp.Or(c.checkName(), c.checkMode(), c.checkAxes(), c.checkAuto(), c.checkCells(),
		c.checkInitial(), c.checkTime(), c.checkOutput(), c.checkEnsemble())
}

func (c *Config) checkName() error {
	for _, r := range c.Name {
		if !strings.ContainsRune(nameRunes, r) {
			return c.Errorf("name", "names a folder and cannot hold %q (use letters, digits, - "+
				"_ and .)", r)
		}
	}
	if strings.HasPrefix(c.Name, ".") || strings.HasPrefix(c.Name, "-") {
		return c.Errorf("name", "cannot start with %q (start with a letter or a digit)", c.Name[:1])
	}
	if len(c.Name) > maxNameLength {
		return c.Errorf("name", "has %d bytes (use at most %d)", len(c.Name), maxNameLength)
	}
	return nil
}

// checkEnsemble: Brownian motion is Gaussian, and gradients of SGD have noise that vanishes with f.
func (c *Config) checkEnsemble() error {
	e := &c.Ensemble
	switch sgd := e.Scheme == "sgd"; {
	case e.Dimension > 0 && c.Initial.Kind != "gaussian":
		return c.Errorf("initial.kind", "must be \"gaussian\" for the particles of "+
			"ensemble.dimension%s, which have no grid, got %q", c.place("ensemble.dimension"),
			c.Initial.Kind)
	case e.Dimension > 0 && c.Time.End == 0:
		return c.Errorf("time.end", "missing, and nothing tells it for the particles of "+
			"ensemble.dimension%s (add e.g. end = 4.0)", c.place("ensemble.dimension"))
	case !sgd && e.Noise != "" && e.Noise != "gaussian":
		return c.Errorf("ensemble.noise", "must be \"gaussian\" with ensemble.scheme = %q%s, "+
			"which follows Brownian motion, got %q (use sgd)", e.Scheme, c.place("ensemble.scheme"),
			e.Noise)
	case sgd && c.Noise.Model == "homogeneous":
		return c.Errorf("ensemble.scheme", "\"sgd\" has noise that vanishes with f, and "+
			"noise.model%s is \"homogeneous\" (use euler or weak2)", c.place("noise.model"))
	}
	return nil
}

// checkMode: the line has no angular modes but the even and the odd one.
func (c *Config) checkMode() error {
	if c.Grid.Dimension == 1 && c.Grid.Angular > 1 {
		return c.Errorf("grid.angular", "must be 0 or 1 with grid.dimension = 1%s, got %d (use "+
			"1 for odd functions)", c.place("grid.dimension"), c.Grid.Angular)
	}
	return nil
}

func (c *Config) checkAxisCount() error {
	system := mesh.System(c.Grid.Coordinates)
	names, n := system.Axes(), len(c.Grid.Axes)
	list := strings.Join(names, ", ")
	switch {
	case c.Ensemble.Dimension > 0 && (n > 0 || !mesh.Cartesian(system)):
		return c.Errorf("ensemble.dimension", "is of particles without a grid, and there is one "+
			"(remove it, or [[grid.axes]] and grid.coordinates)")
	case c.Ensemble.Dimension > 0:
		return nil
	case n == 0:
		return c.Errorf(axesTable, "missing (add a [[grid.axes]] table for each of %s)", list)
	case mesh.Cartesian(system) && n > len(names):
		return c.Errorf(axesTable, "%d axes, but cartesian coordinates have 1 to %d (remove "+
			"axes, or lower `repeat`)", n, len(names))
	case !mesh.Cartesian(system) && n != len(names):
		return c.Errorf(axesTable, "%d axes, but %s coordinates%s have %d (add a [[grid.axes]] "+
			"table for each of %s)", n, c.Grid.Coordinates, c.place("grid.coordinates"),
			len(names), list)
	}
	return nil
}

func (c *Config) checkAxes() error {
	for k := range c.Grid.Axes {
		if err := cmp.Or(c.checkAxisName(k), c.checkExtent(k), c.checkDomain(k), c.checkCircle(k),
			c.checkGrading(k), c.checkEnds(k), c.checkRing(k)); err != nil {
			return err
		}
	}
	return nil
}

func (c *Config) checkAxisName(k int) error {
	want := axisName(c, k)
	if got := c.Grid.Axes[k].Name; got != want {
		return c.Errorf(axisPath(k, "name"), "must be %q, the name of axis %d of %s "+
			"coordinates, got %q (correct it or leave it out)",
			want, k, c.Grid.Coordinates, shorten(got))
	}
	return nil
}

func (c *Config) checkExtent(k int) error {
	a := &c.Grid.Axes[k]
	switch {
	case a.Spacing == "file", a.Unset[0], a.Unset[1]:
		return nil
	case a.Spacing == "log":
		return c.checkOrder(k, "log_min", "log_max", a.LogMin, a.LogMax)
	}
	return c.checkOrder(k, "min", "max", a.Min, a.Max)
}

// checkOrder checks lo < hi, and that hi − lo is representable.
func (c *Config) checkOrder(k int, loKey, hiKey string, lo, hi float64) error {
	loPath, hiPath := axisPath(k, loKey), axisPath(k, hiKey)
	if !(lo < hi) {
		return c.Errorf(hiPath, "must exceed %s = %g%s, got %g (exchange them)",
			c.source.written(loPath), lo, c.place(loPath), hi)
	}
	if math.IsInf(hi-lo, 0) {
		return c.Errorf(hiPath,
			"is too far from %s = %g%s (take them closer, or spacing = \"log\")",
			c.source.written(loPath), lo, c.place(loPath))
	}
	return nil
}

// checkDomain checks that a coordinate stays where it is defined: r ≥ 0, 0 ≤ θ ≤ π, at most one
// turn of φ, and a logarithm of r only.
func (c *Config) checkDomain(k int) error {
	a := &c.Grid.Axes[k]
	d, turn := a.domain, a.Max-a.Min
	beyond := func(key string, got float64) error {
		return c.Errorf(axisPath(k, key), "%s lies in %v, got %g (leave min and max out for all "+
			"of it)", a.Name, d, got)
	}
	switch {
	case a.Spacing == "log" && !d.HalfLine():
		return c.Errorf(axisPath(k, "spacing"),
			"\"log\" is for an axis r, not for %s (use \"uniform\" or \"sinh\")", a.Name)
	case d.HalfLine() && a.Min < d.Min:
		return c.Errorf(axisPath(k, "min"), "a radius cannot be negative, got %g (use min = 0)",
			a.Min)
	case d.Periodic && turn > d.Max-d.Min+d.Rounding():
		return c.Errorf(axisPath(k, "max"),
			"%s makes at most one turn 2π, got %g (leave min and max out for all of it)",
			a.Name, turn)
	case !d.Periodic && a.Min < d.Min:
		return beyond("min", a.Min)
	case !d.Periodic && a.Max > d.Max+d.Rounding():
		return beyond("max", a.Max)
	}
	return nil
}

// checkCircle refuses an azimuth that all but closes, which would put a wall where a circle was
// meant, and one that closes over a single cell.
func (c *Config) checkCircle(k int) error {
	a := &c.Grid.Axes[k]
	length, circle := a.Max-a.Min, a.domain.Max-a.domain.Min
	switch {
	case !a.domain.Periodic || a.Spacing == "file":
	case a.circle() && a.Cells < 2 && (a.Cells > 0 || a.Spacing != "auto"):
		return c.Errorf(axisPath(k, "cells"),
			"must be at least 2 on the whole circle, got %d (use e.g. 32)", a.Cells)
	case !a.circle() && math.Abs(length-circle) < angleSlip:
		return c.Errorf(axisPath(k, "max"), "%s spans %.9g, almost the whole circle 2π (leave "+
			"min and max out for all of it)", a.Name, length)
	}
	return nil
}

func (c *Config) checkGrading(k int) error {
	a := &c.Grid.Axes[k]
	path := axisPath(k, "width")
	switch {
	case a.Spacing == "sinh" && len(a.Width) != len(a.Centers):
		return c.Errorf(path, "has %d numbers for %d %s%s (give one for all, or one for each)",
			len(a.Width), len(a.Centers), axisPath(c.source.tables[k], "centers"),
			c.place(axisPath(k, "centers")))
	case a.Spacing == "log" && len(a.Width) > 1:
		return c.Errorf(path, "must be one number for spacing = \"log\"%s, got %d (give one)",
			c.place(axisPath(k, "spacing")), len(a.Width))
	}
	return nil
}

// checkRing refuses a ring that is none: of other coordinates than cartesian ones, at one end only,
// of a length that is left to the program, or of a single cell.
func (c *Config) checkRing(k int) error {
	a := &c.Grid.Axes[k]
	path := axisPath(k, "ends")
	switch ends := a.Ends; {
	case ends[0] != periodic && ends[1] != periodic, a.circle():
		return nil
	case ends[0] != ends[1]:
		return c.Errorf(path, "%q is said of both ends or of none, got %q and %q (use ends = %q)",
			periodic, ends[0], ends[1], periodic)
	case !mesh.Cartesian(mesh.System(c.Grid.Coordinates)):
		return c.Errorf(path, "%q is for cartesian axes, and %s is one of %s coordinates%s "+
			"(use \"closed\" or \"open\")", periodic, a.Name, c.Grid.Coordinates,
			c.place("grid.coordinates"))
	case a.Unset[0] || a.Unset[1]:
		return c.Errorf(path, "needs the period, and min or max is left to spacing = \"auto\"%s "+
			"(give min and max: their distance is the period)", c.place(axisPath(k, "spacing")))
	case a.Cells == 1:
		return c.Errorf(axisPath(k, "cells"), "must be at least 2 on a periodic axis, got 1 (use "+
			"e.g. 128)")
	}
	return nil
}

// checkEnds refuses to open an end that is no boundary: r = 0, θ = 0, θ = π, and the whole circle.
func (c *Config) checkEnds(k int) error {
	a := &c.Grid.Axes[k]
	path := axisPath(k, "ends")
	if a.circle() && c.Gives(path) {
		return c.Errorf(path, "%s over 2π is periodic and has no ends (remove ends)", a.Name)
	}
	if a.Spacing == "file" {
		return nil
	}
	d := a.domain
	for end, q := range [2]float64{a.Min, a.Max} {
		pole := a.Spacing != "log" && !d.Periodic && (q == d.Min || q >= d.Max-d.Rounding())
		if pole && a.Ends[end] == "open" {
			return c.Errorf(path,
				"%s = %g is no boundary and cannot be open (use \"closed\" there)", a.Name, q)
		}
	}
	return nil
}

func (c *Config) checkCells() error {
	if total := c.Grid.Cells(); total > maxCells {
		return c.Errorf(axisPath(0, "cells"), "the grid has %g cells (use at most 2^31 in all)",
			total)
	}
	return nil
}

func (c *Config) checkInitial() error {
	n := len(c.Grid.Axes)
	if m := c.Ensemble.Dimension; m > 0 {
		if given := len(c.Initial.Center); given != 1 && given != m {
			return c.Errorf("initial.center", "has %d numbers for the %d components of "+
				"ensemble.dimension%s (give one for each, or one for all)", given, m,
				c.place("ensemble.dimension"))
		}
		return nil
	}
	for _, vector := range []struct {
		key    string
		values []float64
	}{{"initial.center", c.Initial.Center}, {"initial.b", c.Initial.B}} {
		if vector.values != nil && len(vector.values) != n {
			return c.Errorf(vector.key, "has %d numbers for the %d axes of the grid%s (give one "+
				"for each)", len(vector.values), n, c.place(axesTable))
		}
	}
	return nil
}

func (c *Config) checkTime() error {
	if c.Time.Scheme == Lanczos && c.Time.Step > 0 {
		return c.Errorf("time.step", "lanczos%s takes no steps (remove step, or use scheme = "+
			"\"sdirk2\")", c.place("time.scheme"))
	}
	if steps := c.Time.End / c.Time.Step; c.Time.Step > 0 && steps > maxSteps {
		return c.Errorf("time.step", "makes %.3g steps to time.end = %g%s (use at least %g)",
			steps, c.Time.End, c.place("time.end"), c.Time.End/maxSteps)
	}
	return nil
}

func (c *Config) checkOutput() error {
	if c.Output.Snapshots == 1 {
		return c.Errorf("output.snapshots", "must be 0 or at least 2, got 1 (use 2 for the "+
			"first and the last time, or times = [%s])", formatFloat(c.Time.End))
	}
	for i, t := range c.Output.Times {
		if i > 0 && t <= c.Output.Times[i-1] {
			return c.Errorf("output.times", "must increase, but %g follows %g (sort them)",
				t, c.Output.Times[i-1])
		}
		if t > c.Time.End && c.Time.End > 0 {
			return c.Errorf("output.times", "%g is after time.end = %g%s (use at most that)",
				t, c.Time.End, c.place("time.end"))
		}
	}
	return nil
}
