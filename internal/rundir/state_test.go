package rundir

import (
	"errors"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/program"
)

type state struct{ W []float64 }

var thisProgram = program.Identity{Version: "1"}

// crash leaves a folder as a process does that is killed.
func (d *Dir) crash() {
	if d.hold.file != nil {
		d.hold.file.Close()
	}
	d.root.Close()
}

// killed makes a run that was killed after a checkpoint, in the middle of what comes after it.
func killed(t *testing.T) *Dir {
	t.Helper()
	d := create(t)
	check(t, d.WriteBytes(ConfigFile, []byte("config")))
	check(t, d.WriteBytes(ResolvedFile, []byte("resolved")))
	check(t, d.HoldBack(100))
	check(t, d.Expect(SnapshotFile(0), SnapshotFile(1), TimesFile, SeriesCSV, CheckpointFile))
	check(t, d.WriteBytes(SnapshotFile(0), []byte("first")))
	check(t, d.WriteBytes(TimesFile, []byte("0")))
	check(t, d.WriteBytes(SeriesCSV, []byte("0")))
	check(t, d.WriteCheckpoint(thisProgram, []byte("resolved"), state{[]float64{1, 2}}))
	check(t, d.SaveManifest(Running))
	check(t, d.WriteBytes(TimesFile, []byte("0 1")))
	check(t, d.WriteBytes(SnapshotFile(1), []byte("second")))
	put(t, d, "rho/.000001.npy.0123456789abcdef.tmp", "in part")
	d.crash()
	return d
}

// goOn reads the checkpoint of a run and adopts it.
func goOn(t *testing.T, path string) (*Dir, state, error) {
	t.Helper()
	d, err := Open(path)
	if err != nil {
		return nil, state{}, err
	}
	var s state
	o, err := d.ReadCheckpoint(&s)
	if err == nil {
		err = d.Adopt(o)
	}
	if err != nil {
		check(t, d.Close())
		return nil, s, err
	}
	return d, s, nil
}

func TestKilledRunIsWholeAndGoesOn(t *testing.T) {
	d := killed(t)
	report, err := Verify(d.Path())
	check(t, err)
	if report.Owner != nil || len(report.Problems) > 0 || report.Manifest.Status != Running {
		t.Errorf("verify of a killed run: %+v", report)
	}
	again, s, err := goOn(t, d.Path())
	check(t, err)
	if !slices.Equal(s.W, []float64{1, 2}) {
		t.Errorf("state %v", s)
	}
	if _, err := os.Lstat(filepath.Join(d.Path(),
		"rho/.000001.npy.0123456789abcdef.tmp")); err == nil {
		t.Error("a temporary file is left")
	}
	check(t, again.WriteBytes(SnapshotFile(1), []byte("second")))
	check(t, again.WriteBytes(TimesFile, []byte("0 1")))
	check(t, again.WriteBytes(SeriesCSV, []byte("0 1")))
	check(t, again.WriteCheckpoint(thisProgram, []byte("resolved"), state{[]float64{3}}))
	check(t, again.ThrowOff())
	check(t, again.SaveManifest(Done))
	check(t, again.Close())
	report, err = Verify(d.Path())
	check(t, err)
	if len(report.Problems) > 0 || len(report.Incomplete) > 0 || len(report.Manifest.Planned) > 0 {
		t.Errorf("verify in the end: %+v", report)
	}
}

// A run that starts again in its folder lists what it writes there, even what the old one had
// listed.
func TestRestartListsItsFiles(t *testing.T) {
	d := killed(t)
	d, err := Open(d.Path())
	check(t, err)
	check(t, d.Restart())
	check(t, d.HoldBack(100))
	check(t, d.WriteBytes(ConfigFile, []byte("config")))
	check(t, d.SaveManifest(Running))
	d.crash()
	report, err := Verify(d.Path())
	check(t, err)
	if len(report.Problems) > 0 {
		t.Errorf("%v", report.Problems)
	}
}

