package operators

// Apply stores S w.
func (op *Operator) Apply(dst, w []float64) {
	for i, d := range op.Diag {
		dst[i] = d * w[i]
	}
	for k, coupling := range op.Coupling {
		op.eachRun(k, next, 0, len(w), func(i0, i1, ahead int) {
			for i := i0; i < i1; i++ {
				c, j := coupling[i], i+ahead
				dst[i] -= c * w[j]
				dst[j] -= c * w[i]
			}
		})
	}
}
