"""A DC sweep: which values of a source or resistor ngspice visits, and which it never should."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..errors import DeckError
from ..network import Network
from .layout import cards
from .numbers import as_ngspice_reads

__all__ = ["Dc", "check_swept", "swept_sources", "swept_unit"]

_MOST_POINTS = 1_000_000
_UNITS = {"v": "V", "i": "A", "r": "Ohm"}
_OVERSHOOT = 1e3 * np.finfo(float).eps  # in V, A or Ohm: ngspice's own, whatever the step is


@dataclass(frozen=True)
class Dc:
    """Operating points while ``source`` goes from ``start`` to ``stop`` in steps of ``step``.

    ``source`` is a voltage source [V], such as ``"v1"`` of port ``1``, a resistor [Ohm], or of a
    deck that is no network a current source [A]. A negative step goes down. The last value may lie
    below ``stop``; what it was before is restored after the sweep.
    """

    source: str
    start: float
    stop: float
    step: float

    def __post_init__(self) -> None:
        what = f"DC sweep of {self.source!r} from {self.start!r} to {self.stop!r} by {self.step!r}"
        if self.source == "temp":
            raise DeckError(f"{what}: the elements' laws are those of 27 Celsius")
        if self.source[:1] not in _UNITS:
            raise DeckError(f"{what}: a voltage source, current source or resistor can be swept")
        if not all(map(math.isfinite, (self.start, self.stop, self.step))):
            raise DeckError(f"{what}: the values must be finite")
        if self.step == 0:
            raise DeckError(f"{what}: a step of 0 never ends; give one")
        n_steps = (self.stop - self.start) / self.step
        if n_steps < 0:
            raise DeckError(f"{what}: the step leads away from the stop; change its sign")
        if n_steps >= _MOST_POINTS:
            raise DeckError(f"{what}: more than {_MOST_POINTS:,} points; take a larger step")
        if self.unit == "Ohm" and min(self.start, self.stop) <= 0:
            raise DeckError(f"{what}: a resistance must stay positive")

    @property
    def unit(self) -> str:
        """Unit of what is swept: V, A or Ohm."""
        return swept_unit(self.source)

    @property
    def values(self) -> NDArray[np.float64]:
        """The values [V, A or Ohm] (n_points,) that ngspice visits.

        It adds up the step, so that rounding may cost the last of many: 0 to 1000 by 0.1 ends at
        999.9.
        """
        start, stop, step = map(as_ngspice_reads, map(float, (self.start, self.stop, self.step)))
        n_most = math.floor((stop - start) / step) + 3 + math.floor(_OVERSHOOT / abs(step))
        terms = np.full(min(n_most, 2 * _MOST_POINTS), step)
        terms[0] = start
        visited = np.cumsum(terms)
        return visited[math.copysign(1.0, step) * (visited - stop) <= _OVERSHOOT]

    @cached_property
    def grids(self) -> tuple[NDArray[np.float64], ...]:
        """:attr:`values`, and those of a sweep that loses none to rounding."""
        whole = math.floor((self.stop - self.start) / self.step * (1 + 1e-9))
        return self.values, np.asarray(self.start + self.step * np.arange(whole + 1), float)


def swept_unit(source: str) -> str:
    """Return the unit of the values that a DC sweep gives a source or resistor."""
    return _UNITS[source[0]]


def swept_sources(text: str) -> tuple[str, ...]:
    """Return what the ``.dc`` cards of a text that ngspice was given sweep, in their order."""
    words = (card.split() for _, card in cards(text.splitlines()))
    return tuple(word[1] for word in words if word[0] == ".dc")


def check_swept(analyses: Iterable[object], network: Network) -> None:
    """Refuse sweeps of what is not in a network's deck.

    Raises
    ------
    DeckError
        Naming the source, and those that there are.
    """
    for sweep in analyses:
        if not isinstance(sweep, Dc):
            continue
        sources = [f"v{port.name}" for port in network.ports]
        resistors = [f"rs{port.name}" for port in network.ports if port.resistance > 0]
        resistors += [e.name for e in network.elements if e.kind == "resistor"]
        if sweep.source not in (*sources, *resistors):
            raise DeckError(
                f"DC sweep of {sweep.source!r}: there is no such source or resistor; the sources "
                f"are {', '.join(sources)}"
            )
