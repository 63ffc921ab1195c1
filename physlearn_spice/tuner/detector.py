"""Detectors: what the brake is shown of the absorbed power.

A detector stands between the measurement and the brake. It lags (a delay, then a low-pass) and it
saturates; or it is an energy reservoir, which shows what it has stored. Its lag decides the
exponent m of the stationary law p(x) ~ sigma(x)^-m, see ``docs/tuner.md``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import PhyslearnError
from .objective import Absorbed

__all__ = ["IDEAL", "Detected", "Detector", "detect", "follow", "limited", "settled", "shown"]


@dataclass(frozen=True)
class Detector:
    """First a delay, then a low-pass or a reservoir, then saturation; by default nothing of it.

    It takes in what the network absorbs once a step is kept or gone back on, total and own alike,
    and starts after the warm-up: settled at what is absorbed then, a reservoir empty.

    Parameters
    ----------
    time
        Time constant of the low-pass, an RC [steps]. Of a reservoir: steps in which an income of
        twice the reference stores one reference more.
    delay
        Steps by which it is late.
    saturation
        The most that it can show, in references: y / (1 + y / limit) instead of y.
    stores
        It is a reservoir of energy E >= 0: E' = P - Pneed with the reference for Pneed, and shows
        E / time [W].
    """

    time: float = 0.0
    delay: int = 0
    saturation: float = np.inf
    stores: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.time < np.inf or (self.stores and self.time == 0):
            least = "must exceed 0" if self.stores else "must be at least 0"
            raise PhyslearnError(
                f"the detector's time constant is {self.time!r} steps: {least} and be finite"
            )
        if self.delay < 0 or self.delay % 1:
            raise PhyslearnError(
                f"the detector's delay is {self.delay!r} steps: must be a whole number from 0 on"
            )
        if not self.saturation > 0:
            raise PhyslearnError(
                f"the detector saturates at {self.saturation!r} references: must exceed 0"
            )

    @property
    def is_ideal(self) -> bool:
        """Whether it shows what is absorbed, at once."""
        return self == IDEAL

    @property
    def gain(self) -> float:
        """Share of a difference that a step makes up for; of a reservoir: of the surplus."""
        if self.stores:
            return 1 / self.time
        return 1.0 if self.time == 0 else float(-np.expm1(-1 / self.time))


IDEAL = Detector()


class Detected(NamedTuple):
    """What a detector remembers [W]: total first, then each component's own.

    ``past`` (delay, 1 + d) is what it has yet to take in, oldest first, and ``held`` (1 + d,) what
    the low-pass or the reservoir holds.
    """

    past: NDArray[np.float64]
    held: NDArray[np.float64]


def follow(held, power, reference, gain, stores):  # pyright: ignore
    """What low-pass or reservoir holds a step later; numbers or arrays [W]. Numba compiles it."""
    if stores:
        return np.maximum(held + gain * (power - reference), 0.0)
    return held + gain * (power - held)


def limited(held, reference, saturation):  # pyright: ignore
    """What is shown of what is held; numbers or arrays [W]. Numba compiles it."""
    return held / (1 + held / (saturation * reference))


def settled(detector: Detector, absorbed: Absorbed) -> Detected:
    """Return what a detector remembers that long saw nothing else; a reservoir is empty."""
    power = _row(absorbed)
    held = np.zeros_like(power) if detector.stores else power
    return Detected(np.tile(power, (detector.delay, 1)), held)


def detect(
    detector: Detector, before: Detected, absorbed: Absorbed, reference: Absorbed
) -> Detected:
    """Take in what was absorbed in one step."""
    queue = np.vstack([before.past, _row(absorbed)])
    held = follow(before.held, queue[0], _row(reference), detector.gain, detector.stores)
    return Detected(queue[1:], held)


def shown(detector: Detector, detected: Detected, reference: Absorbed) -> Absorbed:
    """Return what the brake reads."""
    row = limited(detected.held, _row(reference), detector.saturation)
    return Absorbed(float(row[0]), row[1:])


def _row(absorbed: Absorbed) -> NDArray[np.float64]:
    return np.concatenate([[absorbed.total], absorbed.own])
