package operators

import (
	"math"
	"runtime"
	"strings"
	"testing"

	"fpsgd/mesh"
)

// pair are weights given by log π and κ as functions of the components of θ.
type pair struct{ logPi, kappa func(theta []float64) float64 }

func (w pair) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	if err := (mlWeights{1, w.logPi}).LogWeights(make([]float64, len(logPi)), logPi,
		p); err != nil {
		return err
	}
	if err := (mlWeights{1, w.kappa}).LogWeights(make([]float64, len(logPi)), kappa,
		p); err != nil {
		return err
	}
	for i := range logPi {
		logPi[i], kappa[i] = -logPi[i], -kappa[i]
	}
	return nil
}

func zero([]float64) float64 { return 0 }

// bump returns log(1 + A e^{−Σ((x_k−c_k)/w_k)²}).
func bump(a float64, c, w []float64) func([]float64) float64 {
	return func(x []float64) float64 {
		s := 0.0
		for k := range c {
			s += (x[k] - c[k]) * (x[k] - c[k]) / (w[k] * w[k])
		}
		return math.Log1p(a * math.Exp(-s))
	}
}

// cube is a grid of n cells along every axis of [0, 1]^d.
func cube(t testing.TB, d, n int) *mesh.Grid {
	var axes []mesh.Axis
	for range d {
		axes = append(axes, uniformAxis(t, "x", n, 0, 1))
	}
	return newGrid(t, "cartesian", d, axes...)
}

// unitCube is a grid of n cells along every axis of [−1, 1]^d.
func unitCube(t testing.TB, d, n int) *mesh.Grid {
	var axes []mesh.Axis
	for range d {
		axes = append(axes, uniformAxis(t, "x", n, -1, 1))
	}
	return newGrid(t, "cartesian", d, axes...)
}

// A bump of π narrower than the spacing of the nodes, π = 1 + A e^{−Σ((x_k−c_k)/w_k)²} on [0, 1]^d
// with A so large that the bump has the mass 1: the whole mass is 2, and the bump's cell has its
// centroid at (c + v x̄)/(1 + v), v its volume and x̄ its middle. The bump is a point, or narrow
// along some axes only; across the others it is a Gaussian of width 0.05 in a cell of 1/3. Without
// the feature the nodes see nothing: the mass is 1.
func TestFeaturesOfPi(t *testing.T) {
	for name, c := range map[string]struct{ at, width []float64 }{
		"line":                  {[]float64{0.4321}, []float64{1e-5}},
		"line, beyond float32":  {[]float64{0.4321}, []float64{1e-8}},
		"plane, a point":        {[]float64{0.4321, 0.5432}, []float64{1e-5, 1e-4}},
		"plane, narrow along x": {[]float64{0.4321, 0.5}, []float64{1e-5, 0.025}},
		"space, a point":        {[]float64{0.4321, 0.5432, 0.456}, []float64{1e-4, 1e-4, 1e-4}},
		"space, narrow along z": {[]float64{0.49, 0.51, 0.456}, []float64{0.025, 0.025, 1e-5}},
	} {
		d := len(c.at)
		a := 1.0
		for _, w := range c.width {
			a /= w * math.Sqrt(math.Pi)
		}
		w := pair{bump(a, c.at, c.width), zero}
		g := cube(t, d, 3)
		op := must[*Operator](t)(Assemble(g, w,
			Options{Features: []Feature{{c.at, c.width}}, Centroids: true}))
		// massTolerance of a cell, ten times, and at 1e-8 the rounding of x
		tolerance := []float64{0, 1e-11, 1e-9, 1e-4}[d]
		if c.width[0] < 1e-7 {
			tolerance = 1e-7
		}
		if z := math.Exp(op.LogZ); math.Abs(z-2) > tolerance {
			t.Errorf("%s: mass %.12g, want 2", name, z)
		}
		middle, volume := (pow(3, d)-1)/2, math.Pow(3, -float64(d))
		for k, at := range c.at {
			got, want := op.Centroids[k][middle], (at+volume/2)/(1+volume)
			if math.Abs(got-want) > tolerance {
				t.Errorf("%s: centroid %.12g along axis %d, want %.12g", name, got, k, want)
			}
		}
		if blind := must[*Operator](t)(Assemble(g, w, Options{})); c.width[d-1] < 1e-3 &&
			math.Abs(math.Exp(blind.LogZ)-1) > 1e-6 {
			t.Errorf("%s: without the feature the mass is %.9g: the nodes see it, and the test "+
				"says nothing", name, math.Exp(blind.LogZ))
		}
	}
}

