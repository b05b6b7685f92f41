// Package program tells which program this is, as runs record it.
package program

import (
	"fmt"
	"os"
	"runtime/debug"
	"strings"
	"sync"

	"fpsgd/internal/atomicfile"
)

// Version is the revision that was built, with +dirty if the sources differed from it, or the
// module's version, or "(devel)" where neither is known.
func Version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "unknown"
	}
	return versionOf(info)
}

func versionOf(info *debug.BuildInfo) string {
	revision, dirty := "", ""
	for _, s := range info.Settings {
		switch {
		case s.Key == "vcs.revision":
			revision = s.Value[:min(12, len(s.Value))]
		case s.Key == "vcs.modified" && s.Value == "true":
			dirty = "+dirty"
		}
	}
	switch {
	case revision != "":
		return revision + dirty
	case info.Main.Version != "":
		return info.Main.Version
	}
	return "(devel)"
}

// Identity is what the results of a program depend on.
type Identity struct {
	Version    string
	Executable string // SHA-256 of the file, where Version does not say what was built; else empty
}

// Self identifies the running program. The executable is read once.
var Self = sync.OnceValues(func() (Identity, error) {
	id := Identity{Version: Version()}
	if !ambiguous(id.Version) {
		return id, nil
	}
	var err error
	if id.Executable, err = executable(); err != nil {
		return id, fmt.Errorf("reading the program itself, of which the version %q says too "+
			"little: %w", id.Version, err)
	}
	return id, nil
})

// ambiguous reports whether different programs may have a version.
func ambiguous(version string) bool {
	return version == "unknown" || version == "(devel)" || strings.HasSuffix(version, "+dirty")
}

func executable() (string, error) {
	path, err := os.Executable()
	if err != nil {
		return "", err
	}
	f, err := os.Open(path)
	if err != nil {
		return "", err
	}
	defer f.Close()
	info, err := atomicfile.InfoOf(f)
	return info.SHA256, err
}

// Difference says how a program differs from this one, "" if it does not.
func (id Identity) Difference(other Identity) string {
	switch {
	case id.Version != other.Version:
		return fmt.Sprintf("version %q, and this is %q", other.Version, id.Version)
	case id.Executable != other.Executable:
		return fmt.Sprintf("another build of version %q (SHA-256 %s, and this is %s)", id.Version,
			short(other.Executable), short(id.Executable))
	}
	return ""
}

func short(sum string) string {
	if sum == "" {
		return "unknown"
	}
	return sum[:min(12, len(sum))] + "…"
}
