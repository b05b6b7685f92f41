package solver

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"fpsgd/mesh"
	"fpsgd/operators"
	"fpsgd/solver/linear"
)

// wells are the weights of a loss in x, y, z, whose noise vanishes with it (ml) or is homogeneous.
type wells struct {
	f       func(x [3]float64) float64
	ml      bool
	epsilon float64
}

func (w wells) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	for i := range logPi {
		var x [3]float64
		for k, name := range p.Grid().Coordinates.Components() {
			x[k] = p.Var(name)[i]
		}
		v := w.f(x)
		if w.ml {
			v = math.Log(v)
			logPi[i], kappa[i] = -(1+1/w.epsilon)*v, math.Log(w.epsilon)-v/w.epsilon
		} else {
			logPi[i], kappa[i] = -v/w.epsilon, math.Log(w.epsilon)-v/w.epsilon
		}
	}
	return nil
}

func (w wells) operator(t testing.TB, system string, axes ...mesh.Axis) *operators.Operator {
	c := must[mesh.Coordinates](t)(mesh.NewCoordinates(system, len(axes)))
	g := must[*mesh.Grid](t)(mesh.NewGrid(c, axes))
	return must[*operators.Operator](t)(operators.Assemble(g, w, operators.Options{}))
}

// twoWells has minima at ±1, of floors 1e-4 and a, and curvatures that differ.
func twoWells(a float64) func(x [3]float64) float64 {
	return func(x [3]float64) float64 {
		return ((x[0]-1)*(x[0]-1) + 1e-4) * ((x[0]+1)*(x[0]+1) + a)
	}
}

// certified returns the k lowest eigenvalues, which must be certified, and accurate by their own
// account.
func certified(t *testing.T, name string, op *operators.Operator, k int) []float64 {
	t.Helper()
	var c counted
	modes, certificate, err := CertifiedSpectrum(t.Context(), op, c.setUp(op, 1e-12), k)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if certificate.Kind != Certified {
		t.Errorf("%s: %s: %s", name, certificate.Kind, certificate.Text)
	}
	var values []float64
	for _, m := range modes {
		values = append(values, m.Value)
		if !(m.Error <= acceptedError) {
			t.Errorf("%s: eigenvalue %g has an error of %g", name, m.Value, m.Error)
		}
	}
	t.Logf("%s: %.9g, %d solves", name, values, c.solves)
	alsoNested(t, name, op, values)
	return values
}

// The right values were found for these grids by independent means, to the digits given; those of
// the equation, by quadrature in package validation, are 0.12040506, 1.1253544e-15 and 2.0840945e-8
// in the first three. The eigenvalues do not depend on how many are asked for.
func TestSlowModesWherePiHasNoShare(t *testing.T) {
	graded := must[mesh.Axis](t)(mesh.Sinh("x", 400, -3, 3, []float64{-1, 1}, []float64{0.1, 0.01}))
	even := uniform(t, "x", 400, -3, 3)
	for _, c := range []struct {
		name     string
		wells    wells
		axis     mesh.Axis
		want     []float64
		relative float64
	}{
		{"shallow", wells{twoWells(0.4), true, 0.05}, graded,
			[]float64{0.1204043, 2.549029, 5.093784, 8.060074, 8.799392}, 1e-6},
		{"deeper", wells{twoWells(0.05), true, 0.05}, graded, []float64{1.1253544e-15}, 1e-6},
		// as many digits
		{"unequal", wells{twoWells(0.05), true, 0.1}, graded, []float64{2.08409e-8}, 3e-6},
		{"a high minimum", wells{func(x [3]float64) float64 {
			return 0.01 + (x[0]-1)*(x[0]-1)*((x[0]+1)*(x[0]+1)+0.25)
		}, true, 0.05}, even,
			[]float64{9.2950e-4}, 1e-4},
		{"homogeneous", wells{func(x [3]float64) float64 {
			return (x[0]*x[0]-1)*(x[0]*x[0]-1)/4 + 0.15*x[0] + 0.2
		}, false, 0.003}, uniform(t, "x", 400, -2.5, 2.5),
			[]float64{1.82e-18}, 3e-2}, // as many digits, and the grid
	} {
		op := c.wells.operator(t, "cartesian", c.axis)
		onGrid := math.NaN()
		if slices.Min(op.Sigma) > 0 { // which lineValue goes by
			onGrid = lineValue(op, 1, 1e-60, 1e4)
		}
		for _, k := range []int{1, 2, 4, 6} {
			values := certified(t, fmt.Sprintf("%s, k = %d", c.name, k), op, k)
			compare(t, c.name, values, c.want[:min(k, len(c.want))], c.relative)
			if !math.IsNaN(onGrid) {
				near(t, c.name+" on the grid, relative", values[0]/onGrid, 1, 1e-11) // n roundings
			}
		}
	}
}

