"""Singular values and eigenvalues by SciPy (LAPACK, fp64) of small matrices whose values are written down too.
Python 3.11. Run: python make.py > spectra.json (numpy 2.4.6, scipy 1.17.1)."""
import json

import numpy as np
import scipy.linalg

rng = np.random.default_rng(4)


def short(values):
    return [float(np.float32(x)) for x in np.asarray(values).ravel()]


def matrix(rows, columns):
    # Singular values over four decades.
    size = min(rows, columns)
    left = scipy.linalg.qr(rng.normal(size=(rows, size)), mode="economic")[0]
    right = scipy.linalg.qr(rng.normal(size=(columns, size)), mode="economic")[0]
    return np.array(short(left * np.logspace(0, -4, size) @ right.T)).reshape(rows, columns)


cases = []
for rows, columns in [(40, 25), (25, 40)]:
    a = matrix(rows, columns)
    cases.append({"rows": rows, "columns": columns, "values": short(a), "singularValues": list(scipy.linalg.svdvals(a))})
a = np.array(short(rng.normal(size=(12, 12)))).reshape(12, 12)
symmetric = np.tril(a) + np.tril(a, -1).T
b, c = np.array(short(rng.normal(size=(30, 4)))).reshape(30, 4), np.array(short(rng.normal(size=(4, 20)))).reshape(4, 20)
b[:, 3] *= 1e-3
b = np.array(short(b)).reshape(30, 4)
print(json.dumps({
    "matrices": cases,
    "symmetric": {"n": 12, "values": short(symmetric), "eigenvalues": list(scipy.linalg.eigvalsh(symmetric)[::-1])},
    "factors": {"out": 30, "in": 20, "rank": 4, "scale": 0.5, "b": short(b), "a": short(c),
                "singularValues": list(scipy.linalg.svdvals(0.5 * b @ c)[:4])},
}))
