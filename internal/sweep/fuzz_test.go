package sweep

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"fpsgd/internal/hostile"
)

// FuzzParseVary: what is read has values, each once, and makes points with names of their own.
func FuzzParseVary(f *testing.F) {
	seeds := [][]byte{[]byte("k=1,2"), []byte("k=0:1:5:log"), []byte(`k=["a",'b'],{c="\""}`),
		[]byte("noise.epsilon=0.1:0.5:5,1e-3:1:4:log"), []byte("k=1e-310:2e-310:100000")}
	hostile.Fuzz(f, hostile.Kind{Name: "--vary", Seeds: seeds,
		Draw: func(r *rand.Rand) []byte {
			text := "noise.epsilon="
			for k := range 1 + r.IntN(6) {
				if k > 0 {
					text += ","
				}
				text += hostile.Number(r)
				if r.IntN(2) > 0 {
					text += fmt.Sprintf(":%s:%d", hostile.Number(r), 1+r.IntN(200))
				}
				if r.IntN(4) == 0 {
					text += ":log"
				}
			}
			return []byte(text)
		},
	}, func(t testing.TB, text []byte) {
		v, err := ParseVary(string(text))
		if err != nil {
			return
		}
		if v.Key == "" || len(v.Values) == 0 {
			t.Errorf("%q: %q", text, v)
		}
		p := Plan{Vary: []Vary{v, {Key: "time.end", Values: []string{"1", "2"}}}}
		if p.Expand() == nil && len(p.Points) != 2*len(v.Values) {
			t.Errorf("%d points of twice %d values", len(p.Points), len(v.Values))
		}
	})
}

// FuzzPlan: a plan that is read has the points of its lists, and no folder outside of its own.
func FuzzPlan(f *testing.F) {
	var seeds [][]byte
	for _, p := range []Plan{
		{Do: "run", Vary: []Vary{{"noise.epsilon", []string{"0.1", "0.2"}},
			{"time.end", []string{"1", "2", "3"}}}},
		{Do: "spectrum", Zip: true, Vary: []Vary{{"noise.epsilon", []string{"0.1", "0.2"}},
			{"a.epsilon", []string{"[1, 2]", `"../x"`}}}},
		{Do: "escape", Config: "x.toml", Source: "a = 1", Set: []string{"b=2"},
			Options: []string{"--from=x < 0"}, Vary: []Vary{{"k", []string{"a/b", "a\\b"}}}},
	} {
		if err := p.Expand(); err != nil {
			f.Fatal(err)
		}
		text, err := json.Marshal(p)
		if err != nil {
			f.Fatal(err)
		}
		seeds = append(seeds, text)
	}
	hostile.Fuzz(f, hostile.Kind{Name: "sweep.json", Seeds: seeds, Draw: drawPlan},
		func(t testing.TB, text []byte) {
			p, err := decode(text)
			if err != nil {
				return
			}
			if i := slices.IndexFunc(p.Points, func(q Point) bool {
				return unfit.MatchString(q.Name) || len(q.Name) > 255
			}); i >= 0 {
				t.Errorf("the folder %q", p.Points[i].Name)
			}
			table := &Table{Plan: p, Status: make([]Status, len(p.Points))}
			table.Columns()
		})
}

// drawPlan is a plan whose points are those of its lists.
func drawPlan(r *rand.Rand) []byte {
	p := Plan{Do: "run", Zip: r.IntN(2) > 0}
	same := 1 + r.IntN(20)
	for k := range 1 + r.IntN(4) {
		v := Vary{Key: fmt.Sprintf("%c.%s", 'a'+k, hostile.Pick(r, []string{"x", "y", "../z"}))}
		n := 1 + r.IntN(20)
		if p.Zip {
			n = same
		}
		for range n {
			v.Values = append(v.Values, hostile.Pick(r, []string{hostile.Number(r),
				hostile.Formula(r, "x"), "..", "/", "\\", "a\x00b", "CON", " ", "\ufffd"}))
		}
		p.Vary = append(p.Vary, v)
	}
	p.Expand()
	text, err := json.Marshal(p)
	if err != nil {
		panic(err)
	}
	return text
}
