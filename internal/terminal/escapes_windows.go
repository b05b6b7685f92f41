package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes makes a console heed escape sequences and reports whether it does.
func enableEscapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	const escapes = windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|escapes) == nil
}
