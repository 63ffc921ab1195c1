"""The tuner obeys its equations: the Ito law, the latch's leak, counting, and the same path."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice import (
    Capacitor,
    EdgeModel,
    Inductor,
    LogUniform,
    Network,
    NetworkError,
    PhyslearnError,
    Port,
    Resistor,
    Tone,
    complete,
)
from physlearn_spice.ngspice import Session
from physlearn_spice.tuner import (
    RECIPES,
    Absorbed,
    Bounds,
    Detector,
    State,
    Tuner,
    absorbed_at_tones,
    exponential_brake,
    forget,
    global_brake,
    init,
    leaky_latch,
    local_brake,
    local_global_brake,
    no_brake,
    recipe,
    reflect,
    step,
    tune,
    walk,
)
from physlearn_spice.tuner.detector import detect, settled, shown
from physlearn_spice.tuner.rule import reference_of

# the single RLC of Q = 21: R = 15, L = 1 mH, f0 = 50 kHz, x = ln(C / C_resonance)
R, L, OMEGA = 15.0, 1e-3, 2 * np.pi * 50e3
BOUNDS = Bounds(np.array([-3.0]), np.array([1.6]))


def share_of_maximum(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """P / Pmax of the series RLC, Pmax = V^2 / 2R: a Lorentzian in the reactance."""
    reactance = OMEGA * L * (1 - np.exp(-x))
    return 1 / (1 + (reactance / R) ** 2)


def single_rlc(x: NDArray[np.float64]) -> Absorbed:
    p = share_of_maximum(x)
    return Absorbed(float(p[0]), p)


def time_in_band(tuner: Tuner, n: int, seed: int) -> float:
    """Share of steps within the half-power band, in a walk whose brake's reference is 0.02 Pmax."""
    rng = np.random.default_rng(seed)
    x = np.array([-1.0])
    reference = Absorbed(0.02, np.array([0.02]))
    now = single_rlc(x)
    state = State(x, now, reference, now.total, x, now.total, 1)
    inside = 0
    for _ in range(n):
        state, _info = step(state, single_rlc, tuner=tuner, bounds=BOUNDS, rng=rng)
        inside += state.absorbed.total > 0.5
    return inside / n


def law_in_band(power_of_sigma: float, k: float) -> float:
    """Share of p(x) ~ sigma(x)^-m within the half-power band, sigma = (1 + P / 0.02)^-k."""
    x = np.linspace(-3.0, 1.6, 200_001)
    p = (1 + share_of_maximum(x) / 0.02) ** (k * power_of_sigma)
    return float(p[share_of_maximum(x) > 0.5].sum() / p.sum())


@pytest.mark.parametrize("brake", [global_brake, local_brake])
def test_braked_walk_settles_at_the_ito_law(brake) -> None:
    # m = 2 is Ito: the brake is read before the step. 8 walks of 25,000 steps scatter by 0.03.
    tuner = Tuner(brake(0.5), forget, 0.1)
    shares = [time_in_band(tuner, 25_000, seed) for seed in range(8)]
    ito, stratonovich = law_in_band(2, 0.5), law_in_band(1, 0.5)
    assert ito == pytest.approx(0.318, abs=2e-3)
    error = np.std(shares, ddof=1) / np.sqrt(len(shares))
    assert abs(np.mean(shares) - ito) < 3 * max(error, 0.01)
    assert np.mean(shares) - stratonovich > 5 * error


def test_plain_walk_is_uniform_and_a_negative_brake_flees() -> None:
    plain = time_in_band(Tuner(no_brake, forget, 0.1), 100_000, 0)
    uniform = law_in_band(2, 0.0)
    assert plain == pytest.approx(uniform, rel=0.25)
    fleeing = time_in_band(Tuner(global_brake(-0.5), forget, 0.02), 100_000, 0)
    assert fleeing < uniform / 2  # noise that grows with P leaves the resonance


def test_reflection_is_a_fold_and_keeps_inside() -> None:
    bounds = Bounds(np.array([-1.0]), np.array([2.0]))
    cases = {-1.5: -0.5, 2.5: 1.5, 0.3: 0.3, -1.0 - 6.0 - 0.25: -0.75, 5.5: -0.5}
    for outside, inside in cases.items():
        assert reflect(np.array([outside]), bounds)[0] == pytest.approx(inside)
    many = reflect(
        np.random.default_rng(0).normal(0, 50, 1000), Bounds(np.array(-1.0), np.array(2.0))
    )
    assert many.min() >= -1
    assert many.max() <= 2


