package solver

import (
	"fmt"
	"slices"

	"fpsgd/operators"
	"fpsgd/solver/linear"
)

// coarse is S on functions u = w/σ that are constant on aggregates of cells, so large that a count
// can be made on them. Its j-th eigenvalue is an upper bound of the j-th of S (min-max; see
// operators.Aggregate): where it has more of them below μ than were found, some were missed, and
// its modes are where to look. Where it has not, that proves nothing: m cells that are joined along
// an axis across which a mode varies raise its eigenvalue by up to m.
type coarse struct {
	chain []*operators.Operator // from the grid to the aggregates
	axes  []int                 // along which each was made of the one before
}

// newCoarse joins cells in pairs along the longest axis until a count can be made.
func newCoarse(op *operators.Operator) *coarse {
	c := &coarse{chain: []*operators.Operator{op}}
	for linear.Countable(op) != nil {
		axis := slices.Index(op.Shape, slices.Max(op.Shape))
		op = op.Aggregate(axis)
		c.chain, c.axes = append(c.chain, op), append(c.axes, axis)
	}
	return c
}

// operator is that on the aggregates.
func (c *coarse) operator() *operators.Operator { return c.chain[len(c.chain)-1] }

// modes returns the k lowest modes on the aggregates, on the grid: orthonormal, with the coarse
// eigenvalues for Rayleigh quotients.
func (c *coarse) modes(s *eigensolver, k int) ([][]float64, error) {
	direct := func(gamma float64) (Linear, error) {
		return dissected(c.operator(), gamma)
	}
	joined := newEigensolver(s.ctx, c.operator(), direct, k, -tie, spectrumResidual)
	if err := joined.run(nil); err != nil {
		return nil, fmt.Errorf("on aggregates of cells: %w", err)
	}
	var out [][]float64
	for _, m := range joined.locked[:k] {
		w := m.W
		for level := len(c.axes) - 1; level >= 0; level-- {
			w = c.chain[level].Prolong(c.axes[level], c.chain[level+1], w)
		}
		out = append(out, w)
	}
	return out, nil
}

// coarseEvidence looks for a miss on aggregates of cells, where the cells themselves cannot be
// counted for the reason given.
func (s *eigensolver) coarseEvidence(reason error) (missed [][]float64, c Certificate, err error) {
	const mostStarts = 16
	if s.joined == nil {
		s.joined = newCoarse(s.op)
	}
	mu := s.locked[s.wanted-1].Value * (1 - margins[0])
	count, err := linear.Count(s.joined.operator(), mu)
	if err != nil {
		return nil, c, err
	}
	shape, uncertain := s.joined.operator().Shape, doubt(count)
	excess := count.Below - s.lockedBelow(mu*(1+uncertain))
	if excess <= 0 || !(uncertain < 1) {
		format := "%v; no basin, no committor, and no count on %v aggregates of cells, " +
			"finds another below %.9g"
		if !(uncertain < 1) {
			format = "%v, and on %v aggregates of cells rounding hides the count; " +
				"no basin and no committor finds another below %.9g"
		}
		return nil, Certificate{NotCertified, fmt.Sprintf(format, reason, shape, mu)}, nil
	}
	missed, err = s.joined.modes(s, min(count.Below-s.zeros(), mostStarts))
	s.gamma, s.system = 0, nil
	c.Text = fmt.Sprintf("a count on %v aggregates of cells finds %d more below %.6g",
		shape, excess, mu)
	return missed, c, err
}
