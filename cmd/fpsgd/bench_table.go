package main

import (
	"fmt"
	"fpsgd"
	"io"
	"runtime"
	"strings"
	"text/tabwriter"

	"fpsgd/scenarios/config"
	"fpsgd/solver"
	"fpsgd/solver/linear"
	"fpsgd/solver/linear/mic"

	"github.com/spf13/cobra"
)

// benchGrid is a row of the standard set: f = 1 + |θ|² on a sinh-graded grid of n cells an axis on
// [−R, R].
type benchGrid struct {
	axes, n int
	radius  float64
	epsilon float64
	methods []string
	large   bool // only if asked for
}

// benchGrids are those that PETSc 3.18 was timed on, on the machine that this was written on, one
// thread, set-up + solve: 0.82 + 0.05 s (CHOLMOD) and 0.21 + 0.27 s (BoomerAMG) for 512² cells, 7.1
// s (ICC, 136 iterations) and 8 to 14 s (BoomerAMG) for 128³.
var benchGrids = []benchGrid{
	{2, 256, 1e6, 0.5, []string{linear.Multigrid}, false},
	{2, 512, 1e6, 0.5, []string{linear.Multigrid}, false},
	{2, 1024, 1e6, 0.5, []string{linear.Multigrid}, false},
	{3, 64, 1e4, 1, []string{linear.MIC, linear.Planes}, false},
	{3, 128, 1e4, 1, []string{linear.MIC, linear.Planes}, false},
	{3, 256, 1e4, 1, []string{linear.MIC, linear.Planes}, true},
}

// name is n² or n³.
func (g benchGrid) name() string { return fmt.Sprintf("%d%c", g.n, []rune("  ²³")[g.axes]) }

// config writes the problem as a file would have it.
func (g benchGrid) config() string {
	formula := "1 + " + strings.Join([]string{"x^2", "y^2", "z^2"}[:g.axes], " + ")
	center := strings.Repeat("1.0, ", g.axes)
	return fmt.Sprintf(`[landscape]
formula = %q
[noise]
epsilon = %g
[grid]
[[grid.axes]]
cells = %d
min = %g
max = %g
spacing = "sinh"
repeat = %d
[initial]
kind = "gaussian"
center = [%s]
width = 0.7071067811865476
[time]
end = 1.0
`, formula, g.epsilon, g.n, -g.radius, g.radius, g.axes, center)
}

// runTable measures the standard set.
func (f *benchFlags) runTable(cmd *cobra.Command) error {
	var results []benchResult
	for _, g := range benchGrids {
		if g.large && !f.large {
			continue
		}
		rows, err := solver.Interruptibly(cmd.Context(),
			func() ([]benchResult, error) { return f.measureGrid(cmd.ErrOrStderr(), g) })
		if err != nil {
			return err
		}
		results = append(results, rows...)
	}
	if f.json {
		return printJSON(cmd.OutOrStdout(), results)
	}
	printBenchTable(cmd.OutOrStdout(), f, results)
	return nil
}

// measureGrid measures every method on one thread and on two, if there are two.
func (f *benchFlags) measureGrid(progress io.Writer, g benchGrid) ([]benchResult, error) {
	cfg, err := config.Parse("bench", []byte(g.config()), nil)
	if err != nil {
		return nil, err
	}
	s, err := fpsgd.StateOf(cfg)
	if err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "%s: assembly\n", g.name())
	p, err := newBenchProblem(s)
	if err != nil {
		return nil, err
	}
	p.Config.Name = g.name() // of the rows
	var results []benchResult
	for _, method := range g.methods {
		for threads := range min(2, runtime.GOMAXPROCS(0)) {
			fmt.Fprintf(progress, "%s: %s, %d threads\n", g.name(), method, threads+1)
			r, err := p.measure(f, method, threads+1)
			if err != nil {
				return nil, err
			}
			results = append(results, r)
		}
	}
	return results, nil
}

func printBenchTable(w io.Writer, f *benchFlags, results []benchResult) {
	fmt.Fprintf(w, "(I + γS)x = w, γ = %g, w %s; f = 1 + |θ|², sinh grids: R = 1e6, ε = 0.5 in "+
		"the plane, R = 1e4, ε = 1 in space\n\n", f.dt, f.rhs)
	t := tabwriter.NewWriter(w, 0, 4, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(t, "\t\t\tset-up\tset-up\tsolve\t\titeration\titeration\ttriad\theld\t")
	fmt.Fprintln(t,
		"cells\tmethod\tthreads\ts\tns/unk.\ts\titerations\tns/unk.\tGB/s\tGB/s\tB/unk.\t")
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\t%d\t%.3g\t%.0f\t%.3g\t%d\t%.1f\t%s\t%.1f\t%.0f\t\n",
			r.Name, r.Method, r.Threads, r.SetupS, r.SetupNs, r.SolveS, r.Iterations, r.IterationNs,
			optional("%.1f", r.IterationGBs), r.TriadGBs, r.HeldBytes)
	}
	t.Flush()
	fmt.Fprintf(w, `
iteration    GB/s: of mic, whose every iteration moves %d numbers an unknown
triad        a = b + s c in this process, on as many threads, on 400 MB
held         by the solver, without the operator
`, mic.Words)
}
