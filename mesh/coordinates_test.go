package mesh

import (
	"math"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// drawAxis returns an axis for a coordinate: a part of its domain, cut in one of the ways an axis
// is, of few cells.
func drawAxis(t *rapid.T, coordinate string) Axis {
	n := rapid.IntRange(2, 12).Draw(t, "cells of "+coordinate)
	number := func(lo, hi float64) float64 {
		return rapid.Float64Range(lo, hi).Draw(t,
			"end of "+coordinate)
	}
	switch coordinate {
	case "theta":
		lo := number(0, 1.5)
		return must[Axis](t)(Uniform(coordinate, n, lo, number(lo+0.1, math.Pi)))
	case "phi":
		lo := number(-7, 7)
		return must[Axis](t)(Uniform(coordinate, n, lo, lo+number(0.1, tau)))
	case "r":
		if rapid.Bool().Draw(t, "log r") {
			lo := number(-70, 60)
			return must[Axis](t)(Log(coordinate, n, lo, number(lo+1, 70),
				rapid.SampledFrom([]float64{0, 1}).Draw(t, "width")))
		}
		lo := rapid.SampledFrom([]float64{0, number(0, 5)}).Draw(t, "r_min")
		return must[Axis](t)(Sinh(coordinate, n, lo, number(lo+1, 1e3), []float64{0}, []float64{1}))
	}
	return must[Axis](t)(Sinh(coordinate, n, number(-1e3, -1), number(1, 1e3), []float64{0},
		[]float64{1}))
}

func drawCoordinates(t *rapid.T) Coordinates {
	dimension := rapid.IntRange(1, 4).Draw(t, "dimension")
	return must[Coordinates](t)(NewCoordinates(rapid.SampledFrom(Systems).Draw(t, "system"),
		dimension))
}

func drawGrid(t *rapid.T) *Grid {
	c := drawCoordinates(t)
	var axes []Axis
	for _, name := range c.Axes() {
		axes = append(axes, drawAxis(t, name))
	}
	return must[*Grid](t)(NewGrid(c, axes))
}

// logVolume returns log Σ e^{LogVolumes}.
func logVolume(g *Grid) float64 {
	v := make([]float64, g.Cells())
	g.LogVolumes(v)
	top := slices.Max(v)
	sum := 0.0
	for _, x := range v {
		sum += math.Exp(x - top)
	}
	return top + math.Log(sum)
}

// difference returns b^m − a^m relative to b^m for the coordinate r of an axis whose faces it
// spans, and log b^m.
func difference(a *Axis, m float64) (share, logLast float64) {
	first, last := a.Logarithm(a.Faces[0]), a.Logarithm(a.Faces[a.Cells()])
	return -math.Expm1(m * (first - last)), m * last
}

// The volumes add up to that of the region in R^m, in closed form: a box; a shell
// |S^{m−1}|(b^m − a^m)/m; a sector (b² − a²)(φ₂ − φ₁)/2; a piece of a ball (b³ − a³)(cos θ₁ − cos
// θ₂)(φ₂ − φ₁)/3; a hollow cylinder π(b² − a²)(z₂ − z₁).
func TestVolumesAreExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		length := func(k int) float64 { a := &g.Axes[k]; return a.Faces[a.Cells()] - a.Faces[0] }
		want := 0.0
		for k, name := range g.Coordinates.Axes() {
			a := &g.Axes[k]
			m := float64(g.Coordinates.Dimension())
			switch {
			case name == "theta":
				want += math.Log(math.Cos(a.Faces[0]) - math.Cos(a.Faces[a.Cells()]))
				continue
			case name != "r":
				want += math.Log(length(k))
				continue
			case g.Coordinates.Name() == "radial":
				want += math.Log(2) + m/2*math.Log(math.Pi) - math.Log(math.Gamma(m/2))
			case g.Coordinates.Name() == "cylindrical":
				m = 2
				want += math.Log(2 * math.Pi)
			}
			share, logLast := difference(a, m)
			want += logLast + math.Log(share/m)
		}
		// log r ≤ 70 is rounded before r^m is formed: m·70·2⁻⁵³ in the logarithm of every term.
		if got := logVolume(g); math.Abs(got-want) > 1e-13 {
			t.Fatalf("%s: log volume %.17g, want %.17g", g.Coordinates.Name(), got, want)
		}
	})
}

