"""What `fpsgd export operator --format petsc` wrote, spread over the ranks of MPI.

The law of SGD is held as w = P/sqrt(M): P is the probability of a cell, M the integral of pi over
it. Then u = rho/pi is w/sqrt(M), its norm, the root of the integral of u^2 pi, is |w|, and

    dw/dt = -S w,    S symmetric, S >= 0,    S sigma = 0  with  sigma = sqrt(M)/|sqrt(M)|.

Every rank owns a block of rows. PETSc reads them from the file: nobody holds all of S.
"""
from petsc4py import PETSc


def load(folder):
    """Returns S, sigma and w. Where mass leaves through an open end of the grid S sigma is not 0,
    S has no null vector, and sigma is None."""
    def viewer(name):
        return PETSc.Viewer().createBinary(f"{folder}/{name}.petsc", "r")

    S = PETSc.Mat().load(viewer("S"))
    w = PETSc.Vec().load(viewer("rhs"))
    sigma = PETSc.Vec().load(viewer("mass"))
    sigma.sqrtabs()
    sigma.normalize()

    # S sigma is a sum in which everything cancels: compare it with its largest term, D sigma
    rest, term = sigma.duplicate(), S.getDiagonal()
    S.mult(sigma, rest)
    term.pointwiseMult(term, sigma)
    rest.pointwiseDivide(rest, term)
    closed = rest.norm(PETSc.NormType.INFINITY) < 1e-10
    return S, sigma if closed else None, w


def deviation(w, sigma):
    """w without its equilibrium, w - <w, sigma> sigma; its norm is that of u - <u>."""
    d = w.copy()
    if sigma is not None:
        d.axpy(-w.dot(sigma), sigma)
    return d


def solver(ksp):
    """Conjugate gradients, preconditioned by algebraic multigrid: the matrices S + shift are
    symmetric and positive definite. Options on the command line replace this."""
    ksp.setType("cg")
    ksp.getPC().setType("hypre")
    ksp.setTolerances(rtol=1e-12, max_it=1000)
    ksp.setErrorIfNotConverged(True)


def say(*words):
    """Prints once, not once a rank."""
    PETSc.Sys.Print(*words)
