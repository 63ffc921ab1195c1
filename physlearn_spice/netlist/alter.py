"""What can change in a loaded circuit without loading it again."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import lru_cache

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..couplings import coupled_groups
from ..elements import Capacitor, Inductor, Resistor
from ..errors import DeckError
from ..stimulus import Chirp, Samples
from .deck import Deck

__all__ = ["alter_commands", "alter_templates", "alterable", "rows_of"]

_LINE = 500  # letters
_LONGEST_NUMBER = 25
# what ngspice calls the value of a source and of a controlled one; others need no word
_PARAMETER = {"v": " dc", **dict.fromkeys("efgh", " gain")}


def alter_commands(values: Mapping[str, float]) -> list[str]:
    """Return ngspice's commands that give elements new values by name.

    Values are of resistors, inductors and capacitors [Ohm, H, F], DC voltages of sources [V],
    gains, or coefficients of couplings.

    Raises
    ------
    DeckError
        A value of a resistor, inductor or capacitor that is not positive and finite, a voltage
        that is not finite, a gain that is zero, a coefficient of 1 or more: ngspice would take it,
        or keep the old value.
    """
    commands: list[str] = []
    for name, value in values.items():
        new = float(value)  # a numpy scalar would spell itself as np.float64(...)
        wrong = _wrong(name[0], new)
        if wrong:
            raise DeckError(f"{name!r} = {new!r}: must be {wrong}")
        commands.append(_template(name) % new)
    return commands


def _wrong(letter: str, value: float) -> str:
    """Say what a value must be that is not; "" where it is."""
    match letter:
        case "v":
            return "" if math.isfinite(value) else "finite"
        case "e" | "f" | "g" | "h":
            return "" if math.isfinite(value) and value else "finite and not zero"
        case "k":
            return "" if 0 < abs(value) < 1 else "between -1 and 1 and not zero"
        case _:
            return "" if 0 < value < math.inf else "positive and finite"


def _template(name: str) -> str:
    return f"alter {name}{_PARAMETER.get(name[0], '')} = %r"


@lru_cache(maxsize=32)
def alter_templates(names: tuple[str, ...]) -> tuple[tuple[str, slice], ...]:
    """Return :func:`alter_commands` as lines of several, to be filled in with ``%``.

    Each comes with the slice of the values that belong to it. Lines are quicker than commands, and
    ngspice's buffer for one overflows above 512 letters.
    """
    lines: list[tuple[str, slice]] = []
    first, line = 0, ""
    for k, name in enumerate(names):
        command = _template(name)
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

    They are resistors, inductors, capacitors, gains, sources ``vp`` without a waveform on their
    card, whose offset is not their DC value, and couplings of coils that no other couples: of
    several, only all together tell whether any coils could be so.
    """
    network = deck.network
    sources = [
        f"v{port.name}"
        for port in network.ports
        if isinstance(deck.source(port.name).waveform, Chirp | Samples | None)
    ]
    by_pair = {coupling.pair: coupling.name for coupling in network.couplings}
    groups = coupled_groups(dict.fromkeys(by_pair, 0.0))
    alone = [by_pair[min(group), max(group)] for group in groups if len(group) == 2]
    gains = [source.name for source in network.controlled]
    passive = network.names(Resistor, Inductor, Capacitor)
    return frozenset([*passive, *gains, *alone, *sources])
