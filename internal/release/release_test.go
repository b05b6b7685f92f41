package main

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"io"
	"slices"
	"testing"
	"testing/fstest"
	"time"
)

var (
	someFiles = []file{{"fpsgd", 0o755, []byte("program")}, {"man/man1/fpsgd.1", 0o644,
		[]byte("page")}}
	someTime = time.Date(2026, 1, 2, 3, 4, 6, 0, time.UTC)
)

// An archive has the files, their modes and the time that is given, and nothing of now and here.
func TestTarball(t *testing.T) {
	var one, two bytes.Buffer
	for _, w := range []io.Writer{&one, &two} {
		if err := tarball(w, "f", someFiles, someTime); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(one.Bytes(), two.Bytes()) {
		t.Error("twice the same files make different bytes")
	}
	z, err := gzip.NewReader(&one)
	if err != nil {
		t.Fatal(err)
	}
	if !z.ModTime.IsZero() {
		t.Errorf("it was packed at %v", z.ModTime)
	}
	r := tar.NewReader(z)
	for _, f := range someFiles {
		h, err := r.Next()
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(data, f.data) || h.Name != "f/"+f.name ||
			h.FileInfo().Mode() != f.mode || !h.ModTime.Equal(someTime) || h.Uname != "" ||
			h.Uid != 0 {
			t.Errorf("%+v, %q, %v", h, data, err)
		}
	}
	if _, err := r.Next(); err != io.EOF {
		t.Errorf("after the last file: %v", err)
	}
}

func TestZip(t *testing.T) {
	var b bytes.Buffer
	if err := zipped(&b, "f", someFiles, someTime); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(bytes.NewReader(b.Bytes()), int64(b.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range someFiles {
		h := r.File[i]
		if h.Name != "f/"+f.name || h.Mode() != f.mode || !h.Modified.Equal(someTime) {
			t.Errorf("%+v", h)
		}
	}
}

// What lies in the module with a licence of its own is found, and the module's own is none of
// these.
func TestLicensed(t *testing.T) {
	got, err := licensed(fstest.MapFS{
		"LICENSE": {}, "a/b/LICENSE": {}, "a/c/main.go": {}, ".git/LICENSE": {},
		"dist/x/LICENSE": {},
	})
	if err != nil || !slices.Equal(got, []string{"a/b"}) {
		t.Errorf("%v, %v", got, err)
	}
}
