"""Voltages and currents solve the circuit's equations to rounding, whatever its values."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice import NetworkError, PhyslearnError, Port, Resistor
from physlearn_spice.linear import Response, drive
from tests.linear_cases import case
from tests.random_networks import random_network
from tests.referee_mp import far_from, referee
from tests.reference import element_admittance

SEEDS = range(0, 200, 3)


def kept(seed: int) -> Response:
    network, frequency = case(seed)
    return drive(network, frequency, keep=True)


def element_admittances(answer: Response) -> NDArray[np.complex128]:
    omega = 2 * np.pi * answer.frequency.astype(np.longdouble)
    y = [element_admittance(e, omega) for e in answer.network.elements]
    return np.array(y).astype(complex)


def node_voltages(answer: Response) -> NDArray[np.complex128]:
    reference = answer.network.port(answer.port).minus
    return np.array([answer.voltage(node, reference) for node in answer.network.nodes])


@pytest.mark.parametrize("others", ["closed", "open"])
def test_backward_error_is_rounding(others) -> None:
    """||A v|| / (||A|| ||v||) over the nodes at which no source holds the voltage."""
    for seed in SEEDS:
        network, frequency = case(seed)
        answer = drive(network, frequency, keep=True, others=others)
        driven = network.port()
        held = {driven.plus, driven.minus}
        loads = [p for p in network.ports[1:] if others == "closed"]
        for p in loads:
            held |= {p.plus, p.minus} if p.resistance == 0 else set()
        row = {node: k for k, node in enumerate(network.nodes)}
        ends = [(e.a, e.b) for e in network.elements]
        ends += [(p.plus, p.minus) for p in loads if p.resistance > 0]
        y = list(element_admittances(answer))
        y += [np.full(4, 1 / p.resistance, complex) for p in loads if p.resistance > 0]
        reached = [n for n in network.nodes if known(answer, n)]
        v = {n: answer.voltage(n, driven.minus) for n in reached}
        matrix = np.zeros((4, len(row), len(row)), complex)
        for (a, b), along in zip(ends, y, strict=True):
            for s, t in ((row[a], row[b]), (row[b], row[a])):
                matrix[:, s, s] += along
                matrix[:, s, t] -= along
        inside = [row[n] for n in reached if n not in held]
        if not inside:
            continue
        part = matrix[:, inside][:, :, [row[n] for n in reached]]
        x = np.array(list(v.values())).T
        missing = np.linalg.norm(np.einsum("fij,fj->fi", part, x), axis=1)
        size = np.linalg.norm(part, axis=(1, 2)) * np.linalg.norm(x, axis=1)
        assert np.all(missing <= 1e-13 * size), (seed, missing / size)


def known(answer: Response, node: str) -> bool:
    try:
        answer.voltage(node, answer.network.port(answer.port).minus)
    except PhyslearnError:
        return False
    return True


def test_voltages_are_the_referees() -> None:
    """To what the condition of the port allows: a hundred times the admittance's own error."""
    for seed in SEEDS:
        answer = kept(seed)
        reference = answer.network.port().minus
        for k, f in enumerate(answer.frequency):
            truth = referee(answer.network, float(f)).voltage
            largest = max(abs(complex(v)) for v in truth.values())
            for node, v in truth.items():
                wrong = abs(answer.voltage(node, reference)[k] - complex(v))
                assert wrong < 1e-9 * largest, (seed, node)


@pytest.mark.parametrize("others", ["closed", "short", "open"])
def test_currents_add_up_to_zero_at_every_node(others) -> None:
    """Kirchhoff's law, ports included; a current is known to eps of |y| (|v_a| + |v_b|)."""
    counted = 0
    for seed in range(80):
        network = random_network(np.random.default_rng(seed), linear=True)
        try:
            answer = drive(network, [1e2, 1e5], keep=True, others=others)
        except NetworkError:  # another port shorts the driven one
            continue
        if len(network.ports) > 2 and others == "short":
            continue  # shorts may close a loop, whose current nothing determines
        missing = dict.fromkeys(network.nodes, np.zeros(2, complex))
        allowed = dict.fromkeys(network.nodes, np.full(2, 1e-300))
        y = element_admittances(answer)
        for e, along in zip(network.elements, y, strict=True):
            current = answer.current(e.name)
            v = [size(answer, n) for n in (e.a, e.b)]
            for node, sign in ((e.a, 1), (e.b, -1)):
                missing[node] = missing[node] + sign * current
                allowed[node] = allowed[node] + np.abs(along) * (v[0] + v[1])
        for p in network.ports:
            current = answer.port_current(p.name)
            g = 1 / p.resistance if p.resistance and p.name != answer.port else 0.0
            for node, sign in ((p.plus, -1), (p.minus, 1)):
                missing[node] = missing[node] + sign * current
                allowed[node] = allowed[node] + np.abs(current) + g * size(answer, node)
        # through the shorts everything meets everything
        most = np.max(list(allowed.values()), axis=0)
        for node in network.nodes:
            assert np.all(np.abs(missing[node]) <= 1e-13 * most), (seed, node)
            counted += 1
    assert counted > 200


