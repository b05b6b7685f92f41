package npy

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// checkSaved compares every .npy file under the folder with what np.save makes of the array in it.
const checkSaved = `
import glob, io, sys
import numpy as np
for name in sorted(glob.glob("*.npy")):
    raw = open(name, "rb").read()
    a = np.load(name)
    out = io.BytesIO()
    np.save(out, a)
    assert a.flags.c_contiguous, name
    assert (len(raw) - a.nbytes) % 64 == 0, name + ": data not aligned"
    assert np.array_equal(a.ravel(), np.arange(a.size) - 2), name + ": values"
    saved = out.getvalue()
    assert raw == saved, "%s: %r is not np.save's %r" % (name, raw[:128], saved[:128])
    print(name, a.shape, a.dtype)
`

// ramp returns −2, −1, 0, ...: every element tells its place.
func ramp[T Element](n int) []T {
	data := make([]T, n)
	for i := range data {
		data[i] = T(i) - 2
	}
	return data
}

func save[T Element](t *testing.T, path string, shape []int, data []T) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, shape, data); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
}

// TestWriteIsNumPysSave covers 0 to 4 dimensions, arrays longer than the buffer, and, by empty
// arrays of up to 32 dimensions whose dictionaries grow by one character from each to the next,
// every length of the padding.
func TestWriteIsNumPysSave(t *testing.T) {
	dir := t.TempDir()
	shapes := [][]int{{}, {1}, {5}, {0}, {3, 0, 2}, {100_003}, {3, 4}, {300, 400}, {2, 3, 4},
		{40, 30, 20}, {2, 3, 4, 5}, {10, 11, 12, 13}}
	for k := range 31 {
		for _, extent := range []int{1, 10, 100} {
			shapes = append(shapes, append([]int{0, extent}, slices.Repeat([]int{1}, k)...))
		}
	}
	for k, shape := range shapes {
		n, _ := size(shape)
		save(t, filepath.Join(dir, fmt.Sprintf("%03d-f8.npy", k)), shape, ramp[float64](n))
		save(t, filepath.Join(dir, fmt.Sprintf("%03d-f4.npy", k)), shape, ramp[float32](n))
		save(t, filepath.Join(dir, fmt.Sprintf("%03d-i4.npy", k)), shape, ramp[int32](n))
		save(t, filepath.Join(dir, fmt.Sprintf("%03d-i8.npy", k)), shape, ramp[int64](n))
	}
	out := numpytest.Run(t, dir, "-c", checkSaved)
	if got, want := strings.Count(out, "\n")+1, 4*len(shapes); got != want {
		t.Errorf("NumPy opened %d files, want %d", got, want)
	}
	for _, line := range []string{"010-f8.npy (2, 3, 4, 5) float64", "002-i4.npy (5,) int32",
		"000-i8.npy () int64", "006-f4.npy (3, 4) float32"} {
		if !strings.Contains(out, line) {
			t.Errorf("missing %q in\n%s", line, out)
		}
	}
}

