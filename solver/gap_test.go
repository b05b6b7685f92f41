package solver

import (
	"context"
	"errors"
	"math"
	"testing"

	"fpsgd/operators"
)

func TestGapAgainstDenseEigenvalues(t *testing.T) {
	for _, c := range []struct {
		system          string
		dimension, n    int
		radius, epsilon float64
	}{
		{"cartesian", 1, 60, 100, 0.25},
		{"cartesian", 1, 60, 1e4, 1},
		{"cartesian", 1, 3, 1, 1},
		{"cartesian", 2, 14, 10, 0.25},
		{"cartesian", 2, 14, 1e3, 1.9},
		{"cartesian", 3, 7, 10, 0.25},
		{"cartesian", 4, 4, 5, 0.25},
		{"radial", 3, 60, 100, 0.25},
		{"polar", 2, 16, 10, 0.25},
		{"spherical", 3, 8, 10, 0.5},
	} {
		op := assemble(t, grid(t, c.system, c.dimension, c.n, c.radius), c.epsilon, "")
		dense := newSpectrum(t, op)
		w := bump(op)
		m := must[SlowestMode](t)(Gap(t.Context(), op, method(op, Euler()).SetUp, w))
		t.Logf("%s%d, R = %g, ε = %g: gap %.10g, %d-fold, residual %.1e, overlap %.3g",
			c.system, c.dimension, c.radius, c.epsilon, m.Gap, m.Multiplicity, m.Residual,
			m.Overlap)
		// The dense values carry the rounding of the largest.
		accuracy := 1e-9*dense.values[1] + 1e-14*dense.values[len(dense.values)-1]
		near(t, "gap", m.Gap, dense.values[1], accuracy)
		multiplicity := 0
		for _, v := range dense.values[1:] {
			if v <= dense.values[1]*(1+sameMode) {
				multiplicity++
			}
		}
		if m.Multiplicity != multiplicity || !(m.Residual <= modeResidual) {
			t.Errorf("%s%d: multiplicity %d, residual %g; want %d", c.system, c.dimension,
				m.Multiplicity, m.Residual, multiplicity)
		}
		near(t, "overlap", m.Overlap, denseOverlap(op, dense, w, m.Multiplicity), 1e-6)
	}
}

// denseOverlap projects w − mσ on the first eigenvectors after σ.
func denseOverlap(op *operators.Operator, d *spectrum, w []float64, multiplicity int) float64 {
	sum := 0.0
	for k := 1; k <= multiplicity; k++ {
		c := 0.0
		for i, v := range w {
			c += v * d.vectors.At(i, k)
		}
		sum += c * c
	}
	_, scale := norms(op, w)
	return math.Sqrt(sum) / scale
}

func TestGapWhereMassIsRemoved(t *testing.T) {
	closed := interval(t, 40, 10, 1)
	op := *closed
	op.Removal = make([]float64, 40)
	op.Removal[39] = 0.2
	op.Diag = append([]float64(nil), closed.Diag...)
	op.Diag[39] += 0.2
	m := must[SlowestMode](t)(Gap(t.Context(), &op, method(&op, Euler()).SetUp, bump(&op)))
	near(t, "lowest eigenvalue", m.Gap, denseValues(t, &op)[0], 1e-9)
	if !(m.Overlap > 0.5 && m.Overlap <= 1) {
		t.Errorf("overlap %g, want most of the density in the slowest mode", m.Overlap)
	}
}

// The even initial density has nothing of the odd slowest mode.
func TestOverlapOfSymmetricData(t *testing.T) {
	op := interval(t, 40, 10, 0.25)
	w := make([]float64, 40)
	for i, sigma := range op.Sigma {
		w[i] = sigma * (1 + math.Cos(0.3*(float64(i)-19.5)))
	}
	m := must[SlowestMode](t)(Gap(t.Context(), op, method(op, Euler()).SetUp, w))
	near(t, "overlap", m.Overlap, 0, 1e-8) // of the vector: its residual
}

func TestGapFails(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	op := interval(t, 10, 10, 1)
	if _, err := Gap(ctx, op, method(op, Euler()).SetUp, bump(op)); !errors.Is(err,
		ErrInterrupted) {
		t.Errorf("the error is %v, want %v", err, ErrInterrupted)
	}
	one := interval(t, 1, 10, 1)
	if m, err := Gap(t.Context(), one, method(one, Euler()).SetUp, one.Sigma); err == nil {
		t.Errorf("one cell has the gap %+v", m)
	}
}

func TestGapOnLargerGrids(t *testing.T) {
	for _, c := range []struct {
		dimension, n    int
		radius, epsilon float64
	}{{1, 2000, 1e4, 0.25}, {1, 2000, 1e4, 1.9}, {2, 64, 1e4, 0.25}, {2, 64, 1e4, 1.9},
		{3, 16, 1e3, 0.25}, {3, 16, 1e3, 1}} {
		op := assemble(t, grid(t, "cartesian", c.dimension, c.n, c.radius), c.epsilon, "")
		var count counted
		mode, err := Gap(t.Context(), op, count.setUp(op, solverTolerance), bump(op))
		check(t, err)
		// 37 to 86 were measured; the rest allows for another order of rounding
		if count.solves > 110 {
			t.Errorf("%d solves were needed", count.solves)
		}
		t.Logf("%d^%d, R = %g, ε = %g: %+v, %d set-ups, %d solves", c.n, c.dimension, c.radius,
			c.epsilon, mode, count.setUps, count.solves)
	}
}
