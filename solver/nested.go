package solver

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear"

	"gonum.org/v1/gonum/floats"
)

// Grid is S on one of several grids for a problem, with its linear systems.
type Grid struct {
	Operator *operators.Operator
	SetUp    SetUp // as accurate as modes need
	Rough    SetUp // to RoughTolerance: preconditioners
}

// RoughTolerance is that of the solves that precondition a search for modes.
const RoughTolerance = 0.2

// NestedSpectrum returns the k lowest modes on every one of nested grids for a problem, the
// coarsest first, and what is known of the completeness of those on the last. On the first they are
// found by CertifiedSpectrum, and from there carried from grid to grid: u = w/σ is interpolated,
// and improved by LOBPCG (lobpcg.go), to η = 1e-8 on the last grid and on the way to 1e-6, at which
// eigenvalues have a relative error of 1e-12 or so. A few modes above the k-th, the guards, are
// carried along: how fast a mode converges is a matter of its distance to those that the block has
// not.
//
// A coarse grid that does not resolve a basin has not its mode, nor does u tell of a basin with
// next to no share of π: on the last grid σ on every basin that is left slowly, and vectors that
// are given, join the block. The evidence is heard there as in CertifiedSpectrum. If the block has
// not converged, or evidence shows that a mode was missed, the search goes on there, and if one of
// the coarser grids fails, it is one on the last grid alone.
func NestedSpectrum(ctx context.Context, grids []Grid, k int, starts ...[]float64) (
	[][]Mode, Certificate, error) {

	s, levels, err := nested(ctx, grids, k, -tie, modeResidual, starts)
	if err != nil {
		return nil, Certificate{}, fmt.Errorf("spectrum: %w", err)
	}
	return append(levels, s.locked[:k]), s.certificate, nil
}

// nested runs an eigensolver on the last of the grids, and returns the modes on the others: none
// where modes cannot be found on one of them, and the search on the last is one without them.
func nested(ctx context.Context, grids []Grid, k int, slack, residual float64,
	starts [][]float64) (*eigensolver, [][]Mode, error) {

	last := len(grids) - 1
	s := newEigensolver(ctx, grids[last].Operator, grids[last].SetUp, k, slack, residual)
	s.rough = grids[last].Rough
	levels := make([][]Mode, last)
	for g, grid := range grids[:last] {
		modes, err := s.onCoarser(grid)
		if errors.Is(err, ErrInterrupted) {
			return nil, nil, err
		}
		if err != nil {
			s.carried, levels = nil, make([][]Mode, last)
			break
		}
		s.carried, s.from, levels[g] = modes, grid.Operator, modes[:min(k, len(modes))]
	}
	return s, levels, s.run(starts)
}

// onCoarser returns the modes on one of the coarser grids, from those carried if there are any.
func (s *eigensolver) onCoarser(g Grid) ([]Mode, error) {
	const carried = 1e-6 // η
	if s.carried == nil {
		return s.onCoarsest(g)
	}
	modes, _, err := improve(s.ctx, g, s.wantedOf, carried, s.onto(g.Operator), s.highest())
	return modes, err
}

// onCoarsest returns the modes on the first of the grids, with guards: more of them where all that
// are found are sought, as those of a multiple eigenvalue.
func (s *eigensolver) onCoarsest(g Grid) (modes []Mode, err error) {
	const most = 24
	for k := guarded(s.wanted); ; k *= 2 {
		k = min(k, decaying(g.Operator))
		if modes, err = Spectrum(s.ctx, g.Operator, direct(g), k); err != nil {
			return nil, err
		}
		values := make([]float64, k)
		for i, m := range modes {
			values[i] = m.Value
		}
		cut := s.slack > 0 && s.wantedOf(values) == k
		if !cut || k == decaying(g.Operator) || k > most {
			return modes, nil
		}
	}
}

// onto interpolates the modes carried.
func (s *eigensolver) onto(op *operators.Operator) (block [][]float64) {
	for _, m := range s.carried {
		block = append(block, interpolate(s.from, op, m.W))
	}
	return block
}

// highest is the largest eigenvalue of the modes carried.
func (s *eigensolver) highest() float64 { return s.carried[len(s.carried)-1].Value }

// direct are the systems of a grid, by elimination where it is not too large.
func direct(g Grid) SetUp {
	if linear.Countable(g.Operator) != nil {
		return g.SetUp
	}
	return func(gamma float64) (Linear, error) { return dissected(g.Operator, gamma) }
}

// guarded is how many modes are carried for k that are wanted.
func guarded(k int) int { return k + max(2, k/2) }

// decaying is how many modes decay.
func decaying(op *operators.Operator) int {
	if op.Conservative() {
		return op.Cells() - 1
	}
	return op.Cells()
}