// TestHeader pins one header by hand, from NEP 1.
func TestHeader(t *testing.T) {
	var b bytes.Buffer
	if err := Write(&b, []int{2}, []float64{1, math.Inf(-1)}); err != nil {
		t.Fatal(err)
	}
	dictionary := "{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }"
	want := "\x93NUMPY\x01\x00\x76\x00" + dictionary + strings.Repeat(" ", 117-len(dictionary)) +
		"\n" +
		"\x00\x00\x00\x00\x00\x00\xf0\x3f" + "\x00\x00\x00\x00\x00\x00\xf0\xff"
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

func TestWriteRefusesAWrongShape(t *testing.T) {
	for _, shape := range [][]int{{}, {5}, {-2, -3}, {2, 3, 0}, {math.MaxInt, math.MaxInt}} {
		if err := Write(io.Discard, shape, make([]float64, 6)); err == nil {
			t.Errorf("shape %v accepted for 6 values", shape)
		}
	}
	if err := Write(io.Discard, slices.Repeat([]int{1}, 4000), []float64{1}); err == nil {
		t.Error("a header longer than NumPy reads was written")
	}
}

// failAfter accepts n bytes.
type failAfter struct{ n int }

var errFull = errors.New("full")

func (w *failAfter) Write(p []byte) (int, error) {
	if w.n -= len(p); w.n < 0 {
		return 0, errFull
	}
	return len(p), nil
}

func TestWriteReportsTheWritersError(t *testing.T) {
	for _, n := range []int{0, 128, 128 + 8*chunk} {
		if err := Write(&failAfter{n}, []int{2 * chunk}, make([]float64, 2*chunk)); !errors.Is(err,
			errFull) {
			t.Errorf("after %d bytes: error %v, want %v", n, err, errFull)
		}
	}
	if err := WriteNpz(&failAfter{0}, []string{"t"}, [][]float64{{1}}); !errors.Is(err, errFull) {
		t.Errorf("npz: error %v, want %v", err, errFull)
	}
}

// read decodes a file.
func read(path string) (shape []int, data []float64, err error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	if shape, data, err = Decode(content); err != nil {
		err = fmt.Errorf("%s: %w", path, err)
	}
	return shape, data, err
}

func TestReadInvertsWrite(t *testing.T) {
	for _, shape := range [][]int{{}, {0}, {7}, {3, 4}, {2, 3, 4}, {2, 3, 4, 5}} {
		n, _ := size(shape)
		want := ramp[float64](n)
		for i, special := range []float64{math.Inf(1), math.NaN(), math.Copysign(0, -1),
			math.SmallestNonzeroFloat64} {
			if i < n {
				want[i] = special
			}
		}
		path := filepath.Join(t.TempDir(), "a.npy")
		save(t, path, shape, want)
		gotShape, got, err := read(path)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(gotShape, shape) || !sameBits(got, want) {
			t.Errorf("shape %v: got %v %v, want %v", shape, gotShape, got, want)
		}
	}
}

func sameBits(a, b []float64) bool {
	return slices.EqualFunc(a, b, func(x,
		y float64) bool {
		return math.Float64bits(x) == math.Float64bits(y)
	})
}

// saveAll saves 0, 1, ... in every number type, byte order and memory order, in 0 to 4 dimensions.
const saveAll = `
import numpy as np
for kind in ["f8", "f4", "f2", "i8", "i4", "i2", "i1", "u8", "u4", "u2", "u1"]:
    for order in "<>":
        for shape in [(), (0,), (7,), (3, 4), (2, 3, 4), (2, 3, 4, 2)]:
            a = np.arange(np.prod(shape, dtype=int)).reshape(shape).astype(order + kind)
            name = "%s%s-%dd" % ("little-" if order == "<" else "big-", kind, len(shape))
            np.save(name + "-c%d.npy" % a.size, a)
            np.save(name + "-fortran%d.npy" % a.size, np.asfortranarray(a) if shape else a)
for major in [2, 3]:
    with open("version%d-1d-c3.npy" % major, "wb") as f:
        np.lib.format.write_array(f, np.arange(3.0), version=(major, 0))
`

func TestReadWhatNumPySaves(t *testing.T) {
	dir := t.TempDir()
	numpytest.Run(t, dir, "-c", saveAll)
	files, err := filepath.Glob(filepath.Join(dir, "*.npy"))
	if err != nil || len(files) != 11*2*6*2+2 {
		t.Fatalf("NumPy saved %d files (%v)", len(files), err)
	}
	shapes := map[int][]int{0: {0}, 1: {}, 3: {3}, 7: {7}, 12: {3, 4}, 24: {2, 3, 4},
		48: {2, 3, 4, 2}}
	for _, path := range files {
		shape, data, err := read(path)
		if err != nil {
			t.Error(err)
			continue
		}
		for i, x := range data {
			if x != float64(i) {
				t.Errorf("%s: element %d is %g", filepath.Base(path), i, x)
				break
			}
		}
		if !slices.Equal(shape, shapes[len(data)]) ||
			!strings.HasSuffix(path, fmt.Sprintf("%d.npy", len(data))) {
			t.Errorf("%s: %d values of shape %v", filepath.Base(path), len(data), shape)
		}
	}
}

// file is an .npy file of version 1 with the given dictionary and data, not padded.
func file(dictionary, data string) []byte {
	n := len(dictionary) + 1
	return []byte(magic + "\x01\x00" + string([]byte{byte(n), byte(n >> 8)}) + dictionary + "\n" +
		data)
}

func plain(descr, shape, data string) []byte {
	return file("{'descr': '"+descr+"', 'fortran_order': False, 'shape': "+shape+", }", data)
}

var one = strings.Repeat("\x00", 8)

// malformed are contents that must be refused.
var malformed = map[string][]byte{
	"empty":       {},
	"text":        []byte("1 2 3\n"),
	"magic only":  []byte(magic),
	"no header":   []byte(magic + "\x01\x00"),
	"header cut":  plain("<f8", "(1,)", one)[:40],
	"no literal":  []byte(magic + "\x01\x00\x04\x00abcd" + one),
	"huge header": []byte(magic + "\x02\x00\xff\xff\xff\xff{}"),
	"version 9":   []byte(magic + "\x09\x00\x10\x00{}"),
	"version 1.1": []byte(magic + "\x01\x01\x10\x00{}"),
	"no brace":    file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)", one),
	"two braces":  file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,)}}", one),
	"two commas": file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,),,}",
		one),
	"a key without colon": file("{'descr' '<f8', 'fortran_order': False, 'shape': (1,)}", one),
	"a key too few":       file("{'descr': '<f8', 'shape': (1,)}", one),
	"a key too many": file("{'descr': '<f8', 'fortran_order': False, 'shape': (1,), "+
		"'x': 1}", one),
	"order as a number": file("{'descr': '<f8', 'fortran_order': 0, 'shape': (1,)}", one),
	"brackets nested": file("{'descr': '<f8', 'fortran_order': False, "+
		"'shape': "+strings.Repeat("(", 5000)+"}", one),
	"brace in the type":      plain("}", "(1,)", one),
	"shape no tuple":         file("{'descr': '<f8', 'fortran_order': False, 'shape': 111, }", one),
	"shape in brackets":      plain("<f8", "(1)", one),
	"shape a list":           plain("<f8", "[1]", one),
	"a comma alone":          plain("<f8", "(,)", one),
	"shape of words":         plain("<f8", "(True,)", one),
	"negative shape":         plain("<f8", "(-1,)", one),
	"octal shape":            plain("<f8", "(01,)", one),
	"petabytes":              plain("<f8", "(1000000000000000,)", one),
	"overflowing product":    plain("<f8", "(4294967296, 4294967296)", one),
	"product wraps to 1":     plain("<f8", "(7905747460161236407, 7)", one),
	"extent overflows":       plain("<f8", "(99999999999999999999,)", one),
	"truncated data":         plain("<f8", "(2,)", one),
	"cut element":            plain("<f8", "(1,)", one[:7]),
	"trailing bytes":         plain("<f8", "(1,)", one+"x"),
	"data of an empty array": plain("<f8", "(0,)", one),
	"object":                 plain("|O", "(1,)", one),
	"complex":                plain("<c16", "(1,)", one+one),
	"string":                 plain("<U2", "(1,)", one),
	"long double":            plain("<f16", "(1,)", one+one),
	"a size of the machine":  plain("<l", "(1,)", one),
	"no type":                plain("", "(1,)", one),
	"order of a word":        plain("<float64", "(1,)", one),
	"two orders":             plain("<>f8", "(1,)", one),
	"structured": file("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': "+
		"(1,), }", one),
	"zip": []byte("PK\x03\x04" + one + one),
}

