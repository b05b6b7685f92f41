//go:build unix

package hostile

import (
	"syscall"
	"time"
)

// processorTime is what the process has computed for so far, on all of its threads.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
