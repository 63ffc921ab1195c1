"""The linear engine's referee: nodal analysis of every node at 60 digits.

Two branches cancel by 26 digits at worst where values are doubles, and a few such pivots in a row
leave what a double needs.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping
from typing import Any, NamedTuple

import mpmath
import networkx as nx

from physlearn_spice import Inductor, Network, Resistor

__all__ = ["Verdict", "far_from", "referee"]

_DIGITS = 60


class Verdict(NamedTuple):
    """Admittance [S] of the driven port, and powers and phasors for 1 V peak of its source.

    ``voltage`` counts from the driven port's minus node; ``power`` is that of the network's own
    resistors [W].
    """

    admittance: Any
    power: Any
    voltage: dict[str, Any]


def referee(
    network: Network,
    frequency: float,
    *,
    port: str | None = None,
    others: str = "closed",
    values: Mapping[str, float] | None = None,
) -> Verdict:
    """Solve a network of R, L and C at one frequency [Hz], its other ports ended as said."""
    with mpmath.workdps(_DIGITS):
        return _solve(network, frequency, port, others, values or {})


def far_from(value: complex, truth: Any) -> float:
    """Relative distance of a double from the truth; its own size where the truth is 0."""
    with mpmath.workdps(_DIGITS):
        is_zero = abs(truth) < mpmath.mpf(10) ** -45
        return float(abs(mpmath.mpmathify(value) - truth) / (1 if is_zero else abs(truth)))


def _solve(
    network: Network, frequency: float, port: str | None, others: str, values: Mapping[str, float]
) -> Verdict:
    driven = network.port(port)
    omega = mpmath.mpf(2 * math.pi * frequency)  # as rounded as the engine's
    own: list[tuple[str, str, Any, bool]] = []
    for e in network.elements:
        value = mpmath.mpf(values.get(e.name, e.value))
        if isinstance(e, Resistor):
            own.append((e.a, e.b, 1 / value, True))
        elif isinstance(e, Inductor):
            own.append((e.a, e.b, mpmath.mpc(0, -1 / (omega * value)), False))
        else:
            own.append((e.a, e.b, mpmath.mpc(0, omega * value), False))
    edges, shorts = list(own), nx.Graph()
    shorts.add_nodes_from([*network.nodes, driven.plus, driven.minus])
    for other in network.ports:
        if other.name == driven.name or others == "open":
            continue
        if others == "short" or other.resistance == 0:
            shorts.add_edge(other.plus, other.minus)
        else:
            edges.append((other.plus, other.minus, 1 / mpmath.mpf(other.resistance), False))
    stands = {n: min(group) for group in nx.connected_components(shorts) for n in group}
    edges = [(stands[a], stands[b], y, is_own) for a, b, y, is_own in edges]
    top, reference = stands[driven.plus], stands[driven.minus]
    known = _voltages(edges, top, reference)
    y = mpmath.mpf(0)
    for a, b, along, _ in edges:
        if top in (a, b) and a != b:
            y += along * (known[top] - known[b if a == top else a])
    across = 1 / (1 + driven.resistance * y)  # at the port, for 1 V of the source
    voltage = {n: known[at] * across for n, at in stands.items() if at in known}
    power = mpmath.mpf(0)
    for a, b, along, is_own in edges:
        if is_own and a in known:
            power += along.real * abs((known[a] - known[b]) * across) ** 2 / 2
    return Verdict(y, power, voltage)


def _voltages(edges: list[tuple[str, str, Any, bool]], top: str, reference: str) -> dict[str, Any]:
    """Node voltages for 1 V at ``top``, by elimination of the node with fewest neighbours."""
    graph = nx.Graph([(top, reference)])
    graph.add_edges_from((a, b) for a, b, _, _ in edges)
    reached = nx.node_connected_component(graph, top)
    between: dict[str, dict[str, Any]] = defaultdict(lambda: defaultdict(mpmath.mpf))
    for a, b, y, _ in edges:
        if a != b and a in reached:
            between[a][b] += y
            between[b][a] += y
    order: list[tuple[str, dict[str, Any]]] = []
    left = reached - {top, reference}
    total = {n: mpmath.fsum(between[n].values()) for n in left}
    while left:
        node = min(left, key=lambda n: (len(between[n]), n))
        left.remove(node)
        share = {n: y / total[node] for n, y in between[node].items()}
        order.append((node, share))
        near = list(between[node].items())
        for n, y in near:
            del between[n][node]
            for m, s in share.items():
                if m != n:
                    between[n][m] += y * s
            if n in total:  # what it loses to itself, through the node and back
                total[n] -= y * share[n]
        del between[node]
    known = {top: mpmath.mpf(1), reference: mpmath.mpf(0)}
    for node, share in reversed(order):
        known[node] = mpmath.fsum(s * known[n] for n, s in share.items())
    return known
