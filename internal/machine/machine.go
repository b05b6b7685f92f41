// Package machine tells what there is of memory and disk for this process.
package machine

import (
	"cmp"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime/metrics"
	"slices"
)

// Room is the memory that there is for this process.
type Room struct {
	// bytes that it may still take, with what it has and does not use; +Inf where nothing is known
	Left float64
	Of   float64 // bytes in all, of what it is that says so
	By   string  // what that is
}

// Memory is the least room that the free memory, the control groups of this process and its own
// limits leave.
func Memory() Room { return least(rooms(false)) }

// MemoryAndSwap is Memory with what the machine can swap: it kills nothing before that is taken.
func MemoryAndSwap() Room { return least(rooms(true)) }

func least(rooms []Room) Room {
	all := append([]Room{{Left: math.Inf(1), Of: math.Inf(1)}}, rooms...)
	return slices.MinFunc(all, func(a, b Room) int { return cmp.Compare(a.Left, b.Left) })
}

// Heap is how many bytes this process uses, for what it needs and for what is not collected yet;
// how many more it has and does not use; and how many of its addresses have no memory behind them
// any more.
func Heap() (used, free, released float64) {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/free:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	total := float64(samples[0].Value.Uint64())
	free, released = float64(samples[1].Value.Uint64()), float64(samples[2].Value.Uint64())
	return total - free - released, free, released
}

// Disk is how many bytes there are for a folder, which need not be there yet: those of its nearest
// parent that is. Where nothing is known it is +Inf. Tests have disks that fill up later.
var Disk = func(folder string) float64 {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return math.Inf(1)
	}
	for ; ; folder = filepath.Dir(folder) {
		if _, err := os.Stat(folder); err == nil || folder == filepath.Dir(folder) {
			return free(folder)
		}
	}
}

// Bytes writes a number of bytes for people.
func Bytes(n float64) string {
	unit := 0
	names := []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	for ; n >= 999.5 && unit < len(names)-1; unit++ { // three digits
		n /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%.0f bytes", n)
	}
	return fmt.Sprintf("%.3g %s", n, names[unit])
}
