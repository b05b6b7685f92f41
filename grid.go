package fpsgd

import (
	"fmt"
	"fpsgd/mesh"
)

// Grid is a tensor product of axes in a coordinate system.
type Grid = mesh.Grid

// Division is how an axis is cut into cells.
type Division func(name string) (mesh.Axis, error)

// Uniform cuts [min, max] into n equal cells.
func Uniform(n int, min, max float64) Division {
	return func(name string) (mesh.Axis, error) { return mesh.Uniform(name, n, min, max) }
}

// Sinh cuts [min, max] into n cells that are finest, some width·(2 asinh(reach/width)/n), near a
// centre and grow geometrically away from it: what heavy tails ask for.
func Sinh(n int, min, max, center, width float64) Division {
	return func(name string) (mesh.Axis, error) {
		return mesh.Sinh(name, n, min, max, []float64{center}, []float64{width})
	}
}

// Log cuts [e^min, e^max] into n cells that are equal in log r.
func Log(n int, min, max float64) Division {
	return func(name string) (mesh.Axis, error) { return mesh.Log(name, n, min, max, 0) }
}

// Faces makes an axis of given faces.
func Faces(faces ...float64) Division {
	return func(name string) (mesh.Axis, error) { return mesh.FromFaces(name, faces) }
}

// Open is a division of which some ends absorb what arrives there; the others are closed.
func (d Division) Open(lower, upper bool) Division {
	return func(name string) (mesh.Axis, error) {
		a, err := d(name)
		for side, open := range []bool{lower, upper} {
			if open {
				a.Ends[side] = mesh.Open
			}
		}
		return a, err
	}
}

// Periodic is a division of which the two ends are one: a ring, for an axis of a cartesian grid.
// Its range is the period, and f must have it.
func (d Division) Periodic() Division {
	return func(name string) (mesh.Axis, error) {
		a, err := d(name)
		a.Periodic = true
		return a, err
	}
}

// Cartesian is a grid in x, y, z, w: one division for each of up to four axes.
func Cartesian(axes ...Division) (*Grid, error) { return newGrid("cartesian", len(axes), axes) }

// Radial is a grid in r = |θ| for densities on R^m that depend on it alone.
func Radial(m int, r Division) (*Grid, error) { return newGrid("radial", m, []Division{r}) }

// Polar is a grid in (r, φ) of the plane.
func Polar(r, phi Division) (*Grid, error) { return newGrid("polar", 2, []Division{r, phi}) }

// Spherical is a grid in (r, θ, φ) of R³.
func Spherical(r, theta, phi Division) (*Grid, error) {
	return newGrid("spherical", 3, []Division{r, theta, phi})
}

// Cylindrical is a grid in (r, z), r the distance from the axis, for densities on R³ that depend on
// these alone.
func Cylindrical(r, z Division) (*Grid, error) {
	return newGrid("cylindrical", 3, []Division{r, z})
}

func newGrid(system string, dimension int, divisions []Division) (*Grid, error) {
	c, err := mesh.NewCoordinates(system, dimension)
	if err != nil {
		return nil, err
	}
	axes := make([]mesh.Axis, len(divisions))
	for k, d := range divisions {
		if d == nil {
			return nil, fmt.Errorf("the division of axis %s is nil", c.Axes()[k])
		}
		if axes[k], err = d(c.Axes()[k]); err != nil {
			return nil, err
		}
	}
	return mesh.NewGrid(c, axes)
}
