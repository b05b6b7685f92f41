package formula

import "math"

// MaxAxes is the largest number of coordinates that a [Jet] has slopes along.
const MaxAxes = 4

// Jet encloses a function and its derivatives along the axes on a box: Value
// its values, Slope[k] its difference quotients along coordinate k, so that
// kinks are allowed, and Curve[k] its second derivatives, everything at a kink.
type Jet struct {
	Value        Interval
	Slope, Curve [MaxAxes]Interval
}

// Along returns the jet of coordinate k itself, from lo to hi.
func Along(k int, lo, hi float64) Jet {
	j := Jet{Value: Interval{lo, hi}}
	j.Slope[k] = Point(1)
	return j
}

// Enclose returns the jet of the formula where the variables, in the order of
// [Compile]'s vars, have the given jets over n coordinates. The work array has
// room for [Program.Nodes] jets; it may be nil.
func (p *Program) Enclose(vars []Jet, n int, work []Jet) Jet {
	if work == nil {
		work = make([]Jet, p.Nodes())
	}
	for _, i := range p.order {
		node := p.graph.nodes[i]
		switch node.op {
		case opVar:
			work[i] = vars[node.a]
		case opConst:
			work[i] = Jet{Value: Point(math.Float64frombits(node.bits))}
		default:
			work[i] = operations[node.op].jet(&work[node.a], &work[node.b], n)
		}
	}
	return work[p.roots[0]]
}

// Nodes returns the number of values that an evaluation passes through.
func (p *Program) Nodes() int { return len(p.graph.nodes) }

// everywhere is the jet that says nothing.
func everywhere(n int) Jet {
	j := Jet{Value: everything}
	for k := range n {
		j.Slope[k], j.Curve[k] = everything, everything
	}
	return j
}

// chain returns the jet of a function of a with the given values, slopes and
// second derivatives: g(a)″ = g″ a′² + g′ a″.
func (a *Jet) chain(value, slope, curve Interval, n int) Jet {
	j := Jet{Value: value}
	for k := range n {
		if s, c := a.Slope[k], a.Curve[k]; !s.zero() || !c.zero() {
			j.Slope[k] = slope.Times(s)
			j.Curve[k] = curve.Times(s.square()).Plus(slope.Times(c))
		}
	}
	return j
}

// least returns min(a, b).
func (a *Jet) least(b *Jet, n int) Jet {
	x, y := a.Value, b.Value
	least := Interval{math.Min(x.Lo, y.Lo), math.Min(x.Hi, y.Hi)}
	return a.choose(b, least, x.Hi <= y.Lo, y.Hi <= x.Lo, n)
}

// most returns max(a, b).
func (a *Jet) most(b *Jet, n int) Jet {
	x, y := a.Value, b.Value
	most := Interval{math.Max(x.Lo, y.Lo), math.Max(x.Hi, y.Hi)}
	return a.choose(b, most, x.Lo >= y.Hi, y.Lo >= x.Hi, n)
}

// choose returns the jet of what is a or b, surely a or surely b as it says.
func (a *Jet) choose(b *Jet, value Interval, first, second bool, n int) Jet {
	switch {
	case first:
		return *a
	case second:
		return *b
	}
	j := Jet{Value: value}
	for k := range n {
		j.Slope[k], j.Curve[k] = hull(a.Slope[k], b.Slope[k]), everything
	}
	return j
}

func (a *Jet) same(int) Jet { return *a }

func (a *Jet) neg(n int) Jet { return a.chain(a.Value.neg(), Point(-1), Interval{}, n) }

func (a *Jet) minus(b *Jet, n int) Jet {
	minus := b.neg(n)
	return a.Plus(&minus, n)
}

// Plus returns a + b.
func (a *Jet) Plus(b *Jet, n int) Jet {
	j := Jet{Value: a.Value.Plus(b.Value)}
	for k := range n {
		j.Slope[k], j.Curve[k] = a.Slope[k].Plus(b.Slope[k]), a.Curve[k].Plus(b.Curve[k])
	}
	return j
}

// Times returns a b, a² where b is a itself.
func (a *Jet) Times(b *Jet, n int) Jet {
	if a == b {
		return a.Squared(n)
	}
	j := Jet{Value: a.Value.Times(b.Value)}
	for k := range n {
		j.Slope[k] = a.Slope[k].Times(b.Value).Plus(a.Value.Times(b.Slope[k]))
		mixed := a.Slope[k].Times(b.Slope[k]).Times(Point(2))
		j.Curve[k] = a.Curve[k].Times(b.Value).Plus(mixed).Plus(a.Value.Times(b.Curve[k]))
	}
	return j
}

