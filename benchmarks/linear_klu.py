"""KLU, the sparse solver of circuit simulators, called as they call it: analysed once, refactored.

Its Python bindings either know no complex refactorisation (kvxopt, PyKLU) or put JAX around it
(klujax). So the library itself is called, from compiled code: the system's libklu, or the one that
``pip install kvxopt`` brings along.
"""

from __future__ import annotations

import ctypes
from ctypes.util import find_library
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numba import njit
from numpy.typing import NDArray
from scipy.sparse import csc_array

_POINTER, _INT = ctypes.c_void_p, ctypes.c_int32
_COMMON = 1024  # bytes, more than klu_common of any version has


@cache
def klu() -> ctypes.CDLL | None:
    """Return the library, or None where there is none."""
    name = find_library("klu")
    if name is None and (spec := find_spec("kvxopt")) is not None and spec.origin is not None:
        bundled = Path(spec.origin).parents[1] / "kvxopt.libs"
        import kvxopt.klu  # noqa: F401 # loads what libklu needs

        name = next(map(str, bundled.glob("libklu*.so*")), None)
    if name is None:
        return None
    library = ctypes.CDLL(name)
    signatures = {
        "klu_defaults": (_INT, [_POINTER]),
        "klu_analyze": (_POINTER, [_INT, *[_POINTER] * 3]),
        "klu_z_factor": (_POINTER, [_POINTER] * 5),
        "klu_z_refactor": (_INT, [_POINTER] * 6),
        "klu_z_solve": (_INT, [_POINTER, _POINTER, _INT, _INT, _POINTER, _POINTER]),
    }
    for function, (result, arguments) in signatures.items():
        getattr(library, function).restype = result
        getattr(library, function).argtypes = arguments
    return library


@cache
def _loop(library: ctypes.CDLL) -> Any:
    refactor, solve = library.klu_z_refactor, library.klu_z_solve

    @njit
    def loop(omega, branches, place, n, pointers, matrix, x, out):
        columns, rows, values, symbolic, numeric, rhs, common = pointers
        done = 0
        for k in range(len(omega)):
            matrix[:] = 0.0
            for b in range(len(branches)):
                r, ind, s = branches[b]
                y = 1.0 / complex(r, omega[k] * ind - s / omega[k])
                for at in range(4):
                    if place[b, at] >= 0:
                        matrix[place[b, at]] += y if at < 2 else -y
            x[:] = 0.0
            x[n - 1] = 1.0
            done += refactor(columns, rows, values, symbolic, numeric, common)
            done += solve(symbolic, numeric, n, 1, rhs, common)
            out[k] = 1.0 / x[n - 1]
        return done

    return loop


class Refactored:
    """Nodal equations between unknowns (n_branches,), -1 for the reference; the port comes last."""

    def __init__(self, first: NDArray[Any], second: NDArray[Any], n: int) -> None:
        library = klu()
        assert library is not None
        self._library, self._n = library, n
        joined = second >= 0
        i, j, k = first[joined], second[joined], np.arange(n)
        pattern = csc_array(
            (np.ones(2 * len(i) + n), (np.r_[i, j, k], np.r_[j, i, k])), shape=(n, n)
        )
        pattern.sort_indices()
        self._columns = pattern.indptr.astype(np.int32)
        self._rows = pattern.indices.astype(np.int32)
        code = np.repeat(k, np.diff(pattern.indptr)) * n + pattern.indices  # column by column

        def place(row: NDArray[Any], column: NDArray[Any]) -> NDArray[Any]:
            there = (row >= 0) & (column >= 0)
            return np.where(there, np.searchsorted(code, column * n + row), -1)

        pairs = ((first, first), (second, second), (first, second), (second, first))
        self._place = np.stack([place(*pair) for pair in pairs], axis=1)
        self._common = np.zeros(_COMMON, np.uint8)
        library.klu_defaults(self._common.ctypes.data)
        self._symbolic = library.klu_analyze(
            n, self._columns.ctypes.data, self._rows.ctypes.data, self._common.ctypes.data
        )
        self._numeric: int | None = None
        self._matrix, self._x = np.zeros(len(code), complex), np.zeros(n, complex)

    def __call__(self, branches: NDArray[Any], omega: NDArray[Any]) -> NDArray[np.complex128]:
        """Admittance [S] (n_freq,) for R, L and S = 1/C of each branch (n_branches, 3)."""
        out = np.empty(len(omega), complex)
        arrays = (self._columns, self._rows, self._matrix)
        columns, rows, values = (array.ctypes.data for array in arrays)
        rhs, common = self._x.ctypes.data, self._common.ctypes.data
        loop = _loop(self._library)
        if self._numeric is None:  # pivots are chosen at the band's begin, as ngspice does
            self._fill(branches, float(omega[0]))
            factor = self._library.klu_z_factor
            self._numeric = factor(columns, rows, values, self._symbolic, common)
            assert self._numeric
        pointers = (columns, rows, values, self._symbolic, self._numeric, rhs, common)
        done = loop(omega, branches, self._place, self._n, pointers, self._matrix, self._x, out)
        assert done == 2 * len(omega)
        return out

    def _fill(self, branches: NDArray[Any], omega: float) -> None:
        r, ind, s = branches.T
        y = 1 / (r + 1j * (omega * ind - s / omega))
        self._matrix[:] = 0.0
        for at in range(4):
            here = self._place[:, at] >= 0
            np.add.at(self._matrix, self._place[here, at], y[here] if at < 2 else -y[here])
