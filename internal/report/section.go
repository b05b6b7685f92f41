package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
	"time"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

// section is what a page says of one folder.
type section struct {
	ID, Name string
	Command  string // that made it
	Headline string // the first result
	Warning  string // that it is not complete, or was edited; "" if nothing is to be said
	Equation template.HTML
	Lines    []template.HTML // what it means: SDE, PDE, π
	Asked    []fact
	Config   string // as it ran, in TOML
	Tables   []table
	Charts   []chart
	Scene    *scene
	Drawn    []drawn
	Pictures []picture
	Checks   []check
	Notes    []string
	Timings  []fact
	Versions []fact
}

// fact is a line of a list.
type fact struct{ Name, Value string }

// table is a table of texts, the first of a row its name.
type table struct {
	Caption string
	Head    []string
	Rows    [][]string
}

// drawn is a figure as it is printed.
type drawn struct {
	Name string
	SVG  template.HTML
}

// picture is a PNG that a folder has.
type picture struct {
	Name string
	URL  template.URL
}

// check is a statement on a result that may fail.
type check struct {
	Holds bool
	Text  string
}

// headings are those of figures, which are also what they are read out as.
var headings = map[string]string{
	"decay": "Decay of the norm", "density": "The density in time",
	"invariant": "The density at the end, and π", "modes": "The slowest modes",
	"convergence": "Errors against the resolution", "particles": "Particles and the density",
	"marginals": "Marginals of particles and density",
	"escape":    "Mean time, committor and currents",
}

// heading is that of a figure.
func heading(name string) string {
	if h, ok := headings[name]; ok {
		return h
	}
	return name
}

// sectionOf reads a folder of results, whose fields may take so many values.
func sectionOf(v *rundir.View, name string, values int) (*section, error) {
	m := &v.Manifest
	s := &section{Name: name, Command: m.Command}
	if m.Title != "" && m.Title != name {
		s.Name = m.Title + " (" + name + ")"
	}
	all, err := figures.Of(m, v)
	if err != nil {
		return nil, err
	}
	for _, f := range all {
		svg, err := inlineSVG(f.Draw, heading(f.Name))
		if err != nil {
			return nil, err
		}
		s.Drawn = append(s.Drawn, drawn{heading(f.Name), svg})
	}
	if s.Scene, err = sceneFor(v, values); err != nil {
		return nil, err
	}
	if err := s.ask(v); err != nil {
		return nil, err
	}
	fill := map[string]func(*section, *rundir.View) error{"run": (*section).ofRun,
		"spectrum": (*section).ofSpectrum, "escape": (*section).ofEscape,
		"ensemble": (*section).ofEnsemble, "converge": (*section).ofConvergence}
	if err := fill[m.Command](s, v); err != nil {
		return nil, err
	}
	s.when(m)
	s.headline()
	return s, nil
}

// headline is the first figure that is known of a table of such.
func (s *section) headline() {
	if s.Headline != "" {
		return
	}
	for _, t := range s.Tables {
		if !t.ofResults() || len(t.Rows) == 0 || t.Rows[0][1] == "unknown" {
			continue
		}
		row := t.Rows[0]
		s.Headline = row[0] + ": " + row[1]
		if row[2] != "" {
			s.Headline += " ± " + row[2]
		}
		if row[3] != "" {
			s.Headline += ", " + t.Head[3] + " " + row[3]
		}
		return
	}
}

// ofResults reports whether a table has figures with their ± and another beside them.
func (t table) ofResults() bool { return len(t.Head) > 4 && t.Head[0] == "" && t.Head[2] == "±" }

// first is what the first row has in the column of that name, "" without one.
func (t table) first(column string) string {
	if k := slices.Index(t.Head, column); k >= 0 {
		return t.Rows[0][k]
	}
	return ""
}

// Remarks reports whether the last column of a table has any.
func (t table) Remarks() bool { return t.Head[len(t.Head)-1] == "" }

// when tells times and versions.
func (s *section) when(m *rundir.Manifest) {
	s.Timings = append([]fact{{"started", utc(m.Started)}}, s.Timings...)
	if m.Finished != nil {
		s.Timings = append(s.Timings, fact{"ended", utc(*m.Finished) + ", " +
			m.Finished.Sub(m.Started).Round(time.Millisecond).String() + " later"})
	}
	s.Versions = []fact{{"fpsgd", m.Version}, {"Go", m.Go}, {"machine", m.Host}}
	if m.Executable != "" {
		s.Versions = append(s.Versions, fact{"SHA-256 of the program", m.Executable})
	}
	if len(m.Earlier) > 0 {
		s.Versions = append(s.Versions, fact{"parts by", strings.Join(m.Earlier, ", ")})
	}
	s.Versions = append(s.Versions, fact{"id of the results", m.ID}, fact{"files",
		fmt.Sprintf("%d, each as the manifest says (SHA-256)", len(m.Files))})
}

func utc(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 UTC") }

// readJSON reads a file of a folder into v; one that is not there, where a run did not end, leaves
// it.
func readJSON(v *rundir.View, name string, into any) (found bool, err error) {
	if !v.Has(name) {
		return false, nil
	}
	content, err := v.ReadFile(name)
	if err != nil {
		return false, err
	}
	return true, decodeJSON(name, content, into)
}
