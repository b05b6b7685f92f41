package multigrid

import (
	"math"
	"slices"

	"fpsgd/internal/parallel"
)

// coarsening lumps every black cell along an axis, those of odd index, into its red neighbours,
// which are the cells of the coarse grid. With T∓ the conductances of a black cell to its
// neighbours and w∓ = T∓/(T₋+T₊),
//
//	M_r ← M_r + Σ_b w_b M_b,                   T along the axis = T₋T₊/(T₋+T₊),
//	M_r e_r ← M_r e_r + Σ_b w_b M_b e_b,       T to others(i,j) ← T_r + Σ_b ½(w_i + w_j) T_b:
//
// the black cell's mass is shared among its neighbours by the probabilities w∓ with which the
// walker leaves for them. In rates, the red mass grows by 1 + Σ_b s_b with s_b = w_b M_b/M_r, which
// is the rate from r to b over the rates along the axis out of b.
type coarsening struct {
	fine, coarse *rates
	axis         int
	growth       []float64  // 1/q: the square root of what each red mass is multiplied by
	black        [2]lumping // into the red neighbour before (0) and after (1)
}

// lumping holds what black cells give to their red neighbours on a side. In the rates of a walker,
// from the red neighbour in to the black cell and out of it back,
//
//	w = out/Σ out,    M_b/M_r = in/out,    s = w M_b/M_r = in/Σ out.
type lumping struct{ weight, mass, share []float64 }

// coarsen lumps the black cells along an axis.
func (c *rates) coarsen(w *parallel.Workers, axis int) *coarsening {
	shape := slices.Clone(c.shape)
	shape[axis] = (shape[axis] + 1) / 2
	x := &coarsening{fine: c, coarse: emptyRates(shape, c.ring, c.ends), axis: axis}
	x.growth = slices.Repeat([]float64{1}, len(x.coarse.stop))
	for side := range x.black {
		array := func() []float64 { return make([]float64, len(c.stop)-len(x.growth)) }
		x.black[side] = lumping{array(), array(), array()}
	}
	x.copyReds(w)
	x.eachBlack(w, x.lump)
	for k := range shape {
		if k != axis {
			x.eachBlack(w, x.lumpBeside(k))
		}
	}
	w.Over(len(x.growth), x.divideByGrowth)
	for t, v := range x.growth {
		x.growth[t] = math.Sqrt(v)
	}
	return x
}

// copyReds copies the rates of the red cells, but for those along the axis.
func (x *coarsening) copyReds(w *parallel.Workers) {
	size, reds, all := x.fine.stride[x.axis], x.coarse.shape[x.axis], x.fine.shape[x.axis]
	w.Each(len(x.growth)/size, len(x.fine.stop), func(_, i int) {
		red := (i/reds*all + i%reds*2) * size
		take := func(to, from []float64) { copy(to[i*size:(i+1)*size], from[red:]) }
		take(x.coarse.stop, x.fine.stop)
		for k, j := range x.coarse.jumps {
			if k != x.axis {
				take(j.on, x.fine.jumps[k].on)
				take(j.back, x.fine.jumps[k].back)
			}
		}
	})
}

// eachBlack calls do for every black cell, along the axis in ascending order: its number among the
// black ones, the cell, and the red neighbours' numbers among the coarse ones.
func (x *coarsening) eachBlack(w *parallel.Workers, do func(b, cell int, red [2]int)) {
	size, reds, all := x.fine.stride[x.axis], x.coarse.shape[x.axis], x.fine.shape[x.axis]
	blacks := all / 2
	w.Run(len(x.fine.stop), func(part, parts int) {
		lo, hi := parallel.Share(len(x.fine.stop)/all, part, parts) // lines along the axis
		for first := lo - lo%size; first < hi; first += size {
			for k := range blacks {
				for line := max(lo, first); line < min(hi, first+size); line++ {
					at := line - first
					do(first*blacks+k*size+at, first*all+(2*k+1)*size+at,
						[2]int{first*reds + k*size + at, first*reds + (k+1)%reds*size + at})
				}
			}
		}
	})
}

// lump shares a black cell out. One that no rate joins to its neighbours is not shared at all.
func (x *coarsening) lump(b, cell int, red [2]int) {
	j, before := x.fine.jumps[x.axis], cell-x.fine.stride[x.axis]
	in := [2]float64{j.on[before], j.back[cell]}
	out := [2]float64{j.back[before], j.on[cell]}
	sum := 1 / (out[0] + out[1])
	for side, l := range x.black {
		if out[side] > 0 {
			l.weight[b] = out[side] * sum
			l.mass[b] = in[side] / out[side]
			l.share[b] = in[side] * sum
		}
		x.growth[red[side]] += l.share[b]
		x.coarse.stop[red[side]] += l.share[b] * x.fine.stop[cell]
	}
	coarse := x.coarse.jumps[x.axis]
	coarse.on[red[0]] = in[0] * x.black[1].weight[b]
	coarse.back[red[0]] = in[1] * x.black[0].weight[b]
}

// lumpBeside adds what the rates between black cells beside one another along another axis give to
// those between their red neighbours.
func (x *coarsening) lumpBeside(axis int) func(b, cell int, red [2]int) {
	fine, coarse := x.fine.jumps[axis], x.coarse.jumps[axis]
	count, stride := x.fine.shape[axis], x.fine.stride[axis]
	if axis < x.axis {
		stride = stride / x.fine.shape[x.axis] * (x.fine.shape[x.axis] / 2)
	}
	return func(b, cell int, red [2]int) {
		on, back := fine.on[cell], fine.back[cell]
		if on == 0 && back == 0 {
			return
		}
		u := next(b, count, stride)
		for side, t := range red {
			l := &x.black[side]
			coarse.on[t] += (l.share[b] + l.mass[b]*l.weight[u]) / 2 * on
			coarse.back[t] += (l.share[u] + l.mass[u]*l.weight[b]) / 2 * back
		}
	}
}

// divideByGrowth divides every rate by the growth of the mass of the cell that it leaves.
func (x *coarsening) divideByGrowth(lo, hi int) {
	c := x.coarse
	for t := lo; t < hi; t++ {
		c.stop[t] /= x.growth[t]
		for k, j := range c.jumps {
			j.on[t] /= x.growth[t]
			j.back[t] /= x.growth[next(t, c.shape[k], c.stride[k])]
		}
	}
}
