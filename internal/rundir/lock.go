package rundir

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"fpsgd/internal/atomicfile"
)

// Owner is the process that writes to a run directory.
type Owner struct {
	Host    string    `json:"host"`
	PID     int       `json:"pid"`
	Command string    `json:"command"`
	Since   time.Time `json:"since"`
	Nonce   string    `json:"nonce"` // of this hold: a process number may come again
}

func (o Owner) String() string {
	if o.PID == 0 {
		return "another process"
	}
	return fmt.Sprintf("process %d on %q (%q, since %s)", o.PID, o.Host, o.Command,
		o.Since.Local().Format(time.DateTime))
}

// HeldError tells that another process writes to a run directory.
type HeldError struct {
	Path  string
	Owner Owner
}

func (e *HeldError) Error() string {
	return fmt.Sprintf("%s is in use by %v: wait for it or end it, or choose another -o", e.Path,
		e.Owner)
}

// errNoLocks is what a file system without locks answers.
var errNoLocks = errors.New("no locks here")

// locking is how directories are locked. Tests have file systems without locks, and no time.
type locking struct {
	try  func(f *os.File, exclusive bool) (bool, error) // whether the lock was free; errNoLocks
	beat time.Duration                                  // between signs of life
	dead time.Duration                                  // without a sign of life
	// after taking over from the dead: others may have seen the same
	settle time.Duration
}

var locks = locking{try: tryLock, beat: 10 * time.Second, dead: 60 * time.Second,
	settle: 2 * time.Second}

// hold is a run directory held by this process.
type hold struct {
	root *os.Root
	file *os.File // locked; nil where a heartbeat is

	me   Owner
	text []byte                  // of me, as JSON
	ctx  context.Context         // of the heartbeat
	end  context.CancelCauseFunc // ends it, with what has become of one that is another's now
	done sync.WaitGroup
}

// Readers hold a lock for an instant, and a process that ends for not much longer.
const (
	lockAttempts = 10
	lockPause    = 20 * time.Millisecond
)

// acquire takes the directory for this process, or tells whose it is.
func acquire(root *os.Root) (*hold, error) {
	h := &hold{root: root, me: self()}
	h.text, _ = json.Marshal(h.me) // it has nothing that JSON has not
	h.ctx, h.end = context.WithCancelCause(context.Background())
	for attempt := 0; ; attempt++ {
		ok, err := h.tryFile()
		switch {
		case errors.Is(err, errNoLocks):
			return h, h.acquireHeartbeat()
		case err != nil && !(leaving(err) && attempt < lockAttempts):
			return nil, fmt.Errorf("locking %s: %w", root.Name(), err)
		case ok:
			if owner, live := heartbeatOf(root, time.Now()); live {
				h.release()
				return nil, &HeldError{root.Name(), owner}
			}
			return h, nil
		case attempt >= lockAttempts:
			return nil, &HeldError{root.Name(), readOwner(root, LockFile)}
		}
		time.Sleep(lockPause)
	}
}

// self describes this process.
func self() Owner {
	host, err := os.Hostname()
	if err != nil {
		host = "unknown"
	}
	return Owner{Host: host, PID: os.Getpid(), Command: strings.Join(os.Args, " "), Since: now(),
		Nonce: fmt.Sprintf("%016x%016x", rand.Uint64(), rand.Uint64())}
}

// tryFile locks the lock file. The name is looked at again once it is locked: who held it before
// may have removed it.
func (h *hold) tryFile() (bool, error) {
	if err := regularOrNone(h.root, LockFile); err != nil {
		return false, err
	}
	f, err := h.root.OpenFile(LockFile, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return false, err
	}
	ok, err := locks.try(f, true)
	if err == nil && ok {
		opened, err1 := f.Stat()
		named, err2 := h.root.Lstat(LockFile)
		if err1 == nil && err2 == nil && os.SameFile(opened, named) {
			h.file = f
			if f.Truncate(0) == nil {
				f.WriteAt(h.text, 0) // without room for it, the lock holds and is anonymous
			}
			return true, nil
		}
		ok = false
	}
	f.Close()
	if errors.Is(err, errNoLocks) {
		atomicfile.Remove(h.root, LockFile)
	}
	return ok, err
}

// acquireHeartbeat writes this process's name where no lock can be had.
func (h *hold) acquireHeartbeat() error {
	if err := regularOrNone(h.root, HeartbeatFile); err != nil {
		return err
	}
	err := h.create(HeartbeatFile)
	if errors.Is(err, fs.ErrExist) {
		err = h.takeOver()
	}
	if err == nil {
		h.done.Go(h.beat)
	}
	return err
}

