package linear

import "sync/atomic"

// pipeline orders the sweeps of MIC(0), in which a row of cells needs those before it along every axis. The rows of a plane,
// spanned by the last two axes, are shared out among the parts of a team; part k may do its share of a plane once part k−1 has
// done its own, and meanwhile part k−1 goes on to the next plane. What a row is computed from is the same for any number of parts.
//
// No part is more than a few planes ahead of another, so that whatever the sweep reaches back to is among the last planes kept.
type pipeline struct {
	planes, rows int        // rows of a plane
	kept         int        // planes from the first that a part may still read to the last that one may write
	finished     []progress // planes done, of every part
}

// lead is by how many planes a part may be ahead.
const lead = 2

// progress is a counter that has a cache line to itself.
type progress struct {
	planes atomic.Int64
	_      [7]int64
}

// newPipeline is for sweeps that reach so many rows back.
func newPipeline(a *matrix, reach int) *pipeline {
	rows := 1
	if d := len(a.stride); d > 1 {
		rows = a.op.Shape[d-2]
	}
	planes := a.cells / (a.row * rows)
	kept := min((reach+rows-1)/rows+1+lead, planes)
	return &pipeline{planes: planes, rows: rows, kept: kept, finished: make([]progress, a.team.size)}
}

// restart is to be called before each sweep.
func (p *pipeline) restart() {
	for i := range p.finished {
		p.finished[i].planes.Store(0)
	}
}

// up visits the part's rows in memory order.
func (p *pipeline) up(part, parts int, visit func(row int)) {
	lo, hi := share(p.rows, part, parts)
	for plane := range p.planes {
		p.await(part, parts, plane)
		for i := lo; i < hi; i++ {
			visit(plane*p.rows + i)
		}
		p.finished[part].planes.Store(int64(plane + 1))
	}
}

// down visits the part's rows against memory order. Part 0 has the last rows of each plane.
func (p *pipeline) down(part, parts int, visit func(row int)) {
	lo, hi := share(p.rows, parts-1-part, parts)
	for plane := range p.planes {
		p.await(part, parts, plane)
		for i := hi - 1; i >= lo; i-- {
			visit((p.planes-1-plane)*p.rows + i)
		}
		p.finished[part].planes.Store(int64(plane + 1))
	}
}

// await returns once the part before has done the given plane, and the last part all but the `lead` planes before it.
func (p *pipeline) await(part, parts, plane int) {
	if part > 0 {
		poll(func() bool { return p.finished[part-1].planes.Load() > int64(plane) })
	}
	if part < parts-1 {
		poll(func() bool { return p.finished[parts-1].planes.Load() >= int64(plane-lead) })
	}
}
