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
)

// kernel computes dst[i] = op(a[i], b[i]). dst may be a or b; neither is
// shorter than dst.
type kernel func(dst, a, b []float64)

var kernels = [...]kernel{
	opCopy: func(dst, a, _ []float64) { copy(dst, a) },
	opNeg:  func(dst, a, _ []float64) { floats.ScaleTo(dst, -1, a[:len(dst)]) },
	opAdd:  elementwise(floats.AddTo),
	opSub:  elementwise(floats.SubTo),
	opMul:  elementwise(floats.MulTo),
	opDiv:  elementwise(floats.DivTo),
	opPow:  pairwise(math.Pow),
	opMin:  pairwise(func(a, b float64) float64 { return min(a, b) }), // NaN if one is
	opMax:  pairwise(func(a, b float64) float64 { return max(a, b) }),
	opAbs:  pointwise(math.Abs),
	opSqrt: sqrt,
	opExp:  pointwise(math.Exp),
	opLog:  pointwise(math.Log),
	opSin:  pointwise(math.Sin),
	opCos:  pointwise(math.Cos),
	opTan:  pointwise(math.Tan),
	opSinh: pointwise(math.Sinh),
	opCosh: pointwise(math.Cosh),
	opTanh: pointwise(math.Tanh),
}

func elementwise(f func(dst, a, b []float64) []float64) kernel {
	return func(dst, a, b []float64) { f(dst, a[:len(dst)], b[:len(dst)]) }
}

func pairwise(f func(a, b float64) float64) kernel {
	return func(dst, a, b []float64) {
		a, b = a[:len(dst)], b[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i], b[i])
		}
	}
}

func pointwise(f func(float64) float64) kernel {
	return func(dst, a, _ []float64) {
		a = a[:len(dst)]
		for i := range dst {
			dst[i] = f(a[i])
		}
	}
}

// sqrt is pointwise too, without a call for each: it is one instruction.
func sqrt(dst, a, _ []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = math.Sqrt(a[i])
	}
}
