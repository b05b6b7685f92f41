package operators

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// climber tells a singularity of π within a cell, toward which it grows without bound, from a kink,
// a jump or a steep place.
//
// It climbs: around the largest of three samples along every axis of a box it takes a box half as
// large, and so on. Toward a singularity |θ|^{−a} every level adds a log 2 to log π, toward one of
// a logarithm about 1/k; toward a kink, a jump or a maximum what a level adds is at least halved
// each time.
type climber struct{ samples }

// Levels of a climb: climbs where its answer is an error, shortClimb where an integral follows that
// tells. stillGrowing is the share of what log π grew by in the first half of them that it must
// grow by in the second to have no bound, and atLeast what it must grow by in any case. A climb
// begins with a box of firstClimb of the cell at least.
const (
	climbs       = 40
	shortClimb   = 16
	firstClimb   = 1e-3
	stillGrowing = 0.05
	atLeast      = 1e-6
)

// bounded reports whether π has a bound near a box of a cell.
func (c *climber) bounded(cell, b box, levels int) bool {
	for k := range c.held {
		width := cell.hi[k] - cell.lo[k]
		least := min(width, max(firstClimb*width, b.last(k)*(1<<24)))
		if b.hi[k]-b.lo[k] < least { // no sample must begin in the middle, where a singularity is
			centre := (b.lo[k] + b.hi[k]) / 2
			b.lo[k] = max(cell.lo[k], centre-0.29*least)
			b.hi[k] = min(cell.hi[k], centre+0.71*least)
		}
	}
	peaks, top := []float64{}, math.Inf(-1)
	for range levels {
		if c.sample(b) != nil {
			return false
		}
		peak := floats.MaxIdx(c.logPi)
		if top = math.Max(top, c.logPi[peak]); math.IsNaN(top) || math.IsInf(top, 1) {
			return false
		}
		if peaks = append(peaks, top); b.indivisible(len(c.held)) {
			break
		}
		for k := range c.held {
			quarter, at := (b.hi[k]-b.lo[k])/4, c.held[k][peak]
			b.lo[k] = max(cell.lo[k], at-quarter)
			b.hi[k] = min(cell.hi[k], at+quarter)
		}
	}
	middle := peaks[len(peaks)/2]
	ofKinks := math.Exp2(1 - float64(len(peaks))/2)
	share := max(stillGrowing, ofKinks)
	return !(top-middle > max(atLeast, share*(middle-peaks[0])))
}

// sample evaluates log π at three points along every axis of a box: in the middle and near both
// ends.
func (c *climber) sample(b box) error {
	for k := range c.held {
		width := b.hi[k] - b.lo[k]
		at := []float64{b.lo[k] + width/8, b.lo[k] + width/2, b.hi[k] - width/8}
		spread(c.held[k], at, pow(3, len(c.held)-1-k))
	}
	return c.evaluate()
}
