package main

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"fpsgd/internal/npy/numpytest"
)

// In every format S, M and w are the same to the bit: on a ring, of which the first and the last
// cell are neighbours, and in three dimensions.
func TestFormatsOfTheOperator(t *testing.T) {
	t.Parallel()
	numpytest.Require(t, "scipy", "python3-scipy")
	program, err := filepath.Abs("testdata/read_operator.py")
	if err != nil {
		t.Fatal(err)
	}
	for preset, want := range map[string]string{
		"two-wells-ring": "the same 8 8 24",
		"quadratic-3d":   "the same 512 512 3200", // 8³ (2·3 + 1) less 2·3·8² at the ends
	} {
		dir := t.TempDir()
		for _, format := range formats {
			succeed(t, dir, "export", "operator", preset, "--set", "grid.axes.0.cells=8",
				"--format", format, "-o", format)
		}
		if got := numpytest.Run(t, dir, program); got != want {
			t.Errorf("%s: NumPy found %q, want %q", preset, got, want)
		}
	}
}

// PETSc and SLEPc, on two ranks of MPI, find in what is exported the rates of `fpsgd spectrum` and
// the norms of `fpsgd run`.
func TestPETScAgrees(t *testing.T) {
	t.Parallel()
	mpi := petscOnTwoRanks(t)
	dir := t.TempDir()
	const preset = "quadratic-2d"
	near := func(got, want float64) bool { // both sides are asked for 1e-10
		return math.Abs(got-want) <= 1e-8*want
	}
	succeed(t, dir, "export", "operator", preset, "--format", "petsc", "-o", "operator")

	var spectrum struct{ Eigenvalues []float64 }
	out := succeed(t, dir, "spectrum", preset, "-k", "3", "--json")
	if err := json.Unmarshal([]byte(out), &spectrum); err != nil {
		t.Fatal(err)
	}
	// SLEPc has the double rate once or twice, as its roundings will
	rates := mpi(dir, "gap.py", "operator", "-k", "2", "-st_ksp_type", "preonly", "-st_pc_type",
		"cholesky", "-st_pc_factor_mat_solver_type", "mumps")
	if len(rates) != 2 || !near(rates[0][0], spectrum.Eigenvalues[0]) ||
		!slices.ContainsFunc(spectrum.Eigenvalues[1:], func(rate float64) bool {
			return near(rates[1][0], rate)
		}) {
		t.Errorf("SLEPc has the rates %.12g, fpsgd %.12g", rates, spectrum.Eigenvalues)
	}

	succeed(t, dir, "run", preset, "-o", "run", "--quiet", "--set", "time.tolerance=1e-10",
		"--set", "time.end=2", "--set", "output.errors=false")
	series, err := csv.NewReader(bytes.NewReader(readFile(t, dir, "run", "series.csv"))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	arguments := []string{"operator"}
	var norms []float64
	for _, k := range []int{20, 50, 100, 200} { // of 210
		row := map[string]string{}
		for c, name := range series[0] {
			row[name] = series[1+k][c]
		}
		norm, err := strconv.ParseFloat(row["norm"], 64)
		if err != nil {
			t.Fatal(err)
		}
		arguments, norms = append(arguments, row["t"]), append(norms, norm)
	}
	curve := mpi(dir, "decay.py", arguments...)
	if len(curve) != len(norms) {
		t.Fatalf("PETSc has %v: want %d rows", curve, len(norms))
	}
	for k, want := range norms {
		if got := curve[k][1]; !near(got, want) {
			t.Errorf("t = %s: PETSc has the norm %.12g, fpsgd %.12g", arguments[1+k], got, want)
		}
	}
}

// petscOnTwoRanks returns what runs a script of docs/examples/petsc under mpirun -n 2, in a folder,
// and reads the numbers that it prints, a row a line but for comments.
func petscOnTwoRanks(t *testing.T) func(dir, script string, args ...string) [][]float64 {
	const debian = "python3-petsc4py python3-slepc4py openmpi-bin"
	env := append(os.Environ(), "OMP_NUM_THREADS=1", "PYTHONDONTWRITEBYTECODE=1",
		"OMPI_ALLOW_RUN_AS_ROOT=1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1")
	for variable, place := range map[string]string{
		"PETSC_DIR": "/usr/lib/petscdir/petsc3*/*-real",
		"SLEPC_DIR": "/usr/lib/slepcdir/slepc3*/*-real",
	} {
		if found, _ := filepath.Glob(place); len(found) > 0 {
			env = append(env, variable+"="+found[0])
		}
	}
	numpytest.Require(t, "slepc4py.SLEPc", debian, env...)
	if _, err := exec.LookPath("mpirun"); err != nil {
		numpytest.Missing(t, err.Error(), debian)
	}
	scripts, err := filepath.Abs("../../docs/examples/petsc")
	if err != nil {
		t.Fatal(err)
	}
	return func(dir, script string, args ...string) (rows [][]float64) {
		t.Helper()
		// what hangs is killed, with its ranks, and says what it was at
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, "mpirun", append([]string{"--oversubscribe", "-n", "2",
			numpytest.Python, filepath.Join(scripts, script)}, args...)...)
		cmd.Dir, cmd.Env = dir, env
		cmd.Cancel = func() error { return cmd.Process.Signal(os.Interrupt) }
		cmd.WaitDelay = 10 * time.Second
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, out)
		}
		if !strings.Contains(string(out), " 2 ranks") {
			t.Fatalf("%s: not on two ranks:\n%s", cmd, out)
		}
		for line := range strings.Lines(string(out)) {
			if strings.HasPrefix(line, "#") {
				continue
			}
			var row []float64
			for _, field := range strings.Fields(line) {
				v, err := strconv.ParseFloat(field, 64)
				if err != nil {
					t.Fatalf("%s: %v in\n%s", cmd, err, out)
				}
				row = append(row, v)
			}
			rows = append(rows, row)
		}
		return rows
	}
}
