package terminal

import (
	"os"

	"golang.org/x/sys/windows"
)

// enableEscapes makes a console heed escape sequences and reports whether it does.
func enableEscapes(f *os.File) bool {
	var mode uint32
	h := windows.Handle(f.Fd())
	return windows.GetConsoleMode(h, &mode) == nil &&
		windows.SetConsoleMode(h, mode|windows.ENABLE_VIRTUAL_TERMINAL_PROCESSING) == nil
}