// besidePost is T of a post in the plane, see TestFeaturesOfKappa.
func besidePost(n, w, a float64) float64 {
	const steps = 200000
	root := w * math.Sqrt(math.Pi)
	sum, h := 0.0, 24*w/steps
	for i := range steps + 1 {
		y := -12*w + float64(i)*h
		weight := 2 + 2*float64(i%2)
		if i == 0 || i == steps {
			weight = 1
		}
		sum += weight * h / 3 / (1./n + a*root*math.Exp(-y*y/(w*w)))
	}
	return sum + (1./n-24*w)*n
}

// The conductances beside a feature of κ, π = 1 and nodes in the middle of the cells of [0, 1]^d, n
// = 3 a side, along x:
//
//	a barrier across x,    e^{−κ} = 1 + A e^{−((x−c)/w)²}:            T = n^{1−d} / (1/n + A w √π)
//	a gap narrow across,   e^κ = 1 + A Π_{k>0} e^{−((x_k−c_k)/w)²}:
//	                       T = (n^{1−d} + A (w√π)^{d−1}) n
//	a post in the plane,   e^{−κ} = 1 + A e^{−((x−c)² + (y−e)²)/w²}:
//	                       T = ∫dy / (1/n + A w √π e^{−((y−e)/w)²})
//
// The last integral is by Simpson's rule on 2·10⁵ intervals. The feature lies in the cell in the
// middle, between its node and the lower node along x.
func TestFeaturesOfKappa(t *testing.T) {
	const n, c, w = 3, 0.4321, 1e-5
	root := w * math.Sqrt(math.Pi)
	across := []float64{0.4567, 0.5432}
	for d := 1; d <= 3; d++ {
		g := cube(t, d, n)
		middle := (pow(n, d) - 1) / 2
		at, narrow := append([]float64{c}, across[:d-1]...), []float64{w, w, w}[:d]
		wide := []float64{w, 1, 1}[:d]
		along := []float64{1, w, w}[:d]
		share := math.Pow(n, 1-float64(d))
		gap := func(x []float64) float64 { return bump(1e4, across[:d-1], narrow[1:])(x[1:]) }
		barrier := func(x []float64) float64 { return -bump(1e6, at[:1], narrow[:1])(x[:1]) }
		cases := map[string]struct {
			kappa func([]float64) float64
			width []float64
			want  float64
		}{
			"barrier": {barrier, wide, share / (1./n + 1e6*root)},
			"gap":     {gap, along, (share + 1e4*math.Pow(root, float64(d-1))) * n},
		}
		if d == 2 {
			cases["post"] = struct {
				kappa func([]float64) float64
				width []float64
				want  float64
			}{
				func(x []float64) float64 { return -bump(1e12, at, narrow)(x) }, narrow,
				besidePost(n, w, 1e12),
			}
		}
		for name, k := range cases {
			if d == 1 && name == "gap" {
				continue
			}
			conductance := func(features ...Feature) float64 {
				op := must[*Operator](t)(Assemble(g, pair{zero, k.kappa},
					Options{Features: features}))
				// all masses are n^{−d}
				return op.Coupling[0][middle-g.Cells()/n] * math.Pow(n, -float64(d))
			}
			tolerance := []float64{0, 1e-10, 1e-6, 1e-3}[d] // conductanceTolerance, ten times
			if got := conductance(Feature{at, k.width}); math.Abs(got/k.want-1) > tolerance {
				t.Errorf("d = %d, %s: T = %.12g, want %.12g (relative %.1e)", d, name, got, k.want,
					got/k.want-1)
			}
			if blind := conductance(); math.Abs(blind/(share*n)-1) > 1e-6 {
				t.Errorf("d = %d, %s: without the feature T = %.9g: the nodes see it, and the "+
					"test says nothing", d, name, blind)
			}
		}
	}
}