// What a kill leaves at any step of any write is known to be the run's, and goes on: from the
// checkpoint if there is one.
func TestKilledAtAnyStep(t *testing.T) {
	defer func() { atomicfile.Inject = nil }()
	script := func(d *Dir) {
		for k, step := range []func() error{
			func() error { return d.HoldBack(100) },
			func() error { return d.WriteBytes(ConfigFile, []byte("config")) },
			func() error { return d.Expect(SnapshotFile(0), SnapshotFile(1)) },
			func() error { return d.WriteBytes(SnapshotFile(0), []byte("first")) },
			func() error { return d.WriteBytes(TimesFile, []byte("0")) },
			func() error {
				return d.WriteCheckpoint(thisProgram, []byte("config"), state{[]float64{1}})
			},
			func() error { return d.SaveManifest(Running) },
			func() error { return d.WriteBytes(SnapshotFile(1), []byte("second")) },
			func() error { return d.WriteBytes(TimesFile, []byte("0 1")) },
			func() error {
				return d.WriteCheckpoint(thisProgram, []byte("config"), state{[]float64{2}})
			},
			func() error { return d.WriteBytes(SummaryFile, []byte("{}")) },
			func() error { return d.ThrowOff() },
			func() error { return d.SaveManifest(Done) },
		} {
			if err := step(); err != nil {
				t.Fatalf("step %d: %v", k, err)
			}
		}
	}
	type killedNow struct{}
	checkpoints := 0
	for after := 0; ; after++ {
		path := filepath.Join(t.TempDir(), "run")
		left := after
		ended := false
		func() {
			atomicfile.Inject = nil
			d, err := Create(path, false)
			check(t, err)
			defer d.crash()
			defer func() {
				if r := recover(); r != nil && r != (any)(killedNow{}) {
					panic(r)
				}
			}()
			atomicfile.Inject = func(op atomicfile.Operation, of string) error {
				if left--; left < 0 {
					if op != atomicfile.Create && op != atomicfile.SyncName {
						// the temporary file that a panic removes and a kill does not
						check(t,
							os.WriteFile(filepath.Join(filepath.Dir(of),
								atomicfile.TemporaryName(filepath.Base(of))), []byte("part"),
								0o666))
					}
					panic(killedNow{})
				}
				return nil
			}
			script(d)
			ended = true
		}()
		atomicfile.Inject = nil
		if ended {
			if checkpoints < 10 || after < 40 {
				t.Errorf("%d kills, %d of them after a checkpoint", after, checkpoints)
			}
			return
		}
		if report, err := Verify(path); err == nil && len(report.Problems) > 0 {
			t.Errorf("after %d steps: %v", after, report.Problems)
		}
		d, _, err := goOn(t, path)
		switch {
		case err == nil:
			checkpoints++
		case errors.Is(err, fs.ErrNotExist):
			if d, err = Open(path); err == nil {
				check(t, d.Restart())
			} else if d, err = Create(path, false); err != nil {
				t.Fatalf("after %d steps: %v", after, err)
			}
		default:
			t.Fatalf("after %d steps: %v", after, err)
		}
		if len(d.Left()) > 0 {
			t.Errorf("after %d steps: strangers %v", after, d.Left())
		}
		check(t, d.ThrowOff())
		check(t, d.WriteBytes(ConfigFile, []byte("config")))
		check(t, d.WriteBytes(SnapshotFile(0), []byte("first")))
		check(t, d.WriteBytes(SnapshotFile(1), []byte("second")))
		check(t, d.WriteBytes(TimesFile, []byte("0 1")))
		check(t, d.WriteCheckpoint(thisProgram, []byte("config"), state{[]float64{2}}))
		check(t, d.WriteBytes(SummaryFile, []byte("{}")))
		check(t, d.SaveManifest(Done))
		check(t, d.Close())
		report, err := Verify(path)
		check(t, err)
		if len(report.Problems)+len(report.Incomplete) > 0 {
			t.Errorf("after %d steps and the rest: %+v", after, report)
		}
	}
}

// A killed --force leaves a run that has just begun, and no strangers.
func TestKilledReplacement(t *testing.T) {
	d := writeRun(t)
	check(t, d.Close())
	defer func() { atomicfile.Inject = nil }()
	atomicfile.Inject = func(op atomicfile.Operation, of string) error {
		if op == atomicfile.SyncName {
			return syscall.EIO
		}
		return nil
	}
	if _, err := Create(d.Path(), true); !errors.Is(err, syscall.EIO) {
		t.Fatal(err)
	}
	atomicfile.Inject = nil
	again, err := Create(d.Path(), true)
	check(t, err)
	if len(again.Left()) > 0 {
		t.Errorf("strangers %v", again.Left())
	}
}

// Every bit of a run that has ended counts: verify tells, or the manifest cannot be read.
func TestEveryBitCounts(t *testing.T) {
	d := writeRun(t)
	check(t, d.WriteCheckpoint(thisProgram, []byte("resolved"), state{[]float64{1, 2}}))
	check(t, d.SaveManifest(Done))
	check(t, d.Close())
	var names []string
	check(t, fs.WalkDir(os.DirFS(d.Path()), ".", func(name string, e fs.DirEntry, err error) error {
		if !e.IsDir() {
			names = append(names, name)
		}
		return err
	}))
	for k := range 1000 {
		name := names[k%len(names)]
		content := []byte(read(t, d, name))
		bit := rand.IntN(8 * len(content))
		if name == ManifestFile {
			bit = k * 7919 % (8 * len(content))
		}
		content[bit/8] ^= 1 << (bit % 8)
		put(t, d, name, string(content))
		report, err := Verify(d.Path())
		if err == nil && len(report.Problems) == 0 {
			t.Errorf("bit %d of %s does not count", bit, name)
		}
		if name == CheckpointFile || name == ManifestFile {
			if _, _, err := goOn(t, d.Path()); err == nil {
				t.Errorf("it goes on with bit %d of %s changed", bit, name)
			}
		}
		content[bit/8] ^= 1 << (bit % 8)
		put(t, d, name, string(content))
	}
}

