package figures

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
	"io"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"fpsgd/internal/hostile"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// manifestOf is where a folder in memory has its manifest.
const manifestOf = rundir.ManifestFile

// folders are one of every command that has figures, on axes of three and two cells.
func folders(f testing.TB) (all []map[string][]byte) {
	array := func(shape []int, data ...float64) []byte {
		n := 1
		for _, extent := range shape {
			n *= extent
		}
		for i := len(data); i < n; i++ {
			data = append(data, 1/float64(2+i))
		}
		var b bytes.Buffer
		if err := npy.Write(&b, shape, data); err != nil {
			f.Fatal(err)
		}
		return b.Bytes()
	}
	add := func(command string, axes int, files map[string][]byte) {
		m := rundir.Manifest{Command: command, Title: "t", Coordinates: "cartesian"}
		extents := []int{3, 2, 2}[:axes]
		for k, n := range extents {
			name := []string{"x", "y", "z"}[k]
			m.Dims, m.Shape = append(m.Dims, name), append(m.Shape, n)
			files[rundir.EdgesFile(name)] = array([]int{n + 1}, []float64{0, 1, 2, 4}[:n+1]...)
			faces := slices.Clone(extents)
			faces[k]++
			files[EscapeCurrentFile(name)] = array(faces)
		}
		for _, name := range []string{rundir.VolumeFile, rundir.InvariantFile, ShareFile,
			rundir.SnapshotFile(0), rundir.SnapshotFile(1), ModeFile(0), ModeFile(1), MeanTimeFile,
			CommittorFile, QuasiStationaryFile, HistogramFile(1)} {
			files[name] = array(extents)
		}
		text, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		files[manifestOf] = text
		all = append(all, files)
	}
	for axes := 1; axes <= 3; axes++ {
		add("run", axes, map[string][]byte{
			rundir.SeriesCSV: []byte("t,chi,log_norm,time_error,norm_error\n0,1,0,0,0\n" +
				"1,0.5,-0.7,1e-3,1e-4\n2,0.25,-1.4,,\n"),
			rundir.SummaryFile: []byte(`{"rate": {"gap": 0.69, "fitted": 0.7, "window": [1, 2]}}`),
			rundir.TimesFile:   array([]int{2}, 0, 2)})
		add("spectrum", axes, map[string][]byte{EigenvaluesFile: array([]int{2}, 1, 2)})
		add("escape", axes, map[string][]byte{})
		add("ensemble", axes, map[string][]byte{
			EnsembleFile: []byte(`{"particles": 100, "times": [0, 1]}`)})
	}
	add("converge", 1, map[string][]byte{ConvergenceFile: []byte(`{"in": "space", "reference": "r",
		"levels": [{"cells": [8], "error_l1": 0.1, "error_chi": 0.2, "gap": 1.9},
			{"cells": [16], "error_l1": 0.03, "gap": 1.95}, {"cells": [32], "step": 0.5}],
		"limits": {"gap": {"value": 2, "error": 1e-3}}}`)})
	return all
}

// FuzzFigures: whatever one of the files of a folder holds, it is refused or there are figures. Of
// some of these each is drawn.
func FuzzFigures(f *testing.F) {
	all := folders(f)
	var names [][]string
	var seeds [][]byte
	for i, files := range all {
		names = append(names, slices.Sorted(maps.Keys(files)))
		for k, name := range names[i] {
			seeds = append(seeds, append([]byte{byte(i), byte(k)}, files[name]...))
		}
	}
	hostile.Fuzz(f, hostile.Kind{Name: "files of figures", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte { // the array, with other numbers
			content := bytes.Clone(hostile.Pick(r, seeds))
			end := bytes.Index(content, []byte(", }"))
			if !bytes.HasPrefix(content[2:], []byte("\x93NUMPY")) || end < 0 {
				return content
			}
			numbers := []float64{0, -1, 1, 1e-300, 5e-324, 1e300, math.MaxFloat64, -1e308,
				math.Inf(1), math.Inf(-1), math.NaN(), 1 + 0x1p-52, 1e17}
			for at := len(content) - 8; at >= 130; at -= 8 {
				if r.IntN(3) == 0 {
					binary.LittleEndian.PutUint64(content[at:],
						math.Float64bits(hostile.Pick(r, numbers)))
				}
			}
			return content
		},
	}, func(t testing.TB, input []byte) {
		if len(input) < 2 {
			return
		}
		i := int(input[0]) % len(all)
		files := maps.Clone(all[i])
		files[names[i][int(input[1])%len(names[i])]] = input[2:]
		var m rundir.Manifest
		if json.Unmarshal(files[manifestOf], &m) != nil {
			return
		}
		figures, err := Of(&m, memory{files: files})
		if err != nil || sha256.Sum256(input)[0] > drawn {
			return
		}
		for _, figure := range figures {
			figure.Draw(io.Discard) // an error where numbers cannot be drawn
		}
	})
}

// drawn of 256 folders have their figures drawn, which takes a hundred times as long as reading.
const drawn = 8
