"""What stands on the edges of a graph: laws of values, and the elements of an edge."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal, get_args

import numpy as np

from ..elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
)
from ..errors import NetworkError

__all__ = ["EdgeKind", "EdgeModel", "Fixed", "Law", "LogNormal", "LogUniform", "NonlinearKind"]

EdgeKind = Literal["series-rlc", "parallel-rlc", "series-lc", "one-of"]
NonlinearKind = Literal["diode", "antiparallel", "varactor", "cubic", "saturating"]

_LETTERS = {"series-rlc": "rlc", "parallel-rlc": "rlc", "series-lc": "lc"}
_ALONE = {"diode": "d", "antiparallel": "d", "varactor": "c", "cubic": "r", "saturating": "l"}
_CUBIC_VOLTAGE = 1.0  # [V] at which the cubic current is as large as the linear one
_SATURATION_CURRENT = 10e-3  # [A]
_SATURATED_SHARE = 0.1  # of the inductance


@dataclass(frozen=True)
class Fixed:
    """Always the same value."""

    value: float

    def draw(self, rng: np.random.Generator) -> float:
        """Return the value; the generator is left alone."""
        return self.value


@dataclass(frozen=True)
class LogUniform:
    """The logarithm is uniform between those of ``low`` and ``high``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise NetworkError(f"LogUniform({self.low!r}, {self.high!r}): needs 0 < low <= high")

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))


@dataclass(frozen=True)
class LogNormal:
    """The logarithm is normal with mean ln(median) and standard deviation ``sigma``."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        if not (self.median > 0 and self.sigma >= 0):
            raise NetworkError(
                f"LogNormal({self.median!r}, {self.sigma!r}): needs median > 0 and sigma >= 0"
            )

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return float(self.median * np.exp(self.sigma * rng.standard_normal()))


Law = Fixed | LogUniform | LogNormal


@dataclass(frozen=True)
class EdgeModel:
    """What stands on each edge of a graph.

    Parameters
    ----------
    kind
        ``"series-rlc"``: a resistor, an inductor and a capacitor in a row. ``"parallel-rlc"``: the
        three side by side. ``"series-lc"``: the row without the resistor. ``"one-of"``: one of the
        three, drawn with ``probabilities`` (of R, L, C).
    resistance, inductance, capacitance
        Laws of the values [Ohm], [H], [F].
    inductor_esr, capacitor_esr
        Laws of a series resistance [Ohm] that each inductor or capacitor brings along.
    nonlinear, nonlinear_share
        On this share of the edges a varactor takes the capacitor's place, a saturating inductor
        the inductor's (it saturates at 10 mA, to a tenth of its inductance), or a cubic conductance
        the resistor's (at 1 V its cubic current is as large as its linear one); or a diode or an
        antiparallel pair lies across the capacitor. On a ``"one-of"`` edge each of them takes the
        element's place.
    """

    kind: EdgeKind = "series-rlc"
    resistance: Law = Fixed(10.0)
    inductance: Law = LogUniform(0.5e-3, 2e-3)
    capacitance: Law = LogUniform(5e-9, 20e-9)
    probabilities: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    inductor_esr: Law | None = None
    capacitor_esr: Law | None = None
    nonlinear: NonlinearKind = "antiparallel"
    nonlinear_share: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in get_args(EdgeKind):
            raise NetworkError(f"edge kind {self.kind!r}: {_either(EdgeKind)}")
        if self.nonlinear not in get_args(NonlinearKind):
            raise NetworkError(f"nonlinear kind {self.nonlinear!r}: {_either(NonlinearKind)}")
        if (self.kind, self.nonlinear) == ("series-lc", "cubic"):
            raise NetworkError("a cubic conductance takes a resistor's place: series-lc has none")
        if not 0 <= self.nonlinear_share <= 1:
            raise NetworkError(f"nonlinear_share = {self.nonlinear_share!r}, must be in [0, 1]")
        if not (min(self.probabilities) >= 0 and abs(sum(self.probabilities) - 1) <= 1e-9):
            raise NetworkError(f"probabilities {self.probabilities!r} of R, L, C must add up to 1")

    def draw(self, index: int, a: str, b: str, rng: np.random.Generator) -> list[Element]:
        """Draw the elements of edge ``index`` from node ``a`` to node ``b``, in series order."""
        kind = self.nonlinear if rng.random() < self.nonlinear_share else None
        letters = _LETTERS.get(self.kind) or "rlc"[rng.choice(3, p=self.probabilities)]
        if kind is not None and self.kind == "one-of":
            letters = _ALONE[kind]
        steps = [self._step(letter, kind, rng) for letter in letters]
        arms = steps if self.kind == "parallel-rlc" else [[part for step in steps for part in step]]
        inner = iter("abcd")
        elements: list[Element] = []
        for arm in arms:
            nodes = [a, *(f"e{index}{next(inner)}" for _ in arm[1:]), b]
            for part, (left, right) in zip(arm, pairwise(nodes), strict=True):
                elements += part(index, left, right)
        return elements

    def _step(
        self, letter: str, kind: NonlinearKind | None, rng: np.random.Generator
    ) -> list[_Part]:
        """Return what one letter stands for: elements in series, the ESR after what it is of."""
        esr: Law | None = None
        match letter:
            case "r":
                value = self.resistance.draw(rng)
                part = _cubic(value) if kind == "cubic" else _single(Resistor, "r", value)
            case "l":
                value, esr = self.inductance.draw(rng), self.inductor_esr
                part = _saturating(value) if kind == "saturating" else _single(Inductor, "l", value)
            case "c":
                value, esr = self.capacitance.draw(rng), self.capacitor_esr
                part = _single(Varactor if kind == "varactor" else Capacitor, "c", value)
                if kind in ("diode", "antiparallel"):
                    part = _bundle(part, self._diodes)
            case _:
                part = self._diodes
        if esr is None:
            return [part]
        return [part, _single(Resistor, "r", esr.draw(rng), suffix=letter)]

    def _diodes(self, index: int, a: str, b: str) -> list[Element]:
        forward = Diode(f"d{index}", a, b)
        return [forward] if self.nonlinear == "diode" else [forward, Diode(f"d{index}r", b, a)]


_Part = Callable[[int, str, str], list[Element]]
"""Gives the elements of one part of an edge, from its index and its two nodes."""


def _single(kind: Callable[..., Element], letter: str, value: float, *, suffix: str = "") -> _Part:
    return lambda index, a, b: [kind(f"{letter}{index}{suffix}", a, b, value)]


def _bundle(*parts: _Part) -> _Part:
    return lambda index, a, b: [element for part in parts for element in part(index, a, b)]


def _cubic(resistance: float) -> _Part:
    g1 = 1 / resistance
    return lambda index, a, b: [CubicConductance(f"r{index}", a, b, g1, g1 / _CUBIC_VOLTAGE**2)]


def _saturating(inductance: float) -> _Part:
    values = inductance, _SATURATED_SHARE * inductance, _SATURATION_CURRENT
    return lambda index, a, b: [SaturatingInductor(f"l{index}", a, b, *values)]


def _either(kinds: object) -> str:
    *first, last = map(repr, get_args(kinds))
    return f"{', '.join(first)} or {last}"
