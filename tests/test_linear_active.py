"""The linear engine with couplings and controlled sources: fifty digits, theory, ngspice."""

from __future__ import annotations

from dataclasses import replace

import mpmath
import numpy as np
import pytest

from physlearn_spice import (
    Ac,
    Capacitor,
    Cccs,
    Ccvs,
    Coupling,
    Deck,
    Diode,
    EdgeModel,
    Inductor,
    Network,
    Port,
    Resistor,
    Source,
    Vccs,
    Vcvs,
    complete,
    gnm,
    linear,
)
from physlearn_spice.errors import NetworkError, SimulationError, Status
from physlearn_spice.linear.active import drive as active
from physlearn_spice.ngspice import simulate
from tests.multiprecision import Exact
from tests.random_networks import random_network, with_controlled, with_couplings
from tests.reference import Solution

EPS = float(np.finfo(float).eps)
PORT = Port("1", "a")
F = np.geomspace(1e3, 1e6, 25)
S = 2j * np.pi * F


def drawn(seed: int) -> Network:
    """A network over eighteen decades of values, with everything that is linear."""
    rng = np.random.default_rng(seed)
    return with_controlled(with_couplings(random_network(rng, linear=True), rng), rng)


def made(seed: int) -> Network:
    """A network of values that go together."""
    rng = np.random.default_rng(seed)
    graph = (
        complete(4, edge=EdgeModel(), rng=rng)
        if seed % 2
        else gnm(8, 14, edge=EdgeModel(), rng=rng)
    )
    return with_controlled(with_couplings(graph, rng), rng)


# --- against more digits -------------------------------------------------------------------------


@pytest.mark.parametrize("others", ["closed", "short", "open"])
@pytest.mark.parametrize("seed", range(16))
def test_fifty_digits_agree_within_the_stated_errors(seed, others) -> None:
    network = drawn(seed)
    port = network.ports[-1].name
    frequency = 10 ** np.random.default_rng(seed).uniform(2, 7, 1)
    try:
        exact = Exact(network, 2 * np.pi * frequency[0], port, others)
    except ZeroDivisionError:  # two ports on the same nodes, or sources that fix a voltage twice
        with pytest.raises((NetworkError, SimulationError), match=r"driven port|singular"):
            linear.drive(network, frequency, port=port, others=others)
        return
    found = linear.drive(network, frequency, port=port, others=others, keep=True)

    def off(value, of) -> float:
        return float(abs(mpmath.mpmathify(complex(value)) / of - 1))

    assert off(found.admittance[0], exact.admittance) < found.admittance_error[0] + 4 * EPS
    assert off(found.absorbed_power[0], exact.power) < found.power_error[0] + 4 * EPS
    assert found.admittance_error[0] < 1e-9
    largest = max(abs(exact.voltage(node)) for node in network.nodes)
    for node in network.nodes:
        assert abs(complex(found.voltage(node)[0]) - exact.voltage(node)) < 1e-9 * largest
    largest = max(abs(exact.current(e.name)) for e in network.elements)
    for e in network.elements:
        assert abs(complex(found.current(e.name)[0]) - exact.current(e.name)) < 1e-9 * largest
    for p in network.ports:
        into = -exact.current(f"v{p.name}")
        assert abs(complex(found.port_current(p.name)[0]) - into) < 1e-9 * largest


@pytest.mark.parametrize("seed", range(12))
def test_a_second_solution_agrees_over_a_sweep(seed) -> None:
    network = made(seed)
    found, exact = linear.drive(network, F, keep=True), Solution(network, F)
    assert found.with_care.sum() < 2  # at an end of the sweep, where power is small
    np.testing.assert_allclose(found.admittance, exact.admittance, rtol=1e-9)
    np.testing.assert_allclose(found.absorbed_power, exact.power, rtol=1e-9)
    assert (
        np.abs(found.admittance / exact.admittance - 1) < found.admittance_error + 4 * EPS
    ).all()
    assert (np.abs(found.absorbed_power / exact.power - 1) < found.power_error + 4 * EPS).all()
    for node in network.nodes:
        np.testing.assert_allclose(found.voltage(node), exact.voltage(node), rtol=1e-9, atol=1e-15)
    np.testing.assert_allclose(
        linear.admittance(network, F), found.admittance, rtol=1e-12, err_msg="without power"
    )


