package sweep

import (
	"cmp"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/npy"
	"fpsgd/internal/rundir"
)

// Status is what there is of a point.
type Status string

// What there may be of a point: what its manifest says or, where there is none, or files are not
// what it says, that.
const (
	Done               = Status(rundir.Done)
	Failed             = Status(rundir.Failed)
	Interrupted        = Status(rundir.Interrupted)
	Running            = Status(rundir.Running) // another process is at it
	Missing     Status = "missing"
	Damaged     Status = "damaged"
)

// Look tells what there is of a point: of its files, each is held against the manifest.
func Look(folder string, p Point) Status {
	path := filepath.Join(folder, p.Name)
	_, err := os.Lstat(filepath.Join(path, rundir.ManifestFile))
	if errors.Is(err, fs.ErrNotExist) {
		return Missing
	}
	report, err := rundir.Verify(path)
	switch {
	case report.Owner != nil:
		return Running
	case err != nil:
		return Damaged
	case report.Manifest.Status == rundir.Running:
		return Interrupted // it was killed
	}
	for _, problem := range report.Problems {
		if problem.Kind != rundir.Extra {
			return Damaged
		}
	}
	return Status(report.Manifest.Status)
}

// Table is what the points of a sweep have found.
type Table struct {
	Plan    *Plan
	Status  []Status
	Seconds []float64 // that points took, NaN if that is not known
	Results []Result
}

// Result is one of all points; NaN where it is not known.
type Result struct {
	Name                  string
	Values, Errors, Exact []float64 // Errors: half-widths of bars; of an ensemble standard errors
}

// HasErrors reports whether a bar is known.
func (r *Result) HasErrors() bool { return known(r.Errors) }

// HasExact reports whether an exact value is known.
func (r *Result) HasExact() bool { return known(r.Exact) }

// Collect reads what the points in a folder have found; of those that are not done nothing.
func Collect(folder string, p *Plan) *Table {
	t := &Table{Plan: p}
	docs := make([]any, len(p.Points))
	for i, point := range p.Points {
		status := Look(folder, point)
		if status == Done {
			var err error
			if docs[i], err = read(filepath.Join(folder, point.Name), Commands[p.Do]); err != nil {
				status = Damaged
			}
		}
		seconds, _ := at(docs[i], "wall_s")
		if math.IsNaN(seconds) {
			seconds, _ = at(docs[i], "seconds")
		}
		t.Status, t.Seconds = append(t.Status, status), append(t.Seconds, seconds)
	}
	for _, r := range unrolled(results[p.Do], docs) {
		column := Result{Name: r.name}
		for _, doc := range docs {
			value, _ := at(doc, r.value)
			off, _ := at(doc, r.error)
			exact, _ := at(doc, r.exact)
			column.Values, column.Errors = append(column.Values, value), append(column.Errors, off)
			column.Exact = append(column.Exact, exact)
		}
		if known(column.Values) {
			t.Results = append(t.Results, column)
		}
	}
	return t
}

// read decodes the JSON of a point, which is held against its manifest.
func read(path, name string) (doc any, err error) {
	view, err := rundir.Look(path)
	if err != nil {
		return nil, err
	}
	defer view.Close()
	text, err := view.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return doc, json.Unmarshal(text, &doc)
}

// known reports whether any number is.
func known(x []float64) bool {
	for _, v := range x {
		if !math.IsNaN(v) {
			return true
		}
	}
	return false
}

// Columns are those of the table: the points and what there is of them, the varied keys, as numbers
// where all of their values are, and the results, each with its ± and its exact values where any is
// known.
func (t *Table) Columns() []npy.Column {
	points, status := npy.Column{Name: "point"}, npy.Column{Name: "status"}
	for i, p := range t.Plan.Points {
		points.Texts = append(points.Texts, p.Name)
		status.Texts = append(status.Texts, string(t.Status[i]))
	}
	out := []npy.Column{points, status}
	for k, v := range t.Plan.Vary {
		column := npy.Column{Name: v.Key, Numbers: t.Numbers(k)}
		if column.Numbers == nil {
			for _, p := range t.Plan.Points {
				column.Texts = append(column.Texts, canonical(p.Value(k)))
			}
		}
		out = append(out, column)
	}
	for _, r := range t.Results {
		out = append(out, npy.Column{Name: r.Name, Numbers: r.Values})
		if r.HasErrors() {
			out = append(out, npy.Column{Name: r.Name + "_error", Numbers: r.Errors})
		}
		if r.HasExact() {
			out = append(out, npy.Column{Name: r.Name + "_exact", Numbers: r.Exact})
		}
	}
	return out
}

