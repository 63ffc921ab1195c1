"""Natural modes of a linear network, exact: the eigenvalues of its circuit equations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .elements import Capacitor, Inductor, Resistor
from .network import GROUND, Network
from .resonances import Resonance

__all__ = ["LARGEST_EXACT", "n_states", "natural_modes"]

LARGEST_EXACT = 800  # states that take some ten seconds


def n_states(network: Network) -> int:
    """Size of the eigenproblem: nodes and inductors. Its cost grows with the cube."""
    return len(network.nodes) - 1 + len(network.names(Inductor))


def natural_modes(network: Network) -> list[Resonance]:
    """Return the oscillating modes, by frequency, with every port closed by its resistance.

    Modified nodal analysis, C dx/dt + G x = 0 for node voltages and inductor currents, gives the
    natural frequencies s of det(G + s C) = 0, also where modes overlap so much that no sampled
    spectrum tells them apart. They are the poles of the current
    that the source drives (``admittance(..., loaded=True)``), and those that the port can't feel.
    """
    inductors = [e for e in network.elements if isinstance(e, Inductor)]
    capacitors = [e for e in network.elements if isinstance(e, Capacitor)]
    if not inductors or not capacitors:
        return []
    # scaled so that a typical frequency and impedance are 1
    henry = float(np.exp(np.mean(np.log([e.value for e in inductors]))))
    farad = float(np.exp(np.mean(np.log([e.value for e in capacitors]))))
    omega, ohm = 1 / math.sqrt(henry * farad), math.sqrt(henry / farad)
    row = _rows(network)
    n_nodes = len(set(row.values()))
    n = n_nodes + len(inductors)
    storage, flow = np.zeros((n, n)), np.zeros((n, n))
    for e in capacitors:
        _stamp(storage, row.get(e.a), row.get(e.b), e.value / farad)
    for e in network.elements:
        if isinstance(e, Resistor):
            _stamp(flow, row.get(e.a), row.get(e.b), ohm / e.value)
    for port in network.ports:
        if port.resistance > 0:
            _stamp(flow, row.get(port.plus), row.get(port.minus), ohm / port.resistance)
    for k, e in enumerate(inductors, start=n_nodes):
        storage[k, k] = e.value / henry
        for node, sign in ((row.get(e.a), 1.0), (row.get(e.b), -1.0)):
            if node is not None:
                flow[node, k] += sign
                flow[k, node] -= sign
    # (G + C) x = (1 - s) C x: the matrix on the left is regular for any passive circuit, and an
    # infinite s, of which there are many, becomes a zero instead of a large number
    mu = np.linalg.eigvals(np.linalg.solve(flow + storage, storage)).astype(complex)
    s = omega * (1 - 1 / mu[np.abs(mu) > 1e-6])
    # a double real eigenvalue splits by the square root of rounding into a pair that hardly rings
    # and trapped charges give s = 0, many times
    rings = s.imag > np.maximum(1e-5 * np.abs(s), 1e-6 * omega)
    modes = [
        Resonance(abs(p) / (2 * math.pi), abs(p) / (-2 * p.real) if p.real < 0 else math.inf)
        for p in s[rings].tolist()
    ]
    return sorted(modes, key=lambda mode: mode.f0)


def _rows(network: Network) -> dict[str, int]:
    """Row of each node; ground has none, and an ideal source joins its two nodes to one."""
    joined = {node: node for node in network.nodes}
    for port in network.ports:
        if port.resistance == 0:
            keep, drop = sorted((joined[port.minus], joined[port.plus]), key=lambda n: n != GROUND)
            joined = {node: keep if to == drop else to for node, to in joined.items()}
    order = {
        node: k for k, node in enumerate(dict.fromkeys(n for n in joined.values() if n != GROUND))
    }
    return {node: order[to] for node, to in joined.items() if to != GROUND}


def _stamp(matrix: NDArray[np.float64], a: int | None, b: int | None, y: float) -> None:
    for s, t in ((a, b), (b, a)):
        if s is not None:
            matrix[s, s] += y
            if t is not None:
                matrix[s, t] -= y
