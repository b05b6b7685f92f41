package ensemble

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"gonum.org/v1/gonum/floats"
)

// drawn returns particles drawn from probabilities between faces, uniform in between.
func drawn(source *rand.Rand, n int, faces, p []float64) (counts []int, samples []float64) {
	table := NewTable(p)
	counts = make([]int, len(p))
	for range n {
		i := table.Draw(source.Float64())
		counts[i]++
		samples = append(samples, faces[i]+source.Float64()*(faces[i+1]-faces[i]))
	}
	return counts, samples
}

// Draws from the density itself are called the same but for one time in a thousand, and the
// distances have the means that are told of them; draws from a density that is off by 8 % in width
// are not.
func TestComparisonOfDraws(t *testing.T) {
	const n, cells, rounds = 20000, 60, 150
	faces, p, wide := make([]float64, cells+1), make([]float64, cells), make([]float64, cells)
	for i := range faces {
		faces[i] = -4 + 8*float64(i)/cells
	}
	for i := range p {
		x := (faces[i] + faces[i+1]) / 2
		p[i], wide[i] = math.Exp(-x*x/2), math.Exp(-x*x/2/1.08/1.08)
	}
	source := rand.New(rand.NewPCG(5, 6))
	refused, missed := 0, 0
	var l1, chi2, ks, w1 float64
	var last Comparison
	for range rounds {
		counts, samples := drawn(source, n, faces, p)
		last = Compare(counts, n, p, []Marginal{{faces, p, samples}})
		l1, chi2 = l1+last.L1/rounds, chi2+last.Chi2PerBin/rounds
		ks, w1 = ks+last.KS[0]/rounds, w1+last.Wasserstein1[0]/rounds
		if !last.Within {
			refused++
		}
		if Compare(counts, n, wide, []Marginal{{faces, wide, samples}}).Within {
			missed++
		}
	}
	if refused > 3 { // 0.15 are expected; more than 3 are by chance in 2e-5 of such tests
		t.Errorf("%d of %d samples of the density were refused", refused, rounds)
	}
	if missed > 0 { // χ² would be some 2 per bin
		t.Errorf("%d of %d samples passed for a density 8 %% wider", missed, rounds)
	}
	// of a Brownian bridge at faces: the largest of a walk is lower than that of its path by
	// 0.5826 of a step, here of the cells in the middle
	atFaces := last.KSSampling - 0.5826*math.Sqrt(p[cells/2]/floats.Sum(p)/n)
	for name, pair := range map[string][2]float64{"L1": {l1, last.L1Sampling}, "χ²": {chi2, 1},
		"KS": {ks, atFaces}, "W1": {w1, last.Wasserstein1Sampled[0]}} {
		// a mean of 150, each with a spread of a third or less: 3 %; cells of W1 are cut at middles
		if math.Abs(pair[0]/pair[1]-1) > 0.09 {
			t.Errorf("%s is %g on average, told was %g", name, pair[0], pair[1])
		}
	}
}

// Distances of marginals by hand: one sample at 0.75 and one outside, of a uniform density on [0,
// 1].
func TestMarginalDistances(t *testing.T) {
	m := Marginal{Faces: []float64{0, 0.5, 1}, Probability: []float64{2, 2},
		Samples: []float64{0.75, 3}}
	ks, w1, _ := m.distances()
	// F − F_N: up to 0.75 from 0 to 0.75, then from 0.25 to 0.5, and ½ at the faces ½ and 1; 2
	// beyond the end, a half of it
	want := 0.75*0.75/2 + (0.25+0.5)/2*0.25 + 2*0.5
	if math.Abs(ks-0.5) > 1e-15 || math.Abs(w1-want) > 1e-15 {
		t.Errorf("KS %g, W1 %g, want 0.5, %g", ks, w1, want)
	}
}

// E|k − np| against the sum over all k.
func TestMeanDeviation(t *testing.T) {
	for _, n := range []float64{1, 7, 40} {
		for _, p := range []float64{0.01, 0.3, 0.5, 0.97} {
			sum, b := 0.0, math.Pow(1-p, n)
			for k := 0.0; k <= n; k++ {
				sum += b * math.Abs(k-n*p)
				b *= (n - k) / (k + 1) * p / (1 - p)
			}
			if got := meanDeviation(n, p); math.Abs(got-sum) > 1e-12*(1+sum) {
				t.Errorf("n = %g, p = %g: %g, want %g", n, p, got, sum)
			}
		}
	}
}

// A table gives index i a share of (0, 1) as long as its weight.
func TestTable(t *testing.T) {
	weights := []float64{0, 1, 0, 3, 4, 0}
	table, got := NewTable(weights), make([]float64, len(weights))
	const n = 1 << 12
	for k := range n {
		got[table.Draw((float64(k)+0.5)/n)] += floats.Sum(weights) / n
	}
	if !slices.Equal(got, weights) {
		t.Errorf("%v, want %v", got, weights)
	}
}
