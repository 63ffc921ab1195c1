"""A network's voltages counted along a tree that prefers capacitors, then resistors.

In a *normal tree* (Bryant, Proc. IEE 106C, 174, 1959) a capacitor closes a loop of capacitors
alone, and a resistor one of resistors and capacitors. So branch voltages, written in those of the
tree, depend on nothing that is worse determined than themselves, and every degeneracy of a
circuit (loops of capacitors and sources, cut sets of inductors) is told by the graph instead of
by a rank. Within a kind the tree takes the largest admittances, so that what is eliminated along
it is well conditioned.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...elements import Capacitor, Element, Inductor, Resistor
from ...errors import NetworkError, PhyslearnError
from ...network import GROUND, Network, Port
from .forest import forest, joined_by_sources, paths, trapped

__all__ = ["Branches", "Part", "branches"]

_MOST_VOLTAGES = 3000  # of a tree: a dense matrix of some 100 MB
_LETTERS = "crl"


@dataclass(frozen=True)
class Part:
    """The elements of one kind, the largest admittance first.

    Parameters
    ----------
    names
        Of the elements.
    size
        C [F], 1/R [S] or 1/L [1/H] (n,).
    voltage
        Branch voltages by tree voltages (n, n_tree), entries 0 and +-1.
    source
        Branch voltages by source voltages (n, n_sources), entries 0 and +-1.
    """

    names: tuple[str, ...]
    size: NDArray[np.float64]
    voltage: NDArray[np.float64]
    source: NDArray[np.float64]


@dataclass(frozen=True)
class Branches:
    """A network's elements, and voltages by those of a normal tree and of its sources.

    Parameters
    ----------
    capacitors, resistors, inductors
        The elements; a closed port's resistance is one, named ``rsNAME``.
    n_tree
        Numbers of capacitors, resistors and inductors in the tree, in the order of its voltages.
    nodes
        The network's nodes, ground first.
    voltage, source
        Node voltages against ground by tree voltages (n_nodes, n_tree), by source voltages
        (n_nodes, n_sources).
    injected
        Voltage across the open port by tree voltages (n_tree,); zero without one.
    trapped
        Voltages of the tree's capacitors (n_tree_capacitors, n_trapped) with no voltage across any
        resistor or inductor: each belongs to a charge that has no way out.
    inductor_rank
        Number of inductors that form no loop: rank of their voltages, also by sources.
    inductors_across
        Number of sources that inductors short: their flux grows without end at a DC voltage.
    """

    capacitors: Part
    resistors: Part
    inductors: Part
    n_tree: tuple[int, int, int]
    nodes: tuple[str, ...]
    voltage: NDArray[np.float64]
    source: NDArray[np.float64]
    injected: NDArray[np.float64]
    trapped: NDArray[np.float64]
    inductor_rank: int
    inductors_across: int


def branches(
    network: Network, sources: Sequence[str], *, open_port: str | None = None, bare: bool = False
) -> Branches:
    """Find a normal tree.

    Every port is closed by an ideal source behind its resistance, except one.

    Parameters
    ----------
    sources
        Names of the ports whose source voltages are asked about; the others are zero.
    open_port
        Name of the port that is left open.
    bare
        Whether the first of the sources has no resistance before it.

    Raises
    ------
    NetworkError
        With that port open nothing joins a node to ground.
    PhyslearnError
        The network is not linear, has couplings or controlled sources, or is too large.
    """
    if not network.is_linear:
        raise PhyslearnError("the network has elements that are not linear: R, L and C only")
    other = [part.name for part in (*network.controlled, *network.couplings)]
    if other:
        raise PhyslearnError(f"{other[0]!r} couples branches: R, L and C only")
    row = {node: k for k, node in enumerate(network.nodes)}
    ends: list[tuple[str, int, int, float, str]] = []
    for e in network.elements:
        letter, size = _admittance(e)
        ends.append((letter, row[e.a], row[e.b], size, e.name))
    ideal: list[tuple[int, int, str]] = []
    for port in network.ports:
        plus, minus = row[port.plus], row[port.minus]
        if port.name == open_port:
            continue
        if port.resistance > 0 and not (bare and port.name == sources[0]):
            inner = row.setdefault(_behind(port), len(row))
            ends.append(("r", plus, inner, 1 / port.resistance, f"rs{port.name}"))
            plus = inner
        ideal.append((plus, minus, port.name))
    point, offset = joined_by_sources(len(row), ideal, sources)
    ends.sort(key=lambda end: (_LETTERS.index(end[0]), -end[3]))
    a = np.array([end[1] for end in ends])
    b = np.array([end[2] for end in ends])
    ends_a, ends_b = point[a].tolist(), point[b].tolist()
    tree = forest(ends_a, ends_b, range(len(ends)))
    if len(tree) > _MOST_VOLTAGES:
        raise PhyslearnError(f"{len(tree)} voltages; at most {_MOST_VOLTAGES} are taken")
    path = paths(len(row), point, [(int(point[a[k]]), int(point[b[k]])) for k in tree])
    lost = [node for node in network.nodes if np.isnan(path[row[node], :1]).any()]
    if lost:
        raise NetworkError(f"with port {open_port!r} open nothing joins node {lost[0]!r} to ground")
    unasked = [source for source in ideal if source[2] not in sources]
    apart, _ = joined_by_sources(len(row), unasked, ())
    coils = [k for k, end in enumerate(ends) if end[0] == "l"]
    rank = len(forest(apart[a].tolist(), apart[b].tolist(), coils))
    shorted_rank = len(forest(ends_a, ends_b, coils))
    others = [k for k, end in enumerate(ends) if end[0] != "c"]
    leaky = [(ends_a[k], ends_b[k]) for k in forest(ends_a, ends_b, others)]
    held = [(ends_a[k], ends_b[k]) for k in tree if ends[k][0] == "c"]
    kinds = np.array([_LETTERS.index(end[0]) for end in ends])
    sizes, names = np.array([end[3] for end in ends]), [end[4] for end in ends]

    def part(kind: int) -> Part:
        of = np.flatnonzero(kinds == kind)
        return Part(
            tuple(names[k] for k in of),
            sizes[of],
            path[a[of]] - path[b[of]],
            offset[a[of]] - offset[b[of]],
        )

    injected = np.zeros(len(tree))
    if open_port is not None:
        port = network.port(open_port)
        injected = path[row[port.plus]] - path[row[port.minus]]
    nodes = slice(len(network.nodes))
    count = np.bincount(kinds[tree], minlength=3).tolist() if tree else [0, 0, 0]
    return Branches(
        part(0),
        part(1),
        part(2),
        (count[0], count[1], count[2]),
        network.nodes,
        path[nodes] - path[row[GROUND]],
        offset[nodes] - offset[row[GROUND]],
        injected,
        trapped(held, leaky),
        rank,
        rank - shorted_rank,
    )


def _admittance(element: Element) -> tuple[str, float]:
    match element:
        case Capacitor():
            return "c", element.value
        case Resistor():
            return "r", 1 / element.value
        case Inductor():
            return "l", 1 / element.value
        case _:
            raise PhyslearnError(f"{element.kind} {element.name!r} is no R, L or C")


def _behind(port: Port) -> str:
    return f"port{port.name}_"  # no node of a network starts like that
