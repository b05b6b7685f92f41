package rundir

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"math"
	"regexp"
	"strconv"
	"strings"

	"fpsgd/internal/npy"
)

// The series is a table of numbers with named columns, a row per accepted step. NaN stands for an
// unknown value.

// columnName keeps names usable as CSV headers without quotes, and as names in Python.
var columnName = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// checkSeries refuses what cannot be written: a name that is not an identifier, or that is given
// twice, and ±Inf.
func checkSeries(names []string, columns [][]float64) error {
	seen := map[string]bool{}
	for _, name := range names {
		if !columnName.MatchString(name) {
			return fmt.Errorf("the series column %q is not made of letters, digits and "+
				"underscores; rename the axis", name)
		}
		if seen[name] {
			return fmt.Errorf("the series has two columns %q; rename the axis", name)
		}
		seen[name] = true
	}
	for k, column := range columns {
		for i, x := range column {
			if math.IsInf(x, 0) {
				return fmt.Errorf("row %d of the series: %s is %g; unknown values must be NaN, "+
					"all others finite", i, names[k], x)
			}
		}
	}
	return nil
}

// ParseSeries reads what WriteSeries has written to series.csv: the same numbers, to the bit, by
// the columns' names.
func ParseSeries(csv []byte) (map[string][]float64, error) {
	header, rest, _ := strings.Cut(string(csv), "\n")
	names := strings.Split(header, ",")
	columns := make([][]float64, len(names))
	row := 0
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), ",")
		if len(cells) != len(names) {
			return nil, fmt.Errorf("row %d has %d cells, and the header %d",
				row, len(cells), len(names))
		}
		for k, cell := range cells {
			x, err := math.NaN(), error(nil)
			if cell != "" {
				x, err = strconv.ParseFloat(cell, 64)
			}
			if err != nil {
				return nil, fmt.Errorf("row %d, %s: %w", row, names[k], err)
			}
			columns[k] = append(columns[k], x)
		}
		row++
	}
	if err := checkSeries(names, columns); err != nil {
		return nil, err
	}
	series := map[string][]float64{}
	for k, name := range names {
		series[name] = columns[k]
	}
	return series, nil
}

// WriteSeries writes series.csv and series.npz, from columns of the same length. Called at each
// checkpoint it rewrites all rows, about 20 bytes a number, so that a killed run keeps the rows up
// to the last checkpoint.
func (d *Dir) WriteSeries(names []string, columns [][]float64) error {
	if err := checkSeries(names, columns); err != nil {
		return err
	}
	csv := func(w io.Writer) error { return writeCSV(w, names, columns) }
	npz := func(w io.Writer) error { return npy.WriteNpz(w, names, columns) }
	return cmp.Or(d.WriteFile(SeriesCSV, csv), d.WriteFile(SeriesNpz, npz))
}

// writeCSV writes a line of names, then a line per row. Each number has the fewest digits that read
// back as the same float64; an unknown value is an empty cell.
func writeCSV(w io.Writer, names []string, columns [][]float64) error {
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(names, ",") + "\n")
	var line []byte
	for i := range columns[0] {
		line = line[:0]
		for k, column := range columns {
			if k > 0 {
				line = append(line, ',')
			}
			if !math.IsNaN(column[i]) {
				line = strconv.AppendFloat(line, column[i], 'g', -1, 64)
			}
		}
		b.Write(append(line, '\n'))
	}
	return b.Flush() // which returns the first error of all writes
}
