"""Draws a run of fpsgd on one or two axes: how the norm decays, and the density early, later and in the end.

    fpsgd run quadratic-2d
    python3 decay_numpy.py runs/quadratic-2d        writes decay.png and density.png

Needs NumPy and Matplotlib. Every number is read from the folder of the run.
"""

import sys

import matplotlib

matplotlib.use("Agg")
import matplotlib.pyplot as plt
import numpy as np

folder = sys.argv[1]
sys.path.insert(0, folder)
from load import load  # every run has its own reader

run = load(folder)
rate = run.summary["rate"]


def draw_decay():
    """log ‖u − ⟨u⟩‖ against time, beside e^(−gap t) through its last value: the norm ends parallel to that line."""
    t, log_norm = run.series["t"], run.series["log_norm"]
    figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
    axes.semilogy(t, np.exp(log_norm - log_norm[0]), label="measured")
    slope = np.exp(log_norm[-1] - log_norm[0] - rate["gap"] * (t - t[-1]))
    axes.semilogy(t, slope, "--", label="$e^{-\\mathrm{gap}\\, t}$, gap = %.5g ± %.0e" % (rate["gap"], rate["gap_error"]))
    axes.set(xlabel="t", ylabel="‖u − ⟨u⟩‖, relative to the start", title=run.manifest["title"])
    axes.legend()
    figure.savefig("decay.png", dpi=100)


def near(axis):
    """The faces between which a density of the run has all but a thousandth of its mass, along an axis."""
    k = run.manifest["dims"].index(axis)
    others = tuple(i for i in range(len(run.manifest["dims"])) if i != k)
    shares = [np.cumsum((rho * run.volume).sum(others)) for rho in (run.rho[0], run.rho[-1])]
    first = min(np.searchsorted(s, 5e-4 * s[-1]) for s in shares)
    last = max(np.searchsorted(s, (1 - 5e-4) * s[-1]) for s in shares)
    return run.edges[axis][first], run.edges[axis][last + 1]


def draw_density():
    """The density at four snapshots, and the invariant one."""
    chosen = [0, 1, len(run.rho) // 4, len(run.rho) - 1]
    shown = [("t = %.3g" % run.times[k], run.rho[k]) for k in chosen] + [("invariant", run.invariant)]
    x = run.manifest["dims"][0]
    if len(run.manifest["dims"]) == 1:
        figure, axes = plt.subplots(figsize=(6, 4), layout="constrained")
        for name, rho in shown:
            axes.stairs(rho, run.edges[x], label=name)
        axes.set(xlim=near(x), xlabel=x, ylabel="density")
        axes.legend()
    else:
        y = run.manifest["dims"][1]
        figure, row = plt.subplots(1, len(shown), figsize=(3 * len(shown), 3.2), sharey=True, layout="compressed")
        most = run.invariant.max()
        for axes, (name, rho) in zip(row, shown):
            image = axes.pcolormesh(run.edges[x], run.edges[y], rho.T, vmin=0, vmax=most)
            axes.set(xlim=near(x), ylim=near(y), xlabel=x, title=name, aspect="equal")
        row[0].set_ylabel(y)
        figure.colorbar(image, ax=row, label="density", extend="max")
    figure.savefig("density.png", dpi=100)


draw_decay()
draw_density()
fitted = np.polyfit(run.series["t"][-20:], run.series["log_norm"][-20:], 1)[0]
print("slope of the norm at the end %.4f, gap %.4f ± %.1e" % (-fitted, rate["gap"], rate["gap_error"]))
