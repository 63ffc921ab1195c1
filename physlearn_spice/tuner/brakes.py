"""Brakes: how the noise falls as the absorbed power rises.

A brake is a function of what is absorbed now and of a reference, and gives the factor on the
noise, one for all components or one for each (d,). It is read before the step (Ito): a walk
without drift then settles at p(x) ~ 1 / sigma(x)^2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import NetworkError
from .objective import Absorbed

__all__ = ["Brake", "global_brake", "local_brake", "no_brake", "power_law"]

Brake = Callable[[Absorbed, Absorbed], NDArray[np.float64]]


def power_law(power: ArrayLike, reference: ArrayLike, exponent: float) -> NDArray[np.float64]:
    """(1 + P / Pref)^-k, powers [W] of any shape."""
    ratio = np.asarray(power, float) / np.asarray(reference, float)
    return np.asarray((1 + ratio) ** -exponent, float)


def no_brake(now: Absorbed, reference: Absorbed) -> NDArray[np.float64]:
    """1: the plain walk."""
    return np.ones(())


def global_brake(exponent: float = 1.0) -> Brake:
    """One brake for all, from the total power: sigma = s0 (1 + P / Pref)^-k.

    It only changes the clock: the walk visits the same points and dwells longer at the good ones.
    """
    return lambda now, reference: power_law(now.total, reference.total, exponent)


def local_brake(exponent: float = 1.0) -> Brake:
    """A brake on each component, from its own power: sigma_j = s0 (1 + p_j / pref_j)^-k.

    Raises
    ------
    NetworkError
        When it is used: a component has no resistor in its branch, and so nothing to feel.
    """

    def brake(now: Absorbed, reference: Absorbed) -> NDArray[np.float64]:
        if np.isnan(reference.own).any():
            raise NetworkError(
                "a local brake needs a resistor in the branch of every movable component: "
                "give each inductor and capacitor an ESR"
            )
        # where no current can flow, as on the way to an open end, there is nothing to brake by
        idle = reference.own <= 1e-9 * reference.own.max()
        factor = power_law(now.own, np.where(idle, 1.0, reference.own), exponent)
        return np.where(idle, 1.0, factor)

    return brake
