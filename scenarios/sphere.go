package scenarios

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"fpsgd/mesh"
	"fpsgd/operators/elementary"
)

// longOnSphere is how many operations a formula may have that is integrated over spheres, by the
// number of axes: on three at some million points, in a second.
var longOnSphere = [...]int{1: math.MaxInt, 2: 500, 3: 100}

// measureFar decides from values of f whether π is integrable far out. The integral of π over the
// sphere |θ| = R (the surface of a cube or a cylinder where these are what the coordinates have)
// must fall faster than 1/R. It is integrated with a search for its maxima, as most of it may be in
// valleys of f that no ray follows: 1 + (y − x²)² is 1 on a parabola.
func (s *Scenario) measureFar() Integrability {
	e := newExplorer(s)
	radii := []float64{1e2, 1e3, 1e4, 1e5, 1e6}
	switch len(e.Grid.Axes) {
	case 1:
		radii = radiiBetween(1e2, 1e8, 37)
	case 2:
		radii = radiiBetween(1e2, 1e6, 9)
	default:
		if i := e.measureBySup(radii); i.Integrable != nil || len(e.Grid.Axes) > 3 {
			return i
		}
		radii = radii[2:] // the verdict is by the last two slopes
	}
	if l, ok := e.Landscape.(*formulaLandscape); ok && l.Nodes() > longOnSphere[len(e.Grid.Axes)] {
		return Integrability{Reason: "f is too long a formula for integrals over spheres"}
	}
	logS := make([]float64, len(radii))
	for i, r := range radii {
		logS[i] = e.surfaceIntegral(r)
	}
	slopes := slopesOf(radii, logS)
	if v := e.verdict(slopes); v != 0 {
		return settled(v, "goes", slopes, radii)
	}
	return Integrability{Reason: "how the integral of π over the sphere |θ| = R goes with R has " +
		"not settled, or is near the critical R⁻¹"}
}

// settled is that the integral of π over the sphere |θ| = R goes like a power of R, or is at most
// or at least like it, by which π is integrable (−1) or not (1).
func settled(verdict int, how string, slopes, radii []float64) Integrability {
	last, slope := len(radii)-1, "−1000 or faster"
	if q := slopes[last-1]; !(q < -1e3) {
		slope = fmt.Sprintf("%.3g", q)
	}
	return Integrability{Integrable: new(verdict < 0),
		Reason: fmt.Sprintf("the integral of π over the sphere |θ| = R %s like R^%s at R = "+
			"%.0e, and R⁻¹ is critical", how, slope, radii[last])}
}

func radiiBetween(lo, hi float64, n int) []float64 {
	out := make([]float64, n)
	for i := range out {
		out[i] = lo * math.Pow(hi/lo, float64(i)/float64(n-1))
	}
	return out
}

func slopesOf(radii, logS []float64) []float64 {
	var out []float64
	for i := 1; i < len(radii); i++ {
		out = append(out, (logS[i]-logS[i-1])/math.Log(radii[i]/radii[i-1]))
	}
	return out
}

// verdict returns −1 where exponents of R say that an integral over R converges, 1 where it
// diverges and 0 where they leave it open: over the second half of the radii they must be clear of
// −1 and have settled, or move on away from it.
func (e *explorer) verdict(slopes []float64) int {
	last := slopes[min(len(slopes)/2, max(len(slopes)-2, 0)):] // half of them, and two at least
	clear := clearance * float64(e.Grid.Coordinates.Dimension())
	settled, falling, rising := true, true, true
	for i, q := range last {
		if math.IsNaN(q) || math.IsInf(q, 1) {
			return 0
		}
		if i == 0 || math.IsInf(q, -1) {
			continue
		}
		change := q - last[i-1]
		settled = settled && math.Abs(change) <= unsettled*max(1, math.Abs(q))
		falling = falling && change <= 0
		rising = rising && change >= 0
	}
	switch least, most := slices.Min(last), slices.Max(last); {
	case most < -1-clear && (settled || falling):
		return -1
	case least > -1+clear && (settled || rising):
		return 1
	}
	return 0
}

// patches returns the surface |θ| = R where |θ| is a coordinate, else that of the cube or cylinder
// of half-width R, in parts: one coordinate, not held, is fixed, the others are in ranges.
func (e *explorer) patches(r float64) (out []part) {
	c := e.Grid.Coordinates
	norm, n := mesh.NormAxis(c), len(e.Grid.Axes)
	p := part{make([]float64, n), make([]float64, n)}
	for k := range p.lo {
		p.lo[k], p.hi[k] = max(-r, mesh.DomainOf(c, k).Min), r
		if norm >= 0 && k != norm {
			p.lo[k], p.hi[k] = e.Grid.Axes[k].Range()
		}
	}
	for k := range p.lo {
		if norm >= 0 && k != norm {
			continue
		}
		for _, v := range []float64{r, -r} {
			if v > 0 || p.lo[k] < 0 {
				face := part{slices.Clone(p.lo), slices.Clone(p.hi)}
				face.lo[k], face.hi[k] = v, v
				out = append(out, face)
			}
		}
	}
	return out
}