// Nothing goes on from files that are not what they were, and these are named; what is written
// again, or read by nobody, does not matter.
func TestGoingOnChecksWhatItGoesOnFrom(t *testing.T) {
	for name, matters := range map[string]bool{SnapshotFile(0): true, ResolvedFile: true,
		ConfigFile: false, TimesFile: false, SeriesCSV: false, SnapshotFile(1): false} {
		d := killed(t)
		put(t, d, name, "another")
		again, _, err := goOn(t, d.Path())
		if matters {
			checkError(t, err, name, "--force")
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		check(t, again.Close())
	}
}

// A checkpoint of another run counts for none.
func TestCheckpointOfAnotherRun(t *testing.T) {
	a, b := killed(t), killed(t)
	put(t, a, CheckpointFile, read(t, b, CheckpointFile))
	if _, _, err := goOn(t, a.Path()); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("%v", err)
	}
}

// A folder that is a link out of the run's is not written to.
func TestLinksOutOfTheFolder(t *testing.T) {
	d := create(t)
	outside := t.TempDir()
	check(t, os.Symlink(outside, filepath.Join(d.Path(), "rho")))
	if err := d.WriteBytes(SnapshotFile(0), []byte("x")); err == nil {
		t.Error("a link was followed")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) > 0 {
		t.Errorf("%v %v", entries, err)
	}
}

func TestForceDoesNotReplaceItsInput(t *testing.T) {
	d := writeRun(t)
	check(t, d.Close())
	link := filepath.Join(t.TempDir(), "link")
	check(t, os.Symlink(d.Path(), link))
	for _, input := range []string{filepath.Join(d.Path(), ConfigFile),
		filepath.Join(link, ConfigFile), filepath.Join(d.Path(), "notes", "..", ConfigFile)} {
		if strings.Contains(input, "notes") {
			put(t, d, "notes/x", "")
		}
		_, err := Create(d.Path(), true, input)
		checkError(t, err, "is an input", "-o")
	}
	check(t, os.RemoveAll(filepath.Join(d.Path(), "notes")))
	again, err := Create(d.Path(), true, filepath.Join(d.Path(), "..", "other.toml"))
	check(t, err)
	check(t, again.Close())
}

// A file that is there and not listed is not written over.
func TestStrangersAreNotWrittenOver(t *testing.T) {
	d := create(t)
	put(t, d, SnapshotFile(3), "mine")
	checkError(t, d.WriteBytes(SnapshotFile(3), []byte("x")), "no file of this run", "-o")
	checkError(t, d.Expect(SnapshotFile(2), SnapshotFile(3)), "no file of this run")
	if read(t, d, SnapshotFile(3)) != "mine" {
		t.Error("it was written over")
	}
}

// Whichever write finds the disk full, what is there goes on when there is room again.
func TestDiskFullAtEachWrite(t *testing.T) {
	defer func() { atomicfile.Inject = nil }()
	for n := 0; ; n++ {
		path := filepath.Join(t.TempDir(), "run")
		left := n
		atomicfile.Inject = func(atomicfile.Operation, string) error {
			if left--; left < 0 {
				return syscall.ENOSPC
			}
			return nil
		}
		d, err := Create(path, false)
		check(t, err)
		err = errors.Join(
			d.WriteBytes(ConfigFile, []byte("config")), d.WriteBytes(TimesFile, []byte("0")),
			d.WriteCheckpoint(thisProgram, []byte("config"), state{[]float64{1}}),
			d.WriteBytes(TimesFile, []byte("0 1")), d.SaveManifest(Failed))
		check(t, d.Close())
		atomicfile.Inject = nil
		if err == nil {
			return
		}
		if !errors.Is(err, syscall.ENOSPC) {
			t.Fatal(err)
		}
		again, _, err := goOn(t, path)
		if errors.Is(err, fs.ErrNotExist) {
			if again, err = Open(path); err != nil {
				again, err = Create(path, false)
			} else {
				err = again.Restart()
			}
		}
		if err != nil {
			t.Fatalf("after %d steps: %v", n, err)
		}
		check(t, again.WriteBytes(ConfigFile, []byte("config")))
		check(t, again.WriteBytes(TimesFile, []byte("0 1")))
		check(t, again.WriteCheckpoint(thisProgram, []byte("config"), state{[]float64{1}}))
		check(t, again.SaveManifest(Done))
		check(t, again.Close())
		if report, err := Verify(path); err != nil ||
			len(report.Problems)+len(report.Incomplete) > 0 {
			t.Errorf("after %d steps: %+v %v", n, report, err)
		}
	}
}

