"""Two-terminal elements: their names, values and laws.

An element is a frozen record between node ``a`` and node ``b``; a positive current flows
through it from ``a`` to ``b``. Its name starts with the SPICE letter of its kind, so the name in
Python, in a deck and in an ``alter`` command is the same. Its SPICE spelling is in
:mod:`physlearn_spice.netlist`. Controlled sources are in :mod:`.controlled`, nonlinear elements
and their laws in :mod:`.nonlinear`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from .controlled import Cccs, Ccvs, ControlledSource, Vccs, Vcvs
from .nonlinear import (
    CubicConductance,
    Diode,
    NonlinearElement,
    SaturatingInductor,
    Varactor,
    thermal_voltage,
)
from .terminals import TwoTerminal

__all__ = [
    "Capacitor",
    "Cccs",
    "Ccvs",
    "ControlledSource",
    "CubicConductance",
    "Diode",
    "Element",
    "Inductor",
    "LinearElement",
    "NonlinearElement",
    "Resistor",
    "SaturatingInductor",
    "Varactor",
    "Vccs",
    "Vcvs",
    "thermal_voltage",
]


@dataclass(frozen=True, slots=True)
class _Valued(TwoTerminal):
    """An element that is told by one number, in SI units."""

    positive: ClassVar[tuple[str, ...]] = ("value",)
    value: float


@dataclass(frozen=True, slots=True)
class Resistor(_Valued):
    """v = R i, with R in [Ohm]."""

    letter: ClassVar[str] = "r"
    kind: ClassVar[str] = "resistor"


@dataclass(frozen=True, slots=True)
class Inductor(_Valued):
    """v = L di/dt, with L in [H]; stores L i^2 / 2."""

    letter: ClassVar[str] = "l"
    kind: ClassVar[str] = "inductor"


@dataclass(frozen=True, slots=True)
class Capacitor(_Valued):
    """i = C dv/dt, with C in [F]; stores C v^2 / 2."""

    letter: ClassVar[str] = "c"
    kind: ClassVar[str] = "capacitor"


LinearElement = Resistor | Inductor | Capacitor
Element = LinearElement | NonlinearElement | ControlledSource
