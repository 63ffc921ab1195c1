"""From the unknowns of :mod:`.laws` back to nodes and elements."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .laws import Laws

__all__ = ["Flows", "flows"]


@dataclass(frozen=True, eq=False)
class Flows:
    """Where a response finds its voltages and currents; see :class:`.response.Places`."""

    branch: NDArray[np.int64]
    way: NDArray[np.int64]
    unknown: dict[str, int]
    floating: dict[str, int]
    steps: tuple[()] = ()


def flows(
    laws: Laws,
    base: NDArray[np.float64],
    omega: NDArray[np.float64],
    x: NDArray[np.complex128],
) -> tuple[Flows, NDArray[np.complex128], NDArray[np.complex128]]:
    """Voltages of all nodes (n_lanes, n_nodes) and currents of all parts (n_lanes, n_parts).

    ``base`` are the terms' coefficients without j omega (n_sets, n_terms), ``x`` what is found for
    the slots (n_lanes, n_slots).
    """
    terms = laws.terms
    factor = np.array([np.ones_like(omega) + 0j, 1j * omega, -1j / omega])[terms.power]
    coefficient = (base[:, None, :] * factor.T).reshape(len(x), len(terms.part))
    dropped = coefficient * (x[:, terms.plus] - x[:, terms.minus])
    drop = np.zeros((len(laws.parts), len(x)), complex)
    np.add.at(drop, terms.part, dropped.T)
    known = {node: x[:, slot] for node, slot in laws.slot.items()}
    for before, node, part in laws.steps:
        known[node] = known[before] - drop[part] if part >= 0 else known[before]
    first_current = laws.n_slots - len(laws.first)
    current = np.zeros((len(x), len(laws.parts)), complex)
    flowing = laws.branch >= 0
    current[:, flowing] = x[:, first_current + laws.branch[flowing]] * laws.way[flowing]
    places = Flows(
        np.arange(len(laws.parts)),
        np.ones(len(laws.parts), np.int64),
        {node: k for k, node in enumerate(known)},
        laws.floating,
    )
    return places, np.array([*known.values()]).T.reshape(len(x), len(known)), current
