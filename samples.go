package fpsgd

import (
	"errors"
	"fmt"
	"math"
	"os"
	"slices"

	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
	"fpsgd/mesh"
	"fpsgd/scenarios/config"
	"fpsgd/solver/ensemble"
)

// SampleComparison is of samples at one time.
type SampleComparison struct {
	Time float64 `json:"time"`
	ensemble.Comparison
}

// Samples are points of R^m at some times, as a user's own iterates.
type Samples struct {
	Times int         // 1 of an array of the shape (n, m), else its first dimension
	X     [][]float64 // the components, sample by sample and time by time
}

// ReadSamples reads an array of the shape (n, m) or (times, n, m) for points of R^m, or (n) of the
// line.
func ReadSamples(path string, m int) (*Samples, error) {
	content, err := os.ReadFile(path)
	if err != nil {
		return nil, Refused(err)
	}
	shape, data, err := npy.Decode(content)
	if err != nil {
		return nil, Refused(fmt.Errorf("%s: %w", path, err))
	}
	if len(shape) == 1 && m == 1 {
		shape = append(shape, 1)
	}
	if d := len(shape); d < 2 || d > 3 || shape[d-1] != m || len(data) == 0 {
		return nil, Refused(fmt.Errorf("%s: samples of R^%d have the shape (n, %d) or "+
			"(times, n, %d), and the array has %v", path, m, m, m, shape))
	}
	s := &Samples{Times: 1, X: make([][]float64, m)}
	if len(shape) == 3 {
		s.Times = shape[0]
	}
	for k := range s.X {
		s.X[k] = make([]float64, len(data)/m)
		for i := range s.X[k] {
			if s.X[k][i] = data[i*m+k]; !isFinite(s.X[k][i]) {
				return nil, Refused(fmt.Errorf("%s: sample %d is %v; leave out what is not finite",
					path, i, data[i*m:(i+1)*m]))
			}
		}
	}
	return s, nil
}

// At returns the components of the samples at one time.
func (s *Samples) At(k int) [][]float64 {
	n := len(s.X[0]) / s.Times
	out := make([][]float64, len(s.X))
	for j, x := range s.X {
		out[j] = x[k*n : (k+1)*n]
	}
	return out
}

// CompareSamples holds a user's own samples, from a .npy, against the densities of a run directory:
// samples at one time against the snapshot at a time (NaN: the last one), samples at several times
// against the snapshots one by one.
func CompareSamples(run, path string, time float64, threads int) ([]SampleComparison, error) {
	view, err := rundir.Look(run)
	if err != nil {
		return nil, Refused(err)
	}
	defer view.Close()
	s, err := askedOf(view)
	if err != nil {
		return nil, Refused(fmt.Errorf("%s: %w", run, err))
	}
	samples, err := ReadSamples(path, s.Grid.Coordinates.Dimension())
	if err != nil {
		return nil, err
	}
	snapshots, times, err := snapshotsFor(view, samples, time)
	if err != nil {
		return nil, Refused(fmt.Errorf("%s: %w", run, err))
	}
	var out []SampleComparison
	for k, snapshot := range snapshots {
		probability, err := probabilitiesOf(view, snapshot)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run, err)
		}
		x := samples.At(k)
		c := placesOf(s.Grid, threads, x).compare(s.Grid, probability, len(x[0]))
		out = append(out, SampleComparison{times[snapshot], c})
	}
	return out, nil
}

// askedOf is what a run directory says that was asked for.
func askedOf(view *rundir.View) (*Scenario, error) {
	if command := view.Manifest.Command; command != runCommand {
		return nil, fmt.Errorf("it holds the results of fpsgd %s, and densities are in a "+
			"folder of fpsgd run", command)
	}
	text, err := view.ReadFile(rundir.ResolvedFile)
	if err != nil {
		return nil, err
	}
	cfg, err := config.Parse(rundir.ResolvedFile, text, nil)
	if err != nil {
		return nil, err
	}
	return StateOf(cfg)
}

