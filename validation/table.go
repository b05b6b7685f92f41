package validation

import (
	"fmt"
	"io"
	"strings"
	"unicode/utf8"
)

// columns are the headings of the table of rows.
var columns = []string{"claim", "case", "measured", "mathematics", "difference", "estimate",
	"tolerance", "verdict", "seconds"}

// cells writes a row as text, column by column.
func (r Row) cells() []string {
	return []string{
		r.Claim, r.Case, fmt.Sprintf("%.10g", r.Measured), fmt.Sprintf("%.10g", r.Expected),
		fmt.Sprintf("%.1e", r.Error()),
		fmt.Sprintf("%.1e", r.Estimate), fmt.Sprintf("%.1e", r.Tolerance), r.verdict(),
		fmt.Sprintf("%.2f", r.Seconds),
	}
}

func (r Row) verdict() string {
	if r.Pass {
		return "holds"
	}
	return "FAILS"
}

// Table prints rows as they come, in columns wide enough for most.
type Table struct {
	w      io.Writer
	widths []int
}

// NewTable prints the headings of a table of the claims.
func NewTable(w io.Writer, claims []Claim) *Table {
	t := &Table{w: w, widths: []int{0, 56, 15, 15, 10, 8, 9, 7, 7}}
	for _, c := range claims {
		t.widths[0] = max(t.widths[0], utf8.RuneCountInString(c.Name))
	}
	t.line(columns)
	return t
}

// Row prints a row, and below it the note of one that fails.
func (t *Table) Row(r Row) {
	t.line(r.cells())
	if !r.Pass {
		fmt.Fprintf(t.w, "%s%s\n", strings.Repeat(" ", t.widths[0]+2), r.remark())
	}
}

func (t *Table) line(cells []string) {
	var b strings.Builder
	for k, cell := range cells {
		b.WriteString(cell)
		b.WriteString(strings.Repeat(" ", max(0, t.widths[k]-utf8.RuneCountInString(cell))+2))
	}
	fmt.Fprintln(t.w, strings.TrimRight(b.String(), " "))
}

// remark joins what the expected value is with the note.
func (r Row) remark() string { return strings.Trim(r.Formula+"; "+r.Note, "; ") }

// WriteMarkdown writes the rows as a table in Markdown, with the statements of the claims above it
// and the formulas in a last column.
func WriteMarkdown(w io.Writer, claims []Claim, rows []Row) error {
	var b strings.Builder
	for _, c := range claims {
		fmt.Fprintf(&b, "- **%s**: %s (%s)\n", c.Name, c.Statement, c.Source)
	}
	b.WriteByte('\n')
	markdownLine(&b, append(columns[:len(columns):len(columns)], "note"))
	b.WriteString(strings.Repeat("|---", len(columns)+1) + "|\n")
	for _, r := range rows {
		markdownLine(&b, append(r.cells(), r.remark()))
	}
	fmt.Fprintf(&b, "\n%s\n", Summary(rows))
	_, err := io.WriteString(w, b.String())
	return err
}

func markdownLine(b *strings.Builder, cells []string) {
	for _, cell := range cells {
		b.WriteString("| " + strings.ReplaceAll(cell, "|", `\|`) + " ")
	}
	b.WriteString("|\n")
}

// Failures counts the rows that fail.
func Failures(rows []Row) int {
	n := 0
	for _, r := range rows {
		if !r.Pass {
			n++
		}
	}
	return n
}

// Summary says in a line how many comparisons hold.
func Summary(rows []Row) string {
	seconds := 0.0
	for _, r := range rows {
		seconds += r.Seconds
	}
	return fmt.Sprintf("%d of %d comparisons hold; %.1f s", len(rows)-Failures(rows), len(rows),
		seconds)
}
