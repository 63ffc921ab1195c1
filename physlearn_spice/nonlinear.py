"""Nonlinear elements: their laws as functions of voltage or current, with their derivatives.

What stores energy has a law for what is conserved, the varactor one for its charge and the
saturating inductor one for its flux: a simulator that is handed C(v) or L(i) alone drops v dC/dt
or i dL/dt.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import NetworkError
from .terminals import TwoTerminal

__all__ = [
    "CubicConductance",
    "Diode",
    "NonlinearElement",
    "SaturatingInductor",
    "Varactor",
    "thermal_voltage",
]

_ELEMENTARY_CHARGE = 1.602176634e-19  # [C]
_BOLTZMANN = 1.380649e-23  # [J/K]


def thermal_voltage(celsius: float = 27.0) -> float:
    """kT/q [V]; 27 degrees Celsius is SPICE's default temperature."""
    return _BOLTZMANN * (celsius + 273.15) / _ELEMENTARY_CHARGE


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


@dataclass(frozen=True, slots=True)
class CubicConductance(TwoTerminal):
    """i = g1 v + g3 v^3: the Duffing-like loss, passive.

    ``g1`` [S] and ``g3`` [A/V^3] are positive. Van der Pol's element, with a negative g1, is this
    one beside a :class:`~physlearn_spice.elements.Vccs` that senses its own voltage and delivers
    more than g1 takes: what is active in a network is a controlled source.
    """

    letter: ClassVar[str] = "r"
    kind: ClassVar[str] = "cubic conductance"
    positive: ClassVar[tuple[str, ...]] = ("g1", "g3")
    g1: float
    g3: float

    def current(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """Current [A] at a voltage [V] of any shape."""
        v = np.asarray(voltage, float)
        return v * (self.g1 + self.g3 * v**2)

    def conductance(self, voltage: ArrayLike) -> NDArray[np.float64]:
        """di/dv [S] at a voltage [V] of any shape."""
        return self.g1 + 3 * self.g3 * np.asarray(voltage, float) ** 2


@dataclass(frozen=True, slots=True)
class SaturatingInductor(TwoTerminal):
    """An inductor whose core saturates: flux = Ls i + (L0 - Ls) Is tanh(i / Is), v = dflux/dt.

    At rest its inductance is the ``initial_inductance`` L0 [H]; far above the
    ``saturation_current`` Is [A] what is left is the ``saturated_inductance`` Ls [H], below L0.
    Its core remembers nothing: no hysteresis, and no loss.
    """

    letter: ClassVar[str] = "l"
    kind: ClassVar[str] = "saturating inductor"
    positive: ClassVar[tuple[str, ...]] = (
        "initial_inductance",
        "saturated_inductance",
        "saturation_current",
    )
    initial_inductance: float
    saturated_inductance: float
    saturation_current: float

    def __post_init__(self) -> None:
        TwoTerminal.__post_init__(self)
        if self.saturated_inductance >= self.initial_inductance:
            raise NetworkError(
                f"saturating inductor {self.name!r}: saturated_inductance = "
                f"{self.saturated_inductance!r}, must be below the initial "
                f"{self.initial_inductance!r}"
            )

    def flux(self, current: ArrayLike) -> NDArray[np.float64]:
        """Flux linkage [Wb] at a current [A] of any shape."""
        i, scale = np.asarray(current, float), self.saturation_current
        return self.saturated_inductance * i + self._core * scale * np.tanh(i / scale)

    def inductance(self, current: ArrayLike) -> NDArray[np.float64]:
        """dflux/di [H] at a current [A] of any shape."""
        x = np.asarray(current, float) / self.saturation_current
        return self.saturated_inductance + self._core * (1 - np.tanh(x) ** 2)

    def energy(self, current: ArrayLike) -> NDArray[np.float64]:
        """Stored energy, the integral of i dflux from 0 A [J], at a current [A] of any shape."""
        i = np.asarray(current, float)
        x = np.abs(i / self.saturation_current)
        # ln cosh x, once with its digits at small x and once without overflow at large x
        small = np.log1p(2 * np.sinh(np.minimum(x, 1.0) / 2) ** 2)
        log_cosh = np.where(x < 1, small, x + np.log1p(np.exp(-2 * x)) - np.log(2))
        in_core = self._core * self.saturation_current**2 * (x * np.tanh(x) - log_cosh)
        return self.saturated_inductance * i**2 / 2 + in_core

    @property
    def _core(self) -> float:
        """What saturates, L0 - Ls [H]."""
        return self.initial_inductance - self.saturated_inductance


NonlinearElement = Diode | Varactor | CubicConductance | SaturatingInductor
