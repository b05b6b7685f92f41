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