// surfaceIntegral returns log ∫ π J over the surface at a distance R.
func (e *explorer) surfaceIntegral(r float64) float64 {
	total := math.Inf(-1)
	for _, p := range e.patches(r) {
		var free []int
		for k := range p.lo {
			if p.lo[k] < p.hi[k] {
				free = append(free, k)
			}
		}
		total = elementary.LogAdd(total, e.integrate(&p, slices.Clone(p.lo), free))
	}
	return total
}

// integrate returns log ∫ π J over the free coordinates of a patch, the others being those of a
// point.
func (e *explorer) integrate(p *part, point []float64, free []int) float64 {
	if len(free) == 0 { // one axis
		return e.logMass(point, 0, point)[0]
	}
	k := free[0]
	effort := thorough
	if len(free) > 1 || len(point) > 2 {
		effort = rough
	}
	return effort.logIntegral(p.lo[k], p.hi[k], func(t []float64) []float64 {
		if len(free) == 1 {
			return e.logMass(point, k, t)
		}
		out := make([]float64, len(t))
		for i, v := range t {
			point[k] = v
			out[i] = e.integrate(p, point, free[1:])
		}
		return out
	})
}

// logMass returns log πJ where coordinate k has the values t and the others are those of a point.
func (e *explorer) logMass(point []float64, k int, t []float64) []float64 {
	held := copies(point, len(t))
	copy(held[k], t)
	shift := 0.0
	for j, q := range point {
		if j != k {
			shift += e.Grid.Coordinates.LogJ(j, q, math.Log(math.Abs(q)))
		}
		if e.Grid.Axes[j].Log {
			for i, q := range held[j] {
				held[j][i] = math.Log(q)
			}
		}
	}
	out := e.logPi(held)
	for i, q := range t {
		out[i] += shift + e.Grid.Coordinates.LogJ(k, q, math.Log(math.Abs(q)))
	}
	return out
}

// effort is how much an integral over a line may cost: the numbers of its even and its graded
// samples, of the maxima that are looked for, the samples and the rounds of a refinement, and the
// step of the logarithm of the distance from a maximum.
type effort struct {
	even, graded, peaks, samples, rounds int
	step                                 float64
}

var (
	thorough = effort{64, 44, 8, 17, 14, 0.25}
	rough    = effort{16, 16, 2, 9, 12, 1}
)

// logIntegral returns log ∫ e^g from lo to hi, NaN where g is none. Maxima of g are looked for
// among samples that accumulate at 0 and at the ends, and narrowed down; between these, ∫ e^g δ
// d(log δ) is summed in the logarithm of the distance δ from the nearer one.
func (f effort) logIntegral(lo, hi float64, g func(t []float64) []float64) float64 {
	breaks := append(f.maxima(lo, hi, g), lo, hi)
	slices.Sort(breaks)
	breaks = slices.Compact(breaks)
	var t, logWeight []float64
	closest := make([][]int, len(breaks)) // samples to every break
	for i := 1; i < len(breaks); i++ {
		a, b := breaks[i-1], breaks[i]
		half, depth := (b-a)/2, 38.0 // down to rounding, which is finer around 0
		if a == 0 || b == 0 {
			depth = 76
		}
		for j := range int(depth / f.step) {
			delta := half * math.Exp(-f.step*float64(j))
			w := math.Log(f.step * delta)
			if j == 0 {
				w -= math.Ln2
			}
			t = append(t, a+delta, b-delta)
			logWeight = append(logWeight, w, w)
		}
		closest[i-1], closest[i] = append(closest[i-1], len(t)-2), append(closest[i], len(t)-1)
	}
	values := g(append(t, breaks...))
	total := math.Inf(-1)
	for i, w := range logWeight {
		if math.IsNaN(values[i]) {
			return values[i]
		}
		total = elementary.LogAdd(total, values[i]+w)
	}
	for i, top := range values[len(t):] {
		for _, k := range closest[i] {
			if top-values[k] > 1 {
				return math.NaN() // a maximum narrower than rounding
			}
		}
	}
	return total
}

