package plots

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
)

// profile shows densities on one axis as curves: the mass per unit of a coordinate s(q) against s.
// On cartesian axes and s = q that is ρ; in radial coordinates, where ρ next to the centre may be
// large on a share of nothing, it is r^{m−1}ρ up to a factor.
type profile struct {
	faces []float64 // s of the faces
	// by which ρ is the mass per unit of s: |C_i|/(s_{i+1} − s_i), in the unit that quantity names
	factor   []float64
	quantity string
	log      bool // s = log₁₀ q
	cellwise bool // s = ξ
	lo, hi   float64
}

// midpoints returns s in the middle of the cells.
func (p profile) midpoints() []float64 { return Axis{Faces: p.faces}.midpoints() }

// values returns the mass per unit of s.
func (p profile) values(density []float64) []float64 {
	return floats.MulTo(make([]float64, len(density)), p.factor, density)
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

// newProfile is the mass per unit of s against s, given on the faces.
func (g Grid) newProfile(faces []float64, unit float64, quantity string) profile {
	factor := Axis{Faces: faces}.widths()
	for i, width := range factor {
		factor[i] = g.Volume[i] / (width * unit)
	}
	return profile{faces: faces, factor: factor, quantity: quantity}
}

// linearProfile is ρ, or the mass per unit of q, against q. They are the same where the volume of
// every cell is its width.
func (g Grid) linearProfile() profile {
	const rounding = 1e-9
	a := g.Axes[0]
	p := g.newProfile(a.Faces, 1, "mass per unit of "+a.symbol())
	if floats.EqualFunc(g.Volume, a.widths(), func(volume, width float64) bool {
		return math.Abs(volume-width) <= rounding*width
	}) {
		p.factor, p.quantity = ones(a.cells()), "ρ"
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
	p := g.newProfile(log10s(a.Faces), math.Ln10, "mass per unit of log "+a.symbol())
	if a.first() == 0 {
		p.faces[0], p.factor[0] = p.faces[1]-1, math.NaN()
	}
	p.log = true
	p.lo, p.hi = math.Log10(max(lo, a.Faces[1])), math.Log10(hi)
	return p, p.lo < p.hi
}

// cellProfile is the mass of the cells against ξ.
func (g Grid) cellProfile() profile {
	p := g.newProfile(g.Axes[0].gradedAxis().Faces, 1, "mass per cell")
	p.cellwise = true
	return p
}

// gradedProfile is ρ against ξ, or the mass per cell where logDecades below the peak of ρ do not
// reach down to all that has mass.
func (g Grid) gradedProfile(densities [][]float64) profile {
	a := g.Axes[0]
	p := g.cellProfile()
	lo, hi := g.window(0, coverage, densities)
	least := math.Inf(1)
	_, most := positiveRange(densities...)
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
	highest, heaviest := 0.0, p.heaviest(densities)
	for _, density := range densities {
		_, peak := positiveRange(p.values(density))
		highest = max(highest, peak)
	}
	if highest == 0 {
		return 1, false
	}
	top = highest
	for _, density := range densities {
		values := p.values(density)
		if _, peak := positiveRange(values); peak > 0 && p.mass(values) > 0 {
			top = min(top, peakRatio*peak*(heaviest/p.mass(values)))
		}
	}
	return top, top < highest
}

// heaviest returns the largest mass of the densities.
func (p profile) heaviest(densities [][]float64) (mass float64) {
	for _, density := range densities {
		mass = max(mass, p.mass(p.values(density)))
	}
	return mass
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
	heaviest := p.heaviest(densities)
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
