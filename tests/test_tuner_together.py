"""Walkers in compiled company walk the very path that each would walk alone."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import NamedTuple

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
    SimulationError,
    Tone,
    complete,
)
from physlearn_spice.tuner import (
    RECIPES,
    Absorbed,
    Bounds,
    Detector,
    State,
    Tuner,
    around,
    exponential_brake,
    forget,
    global_brake,
    leaky_latch,
    local_brake,
    local_global_brake,
    no_brake,
    recipe,
    walk,
)
from physlearn_spice.tuner import listening as listening_module
from physlearn_spice.tuner.listening import absorbed_by_lanes, listening
from physlearn_spice.tuner.together import walk_together

TONES = (Tone(1.0, 40e3), Tone(0.5, 71e3))
N = 160


class Setting(NamedTuple):
    network: Network
    movable: tuple[str, ...]
    x: NDArray[np.float64]
    bounds: Bounds


@cache
def setting(seed: int = 0, *, factor: float = 2.0, dead_end: bool = False) -> Setting:
    edge = EdgeModel(resistance=LogUniform(2.0, 8.0))
    rng = np.random.default_rng(seed)
    network = complete(4, edge=edge, rng=rng, source_resistance=20.0)
    if dead_end:
        more = (
            Resistor("r90", "n1", "x", 1.0),
            Inductor("l90", "x", "y", 1e-3),
            Capacitor("c90", "y", "z", 1e-8),
        )
        network = Network((*network.elements, *more), network.ports)
    network = Network(network.elements, (*network.ports, Port("2", "n1", "n2", 30.0)))
    movable = network.names(Inductor, Capacitor)
    start = network.values(movable)
    return Setting(network, movable, np.log(start), around(start, factor))


def alone(
    where: Setting, tuner: Tuner, seed: int, n: int = N
) -> tuple[list[State], NDArray[np.float64]]:
    steps = walk(
        absorbed_by_lanes(where.network, TONES, where.movable),
        where.x,
        tuner=tuner,
        bounds=where.bounds,
        rng=np.random.default_rng(seed),
        n_evaluations=n,
    )
    states, powers = [], []
    for state, new in steps:
        states.append(state)
        powers += new
    return states, np.array(powers)


def together(
    where: Setting, tuner: Tuner, seeds: range | list[int], n: int = N
) -> tuple[list[State], NDArray[np.float64]]:
    parts = list(
        walk_together(
            listening(where.network, TONES, where.movable),
            where.x,
            tuner=tuner,
            bounds=where.bounds,
            rngs=[np.random.default_rng(seed) for seed in seeds],
            n_evaluations=n,
        )
    )
    counts = [states[0].n_evaluations for states, _ in parts]
    assert counts == np.cumsum([powers.shape[1] for _, powers in parts]).tolist()
    assert counts[0] == tuner.warm_up + 1
    assert counts[-1] == n
    return parts[-1][0], np.concatenate([powers for _, powers in parts], axis=1)


def assert_same(mine: State, other: State) -> None:
    exactly = {"rel": 1e-12, "abs": 1e-12}
    assert mine.n_evaluations == other.n_evaluations
    assert mine.x == pytest.approx(other.x, **exactly)
    assert mine.best_x == pytest.approx(other.best_x, **exactly)
    assert mine.absorbed.own == pytest.approx(other.absorbed.own, rel=1e-11)
    assert mine.reference.own == pytest.approx(other.reference.own, rel=1e-12)
    for part in ("detected", "shaking", "remembered_own"):
        a, b = getattr(mine, part), getattr(other, part)
        assert (a is None) == (b is None)
        for one, another in zip(a or (), b or (), strict=True) if part == "detected" else [(a, b)]:
            assert one is None or np.asarray(one) == pytest.approx(np.asarray(another), rel=1e-11)
    numbers = [
        (s.absorbed.total, s.reference.total, s.remembered, s.best_power) for s in (mine, other)
    ]
    assert numbers[0] == pytest.approx(numbers[1], rel=1e-11)


def assert_same_path(where: Setting, tuner: Tuner, counts: tuple[int, ...], n: int = N) -> None:
    paths = [alone(where, tuner, seed, n) for seed in range(max(counts))]
    for n_walkers in counts:
        states, powers = together(where, tuner, range(n_walkers), n)
        assert len(states) == n_walkers
        assert powers.shape == (n_walkers, n)
        for w, (state, mine) in enumerate(zip(states, powers, strict=True)):
            assert mine == pytest.approx(paths[w][1], rel=1e-11)
            assert_same(state, paths[w][0][-1])
            assert state.best_power == mine.max()


@pytest.mark.parametrize("name", RECIPES)
def test_every_recipe_walks_the_same_path(name) -> None:
    where = setting()
    assert_same_path(where, recipe(name, len(where.x)), (1, 3, 8))


EVERYTHING = Detector(time=3.0, delay=5, saturation=2.0)
PARTS = {
    "local times global": Tuner(local_global_brake(0.5), leaky_latch(0.05), 0.3),
    "low-pass": Tuner(local_brake(1.0), forget, 0.3, detector=Detector(time=4.0)),
    "delay": Tuner(global_brake(1.0), forget, 0.3, detector=Detector(delay=7)),
    "saturating": Tuner(exponential_brake, forget, 0.3, detector=Detector(saturation=0.5)),
    "correlated": Tuner(local_brake(1.0), leaky_latch(), 0.3, correlation=6.0),
    "own reservoirs": Tuner(
        local_brake(1.0), forget, 0.3, detector=Detector(time=5.0, delay=2, stores=True)
    ),
    "given": Tuner(local_brake(0.5), forget, 0.3, warm_up=0, reference=2e-2),
    "need": Tuner(local_brake(0.5), forget, 0.3, warm_up=3, need=2e-3),
    "everything": Tuner(
        local_global_brake(0.5),
        leaky_latch(0.05),
        0.3,
        warm_up=10,
        own_memory=True,
        detector=EVERYTHING,
        correlation=3.0,
    ),
}


@pytest.mark.parametrize("name", PARTS)
def test_every_part_walks_the_same_path(name) -> None:
    assert_same_path(setting(), PARTS[name], (1, 3))


@pytest.mark.parametrize("name", PARTS)
def test_every_part_is_heard(name) -> None:
    """Without it the path would be another."""
    where, tuner = setting(), PARTS[name]
    plain = Tuner(tuner.brake, tuner.memory, tuner.noise, tuner.warm_up)
    if name == "local times global":
        plain = replace(plain, brake=local_brake(0.5))
    _, powers = together(where, tuner, [0])
    _, without = together(where, plain, [0])
    assert not np.allclose(powers, without, rtol=1e-3)


@pytest.mark.parametrize("name", ["plain", "local-latch", "local-own-latch", "everything"])
def test_one_at_a_time_too(name) -> None:
    """Small moves are put right where they drift by 1e-9 of the power."""
    where = setting()
    tuner = PARTS[name] if name in PARTS else recipe(name, len(where.x))
    tuner = replace(tuner, one_at_a_time=True)
    for n_walkers in (1, 3):
        states, powers = together(where, tuner, range(n_walkers), 400)
        for seed, (state, mine) in enumerate(zip(states, powers, strict=True)):
            alike, theirs = alone(where, tuner, seed, 400)
            assert mine == pytest.approx(theirs, rel=1e-8)
            assert state.x == pytest.approx(alike[-1].x, rel=1e-8)


def test_walls_reflect_alike() -> None:
    """Steps as wide as the range fold several times."""
    where = setting(factor=1.1)
    assert_same_path(where, Tuner(no_brake, forget, 0.5, warm_up=5), (3,), 60)
    _, powers = together(where, Tuner(no_brake, forget, 0.5, warm_up=5), range(8), 60)
    assert np.isfinite(powers).all()
    parts = walk_together(
        listening(where.network, TONES, where.movable),
        where.x,
        tuner=Tuner(no_brake, forget, 0.5, warm_up=5),
        bounds=where.bounds,
        rngs=[np.random.default_rng(seed) for seed in range(8)],
        n_evaluations=60,
    )
    for states, _ in parts:
        for state in states:
            assert np.all((where.bounds.low <= state.x) & (state.x <= where.bounds.high))


def test_movable_resistors_walk_too() -> None:
    base = setting()
    movable = base.network.names(Resistor, Capacitor)
    start = base.network.values(movable)
    where = Setting(base.network, movable, np.log(start), around(start, 3.0))
    assert_same_path(where, recipe("local-latch", len(movable)), (2,))


def own_brake(now: Absorbed, reference: Absorbed) -> NDArray[np.float64]:
    share = now.own / reference.own
    return np.exp(-share) + 0.1 * np.sqrt(share)


def own_memory(remembered: float, power: float) -> tuple[bool, float]:
    return power > 0.7 * remembered, 0.5 * (remembered + power)


def closed_over(scale: float, weights: NDArray[np.float64]):
    return lambda now, reference: scale / (1 + now.total / reference.total) + 0 * weights


def test_ones_own_brake_and_memory_are_compiled() -> None:
    where = setting(1)
    closure = closed_over(0.7, np.ones(len(where.x)))
    for brake, memory in (
        (own_brake, own_memory),
        (closure, leaky_latch(0.1)),
        (lambda now, reference: 1 if now.total < reference.total else 0.5, own_memory),
    ):
        assert_same_path(where, Tuner(brake, memory, 0.2, warm_up=10), (2,), 80)


def test_a_dead_end_walks_unbraked_in_company_too() -> None:
    where = setting(dead_end=True)
    tuner = recipe("local", len(where.x))
    assert_same_path(where, tuner, (2,))
    for name in ("own reservoirs", "low-pass", "everything"):
        assert_same_path(where, PARTS[name], (2,))
    one_at_a_time = replace(PARTS["everything"], one_at_a_time=True)
    assert together(where, one_at_a_time, [1])[1] == pytest.approx(
        alone(where, one_at_a_time, 1)[1][None], rel=1e-8
    )
    states, _ = together(where, tuner, range(2))
    idle = np.array(["90" in name for name in where.movable])
    assert np.isinf(states[0].reference.own[idle]).all()
    assert np.isfinite(states[0].reference.own[~idle]).all()


@pytest.mark.parametrize("n", [41, 42, 41 + 512, 41 + 512 + 1])
def test_every_measurement_is_counted_over_chunks(n) -> None:
    where = setting()
    tuner = recipe("global-latch", len(where.x))
    _, powers = together(where, tuner, range(2), n)
    assert powers.shape == (2, n)
    assert np.isfinite(powers).all()


def test_company_changes_no_bit() -> None:
    where = setting(2)
    tuner = recipe("local-latch", len(where.x))
    _, eight = together(where, tuner, range(8))
    _, turned = together(where, tuner, [5, 2])
    assert np.array_equal(turned, eight[[5, 2]])


def test_generators_are_left_where_the_walk_ended() -> None:
    where = setting()
    tuner = recipe("plain", len(where.x))
    rng, other = np.random.default_rng(3), np.random.default_rng(3)
    heard = listening(where.network, TONES, where.movable)
    for _ in walk_together(
        heard, where.x, tuner=tuner, bounds=where.bounds, rngs=[rng], n_evaluations=N
    ):
        pass
    other.standard_normal((N - 1) * len(where.x))
    assert rng.standard_normal() == other.standard_normal()


def growths(where: Setting, tuner: Tuner, seed: int, n: int) -> NDArray[np.float64]:
    """Largest growth of each measurement of a walk."""
    heard: list[float] = []

    def look(state: listening_module.Listening) -> None:
        heard.append(float(state.growth[0]) ** 0.5)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(listening_module, "check_growth", look)
        alone(where, tuner, seed, n)
    return np.array(heard)


def test_what_goes_astray_on_the_way_is_seen(monkeypatch) -> None:
    """Not only at the end of a chunk, and not in the lanes that no walker uses."""
    where = setting()
    tuner = Tuner(no_brake, forget, 0.4, warm_up=3)
    n = 100
    calm, rest = min(range(1, 9), key=lambda s: growths(where, tuner, s, n).max()), 0
    found = growths(where, tuner, calm, n)
    assert len(found) == n
    assert 4 < np.argmax(found) < n - 1  # within the chunk
    monkeypatch.setattr(listening_module, "_GROWTH", 0.999 * found.max())
    assert found[-1] < listening_module._GROWTH
    with pytest.raises(SimulationError, match="engine='ngspice'"):
        together(where, tuner, [calm], n)
    monkeypatch.setattr(listening_module, "_GROWTH", 1.001 * found.max())
    together(where, tuner, [calm], n)
    assert growths(where, tuner, rest, n).max() > listening_module._GROWTH
    with pytest.raises(SimulationError):
        together(where, tuner, [calm, rest], n)


@pytest.mark.parametrize("one_at_a_time", [False, True])
def test_a_brake_that_gives_no_number_is_told(one_at_a_time) -> None:
    where = setting()
    states, _ = alone(where, Tuner(no_brake, forget, 0.3, warm_up=10), 0, 11)
    threshold = states[0].absorbed.total * 0.999

    def brake(now: Absorbed, reference: Absorbed) -> float:
        return np.sqrt(now.total - threshold) / np.sqrt(now.total)

    for memory in (forget, leaky_latch(0.5)):
        tuner = Tuner(brake, memory, 0.3, warm_up=10, one_at_a_time=one_at_a_time)
        with pytest.raises(PhyslearnError, match="brake gives no finite number"):
            together(where, tuner, [0], 300)


def test_refusals() -> None:
    where = setting()
    tuner = recipe("plain", len(where.x))
    for seeds in ([], range(9)):
        with pytest.raises(PhyslearnError, match=f"{len(seeds)} walkers"):
            together(where, tuner, seeds)
    with pytest.raises(PhyslearnError, match="warm-up of 40"):
        together(where, tuner, [0], 40)
    lossless = Network(
        (
            Resistor("r1", "a", "0", 1.0),
            Capacitor("c1", "a", "b", 1e-6),
            Inductor("l1", "b", "a", 1e-3),
            Inductor("l2", "a", "0", 1e-3),
        ),
        (Port("1", "a", "0", 50.0),),
    )
    bare = Setting(lossless, ("l2",), np.log([1e-3]), around([1e-3], 2.0))
    for name in ("local", "local-latch", "local-own-latch"):
        with pytest.raises(NetworkError, match="resistor in the branch"):
            together(bare, recipe(name, 1), [0])
    with pytest.raises(NetworkError, match="local memory needs a resistor"):
        together(bare, Tuner(no_brake, forget, 0.2, own_memory=True), [0])
    for brake in (global_brake(0.5), no_brake):
        _, powers = together(bare, Tuner(brake, forget, 0.2), [0])
        assert np.isfinite(powers).all()