// In the plane the modes of V(x) + |y|² with homogeneous noise are products: their rates are sums
// of those of the axes, here on grids of 48 and 24 cells, which line.operator gives one by one and
// lineValue finds in 60 digits. The barrier is 25 to 60 ε.
func TestTinyGapsInThePlane(t *testing.T) {
	for _, c := range []struct{ height, tilt, epsilon float64 }{{1, 0, 0.04}, {1, 0.1, 0.025},
		{1, 0.3, 0.016}} {
		v := func(x [3]float64) float64 {
			return c.height*(x[0]*x[0]-1)*(x[0]*x[0]-1) + c.tilt*x[0]
		}
		x, y := uniform(t, "x", 48, -1.7, 1.7), uniform(t, "y", 24, -1, 1)
		line := wells{v, false, c.epsilon}.operator(t, "cartesian", x)
		plane := wells{func(q [3]float64) float64 { return v(q) + q[1]*q[1] }, false,
			c.epsilon}.operator(t, "cartesian", x, y)
		want := lineValue(line, 1, 1e-60, 1e4)
		got := certified(t, fmt.Sprintf("ε = %g", c.epsilon), plane, 3)
		near(t, "gap", got[0]/want, 1, 1e-6) // the quadrature of the operators
	}
}

// Landscapes of several wells of random depths on the line: the k lowest by search are those of
// lineValue, in 60 digits.
func TestRandomWells(t *testing.T) {
	for seed := range uint64(12) {
		random := rand.New(rand.NewPCG(seed, 3))
		var centers, depths []float64
		for range 2 + random.IntN(4) {
			centers, depths = append(centers, 5*random.Float64()-2.5),
				append(depths, math.Pow(10, -2-2*random.Float64()))
		}
		f := func(x [3]float64) float64 {
			product := 1.0
			for k, c := range centers {
				product *= (x[0]-c)*(x[0]-c) + depths[k]
			}
			return math.Pow(product, 1/float64(len(centers)))
		}
		ml := seed%2 == 0
		epsilon := 0.03 + 0.1*random.Float64()
		if !ml {
			epsilon /= 2
		}
		op := wells{f, ml, epsilon}.operator(t, "cartesian", uniform(t, "x", 160, -3, 3))
		values := certified(t, fmt.Sprintf("seed %d, %d wells", seed, len(centers)), op, 4)
		for k, v := range values {
			// n roundings
			near(t, fmt.Sprintf("seed %d: eigenvalue %d, relative", seed, k+1),
				v/lineValue(op, k+1, 1e-200, 1e6), 1, 1e-9)
		}
	}
}

// Four corner wells around a deeper one, so that by symmetry the gap is fourfold. The right value
// is that of the same discrete equation with masses by ten, resistances by twenty Gauss points on
// each of the pieces of a cell, whose eigenvalues are ARPACK's.
func TestWellsInThePlaneByCount(t *testing.T) {
	f := func(x [3]float64) float64 {
		s := 0.2 + x[0]*x[0] + x[1]*x[1]
		return s + 0.5*(2-math.Cos(2*math.Pi*x[0])-math.Cos(2*math.Pi*x[1]))
	}
	op := wells{f, true, 0.02}.operator(t, "cartesian", uniform(t, "x", 64, -4, 4),
		uniform(t, "y", 64, -4, 4))
	// the tolerance of conductances in the plane, where there is no more than a few
	compare(t, "rastrigin", certified(t, "rastrigin", op, 4),
		[]float64{1.31642978e-6, 1.31642978e-6, 1.31642978e-6, 1.31642978e-6}, 1e-7)
	var c counted
	m := must[SlowestMode](t)(Gap(t.Context(), op, c.setUp(op, 1e-10), bump(op)))
	if m.Multiplicity != 4 || m.Certificate.Kind != Certified {
		t.Errorf("the gap is %d-fold and %s, want fourfold and certified", m.Multiplicity,
			m.Certificate.Kind)
	}
}

