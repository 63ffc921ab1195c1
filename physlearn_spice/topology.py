"""Questions about who is joined to whom, asked of networks and of decks alike."""

from __future__ import annotations

from collections.abc import Iterable

import networkx as nx

__all__ = ["Edge", "first_loop", "not_joined"]

Edge = tuple[str, str, str]  # name, and the two nodes that it joins


def first_loop(edges: Iterable[Edge]) -> tuple[str, ...]:
    """Return the names of a loop's edges, the one that closes it last; none without a loop."""
    tree: nx.Graph[str] = nx.Graph()
    part: dict[str, str] = {}  # node to its part's representative (union-find)

    def root(node: str) -> str:
        while part.setdefault(node, node) != node:
            part[node] = part[part[node]]
            node = part[node]
        return node

    for name, a, b in edges:
        if root(a) == root(b):
            way = [] if a == b else nx.shortest_path(tree, a, b)
            return (*(tree.edges[edge]["name"] for edge in nx.utils.pairwise(way)), name)
        part[root(a)] = root(b)
        tree.add_edge(a, b, name=name)
    return ()


def not_joined(nodes: Iterable[str], edges: Iterable[Edge], to: str) -> tuple[str, ...]:
    """Return the nodes, in order, from which no edges lead to the node ``to``."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_node(to)
    graph.add_edges_from((a, b) for _, a, b in edges)
    reached = nx.node_connected_component(graph, to)
    return tuple(node for node in nodes if node not in reached)
