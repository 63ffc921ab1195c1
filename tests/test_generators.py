"""Topologies by their invariants, edge models by their statistics, the same seed by its bytes."""

from __future__ import annotations

import hashlib
import math
import os
import subprocess
import sys
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from scipy import stats

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor, Varactor
from physlearn_spice.errors import NetworkError
from physlearn_spice.generators import (
    EdgeModel,
    Fixed,
    LogNormal,
    LogUniform,
    complete,
    from_graph,
    gnm,
    random_regular,
    square_lattice,
)
from physlearn_spice.network import GROUND, Network, Port

SERIES, ONE_OF = EdgeModel(), EdgeModel(kind="one-of")
LAW = LogNormal(0.5, 0.3)
RICH = EdgeModel(inductor_esr=LAW, capacitor_esr=LAW, nonlinear_share=0.5)


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def skeleton(network: Network) -> nx.MultiGraph:
    """The graph that the edges were put on: inner nodes of an edge start with e."""
    ends: dict[str, set[str]] = {}
    for element in network.elements:
        index = "".join(c for c in element.name if c.isdigit())
        ends.setdefault(index, set()).update({element.a, element.b})
    return nx.MultiGraph(sorted(n for n in nodes if n[0] != "e") for nodes in ends.values())


# --- topologies ----------------------------------------------------------------------------------


@pytest.mark.parametrize("edge", [SERIES, ONE_OF, RICH], ids=["series", "one-of", "rich"])
def test_topologies_have_their_invariants(edge) -> None:
    for n in (2, 3, 7):
        graph = skeleton(complete(n, edge=edge, rng=rng()))
        assert nx.is_isomorphic(nx.Graph(graph), nx.complete_graph(n))
        assert graph.number_of_edges() == n * (n - 1) // 2
    for seed, (n, m) in enumerate([(2, 1), (6, 5), (12, 20), (5, 10)]):
        graph = skeleton(gnm(n, m, edge=edge, rng=rng(seed)))
        assert (len(graph), graph.number_of_edges()) == (n, m)
        assert nx.Graph(graph).number_of_edges() == m  # no pair twice
        assert nx.is_connected(graph)
    for seed, (d, n) in enumerate([(1, 2), (2, 5), (3, 8), (4, 9)]):
        graph = skeleton(random_regular(d, n, edge=edge, rng=rng(seed)))
        assert len(graph) == n
        assert {degree for _, degree in graph.degree} == {d}
        assert nx.Graph(graph).number_of_edges() == n * d // 2
        assert nx.is_connected(graph)
    for m, n in ((1, 2), (3, 4), (5, 1)):
        graph = skeleton(square_lattice(m, n, edge=edge, rng=rng()))
        assert nx.is_isomorphic(nx.Graph(graph), nx.grid_2d_graph(m, n))
        assert graph.number_of_edges() == m * (n - 1) + n * (m - 1)


def test_lattice_is_driven_between_opposite_corners() -> None:
    network = square_lattice(3, 5, edge=SERIES, rng=rng())
    graph, port = skeleton(network), network.port()
    assert nx.shortest_path_length(graph, port.plus, port.minus) == 2 + 4
    assert {graph.degree[port.plus], graph.degree[port.minus]} == {2}


@pytest.mark.parametrize(
    "make",
    [
        lambda **k: complete(4, **k),
        lambda **k: gnm(4, 5, **k),
        lambda **k: random_regular(3, 4, **k),
        lambda **k: square_lattice(2, 2, **k),
        lambda **k: from_graph(nx.path_graph(4), **k),
    ],
)
def test_port_is_from_the_first_node_to_ground(make) -> None:
    network = make(edge=SERIES, rng=rng(), source_resistance=75.0)
    assert network.ports == (Port("1", "n0", GROUND, 75.0),)
    assert set(skeleton(network)) == {"n0", "n1", "n2", GROUND}


def test_connected_gnm_graphs_are_equally_likely() -> None:
    # 16 labelled trees on 4 nodes; the 4 graphs of a triangle and a lone node must be drawn again
    generator, draws = rng(1), 1600
    counts = Counter(
        tuple(sorted(skeleton(gnm(4, 3, edge=ONE_OF, rng=generator)).edges())) for _ in range(draws)
    )
    assert len(counts) == 16
    assert stats.chisquare(list(counts.values())).pvalue > 1e-4


