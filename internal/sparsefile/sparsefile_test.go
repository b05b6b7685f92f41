package sparsefile

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/james-bowman/sparse/blas"
	"pgregory.net/rapid"
)

// tridiagonal is a matrix whose every number differs from its neighbours in a file.
var tridiagonal = blas.SparseMatrix{I: 3, J: 3, Indptr: []int{0, 2, 5, 7},
	Ind: []int{0, 1, 0, 1, 2, 1, 2}, Data: []float64{1, -2, -2, 1e300, -0.1, -0.1, 5e-324}}

// A file of PETSc is so, to the byte.
func TestPETScBytes(t *testing.T) {
	var b bytes.Buffer
	if err := PETScVector[int32](&b, []float64{1, -2}); err != nil {
		t.Fatal(err)
	}
	const want = "00127b4e" + "00000002" + "3ff0000000000000" + "c000000000000000"
	if got := fmt.Sprintf("%x", b.Bytes()); got != want {
		t.Errorf("the vector is %s, want %s", got, want)
	}
	b.Reset()
	if err := PETSc[int32](&b, &tridiagonal); err != nil {
		t.Fatal(err)
	}
	const head = "00127b50" + "00000003" + "00000003" + "00000007" + // a matrix, 3 × 3, 7 nonzeros
		"00000002" + "00000003" + "00000002" + // of each row
		"00000000" + "00000001" + "00000000" + "00000001" + "00000002" + "00000001" + "00000002"
	if got := fmt.Sprintf("%x", b.Bytes()); !strings.HasPrefix(got, head) {
		t.Errorf("the matrix begins %.*s, want %s", len(head), got, head)
	}
	if want := 4*(4+3+7) + 8*7; b.Len() != want {
		t.Errorf("the matrix has %d bytes, want %d", b.Len(), want)
	}
}

func TestMatrixMarketText(t *testing.T) {
	var b bytes.Buffer
	if err := MatrixMarket(&b, &tridiagonal); err != nil {
		t.Fatal(err)
	}
	const matrix = "%%MatrixMarket matrix coordinate real symmetric\n3 3 5\n" +
		"1 1 1\n2 1 -2\n2 2 1e+300\n3 2 -0.1\n3 3 5e-324\n"
	if b.String() != matrix {
		t.Errorf("the matrix is\n%s\nwant\n%s", b.String(), matrix)
	}
	b.Reset()
	if err := MatrixMarketVector(&b, []float64{1, -0.1}); err != nil {
		t.Fatal(err)
	}
	if want := "%%MatrixMarket matrix array real general\n2 1\n1\n-0.1\n"; b.String() != want {
		t.Errorf("the vector is\n%s\nwant\n%s", b.String(), want)
	}
}

// What is written is read back to the bit, in every format and over the ends of chunks.
func TestRoundTrips(t *testing.T) {
	for _, n := range []int{chunk, chunk + 1} {
		checkRoundTrips(t, band(n, 64, 1e-9))
	}
	rapid.Check(t, func(t *rapid.T) {
		checkRoundTrips(t, band(rapid.IntRange(1, 9).Draw(t, "n"),
			rapid.IntRange(1, 4).Draw(t, "apart"),
			rapid.Float64Range(1e-300, 1e300).Draw(t, "scale")))
	})
}

func checkRoundTrips(t rapid.TB, a *blas.SparseMatrix) {
	v := a.Data[:a.I]
	for name, f := range map[string]struct {
		matrix func(io.Writer, *blas.SparseMatrix) error
		vector func(io.Writer, []float64) error
		read   func(io.Reader) (*blas.SparseMatrix, error)
		values func(io.Reader) ([]float64, error)
	}{
		"petsc": {PETSc[int32], PETScVector[int32], readPETSc[int32], readPETScVector[int32]},
		"petsc64": {PETSc[int64], PETScVector[int64], readPETSc[int64],
			readPETScVector[int64]},
		"mtx": {MatrixMarket, MatrixMarketVector, readMatrixMarket, readMatrixMarketVector},
	} {
		var b bytes.Buffer
		if err := f.matrix(&b, a); err != nil {
			t.Fatal(name, err)
		}
		got, err := f.read(&b)
		if err != nil || b.Len() > 0 {
			t.Fatalf("%s: %v, %d bytes are left", name, err, b.Len())
		}
		if got.I != a.I || got.J != a.J || !slices.Equal(got.Indptr, a.Indptr) ||
			!slices.Equal(got.Ind, a.Ind) || !slices.Equal(got.Data, a.Data) {
			t.Fatalf("%s: wrote %v, read %v", name, a, got)
		}
		b.Reset()
		if err := f.vector(&b, v); err != nil {
			t.Fatal(name, err)
		}
		values, err := f.values(&b)
		if err != nil || b.Len() > 0 || !slices.Equal(values, v) {
			t.Fatalf("%s: wrote %v, read %v (%v), %d bytes are left", name, v, values, err,
				b.Len())
		}
	}
}

