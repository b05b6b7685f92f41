package linear

// countedGrid is a grid whose traffic can be counted.
type countedGrid interface {
	countLoad(t *tally) // of all rows
	countCycle(t *tally)
	countStore(t *tally)
}

// countedSolid is a solid whose traffic can be counted.
type countedSolid interface {
	countLoad(t *tally, p int) // of plane p
	countCycle(t *tally)
	countAt(t *tally, p int)
}

// countSolve counts a line solution: ℓ read forwards, while u is written with the right-hand side (slabs: after it), and ℓ read and u
// updated backwards.
func (c *columns[F]) countSolve(t *tally) {
	writes(t, c.u)
	for range 2 {
		reads(t, c.factor[c.stride:])
		reads(t, c.more...)
	}
	if c.more != nil {
		updates(t, c.u)
	}
	updates(t, c.u)
}

// countRed counts a solution for the red columns with right-hand side b.
func (l *level[F]) countRed(t *tally, b []F) {
	reads(t, b, l.left, l.black.u, l.right, l.wrap)
	l.red.countSolve(t)
	if l.seam != nil {
		reads(t, l.seam.red, l.seam.u)
	}
}

// countBlack counts a solution for the black columns.
func (l *level[F]) countBlack(t *tally, b []F) {
	reads(t, b, l.left, l.red.u, l.right, l.wrap)
	l.black.countSolve(t)
	if l.seam != nil {
		reads(t, l.seam.black, l.seam.u)
	}
}

// countSeam counts the couplings of the seam and, if so, a solution for it.
func (l *level[F]) countSeam(t *tally, solution bool) {
	if l.seam == nil {
		return
	}
	reads(t, l.seam.red, l.seam.black)
	if solution {
		reads(t, l.seam.b)
		l.seam.countSolve(t)
	}
}

// countDescent counts descend, for the right-hand side given.
func (l *level[F]) countDescent(t *tally, red, black []F) {
	reads(t, red)
	l.red.countSolve(t)
	l.countSeam(t, true)
	l.countBlack(t, black)
	l.countCorrection(t, l.black.u, black)
}

// countCorrection counts correct from a source, for the right-hand side given.
func (l *level[F]) countCorrection(t *tally, source, black []F) {
	l.countCoarse(t, source)
	updates(t, l.red.u)
	l.countBlack(t, black)
	l.countSeam(t, true)
}

// countCoarse counts the restriction from a source, the cycle on the coarse grid, and what the prolongation reads.
func (l *level[F]) countCoarse(t *tally, source []F) {
	coarse := l.coarse.(countedGrid)
	reads(t, l.left, source, l.right, l.transfer, l.wrap)
	coarse.countLoad(t)
	coarse.countCycle(t)
	coarse.countStore(t)
	reads(t, l.transfer)
}

// countCycle implements countedGrid.
func (l *level[F]) countCycle(t *tally) {
	l.countDescent(t, l.red.b, l.black.b)
	l.countRed(t, l.red.b)
}

// countBlackCycle counts cycleOnBlack.
func (l *level[F]) countBlackCycle(t *tally) {
	if l.seam == nil {
		reads(t, l.black.b)
		l.black.countSolve(t)
	} else {
		writes(t, l.red.u)
		l.countSeam(t, true)
		l.countBlack(t, l.black.b)
	}
	l.countCoarse(t, l.black.u)
	writes(t, l.red.u)
	l.countBlack(t, l.black.b)
	l.countSeam(t, true)
	l.countRed(t, l.red.b)
}

// countLoad implements countedGrid.
func (l *level[F]) countLoad(t *tally) {
	writes(t, l.red.b, l.black.b)
	if l.seam != nil {
		writes(t, l.seam.b)
	}
}

// countStore implements countedGrid.
func (l *level[F]) countStore(t *tally) {
	reads(t, l.red.u, l.black.u)
	if l.seam != nil {
		reads(t, l.seam.u)
	}
}

// countLoad implements countedGrid.
func (b *band[F]) countLoad(t *tally) { writes(t, b.x) }

// countStore implements countedGrid.
func (b *band[F]) countStore(t *tally) { reads(t, b.x) }

// countCycle implements countedGrid.
func (b *band[F]) countCycle(t *tally) {
	for range 2 {
		reads(t, b.lower)
		updates(t, b.x)
	}
}

// countLoad implements countedSolid.
func (s *tier[F]) countLoad(t *tally, p int) { writes(t, s.rhs[p]) }

// countAt implements countedSolid.
func (s *tier[F]) countAt(t *tally, p int) { reads(t, s.plane[p].red.u, s.plane[p].black.u) }

// countCycle implements countedSolid.
func (s *tier[F]) countCycle(t *tally) {
	coarse := s.coarse.(countedSolid)
	for p := range s.plane {
		s.countSolution(t, p)
	}
	for p := 0; p < len(s.plane); p += 2 {
		s.countRestriction(t, p)
		coarse.countLoad(t, p/2)
	}
	coarse.countCycle(t)
	for p := range s.plane {
		s.countProlongation(t, coarse, p)
	}
	for p := range s.plane {
		s.countImprovement(t, p)
	}
}

