package report

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"fpsgd/internal/figures"
	"fpsgd/internal/rundir"
)

// mostValues is how many values of fields a page has, all folders together, and leastValues how
// many one of many folders has at least. A value takes about a byte.
const (
	mostValues  = 1_200_000
	leastValues = 40_000
)

// Of returns the page of folders: each that of a run, spectrum, escape, ensemble or convergence, or
// that of a sweep of these. An error names the folder, and the file in it that is damaged.
func Of(folders ...string) ([]byte, error) {
	values := max(mostValues/max(len(folders), 1), leastValues)
	p := page{}
	for _, folder := range folders {
		s, err := read(folder, values)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", rundir.Quote(folder), err)
		}
		s.ID = fmt.Sprintf("s%d", len(p.Sections)+1)
		p.Sections = append(p.Sections, s)
	}
	p.compare()
	var b bytes.Buffer
	err := p.write(&b)
	return b.Bytes(), err
}

// ErrNone is of folders that have nothing to report.
var ErrNone = errors.New("there is nothing to report")

// read reads one folder.
func read(folder string, values int) (*section, error) {
	name, err := nameOf(folder)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(filepath.Join(folder, sweepFile)); err == nil {
		return readSweep(folder, name)
	}
	const attempts = 3 // of a run that goes on, and writes its files meanwhile
	for k := 1; ; k++ {
		s, live, err := readOnce(folder, name, values)
		if err == nil || !live || k == attempts {
			return s, err
		}
	}
}

// nameOf is the last part of the path of a folder.
func nameOf(folder string) (string, error) {
	path, err := filepath.Abs(folder)
	return filepath.Base(path), err
}

// readOnce reads a folder that has a manifest, whose process may be writing.
func readOnce(folder, name string, values int) (s *section, live bool, err error) {
	warning, live, err := inspect(folder)
	if err != nil {
		return nil, live, err
	}
	v, err := rundir.Look(folder)
	if err != nil {
		return nil, live, err
	}
	defer v.Close()
	s, err = sectionOf(v, name, values)
	switch {
	case errors.Is(err, figures.ErrNone):
		return nil, live, fmt.Errorf("%w: %w", ErrNone, err)
	case err != nil:
		return nil, live, err
	}
	s.Warning = warning
	return s, live, nil
}

// inspect holds all files against the manifest. What is to be said of a folder that is not
// complete, or in which its owner has changed what nobody reads, is the warning.
func inspect(folder string) (warning string, live bool, err error) {
	r, err := rundir.Verify(folder)
	if err != nil {
		return "", false, err
	}
	live = r.Owner != nil
	var damaged, edited []string
	for _, p := range r.Problems {
		switch {
		case p.Kind == rundir.Extra:
		case p.Path == rundir.ConfigFile || p.Path == rundir.LoaderFile:
			edited = append(edited, p.Path)
		default:
			damaged = append(damaged, p.String())
		}
	}
	if len(damaged) > 0 && !live {
		return "", live, fmt.Errorf("it is damaged, and not to be relied on: %s",
			strings.Join(damaged, "; "))
	}
	switch s := r.Manifest.Status; {
	case live:
		warning = "It is still going on: this is what there was of it."
	case s == rundir.Running:
		warning = "It was killed before its end: this is what it had written until then."
	case s != rundir.Done:
		warning = fmt.Sprintf("It has %s before its end: this is what it had written until then.",
			map[rundir.Status]string{rundir.Failed: "failed",
				rundir.Interrupted: "been interrupted"}[s])
	}
	if len(edited) > 0 {
		warning = strings.TrimSpace(warning + " Changed since it was written, and not used here: " +
			strings.Join(edited, ", ") + ".")
	}
	return warning, live, nil
}

// mark is what a page of ours begins with.
const mark = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="generator" content="fpsgd report">
`