// snapshotsFor returns the snapshots that samples are held against, with the times of all.
func snapshotsFor(view *rundir.View, samples *Samples, time float64) (k []int, times []float64,
	err error) {

	if times, err = arrayOf(view, rundir.TimesFile); err != nil {
		return nil, nil, err
	}
	there := func(k int) bool { return view.Has(rundir.SnapshotFile(k)) }
	switch n := len(times); {
	case samples.Times > 1 && samples.Times != n:
		return nil, nil, fmt.Errorf("samples are given at %d times, and the run has %d snapshots",
			samples.Times, n)
	case samples.Times > 1:
		for i := range times {
			k = append(k, i)
		}
	case math.IsNaN(time):
		k = []int{n - 1}
	default:
		at := slices.IndexFunc(times, func(t float64) bool {
			return math.Abs(t-time) <= 1e-9*math.Max(1, math.Abs(time))
		})
		if at < 0 {
			return nil, nil, fmt.Errorf("there is no snapshot at t = %g; there are at %.6g", time,
				times)
		}
		k = []int{at}
	}
	if i := slices.IndexFunc(k, func(k int) bool { return !there(k) }); i >= 0 {
		return nil, nil, fmt.Errorf("there is no snapshot at t = %g: its status is %s",
			times[k[i]], view.Manifest.Status)
	}
	return k, times, nil
}

// probabilitiesOf reads the probabilities of the cells of a snapshot.
func probabilitiesOf(view *rundir.View, k int) ([]float64, error) {
	rho, err := arrayOf(view, rundir.SnapshotFile(k))
	if err != nil {
		return nil, err
	}
	volume, err := arrayOf(view, rundir.VolumeFile)
	if err == nil && len(volume) != len(rho) {
		err = fmt.Errorf("%s has %d cells, and %s %d", rundir.VolumeFile, len(volume),
			rundir.SnapshotFile(k), len(rho))
	}
	if err != nil {
		return nil, err
	}
	for i, v := range volume {
		rho[i] = math.Max(rho[i]*v, 0)
	}
	return rho, nil
}

func arrayOf(view *rundir.View, rel string) ([]float64, error) {
	content, err := view.ReadFile(rel)
	if err != nil {
		return nil, err
	}
	_, data, err := npy.Decode(content)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", rel, err)
	}
	return data, nil
}

// densitiesOf reads the probabilities of the cells at some times from the snapshots of a run of the
// same problem on the same grid.
func (e *Equation) densitiesOf(run string, times []float64) (p [][]float64, err error) {
	view, err := rundir.Look(run)
	if err != nil {
		return nil, Refused(err)
	}
	defer view.Close()
	s, err := askedOf(view)
	if err == nil {
		err = e.differs(s)
	}
	if err != nil {
		return nil, Refused(fmt.Errorf("%s: %w", run, err))
	}
	for _, t := range times {
		k, _, err := snapshotsFor(view, &Samples{Times: 1}, t)
		if err != nil {
			return nil, Refused(fmt.Errorf("%s: %w", run, err))
		}
		probability, err := probabilitiesOf(view, k[0])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", run, err)
		}
		p = append(p, probability)
	}
	return p, nil
}

// differs says what of another problem's loss, noise or grid is not this one's.
func (e *Equation) differs(s *Scenario) error {
	a, b := e.Scenario, s
	switch {
	case a.Landscape.String() != b.Landscape.String():
		return fmt.Errorf("its f is %s, and here it is %s", b.Landscape, a.Landscape)
	case a.Noise != b.Noise:
		return fmt.Errorf("its noise is %s with ε = %g, and here it is %s with ε = %g", b.Noise,
			b.Noise.Epsilon(), a.Noise, a.Noise.Epsilon())
	case a.Grid.Coordinates.Name() != b.Grid.Coordinates.Name() ||
		!slices.EqualFunc(a.Grid.Axes, b.Grid.Axes, func(p, q mesh.Axis) bool {
			return p.Log == q.Log && slices.Equal(p.Faces, q.Faces)
		}):
		return errors.New("it is on another grid")
	}
	return nil
}
