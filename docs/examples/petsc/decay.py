"""The decay curve |u - <u>|(t) = |exp(-t S) d|, d = w - <w, sigma> sigma, at any times.

    fpsgd export operator quadratic-2d --format petsc -o operator
    mpirun -n 2 python3 decay.py operator 0.1 0.2 0.5 1 2

In the plane a factorisation may be faster than multigrid:

    -ksp_type preonly -pc_type cholesky -pc_factor_mat_solver_type mumps
"""
import argparse
import sys

import slepc4py

slepc4py.init(sys.argv)
import numpy as np
from petsc4py import PETSc
from slepc4py import SLEPc

from exported import deviation, load, say, solver

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("folder", help="of fpsgd export operator --format petsc")
arguments.add_argument("times", type=float, nargs="+", help="positive and ascending")
arguments.add_argument("--tolerance", type=float, default=1e-10, help="of the norm, relative")
arguments.add_argument("--vectors", type=int, default=100, help="at most so many in the basis")
args, _ = arguments.parse_known_args()  # the rest is for PETSc
times = np.array(args.times)

S, sigma, w = load(args.folder)
d = deviation(w, sigma)

# S has rates of 10^6 next to rates of 1, and a Krylov space of S would need thousands of vectors
# for the fast ones, which are gone at once. One of R = (I + gamma S)^-1 needs some thirty, for all
# times together: with V orthonormal, V[0] = d/|d|, and T = V' R V, which is small,
#
#     exp(-t S) d  ~  |d| V exp(-t (T^-1 - I)/gamma) e_0.
#
# As V is orthonormal, the norm needs T alone.
gamma = times[-1] / (10 * (times[-1] / times[0]) ** 0.4)
A = S.copy()
A.scale(gamma)
A.shift(1)
ksp = PETSc.KSP().create()
ksp.setOperators(A)
solver(ksp)
ksp.setFromOptions()


def norms_by(T):
    """|exp(-t (T^-1 - I)/gamma) e_0| for every t, by the eigenvalues theta of T, in (0, 1]."""
    theta, Q = np.linalg.eigh((T + T.T) / 2)
    return np.linalg.norm(np.exp(-times[:, None] * (1 / theta - 1) / gamma) * Q[0], axis=1)


V = SLEPc.BV().create()
V.setSizesFromVec(d, args.vectors + 1)
V.setFromOptions()
V.insertVec(0, d)
V.orthonormalizeColumn(0)
T = np.zeros((args.vectors, args.vectors))
x, y = V.createVec(), V.createVec()
curve = []  # the norms by 1, 2, ... vectors
for n in range(1, args.vectors + 1):
    V.copyVec(n - 1, x)
    ksp.solve(x, y)
    y = deviation(y, sigma)  # roundings must not bring the equilibrium back
    V.setActiveColumns(0, n)
    T[:n, n - 1] = T[n - 1, :n] = V.dotVec(y)
    curve.append(norms_by(T[:n, :n]))
    if n > 2 and np.all(np.ptp(curve[-3:], axis=0) < args.tolerance * curve[-1]):
        break
    V.insertVec(n, y)
    V.orthonormalizeColumn(n)
else:
    sys.exit(f"{args.vectors} vectors do not suffice: give more --vectors, or fewer times")

say(f"# {S.getSize()[0]} unknowns, {PETSc.COMM_WORLD.size} ranks, {n} solves")
say("# t, norm of u - <u>")
for t, norm in zip(times, curve[-1] * d.norm()):
    say(f"{t} {norm:.13g}")
