"""Where a braked walk settles: p(x) ~ sigma(x)^-m, and the exponent m that noise and detector set.

With noise of correlation a^k over k steps and a brake that reads P through weights h_k, the walk
diffuses with D ~ sigma^2 (1/2 + sum_k a^k) and drifts by sigma sigma' sum_k h_k a^(k+1) / (1 - a):
the brake sees a part of what the noise that still lasts has done. So, to first order in the step,

    m = 2 - 2 a^(n+1) / (1 + a) * g / (1 - (1 - g) a)

for a delay of n steps and a low-pass of gain g. White noise has m = 2 (Ito) whatever the detector.
For long times, with r = detector time / correlation time, it is (1 + 2 r) / (1 + r) for a low-pass
and 2 - exp(-r) for a delay; the loop itself lags by half a step.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import PhyslearnError
from .detector import Detector
from .noise import persistence

__all__ = ["exponent", "exponent_seen", "stationary"]


def exponent(correlation: float, detector: Detector) -> float:
    """Return m for a correlation time [steps] and a detector.

    Raises
    ------
    PhyslearnError
        The detector stores: where it settles depends on more than x.
    """
    if detector.stores:
        raise PhyslearnError("a reservoir has no stationary law in x: sigma depends on its energy")
    a, g = persistence(correlation).kept, detector.gain
    return 2 - 2 * a ** (detector.delay + 1) / (1 + a) * g / (1 - (1 - g) * a)


def stationary(log_sigma: NDArray[np.float64], m: float) -> NDArray[np.float64]:
    """Return the weights ~ sigma^-m of points (n,) that lie evenly in x; their sum is 1."""
    weights = np.exp(-m * (log_sigma - log_sigma.min() if m > 0 else log_sigma - log_sigma.max()))
    return weights / weights.sum()


def exponent_seen(log_sigma: NDArray[np.float64], visited: float) -> float:
    """Return the m of greatest likelihood, given the mean of ln(sigma) along a walk.

    Parameters
    ----------
    log_sigma
        At points (n,) that lie evenly in all the range of x.
    visited
        Its mean over the steps of the walk.

    Raises
    ------
    PhyslearnError
        No m from -10 to 10 has this mean.
    """
    from scipy.optimize import brentq  # half a second to load

    def beyond(m: float) -> float:
        return float(stationary(log_sigma, m) @ log_sigma) - visited

    if not beyond(-10.0) > 0 > beyond(10.0):
        raise PhyslearnError(f"no exponent from -10 to 10 gives a mean ln(sigma) of {visited:g}")
    root: Any = brentq(beyond, -10.0, 10.0)
    return float(root)
