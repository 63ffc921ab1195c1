"""The trapezoidal rule against its own theory, ngspice and the ledger."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from physlearn_spice.couplings import Coupling
from physlearn_spice.elements import Capacitor, Diode, Element, Inductor, Resistor
from physlearn_spice.errors import NetworkError, PhyslearnError
from physlearn_spice.linear import drive
from physlearn_spice.linear.trapezoid.run import port_transients, transient, transients
from physlearn_spice.measures import absorbed_power, ledger, mean_input_power, points_per_period
from physlearn_spice.netlist import Ac, Deck, Source, Tran, read_deck
from physlearn_spice.network import GROUND, Network, Port
from physlearn_spice.ngspice import simulate
from physlearn_spice.results import Spectrum, Waveforms
from physlearn_spice.stimulus import Multitone, Samples, Stimulus, Tone
from tests.benches import series_rlc

F = 100e3
SEEDS = range(6)


def element(k: int, a: str, b: str, rng: np.random.Generator) -> Element:
    match rng.integers(3):
        case 0:
            return Resistor(f"r{k}", a, b, float(10 ** rng.uniform(1, 3)))
        case 1:
            return Inductor(f"l{k}", a, b, float(10 ** rng.uniform(-4, -2)))
        case _:
            return Capacitor(f"c{k}", a, b, float(10 ** rng.uniform(-9, -7)))


def mesh(seed: int, n: int = 12, ports: tuple[Port, ...] = (Port("1", "n1", "0", 50.0),)):
    """A random tree and as many edges more, one element each: open ends, series and loops of all
    kinds. A resistor from end to end makes it settle.
    """
    rng = np.random.default_rng(seed)
    nodes = [GROUND, *(f"n{k}" for k in range(1, n))]
    pairs = [(nodes[k], nodes[rng.integers(k)]) for k in range(1, n)]
    pairs += [tuple(rng.permutation(nodes)[:2].tolist()) for _ in range(n)]
    elements = [element(k, *pair, rng) for k, pair in enumerate(pairs)]
    return Network((*elements, Resistor("r", "n1", "0", 300.0)), ports)


THREE = (Port("1", "n1", "n4", 50.0), Port("2", "n2"), Port("3", "n3", "n5", 20.0))
IDEAL = (Port("1", "n1"), Port("2", "n2"), Port("3", "n3", "n2"))


def settled(network: Network, tones: dict[str, Tone], step: float, time: np.ndarray):
    """What the rule leaves of tones at F when all has settled: AC at (2 / h) tan(omega h / 2).

    States at t = 0, and the waveforms.
    """
    warped = math.tan(math.pi * F * step) / (math.pi * step)
    total: dict[str, Any] = {}
    states: dict[str, float] = {}
    for port, tone in tones.items():
        r = drive(network, warped, port=port, keep=True)
        phasor = -1j * tone.amplitude * np.exp(1j * tone.phase)  # Re(phasor e^jwt) is the sine
        of = {f"v({n})": r.voltage(n)[0] for n in network.nodes if n != GROUND}
        of |= {f"i({name})": r.current(name)[0] for name in network.names(Inductor)}
        of |= {f"i(v{p.name})": -r.port_current(p.name)[0] for p in network.ports}
        total = {name: total.get(name, 0.0) + phasor * x for name, x in of.items()}
        for e in network.elements:
            if not isinstance(e, Resistor):
                x = r.current(e.name) if isinstance(e, Inductor) else r.voltage(e.a, e.b)
                states[e.name] = states.get(e.name, 0.0) + float(np.real(phasor * x[0]))
    turns = np.exp(2j * np.pi * F * time)
    return states, {name: np.real(x * turns) for name, x in total.items()}


def same(found: Waveforms, exact: dict[str, np.ndarray], share: float) -> None:
    """Agree to a share of the largest voltage or current of all."""
    assert set(found.vectors) == set(exact)
    for letter in "vi":
        names = [name for name in exact if name.startswith(letter)]
        largest = max(np.abs(exact[name]).max() for name in names)
        for name in names:
            np.testing.assert_allclose(
                found.vectors[name], exact[name], rtol=0, atol=share * largest, err_msg=name
            )


# --- theory --------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("ports", [(Port("1", "n1", "0", 50.0),), THREE], ids=["one", "three"])
@pytest.mark.parametrize(("n", "share"), [(8, 1e-10), (40, 1e-10), (1000, 1e-8)])
def test_settled_is_ac_at_the_warped_frequency(seed: int, ports, n: int, share: float) -> None:
    """(2 / h) tan(omega h / 2): an identity for every waveform, also of several driven ports.

    What rounding takes grows with 4 L C / h^2, of coils beside capacitors: 5e6 at 1000 points.
    """
    network = mesh(seed, ports=ports)
    step = 1 / F / n
    tones = (
        {"1": Tone(1.0, F, 0.3), "3": Tone(-2.0, F, 1.1)}
        if len(ports) > 1
        else {"1": Tone(1.0, F, 0.3)}
    )
    time = np.linspace(0.0, 3 / F, 3 * n + 1)
    states, exact = settled(network, tones, step, time)
    found = transient(network, tones, stop=3 / F, step=step, initial=states)
    np.testing.assert_allclose(found.time, time, rtol=1e-14)
    same(found, exact, share)


@pytest.mark.parametrize("seed", SEEDS)
def test_large_networks_go_through_sparse_columns(seed: int) -> None:
    network = mesh(seed, n=120)
    time = np.linspace(0.0, 1 / F, 41)
    tones = {"1": Tone(1.0, F, 0.3)}
    states, exact = settled(network, tones, 1 / F / 40, time)
    same(transient(network, tones, stop=1 / F, step=1 / F / 40, initial=states), exact, 1e-10)


@pytest.mark.parametrize("seed", SEEDS)
def test_ideal_sources_across_capacitors_do_not_ring(seed: int) -> None:
    """Their current is C de/dt from the first instant on, as the rule has it."""
    network = mesh(seed, ports=IDEAL)
    more = (Capacitor("cx", "n1", "0", 1e-9), Capacitor("cy", "n1", "n2", 2e-9))
    network = replace(network, elements=(*network.elements, *more))
    tones = {"1": Tone(1.0, F)}  # of one port: each by itself obeys its loop's law
    time = np.linspace(0.0, 2 / F, 201)
    states, exact = settled(network, tones, 1e-2 / F, time)
    found = transient(network, tones, stop=2 / F, step=1e-2 / F, initial=states)
    same(found, exact, 1e-9)


def test_second_order_against_the_textbook() -> None:
    """A step into a series RLC: errors fall by 4 as the step is halved."""
    network = series_rlc(quality_factor=8.0, f0=F)
    values = dict(zip("rlc", network.values(["r1", "l1", "c1"]), strict=True))
    alpha = values["r"] / (2 * values["l"])
    damped = math.sqrt(1 / (values["l"] * values["c"]) - alpha**2)
    jump = Samples(np.ones(2), 1e3)
    errors = []
    for n in (50, 100, 200):
        waves = transient(network, {"1": jump}, stop=5 / F, step=1 / F / n)
        t = waves.time
        exact = np.exp(-alpha * t) * np.sin(damped * t) / (damped * values["l"])
        errors.append(np.abs(waves.current("l1") - exact).max() / exact.max())
    orders = np.log2(np.divide(errors[:-1], errors[1:]))
    np.testing.assert_allclose(orders, 2.0, atol=0.02)


@pytest.mark.parametrize("loaded_q", [10.0, 300.0])
def test_power_by_the_rule_for_points_per_period(loaded_q: float) -> None:
    """To the 1e-3 that is asked for, and 2 exp(-13) that is left of the transient."""
    z = 2 * math.pi * F * 1e-3
    network = series_rlc(quality_factor=1.25 * loaded_q, f0=F, source_resistance=0.2 * z / loaded_q)
    begin = math.ceil(13 * loaded_q / math.pi) / F
    step = 1 / F / points_per_period(loaded_q, 1e-3)
    waves = transient(network, {"1": Tone(1.0, F)}, stop=begin + 20 / F, step=step)
    (ac,) = simulate(Deck(network, (Ac(F, F, 1, "lin"),), {"1": Source(ac=1.0)}))
    assert isinstance(ac, Spectrum)
    power = mean_input_power(network, waves, since=begin)
    assert power == pytest.approx(float(absorbed_power(network, ac)[0]), rel=1e-3 + 5e-6)


# --- the ledger ----------------------------------------------------------------------------------

DRIVES: dict[str, dict[str, Stimulus]] = {
    "tones": {"1": Multitone((Tone(1.0, F), Tone(2.0, 1.7 * F)))},
    "ports": {"1": Tone(1.0, F), "2": Tone(0.5, 1.3 * F), "3": Tone(2.0, 0.6 * F)},
    "steps": {"1": Samples(np.array([1.0, 1.0, -1.0, -1.0]), F), "3": Tone(1.0, F, 1.0)},
}


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("which", DRIVES)
@pytest.mark.parametrize("n", [3, 50])
def test_the_ledger_closes_to_rounding(seed: int, which: str, n: int) -> None:
    """Each step's mean voltage times its mean current is an identity of the rule, at any step."""
    network = mesh(seed, ports=THREE)
    waves = transient(network, DRIVES[which], stop=10 / F, step=1 / F / n)
    account = ledger(network, waves)
    assert abs(account.residual) < 1e-12
    assert sum(account.dissipated.values()) > 0
    ports = port_transients(network, DRIVES[which], stop=10 / F, step=1 / F / n)
    for p in network.ports:
        energy = ports.energy(p.name)
        assert energy.shape == waves.time.shape
        assert energy[-1] == pytest.approx(account.energy_in[p.name], rel=1e-12, abs=1e-20)


