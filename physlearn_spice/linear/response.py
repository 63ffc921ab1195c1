"""What a linear network answers at a port."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from ..elements import Resistor
from ..errors import PhyslearnError
from ..network import GROUND, Network
from ..ports import Port
from .structure import Others, Step
from .values import element_impedance

__all__ = ["Places", "Response"]


class Places(Protocol):
    """Where a response finds its voltages and currents; see :class:`.structure.Structure`."""

    @property
    def branch(self) -> NDArray[np.int64]:
        """Which current is an element's (n_elements,); -1 where none flows."""
        ...

    @property
    def way(self) -> NDArray[np.int64]:
        """Its sign (n_elements,)."""
        ...

    @property
    def unknown(self) -> Mapping[str, int]:
        """Which voltage is a node's; -1 for zero."""
        ...

    @property
    def steps(self) -> Sequence[Step]:
        """Lead from these nodes to others."""
        ...

    @property
    def floating(self) -> Mapping[str, int]:
        """Nodes that nothing joins to the driven port, with the number of their part."""
        ...


@dataclass(frozen=True, eq=False)
class Response:
    """The answer at one driven port; powers and phasors are for 1 V peak of its source.

    Shapes are (*sets, n_freq), with ``sets`` the shape of the values given, () for the network's
    own.

    Parameters
    ----------
    network, port, others
        What was driven, and where, and how its other ports end.
    frequency
        [Hz] (n_freq,).
    admittance
        Driving-point admittance Y = I / V [S], without the source's resistance.
    admittance_error
        Relative error of Y: first-order effect of the residual, and of rounding all values by eps.
    absorbed_power
        Mean power [W] in all resistors of the network, those of ports not counted; from
        sum R |i|^2 / 2, never from Re Y.
    power_error
        Its relative error, in the same sense.
    with_care
        Which of them needed pivoting.
    """

    network: Network
    port: str
    others: Others
    frequency: NDArray[np.float64]
    admittance: NDArray[np.complex128]
    admittance_error: NDArray[np.float64]
    absorbed_power: NDArray[np.float64]
    power_error: NDArray[np.float64]
    with_care: NDArray[np.bool_]
    _places: Places | None  # None where voltages and currents were not kept
    _values: NDArray[np.float64]  # (*sets, n_elements)
    _voltage: NDArray[np.complex128] | None  # of unknowns, (*sets, n_freq, n)
    _current: NDArray[np.complex128] | None  # of branches

    @property
    def impedance(self) -> NDArray[np.complex128]:
        """Driving-point impedance 1 / Y [Ohm]."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return 1 / self.admittance

    @property
    def resistance(self) -> float:
        """Of the driving source, Rs [Ohm]."""
        return self.network.port(self.port).resistance

    @property
    def reflection(self) -> NDArray[np.complex128]:
        """S11 against Rs; where Rs = 0 it is 1 and says nothing."""
        y = self.resistance * self.admittance
        return (1 - y) / (1 + y)

    @property
    def source_current(self) -> NDArray[np.complex128]:
        """Current [A] into the network's port."""
        return self.admittance / (1 + self.resistance * self.admittance)

    def voltage(self, a: str, b: str = GROUND) -> NDArray[np.complex128]:
        """Voltage [V] of node ``a`` against node ``b``; nan where nothing joins the two."""
        voltage = self._node(a) - self._node(b)
        of = self._kept.floating
        return voltage if of.get(a, 0) == of.get(b, 0) else np.full_like(voltage, np.nan)

    def current(self, name: str) -> NDArray[np.complex128]:
        """Current [A] of an element, from its first to its second node."""
        names = [e.name for e in self.network.elements]
        self.network[name]
        return self._flow(names.index(name))

    def port_current(self, name: str | None = None) -> NDArray[np.complex128]:
        """Current [A] into the network through a port; the driven one by default."""
        port = self.network.port(name or self.port)
        if port.name == self.port:
            return self.source_current
        if self.others == "open":
            return np.zeros_like(self.admittance)
        if port.name in self._loads:
            return -self._flow(self._loads[port.name])
        return self._into_short(port)

    def dissipated_power(self) -> dict[str, NDArray[np.float64]]:
        """Mean power [W] in each resistor, R |i|^2 / 2, by name."""
        return {
            e.name: self._values[..., k, None] * np.abs(self._flow(k)) ** 2 / 2
            for k, e in enumerate(self.network.elements)
            if isinstance(e, Resistor)
        }

    @cached_property
    def _loads(self) -> dict[str, int]:
        """Ports that end in a resistance, and the element that stands for it."""
        ended = [p for p in self.network.ports if p.name != self.port and p.resistance > 0]
        first = len(self.network.elements) if self.others == "closed" else None
        return {} if first is None else {p.name: first + k for k, p in enumerate(ended)}

    def _into_short(self, port: Port) -> NDArray[np.complex128]:
        """Current from a short into its plus node: what leaves the nodes on that side of it."""
        shorts: nx.Graph[str] = nx.Graph([(port.plus, port.plus)])
        shorts.add_edges_from(
            (p.plus, p.minus)
            for p in self.network.ports
            if p.name not in (port.name, self.port) and p.name not in self._loads
        )
        side = nx.node_connected_component(shorts, port.plus)
        ends = [(e.a, e.b, k) for k, e in enumerate(self.network.elements)]
        ends += [
            (self.network.port(n).plus, self.network.port(n).minus, k)
            for n, k in self._loads.items()
        ]
        leaving = np.zeros_like(self.admittance)
        for a, b, k in ends:
            leaving += ((a in side) - (b in side) + 0) * self._flow(k)
        driven = self.network.port(self.port)
        return leaving - ((driven.plus in side) - (driven.minus in side) + 0) * self.source_current

    def _flow(self, element: int) -> NDArray[np.complex128]:
        branch = self._kept.branch[element]
        if branch < 0:
            return np.zeros_like(self.admittance)
        return self._kept.way[element] * self._driven(self._current)[..., branch]

    def _node(self, node: str) -> NDArray[np.complex128]:
        try:
            return self._nodes[node]
        except KeyError:
            raise PhyslearnError(f"there is no node {node!r} in this network") from None

    @cached_property
    def _nodes(self) -> dict[str, NDArray[np.complex128]]:
        """Voltage of every node against the minus node of the driven port."""
        voltage, s = self._driven(self._voltage), self._kept
        zero = np.zeros_like(self.admittance)
        known = dict.fromkeys(s.floating, zero)
        known |= {n: voltage[..., k] if k >= 0 else zero for n, k in s.unknown.items()}
        for step in s.steps:
            v = known[step.known]
            if step.element is not None:
                v = v - step.way * self._flow(step.element) * self._impedance(step.element)
            known[step.node] = v
        return known

    def _impedance(self, element: int) -> NDArray[np.complex128]:
        value, omega = self._values[..., element, None], 2 * np.pi * self.frequency
        letters = [e.letter for e in self.network.elements]
        letter = letters[element] if element < len(letters) else "r"  # a load
        return element_impedance(letter, value, omega)

    @property
    def _kept(self) -> Places:
        if self._places is None:
            raise PhyslearnError("voltages and currents were not kept: drive(..., keep=True)")
        return self._places

    def _driven(self, of_one_volt: NDArray[np.complex128] | None) -> NDArray[np.complex128]:
        if of_one_volt is None:
            raise PhyslearnError("voltages and currents were not kept: drive(..., keep=True)")
        return of_one_volt / (1 + self.resistance * self.admittance)[..., None]
