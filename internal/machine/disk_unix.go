//go:build linux || darwin || freebsd

package machine

import (
	"math"

	"golang.org/x/sys/unix"
)

func free(folder string) float64 {
	var s unix.Statfs_t
	if unix.Statfs(folder, &s) != nil || s.Blocks == 0 { // what is no disk, as /proc, has none
		return math.Inf(1)
	}
	return float64(s.Bavail) * float64(s.Bsize)
}