def test_latch_keeps_what_is_not_worse_and_leaks() -> None:
    memory = leaky_latch(0.01)
    assert memory(1.0, 1.0) == (True, 1.0)
    assert memory(1.0, 3.0) == (True, 3.0)
    remembered = 3.0
    for n in range(1, 6):
        kept, remembered = memory(remembered, 0.5)
        assert not kept
        assert remembered == pytest.approx(3.0 * 0.99**n)
    assert forget(3.0, 0.1) == (True, 0.1)


def test_latch_follows_a_world_that_got_worse() -> None:
    world = {"scale": 1.0}

    def objective(x: NDArray[np.float64]) -> Absorbed:
        p = world["scale"] * share_of_maximum(x)
        return Absorbed(float(p[0]), p)

    rng = np.random.default_rng(3)
    tuner = Tuner(local_brake(0.5), leaky_latch(0.01), 0.2)
    state, _ = init(objective, np.array([0.0]), tuner=tuner, bounds=BOUNDS, rng=rng)
    for _ in range(300):
        state, _info = step(state, objective, tuner=tuner, bounds=BOUNDS, rng=rng)
    world["scale"] = 0.1  # no step can reach the old record any more
    kept = 0
    for _ in range(600):
        state, info = step(state, objective, tuner=tuner, bounds=BOUNDS, rng=rng)
        kept += info.kept
    assert kept > 0
    assert state.absorbed.total <= 0.1


def test_local_brake_holds_each_component_by_its_own_power() -> None:
    reference = Absorbed(1.0, np.array([1.0, 1.0]))
    factor = local_brake(2.0)(Absorbed(9.0, np.array([0.0, 9.0])), reference)
    assert factor == pytest.approx([1.0, 10.0**-2])
    assert global_brake(2.0)(Absorbed(9.0, np.array([0.0, 9.0])), reference) == pytest.approx(1e-2)


@pytest.mark.parametrize("name", RECIPES)
def test_every_evaluation_is_counted(name: str) -> None:
    calls: list[NDArray[np.float64]] = []

    def objective(x: NDArray[np.float64]) -> Absorbed:
        calls.append(x)
        return single_rlc(x)

    def run() -> list[float]:
        powers: list[float] = []
        rng = np.random.default_rng(5)
        steps = walk(
            objective,
            np.array([-0.5]),
            tuner=recipe(name, 1),
            bounds=BOUNDS,
            rng=rng,
            n_evaluations=90,
        )
        for state, new in steps:
            powers.extend(new)
            assert state.n_evaluations == len(powers) == len(calls)
            assert state.best_power == max(powers)
            assert single_rlc(state.best_x).total == state.best_power
        return powers

    first = run()
    assert len(first) == 90
    assert all(BOUNDS.low <= x <= BOUNDS.high for x in calls)
    calls.clear()
    assert run() == first  # the same seed walks the same path


def test_reference_is_the_median_of_the_warm_up() -> None:
    tuner = Tuner(local_brake(1.0), forget, 0.4, warm_up=20, reference_share=0.3)
    rng = np.random.default_rng(0)
    state, powers = init(single_rlc, np.array([0.2]), tuner=tuner, bounds=BOUNDS, rng=rng)
    assert len(powers) == 21
    assert state.reference.total == pytest.approx(0.3 * np.median(powers))
    assert state.reference.own == pytest.approx([0.3 * np.median(powers)])


def test_local_brake_beats_the_global_one_as_resonators_multiply() -> None:
    # sixteen independent resonators: physics.md's bank, where a global brake finds nothing
    def bank(x: NDArray[np.float64]) -> Absorbed:
        own = 1 / (1 + (2 * 12.6 * x) ** 2)
        return Absorbed(float(own.mean()), own)

    bounds = Bounds(np.full(16, -1.2), np.full(16, 1.2))
    last: dict[str, float] = {}
    for name in ("plain", "global", "local", "local-latch"):
        quarters: list[float] = []
        for seed in range(3):
            rng = np.random.default_rng(seed)
            start = rng.uniform(-0.8, 0.8, 16)
            steps = walk(
                bank, start, tuner=recipe(name, 16), bounds=bounds, rng=rng, n_evaluations=4000
            )
            powers = [power for _, new in steps for power in new]
            quarters.append(float(np.mean(powers[-1000:])))
        last[name] = float(np.mean(quarters))
    assert last["plain"] < 0.15
    assert last["global"] < 0.3  # .15 measured there
    assert last["local"] > 0.55  # .71
    assert last["local-latch"] > 0.8  # .91


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def small_network(seed: int) -> Network:
    edge = EdgeModel(resistance=LogUniform(2.0, 8.0))
    return complete(4, edge=edge, rng=np.random.default_rng(seed), source_resistance=20.0)


