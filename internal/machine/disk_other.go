//go:build !(linux || darwin || freebsd || windows)

package machine

import "math"

func free(string) float64 { return math.Inf(1) }
