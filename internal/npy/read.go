package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
)

// maxHeader is the longest header in bytes, NumPy's own limit.
const maxHeader = 10000

// Decode returns the array of real numbers in the content of an .npy file in C order, converted to
// float64; its shape is empty for a scalar. The header may have any form that np.load takes.
// Floating-point, integer and boolean types of either byte order and both memory orders are read;
// integers beyond 2^53 are rounded; NaN and ±Inf are returned as they are. Any other content is an
// error of one line that says what to do. The memory taken is a small multiple of len(content),
// whatever the header says.
func Decode(content []byte) (shape []int, data []float64, err error) {
	text, stored, err := split(content)
	if err != nil {
		return nil, nil, err
	}
	a, err := parseHeader(text)
	if err != nil {
		return nil, nil, err
	}
	if data, err = a.elements(stored); err != nil {
		return nil, nil, err
	}
	if a.fortran {
		data = fromFortran(a.shape, data)
	}
	return a.shape, data, nil
}

// split returns the header of a file, which is a text, and the data.
func split(content []byte) (header string, data []byte, err error) {
	if !bytes.HasPrefix(content, []byte(magic)) {
		return "", nil, errors.New("not an .npy file; write it with np.save (an .npz holds " +
			"several: save the array alone)")
	}
	if len(content) < 12 {
		return "", nil, errTruncated
	}
	start, length := 12, uint64(binary.LittleEndian.Uint32(content[8:]))
	switch version := [2]byte(content[6:8]); version {
	case [2]byte{1, 0}:
		start, length = 10, uint64(binary.LittleEndian.Uint16(content[8:]))
	case [2]byte{2, 0}, [2]byte{3, 0}:
	default:
		return "", nil, fmt.Errorf(".npy version %d.%d is not read; convert the array with "+
			".astype('float64') and np.save", version[0], version[1])
	}
	switch {
	case length > maxHeader:
		return "", nil, fmt.Errorf("a header of %d bytes; the file is damaged or no plain "+
			"array: write it again with np.save", length)
	case uint64(len(content)) < uint64(start)+length:
		return "", nil, errTruncated
	}
	end := start + int(length)
	return string(content[start:end]), content[end:], nil
}

var errTruncated = errors.New("the file ends inside its header; write it again with np.save")

// array is what a header says of the data.
type array struct {
	shape   []int
	fortran bool
	descr   string // NumPy's name of the element type
	element element
	order   binary.ByteOrder
}

// parseHeader reads a header: a dictionary of exactly the three keys.
func parseHeader(text string) (array, error) {
	var a array
	literal, err := parseLiteral(text)
	if err != nil {
		return a, fmt.Errorf("the header is %w; write the file again with np.save", err)
	}
	d, _ := literal.(map[string]any)
	fortran, isBool := d["fortran_order"].(bool)
	shape, isTuple := d["shape"].(pyTuple)
	descr, isString := d["descr"].(string)
	_, hasDescr := d["descr"]
	switch {
	case len(d) != 3 || !isBool || !isTuple || !hasDescr:
		return a, errors.New("the header does not give 'descr', 'fortran_order' as True or False " +
			"and 'shape' as a tuple, and only these; write the file again with np.save")
	case !isString:
		return a, errors.New("the elements have several fields; save the field that is meant, " +
			"with .astype('float64') and np.save")
	}
	a = array{fortran: fortran, descr: descr, shape: make([]int, len(shape))}
	for k, extent := range shape {
		n, isInt := extent.(int)
		if !isInt || n < 0 {
			return a, fmt.Errorf("%v is no extent of an array; write the file again with np.save",
				extent)
		}
		a.shape[k] = n
	}
	return a, a.findElement()
}

// element is a type of stored numbers: their size, and the value of one.
type element struct {
	bytes int
	value func(stored []byte, o order) float64
}

type order = binary.ByteOrder

