package linear

import "math"

// chain is A on an n×m grid in the form of its Markov chain: the rates at which a walker jumps between neighbouring cells and
// the rate e at which it stops. With masses M, a jump from i to j has the rate T_ij/M_i. Row i holds the i-th cells of all m
// lines, so that loops run across the lines.
type chain struct {
	n, m  int
	ring  bool      // column m−1 is a neighbour of column 0
	stop  []float64 // e
	down  []float64 // from (i,j) to (i+1,j), along the line; 0 in the last row
	up    []float64 // from (i+1,j) to (i,j)
	right []float64 // from (i,j) to (i,j+1), across the lines; from column m−1 to column 0 on a ring, else 0 there
	left  []float64 // from (i,j+1) to (i,j)
}

func emptyChain(n, m int, ring bool) *chain {
	array := func() []float64 { return make([]float64, n*m) }
	return &chain{n: n, m: m, ring: ring, stop: array(), down: array(), up: array(), right: array(), left: array()}
}

// newChain reads the rates γ c_ij σ_j/σ_i off the matrix, lines along the given axis.
func newChain(a *matrix, lines int) *chain {
	c := emptyChain(a.op.Shape[lines], a.op.Shape[1-lines], a.op.Periodic[1-lines])
	for i := range c.n {
		for j := range c.m {
			t := i*c.m + j
			cell := i*a.stride[lines] + j*a.stride[1-lines]
			c.stop[t] = a.excess(cell)
			c.down[t], c.up[t] = a.rates(cell, lines)
			c.right[t], c.left[t] = a.rates(cell, 1-lines)
		}
	}
	if c.ring && c.m == 2 {
		c.mergeTwoColumns()
	}
	return c
}

// rates returns the rates from cell t to the next cell along axis k and back, 0 where there is none.
func (a *matrix) rates(t, k int) (out, in float64) {
	u, ok := a.next(t, k)
	if !ok {
		return 0, 0
	}
	c, rho := a.gamma*a.op.Coupling[k][t], a.ratio(t, u)
	return c * rho, c / rho
}

// mergeTwoColumns makes a ring of two columns an open row of two, with the sum of the rates both ways round.
func (c *chain) mergeTwoColumns() {
	c.ring = false
	for t := 0; t < len(c.stop); t += 2 {
		c.right[t] += c.left[t+1]
		c.left[t] += c.right[t+1]
		c.right[t+1], c.left[t+1] = 0, 0
	}
}

// coarsest decides where coarsening ends. A black column must not be tied to its red neighbours more loosely than its cells
// are to one another by couplings that the red ones do not have, which on a graded grid happens once couplings along the lines
// change by more than a factor e^2.5 or so from one column to the next: on f ~ |x|² that is a spacing of 1.2 in asinh x.
// Up to maxColumns columns the rest is cheap enough to be solved exactly, so that is done if the next grid would be there.
func (c *chain) coarsest() bool {
	const steepest = 2.5 / 2
	return c.m <= bandColumns || c.m <= maxColumns && (c.ring && c.m%2 == 1 || c.steepness() > steepest)
}

// steepness is the largest |log| of the quotient of couplings along the lines between neighbouring columns.
func (c *chain) steepness() float64 {
	var s float64
	for i := range c.n - 1 {
		for j := range c.m - 1 {
			t := i*c.m + j
			here, there := c.down[t]*c.up[t], c.down[t+1]*c.up[t+1]
			if here > 0 && there > 0 {
				s = math.Max(s, math.Abs(math.Log(there/here))/2)
			}
		}
	}
	return s
}

// linePivots returns the pivots of all lines, every jump across counted as leaving the line:
// p_i = g_i + down_i, g_i = e_i + (rates across) + up_{i−1} g_{i−1}/p_{i−1}.
func (c *chain) linePivots() []float64 {
	p, g := make([]float64, c.n*c.m), make([]float64, c.m)
	for i := range c.n {
		row := i * c.m
		for j := range c.m {
			t := row + j
			rest := c.stop[t] + c.right[t]
			if j > 0 {
				rest += c.left[t-1]
			} else if c.ring {
				rest += c.left[row+c.m-1]
			}
			if i > 0 {
				rest += c.up[t-c.m] * (g[j] / p[t-c.m])
			}
			g[j] = rest
			p[t] = rest + c.down[t]
		}
	}
	return p
}