// f = 1 + x² − 0.99 e^{−((x−0.313)/0.002)²}, ε = 0.25, on |x| ≤ 20: log Z = 3.6891211472465
// (quadrature in 30 digits between places on the scale of the spike) and the gap of the continuous
// problem is 0.928552115 (finite elements of degree 6 on a mesh graded toward 0 and 0.313, the same
// to 9 digits on one twice as fine). On a grid the gap is as near as a node of the spike's cell
// allows: 2.3e-3 at 60 cells, 1.1e-4 at 240. On 60 cells no node sees the spike.
func TestSpikeOfAQuadratic(t *testing.T) {
	f := mlWeights{0.25, func(x []float64) float64 {
		u := (x[0] - 0.313) / 0.002
		return math.Log(1 + x[0]*x[0] - 0.99*math.Exp(-u*u))
	}}
	feature := Feature{[]float64{0.313}, []float64{2e-4}} // log f changes by 1 over 0.002/√99
	for _, c := range []struct {
		cells     int
		tolerance float64
	}{{60, 4e-3}, {120, 2e-4}, {240, 2e-4}} { // see above
		op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1,
			sinhAxis(t, "x", c.cells, -20, 20)), f, Options{Features: []Feature{feature}}))
		// tolerance 1e-13 of a cell, an estimate of magnitude
		if math.Abs(op.LogZ-3.6891211472465) > 1e-11 {
			t.Errorf("%d cells: log Z = %.14g", c.cells, op.LogZ)
		}
		if gap := eigenvalues(t, op)[1]; math.Abs(gap/0.928552115-1) > c.tolerance {
			t.Errorf("%d cells: gap %.9g, want 0.928552115", c.cells, gap)
		}
	}
	blind := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1, sinhAxis(t, "x", 60, -20, 20)),
		f, Options{}))
	if math.Abs(blind.LogZ+0.152) > 1e-3 { // what the nodes see: f = 1 + x²
		t.Errorf("without the feature log Z = %.6g: the nodes see it, and the test says nothing",
			blind.LogZ)
	}
}

// A barrier between two nodes, f = 1 + x² + 50 e^{−((x−0.0133)/0.0005)²}, ε = 0.25, on |x| ≤ 200:
// the gap is 3.8498e-4 (finite elements as above), by the barrier's resistance. The samples see a
// foot of it: that makes the cell a hard one, with no feature given. The node of the barrier's cell
// leaves 1e-3.
func TestBarrierOfAQuadratic(t *testing.T) {
	f := mlWeights{0.25, func(x []float64) float64 {
		u := (x[0] - 0.0133) / 0.0005
		return math.Log(1 + x[0]*x[0] + 50*math.Exp(-u*u))
	}}
	for _, features := range [][]Feature{nil, {{[]float64{0.0133}, []float64{2e-4}}}} {
		op := must[*Operator](t)(Assemble(newGrid(t, "cartesian", 1,
			sinhAxis(t, "x", 400, -200, 200)), f, Options{Features: features}))
		if gap := eigenvalues(t, op)[1]; math.Abs(gap/3.8498e-4-1) > 2e-3 { // see above
			t.Errorf("features %v: gap %.6g, want 3.8498e-4", features, gap)
		}
		if op.Hard == 0 || op.ConductanceError != 0 {
			t.Errorf("%d hard cells, error %g of a conductance", op.Hard, op.ConductanceError)
		}
	}
}

