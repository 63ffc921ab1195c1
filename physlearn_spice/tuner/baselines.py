"""What the tuner is compared with: searches that look at the total power alone, or its gradient.

Each is a :data:`.counted.Method`: it asks from the start on, within the bounds, until the objective
has had enough. Random steps are a share of the range of each component, so no unit matters.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import count
from types import MappingProxyType
from typing import NoReturn

import numpy as np
from numpy.typing import NDArray

from .counted import Counted, Method
from .walk import Bounds, reflect

__all__ = [
    "BASELINES",
    "cma_es",
    "gradient_ascent",
    "greedy",
    "metropolis",
    "one_plus_one_es",
    "random_search",
]

_AT_ONCE = 8  # points that the linear engine measures in the time of one
_STEP = 1 / 3  # of the range, over sqrt(d): 0.8 / sqrt(d) in ln(value), as the latched recipes take
_HOT, _COLD = 0.1, 0.001  # Metropolis: temperature at the start and the end, over the best power
_AGAIN = 10  # the evolution strategy measures its parent again after so many trials
_FINEST = 1e-6  # its smallest step, of the range
_WIDE = 0.25  # CMA-ES: first standard deviation, of the range


def random_search(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """Draw each point uniformly within the bounds."""
    objective(x)
    while True:
        objective.many(rng.uniform(bounds.low, bounds.high, (_AT_ONCE, x.size)))


def greedy(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """Take a random step, and go back unless the power rose."""
    power = objective(x)
    while True:
        trial = _near(x, bounds, rng)
        new = objective(trial)
        if new > power:
            x, power = trial, new


def metropolis(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """Take a random step, and keep it with probability min(1, exp((P' - P) / T)).

    The temperature T falls geometrically over the budget, from 0.1 to 0.001 of the best power yet.
    """
    power = objective(x)
    while True:
        trial = _near(x, bounds, rng)
        new = objective(trial)
        cooled = _HOT * (_COLD / _HOT) ** (objective.done / objective.n_evaluations)
        if new - power >= cooled * objective.best_power * np.log1p(-rng.random()):
            x, power = trial, new


def one_plus_one_es(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """(1+1) evolution strategy: the step grows and shrinks so that a fifth of the trials succeed.

    Every tenth trial the parent is measured again, so a world that has changed is noticed.
    """
    width = bounds.high - bounds.low
    step, power = 0.5 * _STEP, objective(x)
    for trials in count(1):
        trial = reflect(x + step * width * rng.standard_normal(x.size), bounds)
        new = objective(trial)
        step *= np.exp(((new >= power) - 0.2) / np.sqrt(x.size + 1))
        step = min(max(step, _FINEST), 1.0)
        if new >= power:
            x, power = trial, new
        if trials % _AGAIN == 0:
            power = objective(x)
    raise AssertionError("count has no end")


def cma_es(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """Covariance matrix adaptation, by the package ``cmaes`` with its default population.

    Once it has converged, the rest of the budget is spent at the best point that it found.
    """
    from cmaes import CMA

    objective(x)
    d, width = x.size, bounds.high - bounds.low
    # it wants two dimensions: a single component gets a second one that does nothing
    mean = np.full(max(d, 2), 0.5)
    mean[:d] = (x - bounds.low) / width
    strategy = CMA(
        mean,
        _WIDE,
        bounds=np.tile([0.0, 1.0], (mean.size, 1)),
        seed=int(rng.integers(2**31)),
    )
    while not strategy.should_stop():
        points = [strategy.ask() for _ in range(strategy.population_size)]
        powers = objective.many(bounds.low + width * np.array(points)[:, :d])
        strategy.tell([(u, -p) for u, p in zip(points, powers.tolist(), strict=True)])
    while True:
        objective.many(np.tile(objective.best_x, (_AT_ONCE, 1)))


def gradient_ascent(
    objective: Counted, x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator
) -> NoReturn:
    """Climb by scipy's L-BFGS-B; from its end, again from a point drawn within the bounds."""
    from scipy.optimize import minimize

    def loss(x: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        power, slope = objective.with_gradient(x)
        unit = objective.first_power or 1.0  # its tolerances are meant for numbers near 1
        return -power / unit, -slope / unit

    while True:
        minimize(loss, x, jac=True, method="L-BFGS-B", bounds=np.transpose(bounds))
        x = rng.uniform(bounds.low, bounds.high)


def _near(x: NDArray[np.float64], bounds: Bounds, rng: np.random.Generator) -> NDArray[np.float64]:
    """Take one random step from x (d,)."""
    step = _STEP / np.sqrt(x.size) * (bounds.high - bounds.low)
    return reflect(x + step * rng.standard_normal(x.size), bounds)


BASELINES: Mapping[str, Method] = MappingProxyType(
    {
        "random": random_search,
        "greedy": greedy,
        "metropolis": metropolis,
        "1+1-es": one_plus_one_es,
        "cma-es": cma_es,
        "gradient": gradient_ascent,
    }
)
"""The baselines by name; ``gradient`` needs an objective that has one."""
