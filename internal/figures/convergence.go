package figures

import (
	"fmt"
	"io"
	"math"

	"fpsgd/internal/plots"
)

// ConvergenceFile holds the errors, level by level.
const ConvergenceFile = "converge.json"

// convergence is what is read of it.
type convergence struct {
	In, Reference string
	Levels        []struct {
		Cells    []int
		Step     *float64
		ErrorL1  *float64 `json:"error_l1"`
		ErrorChi *float64 `json:"error_chi"`
		Gap      *float64
	}
	Limits struct {
		Gap struct{ Value, Error *float64 }
	}
}

// ofConvergence returns the errors against the resolution, those of the gap as distances from its
// limit.
func ofConvergence(f *folder) ([]Figure, error) {
	var r convergence
	if _, err := f.read(ConvergenceFile); err != nil {
		return nil, err
	}
	if err := f.json(ConvergenceFile, &r); err != nil {
		return nil, err
	}
	inTime := r.In == "time"
	limit := math.NaN()
	if r.Limits.Gap.Error != nil {
		limit = value(r.Limits.Gap.Value)
	}
	out := plots.Convergence{Title: f.title(", against " + r.Reference),
		Symbol: "1/n (n cells along the first axis)"}
	if inTime {
		out.Symbol = "Δt"
	}
	var l1, chi, gap []float64
	for k, l := range r.Levels {
		step := value(l.Step)
		if !inTime {
			if len(l.Cells) == 0 {
				return nil, fmt.Errorf("%s: level %d has no cells", ConvergenceFile, k)
			}
			step = 1 / float64(l.Cells[0])
		}
		out.Steps = append(out.Steps, step)
		l1, chi, gap = append(l1, value(l.ErrorL1)), append(chi, value(l.ErrorChi)),
			append(gap, math.Abs(value(l.Gap)-limit))
	}
	out.Series = []plots.ErrorSeries{seriesOf("L¹", l1), seriesOf("χ", chi)}
	if !inTime {
		out.Series = append(out.Series, seriesOf("gap − its limit", gap))
	}
	return []Figure{{"convergence", func(w io.Writer) error { return plots.LogLog(w, out) }}}, nil
}

// seriesOf returns errors with the order observed between the last two that are known.
func seriesOf(name string, errors []float64) plots.ErrorSeries {
	n := len(errors)
	for n > 2 && math.IsNaN(errors[n-1]) {
		n--
	}
	order := math.NaN()
	if n > 1 {
		order = math.Log2(errors[n-2] / errors[n-1])
	}
	return plots.ErrorSeries{Name: name, Errors: errors, Order: order}
}
