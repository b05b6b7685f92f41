// Package machine tells what there is of memory and disk for this process.
package machine

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
)

// Memory is how many bytes this process may still take, by the free memory and the limits of its control group and its own, and what it is
// that says so. Where nothing is known it is +Inf.
func Memory() (bytes float64, by string) {
	bytes = math.Inf(1)
	for _, limit := range limits() {
		if limit.bytes < bytes {
			bytes, by = limit.bytes, limit.by
		}
	}
	return bytes, by
}

// limit is a bound on the memory of this process.
type limit struct {
	bytes float64
	by    string
}

// Disk is how many bytes there are for a folder, which need not be there yet: those of its nearest parent that is. Where nothing is known it
// is +Inf.
func Disk(folder string) float64 {
	folder, err := filepath.Abs(folder)
	if err != nil {
		return math.Inf(1)
	}
	for {
		if _, err := os.Stat(folder); err == nil {
			return free(folder)
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			return math.Inf(1)
		}
		folder = parent
	}
}

// Bytes writes a number of bytes for people.
func Bytes(n float64) string {
	unit := 0
	names := []string{"bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB"}
	for ; n >= 1024 && unit < len(names)-1; unit++ {
		n /= 1024
	}
	if unit == 0 {
		return fmt.Sprintf("%.0f bytes", n)
	}
	return fmt.Sprintf("%.3g %s", n, names[unit])
}
