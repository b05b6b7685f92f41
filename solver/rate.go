package solver

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/stat"
)

// Fit is a decay rate fitted to a history of norms.
type Fit struct {
	Rate     float64    // −d log norm/dt
	Window   [2]float64 // the times it was fitted on
	Residual float64    // root mean square of log norm minus the fitted line, weighted by time
	Change   float64    // |rate of its first half − of its second|: what other modes and a floor do
	Step     float64    // the longest in the window; NaN if only norms are known
}

// fitRest is the relative error that rounding and other modes, each below what a window shows,
// leave in a fitted rate.
const fitRest = 1e-6

// StepError bounds |rate/λ − 1| of a rate that is fitted to the decay of a mode of eigenvalue λ by
// steps of some schemes, or by the exponential itself if none is given: the largest
// Scheme.RateError of q = λ·Step, and a rest of 1e-6.
func (f Fit) StepError(lambda float64, schemes ...Scheme) float64 {
	most := 0.0
	for _, s := range schemes {
		most = math.Max(most, s.RateError(lambda*f.Step))
	}
	return most + fitRest
}

// Fit fits a rate to the norms recorded so far, as FitRate does.
func (s *Series) Fit() (Fit, bool) {
	fit, ok := FitRate(s.Times(), s.LogNorms)
	fit.Step = 0
	times := s.Times()
	for i, dt := range s.Column("dt") {
		if t := times[i]; t > fit.Window[0] && t <= fit.Window[1] {
			fit.Step = math.Max(fit.Step, dt)
		}
	}
	return fit, ok
}

// What the window of a fit must be like.
const (
	fitTop       = 1e-2 // of the norms, relative to the first: the fast modes have died out
	fitBottom    = 1e-10
	fitVariation = 0.01 // of the local slopes, relative to their mean
	fitPoints    = 8
	fitDrop      = 3 // factor by which the norm falls within it
)

// FitRate fits log norm = a − rate·t by least squares on the last window of consecutive points in
// which
//
//   - 1e-10 ≤ norm/norm(0) ≤ 1e-2,
//   - the slopes between neighbouring points differ by less than 1% of their mean,
//   - there are at least 8 points, over which the norm falls by a factor of at least 3.
//
// Of the windows that end at the same point it takes the longest. A point counts by the time it
// stands for, half the distance between its neighbours, so that where the steps are short they do
// not count for more. times ascend; logNorms are log norm. The result is false where there is no
// such window. The rule knows nothing of what the rate should be.
func FitRate(times, logNorms []float64) (Fit, bool) {
	slopes := make([]float64, max(len(times)-1, 0))
	for i := range slopes {
		slopes[i] = (logNorms[i+1] - logNorms[i]) / (times[i+1] - times[i])
	}
	inRange := func(i int) bool {
		drop := logNorms[0] - logNorms[i]
		return drop >= -math.Log(fitTop) && drop <= -math.Log(fitBottom)
	}
	for last := len(times) - 1; last+1 >= fitPoints; last-- {
		first := last
		lo, hi := math.Inf(1), math.Inf(-1)
		for ; first > 0 && inRange(first) && inRange(first-1); first-- {
			lo, hi = math.Min(lo, slopes[first-1]), math.Max(hi, slopes[first-1])
			mean := (logNorms[last] - logNorms[first-1]) / (times[last] - times[first-1])
			if !(hi-lo < -fitVariation*mean) {
				break
			}
		}
		if last-first+1 >= fitPoints && logNorms[first]-logNorms[last] >= math.Log(fitDrop) {
			return fitLine(times[first:last+1], logNorms[first:last+1]), true
		}
	}
	return Fit{}, false
}

// FitOn is the fit to the points of a window, whatever they are like: its Rate is NaN where there
// is no line through them.
func FitOn(times, logNorms []float64, window [2]float64) Fit {
	first, _ := slices.BinarySearch(times, window[0])
	last, found := slices.BinarySearch(times, window[1])
	if found {
		last++
	}
	if last-first < 2 {
		return Fit{Rate: math.NaN()}
	}
	return fitLine(times[first:last], logNorms[first:last])
}

// fitLine is the least-squares line, a point weighted by half the distance between its neighbours.
func fitLine(times, logNorms []float64) Fit {
	n := len(times)
	weights := make([]float64, n)
	for i := range weights {
		weights[i] = (times[min(i+1, n-1)] - times[max(i-1, 0)]) / 2
	}
	intercept, slope := stat.LinearRegression(times, logNorms, weights, false)
	sum, total := 0.0, 0.0
	for i, w := range weights {
		r := logNorms[i] - intercept - slope*times[i]
		sum += w * r * r
		total += w
	}
	return Fit{
		Rate: -slope, Window: [2]float64{times[0], times[n-1]}, Residual: math.Sqrt(sum / total),
		Change: changeOfRate(times, logNorms), Step: math.NaN(),
	}
}

// changeOfRate is the difference between the mean rates before and after the middle of the times.
func changeOfRate(times, logNorms []float64) float64 {
	last := len(times) - 1
	middle, _ := slices.BinarySearch(times, (times[0]+times[last])/2)
	rate := func(i, j int) float64 { return (logNorms[i] - logNorms[j]) / (times[j] - times[i]) }
	return math.Abs(rate(0, middle) - rate(middle, last))
}
