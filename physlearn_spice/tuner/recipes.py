"""The tuners that are compared, by name, with the settings that were found to work."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import sqrt
from types import MappingProxyType

from ..errors import PhyslearnError
from .brakes import global_brake, local_brake, no_brake
from .memory import forget, leaky_latch
from .walk import Tuner

__all__ = ["RECIPES", "recipe"]

RECIPES: Mapping[str, Callable[[int], Tuner]] = MappingProxyType(
    {
        "plain": lambda d: Tuner(no_brake, forget, 0.4),
        "global": lambda d: Tuner(global_brake(1.0), forget, 0.4),
        "local": lambda d: Tuner(local_brake(1.0), forget, 0.4),
        "global-latch": lambda d: Tuner(global_brake(0.5), leaky_latch(), 0.8 / sqrt(d)),
        "local-latch": lambda d: Tuner(local_brake(0.5), leaky_latch(), 0.8 / sqrt(d)),
    }
)
"""From a name to the tuner for d components: brake, and leaky latch on the total power or none."""


def recipe(name: str, d: int) -> Tuner:
    """Return the named tuner for d components."""
    if name not in RECIPES:
        raise PhyslearnError(f"there is no tuner {name!r}; there are {', '.join(RECIPES)}")
    return RECIPES[name](d)
