"""The walk: ``init`` gives a state, ``step`` the next one and what happened on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhyslearnError
from .detector import Detected, detect, settled, shown
from .noise import persistence
from .objective import Absorbed, Objective
from .rule import Tuner, reference_of

__all__ = [
    "Bounds",
    "Info",
    "State",
    "around",
    "checked_length",
    "first_shaking",
    "init",
    "reflect",
    "step",
    "walk",
]


class Bounds(NamedTuple):
    """Lowest and highest x, each (d,); the walk is reflected there."""

    low: NDArray[np.float64]
    high: NDArray[np.float64]


def around(values: ArrayLike, factor: float) -> Bounds:
    """Bounds of ln(value) from values / factor to values * factor, values (d,) in SI units."""
    if not 1 < factor < np.inf:
        raise PhyslearnError(
            f"the range of the components is a factor {factor!r}: must exceed 1 and be finite"
        )
    x = np.log(np.asarray(values, float))
    return Bounds(x - np.log(factor), x + np.log(factor))


def reflect(x: NDArray[np.float64], bounds: Bounds) -> NDArray[np.float64]:
    """Fold x (d,) back into the bounds, as mirrors at both ends would."""
    return _mirrored(x, bounds)[0]


def _mirrored(
    x: NDArray[np.float64], bounds: Bounds
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Return x folded back, and where it looks the other way then; each (d,)."""
    width = bounds.high - bounds.low
    u = np.mod(x - bounds.low, 2 * width)
    turned = u > width
    return bounds.low + np.where(turned, 2 * width - u, u), turned


@dataclass(frozen=True)
class State:
    """What the next step needs, and the best so far.

    Parameters
    ----------
    x
        ln of the component values, (d,).
    absorbed
        What was measured at x. Where components keep or go back each by itself, x as a whole may
        not have been measured: then it is each one's own power when it last kept, and the total
        as last measured.
    reference
        Scale of the brake.
    remembered
        Power that the memory holds [W].
    best_x, best_power
        Where most was absorbed up to now, (d,), and how much [W].
    n_evaluations
        Measurements made so far, warm-up and refused trials included.
    detected
        What the detector remembers; None of an ideal one.
    shaking
        The correlated noise, (d,); None of white noise.
    remembered_own
        Power that each component's own memory holds [W] (d,); None where it is of the total.
    """

    x: NDArray[np.float64]
    absorbed: Absorbed
    reference: Absorbed
    remembered: float
    best_x: NDArray[np.float64]
    best_power: float
    n_evaluations: int
    detected: Detected | None = None
    shaking: NDArray[np.float64] | None = None
    remembered_own: NDArray[np.float64] | None = None


@dataclass(frozen=True)
class Info:
    """What a step did: the power of its trial [W], whether any was kept, its mean noise."""

    trial_power: float
    kept: bool
    sigma: float


def init(
    objective: Objective,
    x: NDArray[np.float64],
    *,
    tuner: Tuner,
    bounds: Bounds,
    rng: np.random.Generator,
) -> tuple[State, list[float]]:
    """Measure at x (d,), and make the warm-up walk that sets the brake's reference.

    Returns
    -------
    tuple
        The state after the warm-up, and the power [W] of each measurement, 1 + warm_up of them.
    """
    shaking = first_shaking(tuner, x.size, rng)
    visited = [(x, objective(x))]
    for _ in range(tuner.warm_up):
        drawn = rng.standard_normal(x.size)
        x, shaking = _shaken(x, tuner, tuner.noise, shaking, drawn, bounds)
        visited.append((x, objective(x)))
    reference = reference_of(tuner, [absorbed for _, absorbed in visited])
    best_x, best = max(visited, key=lambda point: point[1].total)
    x, now = visited[-1]
    state = State(
        x,
        now,
        reference,
        now.total,
        best_x,
        best.total,
        len(visited),
        None if tuner.detector.is_ideal else settled(tuner.detector, now),
        shaking,
        now.own if tuner.own_memory else None,
    )
    return state, [absorbed.total for _, absorbed in visited]


def checked_length(n_evaluations: int, tuner: Tuner) -> None:
    """Raise PhyslearnError where the measurements don't reach beyond the warm-up."""
    if n_evaluations <= tuner.warm_up:
        raise PhyslearnError(
            f"{n_evaluations} evaluations: must exceed the warm-up of {tuner.warm_up}"
        )


