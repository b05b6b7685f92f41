package multigrid

// lumping holds how black cells are shared between their red neighbours before (0) and after (1)
// them. In the rates of a walker, from a red neighbour in to the black cell and out of it back,
//
//	w = out/Σ out,    M_b/M_r = in/out,    s = w M_b/M_r = in/Σ out.
type lumping struct{ weight, mass, share [2][]float64 }

func newLumping(cells int) *lumping {
	l, store := new(lumping), make([]float64, 6*cells)
	for side := range 2 {
		l.weight[side], store = store[:cells], store[cells:]
		l.mass[side], store = store[:cells], store[cells:]
		l.share[side], store = store[:cells], store[cells:]
	}
	return l
}

// set takes the rates of black cell k. One that no rate joins to its neighbours is not shared at
// all.
func (l *lumping) set(k int, in, out [2]float64) {
	sum := 1 / (out[0] + out[1])
	for side := range 2 {
		if out[side] > 0 {
			l.weight[side][k] = out[side] * sum
			l.mass[side][k] = in[side] / out[side]
			l.share[side][k] = in[side] * sum
		} else {
			l.weight[side][k], l.mass[side][k], l.share[side][k] = 0, 0, 0
		}
	}
}

// along returns what the rates on and back between black cell k and one beside it, u of another
// lumping, give to those between their red neighbours on a side.
func (l *lumping) along(side, k int, other *lumping, u int, on, back float64) (float64, float64) {
	return (l.share[side][k] + l.mass[side][k]*other.weight[side][u]) / 2 * on,
		(other.share[side][u] + other.mass[side][u]*l.weight[side][k]) / 2 * back
}
