"""Two-terminal elements: their names, values and laws.

An element is a frozen record between node ``a`` and node ``b``; a positive current flows
through it from ``a`` to ``b``. Its name starts with the SPICE letter of its kind, so the name in
Python, in a deck and in an ``alter`` command is the same. Laws are here as functions of the
voltage [V] with their derivatives; their SPICE spelling is in :mod:`physlearn_spice.netlist`.
Controlled sources are in :mod:`.controlled`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .controlled import Cccs, Ccvs, ControlledSource, Vccs, Vcvs
from .errors import NetworkError
from .terminals import TwoTerminal

__all__ = [
    "Capacitor",
    "Cccs",
    "Ccvs",
    "ControlledSource",
    "Diode",
    "Element",
    "Inductor",
    "LinearElement",
    "Resistor",
    "Varactor",
    "Vccs",
    "Vcvs",
    "thermal_voltage",
]

_ELEMENTARY_CHARGE = 1.602176634e-19  # [C]
_BOLTZMANN = 1.380649e-23  # [J/K]


def thermal_voltage(celsius: float = 27.0) -> float:
    """kT/q [V]; 27 degrees Celsius is SPICE's default temperature."""
    return _BOLTZMANN * (celsius + 273.15) / _ELEMENTARY_CHARGE


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


@dataclass(frozen=True, slots=True)
class Diode(TwoTerminal):
    """Shockley's law from anode ``a`` to cathode ``b``: i = Is (exp(v / (n Vt)) - 1).

    ``saturation_current`` Is [A], ``emission_coefficient`` n (none). It stores no charge. An
    antiparallel pair is two of them, head to tail.
    """

    letter: ClassVar[str] = "d"
    kind: ClassVar[str] = "diode"
    positive: ClassVar[tuple[str, ...]] = ("saturation_current", "emission_coefficient")
    saturation_current: float = 1e-14
    emission_coefficient: float = 1.0

    def current(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """Current [A] at a voltage [V] of any shape."""
        scale = self.emission_coefficient * thermal_voltage()
        return self.saturation_current * np.expm1(np.asarray(voltage, float) / scale)

    def conductance(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """di/dv [S] at a voltage [V] of any shape."""
        scale = self.emission_coefficient * thermal_voltage()
        return self.saturation_current / scale * np.exp(np.asarray(voltage, float) / scale)


@dataclass(frozen=True, slots=True)
class Varactor(TwoTerminal):
    """The junction capacitance of SPICE as a charge, without the junction's conduction.

    C(v) = C0 (1 - v/Vj)^-m for v <= Vj/2 and its tangent above; v counts from anode ``a`` to
    cathode ``b``, so reverse bias is negative. A circuit needs the charge q = int C dv: a
    simulator that is handed C(v) alone drops v dC/dt and does not conserve charge.

    ``zero_bias_capacitance`` C0 [F], ``junction_potential`` Vj [V], ``grading_coefficient`` m in
    (0, 1).
    """

    letter: ClassVar[str] = "c"
    kind: ClassVar[str] = "varactor"
    positive: ClassVar[tuple[str, ...]] = (
        "zero_bias_capacitance",
        "junction_potential",
        "grading_coefficient",
    )
    zero_bias_capacitance: float
    junction_potential: float = 0.75
    grading_coefficient: float = 0.5

    def __post_init__(self) -> None:
        TwoTerminal.__post_init__(self)
        if self.grading_coefficient >= 1:
            raise NetworkError(
                f"varactor {self.name!r}: grading_coefficient = {self.grading_coefficient!r}, "
                "must be below 1"
            )

    @property
    def knee(self) -> tuple[float, float, float]:
        """Where the tangent takes over: v [V], C [F] and dC/dv [F/V] there."""
        c0, vj, m = self.zero_bias_capacitance, self.junction_potential, self.grading_coefficient
        return vj / 2, c0 * 2**m, c0 * m / vj * 2 ** (m + 1)

    def charge(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """Charge q [C] at a voltage [V] of any shape."""
        vj, m = self.junction_potential, self.grading_coefficient
        u, w = self._below_and_above(voltage)
        _, c_knee, slope = self.knee
        # x^p - 1 = expm1(p ln x) keeps its digits at small signals
        below = -self.zero_bias_capacitance * vj / (1 - m) * np.expm1((1 - m) * np.log1p(-u / vj))
        return below + c_knee * w + slope * w**2 / 2

    def capacitance(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """dq/dv [F] at a voltage [V] of any shape."""
        u, w = self._below_and_above(voltage)
        exponent = -self.grading_coefficient
        below = self.zero_bias_capacitance * (1 - u / self.junction_potential) ** exponent
        return below + self.knee[2] * w

    def energy(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """Stored energy, the integral of v dq from 0 V [J], at a voltage [V] of any shape."""
        c0, vj, m = self.zero_bias_capacitance, self.junction_potential, self.grading_coefficient
        u, w = self._below_and_above(voltage)
        v_knee, c_knee, slope = self.knee
        ln_x = np.log1p(-u / vj)  # v dq = C0 Vj^2 (1 - x) x^-m (-dx), from x to 1
        below = (
            c0 * vj**2 * (np.expm1((2 - m) * ln_x) / (2 - m) - np.expm1((1 - m) * ln_x) / (1 - m))
        )
        return below + v_knee * c_knee * w + (c_knee + v_knee * slope) * w**2 / 2 + slope * w**3 / 3

    def _below_and_above(self, voltage: ArrayLike) -> tuple[NDArray[np.float64], ...]:
        v, v_knee = np.asarray(voltage, float), self.knee[0]
        return np.minimum(v, v_knee), np.maximum(v - v_knee, 0.0)


LinearElement = Resistor | Inductor | Capacitor
Element = LinearElement | Diode | Varactor | ControlledSource
