"""The tuners that are compared, by name, with the settings that were found to work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from ..errors import PhyslearnError
from .brakes import exponential_brake, global_brake, local_brake, no_brake
from .detector import Detector
from .memory import forget, leaky_latch
from .rule import Tuner

__all__ = ["RECIPES", "recipe"]

RECIPES: Mapping[str, Callable[[int], Tuner]] = MappingProxyType(
    {
        "plain": lambda d: Tuner(no_brake, forget, 0.4),
        "global": lambda d: Tuner(global_brake(1.0), forget, 0.4),
        "global-exponential": lambda d: Tuner(exponential_brake, forget, 0.4, reference_share=1.0),
        "local": lambda d: Tuner(local_brake(1.0), forget, 0.4),
        "global-latch": lambda d: Tuner(global_brake(0.5), leaky_latch(), 0.8 / sqrt(d)),
        "local-latch": lambda d: Tuner(local_brake(0.5), leaky_latch(), 0.8 / sqrt(d)),
        "local-own-latch": lambda d: Tuner(local_brake(1.0), leaky_latch(), 0.4, own_memory=True),
        "rattling": lambda d: Tuner(global_brake(-0.5), forget, 0.4),
        "reservoir": lambda d: Tuner(
            exponential_brake,
            forget,
            0.4,
            reference_share=1.0,
            detector=Detector(time=10.0, stores=True),
        ),
    }
)
"""From a name to the tuner for d components.

A latch is on the total power; an own latch is each component's, on its own power.
"""


def recipe(name: str, d: int) -> Tuner:
    """Return the named tuner for d components."""
    if name not in RECIPES:
        raise PhyslearnError(f"there is no tuner {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name](d)
