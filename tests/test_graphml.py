"""GraphML: networks go there and back whole, anybody's graph comes in."""

from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from physlearn_spice.elements import Cccs, Ccvs, Inductor, Resistor, Vccs, Vcvs
from physlearn_spice.errors import NetworkError
from physlearn_spice.generators import EdgeModel, from_graph
from physlearn_spice.graphml import from_graphml, graph_from_graphml, to_graphml
from physlearn_spice.network import Network, Port
from tests.random_networks import random_network, with_couplings

SOURCES = Network(
    (
        Resistor("r1", "a", "0", 3),  # an int
        Inductor("l1", "a", "b", 1e-3),
        Vcvs("e1", "c", "0", "a", "b", -2.0),
        Vccs("g1", "c", "0", "b", "0", 0.1),
        Cccs("f1", "b", "0", "r1", 1 / 3),
        Ccvs("h1", "d", "0", "v1", 2.5),
        Resistor("r2", "d", "c", 1e300),
    ),
    (Port("1", "a", resistance=50.0),),
)


@pytest.mark.parametrize("seed", range(60))
def test_any_network_comes_back_equal(seed) -> None:
    rng = np.random.default_rng(seed)
    network = with_couplings(random_network(rng), rng)
    assert from_graphml(to_graphml(network)) == network


def test_controlled_sources_come_back_equal() -> None:
    text = to_graphml(SOURCES)
    assert from_graphml(text) == SOURCES
    assert from_graphml(text).elements == SOURCES.elements  # in their order
    assert to_graphml(from_graphml(text)) == text


def test_graph_tools_see_nodes_and_edges() -> None:
    graph = nx.parse_graphml(to_graphml(SOURCES))
    assert set(graph) == set(SOURCES.nodes)
    assert sorted(graph.edges()) == sorted((e.a, e.b) for e in SOURCES.elements)
    assert graph.edges["a", "b", "l1"]["kind"] == "inductor"


@pytest.mark.parametrize("kind", [nx.Graph, nx.DiGraph, nx.MultiGraph])
def test_anybodys_graph_becomes_a_network(kind) -> None:
    graph = kind([("x", "y"), ("y", "z"), ("z", "x"), ("z", "w")])
    graph.nodes["x"]["label"] = "begin"
    text = "\n".join(nx.generate_graphml(graph))
    found = graph_from_graphml(text)
    assert list(found) == ["x", "y", "z", "w"]
    assert found.number_of_edges() == 4
    network = from_graph(found, edge=EdgeModel(), rng=np.random.default_rng(0))
    assert len(network.branches) == 3  # x, the port, y and z: from z to w there is one
    with pytest.raises(NetworkError, match="a graph without elements: from_graph"):
        from_graphml(text)


def test_parallel_edges_stay_two() -> None:
    text = "\n".join(nx.generate_graphml(nx.MultiGraph([("a", "b"), ("a", "b")])))
    assert graph_from_graphml(text).number_of_edges() == 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda text: text[: len(text) // 2], "no GraphML"),
        (lambda text: "", "no GraphML"),
        (lambda text: "<a/>", "no GraphML"),
        (lambda text: text.replace(">resistor<", ">transistor<"), "holds no network"),
        (lambda text: text.replace("physlearn-network/1", "other"), "format is 'other'"),
        (lambda text: text.replace(">3.0<", ">-3.0<"), "must be positive"),
        (lambda text: text.replace('attr.name="order"', 'attr.name="o"'), "holds no network"),
        (lambda text: text.replace('attr.name="ports"', 'attr.name="p"'), "holds no network"),
    ],
)
def test_what_holds_no_network_is_refused(change, message) -> None:
    text = to_graphml(SOURCES)
    assert change(text) != text
    with pytest.raises(NetworkError, match=message):
        from_graphml(change(text))
