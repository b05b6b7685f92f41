package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
)

// csr is a matrix in compressed rows, as export writes it.
type csr struct{ indptr, indices, data []float64 }

func (a csr) row(i int) (columns, values []float64) {
	lo, hi := int(a.indptr[i]), int(a.indptr[i+1])
	return a.indices[lo:hi], a.data[lo:hi]
}

func (a csr) at(i, j int) float64 {
	columns, values := a.row(i)
	for k, c := range columns {
		if int(c) == j {
			return values[k]
		}
	}
	return 0
}

// export operator writes S, M and w of dw/dt = −S w: S sqrt(M) = 0, S = Sᵀ, and w·sqrt(M) the
// masses of the initial density.
func TestExportOperator(t *testing.T) {
	dir := t.TempDir()
	sets := []string{"quadratic-polar", "--set", "grid.axes.0.cells=10", "--set",
		"grid.axes.1.cells=6", "--set", "time.end=0.1",
		"--set", "output.snapshots=2", "-o"}
	succeed(t, dir, append([]string{"export", "operator"}, append(sets, "operator")...)...)
	succeed(t, dir, append([]string{"run"}, append(sets, "run")...)...)
	array := func(name ...string) []float64 {
		_, data := readArray(t, append([]string{dir}, name...)...)
		return data
	}
	mass, rhs := array("operator/mass.npy"), array("operator/rhs.npy")
	s := csr{array("operator/indptr.npy"), array("operator/indices.npy"),
		array("operator/data.npy")}
	rho, volume := array("run/rho/000000.npy"), array("run/volume.npy")
	if len(mass) != 60 || len(rhs) != 60 || len(s.indptr) != 61 {
		t.Fatalf("%d masses, %d values of w, %d row pointers", len(mass), len(rhs), len(s.indptr))
	}
	for i := range mass {
		sum, scale := 0.0, 0.0
		columns, values := s.row(i)
		for k, c := range columns {
			j, term := int(c), values[k]*math.Sqrt(mass[int(c)])
			sum += term
			scale += math.Abs(term)
			if k > 0 && c <= columns[k-1] {
				t.Errorf("row %d: columns %v do not ascend", i, columns)
			}
			if v := s.at(j, i); v != values[k] {
				t.Errorf("S[%d,%d] = %g, S[%d,%d] = %g", i, j, values[k], j, i, v)
			}
		}
		if math.Abs(sum) > 1e-14*scale { // some tens of roundings
			t.Errorf("row %d: (S sqrt(M)) = %g of %g", i, sum, scale)
		}
		// 1e-12: exponentials of log-masses around 10
		if p := rhs[i] * math.Sqrt(mass[i]); math.Abs(p-rho[i]*volume[i]) > 1e-12*p {
			t.Errorf("cell %d: w sqrt(M) = %g, the mass of the run's first snapshot is %g", i, p,
				rho[i]*volume[i])
		}
	}
}

// bench measures every part of a run.
func TestBench(t *testing.T) {
	for _, preset := range []string{"quadratic-1d", "quadratic-2d"} {
		t.Run(preset, func(t *testing.T) {
			out := succeed(t, t.TempDir(), "bench", preset, "--json", "--set",
				"grid.axes.0.cells=24", "--set", "time.end=0.1",
				"--set", "time.tolerance=1e-3", "--set", "solver.threads=1")
			var all map[string]any
			if err := json.Unmarshal([]byte(out), &all); err != nil {
				t.Fatal(err)
			}
			got := map[string]float64{}
			for name, v := range all {
				if number, ok := v.(float64); ok {
					got[name] = number
				}
			}
			for _, name := range strings.Fields(`
cells threads assemble_s setup_s solve_s apply_s apply_gb_s work_units propagate_s
propagate_solves`) {
				if !(got[name] > 0) {
					t.Errorf("%s = %g, want a positive number", name, got[name])
				}
			}
			if n, ok := got["iterations"]; !ok || n < 0 { // 0: on one axis the solve is direct
				t.Errorf("iterations = %g", n)
			}
			if got["threads"] != 1 {
				t.Errorf("threads = %g, want 1", got["threads"])
			}
			if r, ok := got["residual"]; !ok || r > 1e-10 { // solver.tolerance of the presets
				t.Errorf("residual = %g, want at most 1e-10", r)
			}
		})
	}
}

