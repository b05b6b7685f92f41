package scenarios

import (
	"math"
	"math/rand/v2"
	"testing"

	"fpsgd/mesh"
)

// smooth is a random trigonometric polynomial in the plane, s(x) = Σ a cos(k·x + φ), small enough
// that e^s is tame.
type smooth struct{ a, k, l, phase [3]float64 }

func newSmooth(r *rand.Rand) smooth {
	var s smooth
	for i := range s.a {
		s.a[i], s.k[i], s.l[i], s.phase[i] = 0.5*r.Float64(), r.NormFloat64(), r.NormFloat64(),
			6*r.Float64()
	}
	return s
}

// at returns the function and its derivatives s, s_x, s_y, s_xx + s_yy.
func (s smooth) at(x, y float64) (v, dx, dy, laplace float64) {
	for i, a := range s.a {
		c, sin := math.Cos(s.k[i]*x+s.l[i]*y+s.phase[i]), math.Sin(s.k[i]*x+s.l[i]*y+s.phase[i])
		v += a * c
		dx -= a * s.k[i] * sin
		dy -= a * s.l[i] * sin
		laplace -= a * (s.k[i]*s.k[i] + s.l[i]*s.l[i]) * c
	}
	return
}

// expLandscape is f = e^s.
type expLandscape struct{ s smooth }

func (l expLandscape) String() string { return "e^s" }
func (l expLandscape) LogF(dst []float64, p *mesh.Points) error {
	x, y := p.Var("x"), p.Var("y")
	for i := range dst {
		dst[i], _, _, _ = l.s.at(x[i], y[i])
	}
	return nil
}

// The weights stand for the Kolmogorov equation of the SDE: with f = e^s, ρ = e^r and the weights
// of each noise model,
//
//	div( e^κ ∇(ρ/π) ) = div(ρ∇f) + Δ(Dρ),    D = ε f (ML), ε (homogeneous),
//
// at random points. The left side is formed by central differences of the weights of step h, of
// error O(h²), the right side from derivatives in closed form.
func TestWeightsGiveTheKolmogorovEquation(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	c, err := mesh.NewCoordinates("cartesian", 2)
	if err != nil {
		t.Fatal(err)
	}
	axis, err := mesh.Uniform("x", 2, -1, 1)
	if err != nil {
		t.Fatal(err)
	}
	g, err := mesh.NewGrid(c, []mesh.Axis{axis, axis})
	if err != nil {
		t.Fatal(err)
	}
	for range 200 {
		eps := math.Exp(r.NormFloat64())
		f, rho := expLandscape{newSmooth(r)}, newSmooth(r)
		x, y := r.NormFloat64(), r.NormFloat64()
		homogeneous := r.IntN(2) == 0
		var w interface {
			LogWeights(logPi, kappa []float64, p *mesh.Points) error
		} = MLWeights{f, eps}
		if homogeneous {
			w = HomogeneousWeights{f, eps}
		}
		left := func(h float64) float64 { return flux5(t, g, w, rho, x, y, h) }
		got := (4*left(5e-3) - left(1e-2)) / 3 // Richardson: error O(h⁴)
		want, size := kolmogorov(f.s, rho, eps, homogeneous, x, y)
		if math.Abs(got-want) > 1e-5*size { // h⁴ = 6e-10 times derivatives of order 6, up to 1e4
			t.Errorf("ε = %.3g, homogeneous %v: %.10g, want %.10g", eps, homogeneous, got, want)
		}
	}
}

// flux5 returns div( e^κ ∇(ρ/π) ) at a point by central differences on five points.
func flux5(t *testing.T, g *mesh.Grid, w interface {
	LogWeights(logPi, kappa []float64, p *mesh.Points) error
}, rho smooth, x, y, h float64) float64 {
	dx := []float64{0, 1, -1, 0, 0, .5, -.5, 0, 0}
	dy := []float64{0, 0, 0, 1, -1, 0, 0, .5, -.5}
	xs, ys := make([]float64, 9), make([]float64, 9)
	for i := range xs {
		xs[i], ys[i] = x+h*dx[i], y+h*dy[i]
	}
	p := mesh.NewPoints(g)
	p.Set([][]float64{xs, ys})
	logPi, kappa, u := make([]float64, 9), make([]float64, 9), make([]float64, 9)
	if err := w.LogWeights(logPi, kappa, p); err != nil {
		t.Fatal(err)
	}
	for i := range u {
		v, _, _, _ := rho.at(xs[i], ys[i])
		u[i] = math.Exp(v - logPi[i])
	}
	sum := 0.0
	for k := 1; k <= 4; k++ {
		sum += math.Exp(kappa[k+4]) * (u[k] - u[0])
	}
	return sum / (h * h)
}

// kolmogorov returns div(ρ∇f) + Δ(Dρ) and the size of its terms.
func kolmogorov(f, rho smooth, eps float64, homogeneous bool, x, y float64) (value, size float64) {
	s, sx, sy, sl := f.at(x, y)
	v, vx, vy, vl := rho.at(x, y)
	fv, r := math.Exp(s), math.Exp(v)
	fl := fv * (sl + sx*sx + sy*sy)
	dot := fv * (sx*vx + sy*vy)
	drift := r * (dot + fl)
	diffusion := eps * r * (vl + vx*vx + vy*vy)
	if !homogeneous {
		diffusion = eps * fv * r * (sl + vl + (sx+vx)*(sx+vx) + (sy+vy)*(sy+vy))
	}
	return drift + diffusion, math.Abs(drift) + math.Abs(diffusion) + eps*fv*r + eps*r
}
