package validation

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/internal/plots"
	"fpsgd/solver/ensemble"
)

var flatMinimumClaim = Claim{
	Name: "flat-minimum",
	Statement: "Of two minima of equal depth the flat one has the larger stationary mass, by " +
		"both noises, and as ε → 0 with inf f > 0 both give the masses det(D²f)^{−1/2}; from a " +
		"start in either the shares of paths are those of the density; the flat one is left later.",
	Source: "slides “Both functions of D²f …” and “If inf f > 0, the limit … is the same”",
	Run:    inTurn(stationaryShares, sharesInTime, passages),
}

// unlikeWells are minima at −1 and 1 of the depth 0.3 and with f” = 2g, g(−1) = 2 and g(1) = ½.
const (
	unlikeWells = "(x^2-1)^2/4 * (1.25 - 0.75*tanh(x)/tanh(1)) + 0.3"
	unlikeRatio = 2.0 // √(g(−1)/g(1)), the flat one's weight over the sharp one's as ε → 0
	unlikeReach = 2.2 // beyond that π has no weight for small ε
)

// unlikeF is that landscape, written again for the quadrature.
func unlikeF(x float64) float64 {
	return (x*x-1)*(x*x-1)/4*(1.25-0.75*math.Tanh(x)/math.Tanh(1)) + 0.3
}

// unlike is the problem with a noise. The wells are divided at the face next to 0, near the saddle:
// quadrature divides π there as well.
func (e *Experiment) unlike(noise fpsgd.Noise, n int, reach float64,
	initial fpsgd.Initial) *fpsgd.Equation {

	x := gradedAbout(n, -reach, reach, []float64{-1, 1}, []float64{0.2, 0.2})
	return must(e.Build(formula(unlikeWells, noise, cartesian(x), initial)))
}

// flatShare is the mass right of the face that is nearest to 0, and that face.
func flatShare(eq *fpsgd.Equation, masses []float64) (share, face float64) {
	faces := eq.Grid.Axes[0].Faces
	at := 0
	for i, x := range faces {
		if math.Abs(x) < math.Abs(faces[at]) {
			at = i
		}
	}
	for _, m := range masses[at:] {
		share += m
	}
	return share, faces[at]
}

// quadratureRatio is ∫_{x>face} π / ∫_{x<face} π, both relative to π(1), by Gauss rules in τ,
// x = sinh τ, in panels.
func quadratureRatio(logPi func(f float64) float64, face float64) integral {
	top := math.Asinh(unlikeReach)
	weight := func(lo, hi float64) integral {
		return doubled(16, 256, func(n int) float64 {
			sum := 0.0
			const panels = 32
			for k := range panels {
				a := lo + (hi-lo)*float64(k)/panels
				sum += gauss(n, a, a+(hi-lo)/panels, func(tau float64) float64 {
					return math.Cosh(tau) * math.Exp(logPi(unlikeF(math.Sinh(tau)))-logPi(0.3))
				})
			}
			return sum
		})
	}
	return weight(math.Asinh(face), top).over(weight(-top, math.Asinh(face)))
}

// stationaryShares records the ratio of the stationary masses, and its limits as ε → 0.
func stationaryShares(e *Experiment) {
	figure := plots.LinesData{Heading: "The flat minimum's mass over the sharp one's",
		Title: "two minima of depth 0.3, f'' = 4 and 1", X: "1/ε", Y: "ratio of masses", LogX: true}
	for _, noise := range []string{"ML", "homogeneous"} {
		line := measured(noise, nil, nil)
		var ratios []float64
		rounding := 0.0
		for _, epsilon := range []float64{0.4, 0.2, 0.1, 0.05, 0.025, 0.0125} {
			var law fpsgd.Noise = fpsgd.ML(epsilon)
			logPi := func(f float64) float64 { return -(1 + 1/epsilon) * math.Log(f) }
			if noise == "homogeneous" {
				// the temperature that the other has at the bottom
				law = fpsgd.Homogeneous(0.3 * epsilon)
				logPi = func(f float64) float64 { return -f / (0.3 * epsilon) }
			}
			eq := e.unlike(law, 800, unlikeReach, nil)
			masses := make([]float64, eq.Operator.Cells())
			for i, l := range eq.Operator.LogM {
				masses[i] = math.Exp(l - eq.Operator.LogZ)
			}
			flat, face := flatShare(eq, masses)
			ratio, exact := flat/(1-flat), quadratureRatio(logPi, face)
			rounding = 2*massTolerance[1]*(1+ratio)*ratio + logRounding*ratio + exact.error
			e.Compare(fmt.Sprintf("%s, ε = %g: ratio of masses", noise, law.Epsilon()), ratio,
				rounding, exact.value, "∫π on both sides of the saddle, by Gauss rules",
				"f'' = 4 and 1 at the minima")
			ratios = append(ratios, ratio)
			extend(&line, 1/law.Epsilon(), ratio)
		}
		e.compare(noise+": ratio of masses as ε → 0",
			eliminated(ratios[2:], 2, 1, 2, 3).widened(rounding), unlikeRatio,
			"(f''(−1)/f''(1))^{1/2}, the same for both noises")
		figure.Lines = append(figure.Lines, line)
	}
	figure.Lines = append(figure.Lines, reference("2", []float64{2, 600}, []float64{2, 2}))
	e.draw("flat-minimum", figure)
}

