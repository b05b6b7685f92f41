# %% [markdown]
# # SGD by particles against its density
#
# SGD with gradient noise of covariance σ f I and step η,
# θ ← θ − η (∇f + √(σ f) Y), Y ~ N(0, I),
# has for small η the density ρ of ∂t ρ = ε div(f^(−1/ε) ∇(f^(1+1/ε) ρ)) with ε = ησ/2. Here 20 000 particles in NumPy are held
# against a run of fpsgd. Cells begin at `# %%`: VS Code, Spyder and Jupyter (by jupytext) open this file as a notebook.

# %%
import subprocess
import sys

import matplotlib.pyplot as plt
import numpy as np

epsilon, eta, end = 0.25, 0.01, 0.5
sets = ["noise.epsilon=%g" % epsilon, "time.end=%g" % end, "output.snapshots=6", "initial.kind=gaussian", "initial.center=[1.0]", "initial.width=0.3"]
subprocess.run(["fpsgd", "run", "quadratic-1d", "--quiet", "-o", "notebook-run", "--force"] + ["--set=" + s for s in sets],
               check=True, stdout=subprocess.DEVNULL)

# %%
sys.path.insert(0, "notebook-run")
from load import load

run = load("notebook-run")
run  # in a notebook: what was solved, the rates, the density

# %% [markdown]
# The same by particles, f = 1 + x², drawn from the run's density at t = 0: a cell by its share of the mass, and a point of it.

# %%
random = np.random.default_rng(1)
sigma = 2 * epsilon / eta
cell = random.choice(run.volume.size, 20_000, p=run.rho[0] * run.volume)
theta = random.uniform(run.edges["x"][cell], run.edges["x"][cell + 1])
positions = [theta]
for step in range(1, round(end / eta) + 1):
    theta = theta - eta * (2 * theta + np.sqrt(sigma * (1 + theta**2)) * random.standard_normal(theta.size))
    if step % round(end / eta / 5) == 0:
        positions.append(theta)

# %% [markdown]
# Both at the times of the snapshots. The particles scatter by √(count) in a bin; beyond that they differ by what a finite η does.

# %%
figure, row = plt.subplots(1, 3, figsize=(12, 3.5), sharey=True, layout="constrained")
for axes, k in zip(row, [0, 2, 5]):
    axes.hist(positions[k], bins=np.linspace(-2, 3, 51), density=True, alpha=0.4, label="SGD, η = %g" % eta)
    axes.stairs(run.rho[k], run.edges["x"], color="black", label="density")
    axes.set(xlim=(-2, 3), xlabel="θ", title="t = %.1f" % run.times[k])
row[0].legend()
figure.savefig("particles.png", dpi=100)

# %% [markdown]
# fpsgd compares them itself: distances, and beside each what sampling alone would give.

# %%
np.save("iterates.npy", np.array(positions)[:, :, np.newaxis])
told = subprocess.run(["fpsgd", "compare", "notebook-run", "--samples", "iterates.npy"], check=True, capture_output=True, text=True)
print(told.stdout)

# %%
mean, error = theta.mean(), theta.std() / np.sqrt(theta.size)
print("mean at the end: particles %.4f ± %.4f, density %.4f" % (mean, error, run.series["mean_x"][-1]))
