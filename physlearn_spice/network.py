"""A Kirchhoff network: elements between nodes, and the ports through which energy comes in."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elements import Capacitor, Diode, Element, Inductor, Resistor, Varactor
from .errors import NetworkError
from .topology import first_loop, not_joined

__all__ = ["GROUND", "Network", "Port"]

GROUND = "0"
_KINDS: dict[str, type[Element]] = {
    kind.kind: kind for kind in (Resistor, Inductor, Capacitor, Diode, Varactor)
}
_FORMAT = "physlearn-network/1"
_LONGEST_NAME = 100  # ngspice's buffers overflow somewhere above 250
_TAKEN = re.compile(  # node names that ngspice reads as ground, an axis, a set or a function
    r"gnd|time|frequency|temper|speedcheck|[io]noise|all[iy]|a?gauss|a?unif|limit"
)


@dataclass(frozen=True, slots=True)
class Port:
    """A pair of nodes with a source behind a resistance.

    ``resistance`` Rs [Ohm] belongs to the source: it is not an element of the network, and what
    it dissipates is not absorbed by the network. Rs = 0 is an ideal voltage source.
    """

    name: str
    plus: str
    minus: str = GROUND
    resistance: float = 0.0

    def __post_init__(self) -> None:
        if not (math.isfinite(self.resistance) and self.resistance >= 0):
            raise NetworkError(
                f"port {self.name!r}: resistance = {self.resistance!r}, must be zero or positive"
            )
        if self.plus == self.minus:
            raise NetworkError(f"port {self.name!r}: both ends are on node {self.plus!r}")
        if not (self.name.isascii() and self.name.isalnum()) or self.name != self.name.lower():
            raise NetworkError(f"port {self.name!r}: the name must be lower-case letters, digits")


@dataclass(frozen=True)
class Network:
    """Elements and ports, checked when they are put together.

    Raises
    ------
    NetworkError
        A name that is there twice, a part that no path joins to ground, a loop of ideal
        sources, or nothing to drive.
    """

    elements: tuple[Element, ...]
    ports: tuple[Port, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "elements", tuple(self.elements))
        object.__setattr__(self, "ports", tuple(self.ports))
        _check_names(self)
        _check_connections(self)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Node names, ground first, then in the order in which the elements name them."""
        ends = [node for element in self.elements for node in (element.a, element.b)]
        return tuple(dict.fromkeys([GROUND, *ends]))

    @cached_property
    def loops(self) -> int:
        """Number of independent loops, E - N + C for C connected parts, with the ports open."""
        return len(self.elements) - len(self.nodes) + nx.number_connected_components(self.graph)

    @cached_property
    def graph(self) -> nx.MultiGraph[str]:
        """Nodes and elements as a networkx multigraph; each edge holds its ``element``."""
        graph: nx.MultiGraph[str] = nx.MultiGraph()
        graph.add_nodes_from(self.nodes)
        for element in self.elements:
            graph.add_edge(element.a, element.b, key=element.name, element=element)
        return graph

    @cached_property
    def incidence(self) -> NDArray[np.float64]:
        """Incidence matrix A (n_nodes, n_elements).

        +1 where an element leaves a node, -1 where it enters: Kirchhoff's laws are A i = 0
        inside, and branch voltages v = A^T u from node voltages u.
        """
        row = {node: k for k, node in enumerate(self.nodes)}
        matrix = np.zeros((len(self.nodes), len(self.elements)))
        for column, element in enumerate(self.elements):
            matrix[row[element.a], column] = 1.0
            matrix[row[element.b], column] = -1.0
        return matrix

    @cached_property
    def branches(self) -> tuple[tuple[str, ...], ...]:
        """Names of the elements of each branch: a chain in series, with one current.

        A node that joins exactly two elements, and is neither ground nor a port, is inside a
        branch. So a series RLC edge is one branch, whatever its inner nodes are called.
        """
        terminals = {GROUND, *(node for port in self.ports for node in (port.plus, port.minus))}
        series: nx.Graph[str] = nx.Graph()  # elements are vertices, joined where a chain goes on
        series.add_nodes_from(element.name for element in self.elements)
        for node, degree in self.graph.degree:
            if degree == 2 and node not in terminals:
                series.add_edge(*(name for _, _, name in self.graph.edges(node, keys=True)))
        order = {element.name: k for k, element in enumerate(self.elements)}
        groups = [sorted(group, key=order.__getitem__) for group in nx.connected_components(series)]
        return tuple(tuple(group) for group in sorted(groups, key=lambda group: order[group[0]]))

    @cached_property
    def stubs(self) -> tuple[str, ...]:
        """Nodes at an open end: one element touches them and no port, so no current flows there."""
        ends = {GROUND, *(node for port in self.ports for node in (port.plus, port.minus))}
        return tuple(n for n in self.nodes if n not in ends and self.graph.degree[n] == 1)

    @cached_property
    def without_dc_path(self) -> tuple[str, ...]:
        """Nodes that capacitors cut off from ground, so that their DC voltage is undetermined."""
        conducting = [
            (e.name, e.a, e.b) for e in self.elements if not isinstance(e, Capacitor | Varactor)
        ]
        sources = [(f"v{port.name}", port.plus, port.minus) for port in self.ports]
        return not_joined(self.nodes, [*conducting, *sources], to=GROUND)

    @cached_property
    def dc_loop(self) -> tuple[str, ...]:
        """Names of the inductors and ideal sources of a loop, whose DC current is undetermined.

        Empty where there is no such loop; a port ``p`` without resistance is the source ``vp``.
        """
        sources = [(f"v{p.name}", p.plus, p.minus) for p in self.ports if p.resistance == 0]
        coils = [(e.name, e.a, e.b) for e in self.elements if isinstance(e, Inductor)]
        return first_loop([*sources, *coils])

    @cached_property
    def is_linear(self) -> bool:
        """Whether every element is a resistor, an inductor or a capacitor."""
        return all(isinstance(e, Resistor | Inductor | Capacitor) for e in self.elements)

    def __getitem__(self, name: str) -> Element:
        """Return the element of that name."""
        try:
            return self._by_name[name]
        except KeyError:
            raise NetworkError(f"there is no element {name!r} in this network") from None

    @cached_property
    def _by_name(self) -> dict[str, Element]:
        return {element.name: element for element in self.elements}

    def names(self, *kinds: type[Element]) -> tuple[str, ...]:
        """Names of the elements of the given kinds, in order."""
        return tuple(e.name for e in self.elements if isinstance(e, kinds))

    def port(self, name: str | None = None) -> Port:
        """Return the port of that name; without one, the first."""
        if name is None:
            return self.ports[0]
        for port in self.ports:
            if port.name == name:
                return port
        known = ", ".join(repr(port.name) for port in self.ports)
        raise NetworkError(f"there is no port {name!r}; the ports are {known}")

    def values(self, names: Iterable[str]) -> NDArray[np.float64]:
        """Values [Ohm, H, F] (n_names,) of resistors, inductors and capacitors."""
        return np.array([_valued(self[name]).value for name in names], dtype=float)

    def with_values(self, names: Iterable[str], values: ArrayLike) -> Network:
        """Return the network with other values [Ohm, H, F] (n_names,) of the named elements."""
        new: Mapping[str, float] = dict(
            zip(names, map(float, np.asarray(values, float)), strict=True)
        )
        changed = {name: replace(_valued(self[name]), value=value) for name, value in new.items()}
        return replace(self, elements=tuple(changed.get(e.name, e) for e in self.elements))

    def to_json(self) -> str:
        """Return a JSON text from which :meth:`from_json` gives back an equal network."""
        document = {
            "format": _FORMAT,
            "ports": [asdict(port) for port in self.ports],
            "elements": [{"kind": e.kind, **asdict(e)} for e in self.elements],
        }
        return json.dumps(document, indent=1)

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        NetworkError
            The text is no such JSON, or the network in it is no circuit.
        """
        try:
            document: Any = json.loads(text)
            if document["format"] != _FORMAT:
                raise NetworkError(f"the JSON's format is {document['format']!r}, not {_FORMAT!r}")
            ports = tuple(Port(**port) for port in document["ports"])
            elements = tuple(
                _KINDS[record["kind"]](**{k: v for k, v in record.items() if k != "kind"})
                for record in document["elements"]
            )
            return cls(elements, ports)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            raise NetworkError(f"this JSON holds no network: {error!r}") from error


def _valued(element: Element) -> Resistor | Inductor | Capacitor:
    if isinstance(element, Resistor | Inductor | Capacitor):
        return element
    raise NetworkError(f"{element.kind} {element.name!r} has no single value to read or change")


def _check_names(network: Network) -> None:
    if not network.elements:
        raise NetworkError("the network has no elements")
    if not network.ports:
        raise NetworkError("the network has no port: name the nodes through which it is driven")
    count = Counter(element.name for element in network.elements)
    # a port "p" is written as the source vp behind the resistor rsp
    count.update(name for port in network.ports for name in (f"v{port.name}", f"rs{port.name}"))
    # ngspice builds a charge law "c" from an inductor lc at a node c_int1
    varactors = network.names(Varactor)
    count.update(f"l{name}" for name in varactors)
    twice = [name for name, n in count.items() if n > 1]
    if twice:
        raise NetworkError(
            f"the name {twice[0]!r} is used twice (a port p takes vp and rsp, a varactor c lc)"
        )
    for name in count:
        if len(name) > _LONGEST_NAME:
            raise NetworkError(f"the name {name!r} is longer than {_LONGEST_NAME} letters")
    inside = {f"{name}_int1" for name in varactors}
    behind = tuple(f"port{port.name}_" for port in network.ports)
    folded: dict[str, str] = {}
    for node in network.nodes:
        if not node or not all(c.isalnum() or c == "_" for c in node) or not node.isascii():
            raise NetworkError(f"node {node!r}: the name must be letters, digits and _")
        if folded.setdefault(node.lower(), node) != node or node.lower() != node:
            raise NetworkError(f"node {node!r}: SPICE ignores case, so names must be lower-case")
        if _TAKEN.fullmatch(node) or node in inside or node.startswith(behind):
            raise NetworkError(f"node {node!r}: ngspice or the deck needs this name for itself")
        if len(node) > _LONGEST_NAME:
            raise NetworkError(f"node {node!r}: the name is longer than {_LONGEST_NAME} letters")


def _check_connections(network: Network) -> None:
    graph = network.graph.copy()
    for port in network.ports:
        for node in (port.plus, port.minus):
            if node != GROUND and node not in graph:
                raise NetworkError(f"port {port.name!r}: no element touches node {node!r}")
        graph.add_edge(port.plus, port.minus, key=f"v{port.name}")
    if GROUND not in graph or graph.degree[GROUND] == 0:
        raise NetworkError(f"nothing is connected to ground, node {GROUND!r}")
    island = set(graph) - nx.node_connected_component(graph, GROUND)
    if island:
        raise NetworkError(
            f"node {min(island)!r} is floating: no path leads from it to ground, node {GROUND!r}"
        )
    ideal = [(port.name, port.plus, port.minus) for port in network.ports if port.resistance == 0]
    if loop := first_loop(ideal):
        raise NetworkError(
            f"voltage-source loop: port {loop[-1]!r} closes a loop of ideal sources; "
            "give it a source resistance"
        )
