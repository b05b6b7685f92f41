package fpsgd

import (
	"fmt"
	"math"
	"slices"

	"fpsgd/mesh"
	"fpsgd/scenarios"
)

// farField is what the weights are like at the far ends of a grid, seen along rays that lead out
// there. In the logarithm τ of the distance, or, on a log axis with a width, in that of |log r|,
// the equation along a ray is
//
//	λ w u = −(c² w u')' + …,    log c² = κ − log π − log ε − 2 log |dθ/dτ|,
//	log w = (log π + κ)/2 + (m−1) log |θ|,
//
// a wave equation for Λ = λ/ε. If the speed c and the decay β = d log w/dτ settle, the essential
// spectrum begins at c²β²/4 where that is the same on all rays, and a domain of length T has its
// lowest eigenvalue about (π/T)² above. For f ~ c²|θ|² they settle.
type farField struct {
	reason string  // why they do not settle; "" if they do
	spread float64 // of log c² between the rays
	speed  float64 // c, of the slowest ray
	// c²β²/4, the least of all rays; NaN if these differ, and are not the two ends of a line
	edge  float64
	error float64 // of edge, by rounding
}

const (
	rayStep = 0.125 // of τ between points of a ray
	raySpan = 2.0   // of τ, in two windows
	// by which factor the change of log c² over a window must be smaller further out: a power law
	// is at e^{-1/2} or less
	settling    = 0.6
	almostThere = 0.1 // how large that change may be in the last one
	roundings   = 16 * 0x1p-53
	sameSpeed   = 0.01 // of log c², between rays whose c is taken for the same
)

// ray holds log c² and log w, outermost first, and how much of them is rounding.
type ray struct {
	logSpeed, logWeight []float64
	rounding            float64
}

// farFieldAt looks at the far ends of the grid of a problem.
func farFieldAt(s *scenarios.Scenario) (farField, error) {
	rays, err := farRays(s, farEndsOf(s.Grid))
	if err != nil {
		return farField{}, err
	}
	out := farField{edge: math.Inf(1)}
	slowest, fastest := math.Inf(1), math.Inf(-1)
	for _, r := range rays {
		if out.reason == "" {
			out.reason = r.unsettled(speedSquared(s))
		}
		slowest, fastest = math.Min(slowest, r.logSpeed[0]), math.Max(fastest, r.logSpeed[0])
		if edge, rounding := r.edge(); edge < out.edge {
			out.edge, out.error = edge, rounding
		}
	}
	out.spread, out.speed = fastest-slowest, math.Exp(slowest/2)
	if l := s.Angular; l > 0 {
		out.edge += float64(l*(l+s.Grid.Coordinates.Dimension()-2)) * math.Exp(slowest)
	}
	if out.spread > sameSpeed && len(s.Grid.Axes) > 1 || !farAlongAll(s.Grid) {
		out.edge = math.NaN()
	}
	return out, nil
}

// farAlongAll reports whether every axis but angles reaches far: |θ| then grows along every ray as
// in the whole space.
func farAlongAll(g *mesh.Grid) bool {
	far := farEndsOf(g)
	for k := range g.Axes {
		if len(far[k]) == 0 && !mesh.DomainOf(g.Coordinates, k).Bounded() {
			return false
		}
	}
	return true
}

// speedSquared names c² of a problem, and says what it means if that does not settle.
func speedSquared(s *scenarios.Scenario) (name, meaning string) {
	_, homogeneous := s.Noise.(scenarios.Homogeneous)
	a := &s.Grid.Axes[0]
	switch {
	case homogeneous:
		return "1/|θ|² (the noise is homogeneous)", "gaps of such problems do not depend on the " +
			"domain in this way"
	case a.Log && len(a.GradedEnds()) > 0 && a.GradedEnds()[0].Width > 0:
		return "f/(|θ| log |θ|)²", "if it falls for ever there is no such edge, and if it grows " +
			"for ever no essential spectrum"
	}
	return "f/|θ|²", "if it falls for ever there is no gap, and if it grows for ever no " +
		"essential spectrum"
}

// unsettled says why a ray is not that of a wave equation with constant coefficients, or nothing.
func (r *ray) unsettled(speed, meaning string) string {
	window := len(r.logSpeed) / 2
	last, before := spread(r.logSpeed[:window+1]), spread(r.logSpeed[window:])
	if last <= r.rounding || last <= settling*before && last <= almostThere {
		return ""
	}
	return fmt.Sprintf("the fit is for problems where %s has a limit far out, and at the end of "+
		"the longest domain it still changes by a factor "+
		"of %.6g over one unit of logarithmic length: %s", speed,
		math.Exp(r.logSpeed[0]-r.logSpeed[window]), meaning)
}

