package linear

import (
	"fmt"
	"reflect"
)

// Traffic is what one iteration of conjugate gradients reads and writes, in bytes. It is counted on the arrays themselves, sweep by
// sweep in the order of an iteration. A sweep is one pass over its arrays by one or by fused loops: each array that it reads counts once,
// and each one that it writes counts once, also where it is the same one (y += …). Neighbours in a row, a line or a plane before come
// from the cache and are not counted again, nor are single rows that serve as work space, nor what a cache reads in order to write.
//
//   - MIC: the sweep down, with the updates of x and p on its way, the sweep up, with the sum that closes A's product, and the update of
//     r. The test of convergence, once in a while, is not counted.
//   - SL2: the black rows of the product, the updates, and the cycle on all its levels; the factorisation of the coarsest is read
//     twice.
//   - SP3: the product, the updates, and the cycle on all its tiers and, within each plane, on all its levels. A plane is visited three
//     times in a cycle, twice to be solved for.
//
// The direct solver, which does not iterate, has none.
type Traffic struct {
	// Memory is what an iteration must move: the arrays of a plane, some 600 kB of one of 128² cells in single precision, count once
	// for every visit, as they stay in the cache during it. Without planes it is Swept.
	Memory     int
	Swept      int // with all sweeps of a visit counted
	WorkingSet int // all arrays that take part, once
}

// TrafficOf counts the traffic of an iteration.
func TrafficOf(s System) Traffic {
	t := &tally{arrays: map[any]int{}}
	if k, ok := s.(*krylovSystem); ok {
		k.pre.(countable).countIteration(t, k)
	}
	for _, bytes := range t.arrays {
		t.WorkingSet += bytes
	}
	return t.Traffic
}

// MethodOf names the method of a system.
func MethodOf(s System) string {
	k, ok := s.(*krylovSystem)
	if !ok {
		return Line
	}
	switch k.pre.(type) {
	case *mic:
		return MIC
	case *sp3[float32], *sp3[float64]:
		return Planes
	}
	return Multigrid
}

// Iterate does n iterations of conjugate gradients for A x = b from x = 0, whatever the residual, in order to time them. With n = 0 it does
// what comes before the first.
func Iterate(s System, b []float64, n int) error {
	k, ok := s.(*krylovSystem)
	if !ok {
		return fmt.Errorf("linear: the method %q does not iterate; time Solve", MethodOf(s))
	}
	if err := checkVectors(k.cells, k.y, b); err != nil {
		return err
	}
	k.team.start()
	defer k.team.stop()
	if _, err := k.begin(b); err != nil {
		return err
	}
	k.conjugateGradients(0, n)
	return nil
}

// countable is a preconditioned form whose iteration can be counted.
type countable interface {
	countIteration(t *tally, s *krylovSystem)
}

// tally adds up traffic.
type tally struct {
	Traffic
	arrays map[any]int // bytes of the arrays met, by their last entries, which stretches of one array share
	visit  *visit      // nil where none is under way
}

// visit holds which stretches of arrays are in the cache, and which have been written, since it began.
type visit struct{ present, changed map[stretch]bool }

// stretch identifies a part of an array by the last entry of the array and the number of entries from its first one to there.
type stretch struct {
	last any
	size int
}

// reads counts the arrays as read once.
func reads[F float](t *tally, arrays ...[]F) {
	for _, a := range arrays {
		if len(a) == 0 {
			continue
		}
		id, bytes := meet(t, a)
		t.Swept += bytes
		if t.visit == nil || !t.visit.present[id] {
			t.Memory += bytes
		}
		if t.visit != nil {
			t.visit.present[id] = true
		}
	}
}

// writes counts the arrays as written once.
func writes[F float](t *tally, arrays ...[]F) {
	for _, a := range arrays {
		if len(a) == 0 {
			continue
		}
		id, bytes := meet(t, a)
		t.Swept += bytes
		if t.visit == nil || !t.visit.changed[id] {
			t.Memory += bytes
		}
		if t.visit != nil {
			t.visit.present[id], t.visit.changed[id] = true, true
		}
	}
}

// updates counts the arrays as read and written once.
func updates[F float](t *tally, arrays ...[]F) {
	reads(t, arrays...)
	writes(t, arrays...)
}

// meet notes a stretch of an array, and returns what identifies it and its length in bytes.
func meet[F float](t *tally, a []F) (stretch, int) {
	size, whole := int(reflect.TypeFor[F]().Size()), a[:cap(a)]
	last := &whole[len(whole)-1]
	t.arrays[last] = max(t.arrays[last], size*len(whole))
	return stretch{last, len(whole)}, size * len(a)
}

// during counts a visit. The work space given, the same in all visits, stays in the cache.
func during[F float](t *tally, workSpace [][]F, count func()) {
	t.visit = &visit{present: map[stretch]bool{}, changed: map[stretch]bool{}}
	for _, a := range workSpace {
		id, _ := meet(t, a)
		t.visit.present[id], t.visit.changed[id] = true, true
	}
	count()
	t.visit = nil
}

// countUpdates counts the new solution and residual, and the new direction p from z.
func (s *krylovSystem) countUpdates(t *tally, z []float64) {
	updates(t, s.d.x, s.d.p)
	reads(t, z)
	updates(t, s.rhat)
	reads(t, s.q)
}

// countIteration implements countable.
func (p *mic) countIteration(t *tally, s *krylovSystem) {
	s.countUpdates(t, s.rhat) // with p at hand, q = (I−L)⁻ᵀ p
	p.countFactor(t)
	writes(t, s.q)
	p.countFactor(t) // q += (I−L)⁻¹ (p + E q), p·q
	reads(t, s.d.p, p.e)
	updates(t, s.q)
}

// countFactor counts L as read once.
func (p *mic) countFactor(t *tally) {
	reads(t, p.inner, p.around)
	for _, l := range p.links {
		reads(t, l.c[:p.cells/l.count*(l.count-l.steps)])
	}
}

// countIteration implements countable.
func (p *direct) countIteration(t *tally, s *krylovSystem) {
	reads(t, s.d.p, s.d.p, s.d.p) // q = p, p·p
	writes(t, s.q)
	s.countUpdates(t, s.rhat)
}

// countIteration implements countable.
func (p *sl2) countIteration(t *tally, s *krylovSystem) {
	l := p.finest
	reads(t, s.d.p, l.black.factor[l.stride:], l.left, l.right, l.wrap)
	l.countSeam(t, false)
	writes(t, s.q)
	reads(t, s.rhat, l.black.factor[l.stride:])
	l.countBlackCycle(t)
	reads(t, l.u[len(l.red.u)+1:], s.rhat)
	s.countUpdates(t, l.u)
}

// countIteration implements countable.
func (p *sp3[F]) countIteration(t *tally, s *krylovSystem) {
	reads(t, s.d.p, p.op.Diag) // q = A p, p·q
	reads(t, p.op.Coupling...)
	writes(t, s.q)
	reads(t, s.d.p, s.q)
	reads(t, s.rhat, p.weight)
	reads(t, s.rhat)
	reads(t, p.scale...)
	writes(t, p.finest.rhs...)
	p.finest.countCycle(t)
	for q, l := range p.finest.plane {
		reads(t, l.u)
		reads(t, p.scale[q])
	}
	writes(t, p.space)
	reads(t, p.space, s.rhat)
	s.countUpdates(t, p.space)
}
