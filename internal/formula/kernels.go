package formula

import (
	"math"

	"gonum.org/v1/gonum/floats"
)

// op is what a node of the graph computes from its operands a and b; a
// function of one argument has a = b.
type op uint8

const (
	opVar   op = iota // a leaf: a variable
	opConst           // a leaf: a constant
	opCopy
	opNeg
	opAdd
	opSub
	opMul
	opDiv
	opPow
	opMin
	opMax
	opAbs
	opSqrt
	opExp
	opLog
	opSin
	opCos
	opTan
	opSinh
	opCosh
	opTanh

	opAzimuth // in definitions alone: the angle of (a, b), in [0, 2π)

	// In derivatives alone.
	opThrough // a b, 0 where either is
	opAtMost  // 1 where a ≤ b, else 0
	opSign    // 1 where a ≥ 0, else −1
)

// kernel computes dst[i] = op(a[i], b[i]). dst may be a or b; neither is
// shorter than dst.
type kernel func(dst, a, b []float64)

// operation is what an operation does to numbers, to their enclosures over n coordinates and to
// normal forms; form is nil where the values may be infinite. What no formula of a user has, has
// neither jet nor form.
type operation struct {
	kernel kernel
	jet    func(a, b *Jet, n int) Jet
	form   func(a, b *Form) *Form
}

var operations = [...]operation{
	opCopy: {duplicate, unaryJet((*Jet).same), unaryForm((*Form).same)},
	opNeg:  {negate, unaryJet((*Jet).neg), unaryForm((*Form).neg)},
	opAdd:  {elementwise(floats.AddTo), (*Jet).Plus, (*Form).Plus},
	opSub:  {elementwise(floats.SubTo), (*Jet).minus, (*Form).minus},
	opMul:  {multiplied, (*Jet).Times, (*Form).Times},
	opDiv:  {elementwise(floats.DivTo), (*Jet).over, (*Form).quotient},
	opPow:  {pairwise(math.Pow), (*Jet).power, (*Form).toThe},
	opMin:  {pairwise(smaller), (*Jet).least, (*Form).least},
	opMax:  {pairwise(larger), (*Jet).most, (*Form).most},
	opAbs:  {pointwise(math.Abs), unaryJet((*Jet).Abs), unaryForm((*Form).magnitude)},
	opSqrt: {sqrt, unaryJet((*Jet).Root), unaryForm((*Form).root)},
	opExp:  {pointwise(math.Exp), unaryJet((*Jet).Exp), unaryForm((*Form).exponential)},
	opLog:  {pointwise(math.Log), unaryJet((*Jet).Log), unaryForm((*Form).logarithm)},
	opSin:  {pointwise(math.Sin), unaryJet((*Jet).Sin), unaryForm((*Form).sine)},
	opCos:  {pointwise(math.Cos), unaryJet((*Jet).Cos), unaryForm((*Form).cosine)},
	opTan:  {pointwise(math.Tan), unaryJet((*Jet).tan), nil},
	opSinh: {pointwise(math.Sinh), unaryJet((*Jet).sinh), nil},
	opCosh: {pointwise(math.Cosh), unaryJet((*Jet).cosh), nil},
	opTanh: {pointwise(math.Tanh), unaryJet((*Jet).tanh), unaryForm((*Form).tanh)},

	opAzimuth: {pairwise(azimuth), nil, nil},
	opThrough: {through, nil, nil},
	opAtMost:  {pairwise(atMost), nil, nil},
	opSign:    {pointwise(sign), nil, nil},
}

func unaryJet(f func(a *Jet, n int) Jet) func(a, b *Jet, n int) Jet {
	return func(a, _ *Jet, n int) Jet { return f(a, n) }
}

func unaryForm(f func(a *Form) *Form) func(a, b *Form) *Form {
	return func(a, _ *Form) *Form { return f(a) }
}

func smaller(a, b float64) float64 { return min(a, b) } // NaN if one is
func larger(a, b float64) float64  { return max(a, b) }

func duplicate(dst, a, _ []float64) { copy(dst, a) }
func negate(dst, a, _ []float64)    { floats.ScaleTo(dst, -1, a[:len(dst)]) }

// multiplied is what floats.MulTo does, without a check of bounds at every element.
func multiplied(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i, v := range a {
		dst[i] = v * b[i]
	}
}

func elementwise(f func(dst, a, b []float64) []float64) kernel {
	return func(dst, a, b []float64) { f(dst, a[:len(dst)], b[:len(dst)]) }
}

// pairwise evaluates f where an operand is not, to the bit, that of the point before: in the order
// of a lattice most coordinates keep their values for many points, and so does what depends on them
// alone.
func pairwise(f func(a, b float64) float64) kernel {
	return func(dst, a, b []float64) {
		a, b = a[:len(dst)], b[:len(dst)]
		lastA, lastB, value := math.NaN(), math.NaN(), math.NaN()
		for i := range dst {
			if !same(a[i], lastA) || !same(b[i], lastB) || i == 0 {
				lastA, lastB = a[i], b[i]
				value = f(lastA, lastB)
			}
			dst[i] = value
		}
	}
}

// pointwise is pairwise for functions of one argument.
func pointwise(f func(float64) float64) kernel {
	return func(dst, a, _ []float64) {
		a = a[:len(dst)]
		last, value := math.NaN(), math.NaN()
		for i, x := range a {
			if !same(x, last) || i == 0 {
				last, value = x, f(x)
			}
			dst[i] = value
		}
	}
}

// same reports whether two numbers are of the same bits: 0 and −0 are not.
func same(a, b float64) bool { return math.Float64bits(a) == math.Float64bits(b) }

// sqrt is pointwise too, without a call for each: it is one instruction.
func sqrt(dst, a, _ []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = math.Sqrt(a[i])
	}
}