// A folder that is abandoned in the middle of a write is whole and can be gone on with, and what
// was at work writes no more.
func TestAbandon(t *testing.T) {
	d := killed(t)
	d, _, err := goOn(t, d.Path())
	check(t, err)
	checkError(t, d.WriteFile(SnapshotFile(2), func(w io.Writer) error { // which there was none of
		check(t, d.Abandon(Interrupted))
		if left := temporaries(d.root, []string{SnapshotFile(2)}); len(left) > 0 {
			t.Errorf("%q are left", left)
		}
		return nil
	}), "no such file")
	checkError(t, d.WriteBytes(TimesFile, nil), "nothing more is written")
	checkError(t, d.SaveManifest(Done), "nothing more is written")
	checkError(t, d.Abandon(Interrupted), "nothing more is written")
	d.crash()
	report, err := Verify(d.Path())
	check(t, err)
	if len(report.Problems) > 0 || report.Manifest.Status != Interrupted ||
		!slices.Contains(report.Manifest.Planned, SnapshotFile(2)) {
		t.Errorf("status %s, %v, planned %v", report.Manifest.Status, report.Problems,
			report.Manifest.Planned)
	}
	again, _, err := goOn(t, d.Path())
	check(t, err)
	check(t, again.Close())
}

// What nobody but its owner reads may be edited, and removed; it counts as what was written, so
// that verify tells.
func TestEdited(t *testing.T) {
	d := create(t)
	check(t, d.WriteBytes(ConfigFile, []byte("config")))
	check(t, d.WriteBytes(ResolvedFile, []byte("resolved")))
	check(t, d.WriteLoader())
	check(t, d.Expect(CheckpointFile))
	check(t, d.WriteCheckpoint(thisProgram, []byte("resolved"), state{}))
	check(t, d.SaveManifest(Running))
	d.crash()
	for _, c := range []struct {
		name, content string // "" removes it
		edited        bool
	}{{LoaderFile, "mine", true}, {LoaderFile, "", false}, {ConfigFile, "mine", true}} {
		if check(t, os.Remove(filepath.Join(d.Path(), c.name))); c.content != "" {
			check(t, os.WriteFile(filepath.Join(d.Path(), c.name), []byte(c.content), 0o666))
		}
		again, _, err := goOn(t, d.Path())
		check(t, err)
		edited, err := again.Edited()
		check(t, err)
		if slices.Contains(edited, c.name) != c.edited ||
			again.Holds(c.name, []byte("mine")) != c.edited || again.Holds(c.name, []byte("nine")) {
			t.Errorf("%+v: %q was edited", c, edited)
		}
		check(t, again.SaveManifest(Interrupted))
		check(t, again.Close())
		report, err := Verify(d.Path())
		if err != nil ||
			!slices.ContainsFunc(report.Problems,
				func(p Problem) bool { return p.Path == c.name }) {
			t.Errorf("%+v: verify %v, %v", c, report.Problems, err)
		}
	}
	check(t, os.WriteFile(filepath.Join(d.Path(), ResolvedFile), []byte("mine"), 0o666))
	_, _, err := goOn(t, d.Path())
	checkError(t, err, "resolved.toml: size differs")
}

// A checkpoint lists what was written, twice or once, but for what is leaving; at any moment the
// manifest knows of both.
func TestCheckpointsDoWithoutWhatLeaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "run")
	d, err := Create(path, false)
	check(t, err)
	defer d.Close()
	for _, name := range []string{"twice", "twice", "part"} {
		check(t, d.WriteBytes(name, []byte(name)))
	}
	check(t, d.Leave("part"))
	check(t, d.WriteCheckpoint(thisProgram, []byte("resolved"), state{[]float64{1}}))
	var s state
	o, err := d.ReadCheckpoint(&s)
	check(t, err)
	_, twice := o.Files["twice"]
	_, part := o.Files["part"]
	if !twice || part || !d.Expects("part") {
		t.Errorf("the checkpoint lists %v; part is known to leave: %t", o.Files, d.Expects("part"))
	}
	check(t, d.Remove("part"))
	check(t, d.SaveManifest(Done))
	if r, err := Verify(path); err != nil || len(r.Problems)+len(r.Incomplete) > 0 {
		t.Errorf("verify: %v, %v, %v", r.Problems, r.Incomplete, err)
	}
}