# --- ngspice -------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_as_ngspice_from_its_own_state_on(seed: int) -> None:
    """Once its step is the longest it is ours; what differs are 1e-12 of its conductances."""
    network = mesh(seed)
    step = 1 / F / 100
    (its,) = simulate(Deck(network, (Tran(8 / F, step),), {"1": Source(waveform=Tone(1.0, F))}))
    assert isinstance(its, Waveforms)
    full = np.abs(np.diff(its.time) / step - 1) < 1e-6
    first, last = 200, len(its.time) - 4
    assert full[first:last].all()
    initial = {name: its.current(name)[first] for name in network.names(Inductor)}
    for e in network.elements:
        if isinstance(e, Capacitor):
            initial[e.name] = its.voltage(e.a, e.b)[first]
    begin, stop = its.time[[first, last]].tolist()
    ours = transient(
        network, {"1": Tone(1.0, F)}, begin=begin, stop=stop, step=step * 1.000001, initial=initial
    )
    np.testing.assert_allclose(ours.time, its.time[first : last + 1], rtol=1e-9)
    vectors = {name: v[first : last + 1] for name, v in its.vectors.items() if name in ours.vectors}
    same(ours, vectors, 1e-8)
    assert set(its.vectors) - set(ours.vectors) == {"v(port1_s)"}