def test_objective_agrees_with_a_nodal_solve(session: Session) -> None:
    network = small_network(0)
    tones = (Tone(0.5, 40e3), Tone(-1.0, 71e3))
    movable = network.names(Inductor, Capacitor)
    objective = absorbed_at_tones(session, network, tones, movable)
    rng = np.random.default_rng(1)
    x = np.log(network.values(movable)) + 0.3 * rng.standard_normal(len(movable))
    moved = network.with_values(movable, np.exp(x))
    absorbed = objective(x)
    own = np.zeros(len(movable))
    for tone in tones:
        own += branch_powers(moved, tone)
    assert absorbed.own == pytest.approx(own, rel=1e-8)
    per_branch = own.reshape(-1, 2)[:, 0]  # an inductor and a capacitor share their resistor
    assert absorbed.total == pytest.approx(per_branch.sum(), rel=1e-8)


def branch_powers(network: Network, tone: Tone) -> NDArray[np.float64]:
    """Power in the resistor of each movable component's branch, from a nodal solve of branches."""
    omega = 2 * np.pi * tone.frequency
    nodes = ["n0", "n1", "n2"]
    branches = [[network[name] for name in branch] for branch in network.branches]
    y = [
        1 / (r.value + 1j * omega * ind.value + 1 / (1j * omega * c.value))
        for r, ind, c in branches
    ]
    incidence = np.array([[(r.a == n) - (float(c.b == n)) for r, _, c in branches] for n in nodes])
    matrix = incidence @ np.diag(y) @ incidence.T
    matrix[0, 0] += 1 / 20.0
    u = np.linalg.solve(matrix, np.array([tone.amplitude / 20.0, 0, 0], complex))
    current = np.abs(np.array(y) * (incidence.T @ u))
    power = current**2 * [r.value for r, _, _ in branches] / 2
    return np.repeat(power, 2)


def test_tune_gains_and_gives_back_its_best(session: Session) -> None:
    network = small_network(3)
    tones = (Tone(1.0, 30e3),)
    movable = network.names(Inductor, Capacitor)
    tuned = tune(
        network,
        tones,
        movable=movable,
        tuner="local-latch",
        factor=3.0,
        n_evaluations=150,
        rng=np.random.default_rng(0),
    )
    assert len(tuned.powers) == 150
    at_best = absorbed_at_tones(session, tuned.network, tones, ())(np.zeros(0)).total
    assert at_best == pytest.approx(tuned.powers.max(), rel=1e-9)
    assert tuned.powers.max() > tuned.powers[0]
    resistors = network.names(Resistor)
    assert np.array_equal(tuned.network.values(resistors), network.values(resistors))


def test_refusals(session: Session) -> None:
    lossless = Network(
        (
            Resistor("r1", "a", "0", 1.0),
            Capacitor("c1", "a", "b", 1e-6),
            Inductor("l1", "b", "a", 1e-3),
        ),
        (Port("1", "a", "0", 50.0),),
    )
    objective = absorbed_at_tones(session, lossless, (Tone(1.0, 1e3),), ("l1",))
    with pytest.raises(NetworkError, match="resistor in the branch"):
        list(
            walk(
                objective,
                np.log([1e-3]),
                tuner=recipe("local", 1),
                bounds=BOUNDS,
                rng=np.random.default_rng(0),
                n_evaluations=50,
            )
        )
    with pytest.raises(PhyslearnError, match="no tuner 'magic'"):
        recipe("magic", 3)
    with pytest.raises(PhyslearnError, match="warm-up of 40"):
        next(
            walk(
                single_rlc,
                np.zeros(1),
                tuner=recipe("plain", 1),
                bounds=BOUNDS,
                rng=np.random.default_rng(0),
                n_evaluations=40,
            )
        )


