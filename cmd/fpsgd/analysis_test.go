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

	"fpsgd/validation"
)

// spectrum --json has the keys of design.md §5 and more, is what -o writes, and its modes are those
// of f = 1 + x²: u = x for the rate 2, of variance 1/7 at ε = 1/4, and the degree 2 for 4 − 2ε.
func TestSpectrumFiles(t *testing.T) {
	dir := t.TempDir()
	stdout := succeed(t, dir, "spectrum", "quadratic-1d", "-k", "2", "-o", "out", "--json",
		"--extrapolate")
	got := readJSON(t, []byte(stdout))
	if written := readJSON(t, readFile(t, dir, "out", "spectrum.json")); !reflect.DeepEqual(got,
		written) {
		t.Errorf("--json printed %v, spectrum.json holds %v", got, written)
	}
	for _, want := range strings.Fields("eigenvalues residuals gap poincare_constant " +
		"talk_constant exact.gap exact.poincare_constant exact.kind extrapolated.eigenvalues") {
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
		if want := math.Sqrt(7) * x[i]; math.Abs(x[i]) < 10 &&
			!(math.Abs(u[i]-want) <= 2e-3+5e-3*math.Abs(want)) {
			// 400 cells: h² = 7e-4
			t.Errorf("u(%.4g) = %.6g, want √7 x = %.6g", x[i], u[i], want)
		}
	}
	limits := got["extrapolated"].(map[string]any)["eigenvalues"].([]any)
	for k, want := range []float64{2, 3.5} {
		if v := limits[k].(float64); math.Abs(v-want) > 1e-6 {
			// 4.5e-8 is found; the truncation at 100 leaves 100^{-9}, 100^{-5}
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
		{[]string{"student-radial-3d", "--set", "noise.epsilon=1", "--set",
			"initial.kind=invariant"}, 0.25},
		{[]string{"log-singular-3d"}, 2},
	} {
		args := append([]string{"spectrum", "-k", "1", "--edge", "--json", "--set",
			"grid.axes.0.cells=200"}, c.args...)
		edge := readJSON(t, []byte(succeed(t, t.TempDir(), args...)))["edge"].(map[string]any)
		gap, estimate := edge["gap"].(float64), edge["error"].(float64)
		t.Logf("%s: %.10g ± %.1e, off by %.1e", c.args[0], gap, estimate, gap-c.want)
		if !(math.Abs(gap-c.want) <= 2*estimate && estimate < 1e-4) {
			// an estimate is of the right size, not a bound
			t.Errorf("%v: edge %.10g ± %.1e, want %g", c.args, gap, estimate, c.want)
		}
	}
}

// converge --json: every figure of every level, and orders of the theory.
func TestConvergeJSON(t *testing.T) {
	for in, want := range map[string]float64{"space": 2, "time": 2} {
		out := succeed(t, t.TempDir(), "converge", "student-1d", "--in", in, "--levels", "3",
			"--json", "--set", "grid.axes.0.cells=400")
		got := readJSON(t, []byte(out))
		levels := got["levels"].([]any)
		for k, l := range levels {
			for _, norm := range []string{"l1", "chi"} {
				order, known := l.(map[string]any)["order_"+norm].(float64)
				if known != (k > 0) || known && math.Abs(order-want) > 0.1 {
					// what is left of the next term
					t.Errorf("%s, level %d: order %g in %s, want %g", in, k, order, norm, want)
				}
			}
		}
		if len(levels) != 3 {
			t.Errorf("%s: %d levels, want 3", in, len(levels))
		}
	}
}

// claims are one that holds, one that does not, one that cannot be run, and one that compares
// nothing.
var claims = []validation.Claim{
	{Name: "true", Statement: "two is two", Source: "arithmetic",
		Run: func(e *validation.Experiment) error {
			e.Compare("as such", 2+1e-9, 1e-9, 2, "1 + 1")
			e.Draw("dot",
				func(w io.Writer) error { _, err := w.Write([]byte("picture")); return err })
			return nil
		}},
	{Name: "false", Statement: "two is three", Source: "nowhere",
		Run: func(e *validation.Experiment) error {
			e.Compare("as such", 2, 1e-9, 3, "1 + 2")
			return nil
		}},
	{Name: "broken", Run: func(*validation.Experiment) error { return errors.New("no grid") }},
	{Name: "empty", Run: func(*validation.Experiment) error { return nil }},
}

func TestValidate(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	var stdout bytes.Buffer
	err := validate(t.Context(), claims, validateFlags{outputFlags: outputFlags{output: dir}},
		&stdout)
	if exitCode(err) != exitFailed ||
		!strings.HasPrefix(fmt.Sprint(err), "3 of 4 comparisons fail") {
		t.Errorf("exit %d, %v", exitCode(err), err)
	}
	for _, want := range []string{
		`true    as such .* 2\.000000001 +2 +1\.0e-09 +1\.0e-09 +5\.0e-09 +holds`,
		`false   as such .* FAILS`, `1 \+ 2`,
		`broken  cannot be run .* FAILS`, `claim broken: no grid`,
		`claim empty: it compares nothing`, `(?m)^1 of 4 comparisons hold; `,
	} {
		matches(t, "table", stdout.String(), want)
	}
	for _, want := range []string{
		`(?m)^- \*\*true\*\*: two is two \(arithmetic\)$`,
		`(?m)^\| false \| as such \| 2 \| 3 \| .* \| FAILS \| .* \| 1 \+ 2 \|$`,
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
	var stdout bytes.Buffer
	if err := validate(t.Context(), claims[:1], validateFlags{outputFlags: outputFlags{json: true}},
		&stdout); err != nil {
		t.Error(err)
	}
	matches(t, "JSON", stdout.String(),
		`(?s)^\[\s*\{\s*"claim": "true",\s*"case": "as such",.*"pass": true,.*\}\s*\]\s*$`)
	stdout.Reset()
	if err := validate(t.Context(), claims[2:3],
		validateFlags{outputFlags: outputFlags{json: true}}, &stdout); err == nil {
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
		cmd := exec.Command("fpsgd", append(args, "quadratic-3d", "--set", "grid.axes.0.cells=32",
			"-o", "out")...)
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
		if code := cmd.ProcessState.ExitCode(); code != exitInterrupted ||
			!strings.Contains(manifestOf(dir), `"interrupted"`) {
			t.Errorf("%s: exit %d, manifest %s", args[0], code, manifestOf(dir))
		}
	}
}

// With eigenvalues of closed form the error bars of --extrapolate hold the truth on every grid,
// also where an observed order is near 2 or 4 by accident: f = 1 + |θ|² has the rates n(2 − ε(n−1))
// of degree n on a line, and 2, 2 in the plane (theory.md §1). The truncation at R = 1000 changes
// these by about R^{2n−1−2/ε}, 1e-11 at most.
func TestExtrapolateHoldsTheTruth(t *testing.T) {
	inside, unknown, cases := 0, 0, 0
	count := func(rates []float64, args ...string) {
		t.Helper()
		got := readJSON(t,
			[]byte(succeed(t, t.TempDir(), append([]string{"spectrum", "--extrapolate", "--json"},
				args...)...)))["extrapolated"].(map[string]any)
		values, bars := got["eigenvalues"].([]any), got["errors"].([]any)
		for k, want := range rates {
			bar, known := bars[k].(float64)
			cases++
			switch off := math.Abs(values[k].(float64) - want); {
			case !known:
				unknown++
			case off <= bar:
				inside++
			default:
				t.Logf("%v: rate %d is %v ± %v, off by %.1e", args, k+1, values[k], bars[k], off)
			}
		}
	}
	for _, cells := range []int{16, 20, 24, 28, 32, 36, 40, 48, 64, 80, 100, 128, 160, 200, 256,
		300, 400} {
		for _, epsilon := range []float64{0.1, 0.25, 0.3} {
			rates := []float64{2, 2 * (2 - epsilon)}
			count(rates, "quadratic-1d", "-k", "2", "--set=grid.axes.0.min=-1000.0",
				"--set=grid.axes.0.max=1000.0", fmt.Sprintf("--set=grid.axes.0.cells=%d", cells),
				fmt.Sprintf("--set=noise.epsilon=%g", epsilon))
		}
	}
	for _, cells := range []int{16, 24, 32, 48} {
		count([]float64{2, 2}, "quadratic-2d", "-k", "2", fmt.Sprintf("--set=grid.axes.0.cells=%d",
			cells))
	}
	for _, m := range []int{2, 3, 6} {
		// r² − ⟨r²⟩ and r Y₁, of the rates 4 − 2mε and 2 where ε < 2/(m+2)
		for _, cells := range []int{20, 32, 50, 100, 200} {
			args := []string{"student-radial-3d", "-k", "1", "--set=initial.kind=invariant",
				"--set=noise.epsilon=0.1", "--set=grid.axes.0.max=1000.0",
				fmt.Sprintf("--set=grid.dimension=%d", m), fmt.Sprintf("--set=grid.axes.0.cells=%d",
					cells)}
			count([]float64{4 - 0.2*float64(m)}, args...)
			count([]float64{2}, append(args, "--set=grid.angular=1")...)
		}
	}
	if os.Getenv("FPSGD_LONG") != "" { // a minute
		for _, cells := range []int{16, 20, 24, 40, 64} {
			count([]float64{2, 2}, "quadratic-polar", "-k", "2",
				fmt.Sprintf("--set=grid.axes.0.cells=%d", cells),
				fmt.Sprintf("--set=grid.axes.1.cells=%d", cells))
			count([]float64{2, 2}, "quadratic-2d", "-k", "2",
				fmt.Sprintf("--set=grid.axes.0.cells=%d", cells),
				"--set=landscape.formula=1+x^2+y^2", "--set=noise.epsilon=0.15")
		}
		count([]float64{2}, "quadratic-3d", "-k", "1")
		for _, cells := range []int{8, 12, 16, 24} {
			count([]float64{2}, "quadratic-4d", "-k", "1", fmt.Sprintf("--set=grid.axes.0.cells=%d",
				cells))
		}
	}
	t.Logf("%d of %d error bars hold the truth, %d are unknown", inside, cases-unknown, unknown)
	if float64(inside) < 0.95*float64(cases-unknown) || float64(unknown) > 0.1*float64(cases) {
		t.Errorf("of %d error bars %d hold the truth and %d are unknown, want 95 of 100 and at "+
			"most a tenth", cases, inside, unknown)
	}
}

// edgeOf returns edge of spectrum.json for a formula.
func edgeOf(t *testing.T, toml string, args ...string) map[string]any {
	t.Helper()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "case.toml"), []byte(toml), 0o644); err != nil {
		t.Fatal(err)
	}
	return readJSON(t,
		[]byte(succeed(t, dir,
			append([]string{"spectrum", "case.toml", "-k", "1", "--edge", "--json"},
				args...)...)))["edge"].(map[string]any)
}