def step(
    state: State,
    objective: Objective,
    *,
    tuner: Tuner,
    bounds: Bounds,
    rng: np.random.Generator,
) -> tuple[State, Info]:
    """Shake, measure, and keep or go back: one measurement."""
    shows = (
        state.absorbed
        if state.detected is None
        else shown(tuner.detector, state.detected, state.reference)
    )
    sigma = tuner.noise * tuner.brake(shows, state.reference)
    moved = None
    if tuner.one_at_a_time:
        moved = np.arange(state.x.size) == int(rng.random() * state.x.size)
        sigma = np.where(moved, sigma, 0.0)
        drawn = np.where(moved, rng.standard_normal(), 0.0)
    else:
        drawn = rng.standard_normal(state.x.size)
    trial, shaking = _shaken(state.x, tuner, sigma, state.shaking, drawn, bounds, moved)
    measured = objective(trial)
    kept, held = _held(tuner, state, trial, measured, moved)
    better = measured.total > state.best_power
    new = replace(
        held,
        best_x=trial if better else state.best_x,
        best_power=measured.total if better else state.best_power,
        n_evaluations=state.n_evaluations + 1,
        shaking=shaking,
    )
    if state.detected is not None:
        detected = detect(tuner.detector, state.detected, held.absorbed, state.reference)
        new = replace(new, detected=detected)
    mean_sigma = float(np.mean(sigma) if moved is None else np.sum(sigma))
    return new, Info(measured.total, kept, mean_sigma)


def first_shaking(tuner: Tuner, d: int, rng: np.random.Generator) -> NDArray[np.float64] | None:
    """Return correlated noise (d,) as it stands at any time; None where it is white."""
    if tuner.correlation == 0:
        return None
    return persistence(tuner.correlation).deviation * rng.standard_normal(d)


def _shaken(
    x: NDArray[np.float64],
    tuner: Tuner,
    sigma: float | NDArray[np.float64],
    shaking: NDArray[np.float64] | None,
    drawn: NDArray[np.float64],
    bounds: Bounds,
    moved: NDArray[np.bool_] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64] | None]:
    """Return the trial (d,) and the correlated noise, which a mirror turns round."""
    if shaking is None:
        return reflect(x + sigma * drawn, bounds), None
    kept, fresh, _ = persistence(tuner.correlation)
    pushed = kept * shaking + fresh * drawn
    shaking = pushed if moved is None else np.where(moved, pushed, shaking)
    trial, turned = _mirrored(x + sigma * shaking, bounds)
    return trial, np.where(turned, -shaking, shaking)


def _held(
    tuner: Tuner,
    state: State,
    trial: NDArray[np.float64],
    measured: Absorbed,
    moved: NDArray[np.bool_] | None,
) -> tuple[bool, State]:
    """Keep the trial or go back, all or each; return whether any was kept, and the state then."""
    if state.remembered_own is None:
        kept, remembered = tuner.memory(state.remembered, measured.total)
        if kept:
            return True, replace(state, x=trial, absorbed=measured, remembered=remembered)
        return False, replace(state, remembered=remembered)
    each, own = np.zeros(trial.size, bool), state.remembered_own.copy()
    for j in range(trial.size) if moved is None else np.flatnonzero(moved):
        each[j], own[j] = tuner.memory(float(own[j]), float(measured.own[j]))
    if not each.any():
        return False, replace(state, remembered_own=own)
    if moved is not None:
        return True, replace(state, x=trial, absorbed=measured, remembered_own=own)
    absorbed = Absorbed(measured.total, np.where(each, measured.own, state.absorbed.own))
    x = np.where(each, trial, state.x)
    return True, replace(state, x=x, absorbed=absorbed, remembered_own=own)


def walk(
    objective: Objective,
    x: NDArray[np.float64],
    *,
    tuner: Tuner,
    bounds: Bounds,
    rng: np.random.Generator,
    n_evaluations: int,
) -> Iterator[tuple[State, list[float]]]:
    """Tune from x (d,) until ``n_evaluations`` measurements are made, warm-up included.

    Yields
    ------
    tuple
        The state, and the powers [W] measured since the last yield: those of the warm-up, then
        one at a time.

    Raises
    ------
    PhyslearnError
        The measurements don't reach beyond the warm-up.
    """
    checked_length(n_evaluations, tuner)
    state, powers = init(objective, x, tuner=tuner, bounds=bounds, rng=rng)
    yield state, powers
    while state.n_evaluations < n_evaluations:
        state, info = step(state, objective, tuner=tuner, bounds=bounds, rng=rng)
        yield state, [info.trial_power]
