"""Read this run of fpsgd, or this sweep, with NumPy: dρ/dt = ε div( f^(-1/ε) ∇( f^(1+1/ε) ρ ) ).

    from load import load
    run = load(".")
    run.axes["x"], run.edges["x"]   midpoints and faces of the cells
    run.times                       times of the snapshots
    run.rho[k]                      density at times[k], mapped from the disk when asked for
    run.invariant, run.f, run.volume
    run.series["norm"]              columns of series.csv; NaN where unknown, as errors are between snapshots
    run.summary, run.manifest       dictionaries: run.summary["rate"]["gap"], ["epsilon"], ["landscape"], ["scheme"], ...

    mass = (run.rho[-1] * run.volume).sum()
    run.to_xarray()                 the same as an xarray.Dataset, if xarray is there

    sweep = load("sweep")           of fpsgd sweep: sweep.table["noise.epsilon"], sweep.table["gap"], ..., a row a point;
    sweep[0], sweep["epsilon=0.1"]  its runs, opened when asked for

Arrays have indexing='ij' and the shape of the grid, run.manifest["shape"]. What a run has not written yet is None.
In a notebook a run and a sweep show themselves. `python load.py` prints a table of the snapshots, or of the points.
Needs Python 3.8 and NumPy 1.20 or later, nothing else.
"""

import base64
import html
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

        self.path = path
        self.manifest = dictionary(path, "manifest.json")
        if self.manifest is None:
            raise FileNotFoundError("%s is not a run directory: it has no manifest.json" % path)
        self.summary = dictionary(path, "summary.json")
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


    def to_xarray(self, snapshots=slice(None)):
        """An xarray.Dataset: rho over time and the axes (of some snapshots), and invariant, f and volume over the axes.

        The coordinates of an axis x are the midpoints of the cells; x_edges, a dimension of its own, has the faces.
        """
        import xarray

        dims = self.manifest["dims"]
        data, coords = {}, {}
        for axis in dims:
            units = "rad" if axis in ("theta", "phi") else "1"
            if self.axes[axis] is not None:
                coords[axis] = axis, self.axes[axis], {"units": units, "long_name": axis}
                faces = {"units": units, "long_name": "faces of the cells along " + axis}
                coords[axis + "_edges"] = axis + "_edges", self.edges[axis], faces
        for name, meaning in FIELDS.items():
            if getattr(self, name) is not None:
                data[name] = dims, getattr(self, name), {"units": "1", "long_name": meaning}
        if len(self.rho) > 0:
            rho = np.stack(list(self.rho[snapshots]))
            data["rho"] = ["time"] + dims, rho, {"units": "1", "long_name": "density per unit of volume"}
            about = {"units": "1", "long_name": "time: steps of SGD times their length"}
            coords["time"] = "time", self.times[snapshots], about
        return xarray.Dataset(data, coords, {name: self.manifest[name] for name in ATTRIBUTES})

    def __repr__(self):
        return "fpsgd %s %s, %s" % (self.manifest["command"], self.manifest["title"], self.manifest["status"])

    def _repr_html_(self):
        """What a notebook shows: what was solved, how far it came, the rates, and the picture of the density."""
        rows = [("equation", self.manifest["equation"]), ("cells", grid(self)), ("status", self.manifest["status"])]
        if len(self.rho) > 0:
            rows.append(("snapshots", "%d, from t = %g to %g" % (len(self.rho), self.times[0], self.times[-1])))
        rate = (self.summary or {}).get("rate", {})
        rows += [("decay rate: " + name, number(rate[name])) for name in ("gap", "fitted", "exact") if name in rate]
        picture = os.path.join(self.path, "plots", "density.png")
        if not os.path.exists(picture):
            return html_table(repr(self), rows)
        with open(picture, "rb") as file:
            content = base64.b64encode(file.read()).decode()
        return html_table(repr(self), rows) + '<img width="100%%" src="data:image/png;base64,%s">' % content


FIELDS = {
    "invariant": "invariant density, of mass 1 on the grid",
    "f": "loss at the midpoints of the cells",
    "volume": "volumes of the cells, so that the sum of rho times volume is the mass",
}
ATTRIBUTES = ["title", "equation", "landscape", "epsilon", "coordinates", "status", "version"]


class Sweep:
    """The folder of a sweep: see the top of this file. Its table is None before `fpsgd sweep --collect`."""

    def __init__(self, path):
        self.path = path
        self.asked = dictionary(path, "sweep.json")
        if self.asked is None:
            raise FileNotFoundError("%s is not the folder of a sweep: it has no sweep.json" % path)
        self.names = [point["name"] for point in self.asked["points"]]
        self.table = None
        if os.path.exists(os.path.join(path, "table.npz")):
            with np.load(os.path.join(path, "table.npz")) as columns:
                self.table = np.empty(len(self.names), [(name, columns[name].dtype) for name in columns.files])
                for name in columns.files:
                    self.table[name] = columns[name]

    def __len__(self):
        return len(self.names)

    def __getitem__(self, point):
        """The run of a point, given by its number or its name."""
        return Run(os.path.join(self.path, point if point in self.names else self.names[point]))

    def rows(self):
        """The table as texts, the names of its columns first; before it is collected the names of the points."""
        if self.table is None:
            return [["point"]] + [[name] for name in self.names]
        return [self.table.dtype.names] + [[number(v) for v in row] for row in self.table.tolist()]

    def __repr__(self):
        return "fpsgd sweep %s, %d points" % (self.asked["config"], len(self))

    def _repr_html_(self):
        return html_table(repr(self), self.rows())


def dictionary(path, name):
    """The content of a JSON file, None if there is none."""
    name = os.path.join(path, name)
    if not os.path.exists(name):
        return None
    with open(name, encoding="utf-8") as file:
        return json.load(file)


def number(value):
    """The text of a value of which it may not be known what it is."""
    if value is None or value != value:
        return "unknown"
    return "%.6g" % value if isinstance(value, float) else str(value)


def html_table(title, rows):
    lines = ("".join("<td>%s</td>" % html.escape(text) for text in row) for row in rows)
    return "<b>%s</b><table>%s</table>" % (html.escape(title), "".join("<tr>%s</tr>" % line for line in lines))


def grid(run):
    cells = ", ".join("%s: %d" % pair for pair in zip(run.manifest["dims"], run.manifest["shape"]))
    return "%s (%s)" % (cells, run.manifest["coordinates"])


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
    """Open the run directory path, or the folder of a sweep."""
    return Sweep(path) if os.path.exists(os.path.join(path, "sweep.json")) else Run(path)


def load_sweep(path="."):
    """Open the folder of a sweep."""
    return Sweep(path)


def main():
    run = load(sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__)))
    if isinstance(run, Sweep):
        for row in run.rows():
            print("  ".join(row))
        return
    print("%s, epsilon = %r, %s" % (run.manifest["landscape"], run.manifest["epsilon"], run.manifest["status"]))
    print("cells  %s" % grid(run))
    print("%8s  %-24s  %s" % ("snapshot", "time", "mass"))
    for k, rho in enumerate(run.rho):
        print("%8d  %-24r  %r" % (k, float(run.times[k]), float((rho * run.volume).sum())))


if __name__ == "__main__":
    main()
