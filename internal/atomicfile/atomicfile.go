// Package atomicfile writes files that appear under their name only when they are complete.
//
// A reader, or a process that starts after a crash, sees the old content, the new content or no file at all, never a part:
// the content goes to a temporary file in the same folder, is flushed to the disk, and takes its name by one rename, which
// POSIX makes atomic within a file system; the folder is flushed last so that the name itself survives a power cut.
package atomicfile

import (
	"bufio"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"syscall"
)

// Info identifies the content of a file.
type Info struct {
	SHA256 string `json:"sha256"` // lower-case hexadecimal
	Bytes  int64  `json:"bytes"`
}

// Write creates or replaces the file path with what write sends to its argument, which is buffered, and returns the size and
// SHA-256 of that content. The folder must exist. When write or the disk fails, what stood under path before is untouched, the
// temporary file is gone, and the error is one line that names path; an error of write stays reachable by errors.Is.
// Concurrent calls are safe; with the same path the last to finish wins.
func Write(path string, write func(io.Writer) error) (info Info, err error) {
	defer func() {
		if err != nil {
			info, err = Info{}, fmt.Errorf("writing %s: %w", path, err)
		}
	}()
	f, err := createTemporary(path)
	if err != nil {
		return Info{}, withHint(err)
	}
	renamed := false
	defer func() { // also when write panics
		if !renamed {
			f.Close()
			os.Remove(f.Name())
		}
	}()
	if info, err = fill(f, write); err != nil {
		return Info{}, err
	}
	if err := f.Close(); err != nil {
		return Info{}, withHint(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return Info{}, withHint(err)
	}
	renamed = true
	return info, syncFolder(filepath.Dir(path))
}

// createTemporary opens a new hidden file next to path. Its mode is 0666 less the umask, that of any ordinary file, where
// os.CreateTemp would leave the result unreadable to the group.
func createTemporary(path string) (*os.File, error) {
	name := fmt.Sprintf(".%s.%016x.tmp", filepath.Base(path), rand.Uint64())
	return os.OpenFile(filepath.Join(filepath.Dir(path), name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
}

// fill sends the output of write to f through a buffer, hashes and counts it, and flushes it to the disk.
func fill(f *os.File, write func(io.Writer) error) (Info, error) {
	s := &sink{file: f, sum: sha256.New()}
	buffered := bufio.NewWriterSize(s, 1<<16)
	if err := write(buffered); err != nil {
		return Info{}, err
	}
	if err := buffered.Flush(); err != nil {
		return Info{}, err
	}
	if err := f.Sync(); err != nil {
		return Info{}, withHint(err)
	}
	return Info{SHA256: hex.EncodeToString(s.sum.Sum(nil)), Bytes: s.bytes}, nil
}

// sink is a file that hashes and counts what it accepts.
type sink struct {
	file  *os.File
	sum   hash.Hash
	bytes int64
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.file.Write(p)
	s.sum.Write(p[:n])
	s.bytes += int64(n)
	if err != nil {
		err = withHint(err)
	}
	return n, err
}

// syncFolder makes the rename durable. EINVAL is how a file system says that it has no such operation for folders (POSIX
// fsync), and then the rename is as durable as that file system makes it.
func syncFolder(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return withHint(err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return withHint(err)
	}
	return nil
}

// withHint reduces an error of the os package to its cause, since the name in it is that of the temporary file, and says what
// to do about the causes that the user can remove.
func withHint(err error) error {
	var pathError *fs.PathError
	var linkError *os.LinkError
	switch {
	case errors.As(err, &pathError):
		err = pathError.Err
	case errors.As(err, &linkError):
		err = linkError.Err
	}
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return fmt.Errorf("%w; free some space or write to another disk", err)
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS):
		return fmt.Errorf("%w; choose a folder that you may write to", err)
	}
	return err
}
