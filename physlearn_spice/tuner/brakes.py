"""Brakes: how the noise falls as the absorbed power rises.

A brake is a function of what the detector shows of the absorbed power and of a reference, and
gives the factor on the noise, one for all components or one for each (d,). It is read before the
step (Ito): with white noise and an ideal detector, a walk without drift settles at
p(x) ~ 1 / sigma(x)^2.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .objective import Absorbed

__all__ = [
    "Brake",
    "exponential_brake",
    "global_brake",
    "local_brake",
    "local_global_brake",
    "no_brake",
]

Brake = Callable[[Absorbed, Absorbed], "float | NDArray[np.float64]"]
"""From what is absorbed now, and the reference, to the factor on the noise: a number or (d,).

The compiled loop compiles it too: plain arithmetic and numpy, no objects but its arguments.
"""


def no_brake(now: Absorbed, reference: Absorbed) -> float:
    """1: the plain walk."""
    return 1.0


def global_brake(exponent: float = 1.0) -> Brake:
    """One brake for all, from the total power: sigma = s0 (1 + P / Pref)^-k.

    It only changes the clock: the walk visits the same points and dwells longer at the good ones.
    A negative exponent inverts the sign ("rattling"): noise that grows with P flees resonance.
    """
    return lambda now, reference: (1 + now.total / reference.total) ** -exponent


def exponential_brake(now: Absorbed, reference: Absorbed) -> float:
    """One brake for all, from the total power: sigma = s0 exp(-P / Pref).

    Behind a detector that stores, this is the reservoir's exp(-E).
    """
    return np.exp(-now.total / reference.total)


def local_brake(exponent: float = 1.0) -> Brake:
    """A brake on each component, from its own power: sigma_j = s0 (1 + p_j / pref_j)^-k.

    It needs a resistor in the branch of every component that moves.
    """
    return lambda now, reference: (1 + now.own / reference.own) ** -exponent


def local_global_brake(exponent: float = 1.0) -> Brake:
    """Local times global: sigma_j = s0 ((1 + p_j / pref_j) (1 + P / Pref))^-k.

    The total power is a single number that every component hears.
    """
    return lambda now, reference: (
        ((1 + now.own / reference.own) * (1 + now.total / reference.total)) ** -exponent
    )
