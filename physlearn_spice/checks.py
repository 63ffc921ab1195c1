"""Whether parts put together are a network: checked by name, with what to do about it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence

import networkx as nx
import numpy as np

from .couplings import Coupling, coupled_groups, least_energy
from .elements import (
    Cccs,
    Ccvs,
    CubicConductance,
    Element,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
    Vcvs,
)
from .errors import NetworkError
from .ports import GROUND, Port
from .topology import first_loop

__all__ = ["check_connections", "check_controls", "check_couplings", "check_names"]

_LONGEST_NAME = 100  # ngspice's buffers overflow somewhere above 250
_TAKEN = re.compile(  # node names that ngspice reads as ground, an axis, a set or a function
    r"gnd|time|frequency|temper|speedcheck|[io]noise|all[iy]|a?gauss|a?unif|limit"
)
_EPS = float(np.finfo(float).eps)


def check_names(
    elements: Sequence[Element], ports: Sequence[Port], couplings: Sequence[Coupling]
) -> None:
    """Refuse names that are there twice, or that ngspice or the deck needs for itself.

    Raises
    ------
    NetworkError
        Naming one.
    """
    if not elements:
        raise NetworkError("the network has no elements")
    if not ports:
        raise NetworkError("the network has no port: name the nodes through which it is driven")
    count = Counter(part.name for part in (*elements, *couplings))
    # a port "p" is written as the source vp behind the resistor rsp, its chirp as bp
    count.update(f"{word}{port.name}" for port in ports for word in ("v", "rs", "b"))
    # ngspice builds a charge law "c" from an inductor lc at a node c_int1, and a law "r" as br
    varactors = [e.name for e in elements if isinstance(e, Varactor)]
    count.update(f"l{name}" for name in varactors)
    count.update(f"b{e.name}" for e in elements if isinstance(e, CubicConductance))
    cores = [e.name for e in elements if isinstance(e, SaturatingInductor)]
    count.update(f"{word}_{name}" for name in cores for word in ("ei", "li"))
    twice = [name for name, n in count.items() if n > 1]
    if twice:
        raise NetworkError(
            f"the name {twice[0]!r} is used twice (a port p takes vp, rsp and bp, a varactor c lc, "
            "a cubic conductance r br, a saturating inductor l ei_l and li_l)"
        )
    for name in count:
        if len(name) > _LONGEST_NAME:
            raise NetworkError(f"the name {name!r} is longer than {_LONGEST_NAME} letters")
    inside = {f"{name}_int1" for name in varactors}
    inside |= {f"{name}_{word}" for name in cores for word in ("meter", "back", "flux")}
    # a current that controls is measured behind its element
    inside |= {f"{e.control}_meter" for e in elements if isinstance(e, Cccs | Ccvs)}
    behind = tuple(f"port{port.name}_" for port in ports)
    folded: dict[str, str] = {}
    for node in (node for part in (*elements, *ports) for node in _ends(part)):
        if not node or not all(c.isalnum() or c == "_" for c in node) or not node.isascii():
            raise NetworkError(f"node {node!r}: the name must be letters, digits and _")
        if folded.setdefault(node.lower(), node) != node or node.lower() != node:
            raise NetworkError(f"node {node!r}: SPICE ignores case, so names must be lower-case")
        if _TAKEN.fullmatch(node) or node in inside or node.startswith(behind):
            raise NetworkError(f"node {node!r}: ngspice or the deck needs this name for itself")
        if len(node) > _LONGEST_NAME:
            raise NetworkError(f"node {node!r}: the name is longer than {_LONGEST_NAME} letters")


def _ends(part: Element | Port) -> tuple[str, str]:
    return (part.plus, part.minus) if isinstance(part, Port) else (part.a, part.b)


def check_connections(
    elements: Iterable[Element], ports: Sequence[Port], graph: nx.MultiGraph[str]
) -> None:
    """Refuse ports at no element, parts that no path joins to ground, loops of voltage sources.

    Raises
    ------
    NetworkError
        Naming the port, the node or the sources.
    """
    joined = graph.copy()
    sensed: set[str] = set()
    for e in elements:
        sensed |= {e.control_plus, e.control_minus} if isinstance(e, Vcvs | Vccs) else set()
    n_ports = Counter(node for port in ports for node in (port.plus, port.minus))
    for port in ports:
        for node in (port.plus, port.minus):
            is_joined = node in sensed or n_ports[node] > 1 or bool(graph.degree[node])
            if node != GROUND and not is_joined:
                raise NetworkError(f"port {port.name!r}: no element touches node {node!r}")
        joined.add_edge(port.plus, port.minus, key=f"v{port.name}")
    if GROUND not in joined or joined.degree[GROUND] == 0:
        raise NetworkError(f"nothing is connected to ground, node {GROUND!r}")
    island = set(joined) - nx.node_connected_component(joined, GROUND)
    if island:
        raise NetworkError(
            f"node {min(island)!r} is floating: no path leads from it to ground, node {GROUND!r}"
        )
    ideal = [(port.name, port.plus, port.minus) for port in ports if port.resistance == 0]
    if loop := first_loop(ideal):
        raise NetworkError(
            f"voltage-source loop: port {loop[-1]!r} closes a loop of ideal sources; "
            "give it a source resistance"
        )
    fixed = [(e.name, e.a, e.b) for e in elements if isinstance(e, Vcvs | Ccvs)]
    if loop := first_loop([*((f"v{name}", a, b) for name, a, b in ideal), *fixed]):
        raise NetworkError(
            f"voltage-source loop: {', '.join(map(repr, loop))} fix one voltage twice; put a "
            "resistor into it"
        )


def check_controls(elements: Sequence[Element], ports: Sequence[Port]) -> None:
    """Refuse controlled sources whose control is not there.

    Raises
    ------
    NetworkError
        Naming the source and what it senses.
    """
    nodes = {GROUND, *(node for part in (*elements, *ports) for node in _ends(part))}
    carrying = {e.name for e in elements if isinstance(e, Resistor | Inductor)}
    carrying |= {f"v{port.name}" for port in ports}
    for e in elements:
        match e:
            case Vcvs() | Vccs():
                for node in (e.control_plus, e.control_minus):
                    if node not in nodes:
                        raise NetworkError(
                            f"{e.kind} {e.name!r}: senses node {node!r}, which no element touches"
                        )
            case Cccs() | Ccvs():
                if e.control not in carrying:
                    raise NetworkError(
                        f"{e.kind} {e.name!r}: {e.control!r}, whose current it senses, is no "
                        "resistor or inductor of the network, nor the source vp of a port p"
                    )
            case _:
                pass


def check_couplings(elements: Iterable[Element], couplings: Sequence[Coupling]) -> None:
    """Refuse couplings of what is no inductor, or of more energy than the coils have.

    Raises
    ------
    NetworkError
        Naming the couplings.
    """
    coils = {e.name for e in elements if isinstance(e, Inductor)}
    by_pair: dict[tuple[str, str], Coupling] = {}
    for coupling in couplings:
        for coil in (coupling.first, coupling.second):
            if coil not in coils:
                raise NetworkError(
                    f"coupling {coupling.name!r}: there is no inductor {coil!r} in this network"
                )
        before = by_pair.setdefault(coupling.pair, coupling)
        if before is not coupling:
            raise NetworkError(
                f"coupling {coupling.name!r}: {' and '.join(coupling.pair)} are coupled by "
                f"{before.name!r} already"
            )
    k_of = {pair: coupling.coefficient for pair, coupling in by_pair.items()}
    for group in coupled_groups(k_of):
        if len(group) > 2 and least_energy(group, k_of) <= len(group) * _EPS:
            at_fault = [coupling.name for pair, coupling in by_pair.items() if pair[0] in group]
            raise NetworkError(
                f"the couplings {', '.join(at_fault)} are not positive definite: "
                f"{', '.join(group)} would store no or negative energy; lower them"
            )
