package operators

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"sync"

	"fpsgd/internal/parallel"
	"fpsgd/mesh"
)

// Options are the choices of an assembly.
type Options struct {
	Flux    Flux // "": ScharfetterGummel
	Threads int  // 0: all cores; the result does not depend on it

	// Angular is, on a radial grid, the mode l of u(r)·Y_l, which adds the removal
	// ∫ e^κ l(l+m−2)/r² J dq; on the line (m = 1) the mode 1 is the odd u.
	Angular int

	Centroids bool      // whether to keep the π-centroids of the cells
	Features  []Feature // of f that the nodes of the quadrature may not see
	Finer     *Finer    // nil: none
	Progress  Progress
}

// Assemble builds the operator of ∂tρ = div( e^κ ∇(ρ/π) ) on a grid.
//
// One pass over the grid in C order samples the weights on the quadrature lattice, a row of cells
// at a time. A cell gives its mass, its π-centroid and, for every axis and every transverse lattice
// point, the resistances of the two pieces of the line through it: from the node to the lower and
// to the upper face. The conductance between neighbours is the transverse integral of the
// reciprocal sum of two such pieces. A flux that is not made of resistances is formed afterwards.
func Assemble(g *mesh.Grid, w Weights, o Options) (*Operator, error) {
	switch {
	case g == nil || len(g.Axes) == 0:
		return nil, errors.New("there is no grid; give one, as of mesh.NewGrid")
	case w == nil:
		return nil, errors.New("there are no weights; give π and κ")
	}
	flux, known := fluxes[cmp.Or(o.Flux, ScharfetterGummel)]
	if !known {
		return nil, fmt.Errorf("there is no flux %q; known are %q", o.Flux, Fluxes)
	}
	g, err := modeGrid(g, o.Angular)
	if err != nil {
		return nil, err
	}
	features, err := newFeatures(g, o.Features, o.Finer)
	if err != nil {
		return nil, err
	}
	a := &assembly{
		grid: g, weights: w, flux: flux, options: o, op: blank(g, o), lattice: newLattice(g),
		features: features, unions: unionsOf(g, o.Finer), errors: make([]float64, g.Cells()),
		hard: map[int][4]float64{},
	}
	if err := a.run(); err != nil {
		return nil, err
	}
	if flux.couple != nil {
		if err := flux.couple(a); err != nil {
			return nil, err
		}
	}
	if o.Centroids {
		for _, node := range a.op.nodes {
			a.op.Centroids = append(a.op.Centroids, slices.Clone(node))
		}
	}
	return a.op, a.finish()
}

// blank is an operator of zeros with what its grid and options ask for.
func blank(g *mesh.Grid, o Options) *Operator {
	n, d := g.Cells(), len(g.Axes)
	op := &Operator{
		threads: o.Threads, Shape: g.Shape(), LogM: make([]float64, n), Sigma: make([]float64, n),
		Diag: make([]float64, n), Ends: make([][2][]float64, d), nodes: vectors(d, n),
		singular: map[int]bool{},
	}
	open := false
	for k := range g.Axes {
		op.Periodic = append(op.Periodic, g.Axes[k].Periodic)
		op.Coupling = append(op.Coupling, logZeros(n)) // log T until finish
		for side, end := range g.Axes[k].Ends {
			if end == mesh.Open {
				op.Ends[k][side], open = make([]float64, n/g.Axes[k].Cells()), true
			}
		}
	}
	if o.Angular != 0 || open {
		op.Removal = make([]float64, n) // relative to e^LogM
	}
	return op
}

// assembly is an operator in the making.
type assembly struct {
	grid     *mesh.Grid
	weights  Weights
	flux     twoPointFlux
	options  Options
	op       *Operator
	lattice  *lattice
	features features
	unions   *unions
	errors   []float64 // per cell: the estimated relative error of its mass

	collect sync.Mutex
	hard    map[int][4]float64 // the cells that the lattice does not resolve, and their nodes
	nodes   map[int][4]float64 // theirs, and those of the cells beside them
}

// run assembles slabs of planes of the first axis side by side. A slab repeats the plane below its
// first one, for the resistances that its first edges need, and on a ring the one with the last
// plane repeats the first; every number is computed the same way whatever the slabs.
func (a *assembly) run() error {
	planes := a.grid.Axes[0].Cells()
	plane := a.grid.Cells() / planes
	tell := reporter(a.options.Progress, a.grid.Cells())
	return parallel.Ranges(a.options.Threads, planes, func(first, last int) error {
		s := newSlab(a)
		if a.grid.Axes[0].Periodic && last == planes && first > 1 {
			if err := s.plane(0, false); err != nil {
				return err
			}
		}
		for i := max(first-1, 0); i < last; i++ {
			if err := s.plane(i, i >= first); err != nil {
				return err
			}
			if i >= first {
				tell(plane)
			}
		}
		return nil
	})
}

// finish forms S of the masses and conductances.
func (a *assembly) finish() error {
	op := a.op
	op.Hard = len(a.hard)
	op.openEnds()
	if err := op.finish(a.grid); err != nil {
		return err
	}
	op.MassError = sumOf(len(a.errors), op.threads, func(i int) float64 {
		return a.errors[i] * op.Sigma[i] * op.Sigma[i]
	})
	return nil
}
