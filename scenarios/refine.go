package scenarios

import (
	"errors"

	"fpsgd/mesh"
)

// On is the same problem on another grid, which one whose loss is known at the midpoints of its own
// has not.
func (s *Scenario) On(g *mesh.Grid) (*Scenario, error) {
	if isArray(s.Landscape) {
		return nil, s.Errorf("landscape.file", "its values belong to one grid, which cannot be "+
			"refined (give f as a formula)")
	}
	p := s.Problem
	p.Grid = g
	other := prepared(p, s.Config)
	other.Weights = s.Weights // which may have been replaced
	return other, nil
}

// Nested returns grids for the problem of which each halves the cells of the one before, in the
// coordinate in which they are uniform. The finest has the cells of its own grid, rounded to
// multiples of 2^{levels−1}. An error names the axis that has too few cells, or what is given cell
// by cell and so fits one grid only.
func (s *Scenario) Nested(levels int) ([]*mesh.Grid, error) {
	if isArray(s.Landscape) {
		_, err := s.On(s.Grid)
		return nil, err
	}
	finest := 1 << (levels - 1)
	for k := range s.Grid.Axes {
		a := &s.Grid.Axes[k]
		if _, err := a.Refined(1); errors.As(err, new(mesh.ErrGiven)) {
			return nil, s.Errorf(axisKey(k)+".file",
				"the faces belong to one grid, which cannot be refined (use spacing uniform, "+
					"sinh or log)")
		}
		if least := a.Fewest(); (a.Cells()+finest/2)/finest < least {
			return nil, s.Errorf(axisKey(k)+".cells",
				"%d cells cannot be halved %d times (use %d or more)",
				a.Cells(), levels-1, least*finest)
		}
	}
	coarsest, err := s.Grid.Coarsened(finest)
	if err != nil {
		return nil, err
	}
	out := make([]*mesh.Grid, levels)
	for l := range out {
		if out[l], err = coarsest.Refined(1 << l); err != nil {
			return nil, err
		}
	}
	return out, nil
}
