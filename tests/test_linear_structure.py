"""Chains, hanging parts, parallels, ports of every kind: the reduction changes no answer."""

from __future__ import annotations

from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from physlearn_spice import (
    Capacitor,
    EdgeModel,
    Fixed,
    Inductor,
    Network,
    NetworkError,
    Port,
    Resistor,
    complete,
    from_graph,
)
from physlearn_spice.linear import drive
from physlearn_spice.linear.structure import structure
from tests.random_networks import random_network
from tests.referee_mp import far_from, referee

EPS = float(np.finfo(float).eps)
PORT = Port("1", "a", "0", 50.0)


@pytest.mark.parametrize("others", ["closed", "short", "open"])
def test_other_ports_end_as_asked(others) -> None:
    """Ports not against ground, floating ones and ideal ones among them; each is driven in turn."""
    answered = 0
    for seed in range(60):
        rng = np.random.default_rng(seed)
        network = random_network(rng, linear=True)
        f = 10 ** rng.uniform(0, 6)
        for port in network.ports:
            if is_shorted(network, port, others):
                with pytest.raises(NetworkError, match="shorts the driven port"):
                    drive(network, f, port=port.name, others=others)
                continue
            answer = drive(network, f, port=port.name, others=others)
            truth = referee(network, f, port=port.name, others=others)
            bound = 2 * answer.admittance_error[0]
            assert far_from(answer.admittance[0], truth.admittance) <= bound + 2 * EPS, seed
            bound = 2 * answer.power_error[0]
            assert far_from(answer.absorbed_power[0], truth.power) <= bound + 2 * EPS, seed
            answered += 1
    assert answered > 60


def is_shorted(network: Network, port: Port, others: str) -> bool:
    rest = [p for p in network.ports if p.name != port.name and others != "open"]
    shorts = nx.Graph([(p.plus, p.minus) for p in rest if others == "short" or p.resistance == 0])
    shorts.add_nodes_from((port.plus, port.minus))
    return nx.has_path(shorts, port.plus, port.minus)


def chain(order: str) -> Network:
    """Two arms from the port to ground, one of them the given elements in a row, some turned."""
    elements = []
    nodes = ["a", *(f"m{k}" for k in range(len(order) - 1)), "0"]
    for k, letter in enumerate(order):
        ends = (nodes[k], nodes[k + 1])[:: 1 if k % 2 else -1]
        kind, value = {"r": (Resistor, 3.0), "l": (Inductor, 1e-3), "c": (Capacitor, 1e-8)}[letter]
        elements.append(kind(f"{letter}{k}", *ends, value * (k + 1)))
    return Network((*elements, Resistor("r_arm", "a", "0", 700.0)), (PORT,))


@pytest.mark.parametrize("order", ["r", "rl", "clr", "rrrr", "lclc", "crlrcl"])
def test_a_chain_is_one_branch(order) -> None:
    network = chain(order)
    reduced = structure(network)
    assert reduced.n_branches == 2
    assert len(reduced.program.diagonal) == 1
    assert len(set(reduced.branch[: len(order)])) == 1
    f = 31e3
    z = sum(
        e.value if e.letter == "r" else (2j * np.pi * f * e.value) ** (1 if e.letter == "l" else -1)
        for e in network.elements[:-1]
    )
    answer = drive(network, f, keep=True)
    assert answer.admittance == pytest.approx(1 / z + 1 / 700.0, rel=1e-13)
    at_port = answer.voltage("a")[0]
    for k, e in enumerate(network.elements[:-1]):
        assert answer.current(e.name)[0] * (1 if k % 2 else -1) == pytest.approx(at_port / z)


def test_small_resistors_in_a_chain_stay_beside_their_own_coil() -> None:
    """1e-9 Ohm in series with 1 H costs nothing: it never is 1e9 S."""
    network = complete(6, edge=EdgeModel(resistance=Fixed(1e-9)), rng=np.random.default_rng(0))
    answer = drive(network, np.geomspace(1e3, 1e6, 20))
    assert not answer.with_care.any()
    assert answer.power_error.max() < 1e-10


