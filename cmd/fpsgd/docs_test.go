package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"fpsgd/internal/npy/numpytest"
)

// documents are the pages of which the commands are run.
func documents(t *testing.T) []string {
	t.Helper()
	pages, err := filepath.Glob("../../docs/*.md")
	if err != nil || len(pages) == 0 {
		t.Fatalf("%d pages in docs: %v", len(pages), err)
	}
	return append(pages, "../../README.md")
}

// block is a fenced block of a page.
type block struct {
	line       int // of the page, from 1
	info, text string
}

// blocksOf returns the fenced blocks of a page. A command line stands in one of these: a block of
// shell by its indent would not be run.
func blocksOf(t *testing.T, page string) (blocks []block) {
	t.Helper()
	data, err := os.ReadFile(page)
	if err != nil {
		t.Fatal(err)
	}
	var open *block
	for i, line := range strings.SplitAfter(string(data), "\n") {
		switch info, fence := strings.CutPrefix(line, "```"); {
		case open == nil && fence:
			open = &block{line: i + 1, info: strings.TrimSpace(info)}
		case fence:
			blocks, open = append(blocks, *open), nil
		case open != nil:
			open.text += line
		case indentedCommand.MatchString(line):
			t.Errorf("%s:%d: a command outside of a block that says ```sh is not run: %s", page,
				i+1, line)
		}
	}
	return blocks
}

var indentedCommand = regexp.MustCompile(`^(    |\t)\s*(bin/|\./|\$ )?(fpsgd|make|python3|go) \S`)

// runs tells whether the commands of a block are run, by what follows sh: nothing; "long", which
// is run by make test-long; or "not run here: " and why.
func (b block) runs(t *testing.T, page string) bool {
	t.Helper()
	language, how, _ := strings.Cut(b.info, " ")
	why, not := strings.CutPrefix(how, "not run here: ")
	switch {
	case language != "sh":
		return false
	case how == "":
		return true
	case how == "long":
		return os.Getenv("FPSGD_LONG") != ""
	case not && why != "":
		return false
	}
	t.Errorf("%s:%d: sh is followed by nothing, by long, or by \"not run here: \" and why, not %q",
		page, b.line, how)
	return false
}

// The commands of the documentation do what it says, as they are written there: those of a page
// run one after the other in a copy of the module. What a block of text
// right below a block of commands shows is what these print.
func TestDocumentation(t *testing.T) {
	for _, page := range documents(t) {
		t.Run(filepath.Base(page), func(t *testing.T) {
			t.Parallel()
			blocks := blocksOf(t, page)
			script, run := "", []int(nil)
			for i, b := range blocks {
				if b.runs(t, page) {
					script += b.text + "printf '" + separator + "'\n"
					run = append(run, i)
				}
			}
			if len(run) == 0 {
				return
			}
			out, stderr, err := shell(t, script)
			printed := strings.Split(out, separator)
			if err != nil || len(printed) != len(run)+1 {
				failed := blocks[run[min(len(printed), len(run))-1]]
				t.Fatalf("%s:%d: %v\n%s%s", page, failed.line, err, failed.text, stderr)
			}
			for k, i := range run {
				if i+1 < len(blocks) && blocks[i+1].info == "text" && adjacent(blocks, i) {
					holds(t, page, blocks[i+1], printed[k])
				}
			}
		})
	}
}

// separator is printed after every block.
const separator = "\x1e"

// adjacent reports whether a block and the next have one empty line between them, or none.
func adjacent(blocks []block, i int) bool {
	end := blocks[i].line + strings.Count(blocks[i].text, "\n") + 1
	return blocks[i+1].line-end <= 2
}

// shell runs a script in a folder of its own.
func shell(t *testing.T, script string) (stdout, stderr string, err error) {
	t.Helper()
	if strings.Contains(script, "python3") {
		numpytest.Require(t, "numpy", "python3-numpy")
	}
	cmd := exec.Command("bash", "-euo", "pipefail", "-c", script)
	cmd.Dir = t.TempDir()
	clone(t, cmd.Dir)
	fpsgd, err := exec.LookPath("fpsgd")
	if err != nil {
		t.Fatal(err)
	}
	cmd.Env = append(os.Environ(), "HOME="+cmd.Dir, "PATH="+strings.Join([]string{
		filepath.Dir(fpsgd), filepath.Dir(numpytest.Python), os.Getenv("PATH")}, ":"))
	var out, errors bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &errors
	err = cmd.Run()
	return out.String(), errors.String(), err
}

