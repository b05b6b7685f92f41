package main

import (
	"bytes"
	"debug/buildinfo"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// licences are the texts that come with Go, with the modules in a program, and with what lies in
// folders of this module: all ask to be passed on.
func licences(info *buildinfo.BuildInfo) ([]byte, error) {
	root, err := output(nil, "go", "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	all := &bytes.Buffer{}
	if err := addLicences(all, "Go", strings.TrimSpace(string(root))); err != nil {
		return nil, err
	}
	for _, m := range info.Deps {
		dir, err := output(nil, "go", "list", "-m", "-f", "{{.Dir}}", m.Path)
		if err != nil {
			return nil, err
		}
		name := m.Path + " " + m.Version
		if err := addLicences(all, name, strings.TrimSpace(string(dir))); err != nil {
			return nil, err
		}
	}
	folders, err := licensed(os.DirFS("."))
	if err != nil {
		return nil, err
	}
	for _, dir := range folders {
		if err := addLicences(all, dir, dir); err != nil {
			return nil, err
		}
	}
	return all.Bytes(), nil
}

// licensed are the folders below a module's own that have a licence.
func licensed(module fs.FS) (folders []string, err error) {
	err = fs.WalkDir(module, ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if e.IsDir() && path != "." && (e.Name()[0] == '.' || path == "dist" || path == "runs") {
			return fs.SkipDir
		}
		if dir := filepath.Dir(path); e.Name() == "LICENSE" && dir != "." {
			folders = append(folders, dir)
		}
		return nil
	})
	return folders, err
}

// addLicences adds the licences in a folder, of which there are some, under a name.
func addLicences(all *bytes.Buffer, name, dir string) error {
	var paths []string
	for _, p := range []string{"*LICEN[SC]E*", "*LICEN[SC]E*/*", "COPYING*", "NOTICE*"} {
		found, err := filepath.Glob(filepath.Join(dir, p))
		if err != nil {
			return err
		}
		paths = append(paths, found...)
	}
	slices.Sort(paths)
	before := all.Len()
	for _, path := range paths {
		if info, err := os.Stat(path); err != nil || info.IsDir() {
			continue
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		fmt.Fprintf(all, "---- %s: %s\n\n%s\n\n", name, filepath.Base(path), bytes.TrimSpace(text))
	}
	if all.Len() == before {
		return fmt.Errorf("%s has no licence in %s", name, dir)
	}
	return nil
}
