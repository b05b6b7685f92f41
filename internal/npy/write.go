// Package npy reads and writes NumPy's array files.
//
// An .npy file (NEP 1, https://numpy.org/neps/nep-0001-npy-format.html) is
//
//	"\x93NUMPY"  major  minor  length  header  data
//
// where header is a Python dictionary of the element type, the order and the shape, padded with
// spaces and ended by a newline so that data starts at a multiple of 64 bytes. Write produces byte
// for byte what np.save does, for any number of dimensions. Reading takes every header that np.load
// takes, and makes malformed files errors.
package npy

import (
	"archive/zip"
	"encoding/binary"
	"fmt"
	"io"
	"iter"
	"math"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/sbinet/npyio/npz"
)

// Element is a type of array element: float64 for fields, int32 and int64 for the index arrays of
// sparse matrices.
type Element interface {
	float64 | float32 | int32 | int64
}

const (
	magic     = "\x93NUMPY"
	alignment = 64 // of the data, NumPy's ARRAY_ALIGN
	// width that NumPy reserves for the first axis since 1.24, its GROWTH_AXIS_MAX_DIGITS
	growth = 21
	chunk  = 8192
)

// Write writes data, the elements of an array of the given shape in C order, little-endian, as
// np.save does. An empty shape is a scalar. It is an error when the shape has a negative extent or
// its product is not len(data).
func Write[T Element](w io.Writer, shape []int, data []T) error {
	if n, ok := size(shape); !ok || n != len(data) {
		return fmt.Errorf("npy: %d values do not fill an array of shape %v", len(data), shape)
	}
	return WriteParts(w, shape, slices.Chunk(data, chunk))
}

// WriteParts is Write of an array that comes part by part, and need never be there as a whole.
func WriteParts[T Element](w io.Writer, shape []int, parts iter.Seq[[]T]) error {
	head, err := header(descr[T](), shape)
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	var buffer []byte
	written := 0
	for part := range parts {
		written += len(part)
		if buffer, err = binary.Append(buffer[:0], binary.LittleEndian, part); err != nil {
			return err
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
	}
	if n, ok := size(shape); !ok || n != written {
		return fmt.Errorf("npy: %d values do not fill an array of shape %v", written, shape)
	}
	return nil
}

// WriteNpz writes the columns, each a one-dimensional array, as an .npz archive: a zip file with
// one name.npy for each. The same columns give the same bytes, because no time stamp is stored.
func WriteNpz(w io.Writer, names []string, columns [][]float64) error {
	if len(names) != len(columns) {
		return fmt.Errorf("npy: %d names for %d columns", len(names), len(columns))
	}
	archive := npz.NewWriter(w)
	for k, name := range names {
		if err := archive.Write(name+".npy", columns[k]); err != nil {
			return err
		}
	}
	return archive.Close()
}

// header returns everything before the data. As NumPy does, it reserves room for the first extent
// to grow to 21 digits, and pads by 1 to 64 spaces, never by 0.
func header(descr string, shape []int) ([]byte, error) {
	dictionary := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", descr,
		tuple(shape))
	if len(shape) > 0 {
		dictionary += strings.Repeat(" ", growth-len(strconv.Itoa(shape[0])))
	}
	unpadded := len(magic) + 4 + len(dictionary) + 1
	length := len(dictionary) + 1 + alignment - unpadded%alignment
	if length > maxHeader {
		return nil, fmt.Errorf("npy: an array of %d dimensions is more than NumPy reads",
			len(shape))
	}
	head := append([]byte(magic), 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(length))
	return fmt.Appendf(head, "%-*s\n", length-1, dictionary), nil
}

// tuple is Python's repr of the shape: (), (3,), (3, 4).
func tuple(shape []int) string {
	extents := strings.Trim(strings.Join(strings.Fields(fmt.Sprint(shape)), ", "), "[]")
	if len(shape) == 1 {
		extents += ","
	}
	return "(" + extents + ")"
}

// descr is NumPy's name of the little-endian element type: the first letter of Go's, and the size.
func descr[T Element]() string {
	var zero T
	return fmt.Sprintf("<%.1s%d", fmt.Sprintf("%T", zero), binary.Size(zero))
}

// size returns the number of elements of an array, and false when an extent is negative or the
// number overflows.
func size(shape []int) (n int, ok bool) {
	if len(shape) > 0 && slices.Min(shape) <= 0 {
		return 0, slices.Min(shape) == 0
	}
	n = 1
	for _, extent := range shape {
		if n > math.MaxInt/extent {
			return 0, false
		}
		n *= extent
	}
	return n, true
}

// Column is one of a table: numbers or, where these are nil, texts.
type Column struct {
	Name    string
	Numbers []float64
	Texts   []string
}

// WriteTable writes columns as WriteNpz does, texts as arrays of Unicode.
func WriteTable(w io.Writer, columns []Column) error {
	archive := zip.NewWriter(w)
	for _, c := range columns {
		// without a time stamp the same columns give the same bytes
		file, err := archive.CreateHeader(&zip.FileHeader{Name: c.Name + ".npy",
			Method: zip.Deflate})
		if err != nil {
			return err
		}
		if c.Numbers != nil {
			err = Write(file, []int{len(c.Numbers)}, c.Numbers)
		} else {
			err = WriteTexts(file, c.Texts)
		}
		if err != nil {
			return err
		}
	}
	return archive.Close()
}

// WriteTexts writes a one-dimensional array of texts as np.save does: each as the code points of
// the longest, four bytes each, with zeros behind.
func WriteTexts(w io.Writer, texts []string) error {
	longest := 1
	for _, text := range texts {
		longest = max(longest, utf8.RuneCountInString(text))
	}
	head, err := header(fmt.Sprintf("<U%d", longest), []int{len(texts)})
	if err != nil {
		return err
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	for _, text := range texts {
		points := make([]int32, 0, longest)
		for _, r := range text {
			points = append(points, r)
		}
		if err := binary.Write(w, binary.LittleEndian, points[:longest]); err != nil {
			return err
		}
	}
	return nil
}