@pytest.mark.parametrize("seed", range(4))
def test_the_error_is_told_and_not_only_bounded(seed) -> None:
    """In a hundred lanes the worst error is a fair part of what is stated."""
    network, frequency = made(seed), np.geomspace(1e3, 1e6, 100)
    found, exact = linear.drive(network, frequency), Solution(network, frequency)
    error = np.abs(found.admittance / exact.admittance - 1)
    assert (found.admittance_error / np.maximum(error, EPS)).min() < 10


@pytest.mark.parametrize("choices", [3, 0])
def test_the_error_is_what_rounding_makes_of_a_resonance(choices, monkeypatch) -> None:
    """Beside a resonance of Q = 1e6, z is the small difference of omega L and 1 / (omega C)."""
    monkeypatch.setattr(active, "_CHOICES", choices)
    series = (
        *(Resistor("r1", "a", "b", 1e-3), Inductor("l1", "b", "c", 1e-3)),
        *(Capacitor("c1", "c", "0", 1e-9), Vccs("g1", "a", "0", "a", "0", 1e-12)),
    )
    f = (1 + 1e-5) / (2 * np.pi * np.sqrt(1e-12))
    found = linear.drive(Network(series, (PORT,)), [f])
    s = 2j * np.pi * f
    by_eps = EPS * abs(s * 1e-3 - 1 / (s * 1e-9)) / abs(1e-3 + s * 1e-3 + 1 / (s * 1e-9))
    assert 0.9 < found.admittance_error[0] / by_eps < 2
    assert 0.9 < found.power_error[0] / (2 * by_eps) < 2


@pytest.mark.parametrize("seed", range(3))
def test_ngspice_agrees(seed) -> None:
    network = made(seed)
    sweep = Ac(1e3, 1e6, 10)
    (theirs,) = simulate(Deck(network, (sweep,), {"1": Source(ac=1.0)}))
    ours = linear.sweep(network, sweep)
    assert {"i(e_x)", "i(h_x)"} <= ours.vectors.keys()
    for name, vector in ours.vectors.items():
        scale = np.abs(theirs.vectors[name]).max()
        np.testing.assert_allclose(vector, theirs.vectors[name], rtol=1e-8, atol=1e-9 * scale)


@pytest.mark.parametrize("seed", range(6))
def test_lanes_and_care_agree(seed, monkeypatch) -> None:
    network, few = made(seed), F[::8]
    lanes = linear.drive(network, few, keep=True)
    monkeypatch.setattr(active, "_CHOICES", 0)
    care = linear.drive(network, few, keep=True)
    assert care.with_care.all()
    assert lanes.with_care.sum() < 2
    np.testing.assert_allclose(lanes.admittance, care.admittance, rtol=1e-11)
    np.testing.assert_allclose(lanes.absorbed_power, care.absorbed_power, rtol=1e-10)
    # rounding of the values is the same; lanes add their own, and count re and im of each effect
    assert (care.admittance_error < 1.01 * lanes.admittance_error).all()
    assert (care.power_error < 1.01 * lanes.power_error).all()
    for e in network.elements:
        largest = np.abs(care.current(e.name)).max()
        np.testing.assert_allclose(
            lanes.current(e.name), care.current(e.name), rtol=1e-9, atol=1e-12 * largest
        )


# --- theory --------------------------------------------------------------------------------------


def transformer(k: float, ratio: float = 3.0, port: Port = PORT) -> Network:
    """Coils of 1 mH and ratio^2 mH; 50 Ohm at the second, which shares ground only."""
    coils = Inductor("l1", "a", "0", 1e-3), Inductor("l2", "b", "0", ratio**2 * 1e-3)
    load = Resistor("r1", "b", "0", 50.0)
    return Network((*coils, load), (port,), (Coupling("k1", "l1", "l2", k),))


