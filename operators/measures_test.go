package operators

import (
	"math"
	"testing"

	"fpsgd/mesh"

	"pgregory.net/rapid"
)

// near reports whether got is want up to a relative error and an absolute one.
func near(got, want, relative, absolute float64) bool {
	return math.Abs(got-want) <= relative*math.Abs(want)+absolute
}

// unweighted is a problem in the variables of the paper: masses M, conductances T, removals R, and
// u = P/M.
type unweighted struct {
	mass, removal, u, p []float64
	total               float64 // Σ M
	edges               [][2]int
	conductance         []float64
}

func newUnweighted(op *Operator, w []float64) unweighted {
	x := unweighted{mass: make([]float64, len(w)), removal: make([]float64, len(w)),
		u: make([]float64, len(w)), p: make([]float64, len(w))}
	for i := range w {
		x.mass[i] = math.Exp(op.LogM[i])
		x.total += x.mass[i]
	}
	for i := range w {
		x.p[i] = w[i] * math.Sqrt(x.mass[i]/x.total)
		x.u[i] = x.p[i] / x.mass[i]
		if op.Removal != nil {
			x.removal[i] = op.Removal[i] * x.mass[i]
		}
	}
	op.Edges(func(_, i, j int, c float64) {
		x.edges = append(x.edges, [2]int{i, j})
		x.conductance = append(x.conductance, c*math.Sqrt(x.mass[i]*x.mass[j]))
	})
	return x
}

// dissipation returns Σ T_ij (u_i − u_j)² + Σ R_i u_i², and what a relative error δ of every u
// makes of the differences: Σ T_ij (2|u_i − u_j| v + v²), v = δ(|u_i| + |u_j|).
func (x unweighted) dissipation(delta float64) (sum, blur float64) {
	for e, ij := range x.edges {
		d := x.u[ij[0]] - x.u[ij[1]]
		v := delta * (math.Abs(x.u[ij[0]]) + math.Abs(x.u[ij[1]]))
		sum += x.conductance[e] * d * d
		blur += x.conductance[e] * (2*math.Abs(d)*v + v*v)
	}
	for i, r := range x.removal {
		sum += r * x.u[i] * x.u[i]
	}
	return sum, blur
}

// norm returns (Σ M (u − ⟨u⟩)²)^{1/2}, without ⟨u⟩ where mass is removed.
func (x unweighted) norm(conservative bool) float64 {
	mean, sum := 0.0, 0.0
	for i, m := range x.mass {
		if conservative {
			mean += m * x.u[i] / x.total
		}
	}
	for i, m := range x.mass {
		sum += m * (x.u[i] - mean) * (x.u[i] - mean)
	}
	return math.Sqrt(sum)
}

// Measure's numbers are those of the definitions in M, T, R and u.
func TestMeasuresAreTheirDefinitions(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, op := drawAssembly(t, true)
		w := drawState(t, op, rapid.Bool().Draw(t, "positive"))
		logVolume := make([]float64, len(w))
		g.LogVolumes(logVolume)
		m, x := op.Measure(w, logVolume), newUnweighted(op, w)
		mass, size, negative, least, energy := 0.0, 0.0, 0.0, math.Inf(1), 0.0
		for i, p := range x.p {
			mass += p
			size += math.Abs(p)
			negative += math.Max(0, -p)
			least = math.Min(least, p/math.Exp(logVolume[i]))
			if p > 0 {
				energy += p * math.Log(p/(x.mass[i]/x.total))
			}
		}
		chi := 0.0
		for i, p := range x.p {
			share := x.mass[i] / x.total
			chi += (p/mass - share) * (p/mass - share) / share
		}
		const rounding = 1e-13 // a few hundred roundings, and those of logarithms of masses
		check := func(name string, got, want, absolute float64) {
			if !near(got, want, rounding, absolute) {
				t.Fatalf("%s = %.17g, want %.17g", name, got, want)
			}
		}
		check("mass", m.Mass, mass, rounding*size)
		check("min density", m.MinDensity, least, 0)
		if size > 0 {
			check("negative mass", m.NegativeMass, negative/size, 0)
		}
		if math.Abs(mass) > 1e-3*size && size > 0 { // else the mass has lost its digits
			check("χ", m.Chi, math.Sqrt(chi), rounding*size/math.Abs(mass))
		}
		if mass > 1e-3*size {
			check("norm", math.Exp(m.LogNorm), x.norm(op.Conservative()),
				1e3*rounding*size/math.Sqrt(x.total))
		}
		dissipation, blur := x.dissipation(1e-14) // u is formed by exponentials of masses
		check("dissipation", m.Dissipation, dissipation, blur)
		if negative == 0 {
			check("free energy", m.FreeEnergy, energy, rounding*size)
		} else if !math.IsNaN(m.FreeEnergy) {
			t.Fatalf("the free energy of a state with negative cells is %g", m.FreeEnergy)
		}
	})
}

