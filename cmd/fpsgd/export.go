package main

import (
	"cmp"
	"fmt"
	"io"
	"math"

	"fpsgd"
	"fpsgd/internal/npy"
	"fpsgd/operators"

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
		Short: "S = M^{−1/2} K M^{−1/2} as CSR arrays, the masses M, and the initial state w = " +
			"P/sqrt(M)",
	}
	out := cmd.Flags().StringP("output", "o", "", toWrite)
	complete(cmd, "output", folders)
	force := cmd.Flags().Bool("force", false, "write into a folder that is not empty")
	cmd.PreRunE = func(*cobra.Command, []string) error {
		if *out == "" {
			return badRequest("export operator needs a folder: give -o DIR")
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
		mass, rhs, err := weighted(op, w)
		if err != nil {
			return fpsgd.Refused(err)
		}
		f, err := fpsgd.NewFolder(s, fpsgd.FolderOptions{
			Path: *out, Command: exported, Force: *force, Warn: warn,
		})
		if err != nil {
			return err
		}
		if err := f.End(exportOperator(f, op, mass, rhs)); err != nil {
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

// exportOperator writes S, M and P/sqrt(M).
func exportOperator(f *fpsgd.Folder, op *operators.Operator, mass, rhs []float64) error {
	csr := op.CSR().RawMatrix()
	return cmp.Or(f.WriteArray("mass.npy", []int{len(mass)}, mass),
		f.WriteArray("rhs.npy", []int{len(rhs)}, rhs),
		f.WriteArray("data.npy", []int{len(csr.Data)}, csr.Data),
		writeInts(f, "indptr.npy", csr.Indptr),
		writeInts(f, "indices.npy", csr.Ind))
}

func writeInts(f *fpsgd.Folder, name string, values []int) error {
	wide := make([]int64, len(values))
	for i, v := range values {
		wide[i] = int64(v)
	}
	return f.WriteFile(name,
		func(w io.Writer) error { return npy.Write(w, []int{len(wide)}, wide) })
}
