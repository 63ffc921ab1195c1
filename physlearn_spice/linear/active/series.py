"""Questions about who is joined to whom, before any equation: shorts, parts that float, series."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import networkx as nx

__all__ = ["Chain", "floating_parts", "joined_nodes", "numbered", "series_chains"]

Chain = tuple[str, list[tuple[int, int, str]]]
"""Where a chain starts; its parts, +1 where they point along or -1, and the nodes behind them."""


def joined_nodes(
    ends: Iterable[tuple[str, str]], shorts: Iterable[tuple[str, str]]
) -> dict[str, str]:
    """For each node, the one that stands for it and for all that are shorted to it."""
    graph: nx.Graph[str] = nx.Graph()
    graph.add_nodes_from(node for pair in ends for node in pair)
    graph.add_edges_from(shorts)
    return {node: min(group) for group in nx.connected_components(graph) for node in group}


def floating_parts(pairs: Iterable[tuple[str, str]], top: str) -> list[set[str]]:
    """Return the nodes of each part of a circuit that nothing joins to the node ``top``."""
    graph: nx.Graph[str] = nx.Graph(list(pairs))
    return sorted((nodes for nodes in nx.connected_components(graph) if top not in nodes), key=min)


def numbered(parts: list[set[str]], joined: Mapping[str, str]) -> dict[str, int]:
    """Return the number of its part, from 1 on, for each node of these parts.

    ``joined`` tells which node stands in them for it.
    """
    return {n: k for k, part in enumerate(parts, 1) for n, to in joined.items() if to in part}


def series_chains(
    pairs: list[tuple[str, str]], has_series: list[bool], fixed: set[str]
) -> Iterator[Chain]:
    """Put parts in series together, but not across nodes that are ``fixed``."""
    at: dict[str, list[int]] = defaultdict(list)
    for k, (a, b) in enumerate(pairs):
        at[a].append(k)
        at[b].append(k)
    is_end = {
        node: node in fixed or len(near) != 2 or not all(has_series[k] for k in near)
        for node, near in at.items()
    }
    seen: set[int] = set()
    for start in (node for node in at if is_end[node]):
        for first in at[start]:
            if first in seen:
                continue
            links: list[tuple[int, int, str]] = []
            node, k = start, first
            while True:
                seen.add(k)
                way = 1 if pairs[k][0] == node else -1
                node = pairs[k][1] if way == 1 else pairs[k][0]
                links.append((k, way, node))
                if is_end[node]:
                    break
                k = next(other for other in at[node] if other != k)
            yield start, links
