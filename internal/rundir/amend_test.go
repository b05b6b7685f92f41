package rundir

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// Whoever adds to a run leaves its status and the time of its end, while it writes too, and a run
// whose files verify.
func TestAmending(t *testing.T) {
	for _, status := range []Status{Done, Interrupted, Failed, Running} {
		d := create(t)
		check(t, d.WriteBytes("plots/a.png", []byte("old")))
		check(t, d.Expect("summary.json"))
		check(t, d.SaveManifest(status))
		check(t, d.Close())
		before, err := ReadManifest(d.Path())
		check(t, err)

		a, err := Amend(d.Path())
		check(t, err)
		check(t, a.WriteBytes("plots/a.png", []byte("new")))
		during, err := ReadManifest(d.Path())
		check(t, err)
		if during.Status != status || !during.Incomplete("plots/a.png") {
			t.Errorf("%s: while it is written the status is %s, planned %v", status, during.Status,
				during.Planned)
		}
		check(t, a.WriteBytes("plots/b.png", []byte("another")))
		check(t, os.WriteFile(filepath.Join(d.Path(), "mine"), nil, 0o666))
		checkError(t, a.WriteBytes("mine", nil), "mine", "no file of this run")
		check(t, os.Remove(filepath.Join(d.Path(), "mine")))
		check(t, a.SaveManifest(Done))
		check(t, a.Close())

		r, err := Verify(d.Path())
		check(t, err)
		m := r.Manifest
		if len(r.Problems)+len(r.Incomplete) > 0 || len(m.Files) != 2 || m.Status != status ||
			m.ID != before.ID {
			t.Errorf("%s: %v, %v, %d files, status %s", status, r.Problems, r.Incomplete,
				len(m.Files), m.Status)
		}
		if (m.Finished == nil) != (status == Running) || m.Finished != nil &&
			!m.Finished.Equal(*before.Finished) {
			t.Errorf("%s: finished %v, was %v", status, m.Finished, before.Finished)
		}
		if got, want := len(m.Planned), len(before.Planned); got != want {
			t.Errorf("%s: planned %v, were %v", status, m.Planned, before.Planned)
		}
	}
}

// A run is read while another process holds it, and nothing is written.
func TestLook(t *testing.T) {
	d := create(t)
	check(t, d.WriteBytes("a", []byte("content")))
	check(t, d.Expect("b"))
	check(t, d.SaveManifest(Running))
	v, err := Look(d.Path())
	check(t, err)
	defer v.Close()
	if text, err := v.ReadFile("a"); err != nil || string(text) != "content" || !v.Has("a") ||
		v.Has("b") {
		t.Errorf("%q, %v, has a %t, b %t", text, err, v.Has("a"), v.Has("b"))
	}
	if _, err := v.ReadFile("b"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a file that is planned: %v", err)
	}
	check(t, os.WriteFile(filepath.Join(d.Path(), "a"), []byte("CONTENT"), 0o666))
	_, err = v.ReadFile("a")
	checkError(t, err, `"a"`, "is not what was written")
	_, err = v.ReadFile("../a")
	checkError(t, err, "does not name a file inside")
	_, err = Look(t.TempDir())
	checkError(t, err, "not a run directory")
}
