"""The state of eight walkers and their rule, as arrays and numbers for compiled code."""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import cfunc, njit, types
from numpy.typing import NDArray

from ..linear.compiled import compiled
from ..linear.lanes import LANES
from .brakes import Brake
from .detector import Detected, follow, limited, settled, shown
from .memory import Memory
from .noise import persistence
from .objective import Absorbed
from .rule import Tuner
from .walk import State

__all__ = [
    "Rule",
    "Walkers",
    "compiled_brake",
    "compiled_memory",
    "look",
    "rule_of",
    "state_of",
    "wake",
    "walkers_at",
]

_VECTOR = types.float64[::1]
_follow, _limited = compiled(follow), compiled(limited)


class Walkers(NamedTuple):
    """The state of LANES walkers; rows are walkers, but of x in lanes, which are vectors.

    What an ideal detector shows is what is absorbed: the same arrays. ``past`` is a ring whose
    oldest row is at ``oldest``.
    """

    x: NDArray[np.float64]
    trial: NDArray[np.float64]
    total: NDArray[np.float64]
    own: NDArray[np.float64]
    shown_total: NDArray[np.float64]
    shown_own: NDArray[np.float64]
    reference_total: NDArray[np.float64]
    reference_own: NDArray[np.float64]
    remembered: NDArray[np.float64]
    remembered_own: NDArray[np.float64]
    best_x: NDArray[np.float64]
    best_power: NDArray[np.float64]
    shaking: NDArray[np.float64]
    past: NDArray[np.float64]
    oldest: NDArray[np.int64]
    held: NDArray[np.float64]
    factor: NDArray[np.float64]
    verdict: NDArray[np.float64]


class Rule(NamedTuple):
    """The numbers of a tuner."""

    noise: float
    is_white: bool
    kept: float
    fresh: float
    own_memory: bool
    is_ideal: bool
    gain: float
    stores: bool
    saturation: float


def rule_of(tuner: Tuner, *, warming_up: bool = False) -> Rule:
    """Return a tuner's numbers; on the warm-up it has neither memory nor detector."""
    kept, fresh, _ = persistence(tuner.correlation)
    detector = tuner.detector
    return Rule(
        tuner.noise,
        tuner.correlation == 0,
        kept,
        fresh,
        tuner.own_memory and not warming_up,
        detector.is_ideal or warming_up,
        detector.gain,
        detector.stores,
        detector.saturation,
    )


@lru_cache(maxsize=64)
def compiled_brake(brake: Brake) -> Any:
    """Return a brake as machine code that writes the factors of one walker."""
    inner = njit(error_model="numpy")(brake)

    def write(total, own, reference_total, reference_own, factor):
        factor[:] = inner(Absorbed(total, own), Absorbed(reference_total, reference_own))

    signature = types.void(types.float64, _VECTOR, types.float64, _VECTOR, _VECTOR)
    return cfunc(signature)(write)


@lru_cache(maxsize=64)
def compiled_memory(memory: Memory) -> Any:
    """Return a memory as machine code that writes whether to keep a step, and what to remember."""
    inner = njit(error_model="numpy")(memory)

    def write(remembered, power, verdict):
        keep, verdict[1] = inner(remembered, power)
        verdict[0] = 1.0 if keep else 0.0

    return cfunc(types.void(types.float64, types.float64, _VECTOR))(write)


@compiled
def look(rule, walkers, w):
    """Let the detector of walker w take in what it absorbs, and show it; one that is not ideal."""
    held, past, at = walkers.held[w], walkers.past[w], walkers.oldest[w]
    for j in range(len(held)):
        now = walkers.total[w] if j == 0 else walkers.own[w, j - 1]
        scale = walkers.reference_total[w] if j == 0 else walkers.reference_own[w, j - 1]
        seen = now
        if len(past) > 0:
            seen = past[at, j]
            past[at, j] = now
        held[j] = _follow(held[j], seen, scale, rule.gain, rule.stores)
        shows = _limited(held[j], scale, rule.saturation)
        if j == 0:
            walkers.shown_total[w] = shows
        else:
            walkers.shown_own[w, j - 1] = shows
    if len(past) > 0:
        walkers.oldest[w] = (at + 1) % len(past)


def walkers_at(x: NDArray[np.float64], tuner: Tuner) -> Walkers:
    """Return LANES walkers that stand at x (d,)."""
    d, detector = len(x), tuner.detector
    everywhere = np.tile(x, (LANES, 1))
    total, own = np.empty(LANES), np.empty((LANES, d))
    return Walkers(
        x=everywhere,
        trial=np.empty(d * LANES),
        total=total,
        own=own,
        shown_total=total if detector.is_ideal else np.empty(LANES),
        shown_own=own if detector.is_ideal else np.empty((LANES, d)),
        reference_total=np.empty(LANES),
        reference_own=np.empty((LANES, d)),
        remembered=np.empty(LANES),
        remembered_own=np.empty((LANES, d if tuner.own_memory else 0)),
        best_x=everywhere.copy(),
        best_power=np.empty(LANES),
        shaking=np.empty((LANES, 0 if tuner.correlation == 0 else d)),
        past=np.empty((LANES, detector.delay, 1 + d)),
        oldest=np.zeros(LANES, np.int64),
        held=np.empty((LANES, 0 if detector.is_ideal else 1 + d)),
        factor=np.empty(d),
        verdict=np.empty(2),
    )


def wake(walkers: Walkers, w: int, reference: Absorbed, tuner: Tuner) -> None:
    """Give walker w its reference, and let memory and detector begin, as ``init`` does."""
    now = Absorbed(float(walkers.total[w]), walkers.own[w])
    walkers.reference_total[w], walkers.reference_own[w] = reference
    walkers.remembered[w] = now.total
    if tuner.own_memory:
        walkers.remembered_own[w] = now.own
    if not tuner.detector.is_ideal:
        detected = settled(tuner.detector, now)
        walkers.past[w], walkers.held[w] = detected
        shows = shown(tuner.detector, detected, reference)
        walkers.shown_total[w], walkers.shown_own[w] = shows


def state_of(walkers: Walkers, w: int, n_evaluations: int) -> State:
    """Return walker w's state, a copy."""
    past = np.roll(walkers.past[w], -walkers.oldest[w], axis=0)
    held, shaking, own = walkers.held[w], walkers.shaking[w], walkers.remembered_own[w]
    return State(
        walkers.x[w].copy(),
        Absorbed(float(walkers.total[w]), walkers.own[w].copy()),
        Absorbed(float(walkers.reference_total[w]), walkers.reference_own[w].copy()),
        float(walkers.remembered[w]),
        walkers.best_x[w].copy(),
        float(walkers.best_power[w]),
        n_evaluations,
        Detected(past, held.copy()) if len(held) else None,
        shaking.copy() if len(shaking) else None,
        own.copy() if len(own) else None,
    )
