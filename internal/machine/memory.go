package machine

import "errors"

// ErrMemory is why work is ended when there is nearly no memory left: the next thing would be that
// the system kills it.
var ErrMemory = errors.New("the memory runs out")
