"""Each topology by what every draw of it must have, whatever the seed."""

from __future__ import annotations

import math
from itertools import combinations, pairwise

import networkx as nx
import numpy as np
import pytest

from physlearn_spice.elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
)
from physlearn_spice.errors import NetworkError
from physlearn_spice.generators import (
    EdgeModel,
    Fixed,
    cubic_lattice,
    gnp,
    ladder,
    random_geometric,
    scale_free,
    small_world,
    triangular_lattice,
)
from physlearn_spice.network import GROUND, Network, Port

ONE = EdgeModel(kind="one-of")
EDGES = [EdgeModel(), EdgeModel(kind="parallel-rlc"), EdgeModel(kind="series-lc"), ONE]
TOPOLOGIES = {
    "gnp": lambda **k: gnp(9, 0.4, **k),
    "small world": lambda **k: small_world(12, 4, 0.3, **k),
    "scale free": lambda **k: scale_free(12, 2, **k),
    "geometric": lambda **k: random_geometric(12, 0.5, **k),
    "triangular": lambda **k: triangular_lattice(3, 4, **k),
    "cubic": lambda **k: cubic_lattice(2, 3, 2, **k),
    "ladder": lambda **k: ladder(5, **k),
}


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def skeleton(network: Network) -> nx.Graph:
    """The graph of a network with one element on each edge."""
    return nx.Graph(network.graph)


# --- all of them ---------------------------------------------------------------------------------


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("edge", EDGES, ids=lambda edge: edge.kind)
def test_same_seed_same_network(topology, edge) -> None:
    draw = TOPOLOGIES[topology]
    texts = [draw(edge=edge, rng=rng(seed)).to_json() for seed in (1, 1, 2)]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.parametrize("topology", TOPOLOGIES)
@pytest.mark.parametrize("seed", range(10))
def test_a_connected_simple_graph_from_the_first_node_to_ground(topology, seed) -> None:
    network = TOPOLOGIES[topology](edge=ONE, rng=rng(seed), source_resistance=7.0)
    assert network.ports == (Port("1", "n0", GROUND, 7.0),)
    graph, n = skeleton(network), len(network.nodes)
    assert graph.number_of_edges() == len(network.elements)  # no pair twice
    assert set(graph) == {GROUND, *(f"n{k}" for k in range(n - 1))}
    assert nx.is_connected(graph)
    assert network.loops == len(network.elements) - n + 1
    # edges are numbered by their nodes, not in the order of a set
    if topology in ("gnp", "small world", "geometric"):
        place = {GROUND: n - 1, **{f"n{k}": k for k in range(n - 1)}}
        ends = [(place[e.a], place[e.b]) for e in network.elements]
        assert ends == sorted(ends)


# --- one by one ----------------------------------------------------------------------------------


def test_gnp_joins_each_pair_with_its_probability() -> None:
    n, p, draws = 14, 0.5, 60  # so dense that hardly a draw is not connected
    counts = [len(gnp(n, p, edge=ONE, rng=rng(seed)).elements) for seed in range(draws)]
    pairs = n * (n - 1) // 2
    assert abs(np.mean(counts) - p * pairs) < 4 * math.sqrt(pairs * p * (1 - p) / draws)
    assert len(gnp(5, 1.0, edge=ONE, rng=rng()).elements) == 10


@pytest.mark.parametrize("p", [0.0, 0.2, 1.0])
def test_small_world_keeps_its_edges_and_shortens_its_ways(p) -> None:
    n, k = 40, 4
    graphs = [skeleton(small_world(n, k, p, edge=ONE, rng=rng(seed))) for seed in range(5)]
    for graph in graphs:
        assert graph.number_of_edges() == n * k // 2
        assert min(degree for _, degree in graph.degree) >= k // 2  # a node keeps its near ends
        if p == 0:
            assert nx.is_isomorphic(graph, nx.circulant_graph(n, [1, 2]))
    ways = np.mean([nx.average_shortest_path_length(graph) for graph in graphs])
    ring = nx.average_shortest_path_length(nx.circulant_graph(n, [1, 2]))
    assert ways == ring if p == 0 else ways < 0.8 * ring


def test_small_world_of_all_pairs_has_nowhere_to_move() -> None:
    assert len(small_world(5, 4, 1.0, edge=ONE, rng=rng()).elements) == 10


