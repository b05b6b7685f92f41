package main

import (
	"fmt"
	"math"

	"fpsgd"
	"fpsgd/scenarios/config"
)

// scheme is a choice as a summary tells it.
type scheme struct {
	Name   string `json:"name"`
	Reason string `json:"reason"`
}

func schemeOf(c fpsgd.Choice) *scheme { return &scheme{c.Name, c.Reason} }

// String names the scheme and why it was taken.
func (s *scheme) String() string { return fmt.Sprintf("%s (%s)", s.Name, s.Reason) }

// outputTolerance is that of the error at an output; NaN for a scheme of steps, where time.tolerance is of one of them.
func outputTolerance(c fpsgd.Choice, cfg *config.Config) float64 {
	if c.Steps() {
		return math.NaN()
	}
	return cfg.Time.Tolerance
}