// Where the π-centroid of a cell lies inside the barrier, as on 400 cells of |x| ≤ 100, the cell is
// no well of its own: on those the second rate is 3.46932 (differences on 400 000 cells,
// extrapolated), and was 0.0154. In the plane f has such a barrier along x = 0 and y² besides: all
// else decays at the rates of f = 1 + x² + y², 2 and more.
func TestCentroidsInsideOfABarrier(t *testing.T) {
	ridge := func(at float64) mlWeights {
		return mlWeights{0.25, func(x []float64) float64 {
			u := (x[0] - at) / 0.0005
			f := 1 + 50*math.Exp(-u*u)
			for _, q := range x {
				f += q * q
			}
			return math.Log(f)
		}}
	}
	line := newGrid(t, "cartesian", 1, sinhAxis(t, "x", 400, -100, 100))
	op := must[*Operator](t)(Assemble(line, ridge(0.0133),
		Options{Features: []Feature{{[]float64{0.0133}, []float64{2e-4}}}}))
	if r := eigenvalues(t, op); math.Abs(r[1]/3.84981e-4-1) > 5e-3 ||
		math.Abs(r[2]/3.4693-1) > 2e-2 {
		t.Errorf("rates %.6g and %.6g, want 3.84981e-4 and 3.4693", r[1], r[2])
	}
	plane := newGrid(t, "cartesian", 2, uniformAxis(t, "x", 15, -3, 3),
		uniformAxis(t, "y", 8, -3, 3))
	op = must[*Operator](t)(Assemble(plane, ridge(0),
		Options{Features: []Feature{{[]float64{0, 0}, []float64{2e-4, 1}}}}))
	if r := eigenvalues(t, op); !(r[1] < 1) || !(r[2] > 1.9) {
		t.Errorf("in the plane the rates are %.4g, want one below 1.9 only", r[1:4])
	}
}

// A feature counts across the seam of a periodic axis, and on a logarithmic one: 1 + A e^{−(…)²} at
// φ = 1e-3, of which a part lies beyond φ = 2π, and at log r = 0.4321. With J = r the masses of the
// bumps are A π w v r (1 + O(w²)) on r and A r² √π w on log r.
func TestFeaturesInOtherCoordinates(t *testing.T) {
	const w, v = 1e-4, 1e-3
	polar := newGrid(t, "polar", 2, uniformAxis(t, "r", 3, 1, 2),
		uniformAxis(t, "phi", 5, 0, 2*math.Pi))
	seam := logAtHeld(func(q []float64) float64 {
		return bump(1/(w*v*math.Pi*1.432), []float64{1.432, 0},
			[]float64{w, v})([]float64{q[0], math.Remainder(q[1]-1e-3, 2*math.Pi)})
	})
	op := must[*Operator](t)(Assemble(polar, seam,
		Options{Features: []Feature{{[]float64{1.432, 1e-3}, []float64{w, v}}}}))
	// π(2² − 1²) of the ring; w²/r² of the bump
	if got := math.Exp(op.LogZ); math.Abs(got-(3*math.Pi+1)) > 1e-7 {
		t.Errorf("polar: mass %.12g, want %.12g", got, 3*math.Pi+1)
	}
	radial := newGrid(t, "radial", 2, must[mesh.Axis](t)(mesh.Log("r", 3, -1, 1, 0)))
	a := 1 / (2 * math.Pi * math.Exp(2*0.4321) * w * math.Sqrt(math.Pi))
	point := logAtHeld(func(q []float64) float64 {
		return bump(a, []float64{0.4321}, []float64{w})(q)
	})
	op = must[*Operator](t)(Assemble(radial, point,
		Options{Features: []Feature{{[]float64{0.4321}, []float64{w}}}}))
	want := math.Pi*(math.Exp(2)-math.Exp(-2)) + 1 // the ring, and e^{w²} of the bump
	if got := math.Exp(op.LogZ); math.Abs(got-want) > 2e-8 {
		t.Errorf("log r: mass %.12g, want %.12g", got, want)
	}
}

// logAtHeld is log π as a function of the held coordinates, with κ = 0.
type logAtHeld func(q []float64) float64

func (f logAtHeld) LogWeights(logPi, kappa []float64, p *mesh.Points) error {
	clear(kappa)
	q := make([]float64, len(p.Grid().Axes))
	for i := range logPi {
		for k := range q {
			q[k] = p.Held(k)[i]
		}
		logPi[i] = f(q)
	}
	return nil
}

