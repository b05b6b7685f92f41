package rundir

import (
	"os"
	"testing"
)

// memory is a file system in memory, where there is one: the tests flush thousands of files, and it
// is not the disk that they are about.
const memory = "/dev/shm"

func TestMain(m *testing.M) {
	if info, err := os.Stat(memory); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		os.Setenv("TMPDIR", memory)
	}
	os.Exit(m.Run())
}
