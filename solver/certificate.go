package solver

// Certificate says what is known of eigenvalues that a search may have missed.
type Certificate struct {
	Kind Completeness
	Text string // how it was found, or why it is not known: for people
}

// Completeness of a list of lowest eigenvalues.
type Completeness string

const (
	Certified    Completeness = "certified"     // counted: there are no others below the last one
	Undecided    Completeness = "undecided"     // a count was made, and rounding leaves it open
	NotCertified Completeness = "not certified" // no count can be made on this grid
)