func TestMalformedFilesAreErrors(t *testing.T) {
	dir := t.TempDir()
	for name, content := range malformed {
		path := filepath.Join(dir, name+".npy")
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		shape, data, err := read(path)
		if err == nil {
			t.Errorf("%s: accepted as %v %v", name, shape, data)
			continue
		}
		if msg := err.Error(); !strings.HasPrefix(msg, path+": ") || strings.Contains(msg, "\n") ||
			!strings.Contains(msg, "np.save") {
			t.Errorf("%s: error %q should be one line with the file and the fix", name, msg)
		}
	}
	if _, _, err := read(dir); err == nil || !strings.Contains(err.Error(), dir) {
		t.Errorf("folder: error %v", err)
	}
	if _, _, err := read(filepath.Join(dir, "none.npy")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing file: error %v", err)
	}
}

// two is 1.5, −2 as little-endian float64, and twoBig as big-endian.
const (
	two    = "\x00\x00\x00\x00\x00\x00\xf8\x3f\x00\x00\x00\x00\x00\x00\x00\xc0"
	twoBig = "\x3f\xf8\x00\x00\x00\x00\x00\x00\xc0\x00\x00\x00\x00\x00\x00\x00"
)

// version is a file of format version 2 or 3, whose header has a length of four bytes.
func version(major byte, header, data string) []byte {
	return append([]byte(magic), string([]byte{major, 0, byte(len(header)), byte(len(header) >> 8),
		0, 0})+header+data...)
}

