package rundir

import "fmt"

// The files of a run directory, relative to it.
const (
	ManifestFile = "manifest.json"
	// the input as given, without what was set over it (Manifest.Set)
	ConfigFile    = "config.toml"
	ResolvedFile  = "resolved.toml" // what ran: with that, and with every default written out
	SummaryFile   = "summary.json"
	TimesFile     = "times.npy"     // times of the snapshots
	InvariantFile = "invariant.npy" // π normalised to mass 1 on the grid, cell averages
	LandscapeFile = "f.npy"         // f at the cell midpoints
	// cell volumes with every factor, so that Σ ρ·volume is the mass
	VolumeFile = "volume.npy"
	SeriesCSV  = "series.csv"
	SeriesNpz  = "series.npz"
	LoaderFile = "load.py"

	// thrown off on a full disk, so that the manifest can still say what happened
	BallastFile = "checkpoint/ballast"
	// for --resume: everything that the rest of the run depends on
	CheckpointFile = "checkpoint/state.gob"

	// held by the process that writes; without a meaning once that has ended
	LockFile      = ".lock"
	HeartbeatFile = ".heartbeat" // in its place on file systems without locks
)

// SnapshotFile is the name of the density at times[k].
func SnapshotFile(k int) string { return fmt.Sprintf("rho/%06d.npy", k) }

// AxisFile is the name of the cell midpoints of an axis.
func AxisFile(axis string) string { return "axes/" + axis + ".npy" }

// EdgesFile is the name of the cell faces of an axis, one more than its cells.
func EdgesFile(axis string) string { return "axes/" + axis + "_edges.npy" }
