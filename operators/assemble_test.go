package operators

import (
	"fmt"
	"math"
	"runtime"
	"testing"

	"fpsgd/mesh"
)

// The gap of f = 1 + x², ε = 0.25, is 2, attained by u = x; with π-centroid nodes the error of the
// exact two-point flux is of fourth order: 3.3e-4 at 60 cells on |x| ≤ 200, 2.3e-5 at 120 (theory,
// h = 0.2 and 0.1).
func TestGapOfTheQuadraticIn1D(t *testing.T) {
	var errors []float64
	for _, n := range []int{60, 120, 240} {
		g := newGrid(t, "cartesian", 1, sinhAxis(t, "x", n, -200, 200))
		op := must[*Operator](t)(Assemble(g, quadratic(0.25), Options{}))
		gap := eigenvalues(t, op)[1]
		errors = append(errors, gap/2-1)
		t.Logf("%d cells: gap %.10f, relative error %.2e", n, gap, gap/2-1)
	}
	if e := math.Abs(errors[0]); e > 5e-4 {
		t.Errorf("60 cells: relative error %.2e > 5e-4", e)
	}
	if e := math.Abs(errors[1]); e > 5e-5 {
		t.Errorf("120 cells: relative error %.2e > 5e-5", e)
	}
}

// Radial m = 20, f = 1 + r², ε = 0.05: the slowest radial rate is ε λ_{0,1} = 0.05·40 = 2.
func TestRadialGap(t *testing.T) {
	g := newGrid(t, "radial", 20, sinhAxis(t, "r", 400, 0, 200))
	op := must[*Operator](t)(Assemble(g, quadratic(0.05), Options{}))
	gap := eigenvalues(t, op)[1]
	t.Logf("gap %.8f", gap)
	if math.Abs(gap-2) > 1e-4 {
		t.Errorf("gap %.8f, want 2 to 1e-4", gap)
	}
}

// Log-singular f, m = 3, ε = 2, |log r| ≤ S: mass 8π S/√(1+S²), gap ε(1 + (π/(2 asinh S))²).
func TestLogSingular(t *testing.T) {
	for _, S := range []float64{10, 70, 1e3, 1e6} {
		axis := must[mesh.Axis](t)(mesh.Log("r", 400, -S, S, 1))
		op := must[*Operator](t)(Assemble(newGrid(t, "radial", 3, axis), logSingular{2}, Options{}))
		mass := math.Exp(op.LogZ) / (8 * math.Pi) * math.Sqrt(1+1/(S*S))
		want := 2 * (1 + math.Pow(math.Pi/2/math.Asinh(S), 2))
		gap := eigenvalues(t, op)[1]
		t.Logf("S = %g: relative error of the mass %.1e, of the gap %.1e", S, mass-1, gap/want-1)
		if math.Abs(mass-1) > 1e-8 {
			t.Errorf("S = %g: mass off by %.1e", S, mass-1)
		}
		if math.Abs(gap/want-1) > 2e-4 { // second order at an edge: 400 cells
			t.Errorf("S = %g: gap %.8f, want %.8f", S, gap, want)
		}
	}
}

// The lowest rates of f = 1 + |θ|², ε = 0.25, in the plane are ε·(8, 8, 12), in any coordinates.
func TestRatesInThePlane(t *testing.T) {
	polarAxes := func(n int) []mesh.Axis {
		phi := must[mesh.Axis](t)(mesh.Uniform("phi", n, 0, 2*math.Pi))
		return []mesh.Axis{sinhAxis(t, "r", n, 0, 27), phi}
	}
	cases := map[string]func(n int) *mesh.Grid{
		"cartesian": func(n int) *mesh.Grid {
			return newGrid(t, "cartesian", 2, sinhAxis(t, "x", n, -27, 27),
				sinhAxis(t, "y", n, -27, 27))
		},
		"polar": func(n int) *mesh.Grid { return newGrid(t, "polar", 2, polarAxes(n)...) },
	}
	for name, grid := range cases {
		t.Run(name, func(t *testing.T) {
			for _, n := range []int{16, 32} {
				op := must[*Operator](t)(Assemble(grid(n), quadratic(0.25), Options{}))
				e := eigenvalues(t, op)
				t.Logf("%d²: %.6f %.6f %.6f %.6f", n, e[1], e[2], e[3], e[4])
				h := 8.0 / float64(n)
				for k, want := range []float64{2, 2, 3} {
					// second order, constant 0.25 in the prototype
					if math.Abs(e[k+1]/want-1) > 0.4*h*h {
						t.Errorf("%d²: rate %d is %.6f, want %g", n, k+1, e[k+1], want)
					}
				}
			}
		})
	}
}