// sharesInTime records the share of particles in the flat well from a start in either, by both
// noises, against the density, whose own error is far below that of sampling.
func sharesInTime(e *Experiment) {
	const end, step, width = 3.0, 0.02, 0.1
	const wide = 4.0 // few particles in 10⁷ are beyond
	for k, noise := range []fpsgd.Noise{fpsgd.ML(0.5), fpsgd.Homogeneous(0.15)} {
		for j, start := range []float64{-1, 1} {
			eq := e.unlike(noise, 400, wide, fpsgd.Gaussian{Center: []float64{start}, Width: width})
			expected, face := 0.0, 0.0
			e.through(eq, []float64{0, end}, 1e-8, func(w []float64) {
				expected, face = flatShare(eq, eq.Masses(w))
			})
			n := e.many(seeing(0.036)) // from −1, of both noises; 0.023 from 1
			s := e.swarmOf(unlikeWells, 1, n, uint64(130+2*k+j), ensemble.Method{
				Step: step, Epsilon: noise.Epsilon(), Scheme: ensemble.Weak2, Controlled: true,
				Homogeneous: k == 1,
			}, gaussian(width, start))
			s.advance(e, int(math.Round(end/step)))
			masses := make([]float64, eq.Operator.Cells())
			for i, l := range eq.Operator.LogM {
				masses[i] = math.Exp(l - eq.Operator.LogZ)
			}
			stationary, _ := flatShare(eq, masses)
			e.compare(fmt.Sprintf("%s, from %g: share in the flat well, t = %g", noise, start, end),
				share(s.X[0], func(x float64) bool { return x > face }), expected,
				"of the density", byParticles(n),
				fmt.Sprintf("%.4f in the stationary law", stationary))
		}
	}
}

// passages records the mean times from one minimum to the other, which are with π = f^{−p} or
// e^{−f/ε}, and with e^κ of the noise,
//
//	∫_{−1}^1 e^{−κ(x)} ∫_{−∞}^x π dy dx
//
// from −1 to 1, by the grid and by quadrature on its domain, and the ratio of the way back. The
// flat one is left later.
func passages(e *Experiment) {
	const wide = 4.0
	for _, noise := range []fpsgd.Noise{fpsgd.ML(0.5), fpsgd.Homogeneous(0.15)} {
		eq := e.unlike(noise, 400, wide, nil)
		weights := func(x float64) (pi, conductivity float64) {
			logF, epsilon := math.Log(unlikeF(x)), noise.Epsilon()
			if _, is := noise.(fpsgd.Homogeneous); is {
				pi = math.Exp(-unlikeF(x) / epsilon)
				return pi, epsilon * pi
			}
			return math.Exp(-(1 + 1/epsilon) * logF), epsilon * math.Exp(-logF/epsilon)
		}
		for _, side := range []float64{1, -1} { // where the target is
			target := "x > 1"
			if side < 0 {
				target = "x < -1"
			}
			found := must(eq.Escape(e.Context, fpsgd.EscapeOptions{
				From: fmt.Sprintf("ball(%g; 0.1)", -side), To: target, Start: []float64{-side},
			}))
			want := doubled(32, 256, func(n int) float64 {
				return gauss(n, -1, 1, func(x float64) float64 {
					_, conductivity := weights(side * x)
					mass := func(y float64) float64 { pi, _ := weights(side * y); return pi }
					return (gauss(n, -wide, -1, mass) + gauss(n, -1, x, mass)) / conductivity
				})
			})
			e.Compare(fmt.Sprintf("%s: mean time from %g to %g", noise, -side, side),
				found.Extrapolated.MeanTime, found.Bars.MeanTime+want.error, want.value,
				"∫ e^{−κ} ∫ π, by Gauss rules", fmt.Sprintf("%.6g on 400 cells; f'' = %g there",
					found.MeanTime, 2.5+1.5*side))
		}
	}
}
