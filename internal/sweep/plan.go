package sweep

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"fpsgd/internal/atomicfile"
)

// The files of a sweep beside its points.
const (
	PlanFile    = "sweep.json"
	TableCSV    = "table.csv"
	TableNpz    = "table.npz"
	TimingsFile = "timings.csv"
	LogsFolder  = "logs" // of what a cluster does
)

// schema is the version of a plan.
const schema = 1

// Plan is what is swept.
type Plan struct {
	Schema  int      `json:"schema"`
	Do      string   `json:"do"`      // the command of every point
	Config  string   `json:"config"`  // or preset, as it was named
	Source  string   `json:"source"`  // what was in it
	Set     []string `json:"set"`     // K=V that all points have in common
	Options []string `json:"options"` // flags of the command
	Vary    []Vary   `json:"vary"`
	Zip     bool     `json:"zip"` // the lists go in step, and are not multiplied
	Points  []Point  `json:"points"`
}

// Point is one of a sweep.
type Point struct {
	Name string   `json:"name"` // of its folder
	Set  []string `json:"set"`  // K=V of the varied keys, in the order of the lists
}

// Value is the text of the k-th varied key.
func (p Point) Value(k int) string {
	_, value, _ := strings.Cut(p.Set[k], "=")
	return value
}

// mostKeys bounds how many keys are varied.
const mostKeys = 64

// Expand makes the points of the lists: all combinations, the last list changing fastest, or with
// Zip the i-th values of all.
func (p *Plan) Expand() error {
	p.Schema, p.Points = schema, nil
	if len(p.Vary) == 0 {
		return errors.New("nothing is varied: give --vary K=V1,V2,…")
	}
	if len(p.Vary) > mostKeys {
		return fmt.Errorf("more than %d keys are varied: vary less", mostKeys)
	}
	n := 1
	for k, v := range p.Vary {
		if slices.ContainsFunc(p.Vary[:k], func(w Vary) bool { return w.Key == v.Key }) {
			return fmt.Errorf("%s is varied twice: give all of its values in one --vary", v.Key)
		}
		if p.Zip && len(v.Values) != len(p.Vary[0].Values) {
			return fmt.Errorf("--zip pairs lists of the same length: %s has %d values, and %s %d",
				p.Vary[0].Key, len(p.Vary[0].Values), v.Key, len(v.Values))
		}
		if p.Zip {
			n = 1 // lists in step make no more points than one
		}
		if n *= len(v.Values); n > mostValues {
			return fmt.Errorf("more than %d points: vary less", mostValues)
		}
	}
	labels := p.labels()
	names := map[string]bool{}
	for i := range n {
		var point Point
		var parts []string
		for k, at := range p.indices(i) {
			value := p.Vary[k].Values[at]
			point.Set = append(point.Set, p.Vary[k].Key+"="+value)
			parts = append(parts, labels[k]+"="+plain(value, mostOfValue))
		}
		point.Name = plain(strings.Join(parts, ","), mostOfName)
		if names[point.Name] { // not with the digests that plain appends
			return fmt.Errorf("two points would have the folder %s", point.Name)
		}
		names[point.Name] = true
		p.Points = append(p.Points, point)
	}
	return nil
}

// indices are those of the values of point i in their lists.
func (p *Plan) indices(i int) []int {
	at := make([]int, len(p.Vary))
	for k := len(at) - 1; k >= 0; k-- {
		if p.Zip {
			at[k] = i
			continue
		}
		n := len(p.Vary[k].Values)
		at[k], i = i%n, i/n
	}
	return at
}

// labels are what the keys are called in names of folders: by their last parts where these differ.
func (p *Plan) labels() []string {
	last := func(key string) string { return key[strings.LastIndex(key, ".")+1:] }
	var out []string
	for _, v := range p.Vary {
		alike := 0
		for _, w := range p.Vary {
			if last(w.Key) == last(v.Key) {
				alike++
			}
		}
		label := last(v.Key)
		if alike > 1 {
			label = v.Key
		}
		out = append(out, plain(label, mostOfValue))
	}
	return out
}

// The lengths of what names are made of, and of a name: file systems allow 255 bytes.
const (
	mostOfValue = 40
	mostOfName  = 150
)

// unfit are characters that some file system or shell takes amiss, and upper case, in which names
// on others do not differ.
var unfit = regexp.MustCompile(`[^a-z0-9.+_^()=,~-]`)

// plain makes a text a part of the name of a folder. Where that takes something away it has a
// digest of the text behind it.
func plain(text string, most int) string {
	out := unfit.ReplaceAllString(canonical(text), "_")
	if out == canonical(text) && len(out) <= most {
		return out
	}
	sum := sha256.Sum256([]byte(canonical(text)))
	return fmt.Sprintf("%s~%x", out[:min(len(out), most)], sum[:4])
}

// Point returns the point of a name.
func (p *Plan) Point(name string) (Point, bool) {
	k := slices.IndexFunc(p.Points, func(q Point) bool { return q.Name == name })
	if k < 0 {
		return Point{}, false
	}
	return p.Points[k], true
}

