"""An AC sweep: which frequencies ngspice visits, and which sweeps it never should."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import DeckError
from .numbers import as_ngspice_reads

__all__ = ["Ac", "at_frequencies"]

_LOWEST, _HIGHEST = 1e-100, 1e100  # [Hz]; a quotient of two such frequencies is a number


@dataclass(frozen=True)
class Ac:
    """Small-signal sweep from ``start`` to ``stop`` [Hz], at rest or about the operating point.

    ``points`` is their number for ``"lin"``, their number per decade for ``"dec"`` and per octave
    for ``"oct"``, which may end below ``stop``.
    """

    start: float
    stop: float
    points: int
    spacing: Literal["lin", "dec", "oct"] = "dec"

    def __post_init__(self) -> None:
        if not 0 < self.start <= self.stop < math.inf or self.points < 1:
            raise DeckError(
                f"AC sweep of {self.points} points from {self.start!r} to {self.stop!r} Hz: "
                "needs 0 < start <= stop and at least one point"
            )
        if self.start < _LOWEST or self.stop > _HIGHEST:
            raise DeckError(
                f"AC sweep from {self.start!r} to {self.stop!r} Hz: "
                f"needs {_LOWEST!r} <= start and stop <= {_HIGHEST!r}"
            )
        if (self.points > 1 or self.spacing != "lin") and self.start == self.stop:
            raise DeckError("AC sweep of one frequency: write it as 'lin' with 1 point")
        if self.points == 1 and self.spacing == "lin" and self.start != self.stop:
            raise DeckError("AC sweep of 1 point from 'lin': start and stop must be the same")
        if self.spacing not in ("lin", "dec", "oct"):
            raise DeckError(f"AC sweep with spacing {self.spacing!r}: 'lin', 'dec' or 'oct'")
        if self.points == 2 and self.spacing == "lin":
            raise DeckError(  # ngspice would visit the first alone
                "AC sweep of 2 points from 'lin': take 3, or one analysis for each frequency"
            )
        if self.spacing == "dec" and self._steps < 1:
            raise DeckError(  # ngspice would never end
                f"AC sweep from {self.start!r} to {self.stop!r} Hz is shorter than one step of "
                f"{self.points} points per decade: take more, or 'lin'"
            )
        if self.spacing == "dec" and math.log(self.stop / self.start) / self._steps < 1.01e-3:
            # it goes on while f <= stop (1 + reltol), and reltol is 0.001
            raise DeckError(
                f"AC sweep of {self.points} points per decade: ngspice overshoots the stop with "
                "more than 2000; take fewer, or 'lin'"
            )

    @property
    def frequencies(self) -> NDArray[np.float64]:
        """The frequencies [Hz] (n_freq,) that ngspice 39 visits."""
        if self.spacing == "lin":
            return np.linspace(self.start, self.stop, self.points)
        if self.spacing == "oct":
            return self._fixed_ratio(2.0)
        return np.geomspace(self.start, self.stop, self._steps + 1)

    @cached_property
    def grids(self) -> tuple[NDArray[np.float64], ...]:
        """:attr:`frequencies`, and those of ngspice 46: below a decade it ends before the stop."""
        start, stop = as_ngspice_reads(float(self.start)), as_ngspice_reads(float(self.stop))
        if self.spacing == "dec" and stop / 10 < start:
            return self.frequencies, self._fixed_ratio(10.0)
        return (self.frequencies,)

    def _fixed_ratio(self, ratio: float) -> NDArray[np.float64]:
        """Steps of ratio^(1/points), while f <= stop (1 + reltol step) with a reltol of 0.001."""
        step = ratio ** (1 / self.points)
        last = math.log(self.stop / self.start * (1 + 1e-3 * step)) / math.log(step)
        return self.start * step ** np.arange(math.floor(last) + 1)

    @property
    def _steps(self) -> int:
        """Steps of a "dec" sweep: ngspice rounds down and then spreads them up to the stop."""
        ratio = as_ngspice_reads(float(self.stop)) / as_ngspice_reads(float(self.start))
        return math.floor(math.log10(ratio) * self.points)


def at_frequencies(frequencies: Iterable[float]) -> tuple[Ac, ...]:
    """One single-point AC analysis for each frequency [Hz]: ngspice has no list of frequencies."""
    return tuple(Ac(float(f), float(f), 1, "lin") for f in frequencies)
