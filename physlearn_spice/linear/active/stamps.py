"""What is solved for in lanes: where the coefficients of the laws stand in the matrix.

Only currents that are KEPT are unknowns there, beside node voltages and the port's current; the
others are put in by their laws.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .laws import ADMITTANCE, CURRENT, KEPT, N_FIXED, Laws
from .pivots import Pivots, choose_pivots, steps_of

__all__ = ["Assembly", "assembly_for", "base_values", "coefficients"]


class Assembly(NamedTuple):
    """For the kernel; see :class:`.laws.Laws` for what has its name.

    Parameters
    ----------
    own
        Slot of the first branch's current.
    absorbing
        Whether a term is a resistor of the network (n_terms,), as 1 or 0.
    place, source, sign
        At each place of the matrix is added a coefficient: 0 is one, then come the branches'
        admittances, then the terms (n_stamps,).
    pushed, by, push
        The same for the right side, by rows in the order of pivots.
    row_at, column_at
        Places of equations and unknowns in the order of pivots, by slot; -1 of what has none.
    """

    own: int
    first: NDArray[np.int64]
    second: NDArray[np.int64]
    plus: NDArray[np.int64]
    minus: NDArray[np.int64]
    kind: NDArray[np.int64]
    start: NDArray[np.int64]
    power: NDArray[np.int64]
    probe_plus: NDArray[np.int64]
    probe_minus: NDArray[np.int64]
    absorbing: NDArray[np.float64]
    place: NDArray[np.int64]
    source: NDArray[np.int64]
    sign: NDArray[np.float64]
    pushed: NDArray[np.int64]
    by: NDArray[np.int64]
    push: NDArray[np.float64]
    row_at: NDArray[np.int64]
    column_at: NDArray[np.int64]


def base_values(laws: Laws, values: NDArray[Any]) -> NDArray[Any]:
    """Coefficients of the terms without j omega (n_sets, n_terms), from values (n_sets, n_values).

    Values and result are of one type: extended precision stays so.
    """
    terms = laws.terms
    base = values[:, terms.value]
    coupled = terms.first_coil >= 0
    pair = values[:, terms.first_coil[coupled]] * values[:, terms.second_coil[coupled]]
    base[:, coupled] *= np.sqrt(pair)
    return np.where(terms.power < 0, 1 / base, base) * terms.sign


def coefficients(laws: Laws, base: NDArray[Any], omega: float) -> NDArray[Any]:
    """Coefficients of the terms (n_terms,) of one lane: ``base`` (n_terms,), omega [rad/s]."""
    w = base.dtype.type(omega)
    return base * np.array([1, 1j * w, -1j / w])[laws.terms.power]


def assembly_for(laws: Laws, coefficient: NDArray[np.complex128]) -> tuple[Assembly, Pivots]:
    """Choose pivots for one lane's ``coefficient`` (n_terms,), and write down the elimination.

    Raises
    ------
    RuntimeError
        The matrix of this lane is singular.
    """
    row, column, source, sign = _stamps(laws)
    impedance = np.add.reduceat(np.append(coefficient * _along(laws), 0), laws.terms.start[:-1])
    with np.errstate(all="ignore"):
        of = np.concatenate([[1.0], 1 / impedance, coefficient])
    known = column != 1
    rows, columns, n = _numbers(laws)
    data = np.asarray(np.where(np.isfinite(of), of, 0)[source[known]] * sign[known], complex)
    new_row, new_column = choose_pivots(rows[row[known]], columns[column[known]], data, n)
    return _assembly(laws, tuple(new_row.tolist()), tuple(new_column.tolist()))


@lru_cache(maxsize=64)
def _assembly(
    laws: Laws, new_row: tuple[int, ...], new_column: tuple[int, ...]
) -> tuple[Assembly, Pivots]:
    rows, columns, n = _numbers(laws)
    row_at = np.where(rows < 0, -1, np.array(new_row)[rows])
    column_at = np.where(columns < 0, -1, np.array(new_column)[columns])
    row, column, source, sign = _stamps(laws)
    known = column != 1
    i, j = row_at[row[known]], column_at[column[known]]
    pivots = steps_of(i, j, n)
    terms = laws.terms
    resistor = [p.letter == "r" and not p.is_load for p in laws.parts]
    absorbing = np.array(resistor, float)[terms.part]
    assembly = Assembly(
        N_FIXED + laws.n_nodes,
        laws.first,
        laws.second,
        laws.plus,
        laws.minus,
        laws.kind,
        terms.start,
        terms.power,
        terms.plus,
        terms.minus,
        absorbing,
        pivots.place[i, j].astype(np.int64),
        source[known],
        sign[known],
        row_at[row[~known]],
        source[~known],
        -sign[~known],
        row_at,
        column_at,
    )
    return assembly, pivots


def _along(laws: Laws) -> NDArray[np.float64]:
    """+1 where a term's probe counts its own branch's current forwards, -1 where backwards."""
    return np.where(laws.terms.plus > 0, 1.0, -1.0)


def _numbers(laws: Laws) -> tuple[NDArray[np.int64], NDArray[np.int64], int]:
    """Number of each equation and of each unknown by slot, -1 of what has none, and how many."""
    kept = np.r_[np.ones(laws.n_nodes, bool), laws.kind == KEPT]
    number = np.where(kept, np.cumsum(kept), -1)
    return np.r_[-1, 0, -1, number], np.r_[-1, -1, 0, number], int(kept.sum()) + 1


@lru_cache(maxsize=64)
def _stamps(
    laws: Laws,
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """Slots of row and column, source and sign of what is added to the matrix (n_stamps,)."""
    found = np.array([*_each_stamp(laws)]).reshape(-1, 4)
    found = found[(found[:, 0] != 0) & (found[:, 1] != 0)]
    row, column, source, sign = found.T
    return row, column, source, sign.astype(float)


def _each_stamp(laws: Laws) -> Iterator[tuple[int, int, int, int]]:
    yield 1, 2, 0, -1  # the current into the port
    terms, n = laws.terms, len(laws.first)
    for b in range(n):
        own = N_FIXED + laws.n_nodes + b
        ends = (int(laws.first[b]), 1), (int(laws.second[b]), -1)
        sides = (int(laws.plus[b]), 1), (int(laws.minus[b]), -1)
        of = range(int(terms.start[b]), int(terms.start[b + 1]))
        probes = [
            (slot, sign, 1 + n + t)
            for t in of
            for slot, sign in ((int(terms.plus[t]), 1), (int(terms.minus[t]), -1))
        ]
        match int(laws.kind[b]):
            case kind if kind == ADMITTANCE:
                yield from ((i, j, 1 + b, s * t) for i, s in ends for j, t in ends)
            case kind if kind == CURRENT:
                yield from ((i, j, source, s * t) for i, s in ends for j, t, source in probes)
            case _:
                yield from ((i, own, 0, s) for i, s in ends)
                yield from ((own, j, 0, s) for j, s in sides)
                yield from ((own, j, source, -s) for j, s, source in probes)
