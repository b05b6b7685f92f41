package fpsgd

import (
	"context"
	"fmt"
	"math"

	"fpsgd/solver"
	"fpsgd/solver/ensemble"
)

// EnsembleOrders are the orders of the schemes for the stochastic differential equation that are
// observed along the same Brownian paths, from steps h and h/2 of which the last is η.
type EnsembleOrders struct {
	Name      string         `json:"name"`
	Particles int            `json:"particles"`
	Epsilon   float64        `json:"epsilon"`
	Seed      uint64         `json:"seed"`
	End       float64        `json:"end"`
	Scale     float64        `json:"scale"` // f̄ of the smooth function e^{−f/f̄}: E f at t = 0
	Schemes   []SchemeOrders `json:"schemes"`
}

// SchemeOrders are those of one scheme, the longest steps first.
type SchemeOrders struct {
	Scheme string       `json:"scheme"`
	Levels []OrderLevel `json:"levels"`
}

// OrderLevel is one pair of steps. Of an error C h^p the differences are C(1 − 2^{−p}) h^p, of the
// same order without a bias of a reference.
type OrderLevel struct {
	Step   float64    `json:"step"`   // h
	Strong Difference `json:"strong"` // E|X_h − X_{h/2}|
	F      Difference `json:"f"`      // E f(X_h) − E f(X_{h/2})
	Smooth Difference `json:"smooth"` // of e^{−f/f̄}
}

// Difference is a mean with its standard error, and the order log₂(D_2h/D_h) with its own, from
// both as if they were independent. An order is unknown where the mean is not three standard errors
// from 0, or has changed its sign.
type Difference struct {
	Value      Number `json:"value"`
	Error      Number `json:"error"`
	Order      Number `json:"order"`
	OrderError Number `json:"order_error"`
}

// Orders measures on so many pairs of steps, up to the last time.
func (e *Equation) Orders(ctx context.Context, o EnsembleOptions, levels int) (
	*EnsembleOrders, error) {

	const most = 20
	if levels < 2 || levels > most {
		return nil, Refused(fmt.Errorf("--levels must be from 2 to %d, got %d", most, levels))
	}
	end := o.Times[len(o.Times)-1]
	if end == 0 {
		return nil, Refused(fmt.Errorf("orders need a last time above 0"))
	}
	s, err := newSimulation(e, o)
	if err != nil {
		return nil, err
	}
	defer e.Progress.over()
	draw, err := s.drawer()
	if err != nil {
		return nil, err
	}
	particles := ensemble.New(o.Particles, len(s.in.Components), o.Seed, s.Threads, draw)
	found := &EnsembleOrders{Name: e.Name, Particles: o.Particles, Epsilon: e.Noise.Epsilon(),
		Seed: o.Seed, End: end}
	f := s.in.Values(particles.X)
	found.Scale, _ = meanOf(o.Particles, everywhere, func(i int) float64 { return f[i] })
	coarsest := int64(math.Ceil(end / math.Ldexp(o.Eta, levels) * (1 - 1e-12)))
	for k, scheme := range []ensemble.Scheme{ensemble.EulerMaruyama, ensemble.Weak2} {
		m := s.method
		m.Scheme, m.Step = scheme, end/math.Ldexp(float64(coarsest), levels)
		name := []string{"euler", "weak2"}[k]
		x, err := particles.Coupled(ctx, m, levels, coarsest, s.Threads, func(share float64) {
			if s.Progress != nil {
				s.Progress((float64(k)+share)/2, "paths of "+name)
			}
		})
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, fmt.Errorf("%w: %w", solver.ErrInterrupted, context.Cause(ctx))
		case err != nil:
			return nil, err
		}
		found.Schemes = append(found.Schemes,
			SchemeOrders{name, s.levels(x, m.Step, found.Scale)})
	}
	return found, nil
}

func everywhere(int) bool { return true }

// levels compares the ends of paths with steps 2^l h, l = 0, 1, …
func (s *simulation) levels(x [][][]float64, h, scale float64) (out []OrderLevel) {
	n, last := s.options.Particles, len(x)-1
	fine := s.in.Values(x[0])
	for l := 1; l <= last; l++ {
		f := s.in.Values(x[l])
		mean := func(of func(i int) float64) Difference {
			value, off := meanOf(n, everywhere, of)
			return Difference{Value: Known(value), Error: Known(off)}
		}
		finer := fine
		out = append([]OrderLevel{{Step: math.Ldexp(h, l),
			Strong: mean(func(i int) float64 {
				square := 0.0
				for k := range x[l] {
					square += (x[l][k][i] - x[l-1][k][i]) * (x[l][k][i] - x[l-1][k][i])
				}
				return math.Sqrt(square)
			}),
			F: mean(func(i int) float64 { return f[i] - finer[i] }),
			Smooth: mean(func(i int) float64 {
				return math.Exp(-f[i]/scale) - math.Exp(-finer[i]/scale)
			})}}, out...)
		fine = f
	}
	for l := 1; l < last; l++ {
		before, now := &out[l-1], &out[l]
		now.Strong.observe(&before.Strong)
		now.F.observe(&before.F)
		now.Smooth.observe(&before.Smooth)
	}
	return out
}

// observe sets the order from the difference of steps twice as long.
func (d *Difference) observe(before *Difference) {
	const seen = 3 // standard errors
	a, b := before.Value.Value(), d.Value.Value()
	offA, offB := before.Error.Value()/math.Abs(a), d.Error.Value()/math.Abs(b)
	if a*b > 0 && seen*max(offA, offB) < 1 {
		d.Order = Known(math.Log2(a / b))
		d.OrderError = Known(math.Hypot(offA, offB) / math.Ln2)
	}
}
