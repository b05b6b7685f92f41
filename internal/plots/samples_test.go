package plots

import "math"

// sinhAxis returns n cells of [−half, half] whose faces are uniform in asinh q.
func sinhAxis(name string, n int, half float64) Axis {
	faces := make([]float64, n+1)
	for i := range faces {
		faces[i] = math.Sinh(math.Asinh(half) * (2*float64(i)/float64(n) - 1))
	}
	return Axis{name, faces}
}

// uniformAxis returns n equal cells of [lo, hi].
func uniformAxis(name string, n int, lo, hi float64) Axis {
	faces := make([]float64, n+1)
	for i := range faces {
		faces[i] = lo + (hi-lo)*float64(i)/float64(n)
	}
	return Axis{name, faces}
}

// logAxis returns n cells of [lo, hi] whose faces are uniform in log q.
func logAxis(name string, n int, lo, hi float64) Axis {
	faces := make([]float64, n+1)
	for i := range faces {
		faces[i] = lo * math.Pow(hi/lo, float64(i)/float64(n))
	}
	return Axis{name, faces}
}

// lineGrid is a cartesian grid of one axis.
func lineGrid(a Axis) Grid {
	g := Grid{Axes: []Axis{a}}
	for i := range a.cells() {
		g.Volume = append(g.Volume, a.Faces[i+1]-a.Faces[i])
	}
	return g
}

// planeGrid is a grid of two axes with the volumes of its plane.
func planeGrid(p Plane, a, b Axis) Grid {
	g := Grid{Axes: []Axis{a, b}, Plane: p}
	for i := range a.cells() {
		for j := range b.cells() {
			v := (a.Faces[i+1] - a.Faces[i]) * (b.Faces[j+1] - b.Faces[j])
			switch p {
			case Polar:
				v *= a.midpoints()[i]
			case Meridian:
				v *= 2 * math.Pi * a.midpoints()[i] * a.midpoints()[i] * math.Sin(b.midpoints()[j])
			}
			g.Volume = append(g.Volume, v)
		}
	}
	return g
}

// sample evaluates a function at the midpoints, in the physical plane.
func (g Grid) sample(f func(x, y float64) float64) []float64 {
	out := make([]float64, 0, len(g.Volume))
	second := []float64{0}
	if len(g.Axes) == 2 {
		second = g.Axes[1].midpoints()
	}
	for _, p := range g.Axes[0].midpoints() {
		for _, q := range second {
			x, y := p, q
			switch g.Plane {
			case Polar:
				x, y = p*math.Cos(q), p*math.Sin(q)
			case Meridian, Section:
				x, y = p*math.Sin(q), p*math.Cos(q)
			}
			out = append(out, f(x, y))
		}
	}
	return out
}

// normalised divides a density by its mass.
func (g Grid) normalised(density []float64) []float64 {
	mass := 0.0
	for i, v := range g.Volume {
		mass += v * density[i]
	}
	return scaled(density, 1/mass)
}

// relaxing is a Gaussian of the given width off the centre that relaxes to the Student-type density
// f^{−1−1/ε}, f = 1 + |x|², at the given times; the path in between is made up.
func relaxing(g Grid, epsilon, width float64, times ...float64) Densities {
	student := g.normalised(g.sample(func(x,
		y float64) float64 {
		return math.Pow(1+x*x+y*y, -1-1/epsilon)
	}))
	d := Densities{Title: "quadratic, ε = 0.25", Grid: g, Invariant: student}
	for _, t := range times {
		c, s := 1.5*math.Exp(-2*t), width+0.3*(1-math.Exp(-t))
		bump := g.normalised(g.sample(func(x, y float64) float64 {
			return math.Exp(-((x-c)*(x-c) + (y-c/2)*(y-c/2)) / (2 * s * s))
		}))
		rho := make([]float64, len(bump))
		for i := range rho {
			rho[i] = math.Exp(-2*t)*bump[i] + (1-math.Exp(-2*t))*student[i]
		}
		d.Snapshots = append(d.Snapshots, Snapshot{Time: t, Density: rho})
	}
	return d
}

// decaying is a norm that decays fast at first, then at the rate 2, down to rounding.
func decaying(n int, end float64) DecayData {
	d := DecayData{Title: "quadratic-2d, ε = 0.25", Fitted: 2.00013, Window: [2]float64{1.9, 11.3},
		Gap: 2.000092, Exact: 2}
	for k := range n {
		t := end * float64(k) / float64(n-1)
		d.Times = append(d.Times, t)
		d.Norms = append(d.Norms, math.Exp(-2*t)+4*math.Exp(-6*t)+1e-15)
	}
	return d
}
