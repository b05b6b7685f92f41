// Package program tells which program this is, as runs record it.
package program

import (
	"fmt"
	"os"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"fpsgd/internal/atomicfile"

	"golang.org/x/mod/module"
	"golang.org/x/mod/semver"
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

// Release tells users what they have: the tag of a release, or "unreleased", with the revision and
// what it was built by and for.
func Release() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		info = &debug.BuildInfo{}
	}
	return releaseOf(info)
}

// Name is the tag of a release, or else the revision, with no character that a file may not have.
func Name(info *debug.BuildInfo) string {
	if tag := tagOf(info); tag != unreleased {
		return tag
	}
	return strings.NewReplacer("(", "", ")", "", "+", "-").Replace(versionOf(info))
}

func releaseOf(info *debug.BuildInfo) string {
	return fmt.Sprintf("%s (commit %s, %s, %s/%s)", tagOf(info), versionOf(info), runtime.Version(),
		runtime.GOOS, runtime.GOARCH)
}

const unreleased = "unreleased"

// tagOf is the tag of the revision that was built: where there is none the command go makes up
// pseudo-versions, which nobody has released, as it marks those with changes.
func tagOf(info *debug.BuildInfo) string {
	v := info.Main.Version
	if !semver.IsValid(v) || module.IsPseudoVersion(v) || semver.Build(v) != "" {
		return unreleased
	}
	return v
}

// Date is when the revision was committed, 0 where that is not known.
func Date() time.Time {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return time.Time{}
	}
	return DateOf(info)
}

// DateOf is the Date of a program that was built.
func DateOf(info *debug.BuildInfo) (date time.Time) {
	for _, s := range info.Settings {
		if s.Key == "vcs.time" {
			date, _ = time.Parse(time.RFC3339, s.Value) // 0 if it is something else
		}
	}
	return date
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
