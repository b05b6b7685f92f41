package machine

import (
	"math"
	"os"
	"path/filepath"
	"testing"
)

func TestGroups(t *testing.T) {
	root := t.TempDir()
	for name, text := range map[string]string{
		"memory.max": "max\n", "a/memory.max": "3000\n", "a/b/memory.max": "max\n", "memory/c/memory.limit_in_bytes": "2000\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(root, name)), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(root, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	for own, want := range map[string]float64{
		"0::/a/b\n": 3000, "0::/\n": math.Inf(1), "": math.Inf(1), "5:cpu:/c\n4:memory:/c\n": 2000, "no such\n": math.Inf(1),
	} {
		if got := ofGroups(root, own); got != want {
			t.Errorf("%q: %g, want %g", own, got, want)
		}
	}
}

func TestMachine(t *testing.T) {
	if bytes, by := Memory(); !(bytes > 1e6) || by == "" {
		t.Errorf("memory %g by %q", bytes, by)
	}
	if here, there := Disk("."), Disk("no/such/folder"); !(here > 0) || math.IsInf(here, 1) || math.IsInf(there, 1) {
		t.Errorf("disk %g and %g", here, there)
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[float64]string{0: "0 bytes", 1023: "1023 bytes", 1536: "1.5 KiB", 3 << 30: "3 GiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("%g: %s, want %s", n, got, want)
		}
	}
}
