package main

import (
	"fmt"
	"math"

	"fpsgd/internal/machine"
	"fpsgd/scenarios/config"
	"fpsgd/solver"
)

// budget is what a run takes, by its grid, scheme and outputs: about, as measured on the presets.
type budget struct {
	cells   float64
	memory  float64 // bytes, with garbage that is not collected as long as there is room
	needed  float64 // bytes of the arrays among them
	disk    float64 // bytes, of which
	outputs float64 // are those of the snapshots
	seconds float64
}

// Of the budget: what the program takes without any cells; by how much garbage multiplies the arrays on grids of less than largeGrid;
// vectors of 8 bytes a cell and axis, and a cell, that a run with steps takes; those of a basis, of which the search for the gap has one
// and lanczos another; the solves of a basis, which the gap takes in any case, and of a run with error control at a tolerance of 1e-6; and
// what a solve takes of a cell.
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

// configuredCells is the number of cells of a config, but for those of axes in files.
func configuredCells(cfg *config.Config) float64 {
	cells := 1.0
	for k := range cfg.Grid.Axes {
		cells *= float64(max(cfg.Grid.Axes[k].Cells, 1))
	}
	return cells
}

// budgetOf estimates what a run of a config takes on so many cells.
func budgetOf(cfg *config.Config, cells float64) budget {
	axes := float64(len(cfg.Grid.Axes))
	vector := 8 * cells
	basis := vector * math.Min(basisVectors, float64(solver.BasisLimit(int(cells))))
	b := budget{cells: cells, needed: vector*(vectorsPerAxis*axes+vectorsPerCell) + basis}
	solves := basisSolves + adaptiveSolves*math.Cbrt(1e-6/cfg.Time.Tolerance)
	switch {
	case cfg.Time.Scheme == config.Lanczos:
		b.needed += basis
		solves = 2 * basisSolves
	case cfg.Time.Step > 0:
		solves = basisSolves + 2*cfg.Time.End/cfg.Time.Step
	}
	b.memory = programMemory + b.needed
	if cells < largeGrid {
		b.memory = programMemory + garbageFactor*b.needed
	}
	b.seconds = solves * cells * solveSeconds
	fields := 1.0
	if cfg.Output.Current {
		fields += axes
	}
	b.outputs = float64(len(cfg.SnapshotTimes())) * fields * onDisk(vector)
	b.disk = b.outputs + 3*onDisk(vector) + 2*onDisk(vector) // f, volumes and π, and the checkpoint, which is written beside the old one
	return b
}

// onDisk is what a file takes of a disk.
func onDisk(bytes float64) float64 { return diskBlock * math.Ceil((bytes+128)/diskBlock) }

// String is one line for explain.
func (b budget) String() string {
	return fmt.Sprintf("about %s of memory, %s of disk, and %s on one core", machine.Bytes(b.memory), machine.Bytes(b.disk), roughly(b.seconds))
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

// checkMemory refuses what the memory does not suffice for.
func (b budget) checkMemory(cfg *config.Config) error {
	if room := machine.Memory(); b.needed > room.Left {
		there := max(room.Left, 0)
		return cfg.Errorf("grid.axes", "%.4g cells take about %s of memory, and %s allows %s (at most %.2g cells have room)",
			b.cells, machine.Bytes(b.needed), room.By, machine.Bytes(there), b.cells*there/b.needed)
	}
	return nil
}

// freeDisk tells how much room a folder has. Tests have disks that fill up later.
var freeDisk = machine.Disk

// checkDisk refuses what the disk of a folder has no room for, beyond what is there already.
func (b budget) checkDisk(cfg *config.Config, folder string) error {
	there := freeDisk(folder)
	if b.disk <= there {
		return nil
	}
	n := len(cfg.SnapshotTimes())
	advice := "use fewer cells, or another disk"
	if rest := there - (b.disk - b.outputs); n > 0 && rest > b.outputs/float64(n) {
		advice = fmt.Sprintf("output.snapshots = %.0f would do, or another disk", math.Floor(rest/(b.outputs/float64(n))))
	}
	return cfg.Errorf("output.snapshots", "the run takes about %s of disk, and there are %s for %s (%s)", machine.Bytes(b.disk), machine.Bytes(there), folder, advice)
}