const (
	edgeLine = `
landscape.formula = "1 + x^2"
noise.epsilon = 4.0
initial.kind = "invariant"
time.end = 1.0
[[grid.axes]]
cells = 120
min = -1e3
max = 1e3
spacing = "sinh"
`
	edgePlane = `
landscape.formula = "1 + x^2 + 4*y^2"
noise.epsilon = 1.0
initial.kind = "invariant"
time.end = 1.0
[[grid.axes]]
cells = 48
min = -1e4
max = 1e4
spacing = "sinh"
repeat = 2
`
)

// An edge is found in the plane and of problems that are not quadratic, within its error bar. On f
// ~ |θ|² g(φ) it is the lowest λ of a section, −(g^{−1/ε} F')' + ε^{−2} g^{−1/ε} F = (λ/ε)
// g^{−1−1/ε} F on the circle, from u = |θ|^{1/ε} F(φ) e^{iks} at k = 0: by 100 Fourier modes
// 1.5435589580 for g = cos² + 4 sin², ε = 1. On a line f ~ c²x² has c²(2 + ε)²/(4ε) on its slower
// side.
func TestEdgesOfTheirKind(t *testing.T) {
	for _, c := range []struct {
		toml, formula string
		want, most    float64 // most: that the error may be
	}{
		{edgePlane, "1 + x^2 + 4*y^2", 1.5435589580, 0.1},
		{edgeLine, "1 + x^2", 2.25, 0.1},
		{edgeLine, "1 + x^2 + abs(x)", 2.25, 0.2},
		{edgeLine, "1 + 4*x^2", 9, 0.4},
		{edgeLine, "1 + x^2 + 3*max(0,x)^2", 2.25, 0.1},
	} {
		got := edgeOf(t, c.toml, "--set", "landscape.formula="+c.formula)
		gap, known := got["gap"].(float64)
		if !known {
			t.Errorf("%s: unknown: %v", c.formula, got["reason"])
			continue
		}
		bar := got["error"].(float64)
		t.Logf("%s: %.8g ± %.1e, off by %.1e", c.formula, gap, bar, gap-c.want)
		if !(math.Abs(gap-c.want) <= bar && bar <= c.most) {
			t.Errorf("%s: %.10g ± %.1e, want %.10g", c.formula, gap, bar, c.want)
		}
	}
}

