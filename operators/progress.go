package operators

import "sync/atomic"

// reporter returns a function that adds to what is done and tells progress.
func reporter(progress func(done, total int), total int) func(more int) {
	if progress == nil {
		return func(int) {}
	}
	var done atomic.Int64
	return func(more int) { progress(int(done.Add(int64(more))), total) }
}