// Numbers are the values of the k-th varied key point by point, nil if one is no number.
func (t *Table) Numbers(k int) []float64 {
	var out []float64
	for _, p := range t.Plan.Points {
		x, err := strconv.ParseFloat(p.Value(k), 64)
		if err != nil || !finite(x) {
			return nil
		}
		out = append(out, x)
	}
	return out
}

// Write writes the table, what it took, and load.py into the folder.
func (t *Table) Write(folder string) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	tidy(root)
	write := func(name string, write func(io.Writer) error) error {
		_, err := atomicfile.WriteIn(root, name, write)
		return err
	}
	columns := t.Columns()
	return cmp.Or(
		write(TableCSV, func(w io.Writer) error { return writeCSV(w, columns) }),
		write(TableNpz, func(w io.Writer) error { return npy.WriteTable(w, columns) }),
		write(TimingsFile, func(w io.Writer) error {
			return writeCSV(w, []npy.Column{columns[0], {Name: "seconds", Numbers: t.Seconds}})
		}),
		write(rundir.LoaderFile, func(w io.Writer) error {
			_, err := w.Write(rundir.Loader())
			return err
		}))
}

// tidy removes the temporary files beside the points that processes which were killed have left:
// those that nobody has written to for an hour.
func tidy(root *os.Root) {
	for _, folder := range []string{".", "plots"} {
		entries, _ := fs.ReadDir(root.FS(), folder)
		for _, e := range entries {
			info, err := e.Info()
			if err == nil && atomicfile.TemporaryOf(e.Name()) != "" &&
				time.Since(info.ModTime()) > time.Hour {
				atomicfile.Remove(root, filepath.Join(folder, e.Name()))
			}
		}
	}
}

// writeCSV writes a line of names, and then one a row: numbers with the fewest digits that read
// back as the same, and nothing for those that are not known.
func writeCSV(w io.Writer, columns []npy.Column) error {
	to := csv.NewWriter(w)
	row := make([]string, len(columns))
	for k, c := range columns {
		row[k] = c.Name
	}
	to.Write(row)
	for i := range columns[0].Texts {
		for k, c := range columns {
			switch {
			case c.Numbers == nil:
				row[k] = c.Texts[i]
			case math.IsNaN(c.Numbers[i]):
				row[k] = ""
			default:
				row[k] = strconv.FormatFloat(c.Numbers[i], 'g', -1, 64)
			}
		}
		to.Write(row)
	}
	to.Flush()
	return to.Error() // the first of all rows
}

// Foremost are the results that are looked at first: those with an error bar or an exact
// value or, where there are none, the first of all; three at most.
func (t *Table) Foremost() []Result {
	const most = 3
	var out []Result
	for _, r := range t.Results {
		if (r.HasErrors() || r.HasExact()) && len(out) < most {
			out = append(out, r)
		}
	}
	if out == nil {
		out = t.Results[:min(most, len(t.Results))]
	}
	return out
}

// MarshalJSON writes the table point by point. What is not known is null.
func (t *Table) MarshalJSON() ([]byte, error) {
	type number struct {
		Value *float64 `json:"value"`
		Error *float64 `json:"error"`
		Exact *float64 `json:"exact"`
	}
	type row struct {
		Point   string            `json:"point"`
		Set     []string          `json:"set"`
		Status  Status            `json:"status"`
		Seconds *float64          `json:"seconds"`
		Results map[string]number `json:"results"`
	}
	or := func(x float64) *float64 {
		if !finite(x) {
			return nil
		}
		return &x
	}
	rows := []row{}
	for i, p := range t.Plan.Points {
		r := row{p.Name, p.Set, t.Status[i], or(t.Seconds[i]), map[string]number{}}
		for _, c := range t.Results {
			r.Results[c.Name] = number{or(c.Values[i]), or(c.Errors[i]), or(c.Exact[i])}
		}
		rows = append(rows, r)
	}
	return json.Marshal(map[string]any{"do": t.Plan.Do, "points": rows})
}
