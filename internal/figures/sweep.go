package figures

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"strings"

	"fpsgd/internal/atomicfile"
	"fpsgd/internal/plots"
	"fpsgd/internal/sweep"
)

// OfSweep returns a figure of each result that differs between points, against each varied key: a
// curve for every combination of the other keys or, where lists go in step, one.
func OfSweep(t *sweep.Table) []Figure {
	var out []Figure
	for _, r := range t.Results {
		if !depends(r) {
			continue
		}
		for k, v := range t.Plan.Vary {
			if len(v.Values) < 2 {
				continue
			}
			d := dependence(t, r, k)
			out = append(out, Figure{r.Name + "-vs-" + v.Key,
				func(w io.Writer) error { return plots.Depends(w, d) }})
		}
	}
	return out
}

// depends reports whether a result is known of two points, and not the same of all, or has bars or
// exact values; how many cells there are is no result.
func depends(r sweep.Result) bool {
	unknown := func(v float64) bool { return math.IsNaN(v) }
	known := slices.DeleteFunc(slices.Clone(r.Values), unknown)
	if len(known) < 2 || r.Name == "cells" {
		return false
	}
	return slices.Min(known) < slices.Max(known) || r.HasErrors() || r.HasExact()
}

// dependence is a result against the k-th varied key.
func dependence(t *sweep.Table, r sweep.Result, k int) plots.Dependence {
	d := plots.Dependence{Title: fmt.Sprintf("fpsgd %s %s", t.Plan.Do, t.Plan.Config),
		Result: r.Name, Varied: t.Plan.Vary[k].Key, Standard: t.Plan.Do == "ensemble"}
	x := t.Numbers(k)
	if x == nil {
		d.Values = t.Plan.Vary[k].Values
		for _, p := range t.Plan.Points {
			x = append(x, float64(slices.Index(d.Values, p.Value(k))))
		}
	}
	members := map[string][]int{} // points by what is fixed
	var names []string
	for i, p := range t.Plan.Points {
		var fixed []string
		for j, v := range t.Plan.Vary {
			if j != k && !t.Plan.Zip {
				fixed = append(fixed, v.Key+" = "+p.Value(j))
			}
		}
		name := strings.Join(fixed, ", ")
		if members[name] == nil {
			names = append(names, name)
		}
		members[name] = append(members[name], i)
	}
	for _, name := range names {
		points := members[name]
		slices.SortStableFunc(points, func(a, b int) int {
			switch {
			case x[a] < x[b]:
				return -1
			case x[a] > x[b]:
				return 1
			}
			return 0
		})
		c := plots.Dependent{Name: name}
		for _, i := range points {
			c.X, c.Y = append(c.X, x[i]), append(c.Y, r.Values[i])
			c.Errors, c.Exact = append(c.Errors, r.Errors[i]), append(c.Exact, r.Exact[i])
		}
		d.Curves = append(d.Curves, c)
	}
	return d
}

// DrawSweep draws the figures of a sweep into its folder.
func DrawSweep(folder string, t *sweep.Table) error {
	root, err := os.OpenRoot(folder)
	if err != nil {
		return err
	}
	defer root.Close()
	if err := root.MkdirAll(Own.Folder, 0o777); err != nil {
		return err
	}
	for _, f := range OfSweep(t) {
		if _, err := atomicfile.WriteIn(root, Own.Name(f), f.Draw); err != nil {
			return err
		}
	}
	return nil
}