@pytest.mark.parametrize("k", [0.5, -0.5, 0.99, 1 - 1e-9])
def test_a_transformer(k) -> None:
    found = linear.drive(transformer(k), F, keep=True)
    mutual = k * 3e-3
    z = S * 1e-3 - (S * mutual) ** 2 / (S * 9e-3 + 50)
    np.testing.assert_allclose(found.admittance, 1 / z, rtol=1e-12 / (1 - k * k))
    np.testing.assert_allclose(found.voltage("b"), 50 * S * mutual / (S * 9e-3 + 50) / z, rtol=1e-6)


def test_a_tight_transformer_is_the_ideal_one() -> None:
    """Beside the magnetising inductance, a load of R at turns n looks like R / n^2."""
    found = linear.drive(transformer(1 - 1e-12), F, keep=True)
    np.testing.assert_allclose(found.admittance - 1 / (S * 1e-3), 9 / 50, rtol=1e-5)
    np.testing.assert_allclose(found.voltage("b") / found.voltage("a"), 3, rtol=1e-5)
    np.testing.assert_allclose(found.absorbed_power, 9 / 50 / 2, rtol=1e-5)


def test_coupled_tanks_split() -> None:
    """Two tanks at f0, coupled by k, resonate at f0 / sqrt(1 + k) and f0 / sqrt(1 - k)."""
    k, f0 = 0.2, 1 / (2 * np.pi * np.sqrt(1e-3 * 1e-9))
    tanks = (
        Resistor("r1", "a", "b", 1.0),
        Inductor("l1", "b", "c", 1e-3),
        Capacitor("c1", "c", "0", 1e-9),
        Inductor("l2", "0", "d", 1e-3),
        Capacitor("c2", "d", "e", 1e-9),
        Resistor("r2", "e", "0", 1.0),
    )
    network = Network(tanks, (PORT,), (Coupling("k1", "l1", "l2", k),))
    f = f0 * np.linspace(0.8, 1.2, 4001)
    y = np.abs(linear.admittance(network, f))
    peaks = f[1:-1][(y[1:-1] > y[:-2]) & (y[1:-1] > y[2:])]
    np.testing.assert_allclose(peaks, f0 / np.sqrt([1 + k, 1 - k]), rtol=1.5e-4)  # the grid's
    s = 2j * np.pi * f
    z = 1 + s * 1e-3 + 1 / (s * 1e-9)
    np.testing.assert_allclose(y, np.abs(1 / (z - (s * k * 1e-3) ** 2 / z)), rtol=1e-10)


def test_a_gyrator_makes_a_coil_of_a_capacitor() -> None:
    pair = Vccs("g1", "0", "b", "a", "0", 2e-3), Vccs("g2", "a", "0", "b", "0", 2e-3)
    load = Capacitor("c1", "b", "0", 1e-9)
    found = linear.drive(Network((*pair, load), (PORT,)), F, keep=True)
    np.testing.assert_allclose(found.impedance, S * 1e-9 / 2e-3**2, rtol=1e-14)
    np.testing.assert_allclose(found.current("g2"), found.source_current, rtol=1e-14)
    assert (found.absorbed_power == 0).all()


def test_a_negative_resistance_delivers() -> None:
    """Re Y < 0, while what resistors absorb is their own; the source in the network pays both."""
    network = Network(
        (Resistor("r1", "a", "0", 100.0), Vccs("g1", "a", "0", "a", "0", -0.03)),
        (replace(PORT, resistance=10.0),),
    )
    found = linear.drive(network, F, keep=True)
    np.testing.assert_allclose(found.admittance, -0.02, rtol=1e-14)
    v = 1 / (1 - 0.2)
    np.testing.assert_allclose(found.voltage("a"), v, rtol=1e-14)
    np.testing.assert_allclose(found.absorbed_power, v**2 / 200, rtol=1e-13)
    np.testing.assert_allclose(found.dissipated_power()["r1"], v**2 / 200, rtol=1e-13)


