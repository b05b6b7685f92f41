package ensemble

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/floats"
	"gonum.org/v1/gonum/stat/distuv"
)

// Comparison tells how far N particles are from a density, and how far as many independent draws
// from that density itself would be.
type Comparison struct {
	// L1 is Σ |n_i/N − P_i| over the cells and what is outside of them; L1Sampling its mean for
	// draws.
	L1         float64 `json:"l1"`
	L1Sampling float64 `json:"l1_sampling"`
	// Chi2PerBin is Σ (n − NP)²/(NP), over bins of cells that expect 25 particles or more, divided
	// by their number less one: 1 on average for draws.
	Chi2PerBin float64 `json:"chi2_per_bin"`
	Bins       int     `json:"bins"`
	// Of the marginal of each axis: max |F_N − F| of the distribution functions at the faces, where
	// F is known (Kolmogorov and Smirnov), and ∫ |F_N − F| dq (Wasserstein), with their means for
	// draws, of KS that over all q.
	KS                  []float64 `json:"ks"`
	KSSampling          float64   `json:"ks_sampling"`
	Wasserstein1        []float64 `json:"wasserstein1"`
	Wasserstein1Sampled []float64 `json:"wasserstein1_sampling"`
	// Within is whether all of this is as for draws: χ² and every KS are below their quantiles of
	// 1 − 0.001, shared out among them, and L1 within what its mean and variance allow.
	Within bool `json:"within_sampling"`
}

// Marginal is the distribution of one coordinate: probabilities between faces, uniform in between,
// and the coordinate of every particle.
type Marginal struct{ Faces, Probability, Samples []float64 }

// fewest is how many particles a bin of χ² expects at least.
const fewest = 25

// level is the probability that draws from the density itself are called different.
const level = 1e-3

// Compare holds N particles, counts[i] of them in cell i and others in none, against probabilities
// of the cells, which are scaled to the sum 1.
func Compare(counts []int, particles int, probability []float64, marginals []Marginal) Comparison {
	n, tests := float64(particles), float64(len(marginals)+2)
	p := slices.Clone(probability)
	floats.Scale(1/floats.Sum(p), p)
	var c Comparison
	inside, variance := 0, 0.0
	for i, k := range counts {
		inside += k
		c.L1 += math.Abs(float64(k)/n - p[i])
		mean := meanDeviation(n, p[i])
		c.L1Sampling += mean / n
		variance += math.Max(n*p[i]*(1-p[i])-mean*mean, 0)
	}
	c.L1 += float64(particles-inside) / n
	chi2, bins := chiSquared(counts, particles-inside, n, p)
	c.Bins, c.Within = bins, true
	if bins > 1 {
		c.Chi2PerBin = chi2 / float64(bins-1)
		c.Within = chi2 <= distuv.ChiSquared{K: float64(bins - 1)}.Quantile(1-level/tests)
	}
	// deviations of cells are as good as independent
	largest := c.L1Sampling + distuv.UnitNormal.Quantile(1-level/tests)*math.Sqrt(variance)/n
	c.Within = c.Within && c.L1 <= largest
	c.KSSampling = math.Sqrt(math.Pi/2) * math.Ln2 / math.Sqrt(n)
	for _, m := range marginals {
		ks, w1, sampled := m.distances()
		c.KS, c.Wasserstein1 = append(c.KS, ks), append(c.Wasserstein1, w1)
		c.Wasserstein1Sampled = append(c.Wasserstein1Sampled, sampled)
		// P(√N D > x) ≤ 2 e^{−2x²} (Dvoretzky, Kiefer, Wolfowitz, Massart)
		c.Within = c.Within && ks <= math.Sqrt(math.Log(2*tests/level)/2/n)
	}
	return c
}

// meanDeviation is E|k − np| of a binomial number k: 2ν b(ν) (1 − p), ν = ⌊np⌋ + 1 (De Moivre).
func meanDeviation(n, p float64) float64 {
	if p <= 0 || p >= 1 {
		return 0
	}
	v := math.Floor(n*p) + 1
	if v > n {
		return 0
	}
	gamma := func(x float64) float64 { l, _ := math.Lgamma(x + 1); return l }
	logB := gamma(n) - gamma(v) - gamma(n-v) + v*math.Log(p) + (n-v)*math.Log1p(-p)
	return 2 * v * (1 - p) * math.Exp(logB)
}

// chiSquared sums (k − np)²/(np) over runs of cells that expect enough; what is outside of the
// cells counts to the last.
func chiSquared(counts []int, outside int, n float64, p []float64) (sum float64, bins int) {
	var seen, expected []float64
	k, e := 0.0, 0.0
	for i, c := range counts {
		k, e = k+float64(c), e+n*p[i]
		if e >= fewest {
			seen, expected = append(seen, k), append(expected, e)
			k, e = 0, 0
		}
	}
	k += float64(outside)
	if len(seen) == 0 {
		return 0, 0
	}
	last := len(seen) - 1
	seen[last], expected[last] = seen[last]+k, expected[last]+e
	for b := range seen {
		d := seen[b] - expected[b]
		sum += d * d / expected[b]
	}
	return sum, len(seen)
}

// distances returns max |F_N − F| at the faces, ∫ |F_N − F| and the mean of that for draws, ∫
// √(2F(1−F)/πN).
// Between two samples F_N is constant and F has pieces that are lines.
func (m *Marginal) distances() (ks, w1, sampled float64) {
	samples := slices.Sorted(slices.Values(m.Samples))
	for len(samples) > 0 && math.IsNaN(samples[0]) { // these come first
		samples = samples[1:]
	}
	n := float64(len(samples))
	total := floats.Sum(m.Probability)
	below, next := 0.0, 0
	for next < len(samples) && samples[next] < m.Faces[0] {
		next++
	}
	ks = float64(next) / n
	w1 += outside(samples[:next], m.Faces[0]) / n
	for i, p := range m.Probability {
		lo, hi := m.Faces[i], m.Faces[i+1]
		slope := p / total / (hi - lo)
		f := func(x float64) float64 { return below + slope*(x-lo) }
		x := lo
		for ; next < len(samples) && samples[next] < hi; next++ {
			s := samples[next]
			at := float64(next) / n
			w1 += absoluteArea(f(x)-at, f(s)-at, s-x)
			x = s
		}
		at := float64(next) / n
		ks = max(ks, math.Abs(at-f(hi)))
		w1 += absoluteArea(f(x)-at, f(hi)-at, hi-x)
		middle := f(lo + (hi-lo)/2)
		sampled += (hi - lo) * math.Sqrt(2*max(middle*(1-middle), 0)/(math.Pi*n))
		below += p / total
	}
	return ks, w1 + outside(samples[next:], m.Faces[len(m.Faces)-1])/n, sampled
}

// outside is the sum of the distances of samples from an end.
func outside(samples []float64, end float64) (sum float64) {
	for _, s := range samples {
		sum += math.Abs(s - end)
	}
	return sum
}

// absoluteArea is ∫ |g| of a line g from a to b over a length.
func absoluteArea(a, b, length float64) float64 {
	if a*b >= 0 {
		return math.Abs(a+b) / 2 * length
	}
	return (a*a + b*b) / (2 * math.Abs(a-b)) * length
}
