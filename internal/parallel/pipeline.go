package parallel

import "sync/atomic"

// Pipeline orders sweeps in which a row of cells needs the rows before it along every axis. The
// rows of a plane are shared out; part k may do its share of a plane once part k−1 has done its
// own, and meanwhile part k−1 goes on to the next plane. What a row is computed from is the same
// for any number of parts.
//
// No part is more than a few planes ahead of another, so that whatever the sweep reaches back to is
// among the last planes kept.
type Pipeline struct {
	workers      *Workers
	cells        int
	planes, rows int
	kept         int
	finished     []progress // planes done, of every part
}

// lead is by how many planes a part may be ahead.
const lead = 2

// progress is a counter that has a cache line to itself.
type progress struct {
	planes atomic.Int64
	_      [7]int64
}

// NewPipeline is for sweeps over so many cells, on planes of so many rows, that reach so many rows
// back.
func NewPipeline(w *Workers, cells, planes, rows, reach int) *Pipeline {
	kept := min((reach+rows-1)/rows+1+lead, planes)
	return &Pipeline{w, cells, planes, rows, kept, make([]progress, w.Size())}
}

// KeptRows is how many rows there are from the first that a part may still read to the last that
// one may write.
func (p *Pipeline) KeptRows() int { return p.kept * p.rows }

// Up visits all rows in memory order; part is the one that does it.
func (p *Pipeline) Up(visit func(part, row int)) {
	p.run(func(part, parts int) {
		lo, hi := Share(p.rows, part, parts)
		for plane := range p.planes {
			p.await(part, parts, plane)
			for i := lo; i < hi; i++ {
				visit(part, plane*p.rows+i)
			}
			p.finished[part].planes.Store(int64(plane + 1))
		}
	})
}

// Down visits all rows against memory order. Part 0 has the last rows of each plane.
func (p *Pipeline) Down(visit func(part, row int)) {
	p.run(func(part, parts int) {
		lo, hi := Share(p.rows, parts-1-part, parts)
		for plane := range p.planes {
			p.await(part, parts, plane)
			for i := hi - 1; i >= lo; i-- {
				visit(part, (p.planes-1-plane)*p.rows+i)
			}
			p.finished[part].planes.Store(int64(plane + 1))
		}
	})
}

func (p *Pipeline) run(sweep func(part, parts int)) {
	for i := range p.finished {
		p.finished[i].planes.Store(0)
	}
	p.workers.Run(p.cells, sweep)
}

// await returns once the part before has done the given plane, and the last part all but the `lead`
// planes before it.
func (p *Pipeline) await(part, parts, plane int) {
	if part > 0 {
		poll(func() bool { return p.finished[part-1].planes.Load() > int64(plane) })
	}
	if part < parts-1 {
		poll(func() bool { return p.finished[parts-1].planes.Load() >= int64(plane-lead) })
	}
}
