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
	s, err := scenarios.New(cfg)
	if err != nil {
		return nil, err
	}
	op, err := s.Assemble()
	if err != nil {
		return nil, err
	}
	return &problem{s, op}, nil
}

// nestedCells returns the numbers of cells along every axis on grids of which each is twice as fine as the one before. The finest
// is that of the config, its numbers rounded to multiples of 2^{levels−1}. An error names the axis that has too few cells, or
// what is given cell by cell in a file and so fits one grid only.
func nestedCells(cfg *config.Config, levels int) ([][]int, error) {
	if cfg.Landscape.File != "" {
		return nil, cfg.Errorf("landscape.file", "its values belong to one grid, which cannot be refined (give f as a formula)")
	}
	parts := 1 << (levels - 1)
	out := make([][]int, levels)
	for k, a := range cfg.Grid.Axes {
		if a.File != "" {
			return nil, cfg.Errorf(axisKey(k, "file"), "the faces belong to one grid, which cannot be refined (use spacing uniform, sinh or log)")
		}
		coarsest := (a.Cells + parts/2) / parts
		if coarsest < 2 {
			return nil, cfg.Errorf(axisKey(k, "cells"), "%d cells cannot be halved %d times (use %d or more)", a.Cells, levels-1, 2*parts)
		}
		for l := range out {
			out[l] = append(out[l], coarsest<<l)
		}
	}
	return out, nil
}

func axisKey(k int, key string) string { return fmt.Sprintf("grid.axes.%d.%s", k, key) }

// withCells returns the config with other numbers of cells.
func withCells(cfg *config.Config, cells []int) *config.Config {
	c := *cfg
	c.Grid.Axes = slices.Clone(cfg.Grid.Axes)
	for k, n := range cells {
		c.Grid.Axes[k].Cells = n
	}
	return &c
}

// shapeText writes a grid's shape: 128 × 64.
func shapeText(shape []int) string {
	return strings.Trim(strings.ReplaceAll(fmt.Sprint(shape), " ", " × "), "[]")
}
