package plots

import (
	"math"
	"slices"
)

// profile shows densities on one axis as curves: the mass per unit of a coordinate s(q) against s.
// On cartesian axes and s = q that is ρ; in radial coordinates, where ρ next to the centre may be
// large on a share of nothing, it is r^{m−1}ρ up to a factor.
type profile struct {
	faces []float64 // s of the faces
	// by which ρ is the mass per unit of s: |C_i|/(s_{i+1} − s_i), in the unit that quantity names
	factor   []float64
	symbol   string
	quantity string
	log      bool // s = log₁₀ q
	cellwise bool // s = ξ
	lo, hi   float64
}

// midpoints returns s in the middle of the cells.
func (p profile) midpoints() []float64 { return Axis{Faces: p.faces}.midpoints() }

// values returns the mass per unit of s.
func (p profile) values(density []float64) []float64 {
	out := make([]float64, len(density))
	for i, rho := range density {
		out[i] = p.factor[i] * rho
	}
	return out
}

// bestProfile returns the first of the coordinates q, log q and ξ in which linear scales show every
// one of the densities, around the mass of these and others.
func (g Grid) bestProfile(densities, others [][]float64) profile {
	lo, hi := g.window(0, coverage, slices.Concat(densities, others))
	linear := g.linearProfile()
	linear.lo, linear.hi = lo, hi
	if linear.shows(densities) {
		return linear
	}
	if p, ok := g.logProfile(lo, hi); ok && p.shows(densities) {
		return p
	}
	a := g.Axes[0]
	p := g.cellProfile()
	p.lo, p.hi = a.graded(lo), a.graded(hi)
	return p
}

// linearProfile is ρ, or the mass per unit of q, against q.
func (g Grid) linearProfile() profile {
	a := g.Axes[0]
	p := profile{faces: a.Faces, symbol: a.symbol(), quantity: "ρ", factor: ones(a.cells())}
	if !g.unitArea() {
		p.quantity = "mass per unit of " + a.symbol()
		for i := range p.factor {
			p.factor[i] = g.Volume[i] / (a.Faces[i+1] - a.Faces[i])
		}
	}
	return p
}

// logProfile is the mass per unit of log q against log₁₀ q, of q between lo and hi; a first cell
// that reaches down to q = 0 is left out. It is false if that is no range of a positive coordinate.
func (g Grid) logProfile(lo, hi float64) (profile, bool) {
	a := g.Axes[0]
	if a.first() < 0 || a.cells() < 2 {
		return profile{}, false
	}
	p := profile{symbol: a.symbol(), quantity: "mass per unit of log " + a.symbol(), log: true}
	for i, q := range a.Faces {
		p.faces = append(p.faces, math.Log10(q))
		if i > 0 {
			p.factor = append(p.factor, g.Volume[i-1]/((p.faces[i]-p.faces[i-1])*math.Ln10))
		}
	}
	if a.first() == 0 {
		p.faces[0], p.factor[0] = p.faces[1]-1, math.NaN()
	}
	p.lo, p.hi = math.Log10(max(lo, a.Faces[1])), math.Log10(hi)
	return p, p.lo < p.hi
}

// cellProfile is the mass of the cells against ξ.
func (g Grid) cellProfile() profile {
	a := g.Axes[0]
	return profile{faces: a.gradedAxis().Faces, factor: g.Volume, symbol: a.symbol(),
		quantity: "mass per cell", cellwise: true}
}

// gradedProfile is ρ against ξ, or the mass per cell where logDecades below the peak of ρ do not
// reach down to all that has mass.
func (g Grid) gradedProfile(densities [][]float64) profile {
	a := g.Axes[0]
	p := g.cellProfile()
	p.lo, p.hi = 0, float64(a.cells())
	lo, hi := g.window(0, coverage, densities)
	least, most := math.Inf(1), 0.0
	for _, density := range densities {
		_, peak := positiveRange(density)
		most = max(most, peak)
	}
	for i, q := range a.midpoints() {
		if v := densities[len(densities)-1][i]; v > 0 && q >= lo && q <= hi {
			least = min(least, v)
		}
	}
	if most > 0 && math.Log10(most)-math.Log10(least) <= logDecades {
		p.factor, p.quantity = ones(a.cells()), "ρ"
	}
	return p
}

// peakRatio is how much higher than the broadest density the others may be before they are cut: a
// narrow initial density would leave nothing to see of the later ones.
const peakRatio = 6

// top returns the upper end of a linear scale for the densities: their highest value, but no more
// than peakRatio times that of the broadest, of equal masses, which would not be seen beside a
// higher one.
func (p profile) top(densities [][]float64) (top float64, cut bool) {
	var peaks, masses []float64
	highest, heaviest := 0.0, 0.0
	for _, density := range densities {
		values := p.values(density)
		mass := p.mass(values)
		_, peak := positiveRange(values)
		peaks, masses = append(peaks, peak), append(masses, mass)
		highest, heaviest = max(highest, peak), max(heaviest, mass)
	}
	if highest == 0 {
		return 1, false
	}
	top = highest
	for k, peak := range peaks {
		if peak > 0 && masses[k] > 0 {
			top = min(top, peakRatio*peak*(heaviest/masses[k]))
		}
	}
	return top, top < highest
}

// How much of a panel a curve must fill to be seen: leastWidth of its width at leastHeight of its
// height or above.
const (
	leastWidth  = 0.05
	leastHeight = 0.05
)

// shows reports whether every density is seen between lo and hi on a linear scale, unless nearly
// all of its mass has gone.
func (p profile) shows(densities [][]float64) bool {
	if !(p.lo < p.hi) {
		return false
	}
	top, _ := p.top(densities)
	heaviest := 0.0
	for _, density := range densities {
		heaviest = max(heaviest, p.mass(p.values(density)))
	}
	for _, density := range densities {
		values := p.values(density)
		width := 0.0
		for i, v := range values {
			if v >= leastHeight*top {
				width += max(0, min(p.faces[i+1], p.hi)-max(p.faces[i], p.lo))
			}
		}
		if width < leastWidth*(p.hi-p.lo) && p.mass(values) > leastHeight*heaviest {
			return false
		}
	}
	return true
}

// mass integrates what is positive of the values.
func (p profile) mass(values []float64) float64 {
	sum := 0.0
	for i, v := range values {
		if v > 0 && drawable(v) {
			sum += v * (p.faces[i+1] - p.faces[i])
		}
	}
	return sum
}

func ones(n int) []float64 { return slices.Repeat([]float64{1}, n) }
