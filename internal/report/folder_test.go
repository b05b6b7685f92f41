package report

import (
	"cmp"
	"fmt"
	"math"
	"path/filepath"
	"testing"

	"fpsgd/internal/rundir"
)

// ring is a run on a square of n × n cells in which a density of one cell relaxes, with texts that
// are the same everywhere.
func ring(t *testing.T, name, text string, n, snapshots int) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), name)
	dir, err := rundir.Create(folder, false)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	m := &dir.Manifest
	m.Command, m.Title, m.Equation, m.Landscape, m.Coordinates = "run", text, text, text,
		"cartesian"
	m.Host, m.Version, m.Epsilon = text, text, 0.25
	m.Argv, m.Set = []string{"fpsgd", "run", text}, []string{text}
	m.Dims, m.Shape = []string{"x", "y"}, []int{n, n}
	faces, even := make([]float64, n+1), make([]float64, n*n)
	for i := range faces {
		faces[i] = float64(i) - float64(n)/2
	}
	for i := range even {
		even[i] = 1
	}
	quoted := fmt.Sprintf("%q", text)
	err = cmp.Or(
		dir.WriteArray(rundir.EdgesFile("x"), []int{n + 1}, faces),
		dir.WriteArray(rundir.EdgesFile("y"), []int{n + 1}, faces),
		dir.WriteArray(rundir.VolumeFile, []int{n, n}, even),
		dir.WriteArray(rundir.InvariantFile, []int{n, n}, even),
		dir.WriteArray(rundir.LandscapeFile, []int{n, n}, even), // which a page does not read
		dir.WriteBytes(rundir.ResolvedFile, []byte("[noise]\nmodel = "+quoted+"\n# "+text)),
		dir.WriteBytes(rundir.SeriesCSV, []byte("t,chi,log_norm\n0,1,0\n1,0.5,-0.7\n2,0.2,-1.4\n")),
		dir.WriteBytes(rundir.SummaryFile, []byte(`{"rate": {"gap": 0.693, "exact": 0.7},
			"evidence": [{"holds": true, "text": `+quoted+`}], "notes": [`+quoted+`]}`)),
	)
	times := make([]float64, snapshots)
	for k := range times {
		times[k] = float64(k)
		rho := make([]float64, n*n)
		for i := range rho {
			x, y := faces[i/n], faces[i%n]
			rho[i] = math.Exp(-(x*x + y*y) / (1 + times[k]))
		}
		err = cmp.Or(err, dir.WriteArray(rundir.SnapshotFile(k), []int{n, n}, rho))
	}
	err = cmp.Or(err, dir.WriteArray(rundir.TimesFile, []int{snapshots}, times),
		dir.SaveManifest(rundir.Done))
	if err != nil {
		t.Fatal(err)
	}
	return folder
}
