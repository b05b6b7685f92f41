//go:build !linux

package machine

func rooms(bool) []Room { return nil }
