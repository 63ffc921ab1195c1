"""Voltages and currents at the first instant, which inductors and capacitors decide.

A current of an inductor and a voltage of a capacitor are given; all else follows from the laws of
the resistors and of Kirchhoff. Where nothing but inductors leads to a part of the circuit, their
currents add up to zero, and it is their rates of change that decide its voltage; where capacitors
alone close a loop, with a source or without, it is the rates of change of their voltages.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import networkx as nx
import numpy as np
from networkx.utils import UnionFind
from numpy.typing import NDArray

from ...errors import NetworkError
from ..program import Program
from .past import MISSED, Past, listed

__all__ = ["First", "first_instant", "slope"]

_Rows = dict[int, tuple[dict[int, float], float]]  # by unknown: coefficients, right-hand side


class First(NamedTuple):
    """Voltages of the unknowns [V], currents of the branches and into the port [A]."""

    voltage: NDArray[np.float64]
    current: NDArray[np.float64]
    port: float


def slope(source: NDArray[np.float64], step: float) -> float:
    """Rate of change [V/s] at the first instant, as the trapezoidal rule has it.

    A capacitor's current obeys (i' + i) / 2 = C (e' - e) / h, and goes on without ringing from the
    i of this: differences of up to the 8th order, which bring 9 to 15 digits at 50 steps a period.
    """
    rates = np.diff(source[:9]) / step
    return float(sum((-0.5) ** k * np.diff(rates, k)[0] for k in range(len(rates))))


def first_instant(
    program: Program,
    branches: NDArray[np.float64],
    past: Past,
    source: tuple[float, float],
    resistance: float,
    names: list[list[str]],
) -> First:
    """Solve for the first instant.

    Parameters
    ----------
    branches
        R, L and S = 1/C (n_branches, 3).
    source
        Voltage [V] behind the ``resistance`` [Ohm], and its rate of change [V/s].
    names
        Of the elements of each branch, for messages.

    Raises
    ------
    NetworkError
        Currents of inductors that don't add up to zero where nothing else leads, or voltages of
        capacitors alone around a loop.
    """
    from scipy.sparse import csc_array
    from scipy.sparse.linalg import splu

    ends = list(zip(program.first.tolist(), program.second.tolist(), strict=True))
    r, inductance, elastance = branches.T
    circuit = _Circuit(ends, len(program.diagonal), r, inductance, elastance, names)
    port = circuit.n + len(branches)
    rows = _laws(circuit, past, source[0], resistance)
    rows |= _rules_of_coils(circuit, past)
    rows |= _rules_of_loops(circuit, past, source, is_ideal=resistance == 0)
    where = [(row, column) for row, (terms, _) in rows.items() for column in terms]
    values = [x for terms, _ in rows.values() for x in terms.values()]
    right = [rows[row][1] for row in range(port + 1)]
    matrix = csc_array((values, np.transpose(where)), shape=(port + 1, port + 1))
    found = splu(matrix).solve(np.array(right))
    current = np.where(circuit.inductance > 0, past.current, found[circuit.n : port])
    return First(found[: circuit.n], current, float(found[port]))


class _Circuit(NamedTuple):
    """Ends of the branches, number of unknowns, and R, L and S and element names of each branch."""

    ends: list[tuple[int, int]]
    n: int
    resistance: NDArray[np.float64]
    inductance: NDArray[np.float64]
    elastance: NDArray[np.float64]
    names: list[list[str]]


def _laws(circuit: _Circuit, past: Past, source: float, resistance: float) -> _Rows:
    """Kirchhoff's laws at the nodes, those of the branches, and the source's.

    Unknown are voltages of nodes, a coil's voltage or another branch's current, the port's current.
    """
    n, port = circuit.n, circuit.n + len(circuit.ends)
    nodes: list[dict[int, float]] = [{} for _ in range(n)]
    nodes[n - 1][port] = -1.0
    inflow = np.zeros(n)
    rows: _Rows = {port: ({n - 1: 1.0, port: resistance}, source)}
    for b, (i, j) in enumerate(circuit.ends):
        has_coil = circuit.inductance[b] > 0
        law = {n + b: -1.0 if has_coil else -float(circuit.resistance[b])}
        for node, sign in ((i, 1.0), (j, -1.0)):
            if node < 0:
                continue
            law[node] = sign
            if has_coil:
                inflow[node] -= sign * past.current[b]
            else:
                nodes[node][n + b] = sign
        drop = circuit.resistance[b] * past.current[b] if has_coil else 0.0
        rows[n + b] = law, past.voltage[b] + drop
    return rows | {k: (terms, float(inflow[k])) for k, terms in enumerate(nodes)}


def _rules_of_coils(circuit: _Circuit, past: Past) -> _Rows:
    """What holds in place of Kirchhoff's law at one node of each part that coils alone lead to."""
    rows: _Rows = {}
    inductance, scale = circuit.inductance, np.abs(past.current).max()
    for node, crossing in _parts(circuit):
        flows = [sign * float(past.current[b]) for b, sign in crossing.items()]
        if abs(sum(flows)) > MISSED * scale:
            these = listed([k for b in crossing for k in circuit.names[b] if k[0] == "l"])
            raise NetworkError(
                f"initial: the currents of {these} must add up to zero, since nothing else leads "
                "to where they meet"
            )
        least = min(inductance[b] for b in crossing)
        rates = {circuit.n + b: sign * least / inductance[b] for b, sign in crossing.items()}
        rows[node] = rates, 0.0
    return rows


def _rules_of_loops(
    circuit: _Circuit, past: Past, source: tuple[float, float], *, is_ideal: bool
) -> _Rows:
    """What holds in place of a capacitor's law where it closes a loop without resistance."""
    rows: _Rows = {}
    scale = max(np.abs(past.voltage).max(), abs(source[0]))
    for closing, loop in _loops(circuit, is_ideal=is_ideal):
        driven = loop.pop(len(circuit.ends), 0.0)
        terms = [sign * float(past.voltage[b]) for b, sign in loop.items()] + [driven * source[0]]
        if abs(sum(terms)) > MISSED * scale:
            these = listed([name for b in loop for name in circuit.names[b]])
            too = f" and of the source, {source[0]:g} V at first," if driven else ""
            raise NetworkError(
                f"initial: the voltages of {these}{too} must add up to zero around their loop, or "
                "no finite current could flow; let them begin otherwise, or put a resistance there"
            )
        most = max(circuit.elastance[b] for b in loop)
        rates = {circuit.n + b: sign * circuit.elastance[b] / most for b, sign in loop.items()}
        rows[circuit.n + closing] = rates, -driven * source[1] / most
    return rows


def _parts(circuit: _Circuit) -> Iterator[tuple[int, dict[int, float]]]:
    """A node of each part to which only coils lead, and these: +1 where one leaves it, else -1."""
    ends, has_coil = circuit.ends, (circuit.inductance > 0).tolist()
    rest: nx.Graph[int] = nx.Graph()
    rest.add_nodes_from(range(-1, circuit.n))
    rest.add_edge(circuit.n - 1, -1)  # the source
    rest.add_edges_from(pair for b, pair in enumerate(ends) if not has_coil[b])
    parts = list(nx.connected_components(rest))
    part_of = {node: k for k, part in enumerate(parts) for node in part}
    crossing: list[dict[int, float]] = [{} for _ in parts]
    for b, (i, j) in enumerate(ends):
        if has_coil[b] and part_of[i] != part_of[j]:
            crossing[part_of[i]][b], crossing[part_of[j]][b] = 1.0, -1.0
    for part, coils in zip(parts, crossing, strict=True):
        if -1 not in part:
            yield min(part), coils


def _loops(circuit: _Circuit, *, is_ideal: bool) -> Iterator[tuple[int, dict[int, float]]]:
    """Loops of capacitors alone, or with an ideal source, which counts as one more branch.

    Each with the branch that closes it, and +1 or -1 of all its branches as they point around it.
    """
    tree: nx.Graph[int] = nx.Graph()
    joined = UnionFind(range(-1, circuit.n))

    def add(branch: int, i: int, j: int) -> None:
        joined.union(i, j)
        tree.add_edge(i, j, branch=branch, start=i)

    if is_ideal:
        add(len(circuit.ends), circuit.n - 1, -1)
    bare = (circuit.elastance > 0) & (circuit.inductance == 0) & (circuit.resistance == 0)
    for b in np.flatnonzero(bare).tolist():
        i, j = circuit.ends[b]
        if joined[i] != joined[j]:
            add(b, i, j)
            continue
        way = nx.shortest_path(tree, j, i)
        loop = {b: 1.0}
        for here, there in itertools.pairwise(way):
            edge = tree.edges[here, there]
            loop[edge["branch"]] = 1.0 if edge["start"] == here else -1.0
        yield b, loop
