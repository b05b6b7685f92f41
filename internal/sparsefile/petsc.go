// Package sparsefile writes sparse matrices and vectors in the formats of other programs, value by
// value from where they are: nothing of the size of the matrix is made for it.
package sparsefile

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"

	"github.com/james-bowman/sparse/blas"
)

// Index is an index of PETSc: int32 as it is built by default, int64 if it was configured
// --with-64-bit-indices. A file has one of them throughout and does not say which.
type Index interface{ int32 | int64 }

// PETSc's binary files begin with the kind of object.
const (
	petscMatrix = 1211216
	petscVector = 1211214
)

// chunk is the number of values that are converted at a time.
const chunk = 8192

// PETSc writes a matrix as PETSc's MatLoad reads it, all numbers big-endian:
//
//	1211216, rows, columns, nonzeros    indices
//	nonzeros of every row               indices
//	their columns, row by row           indices
//	their values                        float64
func PETSc[I Index](w io.Writer, a *blas.SparseMatrix) error {
	if err := FitsPETSc[I](max(a.I, a.J), len(a.Data)); err != nil {
		return err
	}
	head := [...]int{petscMatrix, a.I, a.J, len(a.Data)}
	if err := put(w, len(head), func(k int) I { return I(head[k]) }); err != nil {
		return err
	}
	length := func(i int) I { return I(a.Indptr[i+1] - a.Indptr[i]) }
	if err := put(w, a.I, length); err != nil {
		return err
	}
	if err := put(w, len(a.Ind), func(k int) I { return I(a.Ind[k]) }); err != nil {
		return err
	}
	return put(w, len(a.Data), func(k int) float64 { return a.Data[k] })
}

// PETScVector writes a vector as PETSc's VecLoad reads it, big-endian: 1211214 and the number of
// values, indices, and the values, float64.
func PETScVector[I Index](w io.Writer, v []float64) error {
	if err := FitsPETSc[I](len(v), len(v)); err != nil {
		return err
	}
	head := [...]int{petscVector, len(v)}
	if err := put(w, len(head), func(k int) I { return I(head[k]) }); err != nil {
		return err
	}
	return put(w, len(v), func(k int) float64 { return v[k] })
}

// FitsPETSc is an error where rows or nonzeros are too many for an index.
func FitsPETSc[I Index](rows, nonzeros int) error {
	if int64(I(rows)) == int64(rows) && int64(I(nonzeros)) == int64(nonzeros) {
		return nil
	}
	return fmt.Errorf("%d rows with %d nonzeros are more than the %d that indices of 32 bits "+
		"count to: use petsc64, for a PETSc that is configured --with-64-bit-indices", rows,
		nonzeros, math.MaxInt32)
}

// put writes n values, big-endian.
func put[T Index | float64](w io.Writer, n int, at func(k int) T) error {
	part := make([]T, 0, min(n, chunk))
	var buffer []byte
	for k := range n {
		if part = append(part, at(k)); len(part) < cap(part) && k+1 < n {
			continue
		}
		var err error
		if buffer, err = binary.Append(buffer[:0], binary.BigEndian, part); err != nil {
			return err
		}
		if _, err := w.Write(buffer); err != nil {
			return err
		}
		part = part[:0]
	}
	return nil
}
