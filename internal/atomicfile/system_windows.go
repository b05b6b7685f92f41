package atomicfile

import (
	"errors"
	"io/fs"
	"os"
	"time"

	"golang.org/x/sys/windows"
)

// remedy is what to do where a file may not be written.
const remedy = "choose a folder that you may write to, or close the program that has the file open"

// Full reports whether an error is that of a disk without room, or of a quota.
func Full(err error) bool {
	return errors.Is(err, windows.ERROR_DISK_FULL) ||
		errors.Is(err, windows.ERROR_HANDLE_DISK_FULL) ||
		errors.Is(err, windows.ERROR_DISK_QUOTA_EXCEEDED)
}

func denied(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, windows.ERROR_SHARING_VIOLATION) ||
		errors.Is(err, windows.ERROR_WRITE_PROTECT)
}

// Remove removes the file rel. Where Windows' removal of files that are open is not known, as to
// Wine, the system says that there is no such function, for which os has no substitute: then the
// file goes when it is closed.
func Remove(root *os.Root, rel string) error {
	err := root.Remove(rel)
	if !errors.Is(err, windows.ERROR_INVALID_FUNCTION) {
		return err
	}
	f, err := root.OpenFile(rel, os.O_RDONLY|windows.FILE_FLAG_DELETE_ON_CLOSE|
		windows.FILE_FLAG_OPEN_REPARSE_POINT, 0)
	if err != nil {
		return err
	}
	return f.Close()
}

// open is how long a file may be open to others that is to be replaced.
const open = 2 * time.Second

// rename gives a file its name. A name whose file others have open, as virus scanners and readers
// do for an instant, is not given away.
func rename(root *os.Root, from, to string) error {
	for begun, pause := time.Now(), time.Millisecond; ; pause *= 2 {
		err := root.Rename(from, to)
		if err == nil || !denied(err) || time.Since(begun) > open {
			return err
		}
		time.Sleep(pause)
	}
}

// syncFolder does nothing: folders cannot be flushed, and NTFS journals names.
func syncFolder(*os.Root, string) error { return nil }
