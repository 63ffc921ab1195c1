"""Many walkers at once on the linear engine: the loop of :mod:`.walk`, compiled.

Noise, brake and memory are the same functions as there, a user's own among them: Numba compiles
them when they are first used. Each walker draws from its own generator what the Python step would
draw, and so walks the same path, up to rounding.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy

import numpy as np
from numpy.typing import NDArray

from ..errors import PhyslearnError
from ..linear.compiled import compiled
from ..linear.lanes import LANES, get_real, maximum, put_real, same
from .brakes import Brake, no_brake
from .listening import Listening, check_growth, measure
from .memory import Memory, forget
from .nudge import moves_of, nudge
from .objective import Absorbed
from .rule import Tuner, reference_of
from .walk import Bounds, State, checked_length, first_shaking
from .walkers import (
    Rule,
    compiled_brake,
    compiled_memory,
    look,
    rule_of,
    state_of,
    wake,
    walkers_at,
)

__all__ = ["walk_together"]

_CHUNK = 512  # steps between two looks from outside; small moves are that much quicker


@compiled
def keep_each(heard, walkers, w, memory):
    """Let each component of walker w keep its step or go back, by its own power."""
    for j in range(walkers.x.shape[1]):
        power = heard.own_power[j * LANES + w]
        memory(walkers.remembered_own[w, j], power, walkers.verdict)
        walkers.remembered_own[w, j] = walkers.verdict[1]
        if walkers.verdict[0] > 0:
            walkers.total[w] = heard.total[w]
            walkers.x[w, j] = walkers.trial[j * LANES + w]
            walkers.own[w, j] = power


@compiled
def shake(heard, walkers, generators, brake, memory, rule, low, high, powers):
    """Shake, measure, and keep or go back, for each column of ``powers`` (LANES, n_steps)."""
    d = len(low)
    growth = same(0.0)
    for s in range(powers.shape[1]):
        for w in range(LANES):
            brake(
                walkers.shown_total[w],
                walkers.shown_own[w],
                walkers.reference_total[w],
                walkers.reference_own[w],
                walkers.factor,
            )
            generator = generators[w]
            for j in range(d):
                push = generator.standard_normal()
                if not rule.is_white:
                    push = rule.kept * walkers.shaking[w, j] + rule.fresh * push
                    walkers.shaking[w, j] = push
                u = walkers.x[w, j] + rule.noise * walkers.factor[j] * push - low[j]
                width = high[j] - low[j]
                if not 0 <= u < width:
                    u = np.mod(u, 2 * width)
                    if u > width:
                        u = 2 * width - u
                        if not rule.is_white:
                            walkers.shaking[w, j] = -push
                walkers.trial[j * LANES + w] = low[j] + u
        measure(heard, walkers.trial)
        growth = maximum(growth, get_real(heard.growth, 0))
        for w in range(LANES):
            power = heard.total[w]
            powers[w, s] = power
            if rule.own_memory:
                keep_each(heard, walkers, w, memory)
            else:
                memory(walkers.remembered[w], power, walkers.verdict)
                walkers.remembered[w] = walkers.verdict[1]
                if walkers.verdict[0] > 0:
                    walkers.total[w] = power
                    for j in range(d):
                        walkers.x[w, j] = walkers.trial[j * LANES + w]
                        walkers.own[w, j] = heard.own_power[j * LANES + w]
            if not rule.is_ideal:
                look(rule, walkers, w)
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
    walkers = walkers_at(x, tuner)
    rule, warming_up = rule_of(tuner), rule_of(tuner, warming_up=True)
    if tuner.correlation > 0:
        for w, generator in enumerate(generators):
            walkers.shaking[w] = first_shaking(tuner, d, generator)

    def run(n_steps: int, brake: Brake, memory: Memory, rule: Rule) -> NDArray[np.float64]:
        powers = np.empty((LANES, n_steps))
        shake(
            heard,
            walkers,
            generators,
            compiled_brake(brake),
            compiled_memory(memory),
            rule,
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
        totals.append(run(1, no_brake, forget, warming_up)[:, 0])
        owns.append(walkers.own.copy())
    for w in range(LANES):
        reference = reference_of(
            tuner, [Absorbed(float(t[w]), o[w]) for t, o in zip(totals, owns, strict=True)]
        )
        wake(walkers, w, reference, tuner)

    def onward(n_steps: int) -> NDArray[np.float64]:
        if not tuner.one_at_a_time:
            return run(n_steps, tuner.brake, tuner.memory, rule)
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
                rule,
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
        yield [state_of(walkers, w, done) for w in range(n_walkers)], powers[:n_walkers]
        if done >= n_evaluations:
            return
        powers = onward(min(chunk, n_evaluations - done))
        done += powers.shape[1]
