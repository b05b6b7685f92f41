package program

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestVersionSaysWhatWasBuilt(t *testing.T) {
	const revision = "2b73c38aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for want, info := range map[string]*debug.BuildInfo{
		"2b73c38aaaaa": {Settings: []debug.BuildSetting{
			{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: "false"}}},
		"2b73c38aaaaa+dirty": {Main: debug.Module{Version: "v0.0.0-2026+dirty"},
			Settings: []debug.BuildSetting{
				{Key: "vcs.revision", Value: revision}, {Key: "vcs.modified", Value: "true"}}},
		"v1.2.3":  {Main: debug.Module{Version: "v1.2.3"}},
		"(devel)": {},
	} {
		if got := versionOf(info); got != want {
			t.Errorf("%v: %q, want %q", info.Settings, got, want)
		}
	}
}

// A tag is told, and the pseudo-versions of untagged commits are not, nor a tag with changes.
func TestReleases(t *testing.T) {
	const commit = "2b73c38aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
	for version, want := range map[string][2]string{
		"v1.2.3":                               {"v1.2.3", "v1.2.3"},
		"v1.2.3-rc.1":                          {"v1.2.3-rc.1", "v1.2.3-rc.1"},
		"v1.2.3+dirty":                         {"unreleased", "2b73c38aaaaa"},
		"v0.0.0-20260102030405-2b73c38aaaaa":   {"unreleased", "2b73c38aaaaa"},
		"v1.2.4-0.20260102030405-2b73c38aaaaa": {"unreleased", "2b73c38aaaaa"},
		"(devel)":                              {"unreleased", "2b73c38aaaaa"},
	} {
		info := &debug.BuildInfo{Main: debug.Module{Version: version},
			Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: commit},
				{Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}}}
		if got := releaseOf(info); !strings.HasPrefix(got, want[0]+" (commit 2b73c38aaaaa, go") {
			t.Errorf("%s: %q", version, got)
		}
		if got := Name(info); got != want[1] {
			t.Errorf("the name of %s is %q", version, got)
		}
		if got := DateOf(info); got.Unix() != 1767323045 {
			t.Errorf("the date is %v", got)
		}
	}
	if got := Name(&debug.BuildInfo{}); got != "devel" {
		t.Errorf("the name of what is not known is %q", got)
	}
}

// Of builds that their version does not tell apart the executable does.
func TestIdentity(t *testing.T) {
	for _, version := range []string{"unknown", "(devel)", "2b73c38aaaaa+dirty"} {
		if !ambiguous(version) {
			t.Errorf("%q says what was built", version)
		}
	}
	if ambiguous("2b73c38aaaaa") || ambiguous("v1.2.3") {
		t.Error("a clean revision does not say what was built")
	}
	self, err := Self()
	if err != nil || len(self.Executable) != 64 { // a test has no revision
		t.Errorf("%+v, %v", self, err)
	}
	if d := self.Difference(self); d != "" {
		t.Errorf("it differs from itself: %s", d)
	}
	for want, other := range map[string]Identity{
		`version "v9"`:  {Version: "v9", Executable: self.Executable},
		"another build": {Version: self.Version, Executable: strings.Repeat("0", 64)},
	} {
		if d := self.Difference(other); !strings.HasPrefix(d, want) {
			t.Errorf("difference %q, want %q", d, want)
		}
	}
}
