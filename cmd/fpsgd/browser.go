package main

import (
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
)

// errNoDisplay is of a machine without a screen.
var errNoDisplay = errors.New("there is no display to show the report on")

// browse shows a file in the browser of the user. It is told the program and its arguments, without
// a shell, and does not wait.
func browse(path string) error {
	target, err := fileURL(path)
	if err != nil {
		return err
	}
	name, args, err := opener(runtime.GOOS, os.Getenv, target)
	if err != nil {
		return err
	}
	cmd := exec.Command(name, args...)
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("no browser could be started: %w", err)
	}
	go cmd.Wait()
	return nil
}

// opener is what opens a URL on a system.
func opener(system string, env func(string) string, target string) (string, []string, error) {
	switch system {
	case "windows":
		return "rundll32", []string{"url.dll,FileProtocolHandler", target}, nil
	case "darwin":
		return "open", []string{target}, nil
	}
	if env("DISPLAY") == "" && env("WAYLAND_DISPLAY") == "" {
		return "", nil, errNoDisplay
	}
	return "xdg-open", []string{target}, nil
}

// fileURL is the URL of a file: it begins with file:///, so that no name of a file is taken for a
// flag or another scheme.
func fileURL(path string) (string, error) {
	path, err := filepath.Abs(path)
	if err != nil {
		return "", err
	}
	path = filepath.ToSlash(path)
	if !strings.HasPrefix(path, "/") { // C:/…
		path = "/" + path
	}
	return (&url.URL{Scheme: "file", Path: path}).String(), nil
}