# --- the start -----------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_a_run_can_be_continued(seed: int) -> None:
    """From the currents of its inductors and the voltages of its capacitors alone."""
    network = mesh(seed, ports=THREE)
    stimuli = DRIVES["tones"]
    whole = transient(network, stimuli, stop=4 / F, step=1e-2 / F)
    initial = {name: float(whole.current(name)[200]) for name in network.names(Inductor)}
    for e in network.elements:
        if isinstance(e, Capacitor):
            initial[e.name] = float(whole.voltage(e.a, e.b)[200])
    rest = transient(network, stimuli, begin=2 / F, stop=4 / F, step=1e-2 / F, initial=initial)
    same(rest, {name: v[200:] for name, v in whole.vectors.items()}, 1e-9)


def test_states_within_a_branch() -> None:
    """Two capacitors and two coils in series keep each its own voltage; they ring as one LC."""
    network = Network(
        (
            Inductor("l1", "n", "a", 1e-3),
            Capacitor("c1", "b", "a", 1e-9),
            Inductor("l2", "b", "c", 3e-3),
            Capacitor("c2", "c", "0", 2e-9),
        ),
        (Port("1", "n"),),
    )
    omega = 1 / math.sqrt(4e-3 * (2e-9 / 3))
    step = 0.01 / omega
    waves = transient(network, {}, stop=10 / omega, step=step, initial={"c1": 1.0, "c2": 4.0})
    rings = np.cos(2 / step * math.atan(omega * step / 2) * waves.time)
    current = waves.current("l1")
    # -1 + 4 = 3 V swing, two thirds of them on c1
    np.testing.assert_allclose(waves.voltage("a", "b"), -1 - 2 * (1 - rings), atol=1e-9)
    np.testing.assert_allclose(waves.voltage("c"), 4 - (1 - rings), atol=1e-9)
    np.testing.assert_allclose(waves.voltage("n", "a"), -3 / 4 * rings, atol=1e-9)
    np.testing.assert_allclose(waves.voltage("b", "c"), -9 / 4 * rings, atol=1e-9)
    np.testing.assert_allclose(waves.current("l2"), current, rtol=0, atol=0)
    np.testing.assert_allclose(waves.current("v1"), -current, rtol=0, atol=1e-18)
    assert abs(ledger(network, waves).residual) < 1e-15


