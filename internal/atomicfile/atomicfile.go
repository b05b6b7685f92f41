// Package atomicfile writes files that appear under their name only when they are complete.
//
// A reader, or a process that starts after a crash, sees the old content, the new content or no
// file at all, never a part: the content goes to a temporary file in the same folder, is flushed to
// the disk, and takes its name by one rename, which POSIX makes atomic within a file system; the
// folder is flushed last so that the name itself survives a power cut.
package atomicfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
)

// Info identifies the content of a file.
type Info struct {
	SHA256 string `json:"sha256"` // lower-case hexadecimal
	Bytes  int64  `json:"bytes"`
}

// InfoOf reads a content to its end and returns what identifies it.
func InfoOf(content io.Reader) (Info, error) {
	sum := sha256.New()
	n, err := io.Copy(sum, content)
	return Info{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: n}, err
}

// Operation is one of the steps in which a file is written.
type Operation string

// The steps, in order.
const (
	Create   Operation = "create"
	Append   Operation = "write"
	Sync     Operation = "sync"
	Rename   Operation = "rename"
	SyncName Operation = "sync folder"
)

// Inject, if it is not nil, is called before every step with the path of the file, and an error of
// it is the step's: a test's way to a disk that is full, or gone. It is not to be changed while
// files are written.
var Inject func(op Operation, path string) error

// step takes one of the steps of writing the file path.
func step(op Operation, path string, take func() error) error {
	if Inject != nil {
		if err := Inject(op, path); err != nil {
			return withHint(err)
		}
	}
	return withHint(take())
}

// WriteIn creates or replaces the file rel of root with what write sends to its argument, which is
// buffered, and returns the size and SHA-256 of that content. The folder must exist, and links on
// the way that lead out of root are not followed. When write or the disk fails, what stood under
// the name before is untouched, the temporary file is gone, and the error is one line that names
// the path; an error of write stays reachable by errors.Is. Concurrent calls are safe; with the
// same path the last to finish wins.
func WriteIn(root *os.Root, rel string, write func(io.Writer) error) (Info, error) {
	return writeIn(root, rel, write, rename)
}

// CreateIn is WriteIn of a file that is not there yet. One that is stays, and the error is
// fs.ErrExist. Of concurrent calls, of several processes too, one succeeds where the file system
// has hard links; where it has none the last to finish wins.
func CreateIn(root *os.Root, rel string, write func(io.Writer) error) (Info, error) {
	return writeIn(root, rel, write, link)
}

// link gives a temporary file its name unless there is a file of that name.
func link(root *os.Root, temporary, rel string) error {
	err := root.Link(temporary, rel)
	if err == nil {
		return root.Remove(temporary)
	}
	if _, absent := root.Lstat(rel); absent == nil {
		return fs.ErrExist
	}
	return rename(root, temporary, rel)
}

// writeIn writes a file, which gets its name by take.
func writeIn(root *os.Root, rel string, write func(io.Writer) error,
	take func(root *os.Root, temporary, rel string) error) (info Info, err error) {
	path := filepath.Join(root.Name(), rel)
	defer func() {
		if err != nil {
			info, err = Info{}, fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	temporary := filepath.Join(filepath.Dir(rel), TemporaryName(filepath.Base(rel)))
	var f *os.File
	// Its mode is 0666 less the umask, that of any ordinary file, where os.CreateTemp would leave
	// the result unreadable to the group.
	err = step(Create, path, func() (err error) {
		f, err = root.OpenFile(temporary, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
		return err
	})
	if err != nil {
		return Info{}, err
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			Remove(root, temporary)
		}
	}()
	if info, err = fill(f, path, write); err != nil {
		return Info{}, err
	}
	if err := f.Close(); err != nil {
		return Info{}, withHint(err)
	}
	err = step(Rename, path, func() error { return take(root, temporary, rel) })
	if err != nil {
		return Info{}, err
	}
	renamed = true
	return info, step(SyncName, path, func() error { return syncFolder(root, filepath.Dir(rel)) })
}

// TemporaryName is the name under which the content of a file is gathered, another one each time.
func TemporaryName(base string) string { return fmt.Sprintf(".%s.%016x.tmp", base, rand.Uint64()) }

// temporaryName is what TemporaryName makes.
var temporaryName = regexp.MustCompile(`^\.(.+)\.[0-9a-f]{16}\.tmp$`)

// TemporaryOf returns the name of the file whose temporary file a name is, "" if it is none. A
// process that is killed leaves one.
func TemporaryOf(name string) string {
	if m := temporaryName.FindStringSubmatch(name); m != nil {
		return m[1]
	}
	return ""
}

// fill sends the output of write to f, the temporary file of path, through a buffer, hashes and
// counts it, and flushes it to the disk.
func fill(f *os.File, path string, write func(io.Writer) error) (Info, error) {
	sum, size := sha256.New(), int64(0)
	sink := writerFunc(func(p []byte) (n int, err error) {
		err = step(Append, path, func() (err error) {
			n, err = f.Write(p)
			return err
		})
		sum.Write(p[:n])
		size += int64(n)
		return n, err
	})
	buffered := bufio.NewWriterSize(sink, 1<<16)
	if err := write(buffered); err != nil {
		return Info{}, err
	}
	if err := buffered.Flush(); err != nil {
		return Info{}, err
	}
	info := Info{SHA256: hex.EncodeToString(sum.Sum(nil)), Bytes: size}
	return info, step(Sync, path, f.Sync)
}

type writerFunc func(p []byte) (n int, err error)

func (f writerFunc) Write(p []byte) (n int, err error) { return f(p) }

// withHint reduces an error of the os package, if there is one, to its cause, since the name in it
// is that of the temporary file, and says what to do about the causes that the user can remove.
func withHint(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		err = e.Err
	} else if e, ok := errors.AsType[*os.LinkError](err); ok {
		err = e.Err
	}
	switch {
	case Full(err):
		return fmt.Errorf("%w; free some space or write to another disk", err)
	case denied(err):
		return fmt.Errorf("%w; %s", err, remedy)
	}
	return err
}
