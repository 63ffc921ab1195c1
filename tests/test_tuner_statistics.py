"""Statistics of runs, by hand; and intervals that cover as often as they say."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binom

from physlearn_spice import PhyslearnError
from physlearn_spice.tuner.statistics import (
    best_so_far,
    bootstrap,
    hitting_time,
    last_quarter,
    regret,
)

POWERS = np.array([[1.0, 3.0, 2.0, 4.0, 4.0, 2.0, 5.0, 7.0], [0.0] * 8])


def test_what_is_said_of_runs() -> None:
    assert last_quarter(POWERS).tolist() == [6.0, 0.0]
    assert last_quarter(POWERS[:, :3]).tolist() == [2.0, 0.0]  # never less than one evaluation
    assert best_so_far(POWERS)[0].tolist() == [1.0, 3.0, 3.0, 4.0, 4.0, 4.0, 5.0, 7.0]
    assert hitting_time(POWERS, 1.0).tolist() == [1.0, np.inf]
    assert hitting_time(POWERS, 4.0).tolist() == [4.0, np.inf]
    assert regret(POWERS, 8.0).tolist() == [4.5, 8.0]


@pytest.mark.parametrize("n", [6, 12])
@pytest.mark.parametrize("law", ["normal", "uniform"])
def test_intervals_cover_the_mean_as_often_as_they_say(law: str, n: int) -> None:
    trials, rng = 600, np.random.default_rng(n)
    covered = 0
    for _ in range(trials):
        values = getattr(rng, law)(size=n)
        found = bootstrap(values, rng, n_resamples=1000)
        mean = {"normal": 0.0, "uniform": 0.5}[law]
        covered += found.low <= mean <= found.high
        assert found.estimate == values.mean()
    # a true rate of 0.93 to 0.97: the percentiles of 6 values are not exactly Student's
    low, high = binom.ppf(0.001, trials, 0.93), binom.ppf(0.999, trials, 0.97)
    assert low <= covered <= high


def test_more_confidence_is_wider_and_the_seed_decides() -> None:
    values = np.random.default_rng(0).normal(size=20)
    narrow, wide = (bootstrap(values, np.random.default_rng(1), confidence=c) for c in (0.5, 0.99))
    assert wide.low < narrow.low < narrow.estimate < narrow.high < wide.high
    assert bootstrap(values, np.random.default_rng(1), confidence=0.5) == narrow


def test_the_median_of_hitting_times_may_be_infinite() -> None:
    times = [10.0, 20.0, np.inf, np.inf, 30.0]
    found = bootstrap(times, np.random.default_rng(0), statistic=np.median)
    assert found.estimate == 30.0
    assert (found.low, found.high) == (10.0, np.inf)


def test_too_few_seeds_are_refused() -> None:
    with pytest.raises(PhyslearnError, match="at least 2"):
        bootstrap([1.0], np.random.default_rng(0))
    with pytest.raises(PhyslearnError, match="share between"):
        bootstrap([1.0, 2.0], np.random.default_rng(0), confidence=95)