// maxima returns where g is largest locally, the largest first and no more than asked for.
func (f effort) maxima(lo, hi float64, g func(t []float64) []float64) []float64 {
	t := f.places(lo, hi)
	v := g(t)
	type peak struct{ lo, hi, value float64 }
	var peaks []peak
	for i := range t {
		if (i == 0 || v[i] >= v[i-1]) && (i == len(t)-1 || v[i] > v[i+1]) {
			peaks = append(peaks, peak{t[max(i-1, 0)], t[min(i+1, len(t)-1)], v[i]})
		}
	}
	slices.SortStableFunc(peaks, func(a, b peak) int { return cmp.Compare(b.value, a.value) })
	var out []float64
	for _, p := range peaks[:min(f.peaks, len(peaks))] {
		for range f.rounds {
			x := make([]float64, f.samples)
			for i := range x {
				x[i] = p.lo + (p.hi-p.lo)*float64(i)/float64(f.samples-1)
			}
			best := 0
			for i, w := range g(x) {
				if w > p.value || i == 0 {
					best, p.value = i, w
				}
			}
			p.lo, p.hi = x[max(best-1, 0)], x[min(best+1, len(x)-1)]
		}
		at := p.lo + (p.hi-p.lo)/2
		next := lo < 0 && hi > 0 && math.Abs(at) < 1e-9*(hi-lo)
		if v := g([]float64{at, 0}); next && v[1] >= v[0] {
			at = 0
		}
		out = append(out, at)
	}
	return out
}

// places returns evenly spaced points and such as accumulate at the ends and at 0.
func (f effort) places(lo, hi float64) []float64 {
	length := hi - lo
	var t []float64
	for i := range f.even {
		t = append(t, lo+length*(float64(i)+0.5)/float64(f.even))
	}
	for j := 1; j <= f.graded; j++ {
		d := length / 2 * math.Exp2(-float64(j)*44/float64(f.graded))
		t = append(t, lo+d, hi-d)
		if lo < 0 && hi > 0 {
			t = append(t, d, -d)
		}
	}
	slices.Sort(t)
	return slices.Compact(t)
}

// measureBySup decides without the integral, which costs much over a surface of two dimensions and
// too much over one of three: π is not integrable if R^{d−1} times its mean over directions taken
// at random falls slower than 1/R, and it is, where there is no integral to be had, if R^{d−1} max
// π falls faster.
func (e *explorer) measureBySup(radii []float64) Integrability {
	sup, mean := make([]float64, len(radii)), make([]float64, len(radii))
	area := float64(e.Grid.Coordinates.Dimension() - 1)
	for i, r := range radii {
		sup[i], mean[i] = e.supAndMean(r)
		sup[i] += area * math.Log(r)
		mean[i] += area * math.Log(r)
	}
	upper, lower := slopesOf(radii, sup), slopesOf(radii, mean)
	switch {
	case len(e.Grid.Axes) > 3 && e.verdict(upper) < 0:
		return settled(-1, "is at most", upper, radii)
	case e.verdict(lower) > 0:
		return settled(1, "is at least", lower, radii)
	}
	return Integrability{Reason: "between what its maximum and its mean over the sphere |θ| = R " +
		"say, the integral of π is left open"}
}

// supAndMean returns the largest log π found on the surface at a distance R and the logarithm of
// the mean of π. Climbs may end in a valley of f short of its lowest place: the largest is NaN
// unless several of them came to it.
func (e *explorer) supAndMean(r float64) (sup, logMean float64) {
	const starts, samples, several, near = 12, 256, 3, 0.5
	random := rand.New(rand.NewPCG(3, 4))
	logMean = math.Inf(-1)
	var tops []float64
	count := 0.0
	for _, p := range e.patches(r) {
		for k := range p.lo {
			if p.lo[k] == p.hi[k] && e.Grid.Axes[k].Log {
				p.lo[k] = math.Log(p.lo[k])
				p.hi[k] = p.lo[k]
			}
		}
		for i := range samples {
			point := p.center()
			if i > 0 {
				point = p.place(func(int) float64 { return random.Float64() })
			}
			logMean = elementary.LogAdd(logMean, e.at(point))
			count++
			if i < starts && len(point) > 3 {
				tops = append(tops, e.persist(point, &p))
			}
		}
	}
	logMean -= math.Log(count)
	slices.Sort(tops)
	if n := len(tops); n < several || !(tops[n-1]-tops[n-several] <= near) {
		return math.NaN(), logMean
	}
	return tops[len(tops)-1], logMean
}

// persist climbs from where the last climb has ended, with steps of all sizes, until that is no
// use.
func (e *explorer) persist(from []float64, within *part) float64 {
	const rounds, use = 12, 1e-3
	last := math.Inf(-1)
	for round := range rounds {
		step := within.quarter()
		for k := range step {
			step[k] *= math.Pow(10, -2*float64(round%4))
		}
		var top float64
		from, top = e.climb(from, step, 1, within)
		if round >= 4 && !(top > last+use) {
			return top
		}
		last = top
	}
	return last
}
