//go:build !windows

package terminal

import "os"

// enableEscapes reports whether a terminal knows escape sequences.
func enableEscapes(*os.File) bool { return true }
