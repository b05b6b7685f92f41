//go:build !linux

package machine

func limits() []limit { return nil }
