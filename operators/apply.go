package operators

// Apply stores S w.
func (op *Operator) Apply(dst, w []float64) {
	for i, d := range op.Diag {
		dst[i] = d * w[i]
	}
	for k, coupling := range op.Coupling {
		stride := op.Stride(k)
		slab := stride * op.Shape[k]
		for first := 0; first < len(w); first += slab {
			last := first + slab - stride
			for i := first; i < last; i++ {
				c, j := coupling[i], i+stride
				dst[i] -= c * w[j]
				dst[j] -= c * w[i]
			}
			if !op.Periodic[k] {
				continue
			}
			for t := range stride {
				c, i, j := coupling[last+t], last+t, first+t
				dst[i] -= c * w[j]
				dst[j] -= c * w[i]
			}
		}
	}
}
