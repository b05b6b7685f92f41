package atomicfile

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

// writePath is WriteIn of the folder that the file is in.
func writePath(path string, write func(io.Writer) error) (Info, error) {
	root, err := os.OpenRoot(filepath.Dir(path))
	if err != nil {
		return Info{}, fmt.Errorf("writing %s: %w", path, withHint(err))
	}
	defer root.Close()
	return WriteIn(root, filepath.Base(path), write)
}

// checkFolder fails unless dir holds exactly the named files: no temporary file is left behind.
func checkFolder(t *testing.T, dir string, want ...string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, e := range entries {
		got = append(got, e.Name())
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("folder holds %v, want %v", got, want)
	}
}

func checkContent(t *testing.T, path, want string) {
	t.Helper()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != want {
		t.Errorf("%s holds %d bytes %.40q, want %d bytes %.40q", filepath.Base(path), len(got), got,
			len(want), want)
	}
}

func TestWriteReportsWhatItWrote(t *testing.T) {
	for _, content := range []string{"", "ρ", strings.Repeat("0123456789", 50_000)} {
		path := filepath.Join(t.TempDir(), "a.txt")
		info, err := writePath(path, text(content))
		if err != nil {
			t.Fatal(err)
		}
		checkContent(t, path, content)
		checkFolder(t, filepath.Dir(path), "a.txt")
		sum := sha256.Sum256([]byte(content))
		if want := (Info{hex.EncodeToString(sum[:]), int64(len(content))}); info != want {
			t.Errorf("Info = %v, want %v", info, want)
		}
	}
}

func TestFileIsReadableLikeAnyOther(t *testing.T) {
	dir := t.TempDir()
	if _, err := writePath(filepath.Join(dir, "atomic"), text("x")); err != nil {
		t.Fatal(err)
	}
	plain, err := os.Create(filepath.Join(dir, "plain"))
	if err != nil {
		t.Fatal(err)
	}
	plain.Close()
	a, _ := os.Stat(filepath.Join(dir, "atomic"))
	p, _ := os.Stat(filepath.Join(dir, "plain"))
	if a.Mode() != p.Mode() {
		t.Errorf("mode %v, want that of os.Create, %v", a.Mode(), p.Mode())
	}
}

// TestNotVisibleBeforeComplete looks for the file while it is being written.
func TestNotVisibleBeforeComplete(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	_, err := writePath(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<20)); err != nil {
			return err
		}
		if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the file is visible before it is complete (Stat: %v)", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestFailingWriterLeavesNothing(t *testing.T) {
	cause := errors.New("solver diverged at t = 1")
	fail := func(w io.Writer) error {
		if _, err := io.WriteString(w, strings.Repeat("x", 1<<20)); err != nil {
			return err
		}
		return cause
	}
	dir := t.TempDir()
	path := filepath.Join(dir, "a.txt")
	_, err := writePath(path, fail)
	if !errors.Is(err, cause) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %q should wrap %q and name %s", err, cause, path)
	}
	checkFolder(t, dir)

	if _, err := writePath(path, text("old")); err != nil {
		t.Fatal(err)
	}
	if _, err := writePath(path, fail); err == nil {
		t.Fatal("no error")
	}
	checkFolder(t, dir, "a.txt")
	checkContent(t, path, "old")
}

func TestPanickingWriterLeavesNothing(t *testing.T) {
	dir := t.TempDir()
	func() {
		defer func() {
			if recover() == nil {
				t.Error("the panic was swallowed")
			}
		}()
		_, _ = writePath(filepath.Join(dir, "a.txt"), func(io.Writer) error { panic("bug") })
	}()
	checkFolder(t, dir)
}

func TestErrorsNameThePathAndTheCause(t *testing.T) {
	dir := t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o777); err != nil {
		t.Fatal(err)
	}
	for name, cause := range map[string]error{
		"missing/a.txt": os.ErrNotExist,
		"folder":        syscall.EEXIST,
	} {
		path := filepath.Join(dir, name)
		_, err := writePath(path, text("x"))
		if !errors.Is(err, cause) || !strings.HasPrefix(err.Error(), "writing "+path+": ") ||
			strings.Contains(err.Error(), ".tmp") {
			t.Errorf("%s: error %v, want %q without the temporary name", name, err, cause)
		}
	}
	checkFolder(t, dir, "folder")
}

// checkFull requires the one-line error of a full disk.
func checkFull(t *testing.T, err error) {
	t.Helper()
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("error %v, want ENOSPC", err)
	}
	if msg := err.Error(); !strings.Contains(msg, "no space left on device; free some space") ||
		strings.Contains(msg, "\n") {
		t.Errorf("error %q should be one line that says what to do", msg)
	}
}