// In space V(x) + |y|² + |z|² has the gap of the line, and then that of the line and of y and z; by
// a count there are no others.
func TestWellsInSpace(t *testing.T) {
	v := func(x [3]float64) float64 { return (x[0]*x[0]-1)*(x[0]*x[0]-1) + 0.2*x[0] }
	x, y, z := uniform(t, "x", 24, -1.7, 1.7), uniform(t, "y", 10, -1, 1),
		uniform(t, "z", 10, -1, 1)
	line := wells{v, false, 0.06}.operator(t, "cartesian", x)
	space := wells{func(q [3]float64) float64 { return v(q) + q[1]*q[1] + q[2]*q[2] }, false,
		0.06}.operator(t, "cartesian", x, y, z)
	values := certified(t, "space", space, 3)
	// the quadrature of the operators, three points an axis
	near(t, "gap", values[0]/lineValue(line, 1, 1e-60, 1e4), 1, 1e-3)
	near(t, "the next two", values[1], values[2], 1e-6*values[2]) // y and z
}

// blindTo returns a solver that has found all of the modes but the first.
func blindTo(t *testing.T, op *operators.Operator, modes []Mode) *eigensolver {
	var c counted
	s := &eigensolver{ctx: t.Context(), op: op, setUp: c.setUp(op, 1e-12), wanted: len(modes) - 1,
		slack: -tie, residual: spectrumResidual,
		largest: slices.Max(op.Diag), deflated: [][]float64{op.Sigma},
		locked: slices.Clone(modes[1:])}
	for _, m := range s.locked {
		s.deflated = append(s.deflated, m.W)
	}
	return s
}

// On a grid that is too large for a count the slow mode is found, as by the count on a line, and
// nothing is certified. Where it was missed, the count on aggregates shows that by itself, without
// any basin, and so do the committors; the search that they start finds it.
func TestCoarseCountExposesAMiss(t *testing.T) {
	x, y := twin(t, 40, 1, 0.2, 0.06), bowl(t, 28, 0.06)
	op := product(x, y, y)
	var c counted
	modes, certificate, err := CertifiedSpectrum(t.Context(), op, c.setUp(op, 1e-12), 3)
	if err != nil {
		t.Fatal(err)
	}
	near(t, "gap, relative", modes[0].Value/lineValue(x, 1, 1e-60, 1e4), 1, 1e-10)
	if certificate.Kind != NotCertified || !strings.Contains(certificate.Text, "aggregates") {
		t.Errorf("%s: %s", certificate.Kind, certificate.Text)
	}
	t.Log(certificate.Text)
	found := func(s *eigensolver, missed [][]float64) {
		t.Helper()
		if _, err := s.search(missed); err != nil {
			t.Fatal(err)
		}
		near(t, "the gap that was missed", s.locked[0].Value/modes[0].Value, 1, 1e-8)
	}

	s := blindTo(t, op, modes) // no basins, no seeds
	missed, proof, err := s.evidence(nil)
	if err != nil || len(missed) != 1 || !strings.Contains(proof.Text, "aggregates") {
		t.Fatalf("%d starts, %q, %v", len(missed), proof.Text, err)
	}
	bound := s.quotient(missed[0])
	t.Logf("gap %.6g, bound %.6g on %v aggregates", modes[0].Value, bound,
		s.joined.operator().Shape)
	if !(bound > modes[0].Value && bound < 10*modes[0].Value) {
		t.Errorf("the quotient of the coarse mode is %g, the gap %g", bound, modes[0].Value)
	}
	found(s, missed)

	s = blindTo(t, op, modes)
	s.regions = findBasins(op, 16)
	s.seeds = s.regions.slow(modes[1].Value)
	check(t, s.shift([][]float64{modes[1].W}))
	u, err := s.committor()
	check(t, err)
	if len(s.seeds) == 0 || u == nil {
		t.Fatalf("of %d basins no committor exposes the miss", len(s.seeds))
	}
	basin, sharp := s.quotient(s.regions.vector(s.seeds[0])), s.quotient(u)
	t.Logf("quotients: %.6g of a basin, %.6g of its committor", basin, sharp)
	if !(sharp > modes[0].Value*(1-1e-6) && sharp < 1.1*modes[0].Value && basin > 2*sharp) {
		t.Errorf("quotients: %g of a basin, %g of its committor, want the latter to be about the "+
			"gap %g", basin, sharp, modes[0].Value)
	}
	s.gamma, s.system = 0, nil
	found(s, [][]float64{u})
}

// deaf solves as a Linear does and leaves nothing along w.
type deaf struct {
	Linear
	w     []float64
	count *int
}

func (d deaf) Solve(x, b []float64) (linear.Stats, error) {
	*d.count++
	stats, err := d.Linear.Solve(x, b)
	orthogonalise(x, [][]float64{d.w}, nil)
	return stats, err
}

