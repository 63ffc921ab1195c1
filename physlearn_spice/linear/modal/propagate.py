"""Exact transients of linear networks whose sources are straight between samples.

The state equations x' = A x + B u are solved over a step h with u linear in it:

    x(t + h) = F x(t) + F1 u(t) + F2 (u(t + h) - u(t)),

with F = exp(A h) and F1, F2 from one exponential of a larger matrix (Van Loan, IEEE Trans. Autom.
Control 23, 395, 1978). There is no error of the step: no frequency is warped and no time constant
is too short. What a signal does between its samples is the only approximation.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...elements import Capacitor, Inductor
from ...errors import PhyslearnError
from ...network import GROUND, Network
from ...results import Provenance, Waveforms
from .eigen import eigenpairs
from .state import StateEquations, state_equations

__all__ = ["propagate"]

_STIFF = 1e4  # steps of the fastest rate, from where exp(A h) may lose the digits of the slow
Matrix = NDArray[np.float64]


def propagate(
    network: Network,
    sources: Mapping[str, ArrayLike],
    step: float,
    *,
    initial: Mapping[str, float] | None = None,
) -> Waveforms:
    """Waveforms at the samples of the sources, with all that ngspice saves of such a transient.

    Where capacitors and ideal sources close a loop, a source's current follows the slope of its
    voltage, which jumps at a sample: there it is the mean of both sides. A first sample that is not
    zero is a step at t = 0, which moves such charges at once.

    The ledger of :mod:`physlearn_spice.measures` takes each step's mean voltage times its mean
    current, which is the trapezoidal rule's own law. Here it leaves a residual that falls as h^2,
    from the ledger's averages and not from the waveforms.

    Parameters
    ----------
    sources
        Source voltages [V] (n_time,), by port name; the other ports' are zero.
    step
        Time between samples h [s].
    initial
        Voltages of capacitors [V] and currents of inductors [A] at t = 0, by element name; zero
        where not given. What contradicts Kirchhoff's laws settles at once: each cut set keeps its
        charge, each loop its flux.

    Raises
    ------
    PhyslearnError
        The network holds more than R, L and C or has over 2,000 states, or an argument makes no
        sense.
    """
    if not (math.isfinite(step) and step > 0):
        raise PhyslearnError(f"step = {step!r}, must be positive and finite")
    u = _inputs(network, sources)
    state = state_equations(network, [port.name for port in network.ports], currents=True)
    begin, around = _initial(state, network, initial or {})
    x = _states(state, begin, u, step)
    slope = np.diff(u, axis=0) / step
    slope = np.concatenate([slope[:1], (slope[1:] + slope[:-1]) / 2, slope[-1:]])

    time = np.linspace(0.0, (len(u) - 1) * step, len(u))
    into = x @ state.drive + u @ state.direct + slope @ state.slope  # both matrices are symmetric
    node = x @ state.node_state.T + u @ state.node_input.T
    coil = x[:, state.coupling.shape[1] :] @ state.current.T + around
    vectors = {f"i(v{port.name})": -into[:, k] for k, port in enumerate(network.ports)}
    vectors |= {f"i({name})": coil[:, k] for k, name in enumerate(state.branches.inductors.names)}
    vectors |= {f"v({name})": node[:, k] for k, name in enumerate(network.nodes) if name != GROUND}
    row = {name: k for k, name in enumerate(network.nodes)}
    for k, port in enumerate(network.ports):
        if port.resistance > 0:  # the node between source and resistance, as the deck names it
            vectors[f"v(port{port.name}_s)"] = node[:, row[port.minus]] + u[:, k]
    return Waveforms(vectors, Provenance("matrix exponential", ""), time)


def _inputs(network: Network, sources: Mapping[str, ArrayLike]) -> Matrix:
    """Source voltages [V] (n_time, n_ports)."""
    given = {network.port(name).name: np.asarray(v, float) for name, v in sources.items()}
    shapes = {v.shape for v in given.values()}
    if len(shapes) != 1 or any(len(shape) != 1 or shape[0] < 2 for shape in shapes):
        raise PhyslearnError("sources: must hold arrays of one shape (n_time,), n_time >= 2")
    (shape,) = shapes
    u = np.array([given.get(port.name, np.zeros(shape)) for port in network.ports]).T
    if not np.isfinite(u).all():
        raise PhyslearnError("sources: the voltages must be finite")
    return u


def _initial(
    state: StateEquations, network: Network, initial: Mapping[str, float]
) -> tuple[Matrix, Matrix]:
    """States (n_states,) at t = 0, and currents [A] (n_inductors,) that go around for ever."""
    for name in initial:
        if not isinstance(network[name], Capacitor | Inductor):
            raise PhyslearnError(f"initial: {name!r} is neither a capacitor nor an inductor")
    capacitors, inductors = state.branches.capacitors, state.branches.inductors
    v = np.array([initial.get(name, 0.0) for name in capacitors.names])
    i = np.array([initial.get(name, 0.0) for name in inductors.names])
    n_c = state.coupling.shape[1]
    # the tree's charges are those of its cut sets; states are these in orthonormal coordinates
    charge = capacitors.voltage.T @ (capacitors.size * v)
    y = state.tree_state[:, :n_c].T @ charge
    w = state.current.T @ (i / inductors.size)
    root = np.sqrt(inductors.size)
    span = root[:, None] * np.hstack([inductors.voltage, inductors.source])
    flux = i / root
    around = flux - span @ np.linalg.lstsq(span, flux)[0] if span.size else flux
    return np.concatenate([y, w]), root * around


def _states(state: StateEquations, begin: Matrix, u: Matrix, step: float) -> Matrix:
    """States (n_time, n_states)."""
    whole, held, ramp = _discrete(state, step)
    push = u[:-1] @ held.T + np.diff(u, axis=0) @ ramp.T
    x = np.zeros((len(u), len(begin)))
    x[0] = begin
    for k, more in enumerate(push):
        x[k + 1] = whole @ x[k] + more
    return x


def _discrete(state: StateEquations, step: float) -> tuple[Matrix, Matrix, Matrix]:
    """F (n_states, n_states), F1 and F2 (n_states, n_in)."""
    from scipy.linalg import expm

    a, b = step * state.matrix, step * state.input
    n, k = b.shape
    if n and np.abs(a).sum(axis=0).max() > _STIFF:
        return _by_modes(state, step)
    larger = np.zeros((n + 2 * k, n + 2 * k))
    larger[:n, :n], larger[:n, n : n + k], larger[n : n + k, n + k :] = a, b, np.eye(k)
    result: Matrix = np.asarray(expm(larger), float)[:n]
    return result[:, :n], result[:, n : n + k], result[:, n + k :]


def _by_modes(state: StateEquations, step: float) -> tuple[Matrix, Matrix, Matrix]:
    """The same where rates lie so far apart that squaring exp(A h / 2^k) loses the slow ones."""
    poles, vectors = eigenpairs(state)
    left = np.linalg.inv(vectors)
    z = poles * step
    small = np.abs(z) < 1e-2
    safe = np.where(small, 1.0, z)
    first = np.where(small, _series(z, 1), np.expm1(safe) / safe)
    second = np.where(small, _series(z, 2), (first - 1) / safe)
    whole = (vectors * np.exp(z)) @ left
    right = step * (left @ state.input)
    return (
        whole.real,
        ((vectors * first) @ right).real,
        ((vectors * second) @ right).real,
    )


def _series(z: NDArray[np.complex128], k: int) -> NDArray[np.complex128]:
    """phi_k(z) = sum_j z^j / (j + k)!, for |z| < 0.01."""
    terms = [z**j / math.factorial(j + k) for j in range(8)]
    return np.sum(terms, axis=0)
