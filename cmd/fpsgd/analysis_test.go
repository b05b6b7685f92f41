package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/validation"
)

// spectrum --json has the keys of design.md §5 and more, is what -o writes, and its modes are those of f = 1 + x²: u = x for the
// rate 2, of variance 1/7 at ε = 1/4, and the degree 2 for 4 − 2ε.
func TestSpectrumFiles(t *testing.T) {
	dir := t.TempDir()
	stdout := succeed(t, dir, "spectrum", "quadratic-1d", "-k", "2", "-o", "out", "--json", "--extrapolate")
	got := readJSON(t, []byte(stdout))
	if written := readJSON(t, readFile(t, dir, "out", "spectrum.json")); !reflect.DeepEqual(got, written) {
		t.Errorf("--json printed %v, spectrum.json holds %v", got, written)
	}
	for _, want := range strings.Fields("eigenvalues residuals gap poincare_constant talk_constant exact.gap exact.poincare_constant exact.kind extrapolated.eigenvalues") {
		if !slices.Contains(keys(got, ""), want) {
			t.Errorf("no %s", want)
		}
	}
	_, values := readArray(t, dir, "out", "eigenvalues.npy")
	_, x := readArray(t, dir, "out", "axes", "x.npy")
	shape, u := readArray(t, dir, "out", "mode", "000000.npy")
	if !slices.Equal(shape, []int{400}) || len(values) != 2 || values[0] != got["gap"] {
		t.Fatalf("a mode of shape %v, eigenvalues %v, gap %v", shape, values, got["gap"])
	}
	for i := range u {
		if want := math.Sqrt(7) * x[i]; math.Abs(x[i]) < 10 && !(math.Abs(u[i]-want) <= 2e-3+5e-3*math.Abs(want)) { // 400 cells: h² = 7e-4
			t.Errorf("u(%.4g) = %.6g, want √7 x = %.6g", x[i], u[i], want)
		}
	}
	limits := got["extrapolated"].(map[string]any)["eigenvalues"].([]any)
	for k, want := range []float64{2, 3.5} {
		if v := limits[k].(float64); math.Abs(v-want) > 1e-6 { // 4.5e-8 is found; the truncation at 100 leaves 100^{-9}, 100^{-5}
			t.Errorf("eigenvalue %d is extrapolated to %.10g, want %g", k+1, v, want)
		}
	}
}

// --edge finds the closed forms of theory.md §1 to the error that it estimates.
func TestSpectrumEdge(t *testing.T) {
	for _, c := range []struct {
		args []string
		want float64
	}{
		{[]string{"student-1d", "--set", "noise.epsilon=2", "--set", "initial.kind=invariant"}, 2},
		{[]string{"student-radial-3d", "--set", "noise.epsilon=1", "--set", "initial.kind=invariant"}, 0.25},
		{[]string{"log-singular-3d"}, 2},
	} {
		args := append([]string{"spectrum", "-k", "1", "--edge", "--json", "--set", "grid.axes.0.cells=200"}, c.args...)
		edge := readJSON(t, []byte(succeed(t, t.TempDir(), args...)))["edge"].(map[string]any)
		gap, estimate := edge["gap"].(float64), edge["error"].(float64)
		t.Logf("%s: %.10g ± %.1e, off by %.1e", c.args[0], gap, estimate, gap-c.want)
		if !(math.Abs(gap-c.want) <= 2*estimate && estimate < 1e-4) { // an estimate is of the right size, not a bound
			t.Errorf("%v: edge %.10g ± %.1e, want %g", c.args, gap, estimate, c.want)
		}
	}
}

// converge --json: every figure of every level, and orders of the theory.
func TestConvergeJSON(t *testing.T) {
	for in, want := range map[string]float64{"space": 2, "time": 2} {
		out := succeed(t, t.TempDir(), "converge", "student-1d", "--in", in, "--levels", "3", "--json", "--set", "grid.axes.0.cells=400")
		got := readJSON(t, []byte(out))
		levels := got["levels"].([]any)
		for k, l := range levels {
			for _, norm := range []string{"l1", "chi"} {
				order, known := l.(map[string]any)["order_"+norm].(float64)
				if known != (k > 0) || known && math.Abs(order-want) > 0.1 { // what is left of the next term
					t.Errorf("%s, level %d: order %g in %s, want %g", in, k, order, norm, want)
				}
			}
		}
		if len(levels) != 3 {
			t.Errorf("%s: %d levels, want 3", in, len(levels))
		}
	}
}