// wellFormed are files that np.load reads (NumPy 1.24 took every one of these), each of 1.5, −2.
var wellFormed = map[string][]byte{
	"as np.save":        plain("<f8", "(2,)", two),
	"no trailing comma": file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}", two),
	"keys in order":     file("{'shape': (2,), 'fortran_order': False, 'descr': '<f8', }", two),
	"no spaces":         file("{'descr':'<f8','fortran_order':False,'shape':(2,)}", two),
	"many spaces": file("  { 'descr' :\t'<f8' , 'fortran_order' : False , 'shape' : ( 2 "+
		", ) , }   \t", two),
	"lines": file("\n{'descr': '<f8',\r\n'fortran_order': False,\n'shape': "+
		"(2\n,)\n}\n\n", two),
	"double quotes":       file(`{"descr": "<f8", "fortran_order": False, "shape": (2,)}`, two),
	"strings of Python 2": file("{u'descr': u'<f8', 'fortran_order': False, 'shape': (2,)}", two),
	"ints of Python 2":    plain("<f8", "(2L,)", two),
	"other ints":          plain("<f8", "(0x2,)", two),
	"a comment":           file("{'descr': '<f8', 'fortran_order': False, 'shape': (2,)} # x", two),
	"in brackets":         file("({'descr': '<f8', 'fortran_order': False, 'shape': ((2),)})", two),
	"a key twice": file("{'descr': '<f8', 'fortran_order': False, 'shape': (9,), "+
		"'shape': (2,)}", two),
	"no newline": append([]byte(magic+"\x01\x00\x36\x00"),
		"{'descr':'<f8','fortran_order': False, 'shape': (2,)}  "[:54]+two...),
	"version 2": version(2,
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }   \n", two),
	"version 3": version(3,
		"{'descr': '<f8', 'fortran_order': False, 'shape': (2,), }   \n", two),
	"version 3, bare": version(3, "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}",
		two),
	"Fortran's order":  file("{'descr': '<f8', 'fortran_order': True, 'shape': (2,), }", two),
	"big-endian":       plain(">f8", "(2,)", twoBig),
	"native order":     plain("=f8", "(2,)", two),
	"bar":              plain("|f8", "(2,)", two),
	"order left out":   plain("f8", "(2,)", two),
	"a word":           plain("float64", "(2,)", two),
	"a letter":         plain(">d", "(2,)", twoBig),
	"single precision": plain("<f4", "(2,)", "\x00\x00\xc0\x3f\x00\x00\x00\xc0"),
	// 1.5 = (1 + 512/1024)·2⁰, 2 = 2¹: exponents 15 and 16 of bias 15
	"half precision":   plain("<f2", "(2,)", "\x00\x3e\x00\xc0"),
	"half, big-endian": plain(">e", "(2,)", "\x3e\x00\xc0\x00"),
}

func TestEveryHeaderThatNumPyReads(t *testing.T) {
	for name, content := range wellFormed {
		shape, data, err := Decode(content)
		if err != nil || !slices.Equal(shape, []int{2}) || !slices.Equal(data, []float64{1.5, -2}) {
			t.Errorf("%s: read as %v %v, error %v", name, shape, data, err)
		}
	}
	for name, c := range map[string]struct {
		content []byte
		shape   []int
		data    []float64
	}{
		"scalar": {plain("<i8", "( )", "\xfe\xff\xff\xff\xff\xff\xff\xff"), []int{},
			[]float64{-2}},
		// whatever is not 0 is true
		"bools":           {plain("|b1", "(3,)", "\x00\x01\x02"), []int{3}, []float64{0, 1, 1}},
		"question mark":   {plain("?", "(2,1)", "\x00\x01"), []int{2, 1}, []float64{0, 1}},
		"bytes":           {plain("|u1", "(2,)", "\x00\xff"), []int{2}, []float64{0, 255}},
		"big-endian byte": {plain(">u1", "(2,)", "\x00\xff"), []int{2}, []float64{0, 255}},
		"signed bytes":    {plain("|i1", "(1,2,)", "\x00\xff"), []int{1, 2}, []float64{0, -1}},
		"Fortran's order": {file("{'descr': '|u1', 'fortran_order': True, 'shape': (2L, 3L)}",
			"\x00\x03\x01\x04\x02\x05"), []int{2, 3}, []float64{0, 1, 2, 3, 4, 5}},
	} {
		shape, data, err := Decode(c.content)
		if err != nil || !slices.Equal(shape, c.shape) || !slices.Equal(data, c.data) {
			t.Errorf("%s: read as %v %v, error %v", name, shape, data, err)
		}
	}
}

