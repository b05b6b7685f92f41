package main

import (
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
)

// tall is a terminal's number of rows that no run fills.
const tall = 200

// onTerminal runs fpsgd on a terminal of so many columns and returns what it was sent.
func onTerminal(t *testing.T, columns int, args ...string) string {
	t.Helper()
	cmd := exec.Command("fpsgd", args...)
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=1")
	user, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: uint16(columns), Rows: tall})
	if err != nil {
		t.Skip(err)
	}
	defer user.Close()
	sent, _ := io.ReadAll(user) // it ends with EIO as the process ends
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v\n%s", err, sent)
	}
	return string(sent)
}

// rowsOf returns what stands on the screen, without what is empty below and to the right.
func rowsOf(screen vt10x.Terminal) string {
	var rows []string
	for row := range strings.Lines(screen.String()) {
		rows = append(rows, strings.TrimRight(row, " \n"))
	}
	return strings.TrimRight(strings.Join(rows, "\n"), "\n")
}

// Pictures of the line of progress, and what erases it.
var pictures = regexp.MustCompile(`\r[^\n\x1b]*\x1b\[J\r`)

// On a terminal of any width a run shows one line, and leaves the screen as if there had been none.
func TestRunOnTerminal(t *testing.T) {
	for _, columns := range []int{20, 40, 80} {
		t.Run(strconv.Itoa(columns), func(t *testing.T) {
			sent := onTerminal(t, columns, "run", "quadratic-1d", "--set", "time.step=1e-3",
				"--set", "output.snapshots=0",
				"-o", filepath.Join(t.TempDir(), "run"))
			checkPictures(t, columns, sent)
		})
	}
}

// checkPictures replays what a terminal was sent.
func checkPictures(t *testing.T, columns int, sent string) {
	t.Helper()
	if strings.Contains(strings.NewReplacer("\x1b[J", "", "\x1b[K", "").Replace(sent), "\x1b") {
		t.Errorf("there are escape sequences beyond those that erase: %q", sent)
	}
	shown := pictures.FindAllStringIndex(sent, -1)
	if len(shown) == 0 {
		t.Fatalf("no progress: %q", sent)
	}
	screen, at := vt10x.New(vt10x.WithSize(columns, tall)), 0
	for _, picture := range shown {
		screen.Write([]byte(sent[at:picture[1]]))
		at = picture[1]
		if rows := rowsOf(screen); strings.Contains(rows, "\n") || len([]rune(rows)) >= columns {
			t.Fatalf("progress takes more than a row, or all of it:\n%s", rows)
		}
	}
	screen.Write([]byte(sent[at:]))
	clean := vt10x.New(vt10x.WithSize(columns, tall))
	clean.Write([]byte(strings.ReplaceAll(pictures.ReplaceAllString(sent, ""), "\r\x1b[K\x1b[J",
		"")))
	got, want := rowsOf(screen), rowsOf(clean)
	if got != want {
		t.Errorf("the screen is\n%s\nand without progress\n%s", got, want)
	}
	const wide = 60 // in which the first line of the table fits
	if columns > wide && !regexp.MustCompile(`^ +measured +± +exact`).MatchString(got) {
		t.Errorf("the table begins with\n%.80s", got)
	}
}

// Quiet, a run sends its table to a terminal, and nothing else.
func TestQuietOnTerminal(t *testing.T) {
	sent := onTerminal(t, 80, "run", "quadratic-1d", "--quiet", "--set", "grid.axes.0.cells=32",
		"--set", "time.end=0.1",
		"-o", filepath.Join(t.TempDir(), "run"))
	if !strings.HasPrefix(strings.TrimLeft(sent, " "), "measured") ||
		strings.Contains(sent, "\x1b") {
		t.Errorf("%q", sent)
	}
}
