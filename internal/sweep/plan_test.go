package sweep

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"fpsgd/internal/atomicfile"

	"pgregory.net/rapid"
)

// planOf makes a plan of lists.
func planOf(t *testing.T, zip bool, lists ...string) *Plan {
	t.Helper()
	p := &Plan{Do: "run", Config: "quadratic-1d", Zip: zip}
	for _, text := range lists {
		v, err := ParseVary(text)
		if err != nil {
			t.Fatal(err)
		}
		p.Vary = append(p.Vary, v)
	}
	if err := p.Expand(); err != nil {
		t.Fatal(err)
	}
	return p
}

func namesOf(p *Plan) (names []string) {
	for _, point := range p.Points {
		names = append(names, point.Name)
	}
	return names
}

func TestNames(t *testing.T) {
	for _, c := range []struct {
		zip   bool
		lists []string
		want  []string
	}{
		{false, []string{"noise.epsilon=0.5,0.25", "grid.axes.0.cells=8,16"},
			[]string{"epsilon=0.5,cells=8", "epsilon=0.5,cells=16", "epsilon=0.25,cells=8",
				"epsilon=0.25,cells=16"}},
		{true, []string{"noise.epsilon=0.5,0.25", "grid.axes.0.cells=8,16"},
			[]string{"epsilon=0.5,cells=8", "epsilon=0.25,cells=16"}},
		{false, []string{"grid.axes.0.cells=8", "grid.axes.1.cells=9"},
			[]string{"grid.axes.0.cells=8,grid.axes.1.cells=9"}},
		{false, []string{"noise.epsilon=1e-3"}, []string{"epsilon=0.001"}},
		{false, []string{`noise.model="ml"`}, []string{"model=ml"}},
	} {
		if got := namesOf(planOf(t, c.zip, c.lists...)); !slices.Equal(got, c.want) {
			t.Errorf("%q: %q, want %q", c.lists, got, c.want)
		}
	}
	// what differs in case alone, or in what no folder may be called, has names of its own
	p := planOf(t, false, "k=a,A,a/b,a*b,../x,"+strings.Repeat("z", 300))
	names := namesOf(p)
	lower := map[string]bool{}
	for _, name := range names {
		if lower[strings.ToLower(name)] || len(name) > 200 ||
			regexp.MustCompile(`[/\\*:]`).MatchString(name) {
			t.Errorf("%q of %q", name, names)
		}
		lower[strings.ToLower(name)] = true
	}
}

// Whatever the values are, the points have different names, which are those of folders.
func TestNamesDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p := &Plan{Do: "run"}
		for k := range rapid.IntRange(1, 3).Draw(t, "keys") {
			v := Vary{Key: string(rune('a' + k))}
			v.Values = rapid.SliceOfNDistinct(rapid.String(), 1, 5, canonical).Draw(t, "values")
			p.Vary = append(p.Vary, v)
		}
		if err := p.Expand(); err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, point := range p.Points {
			name := strings.ToLower(point.Name)
			if seen[name] || !filepath.IsLocal(name) || filepath.Base(name) != name {
				t.Fatalf("%q", point.Name)
			}
			seen[name] = true
		}
	})
}