// The dissipation is −½ d‖u−⟨u⟩‖²/dt along dw/dt = −Sw, ‖u‖² where mass is removed. The square of
// the norm is quadratic in w, so that its central difference in time is exact.
func TestDissipationIsTheLossOfTheNorm(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, true)
		sw := make([]float64, len(w))
		op.Apply(sw, w)
		step := 0.0
		for _, d := range op.Diag {
			step = math.Max(step, d)
		}
		if step == 0 {
			return // one cell
		}
		step = 0.25 / step
		square := func(h float64) float64 {
			moved := make([]float64, len(w))
			for i := range w {
				moved[i] = w[i] - h*sw[i]
			}
			n := newUnweighted(op, moved).norm(op.Conservative())
			return n * n
		}
		got := op.Measure(w, make([]float64, len(w))).Dissipation
		want := -(square(step) - square(-step)) / (4 * step)
		// roundings of the squares, over the step
		if !near(got, want, 1e-12, 1e-14*(square(0)+math.Exp(-op.LogZ))/step) {
			t.Fatalf("dissipation %.17g, −½ d norm²/dt = %.17g", got, want)
		}
	})
}

// The current through the faces of a cell, with what is removed elsewhere than through faces, is
// what its probability loses: Σ_k (I_k above − I_k below) = −dP/dt = σ S w, also beside open ends.
// At π every current vanishes but those through open ends; the two end faces of a periodic axis are
// one.
func TestCurrentIsWhatCellsExchange(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, false)
		sw, loss := make([]float64, len(w)), make([]float64, len(w))
		op.Apply(sw, w)
		for k, n := range op.Shape {
			current := make([]float64, len(w)/n*(n+1))
			op.Current(current, w, k)
			for i := range w {
				below := faceBelow(op, k, i)
				loss[i] += current[below+op.Stride(k)] - current[below]
			}
			op.Current(current, op.Sigma, k)
			for i := range w {
				at, below := i/op.Stride(k)%n, faceBelow(op, k, i)
				above := below + op.Stride(k)
				if c := current[below]; c != 0 && (at > 0 || op.Ends[k][0] == nil) {
					t.Fatalf("a current %g through the lower face of cell %d along axis %d at π", c,
						i, k)
				}
				if c := current[above]; c != 0 && (at < n-1 || op.Ends[k][1] == nil) {
					t.Fatalf("a current %g through the upper face of cell %d along axis %d at π", c,
						i, k)
				}
				if first := above - n*op.Stride(k); at == n-1 && op.Periodic[k] &&
					current[first] != current[above] {
					t.Fatalf("axis %d is periodic, and the currents through its ends are %g and %g",
						k, current[first], current[above])
				}
			}
		}
		for i, size := range exchange(op, w) {
			// sums of nine terms
			if want := op.Sigma[i] * sw[i]; math.Abs(loss[i]-want) > 4e-15*op.Sigma[i]*size {
				t.Fatalf("cell %d: the divergence is %.17g, −dP/dt = %.17g", i, loss[i], want)
			}
		}
	})
}

// faceBelow returns the number of the lower face of cell i among the faces across axis k.
func faceBelow(op *Operator, k, i int) int {
	block := op.Stride(k) * op.Shape[k]
	return i + i/block*op.Stride(k)
}

