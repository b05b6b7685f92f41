"""The slowest rates of relaxation: the smallest eigenvalues of S beside its 0.

    fpsgd export operator quadratic-2d --format petsc -o operator
    mpirun -n 2 python3 gap.py operator -k 4

A rate that several modes share may be printed once only: what a Krylov space of one vector has of
the other modes are roundings. In the plane a factorisation is faster than multigrid:

    -st_ksp_type preonly -st_pc_type cholesky -st_pc_factor_mat_solver_type mumps
"""
import argparse
import sys

import slepc4py

slepc4py.init(sys.argv)
from petsc4py import PETSc
from slepc4py import SLEPc

from exported import deviation, load, say, solver

arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
arguments.add_argument("folder", help="of fpsgd export operator --format petsc")
arguments.add_argument("-k", type=int, default=4, help="how many rates")
arguments.add_argument("--shift", type=float, help="s of (S + s I)^-1; default: from w")
args, _ = arguments.parse_known_args()  # the rest is for PETSc

S, sigma, w = load(args.folder)

# A Krylov space of S itself would find its largest rates, which are those of the smallest cells.
# In one of (S + s I)^-1 the smallest come first: theta = 1/(lambda + s). With s > 0 the matrix is
# positive definite, and an s below the rates that are looked for keeps their thetas apart. The
# quotient <d, S d>/<d, d> of any d that is orthogonal to sigma is above the smallest rate, and
# that of an initial density as a rule some times above it.
shift = args.shift
if shift is None:
    d = deviation(w, sigma)
    Sd = d.duplicate()
    S.mult(d, Sd)
    shift = d.dot(Sd) / d.dot(d) / 10

eps = SLEPc.EPS().create()
eps.setOperators(S)
eps.setProblemType(SLEPc.EPS.ProblemType.HEP)
eps.setWhichEigenpairs(SLEPc.EPS.Which.TARGET_REAL)
eps.setTarget(-shift)
eps.setDimensions(args.k)
eps.setTolerances(1e-10, 1000)
if sigma is not None:
    eps.setDeflationSpace([sigma])  # 0 is known, and is not looked for
st = eps.getST()
st.setType(SLEPc.ST.Type.SINVERT)
solver(st.getKSP())
eps.setFromOptions()
eps.solve()

if eps.getConverged() < args.k:
    sys.exit(f"only {eps.getConverged()} of {args.k} rates converged: try another --shift")
say(f"# {S.getSize()[0]} unknowns, {PETSc.COMM_WORLD.size} ranks, shift {shift:.3g}")
say("# rate, and |S w - rate w|/rate of its mode")
for i in range(args.k):
    error = eps.computeError(i, SLEPc.EPS.ErrorType.RELATIVE)
    say(f"{eps.getEigenvalue(i).real:.13g} {error:.1e}")