// over returns a / b.
func (a *Jet) over(b *Jet, n int) Jet {
	if b.Value.Mignitude() == 0 {
		return everywhere(n)
	}
	y := Point(1).over(b.Value)
	inverse := b.chain(y, y.square().neg(), y.integerPower(3).Times(Point(2)), n)
	q := a.Times(&inverse, n)
	q.Value = a.Value.over(b.Value)
	return q
}

// Scaled returns c a.
func (a *Jet) Scaled(c float64, n int) Jet {
	return a.chain(a.Value.Times(Point(c)), Point(c), Interval{}, n)
}

// Squared returns a².
func (a *Jet) Squared(n int) Jet {
	return a.chain(a.Value.square(), a.Value.Times(Point(2)), Point(2), n)
}

// Abs returns |a|.
func (a *Jet) Abs(n int) Jet {
	slope, curve := Interval{-1, 1}, everything
	switch x := a.Value; {
	case x.Lo >= 0:
		slope, curve = Point(1), Interval{}
	case x.Hi <= 0:
		slope, curve = Point(-1), Interval{}
	}
	return a.chain(a.Value.abs(), slope, curve, n)
}

// Norm returns √a for a = Σ q_k² over all coordinates q: its slopes are the
// cosines c_k = q_k/√a, its second derivatives (1 − c_k²)/√a.
func (a *Jet) Norm(q []Jet) Jet {
	j := Jet{Value: a.Value.root()}
	for k := range q {
		cosine := q[k].Value.over(j.Value).Intersect(Interval{-1, 1})
		j.Slope[k] = cosine
		j.Curve[k] = Point(1).minus(cosine.square()).atLeast(0).over(j.Value)
	}
	return j
}

// Root returns √a.
func (a *Jet) Root(n int) Jet {
	y := a.Value.root()
	slope := Point(0.5).over(y)
	return a.chain(y, slope, slope.integerPower(3).Times(Point(-2)), n)
}

// Log returns log a.
func (a *Jet) Log(n int) Jet {
	slope := Point(1).over(a.Value.atLeast(0))
	return a.chain(a.Value.Log(), slope, slope.square().neg(), n)
}

// Exp returns e^a.
func (a *Jet) Exp(n int) Jet {
	y := a.Value.Exp()
	return a.chain(y, y, y, n)
}

// Sin returns sin a.
func (a *Jet) Sin(n int) Jet {
	sin := a.Value.Sin()
	return a.chain(sin, a.Value.Cos(), sin.neg(), n)
}

// Cos returns cos a.
func (a *Jet) Cos(n int) Jet {
	cos := a.Value.Cos()
	return a.chain(cos, a.Value.Sin().neg(), cos.neg(), n)
}

func (a *Jet) tan(n int) Jet {
	y := a.Value.tan()
	if y == everything {
		return everywhere(n)
	}
	slope := Point(1).Plus(y.square())
	return a.chain(y, slope, slope.Times(y).Times(Point(2)), n)
}

func (a *Jet) sinh(n int) Jet {
	y := a.Value.increasing(math.Sinh)
	return a.chain(y, a.Value.cosh(), y, n)
}

func (a *Jet) cosh(n int) Jet {
	y := a.Value.cosh()
	return a.chain(y, a.Value.increasing(math.Sinh), y, n)
}

func (a *Jet) tanh(n int) Jet {
	y := a.Value.increasing(math.Tanh)
	y = Interval{math.Max(y.Lo, -1), math.Min(y.Hi, 1)}
	slope := Point(1).minus(y.square()).atLeast(0)
	return a.chain(y, slope, slope.Times(y).Times(Point(-2)), n)
}

// power returns a^b.
func (a *Jet) power(b *Jet, n int) Jet {
	if b.Value.Lo < 0 && a.Value.Mignitude() == 0 {
		return everywhere(n)
	}
	value := a.Value.power(b.Value)
	if e := b.Value; e.Lo == e.Hi {
		curve := a.Value.power(Point(e.Lo - 2)).Times(e).Times(Point(e.Lo - 1))
		return a.chain(value, a.Value.power(Point(e.Lo-1)).Times(e), curve, n)
	}
	logA := a.Log(n)
	exponent := b.Times(&logA, n)
	return exponent.chain(value, value, value, n)
}