// improve returns the modes of a block that LOBPCG has improved, and whether the residuals of those
// wanted have come down to η. The preconditioner is (S + 1/γ)^{-1} with 1/γ well below the
// eigenvalues that the block does not have, about the highest that it has.
func improve(ctx context.Context, g Grid, wanted func(values []float64) int, eta float64,
	block [][]float64, highest float64) ([]Mode, bool, error) {

	const wellBelow = 5
	op, gamma := g.Operator, wellBelow/highest
	system, err := g.Rough(gamma)
	if err != nil {
		return nil, false, err
	}
	var deflated [][]float64
	if op.Conservative() {
		deflated = [][]float64{op.Sigma}
	}
	l, err := newLOBPCG(ctx, op, system, gamma, deflated, block)
	if err != nil {
		return nil, false, err
	}
	settled, err := l.run(wanted, eta)
	if err != nil {
		return nil, false, err
	}
	next := slices.Max(l.values)
	var modes []Mode
	for i, w := range l.x {
		floats.Scale(1/norm(w), w)
		value, rounding := op.Energy(w)
		m := Mode{Value: value, Residual: l.residuals[i], W: w}
		apart := math.Max(1-m.Value/next, 0.1)
		m.Error = rounding/m.Value + m.Residual*m.Residual/apart
		modes = append(modes, m)
	}
	return modes, settled, nil
}

// wantedOf is how many of ascending values are sought: k, and those above the k-th by no more than
// the slack.
func (s *eigensolver) wantedOf(values []float64) int {
	n := min(s.wanted, len(values))
	ceiling := values[n-1] * (1 + s.slack)
	for n < len(values) && values[n] <= ceiling {
		n++
	}
	return n
}

// carry locks the modes that come from the next coarser grid, improved, and says whether they are
// all that are sought. If they are not, it returns a block to search from.
func (s *eigensolver) carry(starts [][]float64) (settled bool, block [][]float64, err error) {
	block = s.onto(s.op)
	for _, k := range s.seeds {
		block = append(block, s.regions.vector(k))
	}
	block = append(block, starts...)
	grid := Grid{Operator: s.op, Rough: s.rough}
	modes, settled, err := improve(s.ctx, grid, s.wantedOf, s.residual, block, s.highest())
	if errors.Is(err, linear.ErrNotConverged) {
		return false, block, nil
	}
	if err != nil {
		return false, nil, err
	}
	block = nil
	values := make([]float64, len(modes))
	for i, m := range modes {
		values[i] = m.Value
		block = append(block, m.W)
	}
	wanted := s.wantedOf(values)
	if !settled || wanted < s.wanted || s.slack > 0 && wanted == len(modes) {
		return false, block, nil
	}
	s.guards = modes[wanted:]
	for _, m := range modes[:wanted] {
		if err := s.add(m); err != nil {
			return false, nil, err
		}
	}
	return true, nil, nil
}

// interpolate carries u = w/σ from a coarse grid to a fine one of the same domain, with any numbers
// of cells, and returns w = σ∘u there. Along every axis u is linear between the midpoints of the
// coarse cells in the number of the cell, which is the coordinate in which an axis is divided, and
// constant beyond the outermost. Where σ underflows on the coarse grid, u is taken for 0.
func interpolate(coarse, fine *operators.Operator, w []float64) []float64 {
	u := make([]float64, len(w))
	for i, sigma := range coarse.Sigma {
		if sigma > 0 {
			u[i] = w[i] / sigma
		}
	}
	stride := 1 // in the grid that has the fine shape along the axes done, the last ones
	for k := len(fine.Shape) - 1; k >= 0; k-- {
		u = interpolateAlong(u, stride, coarse.Shape[k], fine.Shape[k], fine.Periodic[k])
		stride *= fine.Shape[k]
	}
	for i, sigma := range fine.Sigma {
		u[i] *= sigma
	}
	return u
}

// interpolateAlong goes from m to n cells along an axis of a stride.
func interpolateAlong(u []float64, stride, m, n int, periodic bool) []float64 {
	outer := len(u) / (m * stride)
	out := make([]float64, outer*n*stride)
	for i := range n {
		at := (float64(i)+0.5)*float64(m)/float64(n) - 0.5
		below := int(math.Floor(at))
		t, above := at-float64(below), below+1
		if periodic {
			below, above = (below+m)%m, above%m
		} else {
			below, above = max(below, 0), min(above, m-1)
		}
		for o := range outer {
			dst := out[(o*n+i)*stride:][:stride]
			a, b := u[(o*m+below)*stride:][:stride], u[(o*m+above)*stride:][:stride]
			for j := range dst {
				dst[j] = (1-t)*a[j] + t*b[j]
			}
		}
	}
	return out
}
