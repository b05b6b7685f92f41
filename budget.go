package fpsgd

import (
	"fmt"
	"math"

	"fpsgd/internal/machine"
	"fpsgd/scenarios"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// Budget is what a run takes, by its grid, scheme and outputs: about, as measured on the presets.
type Budget struct {
	cells   float64
	Memory  float64 // bytes, with garbage that is not collected as long as there is room
	needed  float64 // bytes of the arrays among them
	Disk    float64 // bytes, of which
	outputs float64 // are those of the snapshots
	Seconds float64
}

// Of the budget: what the program takes without any cells; by how much garbage multiplies the
// arrays on grids of less than largeGrid; vectors of 8 bytes a cell and axis, and a cell, that a
// run with steps takes; those of a basis, of which the search for the gap has one and lanczos
// another; the solves of a basis, which the gap takes in any case, and of a run with error control
// at a tolerance of 1e-6; and what a solve takes of a cell.
const (
	programMemory  = 36 << 20
	garbageFactor  = 2
	vectorsPerAxis = 20
	vectorsPerCell = 10
	basisVectors   = 32
	basisSolves    = 40
	adaptiveSolves = 600
	solveSeconds   = 1e-6
	diskBlock      = 4096
)

// BudgetOf estimates what a run of a config takes on so many cells.
func BudgetOf(cfg *config.Config, cells float64) Budget {
	axes := float64(len(cfg.Grid.Axes))
	vector := 8 * cells
	basis := vector * math.Min(basisVectors, float64(solver.BasisLimit(int(cells))))
	b := Budget{cells: cells, needed: vector*(vectorsPerAxis*axes+vectorsPerCell) + basis}
	solves := basisSolves + adaptiveSolves*math.Cbrt(1e-6/cfg.Time.Tolerance)
	switch {
	case cfg.Time.Scheme == config.Lanczos:
		b.needed += basis
		solves = 2 * basisSolves
	case cfg.Time.Step > 0:
		solves = basisSolves + 2*cfg.Time.End/cfg.Time.Step
	}
	b.Memory = programMemory + b.needed
	if cells < largeGrid {
		b.Memory = programMemory + garbageFactor*b.needed
	}
	b.Seconds = solves * cells * solveSeconds
	fields := 1.0
	if cfg.Output.Current {
		fields += axes
	}
	b.outputs = float64(len(cfg.SnapshotTimes())) * fields * onDisk(vector)
	// f, volumes and π, and the checkpoint, which is written beside the old one:
	b.Disk = b.outputs + 3*onDisk(vector) + 2*onDisk(vector)
	return b
}

// onDisk is what a file takes of a disk.
func onDisk(bytes float64) float64 { return diskBlock * math.Ceil((bytes+128)/diskBlock) }

// String is one line for explain.
func (b Budget) String() string {
	return fmt.Sprintf("about %s of memory, %s of disk, and %s on one core",
		machine.Bytes(b.Memory), machine.Bytes(b.Disk), roughly(b.Seconds))
}

// roughly writes a duration to its order of magnitude.
func roughly(seconds float64) string {
	for _, unit := range []struct {
		of   float64
		name string
	}{{365 * 86400, "years"}, {86400, "days"}, {3600, "hours"}, {60, "minutes"}} {
		if seconds > 2*unit.of {
			return fmt.Sprintf("%.1g %s", seconds/unit.of, unit.name)
		}
	}
	if seconds < 1.5 {
		return "a second"
	}
	return fmt.Sprintf("%.1g seconds", seconds)
}

// StateOf builds the problem of a config, if the memory suffices for it.
func StateOf(cfg *config.Config) (*Scenario, error) {
	if cfg.Ensemble.Dimension > 0 {
		return nil, cfg.Errorf("ensemble.dimension", "is of particles without a grid, on which "+
			"nothing is solved (use fpsgd ensemble, or [[grid.axes]] in its place)")
	}
	if err := BudgetOf(cfg, cfg.Grid.Cells()).checkMemory(cfg); err != nil {
		return nil, err
	}
	s, err := scenarios.New(cfg)
	if err != nil {
		return nil, err
	}
	return s, allow(s)
}

// allow has grids refused that the memory does not suffice for.
func allow(s *Scenario) error {
	s.Allow = func(cells int) error {
		return BudgetOf(s.Config, float64(cells)).checkMemory(s.Config)
	}
	return s.Allow(s.Grid.Cells())
}

// checkMemory refuses what the memory does not suffice for.
func (b Budget) checkMemory(cfg *config.Config) error {
	if room := machine.Memory(); b.needed > room.Left {
		there := max(room.Left, 0)
		return cfg.Errorf("grid.axes",
			"%.4g cells take about %s of memory, and %s allows %s (at most %.2g cells have room)",
			b.cells, machine.Bytes(b.needed), room.By, machine.Bytes(there), b.cells*there/b.needed)
	}
	return nil
}

// checkDisk refuses what the disk of a folder has no room for, beyond what is there already.
func (b Budget) checkDisk(cfg *config.Config, folder string) error {
	there := machine.Disk(folder)
	if b.Disk <= there {
		return nil
	}
	n := len(cfg.SnapshotTimes())
	advice := "use fewer cells, or another disk"
	if rest := there - (b.Disk - b.outputs); n > 0 && rest > b.outputs/float64(n) {
		advice = fmt.Sprintf("output.snapshots = %.0f would do, or another disk",
			math.Floor(rest/(b.outputs/float64(n))))
	}
	return cfg.Errorf("output.snapshots",
		"the run takes about %s of disk, and there are %s for %s (%s)",
		machine.Bytes(b.Disk), machine.Bytes(there), folder, advice)
}
