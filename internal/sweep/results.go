package sweep

import (
	"math"
	"strconv"
	"strings"
)

// result is one that points have: where in their JSON it stands, with its ± and its exact value,
// "" for none. In a path * is every index of a list, and "last" its last.
type result struct{ name, value, error, exact string }

// Commands are those whose results can be swept, with the file of a point that has them.
var Commands = map[string]string{"run": "summary.json", "spectrum": "spectrum.json",
	"escape": "escape.json", "ensemble": "ensemble.json"}

// results are those of each command, in the order of the table.
var results = map[string][]result{
	"run": {
		{"gap", "rate.gap", "rate.gap_error", "rate.exact"},
		{"fitted", "rate.fitted", "uncertainties.fitted.total", "rate.exact"},
		{"poincare_constant", "poincare_constant.measured", "poincare_constant.error",
			"poincare_constant.exact"},
		{"exact_space", "rate.exact_space", "", ""},
		{"overlap", "rate.overlap", "", ""},
		{"error_l1", "error_l1", "", ""},
		{"error_chi", "error_chi", "", ""},
		{"density_error", "uncertainties.density.total", "", ""},
		{"time_error", "time_error.final", "", ""},
		{"log_z", "invariant.log_z", "", "invariant.exact_log_z"},
		{"mass_outside", "invariant.mass_outside", "", ""},
		{"chi_final", "invariant.chi_final", "", ""},
		{"mass_drift", "mass.max_drift", "", ""},
		{"min_density", "min_density", "", ""},
		{"negative_mass", "negative_mass", "", ""},
		{"cells", "cells", "", ""},
		{"steps", "steps", "", ""},
		{"solves", "solves", "", ""},
		{"iterations", "iterations", "", ""},
	},
	"spectrum": {
		{"gap", "gap", "spacing_errors.0", "exact.gap"},
		{"poincare_constant", "poincare_constant", "", "exact.poincare_constant"},
		{"exact_space", "exact.gap_space", "", ""},
		{"gap_extrapolated", "extrapolated.eigenvalues.0", "extrapolated.errors.0", "exact.gap"},
		{"gap_half", "box.gap_half", "", ""},
		{"eigenvalue_*", "eigenvalues.*", "spacing_errors.*", ""},
	},
	"escape": escapeResults("mean_time", "mean_time_std", "rate", "committor_rate", "back_rate",
		"transitions", "quasi_stationary_rate", "last_from", "mass_from", "mass_to"),
	"ensemble": {
		{"f_mean", "f_mean.last", "f_mean_error.last", ""},
		{"mean_*", "mean.last.*", "mean_error.last.*", ""},
		{"in_basin_*", "in_basin.last.*", "in_basin_error.last.*", ""},
		{"distance2", "distance2.0", "distance2_error.0", ""},
		{"l1", "comparison.l1", "", ""},
		{"l1_sampling", "comparison.l1_sampling", "", ""},
		{"chi2_per_bin", "comparison.chi2_per_bin", "", ""},
		{"mass_left", "mass_left.last", "", ""},
		{"crossed", "crossed", "", ""},
		{"divided", "divided", "", ""},
	},
}

// escapeResults are figures on the grid, and then extrapolated.
func escapeResults(names ...string) (out []result) {
	for _, name := range names {
		out = append(out, result{name, name, "errors." + name, ""})
	}
	for _, name := range names {
		out = append(out, result{name + "_extrapolated", "extrapolated." + name,
			"extrapolated_errors." + name, ""})
	}
	return out
}

// at returns the number at a path in what was decoded from JSON, NaN where there is none, and the
// number of elements where the path ends in a list.
func at(doc any, path string) (value float64, n int) {
	for part := range strings.SplitSeq(path, ".") {
		switch v := doc.(type) {
		case map[string]any:
			doc = v[part]
		case []any:
			k, err := strconv.Atoi(part)
			if part == "last" {
				k, err = len(v)-1, nil
			}
			if err != nil || k < 0 || k >= len(v) {
				return math.NaN(), 0
			}
			doc = v[k]
		default:
			return math.NaN(), 0
		}
	}
	switch v := doc.(type) {
	case float64:
		return v, 0
	case []any:
		return math.NaN(), len(v)
	}
	return math.NaN(), 0
}

// unrolled replaces results of lists by one for each element that any of the documents has, counted
// from 1.
func unrolled(all []result, docs []any) (out []result) {
	for _, r := range all {
		list, _, isList := strings.Cut(r.value, ".*")
		if !isList {
			out = append(out, r)
			continue
		}
		most := 0
		for _, doc := range docs {
			_, n := at(doc, list)
			most = max(most, n)
		}
		for k := range most {
			index := func(text string, k int) string {
				return strings.Replace(text, "*", strconv.Itoa(k), 1)
			}
			out = append(out, result{index(r.name, k+1), index(r.value, k), index(r.error, k),
				index(r.exact, k)})
		}
	}
	return out
}