def test_what_hangs_carries_nothing_and_follows_its_node() -> None:
    base = complete(4, edge=EdgeModel(), rng=np.random.default_rng(2))
    tree = (
        Resistor("r_t1", "n1", "t1", 2.0),
        Inductor("l_t2", "t1", "t2", 1e-3),
        Capacitor("c_t3", "t1", "t3", 1e-9),
    )
    loop = (
        Resistor("r_o1", "t2", "o1", 2.0),
        Inductor("l_o2", "o1", "o2", 1e-3),
        Capacitor("c_o3", "o2", "t2", 1e-9),
    )
    both = Network((*base.elements, *tree, *loop), base.ports)
    bare, hung = drive(base, 31e3, keep=True), drive(both, 31e3, keep=True)
    assert hung.admittance[0] == bare.admittance[0]
    assert hung.absorbed_power[0] == bare.absorbed_power[0]
    for node in ("t1", "t2", "t3", "o1", "o2"):
        assert hung.voltage(node)[0] == hung.voltage("n1")[0]
    for e in (*tree, *loop):
        assert hung.current(e.name)[0] == 0
    assert structure(both).n_branches == structure(base).n_branches


def test_a_hanging_part_comes_to_life_through_a_port() -> None:
    base = complete(4, edge=EdgeModel(), rng=np.random.default_rng(2))
    hanging = (Resistor("r_t", "n1", "t", 2.0), Resistor("r_u", "t", "u", 3.0))
    network = Network((*base.elements, *hanging), (*base.ports, Port("2", "u", "n2", 7.0)))
    closed = drive(network, 31e3, keep=True)
    assert abs(closed.current("r_u")[0]) > 0
    assert drive(network, 31e3, others="open", keep=True).current("r_u")[0] == 0
    z = 2.0 + 3.0 + 7.0
    assert closed.current("r_u") == pytest.approx(closed.voltage("n1", "n2") / z, rel=1e-12)
    short = drive(network, 31e3, others="short", keep=True)
    assert short.current("r_u") == pytest.approx(short.voltage("n1", "n2") / 5.0, rel=1e-12)
    assert short.port_current("2") == pytest.approx(-short.current("r_u"), rel=1e-12)
    assert short.voltage("u")[0] == short.voltage("n2")[0]


def test_parallel_elements_add_up() -> None:
    many = tuple(Resistor(f"r{k}", *("a0" if k % 2 else "0a"), 1.0 + k) for k in range(20))
    answer = drive(Network(many, (PORT,)), 1e3, keep=True)
    assert answer.admittance == pytest.approx(sum(1 / e.value for e in many), rel=1e-14)
    across = answer.voltage("a")
    for k, e in enumerate(many):
        assert answer.current(e.name) == pytest.approx((1 if k % 2 else -1) * across / e.value)


def test_nothing_flows_at_a_port_without_a_way_back() -> None:
    elements = (Resistor("r1", "a", "0", 1.0), Resistor("r2", "b", "c", 1.0))
    network = Network(elements, (PORT, Port("2", "a", "b", 5.0)))
    answer = drive(network, 1e3, port="2", keep=True)
    assert answer.admittance[0] == 0
    assert answer.absorbed_power[0] == 0
    assert answer.voltage("a", "b")[0] == 1
    assert answer.current("r1")[0] == answer.current("r2")[0] == 0


def test_the_port_comes_last_and_orders_are_shared() -> None:
    network = from_graph(nx.ladder_graph(12), edge=EdgeModel(), rng=np.random.default_rng(0))
    reduced = structure(network)
    assert reduced.unknown[network.ports[0].plus] == len(reduced.program.diagonal) - 1
    assert reduced.unknown["0"] == -1
    moved = network.with_values(["r0"], [99.0])
    assert structure(moved) is reduced
    assert structure(network, others="open") is reduced  # it has no other port
    turned = replace(network, ports=(Port("1", "0", network.ports[0].plus, 50.0),))
    assert structure(turned) is not reduced
    same = drive(turned, 31e3).admittance
    assert same == pytest.approx(drive(network, 31e3).admittance, rel=1e-12)


def test_ideal_ports_short_their_nodes() -> None:
    base = complete(5, edge=EdgeModel(), rng=np.random.default_rng(4))
    network = Network(base.elements, (*base.ports, Port("2", "n1", "n2")))
    answer = drive(network, 31e3, keep=True)
    assert answer.voltage("n1")[0] == answer.voltage("n2")[0]
    merged = tuple(
        replace(e, a=e.a.replace("n2", "n1"), b=e.b.replace("n2", "n1")) for e in base.elements
    )
    alone = Network(tuple(e for e in merged if e.a != e.b), base.ports)
    assert answer.admittance == pytest.approx(drive(alone, 31e3).admittance, rel=1e-12)
    with pytest.raises(NetworkError, match="shorts the driven port"):
        drive(Network(base.elements, (*base.ports, Port("2", "n0", "0"))), 31e3)