// Claim makes a folder this sweep's, or finds it to be; same tells what of the config differs.
// Where the folder's plan has other points than p it is widened if p has them all; where it has
// those of p and more it stays. Several processes may claim a folder at once: of two sweeps that
// race for an empty one the first to write its plan has it, and the other is refused.
func (p *Plan) Claim(folder string, same func(old *Plan) error) error {
	if err := os.MkdirAll(folder, 0o777); err != nil {
		return fmt.Errorf("creating the sweep's folder: %w; choose another -o", err)
	}
	for {
		old, err := Read(folder)
		if errors.Is(err, fs.ErrNotExist) {
			if err = vacant(folder); err == nil {
				err = p.write(folder, atomicfile.CreateIn)
			}
			if errors.Is(err, fs.ErrExist) {
				continue // another process was faster
			}
			return err
		}
		if err != nil {
			return err
		}
		if err := cmp.Or(p.Fits(old), same(old)); err != nil {
			return fmt.Errorf("%s holds another sweep: %w (use another -o)", folder, err)
		}
		if len(old.Points) >= len(p.Points) {
			return nil
		}
		if err := p.write(folder, atomicfile.WriteIn); err != nil { // and look again
			return err
		}
	}
}

// Fits reports what else than its values a plan has that the folder's has not.
func (p *Plan) Fits(old *Plan) error {
	keys := func(p *Plan) (out []string) {
		for _, v := range p.Vary {
			out = append(out, v.Key)
		}
		return out
	}
	switch {
	case old.Do != p.Do:
		return fmt.Errorf("it does %s, and this %s", old.Do, p.Do)
	case !slices.Equal(old.Options, p.Options):
		return fmt.Errorf("its points have the flags %q, and these %q", old.Options, p.Options)
	case !slices.Equal(keys(old), keys(p)):
		return fmt.Errorf("it varies %s, and this %s", strings.Join(keys(old), ", "),
			strings.Join(keys(p), ", "))
	}
	few, many := p, old
	if len(few.Points) > len(many.Points) {
		few, many = many, few
	}
	there := map[string]bool{}
	for _, q := range many.Points {
		there[q.Name] = true
	}
	for _, q := range few.Points {
		if !there[q.Name] {
			return fmt.Errorf("it has other points, and one of them can become the other only by "+
				"more values: %s is in one of them alone", q.Name)
		}
	}
	return nil
}

// vacant refuses a folder that holds anything but what processes that write there leave. The error
// is fs.ErrExist if a plan has come.
func vacant(folder string) error {
	entries, err := os.ReadDir(folder)
	if err != nil {
		return fmt.Errorf("opening the sweep's folder: %w; choose another -o", err)
	}
	foreign := func(e fs.DirEntry) bool {
		return e.Name() != LogsFolder && atomicfile.TemporaryOf(e.Name()) != PlanFile
	}
	if !slices.ContainsFunc(entries, foreign) {
		return nil
	}
	if _, err := os.Lstat(filepath.Join(folder, PlanFile)); err == nil {
		return fs.ErrExist
	}
	return fmt.Errorf("%s is not empty, and holds no sweep: choose another -o", folder)
}

// mostOfPlan is how long a plan may be in bytes.
const mostOfPlan = 256 << 20

// Read returns the plan in a folder. The error is fs.ErrNotExist where there is none.
func Read(folder string) (*Plan, error) {
	path := filepath.Join(folder, PlanFile)
	text, err := readFile(path)
	if err != nil {
		return nil, err
	}
	p, err := decode(text)
	if err != nil {
		return nil, fmt.Errorf("%s is damaged, or not ours: %w", path, err)
	}
	return p, nil
}

// decode reads the text of a plan.
func decode(text []byte) (*Plan, error) {
	p := &Plan{}
	from := json.NewDecoder(bytes.NewReader(text))
	from.DisallowUnknownFields()
	if err := from.Decode(p); err != nil {
		return nil, err
	}
	return p, p.check()
}

// readFile reads a regular file of bounded length.
func readFile(path string) ([]byte, error) {
	info, err := os.Lstat(path)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular() || info.Size() > mostOfPlan:
		return nil, fmt.Errorf("%s is no file of a sweep", path)
	}
	return os.ReadFile(path)
}

// check holds the points of a plan that was read against its lists.
func (p *Plan) check() error {
	if p.Schema != schema {
		return fmt.Errorf("its schema is %d, and this program's %d", p.Schema, schema)
	}
	again := *p
	if err := again.Expand(); err != nil {
		return err
	}
	if !slices.EqualFunc(again.Points, p.Points, func(a, b Point) bool {
		return a.Name == b.Name && slices.Equal(a.Set, b.Set)
	}) {
		return errors.New("its points are not those of its lists")
	}
	return nil
}

// write writes the plan, by WriteIn or CreateIn.
func (p *Plan) write(folder string,
	in func(*os.Root, string, func(io.Writer) error) (atomicfile.Info, error)) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fmt.Errorf("opening the sweep's folder: %w; choose another -o", err)
	}
	defer root.Close()
	_, err = in(root, PlanFile, func(w io.Writer) error {
		to := json.NewEncoder(w)
		to.SetIndent("", "  ")
		to.SetEscapeHTML(false)
		return to.Encode(p)
	})
	return err
}
