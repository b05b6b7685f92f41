package validation

import (
	"fmt"
	"math"

	"fpsgd"
)

var sdeDensityClaim = Claim{
	Name: "sde-vs-density",
	Statement: "The density is the law of the stochastic differential equation dθ = −∇f dt + " +
		"√(2εf) dB: particles differ from it by what sampling alone does, on the line, in the " +
		"plane, in space and in twenty dimensions.",
	Source: "slide with the lemma on the law of continuous time SGD; docs/sgd.md",
	Run:    inTurn(func(e *Experiment) { sdeAgainst(e, sdeProblems()) }),
}

// sdeProblem is a problem that particles are held against, on a grid whose own error is far below
// that of sampling.
type sdeProblem struct {
	name      string
	problem   fpsgd.Problem
	particles int
	seed      uint64
	end, step float64
}

// telling is how many particles tell, by χ² in so many bins, a law P' that is not that of the
// density but D = Σ (P' − P)²/P away: χ² a bin is larger by ND/(bins − 1) then, which is to be
// 5 + 3 standard deviations √(2/(bins − 1)), as in seeing. The D given below are those of ε + 5 %.
func telling(bins int, d float64) int {
	return int(math.Ceil((factor + power) * math.Sqrt(2*float64(bins-1)) / d))
}

func sdeProblems() []sdeProblem {
	gaussian := func(width float64, center ...float64) fpsgd.Gaussian {
		return fpsgd.Gaussian{Center: center, Width: width}
	}
	fine, coarse := graded(96, -30, 30), graded(28, -10, 10)
	return []sdeProblem{
		{"line, Student, ε = 2/3", formula("1 + x^2", fpsgd.ML(2./3),
			cartesian(graded(800, -1e3, 1e3)), fpsgd.Exact{Source: 1.5, Age: 0.1}),
			telling(226, 6.3e-4), 100, 0.5, 0.01},
		{"plane, 1 + x² + 2y²", formula("1 + x^2 + 2*y^2", fpsgd.ML(0.25),
			cartesian(fine, fine), gaussian(0.4, 0.7, 0.4)), telling(494, 2.2e-3),
			101, 0.3, 0.02},
		{"space, 1 + x² + 2y² + z²", formula("1 + x^2 + 2*y^2 + z^2", fpsgd.ML(0.2),
			cartesian(coarse, coarse, coarse), gaussian(0.4, 0.5, 0.3, 0)),
			telling(570, 3e-3), 102, 0.4, 0.02},
		{"R²⁰, radial, 1 + r²", formula("1 + r^2", fpsgd.ML(0.04),
			radial(20, graded(400, 0, 100)), gaussian(0.3, 0)),
			2 * telling(63, 8.4e-3), // twice as many tell the drift without the Itô term
			103, 0.3, 0.0125},
	}
}

// sdeAgainst records, for each problem, χ² a bin of the counts in cells, which for N
// independent draws from the density has the mean 1 and the variance 2/(bins − 1), and the
// Kolmogorov–Smirnov distance of the first coordinate, of the mean √(π/2) log 2/√N and the variance
// (π²/12 − π log²2/2)/N.
func sdeAgainst(e *Experiment, problems []sdeProblem) {
	for _, c := range problems {
		eq := must(e.Build(c.problem))
		n := c.particles
		if eq.Grid.Cells() == 800 { // on the other grids more would see the grid's own error
			n = e.many(n)
		}
		found := must(eq.Simulate(e.Context, fpsgd.EnsembleOptions{
			Particles: n, Scheme: "weak2", Eta: c.step, Seed: c.seed,
			Times: []float64{0, c.end}, Method: e.Method,
		}))
		row := found.Rows[len(found.Rows)-1].Comparison
		e.Compare(c.name+": χ² a bin", row.Chi2PerBin, math.Sqrt(2/float64(row.Bins-1)), 1,
			"1 ± √(2/(bins−1)) of independent draws", fmt.Sprintf("%d particles of weak2 in %d "+
				"bins; L¹ %.3g, of draws %.3g", n, row.Bins, row.L1, row.L1Sampling))
		e.Compare(c.name+": Kolmogorov–Smirnov", row.KS[0],
			math.Sqrt((math.Pi*math.Pi/12-math.Pi/2*math.Ln2*math.Ln2)/float64(n)),
			row.KSSampling, "√(π/2) log 2/√N of independent draws",
			fmt.Sprintf("of the first coordinate; Wasserstein-1 %.3g, of draws %.3g",
				row.Wasserstein1[0], row.Wasserstein1Sampled[0]))
	}
}