// clone copies what git has of the module into a folder, in which pages that begin with make are
// read as well as the others.
func clone(t *testing.T, dir string) {
	t.Helper()
	copy := exec.Command("bash", "-euo", "pipefail", "-c", `git ls-files -z | tar c --null -T - |
		tar x -C "$0"`, dir)
	copy.Dir = "../.."
	if out, err := copy.CombinedOutput(); err != nil {
		t.Skipf("copying what git has of the module: %v: %s", err, out)
	}
}

// holds requires that a block is what was printed. In it … stands for any text of a line, and for
// any lines where it is all of one.
func holds(t *testing.T, page string, b block, printed string) {
	t.Helper()
	if runtime.GOARCH != "amd64" {
		return // others round differently, and the last digits of errors tell
	}
	if !pattern(b.text).MatchString(trimmed(printed)) {
		t.Errorf("%s:%d: it prints\n%s\nand not\n%s", page, b.line, printed, b.text)
	}
}

// trimmed is a text without blanks at the ends of its lines.
func trimmed(text string) string {
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.Join(lines, "\n") + "\n"
}

func pattern(text string) *regexp.Regexp {
	p := "^"
	for line := range strings.SplitSeq(strings.TrimSuffix(trimmed(text), "\n"), "\n") {
		if line == "…" {
			p += `(?:.*\n)*?`
			continue
		}
		p += strings.ReplaceAll(regexp.QuoteMeta(line), "…", ".*") + "\n"
	}
	return regexp.MustCompile(p + "$")
}

func TestPattern(t *testing.T) {
	for _, c := range []struct {
		text, printed string
		want          bool
	}{
		{"gap 2\n", "gap 2  \n", true}, {"gap 2\n", "gap 2.1\n", false},
		{"gap 2\n", "gap 2\nmore\n", false}, {"gap 2\n…\n", "gap 2\nmore\nand more\n", true},
		{"…\ngap 2\n", "gap 2\n", true}, {"gap … s\n", "gap 2, 1 s\n", true},
		{"gap … s\n", "gap 2\n1 s\n", false}, {"gap .\n", "gap 2\n", false},
		{"a\n…\nc\n", "a\nb\nd\n", false},
	} {
		if got := pattern(c.text).MatchString(trimmed(c.printed)); got != c.want {
			t.Errorf("%q of %q: %v", c.text, c.printed, got)
		}
	}
}

// Commands that stand in a sentence or a table have names and flags that there are.
func TestCommandsInSentences(t *testing.T) {
	script, where := "", []string(nil)
	for _, page := range documents(t) {
		text, err := os.ReadFile(page)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range inline.FindAllSubmatch(text, -1) {
			line, _, _ := strings.Cut(string(m[1]), " | ")
			where = append(where, fmt.Sprintf("%s: fpsgd %s", filepath.Base(page), line))
			script += "printf '%s\\0' " + plain.Replace(line) + "\nprintf '" + separator + "'\n"
		}
	}
	out, stderr, err := shell(t, script)
	if err != nil {
		t.Fatalf("%v: %s\n%s", err, stderr, script)
	}
	for i, words := range strings.Split(strings.TrimSuffix(out, separator), separator) {
		root := newRoot()
		addCompletion(root)
		cmd, rest, err := root.Find(strings.Split(strings.TrimSuffix(words, "\x00"), "\x00"))
		if err == nil && cmd == root && !strings.HasPrefix(rest[0], "-") {
			err = fmt.Errorf("there is no command %q", rest[0])
		}
		if cmd.InitDefaultVersionFlag(); err == nil {
			err = cmd.ParseFlags(slices.DeleteFunc(rest, isHelp))
		}
		if err != nil {
			t.Errorf("%s: %v", where[i], err)
		}
	}
}

func isHelp(arg string) bool { return arg == "--help" }

// inline is a command between backquotes.
var inline = regexp.MustCompile("`fpsgd ([^`\n]+)`")

// plain makes words of placeholders: of CONFIG|PRESET, in a table too, of [--flag], and of RUN….
var plain = strings.NewReplacer(`\|`, "-", "|", "-", "[", "", "]", "", "<", "", ">", "", "(", "",
	")", "")
