package main

import (
	"fmt"
	"fpsgd"
	"io"
	"math"

	"fpsgd/internal/npy"
	"fpsgd/operators"

	"github.com/spf13/cobra"
)

func newExport() *cobra.Command {
	cmd := &cobra.Command{Use: "export", Short: "write the discrete operator for other programs"}
	cmd.AddCommand(newExportOperator())
	cmd.RunE = func(_ *cobra.Command, args []string) error {
		if len(args) > 0 {
			return badRequest("%q cannot be exported: use fpsgd export operator CONFIG -o DIR",
				args[0])
		}
		return badRequest("export needs what to export: use fpsgd export operator CONFIG -o DIR")
	}
	return cmd
}

func newExportOperator() *cobra.Command {
	cmd := &cobra.Command{
		Use: "operator CONFIG|PRESET -o DIR",
		Short: "S = M^{−1/2} K M^{−1/2} as CSR arrays, the masses M, and the initial state w = " +
			"P/sqrt(M)",
		Long: `Writes mass.npy (M), indptr.npy, indices.npy and data.npy (S in compressed rows;
in Python scipy.sparse.csr_array((data, indices, indptr))) and rhs.npy (w = P/sqrt(M)): the
equation is dw/dt = −S w.`,
		Args: exactly(1, problemHelp),
	}
	sets := setFlag(cmd)
	out := cmd.Flags().StringP("output", "o", "", "folder to write")
	complete(cmd, "output", completeOutput)
	force := cmd.Flags().Bool("force", false, "write into a folder that is not empty")
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		if *out == "" {
			return badRequest("export operator needs a folder: give -o DIR")
		}
		s, err := loadScenario(args[0], *sets)
		if err != nil {
			return err
		}
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
			Path: *out, Command: "export", Force: *force, Warn: warn,
		})
		if err != nil {
			return err
		}
		if err := f.End(exportOperator(f, op, mass, rhs)); err != nil {
			return err
		}
		fmt.Fprintf(cmd.OutOrStdout(), "wrote the operator on %d cells to %s\n", op.Cells(), *out)
		return nil
	}
	return cmd
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
	indptr, indices := toInt64(csr.Indptr), toInt64(csr.Ind)
	if err := f.WriteArray("mass.npy", []int{len(mass)}, mass); err != nil {
		return err
	}
	if err := f.WriteArray("rhs.npy", []int{len(rhs)}, rhs); err != nil {
		return err
	}
	if err := f.WriteArray("data.npy", []int{len(csr.Data)}, csr.Data); err != nil {
		return err
	}
	if err := writeInts(f, "indptr.npy", indptr); err != nil {
		return err
	}
	return writeInts(f, "indices.npy", indices)
}

func toInt64(v []int) []int64 {
	out := make([]int64, len(v))
	for i, x := range v {
		out[i] = int64(x)
	}
	return out
}

func writeInts(f *fpsgd.Folder, name string, v []int64) error {
	return f.WriteFile(name, func(w io.Writer) error { return npy.Write(w, []int{len(v)}, v) })
}