// Where f does not grow like |θ|² the gap is 0 or attained, and no fit over domains tells: it is
// unknown, with the reason.
func TestEdgesOfOtherKinds(t *testing.T) {
	for _, args := range [][]string{
		{"landscape.formula=(1+x^2)^0.99"}, {"landscape.formula=(1+x^2)^1.01"},
		{"landscape.formula=(1+x^2)^0.999"}, {"landscape.formula=(1+x^2)^0.7"},
		{"landscape.formula=(1+x^2)*log(3+x^2)"}, {"landscape.formula=(1+x^2)/log(3+x^2)"},
		{"noise.model=homogeneous", "grid.axes.0.min=-20.0", "grid.axes.0.max=20.0"},
		{"noise.model=homogeneous", "landscape.formula=sqrt(1+x^2)"},
	} {
		var sets []string
		for _, s := range args {
			sets = append(sets, "--set", s)
		}
		got := edgeOf(t, edgeLine, sets...)
		if reason, _ := got["reason"].(string); got["gap"] != nil || got["error"] != nil ||
			!strings.Contains(reason, "logarithmic length") {
			t.Errorf("%v: gap %v ± %v, reason %q, want unknown", args, got["gap"], got["error"],
				reason)
		}
	}
	got := edgeOf(t, edgePlane, "--set", "landscape.formula=(1+x^2+y^2)^0.98")
	if got["gap"] != nil {
		t.Errorf("the plane: gap %v, want unknown", got["gap"])
	}
}

