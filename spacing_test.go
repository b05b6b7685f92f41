package fpsgd

import (
	"math"
	"os"
	"runtime"
	"slices"
	"testing"
)

// Error bars of the gap for the spacing of the grid, on problems whose gap is known and attained,
// so that the ends of grids that reach far are not in the way: of 100 bars 95 hold, the median bar
// is at most ten times the error, and at most a tenth is unknown.
func TestBarsOfTheGapHold(t *testing.T) {
	type problem struct {
		name  string
		grid  func(n int) (*Grid, error)
		f     string
		noise Noise
		exact float64
		cells []int
	}
	epsilons, line, plane := []float64{0.15, 0.5}, []int{20, 33, 60, 100, 200, 400},
		[]int{16, 24, 45, 64}
	if os.Getenv("FPSGD_LONG") != "" {
		epsilons, line, plane = []float64{0.1, 0.2, 0.35, 0.5}, append(line, 800), append(plane, 96)
	}
	sinh := func(n int, reach, width float64) Division { return Sinh(n, -reach, reach, 0, width) }
	var problems []problem
	for _, eps := range epsilons {
		for _, width := range []float64{0.5, 1} {
			problems = append(problems, problem{name: "line", f: "1 + x^2", noise: ML(eps),
				exact: 2,
				grid:  func(n int) (*Grid, error) { return Cartesian(sinh(n, 1e4, width)) },
				cells: line})
			problems = append(problems, problem{name: "plane", f: "1 + x^2 + y^2", noise: ML(eps),
				exact: 2, cells: plane,
				grid: func(n int) (*Grid, error) {
					return Cartesian(sinh(n, 1e4, width), sinh(n, 1e4, width))
				}})
		}
		problems = append(problems, problem{name: "OU", f: "x^2/2", noise: Homogeneous(eps),
			exact: 1, cells: []int{20, 37, 80, 160},
			grid: func(n int) (*Grid, error) { return Cartesian(Uniform(n, -6, 6)) }})
		problems = append(problems, problem{name: "OU plane", f: "x^2/2 + y^2",
			noise: Homogeneous(eps), exact: 1, cells: []int{16, 30, 60},
			grid: func(n int) (*Grid, error) {
				return Cartesian(Uniform(n, -5, 5), Uniform(n, -5, 5))
			}})
	}
	var factors []float64
	held, all, unknown := 0, 0, 0
	for _, p := range problems {
		for _, n := range p.cells {
			g := must[*Grid](t)(p.grid(n))
			e := must[*Equation](t)(Assemble(Problem{Landscape: must[Landscape](t)(Formula(p.f, g)),
				Noise: p.noise, Grid: g}))
			s := must[*Spectrum](t)(e.Spectrum(t.Context(), 1))
			bar, off := s.Spacing[0], math.Abs(s.Gap-p.exact)
			all++
			if !bar.Known() {
				unknown++
				t.Logf("%s, %v, %d cells: gap %.6g, unknown", p.name, p.noise, n, s.Gap)
				continue
			}
			if off <= bar.Value() {
				held++
			} else {
				t.Logf("%s, %v, %d cells: off by %.2g, bar %.2g", p.name, p.noise, n, off,
					bar.Value())
			}
			if off > 1e-9 {
				factors = append(factors, bar.Value()/off)
			}
		}
	}
	slices.Sort(factors)
	median := factors[len(factors)/2]
	t.Logf("%d of %d bars hold, %d unknown, median factor %.2g", held, all, unknown, median)
	if float64(held) < 0.95*float64(all-unknown) || unknown*10 > all || median > 10 {
		t.Errorf("%d of %d bars hold, %d unknown, median factor %.2g", held, all, unknown, median)
	}
}

func TestNestedSpectraDoNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	g := must[*Grid](t)(Cartesian(Sinh(140, -100, 100, 0, 1), Sinh(130, -100, 100, 0, 1)))
	var runs []*Spectrum
	for _, threads := range []int{1, 3} {
		e := must[*Equation](t)(Assemble(Problem{Grid: g, Noise: ML(0.25), Threads: threads,
			Landscape: must[Landscape](t)(Formula("1 + x^2 + 2*y^2", g))}))
		runs = append(runs, must[*Spectrum](t)(e.Spectrum(t.Context(), 2)))
	}
	if len(runs[0].nested.grids) < 3 {
		t.Error("there are no coarser grids to search on")
	}
	for k, m := range runs[0].Modes {
		other := runs[1].Modes[k]
		if m.Value != other.Value || !slices.Equal(m.W, other.W) ||
			runs[0].Spacing[k] != runs[1].Spacing[k] {
			t.Errorf("mode %d depends on the number of threads", k)
		}
	}
}

// Given faces have coarser grids that keep those on which f vanishes, with any numbers of cells on
// either side; a gap there has an error bar, which of a smooth f holds the truth.
func TestCoarserGridsOfGivenFaces(t *testing.T) {
	faces := func(n int) []float64 {
		var out []float64
		for i := -n; i <= n+2; i++ { // 0 is a face, with n cells below and n + 2 above
			out = append(out, math.Sinh(4*float64(i)/float64(n)))
		}
		return out
	}
	for _, c := range []struct {
		n     int
		noise Noise
		f     func(r float64) float64
		exact float64
	}{
		{17, ML(2.5), func(r float64) float64 { return r * (1 + r) }, math.NaN()},
		{17, ML(0.25), func(r float64) float64 { return 1 + r*r }, 2},
		{26, ML(0.25), func(r float64) float64 { return 1 + r*r }, 2},
	} {
		g := must[*Grid](t)(Cartesian(Faces(faces(c.n)...), Faces(faces(c.n)...)))
		e := must[*Equation](t)(Assemble(Problem{Grid: g, Noise: c.noise,
			Landscape: LandscapeFunc(func(x []float64) float64 {
				return c.f(math.Hypot(x[0], x[1]))
			})}))
		if len(e.coarser()) == 0 {
			t.Error("there are no coarser grids")
		}
		for _, coarse := range e.coarser() {
			for k := range coarse.Grid.Axes {
				if c.f(0) == 0 && !slices.Contains(coarse.Grid.Axes[k].Faces, 0) {
					t.Errorf("%d cells: 0 is no face of %v", c.n, coarse.Grid.Axes[k].Faces)
				}
			}
		}
		s := must[*Spectrum](t)(e.Spectrum(t.Context(), 1))
		if off := math.Abs(s.Gap - c.exact); !s.Spacing[0].Known() || off > s.Spacing[0].Value() {
			t.Errorf("%d cells: gap %g ± %v, want %g", c.n, s.Gap, s.Spacing[0], c.exact)
		}
	}
}
