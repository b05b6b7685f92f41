"""Opens every array of the run directories given as arguments, as a reader would who has NumPy and nothing of fpsgd."""

import glob
import io
import json
import os
import subprocess
import sys

import numpy as np


def saved(array):
    """The bytes that np.save writes for an array."""
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def check_array(name):
    a = np.load(name)
    assert a.dtype == np.float64 and a.flags.c_contiguous and np.load(name, mmap_mode="r").flags.aligned, name
    assert np.isfinite(a).all(), name
    with open(name, "rb") as file:
        assert file.read() == saved(a), name + " is not what np.save writes"


def check_grid(run, manifest):
    shape = tuple(manifest["shape"])
    for name in ["volume", "f", "invariant"]:
        assert np.load(os.path.join(run, name + ".npy")).shape == shape, name
    for axis, cells in zip(manifest["dims"], shape):
        mid, edges = (np.load(os.path.join(run, "axes", axis + end)) for end in [".npy", "_edges.npy"])
        assert mid.shape == (cells,) and edges.shape == (cells + 1,), axis
        assert (edges[:-1] < mid).all() and (mid < edges[1:]).all(), axis


def check_masses(run, shape):
    """The mass of every snapshot, and that of the invariant density, from plain arrays."""
    volume = np.load(os.path.join(run, "volume.npy"))
    times = np.load(os.path.join(run, "times.npy"))
    series = np.load(os.path.join(run, "series.npz"))
    csv = np.genfromtxt(os.path.join(run, "series.csv"), delimiter=",", names=True)
    assert list(csv.dtype.names) == series.files
    for name in series.files:
        assert np.array_equal(csv[name], series[name], equal_nan=True), name
    mass = dict(zip(series["t"], series["mass"]))
    names = sorted(glob.glob(os.path.join(run, "rho", "*.npy")))
    assert len(names) == len(times) == 3, names
    for name, t in zip(names, times):
        rho = np.load(name)
        assert rho.shape == shape, name
        assert abs((rho * volume).sum() - mass[t]) <= 1e-12, (name, (rho * volume).sum(), mass[t])
    invariant = np.load(os.path.join(run, "invariant.npy"))
    assert abs((invariant * volume).sum() - 1) <= 1e-12


def check_loader(run):
    """load.py as a module, and as a program with no other argument."""
    environment = {"__name__": "load"}
    with open(os.path.join(run, "load.py")) as file:
        exec(compile(file.read(), "load.py", "exec"), environment)
    loaded = environment["load"](run)
    assert np.array_equal(loaded.rho[-1], np.load(os.path.join(run, "rho", "000002.npy")))
    assert set(loaded.axes) == set(loaded.manifest["dims"]) and loaded.summary["steps"] > 0
    table = subprocess.run([sys.executable, os.path.join(run, "load.py")], capture_output=True, text=True, check=True).stdout
    assert "done" in table and len(table.splitlines()) == 6, table


for run in sys.argv[1:]:
    with open(os.path.join(run, "manifest.json"), encoding="utf-8") as file:
        manifest = json.load(file)
    arrays = glob.glob(os.path.join(run, "**", "*.npy"), recursive=True)
    assert len(arrays) == 7 + 2 * len(manifest["dims"]), arrays
    for name in arrays:
        check_array(name)
    check_grid(run, manifest)
    check_masses(run, tuple(manifest["shape"]))
    check_loader(run)
    print(run, *manifest["shape"])