func TestExpandRefuses(t *testing.T) {
	list := func(key string, n int) Vary { return Vary{key, numbers(between(0, 1, n, false))} }
	for want, p := range map[string]*Plan{
		"nothing is varied":       {},
		"k is varied twice":       {Vary: []Vary{list("k", 2), list("k", 3)}},
		"lists of the same":       {Zip: true, Vary: []Vary{list("k", 2), list("l", 3)}},
		"more than 100000 points": {Vary: []Vary{list("k", 1000), list("l", 1000)}},
	} {
		if err := p.Expand(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

func anyConfig(*Plan) error { return nil }

// A folder is that of a sweep which is the same or has more values, and of no other.
func TestClaim(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a", "sweep")
	few, many := planOf(t, false, "k=1,2"), planOf(t, false, "k=0,1,2")
	for _, p := range []*Plan{few, few, many, few, many} {
		if err := p.Claim(folder, anyConfig); err != nil {
			t.Fatal(err)
		}
	}
	if p, err := Read(folder); err != nil || len(p.Points) != 3 {
		t.Errorf("%v, %v", p, err)
	}
	for want, p := range map[string]*Plan{
		"k=3 is in one of them alone": planOf(t, false, "k=1,3"),
		"it varies k, and this j":     planOf(t, false, "j=1,2"),
	} {
		if err := p.Claim(folder, anyConfig); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	other := planOf(t, false, "k=1,2")
	other.Do = "spectrum"
	if err := other.Claim(folder, anyConfig); err == nil {
		t.Error("another command may")
	}
	other.Do, other.Options = "run", []string{"-k=3"}
	if err := other.Claim(folder, anyConfig); err == nil {
		t.Error("other flags may")
	}
	unlike := errors.New("unlike")
	if err := few.Claim(folder, func(*Plan) error { return unlike }); !errors.Is(err, unlike) {
		t.Error(err)
	}
	foreign := t.TempDir()
	if err := os.WriteFile(filepath.Join(foreign, "mine"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	if err := few.Claim(foreign, anyConfig); err == nil ||
		!strings.Contains(err.Error(), "holds no sweep") {
		t.Error(err)
	}
}

// Of processes that claim an empty folder at once all of one sweep have it, and none of another.
func TestClaimAtOnce(t *testing.T) {
	for range 20 {
		folder := filepath.Join(t.TempDir(), "sweep")
		plans := []*Plan{planOf(t, false, "k=1,2"), planOf(t, false, "j=1,2")}
		errs := make([]error, 8)
		var group sync.WaitGroup
		for i := range errs {
			group.Go(func() { errs[i] = plans[i%2].Claim(folder, anyConfig) })
		}
		group.Wait()
		p, err := Read(folder)
		if err != nil {
			t.Fatal(err)
		}
		for i, err := range errs {
			if has := plans[i%2].Vary[0].Key == p.Vary[0].Key; has != (err == nil) {
				t.Errorf("%d, has it: %t, %v", i, has, err)
			}
		}
	}
}

// A plan that is not whole, or whose points are not those of its lists, is refused.
func TestReadRefuses(t *testing.T) {
	folder := t.TempDir()
	if _, err := Read(folder); !errors.Is(err, fs.ErrNotExist) {
		t.Error(err)
	}
	if err := planOf(t, false, "k=1,2").Claim(folder, anyConfig); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(folder, PlanFile)
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range [][2]string{{`"k=1"`, `"../x"`}, {`"schema": 1`, `"schema": 2`},
		{`"zip": false`, `"zap": false`}, {`"points"`, ``}, {`"name": "k=2"`, `"name": "k=1"`}} {
		bad := strings.Replace(string(text), c[0], c[1], 1)
		if bad == string(text) {
			t.Errorf("no %s in %s", c[0], text)
		}
		if err := os.WriteFile(path, []byte(bad), 0o666); err != nil {
			t.Fatal(err)
		}
		if _, err := Read(folder); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("%s for %s: %v", c[1], c[0], err)
		}
	}
}

// What a process that was killed has left goes when it is old, and nothing else does.
func TestTidy(t *testing.T) {
	folder := t.TempDir()
	old, fresh := atomicfile.TemporaryName("table.csv"), atomicfile.TemporaryName("table.csv")
	for _, name := range []string{old, fresh, "mine"} {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, nil, 0o666); err != nil {
			t.Fatal(err)
		}
		if ago := time.Now().Add(-2 * time.Hour); name != fresh {
			if err := os.Chtimes(path, ago, ago); err != nil {
				t.Fatal(err)
			}
		}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	tidy(root)
	for name, want := range map[string]bool{old: false, fresh: true, "mine": true} {
		if _, err := root.Stat(name); (err == nil) != want {
			t.Errorf("%s: %v", name, err)
		}
	}
}
