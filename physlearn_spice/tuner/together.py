"""Many walkers at once on the linear engine: the loop of :mod:`.walk`, compiled.

Noise, brake and memory are the same functions as there, a user's own among them: Numba compiles
them when they are first used. Each walker draws from its own generator what the Python step would
draw, and so walks the same path, up to rounding.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
from numba import cfunc, njit, types
from numpy.typing import NDArray

from ..errors import PhyslearnError
from ..linear.compiled import compiled
from ..linear.lanes import LANES, get_real, maximum, put_real, same
from .brakes import Brake, no_brake
from .listening import Listening, check_growth, measure
from .memory import Memory, forget
from .nudge import moves_of, nudge
from .objective import Absorbed
from .walk import Bounds, State, Tuner, checked_length, reference_of

__all__ = ["walk_together"]

_CHUNK = 512  # steps between two looks from outside; small moves are that much quicker
_VECTOR = types.float64[::1]


class _Walkers(NamedTuple):
    """The state of LANES walkers; rows are walkers, but of x in lanes, which are vectors."""

    x: NDArray[np.float64]
    trial: NDArray[np.float64]
    total: NDArray[np.float64]
    own: NDArray[np.float64]
    reference_total: NDArray[np.float64]
    reference_own: NDArray[np.float64]
    remembered: NDArray[np.float64]
    best_x: NDArray[np.float64]
    best_power: NDArray[np.float64]
    factor: NDArray[np.float64]
    verdict: NDArray[np.float64]


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
def shake(heard, walkers, generators, brake, memory, noise, low, high, powers):
    """Shake, measure, and keep or go back, for each column of ``powers`` (LANES, n_steps)."""
    d = len(low)
    growth = same(0.0)
    for s in range(powers.shape[1]):
        for w in range(LANES):
            brake(
                walkers.total[w],
                walkers.own[w],
                walkers.reference_total[w],
                walkers.reference_own[w],
                walkers.factor,
            )
            generator = generators[w]
            for j in range(d):
                sigma = noise * walkers.factor[j]
                u = walkers.x[w, j] + sigma * generator.standard_normal() - low[j]
                width = high[j] - low[j]
                if not 0 <= u < width:
                    u = np.mod(u, 2 * width)
                    if u > width:
                        u = 2 * width - u
                walkers.trial[j * LANES + w] = low[j] + u
        measure(heard, walkers.trial)
        growth = maximum(growth, get_real(heard.growth, 0))
        for w in range(LANES):
            power = heard.total[w]
            powers[w, s] = power
            memory(walkers.remembered[w], power, walkers.verdict)
            walkers.remembered[w] = walkers.verdict[1]
            if walkers.verdict[0] > 0:
                walkers.total[w] = power
                for j in range(d):
                    walkers.x[w, j] = walkers.trial[j * LANES + w]
                    walkers.own[w, j] = heard.own_power[j * LANES + w]
            if power > walkers.best_power[w]:
                walkers.best_power[w] = power
                for j in range(d):
                    walkers.best_x[w, j] = walkers.trial[j * LANES + w]
    put_real(heard.growth, 0, growth)


def walk_together(
    heard: Listening,
    x: NDArray[np.float64],
    *,
    tuner: Tuner,
    bounds: Bounds,
    rngs: Sequence[np.random.Generator],
    n_evaluations: int,
) -> Iterator[tuple[list[State], NDArray[np.float64]]]:
    """Tune from x (d,) with up to 8 walkers, each with its own generator.

    Yields
    ------
    tuple
        The walkers' states, and the powers [W] (n_walkers, n) measured since the last yield: those
        of the warm-up, then some hundred steps at a time.

    Raises
    ------
    PhyslearnError
        The measurements don't reach beyond the warm-up, or the brake gives no number.
    SimulationError
        A circuit was met on the way that the engine can't solve to 1e-6 without pivoting.
    """
    checked_length(n_evaluations, tuner)
    if not 0 < len(rngs) <= LANES:
        raise PhyslearnError(f"{len(rngs)} walkers: there is room for 1 to {LANES} at once")
    d, n_walkers = len(x), len(rngs)
    # an idle lane repeats what the first walker did
    generators = (*rngs, *(deepcopy(rngs[0]) for _ in range(LANES - n_walkers)))
    walkers = _at(x)

    def run(n_steps: int, brake: Brake, memory: Memory) -> NDArray[np.float64]:
        powers = np.empty((LANES, n_steps))
        shake(
            heard,
            walkers,
            generators,
            compiled_brake(brake),
            compiled_memory(memory),
            tuner.noise,
            bounds.low,
            bounds.high,
            powers,
        )
        if not np.isfinite(walkers.trial).all():
            raise PhyslearnError("the brake gives no finite number")
        check_growth(heard)
        return powers

    walkers.trial[:] = np.repeat(x, LANES)
    measure(heard, walkers.trial)
    check_growth(heard)
    walkers.total[:] = walkers.best_power[:] = heard.total[:LANES]
    walkers.own[:] = heard.own_power[: d * LANES].reshape(d, LANES).T
    totals, owns = [walkers.total.copy()], [walkers.own.copy()]
    for _ in range(tuner.warm_up):
        totals.append(run(1, no_brake, forget)[:, 0])
        owns.append(walkers.own.copy())
    for w in range(LANES):
        reference = reference_of(
            tuner, [Absorbed(float(t[w]), o[w]) for t, o in zip(totals, owns, strict=True)]
        )
        walkers.reference_total[w], walkers.reference_own[w] = reference
    walkers.remembered[:] = walkers.total

    def onward(n_steps: int) -> NDArray[np.float64]:
        if not tuner.one_at_a_time:
            return run(n_steps, tuner.brake, tuner.memory)
        powers = np.empty((LANES, n_steps))
        for w in range(n_walkers):
            nudge(
                heard,
                moves[w],
                walkers,
                w,
                rngs[w],
                compiled_brake(tuner.brake),
                compiled_memory(tuner.memory),
                tuner.noise,
                bounds.low,
                bounds.high,
                powers[w],
            )
        if not np.isfinite(powers[:n_walkers]).all():
            raise PhyslearnError("the brake gives no finite number")
        return powers

    moves = [moves_of(heard, walkers, w) for w in range(n_walkers if tuner.one_at_a_time else 0)]
    done = len(totals)
    chunk = LANES * _CHUNK if tuner.one_at_a_time else _CHUNK
    powers = np.array(totals).T
    while True:
        yield [_state(walkers, w, done) for w in range(n_walkers)], powers[:n_walkers]
        if done >= n_evaluations:
            return
        powers = onward(min(chunk, n_evaluations - done))
        done += powers.shape[1]


def _at(x: NDArray[np.float64]) -> _Walkers:
    d = len(x)
    everywhere = np.tile(x, (LANES, 1))
    return _Walkers(
        x=everywhere,
        trial=np.empty(d * LANES),
        total=np.empty(LANES),
        own=np.empty((LANES, d)),
        reference_total=np.empty(LANES),
        reference_own=np.empty((LANES, d)),
        remembered=np.empty(LANES),
        best_x=everywhere.copy(),
        best_power=np.empty(LANES),
        factor=np.empty(d),
        verdict=np.empty(2),
    )


def _state(walkers: _Walkers, w: int, n_evaluations: int) -> State:
    return State(
        walkers.x[w].copy(),
        Absorbed(float(walkers.total[w]), walkers.own[w].copy()),
        Absorbed(float(walkers.reference_total[w]), walkers.reference_own[w].copy()),
        float(walkers.remembered[w]),
        walkers.best_x[w].copy(),
        float(walkers.best_power[w]),
        n_evaluations,
    )
