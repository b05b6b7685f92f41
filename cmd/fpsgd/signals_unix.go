//go:build unix

package main

import (
	"os"
	"os/signal"
	"syscall"
)

// endings are the signals that ask for an end: those of the keyboard, of a terminal that goes,
// unless nohup ignores it, and the warnings of batch systems. A pipe without a reader is an error
// of the write to it, not the end.
func endings() []os.Signal {
	signal.Ignore(syscall.SIGPIPE)
	signals := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGUSR1, syscall.SIGXCPU}
	if !signal.Ignored(syscall.SIGHUP) {
		signals = append(signals, syscall.SIGHUP)
	}
	return signals
}
