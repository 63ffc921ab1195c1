"""A network as one of its ports sees it, without names and values: what the laws depend on."""

from __future__ import annotations

from typing import NamedTuple

from ...elements import Cccs, Ccvs, ControlledSource, LinearElement, Vccs, Vcvs
from ...errors import NetworkError
from ...network import Network
from ..structure import Others

__all__ = ["DRIVEN", "NOWHERE", "Circuit", "Part", "circuit_of"]

DRIVEN, NOWHERE = -1, -2  # as Part.control: the driven port's source, an open port's


class Part(NamedTuple):
    """An element, a load at a port, or a short whose current is sensed (``"v"``).

    Parameters
    ----------
    letter, a, b
        SPICE's letter, and nodes.
    value
        Column of its value; -1 of a short.
    control
        Nodes that are sensed, or the part whose current is.
    is_load
        Whether it belongs to a port: what it takes is not absorbed by the network.
    """

    letter: str
    a: str
    b: str
    value: int
    control: tuple[str, str] | int | None = None
    is_load: bool = False


class Circuit(NamedTuple):
    """Hashable, and the same for networks that differ in values alone.

    Parameters
    ----------
    parts
        The elements, the loads at other ports, the shorts that are sensed.
    couplings
        Pairs of coils.
    first_coupling
        Column of the first coefficient among the values.
    driven
        Plus and minus node of the driven port.
    shorts
        Nodes that are joined by the shorts that nothing senses.
    """

    parts: tuple[Part, ...]
    couplings: tuple[tuple[int, int], ...]
    first_coupling: int
    driven: tuple[str, str]
    shorts: tuple[tuple[str, str], ...]


def circuit_of(network: Network, port: str | None, others: Others) -> Circuit:
    """Return what a linear network is for one of its ports.

    Raises
    ------
    NetworkError
        The network is nonlinear.
    """
    for e in network.elements:
        if not isinstance(e, LinearElement | ControlledSource):
            raise NetworkError(
                f"{e.kind} {e.name!r} is not linear: ngspice has to run this network"
            )
    driven = network.port(port)
    number = {e.name: k for k, e in enumerate(network.elements)}
    sensed = {e.control for e in network.elements if isinstance(e, Cccs | Ccvs)}
    number |= {f"v{p.name}": NOWHERE for p in network.ports} | {f"v{driven.name}": DRIVEN}
    ended = [p for p in network.ports if p.name != driven.name and others != "open"]
    short = {p.name for p in ended if others == "short" or p.resistance == 0}
    loads = [p for p in ended if p.name not in short]
    meters = [p for p in ended if p.name in short and f"v{p.name}" in sensed]
    wires = tuple((p.plus, p.minus) for p in ended if p.name in short and p not in meters)
    first = len(network.elements)
    number |= {f"v{p.name}": k for k, p in enumerate([*loads, *meters], first)}
    ends = [Part("r", p.plus, p.minus, k, is_load=True) for k, p in enumerate(loads, first)]
    ends += [Part("v", p.plus, p.minus, -1, is_load=True) for p in meters]
    parts: list[Part] = []
    for k, e in enumerate(network.elements):
        control = None
        if isinstance(e, Vcvs | Vccs):
            control = (e.control_plus, e.control_minus)
        elif isinstance(e, Cccs | Ccvs):
            control = number[e.control]
        parts.append(Part(e.letter, e.a, e.b, k, control))
    couplings = tuple((number[k.first], number[k.second]) for k in network.couplings)
    first_coupling = first + len(loads)
    return Circuit((*parts, *ends), couplings, first_coupling, (driven.plus, driven.minus), wires)