@pytest.mark.parametrize("seed", range(6))
def test_power_is_conserved(seed) -> None:
    """What comes in and what sources deliver is absorbed; coils and their couplings take none."""
    network = made(seed)
    found = linear.drive(network, F, keep=True)
    into = sum(
        (found.voltage(p.plus, p.minus) * np.conj(found.port_current(p.name))).real / 2
        for p in network.ports
    )
    delivered = sum(
        -(found.voltage(e.a, e.b) * np.conj(found.current(e.name))).real / 2
        for e in network.controlled
    )
    np.testing.assert_allclose(into + delivered, found.absorbed_power, rtol=1e-9)


# --- ports that control, float, or end otherwise -------------------------------------------------

TWO = (PORT, Port("2", "b", "0", 20.0))
R1, R2 = Resistor("r1", "a", "b", 100.0), Resistor("r2", "b", "0", 300.0)


@pytest.mark.parametrize(
    ("others", "into_2"), [("closed", -0.75 / 100), ("short", -1 / 100), ("open", 0.0)]
)
def test_a_ports_current_controls_however_the_port_ends(others, into_2) -> None:
    """h1 = 7 i(v2), counted from the plus node through the source of port 2."""
    parts = (R1, R2, Ccvs("h1", "c", "0", "v2", 7.0), Resistor("r3", "c", "0", 1.0))
    found = linear.drive(Network(parts, TWO), [1e3], others=others, keep=True)
    if others == "closed":  # 20 beside 300 Ohm
        b = 18.75 / 118.75
        into_2 = -b / 20
    assert found.port_current("2")[0] == pytest.approx(into_2, rel=1e-13)
    assert found.voltage("c")[0] == pytest.approx(-7 * into_2, rel=1e-13)


def test_the_driven_ports_current_controls() -> None:
    """F takes half of what flows in at the port from its node again: Y is doubled, but for R."""
    parts = (Resistor("r1", "a", "0", 100.0), Cccs("f1", "a", "0", "v1", -0.5))
    found = linear.drive(Network(parts, (replace(PORT, resistance=5.0),)), [1e3], keep=True)
    # i = v / 100 + 0.5 i
    assert found.admittance[0] == pytest.approx(0.02, rel=1e-14)
    assert found.current("f1")[0] == pytest.approx(0.5 * found.source_current[0], rel=1e-14)


def test_a_part_may_float_behind_a_coupling() -> None:
    """With its port open nothing joins the second coil to ground; its own loop carries current."""
    parts = (
        Inductor("l1", "a", "0", 1e-3),
        Inductor("l2", "b", "c", 4e-3),
        Resistor("r1", "b", "c", 50.0),
    )
    network = Network(parts, (PORT, Port("2", "c")), (Coupling("k1", "l1", "l2", 0.5),))
    found = linear.drive(network, F, others="open", keep=True)
    across = 0.5 * 2e-3 * S * found.current("l1") + 4e-3 * S * found.current("l2")
    np.testing.assert_allclose(found.voltage("b", "c"), across, rtol=1e-12)
    np.testing.assert_allclose(found.current("r1"), across / 50, rtol=1e-12)
    np.testing.assert_allclose(
        1 / found.admittance, S * 1e-3 - (S * 1e-3) ** 2 / (S * 4e-3 + 50), rtol=1e-12
    )
    assert np.isnan(found.voltage("b")).all()
    assert np.isnan(found.voltage("c", "a")).all()
    assert np.isfinite(linear.drive(network, F, keep=True).voltage("b")).all()


def test_a_passive_part_may_float() -> None:
    parts = (Resistor("r1", "a", "0", 1.0), R2, Resistor("r3", "b", "0", 1.0))
    island = (Resistor("r4", "c", "d", 1.0), Resistor("r5", "c", "d", 1.0))
    network = Network((*parts, *island), (PORT, Port("2", "c"), Port("3", "b")))
    found = linear.drive(network, [1e3], others="open", keep=True)
    assert np.isnan(found.voltage("c")[0])
    assert found.voltage("c", "d")[0] == 0
    assert found.current("r4")[0] == 0


def test_a_voltage_between_parts_controls_nothing() -> None:
    parts = (R1, R2, Resistor("r3", "c", "d", 1.0), Vccs("g1", "a", "0", "c", "0", 1e-3))
    network = Network(parts, (PORT, Port("2", "c")))
    assert np.isfinite(linear.admittance(network, [1e3])).all()
    with pytest.raises(SimulationError, match=r"vccs 'g1' senses node 'c' against '0'") as caught:
        linear.admittance(network, [1e3], others="open")
    assert caught.value.status is Status.SINGULAR


