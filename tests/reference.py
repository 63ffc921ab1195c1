"""An independent solution of a linear network: dense nodal analysis, written from the elements.

Nothing of the package's measures or engines is used. Every node is kept, series chains included;
the solution is refined in extended precision where the platform has it (80 bits on x86-64), so
the reference is better than what it judges.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from physlearn_spice.elements import Capacitor, Inductor, Resistor
from physlearn_spice.network import GROUND, Network

Complex = NDArray[np.clongdouble]


def element_admittance(
    element: Resistor | Inductor | Capacitor, omega: NDArray[np.longdouble]
) -> Complex:
    """1/R, 1/(j omega L) or j omega C [S] (n_freq,)."""
    if isinstance(element, Resistor):
        return np.full(omega.shape, 1 / np.longdouble(element.value), np.clongdouble)
    if isinstance(element, Inductor):
        return 1 / (1j * omega * element.value)
    return 1j * omega * np.longdouble(element.value)


def solve(matrix: Complex, right: Complex) -> Complex:
    """x (n_freq, n, m) with matrix x = right: LAPACK, refined with residuals in long double."""
    low = matrix.astype(complex)
    x = np.zeros_like(right)
    for _ in range(4):  # each pass gains 16 digits less those of the condition number
        residual = right - matrix @ x
        x = x + np.linalg.solve(low, residual.astype(complex))
    return x


class Solution:
    """Node voltages of a network driven at its first port by ``amplitude`` [V peak] behind Rs."""

    def __init__(self, network: Network, frequency: ArrayLike, amplitude: float = 1.0) -> None:
        self.network = network
        self.omega = 2 * np.longdouble(np.pi) * np.asarray(frequency, np.longdouble)
        self.row = {n: k for k, n in enumerate(n for n in network.nodes if n != GROUND)}
        port = network.ports[0]
        assert port.minus == GROUND
        matrix = np.zeros((len(self.omega), len(self.row), len(self.row)), np.clongdouble)
        for element in network.elements:
            self._stamp(matrix, element.a, element.b, element_admittance(element, self.omega))
        p = self.row[port.plus]
        right = np.zeros((len(self.omega), len(self.row), 2), np.clongdouble)
        right[:, p, 1] = 1.0
        if port.resistance > 0:
            matrix[:, p, p] += 1 / np.longdouble(port.resistance)
            right[:, p, 0] = amplitude / np.longdouble(port.resistance)
        x = solve(matrix, right)
        if port.resistance > 0:
            load = 1 / np.longdouble(port.resistance)
            scale = 1.0
        else:  # a current that makes the port's voltage the source's
            load = np.longdouble(0)
            scale = amplitude / x[:, p, 1]
        self.node_voltage = x[:, :, 0] if port.resistance > 0 else x[:, :, 1] * scale[:, None]
        self.admittance = (1 / x[:, p, 1] - load).astype(complex)

    def _stamp(self, matrix: Complex, a: str, b: str, y: Complex) -> None:
        for s, t in ((a, b), (b, a)):
            if s != GROUND:
                matrix[:, self.row[s], self.row[s]] += y
                if t != GROUND:
                    matrix[:, self.row[s], self.row[t]] -= y

    def voltage(self, a: str, b: str = GROUND) -> Complex:
        """Phasor [V] (n_freq,) of node a against node b."""
        zero = np.zeros(len(self.omega), np.clongdouble)
        ends = [zero if n == GROUND else self.node_voltage[:, self.row[n]] for n in (a, b)]
        return ends[0] - ends[1]

    @property
    def power(self) -> NDArray[np.float64]:
        """Mean power [W] (n_freq,) that the resistors of the network dissipate."""
        terms = [
            np.abs(self.voltage(e.a, e.b)) ** 2 / (2 * e.value)
            for e in self.network.elements
            if isinstance(e, Resistor)
        ]
        return np.sum(terms, axis=0).astype(float)


def poles(network: Network, *, port_is_shorted: bool) -> NDArray[np.complex128]:
    """Natural frequencies s [rad/s], by frequency, with Im s > 0: C dx/dt + G x = 0.

    From the generalised eigenproblem of modified nodal analysis (QZ), scaled so that frequencies
    and impedances are near one. A shorted port (behind its resistance) gives the poles of Y, an
    open one those of Z.
    """
    row = {n: k for k, n in enumerate(n for n in network.nodes if n != GROUND)}
    inductors = [e for e in network.elements if isinstance(e, Inductor)]
    size = np.array([e.value for e in inductors]).mean()
    farads = np.array([e.value for e in network.elements if isinstance(e, Capacitor)]).mean()
    omega, ohm = 1 / np.sqrt(size * farads), np.sqrt(size / farads)
    n = len(row) + len(inductors)
    storage, flow = np.zeros((n, n)), np.zeros((n, n))

    def stamp(matrix: NDArray[np.float64], a: str, b: str, y: float) -> None:
        for s, t in ((a, b), (b, a)):
            if s != GROUND:
                matrix[row[s], row[s]] += y
                if t != GROUND:
                    matrix[row[s], row[t]] -= y

    for e in network.elements:
        if isinstance(e, Resistor):
            stamp(flow, e.a, e.b, ohm / e.value)
        elif isinstance(e, Capacitor):
            stamp(storage, e.a, e.b, omega * e.value * ohm)
    for k, e in enumerate(inductors, start=len(row)):
        storage[k, k] = omega * e.value / ohm
        for node, sign in ((e.a, 1.0), (e.b, -1.0)):
            if node != GROUND:
                flow[row[node], k] += sign
                flow[k, row[node]] -= sign
    port = network.ports[0]
    if port_is_shorted and port.resistance > 0:
        stamp(flow, port.plus, port.minus, ohm / port.resistance)
    elif port_is_shorted:
        keep = np.arange(n) != row[port.plus]
        storage, flow = storage[np.ix_(keep, keep)], flow[np.ix_(keep, keep)]
    alpha, beta = scipy.linalg.eigvals(-flow, storage, homogeneous_eigvals=True)
    finite = np.abs(beta) > 1e-9 * np.abs(alpha)
    s = alpha[finite] / beta[finite] * omega
    s = s[s.imag > 1e-3 * omega]  # trapped charges give s = 0, many times
    return s[np.argsort(np.abs(s))]