// during counts a visit to a plane.
func (s *tier[F]) during(t *tally, count func(w *workspace[F])) {
	w := s.work[0]
	cells := len(w.red)
	during(t, [][]F{w.b[:cells], w.b[cells+1:], w.red, w.changes, w.changes[1:]}, func() { count(w) })
}

// countSolution counts solveRed or solveBlack.
func (s *tier[F]) countSolution(t *tally, p int) {
	s.during(t, func(w *workspace[F]) {
		l, b := s.plane[p], s.rhs[p]
		if p%2 == 1 {
			s.countGathering(t, p, w)
			b = w.b
		}
		cells := len(l.red.u)
		l.countDescent(t, b[:cells], b[cells+1:])
		reads(t, l.red.u)
		writes(t, w.red)
		l.countRed(t, b[:cells])
		reads(t, l.red.u)
		updates(t, w.red)
		reads(t, w.red, l.left, l.right, l.wrap)
		writes(t, s.rest[p])
	})
}

// countImprovement counts improve.
func (s *tier[F]) countImprovement(t *tally, p int) {
	s.during(t, func(w *workspace[F]) {
		l, change := s.plane[p], w.changes[1:]
		s.countGathering(t, p, w)
		cells := len(l.red.u)
		red, black := w.b[:cells], w.b[cells+1:]
		l.countRed(t, red)
		reads(t, l.black.u)
		writes(t, change)
		l.countBlack(t, black)
		reads(t, l.black.u)
		updates(t, change)
		l.countCorrection(t, change, black)
		l.countRed(t, red)
	})
}

// countGathering counts gather.
func (s *tier[F]) countGathering(t *tally, p int, w *workspace[F]) {
	cells := len(w.red)
	reads(t, s.rhs[p][:cells], s.rhs[p][cells+1:])
	s.countNeighbours(t, p)
	writes(t, w.b[:cells], w.b[cells+1:])
}

// countNeighbours counts the neighbours of plane p and its couplings to them.
func (s *tier[F]) countNeighbours(t *tally, p int) {
	if p > 0 {
		reads(t, s.over[p-1])
		s.countAt(t, p-1)
	}
	if p+1 < len(s.plane) {
		reads(t, s.over[p])
		s.countAt(t, p+1)
	}
}

// countRestriction counts restrict but for what it writes: each addition to the residual on red plane p is a sweep over it.
func (s *tier[F]) countRestriction(t *tally, p int) {
	s.during(t, func(w *workspace[F]) {
		cells := len(w.red)
		residual, black := [][]F{w.b[:cells], w.b[cells+1:]}, w.b[cells+1:]
		writes(t, residual...)
		s.countNeighbours(t, p)
		reads(t, s.rest[p], s.transfer[p/2])
		updates(t, residual...) // × transfer
		updates(t, black)       // + rest
		for side, q := range []int{p + 1, p - 1} {
			if q < 0 || q >= len(s.plane) {
				continue
			}
			updates(t, residual...) // + over∘u
			updates(t, black)       // + weight∘rest
			reads(t, s.weight[side][q/2][cells+1:], s.rest[q])
		}
		reads(t, residual...)
	})
}

// countProlongation counts correctRed or correctBlack.
func (s *tier[F]) countProlongation(t *tally, coarse countedSolid, p int) {
	l := s.plane[p]
	if p%2 == 0 {
		coarse.countAt(t, p/2)
		reads(t, s.transfer[p/2])
		updates(t, l.red.u, l.black.u)
		return
	}
	for side := range 2 {
		if r := p/2 + side; s.weight[side][p/2] != nil {
			coarse.countAt(t, r)
			reads(t, s.weight[side][p/2])
			updates(t, l.red.u, l.black.u)
		}
	}
}

// countLoad implements countedSolid.
func (s *thick[F]) countLoad(t *tally, p int) {
	right, _ := s.handed()
	writes(t, s.shareOf(p, right)...)
}

// countAt implements countedSolid.
func (s *thick[F]) countAt(t *tally, p int) {
	_, solution := s.handed()
	reads(t, s.shareOf(p, solution)...)
}

// countCycle implements countedSolid.
func (s *thick[F]) countCycle(t *tally) { s.grid.(countedGrid).countCycle(t) }

// handed returns the arrays in which right-hand side and solution are handed over.
func (s *thick[F]) handed() (right, solution [][]F) {
	if l, ok := s.grid.(*level[F]); ok {
		return [][]F{l.red.b, l.black.b}, [][]F{l.red.u, l.black.u}
	}
	x := [][]F{s.grid.(*band[F]).x}
	return x, x
}

// shareOf returns stretches of the arrays as long as what plane p has of them.
func (s *thick[F]) shareOf(p int, arrays [][]F) [][]F {
	var out [][]F
	for _, a := range arrays {
		lo, hi := share(len(a), p, s.planes)
		out = append(out, a[lo:hi])
	}
	return out
}