// The ball of radius R in R^m has volume π^{m/2} R^m / Γ(m/2 + 1), m = 1, …, 30.
func TestVolumesOfBalls(t *testing.T) {
	for m := 1; m <= 30; m++ {
		c := must[Coordinates](t)(NewCoordinates("radial", m))
		for _, R := range []float64{1e-3, 1, 20, 1e9} {
			g := must[*Grid](t)(NewGrid(c, []Axis{
				must[Axis](t)(Sinh("r", 40, 0, R, []float64{0}, []float64{1}))}))
			want := math.Pow(math.Pi, float64(m)/2) / math.Gamma(float64(m)/2+1)
			got := math.Exp(logVolume(g) - float64(m)*math.Log(R))
			// rounding of log r, times m
			if math.Abs(got/want-1) > 1e-14*(1+float64(m)*math.Abs(math.Log(R))) {
				t.Errorf("m = %d, R = %g: volume/R^m = %.17g, want %.17g", m, R, got, want)
			}
		}
	}
}

// On a logarithmic axis volumes are right where no radius is representable: of |log r| ≤ S, m
// S + log(|S^{m−1}|/m) in logs.
func TestVolumesBeyondTheRangeOfRadii(t *testing.T) {
	for _, m := range []int{1, 2, 3, 30} {
		c := must[Coordinates](t)(NewCoordinates("radial", m))
		for _, S := range []float64{70, 1e3, 1e6} {
			for _, width := range []float64{0, 1} {
				g := must[*Grid](t)(NewGrid(c, []Axis{must[Axis](t)(Log("r", 200, -S, S, width))}))
				want := float64(m)*S + LogSphere(m) - math.Log(float64(m))
				if got := logVolume(g); math.Abs(got/want-1) > 4e-16 { // two roundings of m S
					t.Errorf("m = %d, S = %g: log volume %.17g, want %.17g", m, S, got, want)
				}
			}
		}
	}
}

// gauss5 returns ∫_a^b f by the 5-point Gauss–Legendre rule on n panels.
func gauss5(a, b float64, n int, f func(float64) float64) float64 {
	x := []float64{0, 0.53846931010568309, 0.90617984593866399}
	w := []float64{0.56888888888888889, 0.47862867049936647, 0.23692688505618909}
	h := (b - a) / float64(2*n)
	sum := 0.0
	for i := range n {
		mid := a + h*float64(2*i+1)
		sum += w[0] * f(mid)
		for k := 1; k < 3; k++ {
			sum += w[k] * (f(mid-h*x[k]) + f(mid+h*x[k]))
		}
	}
	return h * sum
}

// LogCell is the integral of e^{LogJ} over a cell in held coordinates, axis by axis.
func TestCellMeasuresIntegrateTheVolumeFactor(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		for k := range g.Axes {
			a := &g.Axes[k]
			for i := range a.Cells() {
				lo, hi := a.Faces[i], a.Faces[i+1]
				want := g.LogCell(k, i)
				got := gauss5(lo, hi, 64, func(q float64) float64 {
					return math.Exp(g.LogJ(k, q) - want)
				})
				// The rule is exact to (m Δs/64)^10/10!, Δs ≤ 65; rounding of log r near 0 or of
				// thin cells is below 1e-11.
				if math.Abs(got-1) > 1e-6 {
					t.Fatalf("%s axis %s cell [%g, %g]: ∫ e^LogJ / e^LogCell = %.12g",
						g.Coordinates.Name(), a.Name, lo, hi, got)
				}
			}
		}
	})
}

// position returns the point of Euclidean space at held coordinates q, for the systems that map to
// it one to one.
func position(g *Grid, q []float64) []float64 {
	held := make([][]float64, len(q))
	for k, v := range q {
		held[k] = []float64{v}
	}
	p := NewPoints(g)
	p.Set(held)
	var x []float64
	for _, name := range g.Coordinates.Components() {
		x = append(x, p.Var(name)[0])
	}
	return x
}

// The scale factors are those of the map q ↦ x: the columns ∂x/∂q_n are orthogonal, of length h_n,
// and J = ∏ h_n. In radial and cylindrical coordinates J has in addition the area of what has been
// integrated out: |S^{m−1}| r^{m−1}, 2πr.
func TestMetricIsThatOfTheMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		d := len(g.Axes)
		q := make([]float64, d)
		for k := range q {
			a := &g.Axes[k]
			lo, hi := a.Faces[0], a.Faces[a.Cells()]
			q[k] = lo + (hi-lo)*rapid.Float64Range(0.05, 0.95).Draw(t, "q")
		}
		columns := make([][]float64, d)
		logJ, scales := 0.0, 0.0
		for n := range columns {
			columns[n] = derivative(g, q, n)
			logH := 0.0
			for k := range q {
				logH += g.LogScale(n, k, q[k])
			}
			length := math.Sqrt(dot(columns[n], columns[n]))
			// differences of step 1e-4·|q|: h⁴ and 2⁻⁵³/h
			if math.Abs(math.Log(length)-logH) > 1e-8 {
				t.Fatalf("%s at %v: log |∂x/∂%s| = %.12g, log h = %.12g",
					g.Coordinates.Name(), q, g.Axes[n].Name, math.Log(length), logH)
			}
			for other := range n {
				cosine := dot(columns[n], columns[other]) / length /
					math.Sqrt(dot(columns[other], columns[other]))
				if math.Abs(cosine) > 1e-8 { // the same
					t.Fatalf("%s: ∂x/∂q_%d and ∂x/∂q_%d have cosine %.1e",
						g.Coordinates.Name(), n, other, cosine)
				}
			}
			scales += logH
			logJ += g.LogJ(n, q[n])
		}
		logR := g.Axes[0].Logarithm(q[0])
		switch m := g.Coordinates.Dimension(); g.Coordinates.Name() {
		case "radial":
			scales += LogSphere(m) + float64(m-1)*logR
		case "cylindrical":
			scales += math.Log(2*math.Pi) + logR
		}
		if math.Abs(logJ-scales) > 1e-13 { // rounding of logarithms up to 3·70
			t.Fatalf("%s: log J = %.17g, Σ log h = %.17g", g.Coordinates.Name(), logJ, scales)
		}
	})
}