// coarsen lumps every black column into its red neighbours and returns the chain on the red columns, and 1/q, the square root
// of what each red mass is multiplied by. With T∓ the conductances of a black cell to its neighbours and w∓ = T∓/(T₋+T₊),
//
//	M_r ← M_r + Σ_b w_b M_b,                   T across = T₋T₊/(T₋+T₊),
//	M_r e_r ← M_r e_r + Σ_b w_b M_b e_b,       T along(i,i+1) ← T_r + Σ_b ½(w_i + w_{i+1}) T_b:
//
// the black cell's mass is shared among its neighbours by the probabilities w∓ with which the walker leaves for them. In rates,
// q_r² = 1/(1 + Σ_b s_b) with s_b = w_b M_b/M_r, which is the rate from r to b over the rate across out of b.
func (c *chain) coarsen() (*chain, []float64) {
	odd := c.ring && c.m%2 == 1
	coarse := emptyChain(c.n, (c.m+1)/2, c.ring)
	growth := make([]float64, coarse.n*coarse.m)
	here, below := newLumping(c.m/2), newLumping(c.m/2)
	below.read(c, 0)
	for i := range c.n {
		here, below = below, here
		here.lump(c, coarse, growth, i)
		if i+1 < c.n {
			below.read(c, i+1)
			here.lumpAlong(below, c, coarse, i)
		}
		if odd {
			coarse.copySeam(c, i)
		}
	}
	coarse.divideByGrowth(growth)
	for i, v := range growth {
		growth[i] = math.Sqrt(v)
	}
	return coarse, growth
}

// lumping holds, for one row, how each black cell is shared between its left (0) and right (1) red neighbour.
type lumping struct {
	weight [2][]float64 // w
	mass   [2][]float64 // M_b/M_r
	share  [2][]float64 // s = w M_b/M_r
}

func newLumping(blacks int) *lumping {
	l := new(lumping)
	for side := range 2 {
		l.weight[side], l.mass[side], l.share[side] = make([]float64, blacks), make([]float64, blacks), make([]float64, blacks)
	}
	return l
}

// read sets the lumping of row i of c. A black cell that no rate joins to its neighbours is not shared at all.
func (l *lumping) read(c *chain, i int) {
	row := i * c.m
	for k := range l.weight[0] {
		red, black := row+2*k, row+2*k+1
		in := [2]float64{c.right[red], c.left[black]}
		out := [2]float64{c.left[red], c.right[black]}
		for side := range 2 {
			l.weight[side][k], l.mass[side][k], l.share[side][k] = 0, 0, 0
			if out[side] > 0 {
				sum := out[0] + out[1]
				l.weight[side][k] = out[side] / sum
				l.mass[side][k] = in[side] / out[side]
				l.share[side][k] = in[side] / sum
			}
		}
	}
}

// lump sets row i of the coarse chain, but for the division by the growth of the red masses, which it sets too.
func (l *lumping) lump(c, coarse *chain, growth []float64, i int) {
	row, coarseRow := i*c.m, i*coarse.m
	for r := range coarse.m {
		t, red := coarseRow+r, row+2*r
		growth[t] = 1
		coarse.stop[t], coarse.down[t], coarse.up[t] = c.stop[red], c.down[red], c.up[red]
	}
	for k := range l.weight[0] {
		red, black := row+2*k, row+2*k+1
		coarse.right[coarseRow+k] = c.right[red] * l.weight[1][k]
		coarse.left[coarseRow+k] = c.left[black] * l.weight[0][k]
		for side := range 2 {
			t := coarseRow + (k+side)%coarse.m
			growth[t] += l.share[side][k]
			coarse.stop[t] += l.share[side][k] * c.stop[black]
		}
	}
}

// lumpAlong adds what the black cells contribute to the couplings of row i with the row below.
func (l *lumping) lumpAlong(below *lumping, c, coarse *chain, i int) {
	for k := range l.weight[0] {
		black := i*c.m + 2*k + 1
		for side := range 2 {
			t := i*coarse.m + (k+side)%coarse.m
			coarse.down[t] += (l.share[side][k] + l.mass[side][k]*below.weight[side][k]) / 2 * c.down[black]
			coarse.up[t] += (below.share[side][k] + below.mass[side][k]*l.weight[side][k]) / 2 * c.up[black]
		}
	}
}

// copySeam copies the direct coupling of the last column of an odd ring to column 0, in row i.
func (c *chain) copySeam(fine *chain, i int) {
	c.right[(i+1)*c.m-1] = fine.right[(i+1)*fine.m-1]
	c.left[(i+1)*c.m-1] = fine.left[(i+1)*fine.m-1]
}

