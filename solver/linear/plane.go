package linear

// workspace is what a plane needs besides its own arrays while it is being solved for.
type workspace[F float] struct {
	b       []F // right-hand side, as long as u
	changes []F // of black.u, after one place
	red     []F // red.u, earlier
	row     []F // one row of the plane
}

func newWorkspace[F float](l *level[F]) *workspace[F] {
	cells := len(l.red.u)
	return &workspace[F]{make([]F, 2*cells+1), make([]F, 1+cells), make([]F, cells), make([]F, l.m)}
}

// setRight makes b, laid out as u, the right-hand side.
func (l *level[F]) setRight(b []F) {
	l.red.b, l.black.b = b[:len(l.red.u)], b[len(l.red.u)+1:]
}

// solve does one cycle from u = 0 and stores in rest what residual it leaves on the black cells, which is zero before the last step.
// There is none on the red ones.
func (l *level[F]) solve(rest []F, w *workspace[F]) {
	l.descend()
	copy(w.red, l.red.u)
	l.solveRed()
	for t, v := range l.red.u {
		w.red[t] = v - w.red[t]
	}
	l.blackCouplings(rest, w.red)
}

// improve adds to u what one cycle makes of the residual b − Au. That is the cycle begun from u in place of 0.
func (l *level[F]) improve(w *workspace[F]) {
	l.solveRed()
	change := w.changes[1:]
	copy(change, l.black.u)
	l.solveBlack()
	for t, v := range l.black.u {
		change[t] = v - change[t]
	}
	l.correct(w.changes)
	l.solveRed()
}

// blackCouplings sets dst = a red on the black cells.
func (l *level[F]) blackCouplings(dst, red []F) {
	s, last := l.stride, len(red)-1 // red[t+1] does not exist for the last, nor is it needed
	couplings(dst[:last], l.left, red, l.right, red[1:])
	dst[last] = l.left[last] * red[last]
	for i := range l.wrap {
		dst[(i+1)*s-1] += l.wrap[i] * red[i*s]
	}
}
