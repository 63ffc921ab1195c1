"""A linear network in fifty digits: every element has its current, nothing is reduced.

As :mod:`.reference`, but no value is too small or large for it, and all ends of ports are there.
"""

from __future__ import annotations

import mpmath

from physlearn_spice.elements import Capacitor, Cccs, Inductor, Resistor, Vccs, Vcvs
from physlearn_spice.network import GROUND, Network

DIGITS = 50


class Exact:
    """For 1 V peak behind the driven port's resistance, at omega [rad/s]."""

    def __init__(
        self, network: Network, omega: float, port: str | None = None, others: str = "closed"
    ) -> None:
        self.network, driven = network, network.port(port)
        nodes = [node for node in network.nodes if node != GROUND]
        ends = [(e.name, e.a, e.b) for e in network.elements]
        ends += [(f"v{p.name}", p.plus, p.minus) for p in network.ports]
        self.row = {node: k for k, node in enumerate(nodes)}
        self.column = {name: k for k, (name, _, _) in enumerate(ends, len(nodes))}
        with mpmath.workdps(DIGITS):
            n = len(nodes) + len(ends)
            self.matrix, right = mpmath.zeros(n), mpmath.zeros(n, 1)
            for name, a, b in ends:
                for node, sign in ((a, 1), (b, -1)):
                    if node != GROUND:
                        self.matrix[self.row[node], self.column[name]] += sign
            for e in network.elements:
                self._law(e, mpmath.mpf(omega))
            for k in network.couplings:
                product = mpmath.mpf(network[k.first].value) * mpmath.mpf(network[k.second].value)
                mutual = mpmath.mpf(k.coefficient) * mpmath.sqrt(product)
                for one, other in ((k.first, k.second), (k.second, k.first)):
                    here = self.column[one], self.column[other]
                    self.matrix[here] -= mpmath.mpc(0, omega) * mutual
            for p in network.ports:
                own = self.column[f"v{p.name}"]
                if p.name != driven.name and others == "open":
                    self.matrix[own, own] += 1
                    continue
                self._voltage(own, p.plus, p.minus, 1)
                if p.name == driven.name or others == "closed":
                    self.matrix[own, own] -= mpmath.mpf(p.resistance)
                right[own] = 1 if p.name == driven.name else 0
            self.x = mpmath.lu_solve(self.matrix, right)
            into = -self.current(f"v{driven.name}")
            self.admittance = into / self.voltage(driven.plus, driven.minus)
            self.power = sum(
                mpmath.mpf(e.value) * abs(self.current(e.name)) ** 2 / 2
                for e in network.elements
                if isinstance(e, Resistor)
            )

    def _voltage(self, row: int, plus: str, minus: str, factor) -> None:
        for node, sign in ((plus, 1), (minus, -1)):
            if node != GROUND:
                self.matrix[row, self.row[node]] += sign * factor

    def _law(self, e, omega) -> None:
        own = self.column[e.name]
        if isinstance(e, Vccs | Cccs):
            self.matrix[own, own] += 1
        else:
            self._voltage(own, e.a, e.b, 1)
        match e:
            case Resistor():
                self.matrix[own, own] -= mpmath.mpf(e.value)
            case Inductor():
                self.matrix[own, own] -= mpmath.mpc(0, omega) * mpmath.mpf(e.value)
            case Capacitor():
                self.matrix[own, own] -= 1 / (mpmath.mpc(0, omega) * mpmath.mpf(e.value))
            case Vcvs() | Vccs():
                self._voltage(own, e.control_plus, e.control_minus, -mpmath.mpf(e.gain))
            case _:
                self.matrix[own, self.column[e.control]] -= mpmath.mpf(e.gain)

    def current(self, name: str):
        """Of an element, or of the source vp of a port p."""
        return self.x[self.column[name]]

    def voltage(self, a: str, b: str = GROUND):
        ends = [self.x[self.row[node]] if node != GROUND else mpmath.mpf(0) for node in (a, b)]
        return ends[0] - ends[1]