// divideByGrowth divides every rate by the growth of the mass of the cell that it leaves.
func (c *chain) divideByGrowth(growth []float64) {
	for i := range c.n {
		row := i * c.m
		for j := range c.m {
			t := row + j
			c.stop[t] /= growth[t]
			c.down[t] /= growth[t]
			c.right[t] /= growth[t]
			c.left[t] /= growth[row+(j+1)%c.m]
			if i+1 < c.n {
				c.up[t] /= growth[t+c.m]
			}
		}
	}
}

// newGrid sets up the levels from the chain downwards, and returns the pivots by which the finest is scaled.
func newGrid[F float](c *chain, t *team) (grid[F], []float64) {
	if c.coarsest() {
		return newBand[F](c)
	}
	return newLevel[F](c, t, newGrid[F])
}

// newLevel scales the chain by its line pivots p: a coupling of cells i and j becomes (rate_ij/p_i · rate_ji/p_j)^{1/2}. The levels
// below are set up by the function given.
func newLevel[F float](c *chain, t *team, below func(*chain, *team) (grid[F], []float64)) (*level[F], []float64) {
	l := emptyLevel[F](c, t)
	pivots := c.linePivots()
	for i := range c.n {
		l.setRow(c, pivots, i)
	}
	coarse, growth := c.coarsen()
	var coarsePivots []float64
	l.coarse, coarsePivots = below(coarse, t)
	l.setTransfer(pivots, coarsePivots, growth)
	return l, pivots
}

func emptyLevel[F float](c *chain, t *team) *level[F] {
	l := &level[F]{n: c.n, stride: (c.m + 1) / 2, team: t}
	odd := c.ring && c.m%2 == 1
	if odd {
		l.stride--
	}
	cells := c.n * l.stride
	l.u = make([]F, 2*cells, 2*cells+c.n)
	if odd {
		l.u = l.u[:2*cells+c.n]
		l.seam = &seam[F]{columns: newColumns(l.u[2*cells:], 1), black: make([]F, c.n), red: make([]F, c.n), transfer: make([]F, c.n)}
	} else if c.ring {
		l.wrap = make([]F, c.n)
	}
	l.red, l.black = newColumns(l.u[:cells], l.stride), newColumns(l.u[cells:2*cells], l.stride)
	l.before = make([]F, cells+1)
	l.left, l.right, l.transfer = make([]F, cells), l.before[1:], make([]F, cells)
	l.between = rowsFor[F](t, l.stride+1)
	l.makeTasks()
	return l
}

func newColumns[F float](u []F, stride int) columns[F] {
	return columns[F]{n: len(u) / stride, stride: stride, factor: make([]F, len(u)+stride), b: make([]F, len(u)), u: u}
}

// rowsFor makes one row of m cells for every part of the team.
func rowsFor[F float](t *team, m int) [][]F {
	rows := make([][]F, t.size)
	for part := range rows {
		rows[part] = make([]F, m)
	}
	return rows
}

// setRow sets the factors and couplings of row i.
func (l *level[F]) setRow(c *chain, p []float64, i int) {
	row, first := i*c.m, i*l.stride
	coupling := func(i, j int, there, back float64) F { return F(math.Sqrt(there / p[i] * (back / p[j]))) }
	across := func(j int) F { return coupling(row+j, row+(j+1)%c.m, c.right[row+j], c.left[row+j]) }
	along := func(j int) F {
		if i == 0 {
			return 0
		}
		above := row - c.m
		return coupling(above+j, row+j, c.down[above+j], c.up[above+j])
	}
	for k := range c.m / 2 {
		l.left[first+k], l.right[first+k] = across(2*k), across(2*k+1)
		l.black.factor[first+k] = along(2*k + 1)
	}
	for k := range l.stride {
		l.red.factor[first+k] = along(2 * k)
	}
	last := first + l.stride - 1
	switch {
	case l.seam != nil:
		l.seam.black[i], l.seam.red[i], l.seam.factor[i] = l.right[last], across(c.m-1), along(c.m-1)
		l.right[last] = 0
	case l.wrap != nil:
		l.wrap[i], l.right[last] = l.right[last], 0
	}
}

// setTransfer sets g = q (p/p_c)^{1/2}, which takes scaled unknowns of the red cells (pivots p) to scaled unknowns of the
// coarse grid (pivots pc), so that functions constant in u = ρ/π are prolonged to constants; growth is 1/q.
func (l *level[F]) setTransfer(p, pc, growth []float64) {
	m, coarse := len(p)/l.n, len(pc)/l.n
	for t := range pc {
		i, r := t/coarse, t%coarse
		g := F(math.Sqrt(p[i*m+2*r]/pc[t]) / growth[t])
		if r < l.stride {
			l.transfer[i*l.stride+r] = g
		} else {
			l.seam.transfer[i] = g
		}
	}
}
