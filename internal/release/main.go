// Command release builds what is given to users: static programs for several systems, archives of
// these with the manual pages and the licences, and the SHA-256 of each. The same revision makes
// the same bytes with the same version of Go, wherever it is built.
//
//	go run ./internal/release -o dist [OS/ARCH...]
package main

import (
	"bytes"
	"crypto/sha256"
	"debug/buildinfo"
	"errors"
	"flag"
	"fmt"
	"log"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"

	"fpsgd/internal/program"
)

var targets = []string{"linux/amd64", "linux/arm64", "darwin/arm64", "windows/amd64"}

func main() {
	log.SetFlags(0)
	dir := flag.String("o", "dist", "folder to write")
	flag.Parse()
	if flag.NArg() > 0 {
		targets = flag.Args()
	}
	if err := release(*dir); err != nil {
		log.Fatal("release: ", err)
	}
}

// file is one of an archive or a release.
type file struct {
	name string
	mode os.FileMode
	data []byte
}

// release writes into a folder, which is to be empty: what an old release has left there would be
// listed with the new one. All is built before anything is written, which in a clone would be a
// change to what is built.
func release(dir string) error {
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return fmt.Errorf("%s is not empty: remove it, or take another folder with -o", dir)
	}
	work, err := os.MkdirTemp("", "release")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	here := filepath.Join(work, "fpsgd")
	if err := build(here, runtime.GOOS+"/"+runtime.GOARCH); err != nil {
		return err
	}
	info, err := buildinfo.ReadFile(here)
	if err != nil {
		return err
	}
	papers, err := papers(here, info, filepath.Join(work, "man"))
	if err != nil {
		return err
	}
	var all []file
	for _, target := range targets {
		files, err := releaseFor(target, work, info, papers)
		if err != nil {
			return fmt.Errorf("%s: %w", target, err)
		}
		all = append(all, files...)
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	for _, f := range append(all, sums(all)) {
		if err := os.WriteFile(filepath.Join(dir, f.name), f.data, f.mode); err != nil {
			return err
		}
	}
	return nil
}

// releaseFor returns the program for a system, and the archive of it.
func releaseFor(target, work string, info *buildinfo.BuildInfo, papers []file) ([]file, error) {
	system, arch, _ := strings.Cut(target, "/")
	name := fmt.Sprintf("fpsgd_%s_%s_%s", program.Name(info), system, arch)
	suffix, pack, ending := "", tarball, ".tar.gz"
	if system == "windows" {
		suffix, pack, ending = ".exe", zipped, ".zip"
	}
	path := filepath.Join(work, name)
	if err := build(path, target); err != nil {
		return nil, err
	}
	data, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	files := append([]file{{"fpsgd" + suffix, 0o755, data}}, papers...)
	archive := &bytes.Buffer{}
	if err := pack(archive, name, files, program.DateOf(info)); err != nil {
		return nil, err
	}
	return []file{{name + suffix, 0o755, data}, {name + ending, 0o644, archive.Bytes()}}, nil
}

// sums are what sha256sum --check reads.
func sums(files []file) file {
	text := &bytes.Buffer{}
	for _, f := range files {
		fmt.Fprintf(text, "%x  %s\n", sha256.Sum256(f.data), f.name)
	}
	return file{"SHA256SUMS", 0o644, text.Bytes()}
}

// build makes a program that needs no other file: no C library, no paths of this machine in it.
func build(path, target string) error {
	system, arch, ok := strings.Cut(target, "/")
	if !ok {
		return fmt.Errorf("a system is OS/ARCH, as in %s", strings.Join(targets, ", "))
	}
	path, err := filepath.Abs(path)
	if err != nil {
		return err
	}
	_, err = output([]string{"CGO_ENABLED=0", "GOFLAGS=", "GOOS=" + system, "GOARCH=" + arch},
		"go", "build", "-trimpath", "-buildvcs=auto", "-ldflags=-s -w", "-o", path,
		"fpsgd/cmd/fpsgd")
	return err
}

func output(env []string, name string, args ...string) ([]byte, error) {
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), env...)
	out, err := cmd.Output()
	if e := (*exec.ExitError)(nil); errors.As(err, &e) {
		err = fmt.Errorf("%w: %s", err, e.Stderr)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", strings.Join(cmd.Args, " "), err)
	}
	return out, nil
}

// papers are the licences, the program's own and of all that is linked into it, and the manual
// pages, as the program itself writes them.
func papers(fpsgd string, info *buildinfo.BuildInfo, man string) ([]file, error) {
	own, err := os.ReadFile("LICENSE")
	if err != nil {
		return nil, err
	}
	others, err := licences(info)
	if err != nil {
		return nil, err
	}
	if _, err := output(nil, fpsgd, "man", man); err != nil {
		return nil, err
	}
	files := []file{{"LICENSE", 0o644, own}, {"LICENSES-OF-OTHERS", 0o644, others}}
	pages, err := os.ReadDir(man)
	if err != nil {
		return nil, err
	}
	for _, page := range pages { // by name
		text, err := os.ReadFile(filepath.Join(man, page.Name()))
		if err != nil {
			return nil, err
		}
		files = append(files, file{"man/man1/" + page.Name(), 0o644, text})
	}
	return files, nil
}