# --- values --------------------------------------------------------------------------------------

ALL = Network(
    (
        *(Resistor("r1", "a", "b", 100.0), Inductor("l1", "b", "0", 1e-3)),
        *(Inductor("l2", "c", "0", 2e-3), Resistor("r2", "c", "0", 30.0)),
        *(Inductor("l3", "d", "0", 2e-3), Resistor("r3", "d", "0", 30.0)),
        *(Vcvs("e1", "e", "0", "c", "0", 2.0), Resistor("r4", "e", "a", 1e3)),
        *(Cccs("f1", "b", "0", "r2", 0.5), Ccvs("h1", "h", "0", "l1", -7.0)),
        *(Resistor("r5", "h", "c", 1e3), Vccs("g1", "b", "0", "h", "a", 1e-3)),
    ),
    (Port("1", "a", "0", 50.0), Port("2", "d", "0", 75.0)),
    (Coupling("k1", "l1", "l2", 0.5), Coupling("k2", "l2", "l3", -0.4)),
)


def test_sets_broadcast_and_are_those_of_a_changed_network() -> None:
    rng = np.random.default_rng(0)
    names = ["k1", "k2", "e1", "f1", "g1", "h1", "l2", "r5"]
    own = ALL.values(names)
    drawn = {n: v * rng.uniform(0.5, 1.5, 3) for n, v in zip(names, own, strict=True)}
    drawn["e1"] = drawn["e1"][:, None] * np.array([1.0, -1.0])  # (3, 2)
    others = {n: v if n == "e1" else v[:, None] for n, v in drawn.items()}
    found = linear.drive(ALL, F, values=others, keep=True)
    assert found.admittance.shape == (3, 2, len(F))
    y = linear.admittance(ALL, F, values=others, threads=2)
    np.testing.assert_allclose(y, found.admittance, rtol=1e-12)
    for i in range(3):
        for j in range(2):
            one = [drawn[n][i, j] if n == "e1" else drawn[n][i] for n in names]
            alone = linear.drive(ALL.with_values(names, one), F, keep=True)
            np.testing.assert_allclose(found.admittance[i, j], alone.admittance, rtol=1e-11)
            np.testing.assert_allclose(found.absorbed_power[i, j], alone.absorbed_power, rtol=1e-11)
            for node in ALL.nodes:
                np.testing.assert_allclose(
                    found.voltage(node)[i, j], alone.voltage(node), rtol=1e-10, atol=1e-14
                )
            power = found.dissipated_power()["r5"][i, j]
            np.testing.assert_allclose(power, alone.dissipated_power()["r5"], rtol=1e-10)


def test_pivots_are_chosen_anew_where_they_do_not_suit() -> None:
    """In a third of the sets, sources take all conductance off the two inner nodes."""
    siemens = np.repeat([-1e-3, -3.0], [20, 10])
    parts = (
        *(Resistor("r1", "a", "b", 1.0), Resistor("r2", "b", "c", 1.0)),
        *(Resistor("r3", "c", "a", 1.0), Resistor("r4", "c", "0", 1.0)),
        *(Resistor("r5", "b", "0", 1.0), Vccs("g1", "b", "0", "b", "0", -1e-3)),
        Vccs("g2", "c", "0", "c", "0", -1e-3),
    )
    network = Network(parts, (PORT,))
    found = linear.drive(network, [1e4], values={"g1": siemens, "g2": siemens})
    assert not found.with_care.any()
    for k in (0, -1):
        exact = Exact(network.with_values(["g1", "g2"], siemens[[k, k]]), 2 * np.pi * 1e4)
        assert abs(found.admittance[k, 0] / complex(exact.admittance) - 1) < 1e-13


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"e1": 0.0}, r"vcvs 'e1': gain = 0\.0, must be finite and not zero"),
        ({"g1": [1.0, np.inf]}, r"vccs 'g1': gain = inf, must be finite"),
        ({"k1": 1.0}, r"coupling 'k1': coefficient = 1\.0, must be between -1 and 1 and not zero"),
        ({"k1": [0.1, 0.0]}, r"coupling 'k1': coefficient = 0\.0"),
        ({"k2": np.nan}, r"coupling 'k2': coefficient = nan"),
        ({"k1": [0.1, 0.95]}, "the couplings k1, k2 are not positive definite: l1, l2, l3"),
        ({"r1": -1.0}, r"resistor 'r1': value = -1\.0, must be positive and finite"),
        ({"k9": 0.1}, "there is no element 'k9'"),
    ],
)
def test_values_that_can_not_be_are_refused_by_name(values, message) -> None:
    with pytest.raises(NetworkError, match=message):
        linear.drive(ALL, F, values=values)
    linear.drive(ALL, F, values={"e1": -1e-300, "k1": -0.9, "k2": 0.1})


