package hostile

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"strings"
)

// Formula is one in some names, of a depth that is seldom large.
func Formula(r *rand.Rand, names ...string) string {
	depth := 1 + r.IntN(5)
	switch r.IntN(20) {
	case 0: // one operation, or a bracket, again and again
		n := 1 + r.IntN(2000)
		op := Pick(r, []string{"+", "-", "*", "/", "^", "-(", "abs(", "exp(", "x*("})
		return strings.Repeat("x"+op, n) + "x" + strings.Repeat(")", n*strings.Count(op, "("))
	case 1: // a power of a power
		return "(" + Formula(r, names...) + ")^" + Number(r)
	case 2:
		depth = 8
	}
	return formula(r, names, depth)
}

func formula(r *rand.Rand, names []string, depth int) string {
	if depth == 0 {
		return Pick(r, append([]string{Number(r), "pi", "e", "2", "1"}, names...))
	}
	part := func() string { return formula(r, names, r.IntN(depth)) }
	switch r.IntN(4) {
	case 0:
		return Pick(r, []string{"exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh",
			"tanh"}) + "(" + part() + ")"
	case 1:
		return Pick(r, []string{"min", "max"}) + "(" + part() + ", " + part() + ")"
	}
	op := Pick(r, []string{" + ", " - ", "*", "/", "^", "**"})
	return "(" + formula(r, names, depth-1) + op + part() + ")"
}

// Set is a set of points as --from has it.
func Set(r *rand.Rand, names ...string) string {
	switch r.IntN(6) {
	case 0:
		numbers := []string{}
		for range r.IntN(5) {
			numbers = append(numbers, Number(r))
		}
		return Pick(r, []string{"ball(", "box("}) + strings.Join(numbers, ", ") +
			Pick(r, []string{"; ", ", "}) + Number(r) + ")"
	case 1:
		return Number(r) + " < " + Pick(r, names) + " <= " + Number(r)
	case 2:
		return Pick(r, []string{"not ", "!"}) + "(" + Set(r, names...) + ")"
	case 3:
		return Set(r, names...) + Pick(r, []string{" and ", " or ", " && "}) + Set(r, names...)
	}
	return Formula(r, names...) + Pick(r, []string{" < ", " > ", " <= ", " >= ", " == "}) +
		Formula(r, names...)
}

// Npy is the content of an .npy file with a header that may pass and data that mostly fill the
// shape.
func Npy(r *rand.Rand, shapes ...[]int) []byte {
	descr := Pick(r, []string{"<f8", "<f8", "<f8", ">f8", "<f4", "<f2", "|u1", "|b1", "<i8", ">i4",
		"<c16", "|O", "<U4", "f16"})
	extents := Pick(r, shapes)
	n, texts := 1, []string{}
	for _, extent := range extents {
		text := fmt.Sprint(extent)
		if r.IntN(12) == 0 {
			text = Number(r)
		}
		texts = append(texts, text+",")
		n *= extent
	}
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': %s, 'shape': (%s), }\n", descr,
		Pick(r, []string{"False", "False", "True"}), strings.Join(texts, " "))
	content := []byte("\x93NUMPY\x01\x00")
	content = binary.LittleEndian.AppendUint16(content, uint16(len(header)))
	content = append(content, header...)
	width := map[byte]int{'1': 1, '2': 2, '4': 4}[descr[len(descr)-1]]
	if width == 0 {
		width = 8
	}
	data := make([]byte, width*n)
	rising := r.IntN(2) > 0
	for i := range n {
		at := data[i*width : (i+1)*width]
		if number := Binary(r); !rising || r.IntN(20) == 0 {
			copy(at, number)
		} else if width == 8 {
			binary.LittleEndian.PutUint64(at, 0x3ff0000000000000+uint64(i)<<44)
		} else {
			at[0] = byte(i)
		}
	}
	if r.IntN(10) == 0 {
		data = data[:r.IntN(len(data)+1)]
	}
	return append(content, data...)
}
