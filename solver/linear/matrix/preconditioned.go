package matrix

// Preconditioned is a preconditioned form of A y = r that conjugate gradients run on: Â ŷ = r̂ with
// a preconditioner of Â. Multigrid leaves the system as it is and preconditions it; Eisenstat's
// form transforms it and needs no preconditioner any more.
type Preconditioned interface {
	// Size returns the lengths of residuals r̂ and of directions. The system is Â on the last
	// entries of a direction, as many as a residual has; the rest is what the preconditioned form
	// carries along.
	Size() (residual, direction int)
	Enter(rhat, r []float64) // r̂ of r; of equal lengths they may be the same
	// Apply turns the direction p, stretch by stretch as it goes or all at once, and computes q = Â
	// p; it returns p·q.
	Apply(q, p []float64, turn func(lo, hi int)) float64
	// Precondition returns the direction z that the preconditioner makes of r̂, in its own space or
	// r's, and z·r̂; rr is r̂·r̂.
	Precondition(r []float64, rr float64) ([]float64, float64)
	// Converged reports whether the residual of A y = r that belongs to r̂ has a weighted norm ≤
	// target; rr is r̂·r̂.
	Converged(r []float64, rr, target float64) bool
	Leave(y, yhat []float64) // y of ŷ
}
