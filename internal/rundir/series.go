package rundir

import (
	"bufio"
	"fmt"
	"io"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"fpsgd/internal/npy"
)

// Series is a table of numbers with named columns, a row per accepted step. NaN stands for an unknown value.
type Series struct {
	names   []string
	columns [][]float64 // by column, then by row
}

// columnName keeps names usable as CSV headers without quotes, and as names in Python.
var columnName = regexp.MustCompile(`^[\pL_][\pL\pN_]*$`)

// NewSeries returns an empty table. A name that is not an identifier, or that is given twice, is an error.
func NewSeries(names ...string) (*Series, error) {
	for k, name := range names {
		if !columnName.MatchString(name) {
			return nil, fmt.Errorf("the series column %q is not made of letters, digits and underscores; rename the axis", name)
		}
		if slices.Contains(names[:k], name) {
			return nil, fmt.Errorf("the series has two columns %q; rename the axis", name)
		}
	}
	return &Series{names: slices.Clone(names), columns: make([][]float64, len(names))}, nil
}

// ParseSeries reads what WriteCSV has written: the same numbers, to the bit.
func ParseSeries(csv []byte) (*Series, error) {
	header, rest, _ := strings.Cut(string(csv), "\n")
	s, err := NewSeries(strings.Split(header, ",")...)
	if err != nil {
		return nil, err
	}
	row := make([]float64, len(s.names))
	for line := range strings.Lines(rest) {
		cells := strings.Split(strings.TrimSuffix(line, "\n"), ",")
		if len(cells) != len(row) {
			return nil, fmt.Errorf("row %d has %d cells, and the header %d", s.Len(), len(cells), len(row))
		}
		for k, cell := range cells {
			row[k] = math.NaN()
			if cell == "" {
				continue
			}
			if row[k], err = strconv.ParseFloat(cell, 64); err != nil {
				return nil, fmt.Errorf("row %d, %s: %w", s.Len(), s.names[k], err)
			}
		}
		if err := s.Append(row...); err != nil {
			return nil, err
		}
	}
	return s, nil
}

// Append adds a row, one value for each column. NaN is stored as unknown; ±Inf is an error, and the row is not added.
func (s *Series) Append(row ...float64) error {
	if len(row) != len(s.names) {
		panic(fmt.Sprintf("rundir: a row of %d values for a series of %d columns", len(row), len(s.names)))
	}
	for k, x := range row {
		if math.IsInf(x, 0) {
			return fmt.Errorf("row %d of the series: %s is %g; unknown values must be NaN, all others finite", s.Len(), s.names[k], x)
		}
	}
	for k, x := range row {
		s.columns[k] = append(s.columns[k], x)
	}
	return nil
}

// Len is the number of rows.
func (s *Series) Len() int {
	if len(s.columns) == 0 {
		return 0
	}
	return len(s.columns[0])
}

// Names are the columns' names, in order.
func (s *Series) Names() []string { return slices.Clone(s.names) }

// Column returns the values of a column, not a copy, or nil when there is none of that name.
func (s *Series) Column(name string) []float64 {
	if k := slices.Index(s.names, name); k >= 0 {
		return s.columns[k]
	}
	return nil
}

// WriteCSV writes a line of names, then a line per row. Each number has the fewest digits that read back as the same float64;
// an unknown value is an empty cell.
func (s *Series) WriteCSV(w io.Writer) error {
	b := bufio.NewWriter(w)
	b.WriteString(strings.Join(s.names, ",") + "\n")
	var line []byte
	for i := range s.Len() {
		line = line[:0]
		for k, column := range s.columns {
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

// WriteNpz writes the columns by name as an .npz archive; an unknown value is NaN.
func (s *Series) WriteNpz(w io.Writer) error { return npy.WriteNpz(w, s.names, s.columns) }
