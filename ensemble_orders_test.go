package fpsgd

import (
	"fmt"
	"math"
	"reflect"
	"testing"

	"fpsgd/scenarios/config"
)

// orders are those on f = 1 + x² at t = 1, from a Gaussian off the minimum.
func orders(t *testing.T, of moved, levels, particles int, eta float64,
	sets ...string) *EnsembleOrders {

	t.Helper()
	cfg := must[*config.Config](t)(config.LoadText("problem", nil, append([]string{
		"landscape.formula=1 + x^2", "ensemble.dimension=1", "noise.epsilon=0.66",
		"initial.kind=gaussian", "initial.center=[1.5]", "initial.width=0.3", "time.end=1",
		fmt.Sprint("ensemble.eta=", eta), fmt.Sprint("ensemble.particles=", particles)}, sets...)))
	e := must[*Equation](t)(EnsembleOf(cfg, nil))
	o := must[EnsembleOptions](t)(EnsembleOptionsOf(cfg))
	o.Method = of
	return must[*EnsembleOrders](t)(e.Orders(t.Context(), o, levels))
}

// On f = 1 + x² Euler and Maruyama have the strong order ½ and the weak order 1, the other scheme 1
// and 2: within three standard errors and what the next order adds, for strong ones at h = 1/64 and
// less, for weak ones, which sampling hides there, at h = 1/32 and 1/16. Other orders of one scheme
// are ½ and 1 away.
func TestOrdersAreThoseOfTheSchemes(t *testing.T) {
	check := func(s SchemeOrders, name string, d Difference, want, added float64) {
		seen, off := d.Order.Value(), d.OrderError.Value()
		if !(math.Abs(seen-want) <= 3*off+added) || !(3*off+added < 0.7) {
			t.Errorf("%s, %s: order %.3f ± %.3f, want %g", s.Scheme, name, seen, off, want)
		}
	}
	short := orders(t, nil, 3, 20000, 1.0/256)
	check(short.Schemes[0], "strong", short.Schemes[0].Levels[2].Strong, 0.5, 0.1)
	check(short.Schemes[1], "strong", short.Schemes[1].Levels[2].Strong, 1, 0.1)
	long := orders(t, nil, 3, 200000, 1.0/64)
	check(long.Schemes[0], "weak", long.Schemes[0].Levels[2].Smooth, 1, 0.25)
	check(long.Schemes[1], "weak", long.Schemes[1].Levels[1].Smooth, 2, 0.25)
}

// Of Euler and Maruyama E x² is known by recursion, E x'² = ((1 − 2h)² + 2εh) E x² + 2εh, and with
// it what the paths of h and h/2 differ by in E f: within 4 standard errors, by 7 of which ε + 5 %
// shifts it.
func TestDifferencesOfWeakErrors(t *testing.T) {
	const end, epsilon = 1, 0.2
	square := func(h float64) float64 {
		v := 1.5*1.5 + 0.09
		for range int(math.Round(end / h)) {
			v = (math.Pow(1-2*h, 2)+2*epsilon*h)*v + 2*epsilon*h
		}
		return v
	}
	judge(t, "E f", byFirst, func(of moved) (faults []string) {
		o := orders(t, of, 2, 200_000, 1.0/32, fmt.Sprint("noise.epsilon=", epsilon))
		for _, l := range o.Schemes[0].Levels {
			want := square(l.Step) - square(l.Step/2)
			off := (l.F.Value.Value() - want) / l.F.Error.Value()
			if math.Abs(off) > 4 {
				faults = append(faults, fmt.Sprintf("h = %g: E f differs by %.5f, want %.5f: off "+
					"by %.1f standard errors", l.Step, l.F.Value.Value(), want, off))
			}
		}
		return faults
	})
}

// Orders have the same bits on any number of threads, and are unknown where few paths hide them.
func TestOrdersDoNotDependOnThreads(t *testing.T) {
	find := func(threads int) *EnsembleOrders {
		return orders(t, nil, 2, 700, 1.0/32, fmt.Sprint("solver.threads=", threads))
	}
	one := find(1)
	for _, threads := range []int{2, 5} {
		if found := find(threads); !reflect.DeepEqual(found, one) {
			t.Errorf("%d threads: %+v, one: %+v", threads, found, one)
		}
	}
	if d := one.Schemes[1].Levels[1].F; d.Order.Known() {
		t.Errorf("700 paths tell the order %+v", d)
	}
}
