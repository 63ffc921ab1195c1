"""Every evaluation is counted, none is made beyond the budget, and nonsense is named."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice import NetworkError, PhyslearnError, StimulusError, Tone
from physlearn_spice.tuner import BASELINES, Bounds, Counted, Job, ask, compare
from physlearn_spice.tuner.counted import GRADIENT_COST, EnoughError
from physlearn_spice.tuner.problems import coupled_network
from tests.benches import series_rlc

Array = NDArray[np.float64]


def counting(n: int, **more) -> tuple[Counted, list[Array]]:
    """Objective sum(x), and the points at which it was measured."""
    asked: list[Array] = []

    def measure(points: Array) -> Array:
        asked.extend(points)
        return points.sum(axis=1)

    return Counted(measure, n, **more), asked


def test_points_are_counted_one_by_one_and_cut_at_the_budget() -> None:
    objective, asked = counting(5)
    assert objective(np.array([1.0, 2.0])) == 3.0
    assert objective.many(np.ones((3, 2))).tolist() == [2.0] * 3
    assert (objective.done, objective.left) == (4, 1)
    with pytest.raises(EnoughError):
        objective.many(np.array([[4.0, 0.5], [9.0, 9.0]]))  # one of the two fits
    assert objective.powers.tolist() == [3.0, 2.0, 2.0, 2.0, 4.5]
    assert objective.best_x.tolist() == [4.0, 0.5]
    with pytest.raises(EnoughError):
        objective(np.zeros(2))
    assert len(asked) == 5


def test_a_gradient_counts_twice_and_its_last_evaluation_goes_to_the_power() -> None:
    solved: list[Array] = []

    def with_gradient(x: Array) -> tuple[float, Array]:
        solved.append(x)
        return float(x.sum()), np.ones(2)

    objective, asked = counting(5, with_gradient=with_gradient)
    for value in (1.0, 2.0):
        assert objective.with_gradient(np.full(2, value))[0] == 2 * value
    assert objective.done == 2 * GRADIENT_COST
    with pytest.raises(EnoughError):
        objective.with_gradient(np.full(2, 3.0))
    assert objective.powers.tolist() == [2.0, 2.0, 4.0, 4.0, 6.0]
    assert (len(solved), len(asked)) == (2, 1)


@pytest.mark.parametrize("name", BASELINES)
@pytest.mark.parametrize("n", [1, 2, 3, 60, 61])
def test_every_method_makes_exactly_its_budget(name: str, n: int) -> None:
    calls = {"plain": 0, "gradient": 0}

    def measure(points: Array) -> Array:
        calls["plain"] += len(points)
        return -((points - 0.3) ** 2).sum(axis=1)

    def with_gradient(x: Array) -> tuple[float, Array]:
        calls["gradient"] += 1
        return -float(((x - 0.3) ** 2).sum()), -2 * (x - 0.3)

    objective = Counted(measure, n, with_gradient=with_gradient)
    bounds = Bounds(-np.ones(3), np.ones(3))
    powers = ask(BASELINES[name], objective, np.zeros(3), bounds, np.random.default_rng(0))
    assert len(powers) == n == calls["plain"] + GRADIENT_COST * calls["gradient"]
    assert powers[0] == pytest.approx(-3 * 0.09)  # the start itself


@pytest.mark.parametrize("power", [np.nan, np.inf])
def test_a_power_that_is_no_number_names_the_point(power: float) -> None:
    def measure(points: Array) -> Array:
        return np.where(points[:, 1] > 5, power, 1.0)

    objective = Counted(measure, 9, names=("c1", "c2", "c3"))
    objective(np.zeros(3))
    with pytest.raises(PhyslearnError, match=r"evaluation 2, .* from -7 \(c3\) to 6.5 \(c2\)"):
        objective(np.array([0.0, 6.5, -7.0]))
    assert objective.done == 1


def test_a_gradient_that_is_no_number_is_refused() -> None:
    objective, _ = counting(9, with_gradient=lambda x: (1.0, np.array([0.0, np.nan])))
    with pytest.raises(PhyslearnError, match=r"nan at evaluation 1.*x\[0\]"):
        objective.with_gradient(np.array([-1.0, 1.0]))


def test_no_gradient_is_said() -> None:
    objective, _ = counting(9)
    with pytest.raises(PhyslearnError, match="no gradient"):
        objective.with_gradient(np.zeros(2))


def test_values_that_overflow_name_the_component() -> None:
    problem = coupled_network(3, np.random.default_rng(0))
    job = Job(problem.network, problem.tones, problem.movable, 2.0)

    def leap(objective, x, bounds, rng) -> None:
        objective(np.array([x[0], x[1], -1e4]))

    with pytest.raises(PhyslearnError, match=rf"from -10000 \({problem.movable[2]}\)"):
        job.ask(leap, np.random.default_rng(0), 10)


def test_a_method_that_ends_early_or_starts_outside_is_refused() -> None:
    objective, _ = counting(9)
    bounds, rng = Bounds(-np.ones(2), np.ones(2)), np.random.default_rng(0)

    def once(objective, x, bounds, rng) -> None:
        objective(x)

    with pytest.raises(PhyslearnError, match="after 1 of 9"):
        ask(once, objective, np.zeros(2), bounds, rng)
    with pytest.raises(PhyslearnError, match=r"x\[1\] is not within -1 and 1"):
        ask(once, objective, np.array([0.0, 1.5]), bounds, rng)
    with pytest.raises(NetworkError, match="movable"):
        ask(once, objective, np.empty(0), bounds, rng)
    with pytest.raises(PhyslearnError, match="at least 1"):
        counting(0)


def test_watching_ends_a_method() -> None:
    objective, asked = counting(100, watch=lambda of: of.done >= 7)
    bounds, rng = Bounds(-np.ones(2), np.ones(2)), np.random.default_rng(0)
    assert len(ask(BASELINES["greedy"], objective, np.zeros(2), bounds, rng)) == len(asked) == 7


@pytest.mark.parametrize(
    ("tones", "movable", "error", "message"),
    [
        ((), ["c1"], StimulusError, "no tones"),
        ((Tone(0.0, 5e4),), ["c1"], StimulusError, "silent"),
        ((Tone(1.0, 5e4),), [], NetworkError, "no component is movable"),
        ((Tone(1.0, 5e4),), ["c1", "c1"], NetworkError, "'c1' is named twice"),
        ((Tone(1.0, 5e4),), ["c7"], NetworkError, "c7"),
    ],
)
def test_what_cannot_be_tuned_is_said(tones, movable, error, message: str) -> None:
    with pytest.raises(error, match=message):
        Job(series_rlc(quality_factor=20.0), tones, movable, 2.0)


def test_compare_runs_rules_and_baselines_alike() -> None:
    problem = coupled_network(3, np.random.default_rng(0))
    seen: dict[str, list[int]] = {}

    def watch(name: str, done: int, power: float) -> bool:
        seen.setdefault(name, []).append(done)
        assert power > 0
        return False

    def run(**more):
        return compare(
            problem.network,
            problem.tones,
            movable=problem.movable,
            factor=problem.factor,
            n_evaluations=70,
            n_walkers=2,
            seed=5,
            methods=("plain", "1+1-es", "gradient"),
            **more,
        )

    runs, again = run(watch=watch), run()
    assert list(runs) == ["plain", "1+1-es", "gradient"]
    for name, tuned in runs.items():
        assert [run.powers.shape for run in tuned] == [(70,)] * 2
        assert not np.array_equal(tuned[0].powers[2:], tuned[1].powers[2:]) or name == "gradient"
        for one, other in zip(tuned, again[name], strict=True):
            assert np.array_equal(one.powers, other.powers)
        assert seen[name] == sorted(seen[name])
        assert seen[name][-1] == 140
    stopped = run(watch=lambda name, done, power: name == "1+1-es" and done > 100)
    assert list(stopped) == ["plain"]
    with pytest.raises(PhyslearnError, match=r"'magic'.*cma-es"):
        compare(
            problem.network,
            problem.tones,
            movable=problem.movable,
            factor=2.0,
            n_evaluations=70,
            n_walkers=2,
            seed=5,
            methods=("magic",),
        )
