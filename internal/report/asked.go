package report

import (
	"encoding/json"
	"fmt"
	"html/template"
	"slices"
	"strings"

	"fpsgd/internal/rundir"

	"github.com/pelletier/go-toml/v2"
)

func decodeJSON(name string, content []byte, into any) error {
	if err := json.Unmarshal(content, into); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

// ask tells what was asked: the command, the problem, and the config as it ran.
func (s *section) ask(v *rundir.View) error {
	m := &v.Manifest
	s.Equation = scripts(m.Equation)
	s.Asked = []fact{{"command", commandLine(m)}}
	if len(m.Set) > 0 {
		s.Asked = append(s.Asked, fact{"set over the config", strings.Join(m.Set, "; ")})
	}
	request := map[string]any{}
	if v.Has(rundir.ResolvedFile) {
		content, err := v.ReadFile(rundir.ResolvedFile)
		if err != nil {
			return err
		}
		if err := toml.Unmarshal(content, &request); err != nil {
			return fmt.Errorf("%s: %w", rundir.ResolvedFile, err)
		}
		s.Config = string(content)
	}
	get := func(keys ...string) any { return lookup(request, keys...) }
	s.Asked = append(s.Asked, fact{"loss f", m.Landscape}, fact{"ε", number(m.Epsilon, 6)})
	s.Lines = equations(get("noise", "model") == "homogeneous", m.Epsilon)
	if len(m.Shape) > 0 {
		s.Asked = append(s.Asked, fact{"grid", m.Coordinates + ", " + shapeText(m.Shape) +
			" cells"})
	}
	if axes, ok := get("grid", "axes").([]any); ok {
		for _, a := range axes {
			s.Asked = append(s.Asked, axisFact(a))
		}
	}
	if kind := get("initial", "kind"); kind != nil {
		s.Asked = append(s.Asked, fact{"initial density", pairs(get("initial"), "kind")})
	}
	if end := get("time", "end"); end != nil && m.Command != "spectrum" && m.Command != "escape" {
		s.Asked = append(s.Asked, fact{"time", fmt.Sprintf("0 ≤ t ≤ %v", end)})
	}
	return nil
}

// commandLine is how the program was called, its own name without a folder.
func commandLine(m *rundir.Manifest) string {
	words := []string{"fpsgd"}
	if len(m.Argv) > 0 {
		for _, word := range m.Argv[1:] {
			if word == "" || strings.ContainsAny(word, " \t\n\"'\\$`*?&|;<>()[]{}!#~^") {
				word = "'" + strings.ReplaceAll(word, "'", `'\''`) + "'"
			}
			words = append(words, word)
		}
	}
	return strings.Join(words, " ")
}

// lookup follows keys into tables; nil where there is nothing.
func lookup(in any, keys ...string) any {
	for _, key := range keys {
		t, ok := in.(map[string]any)
		if !ok {
			return nil
		}
		in = t[key]
	}
	return in
}

// axisFact is a line on an axis.
func axisFact(axis any) fact {
	get := func(key string) any { return lookup(axis, key) }
	text := fmt.Sprintf("%v cells", get("cells"))
	if lo, hi := get("min"), get("max"); lo != nil && hi != nil {
		text += fmt.Sprintf(", from %v to %v", lo, hi)
	}
	if spacing := get("spacing"); spacing != nil {
		text += fmt.Sprintf(", %v", spacing)
	}
	if ends := get("ends"); ends != nil {
		text += ", ends " + strings.Trim(fmt.Sprint(ends), "[]")
	}
	return fact{fmt.Sprintf("axis %v", get("name")), text}
}

// pairs writes a table as "first, key value, …", by name.
func pairs(in any, first string) string {
	t, _ := in.(map[string]any)
	text := fmt.Sprint(t[first])
	var keys []string
	for key := range t {
		if key != first {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	for _, key := range keys {
		text += fmt.Sprintf(", %s %v", key, t[key])
	}
	return text
}

// shapeText writes 128 × 128.
func shapeText(shape []int) string {
	var out []string
	for _, n := range shape {
		out = append(out, fmt.Sprint(n))
	}
	return strings.Join(out, " × ")
}

// equations are the equation, its invariant density, and what decays, in the symbols of the talk.
func equations(homogeneous bool, epsilon float64) []template.HTML {
	if homogeneous {
		return []template.HTML{
			`dθ = −∇<i>f</i> d<i>t</i> + √(2ε) d<i>B</i>`,
			`∂<sub><i>t</i></sub> ρ = ε div( e<sup>−<i>f</i>/ε</sup> ` +
				`∇( e<sup><i>f</i>/ε</sup> ρ ) )`,
			`π = e<sup>−<i>f</i>/ε</sup> / <i>Z</i>`,
			decays,
		}
	}
	return []template.HTML{
		`dθ = −∇<i>f</i> d<i>t</i> + √(2ε<i>f</i>) d<i>B</i>`,
		`∂<sub><i>t</i></sub> ρ = ε div( <i>f</i><sup> −1/ε</sup> ` +
			`∇( <i>f</i><sup> 1+1/ε</sup> ρ ) )`,
		template.HTML(`π = <i>f</i><sup> −1−1/ε</sup> / <i>Z</i> = <i>f</i><sup> −` +
			number(1+1/epsilon, 4) + `</sup> / <i>Z</i>`),
		decays,
	}
}

const decays = `‖<i>u</i>−⟨<i>u</i>⟩‖(<i>t</i>) ≤ e<sup>−εΛ<i>t</i></sup> ` +
	`‖<i>u</i>−⟨<i>u</i>⟩‖(0), <i>u</i> = ρ/π`
