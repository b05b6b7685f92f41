package operators

// Apply stores S w.
func (op *Operator) Apply(dst, w []float64) {
	for i, d := range op.Diag {
		dst[i] = d * w[i]
	}
	for k, coupling := range op.Coupling {
		stride, n := op.Stride(k), op.Shape[k]
		for i, c := range coupling[:len(coupling)-stride] { // the last cells of an axis have c = 0 or wrap around
			j := i + stride
			if c == 0 || (op.Periodic[k] && i/stride%n == n-1) {
				continue
			}
			dst[i] -= c * w[j]
			dst[j] -= c * w[i]
		}
		if op.Periodic[k] {
			op.applyWrap(dst, w, k)
		}
	}
}

// applyWrap subtracts the coupling of the last cells of a periodic axis to its first.
func (op *Operator) applyWrap(dst, w []float64, k int) {
	stride, n := op.Stride(k), op.Shape[k]
	for block := 0; block < len(w); block += stride * n {
		for t := range stride {
			first, last := block+t, block+t+stride*(n-1)
			c := op.Coupling[k][last]
			dst[last] -= c * w[first]
			dst[first] -= c * w[last]
		}
	}
}