def test_a_source_may_jump_at_first() -> None:
    """Into an RC behind Rs: the first current is e / (Rs + R), before anything is charged."""
    network = Network(
        (Resistor("r1", "in", "a", 40.0), Capacitor("c1", "a", "0", 1e-8)),
        (Port("1", "in", "0", 10.0),),
    )
    waves = transient(network, {"1": Tone(3.0, F, math.pi / 2)}, stop=1 / F, step=1e-3 / F)
    assert waves.current("v1")[0] == pytest.approx(-3.0 / 50.0, rel=1e-12)
    assert waves.voltage("a")[0] == 0
    assert abs(ledger(network, waves).residual) < 1e-13


# --- many at once --------------------------------------------------------------------------------


@pytest.mark.parametrize("n_runs", [2, 11])
@pytest.mark.parametrize("size", [12, 120])
def test_many_runs_are_the_single_ones(n_runs: int, size: int) -> None:
    network = mesh(3, n=size, ports=THREE)
    rng = np.random.default_rng(1)
    values = {
        e.name: network.values([e.name]) * rng.uniform(0.5, 2, n_runs)
        for e in network.elements[:10]
    }
    each = [Tone(1.0, F * (1 + 0.1 * k), 0.2 * k) for k in range(n_runs)]
    stimuli = {"1": each, "3": Tone(1.0, F)}
    times = {"stop": 1 / F, "step": 1e-2 / F}
    all_runs = transients(network, stimuli, values=values, threads=2, **times)
    ports = port_transients(network, stimuli, values=values, **times)
    assert len(all_runs) == n_runs
    for k, run in enumerate(all_runs):
        changed = network.with_values(list(values), [v[k] for v in values.values()])
        single = transient(changed, {"1": each[k], "3": Tone(1.0, F)}, **times)
        same(run, dict(single.vectors), 1e-12)
        assert run.provenance.altered == {name: v[k] for name, v in values.items()}
        for p in network.ports:
            assert ports.voltage[p.name].shape == (n_runs, len(run.time))
            across = run.voltage(p.plus, p.minus)
            np.testing.assert_allclose(ports.voltage[p.name][k], across, rtol=0, atol=1e-12)
            np.testing.assert_allclose(
                ports.current[p.name][k], -run.current(f"v{p.name}"), rtol=0, atol=1e-13
            )


def test_sets_broadcast() -> None:
    network = mesh(1)
    values = {"r": np.array([[100.0], [200.0]])}
    each = [Tone(1.0, F), Tone(1.0, 2 * F), Tone(1.0, 3 * F)]
    found = port_transients(network, {"1": each}, values=values, stop=1 / F, step=0.1 / F)
    assert found.current["1"].shape == (2, 3, 11)
    changed = network.with_values(["r"], [200.0])
    single = port_transients(changed, {"1": each[1]}, stop=1 / F, step=0.1 / F)
    assert single.current["1"].shape == (11,)
    np.testing.assert_allclose(found.current["1"][1, 1], single.current["1"], atol=1e-15)


# --- what is said and refused --------------------------------------------------------------------


def test_the_provenance_is_a_deck() -> None:
    network = mesh(2)
    waves = transient(network, {"1": Tone(1.0, F)}, stop=1 / F, step=1e-2 / F)
    deck = read_deck(waves.provenance.loaded)
    assert deck.network == network
    (analysis,) = deck.analyses
    assert isinstance(analysis, Tran)
    assert (analysis.stop, analysis.max_step) == pytest.approx((1 / F, 1e-2 / F), rel=1e-12)
    assert "linear" in waves.provenance.engine
    assert any("100 steps" in note for note in waves.provenance.notes)


def test_steps_are_of_one_length_and_not_longer_than_asked_for() -> None:
    waves = transient(mesh(2), {"1": Tone(1.0, F)}, stop=1.0e-5, step=3e-6)
    np.testing.assert_allclose(waves.time, np.linspace(0, 1e-5, 5), rtol=1e-15)