@pytest.mark.parametrize("m", [1, 2, 5])
def test_scale_free_grows_by_m_edges_a_node(m) -> None:
    n = 60
    graph = skeleton(scale_free(n, m, edge=ONE, rng=rng(m)))
    assert graph.number_of_edges() == m * (n - m)
    degrees = sorted(degree for _, degree in graph.degree)
    assert degrees[0] >= 1
    assert sum(degree < m for degree in degrees) <= m  # but for the star's rays
    assert degrees[-1] > 3 * degrees[n // 2]  # hubs, which no G(n, m) of this size has


def test_geometric_joins_who_is_near() -> None:
    for seed in range(5):
        places = rng(seed).random((15, 2))
        near = [(u, v) for u, v in combinations(range(15), 2) if math.dist(*places[[u, v]]) <= 0.6]
        graph = skeleton(random_geometric(15, 0.6, edge=ONE, rng=rng(seed)))
        name = {14: GROUND, **{k: f"n{k}" for k in range(14)}}
        wanted = nx.Graph([(name[u], name[v]) for u, v in near])
        if nx.is_connected(wanted) and len(wanted) == 15:  # or another draw was taken
            assert nx.utils.graphs_equal(nx.Graph(graph.edges()), wanted)


def test_triangular_lattice_has_six_neighbours_inside() -> None:
    m, n = 5, 4
    network = triangular_lattice(m, n, edge=ONE, rng=rng())
    graph = skeleton(network)
    assert graph.number_of_edges() == m * (n - 1) + n * (m - 1) + (m - 1) * (n - 1)
    assert sum(nx.triangles(graph).values()) / 3 == 2 * (m - 1) * (n - 1)
    degrees = sorted(degree for _, degree in graph.degree)
    assert degrees.count(6) == (m - 2) * (n - 2)
    assert (graph.degree["n0"], graph.degree[GROUND]) == (2, 2)
    assert nx.shortest_path_length(graph, "n0", GROUND) == m + n - 2


def test_cubic_lattice_is_the_product_of_three_lines() -> None:
    graph = skeleton(cubic_lattice(2, 3, 4, edge=ONE, rng=rng()))
    assert nx.is_isomorphic(graph, nx.grid_graph([2, 3, 4]))
    assert nx.shortest_path_length(graph, "n0", GROUND) == 1 + 2 + 3


def test_ladder_alternates_between_line_and_ground() -> None:
    n = 4
    network = ladder(n, edge=EdgeModel(kind="one-of", probabilities=(1, 0, 0)), rng=rng())
    ends = [(e.a, e.b) for e in network.elements]
    line = [f"n{k}" for k in range(n + 1)]
    assert ends[::2] == list(pairwise(line))
    assert ends[1::2] == [(node, GROUND) for node in line[1:]]
    # R-R ladder of 10 Ohm: each section is 10 + 10 || (the rest), Fibonacci's numbers
    v = np.linalg.solve(*_nodal(network, 10.0))
    assert v[0] == pytest.approx(10.0 * 34 / 21)  # F(2n+1) / F(2n) = F9 / F8


def _nodal(network: Network, resistance: float) -> tuple[np.ndarray, np.ndarray]:
    """Conductances, and 1 A into the port."""
    inner = network.incidence[1:]
    current = np.zeros(len(inner))
    current[network.nodes.index("n0") - 1] = 1.0
    order = [network.nodes.index(f"n{k}") - 1 for k in range(len(inner))]
    return (inner @ inner.T / resistance)[np.ix_(order, order)], current[order]


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda **k: gnp(1, 0.5, **k), "n = 1 nodes: needs at least 2"),
        (lambda **k: gnp(5, 0.0, **k), "p must be above 0 and at most 1"),
        (lambda **k: gnp(5, math.nan, **k), "p must be above 0 and at most 1"),
        (lambda **k: gnp(40, 0.01, **k), "none of 100 draws was connected"),
        (lambda **k: small_world(8, 3, 0.1, **k), "needs an even k"),
        (lambda **k: small_world(4, 4, 0.1, **k), "0 < k < n"),
        (lambda **k: small_world(8, 0, 0.1, **k), "0 < k < n"),
        (lambda **k: small_world(8, 2, 1.1, **k), r"p in \[0, 1\]"),
        (lambda **k: scale_free(5, 0, **k), "needs 1 <= m < n"),
        (lambda **k: scale_free(5, 5, **k), "needs 1 <= m < n"),
        (lambda **k: random_geometric(1, 0.5, **k), "n = 1 nodes"),
        (lambda **k: random_geometric(5, 0.0, **k), "radius = 0.0, must be positive"),
        (lambda **k: random_geometric(5, math.nan, **k), "radius = nan"),
        (lambda **k: random_geometric(40, 0.01, **k), "none of 100 draws was connected"),
        (lambda **k: triangular_lattice(0, 3, **k), "lattice of 0 x 3 nodes"),
        (lambda **k: triangular_lattice(1, 1, **k), "the graph has 1"),
        (lambda **k: cubic_lattice(2, -1, 3, **k), "lattice of 2 x -1 x 3 nodes"),
        (lambda **k: ladder(0, **k), "ladder of 0 sections"),
    ],
)
def test_what_can_not_be_drawn_is_told(draw, message) -> None:
    with pytest.raises(NetworkError, match=message):
        draw(edge=ONE, rng=rng())


