"""A Kirchhoff network: elements between nodes, and the ports through which energy comes in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import networkx as nx
import numpy as np
from numpy.typing import ArrayLike, NDArray

from .checks import check_connections, check_controls, check_couplings, check_names
from .couplings import Coupling
from .elements import (
    Capacitor,
    Cccs,
    Ccvs,
    ControlledSource,
    Element,
    Inductor,
    LinearElement,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from .errors import NetworkError
from .network_json import document_of, parts_of, refused
from .ports import GROUND, Port
from .shown import Shown
from .topology import first_loop, not_joined

__all__ = ["GROUND", "Network", "Port"]

_WithValue = LinearElement | ControlledSource | Coupling


@dataclass(frozen=True)
class Network(Shown):
    """Elements, ports and couplings, checked when they are put together.

    Couplings join inductors and no nodes: graph, branches and loops know nothing of them.

    Raises
    ------
    NetworkError
        A name that is there twice, a part that no path joins to ground, a loop of ideal
        sources, a control that is not there, coils that can't be coupled so, or nothing to drive.
    """

    elements: tuple[Element, ...]
    ports: tuple[Port, ...]
    couplings: tuple[Coupling, ...] = ()

    def __post_init__(self) -> None:
        for parts in ("elements", "ports", "couplings"):
            object.__setattr__(self, parts, tuple(getattr(self, parts)))
        check_names(self.elements, self.ports, self.couplings)
        check_connections(self.elements, self.ports, self.graph)
        check_controls(self.elements, self.ports)
        check_couplings(self.elements, self.couplings)

    @cached_property
    def nodes(self) -> tuple[str, ...]:
        """Node names, ground first, then as the elements and after them the ports name them."""
        ends = [node for element in self.elements for node in (element.a, element.b)]
        ends += [node for port in self.ports for node in (port.plus, port.minus)]
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
        branch. So a series RLC edge is one branch, whatever its inner nodes are called. Its
        inductors may be coupled and its nodes sensed: neither parts the current.
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
        """Nodes at an open end, where no current flows: a single element touches them.

        No port does, and no controlled source senses their voltage.
        """
        ends = {GROUND, *(node for port in self.ports for node in (port.plus, port.minus))}
        for e in self.controlled:
            ends |= {e.control_plus, e.control_minus} if isinstance(e, Vcvs | Vccs) else set()
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
        kinds = Inductor | SaturatingInductor | Vcvs | Ccvs
        stiff = [(e.name, e.a, e.b) for e in self.elements if isinstance(e, kinds)]
        return first_loop([*sources, *stiff])

    @cached_property
    def is_linear(self) -> bool:
        """Whether every element is a resistor, an inductor, a capacitor or a controlled source."""
        return all(isinstance(e, LinearElement | ControlledSource) for e in self.elements)

    @cached_property
    def controlled(self) -> tuple[ControlledSource, ...]:
        """The controlled sources: without any, the network is reciprocal and passive."""
        return tuple(e for e in self.elements if isinstance(e, ControlledSource))

    @cached_property
    def metered(self) -> tuple[str, ...]:
        """Names of the resistors and inductors whose current controls a source, in order."""
        controls = {e.control for e in self.elements if isinstance(e, Cccs | Ccvs)}
        return tuple(e.name for e in self.elements if e.name in controls)

    def __getitem__(self, name: str) -> Element:
        """Return the element of that name."""
        try:
            return self._by_name[name]
        except KeyError:
            raise NetworkError(f"there is no element {name!r} in this network") from None

    @cached_property
    def _by_name(self) -> dict[str, Element]:
        return {element.name: element for element in self.elements}

    @cached_property
    def _coupling_by_name(self) -> dict[str, Coupling]:
        return {coupling.name: coupling for coupling in self.couplings}

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

    def mutual_inductances(self, values: Mapping[str, float] | None = None) -> dict[str, float]:
        """Mutual inductance [H] of each coupling by name.

        ``values`` are those by name, of inductors [H] and couplings, that are not the network's.
        """
        given = values or {}
        coils = (e for e in self.elements if isinstance(e, Inductor))
        henry = {e.name: given.get(e.name, e.value) for e in coils}
        coupled = (replace(k, coefficient=given.get(k.name, k.coefficient)) for k in self.couplings)
        return {k.name: k.mutual(henry[k.first], henry[k.second]) for k in coupled}

    def values(self, names: Iterable[str] | None = None) -> NDArray[np.float64]:
        """Values (n_names,) of resistors, inductors, capacitors, gains and couplings, in SI.

        Without names, of all elements in order.
        """
        if names is None:
            return self._own_values.copy()
        parts = map(self._with_value, names)
        return np.array([getattr(part, _field_of(part)) for part in parts], dtype=float)

    def with_values(self, names: Iterable[str], values: ArrayLike) -> Network:
        """Return the network with other values (n_names,) of what :meth:`values` knows, in SI."""
        new = dict(zip(names, map(float, np.asarray(values, float)), strict=True))
        changed: dict[str, Any] = {}
        for name, value in new.items():
            part = self._with_value(name)
            changed[name] = replace(part, **{_field_of(part): value})
        return replace(
            self,
            elements=tuple(changed.get(e.name, e) for e in self.elements),
            couplings=tuple(changed.get(k.name, k) for k in self.couplings),
        )

    @cached_property
    def _own_values(self) -> NDArray[np.float64]:
        return self.values(e.name for e in self.elements)

    @cached_property
    def ends(self) -> tuple[tuple[str, str], ...]:
        """The two nodes of each element, in order."""
        return tuple((e.a, e.b) for e in self.elements)

    def _with_value(self, name: str) -> _WithValue:
        part = self._coupling_by_name.get(name) or self[name]
        if isinstance(part, _WithValue):
            return part
        raise NetworkError(f"{part.kind} {part.name!r} has no single value to read or change")

    def to_json(self) -> str:
        """Return a JSON text from which :meth:`from_json` gives back an equal network."""
        return json.dumps(document_of(self.elements, self.ports, self.couplings), indent=1)

    @classmethod
    def from_json(cls, text: str) -> Network:
        """Read what :meth:`to_json` wrote.

        Raises
        ------
        NetworkError
            The text is no such JSON, or the network in it is no circuit.
        """
        with refused():
            return cls(*parts_of(json.loads(text)))


def _field_of(part: _WithValue) -> str:
    match part:
        case Coupling():
            return "coefficient"
        case Vcvs() | Vccs() | Cccs() | Ccvs():
            return "gain"
        case _:
            return "value"