// An angular mode removes mass within cells, which is no current: what the faces leave of −dP/dt is
// that removal, R u. With the ends open or closed, on r and on log r; the odd functions of the line
// flow out at r = 0, whose end counts as open.
func TestCurrentOfAngularModes(t *testing.T) {
	r, s := sinhAxis(t, "r", 9, 0, 5), must[mesh.Axis](t)(mesh.Log("r", 9, -3, 2, 0))
	open := s
	open.Ends = [2]mesh.End{mesh.Open, mesh.Open}
	for _, c := range []struct {
		m, l    int
		axis    mesh.Axis
		through [2]bool // whether anything flows through the ends
	}{{3, 1, r, [2]bool{}}, {3, 2, s, [2]bool{}}, {4, 1, open, [2]bool{true, true}},
		{1, 1, r, [2]bool{true, false}}} {
		op := must[*Operator](t)(Assemble(newGrid(t, "radial", c.m, c.axis), quadratic(0.25),
			Options{Angular: c.l}))
		w, sw, current := make([]float64, 9), make([]float64, 9), make([]float64, 10)
		for i := range w {
			w[i] = op.Sigma[i] * (1 + math.Sin(float64(i)))
		}
		op.Apply(sw, w)
		op.Current(current, w, 0)
		if got := [2]bool{current[0] < 0, current[9] > 0}; got != c.through {
			t.Errorf("m = %d, l = %d: currents %g and %g through the ends", c.m, c.l, current[0],
				current[9])
		}
		for i := range w {
			r := op.Removal[i]
			for side, cell := range [2]int{0, 8} {
				if op.Ends[0][side] != nil && i == cell {
					r -= op.Ends[0][side][0]
				}
			}
			got, want := current[i+1]-current[i]+r*op.Sigma[i]*w[i], op.Sigma[i]*sw[i]
			// roundings of rates up to the diagonal, u ≤ 2
			if math.Abs(got-want) > 1e-14*op.Diag[i]*op.Sigma[i]*op.Sigma[i]*2 {
				t.Errorf("m = %d, l = %d, cell %d: %.17g leaves it, −dP/dt = %.17g", c.m, c.l, i,
					got, want)
			}
		}
	}
}

// What leaves through open ends is what the mass loses: Outflow = −d/dt Σ P = ⟨σ, S w⟩, and 0 with
// closed ends.
func TestOutflowIsTheLossOfMass(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, false)
		sw := make([]float64, len(w))
		op.Apply(sw, w)
		size := 0.0
		for i, e := range exchange(op, w) {
			size += op.Sigma[i] * e
		}
		// what cancels inside
		if got, want := op.Outflow(w), op.Mass(sw); math.Abs(got-want) > 4e-15*size {
			t.Fatalf("outflow %.17g, −d mass/dt = %.17g ± %.1e", got, want, 4e-15*size)
		}
		if op.Conservative() && op.Outflow(w) != 0 {
			t.Fatal("an outflow through closed ends")
		}
	})
}

// The free energy of a probability density is Σ P log(P/Π) ≥ 0, and 0 at π.
func TestFreeEnergyIsNotNegative(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		logVolume := make([]float64, op.Cells())
		if e := op.Measure(op.Sigma, logVolume).FreeEnergy; e != 0 {
			t.Fatalf("the free energy of π is %g", e)
		}
		w := drawState(t, op, true)
		mass := op.Mass(w)
		for i := range w {
			w[i] /= mass
		}
		m := op.Measure(w, logVolume)
		if !(m.FreeEnergy >= -1e-14) { // rounding of a sum whose terms are up to log 100
			t.Fatalf("the free energy is %g", m.FreeEnergy)
		}
		// Jensen: Σ P log(P/Π) ≤ log Σ P²/Π
		if bound := math.Log1p(m.Chi * m.Chi); m.FreeEnergy > bound+1e-14 {
			t.Fatalf("the free energy %g exceeds log(1 + χ²) = %g", m.FreeEnergy, bound)
		}
		w[rapid.IntRange(0, len(w)-1).Draw(t, "cell")] = -1e-9
		if e := op.Measure(w, logVolume).FreeEnergy; !math.IsNaN(e) {
			t.Fatalf("with a negative cell the free energy is %g", e)
		}
	})
}

// Density and Invariant are cell averages: Σ ρ volume = mass, with volumes that are not
// representable as well.
func TestDensitiesTimesVolumesAreMasses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		g, op := drawAssembly(t, false)
		w := drawState(t, op, false)
		n := len(w)
		logVolume, rho, invariant := make([]float64, n), make([]float64, n), make([]float64, n)
		g.LogVolumes(logVolume)
		op.Density(rho, w, logVolume)
		op.Invariant(invariant, logVolume)
		mass, one, size := 0.0, 0.0, 0.0
		for i, l := range logVolume {
			mass += rho[i] * math.Exp(l)
			size += math.Abs(rho[i]) * math.Exp(l)
			one += invariant[i] * math.Exp(l)
		}
		// logarithms of size 10 are rounded
		if !near(mass, op.Mass(w), 0, 1e-14*size) || !near(one, 1, 1e-14, 0) {
			t.Fatalf("mass %.17g, want %.17g; of π %.17g", mass, op.Mass(w), one)
		}
	})
	// rounding of 1300 in a logarithm
	if got := density(-math.Exp(-600), -1300); !near(got, -math.Exp(700), 1e-12, 0) {
		t.Errorf("e^{−600} in a volume e^{−1300} has density %g, want e^700", got)
	}
}

