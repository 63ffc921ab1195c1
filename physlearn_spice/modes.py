"""Natural modes of a linear network, exact: the eigenvalues of its circuit equations."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from .elements import Capacitor, Inductor, Resistor
from .network import GROUND, Network
from .resonances import Resonance, natural_band

__all__ = ["known_modes", "n_states", "natural_modes"]

_DECADES = 4.0  # of frequency for one shift
_LARGEST_EXACT = 2000  # states that take a few seconds


def n_states(network: Network) -> int:
    """Size of the eigenproblem: nodes and inductors. Its cost grows with the cube."""
    return len(network.nodes) - 1 + len(network.names(Inductor))


def natural_modes(network: Network) -> list[Resonance]:
    """Return the oscillating modes, by frequency, with every port closed by its resistance.

    Modified nodal analysis, C dx/dt + G x = 0 for node voltages and inductor currents, gives the
    natural frequencies s of det(G + s C) = 0, also where modes overlap so much that no sampled
    spectrum tells them apart. They are the poles of the current that the source drives
    (``admittance(..., loaded=True)``), and those that the port can't feel.
    """
    inductors = [e for e in network.elements if isinstance(e, Inductor)]
    capacitors = [e for e in network.elements if isinstance(e, Capacitor)]
    if not inductors or not capacitors:
        return []
    storage, flow = _equations(network, inductors, capacitors)
    # (G + w C) x = (w - s) C x: the matrix on the left is regular for any passive circuit, and an
    # infinite s, of which there are many, becomes a zero instead of a large number. A shift w
    # sees four decades of frequency around itself well; what lies wider apart takes several.
    low, high = (2 * math.pi * f for f in natural_band(network))
    shifts = np.geomspace(low, high, 2 * math.ceil(math.log10(high / low) / _DECADES) + 1)[1::2]
    edges = [0.0, *np.sqrt(shifts[:-1] * shifts[1:]), math.inf]
    found: list[complex] = []
    for w, lower, upper in zip(shifts, edges, edges[1:], strict=False):
        mu = np.linalg.eigvals(np.linalg.solve(flow + w * storage, w * storage)).astype(complex)
        s = w * (1 - 1 / mu[np.abs(mu) > 1e-6])
        # a double real eigenvalue splits by the square root of rounding into a pair that hardly
        # rings, and trapped charges give s = 0, many times
        rings = s.imag > np.maximum(1e-5 * np.abs(s), 1e-6 * w)
        found += s[rings & (np.abs(s) >= lower) & (np.abs(s) < upper)].tolist()
    modes = [Resonance(abs(s) / (2 * math.pi), _quality_factor(s)) for s in found]
    return sorted(modes, key=lambda mode: mode.f0)


def known_modes(network: Network) -> list[Resonance] | None:
    """Return the natural modes; None of a nonlinear network, or one of over 2,000 states."""
    if not network.is_linear or n_states(network) > _LARGEST_EXACT:
        return None
    return natural_modes(network)


def _quality_factor(s: complex) -> float:
    """Return |s| / (-2 Re s); without end where the loss is lost in rounding."""
    return abs(s) / (-2 * s.real) if s.real < -1e-13 * abs(s) else math.inf


def _equations(
    network: Network, inductors: list[Inductor], capacitors: list[Capacitor]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """C [s] and G (none), each (n_states, n_states), of C dx/dt + G x = 0.

    Scaled by the impedance sqrt(L/C) of a typical inductor and capacitor, so that voltages and
    currents are of one size.
    """
    henry = np.exp(np.mean(np.log([e.value for e in inductors])))
    farad = np.exp(np.mean(np.log([e.value for e in capacitors])))
    ohm = float(np.sqrt(henry / farad))
    row = _rows(network)
    n_nodes = len(set(row.values()))
    n = n_nodes + len(inductors)
    storage, flow = np.zeros((n, n)), np.zeros((n, n))
    for e in capacitors:
        _stamp(storage, row.get(e.a), row.get(e.b), e.value * ohm)
    for e in network.elements:
        if isinstance(e, Resistor):
            _stamp(flow, row.get(e.a), row.get(e.b), ohm / e.value)
    for port in network.ports:
        if port.resistance > 0:
            _stamp(flow, row.get(port.plus), row.get(port.minus), ohm / port.resistance)
    for k, e in enumerate(inductors, start=n_nodes):
        storage[k, k] = e.value / ohm
        for node, sign in ((row.get(e.a), 1.0), (row.get(e.b), -1.0)):
            if node is not None:
                flow[node, k] += sign
                flow[k, node] -= sign
    return storage, flow


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
