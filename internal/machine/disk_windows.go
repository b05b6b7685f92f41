package machine

import (
	"math"

	"golang.org/x/sys/windows"
)

func free(folder string) float64 {
	name, err := windows.UTF16PtrFromString(folder)
	if err != nil {
		return math.Inf(1)
	}
	var available uint64
	if windows.GetDiskFreeSpaceEx(name, &available, nil, nil) != nil {
		return math.Inf(1)
	}
	return float64(available)
}
