package report

import (
	"bytes"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"fpsgd/internal/rundir"
)

// Whatever a user writes is text: a page has the elements that it has with harmless texts, and its
// data are JSON in which no element ends.
func TestTextsOfUsersAreText(t *testing.T) {
	const evil = `</script><script>alert(1)</script><img src=x onerror=alert(2)>"'{{.}}&lt;` +
		` style="position:fixed"`
	elements := regexp.MustCompile(`<[a-z/!][a-z0-9]*`)
	count := func(text, name string) map[string]int {
		page, err := Of(ring(t, name, text, 4, 2))
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(page, []byte("<script>alert")) || bytes.Contains(page,
			[]byte("<img src=x")) || bytes.Contains(page, []byte(`style="pos`)) {
			t.Errorf("%q is in the page as it is", text)
		}
		out := map[string]int{}
		for _, e := range elements.FindAll(page, -1) {
			out[string(e)]++
		}
		return out
	}
	want, got := count("harmless", "harmless"), count(evil, `<img src=x onerror=alert(3)>`)
	for name, n := range got {
		// lines of figures are cut off where they are too long, and scripts parted
		if name != "<text" && name != "</text" && name != "<g" && name != "</g" && n != want[name] {
			t.Errorf("%d elements %s, and %d with harmless texts", n, name, want[name])
		}
	}
}

// The same folders give the same bytes, with no time in them but theirs.
func TestPagesAreTheSameBytes(t *testing.T) {
	a, b := ring(t, "a", "A", 8, 3), ring(t, "b", "B", 8, 3)
	first, err := Of(a, b)
	if err != nil {
		t.Fatal(err)
	}
	again, err := Of(a, b)
	if err != nil || !bytes.Equal(first, again) {
		t.Errorf("the second page differs (%v)", err)
	}
	other, err := Of(b, a)
	if err != nil || bytes.Equal(first, other) {
		t.Errorf("the order of folders makes no difference (%v)", err)
	}
	if !bytes.HasPrefix(first, []byte(mark)) {
		t.Errorf("a page begins with %q", first[:len(mark)])
	}
}

// Side by side there is the first figure of every folder, and nothing under "exact" that is not.
func TestSideBySide(t *testing.T) {
	p := page{Sections: []*section{
		{Name: "a", Tables: []table{{Head: []string{"", "cells"}}, {Head: columnsOfResults,
			Rows: [][]string{{"gap", "2.0", "0.1", "2", "1/time", "a remark"}}}}},
		{Name: "b", Tables: []table{{Head: []string{"", "on this grid", "±", "extrapolated", "±",
			"unit"}, Rows: [][]string{{"time", "3.00", "0.05", "3.01", "0.01", "time"}}}}},
		{Name: "c"},
	}}
	p.compare()
	want := [][]string{{"a", "gap", "2.0", "0.1", "2", "1/time"},
		{"b", "time", "3.00", "0.05", "", "time"}}
	if len(p.Overview) != 1 || !reflect.DeepEqual(p.Overview[0].Rows, want) {
		t.Errorf("%q, want %q", p.Overview, want)
	}
}

// The policy names what is in the page, and nothing in the page asks for more.
func TestPolicyNamesWhatIsInThePage(t *testing.T) {
	page, err := Of(ring(t, "run", "run", 4, 2))
	if err != nil {
		t.Fatal(err)
	}
	text := string(page)
	for _, part := range []string{"default-src &#39;none&#39;", "<style>" + style + "</style>",
		"<script>" + uplot + "</script>", "<script>" + ours + "</script>"} {
		if !strings.Contains(text, part) {
			t.Errorf("the page has no %.40q", part)
		}
	}
	for _, forbidden := range []string{` style="`, ` src="http`, ` href="http`, ` onclick=`,
		"@import", "url("} {
		if strings.Contains(text, forbidden) {
			t.Errorf("the page has %q", forbidden)
		}
	}
}

// A page of 128 × 128 cells at 20 times is not larger than can be mailed, nor are larger ones.
func TestSizesOfPages(t *testing.T) {
	const most = 1_500_000
	for _, n := range []int{128, 300} {
		page, err := Of(ring(t, "run", "run", n, 20))
		if err != nil {
			t.Fatal(err)
		}
		if len(page) > most {
			t.Errorf("%d² cells at 20 times: %d bytes", n, len(page))
		}
		merged := strings.Contains(string(page), "shown by means over blocks")
		if merged != (n == 300) {
			t.Errorf("%d² cells: merged %t", n, merged)
		}
	}
}

// A file that is not what was written is named; what its owner may change is told.
func TestDamageIsNamed(t *testing.T) {
	folder := ring(t, "run", "run", 4, 2)
	change := func(name string) {
		path := filepath.Join(folder, name)
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		content[len(content)-1] ^= 1
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{rundir.SummaryFile, rundir.SnapshotFile(1), rundir.VolumeFile,
		rundir.LandscapeFile} {
		change(name)
		if _, err := Of(folder); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
		change(name)
	}
	if _, err := Of(folder); err != nil {
		t.Error(err)
	}
}

// Only pages of ours are replaced, and none is put where a manifest does not know of it.
func TestWherePagesMayGo(t *testing.T) {
	run := ring(t, "run", "run", 4, 2)
	dir := t.TempDir()
	write := func(name, content string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for _, c := range []struct {
		path, refusal string
		force         bool
	}{
		{filepath.Join(dir, "new.html"), "", false},
		{write("ours.html", mark+"…"), "", false},
		{write("empty.html", ""), "no report of fpsgd", false},
		{write("mine.html", "<!doctype html>"), "no report of fpsgd", false},
		{write("mine.html", "<!doctype html>"), "", true},
		{dir, "is a folder", true},
		{filepath.Join(run, "report.html"), "lies in the run directory", true},
		{filepath.Join(run, "plots", "report.html"), "lies in the run directory", true},
	} {
		err := Check(c.path, c.force)
		if (err == nil) != (c.refusal == "") ||
			err != nil && !strings.Contains(err.Error(), c.refusal) {
			t.Errorf("%s, force %t: %v, want %q", c.path, c.force, err, c.refusal)
		}
	}
}

// The vendored library is the release that the footer names.
func TestVendoredLibrary(t *testing.T) {
	const release = "uPlot (v1.6.32)" // npm uplot@1.6.32
	for name, want := range map[string]string{
		"uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
		"uPlot.min.css":     "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
		"LICENSE":           "8f989229699b4fe2f1a0432d0e9edc338a8a911e250e2d1b01ecd770a5f5b1bd",
	} {
		if got := rundir.SumOf([]byte(asset("uplot/" + name))); got != want {
			t.Errorf("%s has the SHA-256 %s, want %s", name, got, want)
		}
	}
	if !strings.Contains(uplot, release) || !strings.Contains(uplot, "Copyright (c) 2022 Leon") {
		t.Errorf("the script does not say that it is %s, and whose", release)
	}
}
