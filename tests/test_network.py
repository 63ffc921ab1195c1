"""Every check of a network by its message; graph identities; values and JSON without loss."""

from __future__ import annotations

import json
import math
import pickle
from dataclasses import replace

import networkx as nx
import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor, Varactor
from physlearn_spice.errors import NetworkError
from physlearn_spice.generators import EdgeModel, Fixed, complete, from_graph, gnm
from physlearn_spice.network import GROUND, Network, Port
from tests.random_networks import random_network

SEEDS = range(60)
R = Resistor("r1", "a", "0", 1.0)
ONE = Port("1", "a", resistance=50.0)


# --- what is no circuit --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("elements", "ports", "message"),
    [
        ((), (ONE,), "no elements"),
        ((R,), (), "no port"),
        ((R, Resistor("r1", "a", "0", 2.0)), (ONE,), "'r1' is used twice"),
        ((R, Capacitor("c1", "a", "0", 1.0), Varactor("c1", "a", "0", 1.0)), (ONE,), "'c1' is .*"),
        ((R, Resistor("rs1", "a", "0", 2.0)), (ONE,), "'rs1' is used twice.*port p takes vp"),
        ((R,), (ONE, Port("1", "a", resistance=1.0)), "'v1' is used twice"),
        ((R, Inductor("lc7", "a", "0", 1.0), Varactor("c7", "a", "0", 1.0)), (ONE,), "'lc7' is .*"),
        ((R, Resistor("r2", "x", "y", 1.0)), (ONE,), "node 'x' is floating: no path .* ground"),
        ((R, Resistor("r2", "y", "x", 1.0)), (ONE, Port("2", "x", "y")), "node 'x' is floating"),
        ((Resistor("r1", "a", "b", 1.0),), (Port("1", "a", "b"),), "nothing is connected to gr"),
        ((R,), (Port("1", "b"),), "port '1': no element touches node 'b'"),
        ((R,), (Port("1", "a", "b"),), "port '1': no element touches node 'b'"),
        ((R,), (ONE, Port("2", "b", "a", 5.0)), "port '2': no element touches node 'b'"),
        ((R,), (Port("1", "a"), Port("2", "a")), "voltage-source loop: port '2' closes"),
        ((R,), (Port("1", "a"), Port("2", "0", "a")), "voltage-source loop: port '2' closes"),
        (
            (R, Resistor("r2", "a", "b", 1.0)),
            (Port("x", "a"), Port("y", "a", "b"), Port("z", "b")),
            "voltage-source loop: port 'z' closes",
        ),
        ((Resistor("r1", "A", "0", 1.0),), (Port("1", "A"),), "node 'A': SPICE ignores case"),
        ((R, Resistor("r2", "A", "a", 1.0)), (ONE,), "node 'A': SPICE ignores case"),
        ((Resistor("r1", "a b", "0", 1.0),), (Port("1", "a b"),), "node 'a b': the name must be"),
        ((Resistor("r1", "ä", "0", 1.0),), (Port("1", "ä"),), "node 'ä': the name must be"),
        ((Resistor("r1", "", "0", 1.0),), (Port("1", ""),), "node '': the name must be"),
        ((R, Resistor("r2", "a", "n" * 101, 1.0)), (ONE,), "longer than 100"),
        ((R, Resistor("r" * 101, "a", "0", 1.0)), (ONE,), "longer than 100"),
    ],
)
def test_what_is_no_circuit_is_refused_by_name(elements, ports, message) -> None:
    with pytest.raises(NetworkError, match=message):
        Network(elements, ports)


@pytest.mark.parametrize(
    "node", ["gnd", "time", "frequency", "temper", "alli", "port1_s", "c5_int1"]
)
def test_node_names_that_ngspice_takes_are_refused(node) -> None:
    varactor, port = Varactor("c5", "a", "0", 1.0), Port("1", "a", resistance=1.0)
    with pytest.raises(NetworkError, match=f"node '{node}': ngspice or the deck needs this name"):
        Network((R, varactor, Resistor("r2", "a", node, 1.0)), (port,))


