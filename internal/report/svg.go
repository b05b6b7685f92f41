package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"io"
	"regexp"
	"strconv"
	"strings"

	"fpsgd/internal/plots"
)

// drawing draws a figure.
type drawing func(w io.Writer) error

// inlineSVG is a figure as an element of a page: without a size of its own, with a name for those
// who do not see it, and with attributes where the library has styles, which the policy of a page
// forbids.
func inlineSVG(draw drawing, label string) (template.HTML, error) {
	var b bytes.Buffer
	if err := draw(plots.Paper{Writer: &b, Format: plots.SVG}); err != nil {
		return "", err
	}
	_, text, found := strings.Cut(b.String(), "<svg ")
	view := viewBox.FindString(text)
	_, body, closed := strings.Cut(text, ">")
	if !found || !closed || view == "" {
		return "", fmt.Errorf("the figure %s is no SVG", label)
	}
	body = lines.ReplaceAllStringFunc(body, fitted)
	body = styled.ReplaceAllStringFunc(body, func(style string) string {
		return attributes(styled.FindStringSubmatch(style)[1])
	})
	return template.HTML(`<svg ` + view + ` role="img" aria-label="` + html.EscapeString(label) +
		`">` + body), nil
}

var (
	viewBox = regexp.MustCompile(`viewBox="[-0-9. ]+"`)
	// in texts quotation marks are escaped, so that none of these is a user's
	styled = regexp.MustCompile(`style="([^"]*)"`)
)

// lines are those of text, whose type has its name, weight and size in the style.
var (
	lines  = regexp.MustCompile(`(?s)<text ([^>]*)>([^<]*)</text>`)
	points = regexp.MustCompile(`font-size:([0-9.]+)px`)
)

// fitted is a line of text that keeps its width where the type of the figures is not at hand.
func fitted(line string) string {
	part := lines.FindStringSubmatch(line)
	size := points.FindStringSubmatch(part[1])
	if size == nil || strings.TrimSpace(part[2]) == "" {
		return line
	}
	em, err := strconv.ParseFloat(size[1], 64)
	if err != nil {
		return line
	}
	width := em * plots.TextWidth(html.UnescapeString(part[2]),
		strings.Contains(part[1], "font-weight:bold"))
	return fmt.Sprintf(`<text %s textLength="%.2f" lengthAdjust="spacingAndGlyphs">%s</text>`,
		part[1], width, part[2])
}

// attributes are the declarations of a style as attributes of SVG.
func attributes(style string) string {
	var out []string
	for _, declaration := range strings.Split(style, ";") {
		name, value, found := strings.Cut(declaration, ":")
		if !found {
			continue
		}
		if name == "font-family" { // Arial has its widths
			value += ", Arimo, Arial, Helvetica, sans-serif"
		}
		out = append(out, name+`="`+value+`"`)
	}
	return strings.Join(out, " ")
}
