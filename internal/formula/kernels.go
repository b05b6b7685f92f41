package formula

import "math"

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
	opNeg:  neg,
	opAdd:  add,
	opSub:  sub,
	opMul:  mul,
	opDiv:  div,
	opPow:  pow,
	opMin:  minimum,
	opMax:  maximum,
	opAbs:  abs,
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

func add(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func sub(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mul(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func div(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = a[i] / b[i]
	}
}

func pow(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = math.Pow(a[i], b[i])
	}
}

func minimum(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = min(a[i], b[i])
	}
}

func maximum(dst, a, b []float64) {
	a, b = a[:len(dst)], b[:len(dst)]
	for i := range dst {
		dst[i] = max(a[i], b[i])
	}
}

func neg(dst, a, _ []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = -a[i]
	}
}

func abs(dst, a, _ []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = math.Abs(a[i])
	}
}

func sqrt(dst, a, _ []float64) {
	a = a[:len(dst)]
	for i := range dst {
		dst[i] = math.Sqrt(a[i])
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
