package machine

import (
	"math"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"testing"

	"fpsgd/internal/hostile"
)

func TestGroups(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"memory.max": "max\n", "a/memory.max": "3000\n", "a/b/memory.max": "max\n",
		"a/memory.current": "2500\n", "a/memory.stat": "anon 2000\nactive_file " +
			"100\ninactive_file 300\nfile 700\n",
		"memory/c/memory.limit_in_bytes": "2000\n", "memory/c/memory.usage_in_bytes": "500\n",
		"memory/c/memory.stat":           "total_inactive_file 10\n",
		"memory/d/memory.limit_in_bytes": "2000\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	infinite := math.Inf(1)
	for own, want := range map[string][2]float64{
		"0::/a/b\n": {900, 3000}, "0::/\n": {infinite, infinite}, "": {infinite, infinite},
		"5:cpu:/c\n4:memory:/c\n": {1510, 2000},
		"4:memory:/d\n":           {2000, 2000}, "no such\n": {infinite, infinite},
	} {
		if got := least(ofGroups(root, own)); got.Left != want[0] || got.Of != want[1] {
			t.Errorf("%q: %g of %g, want %g", own, got.Left, got.Of, want)
		}
	}
}

// FuzzTable: whatever the system says, what is read are numbers of bytes.
func FuzzTable(f *testing.F) {
	seeds := [][]byte{[]byte("total_inactive_file 10\nMemAvailable: NaN kB\nVmSize: -1 kB"),
		[]byte("MemTotal:       16384 kB\nMemAvailable:   8192 kB\nHugePages_Total:       0\n"),
		[]byte("0::/a/b\n5:cpu:/c\n4:memory:/c/../d\n")}
	hostile.Fuzz(f, hostile.Kind{Name: "tables of memory", Seeds: seeds},
		func(t testing.TB, text []byte) {
			for name, n := range parseTable(text) {
				if !(n >= 0) || math.IsInf(n, 1) {
					t.Errorf("%q is %g", name, n)
				}
			}
			ofGroups("no/such/folder", string(text))
		})
}

func TestMachine(t *testing.T) {
	if r := Memory(); !(r.Left > 1e6) || !(r.Of >= r.Left) || r.By == "" {
		t.Errorf("memory %+v", r)
	}
	if r := MemoryAndSwap(); !(r.Left > 1e6) || !(r.Of >= r.Left) || r.By == "" {
		t.Errorf("memory and swap %+v", r)
	}
	if here, there := Disk("."), Disk("no/such/folder"); !(here > 0) || math.IsInf(here, 1) ||
		math.IsInf(there, 1) {
		t.Errorf("disk %g and %g", here, there)
	}
}

// What this process takes and gives back is seen.
func TestHeap(t *testing.T) {
	const much = 200 << 20
	before, _, _ := Heap()
	taken := make([]byte, much)
	for i := range taken {
		taken[i] = 1
	}
	during, _, _ := Heap()
	runtime.KeepAlive(taken)
	debug.FreeOSMemory()
	after, free, released := Heap()
	if during-before < 0.9*much || during-after < 0.9*much || free+released < 0.9*much {
		t.Errorf("%g bytes, %g with %d more, %g without them, and %g free, %g released", before,
			during, much, after, free, released)
	}
	if r := Memory(); r.Left > r.Of+free+released {
		t.Errorf("%+v", r)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[float64]string{0: "0 bytes", 999: "999 bytes", 1000 << 20: "0.977 GiB",
		1536: "1.5 KiB", 3 << 30: "3 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%g: %s, want %s", n, got, want)
		}
	}
}
