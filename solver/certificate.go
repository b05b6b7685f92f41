package solver

import (
	"fmt"
	"math"

	"fpsgd/solver/linear"
)

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

// margins are the relative distances from the last eigenvalue at which others are counted: the least at which rounding allows it.
var margins = []float64{1e-6, 1e-4, 1e-2}

// evidence looks for eigenvalues that were missed. It returns vectors to search from if there are any, and otherwise what is known.
func (s *eigensolver) evidence(starts [][]float64) (missed [][]float64, c Certificate, err error) {
	if v := s.lowerVector(starts); v != nil {
		s.gamma, s.system = 0, nil
		return [][]float64{v}, c, nil
	}
	if err := linear.Countable(s.op); err != nil {
		return nil, Certificate{NotCertified, err.Error()}, nil
	}
	c, excess, err := s.certify()
	if err != nil || excess == 0 {
		return nil, c, err
	}
	missed, err = s.aim(excess)
	return missed, c, err
}

// lowerVector returns a basin's or a given vector whose Rayleigh quotient, on the complement of the modes, is below the ceiling; nil if
// there is none. The quotient bounds the lowest eigenvalue there from above.
func (s *eigensolver) lowerVector(starts [][]float64) []float64 {
	const margin = 1e-6 // of the rounding of a quotient
	ceiling := s.ceiling(nil) * (1 - margin)
	for _, k := range s.seeds {
		if v := s.regions.vector(k); s.quotient(v) < ceiling {
			return v
		}
	}
	for _, v := range starts {
		if s.quotient(v) < ceiling {
			return v
		}
	}
	return nil
}

// lockedBelow is how many modes, with σ, were found below μ.
func (s *eigensolver) lockedBelow(mu float64) int {
	n := len(s.deflated) - len(s.locked)
	for _, m := range s.locked {
		if m.Value < mu {
			n++
		}
	}
	return n
}

// certify counts the eigenvalues below the last one: just above it where its eigenspace is to be complete, and else just below it. If
// there are more than were found it returns a shift that they lie below.
func (s *eigensolver) certify() (c Certificate, excess float64, err error) {
	last := s.locked[s.wanted-1].Value
	for _, margin := range margins {
		mu := last * (1 - margin)
		if s.slack > 0 {
			mu = last * (1 + math.Max(margin, 2*s.slack))
		}
		count, err := linear.Count(s.op, mu)
		if err != nil {
			return c, 0, err
		}
		doubt := 2 * count.Error / (1 - count.Error) // the count is that of a shift within μ(1 ± doubt)
		if !(doubt < margin/2) {
			continue
		}
		known := s.lockedBelow(mu * (1 + doubt))
		if count.Below > known {
			return c, mu, nil
		}
		if count.Below < s.lockedBelow(mu*(1-doubt)) {
			return c, 0, fmt.Errorf("%d modes were found below %.9g, and a count finds %d: the modes are not what they seem; give the linear solver "+
				"a smaller tolerance", s.lockedBelow(mu*(1-doubt)), mu, count.Below)
		}
		return Certificate{Certified, fmt.Sprintf("counted by the inertia of S − μ: %d below μ = %.9g, those found", count.Below-s.zeros(), mu*(1-doubt))}, 0, nil
	}
	return Certificate{Undecided, fmt.Sprintf("a count of the eigenvalues below %.6g is hidden by rounding", last)}, 0, nil
}

// zeros is 1 where σ is an eigenvector that is not listed.
func (s *eigensolver) zeros() int { return len(s.deflated) - len(s.locked) }

// aim sets the shift for an eigenvalue that was missed below μ, which it finds to a factor of two by counts, and returns random vectors.
func (s *eigensolver) aim(mu float64) ([][]float64, error) {
	const steps = 60
	factor := 2.0
	for range steps {
		lower := mu / factor
		count, err := linear.Count(s.op, lower)
		if err != nil {
			return nil, err
		}
		if count.Below > s.lockedBelow(lower) {
			mu, factor = lower, factor*factor
		} else if factor > 2 {
			factor = math.Max(2, math.Sqrt(factor))
		} else {
			break
		}
	}
	s.gamma, s.system = shiftTarget/mu, nil
	s.aims++
	return randomBlock(s.op, len(s.op.Shape)+2, 1000+s.aims), nil
}
