package operators

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
)

// Feature is a place at which f varies on a scale of its own, as next to a minimum narrower than a
// cell: the quadrature of the cell it lies in starts from boxes of that size around it, so that it
// cannot be missed between two nodes.
type Feature struct {
	At    []float64 // held coordinates
	Width []float64 // along every axis, the half-width over which log f changes by about 1
}

// feature is a Feature on a grid: on a periodic axis it repeats itself.
type feature struct {
	Feature
	period [4]float64 // of a periodic axis, else 0
	// resolved says that the nodes of a finer grid see it: one need not look for it as for what
	// might lie between any two points.
	resolved bool
}

const (
	// FeatureReach is how far around a feature the quadrature resolves f, in widths: at 6 of them a
	// Gaussian is 1e-16.
	FeatureReach = 6.0

	featureBox = 2.0  // widths that a box within reach may have
	leastWidth = 1e-9 // of the place along an axis: less is lost in its rounding
)

// features are those of f, or those near a place.
type features []feature

// newFeatures checks features against a grid.
func newFeatures(g *mesh.Grid, given []Feature, finer *Finer) (features, error) {
	var out features
	for _, f := range given {
		if len(f.At) != len(g.Axes) || len(f.Width) != len(g.Axes) {
			return nil, fmt.Errorf("a feature of f at %v of width %v: it needs a place "+
				"and a width along each of the %d axes", f.At, f.Width, len(g.Axes))
		}
		x := feature{Feature: f, resolved: finer.resolves(&f)}
		for k := range g.Axes {
			axis := &g.Axes[k]
			if axis.Periodic {
				lo, hi := axis.Range()
				x.period[k] = hi - lo
			}
			if !(f.Width[k] > leastWidth*math.Abs(f.At[k])) || math.IsNaN(f.At[k]) {
				return nil, fmt.Errorf("f varies at %s = %.9g on a scale of %.1e, "+
					"which cannot be resolved in floating point", axis.Name, f.At[k], f.Width[k])
			}
		}
		out = append(out, x)
	}
	return out, nil
}

// distance returns how far along axis k an interval is from the feature, 0 where it contains it.
func (f *feature) distance(k int, lo, hi float64) float64 {
	away := func(at float64) float64 { return max(0, lo-at, at-hi) }
	d := away(f.At[k])
	if period := f.period[k]; period > 0 {
		d = min(d, away(f.At[k]-period), away(f.At[k]+period))
	}
	return d
}

// near reports whether a box in d axes comes within reach of the feature.
func (f *feature) near(b *box, d int) bool {
	for k := range d {
		if f.distance(k, b.lo[k], b.hi[k]) > FeatureReach*f.Width[k] {
			return false
		}
	}
	return true
}

// unresolved keeps those that no finer grid resolves, and reports whether there are others.
func (all features) unresolved() (kept features, others bool) {
	kept = slices.DeleteFunc(all, func(f feature) bool { return f.resolved })
	return kept, len(kept) < len(all)
}

// demands returns, as bits, the axes along which any of the features wants a box bisected.
func (all features) demands(b *box, d int) int {
	bits := 0
	for _, f := range all {
		for k := range d {
			if b.hi[k]-b.lo[k] > featureBox*f.Width[k] && f.near(b, d) {
				bits |= 1 << k
			}
		}
	}
	return bits
}

// near appends to dst the features that a box comes within reach of.
func (all features) near(dst features, b *box, d int) features {
	for _, f := range all {
		if f.near(b, d) {
			dst = append(dst, f)
		}
	}
	return dst
}
