package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Every page is set without a warning, and says what --help says.
func TestManualPages(t *testing.T) {
	if _, err := exec.LookPath("man"); err != nil {
		t.Skip("no man; run: apt-get install --no-install-recommends man-db")
	}
	dir := t.TempDir()
	succeed(t, dir, "man", "pages")
	root := newRoot()
	addCompletion(root)
	pages := 0
	err := eachPage(root, func(cmd *cobra.Command) error {
		pages++
		text := setPage(t, filepath.Join(dir, "pages", pageName(cmd)+".1"))
		said := []string{cmd.Short, cmd.UseLine(), cmd.Long}
		cmd.LocalFlags().VisitAll(func(f *pflag.Flag) {
			_, usage := pflag.UnquoteUsage(f)
			said = append(said, "--"+f.Name, usage)
		})
		for _, s := range said {
			if !strings.Contains(text, words(s)) {
				t.Errorf("%s does not say %q, but\n%s", pageName(cmd), words(s), text)
			}
		}
		return nil
	})
	files, readErr := os.ReadDir(filepath.Join(dir, "pages"))
	if err != nil || readErr != nil || len(files) != pages {
		t.Errorf("%d files for %d commands, %v, %v", len(files), pages, err, readErr)
	}
}

// setPage returns the words of a page, as man sets it.
func setPage(t *testing.T, path string) string {
	t.Helper()
	cmd := exec.Command("man", "--warnings", "-E", "UTF-8", "-l", path)
	cmd.Env = append(os.Environ(), "MANWIDTH=200", "MAN_KEEP_FORMATTING=", "LC_ALL=C.UTF-8")
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil || stderr.Len() > 0 {
		t.Errorf("%v: %v\n%s", cmd.Args, err, &stderr)
	}
	return words(string(out))
}

// words are what two settings of a text have in common. Primes and backquotes are ASCII in both.
func words(text string) string {
	return strings.TrimSpace(regexp.MustCompile(`\s+`).ReplaceAllString(text, " "))
}