@pytest.mark.parametrize(
    ("draw", "message"),
    [
        (lambda **k: complete(1, **k), "n = 1 nodes: needs at least 2"),
        (lambda **k: gnm(1, 0, **k), "n = 1 nodes: needs at least 2"),
        (lambda **k: gnm(10, 8, **k), r"G\(10, 8\): none of 100 draws .* more edges or fewer"),
        (lambda **k: gnm(4, 7, **k), r"G\(4, 7\): 4 nodes have only 6 pairs"),
        (lambda **k: random_regular(1, 4, **k), "1-regular on 4 nodes: none of 100 draws"),
        (lambda **k: random_regular(3, 5, **k), "no 3-regular graph on 5 nodes: .*n d even"),
        (lambda **k: random_regular(4, 4, **k), "no 4-regular graph on 4 nodes"),
        (lambda **k: random_regular(0, 4, **k), "no 0-regular graph on 4 nodes"),
        (lambda **k: square_lattice(0, 3, **k), "lattice of 0 x 3 nodes"),
        (lambda **k: square_lattice(1, 1, **k), "the graph has 1"),
        (lambda **k: from_graph(nx.Graph(), **k), "the graph has 0"),
        (lambda **k: from_graph(nx.empty_graph(3), **k), "of 3 nodes that is not connected"),
        (lambda **k: from_graph(nx.Graph([(0, 1), (1, 1)]), **k), "self-loop at node 1"),
        (lambda **k: from_graph(nx.path_graph(3), port=(0, 9), **k), "no node 9"),
        (lambda **k: from_graph(nx.path_graph(3), port=(9, 0), **k), "no node 9"),
        (lambda **k: from_graph(nx.path_graph(3), port=(1, 1), **k), "both ends are on node '0'"),
    ],
)
def test_what_can_not_be_drawn_is_told(draw, message) -> None:
    with pytest.raises(NetworkError, match=message):
        draw(edge=SERIES, rng=rng())


def test_users_multigraph_keeps_its_edges_and_port() -> None:
    graph = nx.MultiGraph([("x", "y"), ("x", "y"), ("y", "z"), ("z", "x"), ("z", "w")])
    network = from_graph(graph, edge=SERIES, rng=rng(), port=("z", "y"))
    names = {"x": "n0", "y": GROUND, "z": "n2", "w": "n3"}
    expected = Counter(tuple(sorted(names[u] for u in edge)) for edge in graph.edges())
    assert Counter(tuple(sorted(edge)) for edge in skeleton(network).edges()) == expected
    assert network.port() == Port("1", "n2", GROUND, 50.0)
    assert network.stubs == ("n3",)
    assert sorted(graph) == ["w", "x", "y", "z"]  # untouched


# --- the same seed -------------------------------------------------------------------------------

DRAWS = """
import hashlib, sys
import networkx as nx
import numpy as np
from physlearn_spice.generators import *
law = LogNormal(0.5, 0.3)
seed = int(sys.argv[1])
words = nx.Graph([("alpha", "beta"), ("beta", "gamma"), ("gamma", "alpha"), ("gamma", "delta")])
for kind in ("series-rlc", "one-of"):
    edge = EdgeModel(kind=kind, inductor_esr=law, capacitor_esr=law, nonlinear_share=0.5)
    for draw in (
        lambda **k: complete(6, **k),
        lambda **k: gnm(12, 16, **k),
        lambda **k: random_regular(3, 10, **k),
        lambda **k: square_lattice(3, 4, **k),
        lambda **k: from_graph(words, **k),
        lambda **k: gnp(12, 0.4, **k),
        lambda **k: small_world(12, 4, 0.3, **k),
        lambda **k: scale_free(12, 2, **k),
        lambda **k: random_geometric(12, 0.5, **k),
    ):
        text = draw(edge=edge, rng=np.random.default_rng(seed)).to_json()
        print(hashlib.sha256(text.encode()).hexdigest())
"""


