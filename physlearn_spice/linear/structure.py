"""What a network's topology alone decides: where current can flow, and how to eliminate.

Seen from one port, the circuit is reduced without a number being known:

* Node voltages count from the minus node of the driven port, so that the last unknown is the
  voltage of its plus node, and the last pivot its admittance. Ground is a node like others.
* Other ports are closed by their resistance, shorted or open.
* Current flows only in the biconnected block that holds the driven port: what hangs at one node
  takes the voltage of that node.
* Elements in series are one branch R + j (omega L - S / omega), S = 1/C. So a resistor, however
  small, never stands as 1/R beside the 1/(omega L) of its own branch. Loads stand alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..elements import Capacitor, Inductor, Resistor
from ..errors import NetworkError
from ..network import Network
from .active.series import floating_parts, numbered
from .ordering import program_of
from .program import Program

__all__ = ["Others", "Step", "Structure", "Topology", "structure"]

Others = Literal["closed", "short", "open"]
"""How the ports that are not driven end: in their own resistance, in a short, or in nothing."""


class Topology(NamedTuple):
    """All that the structure depends on; hashable, and shared by networks that differ in values.

    Parameters
    ----------
    ends
        Nodes of each element.
    driven
        Plus and minus node of the driven port.
    loads
        Plus and minus node of each port that ends in a resistance, or in a short.
    shorted
        Whether each of these is a short.
    """

    ends: tuple[tuple[str, str], ...]
    driven: tuple[str, str]
    loads: tuple[tuple[str, str], ...]
    shorted: tuple[bool, ...]


class Step(NamedTuple):
    """To a node without an unknown of its own, from one whose voltage is known.

    ``element`` is on the way, in the direction of its branch's current (``way`` = 1) or against it
    (-1); None where the voltage is the same, since no current flows there.
    """

    known: str
    node: str
    element: int | None = None
    way: int = 1


@dataclass(frozen=True, eq=False)
class Structure:
    """The reduced circuit, and the program of its elimination.

    Elements are the network's, and after them the loads, as resistors.

    Parameters
    ----------
    branch
        Branch of each element (n_elements,); -1 where no current can flow.
    way
        +1 where an element points as its branch does, -1 where against it (n_elements,).
    n_branches
        How many branches there are.
    unknown
        Row in the program of each node that has an unknown; -1 of the reference.
    steps
        Lead from these to all other nodes, in order.
    program
        For the kernel; branches start at their first end.
    floating
        Nodes that nothing joins to the driven port, with the number of their part: no current
        flows in it, so its voltages are the same.
    """

    branch: NDArray[np.int64]
    way: NDArray[np.int64]
    n_branches: int
    unknown: dict[str, int]
    steps: tuple[Step, ...]
    program: Program
    floating: dict[str, int]


def structure(network: Network, port: str | None = None, others: Others = "closed") -> Structure:
    """Return the structure of a network of R, L and C as one of its ports sees it; cached.

    Raises
    ------
    NetworkError
        The network is nonlinear, or another port shorts the driven one.
    """
    if not network.is_linear or network.controlled:
        for e in network.elements:
            if isinstance(e, Resistor | Inductor | Capacitor):
                continue
            raise NetworkError(
                f"{e.kind} {e.name!r} is not linear: ngspice has to run this network"
            )
    driven = network.port(port)
    ended = [p for p in network.ports if p.name != driven.name and others != "open"]
    return _structure(
        Topology(
            network.ends,
            (driven.plus, driven.minus),
            tuple((p.plus, p.minus) for p in ended),
            tuple(others == "short" or p.resistance == 0 for p in ended),
        )
    )


@lru_cache(maxsize=256)
def _structure(topology: Topology) -> Structure:
    joined = _joined(topology)
    top, reference = (joined[node] for node in topology.driven)
    if top == reference:
        raise NetworkError("another port without resistance shorts the driven port")
    loads = [
        pair for pair, short in zip(topology.loads, topology.shorted, strict=True) if not short
    ]
    ends = [(joined[a], joined[b]) for a, b in (*topology.ends, *loads)]
    live = _where_current_flows(ends, top, reference)
    is_load = [e >= len(topology.ends) for e in live]
    chains = _chains([ends[e] for e in live], is_load, top, reference)
    branch, way = np.full(len(ends), -1), np.ones(len(ends), np.int64)
    steps: list[Step] = []
    for k, chain in enumerate(chains):
        at = chain.start
        for place, along, after in chain.links:
            e = live[place]
            branch[e], way[e] = k, along
            steps.append(Step(at, after, e, along))
            at = after
        steps.pop()  # the end of a branch has an unknown itself
    pairs = [(chain.start, chain.links[-1][-1]) for chain in chains]
    nodes = list(dict.fromkeys(node for pair in pairs for node in pair))
    inner = [node for node in nodes if node not in (top, reference)]
    number = {node: k for k, node in enumerate([*inner, top])} | {reference: -1}
    row, program = program_of([(number[a], number[b]) for a, b in pairs], len(inner) + 1)
    load = [is_load[chain.links[0][0]] for chain in chains]
    program = program._replace(counts=np.where(load, 0.0, 1.0))
    unknown = {node: int(row[k]) if k >= 0 else -1 for node, k in number.items()}
    known = [*unknown, *(step.node for step in steps)]
    steps += _hanging(ends, known)
    reached = {*unknown, *(step.node for step in steps)}
    steps += [Step(to, n) for n, to in joined.items() if n != to and to in reached]
    floating = numbered(floating_parts([*ends, (top, reference)], top), joined)
    return Structure(branch, way, len(chains), unknown, tuple(steps), program, floating)


def _hanging(ends: list[tuple[str, str]], known: list[str]) -> Iterator[Step]:
    """Steps to the nodes to which no current flows, each from a neighbour."""
    near: dict[str, list[str]] = defaultdict(list)
    for a, b in ends:
        near[a].append(b)
        near[b].append(a)
    reached, queue = set(known), list(known)
    for node in queue:
        for other in near[node]:
            if other not in reached:
                reached.add(other)
                queue.append(other)
                yield Step(node, other)


class _Chain(NamedTuple):
    """Elements in series: for each its number, whether it points along, and the node behind it."""

    start: str
    links: list[tuple[int, int, str]]


def _joined(topology: Topology) -> dict[str, str]:
    """For each node, the one that stands for it and for all that are shorted to it."""
    shorts: nx.Graph[str] = nx.Graph()
    shorts.add_nodes_from(node for pair in topology.ends for node in pair)
    shorts.add_nodes_from(topology.driven)
    shorts.add_edges_from(
        pair for pair, short in zip(topology.loads, topology.shorted, strict=True) if short
    )
    return {node: min(group) for group in nx.connected_components(shorts) for node in group}


def _where_current_flows(ends: list[tuple[str, str]], top: str, reference: str) -> list[int]:
    """Elements of the biconnected block that the source at the driven port closes."""
    graph: nx.Graph[str] = nx.Graph([(a, b) for a, b in ends if a != b])
    graph.add_edge(top, reference)
    block: Any  # a set of nodes; the types that networkx ships say otherwise
    for block in nx.biconnected_components(graph):
        if top in block and reference in block:
            return [e for e, (a, b) in enumerate(ends) if a != b and a in block and b in block]
    raise AssertionError("the driven port is an edge of the graph")


def _chains(
    ends: list[tuple[str, str]], is_load: list[bool], top: str, reference: str
) -> list[_Chain]:
    """Put elements in series together, loads by themselves; no chain starts at the reference."""
    at: dict[str, list[int]] = defaultdict(list)
    for e, (a, b) in enumerate(ends):
        at[a].append(e)
        at[b].append(e)
    is_end = {
        node: len(near) != 2 or node in {top, reference} or any(is_load[e] for e in near)
        for node, near in at.items()
    }
    chains: list[_Chain] = []
    seen: set[int] = set()
    for start in (node for node in at if is_end[node] and node != reference):
        for first in at[start]:
            if first in seen:
                continue
            chain, node, e = _Chain(start, []), start, first
            while True:
                seen.add(e)
                way = 1 if ends[e][0] == node else -1
                node = ends[e][1] if way == 1 else ends[e][0]
                chain.links.append((e, way, node))
                if is_end[node]:
                    break
                e = next(other for other in at[node] if other != e)
            chains.append(chain)
    return chains