// What cannot be resolved is an error that says so: a width below the rounding of the place, and
// more boxes than a cell may cost, as for a hundred features that are narrow along one axis each
// way in the same cell of four dimensions.
func TestFeaturesThatCannotBeResolved(t *testing.T) {
	line, four := cube(t, 1, 3), cube(t, 4, 1)
	var many []Feature
	for i := range 100 {
		at := []float64{0.01 * float64(i), 0.01 * float64(i), 0.5, 0.5}
		many = append(many, Feature{at, []float64{1e-4, 1, 1e-4, 1e-4}},
			Feature{at, []float64{1e-4, 1e-4, 1, 1e-4}})
	}
	for name, c := range map[string]struct {
		g        *mesh.Grid
		features []Feature
		want     string
	}{
		"too narrow": {line, []Feature{{[]float64{0.5}, []float64{1e-12}}}, "cannot be resolved"},
		"no width": {line, []Feature{{[]float64{0.5}, []float64{math.NaN()}}},
			"cannot be resolved"},
		"too few widths": {four, []Feature{{[]float64{0.5}, []float64{1}}}, "each of the 4 axes"},
		"too many":       {four, many, "do not resolve"},
	} {
		if _, err := Assemble(c.g, logDensity(zero), Options{Features: c.features}); err == nil ||
			!strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error %v, want one about %q", name, err, c.want)
		}
	}
}

// An angular mode of a radial grid feels a feature in its removal too: with π = e^κ = 1 + A
// e^{−((r−c)/w)²}, m = 3 and l = 1, on a cell [a, b] with the centroid r̄, R = 2 ∫ e^κ r²/(r r̄) dr
// = (b² − a² + 2 A w √π c)/r̄ and M/4π = (b³ − a³)/3 + A w √π c² up to w²; |S²| = 4π.
func TestFeatureOfAnAngularMode(t *testing.T) {
	const c, w, a = 1.4321, 1e-5, 1e6
	f := pair{bump(a, []float64{c}, []float64{w}), bump(a, []float64{c}, []float64{w})}
	g := newGrid(t, "radial", 3, uniformAxis(t, "r", 1, 1, 2))
	op := must[*Operator](t)(Assemble(g, f,
		Options{Angular: 1, Features: []Feature{{[]float64{c}, []float64{w}}}, Centroids: true}))
	area := a * w * math.Sqrt(math.Pi)
	mass, node := 7./3+area*c*c, op.Centroids[0][0]
	if want := (3 + 2*area*c) / node / mass; math.Abs(op.Removal[0]/want-1) > 1e-8 { // w²
		t.Errorf("R/M = %.12g, want %.12g", op.Removal[0], want)
	}
}

// Nothing of the adaptive parts depends on the number of threads, to the bit: kinks along a line, a
// feature and an open end.
func TestHardCellsDoNotDependOnThreads(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(max(4, runtime.NumCPU())))
	f := mlWeights{0.25, func(x []float64) float64 {
		return math.Log(1 + 30*math.Abs(x[0]+2*x[1]-0.3))
	}}
	g := unitCube(t, 2, 9)
	g.Axes[0].Ends[0], g.Axes[1].Ends[1] = mesh.Open, mesh.Open
	features := []Feature{{[]float64{-0.4, 0.2}, []float64{1e-3, 1e-3}}}
	one := must[*Operator](t)(Assemble(g, f, Options{Threads: 1, Features: features}))
	if one.Hard == 0 {
		t.Fatal("no hard cells")
	}
	for _, threads := range []int{2, 3, 7} {
		many := must[*Operator](t)(Assemble(g, f, Options{Threads: threads, Features: features}))
		if many.Hard != one.Hard || many.MassError != one.MassError ||
			many.ConductanceError != one.ConductanceError {
			t.Errorf("%d threads: %d hard cells, errors %g and %g, with one %d, %g and %g", threads,
				many.Hard, many.MassError, many.ConductanceError, one.Hard, one.MassError,
				one.ConductanceError)
		}
		for i := range one.LogM {
			if one.LogM[i] != many.LogM[i] || one.Diag[i] != many.Diag[i] ||
				one.Removal[i] != many.Removal[i] ||
				one.Coupling[0][i] != many.Coupling[0][i] ||
				one.Coupling[1][i] != many.Coupling[1][i] {
				t.Fatalf("%d threads: cell %d differs", threads, i)
			}
		}
	}
}