def test_a_component_that_no_current_reaches_walks_unbraked(session: Session) -> None:
    network = small_network(5)
    dead_end = (
        Resistor("r90", "n1", "x", 1.0),
        Inductor("l90", "x", "y", 1e-3),
        Capacitor("c90", "y", "z", 1e-8),
    )
    network = Network((*network.elements, *dead_end), network.ports)
    assert network.stubs == ("z",)
    movable = network.names(Inductor, Capacitor)
    objective = absorbed_at_tones(session, network, (Tone(1.0, 40e3),), movable)
    now = objective(np.log(network.values(movable)))
    tuner = Tuner(local_brake(1.0), forget, 0.1, reference_share=1.0)
    factor = tuner.brake(now, reference_of(tuner, [now]))
    idle = np.array(["90" in name for name in movable])
    assert factor[idle] == pytest.approx(1.0)
    assert factor[~idle] == pytest.approx(0.5)


@pytest.mark.parametrize("value", [0.0, -1e-3, np.nan, np.inf])
def test_no_impossible_value_reaches_ngspice(session: Session, value: float) -> None:
    network = small_network(0)
    absorbed_at_tones(session, network, (Tone(1.0, 40e3),), network.names(Inductor))
    with pytest.raises(PhyslearnError, match=r"'l0'.*positive and finite"):
        session.alter(["l0"], [value])


def test_silent_and_doubled_tones_are_refused(session: Session) -> None:
    network = small_network(0)
    for tones, message in (
        ((Tone(0.0, 1e3),), "silent"),
        ((Tone(1.0, 1e3), Tone(2.0, 1e3)), "same frequency"),
        ((Tone(1e200, 1e3),), "too large"),
    ):
        with pytest.raises(PhyslearnError, match=message):
            absorbed_at_tones(session, network, tones, ("l0",))


def test_detectors_lag_and_saturate_as_an_rc_and_a_line_would() -> None:
    reference = Absorbed(1.0, np.array([1.0, np.inf]))
    off, on = (Absorbed(p, np.array([p, 0.0])) for p in (0.0, 1.0))

    def shows(detector: Detector, n: int) -> list[float]:
        """Total shown over n steps with the power on, after it was off for long."""
        detected, totals = settled(detector, off), []
        for _ in range(n):
            detected = detect(detector, detected, on, reference)
            seen = shown(detector, detected, reference)
            assert seen.own == pytest.approx([seen.total, 0.0])
            totals.append(seen.total)
        return totals

    assert shows(Detector(), 1) == [1.0]
    assert shows(Detector(delay=3), 5) == [0, 0, 0, 1, 1]
    n = np.arange(1, 9)
    assert shows(Detector(time=4.0), 8) == pytest.approx(1 - np.exp(-n / 4.0))
    late = shows(Detector(time=4.0, delay=2), 8)
    assert late == pytest.approx([0, 0, *(1 - np.exp(-n[:6] / 4.0))])
    assert shows(Detector(saturation=0.5), 1) == pytest.approx([1 / 3])


def test_a_reservoir_fills_on_surplus_and_starves_to_empty() -> None:
    detector = Detector(time=10.0, stores=True)
    need = Absorbed(2.0, np.array([1.0]))
    detected = settled(detector, Absorbed(9.0, np.array([9.0])))
    assert shown(detector, detected, need).total == 0
    for _ in range(20):
        detected = detect(detector, detected, Absorbed(3.0, np.array([1.5])), need)
    full = shown(detector, detected, need)
    assert (full.total, full.own[0]) == pytest.approx((2.0, 1.0))  # 20 steps, surplus / time each
    assert exponential_brake(full, need) == pytest.approx(np.exp(-1.0))
    for _ in range(20):
        detected = detect(detector, detected, Absorbed(0.0, np.array([1.5])), need)
    starved = shown(detector, detected, need)
    assert (starved.total, starved.own[0]) == pytest.approx((0.0, 2.0))


