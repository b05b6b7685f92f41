package main

import (
	"fmt"
	"slices"
	"strings"

	"fpsgd/operators"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
)

// problem is an assembled scenario.
type problem struct {
	*scenarios.Scenario
	operator *operators.Operator
}

// newProblem builds what a config asks for.
func newProblem(cfg *config.Config) (*problem, error) {
	s, err := newScenario(cfg)
	if err != nil {
		return nil, err
	}
	op, err := s.Assemble()
	if err != nil {
		return nil, err
	}
	return &problem{s, op}, nil
}

// nested returns the config on grids of which each halves the cells of the one before, in the coordinate in which they are uniform.
// The finest has the cells of the config, rounded to multiples of 2^{levels−1}. An error names the axis that has too few cells, or
// what is given cell by cell in a file and so fits one grid only.
func nested(cfg *config.Config, levels int) ([]*config.Config, error) {
	if cfg.Landscape.File != "" {
		return nil, cfg.Errorf("landscape.file", "its values belong to one grid, which cannot be refined (give f as a formula)")
	}
	finest := 1 << (levels - 1)
	coarsest := make([]int, len(cfg.Grid.Axes))
	for k, a := range cfg.Grid.Axes {
		if a.File != "" {
			return nil, cfg.Errorf(axisKey(k, "file"), "the faces belong to one grid, which cannot be refined (use spacing uniform, sinh or log)")
		}
		least := leastCells(a)
		coarsest[k] = (a.Cells + finest/2) / finest
		if coarsest[k] < least {
			return nil, cfg.Errorf(axisKey(k, "cells"), "%d cells cannot be halved %d times (use %d or more)", a.Cells, levels-1, least*finest)
		}
	}
	out := make([]*config.Config, levels)
	for l := range out {
		out[l] = withCells(cfg, coarsest, 1<<l)
	}
	return out, nil
}

// mostLevels is the number of grids that an extrapolation makes use of.
const mostLevels = 6

// coarser returns a config on grids of which each has half the cells of the one before, the finest first: those of nested, which the
// config must come from, and from an eighth of the cells on what is left of a half when rounded.
func coarser(cfg *config.Config) []*config.Config {
	var out []*config.Config
	for parts := 2; len(out) < mostLevels-1; parts *= 2 {
		cells := make([]int, len(cfg.Grid.Axes))
		for k, a := range cfg.Grid.Axes {
			cells[k] = (a.Cells + parts/2) / parts
			if cells[k] < leastCells(a) {
				return out
			}
		}
		// What nested cuts into parts are the cells of the coarsest of its grids: only those are nested where there are several centres.
		within := max(1, cfg.Grid.Axes[0].Parts/parts)
		for k := range cells {
			cells[k] /= within
		}
		out = append(out, withCells(cfg, cells, within))
	}
	return out
}

// leastCells is the number of cells that a grid needs to be refined: two, and one between any two neighbouring centres.
func leastCells(a config.Axis) int {
	pieces := 1
	for _, c := range a.Centers {
		if c > a.Min && c < a.Max {
			pieces++
		}
	}
	return max(2, pieces)
}

func axisKey(k int, key string) string { return fmt.Sprintf("grid.axes.%d.%s", k, key) }

// withCells returns the config with other numbers of cells, of which each is cut into parts along its axis.
func withCells(cfg *config.Config, cells []int, parts int) *config.Config {
	c := *cfg
	c.Grid.Axes = slices.Clone(cfg.Grid.Axes)
	for k, n := range cells {
		c.Grid.Axes[k].Cells, c.Grid.Axes[k].Parts = n*parts, parts
	}
	return &c
}

// cellsOf returns the numbers of cells of a config that are not in files.
func cellsOf(cfg *config.Config) []int {
	out := make([]int, len(cfg.Grid.Axes))
	for k, a := range cfg.Grid.Axes {
		out[k] = a.Cells
	}
	return out
}

// shapeText writes a grid's shape: 128 × 64.
func shapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " × "), "[]")
}
