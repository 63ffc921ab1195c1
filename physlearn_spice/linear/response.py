"""What a linear network answers at a port."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ..elements import Resistor
from ..errors import PhyslearnError
from ..network import GROUND, Network
from .structure import Structure

__all__ = ["Response"]


@dataclass(frozen=True, eq=False)
class Response:
    """The answer at one driven port; powers and phasors are for 1 V peak of its source.

    Shapes are (*sets, n_freq), with ``sets`` the shape of the values given, () for the network's
    own.

    Parameters
    ----------
    network, port
        What was driven, and where.
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
    frequency: NDArray[np.float64]
    admittance: NDArray[np.complex128]
    admittance_error: NDArray[np.float64]
    absorbed_power: NDArray[np.float64]
    power_error: NDArray[np.float64]
    with_care: NDArray[np.bool_]
    _structure: Structure
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
        """Voltage [V] of node ``a`` against node ``b``."""
        return self._node(a) - self._node(b)

    def current(self, name: str) -> NDArray[np.complex128]:
        """Current [A] of an element, from its first to its second node."""
        names = [e.name for e in self.network.elements]
        self.network[name]
        return self._flow(names.index(name))

    def dissipated_power(self) -> dict[str, NDArray[np.float64]]:
        """Mean power [W] in each resistor, R |i|^2 / 2, by name."""
        return {
            e.name: self._values[..., k, None] * np.abs(self._flow(k)) ** 2 / 2
            for k, e in enumerate(self.network.elements)
            if isinstance(e, Resistor)
        }

    def _flow(self, element: int) -> NDArray[np.complex128]:
        branch = self._structure.branch[element]
        if branch < 0:
            return np.zeros_like(self.admittance)
        return self._structure.way[element] * self._driven(self._current)[..., branch]

    def _node(self, node: str) -> NDArray[np.complex128]:
        try:
            return self._nodes[node]
        except KeyError:
            raise PhyslearnError(f"there is no node {node!r} in this network") from None

    @cached_property
    def _nodes(self) -> dict[str, NDArray[np.complex128]]:
        """Voltage of every node against the minus node of the driven port."""
        voltage, s = self._driven(self._voltage), self._structure
        zero = np.zeros_like(self.admittance)
        known = {n: voltage[..., k] if k >= 0 else zero for n, k in s.unknown.items()}
        for step in s.steps:
            v = known[step.known]
            if step.element is not None:
                v = v - step.way * self._flow(step.element) * self._impedance(step.element)
            known[step.node] = v
        return known

    def _impedance(self, element: int) -> NDArray[np.complex128]:
        value, omega = self._values[..., element, None], 2 * np.pi * self.frequency
        letters = [e.letter for e in self.network.elements]
        match letters[element] if element < len(letters) else "r":
            case "l":
                return 1j * omega * value
            case "c":
                return 1 / (1j * omega * value)
            case _:
                return value + 0j * omega

    def _driven(self, of_one_volt: NDArray[np.complex128] | None) -> NDArray[np.complex128]:
        if of_one_volt is None:
            raise PhyslearnError("voltages and currents were not kept: drive(..., keep=True)")
        return of_one_volt / (1 + self.resistance * self.admittance)[..., None]
