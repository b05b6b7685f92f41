package main

import (
	"context"
	"fmt"
	"math"
	"runtime/debug"
	"time"

	"fpsgd/internal/machine"
)

// What is kept free for an end in order, and a checkpoint above all: so much, and a share of what
// the process uses, which for a run is 450 bytes a cell or more, of which a checkpoint takes 24.
const (
	reserveLeast = 32 << 20
	reserveShare = 0.1
)

// Of the memory: how much there is, and how often that is looked at. Tests have machines whose
// memory runs out.
var (
	memoryRoom   = machine.MemoryAndSwap
	memoryPeriod = 250 * time.Millisecond
)

// endBeforeMemory cancels the work when the memory that is left no longer suffices for more than an
// end in order. Before it comes to that garbage is collected the more often the less there is.
// Where nothing is known of the memory nothing is done.
func endBeforeMemory(ctx context.Context, cancel context.CancelCauseFunc) {
	tick := time.NewTicker(memoryPeriod)
	defer tick.Stop()
	asked := debug.SetMemoryLimit(-1) // by GOMEMLIMIT
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := lookAtMemory(asked); err != nil {
			cancel(err)
			return
		}
	}
}

// lookAtMemory sets where garbage is collected at the latest, below most, and is an error where
// even that is no help.
func lookAtMemory(most int64) error {
	room, reserve, used := memoryLeft()
	if math.IsInf(room.Left, 1) {
		return nil
	}
	if limit := max(used+room.Left-reserve, reserveLeast); limit < float64(most) {
		most = int64(limit)
	}
	debug.SetMemoryLimit(most)
	if room.Left >= reserve {
		return nil
	}
	debug.FreeOSMemory()
	if room, reserve, _ = memoryLeft(); room.Left >= reserve {
		return nil
	}
	return fmt.Errorf("%w: %s allows %s more, of %s, and %s are kept for the checkpoint",
		machine.ErrMemory, room.By,
		machine.Bytes(max(room.Left, 0)), machine.Bytes(room.Of), machine.Bytes(reserve))
}

// memoryLeft is how much memory there is, how much of it is for the end, and how much is used.
func memoryLeft() (room machine.Room, reserve, used float64) {
	used, _, _ = machine.Heap()
	return memoryRoom(), reserveLeast + reserveShare*used, used
}
