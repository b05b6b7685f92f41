"""S, M and w of fpsgd export operator in every format, read as a reader would: are they the same?"""

import numpy as np
import scipy.io
import scipy.sparse

S = scipy.sparse.csr_array((np.load("npy/data.npy"), np.load("npy/indices.npy"), np.load("npy/indptr.npy")))
vectors = {name: np.load(f"npy/{name}.npy") for name in ("mass", "rhs")}


def petsc(path, index):
    """The blocks of a file of PETSc."""
    data = open(path, "rb").read()
    index = np.dtype(index)
    kind = np.frombuffer(data, index, 1)[0]
    if kind == 1211214:
        n = np.frombuffer(data, index, 2)[1]
        assert len(data) == 2 * index.itemsize + 8 * n
        return np.frombuffer(data, ">f8", n, 2 * index.itemsize)
    assert kind == 1211216
    rows, columns, nonzeros = np.frombuffer(data, index, 4)[1:]
    indices = np.frombuffer(data, index, rows + nonzeros, 4 * index.itemsize)
    values = np.frombuffer(data, ">f8", nonzeros, (4 + rows + nonzeros) * index.itemsize)
    assert len(data) == (4 + rows + nonzeros) * index.itemsize + 8 * nonzeros
    indptr = np.append(0, np.cumsum(indices[:rows]))
    # in the computer's own order, which scipy insists on
    return scipy.sparse.csr_array((values.astype(float), indices[rows:].astype(int), indptr), (rows, columns))


def same(matrix):
    matrix = scipy.sparse.csr_array(matrix)
    matrix.sort_indices()
    return matrix.nnz == S.nnz and all(
        np.array_equal(getattr(matrix, part), getattr(S, part)) for part in ("data", "indices", "indptr"))


for folder, index in (("petsc", ">i4"), ("petsc64", ">i8")):
    assert same(petsc(f"{folder}/S.petsc", index)), folder
    for name, v in vectors.items():
        assert np.array_equal(petsc(f"{folder}/{name}.petsc", index), v), (folder, name)

assert same(scipy.io.mmread("mtx/S.mtx")), "mtx"
for name, v in vectors.items():
    assert np.array_equal(scipy.io.mmread(f"mtx/{name}.mtx"), v[:, None]), ("mtx", name)
print("the same", *S.shape, S.nnz)
