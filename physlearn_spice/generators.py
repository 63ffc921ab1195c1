"""Random Kirchhoff networks: a function per topology, one edge model for all.

Every function returns a connected :class:`~physlearn_spice.network.Network` whose port ``1``
drives the graph's first node against its last, which is ground. The same generator state gives
the same network.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from typing import Any, Literal

import networkx as nx
import numpy as np

from .elements import Capacitor, Diode, Element, Inductor, Resistor, Varactor
from .errors import NetworkError
from .network import GROUND, Network, Port

__all__ = [
    "EdgeModel",
    "Fixed",
    "Law",
    "LogNormal",
    "LogUniform",
    "complete",
    "from_graph",
    "gnm",
    "random_regular",
    "square_lattice",
]

_MAX_TRIES = 100


@dataclass(frozen=True)
class Fixed:
    """Always the same value."""

    value: float

    def draw(self, rng: np.random.Generator) -> float:
        """Return the value; the generator is left alone."""
        return self.value


@dataclass(frozen=True)
class LogUniform:
    """The logarithm is uniform between those of ``low`` and ``high``."""

    low: float
    high: float

    def __post_init__(self) -> None:
        if not 0 < self.low <= self.high:
            raise NetworkError(f"LogUniform({self.low!r}, {self.high!r}): needs 0 < low <= high")

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return float(np.exp(rng.uniform(np.log(self.low), np.log(self.high))))


@dataclass(frozen=True)
class LogNormal:
    """The logarithm is normal with mean ln(median) and standard deviation ``sigma``."""

    median: float
    sigma: float

    def __post_init__(self) -> None:
        if not (self.median > 0 and self.sigma >= 0):
            raise NetworkError(
                f"LogNormal({self.median!r}, {self.sigma!r}): needs median > 0 and sigma >= 0"
            )

    def draw(self, rng: np.random.Generator) -> float:
        """Return one value."""
        return float(self.median * np.exp(self.sigma * rng.standard_normal()))


Law = Fixed | LogUniform | LogNormal


@dataclass(frozen=True)
class EdgeModel:
    """What stands on each edge of a graph.

    Parameters
    ----------
    kind
        ``"series-rlc"``: a resistor, an inductor and a capacitor in a row. ``"one-of"``: one of
        the three, drawn with ``probabilities`` (of R, L, C).
    resistance, inductance, capacitance
        Laws of the values [Ohm], [H], [F].
    inductor_esr, capacitor_esr
        Laws of a series resistance [Ohm] that each inductor or capacitor brings along.
    nonlinear, nonlinear_share
        On this share of the edges a varactor takes the capacitor's place (on a ``"one-of"`` edge,
        the element's), or a diode or an antiparallel pair lies across the capacitor (on a
        ``"one-of"`` edge, in the element's place).
    """

    kind: Literal["series-rlc", "one-of"] = "series-rlc"
    resistance: Law = Fixed(10.0)
    inductance: Law = LogUniform(0.5e-3, 2e-3)
    capacitance: Law = LogUniform(5e-9, 20e-9)
    probabilities: tuple[float, float, float] = (1 / 3, 1 / 3, 1 / 3)
    inductor_esr: Law | None = None
    capacitor_esr: Law | None = None
    nonlinear: Literal["diode", "antiparallel", "varactor"] = "antiparallel"
    nonlinear_share: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("series-rlc", "one-of"):
            raise NetworkError(f"edge kind {self.kind!r}: 'series-rlc' or 'one-of'")
        if self.nonlinear not in ("diode", "antiparallel", "varactor"):
            raise NetworkError(
                f"nonlinear kind {self.nonlinear!r}: 'diode', 'antiparallel' or 'varactor'"
            )
        if not 0 <= self.nonlinear_share <= 1:
            raise NetworkError(f"nonlinear_share = {self.nonlinear_share!r}, must be in [0, 1]")
        if not (min(self.probabilities) >= 0 and abs(sum(self.probabilities) - 1) <= 1e-9):
            raise NetworkError(f"probabilities {self.probabilities!r} of R, L, C must add up to 1")

    def draw(self, index: int, a: str, b: str, rng: np.random.Generator) -> list[Element]:
        """Draw the elements of edge ``index`` from node ``a`` to node ``b``, in series order."""
        is_nonlinear = rng.random() < self.nonlinear_share
        is_series = self.kind == "series-rlc"
        letters = "rlc" if is_series else "rlc"[rng.choice(3, p=self.probabilities)]
        if is_nonlinear and not is_series:
            letters = {"varactor": "c", "diode": "d", "antiparallel": "d"}[self.nonlinear]
        steps = [self._step(letter, is_nonlinear, rng) for letter in letters]
        parts = [part for step in steps for part in step]
        nodes = [a, *(f"e{index}{'abcd'[k]}" for k in range(len(parts) - 1)), b]
        return [
            element
            for part, left, right in zip(parts, nodes, nodes[1:], strict=False)
            for element in part(index, left, right)
        ]

    def _step(self, letter: str, is_nonlinear: bool, rng: np.random.Generator) -> list[_Part]:
        """Return what one letter stands for: elements in series, the ESR after what it is of."""
        if letter == "r":
            return [_single(Resistor, "r", self.resistance.draw(rng))]
        if letter == "d":
            return [self._diodes]
        if letter == "l":
            law, esr, suffix = self.inductance, self.inductor_esr, "l"
            part: _Part = _single(Inductor, "l", law.draw(rng))
        else:
            law, esr, suffix = self.capacitance, self.capacitor_esr, "c"
            value = law.draw(rng)
            is_varactor = is_nonlinear and self.nonlinear == "varactor"
            part = _single(Varactor if is_varactor else Capacitor, "c", value)
            if is_nonlinear and not is_varactor:
                part = _bundle(part, self._diodes)
        if esr is None:
            return [part]
        return [part, _single(Resistor, "r", esr.draw(rng), suffix=suffix)]

    def _diodes(self, index: int, a: str, b: str) -> list[Element]:
        forward = Diode(f"d{index}", a, b)
        return [forward] if self.nonlinear == "diode" else [forward, Diode(f"d{index}r", b, a)]


_Part = Callable[[int, str, str], list[Element]]
"""Gives the elements of one part of an edge, from its index and its two nodes."""


def _single(kind: Callable[..., Element], letter: str, value: float, *, suffix: str = "") -> _Part:
    return lambda index, a, b: [kind(f"{letter}{index}{suffix}", a, b, value)]


def _bundle(*parts: _Part) -> _Part:
    return lambda index, a, b: [element for part in parts for element in part(index, a, b)]


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
    if len(labels) < 2 or not nx.is_connected(graph.to_undirected()):
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
    graph = nx.complete_graph(_at_least_two(n))
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def gnm(
    n: int, m: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """G(n, m): m edges drawn uniformly among n nodes, given that the graph is connected."""
    if m > n * (n - 1) // 2:
        raise NetworkError(f"G({n}, {m}): {n} nodes have only {n * (n - 1) // 2} pairs to join")
    graph = _connected(
        lambda seed: nx.gnm_random_graph(_at_least_two(n), m, seed=seed), rng, f"G({n}, {m})"
    )
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def random_regular(
    d: int, n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """Draw uniformly a d-regular graph on n nodes, given that it is connected; n d is even."""
    if not (0 < d < n and n * d % 2 == 0):
        raise NetworkError(f"no {d}-regular graph on {n} nodes: needs 0 < d < n and n d even")
    graph = _connected(
        lambda seed: nx.random_regular_graph(d, n, seed=seed), rng, f"{d}-regular on {n} nodes"
    )
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def square_lattice(
    m: int, n: int, *, edge: EdgeModel, rng: np.random.Generator, source_resistance: float = 50.0
) -> Network:
    """M x n square lattice, driven between opposite corners."""
    if m < 1 or n < 1:
        raise NetworkError(f"a lattice of {m} x {n} nodes: both must be positive")
    graph = nx.grid_2d_graph(m, n)
    return from_graph(graph, edge=edge, rng=rng, source_resistance=source_resistance)


def _at_least_two(n: int) -> int:
    if n < 2:
        raise NetworkError(f"a network of n = {n} nodes: needs at least 2")
    return n


def _connected(
    model: Callable[[int], nx.Graph[Any]], rng: np.random.Generator, what: str
) -> nx.Graph[Any]:
    for _ in range(_MAX_TRIES):
        graph = model(int(rng.integers(2**31)))
        if nx.is_connected(graph):
            # networkx lists these edges in the order of a set
            ordered: nx.Graph[Any] = nx.Graph()
            ordered.add_nodes_from(sorted(graph))
            ordered.add_edges_from(sorted(tuple(sorted(edge)) for edge in graph.edges))
            return ordered
    raise NetworkError(
        f"{what}: none of {_MAX_TRIES} draws was connected; use more edges or fewer nodes"
    )
