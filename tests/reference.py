"""An independent solution of a linear network: dense modified nodal analysis, from the elements.

Nothing of the package's measures or engines is used. Every node is kept, series chains included;
coupled coils, voltage sources and ports have a current of their own. The solution is refined in
extended precision where the platform has it (80 bits on x86-64), so the reference is better than
what it judges.
"""

from __future__ import annotations

import numpy as np
import scipy.linalg
from numpy.typing import ArrayLike, NDArray

from physlearn_spice.elements import (
    Capacitor,
    Cccs,
    Ccvs,
    Inductor,
    Resistor,
    Vccs,
    Vcvs,
)
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
    """x (n_freq, n, m) with matrix x = right: LAPACK, refined with residuals in long double.

    Rows and columns are scaled to one first: an equation of a source stands among conductances.
    """
    rows, columns = np.ones(matrix.shape[:2]), np.ones(matrix.shape[:2])
    for _ in range(3):
        scaled = np.abs(matrix) * rows[:, :, None] * columns[:, None, :]
        rows /= np.sqrt(scaled.max(axis=2))
        columns /= np.sqrt(scaled.max(axis=1))
    low = (matrix * rows[:, :, None] * columns[:, None, :]).astype(complex)
    x = np.zeros_like(right)
    for _ in range(4):  # each pass gains 16 digits less those of the condition number
        residual = (right - matrix @ x) * rows[:, :, None]
        x = x + np.linalg.solve(low, residual.astype(complex)) * columns[:, :, None]
    return x


class Solution:
    """A network driven at its first port by ``amplitude`` [V peak] behind Rs; others are silent.

    ``frequency`` [Hz] (n_freq,) may be complex: s / (2 pi j) for a natural frequency s [rad/s].
    """

    def __init__(self, network: Network, frequency: ArrayLike, amplitude: float = 1.0) -> None:
        self.network = network
        precise = np.longdouble if np.isrealobj(frequency) else np.clongdouble
        self.omega = 2 * np.longdouble(np.pi) * np.asarray(frequency, precise)
        coupled = {name for k in network.couplings for name in (k.first, k.second)}
        own = [e.name for e in network.elements if isinstance(e, Vcvs | Ccvs) or e.name in coupled]
        self.port = network.ports[0]
        self.row = {n: k for k, n in enumerate(n for n in network.nodes if n != GROUND)}
        unknowns = [*own, *(f"v{port.name}" for port in network.ports)]
        self.column = {name: k for k, name in enumerate(unknowns, start=len(self.row))}
        n = len(self.row) + len(unknowns)
        self.matrix = np.zeros((len(self.omega), n, n), np.clongdouble)
        right = np.zeros((len(self.omega), n, 1), np.clongdouble)
        for element in network.elements:
            self._stamp(element)
        for k in network.couplings:
            product = np.longdouble(network[k.first].value) * np.longdouble(network[k.second].value)
            mutual = np.longdouble(k.coefficient) * np.sqrt(product)
            for one, other in ((k.first, k.second), (k.second, k.first)):
                self.matrix[:, self.column[one], self.column[other]] -= 1j * self.omega * mutual
        for port in network.ports:  # v = V + Rs i, with i from plus through the source to minus
            k = self._branch(f"v{port.name}", port.plus, port.minus)
            self.matrix[:, k, k] -= np.longdouble(port.resistance)
        right[:, self.column[f"v{self.port.name}"], 0] = amplitude
        self.x = solve(self.matrix, right)[:, :, 0]
        current = self.current(f"v{self.port.name}")
        self.admittance = (-current / self.voltage(self.port.plus, self.port.minus)).astype(complex)

    def _ends(self, a: str, b: str) -> list[tuple[int, int]]:
        return [(self.row[node], sign) for node, sign in ((a, 1), (b, -1)) if node != GROUND]

    def _branch(self, name: str, a: str, b: str) -> int:
        """A current of its own, and the beginning of its equation: v(a, b)."""
        k = self.column[name]
        for node, sign in self._ends(a, b):
            self.matrix[:, node, k] += sign
            self.matrix[:, k, node] += sign
        return k

    def _terms(self, name: str) -> list[tuple[int, Complex]]:
        """A current as a sum over the unknowns."""
        if name in self.column:
            return [(self.column[name], np.ones(len(self.omega), np.clongdouble))]
        e = self.network[name]
        y = element_admittance(e, self.omega)
        return [(node, sign * y) for node, sign in self._ends(e.a, e.b)]

    def _stamp(self, e: Resistor | Inductor | Capacitor | Vcvs | Vccs | Cccs | Ccvs) -> None:
        gain = np.longdouble(getattr(e, "gain", 0.0))
        ends = self._ends(e.a, e.b)
        match e:
            case Vccs():
                for node, sign in ends:
                    for control, factor in self._ends(e.control_plus, e.control_minus):
                        self.matrix[:, node, control] += sign * factor * gain
            case Cccs():
                for node, sign in ends:
                    for k, terms in self._terms(e.control):
                        self.matrix[:, node, k] += sign * gain * terms
            case Vcvs():
                own = self._branch(e.name, e.a, e.b)
                for control, factor in self._ends(e.control_plus, e.control_minus):
                    self.matrix[:, own, control] -= factor * gain
            case Ccvs():
                own = self._branch(e.name, e.a, e.b)
                for k, terms in self._terms(e.control):
                    self.matrix[:, own, k] -= gain * terms
            case _ if e.name in self.column:
                own = self._branch(e.name, e.a, e.b)
                self.matrix[:, own, own] -= 1j * self.omega * np.longdouble(e.value)
            case _:
                y = element_admittance(e, self.omega)
                for node, sign in ends:
                    for other, factor in ends:
                        self.matrix[:, node, other] += sign * factor * y

    def current(self, name: str) -> Complex:
        """Phasor [A] (n_freq,) of a coil, a resistor, a voltage source or ``vp`` of a port p."""
        return sum(self.x[:, k] * factor for k, factor in self._terms(name))

    def voltage(self, a: str, b: str = GROUND) -> Complex:
        """Phasor [V] (n_freq,) of node a against node b."""
        zero = np.zeros(len(self.omega), np.clongdouble)
        ends = [zero if n == GROUND else self.x[:, self.row[n]] for n in (a, b)]
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
    coil = {e.name: (k, e.value) for k, e in enumerate(inductors, start=len(row))}
    for k in network.couplings:
        (one, first), (other, second) = coil[k.first], coil[k.second]
        mutual = omega * k.coefficient * np.sqrt(first * second) / ohm
        storage[one, other] = storage[other, one] = mutual
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
