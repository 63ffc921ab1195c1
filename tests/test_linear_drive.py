"""The linear engine is right to rounding, says how far, and answers alike in any company."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from physlearn_spice import (
    Ac,
    Capacitor,
    Diode,
    EdgeModel,
    Fixed,
    Inductor,
    Network,
    NetworkError,
    PhyslearnError,
    Port,
    Resistor,
    SimulationError,
    Vccs,
    complete,
    gnm,
    ngspice,
)
from physlearn_spice.accuracy import balance
from physlearn_spice.errors import Status
from physlearn_spice.linear import admittance, drive, driving_point
from physlearn_spice.linear.lanes import LANES
from physlearn_spice.measures import absorbed_power
from physlearn_spice.measures import admittance as admittance_of
from tests.exact import exact_admittance
from tests.linear_cases import EDGES, beside_resonances, case
from tests.random_networks import random_network
from tests.referee_mp import far_from, referee
from tests.reference import element_admittance

EPS = float(np.finfo(float).eps)
PORT = Port("1", "a", "0", 50.0)
UNIT = 1 / (2 * np.pi)  # [Hz]: omega is exactly 1 rad/s


def test_referee_agrees_with_rational_arithmetic() -> None:
    for seed in range(40):
        network = random_network(np.random.default_rng(seed), linear=True)
        exact = exact_admittance(network, 2 * np.pi * 1e3, loaded=False)
        assert far_from(exact, referee(network, 1e3).admittance) < 4 * EPS, seed


def test_200_networks_are_right_and_their_errors_are_bounded() -> None:
    """Beside a resonance rounding of a value by eps moves the answer; the bound must hold that."""
    honest, answered = 0, 0
    for seed in range(200):
        network, frequency = case(seed)
        answer, quick = drive(network, frequency), admittance(network, frequency)
        for k, f in enumerate(frequency):
            truth = referee(network, float(f))
            of_y, of_p = answer.admittance_error[k], answer.power_error[k]
            wrong = far_from(answer.admittance[k], truth.admittance)
            assert wrong <= 2 * of_y + 2 * EPS, (seed, k)
            assert wrong < 1e-9, (seed, k)
            if truth.admittance:
                inverse = far_from(answer.impedance[k], 1 / truth.admittance)
                assert inverse <= 2 * of_y + 4 * EPS, (seed, k)
            assert far_from(quick[k], truth.admittance) < max(1e-9, 2 * of_y), (seed, k)
            lost = far_from(answer.absorbed_power[k], truth.power)
            assert lost <= 2 * of_p + 2 * EPS, (seed, k)
            assert lost < 1e-6, (seed, k)
            honest += of_y <= 100 * max(wrong, 10 * EPS)
            answered += 1
    assert answered == 800
    assert honest > 0.8 * answered  # a bound that is always large says nothing


def test_ngspice_agrees_where_its_own_balance_is_good() -> None:
    compared = 0
    for seed in range(0, 200, 4):
        network, _ = case(seed)
        try:
            spectrum = ngspice.sweep(network, Ac(1e3, 1e6, 2, "dec"))
        except SimulationError:  # refused by its check
            continue
        good = balance(network, spectrum).admittance_error < 1e-11
        answer = drive(network, spectrum.frequency[good])
        theirs = admittance_of(network, spectrum)[good]
        assert np.abs(theirs / answer.admittance - 1) == pytest.approx(0, abs=1e-9), seed
        power = absorbed_power(network, spectrum)[good]
        given = np.abs(answer.source_current)  # of which rounding leaves something anywhere
        assert np.all(np.abs(answer.absorbed_power - power) < 1e-6 * power + 1e-12 * given), seed
        compared += int(good.sum())
    assert compared > 200


@pytest.mark.parametrize("seed", [0, 3, 4, 5, 6])
@pytest.mark.parametrize("n_freq", [1, 3, LANES, LANES + 5])
def test_company_does_not_matter(seed, n_freq) -> None:
    """Any lane, block, number of threads and order of loops gives the same bits."""
    network, _ = case(seed)
    rng = np.random.default_rng(seed)
    frequency = 10 ** rng.uniform(3, 6, n_freq)
    names = [e.name for e in network.elements][:2]
    first = network[names[0]].value * rng.uniform(0.5, 2, (3, 1))
    second = network[names[1]].value * rng.uniform(0.5, 2, (1, 5))
    values = dict(zip(names, (first, second), strict=True))
    all_at_once = drive(network, frequency, values=values, keep=True)
    assert all_at_once.admittance.shape == (3, 5, n_freq)
    threaded = drive(network, frequency, values=values, keep=True, threads=2)
    quick = admittance(network, frequency, values=values, threads=2)
    many = drive(network, frequency, values=values, keep=True, threads=7)
    node = network.nodes[-1]
    for i, j, k in [(0, 0, 0), (2, 4, n_freq - 1), *rng.integers((3, 5, n_freq), size=(6, 3))]:
        one = {names[0]: float(first[i, 0]), names[1]: float(second[0, j])}
        alone = drive(network, frequency[k], values=one, keep=True)
        moved = network.with_values(one, list(one.values()))
        rebuilt = drive(moved, frequency[k], keep=True)
        for batch in (all_at_once, threaded, many):
            for other in (alone, rebuilt):
                for what in ("admittance", "admittance_error", "absorbed_power", "power_error"):
                    mine = getattr(batch, what)[i, j, k]
                    assert mine == getattr(other, what)[0], (what, i, j, k)
                assert batch.voltage(node)[i, j, k] == other.voltage(node)[0]
                assert batch.current(names[0])[i, j, k] == other.current(names[0])[0]
        assert quick[i, j, k] == pytest.approx(alone.admittance[0], rel=1e-12)


def test_values_of_no_shape_one_frequency_and_none() -> None:
    network, _ = case(0)
    name = network.elements[0].name
    assert admittance(network, 1e4).shape == (1,)
    assert admittance(network, 1e4, values={name: 3.0}).shape == (1,)
    assert admittance(network, [1e4, 1e5], values={name: np.ones((2, 0, 3))}).shape == (2, 0, 3, 2)
    assert admittance(network, []).shape == drive(network, []).absorbed_power.shape == (0,)


def bridge(z: float) -> Network:
    """A resistive bridge whose crossing branch L1, C1 has at 1 rad/s the reactance z - 1 / 1."""
    ohms = {"r1": ("a", "b", 2.0), "r2": ("b", "0", 3.0), "r3": ("a", "c", 5.0)}
    elements = [Resistor(name, *rest) for name, rest in ohms.items()]
    crossing = (Inductor("l1", "b", "x", z), Capacitor("c1", "x", "c", 1.0))
    return Network((*elements, Resistor("r4", "c", "0", 7.0), *crossing), (PORT,))


def test_a_branch_without_impedance_is_a_short() -> None:
    """At its resonance exactly 1/z is infinite; the elimination makes that no number."""
    shorted = 1 / (1 / (1 / 2 + 1 / 5) + 1 / (1 / 3 + 1 / 7))
    for at_resonance in (admittance(bridge(1.0), UNIT), drive(bridge(1.0), UNIT).admittance):
        assert at_resonance == pytest.approx(shorted, rel=1e-14)


def joined_by_tiny_resistors(seed: int) -> Network:
    """Resistors of 1e-9 Ohm at nodes of degree 3 and more, among impedances of some hundred."""
    rng = np.random.default_rng(seed)
    base = complete(6, edge=EDGES["series"], rng=rng)
    splits = [
        e if e.a != "n2" or k % 2 else type(e)(e.name, "m", e.b, e.value)
        for k, e in enumerate(base.elements)
    ]
    joint = Resistor("r_tiny", "n2", "m", 1e-9)
    other = (Resistor("r_other", "m", "n3", 2e-9), Inductor("l_m", "m", "0", 1e-3))
    return Network((*splits, joint, *other), base.ports)


@pytest.mark.parametrize("seed", range(6))
def test_tiny_resistors_between_busy_nodes_need_care_and_get_it(seed) -> None:
    network = joined_by_tiny_resistors(seed)
    assert network.graph.degree["m"] >= 3
    frequency = np.geomspace(1e3, 1e6, 5)
    answer, quick = drive(network, frequency), admittance(network, frequency)
    assert answer.with_care.any()
    for k, f in enumerate(frequency):
        truth = referee(network, float(f))
        assert far_from(answer.admittance[k], truth.admittance) < 1e-11
        assert far_from(quick[k], truth.admittance) < 1e-9
        assert far_from(answer.absorbed_power[k], truth.power) < 1e-10


def test_real_part_is_lost_where_absorbed_power_is_not() -> None:
    """Re Z is what is left of all that the port lends and gets back: rounding costs |X| / R."""
    lost, lost_by_lapack, kept = [], [], []
    for seed in range(8):
        rng = np.random.default_rng(seed)
        network = complete(5, edge=EdgeModel(resistance=Fixed(1e-8)), rng=rng)
        f = 10 ** rng.uniform(4, 5)
        truth, answer = referee(network, f), drive(network, f)
        re_z = (1 / truth.admittance).real
        lost.append(far_from(answer.impedance[0].real, re_z))
        lost_by_lapack.append(far_from(nodal_impedance(network, f).real, re_z))
        kept.append(far_from(answer.absorbed_power[0], truth.power))
        assert kept[-1] <= 2 * answer.power_error[0] + 2 * EPS
    assert min(np.median(lost), np.median(lost_by_lapack)) > 1e-9
    assert max(kept) < 1e-12


def nodal_impedance(network: Network, frequency: float) -> complex:
    """By LAPACK, of all nodes."""
    w = np.array([2 * np.pi * frequency], np.longdouble)
    y = [complex(element_admittance(e, w)[0]) for e in network.elements]
    incidence = network.incidence[1:]  # ground is the first node
    top = network.nodes.index(network.ports[0].plus) - 1
    return complex(np.linalg.inv(incidence @ np.diag(y) @ incidence.T)[top, top])


def test_a_lossless_short_at_a_port_is_singular_and_named() -> None:
    elements = (
        Inductor("l1", "a", "x", 1.0),
        Capacitor("c1", "x", "0", 1.0),
        Resistor("r1", "a", "b", 2.0),
        Inductor("l2", "b", "0", 2.0),
    )
    for function in (drive, admittance):
        with pytest.raises(SimulationError, match=r"0\.159154943 Hz.*'l1', 'c1'\n") as caught:
            function(Network(elements, (PORT,)), [0.1, UNIT])
        assert caught.value.status is Status.SINGULAR


def test_beside_a_lossless_resonance_the_answer_comes_with_its_error() -> None:
    """L1 in series with L2 and C2 in parallel: a pole of Y at omega^2 = (1 / L1 + 1 / L2) / C2."""
    elements = (
        Inductor("l1", "a", "b", 2.0),
        Inductor("l2", "b", "0", 1.0),
        Capacitor("c2", "b", "0", 1.0),
    )
    lossless = Network(elements, (PORT,))
    pole = UNIT * np.sqrt(1.5)
    for offset in np.geomspace(1e-8, 1e-2, 7):
        f = pole * (1 + offset)
        answer, truth = drive(lossless, f), referee(lossless, f)
        wrong = far_from(answer.admittance[0], truth.admittance)
        assert wrong <= 2 * answer.admittance_error[0] + 2 * EPS
        assert answer.admittance_error[0] < 10 * EPS / offset
        assert answer.absorbed_power[0] == 0
    near, far = (drive(lossless, pole * (1 + k)).admittance_error[0] for k in (1e-8, 1e-7))
    assert near > 5 * far  # it is the distance that tells
    with pytest.raises(SimulationError, match="resonance of 'l1', 'l2', 'c2'\n"):
        drive(lossless, pole * (1 + 8 * EPS))  # nothing is known to 1e-6 here


def test_a_pole_that_nothing_damps_is_singular_and_named() -> None:
    elements = (
        Resistor("r5", "a", "b", 5.0),
        Inductor("l1", "b", "0", 1.0),
        Resistor("r6", "a", "c", 3.0),
        Inductor("l2", "c", "0", 1.0),
        Inductor("l3", "a", "x", 0.5),
        Capacitor("c3", "x", "0", 2.0),
        Resistor("r7", "a", "0", 1.0),
    )
    with pytest.raises(SimulationError, match=r"resonance of 'l3', 'c3'\n") as caught:
        drive(Network(elements, (PORT,)), [0.5 * UNIT, UNIT])
    assert caught.value.status is Status.SINGULAR


def test_no_current_at_a_zero_of_the_admittance() -> None:
    tank = (Inductor("l1", "a", "0", 1.0), Capacitor("c1", "a", "0", 1.0))
    answer = drive(Network(tank, (PORT,)), UNIT, keep=True)
    assert answer.admittance[0] == 0
    assert answer.absorbed_power[0] == 0
    assert answer.voltage("a")[0] == 1
    behind = (Resistor("r1", "a", "b", 1.0), Inductor("l1", "b", "0", 1.0))
    behind = (*behind, Capacitor("c1", "b", "0", 1.0))
    assert abs(drive(Network(behind, (PORT,)), UNIT).admittance[0]) < 4 * EPS
    # a branch of no impedance at the port, before a tank that lets nothing through
    before = (Inductor("l2", "a", "x", 1.0), Capacitor("c2", "x", "b", 1.0), *behind[1:])
    assert abs(drive(Network(before, (PORT,)), UNIT).admittance[0]) < 4 * EPS


@pytest.mark.parametrize("wrong", [0.0, -3.0, np.nan, np.inf])
def test_impossible_values_and_frequencies_are_named(wrong) -> None:
    network, _ = case(0)
    with pytest.raises(NetworkError, match=r"inductor 'l1': value = .*positive and finite"):
        drive(network, 1e3, values={"l1": [1e-3, wrong]})
    with pytest.raises(PhyslearnError, match=f"frequencies: {wrong:g} Hz"):
        admittance(network, [1e3, wrong])


def test_strangers_are_refused_by_name() -> None:
    network, _ = case(0)
    with pytest.raises(NetworkError, match="no element 'l77'"):
        drive(network, 1e3, values={"l77": 1.0})
    with pytest.raises(NetworkError, match="no port 'x'"):
        drive(network, 1e3, port="x")
    with pytest.raises(PhyslearnError, match="2 axes"):
        drive(network, [[1e3]])
    nonlinear = Network((*network.elements, Diode("d7", "n0", "0")), network.ports)
    with pytest.raises(NetworkError, match="diode 'd7' is not linear"):
        admittance(nonlinear, 1e3)
    two = Network(network.elements, (*network.ports, Port("2", "n0", "0")))
    with pytest.raises(NetworkError, match="shorts the driven port"):
        drive(two, 1e3)
    assert drive(two, 1e3, others="open").admittance == drive(network, 1e3).admittance


def test_care_is_rare_and_only_where_it_helps() -> None:
    network = complete(8, edge=EDGES["series"], rng=np.random.default_rng(0))
    frequency = beside_resonances(network, np.random.default_rng(1), 200, 1e-2)
    answer = drive(network, frequency)
    assert answer.with_care.mean() < 0.02


def test_driving_point_is_the_admittance_asked_often() -> None:
    rng = np.random.default_rng(11)
    network = gnm(12, 24, edge=EdgeModel(), rng=rng)
    values = {"l0": np.array([1e-3, 2e-3])}
    of = driving_point(network, values=values)
    for f in (np.array([1e4, 3e4]), np.geomspace(1e4, 1e5, 33)):
        assert np.array_equal(of(f), admittance(network, f, values=values))
    with pytest.raises(PhyslearnError, match="must be positive"):
        of([0.0])


@pytest.mark.parametrize(
    ("asked", "message"),
    [({"threads": 0}, "threads = 0"), ({"others": "shorted"}, "others = 'shorted'.*'short'")],
)
def test_what_can_not_be_asked_is_refused(asked: dict[str, Any], message: str) -> None:
    for elements in ((), (Vccs("g1", "a", "0", "a", "0", 1e-3),)):
        network = Network((Resistor("r1", "a", "0", 1.0), *elements), (Port("1", "a"),))
        for ask in (admittance, drive):
            with pytest.raises(PhyslearnError, match=message):
                ask(network, [1e3], **asked)
