package solver

import (
	"errors"
	"fmt"
	"math"

	"fpsgd/solver/linear"
)

// Certificate says what is known of eigenvalues that a search may have missed.
type Certificate struct {
	Kind Completeness `json:"kind"`
	Text string       `json:"text"` // how it was found, or why it is not known: for people
}

// Completeness of a list of lowest eigenvalues.
type Completeness string

const (
	Certified    Completeness = "certified"     // counted: there are no others below the last one
	Undecided    Completeness = "undecided"     // a count was made, and rounding leaves it open
	NotCertified Completeness = "not certified" // no count can be made on this grid
)

// quotientMargin is the rounding of a Rayleigh quotient, and more.
const quotientMargin = 1e-6

// margins are the relative distances from the last eigenvalue at which others are counted: the
// least at which rounding allows it.
var margins = []float64{1e-6, 1e-4, 1e-2}

// evidence looks for eigenvalues that were missed. If there are any it returns vectors to search
// from, and the proof as the text of the certificate; otherwise what is known.
func (s *eigensolver) evidence(starts [][]float64) (missed [][]float64, c Certificate, err error) {
	reason := linear.Countable(s.op)
	v := s.lowerVector(starts)
	if v == nil && reason != nil {
		v, err = s.committor()
	}
	if err != nil {
		return nil, c, err
	}
	if v != nil {
		s.gamma, s.system = 0, nil
		c.Text = fmt.Sprintf("a function with the Rayleigh quotient %.6g", s.quotient(v))
		return [][]float64{v}, c, nil
	}
	if reason != nil {
		return s.coarseEvidence(reason)
	}
	c, excess, err := s.certify()
	if err != nil || excess == 0 {
		return nil, c, err
	}
	missed, err = s.aim(excess)
	c.Text = fmt.Sprintf("a count of the eigenvalues below %.6g", excess)
	return missed, c, err
}

// lowerVector returns a basin's or a given vector whose Rayleigh quotient, on the complement of the
// modes, is below the ceiling; nil if there is none. The quotient bounds the lowest eigenvalue
// there from above.
func (s *eigensolver) lowerVector(starts [][]float64) []float64 {
	ceiling := s.ceiling(nil) * (1 - quotientMargin)
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

// committor returns a B w, w = σ on a basin, whose Rayleigh quotient is below the ceiling, as
// lowerVector does. Where the basin is left at a rate below 1/γ, and all but a few other rates are
// far above it, B leaves in w what is slow: σ∘u with the u of about the probability to end in the
// basin, which falls off over the barrier as the slow mode does. The quotient of w itself, which
// jumps there, is too large by the number of cells that the barrier is wide, or by more. The system
// is that of the last search, so that a basin costs a solve; what an iteration leaves unsolved does
// not matter to a bound.
func (s *eigensolver) committor() ([]float64, error) {
	if s.system == nil {
		return nil, nil
	}
	ceiling, u := s.ceiling(nil)*(1-quotientMargin), make([]float64, s.op.Cells())
	for _, k := range s.seeds {
		err := s.apply(u, s.regions.vector(k))
		if err != nil && !errors.Is(err, linear.ErrNotConverged) {
			return nil, err
		}
		if s.quotient(u) < ceiling {
			return u, nil
		}
	}
	return nil, nil
}

// doubt is how far from μ, relatively, the shift may be that the count is that of.
func doubt(c linear.Inertia) float64 {
	if c.Error >= 1 {
		return math.Inf(1)
	}
	return 2 * c.Error / (1 - c.Error)
}

// lockedBelow is how many modes, with σ, were found below μ.
func (s *eigensolver) lockedBelow(mu float64) int {
	n := s.zeros()
	for _, m := range s.locked {
		if m.Value < mu {
			n++
		}
	}
	return n
}

// certify counts the eigenvalues below the last one: just above it where its eigenspace is to be
// complete, and else just below it. If there are more than were found it returns a shift that they
// lie below.
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
		doubt := doubt(count)
		if !(doubt < margin/2) {
			continue
		}
		known := s.lockedBelow(mu * (1 + doubt))
		if count.Below > known {
			return c, mu, nil
		}
		surely := s.lockedBelow(mu * (1 - doubt))
		if count.Below < surely {
			return c, 0, fmt.Errorf("%d modes were found below %.9g, and a count finds %d: "+
				"the modes are not what they seem; give the linear solver a smaller tolerance",
				surely, mu, count.Below)
		}
		text := fmt.Sprintf("counted by the inertia of S − μ: %d below μ = %.9g, those found",
			count.Below-s.zeros(), mu*(1-doubt))
		return Certificate{Certified, text}, 0, nil
	}
	text := fmt.Sprintf("a count of the eigenvalues below %.6g is hidden by rounding", last)
	return Certificate{Undecided, text}, 0, nil
}

// zeros is 1 where σ is an eigenvector that is not listed.
func (s *eigensolver) zeros() int { return len(s.deflated) - len(s.locked) }

// aim sets the shift for an eigenvalue that was missed below μ, which it finds to a factor of two
// by counts, and returns random vectors.
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
