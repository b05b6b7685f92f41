package main

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"fpsgd"
	"fpsgd/internal/npy"
	"fpsgd/internal/sparsefile"
	"fpsgd/operators"

	"github.com/james-bowman/sparse/blas"
	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	cmd := &cobra.Command{Use: "export", Short: "write the discrete operator, or fields, for " +
		"other programs"}
	cmd.AddCommand(newExportOperator(), newExportVTK())
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return badRequest("%q cannot be exported: use fpsgd export operator CONFIG -o DIR, or "+
				"fpsgd export vtk RUN -o DIR", args[0])
		}
		return badRequest("export needs what to export: use fpsgd export operator CONFIG -o DIR, " +
			"or fpsgd export vtk RUN -o DIR")
	}
	return cmd
}

func newExportOperator() *cobra.Command {
	cmd := &cobra.Command{
		Use: "operator CONFIG|PRESET -o DIR",
		Short: "the sparse matrix S = M^{−1/2} K M^{−1/2}, the masses M and the initial state " +
			"w = P/sqrt(M), for NumPy, PETSc or others",
	}
	out := cmd.Flags().StringP("output", "o", "", toWrite)
	complete(cmd, "output", folders)
	format := cmd.Flags().String("format", formatNpy, "of the files: "+
		strings.Join(formats, ", "))
	complete(cmd, "format", oneOf(formats...))
	force := cmd.Flags().Bool("force", false, "write into a folder that is not empty")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *out == "" {
			return badRequest("export operator needs a folder: give -o DIR")
		}
		if !slices.Contains(formats, *format) {
			return badRequest("--format %q is unknown: use %s", *format,
				strings.Join(formats, ", "))
		}
		return nil
	}
	return problemCommand(cmd, func(cmd *cobra.Command, s *fpsgd.Scenario) error {
		op, err := s.Assemble()
		if err != nil {
			return err
		}
		w, err := s.Start(op)
		if err != nil {
			return err
		}
		o := operatorFiles{s: op.CSR().RawMatrix()}
		if o.mass, o.rhs, err = weighted(op, w); err != nil {
			return fpsgd.Refused(err)
		}
		if *format == formatPETSc {
			if err := sparsefile.FitsPETSc[int32](o.s.I, len(o.s.Data)); err != nil {
				return badRequest("--format %s: %w", *format, err)
			}
		}
		f, err := fpsgd.NewFolder(s, fpsgd.FolderOptions{
			Path: *out, Command: exported, Force: *force, Warn: warner(cmd.Context()),
		})
		if err != nil {
			return err
		}
		if err := f.End(o.write(f, *format)); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "wrote the operator on %d cells to %s\n", op.Cells(), *out)
		return nil
	})
}

// weighted returns M and P/sqrt(M); inside the program w is P/sqrt(M/Z).
func weighted(op *operators.Operator, w []float64) (mass, rhs []float64, err error) {
	mass, rhs = make([]float64, len(w)), make([]float64, len(w))
	for i, logM := range op.LogM {
		mass[i] = math.Exp(logM)
		rhs[i] = w[i] * math.Exp(-op.LogZ/2)
		if mass[i] == 0 || math.IsInf(mass[i], 0) || math.IsInf(rhs[i], 0) {
			return nil, nil, fmt.Errorf("the mass e^%.4g of cell %d is not representable: S is, "+
				"but M cannot be exported; use a smaller grid", logM, i)
		}
	}
	return mass, rhs, nil
}

// The formats of export operator.
const (
	formatNpy     = "npy"
	formatPETSc   = "petsc"
	formatPETSc64 = "petsc64" // of a PETSc with indices of 64 bits
	formatMTX     = "mtx"
)

var formats = []string{formatNpy, formatPETSc, formatPETSc64, formatMTX}

// operatorFiles is what export operator writes: S, M and P/sqrt(M).
type operatorFiles struct {
	s         *blas.SparseMatrix
	mass, rhs []float64
}

func (o operatorFiles) write(f *fpsgd.Folder, format string) error {
	switch format {
	case formatPETSc:
		return o.writeAs(f, "petsc", sparsefile.PETSc[int32], sparsefile.PETScVector[int32])
	case formatPETSc64:
		return o.writeAs(f, "petsc", sparsefile.PETSc[int64], sparsefile.PETScVector[int64])
	case formatMTX:
		return o.writeAs(f, "mtx", sparsefile.MatrixMarket, sparsefile.MatrixMarketVector)
	}
	return cmp.Or(f.WriteArray("mass.npy", []int{len(o.mass)}, o.mass),
		f.WriteArray("rhs.npy", []int{len(o.rhs)}, o.rhs),
		f.WriteArray("data.npy", []int{len(o.s.Data)}, o.s.Data),
		writeInts(f, "indptr.npy", o.s.Indptr),
		writeInts(f, "indices.npy", o.s.Ind))
}

// writeAs writes S.EXT, mass.EXT and rhs.EXT.
func (o operatorFiles) writeAs(f *fpsgd.Folder, ext string,
	matrix func(io.Writer, *blas.SparseMatrix) error, vector func(io.Writer, []float64) error,
) error {
	return cmp.Or(
		f.WriteFile("mass."+ext, func(w io.Writer) error { return vector(w, o.mass) }),
		f.WriteFile("rhs."+ext, func(w io.Writer) error { return vector(w, o.rhs) }),
		f.WriteFile("S."+ext, func(w io.Writer) error { return matrix(w, o.s) }))
}

// writeInts writes integers as int64, a part at a time.
func writeInts(f *fpsgd.Folder, name string, values []int) error {
	parts := func(yield func([]int64) bool) {
		var wide []int64
		for part := range slices.Chunk(values, 8192) {
			wide = wide[:0]
			for _, v := range part {
				wide = append(wide, int64(v))
			}
			if !yield(wide) {
				return
			}
		}
	}
	return f.WriteFile(name,
		func(w io.Writer) error { return npy.WriteParts(w, []int{len(values)}, parts) })
}
