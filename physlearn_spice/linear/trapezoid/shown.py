"""Which waveforms are wanted, and how they come from what the steps keep."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ...elements import Inductor
from ...network import GROUND, Network, Port
from ..structure import Structure
from .past import Past

__all__ = ["Kept", "PortWaveforms", "Reading", "Shown"]

Waves = NDArray[np.float64]  # (n_runs, n_time)


class Shown(NamedTuple):
    """Nodes whose voltage, and inductors whose current is wanted; that of all ports always is."""

    nodes: tuple[str, ...]
    coils: tuple[str, ...]

    @classmethod
    def everything(cls, network: Network) -> Shown:
        """All nodes and inductors."""
        return cls(network.nodes[1:], network.names(Inductor))

    @classmethod
    def ports(cls, network: Network) -> Shown:
        """The nodes of the ports."""
        ends = dict.fromkeys(node for p in network.ports for node in (p.plus, p.minus))
        return cls(tuple(node for node in ends if node != GROUND), ())


@dataclass(frozen=True, eq=False)
class PortWaveforms:
    """What happens at the ports, and there alone; ``sets`` is the shape of values and stimuli.

    Parameters
    ----------
    time
        [s] (n_time,), uniform.
    voltage
        Across each port [V] (*sets, n_time), by port name.
    current
        Into the network through each port [A] (*sets, n_time).
    """

    time: NDArray[np.float64]
    voltage: Mapping[str, NDArray[np.float64]]
    current: Mapping[str, NDArray[np.float64]]

    def energy(self, port: str) -> NDArray[np.float64]:
        """Energy that has entered through a port [J] (*sets, n_time), by means over each step."""
        v, i = self.voltage[port], self.current[port]
        steps = (v[..., 1:] + v[..., :-1]) * (i[..., 1:] + i[..., :-1]) / 4 * np.diff(self.time)
        energy = np.zeros(v.shape)
        np.cumsum(steps, axis=-1, out=energy[..., 1:])
        return energy


class Kept(NamedTuple):
    """Where waves come from: unknowns by row [V], branches' currents [A], their capacitors' [V].

    After the unknowns comes the current into the driven port [A]. A current has a number b along
    branch b, and ~b against it.
    """

    voltage: Callable[[int], Waves]
    current: Callable[[int], Waves]
    capacitive: Callable[[int], Waves]


class Reading(NamedTuple):
    """How a network is read that is driven at one port.

    Parameters
    ----------
    values, branches
        Of elements (n_runs, n_elements) and of branches as R, L, S (n_runs, n_branches, 3).
    """

    network: Network
    driven: Port
    structure: Structure
    values: NDArray[np.float64]
    branches: NDArray[np.float64]
    past: Past
    shown: Shown

    def columns(self) -> tuple[list[int], list[int], list[int]]:
        """Rows and branches that :meth:`vectors` asks for, in order."""
        asked: tuple[dict[int, None], ...] = ({}, {}, {})
        nothing = np.zeros((len(self.values), 1))

        def note(which: int) -> Callable[[int], Waves]:
            def noted(k: int) -> Waves:
                asked[which][k] = None
                return nothing

            return noted

        self.vectors(Kept(note(0), note(1), note(2)))
        voltage, current, capacitive = map(list, asked)
        return voltage, current, capacitive

    def vectors(self, kept: Kept) -> dict[str, Waves]:
        """Return what is shown, by name, as (n_runs, n_time)."""
        nodes = _Nodes(self, kept)
        ground = nodes.voltage(GROUND) if self.structure.unknown.get(GROUND) != -1 else None
        found = {f"v({node})": nodes.voltage(node) for node in self.shown.nodes}
        if ground is not None:
            found = {name: v - ground for name, v in found.items()}
        number = {e.name: k for k, e in enumerate(self.network.elements)}
        flows = _Flows(self, kept)
        found |= {f"i({name})": flows.element(number[name]) for name in self.shown.coils}
        return found | {f"i(v{p.name})": flows.port(p) for p in self.network.ports}


class _Nodes:
    """Voltages against the minus node of the driven port."""

    def __init__(self, reading: Reading, kept: Kept) -> None:
        self._reading, self._kept = reading, kept
        self._known: dict[str, Waves] = {}
        self._steps = {step.node: step for step in reading.structure.steps}

    def voltage(self, node: str) -> Waves:
        """Of a node, and on the way to it of those that lead there."""
        way: list[str] = [node]
        while way[-1] in self._steps and way[-1] not in self._known:
            way.append(self._steps[way[-1]].known)
        for at in reversed(way):
            if at not in self._known:
                self._known[at] = self._next(at)
        return self._known[node]

    def _next(self, node: str) -> Waves:
        step = self._steps.get(node)
        if step is None:
            return self._unknown(self._reading.structure.unknown[node])
        known = self._known[step.known]
        return known if step.element is None else known - self._drop(step.element)

    def _unknown(self, row: int) -> Waves:
        return self._kept.voltage(row) if row >= 0 else np.zeros((len(self._reading.values), 1))

    def _drop(self, element: int) -> Waves:
        """Voltage across an element, in the direction of its branch."""
        r = self._reading
        b = int(r.structure.branch[element])
        value = r.values[:, element, None]
        resistance, inductance, elastance = r.branches[:, b, :, None].swapaxes(0, 1)
        letters = [e.letter for e in r.network.elements[element : element + 1]]
        match letters:
            case ["l"]:
                program = r.structure.program
                across = self._unknown(program.first[b]) - self._unknown(program.second[b])
                across = across - resistance * self._kept.current(b)
                if r.branches[0, b, 2]:
                    across = across - self._kept.capacitive(b)
                return value / inductance * across
            case ["c"]:
                gained = self._kept.capacitive(b) - r.past.voltage[b]
                return r.past.charged.get(element, 0.0) + gained / (value * elastance)
            case _:
                return value * self._kept.current(b)


class _Flows:
    """Currents of elements and sources, as SPICE counts them."""

    def __init__(self, reading: Reading, kept: Kept) -> None:
        self._reading, self._kept = reading, kept
        r = reading
        others = [p for p in r.network.ports if p.name != r.driven.name]
        loads = [p.name for p in others if p.resistance > 0]
        self._load = {name: len(r.network.elements) + k for k, name in enumerate(loads)}
        self._shorts: nx.Graph[str] = nx.Graph(
            [(p.plus, p.minus) for p in others if not p.resistance]
        )

    def element(self, element: int) -> Waves:
        """From the first to the second node of an element or a load."""
        branch = int(self._reading.structure.branch[element])
        if branch < 0:
            return np.zeros((len(self._reading.values), 1))
        return self._kept.current(branch if self._reading.structure.way[element] > 0 else ~branch)

    def port(self, port: Port) -> Waves:
        """From the plus node of a port through its source."""
        if port.name == self._reading.driven.name:
            return -self._kept.voltage(len(self._reading.structure.program.diagonal))
        if port.name in self._load:
            return self.element(self._load[port.name])
        return self._short(port)

    def _short(self, port: Port) -> Waves:
        """What all else takes away from one side of a short comes through it."""
        self._shorts.remove_edge(port.plus, port.minus)
        side = nx.node_connected_component(self._shorts, port.plus)
        self._shorts.add_edge(port.plus, port.minus)
        total = np.zeros((len(self._reading.values), 1))
        for flow, a, b in self._ends:
            if (a in side) != (b in side):
                total = total - flow() if a in side else total + flow()
        return total

    @cached_property
    def _ends(self) -> list[tuple[Callable[[], Waves], str, str]]:
        """All that can carry current but the shorts, with its ends."""
        ends: list[tuple[Callable[[], Waves], str, str]] = []
        for k, e in enumerate(self._reading.network.elements):
            ends.append((lambda k=k: self.element(k), e.a, e.b))
        for p in self._reading.network.ports:
            if p.resistance or p.name == self._reading.driven.name:
                ends.append((lambda p=p: self.port(p), p.plus, p.minus))
        return ends
