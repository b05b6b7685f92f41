package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
)

// endOnSignals cancels the work at the first signal that asks for an end. More of them change
// nothing, as batch systems send several; but a second from the keyboard kills.
func endOnSignals(cancel context.CancelCauseFunc) {
	got := make(chan os.Signal, 1)
	signal.Notify(got, endings()...)
	go func() {
		for s := range got {
			if s == os.Interrupt {
				signal.Reset(os.Interrupt)
			}
			cancel(fmt.Errorf("signal: %v", s))
		}
	}()
}
