"""Natural modes of a linear network, exact: the eigenvalues of its circuit equations."""

from __future__ import annotations

import math
import warnings
from functools import partial

import numpy as np
from numpy.typing import NDArray

from .elements import Capacitor, Cccs, Ccvs, Inductor, Resistor, Vccs, Vcvs
from .errors import NetworkError
from .network import GROUND, Network
from .resonances import Resonance, natural_band, resistances

__all__ = ["known_modes", "n_states", "natural_modes"]

_DECADES = 4.0  # of frequency for one shift
_LARGEST_EXACT = 2000  # states that take a few seconds
_SHIFTS = (1.0, 1.3, 0.77, 1.9)  # to be tried where one is next to an eigenvalue
_NEXT_TO = 1e4  # mu that leaves the others four digits less
_OVERLAP = 1e-6  # of the bands that two shifts see: what is at the edge must not fall between
_Terms = list[tuple[int, float]]  # of a sum: index of an unknown, and its factor


def n_states(network: Network) -> int:
    """Size of the eigenproblem: nodes and currents. Its cost grows with the cube."""
    return len(network.nodes) - 1 + len(_carriers(network))


def natural_modes(network: Network) -> list[Resonance]:
    """Return the oscillating modes, by frequency, with every port closed by its resistance.

    Modified nodal analysis, C dx/dt + G x = 0 for node voltages and inductor currents, gives the
    natural frequencies s of det(G + s C) = 0, also where modes overlap so much that no sampled
    spectrum tells them apart. They are the poles of the current that the source drives
    (``admittance(..., loaded=True)``), and those that the port can't feel.

    Controlled sources can make a mode grow: its quality factor is negative then, and no spectrum
    or settled state of the network is one that lasts.

    Warns
    -----
    UserWarning
        Something grows that does not oscillate, and so is not in the list.

    Raises
    ------
    NetworkError
        The equations of a network with controlled sources do not determine it.
    """
    if not network.controlled and not (network.names(Inductor) and network.names(Capacitor)):
        return []
    storage, flow = _equations(network)
    # (G + w C) x = (w - s) C x: the matrix on the left is regular for any passive circuit, and an
    # infinite s, of which there are many, becomes a zero instead of a large number. A shift w
    # sees four decades of frequency around itself well; what lies wider apart takes several.
    low, high = (2 * math.pi * f for f in natural_band(network))
    shifts = np.geomspace(low, high, 2 * math.ceil(math.log10(high / low) / _DECADES) + 1)[1::2]
    edges = [0.0, *np.sqrt(shifts[:-1] * shifts[1:]), math.inf]
    found: list[complex] = []
    growing: list[float] = []
    for w, lower, upper in zip(shifts, edges, edges[1:], strict=False):
        s = _eigenvalues(storage, flow, w)
        s = s[(np.abs(s) >= lower * (1 - _OVERLAP)) & (np.abs(s) < upper * (1 + _OVERLAP))]
        # a double real eigenvalue splits by the square root of rounding into a pair that hardly
        # rings, and trapped charges give s = 0, many times
        rings = s.imag > np.maximum(1e-5 * np.abs(s), 1e-6 * w)
        found += _new(s[rings].tolist(), found, lower)
        growing += s.real[(s.real > 1e-6 * w) & (np.abs(s.imag) <= 1e-5 * np.abs(s))].tolist()
    if growing and network.controlled:
        warnings.warn(
            f"the network is unstable: something grows as exp({max(growing):.3g} t), t in seconds, "
            "without oscillating",
            stacklevel=2,
        )
    quality = partial(_quality_factor, is_active=bool(network.controlled))
    modes = [Resonance(abs(s) / (2 * math.pi), quality(s)) for s in found]
    return sorted(modes, key=lambda mode: mode.f0)


def known_modes(network: Network) -> list[Resonance] | None:
    """Return the natural modes; None of a nonlinear network, or one of over 2,000 states."""
    if not network.is_linear or n_states(network) > _LARGEST_EXACT:
        return None
    return natural_modes(network)


def _quality_factor(s: complex, *, is_active: bool) -> float:
    """Return |s| / (-2 Re s); without end where the loss is lost in rounding."""
    if abs(s.real) < 1e-13 * abs(s) or (s.real > 0 and not is_active):
        return math.inf
    return abs(s) / (-2 * s.real)


def _eigenvalues(
    storage: NDArray[np.float64], flow: NDArray[np.float64], shift: float
) -> NDArray[np.complex128]:
    """Natural frequencies s [rad/s] that a shift near to this one sees.

    An active network may have an s that is next to a shift, where G + w C is next to singular.
    """
    for w in (shift * factor for factor in _SHIFTS):
        try:
            mu = np.linalg.eigvals(np.linalg.solve(flow + w * storage, w * storage))
        except np.linalg.LinAlgError:
            continue
        if np.abs(mu).max() < _NEXT_TO:
            return np.asarray(w * (1 - 1 / mu[np.abs(mu) > 1e-6]), complex)
    raise NetworkError(
        "the circuit's equations do not determine its voltages and currents: look for controlled "
        "sources that contradict each other, or a node that only current sources touch"
    )