def test_correlated_noise_diffuses_as_white_noise_does() -> None:
    """Four hundred free walkers: variance s0^2 n, and an autocorrelation of exp(-1 / tau)."""
    free = Bounds(np.full(400, -1e9), np.full(400, 1e9))
    nothing = Absorbed(1.0, np.ones(400))
    tuner = Tuner(no_brake, forget, 0.1, warm_up=0, correlation=5.0, reference=1.0)
    state, _ = init(
        lambda x: nothing, np.zeros(400), tuner=tuner, bounds=free, rng=np.random.default_rng(4)
    )
    rng, n, shaking = np.random.default_rng(5), 400, []
    for _ in range(n):
        state, _info = step(state, lambda x: nothing, tuner=tuner, bounds=free, rng=rng)
        shaking.append(state.shaking)
    eta = np.array(shaking)
    assert state.x.var() == pytest.approx(0.01 * n, rel=0.2)  # three errors of 400 walkers
    assert eta.var() == pytest.approx(np.tanh(0.1), rel=0.05)  # (1 - a) / (1 + a)
    assert (eta[1:] * eta[:-1]).mean() / eta.var() == pytest.approx(np.exp(-0.2), abs=0.02)


def test_correlated_noise_leaves_the_walls_as_it_came() -> None:
    """An elastic mirror keeps a plain walk uniform; the noise would press it to the wall."""
    d = 200
    bounds, nothing = Bounds(np.zeros(d), np.ones(d)), Absorbed(1.0, np.ones(d))
    tuner = Tuner(no_brake, forget, 0.02, warm_up=0, correlation=20.0, reference=1.0)
    rng = np.random.default_rng(6)
    start = rng.random(d)
    state, _ = init(lambda x: nothing, start, tuner=tuner, bounds=bounds, rng=rng)
    at_a_wall = 0.0
    for _ in range(1000):
        state, _info = step(state, lambda x: nothing, tuner=tuner, bounds=bounds, rng=rng)
        at_a_wall += np.mean(np.abs(state.x - 0.5) > 0.45) / 1000
    assert at_a_wall == pytest.approx(0.1, abs=0.02)


def test_each_component_keeps_or_goes_back_by_its_own_power() -> None:
    def objective(x: NDArray[np.float64]) -> Absorbed:
        own = np.exp(-np.abs(x))
        return Absorbed(float(own.sum()), own)

    bounds = Bounds(np.full(30, -4.0), np.full(30, 4.0))
    tuner = Tuner(no_brake, leaky_latch(0.1), 0.3, warm_up=0, own_memory=True, reference=1.0)
    rng = np.random.default_rng(7)
    before, _ = init(objective, np.full(30, 2.0), tuner=tuner, bounds=bounds, rng=rng)
    seen: list[NDArray[np.float64]] = []

    def noted(x: NDArray[np.float64]) -> Absorbed:
        seen.append(x)
        return objective(x)

    after, info = step(before, noted, tuner=tuner, bounds=bounds, rng=rng)
    better = np.abs(seen[0]) <= 2.0
    assert 5 < better.sum() < 25
    assert np.array_equal(after.x, np.where(better, seen[0], 2.0))
    assert after.remembered_own is not None
    own = objective(after.x).own
    assert after.absorbed.own == pytest.approx(own)
    assert after.remembered_own == pytest.approx(np.where(better, own, 0.9 * own))
    assert after.absorbed.total == info.trial_power == objective(seen[0]).total


def test_references_that_are_given() -> None:
    now = Absorbed(1.0, np.array([0.2, 0.3, 0.5]))
    given = reference_of(Tuner(no_brake, forget, 0.1, reference=6.0), [now])
    assert (given.total, *given.own) == pytest.approx((6.0, 2.0, 2.0, 2.0))
    needed = reference_of(Tuner(no_brake, forget, 0.1, need=2.0), [now])
    assert (needed.total, *needed.own) == pytest.approx((6.0, 2.0, 2.0, 2.0))
    both = local_global_brake(0.5)(Absorbed(3.0, np.array([0.0, 8.0])), Absorbed(1.0, np.ones(2)))
    assert both == pytest.approx([0.5, 1 / 6])


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Detector(time=-1.0), "time constant is -1.0 steps: must be at least 0"),
        (lambda: Detector(stores=True), "time constant is 0.0 steps: must exceed 0"),
        (lambda: Detector(delay=-1), "delay is -1 steps"),
        (lambda: Detector(saturation=0.0), "saturates at 0.0 references"),
        (lambda: Tuner(no_brake, forget, 0.1, correlation=np.nan), "correlation time is nan"),
        (lambda: Tuner(no_brake, forget, 0.1, reference=0.0), r"reference is 0.0 W"),
        (lambda: Tuner(no_brake, forget, 0.1, need=1.0, reference=1.0), "give one of them"),
    ],
)
def test_impossible_parts_are_refused(build, message: str) -> None:
    with pytest.raises(PhyslearnError, match=message):
        build()