// Flat π and unit conductivity on [0, 1]: the lowest rate is π² with both ends absorbing and (π/2)²
// with one of them, to second order for every flux.
func TestOpenEndsAbsorb(t *testing.T) {
	for ends, want := range map[[2]mesh.End]float64{
		{mesh.Open, mesh.Open}:   math.Pi * math.Pi,
		{mesh.Open, mesh.Closed}: math.Pi * math.Pi / 4,
		{mesh.Closed, mesh.Open}: math.Pi * math.Pi / 4,
	} {
		for _, flux := range Fluxes {
			var errors []float64
			for _, n := range []int{20, 40, 80} {
				a := uniformAxis(t, "x", n, 0, 1)
				a.Ends = ends
				op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1, a), constantWeights{},
					Options{Flux: flux}))
				errors = append(errors, math.Abs(eigenvalues(t, op)[0]/want-1))
			}
			order := math.Log2(errors[1] / errors[2])
			t.Logf("%v, %s: relative errors %.2e, order %.2f", ends, flux, errors, order)
			// (π h)²/12, h = 1/80, and a relative correction h²
			if errors[2] > 2e-4 || math.Abs(order-2) > 0.05 {
				t.Errorf("%v, %s: relative errors %.2e, order %.2f, want 2", ends, flux, errors,
					order)
			}
		}
	}
}

// constantWeights are π = 1 and e^κ = 1.
type constantWeights struct{}

func (constantWeights) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	clear(logPi)
	clear(kappa)
	return nil
}

// The least density is the least of all: of densities of any size and sign, among them such as are
// not normal numbers or next to each other.
func TestLeastDensityIsTheLeast(t *testing.T) {
	size := rapid.OneOf(rapid.Float64Range(-744, -690), rapid.Float64Range(-300, 300),
		rapid.Float64Range(-0.2, 0.2))
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 64).Draw(t, "n")
		logSizes := rapid.SliceOfN(size, n, n).Draw(t, "log |P|")
		negative := rapid.IntRange(0, 8).Draw(t, "one is negative") == 0
		sigma, w, logVolume := make([]float64, n), make([]float64, n), make([]float64, n)
		want := math.Inf(1)
		for i, v := range logSizes {
			sigma[i], w[i] = 1, math.Exp(v)
			logVolume[i] = rapid.Float64Range(-0.05, 0.05).Draw(t, "log volume")
			if rapid.Bool().Draw(t, "of one density") {
				logVolume[i] += v
			}
			if negative && i == n/2 {
				w[i] = -w[i]
			}
			want = min(want, density(w[i], logVolume[i]))
		}
		if got := leastDensity(sigma, w, logVolume); got != want {
			t.Fatalf("%g, want %g", got, want)
		}
	})
	for _, v := range []float64{0, math.NaN()} {
		got := leastDensity([]float64{1, 1}, []float64{1, v}, make([]float64, 2))
		if got != v && !math.IsNaN(v) || math.IsNaN(got) != math.IsNaN(v) {
			t.Errorf("the least of 1 and %g is %g", v, got)
		}
	}
}

// The mean is Σ P f/Σ P, to the bits of these sums, and does not see f where nothing is.
func TestMeanIsTheQuotientOfSums(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		_, op := drawAssembly(t, true)
		w := drawState(t, op, true)
		f := rapid.SliceOfN(rapid.Float64Range(-10, 10), len(w), len(w)).Draw(t, "f")
		if i := rapid.IntRange(0, len(w)).Draw(t, "an empty cell"); i < len(w) {
			w[i], f[i] = 0, math.Inf(1)
		}
		mass := op.Mass(w)
		if got, want := op.Mean(w, f), op.Sum(w, f)/mass; got != want && mass > 0 {
			t.Fatalf("%.17g, want %.17g", got, want)
		}
	})
}
