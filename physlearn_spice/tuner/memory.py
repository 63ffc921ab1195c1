"""Memory: whether a step is kept, and what is remembered of it."""

from __future__ import annotations

from collections.abc import Callable

__all__ = ["Memory", "forget", "leaky_latch"]

Memory = Callable[[float, float], tuple[bool, float]]
"""From the remembered and the new power [W] to (keep the step, remembered power [W])."""


def forget(remembered: float, power: float) -> tuple[bool, float]:
    """Keep every step: no memory."""
    return True, power


def leaky_latch(leak: float = 0.002) -> Memory:
    """Keep a step if P >= M, and set M = P; else go back, and let M fall by the fraction ``leak``.

    Since M leaks, a world that has changed is followed: the old record is forgotten.
    """

    def memory(remembered: float, power: float) -> tuple[bool, float]:
        if power >= remembered:
            return True, power
        return False, (1 - leak) * remembered

    return memory
