package rundir

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// onDisks runs a test where there are locks, and where there are none and heartbeats are.
func onDisks(t *testing.T, test func(t *testing.T)) {
	t.Run("locks", test)
	t.Run("heartbeats", func(t *testing.T) {
		withoutLocks(t, 20*time.Millisecond, time.Hour)
		test(t)
	})
}

func withoutLocks(t *testing.T, beat, dead time.Duration) {
	t.Helper()
	before := locks
	t.Cleanup(func() { locks = before })
	locks = locking{try: func(*os.File, bool) (bool, error) { return false, errNoLocks },
		beat: beat, dead: dead, settle: 50 * time.Millisecond}
}

// held requires the refusal of a folder that is in use, which names the owner.
func held(t *testing.T, err error) {
	t.Helper()
	var h *HeldError
	if !errors.As(err, &h) || h.Owner.PID != os.Getpid() {
		t.Fatalf("error %v, want one that names process %d", err, os.Getpid())
	}
	checkError(t, err, "is in use by process", "since", "-o")
}

// A folder has one writer at a time, however it comes; readers are told of it.
func TestOneWriter(t *testing.T) {
	onDisks(t, func(t *testing.T) {
		d := writeRun(t)
		for _, force := range []bool{false, true} {
			_, err := Create(d.Path(), force)
			held(t, err)
			held(t, Check(d.Path(), force))
		}
		_, err := Open(d.Path())
		held(t, err)
		report, err := Verify(d.Path())
		check(t, err)
		if report.Owner == nil || report.Owner.PID != os.Getpid() || len(report.Problems) > 0 {
			t.Errorf("verify of a live run: %+v", report)
		}
		check(t, d.Close())
		report, err = Verify(d.Path())
		check(t, err)
		if report.Owner != nil || len(report.Problems) > 0 {
			t.Errorf("verify of a run that has ended: %+v", report)
		}
		for _, name := range []string{LockFile, HeartbeatFile} {
			if _, err := os.Lstat(filepath.Join(d.Path(), name)); err == nil {
				t.Errorf("%s is left", name)
			}
		}
		again, err := Open(d.Path())
		check(t, err)
		check(t, again.Close())
	})
}

// Of many that begin at once, or go on at once, one does.
func TestOneOfMany(t *testing.T) {
	onDisks(t, func(t *testing.T) {
		path := filepath.Join(t.TempDir(), "run")
		race := func(open func() (*Dir, error)) (won []*Dir) {
			var mu sync.Mutex
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					d, err := open()
					mu.Lock()
					defer mu.Unlock()
					var h *HeldError
					if err == nil {
						won = append(won, d)
					} else if !errors.As(err, &h) &&
						!strings.Contains(err.Error(), "is not empty") {
						t.Error(err)
					}
				})
			}
			all.Wait()
			return won
		}
		created := race(func() (*Dir, error) { return Create(path, false) })
		if len(created) != 1 {
			t.Fatalf("%d processes made the folder theirs", len(created))
		}
		check(t, created[0].SaveManifest(Interrupted))
		check(t, created[0].Close())
		opened := race(func() (*Dir, error) { return Open(path) })
		if len(opened) != 1 {
			t.Fatalf("%d processes go on", len(opened))
		}
		check(t, opened[0].Close())
	})
}

// The lock file of a process that was killed means nothing.
func TestLockFileOfTheDead(t *testing.T) {
	d := writeRun(t)
	check(t, d.Close())
	put(t, d, LockFile, `{"host": "elsewhere", "pid": 1}`)
	again, err := Open(d.Path())
	check(t, err)
	check(t, again.Close())
}

// A heartbeat that is too old is dead; one of the dead who come alive again stop to write.
func TestHeartbeatOfTheDead(t *testing.T) {
	withoutLocks(t, time.Hour, 60*time.Second)
	d := writeRun(t)
	_, err := Open(d.Path())
	held(t, err)
	path := filepath.Join(d.Path(), HeartbeatFile)
	age := func(by time.Duration) {
		at := time.Now().Add(-by)
		check(t, os.Chtimes(path, at, at))
	}
	age(59 * time.Second)
	_, err = Open(d.Path())
	held(t, err)
	age(61 * time.Second)
	other, err := Open(d.Path())
	check(t, err)
	check(t, other.Close())
	put(t, d, HeartbeatFile, `{"host": "there", "pid": 7}`) // d's was taken over
	locks.beat = time.Millisecond
	d.hold.done.Go(d.hold.beat)
	for range 1000 {
		if err = d.WriteBytes("late", nil); err != nil {
			break
		}
		time.Sleep(time.Millisecond)
	}
	checkError(t, err, "taken over by process 7", "nothing more is written")
	checkError(t, d.SaveManifest(Done), "taken over")
	check(t, d.Close())
	if read(t, d, HeartbeatFile) == "" {
		t.Error("another's heartbeat was removed")
	}
}

// Of many that take over from the dead, one does.
func TestOneHeir(t *testing.T) {
	withoutLocks(t, time.Hour, 60*time.Second)
	d := writeRun(t)
	at := time.Now().Add(-2 * time.Minute)
	check(t, os.Chtimes(filepath.Join(d.Path(), HeartbeatFile), at, at))
	var heirs []*Dir
	var mu sync.Mutex
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if heir, err := Open(d.Path()); err == nil {
				mu.Lock()
				heirs = append(heirs, heir)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	if len(heirs) != 1 {
		t.Errorf("%d heirs", len(heirs))
	}
}

// A heartbeat is alive for those who have locks, too.
func TestHeartbeatIsSeenByThoseWhoHaveLocks(t *testing.T) {
	d := writeRun(t)
	check(t, d.Close())
	put(t, d, HeartbeatFile, `{"host": "there", "pid": 7}`)
	_, err := Open(d.Path())
	checkError(t, err, "in use by process 7")
}
