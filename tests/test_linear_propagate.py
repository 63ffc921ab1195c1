"""Exact transients: closed formulas, the modal form, ngspice, and the ledger."""

from __future__ import annotations

import math

import numpy as np
import pytest

from physlearn_spice import (
    Capacitor,
    Deck,
    EdgeModel,
    Inductor,
    Network,
    NetworkError,
    PhyslearnError,
    Port,
    Resistor,
    Source,
    Tone,
    Tran,
    complete,
    gnm,
)
from physlearn_spice.linear.modal.form import modal_admittance
from physlearn_spice.linear.modal.propagate import propagate
from physlearn_spice.measures import ledger
from physlearn_spice.ngspice import simulate
from physlearn_spice.results import Waveforms
from tests import random_networks


def times(stop: float, steps: int) -> np.ndarray:
    return np.linspace(0.0, stop, steps + 1)


def rlc(r: float, ind: float, c: float, source: float = 0.0) -> Network:
    elements = (
        Resistor("r1", "in", "a", r),
        Inductor("l1", "a", "b", ind),
        Capacitor("c1", "b", "0", c),
    )
    return Network(elements, (Port("1", "in", "0", source),))


def three_ports(seed: int) -> Network:
    inner = gnm(6, 11, edge=EdgeModel(), rng=np.random.default_rng(seed))
    more = (Port("b", "n2", "n3"), Port("c", "n1", "n2", 3.0))
    return Network(inner.elements, (*inner.ports, *more))


@pytest.mark.parametrize("steps", [3, 50])
@pytest.mark.parametrize("source", [0.0, 10.0])
def test_a_step_into_a_series_rlc_rings_as_in_the_textbook(steps: int, source: float) -> None:
    r, ind, c = 30.0, 1e-3, 1e-9
    t = times(1e-4, steps)
    waves = propagate(rlc(r - source, ind, c, source), {"1": np.full(len(t), 2.0)}, t[1])
    alpha, omega = r / (2 * ind), 1 / math.sqrt(ind * c)
    damped = math.sqrt(omega**2 - alpha**2)
    i = 2.0 / (damped * ind) * np.exp(-alpha * t) * np.sin(damped * t)
    np.testing.assert_allclose(waves.current("l1"), i, atol=1e-12 * i.max())
    np.testing.assert_allclose(waves.current("v1"), -i, atol=1e-12 * i.max())
    decay = np.cos(damped * t) + alpha / damped * np.sin(damped * t)
    np.testing.assert_allclose(waves.voltage("b"), 2 - 2 * np.exp(-alpha * t) * decay, atol=1e-11)
    np.testing.assert_allclose(waves.time, t, rtol=1e-15)


def test_a_ramp_into_an_rc_is_exact_at_any_step() -> None:
    network = Network(
        (Resistor("r1", "in", "a", 1e3), Capacitor("c1", "a", "0", 1e-6)), (Port("1", "in"),)
    )
    tau = 1e-3
    for step in (1e-8, 1e-3, 10.0):
        t = times(4 * step, 4)
        v = propagate(network, {"1": t / tau}, step).voltage("a")
        x = t / tau
        # x - (1 - exp(-x)), without the cancellation at small x
        small = x**2 / 2 - x**3 / 6
        np.testing.assert_allclose(v, np.where(x < 1e-3, small, x + np.expm1(-x)), rtol=1e-8)


