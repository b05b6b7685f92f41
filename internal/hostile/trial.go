package hostile

import (
	"errors"
	"fmt"
	"testing"
)

// trial is a test of one input among many, whose failure ends that one alone.
type trial struct {
	testing.TB
	wrong string
}

var errStopped = errors.New("the test of this input is over")

func (t *trial) Helper() {}

func (t *trial) Error(args ...any) { t.wrong = fmt.Sprint(args...) }

func (t *trial) Errorf(format string, args ...any) { t.wrong = fmt.Sprintf(format, args...) }

func (t *trial) Fatal(args ...any) {
	t.Error(args...)
	panic(errStopped)
}

func (t *trial) Fatalf(format string, args ...any) {
	t.Errorf(format, args...)
	panic(errStopped)
}
