package linear

import "math"

// gridding takes vectors on the cells to a grid of lines and back, scaled by P^{−1/2}.
type gridding struct {
	*matrix
	lines   int         // axis along which the lines run
	n, m    int         // cells of a line; number of lines
	scale   []float64   // P^{−1/2}, row by row across the lines
	between [][]float64 // one row of cells across the lines, for every part of the team

	on    grid[float64] // the operands of the tasks
	x     []float64
	tasks struct{ load, store func(part, parts int) }
}

func newGridding(a *matrix, lines, m int, pivots []float64) *gridding {
	g := &gridding{matrix: a, lines: lines, n: a.cells / m, m: m, scale: pivots, between: rowsFor[float64](a.team, m)}
	for i, v := range g.scale {
		g.scale[i] = 1 / math.Sqrt(v)
	}
	along, across := g.stride[g.lines], g.stride[1-g.lines]
	g.tasks.load = func(part, parts int) {
		lo, hi := share(g.n, part, parts)
		for i := lo; i < hi; i++ {
			gatherScaled(g.between[part], g.x[i*along:], across, g.scale[i*g.m:])
			g.on.load(i, 0, g.between[part])
		}
	}
	g.tasks.store = func(part, parts int) {
		lo, hi := share(g.n, part, parts)
		for i := lo; i < hi; i++ {
			g.on.store(g.between[part], i, 0)
			scatterScaled(g.x[i*along:], across, g.between[part], g.scale[i*g.m:])
		}
	}
	return g
}

// load makes P^{−1/2} x the right-hand side on a grid.
func (g *gridding) load(on grid[float64], x []float64) {
	g.on, g.x = on, x
	g.team.run(g.cells, g.tasks.load)
}

// store sets x = P^{−1/2} times the solution on a grid.
func (g *gridding) store(x []float64, on grid[float64]) {
	g.on, g.x = on, x
	g.team.run(g.cells, g.tasks.store)
}

// direct is the system on a grid of few columns, of which the factorisation is known: Â = (I−L)⁻¹ P^{−1/2} A P^{−1/2} (I−L)⁻ᵀ = I.
type direct struct {
	*gridding
	band *band[float64]
}

// size implements preconditioned.
func (p *direct) size() (residual, direction int) { return p.cells, p.cells }

// enter implements preconditioned.
func (p *direct) enter(rhat, r []float64) {
	p.load(p.band, r)
	p.band.forward()
	copy(rhat, p.band.x)
}

// leave implements preconditioned.
func (p *direct) leave(y, yhat []float64) {
	copy(p.band.x, yhat)
	p.band.backward()
	p.store(y, p.band)
}

// apply implements preconditioned.
func (p *direct) apply(q []float64, d *direction) float64 {
	d.turnAll()
	copy(q, d.p)
	return dot(d.p, d.p)
}

// precondition implements preconditioned.
func (p *direct) precondition(r []float64, rr float64) ([]float64, float64) { return r, rr }

// converged implements preconditioned: one iteration leaves nothing but rounding.
func (p *direct) converged([]float64, float64, float64) bool { return true }
