"""An elimination whose pivots are chosen once, and which then runs for eight circuits at a time.

A matrix that is not symmetric, with zeros on its diagonal, needs pivots that suit its numbers. They
are chosen for one circuit, and serve others of its topology as long as no number turns a pivot
small: what comes out says so by its residual.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false, reportGeneralTypeIssues=false

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..compiled import compiled
from ..lanes import get, inverse, less_product, product, put

__all__ = ["Pivots", "balanced", "choose_pivots", "factor", "solve", "solve_transposed", "steps_of"]

_DIAGONAL = 0.1  # a diagonal entry is pivot from this share of the column's largest on


class Pivots(NamedTuple):
    """Places of an elimination; the matrix in the order of its pivots has (row, column) at them.

    Parameters
    ----------
    place
        Of each entry that is ever not zero, by row and column (n, n); -1 elsewhere.
    diagonal
        Place of each pivot (n,).
    below, row
        Entries below pivot k are ``lower[below[k]:below[k + 1]]``, in these rows.
    right, column
        Entries on its right are ``upper[right[k]:right[k + 1]]``, in these columns.
    target
        Places that are updated: for each pivot and each entry below, those of all on the right.
    """

    place: NDArray[np.int32]
    diagonal: NDArray[np.int64]
    below: NDArray[np.int64]
    lower: NDArray[np.int64]
    row: NDArray[np.int64]
    right: NDArray[np.int64]
    upper: NDArray[np.int64]
    column: NDArray[np.int64]
    target: NDArray[np.int32]


def choose_pivots(
    rows: NDArray[np.int64], columns: NDArray[np.int64], data: NDArray[np.complex128], n: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the new places of the rows and of the columns of a matrix, both (n,).

    Raises
    ------
    RuntimeError
        The matrix is singular.
    """
    from scipy.sparse.linalg import splu

    matrix, _, _ = balanced(rows, columns, data, n)
    factors = splu(matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=_DIAGONAL)
    return factors.perm_r.astype(np.int64), factors.perm_c.astype(np.int64)


def balanced(
    rows: NDArray[np.int64], columns: NDArray[np.int64], data: NDArray[np.complex128], n: int
) -> tuple[Any, NDArray[np.float64], NDArray[np.float64]]:
    """Return the sparse matrix with rows and columns scaled to one, and their scales (n,).

    An equation of volts stands beside one of amperes.
    """
    from scipy.sparse import coo_array

    matrix = coo_array((data, (rows, columns)), shape=(n, n)).tocsc()
    of_row, of_column = np.ones(n), np.ones(n)
    i, j = matrix.indices, np.repeat(np.arange(n), np.diff(matrix.indptr))
    size = np.abs(matrix.data)
    for _ in range(3):
        for scale, k in ((of_row, i), (of_column, j)):
            most = np.zeros(n)
            np.maximum.at(most, k, size * of_row[i] * of_column[j])
            scale /= np.sqrt(np.where(most > 0, most, 1.0))
    matrix.data *= of_row[i] * of_column[j]
    return matrix, of_row, of_column


def steps_of(rows: NDArray[np.int64], columns: NDArray[np.int64], n: int) -> Pivots:
    """Return the elimination of a matrix with entries at these rows and columns, as it fills in."""
    filled = np.zeros((n, n), bool)
    filled[rows, columns] = True
    filled[np.arange(n), np.arange(n)] = True
    below, right = [], []
    for k in range(n):
        low, high = (
            k + 1 + np.flatnonzero(part) for part in (filled[k + 1 :, k], filled[k, k + 1 :])
        )
        filled[np.ix_(low, high)] = True
        below.append(low)
        right.append(high)
    place = np.full((n, n), -1, np.int32)
    place[filled] = np.arange(filled.sum())
    k = np.arange(n)

    def flat(
        parts: list[NDArray[np.int64]],
    ) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        count = np.array([len(part) for part in parts], np.int64)
        return np.r_[0, np.cumsum(count)], np.repeat(k, count), np.concatenate([*parts, k[:0]])

    first_below, above, row = flat(below)
    first_right, left, column = flat(right)
    target = [place[np.ix_(low, high)].ravel() for low, high in zip(below, right, strict=True)]
    return Pivots(
        place,
        place[k, k].astype(np.int64),
        first_below,
        place[row, above].astype(np.int64),
        row,
        first_right,
        place[left, column].astype(np.int64),
        column,
        np.concatenate(target),
    )


@compiled
def factor(pivots, matrix):
    """Factor in place: the diagonal becomes 1 / pivot, what is below it multiples of the rows."""
    at = 0
    for k in range(len(pivots.diagonal)):
        over, _ = inverse(get(matrix, pivots.diagonal[k]))
        put(matrix, pivots.diagonal[k], over)
        for i in range(pivots.below[k], pivots.below[k + 1]):
            times = product(get(matrix, pivots.lower[i]), over)
            put(matrix, pivots.lower[i], times)
            for j in range(pivots.right[k], pivots.right[k + 1]):
                to = pivots.target[at]
                put(matrix, to, less_product(get(matrix, to), times, get(matrix, pivots.upper[j])))
                at += 1


@compiled
def solve(pivots, matrix, x):
    """Solve in place: from the right side, in the order of rows, to x, in that of columns."""
    n = len(pivots.diagonal)
    for k in range(n):
        given = get(x, k)
        for i in range(pivots.below[k], pivots.below[k + 1]):
            to = pivots.row[i]
            put(x, to, less_product(get(x, to), get(matrix, pivots.lower[i]), given))
    for k in range(n - 1, -1, -1):
        rest = get(x, k)
        for j in range(pivots.right[k], pivots.right[k + 1]):
            rest = less_product(rest, get(matrix, pivots.upper[j]), get(x, pivots.column[j]))
        put(x, k, product(rest, get(matrix, pivots.diagonal[k])))


@compiled
def solve_transposed(pivots, matrix, x):
    """Solve with the transposed matrix: from the order of columns to that of rows."""
    n = len(pivots.diagonal)
    for k in range(n):
        given = product(get(x, k), get(matrix, pivots.diagonal[k]))
        put(x, k, given)
        for j in range(pivots.right[k], pivots.right[k + 1]):
            to = pivots.column[j]
            put(x, to, less_product(get(x, to), get(matrix, pivots.upper[j]), given))
    for k in range(n - 1, -1, -1):
        rest = get(x, k)
        for i in range(pivots.below[k], pivots.below[k + 1]):
            rest = less_product(rest, get(matrix, pivots.lower[i]), get(x, pivots.row[i]))
        put(x, k, rest)