// A miss that is proven, and that a search from the proof does not mend, is an error at once, and
// not after all searches that are allowed.
func TestAMissThatStaysIsAnError(t *testing.T) {
	op := wells{twoWells(0.4), true, 0.05}.operator(t, "cartesian", uniform(t, "x", 100, -3, 3))
	solves, sound := 0, counted{}
	modes := must[[]Mode](t)(Spectrum(t.Context(), op, sound.setUp(op, 1e-12), 3))
	_, err := Spectrum(t.Context(), op, func(gamma float64) (Linear, error) {
		l, err := linear.New(op, gamma, linear.Options{})
		return deaf{l, modes[0].W, &solves}, err
	}, 2)
	if err == nil || !strings.Contains(err.Error(), "were missed, as is known by a") {
		t.Errorf("error %v, want that a mode was missed", err)
	}
	if solves > 2*sound.solves {
		t.Errorf("%d solves, and %d are all that it takes", solves, sound.solves)
	}
	t.Logf("%d solves, %d in order: %v", solves, sound.solves, err)
}

// A search that is blind to w misses the slow mode; what the count, a basin and a given state say
// of it must each expose the miss.
func TestEvidenceExposesAMiss(t *testing.T) {
	op := wells{twoWells(0.4), true, 0.05}.operator(t, "cartesian",
		must[mesh.Axis](t)(mesh.Sinh("x", 400, -3, 3, []float64{-1, 1}, []float64{0.1, 0.01})))
	var c counted
	modes := must[[]Mode](t)(Spectrum(t.Context(), op, c.setUp(op, 1e-12), 4))
	blind := func() *eigensolver { // it has found all but the first
		s := &eigensolver{ctx: context.Background(), op: op, setUp: c.setUp(op, 1e-12), wanted: 3,
			slack: -tie, residual: spectrumResidual,
			deflated: [][]float64{op.Sigma}, locked: slices.Clone(modes[1:])}
		for _, m := range s.locked {
			s.deflated = append(s.deflated, m.W)
		}
		s.regions = findBasins(op, 16)
		return s
	}
	if missed, _, err := blind().evidence(nil); err != nil || missed == nil {
		t.Errorf("the count finds nothing: %v", err)
	}
	s := blind()
	s.seeds = s.regions.slow(modes[3].Value)
	if s.lowerVector(nil) == nil {
		t.Error("no basin exposes the miss")
	}
	if v := blind().lowerVector([][]float64{modes[0].W}); v == nil {
		t.Error("a state does not expose the miss")
	}
	if q := blind().quotient(modes[0].W); !(math.Abs(q/modes[0].Value-1) < 1e-9) {
		t.Errorf("the quotient of the slow mode is %g", q)
	}
	s = blind()
	missed, _, err := s.evidence(nil)
	check(t, err)
	_, err = s.search(missed)
	check(t, err)
	if s.locked[0].Value != modes[0].Value &&
		!(math.Abs(s.locked[0].Value/modes[0].Value-1) < 1e-9) {
		t.Errorf("the search that the count aims finds %g, want %g", s.locked[0].Value,
			modes[0].Value)
	}
	// A mode that does not exist: more are said to be found than there are.
	s = blind()
	s.locked = append([]Mode{{Value: modes[0].Value}, {Value: modes[0].Value}}, s.locked...)
	s.deflated = append(s.deflated, op.Sigma, op.Sigma)
	if _, _, err := s.evidence(nil); err == nil || !strings.Contains(err.Error(), "count") {
		t.Errorf("one mode too many: %v", err)
	}
}

// Unequal wells on radial, cylindrical, open and periodic grids: certified against counts on both
// sides of every eigenvalue.
func TestSlowModesInOtherCoordinates(t *testing.T) {
	shells := func(x [3]float64) float64 {
		r := math.Sqrt(x[0]*x[0] + x[1]*x[1] + x[2]*x[2])
		return ((r-1)*(r-1) + 1e-3) * ((r-3)*(r-3) + 0.3)
	}
	ring := must[mesh.Axis](t)(mesh.Uniform("phi", 48, 0, 2*math.Pi))
	for _, c := range []struct {
		name, system string
		wells        wells
		axes         []mesh.Axis
	}{
		{"polar shells", "polar", wells{shells, true, 0.05},
			[]mesh.Axis{uniform(t, "r", 60, 0, 5), ring}},
		{"wells around a ring", "polar", wells{func(x [3]float64) float64 {
			r := math.Hypot(x[0], x[1])
			return 0.05 + (r-1)*(r-1) + 0.3*(1-math.Cos(3*math.Atan2(x[1], x[0]))) + 0.1*(x[0]+1)
		}, true, 0.06}, []mesh.Axis{uniform(t, "r", 24, 0, 3), ring}},
		{"three wells", "cartesian", wells{func(x [3]float64) float64 {
			return ((x[0]-1)*(x[0]-1) + 1e-3) * (x[0]*x[0] + 0.02) * ((x[0]+1)*(x[0]+1) + 0.1)
		}, true, 0.08}, []mesh.Axis{uniform(t, "x", 300, -3, 3)}},
	} {
		op := c.wells.operator(t, c.system, c.axes...)
		values := certified(t, c.name, op, 5)
		for i, v := range values {
			below := must[linear.Inertia](t)(linear.Count(op, v*(1-1e-5)))
			above := must[linear.Inertia](t)(linear.Count(op, v*(1+1e-5)))
			if below.Below > i+1 || above.Below < i+2 {
				t.Errorf("%s: eigenvalue %d: %d and %d with 0 are counted on its sides", c.name,
					i+1, below.Below, above.Below)
			}
		}
	}
}