// Where no closed form says whether π is integrable explain proves or measures it, or says that it
// is not known, and which of these.
func TestExplainIntegrability(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ preset, formula, want string }{
		{"ring", "", "proven: f grows like |θ|^4 in every direction, and more than |θ|^0.4 is " +
			"needed, and is bounded below by a positive number"},
		{"double-well", "", "proven: f grows like |θ|^4 in every direction"},
		{"rastrigin", "", "proven: f grows like |θ|^2 in every direction, and more than |θ|^0.4 " +
			"is needed, and is bounded below by a positive number"},
		{"quadratic-1d", "", ""},
		{"two-wells-ring", "", "measured: it is, as T^1 has no far ends, and the least value " +
			"of f found is 0.1924"},
		{"quadratic-2d", "1 + (x-2*y)^2", "proven: f is a polynomial that does not change along " +
			"some direction"},
		{"quadratic-2d", "1 + (y-x^2)^2", "measured: it is not, as the integral of π over the " +
			"sphere |θ| = R goes like R^-0.5 at R = 1e+06, and R⁻¹ is critical"},
		{"quadratic-2d", "1 + x^2*y^2", "not known: how the integral of π over the sphere |θ| = " +
			"R goes with R has not settled, or is near the critical R⁻¹"},
	} {
		args := []string{"explain", c.preset}
		if c.formula != "" {
			args = append(args, "--set", "landscape.formula="+c.formula)
		}
		_, after, _ := strings.Cut(succeed(t, t.TempDir(), args...), "\ninvariant")
		rows := strings.Split(after, "\n")
		if got := strings.TrimSpace(rows[1]); got != c.want &&
			!(c.want == "" && strings.HasPrefix(rows[1], "exact rate")) {
			t.Errorf("%s %s: %q, want %q", c.preset, c.formula, got, c.want)
		}
	}
}

// explain tells of every preset what it solves and what is known.
func TestExplain(t *testing.T) {
	t.Parallel()
	for _, p := range config.Presets() {
		t.Run(p.Name, func(t *testing.T) {
			out := succeed(t, t.TempDir(), "explain", p.Name)
			if !strings.HasPrefix(out, p.Name+": "+p.Summary+"\n") {
				t.Errorf("it begins with %.80q, want the summary", out)
			}
			for _, row := range []string{"loss", "SDE", "PDE", "invariant", "exact rate", "axis",
				"search", "initial", "time"} {
				if !strings.Contains(out, "\n"+row+" ") {
					t.Errorf("no row %q in\n%s", row, out)
				}
			}
			for _, bad := range []string{"NaN", "Inf", "%!"} {
				if strings.Contains(out, bad) {
					t.Errorf("%s in\n%s", bad, out)
				}
			}
		})
	}
}

// list names everything that a config can.
func TestList(t *testing.T) {
	out := succeed(t, t.TempDir(), "list")
	var names []string
	for _, p := range config.Presets() {
		names = append(names, p.Name)
	}
	for _, b := range scenarios.Builtins {
		names = append(names, b.Name)
	}
	for _, k := range config.Keys() {
		names = append(names, k.Path)
	}
	for _, name := range names {
		if !strings.Contains(out, "\n  "+name+" ") {
			t.Errorf("no %s", name)
		}
	}
}

// A preset's file is a config like any other.
func TestPresetsAreConfigs(t *testing.T) {
	dir := t.TempDir()
	for _, p := range config.Presets() {
		cfg, err := config.Preset(p.Name, nil)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, p.Name+".toml"), cfg.Source(),
			0o666); err != nil {
			t.Fatal(err)
		}
		file, err := loadConfig(filepath.Join(dir, p.Name+".toml"), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(file.Resolved(), cfg.Resolved()) {
			t.Errorf("%s as a file:\n%s\nand as a preset:\n%s", p.Name, file.Resolved(),
				cfg.Resolved())
		}
	}
}