def _new(seen: list[complex], found: list[complex], edge: float) -> list[complex]:
    """Leave out what the shift below has found at the edge already, one for one."""
    known = [s for s in found if abs(abs(s) - edge) <= 2 * _OVERLAP * edge]
    new: list[complex] = []
    for s in seen:
        near = [other for other in known if abs(other - s) <= _OVERLAP * abs(s)]
        if near:
            known.remove(near[0])
        else:
            new.append(s)
    return new


def _carriers(network: Network) -> list[str]:
    """What has a current of its own among the unknowns; ideal ports where one may control."""
    ideal = [f"v{port.name}" for port in network.ports if port.resistance == 0]
    return [*network.names(Inductor, Vcvs, Ccvs), *(ideal if network.controlled else [])]


def _equations(network: Network) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """C [s] and G (none), each (n_states, n_states), of C dx/dt + G x = 0.

    Scaled by the impedance sqrt(L/C) of a typical inductor and capacitor, or else by a typical
    resistance, so that voltages and currents are of one size.
    """
    ohm = _typical_impedance(network)
    row = _rows(network)
    carriers = _carriers(network)
    column = {name: k for k, name in enumerate(carriers, start=len(set(row.values())))}
    n = len(set(row.values())) + len(carriers)
    storage, flow = np.zeros((n, n)), np.zeros((n, n))

    def across(a: str, b: str) -> _Terms:
        return [(row[node], sign) for node, sign in ((a, 1.0), (b, -1.0)) if node in row]

    def through(name: str) -> _Terms:
        """Spell a current that controls, times ohm."""
        if name in column:
            return [(column[name], 1.0)]
        closed = {f"v{p.name}": (p.plus, p.minus, p.resistance) for p in network.ports}
        resistors = (e for e in network.elements if isinstance(e, Resistor))
        closed |= {e.name: (e.a, e.b, e.value) for e in resistors}
        a, b, resistance = closed[name]
        return [(k, sign * ohm / resistance) for k, sign in across(a, b)]

    for e in network.elements:
        ends = across(e.a, e.b)
        own = [(column[e.name], 1.0)] if e.name in column else []
        _add(flow, ends, own, 1.0)
        match e:
            case Resistor():
                _add(flow, ends, ends, ohm / e.value)
            case Capacitor():
                _add(storage, ends, ends, e.value * ohm)
            case Inductor():
                _add(storage, own, own, e.value / ohm)
                _add(flow, own, ends, -1.0)
            case Vccs():
                _add(flow, ends, across(e.control_plus, e.control_minus), e.gain * ohm)
            case Cccs():
                _add(flow, ends, through(e.control), e.gain)
            case Vcvs():
                _add(flow, own, ends, 1.0)
                _add(flow, own, across(e.control_plus, e.control_minus), -e.gain)
            case Ccvs():
                _add(flow, own, ends, 1.0)
                _add(flow, own, through(e.control), -e.gain / ohm)
            case _:  # no linear one
                pass
    mutual = network.mutual_inductances()
    for k in network.couplings:
        for one, other in ((k.first, k.second), (k.second, k.first)):
            storage[column[one], column[other]] += mutual[k.name] / ohm
    for port in network.ports:
        ends = across(port.plus, port.minus)
        if port.resistance > 0:
            _add(flow, ends, ends, ohm / port.resistance)
        elif f"v{port.name}" in column:
            own = [(column[f"v{port.name}"], 1.0)]
            _add(flow, ends, own, 1.0)
            _add(flow, own, ends, 1.0)
    return storage, flow


def _typical_impedance(network: Network) -> float:
    henries = [e.value for e in network.elements if isinstance(e, Inductor)]
    farads = [e.value for e in network.elements if isinstance(e, Capacitor)]
    if henries and farads:
        return math.exp((np.mean(np.log(henries)) - np.mean(np.log(farads))) / 2)
    return math.exp(np.mean(np.log(resistances(network) or [1.0])))


def _rows(network: Network) -> dict[str, int]:
    """Row of each node; ground has none, and an ideal source joins its two nodes to one.

    It does not where its current is an unknown.
    """
    joined = {node: node for node in network.nodes}
    for port in network.ports:
        if port.resistance == 0 and not network.controlled:
            keep, drop = sorted((joined[port.minus], joined[port.plus]), key=lambda n: n != GROUND)
            joined = {node: keep if to == drop else to for node, to in joined.items()}
    order = {
        node: k for k, node in enumerate(dict.fromkeys(n for n in joined.values() if n != GROUND))
    }
    return {node: order[to] for node, to in joined.items() if to != GROUND}


def _add(matrix: NDArray[np.float64], into: _Terms, of: _Terms, y: float) -> None:
    """Add y times a sum of unknowns to equations, each with its factor."""
    for k, sign in into:
        for column, factor in of:
            matrix[k, column] += y * sign * factor
