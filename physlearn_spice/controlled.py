"""Linear controlled sources: what flows or stands between ``a`` and ``b`` follows something else.

Signs are SPICE's: a current source's current flows from ``a`` through the source to ``b``, so that
a positive one takes charge from ``a``. Sensing a voltage draws no current, and sensing a current
costs no voltage.

A current that controls is told by a name: of a resistor or an inductor of the network, counted
from its ``a`` to its ``b``, or ``vp``, the source of the port ``p``, counted as SPICE counts it,
from the port's ``plus`` through the source to its ``minus``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from .errors import NetworkError
from .terminals import TwoTerminal

__all__ = ["Cccs", "Ccvs", "ControlledSource", "Vccs", "Vcvs"]


@dataclass(frozen=True, slots=True)
class _Controlled(TwoTerminal):
    positive: ClassVar[tuple[str, ...]] = ()

    def _check_gain(self, gain: float) -> None:
        if not math.isfinite(gain) or gain == 0:
            raise NetworkError(
                f"{self.kind} {self.name!r}: gain = {gain!r}, must be finite and not zero"
            )


@dataclass(frozen=True, slots=True)
class _VoltageControlled(_Controlled):
    """A source that the voltage from ``control_plus`` to ``control_minus`` controls."""

    control_plus: str
    control_minus: str
    gain: float

    def __post_init__(self) -> None:
        TwoTerminal.__post_init__(self)
        self._check_gain(self.gain)
        if self.control_plus == self.control_minus:
            raise NetworkError(
                f"{self.kind} {self.name!r}: senses node {self.control_plus!r} against itself"
            )


@dataclass(frozen=True, slots=True)
class _CurrentControlled(_Controlled):
    """A source that the current of a resistor, an inductor or a port's source controls."""

    control: str
    gain: float

    def __post_init__(self) -> None:
        TwoTerminal.__post_init__(self)
        self._check_gain(self.gain)


@dataclass(frozen=True, slots=True)
class Vcvs(_VoltageControlled):
    """v = gain v(control), with the gain in [V/V]."""

    letter: ClassVar[str] = "e"
    kind: ClassVar[str] = "vcvs"


@dataclass(frozen=True, slots=True)
class Vccs(_VoltageControlled):
    """i = gain v(control) from ``a`` to ``b``, with the gain in [S]."""

    letter: ClassVar[str] = "g"
    kind: ClassVar[str] = "vccs"


@dataclass(frozen=True, slots=True)
class Cccs(_CurrentControlled):
    """i = gain i(control) from ``a`` to ``b``, with the gain in [A/A]."""

    letter: ClassVar[str] = "f"
    kind: ClassVar[str] = "cccs"


@dataclass(frozen=True, slots=True)
class Ccvs(_CurrentControlled):
    """v = gain i(control), with the gain in [Ohm]."""

    letter: ClassVar[str] = "h"
    kind: ClassVar[str] = "ccvs"


ControlledSource = Vcvs | Vccs | Cccs | Ccvs