// TestFullDevice fills Linux's /dev/full, which refuses every byte as a full disk does.
func TestFullDevice(t *testing.T) {
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	defer f.Close()
	_, err = fill(f, "/dev/full", text("x"))
	checkFull(t, err)
}

// TestFullDisk fills a file system of 64 KiB. Mounting it needs root on Linux.
func TestFullDisk(t *testing.T) {
	dir := t.TempDir()
	if out, err := mountTmpfs(dir); err != nil {
		t.Skipf("cannot mount a tmpfs: %v %s", err, out)
	}
	t.Cleanup(func() {
		if err := unmount(dir); err != nil {
			t.Error(err)
		}
	})
	path := filepath.Join(dir, "a.txt")
	if _, err := writePath(path, text("old")); err != nil {
		t.Fatal(err)
	}
	_, err := writePath(path, text(strings.Repeat("x", 1<<20)))
	checkFull(t, err)
	if !strings.Contains(err.Error(), path) {
		t.Errorf("error %q does not name %s", err, path)
	}
	checkFolder(t, dir, "a.txt")
	checkContent(t, path, "old")
}

// TestConcurrentWritesOfOneFile ends with one of the contents, whole.
func TestConcurrentWritesOfOneFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.txt")
	var wg sync.WaitGroup
	for k := range 8 {
		wg.Go(func() {
			if _, err := writePath(path, text(strings.Repeat(fmt.Sprint(k), 100_000))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	checkContent(t, path, strings.Repeat(string(got[:1]), 100_000))
	checkFolder(t, filepath.Dir(path), "a.txt")
}

// Whatever step fails, the old content stays, whole, and nothing else does; but for the last, after
// which the new content may not survive a power cut.
func TestEveryStepMayFail(t *testing.T) {
	defer func() { Inject = nil }()
	for _, fault := range []Operation{Create, Append, Sync, Rename, SyncName} {
		Inject = nil
		dir := t.TempDir()
		path := filepath.Join(dir, "a.txt")
		if _, err := writePath(path, text("old")); err != nil {
			t.Fatal(err)
		}
		Inject = func(op Operation, of string) error {
			if op == fault && of == path {
				return syscall.ENOSPC
			}
			return nil
		}
		_, err := writePath(path, text("new"))
		checkFull(t, err)
		checkFolder(t, dir, "a.txt")
		want := "old"
		if fault == SyncName {
			want = "new"
		}
		checkContent(t, path, want)
	}
}

// Links out of a root are not followed.
func TestLinksOutOfARoot(t *testing.T) {
	dir, outside := t.TempDir(), t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	if _, err := WriteIn(root, "link/a.txt", text("x")); err == nil {
		t.Error("a link out of the root was followed")
	}
	checkFolder(t, outside)
}

func TestTemporaryNames(t *testing.T) {
	if name := TemporaryName("a.npy"); TemporaryOf(name) != "a.npy" {
		t.Errorf("%s is of %q", name, TemporaryOf(name))
	}
	for _, name := range []string{"a.npy", ".a.npy.tmp", "a.npy.0123456789abcdef.tmp",
		".a.npy.0123456789ABCDEF.tmp", "..0123456789abcdef.tmp"} {
		if of := TemporaryOf(name); of != "" {
			t.Errorf("%s is taken for a temporary file of %q", name, of)
		}
	}
}

func mountTmpfs(dir string) (output []byte, err error) {
	return exec.Command("mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", dir).CombinedOutput()
}

func unmount(dir string) error {
	return exec.Command("umount", dir).Run()
}

// Of many that create one file at once one does, and all others find it there, whole.
func TestCreateAtOnce(t *testing.T) {
	for range 20 {
		root, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		defer root.Close()
		var group sync.WaitGroup
		errs := make([]error, 8)
		for k := range errs {
			group.Go(func() {
				_, errs[k] = CreateIn(root, "file", func(w io.Writer) error {
					_, err := fmt.Fprintf(w, "%d", k)
					return err
				})
			})
		}
		group.Wait()
		content, err := root.ReadFile("file")
		if err != nil {
			t.Fatal(err)
		}
		for k, err := range errs {
			if mine := string(content) == fmt.Sprint(k); mine != (err == nil) ||
				!mine && !errors.Is(err, fs.ErrExist) {
				t.Errorf("%d: %v, and the file is that of %s", k, err, content)
			}
		}
		entries, err := fs.ReadDir(root.FS(), ".")
		if err != nil || len(entries) != 1 {
			t.Errorf("%v, %v", entries, err)
		}
	}
}
