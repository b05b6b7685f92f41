package multigrid

import "fpsgd/solver/linear/vectors"

// workspace is what a plane needs besides its own arrays while it is being solved for.
type workspace[F vectors.Float] struct {
	b      []F // right-hand side, as long as u
	change []F // of black.u, after one place
	red    []F // red.u, earlier
	row    []F // one row of the plane
}

func newWorkspace[F vectors.Float](l *level[F]) *workspace[F] {
	cells := len(l.red.u)
	return &workspace[F]{make([]F, 2*cells+1), make([]F, 1+cells), make([]F, cells), make([]F, l.m)}
}

// setRight makes b, laid out as u, the right-hand side.
func (l *level[F]) setRight(b []F) {
	l.red.b, l.black.b = b[:len(l.red.u)], b[len(l.red.u)+1:]
}

// solveAndKeep does one cycle from zero and stores what residual it leaves on the black cells,
// where it is zero before the last step. There is none on the red ones.
func (l *level[F]) solveAndKeep(residual []F, w *workspace[F]) {
	l.cycleToBlack(zero, w)
	copy(w.red, l.red.u)
	l.solveRed()
	subtractFrom(w.red, l.red.u)
	l.blackCouplings(residual, w.red)
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
