"""What walkers hear through the linear engine is what ngspice and the referee say."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice import (
    Capacitor,
    EdgeModel,
    Inductor,
    LogUniform,
    Network,
    NetworkError,
    Port,
    Resistor,
    SimulationError,
    StimulusError,
    Tone,
    complete,
    gnm,
)
from physlearn_spice.errors import Status
from physlearn_spice.linear.lanes import LANES
from physlearn_spice.ngspice import Session
from physlearn_spice.tuner import absorbed_at_tones
from physlearn_spice.tuner.listening import absorbed_by_lanes, listening, measure
from tests.referee_mp import far_from, referee

TONES = (Tone(0.5, 40e3), Tone(-1.0, 71e3), Tone(2.0, 23e3))
EDGES = {
    "series": EdgeModel(resistance=LogUniform(2.0, 8.0)),
    "one of": EdgeModel(
        "one-of", inductor_esr=LogUniform(1.0, 9.0), capacitor_esr=LogUniform(1.0, 9.0)
    ),
}


def network_of(seed: int) -> Network:
    rng = np.random.default_rng(seed)
    edge = list(EDGES.values())[seed % 2]
    network = gnm(6, 9, edge=edge, rng=rng, source_resistance=(0.0, 20.0)[seed // 2 % 2])
    if seed % 3 == 0:
        return network
    # one of them floats
    ports = (*network.ports, Port("2", "n1", "n2", 30.0), Port("3", "n3", "0", 5.0))
    return replace(network, ports=ports)


def moved_at(network: Network, movable: tuple[str, ...], seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return np.log(network.values(movable)) + 0.3 * rng.standard_normal(len(movable))


@pytest.mark.parametrize("seed", range(12))
def test_objectives_agree(seed) -> None:
    """Every kind moves, resistors too; loads at other ports carry current and count for nothing."""
    network = network_of(seed)
    movable = network.names(Resistor, Inductor, Capacitor)[: 9 + seed]
    x = moved_at(network, movable, seed)
    ours = absorbed_by_lanes(network, TONES, movable)(x)
    theirs = absorbed_at_tones(Session(), network, TONES, movable)(x)
    assert ours.total == pytest.approx(theirs.total, rel=1e-9)
    assert ours.own == pytest.approx(theirs.own, rel=1e-9, abs=1e-12 * theirs.total, nan_ok=True)


@pytest.mark.parametrize("seed", range(6))
def test_total_is_the_referees(seed) -> None:
    network = network_of(seed)
    movable = network.names(Resistor, Inductor, Capacitor)
    x = moved_at(network, movable, seed)
    values = dict(zip(movable, map(float, np.exp(x)), strict=True))
    exact = sum(
        tone.amplitude**2 * referee(network, tone.frequency, values=values).power for tone in TONES
    )
    assert far_from(absorbed_by_lanes(network, TONES, movable)(x).total, exact) < 1e-11


def test_every_lane_hears_its_own_walker() -> None:
    network = network_of(1)
    movable = network.names(Inductor, Capacitor)
    xs = np.array([moved_at(network, movable, seed) for seed in range(LANES)])
    heard = listening(network, TONES, movable)
    measure(heard, np.ascontiguousarray(xs.T).reshape(-1))
    alone = absorbed_by_lanes(network, TONES, movable)
    own = heard.own_power.reshape(-1)[: len(movable) * LANES].reshape(-1, LANES)
    for w, x in enumerate(xs):
        one = alone(x)
        assert heard.total[w] == one.total
        assert np.array_equal(own[:, w], one.own, equal_nan=True)


def test_what_moved_is_forgotten() -> None:
    """The same place is heard alike, wherever the walker was in between."""
    network = network_of(2)
    movable = network.names(Inductor, Capacitor, Resistor)
    objective = absorbed_by_lanes(network, TONES, movable)
    here, there = (moved_at(network, movable, seed) for seed in (0, 1))
    first = objective(here)
    objective(there)
    again = objective(here)
    assert first.total == again.total
    assert np.array_equal(first.own, again.own, equal_nan=True)


def test_without_a_resistor_in_the_branch_the_own_power_is_unknown() -> None:
    elements = (
        Resistor("r1", "a", "b", 1.0),
        Capacitor("c1", "b", "0", 1e-6),
        Inductor("l1", "b", "0", 1e-3),
    )
    network = Network(elements, (Port("1", "a", "0", 50.0),))
    own = absorbed_by_lanes(network, TONES, ("l1", "r1"))(np.log([1e-3, 1.0])).own
    assert np.isnan(own[0])
    assert own[1] > 0


def test_a_dead_end_absorbs_nothing() -> None:
    network = complete(4, edge=EDGES["series"], rng=np.random.default_rng(5))
    dead = (Resistor("r90", "n1", "x", 1.0), Inductor("l90", "x", "y", 1e-3))
    network = Network((*network.elements, *dead), network.ports)
    own = absorbed_by_lanes(network, TONES, ("l90", "l0"))(np.log([1e-3, 1e-3])).own
    assert own[0] == 0
    assert own[1] > 0


def test_what_cannot_be_heard_right_is_refused() -> None:
    """L and C in parallel cancel to eps, and all that is left of the pivot is rounding."""
    w = 2 * np.pi * 1e3
    elements = (
        Resistor("r1", "a", "b", 1.0),
        Inductor("l1", "b", "0", 1e-3),
        Capacitor("c1", "b", "0", 1 / (w**2 * 1e-3)),
        Inductor("l2", "b", "c", 1e9),
        Resistor("r2", "c", "a", 1e9),
    )
    network = Network(elements, (Port("1", "a", "0", 50.0),))
    objective = absorbed_by_lanes(network, (Tone(1.0, 1e3),), ("r1",))
    with pytest.raises(SimulationError, match="engine='ngspice'") as caught:
        objective(np.zeros(1))
    assert caught.value.status is Status.INACCURATE


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_no_number_is_no_measurement(wrong) -> None:
    network = network_of(0)
    objective = absorbed_by_lanes(network, TONES, network.names(Inductor)[:1])
    with pytest.raises(SimulationError):
        objective(np.array([wrong]))


def test_refusals_are_those_of_ngspices_objective() -> None:
    network = network_of(0)
    for tones, message in (
        ((Tone(0.0, 1e3),), "silent"),
        ((Tone(1.0, 1e3), Tone(2.0, 1e3)), "same frequency"),
        ((Tone(1e200, 1e3),), "too large"),
    ):
        with pytest.raises(StimulusError, match=message):
            absorbed_by_lanes(network, tones, network.names(Inductor)[:1])
    lossless = Network((Inductor("l1", "a", "0", 1.0),), (Port("1", "a", "0", 50.0),))
    with pytest.raises(NetworkError, match="absorbs nothing"):
        absorbed_by_lanes(lossless, TONES, ("l1",))