// Where no solution is known the fine masses are added up over coarse cells: the mass is the same, and of π every cell's.
func TestCoarsened(t *testing.T) {
	cfg, err := config.Preset("quadratic-polar", []string{"grid.axes.0.cells=12", "grid.axes.1.cells=8", "grid.axes.0.max=10.0"})
	if err != nil {
		t.Fatal(err)
	}
	state := func(cells ...int) *state {
		p, err := newProblem(withCells(cfg, cells, 1))
		if err != nil {
			t.Fatal(err)
		}
		return &state{problem: p, State: &solver.State{W: slices.Clone(p.operator.Sigma)}}
	}
	fine, coarse := state(12, 8), state(6, 4)
	for I, w := range coarsened(fine, coarse) {
		if sigma := coarse.operator.Sigma[I]; math.Abs(w-sigma) > 1e-8*sigma { // what the quadrature of the masses promises
			t.Errorf("cell %d: %.12g, want σ = %.12g", I, w, sigma)
		}
	}
	for i := range fine.W {
		fine.W[i] *= 1 + float64(i)
	}
	if got, want := coarse.operator.Mass(coarsened(fine, coarse)), fine.operator.Mass(fine.W); math.Abs(got-want) > 1e-12*want { // rounding
		t.Errorf("the mass %.15g becomes %.15g", want, got)
	}
}

// claims are one that holds, one that does not, one that cannot be run, and one that compares nothing.
var claims = []validation.Claim{
	{Name: "true", Statement: "two is two", Source: "arithmetic", Run: func(e *validation.Experiment) error {
		e.Compare("as such", 2+1e-9, 1e-9, 2, "1 + 1")
		e.Draw("dot", func(w io.Writer) error { _, err := w.Write([]byte("picture")); return err })
		return nil
	}},
	{Name: "false", Statement: "two is three", Source: "nowhere", Run: func(e *validation.Experiment) error {
		e.Compare("as such", 2, 1e-9, 3, "1 + 2")
		return nil
	}},
	{Name: "broken", Run: func(*validation.Experiment) error { return errors.New("no grid") }},
	{Name: "empty", Run: func(*validation.Experiment) error { return nil }},
}

func TestValidate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var stdout, stderr bytes.Buffer
	err := validate(t.Context(), claims, validateFlags{outputFlags: outputFlags{output: dir}}, &stdout, &stderr)
	if exitCode(err) != exitFailed || !strings.HasPrefix(fmt.Sprint(err), "3 of 4 comparisons fail") {
		t.Errorf("exit %d, %v", exitCode(err), err)
	}
	for _, want := range []string{
		`true    as such .* 2\.000000001 +2 +1\.0e-09 +1\.0e-09 +5\.0e-09 +holds`, `false   as such .* FAILS`, `1 \+ 2`,
		`broken  cannot be run .* FAILS`, `claim broken: no grid`, `claim empty: it compares nothing`, `(?m)^1 of 4 comparisons hold; `,
	} {
		matches(t, "table", stdout.String(), want)
	}
	for _, want := range []string{
		`(?m)^- \*\*true\*\*: two is two \(arithmetic\)$`, `(?m)^\| false \| as such \| 2 \| 3 \| .* \| FAILS \| .* \| 1 \+ 2 \|$`,
	} {
		matches(t, "table.md", string(readFile(t, dir, "table.md")), want)
	}
	if string(readFile(t, dir, "plots", "dot.png")) != "picture" {
		t.Error("the figure is not what was drawn")
	}
	succeed(t, dir, "verify", ".")
}

// matches checks a text against a regular expression.
func matches(t *testing.T, what, text, pattern string) {
	t.Helper()
	if !regexp.MustCompile(pattern).MatchString(text) {
		t.Errorf("%s: no match of %s in\n%s", what, pattern, text)
	}
}

func TestValidateJSON(t *testing.T) {
	var stdout, stderr bytes.Buffer
	if err := validate(t.Context(), claims[:1], validateFlags{outputFlags: outputFlags{json: true}}, &stdout, &stderr); err != nil {
		t.Error(err)
	}
	matches(t, "JSON", stdout.String(), `(?s)^\[\s*\{\s*"claim": "true",\s*"case": "as such",.*"pass": true,.*\}\s*\]\s*$`)
	stdout.Reset()
	if err := validate(t.Context(), claims[2:3], validateFlags{outputFlags: outputFlags{json: true}}, &stdout, &stderr); err == nil {
		t.Error("a claim that cannot be run passes")
	}
	matches(t, "JSON", stdout.String(), `"measured": null`)
}

// manifestOf is the manifest of dir/out, "" if there is none.
func manifestOf(dir string) string {
	text, _ := os.ReadFile(filepath.Join(dir, "out", "manifest.json"))
	return string(text)
}

// An interrupted analysis ends soon with exit code 75, and its folder says so.
func TestInterruptAnalysis(t *testing.T) {
	for _, args := range [][]string{{"spectrum", "-k", "40"}, {"converge"}} {
		dir := t.TempDir()
		cmd := exec.Command("fpsgd", append(args, "quadratic-3d", "--set", "grid.axes.0.cells=32", "-o", "out")...)
		cmd.Dir = dir
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		timer := time.AfterFunc(ending+2*time.Second, func() { cmd.Process.Kill() })
		for started := false; !started; time.Sleep(10 * time.Millisecond) {
			started = strings.Contains(manifestOf(dir), "running")
		}
		cmd.Process.Signal(syscall.SIGINT)
		cmd.Wait()
		timer.Stop()
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted || !strings.Contains(manifestOf(dir), `"interrupted"`) {
			t.Errorf("%s: exit %d, manifest %s", args[0], code, manifestOf(dir))
		}
	}
}
