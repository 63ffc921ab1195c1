"""Noise with a correlation time: an Ornstein-Uhlenbeck process beside white noise.

A component's noise is eta <- a eta + (1 - a) xi with a = exp(-1 / tau), tau the correlation time in
steps: white noise behind a low-pass of gain 1. So it diffuses as the white noise xi does: both have
the diffusion constant sigma^2 / 2 per step, over times much longer than tau. Its own standard
deviation is smaller, sqrt((1 - a) / (1 + a)), which is 1 / sqrt(2 tau) for tau >> 1. At a bound
it is turned round with the walker, as by an elastic mirror: else it would press him against it.
"""

from __future__ import annotations

from math import exp, sqrt
from typing import NamedTuple

__all__ = ["Persistence", "persistence"]


class Persistence(NamedTuple):
    """Factors on the last noise and on the fresh one, and the stationary standard deviation."""

    kept: float
    fresh: float
    deviation: float


def persistence(correlation: float) -> Persistence:
    """Return the factors for a correlation time [steps]; 0 is white noise."""
    a = exp(-1 / correlation) if correlation > 0 else 0.0
    return Persistence(a, 1 - a, sqrt((1 - a) / (1 + a)))
