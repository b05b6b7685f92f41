//go:build unix && !aix && !solaris

package rundir

import (
	"errors"
	"os"
	"syscall"
)

// tryLock takes the lock of an open file unless another process has it.
func tryLock(f *os.File, exclusive bool) (bool, error) {
	how := syscall.LOCK_SH
	if exclusive {
		how = syscall.LOCK_EX
	}
	for {
		err := syscall.Flock(int(f.Fd()), how|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EINTR):
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case errors.Is(err, errors.ErrUnsupported), errors.Is(err, syscall.ENOLCK),
			errors.Is(err, syscall.EINVAL), errors.Is(err, syscall.EBADF):
			return false, errNoLocks
		default:
			return false, err
		}
	}
}

func leaving(error) bool { return false }