// derivative returns ∂x/∂q_n by central differences with one step of Richardson.
func derivative(g *Grid, q []float64, n int) []float64 {
	central := func(h float64) []float64 {
		up, down := slices.Clone(q), slices.Clone(q)
		up[n] += h
		down[n] -= h
		a, b := position(g, up), position(g, down)
		for i := range a {
			a[i] = (a[i] - b[i]) / (up[n] - down[n])
		}
		return a
	}
	h := 1e-4
	if g.Axes[n].Name == "r" && !g.Axes[n].Log {
		h *= q[n]
	}
	fine, coarse := central(h), central(2*h)
	for i := range fine {
		fine[i] = (4*fine[i] - coarse[i]) / 3
	}
	return fine
}

func dot(a, b []float64) float64 {
	s := 0.0
	for i := range a {
		s += a[i] * b[i]
	}
	return s
}

// The squares of the components, which are variables, add up to |θ|²; LogNorm is log |θ|; the
// variable r is |θ| except in cylindrical coordinates, where it is the distance from the axis; and
// NormAxis, where there is one, is that of |θ|.
func TestComponentsAndNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g := drawGrid(t)
		c := g.Coordinates
		n := rapid.IntRange(1, 9).Draw(t, "points")
		held := make([][]float64, len(g.Axes))
		for k := range held {
			a := &g.Axes[k]
			held[k] = rapid.SliceOfN(rapid.Float64Range(a.Faces[0], a.Faces[a.Cells()]), n,
				n).Draw(t, a.Name)
		}
		p := NewPoints(g)
		p.Set(held)
		norm := make([]float64, n)
		for _, name := range c.Components() {
			if !slices.Contains(c.Variables(), name) {
				t.Fatalf("%s: component %s is no variable", c.Name(), name)
			}
			for i, x := range p.Var(name) {
				norm[i] = math.Hypot(norm[i], x)
			}
		}
		for i, l := range p.LogNorm() {
			r := norm[i]
			// rounding of |log r| ≤ 700; subnormal numbers have fewer digits
			if math.Abs(math.Exp(l)-r) > 1e-13*r && r > 1e-300 {
				t.Fatalf("%s: |θ| = %.17g, e^LogNorm = %.17g", c.Name(), r, math.Exp(l))
			}
			// roundings of hypot
			if c.Name() != "cylindrical" && math.Abs(p.Var("r")[i]-r) > 1e-14*r && r > 1e-300 {
				t.Fatalf("%s: r = %.17g, |θ| = %.17g", c.Name(), p.Var("r")[i], r)
			}
			if k := NormAxis(c); k >= 0 && !g.Axes[k].Log && p.Var("r")[i] != held[k][i] {
				t.Fatalf("%s: r = %.17g on an axis r = %.17g", c.Name(), p.Var("r")[i], held[k][i])
			}
		}
	})
}

func TestNewCoordinatesErrors(t *testing.T) {
	for _, c := range []struct {
		name      string
		dimension int
	}{{"cartesian", 0}, {"cartesian", 5}, {"radial", 0}, {"bispherical", 2}} {
		if _, err := NewCoordinates(c.name, c.dimension); err == nil {
			t.Errorf("%s of dimension %d: no error", c.name, c.dimension)
		}
	}
	for _, name := range Systems {
		c := must[Coordinates](t)(NewCoordinates(name, 3))
		if c.Name() != name {
			t.Errorf("%q calls itself %q", name, c.Name())
		}
		if want := map[string]int{"polar": 2}[name]; c.Dimension() != want && c.Dimension() != 3 {
			t.Errorf("%s has dimension %d", name, c.Dimension())
		}
	}
}