# --- what has no answer --------------------------------------------------------------------------


def test_what_nothing_determines_is_told_by_its_elements() -> None:
    """e1 makes v(b) = v(c), so r2 carries no current, though g1 wants it to."""
    parts = (
        *(Resistor("r1", "a", "b", 1.0), Vcvs("e1", "b", "0", "c", "0", 1.0)),
        *(Resistor("r2", "b", "c", 50.0), Resistor("r3", "a", "0", 1.0)),
        Vccs("g1", "0", "c", "a", "0", 1e-3),
    )
    message = "singular at 1000 Hz: nothing determines what .*'e1'"
    with pytest.raises(SimulationError, match=message) as caught:
        linear.drive(Network(parts, (PORT,)), [1e3])
    assert caught.value.status is Status.SINGULAR
    assert "'r3'" not in str(caught.value)
    linear.drive(Network(parts, (PORT,)), [1e3], values={"e1": [0.99, 1.01]})


def test_an_oscillator_is_singular_at_its_frequency() -> None:
    """g1 takes away what r1 damps: the tank behind k1 rings by itself."""
    tank = (
        *(Inductor("l2", "b", "0", 1e-3), Capacitor("c1", "b", "0", 1e-9)),
        *(Resistor("r1", "b", "0", 1e3), Vccs("g1", "b", "0", "b", "0", -1e-3)),
    )
    drive = Resistor("r2", "a", "c", 10.0), Inductor("l1", "c", "0", 1e-3)
    network = Network((*drive, *tank), (PORT,), (Coupling("k1", "l1", "l2", 1e-6),))
    f0 = 1 / (2 * np.pi * np.sqrt(1e-12))
    found = linear.drive(network, [0.9 * f0, 1.1 * f0])
    assert (found.admittance_error < 1e-9).all()
    # a coupling of 1e-6 draws 1e-12 of the tank's energy: what is left depends on the last digits
    with pytest.raises(SimulationError, match=r"'(l2|c1|g1)'"):
        linear.drive(network, [f0], values={"k1": 1e-12})


def test_what_is_not_linear_is_left_to_ngspice() -> None:
    with pytest.raises(NetworkError, match="diode 'd1' is not linear"):
        linear.drive(replace(ALL, elements=(*ALL.elements, Diode("d1", "a", "0"))), F)


@pytest.mark.parametrize("sensed", [False, True])
def test_a_port_that_shorts_the_driven_one_is_refused(sensed) -> None:
    parts = (R1, R2, Cccs("f1", "b", "0", "v2" if sensed else "r1", 0.5))
    network = Network(parts, (PORT, Port("2", "a", "0", 1.0)))
    linear.drive(network, F)
    with pytest.raises(NetworkError, match="another port without resistance shorts the driven"):
        linear.drive(network, F, others="short")


def test_no_current_at_all_is_an_answer() -> None:
    """A bridge of lossless tanks may block the port; here g1 takes exactly what r1 lets in."""
    parts = (Resistor("r1", "a", "0", 0.5), Vccs("g1", "a", "0", "a", "0", -2.0))
    found = linear.drive(Network(parts, (PORT,)), F)
    assert (np.abs(found.admittance) < 1e-15).all()
    assert (found.admittance_error > 1e-3).all()
