"""What can change in a loaded circuit without loading it again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..elements import Capacitor, Inductor, Resistor
from ..errors import DeckError
from ..stimulus import Multitone, Tone
from .deck import Deck

__all__ = ["alter_commands", "alter_templates", "alterable", "rows_of"]

_LINE = 500  # letters
_LONGEST_NUMBER = 25


def alter_commands(values: Mapping[str, float]) -> list[str]:
    """Return ngspice's commands that give elements new values by name.

    Values are of resistors, inductors and capacitors [Ohm, H, F], or DC voltages of sources [V].

    Raises
    ------
    DeckError
        A value of a resistor, inductor or capacitor that is not positive and finite, or a voltage
        that is not finite: ngspice would take it, or keep the old value.
    """
    commands: list[str] = []
    for name, value in values.items():
        new = float(value)  # a numpy scalar would spell itself as np.float64(...)
        if name[0] == "v":
            if not math.isfinite(new):
                raise DeckError(f"{name!r} = {new!r}: must be finite")
            commands.append(f"alter {name} dc = {new!r}")
        elif 0 < new < math.inf:
            commands.append(f"alter {name} = {new!r}")
        else:
            raise DeckError(f"{name!r} = {new!r}: must be positive and finite")
    return commands


@lru_cache(maxsize=32)
def alter_templates(names: tuple[str, ...]) -> tuple[tuple[str, slice], ...]:
    """Return :func:`alter_commands` as lines of several, to be filled in with ``%``.

    Each comes with the slice of the values that belong to it. Lines are quicker than commands, and
    ngspice's buffer for one overflows above 512 letters.
    """
    lines: list[tuple[str, slice]] = []
    first, line = 0, ""
    for k, name in enumerate(names):
        command = f"alter {name} dc = %r" if name[0] == "v" else f"alter {name} = %r"
        room = _LINE - (k - first + 1) * _LONGEST_NUMBER
        if line and len(line) + len(command) > room:
            lines.append((line, slice(first, k)))
            first, line = k, ""
        line = f"{line};{command}" if line else command
    return (*lines, (line, slice(first, len(names)))) if line else ()


def rows_of(names: tuple[str, ...], values: ArrayLike) -> NDArray[np.float64]:
    """Return values as an array (n_rows, n_names).

    Raises
    ------
    ValueError
        They are of another shape.
    """
    rows = np.asarray(values, float)
    if rows.shape != (len(rows), len(names)):
        raise ValueError(f"values of shape {rows.shape} for {len(names)} names")
    return rows


def alterable(deck: Deck) -> frozenset[str]:
    """Return the names whose values :func:`alter_commands` can change in the loaded deck.

    They are resistors, inductors, capacitors, and sources ``vp`` without a sine, whose offset
    is not their DC value.
    """
    sources = [
        f"v{port.name}"
        for port in deck.network.ports
        if not isinstance(deck.source(port.name).waveform, Tone | Multitone)
    ]
    return frozenset([*deck.network.names(Resistor, Inductor, Capacitor), *sources])