@pytest.mark.parametrize("seed", range(30))
def test_half_the_step_with_the_same_straight_lines_gives_the_same(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = random_networks.random_network(rng, linear=True)
    step = 10.0 ** rng.uniform(-6, 0)
    u = {port.name: np.cumsum(rng.standard_normal(11)) for port in network.ports}
    fine = {name: np.interp(np.arange(21) / 2, np.arange(11), v) for name, v in u.items()}
    one, two = propagate(network, u, step), propagate(network, fine, step / 2)
    largest = {
        kind: max(np.abs(v).max() for name, v in two.vectors.items() if name[0] == kind)
        for kind in "iv"
    }
    for name, vector in one.vectors.items():
        # at a corner the current into a loop of capacitors is a mean of both sides
        if name.startswith("i(v"):
            continue
        scale = max(np.abs(vector).max(), 1e-6 * largest[name[0]])
        np.testing.assert_allclose(two.vectors[name][::2], vector, atol=1e-7 * scale, err_msg=name)


@pytest.mark.parametrize("points", [8, 16, 200])
def test_no_frequency_is_warped(points: int) -> None:
    """A tone joined by straight lines has its fundamental lowered by sinc^2, and no other error.

    Trapezoidal steps at 16 points per period shift the frequency by 1.3 %: over a bandwidth here.
    """
    network = rlc(5.0, 1e-3, 1e-9, 5.0)  # Q = 100
    form = modal_admittance(network, loaded=True)
    f0, q = form.f0[0], form.quality_factor[0]
    periods = 10 * int(q)
    t = times(periods / f0, periods * points)
    current = -propagate(network, {"1": np.sin(2 * np.pi * f0 * t)}, t[1]).current("v1")
    last = slice(-points, None)
    phasor = 2 * np.mean(current[last] * np.exp(-2j * np.pi * f0 * t[last])) * 1j
    # sampling folds the harmonics N k +- 1 onto the tone: far off resonance, so about 1 / Q small
    expected = form([f0])[0] * np.sinc(1 / points) ** 2
    assert abs(phasor / expected - 1) < 2 / (q * points)


def test_it_agrees_with_the_modal_form_of_a_network_in_steady_state() -> None:
    network = complete(5, edge=EdgeModel(), rng=np.random.default_rng(0))
    form = modal_admittance(network, loaded=True)
    f, points = 4e4, 400
    longest = 1 / np.abs(form.poles[form.poles.real < 0].real).min()
    periods = math.ceil(30 * longest * f)
    t = times(periods / f, periods * points)
    waves = propagate(network, {"1": np.cos(2 * np.pi * f * t)}, t[1])
    last = slice(-points, None)
    phasor = -2 * np.mean(waves.current("v1")[last] * np.exp(-2j * np.pi * f * t[last]))
    expected = form([f])[0] * np.sinc(1 / points) ** 2
    assert abs(phasor / expected - 1) < 1e-6  # the 399th harmonic's share falls as 1/399^2


def test_vectors_and_values_are_ngspice_s() -> None:
    network, stop = three_ports(0), 5e-5
    tones = {"1": Tone(1.0, 1e5), "b": Tone(0.5, 3e4, 1.0)}
    sources = {name: Source(waveform=tone) for name, tone in tones.items()}
    (theirs,) = simulate(Deck(network, (Tran(stop, 2e-9, at_rest=True),), sources))
    t = times(stop, 4000)
    ours = propagate(network, {name: tone(t) for name, tone in tones.items()}, t[1])
    assert set(ours.vectors) == set(theirs.vectors)
    for name, vector in ours.vectors.items():
        they = np.interp(t[50:], theirs.time, theirs.vectors[name])
        # both step through a source that starts with a jump; ngspice within reltol
        np.testing.assert_allclose(they, vector[50:], atol=3e-3 * np.abs(vector).max() + 1e-12)


def kirchhoff(network: Network, waves: Waveforms) -> float:
    """Largest current [of those that meet] missing at a node where no capacitor ends."""
    leaving: dict[str, np.ndarray] = {}
    passing: dict[str, np.ndarray] = {}
    zero = np.zeros(len(waves.time))
    capacitive = {"0"}
    for e in network.elements:
        if isinstance(e, Capacitor):
            capacitive |= {e.a, e.b}
            continue
        v = waves.voltage(e.a, e.b)
        i = v / e.value if isinstance(e, Resistor) else waves.current(e.name)
        for node, current in ((e.a, i), (e.b, -i)):
            leaving[node] = leaving.get(node, zero) + current
            passing[node] = passing.get(node, zero) + np.abs(current)
    for p in network.ports:
        i = waves.current(f"v{p.name}")
        for node, current in ((p.plus, i), (p.minus, -i)):
            leaving[node] = leaving.get(node, zero) + current
            passing[node] = passing.get(node, zero) + np.abs(current)
    return max(
        (np.abs(leaving[n]).max() / (passing[n].max() or 1.0) for n in leaving.keys() - capacitive),
        default=0.0,
    )


@pytest.mark.parametrize("seed", range(20))
def test_currents_add_up_at_every_instant(seed: int) -> None:
    rng = np.random.default_rng(seed)
    network = gnm(10, 16, edge=EdgeModel("one-of"), rng=rng)
    u = np.cumsum(rng.standard_normal(50))
    assert kirchhoff(network, propagate(network, {"1": u}, 1e-6)) < 1e-9


def test_the_ledger_s_residual_falls_as_the_square_of_the_step() -> None:
    network = three_ports(1)
    residual: list[float] = []
    for steps in (1000, 2000, 4000):
        t = times(1e-4, steps)
        u = {"1": np.sin(6e5 * t), "b": np.sin(2e5 * t)}
        residual.append(ledger(network, propagate(network, u, t[1])).residual)
    assert abs(residual[-1]) < 1e-4
    ratios = np.array(residual[:-1]) / np.array(residual[1:])
    np.testing.assert_allclose(ratios, 4, rtol=0.02)


def test_a_loop_of_capacitors_takes_the_mean_slope_at_a_corner() -> None:
    elements = (Capacitor("c1", "in", "0", 2e-6), Resistor("r1", "in", "0", 4.0))
    u = np.array([0.0, 1.0, 3.0, 3.0])
    waves = propagate(Network(elements, (Port("1", "in"),)), {"1": u}, 0.5)
    slope = np.array([2.0, 3.0, 2.0, 0.0])
    np.testing.assert_allclose(waves.current("v1"), -(u / 4 + 2e-6 * slope), rtol=1e-14)


def test_a_first_sample_is_a_step() -> None:
    elements = (
        Capacitor("c1", "in", "a", 1e-9),
        Capacitor("c2", "a", "0", 3e-9),
        Resistor("r1", "a", "0", 1e3),
    )
    waves = propagate(Network(elements, (Port("1", "in"),)), {"1": np.full(5, 8.0)}, 1e-6)
    expected = 2.0 * np.exp(-waves.time / (1e3 * 4e-9))  # divided 1 : 3 at once
    np.testing.assert_allclose(waves.voltage("a"), expected, rtol=1e-12)


def test_a_cut_set_of_inductors_keeps_kirchhoff_s_law() -> None:
    elements = (
        Inductor("l1", "in", "a", 1e-3),
        Inductor("l2", "a", "0", 2e-3),
        Inductor("l3", "a", "b", 3e-3),
        Resistor("r1", "b", "0", 50.0),
    )
    network = Network(elements, (Port("1", "in", "0", 5.0),))
    t = times(1e-4, 100)
    waves = propagate(network, {"1": np.sin(1e5 * t)}, t[1])
    largest = np.abs(waves.current("l1")).max()
    missing = waves.current("l1") - waves.current("l2") - waves.current("l3")
    np.testing.assert_allclose(missing, 0, atol=1e-14 * largest)
    flux = np.cumsum((waves.voltage("a")[1:] + waves.voltage("a")[:-1]) / 2) * t[1]
    np.testing.assert_allclose(2e-3 * waves.current("l2")[1:], flux, atol=1e-3 * np.abs(flux).max())


def test_a_run_goes_on_from_where_another_ended() -> None:
    network = three_ports(2)
    t = times(1e-4, 300)
    u = np.random.default_rng(0).standard_normal(len(t))
    whole = propagate(network, {"1": u, "c": -u}, t[1])
    first = propagate(network, {"1": u[:101], "c": -u[:101]}, t[1])
    state = {
        e.name: float(first.voltage(e.a, e.b)[-1])
        for e in network.elements
        if isinstance(e, Capacitor)
    }
    state |= {name: float(first.current(name)[-1]) for name in network.names(Inductor)}
    second = propagate(network, {"1": u[100:], "c": -u[100:]}, t[1], initial=state)
    for name, vector in whole.vectors.items():
        atol = 1e-9 * max(np.abs(vector).max(), 1e-6)  # some elements lead nowhere
        np.testing.assert_allclose(second.vectors[name][1:], vector[101:], atol=atol, err_msg=name)


def test_what_can_t_leave_stays() -> None:
    """A current around two inductors, a charge between two capacitors: for ever."""
    elements = (
        Inductor("l1", "a", "0", 1e-3),
        Inductor("l2", "a", "0", 3e-3),
        Resistor("r1", "a", "in", 10.0),
        Capacitor("c1", "in", "b", 1e-9),
        Capacitor("c2", "b", "in", 2e-9),
        Capacitor("c3", "b", "0", 3e-9),
    )
    network = Network(elements, (Port("1", "in", "0", 5.0),))
    initial = {"l1": 2.0, "l2": -2.0, "c3": 6.0}
    waves = propagate(network, {"1": np.zeros(20)}, 1.0, initial=initial)
    end = {name: float(waves.current(name)[-1]) for name in ("l1", "l2")}
    # b was cut off with 18 nC: it has them still, on 3 nF to ground and 3 nF to the shorted port
    assert waves.voltage("b")[-1] == pytest.approx(3.0, rel=1e-12)
    assert end == pytest.approx({"l1": 2.0, "l2": -2.0}, rel=1e-9)


def test_fast_and_slow_parts_fifteen_decades_apart() -> None:
    elements = (
        Resistor("r1", "in", "a", 1e-3),
        Capacitor("c1", "a", "0", 1e-12),  # 1e-15 s
        Resistor("r2", "in", "b", 1e3),
        Capacitor("c2", "b", "0", 1e-3),  # 1 s
        Resistor("r3", "a", "b", 1e9),
    )
    t = times(2.0, 200)
    waves = propagate(Network(elements, (Port("1", "in"),)), {"1": np.ones(201)}, t[1])
    rate = (1 / 1e3 + 1 / (1e9 + 1e-3)) / 1e-3
    np.testing.assert_allclose(waves.voltage("b"), -np.expm1(-rate * t), rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(waves.voltage("a")[1:], 1.0, rtol=1e-11)


def test_arguments_are_checked() -> None:
    network = rlc(30.0, 1e-3, 1e-9)
    for step in (0.0, -1.0, math.nan, math.inf):
        with pytest.raises(PhyslearnError, match="step"):
            propagate(network, {"1": [0.0, 1.0]}, step)
    for sources in ({}, {"1": [0.0]}, {"1": [[0.0, 1.0]]}):
        with pytest.raises(PhyslearnError, match="sources"):
            propagate(network, sources, 1.0)
    with pytest.raises(PhyslearnError, match="finite"):
        propagate(network, {"1": [0.0, math.nan]}, 1.0)
    with pytest.raises(NetworkError, match="no port 'x'"):
        propagate(network, {"x": [0.0, 1.0]}, 1.0)
    with pytest.raises(PhyslearnError, match="neither"):
        propagate(network, {"1": [0.0, 1.0]}, 1.0, initial={"r1": 1.0})