// TestNumPyReadsWhatWeDo: np.load agrees on the well-formed files, and refuses the malformed ones
// but for those that it reads as something else than real numbers, those of types that depend on
// the machine, those with more data than they need, and the extent −1, which it takes for whatever
// the data fill.
func TestNumPyReadsWhatWeDo(t *testing.T) {
	dir := t.TempDir()
	for kind, files := range map[string]map[string][]byte{"good": wellFormed, "bad": malformed} {
		for name, content := range files {
			if err := os.WriteFile(filepath.Join(dir, kind+" "+name+".npy"), content,
				0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	out := numpytest.Run(t, dir, "-c", `
import glob, warnings
import numpy as np
warnings.simplefilter("ignore")
for name in sorted(glob.glob("*.npy")):
    try:
        a = np.load(name)
    except Exception:
        assert name.startswith("bad"), name
        continue
    if name.startswith("good"):
        assert a.tolist() == [1.5, -2], name
    else:
        print(name[4:-4])`)
	if want := "a size of the machine\ncomplex\ndata of an empty array\nlong double\nnegative " +
		"shape\nstring\nstructured\ntrailing bytes"; out != want {
		t.Errorf("of the malformed ones NumPy read\n%s\nwant\n%s", out, want)
	}
}

// The numbers of binary16 are those of its definition: the largest, the least normal and the least
// of all, infinity and NaN.
func TestHalf(t *testing.T) {
	for bits, want := range map[uint16]float64{
		0x0000: 0, 0x3c00: 1, 0xbc00: -1, 0x3555: 1365.0 / 4096, 0x7bff: 65504, 0x0400: 1.0 / 16384,
		0x0001: 1.0 / (1 << 24), 0x83ff: -1023.0 / (1 << 24),
		0x7c00: math.Inf(1), 0xfc00: math.Inf(-1),
	} {
		if got := half(bits); got != want {
			t.Errorf("%#04x is %g, want %g", bits, got, want)
		}
	}
	if !math.IsNaN(half(0x7e00)) || !math.Signbit(half(0x8000)) {
		t.Errorf("0x7e00 is %g, 0x8000 is %g", half(0x7e00), half(0x8000))
	}
}

func TestWriteNpz(t *testing.T) {
	names, columns := []string{"t", "norm", "none"},
		[][]float64{{0, 0.1, 0.2}, {1, math.NaN(), 5e-324}, {}}
	var a, b bytes.Buffer
	for _, w := range []io.Writer{&a, &b} {
		if err := WriteNpz(w, names, columns); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the same columns gave different bytes")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "series.npz"), a.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	out := numpytest.Run(t, dir, "-c", `
import numpy as np
z = np.load("series.npz")
print(z.files, [z[k].tolist() for k in z.files], z["t"].dtype)`)
	if want := "['t', 'norm', 'none'] [[0.0, 0.1, 0.2], [1.0, nan, 5e-324], []] " +
		"float64"; out != want {
		t.Errorf("NumPy read %s\nwant       %s", out, want)
	}
	if err := WriteNpz(io.Discard, names, columns[:2]); err == nil {
		t.Error("a name without a column was accepted")
	}
}

func BenchmarkWrite(b *testing.B) {
	data := make([]float64, 1<<24)
	b.SetBytes(8 << 24)
	for b.Loop() {
		if err := Write(io.Discard, []int{1 << 12, 1 << 12}, data); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	var content bytes.Buffer
	if err := Write(&content, []int{1 << 11, 1 << 11}, make([]float64, 1<<22)); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(8 << 22)
	for b.Loop() {
		if _, _, err := Decode(content.Bytes()); err != nil {
			b.Fatal(err)
		}
	}
}