var systems = []string{"cartesian1", "cartesian2", "cartesian3", "cartesian4", "radial", "polar",
	"spherical", "cylindrical"}

// systemGrid returns a small grid in each coordinate system, with an odd number of cells on some
// axes.
func systemGrid(t testing.TB, name string) *mesh.Grid {
	uniform := func(name string, n int, min, max float64) mesh.Axis {
		return must[mesh.Axis](t)(mesh.Uniform(name, n, min, max))
	}
	x := func(name string, n int) mesh.Axis { return sinhAxis(t, name, n, -20, 20) }
	r := sinhAxis(t, "r", 13, 0, 20)
	switch name {
	case "cartesian1":
		return newGrid(t, "cartesian", 1, x("x", 31))
	case "cartesian2":
		return newGrid(t, "cartesian", 2, x("x", 14), x("y", 9))
	case "cartesian3":
		return newGrid(t, "cartesian", 3, x("x", 8), x("y", 7), x("z", 10))
	case "cartesian4":
		return newGrid(t, "cartesian", 4, x("x", 4), x("y", 3), x("z", 4), x("w", 3))
	case "radial":
		return newGrid(t, "radial", 5, r)
	case "polar":
		return newGrid(t, "polar", 2, r, uniform("phi", 8, 0, 2*math.Pi))
	case "spherical":
		return newGrid(t, "spherical", 3, sinhAxis(t, "r", 7, 0, 20),
			uniform("theta", 4, 0, math.Pi), uniform("phi", 5, 0, 2*math.Pi))
	case "cylindrical":
		return newGrid(t, "cylindrical", 3, r, x("z", 12))
	}
	panic(name)
}

// K annihilates constants of u: ‖Kπ/M‖ is at rounding level, in the form Sσ = 0, for every flux,
// coordinate system and ε.
func TestStationaryToRounding(t *testing.T) {
	for _, system := range systems {
		for _, flux := range Fluxes {
			for _, eps := range []float64{0.05, 100} {
				t.Run(fmt.Sprintf("%s/%s/%g", system, flux, eps), func(t *testing.T) {
					op := must[*Operator](t)(Assemble(systemGrid(t, system), quadratic(eps),
						Options{Flux: flux}))
					r := make([]float64, op.Cells())
					op.Apply(r, op.Sigma)
					for i, v := range r {
						// a few roundings of the terms that cancel
						if math.Abs(v) > 1e-14*op.Diag[i]*op.Sigma[i] {
							t.Fatalf("cell %d: (Sσ)_i = %.2e, terms of size %.2e", i, v,
								op.Diag[i]*op.Sigma[i])
						}
					}
				})
			}
		}
	}
}

// The assembled operator does not depend on the number of threads.
func TestAssemblyDoesNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	for _, system := range systems {
		one := must[*Operator](t)(Assemble(systemGrid(t, system), quadratic(0.25),
			Options{Threads: 1}))
		for _, threads := range []int{2, 7} {
			many := must[*Operator](t)(Assemble(systemGrid(t, system), quadratic(0.25),
				Options{Threads: threads}))
			for i := range one.LogM {
				if one.LogM[i] != many.LogM[i] || one.Diag[i] != many.Diag[i] {
					t.Fatalf("%s, %d threads: cell %d differs", system, threads, i)
				}
				for k := range one.Coupling {
					if one.Coupling[k][i] != many.Coupling[k][i] {
						t.Fatalf("%s, %d threads: the coupling of cell %d along axis %d differs",
							system, threads, i, k)
					}
				}
			}
		}
	}
}

func BenchmarkAssemble(b *testing.B) {
	for _, n := range []int{32, 64} {
		b.Run(fmt.Sprintf("%d³", n), func(b *testing.B) {
			g := newGrid(b, "cartesian", 3, sinhAxis(b, "x", n, -100, 100),
				sinhAxis(b, "y", n, -100, 100), sinhAxis(b, "z", n, -100, 100))
			for b.Loop() {
				must[*Operator](b)(Assemble(g, quadratic(0.25), Options{}))
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(g.Cells()),
				"ns/cell")
		})
	}
}