// More rows or nonzeros than indices count are an error that says what helps.
func TestIndicesThatOverflow(t *testing.T) {
	const most = math.MaxInt32
	for _, c := range []struct {
		rows, nonzeros int
		fits           bool
	}{{1, 1, true}, {most, most, true}, {1, most + 1, false}, {most + 1, 1, false}} {
		err := FitsPETSc[int32](c.rows, c.nonzeros)
		if c.fits != (err == nil) || err != nil && !strings.Contains(err.Error(), "use petsc64") {
			t.Errorf("%d rows, %d nonzeros: %v", c.rows, c.nonzeros, err)
		}
		if err := FitsPETSc[int64](c.rows, c.nonzeros); err != nil {
			t.Errorf("%d rows, %d nonzeros in 64 bits: %v", c.rows, c.nonzeros, err)
		}
	}
	if err := PETSc[int32](io.Discard, &blas.SparseMatrix{I: most + 1}); err == nil {
		t.Errorf("a matrix of %d rows was written with indices of 32 bits", most+1)
	}
}

// band returns a symmetric matrix with three diagonals.
func band(n, apart int, scale float64) *blas.SparseMatrix {
	a := &blas.SparseMatrix{I: n, J: n, Indptr: []int{0}}
	for i := range n {
		for _, j := range []int{i - apart, i, i + apart} {
			if j >= 0 && j < n {
				a.Ind = append(a.Ind, j)
				a.Data = append(a.Data, scale*math.Sin(float64(1+i+j)))
			}
		}
		a.Indptr = append(a.Indptr, len(a.Ind))
	}
	return a
}

// get reads n numbers, big-endian.
func get[T Index | float64](r io.Reader, n int) ([]T, error) {
	v := make([]T, n)
	return v, binary.Read(r, binary.BigEndian, v)
}

func readPETSc[I Index](r io.Reader) (*blas.SparseMatrix, error) {
	head, err := get[I](r, 4)
	if err != nil || head[0] != 1211216 {
		return nil, fmt.Errorf("no matrix: %v (%v)", head, err)
	}
	a := &blas.SparseMatrix{I: int(head[1]), J: int(head[2]), Indptr: []int{0}}
	lengths, err := get[I](r, a.I)
	if err != nil {
		return nil, err
	}
	for i, n := range lengths {
		a.Indptr = append(a.Indptr, a.Indptr[i]+int(n))
	}
	columns, err := get[I](r, int(head[3]))
	for _, j := range columns {
		a.Ind = append(a.Ind, int(j))
	}
	if err == nil {
		a.Data, err = get[float64](r, int(head[3]))
	}
	return a, err
}

func readPETScVector[I Index](r io.Reader) ([]float64, error) {
	head, err := get[I](r, 2)
	if err != nil || head[0] != 1211214 {
		return nil, fmt.Errorf("no vector: %v (%v)", head, err)
	}
	return get[float64](r, int(head[1]))
}

// readMatrixMarket reads a lower triangle and completes it.
func readMatrixMarket(r io.Reader) (*blas.SparseMatrix, error) {
	var a blas.SparseMatrix
	var n int
	const head = "%%%%MatrixMarket matrix coordinate real symmetric\n%d %d %d\n"
	if _, err := fmt.Fscanf(r, head, &a.I, &a.J, &n); err != nil {
		return nil, err
	}
	rows := make([]map[int]float64, a.I)
	for i := range rows {
		rows[i] = map[int]float64{}
	}
	for range n {
		var i, j int
		var v float64
		if _, err := fmt.Fscanf(r, "%d %d %g\n", &i, &j, &v); err != nil {
			return nil, err
		}
		if j > i {
			return nil, fmt.Errorf("(%d, %d) is above the diagonal", i, j)
		}
		rows[i-1][j-1], rows[j-1][i-1] = v, v
	}
	a.Indptr = []int{0}
	for _, row := range rows {
		for _, j := range slices.Sorted(maps.Keys(row)) {
			a.Ind, a.Data = append(a.Ind, j), append(a.Data, row[j])
		}
		a.Indptr = append(a.Indptr, len(a.Ind))
	}
	return &a, nil
}

func readMatrixMarketVector(r io.Reader) ([]float64, error) {
	var n, columns int
	const head = "%%%%MatrixMarket matrix array real general\n%d %d\n"
	if _, err := fmt.Fscanf(r, head, &n, &columns); err != nil {
		return nil, err
	}
	v := make([]float64, n*columns)
	for i := range v {
		if _, err := fmt.Fscanf(r, "%g\n", &v[i]); err != nil {
			return nil, err
		}
	}
	return v, nil
}
