package sparsefile

import (
	"fmt"
	"io"
	"strconv"

	"github.com/james-bowman/sparse/blas"
)

// MatrixMarket writes the lower triangle of a symmetric matrix as text in the format of the Matrix
// Market (https://math.nist.gov/MatrixMarket/formats.html), coordinate real symmetric: rows and
// columns from 1, and as many digits of a value as tell it from its neighbours. Whether the matrix
// is symmetric is not looked at.
func MatrixMarket(w io.Writer, a *blas.SparseMatrix) error {
	lower := 0
	for i := range a.I {
		for _, j := range a.Ind[a.Indptr[i]:a.Indptr[i+1]] {
			if j <= i {
				lower++
			}
		}
	}
	_, err := fmt.Fprintf(w, "%%%%MatrixMarket matrix coordinate real symmetric\n%d %d %d\n", a.I,
		a.J, lower)
	if err != nil {
		return err
	}
	var line []byte
	for i := range a.I {
		line = line[:0]
		for p := a.Indptr[i]; p < a.Indptr[i+1]; p++ {
			if j := a.Ind[p]; j <= i {
				line = append(strconv.AppendInt(line, int64(i+1), 10), ' ')
				line = append(strconv.AppendInt(line, int64(j+1), 10), ' ')
				line = append(strconv.AppendFloat(line, a.Data[p], 'g', -1, 64), '\n')
			}
		}
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}

// MatrixMarketVector writes a vector as a full matrix of one column, array real general.
func MatrixMarketVector(w io.Writer, v []float64) error {
	_, err := fmt.Fprintf(w, "%%%%MatrixMarket matrix array real general\n%d 1\n", len(v))
	if err != nil {
		return err
	}
	var line []byte
	for _, x := range v {
		line = append(strconv.AppendFloat(line[:0], x, 'g', -1, 64), '\n')
		if _, err := w.Write(line); err != nil {
			return err
		}
	}
	return nil
}
