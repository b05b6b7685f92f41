//go:build !unix

package hostile

import "time"

var start = time.Now()

// processorTime is by the clock, where the system tells no more.
func processorTime() time.Duration { return time.Since(start) }
