package sweep

import (
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestParseVary(t *testing.T) {
	for text, want := range map[string][]string{
		"noise.epsilon=0.1,0.2":            {"0.1", "0.2"},
		" noise.epsilon = 0.1 , 2 ":        {"0.1", "2"},
		"k=0.1:0.5:5":                      {"0.1", "0.2", "0.3", "0.4", "0.5"},
		"k=64:256:4":                       {"64", "128", "192", "256"},
		"k=16:128:4:log":                   {"16", "32", "64", "128"},
		"k=1e-3:1:4:log":                   {"0.001", "0.01", "0.1", "1"},
		"k=1:-1:3":                         {"1", "0", "-1"},
		"k=5,0:1:2":                        {"5", "0", "1"},
		"k=[1,2],[3,4]":                    {"[1,2]", "[3,4]"},
		`k=["a,b", "c"],["d"]`:             {`["a,b", "c"]`, `["d"]`},
		`k='x,y',"a\",b",{p=1,q=2}`:        {`'x,y'`, `"a\",b"`, "{p=1,q=2}"},
		"landscape.formula=max(x,1),1+x^2": {"max(x,1)", "1+x^2"},
		"k=1=2,3":                          {"1=2", "3"},
		"k=C:x.npy,d:y:z":                  {"C:x.npy", "d:y:z"},
	} {
		v, err := ParseVary(text)
		if err != nil || !slices.Equal(v.Values, want) {
			t.Errorf("%s: %q, %v, want %q", text, v.Values, err, want)
		}
		if key := strings.TrimSpace(text[:strings.Index(text, "=")]); v.Key != key {
			t.Errorf("%s: the key is %q", text, v.Key)
		}
	}
	for text, want := range map[string]string{
		"":             "not of the form",
		"k":            "not of the form",
		"=1":           "not of the form",
		"k=":           "a value is missing",
		"k=1,,2":       "a value is missing",
		"k=1,2,":       "a value is missing",
		"k=[1,2":       "a ] is missing",
		`k="a`:         `a " is missing`,
		"k=1,1.0":      "1.0 is given twice",
		"k='a',a":      "a is given twice",
		"k=0:1":        "not of the form a:b:n",
		"k=0:1:2:3":    "not of the form a:b:n",
		"k=0:1:1":      "a whole number n",
		"k=0:1:x":      "a whole number n",
		"k=0:1:1e9":    "a whole number n",
		"k=0:1:999999": "a whole number n",
		"k=1:1:3":      "to another one",
		"k=0:inf:3":    "to another one",
		"k=nan:1:3":    "to another one",
		"k=0:1:3:log":  "ends above 0",
		"k=-1:1:3:log": "ends above 0",
	} {
		if v, err := ParseVary(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %q, %v, want %q", text, v.Values, err, want)
		}
	}
}

// Values of no commas, brackets, quotes, colons and blanks come back as they were.
func TestSplitIsTheInverseOfJoin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfNDistinct(rapid.StringMatching(`[a-z^+*/.-]{1,9}`), 1, 9,
			rapid.ID[string]).Draw(t, "values")
		v, err := ParseVary("k=" + strings.Join(values, ","))
		if err != nil || !slices.Equal(v.Values, values) {
			t.Fatalf("%q became %q, %v", values, v.Values, err)
		}
	})
}

// Lists are bounded as a whole, and lists in step make as many points as one of them.
func TestMostValues(t *testing.T) {
	if _, err := ParseVary("k=0:1:60000,2:3:60000"); err == nil ||
		!strings.Contains(err.Error(), "more than 100000 values") {
		t.Errorf("120000 values: %v", err)
	}
	if _, err := ParseVary("k=1e-310:2e-310:1000"); err == nil ||
		!strings.Contains(err.Error(), "lose their digits") {
		t.Errorf("subnormal steps: %v", err)
	}
	var p Plan
	for _, key := range []string{"a", "b", "c"} {
		v, err := ParseVary(key + "=0:1:500")
		if err != nil {
			t.Fatal(err)
		}
		p.Vary = append(p.Vary, v)
	}
	if err := p.Expand(); err == nil {
		t.Error("500³ points")
	}
	if p.Zip = true; p.Expand() != nil || len(p.Points) != 500 {
		t.Errorf("%d points of 500 in step", len(p.Points))
	}
}
