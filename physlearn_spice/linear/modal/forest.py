"""Spanning forests of a circuit's graph, with nodes and edges by number; node 0 is ground."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np
from numpy.typing import NDArray

__all__ = ["forest", "joined_by_sources", "paths", "trapped"]


def joined_by_sources(
    n: int, ideal: Iterable[tuple[int, int, str]], sources: Sequence[str]
) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    """Nodes that ideal sources join are one point: (n,) its first node, (n, n_sources) offsets.

    A node's voltage is its point's, plus the offset times the source voltages. Ground comes first
    among the nodes, so it is its point's.
    """
    near: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    column = {name: k for k, name in enumerate(sources)}
    for plus, minus, name in ideal:
        near[minus].append((plus, column.get(name, -1), 1.0))
        near[plus].append((minus, column.get(name, -1), -1.0))
    point, offset = np.arange(n), np.zeros((n, len(sources)))
    seen: set[int] = set()
    for start in range(n):
        stack = [start] if start not in seen and start in near else []
        seen.update(stack)
        while stack:
            at = stack.pop()
            for to, k, sign in near[at]:
                if to not in seen:
                    seen.add(to)
                    stack.append(to)
                    point[to], offset[to] = start, offset[at]
                    if k >= 0:
                        offset[to, k] += sign
    return point, offset


def trapped(
    capacitors: list[tuple[int, int]], others: list[tuple[int, int]]
) -> NDArray[np.float64]:
    """Voltages (n_capacitors, n_parts) where one part that the others join is lifted."""
    graph: nx.Graph[int] = nx.Graph()
    graph.add_node(0)
    graph.add_nodes_from(end for edge in capacitors for end in edge)
    graph.add_edges_from(others)
    parts = [part for part in nx.connected_components(graph) if 0 not in part]
    return np.array(
        [[float((a in part) - (b in part)) for part in parts] for a, b in capacitors]
    ).reshape(len(capacitors), len(parts))


def forest(a: list[int], b: list[int], edges: Iterable[int]) -> list[int]:
    """Edges of the spanning forest that prefers the first (Kruskal)."""
    root = list(range(1 + max(max(a), max(b))))
    most = len({*a, *b}) - 1
    taken: list[int] = []
    for k in edges:
        one, other = a[k], b[k]
        while root[one] != one:
            root[one] = one = root[root[one]]
        while root[other] != other:
            root[other] = other = root[root[other]]
        if one != other:
            root[one] = other
            taken.append(k)
            if len(taken) == most:
                break
    return taken


def paths(n: int, point: NDArray[np.intp], tree: list[tuple[int, int]]) -> NDArray[np.float64]:
    """Node voltages by tree voltages (n, n_tree); nan where no path leads to ground."""
    near: dict[int, list[tuple[int, int, float]]] = defaultdict(list)
    for k, (a, b) in enumerate(tree):
        near[a].append((b, k, -1.0))
        near[b].append((a, k, 1.0))
    path = np.full((n, len(tree)), np.nan)
    path[0], stack = 0.0, [0]
    while stack:
        at = stack.pop()
        for to, k, sign in near[at]:
            if np.isnan(path[to, 0]):
                path[to] = path[at]
                path[to, k] += sign
                stack.append(to)
    return path[point]