def size(answer: Response, node: str) -> NDArray[np.float64]:
    """|v| against the driven port's minus node; 0 where the node floats and carries nothing."""
    if not known(answer, node):
        return np.zeros(len(answer.frequency))
    return np.abs(answer.voltage(node, answer.network.port(answer.port).minus))


def test_kirchhoff_is_strict_where_nothing_is_extreme() -> None:
    for seed in range(0, 64, 8):  # series RLC of usual values
        answer = kept(seed)
        network = answer.network
        currents = np.array([answer.current(e.name) for e in network.elements])
        missing = network.incidence @ currents
        for p in network.ports:
            missing[network.nodes.index(p.plus)] -= answer.port_current(p.name)
            missing[network.nodes.index(p.minus)] += answer.port_current(p.name)
        assert np.abs(missing).max() < 1e-13 * np.abs(currents).max()


def test_power_is_conserved() -> None:
    """Tellegen: sum v conj(i) over the elements is what the port delivers; R take the real part."""
    for seed in range(0, 64, 8):
        answer = kept(seed)
        network = answer.network
        v, port = node_voltages(answer), network.port()
        across = network.incidence.T @ v
        currents = np.array([answer.current(e.name) for e in network.elements])
        taken = np.sum(across * currents.conj(), axis=0)
        given = answer.voltage(port.plus, port.minus) * answer.source_current.conj()
        scale = np.sum(np.abs(across * currents), axis=0)
        assert np.all(np.abs(taken - given) < 1e-13 * scale)
        assert np.all(np.abs(taken.real / 2 - answer.absorbed_power) < 1e-13 * scale)
        by_resistor = answer.dissipated_power()
        assert set(by_resistor) == set(network.names(Resistor))
        assert sum(by_resistor.values()) == pytest.approx(answer.absorbed_power, rel=1e-13)


def test_laws_of_the_elements() -> None:
    for seed in SEEDS:
        answer = kept(seed)
        sizes = np.max([size(answer, n) for n in answer.network.nodes], axis=0)
        for e, y in zip(answer.network.elements, element_admittances(answer), strict=True):
            wrong = np.abs(answer.voltage(e.a, e.b) - answer.current(e.name) / y)
            current = np.abs(answer.current(e.name) / y)
            assert np.all(wrong <= 1e-12 * (sizes + current)), (seed, e.name)


def test_source_reflection_and_impedance_belong_together() -> None:
    network, frequency = case(0)
    answer = drive(network, frequency, keep=True)
    r, port = answer.resistance, network.port()
    assert r == 50.0
    assert answer.impedance * answer.admittance == pytest.approx(1, rel=1e-15)
    across = answer.voltage(port.plus, port.minus)
    assert across == pytest.approx(1 - r * answer.source_current, rel=1e-13)
    z = answer.impedance
    assert answer.reflection == pytest.approx((z - r) / (z + r), rel=1e-13)
    available = 1 / (8 * r)
    absorbed = (1 - np.abs(answer.reflection) ** 2) * available
    assert answer.absorbed_power == pytest.approx(absorbed, rel=1e-9)


def test_what_a_load_takes_is_not_absorbed() -> None:
    network, frequency = case(0)
    loaded = replace(network, ports=(*network.ports, Port("2", "n1", "n2", 30.0)))
    answer = drive(loaded, frequency, keep=True)
    for k, f in enumerate(frequency):
        assert far_from(answer.absorbed_power[k], referee(loaded, float(f)).power) < 1e-12
    taken = 30.0 * np.abs(answer.port_current("2")) ** 2 / 2
    given = answer.voltage("n0", "0") * answer.source_current.conj() / 2
    assert given.real == pytest.approx(answer.absorbed_power + taken, rel=1e-9)
    assert answer.voltage("n1", "n2") == pytest.approx(-30.0 * answer.port_current("2"), rel=1e-9)


def test_what_was_not_kept_is_not_invented() -> None:
    network, frequency = case(0)
    answer = drive(network, frequency)
    for ask in (lambda: answer.voltage("n1"), lambda: answer.current("r0")):
        with pytest.raises(PhyslearnError, match="keep=True"):
            ask()
    full = drive(network, frequency, keep=True)
    with pytest.raises(PhyslearnError, match="no node 'zz'"):
        full.voltage("zz")
    with pytest.raises(NetworkError, match="no element 'zz'"):
        full.current("zz")
    assert full.admittance.tolist() == answer.admittance.tolist()
