//go:build !windows

package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// remedy is what to do where a file may not be written.
const remedy = "choose a folder that you may write to"

// Full reports whether an error is that of a disk without room, or of a quota.
func Full(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

func denied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// Remove removes the file rel.
func Remove(root *os.Root, rel string) error { return root.Remove(rel) }

func rename(root *os.Root, from, to string) error { return root.Rename(from, to) }

// syncFolder makes the rename durable. EINVAL is how a file system says that it has no such
// operation for folders (POSIX fsync), and then the rename is as durable as that file system makes
// it.
func syncFolder(root *os.Root, dir string) error {
	d, err := root.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
