package fpsgd

import (
	"fmt"
	"math"

	"fpsgd/solver"
)

// Progress is told what long work is at, and which share of it is done, NaN if that is not known;
// with "" that it is over. Several goroutines may tell it at once. A nil Progress is told nothing.
type Progress func(share float64, text string)

// part tells of a part of the work, and how far that is.
func (p Progress) part(name, format string, args ...any) {
	if p == nil {
		return
	}
	if format != "" {
		name += ", " + fmt.Sprintf(format, args...)
	}
	p(math.NaN(), name)
}

// over tells that the work is done.
func (p Progress) over() {
	if p != nil {
		p(math.NaN(), "")
	}
}

// cells tells how many of the cells a part of the set-up has done.
func (p Progress) cells(part string, done, total int) {
	p.part(fmt.Sprintf("%s: %d %% of %d cells", part, int64(done)*100/int64(total), total), "")
}

// steps tells of the steps of a run to its end.
func (p Progress) steps(end float64) solver.Observer {
	return solver.ObserverFunc(func(e solver.Event) error {
		if p != nil {
			p(e.Time/end, fmt.Sprintf("t = %.4g of %g, step %d, dt = %.3g", e.Time, end, e.Steps,
				e.Dt))
		}
		return nil
	})
}
