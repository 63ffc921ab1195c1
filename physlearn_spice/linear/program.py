"""An elimination written down: for each step, the places it reads and writes."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

__all__ = ["TILE", "Program"]

TILE = 3  # of the dense block: 9 complex sums, in 18 of 32 registers


class Program(NamedTuple):
    """Where each number of the elimination stands; places count complex vectors.

    Parameters
    ----------
    first, second
        Unknowns at the ends of each branch (n_branches,); the second is -1 at the reference.
    between
        Place of the matrix entry that joins the two (n_branches,).
    diagonal
        Place of each unknown's diagonal entry (n_unknowns,).
    entry
        First place of each sparse column below its diagonal, and the end (n_sparse + 1,).
    row
        Unknown in whose row each sparse place stands (tail,).
    target
        Places that are updated, for each column and each pair of its rows i >= j.
    counts
        1 for a branch of the network, 0 for the load at another port: what it takes is not absorbed
        (n_branches,).
    tail
        Place of the dense block's first entry.
    padding
        Rows with a 1 on the diagonal in front of it, so that tiles of 3 fit.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    between: NDArray[np.int64]
    diagonal: NDArray[np.int64]
    entry: NDArray[np.int64]
    row: NDArray[np.int64]
    target: NDArray[np.int32]
    counts: NDArray[np.float64]
    tail: int
    padding: int


def n_places(program: Program) -> int:
    """Return how many complex vectors the matrix takes."""
    n_dense = len(program.diagonal) - len(program.entry) + 1 + program.padding
    return program.tail + n_dense**2