// edge returns c²β²/4 and its rounding error.
func (r *ray) edge() (value, rounding float64) {
	window, c2 := len(r.logWeight)/2, math.Exp(r.logSpeed[0])
	beta := (r.logWeight[0] - r.logWeight[window]) / (raySpan / 2)
	rounding = r.rounding * 2 / raySpan
	return c2 * beta * beta / 4, c2 * (math.Abs(beta) + rounding) * rounding
}

func spread(values []float64) float64 { return slices.Max(values) - slices.Min(values) }

// farRays evaluates the weights along rays in all directions in which the grid reaches far.
func farRays(s *scenarios.Scenario, ends farEnds) ([]*ray, error) {
	points := int(raySpan/rayStep) + 1
	block, logEps, m := mesh.NewPoints(s.Grid), math.Log(s.Noise.Epsilon()),
		float64(s.Grid.Coordinates.Dimension())
	logPi, kappa := make([]float64, points), make([]float64, points)
	var rays []*ray
	for _, direction := range directions(s.Grid, ends) {
		held, stretch := make([][]float64, len(s.Grid.Axes)), make([]float64, points)
		for i := range points {
			for k, to := range direction {
				at, log := to.at(float64(i) * rayStep)
				held[k] = append(held[k], at)
				stretch[i] += log
			}
		}
		block.Set(held)
		if err := s.Weights.LogWeights(logPi, kappa, block); err != nil {
			return nil, err
		}
		r := &ray{}
		for i, logNorm := range block.LogNorm() {
			r.rounding = math.Max(r.rounding,
				roundings*(math.Abs(logPi[i])+math.Abs(kappa[i])+m*math.Abs(logNorm)+1))
			r.logSpeed = append(r.logSpeed, kappa[i]-logPi[i]-logEps-2*(logNorm+stretch[i]))
			r.logWeight = append(r.logWeight, (logPi[i]+kappa[i])/2+(m-1)*logNorm)
		}
		rays = append(rays, r)
	}
	return rays, nil
}

// track is the part of a ray along one axis, τ inward from its end.
type track struct {
	share float64 // of the reach, at which it ends; 0 on an axis that is not far there
	// the held coordinate, and log |d log|θ|/dτ|, which is 0 but on a log axis with a width
	at func(tau float64) (held, logStretch float64)
}

// directions returns rays by a track for every axis: to each end of a line; in more dimensions to a
// lattice of points on the surface of the box that the far ends span, |θ| falling like e^{−τ}. Axes
// without a far end, as angles, are sampled, and so are all others beside a log axis.
func directions(g *mesh.Grid, ends farEnds) [][]track {
	reach := math.Inf(1)
	for _, axis := range ends {
		for _, e := range axis {
			reach = math.Min(reach, math.Abs(e.At(e.Length)))
		}
	}
	rays := [][]track{nil}
	for k := range g.Axes {
		far := ends[k]
		if k > 0 && g.Axes[0].Log {
			far = nil
		}
		var longer [][]track
		for _, ray := range rays {
			for _, t := range tracks(&g.Axes[k], far, reach) {
				longer = append(longer, append(slices.Clone(ray), t))
			}
		}
		rays = longer
	}
	furthest := func(t track) bool { return t.share == 1 }
	return slices.DeleteFunc(rays,
		func(ray []track) bool { return !slices.ContainsFunc(ray, furthest) })
}

// tracks are those of an axis: to the ends of a log axis that are far, else to shares of the reach
// on the sides that are far, else at points all over it.
func tracks(a *mesh.Axis, far []mesh.FarEnd, reach float64) (out []track) {
	const parts = 4
	if len(far) == 0 {
		first, last := a.Faces[0], a.Faces[a.Cells()]
		for i := range 2 * parts {
			q := first + (last-first)*(float64(i)+0.5)/(2*parts)
			out = append(out, track{0, func(float64) (float64, float64) { return q, 0 }})
		}
		return out
	}
	var sides [2]bool
	for _, e := range far {
		if sides[e.Side] = true; a.Log {
			out = append(out, track{1, inward(e)})
		}
	}
	for i := -parts; i <= parts; i++ {
		share := float64(i) / parts
		if !a.Log && (i == 0 || i < 0 && sides[0] || i > 0 && sides[1]) {
			out = append(out, track{math.Abs(share), func(tau float64) (float64, float64) {
				return share * reach * math.Exp(-tau), 0
			}})
		}
	}
	return out
}

// inward is the track from the far end of a log axis.
func inward(e mesh.FarEnd) func(tau float64) (held, logStretch float64) {
	return func(tau float64) (held, logStretch float64) {
		if e.Width > 0 {
			logStretch = math.Log(e.Width * math.Cosh(e.Length-tau))
		}
		return e.At(e.Length - tau), logStretch
	}
}
