package operators

import "math"

// slab is a range of planes of the first axis, over which one goroutine passes cell by cell.
type slab struct {
	*assembly
	rows
	logPi, kappa []float64 // log πJ and κ on the lattice of a row
	cell         cell      // the one it has come to

	adaptive    *massIntegrator // of cells that the lattice does not resolve
	resistivity *massIntegrator // of e^{−κ}, made when needed
	resistor    resistor        // nil: the flux has none
	series      *series

	// Of the last cell: whether its mass is the adaptive integrator's, and, on one axis, whether
	// something hides beside its ends (see rule.beyondEnds).
	integrated, kinked bool
}

func newSlab(a *assembly) *slab {
	r := newRows(a.lattice)
	n := len(r.held[0])
	return &slab{
		assembly: a, rows: r, logPi: make([]float64, n), kappa: make([]float64, n),
		cell: cell{
			pos: make([]int, r.d), xi: make([]float64, r.d), node: make([]float64, r.d),
		},
		adaptive: newMassIntegrator(a.weights, refinedSamples(a.grid)),
		resistor: a.flux.resistor(a), series: newSeries(a),
	}
}

// plane passes over plane i0 of the first axis, and stores its results if asked.
func (s *slab) plane(i0 int, store bool) error {
	size := s.op.Stride(0)
	for first := i0 * size; first < (i0+1)*size; first += s.row {
		if err := s.sampleRow(first); err != nil {
			return err
		}
		for j := range s.row {
			s.moveTo(first+j, j)
			if err := s.visit(&s.cell, store); err != nil {
				return err
			}
		}
	}
	return nil
}

// sampleRow evaluates log πJ and κ on the lattice of the row of which the first cell is given.
func (s *slab) sampleRow(first int) error {
	s.at(first)
	if err := s.weights.LogWeights(s.logPi, s.kappa, s.points); err != nil {
		return err
	}
	s.addLogJ(s.logPi)
	if s.resistor == nil {
		return nil
	}
	return s.resistor.sampleRow(s.pos)
}

// moveTo comes to cell i of the grid, number j of the row.
func (s *slab) moveTo(i, j int) {
	c, size := &s.cell, len(s.sums.unit)
	c.index, c.inRow = i, j
	s.grid.Index(c.pos, i)
	c.box = cellBox(s.grid, c.pos)
	c.logPi, c.kappa = s.logPi[j*size:][:size], s.kappa[j*size:][:size]
	c.kappaMin, c.kappaMax = extent(c.kappa)
}

// visit integrates over the cell and joins it to its lower neighbours.
func (s *slab) visit(c *cell, store bool) error {
	m, reference, relative, err := s.mass(c)
	if err != nil {
		return err
	}
	for k := range c.node {
		c.xi[k] = m.first[k] / m.mass
		c.node[k] = c.at(k, c.xi[k])
	}
	if store {
		s.op.LogM[c.index] = reference + math.Log(m.mass)
		s.errors[c.index] = relative
		for k, centroids := range s.op.Centroids {
			centroids[c.index] = c.node[k]
		}
		if s.options.Angular != 0 {
			s.op.Removal[c.index] = s.angular(c, s.op.LogM[c.index])
		}
	}
	hard := s.massIsHard()
	if s.resistor != nil {
		rough, err := s.checkPole(c)
		if err != nil {
			return err
		}
		hard = hard || rough
		s.resistor.resist(c, s.series.piece)
		s.series.join(c.pos, c.index, store)
	}
	if !store || !hard {
		return nil
	}
	node, err := s.openNode(c)
	s.collect.Lock()
	defer s.collect.Unlock()
	s.hard[c.index] = node
	return err
}