GOOD: dict[str, Any] = {"stop": 1 / F, "step": 1e-2 / F}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 0.0}, "steps of 0.0 s"),
        ({"step": -1e-7}, "steps of -1e-07 s"),
        ({"step": math.nan}, "steps of nan s"),
        ({"step": 2 / F}, "not longer"),
        ({"stop": 0.0}, "begin before it stops"),
        ({"stop": math.nan}, "begin before it stops"),
        ({"begin": 1.0}, "begin before it stops"),
        ({"initial": {"r": 1.0}}, "resistor 'r' has nothing"),
        ({"initial": {"c99": 1.0}}, "no element 'c99'"),
        ({"initial": {"l1": math.nan}}, "inductor 'l1' = nan"),
        ({"values": {"r": math.nan}}, "resistor 'r': value = nan"),
        ({"values": {"r": [1.0, -1.0]}}, "resistor 'r': value = -1.0"),
        ({"values": {"c99": 1.0}}, "no element 'c99'"),
    ],
)
def test_bad_input_is_named(change: dict[str, Any], message: str) -> None:
    elements = (Resistor("r", "n", "a", 1.0), Inductor("l1", "a", "0", 1e-3))
    network = Network(elements, (Port("1", "n", "0", 50.0),))
    with pytest.raises(PhyslearnError, match=message):
        transients(network, {"1": Tone(1.0, F)}, **{**GOOD, **change})


def test_unknown_ports_and_nonlinear_elements_are_named() -> None:
    network = mesh(1)
    with pytest.raises(NetworkError, match="no port 'x'"):
        transient(network, {"x": Tone(1.0, F)}, **GOOD)
    diode = replace(network, elements=(*network.elements, Diode("d1", "n1", "0")))
    with pytest.raises(NetworkError, match="d1"):
        transient(diode, {"1": Tone(1.0, F)}, **GOOD)
    coils = (Inductor("lx", "n1", "0", 1e-3), Inductor("ly", "n2", "0", 1e-3))
    coupled = Network(
        (*network.elements, *coils), network.ports, (Coupling("k1", "lx", "ly", 0.5),)
    )
    with pytest.raises(NetworkError, match="k1"):
        transient(coupled, {"1": Tone(1.0, F)}, **GOOD)


@pytest.mark.parametrize(
    ("elements", "initial", "message"),
    [
        (
            (Inductor("l1", "n", "a", 1e-3), Inductor("l2", "a", "0", 1e-3)),
            {"l1": 1.0, "l2": 2.0},
            "'l1', 'l2' are in series",
        ),
        (
            (
                Inductor("l1", "n", "a", 1e-3),
                Inductor("l2", "a", "0", 1e-3),
                Inductor("l3", "a", "0", 1e-3),
            ),
            {"l1": 1.0},
            "'l1', 'l2', 'l3' must add up to zero",
        ),
        (
            (
                Resistor("r1", "n", "a", 1.0),
                Capacitor("c1", "a", "0", 1e-9),
                Capacitor("c2", "0", "a", 1e-9),
            ),
            {"c1": 1.0, "c2": 1.0},
            "'c[12]', 'c[12]' must add up to zero around",
        ),
        (
            (Resistor("r1", "n", "0", 1.0), Capacitor("c1", "n", "a", 1e-9)),
            {"c1": 1.0},
            "capacitor 'c1' = 1.0, but no current",
        ),
    ],
)
def test_a_start_that_is_none_is_named(elements, initial, message: str) -> None:
    network = Network(elements, (Port("1", "n", "0", 50.0),))
    with pytest.raises(NetworkError, match=message):
        transient(network, {"1": Tone(1.0, F)}, initial=initial, **GOOD)


def test_a_jump_across_capacitors_alone_is_named() -> None:
    network = Network((Capacitor("c1", "n", "0", 1e-9),), (Port("1", "n"),))
    with pytest.raises(NetworkError, match="'c1' and of the source, 2 V at first"):
        transient(network, {"1": Tone(2.0, F, math.pi / 2)}, **GOOD)
    waves = transient(network, {"1": Tone(2.0, F, math.pi / 2)}, initial={"c1": 2.0}, **GOOD)
    np.testing.assert_allclose(
        waves.voltage("n"), 2 * np.cos(2 * np.pi * F * waves.time), atol=1e-14
    )
