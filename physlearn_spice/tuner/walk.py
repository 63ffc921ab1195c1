"""The walk: ``init`` gives a state, ``step`` the next one and what happened on the way."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import NetworkError, PhyslearnError
from .brakes import Brake
from .memory import Memory
from .objective import Absorbed, Objective

__all__ = [
    "Bounds",
    "Info",
    "State",
    "Tuner",
    "around",
    "checked_length",
    "init",
    "reference_of",
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
    width = bounds.high - bounds.low
    u = np.mod(x - bounds.low, 2 * width)
    return bounds.low + np.where(u > width, 2 * width - u, u)


@dataclass(frozen=True)
class Tuner:
    """Noise, brake and memory put together.

    Parameters
    ----------
    brake, memory
        As in :mod:`.brakes` and :mod:`.memory`.
    noise
        s0: standard deviation of an unbraked step in ln(value).
    warm_up
        Unbraked steps before the first braked one; they set the brake's reference, and count.
    reference_share
        The reference is this share of the warm-up's median power, total and own.
    one_at_a_time
        Whether each step after the warm-up moves a single component, drawn at random.
    """

    brake: Brake
    memory: Memory
    noise: float
    warm_up: int = 40
    reference_share: float = 0.3
    one_at_a_time: bool = False


@dataclass(frozen=True)
class State:
    """What the next step needs, and the best so far.

    Parameters
    ----------
    x
        ln of the component values, (d,).
    absorbed
        What was measured at x.
    reference
        Scale of the brake, from the warm-up.
    remembered
        Power that the memory holds [W].
    best_x, best_power
        Where most was absorbed up to now, (d,), and how much [W].
    n_evaluations
        Measurements made so far, warm-up and refused trials included.
    """

    x: NDArray[np.float64]
    absorbed: Absorbed
    reference: Absorbed
    remembered: float
    best_x: NDArray[np.float64]
    best_power: float
    n_evaluations: int


@dataclass(frozen=True)
class Info:
    """What a step did: the power of its trial [W], whether it was kept, its mean noise."""

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
    visited = [(x, objective(x))]
    for _ in range(tuner.warm_up):
        x = reflect(x + tuner.noise * rng.standard_normal(x.size), bounds)
        visited.append((x, objective(x)))
    reference = reference_of(tuner, [absorbed for _, absorbed in visited])
    best_x, best = max(visited, key=lambda point: point[1].total)
    x, now = visited[-1]
    state = State(x, now, reference, now.total, best_x, best.total, len(visited))
    return state, [absorbed.total for _, absorbed in visited]


def reference_of(tuner: Tuner, warm_up: Sequence[Absorbed]) -> Absorbed:
    """Scale of the brake: a share of the medians of what was absorbed on the warm-up.

    Where no current can flow, as on the way to an open end, there is nothing to brake by: the
    reference is infinite.

    Raises
    ------
    NetworkError
        Nothing is absorbed; or the brake needs the power of a component that has no resistor in
        its branch.
    """
    own = np.median([absorbed.own for absorbed in warm_up], axis=0)
    idle = own <= 1e-9 * own.max(initial=0.0)
    reference = Absorbed(
        tuner.reference_share * float(np.median([absorbed.total for absorbed in warm_up])),
        np.where(idle, np.inf, tuner.reference_share * own),
    )
    if not reference.total > 0:
        raise NetworkError("the network absorbs nothing from this signal, whatever its values")
    if np.isnan(tuner.brake(warm_up[-1], reference)).any():
        raise NetworkError(
            "a local brake needs a resistor in the branch of every movable component: "
            "give each inductor and capacitor an ESR, or take a global brake (global-latch)"
        )
    return reference


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
    sigma = tuner.noise * tuner.brake(state.absorbed, state.reference)
    if tuner.one_at_a_time:
        moved = np.arange(state.x.size) == int(rng.random() * state.x.size)
        trial = reflect(state.x + np.where(moved, sigma, 0.0) * rng.standard_normal(), bounds)
        sigma = np.where(moved, sigma, 0.0).sum()
    else:
        trial = reflect(state.x + sigma * rng.standard_normal(state.x.size), bounds)
    absorbed = objective(trial)
    kept, remembered = tuner.memory(state.remembered, absorbed.total)
    better = absorbed.total > state.best_power
    new = replace(
        state,
        x=trial if kept else state.x,
        absorbed=absorbed if kept else state.absorbed,
        remembered=remembered,
        best_x=trial if better else state.best_x,
        best_power=absorbed.total if better else state.best_power,
        n_evaluations=state.n_evaluations + 1,
    )
    return new, Info(absorbed.total, kept, float(np.mean(sigma)))


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
