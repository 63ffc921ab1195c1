"""What a comparison says of runs, and how sure it is: powers are (n_runs, n_evaluations).

Runs that are compared differ in their seeds; the intervals are over them.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhyslearnError

__all__ = ["Interval", "best_so_far", "bootstrap", "hitting_time", "last_quarter", "regret"]


class Interval(NamedTuple):
    """An estimate, and the bounds of its confidence interval."""

    estimate: float
    low: float
    high: float


def last_quarter(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean power [W] of the last quarter of the evaluations, (n_runs,), failed trials included."""
    return powers[:, -max(1, powers.shape[1] // 4) :].mean(axis=1)


def best_so_far(powers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Highest power [W] up to each evaluation, (n_runs, n_evaluations)."""
    return np.maximum.accumulate(powers, axis=1)


def hitting_time(powers: NDArray[np.float64], target: float) -> NDArray[np.float64]:
    """Evaluations until the power first reached ``target`` [W], (n_runs,); inf where it never did.

    It is 1 for a run whose first measurement is there.
    """
    there = powers >= target
    return np.where(there.any(axis=1), there.argmax(axis=1) + 1.0, np.inf)


def regret(powers: NDArray[np.float64], reachable: float) -> NDArray[np.float64]:
    """Mean of what was not taken, ``reachable`` - P [W], over all evaluations, (n_runs,)."""
    return reachable - powers.mean(axis=1)


def bootstrap(
    values: ArrayLike,
    rng: np.random.Generator,
    *,
    statistic: Callable[..., NDArray[np.float64]] = np.mean,
    confidence: float = 0.95,
    n_resamples: int = 4000,
) -> Interval:
    """Confidence interval of a statistic of independent values (n,), one for each seed.

    Percentiles of the resampled statistic, as far out as Student's t asks for a mean of n values
    (the expanded percentile interval of Hesterberg, Am. Stat. 69:371, 2015): the plain percentiles
    are too narrow for the ten seeds that one has.

    Parameters
    ----------
    statistic
        Takes values and ``axis``: ``np.mean``, ``np.median``.

    Raises
    ------
    PhyslearnError
        There are fewer than two values, or the confidence is no share.
    """
    from scipy.stats import norm, t

    values = np.asarray(values, float)
    n = len(values)
    if n < 2:
        raise PhyslearnError(f"a confidence interval over {n} seed: takes at least 2")
    if not 0 < confidence < 1:
        raise PhyslearnError(f"confidence {confidence!r}: a share between 0 and 1")
    drawn = values[rng.integers(n, size=(n_resamples, n))]
    tail = norm.cdf(t.ppf((1 - confidence) / 2, n - 1) * np.sqrt(n / (n - 1)))
    # of the values themselves, not between them: a hitting time may be infinite
    low, high = np.quantile(statistic(drawn, axis=1), [tail, 1 - tail], method="inverted_cdf")
    return Interval(float(statistic(values, axis=0)), float(low), float(high))