// On |x| ≤ R f = 1 + x² with ε = 2 has the gap 2(1 + (π/T)²), T = 2 asinh R (theory.md §1), and on
// half of the length 2(1 + (2π/T)²); a gap that is attained changes by the truncation alone.
func TestHalfTheBox(t *testing.T) {
	box := func(args ...string) (map[string]any, string) {
		args = append([]string{"spectrum", "quadratic-1d", "-k", "1", "--set",
			"initial.kind=invariant", "--set", "grid.axes.0.cells=200"}, args...)
		text := succeed(t, t.TempDir(), args...)
		asJSON := succeed(t, t.TempDir(), append(args, "--json")...)
		b, _ := readJSON(t, []byte(asJSON))["box"].(map[string]any)
		return b, text
	}
	length := 2 * math.Asinh(100)
	b, text := box("--set", "noise.epsilon=2")
	half, change := 2*(1+math.Pow(2*math.Pi/length, 2)), -2*3*math.Pow(math.Pi/length, 2)
	const spacing = 3e-4 // relative: h²/10 at h = 0.053, of second order
	if !(math.Abs(b["gap_half"].(float64)/half-1) < spacing &&
		math.Abs(b["change"].(float64)/change-1) < 10*spacing && b["log_length"] == length) {
		t.Errorf("box %v, want gap_half %.6g, change %.6g, log_length %.6g", b, half, change,
			length)
	}
	if !strings.Contains(text, "it depends on how far the grid reaches; fpsgd spectrum --edge") {
		t.Errorf("no word of the box in\n%s", text)
	}
	if b, text := box(); !(math.Abs(b["change"].(float64)) < 1e-4) ||
		!strings.Contains(text, "barely moves") {
		// half the box is |x| ≤ 7
		t.Errorf("attained: box %v,\n%s", b, text)
	}
	if b, _ := box("--set", "grid.axes.0.spacing=uniform", "--set", "grid.axes.0.max=3.0", "--set",
		"grid.axes.0.min=-3.0"); b != nil {
		t.Errorf("a uniform grid has no far ends: box %v", b)
	}
}
