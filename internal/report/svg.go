package report

import (
	"bytes"
	"fmt"
	"html"
	"html/template"
	"io"
	"regexp"
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