@pytest.mark.parametrize("node", ["gnd1", "times", "port2_s", "port1", "c5_int", "c1_int1", "1"])
def test_node_names_near_them_are_not(node) -> None:
    varactor, port = Varactor("c5", "a", "0", 1.0), Port("1", "a", resistance=1.0)
    assert node in Network((R, varactor, Resistor("r2", "a", node, 1.0)), (port,)).nodes


@pytest.mark.parametrize("bad", [-1.0, -1e-300, math.nan, math.inf])
def test_bad_source_resistance_is_refused(bad) -> None:
    with pytest.raises(NetworkError, match=f"port 'x': resistance = {bad}, must be zero or pos"):
        Port("x", "a", resistance=bad)


@pytest.mark.parametrize("name", ["", "A", "a_1", "a b", "é", "²"])
def test_bad_port_name_is_refused(name) -> None:
    with pytest.raises(NetworkError, match=f"port '{name}': the name must be"):
        Port(name, "a")


def test_port_with_both_ends_on_one_node_is_refused() -> None:
    with pytest.raises(NetworkError, match="port 'x': both ends are on node 'a'"):
        Port("x", "a", "a")


def test_ideal_sources_that_close_no_loop_are_taken() -> None:
    Network((R,), (Port("1", "a"), Port("2", "a", resistance=1e-3)))
    ring = (R, *(Resistor(f"r{k}", *ends, 1.0) for k, ends in enumerate(["ab", "bc", "c0"], 2)))
    Network(ring, (Port("x", "a"), Port("y", "b", "c"), Port("z", "b", "a")))


def test_a_port_may_be_what_connects_a_part_to_ground() -> None:
    network = Network((Resistor("r1", "a", "b", 1.0),), (Port("1", "a"),))
    assert network.nodes == (GROUND, "a", "b")
    assert network.stubs == ("b",)


def test_lookup_of_what_is_not_there_says_so() -> None:
    network = Network((R,), (ONE, Port("in", "a", resistance=1.0)))
    assert network.port() == network.port("1") == ONE
    assert network["r1"] == R
    with pytest.raises(NetworkError, match="no port '3'; the ports are '1', 'in'"):
        network.port("3")
    with pytest.raises(NetworkError, match="no element 'r2'"):
        network["r2"]


# --- graph ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("n", range(2, 9))
def test_loops_of_the_complete_graph(n) -> None:
    network = complete(n, edge=EdgeModel(), rng=np.random.default_rng(n))
    assert network.loops == (n - 1) * (n - 2) // 2


@pytest.mark.parametrize("seed", SEEDS)
def test_incidence_has_kirchhoffs_ranks(seed) -> None:
    network = random_network(np.random.default_rng(seed))
    a = network.incidence
    assert a.shape == (len(network.nodes), len(network.elements))
    np.testing.assert_array_equal(a.sum(axis=0), 0.0)
    for element, column in zip(network.elements, a.T, strict=True):
        ends = {network.nodes[k]: x for k, x in enumerate(column) if x}
        assert ends == {element.a: 1.0, element.b: -1.0}
    # these networks are connected without their ports: N - 1 independent current laws, and the
    # solutions of A i = 0 are the loop currents
    assert np.linalg.matrix_rank(a) == len(network.nodes) - 1
    assert network.loops == len(network.elements) - np.linalg.matrix_rank(a)


def test_loops_of_parts_that_only_a_port_joins() -> None:
    # a triangle, and a pair of parallel resistors that the port lifts
    ends = [("a", "0"), ("a", "b"), ("b", "0"), ("x", "y"), ("y", "x")]
    elements = tuple(Resistor(f"r{k}", u, v, 1.0) for k, (u, v) in enumerate(ends))
    assert Network(elements, (Port("1", "x", "b"),)).loops == 2


