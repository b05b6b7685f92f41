//go:build (!unix && !windows) || aix || solaris

package rundir

import "os"

func tryLock(*os.File, bool) (bool, error) { return false, errNoLocks }

func releaseFile(root *os.Root, f *os.File) { f.Close() }
