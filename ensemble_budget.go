package fpsgd

import (
	"cmp"
	"fmt"

	"fpsgd/internal/machine"
)

// EnsembleBudget is what an ensemble takes, in bytes.
type EnsembleBudget struct {
	particles float64
	Memory    float64 // of the particles, and of the densities that they are held against
	grid      float64 // of these
	Disk      float64
}

// BudgetOfEnsemble counts, of N particles in R^m and cells of d axes, numbers of 8 bytes: m for the
// positions; f, a cell, d places, and one more axis in order; with a folder the positions at an
// output once more, as bytes and as numbers, and |θ − θ_∞|². Every output keeps m on the disk, in
// parts and, in the end, in one; two checkpoints have 9 bytes a number. The grid has the
// probabilities of all outputs, the counts, and three fields an output on the disk.
func BudgetOfEnsemble(e *Equation, o EnsembleOptions, toDisk bool) EnsembleBudget {
	const number, encoded = 8, 9
	n, m, d := float64(o.Particles), float64(e.Grid.Coordinates.Dimension()), 0.0
	outputs, cells := float64(len(o.Times)), 0.0
	if e.Operator != nil {
		d, cells = float64(len(e.Grid.Axes)), float64(e.Grid.Cells())
	}
	work := 1 + d + 2
	if d == 0 {
		work = 1
	}
	b := EnsembleBudget{particles: n, grid: number * cells * (2*outputs + 1)}
	if toDisk {
		work = max(work, 2*m+1)
		b.Disk = 2*number*n*m*outputs + 2*encoded*n*m + 3*outputs*onDisk(number*cells)
	}
	if o.Keep {
		work += 2 * m * outputs // an array that grows is there twice
	}
	b.Memory = number*n*(m+work) + b.grid
	return b
}

// String is one line.
func (b EnsembleBudget) String() string {
	text := fmt.Sprintf("about %s of memory", machine.Bytes(programMemory+b.Memory))
	if b.Disk > 0 {
		text += fmt.Sprintf(" and, until the end, %s of disk", machine.Bytes(b.Disk))
	}
	return text
}

// Check refuses what the memory, or the disk of the folder, does not suffice for.
func (b EnsembleBudget) Check(e *Equation, folder string) error {
	each := (b.Memory - b.grid) / b.particles
	if room := machine.Memory(); b.Memory > room.Left {
		return e.Errorf("ensemble.particles", "%.4g particles take about %s of memory, and %s "+
			"allows %s (at most %.2g have room)", b.particles, machine.Bytes(b.Memory), room.By,
			machine.Bytes(max(room.Left, 0)), max(room.Left-b.grid, 0)/each)
	}
	if there := machine.Disk(cmp.Or(folder, ".")); b.Disk > there {
		return e.Errorf("ensemble.particles", "%.4g particles at all outputs take about %s of "+
			"disk, and there are %s for %s (use fewer, or fewer output.snapshots, or another disk)",
			b.particles, machine.Bytes(b.Disk), machine.Bytes(there), folder)
	}
	return nil
}