// create writes this process's name to a file that is not there yet.
func (h *hold) create(name string) error {
	f, err := h.root.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if err != nil {
		return err
	}
	_, err = f.Write(h.text)
	return errors.Join(err, f.Close())
}

// takeOver replaces the heartbeat of the dead. Its age is by the clock of the file system. Others
// may do the same: the last one's name stays, and that is looked at when they all must have written
// theirs.
func (h *hold) takeOver() error {
	temporary := atomicfile.TemporaryName(HeartbeatFile)
	defer atomicfile.Remove(h.root, temporary) // unless it has its name
	if err := h.create(temporary); err != nil {
		return err
	}
	info, err := h.root.Lstat(temporary)
	if err != nil {
		return err
	}
	if owner, live := heartbeatOf(h.root, info.ModTime()); live {
		return &HeldError{h.root.Name(), owner}
	}
	if err := h.root.Rename(temporary, HeartbeatFile); err != nil {
		return err
	}
	time.Sleep(locks.settle)
	if owner := readOwner(h.root, HeartbeatFile); owner.Nonce != h.me.Nonce {
		return &HeldError{h.root.Name(), owner}
	}
	return nil
}

// beat gives signs of life until the hold ends, or is another's.
func (h *hold) beat() {
	tick := time.NewTicker(locks.beat)
	defer tick.Stop()
	for {
		select {
		case <-h.ctx.Done():
			return
		case <-tick.C:
		}
		if owner := readOwner(h.root, HeartbeatFile); owner.Nonce != h.me.Nonce {
			h.end(fmt.Errorf("%s has been taken over by %v, as this process gave no sign of "+
				"life for %v; nothing more is written", h.root.Name(), owner, locks.dead))
			return
		}
		// not created anew
		if f, err := h.root.OpenFile(HeartbeatFile, os.O_WRONLY, 0); err == nil {
			f.WriteAt(h.text, 0)
			f.Close()
		}
	}
}

// check is an error if the directory is no longer this process's.
func (h *hold) check() error { return context.Cause(h.ctx) }

// release gives the directory up. The lock file is removed while it is locked, so that no other
// process is robbed of its own.
func (h *hold) release() {
	if h.file != nil {
		atomicfile.Remove(h.root, LockFile)
		h.file.Close()
		return
	}
	h.end(nil)
	h.done.Wait()
	if h.check() == context.Canceled {
		atomicfile.Remove(h.root, HeartbeatFile)
	}
}

// holder tells which process, if any, holds a directory. It writes nothing.
func holder(root *os.Root) (owner Owner, live bool) {
	if owner, live = heartbeatOf(root, time.Now()); live {
		return owner, true
	}
	f, _, err := openRegular(root, LockFile)
	if err != nil {
		return Owner{}, false
	}
	defer f.Close()
	if free, err := locks.try(f, false); free || err != nil {
		return Owner{}, false
	}
	return readOwner(root, LockFile), true
}

// heartbeatOf tells whose heartbeat there is, and whether it is alive at a time.
func heartbeatOf(root *os.Root, at time.Time) (owner Owner, live bool) {
	info, err := statRegular(root, HeartbeatFile)
	if err != nil || at.Sub(info.ModTime()) > locks.dead {
		return Owner{}, false
	}
	return readOwner(root, HeartbeatFile), true
}

// ownerSize bounds what is read of an owner.
const ownerSize = 1 << 16

// readOwner returns the owner that a file names, and one without a name if there is none.
func readOwner(root *os.Root, name string) Owner {
	text, _ := readRegular(root, name, ownerSize) // what cannot be read names nobody
	return parseOwner(text)
}

func parseOwner(text []byte) (o Owner) {
	if json.Unmarshal(text, &o) != nil {
		return Owner{}
	}
	return o
}

// regularOrNone refuses what would be opened as a file and is none.
func regularOrNone(root *os.Root, name string) error {
	_, err := statRegular(root, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return nil
	}
	return err
}

// statRegular looks at a file, without following links, and refuses what is no regular one.
func statRegular(root *os.Root, name string) (fs.FileInfo, error) {
	info, err := root.Lstat(name)
	if err != nil || info.Mode().IsRegular() {
		return info, err
	}
	what := "no regular file"
	switch mode := info.Mode(); {
	case mode&fs.ModeSymlink != 0:
		what = "a symbolic link"
	case mode&fs.ModeNamedPipe != 0:
		what = "a named pipe"
	case mode&fs.ModeDevice != 0:
		what = "a device"
	case mode.IsDir():
		what = "a folder"
	}
	return nil, fmt.Errorf("%q in %s is %s, and no file of a run: remove it, or choose another -o",
		name, root.Name(), what)
}
