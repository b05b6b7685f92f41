package report

import (
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html/template"
	"io"
	"strings"

	"fpsgd/internal/plots"
	"fpsgd/internal/program"
)

// page is all that a page says.
type page struct {
	Sections []*section
	Overview []table
	Charts   []chart // that compare sections
}

//go:embed assets
var assets embed.FS

// asset reads one.
func asset(name string) string {
	text, err := assets.ReadFile("assets/" + name)
	if err != nil {
		panic(err) // it is built in
	}
	return string(text)
}

// The style and the scripts of a page. Those of others come with their licence.
var (
	style    = asset("uplot/uPlot.min.css") + "\n" + asset("report.css")
	uplot    = "/*\n" + asset("uplot/LICENSE") + "*/\n" + asset("uplot/uPlot.iife.min.js")
	ours     = "(() => {\n\"use strict\";\n" + joinedScripts() + "})();\n"
	pageHTML = template.Must(template.New("page").Parse(asset("page.html")))
)

// joinedScripts are our own, each of which uses those before it.
func joinedScripts() string {
	var b strings.Builder
	for _, name := range []string{"numbers", "curves", "map", "profile", "scene", "main"} {
		b.WriteString(asset(name + ".js"))
	}
	return b.String()
}

// source names a script or style by its content, as a policy does.
func source(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// policy forbids everything but the scripts and the style that are in the page, and pictures that
// are.
func policy() string {
	return "default-src 'none'; script-src " + source(uplot) + " " + source(ours) +
		"; style-src " + source(style) + "; img-src data:; base-uri 'none'; form-action 'none'"
}

// data is what the scripts read.
type data struct {
	Sequential string        `json:"sequential"` // colours, six digits each
	Diverging  string        `json:"diverging"`
	Charts     []chart       `json:"charts"`
	Sections   []sectionData `json:"sections"`
}

type sectionData struct {
	ID     string  `json:"id"`
	Charts []chart `json:"charts"`
	Scene  *scene  `json:"scene"`
}

// write writes the page.
func (p *page) write(w io.Writer) error {
	sequential, diverging := plots.Shades()
	d := data{Sequential: strings.Join(sequential, ""), Diverging: strings.Join(diverging, ""),
		Charts: p.Charts}
	for _, s := range p.Sections {
		d.Sections = append(d.Sections, sectionData{s.ID, s.Charts, s.Scene})
	}
	text, err := json.Marshal(d) // in which no < ends the element
	if err != nil {
		return err
	}
	return pageHTML.Execute(w, map[string]any{
		"Mark": template.HTML(mark), "Policy": policy(), "Title": p.title(),
		"Style": template.CSS(style), "UPlot": template.JS(uplot), "Script": template.JS(ours),
		"Data": template.JS(text), "Page": p, "Program": program.Version(),
	})
}

// title is that of the page: the name of its folder or, of several, how many there are.
func (p *page) title() string {
	if len(p.Sections) == 1 {
		return p.Sections[0].Name
	}
	return fmt.Sprintf("%d results", len(p.Sections))
}

// compare tells of several folders what can be held side by side: the first table of each by its
// first row, and the decay of the norms.
func (p *page) compare() {
	if len(p.Sections) < 2 {
		return
	}
	t := table{Caption: "Side by side", Head: []string{"", "figure", "measured", "±", "exact",
		"unit"}}
	norms := chart{Title: "Decay of the norms", X: scale{Label: "t"},
		Y: scale{"‖u−⟨u⟩‖(t) / ‖u−⟨u⟩‖(0)", true}}
	for _, s := range p.Sections {
		for _, from := range s.Tables {
			if from.ofResults() && len(from.Rows) > 0 {
				row := append([]string{s.Name}, from.Rows[0][:3]...)
				t.Rows = append(t.Rows, append(row, from.first("exact"), from.first("unit")))
				break
			}
		}
		if s.Command == "run" && len(s.Charts) > 0 {
			from := s.Charts[0]
			norms.Tables = append(norms.Tables, []column{from.Tables[0][0], from.Tables[0][1]})
			norms.Curves = append(norms.Curves, curve{s.Name, "line", len(norms.Curves)})
		}
	}
	if len(t.Rows) > 1 {
		p.Overview = append(p.Overview, t)
	}
	if len(norms.Curves) > 1 {
		p.Charts = append(p.Charts, norms)
	}
}
