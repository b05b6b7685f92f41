package report

import (
	"encoding/base64"
	"encoding/csv"
	"errors"
	"fmt"
	"html/template"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"fpsgd/internal/rundir"
)

// The files of a sweep's folder.
const (
	sweepFile   = "sweep.json"
	tableFile   = "table.csv"
	timingsFile = "timings.csv"
	plotsFolder = "plots"
)

// Bounds on what is read of a sweep.
const (
	sweepSize    = 16 << 20 // of each file
	mostPictures = 40
	mostCurves   = 64 // points whose decay is drawn
)

// sweep is what is read of sweep.json.
type sweep struct {
	Schema  int
	Do      string
	Config  string
	Options []string
	Vary    []struct {
		Key    string
		Values []string
	}
	Zip    bool
	Points []struct {
		Name string
		Set  []string
	}
}

// readSweep reads a sweep: its table and figures as they were collected, and the decay of the norms
// of its points.
func readSweep(folder, name string) (*section, error) {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	content, err := readBounded(root, sweepFile)
	if err != nil {
		return nil, err
	}
	var w sweep
	if err := decodeJSON(sweepFile, content, &w); err != nil {
		return nil, err
	}
	if w.Schema != 1 {
		return nil, fmt.Errorf("%s has schema %d, and this program reads 1: use the fpsgd that "+
			"wrote it", sweepFile, w.Schema)
	}
	s := &section{Name: "sweep " + name, Command: "sweep", Asked: w.asked()}
	if err := s.collected(root); err != nil {
		return nil, err
	}
	return s, s.points(folder, &w)
}

// asked tells what is varied.
func (w *sweep) asked() []fact {
	out := []fact{{"command", "fpsgd sweep " + w.Config + " --do " + w.Do}}
	if len(w.Options) > 0 {
		out = append(out, fact{"options", strings.Join(w.Options, " ")})
	}
	for _, v := range w.Vary {
		out = append(out, fact{"varied: " + v.Key, strings.Join(v.Values, ", ")})
	}
	how := "all combinations"
	if w.Zip {
		how = "values side by side"
	}
	return append(out, fact{"points", fmt.Sprintf("%d, %s", len(w.Points), how)})
}

// collected are the tables and the figures that the sweep has.
func (s *section) collected(root *os.Root) error {
	for _, t := range []struct{ file, caption string }{
		{tableFile, "Results, point by point"}, {timingsFile, "Seconds, point by point"},
	} {
		content, err := readBounded(root, t.file)
		if errors.Is(err, fs.ErrNotExist) {
			if t.file == tableFile {
				s.Warning = "It has not been collected: there is no table of its points yet."
			}
			continue
		}
		if err != nil {
			return err
		}
		table, err := tableOf(t.caption, content)
		if err != nil {
			return fmt.Errorf("%s: %w", t.file, err)
		}
		s.Tables = append(s.Tables, table)
	}
	return s.pictures(root)
}

// pictures are the PNG that the sweep has.
func (s *section) pictures(root *os.Root) error {
	entries, err := fs.ReadDir(root.FS(), plotsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		name, isPNG := strings.CutSuffix(e.Name(), ".png")
		if !isPNG || strings.HasPrefix(name, ".") {
			continue
		}
		if len(s.Pictures) == mostPictures {
			s.Notes = append(s.Notes, fmt.Sprintf("of the figures in %s the first %d are shown",
				plotsFolder, mostPictures))
			break
		}
		content, err := readBounded(root, plotsFolder+"/"+e.Name())
		if err != nil {
			return err
		}
		if !strings.HasPrefix(string(content), "\x89PNG\r\n\x1a\n") {
			return fmt.Errorf("%s/%s is no PNG", plotsFolder, e.Name())
		}
		s.Pictures = append(s.Pictures, picture{name, template.URL("data:image/png;base64," +
			base64.StdEncoding.EncodeToString(content))})
	}
	return nil
}

// tableOf is a table of CSV, in which a column R_error is the ± of R.
func tableOf(caption string, content []byte) (table, error) {
	rows, err := csv.NewReader(strings.NewReader(string(content))).ReadAll()
	if err != nil {
		return table{}, err
	}
	if len(rows) == 0 {
		return table{}, errors.New("it is empty")
	}
	t := table{Caption: caption}
	for k, name := range rows[0] {
		base, isError := strings.CutSuffix(name, "_error")
		switch {
		case isError && k > 0 && rows[0][k-1] == base:
			t.Head = append(t.Head, "±")
		default:
			t.Head = append(t.Head, strings.ReplaceAll(name, "_", " "))
		}
	}
	for _, row := range rows[1:] {
		for k, cell := range row {
			digits := 7
			if t.Head[k] == "±" {
				digits = 2
			}
			if x, err := strconv.ParseFloat(cell, 64); err == nil && k > 0 && !math.IsNaN(x) {
				row[k] = number(x, digits)
			}
		}
		t.Rows = append(t.Rows, row)
	}
	return t, nil
}

// points tells what became of the points, and draws the decay of those that are runs.
func (s *section) points(folder string, w *sweep) error {
	norms := chart{Title: "Decay of the norms", X: scale{Label: "t"},
		Y: scale{"‖u−⟨u⟩‖(t) / ‖u−⟨u⟩‖(0)", true}}
	states := map[string]int{}
	for _, p := range w.Points {
		if !filepath.IsLocal(p.Name) {
			return fmt.Errorf("%s: the point %q is no folder in it", sweepFile, p.Name)
		}
		state, err := s.point(filepath.Join(folder, p.Name), p.Name, &norms)
		if err != nil {
			return fmt.Errorf("%s: %w", rundir.Quote(p.Name), err)
		}
		states[state]++
	}
	var text []string
	for state, n := range states {
		text = append(text, fmt.Sprintf("%d %s", n, state))
	}
	slices.Sort(text)
	s.Asked = append(s.Asked, fact{"state", strings.Join(text, ", ")})
	if n := states[string(rundir.Done)]; n < len(w.Points) {
		s.Warning = strings.TrimSpace(fmt.Sprintf("%d of %d points are done. %s", n,
			len(w.Points), s.Warning))
	}
	if len(norms.Curves) > 0 {
		s.Charts = append(s.Charts, norms)
	}
	return nil
}

// point reads the manifest and the series of a point.
func (s *section) point(folder, name string, norms *chart) (state string, err error) {
	v, err := rundir.Look(folder)
	if errors.Is(err, fs.ErrNotExist) {
		return "missing", nil
	}
	if err != nil {
		return "", err
	}
	defer v.Close()
	if len(s.Versions) == 0 {
		s.when(&v.Manifest)
		s.Timings, s.Versions = nil, s.Versions[:2]
	}
	if v.Manifest.Command != "run" || len(norms.Curves) == mostCurves {
		return string(v.Manifest.Status), nil
	}
	series, err := historyOf(v)
	if err == nil && len(series["t"]) > 1 && series["log_norm"] != nil {
		y, _, _ := history{t: series["t"], logNorm: series["log_norm"]}.relative()
		norms.Tables = append(norms.Tables, []column{series["t"], y})
		norms.Curves = append(norms.Curves, curve{name, "line", len(norms.Curves)})
	}
	return string(v.Manifest.Status), err
}

// readBounded reads a regular file of a folder.
func readBounded(root *os.Root, name string) ([]byte, error) {
	info, err := root.Lstat(name)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() || info.Size() > sweepSize {
		return nil, fmt.Errorf("%s is no regular file of at most %d bytes", name, sweepSize)
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, sweepSize))
}
