package operators

import "math"

// slab is a range of planes of the first axis, over which one goroutine passes cell by cell.
type slab struct {
	*assembly
	rows
	cell cell // the one it has come to

	adaptive    *massIntegrator // of cells that the lattice does not resolve
	minusKappa  []float64       // −κ at the lattice points of the cell
	resistivity *massIntegrator // of e^{−κ}, made when needed
	resistor    resistor        // nil: the flux has none
	series      *series
}

func newSlab(a *assembly) *slab {
	d := len(a.grid.Axes)
	s := &slab{
		assembly: a, rows: newRows(a.lattice, a.weights),
		cell:     cell{pos: make([]int, d), xi: make([]float64, d), node: make([]float64, d)},
		adaptive: newMassIntegrator(refinedSamples(a.grid, a.weights)),
		series:   newSeries(a),
	}
	s.minusKappa = make([]float64, len(s.sums.unit))
	if a.flux.resistor != nil {
		s.resistor = a.flux.resistor(a)
	}
	return s
}

// plane passes over plane i0 of the first axis, and stores its results if asked.
func (s *slab) plane(i0 int, store bool) error {
	size := s.op.Stride(0)
	for first := i0 * size; first < (i0+1)*size; first += s.row {
		if err := s.sample(first); err != nil {
			return err
		}
		for j := range s.row {
			s.moveTo(first + j)
			if err := s.visit(&s.cell, store); err != nil {
				return err
			}
		}
	}
	return nil
}

// moveTo comes to cell i of the grid.
func (s *slab) moveTo(i int) {
	c, j, size := &s.cell, i%s.row, len(s.sums.unit)
	c.index = i
	for k := range c.pos {
		c.pos[k] = s.position(k, j)
	}
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
		for k, nodes := range s.op.nodes {
			nodes[c.index] = c.node[k]
		}
		if s.options.Angular != 0 {
			s.op.Removal[c.index] = s.angular(c, s.op.LogM[c.index])
		}
	}
	if s.resistor != nil {
		rough, err := s.checkPole(c)
		if err != nil {
			return err
		}
		c.hard = c.hard || rough
		if err := s.resistor(c, s.series.piece); err != nil {
			return err
		}
		s.series.join(c.pos, c.index, store)
	}
	if !store || !c.hard {
		return nil
	}
	node, err := s.openNode(c)
	s.collect.Lock()
	defer s.collect.Unlock()
	s.hard[c.index] = node
	return err
}