@pytest.mark.parametrize("seed", SEEDS)
def test_loops_are_the_graphs_cyclomatic_number(seed) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(4, 12))
    m = int(rng.integers(n, n * (n - 1) // 2 + 1))
    network = gnm(n, m, edge=EdgeModel(), rng=rng)  # inner nodes of an edge add no loop
    assert network.loops == m - n + 1


@pytest.mark.parametrize("seed", SEEDS)
def test_branches_partition_the_elements(seed) -> None:
    network = random_network(np.random.default_rng(seed))
    listed = [name for branch in network.branches for name in branch]
    assert sorted(listed) == sorted(e.name for e in network.elements)
    order = [e.name for e in network.elements]
    assert all(list(branch) == sorted(branch, key=order.index) for branch in network.branches)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_branch_has_one_current_and_goes_on_as_far_as_that(seed) -> None:
    network = random_network(np.random.default_rng(seed))
    branch_of = {name: branch for branch in network.branches for name in branch}
    outside = {GROUND, *(node for port in network.ports for node in (port.plus, port.minus))}
    inner = [k for k, node in enumerate(network.nodes) if node not in outside]
    *_, v = np.linalg.svd(network.incidence[inner])
    currents = abs(v[np.linalg.matrix_rank(network.incidence[inner]) :])  # all that obey Kirchhoff
    column = {element.name: k for k, element in enumerate(network.elements)}
    for branch in network.branches:
        for name in branch[1:]:
            np.testing.assert_allclose(
                currents[:, column[name]], currents[:, column[branch[0]]], atol=1e-12
            )
    for k in inner:
        touching = [network.elements[e].name for e in np.flatnonzero(network.incidence[k])]
        if len(touching) == 2:
            assert branch_of[touching[0]] == branch_of[touching[1]]


@pytest.mark.parametrize("esr", [None, Fixed(0.1)], ids=["no-esr", "esr"])
def test_series_edge_is_one_branch(esr) -> None:
    edge = EdgeModel(inductor_esr=esr, capacitor_esr=esr, nonlinear="varactor", nonlinear_share=0.5)
    network = complete(5, edge=edge, rng=np.random.default_rng(1))
    edges: dict[str, list[str]] = {}
    for element in network.elements:
        index = "".join(c for c in element.name if c.isdigit())
        edges.setdefault(index, []).append(element.name)
    assert len(edges) == 10
    assert sorted(network.branches) == sorted(map(tuple, edges.values()))


def test_branches_end_at_ports_ground_and_junctions() -> None:
    # 0 - a - b - 0 with a spur from b: without the port at a, its two resistors are one branch
    ring = (R, Resistor("r2", "a", "b", 1.0), Resistor("r3", "b", "0", 1.0))
    elements = (*ring, Resistor("r4", "b", "c", 1.0), Resistor("r5", "c", "b", 1.0))
    at_a = Network(elements, (ONE,))
    assert at_a.branches == (("r1",), ("r2",), ("r3",), ("r4", "r5"))
    at_b = Network(elements, (Port("1", "b"),))
    assert at_b.branches == (("r1", "r2"), ("r3",), ("r4", "r5"))
    afloat = Network(elements, (Port("1", "a", "b"),))
    assert afloat.branches == at_a.branches


def test_parallel_series_edges_stay_apart() -> None:
    graph = nx.MultiGraph([(0, 1), (0, 1), (0, 1)])
    network = from_graph(graph, edge=EdgeModel(), rng=np.random.default_rng(0))
    assert network.branches == tuple((f"r{k}", f"l{k}", f"c{k}") for k in range(3))


# --- values and files ----------------------------------------------------------------------------


@pytest.mark.parametrize("seed", SEEDS)
def test_with_values_and_values_are_inverse(seed) -> None:
    rng = np.random.default_rng(seed)
    network = random_network(rng)
    names = rng.permutation(network.names(Resistor, Inductor, Capacitor)).tolist()
    new = 10 ** rng.uniform(-9, 9, len(names))
    changed = network.with_values(names, new)
    np.testing.assert_array_equal(changed.values(names), new)
    assert changed.with_values(names, network.values(names)) == network
    assert changed.ports == network.ports
    for before, after in zip(network.elements, changed.elements, strict=True):
        if before.name in names:
            assert after == replace(before, value=after.value)
        else:
            assert after is before


def test_with_values_refuses_what_has_no_value() -> None:
    elements = (R, Diode("d1", "a", "0"), Varactor("c1", "a", "0", 1.0))
    network = Network(elements, (ONE,))
    assert [Network((R, e), (ONE,)).is_linear for e in elements[1:]] == [False, False]
    linear = (R, Inductor("l1", "a", "0", 1.0), Capacitor("c2", "a", "0", 1.0))
    assert Network(linear, (ONE,)).is_linear
    for name, kind in (("d1", "diode"), ("c1", "varactor")):
        with pytest.raises(NetworkError, match=f"{kind} '{name}' has no single value"):
            network.with_values([name], [1.0])
        with pytest.raises(NetworkError, match=f"{kind} '{name}' has no single value"):
            network.values([name])
    with pytest.raises(NetworkError, match="no element 'r9'"):
        network.with_values(["r9"], [1.0])
    with pytest.raises(NetworkError, match=r"resistor 'r1': value = -1\.0"):
        network.with_values(["r1"], [-1.0])
    with pytest.raises(ValueError, match="shorter"):
        network.with_values(["r1"], [])


@pytest.mark.parametrize("seed", SEEDS)
def test_json_and_pickle_give_back_every_bit(seed) -> None:
    network = random_network(np.random.default_rng(seed))
    text = network.to_json()
    again = Network.from_json(text)
    assert again == network
    assert again.to_json() == text
    assert [type(e) for e in again.elements] == [type(e) for e in network.elements]
    assert network.loops == network.graph.number_of_edges() - len(network.nodes) + 1  # now cached
    assert pickle.loads(pickle.dumps(network)) == network


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        "7",
        "{}",
        '{"format": "physlearn-network/1"}',
        '{"format": "physlearn-network/1", "ports": 1, "elements": []}',
        '{"format": "physlearn-network/1", "ports": [], "elements": []}',
    ],
)
def test_other_json_is_refused(text) -> None:
    with pytest.raises(NetworkError, match=r"holds no network|has no elements"):
        Network.from_json(text)


