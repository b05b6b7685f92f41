"""Read this run of fpsgd with NumPy: dρ/dt = ε div( f^(-1/ε) ∇( f^(1+1/ε) ρ ) ).

    from load import load
    run = load(".")
    run.axes["x"], run.edges["x"]   midpoints and faces of the cells
    run.times                       times of the snapshots
    run.rho[k]                      density at times[k], mapped from the disk when asked for
    run.invariant, run.f, run.volume
    run.series["norm"]              columns of series.csv; NaN where unknown, as errors are between snapshots
    run.summary, run.manifest       dictionaries: run.summary["rate"]["gap"], ["epsilon"], ["landscape"], ["scheme"], ...

    mass = (run.rho[-1] * run.volume).sum()

Arrays have indexing='ij' and the shape of the grid, run.manifest["shape"]. What a run has not written yet is None.
`python load.py` prints a table of the snapshots. Needs Python 3.8 and NumPy 1.20 or later, nothing else.
"""

import json
import os
import sys

import numpy as np


class Snapshots:
    """The densities rho/000000.npy, ... as a sequence that opens each file when it is asked for."""

    def __init__(self, paths):
        self.paths = paths

    def __len__(self):
        return len(self.paths)

    def __getitem__(self, k):
        if isinstance(k, slice):
            return Snapshots(self.paths[k])
        return np.load(self.paths[k], mmap_mode="r")


class Run:
    """A run directory: see the top of this file."""

    def __init__(self, path):
        def array(name):
            name = os.path.join(path, name)
            return np.load(name) if os.path.exists(name) else None

        def dictionary(name):
            name = os.path.join(path, name)
            if not os.path.exists(name):
                return None
            with open(name, encoding="utf-8") as file:
                return json.load(file)

        self.path = path
        self.manifest = dictionary("manifest.json")
        if self.manifest is None:
            raise FileNotFoundError("%s is not a run directory: it has no manifest.json" % path)
        self.summary = dictionary("summary.json")
        self.axes = {name: array("axes/%s.npy" % name) for name in self.manifest["dims"]}
        self.edges = {name: array("axes/%s_edges.npy" % name) for name in self.manifest["dims"]}
        self.invariant = array("invariant.npy")
        self.f = array("f.npy")
        self.volume = array("volume.npy")

        times = array("times.npy")
        self.rho = Snapshots(snapshots(path, 0 if times is None else len(times)))
        self.times = None if times is None else times[: len(self.rho)]

        self.series = None
        if os.path.exists(os.path.join(path, "series.npz")):
            with np.load(os.path.join(path, "series.npz")) as columns:
                self.series = {name: columns[name] for name in columns.files}


def snapshots(path, count):
    """Paths of the first snapshots, up to count, that are there: an unfinished run has fewer than times."""
    paths = []
    for k in range(count):
        name = os.path.join(path, "rho", "%06d.npy" % k)
        if not os.path.exists(name):
            break
        paths.append(name)
    return paths


def load(path="."):
    """Open the run directory path."""
    return Run(path)


def main():
    run = load(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
    grid = ", ".join("%s: %d" % pair for pair in zip(run.manifest["dims"], run.manifest["shape"]))
    print("%s, epsilon = %r, %s" % (run.manifest["landscape"], run.manifest["epsilon"], run.manifest["status"]))
    print("cells  %s (%s)" % (grid, run.manifest["coordinates"]))
    print("%8s  %-24s  %s" % ("snapshot", "time", "mass"))
    for k, rho in enumerate(run.rho):
        print("%8d  %-24r  %r" % (k, float(run.times[k]), float((rho * run.volume).sum())))


if __name__ == "__main__":
    main()
