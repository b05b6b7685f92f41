package machine

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

const (
	meminfo = "/proc/meminfo"
	status  = "/proc/self/status"
	groups  = "/sys/fs/cgroup"
)

// deepest is in how many control groups, one in another, limits are looked for.
const deepest = 32

// growth is by how many addresses the heap grows at once.
const growth = 64 << 20

func rooms(swap bool) []Room {
	_, free, released := Heap()
	memory := table(meminfo)
	var out []Room
	if available, ok := memory["MemAvailable:"]; ok {
		r := Room{available + free, memory["MemTotal:"], "the free memory of the machine"}
		if swap {
			r.Left, r.Of = r.Left+memory["SwapFree:"], r.Of+memory["SwapTotal:"]
		}
		out = append(out, r)
	}
	if own, err := os.ReadFile("/proc/self/cgroup"); err == nil {
		for _, r := range ofGroups(groups, string(own)) {
			r.Left += free
			out = append(out, r)
		}
	}
	taken := table(status)
	for _, l := range []struct {
		resource int
		taken    float64
	}{{unix.RLIMIT_AS, taken["VmSize:"] + growth}, {unix.RLIMIT_DATA, taken["VmData:"]}} {
		var r unix.Rlimit
		if unix.Getrlimit(l.resource, &r) == nil && r.Cur != unix.RLIM_INFINITY {
			out = append(out, Room{Left: float64(r.Cur) - l.taken + free + released,
				Of: float64(r.Cur), By: "ulimit"})
		}
	}
	return out
}

// table reads a file of names and numbers, of bytes where it says kB. Without the file it is empty.
func table(name string) map[string]float64 {
	text, _ := os.ReadFile(name)
	return parseTable(text)
}

func parseTable(text []byte) map[string]float64 {
	out := map[string]float64{}
	for line := range bytes.Lines(text) {
		fields := strings.Fields(string(line))
		if len(fields) < 2 {
			continue
		}
		if n, ok := parseNumber(fields[1]); ok {
			if len(fields) > 2 {
				n *= 1024
			}
			out[fields[0]] = n
		}
	}
	return out
}

// files are those of a version of control groups: the limit, what is taken, and of that, in
// memory.stat, what are pages of files, which the kernel takes back.
type files struct {
	limit, taken string
	pages        [2]string
}

var (
	version1 = files{"memory.limit_in_bytes", "memory.usage_in_bytes",
		[2]string{"total_inactive_file", "total_active_file"}}
	version2 = files{"memory.max", "memory.current", [2]string{"inactive_file", "active_file"}}
)

// ofGroups are the rooms in the control groups that /proc/self/cgroup lists, and in those that they
// are in, where these have limits.
func ofGroups(mounted, own string) (out []Room) {
	for line := range strings.Lines(own) {
		fields := strings.SplitN(strings.TrimSpace(line), ":", 3)
		if len(fields) != 3 {
			continue
		}
		folder, names := mounted, version2
		switch {
		case fields[0] == "0":
		case fields[1] == "memory":
			folder, names = filepath.Join(mounted, "memory"), version1
		default:
			continue
		}
		group := filepath.Clean("/" + fields[2])
		for range deepest {
			if left, of, ok := names.room(filepath.Join(folder, group)); ok {
				out = append(out, Room{left, of, "its control group"})
			}
			if group == "/" {
				break
			}
			group = filepath.Dir(group)
		}
	}
	return out
}

// room is what there is in one group, if that has a limit, and the limit.
func (f *files) room(group string) (left, of float64, ok bool) {
	of, ok = number(filepath.Join(group, f.limit)) // and not "max"
	if !ok {
		return 0, 0, false
	}
	taken, _ := number(filepath.Join(group, f.taken))
	stat := table(filepath.Join(group, "memory.stat"))
	return of - taken + min(taken, stat[f.pages[0]]+stat[f.pages[1]]), of, true
}

// number reads a file that is there and holds one.
func number(name string) (float64, bool) {
	text, _ := os.ReadFile(name)
	return parseNumber(strings.TrimSpace(string(text)))
}

// parseNumber reads what is a number of bytes or pages.
func parseNumber(text string) (float64, bool) {
	n, err := strconv.ParseUint(text, 10, 64)
	return float64(n), err == nil
}