GOOD = json.loads(Network((R,), (ONE,)).to_json())


@pytest.mark.parametrize(
    ("part", "field", "value", "message"),
    [
        ("elements", "kind", "transistor", "transistor"),
        ("elements", "kind", ["resistor"], "unhashable"),
        ("elements", "value", -1.0, r"'r1': value = -1\.0"),
        ("elements", "value", math.nan, "'r1': value = nan"),
        ("elements", "value", "1", "must be real number"),
        ("elements", "value", None, "must be real number"),
        ("elements", "value", 10**400, "too large"),
        ("elements", "name", 1, "expected string"),
        ("elements", "a", 1, "not iterable"),
        ("elements", "extra", 1, "extra"),
        ("ports", "name", 1, "isalnum|isascii"),
        ("ports", "plus", "x", "no element touches node 'x'"),
        ("ports", "extra", 1, "extra"),
    ],
)
def test_json_with_a_wrong_field_is_refused(part, field, value, message) -> None:
    record = {**GOOD[part][0], field: value}
    with pytest.raises(NetworkError, match=message):
        Network.from_json(json.dumps({**GOOD, part: [record]}))


def test_json_of_another_format_is_refused() -> None:
    with pytest.raises(NetworkError, match="'physlearn-network/2', not 'physlearn-network/1'"):
        Network.from_json(json.dumps({**GOOD, "format": "physlearn-network/2"}))
