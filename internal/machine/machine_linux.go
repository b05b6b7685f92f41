package machine

import (
	"bytes"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	meminfo = "/proc/meminfo"
	groups  = "/sys/fs/cgroup"
)

func limits() []limit {
	out := []limit{{available(), "the free memory of the machine"}}
	if own, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		out = append(out, limit{ofGroups(groups, string(own)), "its control group"})
	}
	for _, resource := range []int{unix.RLIMIT_AS, unix.RLIMIT_DATA} {
		var r unix.Rlimit
		if unix.Getrlimit(resource, &r) == nil && r.Cur != unix.RLIM_INFINITY {
			out = append(out, limit{float64(r.Cur), "ulimit"})
		}
	}
	return out
}

// available is the memory that the kernel believes can be had without swapping.
func available() float64 {
	text, err := os.ReadFile(meminfo)
	if err != nil {
		return math.Inf(1)
	}
	for line := range bytes.Lines(text) {
		if fields := strings.Fields(string(line)); len(fields) > 1 && fields[0] == "MemAvailable:" {
			if kib, err := strconv.ParseFloat(fields[1], 64); err == nil {
				return 1024 * kib
			}
		}
	}
	return math.Inf(1)
}

// ofGroups is the least limit of the control groups that /proc/self/cgroup lists, and of those that they are in.
func ofGroups(mounted, own string) float64 {
	least := math.Inf(1)
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		folder, file := mounted, "memory.max"
		switch {
		case fields[0] == "0":
		case fields[1] == "memory":
			folder, file = filepath.Join(mounted, "memory"), "memory.limit_in_bytes"
		default:
			continue
		}
		for group := filepath.Clean("/" + fields[2]); ; group = filepath.Dir(group) {
			if text, err := os.ReadFile(filepath.Join(folder, group, file)); err == nil {
				if n, err := strconv.ParseFloat(strings.TrimSpace(string(text)), 64); err == nil { // and not "max"
					least = math.Min(least, n)
				}
			}
			if group == "/" {
				break
			}
		}
	}
	return least
}
