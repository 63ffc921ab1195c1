"""The order of elimination, and the program of places that follows from it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .program import TILE, Program

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["program_of"]

_SPARSE_COST = 4.0  # of a product at scattered places, over one in the dense block


def program_of(branches: Sequence[tuple[int, int]], n: int) -> tuple[NDArray[np.int64], Program]:
    """Order the unknowns and write down the elimination.

    Parameters
    ----------
    branches
        Unknowns at the ends of each branch; -1 is the reference, never the first end.
    n
        Number of unknowns; the last is eliminated last.

    Returns
    -------
    tuple
        The row of each unknown (n,), and the program.
    """
    first, second = np.array(branches, np.int64).reshape(-1, 2).T
    row = np.append(_fill_reducing(first, second, n), n - 1)
    first, second = row[first], np.where(second < 0, -1, row[second])
    below = _columns(first, second, n)
    n_sparse = _where_dense(np.array([len(rows) for rows in below]))
    entry = np.cumsum([n_sparse, *(len(rows) for rows in below[:n_sparse])])
    tail, padding = int(entry[-1]), -(n - n_sparse) % TILE
    m = n - n_sparse + padding

    def places(rows: NDArray[np.int64], column: int) -> NDArray[np.int64]:
        """Where the entries (rows, column) stand; rows ascend, from the column on."""
        if column >= n_sparse:
            return tail + (rows - n + m) * m + column - n + m
        found = entry[column] + np.searchsorted(below[column], rows)
        found[rows == column] = column
        return found

    dense = np.arange(n_sparse, n) - n + m
    target = [
        # pair i >= j of the rows, row by row: all (i, j) of one column j, put in order below
        _by_row([places(rows[j:], int(rows[j])) for j in range(len(rows))])
        for rows in below[:n_sparse]
    ]
    lower, upper = np.maximum(first, second), np.minimum(first, second)
    return row, Program(
        first=first,
        second=second,
        between=np.array(
            [
                places(np.array([i]), int(j))[0] if j >= 0 else -1
                for i, j in zip(lower, upper, strict=True)
            ],
            np.int64,
        ),
        diagonal=np.append(np.arange(n_sparse), tail + dense * (m + 1)),
        entry=entry,
        row=np.concatenate([np.arange(n_sparse), *below[:n_sparse]]),
        target=np.concatenate([*target, np.zeros(0)]).astype(np.int32),
        counts=np.ones(len(first)),
        tail=tail,
        padding=padding,
    )


def _fill_reducing(
    first: NDArray[np.int64], second: NDArray[np.int64], n: int
) -> NDArray[np.int64]:
    """Multiple minimum degree: the new place of each unknown but the last, (n - 1,)."""
    if n <= 2:
        return np.arange(n - 1)
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    inner = (second >= 0) & (first < n - 1) & (second < n - 1)
    i, j = first[inner], second[inner]
    k = np.arange(n - 1)
    ones = np.ones(len(i))
    # any positive definite matrix of this pattern will do: only SuperLU's ordering is wanted
    degree = 1.0 + np.bincount(np.concatenate([i, j]), minlength=n - 1)
    matrix = csc_array(
        (np.concatenate([-ones, -ones, degree]), (np.r_[i, j, k], np.r_[j, i, k])),
        shape=(n - 1, n - 1),
    )
    factors = splu(
        matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
    )
    return factors.perm_c.astype(np.int64)


def _columns(
    first: NDArray[np.int64], second: NDArray[np.int64], n: int
) -> list[NDArray[np.int64]]:
    """Rows below the diagonal that each column has after fill-in, ascending."""
    rows: list[set[int]] = [set() for _ in range(n)]
    for i, j in zip(first.tolist(), second.tolist(), strict=True):
        if j >= 0:
            rows[min(i, j)].add(max(i, j))
    below: list[NDArray[np.int64]] = []
    for column in rows:
        below.append(np.array(sorted(column), np.int64))
        if column:
            parent = min(column)  # in the elimination tree; it inherits what is left
            rows[parent] |= column
            rows[parent].discard(parent)
    return below


def _where_dense(degree: NDArray[np.int64]) -> int:
    """From which column on the rest is cheapest as one dense block, by counting products."""
    n = len(degree)
    sparse = np.concatenate([[0], np.cumsum(degree * (degree + 1.0) / 2)])[:n]
    m = n - np.arange(n)
    m = m + -m % TILE
    return int(np.argmin(_SPARSE_COST * sparse + m**3 / 6.0))


def _by_row(columns: list[NDArray[np.int64]]) -> NDArray[np.int64]:
    """Places (i, j), i >= j, listed by i from places listed by j."""
    d = len(columns)
    square = np.zeros((d, d), np.int64)
    for j, column in enumerate(columns):
        square[j:, j] = column
    return square[np.tril_indices(d)]
