"""The baselines find what they are known to find, and the problems have the power they state."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice import Tone
from physlearn_spice.linear import gradient
from physlearn_spice.tuner import BASELINES, Bounds, Counted, Job, absorbed_power_at, ask
from physlearn_spice.tuner.problems import Problem, coupled_network, resonator_bank

Array = NDArray[np.float64]
AIM = np.array([0.5, -0.25, 0.1, -0.6])


def hill(n: int, d: int = 4, scale: float = 1.0) -> Counted:
    """1 - |x - aim|^2 in d separate parts, highest at ``AIM``, in [-1, 1]^d, of ``scale`` [W]."""
    aim = AIM[:d]

    def measure(points: Array) -> Array:
        return scale * (1 - ((points - aim) ** 2).sum(axis=1))

    def with_gradient(x: Array) -> tuple[float, Array]:
        return float(measure(x[None])[0]), -2 * scale * (x - aim)

    return Counted(measure, n, with_gradient=with_gradient)


def climb(name: str, objective: Counted, seed: int, d: int = 4) -> Array:
    bounds = Bounds(-np.ones(d), np.ones(d))
    return ask(BASELINES[name], objective, np.zeros(d), bounds, np.random.default_rng(seed))


@pytest.mark.parametrize("scale", [1.0, 1e-9])
@pytest.mark.parametrize(
    ("name", "n", "miss"),
    [
        # within r of the aim: a share (pi^2/2) r^4 / 16 of the draws, so 1/e of all runs miss
        # r^2 = 0.06 at n = 1000, and e^-9 of them r^2 = 0.18
        ("random", 1000, 0.18),
        ("greedy", 1000, 0.05),  # its steps stay as wide as sqrt(4) 2/3/2 = 0.7
        ("metropolis", 1000, 0.05),
        ("1+1-es", 400, 1e-6),  # converges linearly, about exp(-0.1 n / d) in |x - aim|
        ("cma-es", 1000, 1e-6),
        ("gradient", 40, 1e-9),  # quadratic: a line search and a few steps
    ],
)
@pytest.mark.parametrize("seed", range(3))
def test_each_finds_the_top_of_a_separable_hill(
    name: str, n: int, miss: float, scale: float, seed: int
) -> None:
    objective = hill(n, scale=scale)
    powers = climb(name, objective, seed)
    assert 1 - powers.max() / scale < miss
    assert np.abs(objective.best_x - AIM).max() ** 2 <= 1 - powers.max() / scale + 1e-9


@pytest.mark.parametrize("name", BASELINES)
def test_one_component_is_enough(name: str) -> None:
    assert climb(name, hill(300, d=1), 0, d=1).max() == pytest.approx(1.0, abs=1e-3)


@pytest.mark.parametrize("name", BASELINES)
def test_same_seed_same_powers(name: str) -> None:
    one, same, other = (climb(name, hill(150), seed) for seed in (1, 1, 2))
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize("name", BASELINES)
def test_nothing_is_asked_out_of_bounds(name: str) -> None:
    asked: list[Array] = []
    slope = np.array([1.0, -2.0])  # the top is in a corner

    def measure(points: Array) -> Array:
        asked.extend(points)
        return 9 + points @ slope

    def with_gradient(x: Array) -> tuple[float, Array]:
        return float(measure(x[None])[0]), slope

    bounds = Bounds(np.array([-1.0, 3.0]), np.array([0.5, 8.0]))
    objective = Counted(measure, 300, with_gradient=with_gradient)
    ask(BASELINES[name], objective, np.array([0.0, 4.0]), bounds, np.random.default_rng(0))
    points = np.array(asked)
    assert (points >= bounds.low).all()
    assert (points <= bounds.high).all()
    if name in ("cma-es", "gradient"):  # the others' steps shrink or stay wide in the corner
        assert objective.best_x == pytest.approx([0.5, 3.0], abs=1e-3)


def test_the_evolution_strategy_measures_its_parent_again() -> None:
    faded = {"by": 1.0}

    def measure(points: Array) -> Array:
        return faded["by"] * (1 - ((points - AIM) ** 2).sum(axis=1))

    def watch(of: Counted) -> bool:
        faded["by"] = 0.5 if of.done >= 300 else 1.0  # nothing reaches the old record any more
        return False

    objective = Counted(lambda points: measure(points), 600, watch=watch)
    powers = climb("1+1-es", objective, 0)
    assert powers[-20:].mean() == pytest.approx(0.5, rel=1e-3)
    again = np.unique(powers[300:], return_counts=True)[1]
    assert again.max() > 1  # one point, measured twice


def test_cma_es_stays_at_its_best_once_converged() -> None:
    powers = climb("cma-es", hill(6000), 0)
    assert (powers[-100:] == powers.max()).all()


def test_metropolis_goes_down_at_times_and_seldom_when_cold() -> None:
    """Where P falls by T, a step is kept with probability 1/e: on a staircase, counted."""
    objective = Counted(lambda points: np.where(points[:, 0] > 0, 1.0, 0.97), 8000)
    bounds, rng = Bounds(np.array([-1.0]), np.array([1.0])), np.random.default_rng(0)
    powers = ask(BASELINES["metropolis"], objective, np.array([0.5]), bounds, rng)
    low = powers < 1
    assert low[:1000].mean() > 0.35  # T = 0.1: nearly half of the time below
    # cold: never kept below, so only trials are there: those from a point in the upper half
    assert low[-1000:].mean() < low[:1000].mean() - 0.05


def problem_job(problem: Problem) -> Job:
    return Job(problem.network, problem.tones, problem.movable, problem.factor)


def test_the_gradient_given_to_a_method_is_that_of_its_power() -> None:
    problem = coupled_network(5, np.random.default_rng(3))
    loud = tuple(Tone(a, t.frequency) for a, t in zip((1.0, 2.0, 0.5), problem.tones, strict=True))
    problem = replace(problem, tones=loud)
    job = problem_job(problem)

    def probe(objective: Counted, x: Array, bounds: Bounds, rng: np.random.Generator) -> None:
        power, slope = objective.with_gradient(x)
        assert power == pytest.approx(objective(x), rel=1e-10)
        h = 1e-5
        for k in range(len(x)):
            step = np.where(np.arange(len(x)) == k, h, 0.0)
            up, down = objective.many(np.array([x + step, x - step]))
            assert slope[k] == pytest.approx((up - down) / (2 * h), rel=1e-5, abs=1e-8 * power)
        objective.many(np.tile(x, (objective.left + 1, 1)))

    job.ask(probe, np.random.default_rng(0), 100)


def test_gradient_ascent_beats_random_search_on_k7() -> None:
    for seed in range(2):
        problem = coupled_network(7, np.random.default_rng(seed))
        job = problem_job(problem)
        assert len(problem.movable) == 21
        climbed, drawn = (
            job.ask(BASELINES[name], np.random.default_rng(seed), 600).powers / problem.available
            for name in ("gradient", "random")
        )
        assert climbed.max() > drawn.max() + 0.02
        assert climbed.mean() > drawn.mean() + 0.1


def test_eight_points_at_once_are_those_one_by_one() -> None:
    problem = coupled_network(4, np.random.default_rng(0))
    job = problem_job(problem)
    rng = np.random.default_rng(1)

    def probe(objective: Counted, x: Array, bounds: Bounds, rng: np.random.Generator) -> None:
        points = rng.uniform(bounds.low, bounds.high, (11, len(x)))
        together = objective.many(points)
        assert together == pytest.approx([objective(p) for p in points], rel=1e-12)
        for p, power in zip(points[:3], together, strict=False):
            network = problem.network.with_values(problem.movable, np.exp(p))
            exact = absorbed_power_at(network, problem.tones, engine="ngspice")
            assert power == pytest.approx(exact, rel=1e-8)
        objective.many(np.tile(x, (objective.left + 1, 1)))

    job.ask(probe, rng, 30)


def test_both_engines_give_a_method_the_same_powers() -> None:
    problem = coupled_network(3, np.random.default_rng(0))
    powers = [
        Job(problem.network, problem.tones, problem.movable, 3.0, engine)
        .ask(BASELINES["1+1-es"], np.random.default_rng(2), 40)
        .powers
        for engine in ("linear", "ngspice")
    ]
    assert powers[0] == pytest.approx(powers[1], rel=1e-7)


@pytest.mark.parametrize("d", [1, 5])
def test_the_bank_can_absorb_what_it_states_and_no_more(d: int) -> None:
    problem = resonator_bank(d, np.random.default_rng(0))
    assert len(problem.movable) == d
    assert np.log(problem.factor) == pytest.approx(1.2)
    tuned = problem_job(problem).ask(BASELINES["gradient"], np.random.default_rng(0), 2000)
    assert tuned.powers.max() == pytest.approx(problem.available, rel=1e-9)
    assert problem.available == pytest.approx(d * 1.0**2 / (2 * 25.0))
    omega = 2 * np.pi * problem.tones[0].frequency
    resonant = 1 / (omega**2 * 1e-3)
    assert tuned.network.values(problem.movable) == pytest.approx([resonant] * d, rel=1e-3)
    moved = np.log(resonant / problem.network.values(problem.movable))
    assert np.abs(moved).max() <= 0.8


def test_the_bank_is_separable_and_the_network_is_not() -> None:
    for problem, coupled in (
        (resonator_bank(4, np.random.default_rng(0)), False),
        (coupled_network(4, np.random.default_rng(0)), True),
    ):
        f = [tone.frequency for tone in problem.tones]
        first, second = problem.movable[:2]
        start = problem.network.values([second])[0]
        slopes = [
            gradient(problem.network, f, [first], values={second: v}).power.sum()
            for v in (start, 1.5 * start)
        ]
        assert (slopes[0] != pytest.approx(slopes[1], rel=1e-6)) == coupled


@pytest.mark.parametrize(("n", "d"), [(7, 21), (14, 91), (25, 300)])
def test_coupled_networks_have_the_stated_size_and_laws(n: int, d: int) -> None:
    problem = coupled_network(n, np.random.default_rng(n))
    network = problem.network
    assert len(problem.movable) == d == len(network.branches)
    (r, ind, c) = (
        network.values([e.name for e in network.elements if e.letter == k]) for k in "rlc"
    )
    assert ((r > 5) & (r < 20)).all()
    assert np.abs(np.log(ind / 1e-3)).max() <= 0.7
    assert 1 / (2 * np.pi * np.sqrt(ind * c)) == pytest.approx([50e3] * d)
    assert network.port().resistance == 12.0
    assert problem.available == pytest.approx(3 / (8 * 12.0))
    assert max(abs(np.log(t.frequency / 50e3)) for t in problem.tones) <= 0.4
    assert 0 < absorbed_power_at(network, problem.tones) < problem.available
