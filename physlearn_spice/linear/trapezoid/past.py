"""What the elements of a linear network bring along into a transient: its state at the start."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...elements import Capacitor, Inductor
from ...errors import NetworkError
from ...network import Network
from ..structure import Structure

__all__ = ["MISSED", "Past", "listed", "past_of"]

MISSED = 1e-6  # share of the largest term by which what is given may miss a law


class Past(NamedTuple):
    """What the branches bring along: currents of inductors [A], voltages of capacitors [V].

    Parameters
    ----------
    current, voltage
        Of each branch, along it (n_branches,).
    charged
        Of each capacitor alone [V], along its branch, by its number among the elements.
    """

    current: NDArray[np.float64]
    voltage: NDArray[np.float64]
    charged: Mapping[int, float]


def past_of(network: Network, structure: Structure, initial: Mapping[str, float]) -> Past:
    """Return what a start means to the branches.

    Parameters
    ----------
    initial
        Current of inductors [A] and voltage of capacitors [V] by name, from first to second node;
        zero where none is given.

    Raises
    ------
    NetworkError
        Another element, no finite number, an element that no current from the driven port reaches,
        or inductors in series with different currents.
    """
    current, voltage = np.zeros((2, structure.n_branches))
    charged: dict[int, float] = {}
    if not initial:
        return Past(current, voltage, charged)
    flow: dict[int, dict[str, float]] = {}
    for name, given in initial.items():
        element = network[name]
        if not isinstance(element, Inductor | Capacitor):
            raise NetworkError(f"initial: {element.kind} {name!r} has nothing to start with")
        if not np.isfinite(given):
            raise NetworkError(f"initial: {element.kind} {name!r} = {given!r}, must be finite")
    scale = {
        letter: max((abs(given) for name, given in initial.items() if name[0] == letter), default=0)
        for letter in "rlc"
    }
    for k, element in enumerate(network.elements):
        given, branch = float(initial.get(element.name, 0.0)), int(structure.branch[k])
        along = float(structure.way[k]) * given
        if branch < 0 and abs(given) > MISSED * scale[element.letter]:
            raise NetworkError(
                f"initial: {element.kind} {element.name!r} = {given!r}, but no current from the "
                "driven port reaches it: it must be 0"
            )
        if branch >= 0 and isinstance(element, Inductor):
            flow.setdefault(branch, {})[element.name] = along
            current[branch] = along
        elif branch >= 0 and isinstance(element, Capacitor):
            voltage[branch] += along
            charged[k] = along
    for coils in flow.values():
        least, most = min(coils.values()), max(coils.values())
        if most - least > MISSED * scale["l"]:
            raise NetworkError(
                f"initial: {listed(list(coils))} are in series, with different currents"
            )
    return Past(current, voltage, charged)


def listed(names: list[str]) -> str:
    """Return names for a message, the first six of them."""
    return ", ".join(map(repr, names[:6])) + (" and others" if len(names) > 6 else "")
