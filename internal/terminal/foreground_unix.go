//go:build unix

package terminal

import (
	"os"

	"golang.org/x/sys/unix"
)

// inForeground reports whether the terminal listens to this process, and not to a shell that runs
// it with &.
func inForeground(f *os.File) bool {
	group, err := unix.IoctlGetInt(int(f.Fd()), unix.TIOCGPGRP)
	// an error: it is not the terminal that controls this process
	return err != nil || group == unix.Getpgrp()
}
