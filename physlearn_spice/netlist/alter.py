"""What can change in a loaded circuit without loading it again."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ..elements import Capacitor, Inductor, Resistor
from ..errors import DeckError
from ..stimulus import Multitone, Tone
from .deck import Deck
from .numbers import num

__all__ = ["alter_commands", "alterable"]


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
        if name.startswith("v"):
            if not math.isfinite(value):
                raise DeckError(f"{name!r} = {value!r}: must be finite")
            commands.append(f"alter {name} dc = {num(value)}")
        else:
            if not 0 < value < math.inf:
                raise DeckError(f"{name!r} = {value!r}: must be positive and finite")
            commands.append(f"alter {name} = {num(value)}")
    return commands


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
