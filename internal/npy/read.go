package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"regexp"

	npyio "github.com/sbinet/npyio/npy"
)

// maxHeader is the longest header in bytes, NumPy's own limit.
const maxHeader = 10000

// dictionary is a header as np.save writes it for an array of plain numbers. npyio cuts the header at fixed offsets from the
// three keys and the first brace, and panics or misreads the shape when it has any other form.
var dictionary = regexp.MustCompile(
	`^\{'descr': '[\w<>|]*', 'fortran_order': (?:True|False), 'shape': \((?:\d+,|\d+(?:, ?\d+)+)?\), \} *\n$`)

// Read returns the array of real numbers in the .npy file path in C order, converted to float64; its shape is empty for a
// scalar. Floating-point and integer types of either byte order and both memory orders are read; integers beyond 2^53 are
// rounded; NaN and ±Inf are returned as they are. Any other file is an error of one line that names it and says what to do.
func Read(path string) (shape []int, data []float64, err error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading an array: %w", err)
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("reading an array: %s is not a file; give the path of an .npy file", path)
	}
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, fmt.Errorf("reading an array: %w", err)
	}
	if shape, data, err = Decode(content); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", path, err)
	}
	return shape, data, nil
}

// Decode is Read for the content of a file. The memory it takes is a small multiple of len(content), whatever the header says.
func Decode(content []byte) (shape []int, data []float64, err error) {
	start, err := checkHeader(content)
	if err != nil {
		return nil, nil, err
	}
	r, err := npyio.NewReader(bytes.NewReader(content))
	if err != nil {
		return nil, nil, fmt.Errorf("%w; write the file again with np.save", err)
	}
	shape = r.Header.Descr.Shape
	if data, err = readElements(r, len(content)-start); err != nil {
		return nil, nil, err
	}
	if r.Header.Descr.Fortran {
		data = fromFortran(shape, data)
	}
	return shape, data, nil
}

// checkHeader returns where the data starts, or an error for content that npyio would not read as what it is.
func checkHeader(content []byte) (start int, err error) {
	if !bytes.HasPrefix(content, []byte(magic)) {
		return 0, errors.New("not an .npy file; write it with np.save (an .npz holds several: save the array alone)")
	}
	if len(content) < 12 {
		return 0, errTruncated
	}
	length := 0
	switch content[6] {
	case 1:
		start, length = 10, int(binary.LittleEndian.Uint16(content[8:]))
	case 2:
		start, length = 12, int(binary.LittleEndian.Uint32(content[8:]))
	default:
		return 0, fmt.Errorf(".npy version %d.%d is not read; convert the array with .astype('float64') and np.save",
			content[6], content[7])
	}
	switch {
	case length > maxHeader:
		return 0, fmt.Errorf("a header of %d bytes; the file is damaged or no plain array: write it again with np.save", length)
	case len(content) < start+length:
		return 0, errTruncated
	case !dictionary.Match(content[start : start+length]):
		return 0, errors.New("the header is not one of a plain array; convert it with .astype('float64') and np.save")
	}
	return start + length, nil
}

var errTruncated = errors.New("the file ends inside its header; write it again with np.save")

// readElements reads the data of an array, which must take exactly the given number of bytes: npyio itself allocates what the
// header asks for, and returns repeated values without an error where a file is too short.
func readElements(r *npyio.Reader, available int) ([]float64, error) {
	descr, shape := r.Header.Descr.Type, r.Header.Descr.Shape
	kind, known := elements[unordered.ReplaceAllString(descr, "")]
	if !known {
		return nil, fmt.Errorf("elements of type %q are not real numbers; convert them with .astype('float64') and np.save", descr)
	}
	if n, ok := size(shape); !ok || n != available/kind.bytes || available%kind.bytes != 0 {
		return nil, fmt.Errorf("%d bytes of data do not fill an array of shape %s and type %s; the file is damaged: write it again with np.save",
			available, tuple(shape), descr)
	}
	data, err := kind.read(r)
	if err != nil {
		return nil, fmt.Errorf("%w; convert the array with .astype('float64') and np.save", err)
	}
	return data, nil
}

// unordered matches the byte order in the name of an element type.
var unordered = regexp.MustCompile(`^[<>|]`)

// elements are the types that are read, by their NumPy name without the byte order.
var elements = map[string]struct {
	bytes int
	read  func(*npyio.Reader) ([]float64, error)
}{
	"f8": {8, readAs[float64]}, "f4": {4, readAs[float32]},
	"i8": {8, readAs[int64]}, "i4": {4, readAs[int32]}, "i2": {2, readAs[int16]}, "i1": {1, readAs[int8]},
	"u8": {8, readAs[uint64]}, "u4": {4, readAs[uint32]}, "u2": {2, readAs[uint16]}, "u1": {1, readAs[uint8]},
}

// readAs reads all elements, of type T in the file.
func readAs[T float32 | float64 | int8 | int16 | int32 | int64 | uint8 | uint16 | uint32 | uint64](r *npyio.Reader) ([]float64, error) {
	var stored []T
	if err := r.Read(&stored); err != nil {
		return nil, err
	}
	if data, ok := any(stored).([]float64); ok {
		return data, nil
	}
	data := make([]float64, len(stored))
	for i, x := range stored {
		data[i] = float64(x)
	}
	return data, nil
}

// fromFortran reorders an array from Fortran order, where the first index runs fastest, to C order, where the last does.
func fromFortran(shape []int, data []float64) []float64 {
	stride := make([]int, len(shape))
	s := 1
	for k, extent := range shape {
		stride[k] = s
		s *= extent
	}
	ordered := make([]float64, len(data))
	index, from := make([]int, len(shape)), 0 // from = Σ index_k stride_k
	for i := range ordered {
		ordered[i] = data[from]
		for k := len(shape) - 1; k >= 0; k-- {
			index[k]++
			from += stride[k]
			if index[k] < shape[k] {
				break
			}
			from -= shape[k] * stride[k]
			index[k] = 0
		}
	}
	return ordered
}
