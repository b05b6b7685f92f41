package ensemble

import (
	"fmt"
	"math"
	"reflect"
	"testing"
)

// Brownian motion on |x| < 1 from 0 has survived to t with the probability Σ (−1)^k 4/((2k+1)π)
// e^{−ε((2k+1)π/2)² t}, also by steps that are long: on a line of half of the plane the probability
// of the bridge is exact. In the plane within a circle the steps are shorter, as a circle is no
// line: e^{−j²εt} 2/(j J₁(j)), j = 2.4048, and less. With the drift 1 a wall at 1 has absorbed by
// t = 1, for ε = ½, Φ(0) + e²Φ(−2).
//
// All within three standard errors of 20,000: ε + 5 % moves the interval by 7, a disc by 6. Of a
// constant f no other drift is to be seen, and that is what the last case is for.
func TestWallsAbsorb(t *testing.T) {
	const particles, end, epsilon = 20000, 1.0, 0.5
	interval := 0.0
	for k := range 20 {
		odd := float64(2*k + 1)
		interval += math.Pow(-1, float64(k)) * 4 / (odd * math.Pi) *
			math.Exp(-epsilon*math.Pow(odd*math.Pi/2, 2)*end)
	}
	disc := 0.0
	for _, j := range []float64{2.404825557695773, 5.520078110286311, 8.653727912911013} {
		disc += 2 / (j * math.J1(j)) * math.Exp(-j*j*epsilon*end)
	}
	flat, drifting := polynomial{{}: 1}, polynomial{{}: 100, {1}: -1}
	byNoise, byDrift := Mutants()[:2], Mutants()[2:]
	for _, c := range []struct {
		name    string
		f       polynomial
		walls   []Wall
		start   []float64
		steps   int64
		want    float64
		mutants []Mutant
	}{
		{"interval", flat, []Wall{{0, 1, false, -1, false}, {0, 1, false, 1, true}}, []float64{0},
			20, interval, byNoise},
		{"folded interval", flat, []Wall{{0, 1, true, 1, true}}, []float64{0}, 20, interval,
			byNoise},
		{"disc", flat, []Wall{{0, 2, true, 1, true}}, []float64{0, 0}, 100, disc, byNoise},
		{"drift", drifting, []Wall{{0, 1, false, 1, true}}, []float64{0}, 20,
			0.5 - math.Exp(2)*math.Erfc(math.Sqrt2)/2, byDrift},
	} {
		oneSided := c.name == "drift"
		m := Method{Field: c.f.field(len(c.start)), Dimension: len(c.start), Homogeneous: oneSided,
			Epsilon: epsilon, Step: end / float64(c.steps), Walls: c.walls}
		beyond := func(x, y float64) bool { return x >= 1 || math.Hypot(x, y) >= 1 && !oneSided }
		allowed := 3 * math.Sqrt(c.want*(1-c.want)/particles)
		judge(t, c.name, c.mutants, func(of func(Method) Method) (faults []string) {
			e := at(particles, 3, c.start...)
			advance(t, e, of(m), c.steps, 2)
			gone := int64(0)
			for _, x := range e.X[0] {
				if math.IsNaN(x) {
					gone++
				} else if beyond(x, 0) {
					t.Fatalf("%s: a particle is at %g", c.name, x)
				}
			}
			alive := 1 - float64(e.Gone)/particles
			if gone != e.Gone || math.Abs(alive-c.want) > allowed {
				faults = append(faults, fmt.Sprintf("%.4f are left, want %.4f ± %.4f; %d counted "+
					"of %d", alive, c.want, allowed, e.Gone, gone))
			}
			return faults
		})
		// without the bridges too many are left
		met := 0
		plain := at(particles, 3, c.start...)
		m.Walls = nil
		out := make([]bool, particles)
		for range c.steps {
			advance(t, plain, m, 1, 1)
			for i, x := range plain.X[0] {
				y := 0.0
				if len(plain.X) > 1 {
					y = plain.X[1][i]
				}
				if !out[i] && beyond(x, y) {
					out[i] = true
					met++
				}
			}
		}
		if without := 1 - float64(met)/particles; without < c.want+2*allowed {
			t.Errorf("%s: without bridges %.4f are left", c.name, without)
		}
	}
}

// Walls take the same particles on any number of threads, and in steps that are divided.
func TestWallsDoNotDependOnThreads(t *testing.T) {
	f := polynomial{{}: 1, {2}: 4}
	m := Method{Field: f.field(1), Dimension: 1, Epsilon: 0.6, Step: 0.1, Controlled: true,
		Walls: []Wall{{0, 1, false, 1.5, true}}}
	first := at(2*width+9, 5, 1)
	advance(t, first, m, 10, 1)
	if first.Gone == 0 || first.Divided == 0 {
		t.Errorf("%d are gone, %d steps were divided", first.Gone, first.Divided)
	}
	for _, threads := range []int{2, 5} {
		e := at(2*width+9, 5, 1)
		advance(t, e, m, 4, threads)
		advance(t, e, m, 6, threads)
		for i, x := range e.X[0] {
			if y := first.X[0][i]; math.Float64bits(x) != math.Float64bits(y) {
				t.Fatalf("%d threads: particle %d at %g, want %g", threads, i, x, y)
			}
		}
		e.X, first.X = nil, nil
		if !reflect.DeepEqual(e, first) {
			t.Errorf("%d threads: %+v, want %+v", threads, e, first)
		}
		first = at(2*width+9, 5, 1)
		advance(t, first, m, 10, 1)
	}
}
