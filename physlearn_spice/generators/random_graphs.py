"""Networks on random graphs, each drawn until it is connected."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from typing import Any

import networkx as nx
import numpy as np

from ..errors import NetworkError
from ..network import Network
from .edges import EdgeModel
from .topologies import at_least_two, from_graph, graph_of

__all__ = ["gnm", "gnp", "random_geometric", "random_regular", "scale_free", "small_world"]

_MAX_TRIES = 100


def gnm(
    n: int, m: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """G(n, m): m edges drawn uniformly among n nodes, given that the graph is connected."""
    if m > n * (n - 1) // 2:
        raise NetworkError(f"G({n}, {m}): {n} nodes have only {n * (n - 1) // 2} pairs to join")
    graph = _connected(
        lambda: nx.gnm_random_graph(at_least_two(n), m, seed=_seed(rng)), f"G({n}, {m})"
    )
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def gnp(
    n: int, p: float, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """G(n, p): each pair of n nodes joined with probability p, given that all are connected."""
    if not 0 < p <= 1:
        raise NetworkError(f"G({n}, p = {p!r}): p must be above 0 and at most 1")
    pairs = list(combinations(range(at_least_two(n)), 2))

    def draw() -> nx.Graph[int]:
        joined = rng.random(len(pairs)) < p
        return graph_of(n, (pair for pair, yes in zip(pairs, joined, strict=True) if yes))

    graph = _connected(draw, f"G({n}, p = {p:g})")
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def small_world(
    n: int,
    k: int,
    p: float,
    *,
    edge: EdgeModel,
    rng: np.random.Generator,
    source_resistance: float = 50.0,
) -> Network:
    """Watts and Strogatz's: a ring of n nodes, n k / 2 edges, given that the graph is connected.

    Each node is joined to its k nearest, and the further end of each edge moved with probability p
    to a node drawn uniformly (Nature 393, 440, 1998). k is even.
    """
    if not (0 < k < n and k % 2 == 0 and 0 <= p <= 1):
        raise NetworkError(
            f"small world of {n} nodes, k = {k}, p = {p!r}: needs an even k, 0 < k < n and "
            "p in [0, 1]"
        )
    graph = _connected(lambda: _rewired_ring(n, k, p, rng), f"small world ({n}, {k}, {p:g})")
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def _rewired_ring(n: int, k: int, p: float, rng: np.random.Generator) -> nx.Graph[int]:
    ring = [(u, (u + step) % n) for step in range(1, k // 2 + 1) for u in range(n)]
    graph = graph_of(n, ring)
    for u, v in ring:
        if rng.random() < p:
            free = [w for w in range(n) if w != u and not graph.has_edge(u, w)]
            if free:
                graph.remove_edge(u, v)
                graph.add_edge(u, free[rng.integers(len(free))])
    return graph


def scale_free(
    n: int, m: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """Barabasi and Albert's: m (n - m) edges, connected by its making.

    It begins with a star of m + 1 nodes; each node that comes is joined to m others, drawn in
    proportion to the edges that they have (Science 286, 509, 1999).
    """
    if not 1 <= m < n:
        raise NetworkError(f"scale-free network of {n} nodes, m = {m}: needs 1 <= m < n")
    edges = [(k, m) for k in range(m)]
    for new in range(m + 1, n):
        ends = [node for pair in edges for node in pair]  # each as often as it has edges
        chosen: dict[int, None] = {}
        while len(chosen) < m:
            chosen[ends[rng.integers(len(ends))]] = None
        edges += [(old, new) for old in sorted(chosen)]
    return from_graph(graph_of(n, edges), edge=edge, rng=rng, source_resistance=source_resistance)


def random_geometric(
    n: int,
    radius: float,
    *,
    edge: EdgeModel,
    rng: np.random.Generator,
    source_resistance: float = 50.0,
) -> Network:
    """N points drawn uniformly in the unit square, joined where at most ``radius`` apart.

    Given that the graph is connected.
    """
    if not radius > 0:
        raise NetworkError(f"random geometric network: radius = {radius!r}, must be positive")
    pairs = np.array(list(combinations(range(at_least_two(n)), 2)))

    def draw() -> nx.Graph[int]:
        places = rng.random((n, 2))
        apart = np.hypot(*(places[pairs[:, 0]] - places[pairs[:, 1]]).T)
        return graph_of(n, pairs[apart <= radius].tolist())

    graph = _connected(draw, f"random geometric ({n}, {radius:g})")
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def random_regular(
    d: int, n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """Draw uniformly a d-regular graph on n nodes, given that it is connected; n d is even."""
    if not (0 < d < n and n * d % 2 == 0):
        raise NetworkError(f"no {d}-regular graph on {n} nodes: needs 0 < d < n and n d even")
    graph = _connected(
        lambda: nx.random_regular_graph(d, n, seed=_seed(rng)), f"{d}-regular on {n} nodes"
    )
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))


def _connected(draw: Callable[[], nx.Graph[Any]], what: str) -> nx.Graph[Any]:
    for _ in range(_MAX_TRIES):
        graph = draw()
        if nx.is_connected(graph):
            # networkx lists these edges in the order of a set
            edges = sorted(tuple(sorted(edge)) for edge in graph.edges)
            ordered: nx.Graph[Any] = nx.Graph()
            ordered.add_nodes_from(sorted(graph))
            ordered.add_edges_from(edges)
            return ordered
    raise NetworkError(
        f"{what}: none of {_MAX_TRIES} draws was connected; use more edges or fewer nodes"
    )