// elements are the types that are read, by their NumPy name without the byte order. The names whose
// size depends on the machine that wrote them, such as "long", are not among them, nor is "f16",
// whose format does.
var elements = map[string]element{
	"f8": {8, func(b []byte, o order) float64 { return math.Float64frombits(o.Uint64(b)) }},
	"f4": {4, func(b []byte, o order) float64 { return single(o.Uint32(b)) }},
	"f2": {2, func(b []byte, o order) float64 { return half(o.Uint16(b)) }},
	"i8": {8, func(b []byte, o order) float64 { return float64(int64(o.Uint64(b))) }},
	"i4": {4, func(b []byte, o order) float64 { return float64(int32(o.Uint32(b))) }},
	"i2": {2, func(b []byte, o order) float64 { return float64(int16(o.Uint16(b))) }},
	"i1": {1, func(b []byte, _ order) float64 { return float64(int8(b[0])) }},
	"u8": {8, func(b []byte, o order) float64 { return float64(o.Uint64(b)) }},
	"u4": {4, func(b []byte, o order) float64 { return float64(o.Uint32(b)) }},
	"u2": {2, func(b []byte, o order) float64 { return float64(o.Uint16(b)) }},
	"u1": {1, func(b []byte, _ order) float64 { return float64(b[0]) }},
	"b1": {1, func(b []byte, _ order) float64 { return float64(min(b[0], 1)) }},
}

// aliases are other names of these types: NumPy's letters, which may follow a byte order, and its
// words, which may not.
var aliases = map[string]string{
	"d": "f8", "f": "f4", "e": "f2", "q": "i8", "i": "i4", "h": "i2", "b": "i1", "Q": "u8",
	"I": "u4", "H": "u2", "B": "u1", "?": "b1",
	"float64": "f8", "float32": "f4", "float16": "f2", "float": "f8", "double": "f8",
	"single": "f4", "half": "f2",
	"int64": "i8", "int32": "i4", "int16": "i2", "int8": "i1", "uint64": "u8", "uint32": "u4",
	"uint16": "u2", "uint8": "u1", "bool": "b1",
}

// findElement finds the element type of a's name. '<' and '>' are byte orders; '=', '|' and none
// are that of the machine, which is little-endian wherever NumPy is in use today.
func (a *array) findElement() error {
	name := a.descr
	if name != "" && strings.Contains("<>=|", name[:1]) {
		name = name[1:]
	}
	if alias := aliases[name]; alias != "" && (len(name) == 1 || name == a.descr) {
		name = alias
	}
	a.order = binary.LittleEndian
	if strings.HasPrefix(a.descr, ">") {
		a.order = binary.BigEndian
	}
	var known bool
	if a.element, known = elements[name]; !known {
		return fmt.Errorf("elements of type %q are not real numbers of a known size; convert "+
			"them with .astype('float64') and np.save", a.descr)
	}
	return nil
}

// elements converts the stored numbers, which must fill the array exactly.
func (a *array) elements(stored []byte) ([]float64, error) {
	width, available := a.element.bytes, len(stored)
	if n, ok := size(a.shape); !ok || n != available/width || available%width != 0 {
		return nil, fmt.Errorf("%d bytes of data do not fill an array of shape %s and type %s; "+
			"the file is damaged: write it again with np.save",
			available, tuple(a.shape), a.descr)
	}
	data := make([]float64, available/width)
	for i := range data {
		data[i] = a.element.value(stored[i*width:], a.order)
	}
	return data, nil
}

func single(bits uint32) float64 { return float64(math.Float32frombits(bits)) }

// half returns the value of a number of IEEE 754's binary16: 1 bit of sign, 5 of exponent, 10 of
// fraction. The same exponent and fraction in binary32 are 2^112 times smaller, but for the largest
// exponent, that of ∞ and NaN.
func half(bits uint16) float64 {
	const exponent16, exponent32 = 0x7c00, 0x7f800000
	widened := uint32(bits&0x7fff) << 13
	if bits&exponent16 == exponent16 {
		widened |= exponent32
	}
	return math.Copysign(single(widened)*0x1p112, float64(int16(bits)))
}

// fromFortran reorders an array from Fortran order, where the first index runs fastest, to C order,
// where the last does.
func fromFortran(shape []int, data []float64) []float64 {
	ordered := make([]float64, len(data))
	for i := range ordered {
		from, rest := 0, i // from = index_0 + shape_0·(index_1 + shape_1·(index_2 + …))
		for _, extent := range slices.Backward(shape) {
			from = from*extent + rest%extent
			rest /= extent
		}
		ordered[i] = data[from]
	}
	return ordered
}