def digests(seed: int, hash_seed: str) -> list[str]:
    done = subprocess.run(
        [sys.executable, "-c", DRAWS, str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.split()


def test_same_seed_gives_the_same_bytes_in_every_process() -> None:
    first = digests(7, "0")
    assert len(set(first)) == 18
    assert digests(7, "1") == digests(7, "4242") == first
    assert not set(digests(8, "0")) & set(first)
    edge = EdgeModel(inductor_esr=LAW, capacitor_esr=LAW, nonlinear_share=0.5)
    here = complete(6, edge=edge, rng=rng(7)).to_json()
    assert hashlib.sha256(here.encode()).hexdigest() == first[0]


# --- laws and edge models ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("law", "mean", "deviation", "kurtosis"),
    [
        (LogUniform(2e-3, 5e-1), math.log(2e-3 * 5e-1) / 2, math.log(250) / math.sqrt(12), 1.8),
        (LogNormal(3e-9, 0.7), math.log(3e-9), 0.7, 3.0),
    ],
)
@pytest.mark.parametrize("seed", range(5))
def test_logarithms_have_the_laws_moments(law, mean, deviation, kurtosis, seed) -> None:
    n, generator = 4000, rng(seed)
    logs = np.log([law.draw(generator) for _ in range(n)])
    # standard errors of the mean and of the variance
    assert abs(logs.mean() - mean) < 3 * deviation / math.sqrt(n)
    assert abs(logs.var() / deviation**2 - 1) < 3 * math.sqrt((kurtosis - 1) / n)
    if isinstance(law, LogUniform):
        assert math.log(law.low) <= logs.min() <= logs.max() <= math.log(law.high) + 1e-12


@pytest.mark.parametrize(
    ("law", "arguments"),
    [
        (LogUniform, (0.0, 1.0)),
        (LogUniform, (2.0, 1.0)),
        (LogUniform, (math.nan, 1.0)),
        (LogNormal, (0.0, 1.0)),
        (LogNormal, (1.0, -0.1)),
        (LogNormal, (1.0, math.nan)),
    ],
)
def test_laws_refuse_what_has_no_logarithm(law, arguments) -> None:
    with pytest.raises(NetworkError, match=rf"{law.__name__}\(.*needs"):
        law(*arguments)


def test_fixed_value_leaves_the_generator_alone() -> None:
    generator = rng()
    assert Fixed(3.0).draw(generator) == 3.0
    assert generator.random() == rng().random()


@pytest.mark.parametrize("probabilities", [(0.5, 0.3, 0.2), (0.0, 0.1, 0.9), (1 / 3, 1 / 3, 1 / 3)])
def test_one_of_draws_with_its_probabilities(probabilities) -> None:
    edge = EdgeModel(kind="one-of", probabilities=probabilities)
    network = complete(60, edge=edge, rng=rng())
    n = len(network.elements)
    assert n == 60 * 59 // 2
    for kind, p in zip((Resistor, Inductor, Capacitor), probabilities, strict=True):
        assert abs(len(network.names(kind)) - n * p) <= 4 * math.sqrt(n * p * (1 - p))


def test_values_come_from_the_law_of_their_kind() -> None:
    edge = EdgeModel(
        resistance=LogUniform(1, 2),
        inductance=LogUniform(3, 4),
        capacitance=LogUniform(5, 6),
        inductor_esr=LogUniform(7, 8),
        capacitor_esr=LogUniform(9, 10),
    )
    for kind, probabilities in (("series-rlc", (1, 0, 0)), ("one-of", (0.2, 0.4, 0.4))):
        model = EdgeModel(**{**vars(edge), "kind": kind, "probabilities": probabilities})
        network = complete(8, edge=model, rng=rng())
        low = {"r": 1, "l": 3, "c": 5, "rl": 7, "rc": 9}
        drawn: dict[str, set[float]] = {letters: set() for letters in low}
        for element in network.elements:
            letters = "".join(c for c in element.name if c.isalpha())
            assert low[letters] <= element.value <= low[letters] + 1
            drawn[letters].add(element.value)
        assert sum(map(len, drawn.values())) == len(network.elements)  # each value its own draw
        assert all(drawn.values())


@pytest.mark.parametrize("kind", ["series-rlc", "one-of"])
def test_esr_stands_in_series_with_its_element(kind) -> None:
    edge = EdgeModel(kind=kind, inductor_esr=LAW, capacitor_esr=LAW)
    network = complete(7, edge=edge, rng=rng())
    bare = network.names(Inductor, Capacitor)
    assert bare
    for name in bare:
        index, esr = name[1:], network[f"r{name[1:]}{name[0]}"]
        joint = network[name].b
        assert joint == esr.a
        assert joint.startswith(f"e{index}")
        assert network.graph.degree[joint] == 2
    plain = len(network.names(Resistor)) - len(bare)
    assert plain == (21 if kind == "series-rlc" else 21 - len(bare))


@pytest.mark.parametrize("kind", ["series-rlc", "one-of"])
@pytest.mark.parametrize("nonlinear", ["diode", "antiparallel", "varactor"])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_nonlinear_share_and_place(kind, nonlinear, share) -> None:
    edge = EdgeModel(kind=kind, nonlinear=nonlinear, nonlinear_share=share)
    network = complete(40, edge=edge, rng=rng(3))
    diodes = [e for e in network.elements if isinstance(e, Diode)]
    forward = [d for d in diodes if d.name[-1].isdigit()]
    n, found = 40 * 39 // 2, len(forward) + len(network.names(Varactor))
    assert abs(found - n * share) <= 4 * math.sqrt(n * share * (1 - share))
    assert bool(diodes) == (nonlinear != "varactor" and share > 0)
    assert len(diodes) == len(forward) * (2 if nonlinear == "antiparallel" else 1)
    for d in forward:
        if nonlinear == "antiparallel":
            back = network[f"{d.name}r"]
            assert (back.a, back.b) == (d.b, d.a)
        if kind == "series-rlc":
            capacitor = network[f"c{d.name[1:]}"]
            assert (capacitor.a, capacitor.b) == (d.a, d.b)
    if kind == "series-rlc":
        assert len(network.names(Capacitor, Varactor)) == n
    else:
        rest = network.names(Resistor, Inductor, Capacitor)
        assert len(rest) == n - found


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"kind": "rlc"}, "edge kind 'rlc'"),
        ({"nonlinear": "transistor"}, "nonlinear kind 'transistor'"),
        ({"nonlinear_share": -0.1}, "nonlinear_share = -0.1"),
        ({"nonlinear_share": 1.1}, "nonlinear_share = 1.1"),
        ({"nonlinear_share": math.nan}, "nonlinear_share = nan"),
        ({"probabilities": (0.5, 0.6, -0.1)}, "must add up to 1"),
        ({"probabilities": (0.5, 0.3, 0.1)}, "must add up to 1"),
        ({"probabilities": (math.nan, 0.5, 0.5)}, "must add up to 1"),
    ],
)
def test_impossible_edge_models_are_refused(fields, message) -> None:
    with pytest.raises(NetworkError, match=message):
        EdgeModel(**fields)
