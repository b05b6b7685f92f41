package formula

import "math"

// Interval is the set of numbers from Lo to Hi. Operations on intervals give
// one that contains the operation's value for all operands in theirs, rounding
// included.
type Interval struct{ Lo, Hi float64 }

// everything is the interval that says nothing.
var everything = Interval{math.Inf(-1), math.Inf(1)}

// Point returns the interval of one number.
func Point(v float64) Interval { return Interval{v, v} }

// Width returns Hi − Lo, NaN if an end is.
func (x Interval) Width() float64 { return x.Hi - x.Lo }

// Magnitude returns the largest |v| for v in x.
func (x Interval) Magnitude() float64 { return math.Max(math.Abs(x.Lo), math.Abs(x.Hi)) }

// Mignitude returns the smallest |v| for v in x.
func (x Interval) Mignitude() float64 {
	if x.Lo <= 0 && x.Hi >= 0 {
		return 0
	}
	return math.Min(math.Abs(x.Lo), math.Abs(x.Hi))
}

// Intersect returns what x and y have in common, x if that is nothing: both
// enclose a value, and differ by rounding then.
func (x Interval) Intersect(y Interval) Interval {
	z := Interval{math.Max(x.Lo, y.Lo), math.Min(x.Hi, y.Hi)}
	if !(z.Lo <= z.Hi) {
		return x
	}
	return z
}

// outward widens x by the rounding of its ends, and ulps more of them for
// functions that are not rounded correctly.
func (x Interval) outward(ulps float64) Interval {
	const u, tiny = 0x1p-52, 0x1p-1070
	if !(x.Lo <= x.Hi) {
		return everything
	}
	return Interval{x.Lo - (math.Abs(x.Lo)*u*ulps + tiny), x.Hi + (math.Abs(x.Hi)*u*ulps + tiny)}
}

func hull(x, y Interval) Interval { return Interval{math.Min(x.Lo, y.Lo), math.Max(x.Hi, y.Hi)} }

func (x Interval) neg() Interval { return Interval{-x.Hi, -x.Lo} }

// zero reports whether x is the number 0, as the slope along a coordinate on which a value does not
// depend.
func (x Interval) zero() bool { return x.Lo == 0 && x.Hi == 0 }

// Plus returns x + y.
func (x Interval) Plus(y Interval) Interval {
	switch {
	case x.zero():
		return y
	case y.zero():
		return x
	}
	return Interval{x.Lo + y.Lo, x.Hi + y.Hi}.outward(1)
}

func (x Interval) minus(y Interval) Interval { return x.Plus(y.neg()) }

// Times returns x y.
func (x Interval) Times(y Interval) Interval {
	if x.zero() || y.zero() {
		return Interval{}
	}
	a, b, c, d := bounded(x.Lo, y.Lo), bounded(x.Lo, y.Hi), bounded(x.Hi, y.Lo), bounded(x.Hi, y.Hi)
	return Interval{min(min(a, b), min(c, d)), max(max(a, b), max(c, d))}.outward(1)
}

// bounded returns a b, with 0·∞ = 0: the ends of an interval are its limits.
func bounded(a, b float64) float64 {
	if a == 0 || b == 0 {
		return 0
	}
	return a * b
}

func (x Interval) square() Interval {
	lo, hi := x.Mignitude(), x.Magnitude()
	return Interval{lo * lo, hi * hi}.outward(1).atLeast(0)
}

func (x Interval) atLeast(v float64) Interval { return Interval{math.Max(x.Lo, v), x.Hi} }

func (x Interval) over(y Interval) Interval {
	if y.Lo <= 0 && y.Hi >= 0 {
		switch {
		case y.Lo == 0 && y.Hi > 0:
			return x.Times(Interval{1 / y.Hi, math.Inf(1)})
		case y.Hi == 0 && y.Lo < 0:
			return x.Times(Interval{math.Inf(-1), 1 / y.Lo})
		}
		return everything
	}
	return x.Times(Interval{1 / y.Hi, 1 / y.Lo}.outward(1))
}

// increasing returns the image of x under an increasing function.
func (x Interval) increasing(f func(float64) float64) Interval {
	return Interval{f(x.Lo), f(x.Hi)}.outward(4)
}

func (x Interval) abs() Interval { return Interval{x.Mignitude(), x.Magnitude()} }

// root returns √x over the part of x that is not negative.
func (x Interval) root() Interval {
	if x.Hi < 0 {
		return everything
	}
	return x.atLeast(0).increasing(math.Sqrt).atLeast(0)
}

// Log returns log x over the part of x that is positive.
func (x Interval) Log() Interval {
	if x.Hi <= 0 {
		return everything
	}
	return x.atLeast(0).increasing(math.Log)
}

// Exp returns e^x.
func (x Interval) Exp() Interval { return x.increasing(math.Exp).atLeast(0) }

// Cos returns cos x.
func (x Interval) Cos() Interval {
	if !(x.Width() < 2*math.Pi) || x.Magnitude() > 1e9 {
		return Interval{-1, 1}
	}
	a, b := math.Cos(x.Lo), math.Cos(x.Hi)
	y := Interval{math.Min(a, b), math.Max(a, b)}
	if math.Floor(x.Hi/(2*math.Pi)) > math.Floor(x.Lo/(2*math.Pi)) || x.Lo <= 0 && x.Hi >= 0 {
		y.Hi = 1 // a multiple of 2π lies in x
	}
	if math.Floor(x.Hi/(2*math.Pi)-0.5) > math.Floor(x.Lo/(2*math.Pi)-0.5) {
		y.Lo = -1
	}
	y = y.outward(8)
	// The argument's own rounding, and that of what is found to be a multiple.
	slack := 1e-15 * (1 + x.Magnitude())
	return Interval{math.Max(y.Lo-slack, -1), math.Min(y.Hi+slack, 1)}
}

// Sin returns sin x.
func (x Interval) Sin() Interval { return x.minus(Point(math.Pi / 2)).Cos() }

func (x Interval) cosh() Interval {
	return Interval{math.Cosh(x.Mignitude()), math.Cosh(x.Magnitude())}.outward(4)
}

// tan returns tan x, everything if x may contain a pole.
func (x Interval) tan() Interval {
	cell := func(v float64) float64 { return math.Floor(v/math.Pi + 0.5) }
	if !(x.Width() < math.Pi) || x.Magnitude() > 1e9 || cell(x.Lo) != cell(x.Hi) {
		return everything
	}
	return x.increasing(math.Tan).outward(1e3)
}

// power returns x^y. A negative base is let in for constant integer powers.
func (x Interval) power(y Interval) Interval {
	if n := y.Lo; y.Lo == y.Hi && n == math.Trunc(n) && math.Abs(n) < 1e6 {
		return x.integerPower(n)
	}
	if x.Lo < 0 {
		return everything
	}
	return x.Log().Times(y).Exp()
}

func (x Interval) integerPower(n float64) Interval {
	if n < 0 {
		return Point(1).over(x.integerPower(-n))
	}
	raise := func(v float64) float64 { return math.Pow(v, n) }
	if math.Mod(n, 2) == 0 {
		return x.abs().increasing(raise).atLeast(0)
	}
	return x.increasing(raise)
}

// Power returns x^n.
func (x Interval) Power(n int) Interval {
	switch n {
	case 0:
		return Point(1)
	case 1:
		return x
	case 2:
		return x.square()
	}
	return x.integerPower(float64(n))
}
