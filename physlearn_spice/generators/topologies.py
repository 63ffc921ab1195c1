"""Networks on any graph, and on complete graphs, lattices and ladders."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import Any

import networkx as nx
import numpy as np

from ..elements import Element
from ..errors import NetworkError
from ..network import GROUND, Network, Port
from .edges import EdgeModel

__all__ = [
    "at_least_two",
    "complete",
    "cubic_lattice",
    "from_graph",
    "graph_of",
    "ladder",
    "square_lattice",
    "triangular_lattice",
]


def from_graph(
    graph: nx.Graph[Any],
    *,
    edge: EdgeModel,
    rng: np.random.Generator,
    source_resistance: float = 50.0,
    port: tuple[Hashable, Hashable] | None = None,
) -> Network:
    """Return a network with an ``edge`` on each edge of any networkx graph or multigraph.

    Nodes become ``n0``, ``n1``, ... in the graph's order. The port is between its first and last
    node, or the two given, of which the second is ground.

    Raises
    ------
    NetworkError
        The graph is not connected, has fewer than two nodes, a self-loop, or no such node.
    """
    labels = list(graph.nodes)
    if len(labels) < 2:
        raise NetworkError(f"a network needs at least 2 nodes; the graph has {len(labels)}")
    if not nx.is_connected(graph.to_undirected()):
        raise NetworkError(f"a graph of {len(labels)} nodes that is not connected is no network")
    plus, ground = port if port is not None else (labels[0], labels[-1])
    for label in (plus, ground):
        if label not in graph:
            raise NetworkError(f"the graph has no node {label!r}")
    name = {label: GROUND if label == ground else f"n{k}" for k, label in enumerate(labels)}
    elements: list[Element] = []
    for index, (u, v) in enumerate(graph.edges()):
        if u == v:
            raise NetworkError(f"the graph has a self-loop at node {u!r}; remove it")
        elements += edge.draw(index, name[u], name[v], rng)
    return Network(tuple(elements), (Port("1", name[plus], GROUND, source_resistance),))


def complete(
    n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """K_n: every pair of n nodes joined, n(n-1)/2 edges."""
    graph = nx.complete_graph(at_least_two(n))
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def square_lattice(
    m: int, n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """M x n square lattice, driven between opposite corners."""
    if m < 1 or n < 1:
        raise NetworkError(f"a lattice of {m} x {n} nodes: both must be positive")
    graph = nx.grid_2d_graph(m, n)
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def triangular_lattice(
    m: int, n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """M x n rhombus of the triangular lattice, driven between its sharp corners.

    A node inside has six neighbours.
    """
    graph = _lattice((m, n), [(1, 0), (0, 1), (1, -1)])
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def cubic_lattice(
    k: int,
    m: int,
    n: int,
    *,
    edge: EdgeModel,
    rng: np.random.Generator,
    source_resistance: float = 50.0,
) -> Network:
    """K x m x n simple cubic lattice, driven between opposite corners."""
    graph = _lattice((k, m, n), [(1, 0, 0), (0, 1, 0), (0, 0, 1)])
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def ladder(
    n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """N sections of an edge along the line and then one to ground, from which the line is driven.

    n + 2 nodes, 2 n edges. The end is open.
    """
    if n < 1:
        raise NetworkError(f"a ladder of {n} sections: needs at least 1")
    ground = n + 1
    sections = [pair for k in range(n) for pair in ((k, k + 1), (k + 1, ground))]
    return from_graph(
        graph_of(n + 2, sections), edge=edge, rng=rng, source_resistance=source_resistance
    )


def _lattice(shape: tuple[int, ...], steps: Iterable[tuple[int, ...]]) -> nx.Graph[Any]:
    """Join each node of a block to those that the steps lead to."""
    if min(shape) < 1:
        raise NetworkError(
            f"a lattice of {' x '.join(map(str, shape))} nodes: all must be positive"
        )
    places = list(np.ndindex(*shape))
    graph: nx.Graph[Any] = nx.Graph()
    graph.add_nodes_from(places)
    moved = (
        (place, tuple(x + dx for x, dx in zip(place, step, strict=True)))
        for place in places
        for step in steps
    )
    graph.add_edges_from((place, to) for place, to in moved if to in graph)
    return graph


def graph_of(n: int, edges: Iterable[tuple[int, int]]) -> nx.Graph[int]:
    """Return the graph of n nodes with these edges."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(n))
    graph.add_edges_from(edges)
    return graph


def at_least_two(n: int) -> int:
    """Return n.

    Raises
    ------
    NetworkError
        A network of so few nodes has no edge.
    """
    if n < 2:
        raise NetworkError(f"a network of n = {n} nodes: needs at least 2")
    return n
