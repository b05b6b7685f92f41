package config

import (
	"fmt"
	"slices"
)

const (
	loosest      = 1e-4  // time.tolerance at which lanczos is the default
	lanczosCells = 1.2e7 // to which it is: 64 vectors of so many numbers are 6 GiB
)

// DefaultScheme is the quickest scheme, and why: lanczos, while its basis has room in memory. It is
// sdirk2 where steps are asked for; where mass is removed, for which that accounts to rounding and
// lanczos to the tolerance; and above 1e-4, where lanczos is not quicker, and leaves more negative
// mass than a plot should show. A run whose initial density is too far from equilibrium for lanczos
// (solver.SolveTo) takes sdirk2 as well.
func (c *Config) DefaultScheme() (scheme, reason string) {
	cells, open := 1.0, false
	for _, a := range c.Grid.Axes {
		cells *= float64(a.Cells)
		open = open || slices.Contains(a.Ends[:], "open")
	}
	return c.Time.DefaultScheme(cells, open)
}

// DefaultScheme is that of a grid of so many cells, with or without open ends.
func (t Time) DefaultScheme(cells float64, open bool) (scheme, reason string) {
	switch {
	case t.Step > 0:
		return SDIRK2, "the default with a fixed step"
	case t.Tolerance > loosest:
		return SDIRK2, fmt.Sprintf("the default for tolerances above %g", loosest)
	case open:
		return SDIRK2, "the default with open ends: it accounts for the mass " +
			"that leaves to rounding"
	case cells > lanczosCells:
		return SDIRK2, fmt.Sprintf("the default above %.2g cells, where a basis for lanczos has "+
			"no room in memory", lanczosCells)
	}
	return Lanczos, "the default: the fewest solves"
}
