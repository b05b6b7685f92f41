package figures

import (
	"bytes"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// memory is a folder of results in memory, all of whose files are complete but for those in doubt.
type memory struct {
	files   map[string][]byte
	doubted []string
}

func (m memory) Has(rel string) bool {
	return m.files[rel] != nil && !slices.Contains(m.doubted, rel)
}

func (m memory) ReadFile(rel string) ([]byte, error) {
	if m.files[rel] == nil {
		return nil, fmt.Errorf("%s: %w", rel, fs.ErrNotExist)
	}
	return m.files[rel], nil
}

func array(t *testing.T, shape []int, data ...float64) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := npy.Write(&b, shape, data); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// relaxing is a run on two cells, from one to both.
func relaxing(t *testing.T) (*rundir.Manifest, memory) {
	m := &rundir.Manifest{Command: "run", Status: rundir.Done, Title: "two cells",
		Dims: []string{"x"}, Shape: []int{2}, Coordinates: "cartesian"}
	return m, memory{files: map[string][]byte{
		rundir.SeriesCSV:       []byte("t,chi,log_norm\n0,1,0\n1,0.5,-0.7\n2,0.25,-1.4\n"),
		rundir.SummaryFile:     []byte(`{"rate": {"gap": 0.69, "fitted": 0.7, "window": [1, 2]}}`),
		rundir.TimesFile:       array(t, []int{2}, 0, 2),
		rundir.EdgesFile("x"):  array(t, []int{3}, 0, 1, 2),
		rundir.VolumeFile:      array(t, []int{2}, 1, 1),
		rundir.InvariantFile:   array(t, []int{2}, 0.5, 0.5),
		rundir.SnapshotFile(0): array(t, []int{2}, 1, 0),
		rundir.SnapshotFile(1): array(t, []int{2}, 0.625, 0.375),
	}}
}

func names(all []Figure) string {
	var out []string
	for _, f := range all {
		out = append(out, f.Name)
	}
	return strings.Join(out, " ")
}

// What is there is drawn: without a summary, without snapshots, or nothing.
func TestFiguresOfWhatThereIs(t *testing.T) {
	for _, c := range []struct {
		without []string
		want    string
	}{
		{nil, "decay density invariant"},
		{[]string{rundir.SummaryFile}, "decay density invariant"},
		{[]string{rundir.TimesFile}, "decay"},
		{[]string{rundir.SeriesCSV}, ""},
	} {
		m, files := relaxing(t)
		for _, name := range c.without {
			delete(files.files, name)
		}
		all, err := Of(m, files)
		if err != nil || names(all) != c.want {
			t.Errorf("without %q: %q, %v, want %q", c.without, names(all), err, c.want)
		}
		for _, f := range all {
			if err := f.Draw(io.Discard); err != nil {
				t.Errorf("without %q: %s: %v", c.without, f.Name, err)
			}
		}
	}
}

// A file that is no such file is named.
func TestFilesThatAreWrongAreNamed(t *testing.T) {
	_, good := relaxing(t)
	for name := range maps.Keys(good.files) {
		m, files := relaxing(t)
		files.files[name] = []byte("something else")
		files.doubted = []string{name}
		if _, err := Of(m, files); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		if name == rundir.SeriesCSV || name == rundir.SummaryFile || name == rundir.TimesFile {
			continue
		}
		files.files[name] = array(t, []int{4}, 1, 2, 3, 4)
		if _, err := Of(m, files); err == nil ||
			!strings.Contains(err.Error(), name+" has the shape [4]") {
			t.Errorf("%s: %v", name, err)
		}
		delete(files.files, name)
		if _, err := Of(m, files); err == nil ||
			!strings.Contains(err.Error(), "there is no "+name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// u = x y on a square of equal shares has the mean 0 given x, or y, and is its own mean given both:
// that is the plane drawn, of x and y, not of one of them with z.
func TestModesAreShownWhereTheyVary(t *testing.T) {
	m := &rundir.Manifest{Command: "spectrum", Title: "square", Dims: []string{"x", "y", "z"},
		Shape: []int{2, 2, 1}, Coordinates: "cartesian"}
	files := memory{files: map[string][]byte{
		EigenvaluesFile:       array(t, []int{1}, 2),
		ShareFile:             array(t, []int{2, 2, 1}, 0.25, 0.25, 0.25, 0.25),
		ModeFile(0):           array(t, []int{2, 2, 1}, 1, -1, -1, 1),
		rundir.EdgesFile("x"): array(t, []int{3}, -1, 0, 1),
		rundir.EdgesFile("y"): array(t, []int{3}, -1, 0, 1),
		rundir.EdgesFile("z"): array(t, []int{2}, 0, 1),
	}}
	f := &folder{m, files}
	axes, err := f.axes()
	if err != nil {
		t.Fatal(err)
	}
	share, u := []float64{0.25, 0.25, 0.25, 0.25}, []float64{1, -1, -1, 1}
	for _, c := range []struct {
		kept []int
		want float64
	}{{[]int{0, 1}, 1}, {[]int{0, 2}, 0}, {[]int{1, 2}, 0}} {
		if _, variance := project(axes, share, u, c.kept); variance != c.want {
			t.Errorf("the mean given axes %v has the variance %g, want %g", c.kept, variance,
				c.want)
		}
	}
	if all, err := Of(m, files); err != nil || names(all) != "modes" {
		t.Errorf("%q, %v", names(all), err)
	}
}