# --- kinds of edges ------------------------------------------------------------------------------


def one_edge(**fields) -> Network:
    return gnp(2, 1.0, edge=EdgeModel(**fields), rng=rng())


def test_parallel_edge_stands_side_by_side() -> None:
    esr = {"inductor_esr": Fixed(0.5), "capacitor_esr": Fixed(0.1)}
    assert [(e.name, e.a, e.b) for e in one_edge(kind="parallel-rlc").elements] == [
        (name, "n0", GROUND) for name in ("r0", "l0", "c0")
    ]
    assert [(e.name, e.a, e.b) for e in one_edge(kind="parallel-rlc", **esr).elements] == [
        ("r0", "n0", GROUND),
        ("l0", "n0", "e0a"),
        ("r0l", "e0a", GROUND),
        ("c0", "n0", "e0b"),
        ("r0c", "e0b", GROUND),
    ]


def test_series_lc_has_no_resistor_but_an_esr() -> None:
    assert [e.name for e in one_edge(kind="series-lc").elements] == ["l0", "c0"]
    network = one_edge(kind="series-lc", inductor_esr=Fixed(0.5))
    assert network.branches == (("l0", "r0l", "c0"),)


@pytest.mark.parametrize("kind", ["series-rlc", "parallel-rlc", "series-lc", "one-of"])
@pytest.mark.parametrize(
    ("nonlinear", "element", "instead_of"),
    [
        ("cubic", CubicConductance, Resistor),
        ("saturating", SaturatingInductor, Inductor),
        ("varactor", Varactor, Capacitor),
        ("diode", Diode, None),
    ],
)
def test_nonlinear_elements_take_their_place(kind, nonlinear, element, instead_of) -> None:
    fields = {"kind": kind, "nonlinear": nonlinear, "nonlinear_share": 1.0}
    if (kind, nonlinear) == ("series-lc", "cubic"):
        with pytest.raises(NetworkError, match="series-lc has none"):
            one_edge(**fields)
        return
    network = one_edge(**fields)
    assert len(network.names(element)) == 1
    assert not network.is_linear
    if kind == "one-of":
        assert len(network.elements) == 1
    elif instead_of:
        assert not network.names(instead_of)
    else:
        (diode,) = network.names(Diode)
        d, c = network[diode], network["c0"]
        assert (d.a, d.b) == (c.a, c.b)


def test_nonlinear_elements_have_the_values_of_what_they_replace() -> None:
    share = {"kind": "one-of", "nonlinear_share": 1.0}
    cubic = one_edge(nonlinear="cubic", resistance=Fixed(4.0), **share)["r0"]
    # at 1 V the cubic current is as large as the linear one
    assert float(cubic.current(1.0)) == 2 * 0.25
    coil = one_edge(nonlinear="saturating", inductance=Fixed(2e-3), **share)["l0"]
    assert float(coil.inductance(0.0)) == pytest.approx(2e-3, rel=1e-15)
    assert float(coil.inductance(1.0)) == pytest.approx(2e-4, rel=1e-12)
    assert coil.saturation_current == 10e-3