// Cells far steeper than their scheme is for: π changes by e^977 from one to the next, σ by e^488.
// The modes that are left are those of the two cells at the centre, 2T/m with m half the mass and T
// = 1/∫ e^{−κ} between their centroids, and of the four beside them, whose rates are T/m as well:
// by SciPy, Simpson's rule on 200001 points. A ratio of σ held within 1e±150 made it 1e-59.
func TestJumpsBetweenSteepCells(t *testing.T) {
	f := func(x [3]float64) float64 { return 1 + x[0]*x[0] }
	axis := must[mesh.Axis](t)(mesh.Sinh("x", 12, -10, 10, []float64{0}, []float64{1}))
	op := wells{f, true, 1e-3}.operator(t, "cartesian", axis)
	compare(t, "steep cells", certified(t, "steep cells", op, 3),
		[]float64{2 * math.Exp(-0.11071177969), math.Exp(5.7544730334), math.Exp(5.7544730334)},
		1e-9)
}

// Random grids of cells as steep as assembly takes them, on one to three axes and under both
// noises: every count and value against the dense eigenvalues of S, whose error is that of its
// largest entry.
func TestSteepGridsAgainstDense(t *testing.T) {
	random, judged, steep := rand.New(rand.NewPCG(9, 12)), 0, 0.0
	grids, most := 120, 2 // grids in space take a second each
	if os.Getenv("FPSGD_LONG") != "" {
		grids, most = 400, 3
	}
	for range grids {
		d := 1 + random.IntN(most)
		var axes []mesh.Axis
		for k := range d {
			n, r := []int{8 + random.IntN(20), 4 + random.IntN(5), 3 + random.IntN(2)}[d-1],
				math.Exp(3*random.Float64())
			axes = append(axes, must[mesh.Axis](t)(mesh.Sinh(string("xyz"[k]), n, -r, r,
				[]float64{0}, []float64{1})))
		}
		c := [3]float64{random.Float64() - 0.5, random.Float64() - 0.5, random.Float64() - 0.5}
		depth := random.Float64()
		f := func(x [3]float64) float64 {
			s := 0.5
			for k := range d {
				s += (x[k] - c[k]) * (x[k] - c[k]) * (1 - depth + depth*(x[k]+1)*(x[k]+1))
			}
			return s
		}
		w := wells{f, random.IntN(2) == 0, math.Pow(10, -3+3*random.Float64())}
		coordinates := must[mesh.Coordinates](t)(mesh.NewCoordinates("cartesian", d))
		g := must[*mesh.Grid](t)(mesh.NewGrid(coordinates, axes))
		op, err := operators.Assemble(g, w, operators.Options{})
		if err != nil {
			continue
		}
		values := denseValues(t, op)
		floor := 1e-13 * values[len(values)-1]
		for i := range op.LogM[1:] {
			steep = math.Max(steep, math.Abs(op.LogM[i+1]-op.LogM[i]))
		}
		if values[1] < 1e6*floor {
			continue
		}
		m, err := Gap(t.Context(), op, solvedTo(op, 1e-10).SetUp, bump(op))
		if err != nil {
			t.Errorf("d = %d, ε = %.3g, ML %t: %v (dense: %g)", d, w.epsilon, w.ml, err, values[1])
			continue
		}
		judged++
		if math.Abs(m.Gap-values[1]) > 10*floor+1e-9*values[1] {
			t.Errorf("d = %d, ε = %.3g, ML %t: the gap is %.10g (%s), by dense eigenvalues %.10g",
				d, w.epsilon, w.ml, m.Gap, m.Certificate.Kind, values[1])
		}
	}
	t.Logf("%d judged, log π jumps by up to %.0f", judged, steep)
	if judged < 40 {
		t.Errorf("only %d grids are judged", judged)
	}
}
