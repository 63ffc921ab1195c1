"""Driving-point admittance and impedance in modal form: exact at every frequency, once for all.

    Y(s) = d + s e + sum_k r_k / (s - p_k),  s = 2 pi j f,

with p_k the natural frequencies of the network with its port shorted (behind the source
resistance, where that is counted), open for an impedance: eigenvalues of the state equations of
:mod:`physlearn_spice.linear.state`. These are symmetric up to the signs J of inductors, so that
r_k = -+ (g^T v)^2 / (v^T J v); where eigenvalues repeat v^T J v may vanish, so the left vectors
are taken from the inverse, which then loses half the digits instead of all.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...network import Network
from .eigen import eigenpairs
from .nodal import at_real, driving_point
from .state import StateEquations, state_equations

__all__ = ["ModalForm", "modal_admittance", "modal_impedance"]

_CHUNK = 1 << 15  # terms at a time: they stay in the cache
_PEAKS = 4  # that are checked
_APART, _BEYOND = 2.0, 4.0  # decades: of anchors, and around the poles


@dataclass(frozen=True)
class ModalForm:
    """A driving-point function by its poles; call it with frequencies [Hz] (n_freq,) above zero.

    Parameters
    ----------
    network, port, loaded
        What it is of, with the port's name; whether the source resistance is in series.
    kind
        ``"admittance"`` [S] or ``"impedance"`` [Ohm].
    poles
        p_k [rad/s] (n_modes,), the fastest first; of a pair the one above the axis comes first.
        Modes that the port can't feel are among them, with residues near zero.
    residues
        r_k [S rad/s] or [Ohm rad/s] (n_modes,).
    constant, slope
        d [S] or [Ohm], and e [F] or [H].
    anchors, values
        Positive s [1/s] (n_anchors,), rising, and the function there (n_anchors,).
    error
        Largest relative difference from direct solutions at some frequencies, most of them on the
        strongest resonances: there it may reach Q times the rounding.
    """

    network: Network
    port: str
    loaded: bool
    kind: str
    poles: NDArray[np.complex128]
    residues: NDArray[np.complex128]
    constant: float
    slope: float
    anchors: NDArray[np.float64]
    values: NDArray[np.float64]
    error: float
    _state: StateEquations = field(repr=False)
    _vectors: NDArray[np.complex128] = field(repr=False)

    def __call__(self, frequency: ArrayLike) -> NDArray[np.complex128]:
        """Y [S] or Z [Ohm] (n_freq,) at frequencies [Hz] (n_freq,)."""
        omega = 2 * np.pi * np.asarray(frequency, float)
        # Y(s) = Y(a) + (s - a) (e - sum_k r_k / ((s - p_k) (a - p_k))): with a near |s| modes that
        # are much faster don't cancel each other to a small Y any more
        result = np.zeros(len(omega), complex)
        nearest = np.searchsorted(np.sqrt(self.anchors[1:] * self.anchors[:-1]), omega)
        for k, (anchor, value) in enumerate(zip(self.anchors, self.values, strict=True)):
            here = np.flatnonzero(nearest == k)
            if here.size:
                w = omega[here]
                change = _sum(self.poles, -self.residues / (anchor - self.poles), w)
                result[here] = value + (1j * w - anchor) * (self.slope + change)
        return result

    @property
    def f0(self) -> NDArray[np.float64]:
        """|p| / 2 pi [Hz] (n_modes,)."""
        return np.abs(self.poles) / (2 * np.pi)

    @property
    def quality_factor(self) -> NDArray[np.float64]:
        """|p| / (-2 Re p) (n_modes,): 1/2 of a real pole, inf on the axis."""
        with np.errstate(divide="ignore", invalid="ignore"):
            q = np.abs(self.poles) / (-2 * self.poles.real)
        return np.where(self.poles.real < 0, q, math.inf)

    @property
    def ringing(self) -> NDArray[np.intp]:
        """Indices (n_pairs,) of the poles above the real axis, by frequency."""
        above = np.flatnonzero(self.poles.imag > 0)
        return above[np.argsort(np.abs(self.poles[above]))]

    def zeros(self) -> NDArray[np.complex128]:
        """Zeros [rad/s] (n_zeros,): the poles of the inverse.

        Modes that the port can't feel are among both, and cancel.
        """
        if self.kind == "impedance":
            return modal_admittance(self.network, self.port).poles
        return modal_impedance(self.network, self.port).poles

    def shape(self, mode: int) -> dict[str, complex]:
        """Node voltages by name of a mode, the largest of them 1.

        All are zero where the mode is a current around inductors alone.
        """
        voltage = self._state.node_state @ self._vectors[:, mode]
        largest = voltage[np.argmax(np.abs(voltage))]
        if abs(largest) > 0:
            voltage = voltage / largest
        return dict(zip(self._state.branches.nodes, map(complex, voltage), strict=True))


def modal_admittance(
    network: Network, port: str | None = None, *, loaded: bool = False
) -> ModalForm:
    """Admittance I/V that a port sees, the first by default, with the others closed.

    ``loaded`` puts the port's source resistance in series, so that the poles are the
    resonances as the source drives them: those of
    :func:`~physlearn_spice.modes.natural_modes`. Other ports are closed by their resistances.

    Raises
    ------
    PhyslearnError
        The network holds more than R, L and C, or has over 2,000 states.
    """
    name = network.port(port).name
    state = state_equations(network, [name], bare=not loaded)
    return _modal_form(network, name, loaded, state)


def modal_impedance(network: Network, port: str | None = None) -> ModalForm:
    """Impedance V/I of a port without its source, the first by default, with the others closed.

    Raises
    ------
    NetworkError
        Nothing but the source joins the port's nodes.
    PhyslearnError
        The network holds more than R, L and C, or has over 2,000 states.
    """
    name = network.port(port).name
    return _modal_form(network, name, False, state_equations(network, open_port=name))


def _modal_form(network: Network, port: str, loaded: bool, state: StateEquations) -> ModalForm:
    poles, vectors = eigenpairs(state)
    anchors = _anchors(poles)
    form = ModalForm(
        network,
        port,
        loaded,
        "impedance" if state.is_current else "admittance",
        poles,
        _residues(state, vectors),
        float(state.direct[0, 0]),
        float(state.slope[0, 0]),
        anchors,
        at_real(state, anchors),
        math.nan,
        state,
        vectors,
    )
    return replace(form, error=_error(form, state))


def _anchors(poles: NDArray[np.complex128]) -> NDArray[np.float64]:
    rate = np.abs(poles[poles != 0])
    low, high = (rate.min(), rate.max()) if rate.size else (1.0, 1.0)
    decades = math.log10(high / low) + 2 * _BEYOND
    return np.geomspace(low / 10**_BEYOND, high * 10**_BEYOND, math.ceil(decades / _APART) + 1)


def _error(form: ModalForm, state: StateEquations) -> float:
    """Largest relative difference from nodal analysis, between anchors and on the largest peaks."""
    a, p = form.anchors, form.poles
    moving = p != 0
    share = np.abs(form.residues[moving] / p[moving])
    s = np.concatenate([np.sqrt(a[1:] * a[:-1]), np.abs(p[moving])[np.argsort(-share)[:_PEAKS]]])
    below = np.maximum(np.searchsorted(a, s) - 1, 0)
    terms = form.residues / ((s[:, None] - p) * (a[below, None] - p))
    modal = form.values[below] + (s - a[below]) * (form.slope - terms.sum(axis=1).real)
    error = _relative(modal, at_real(state, s))
    rings = np.flatnonzero((p.imag > 0) & (p.real < 0))
    height = np.abs(form.residues[rings]) / -p[rings].real
    peaks = p[rings[np.argsort(-height)[:_PEAKS]]].imag
    there = form(peaks / (2 * np.pi))
    return max(error, _relative(there, driving_point(state.branches, 1j * peaks)))


def _relative(found: NDArray[np.inexact], exact: NDArray[np.inexact]) -> float:
    gap = np.abs(found - exact)
    error = np.divide(gap, np.abs(exact), out=np.zeros(len(gap)), where=gap > 0)
    return float(error.max(initial=0.0))


def _residues(state: StateEquations, vectors: NDArray[np.complex128]) -> NDArray[np.complex128]:
    weight = np.linalg.solve(vectors, state.input[:, 0])
    return (vectors.T @ state.drive[:, 0]) * weight


def _sum(
    poles: NDArray[np.complex128], residues: NDArray[np.complex128], omega: NDArray[np.float64]
) -> NDArray[np.complex128]:
    """Sum of the partial fractions (n_freq,) at s = j omega."""
    result = np.zeros(len(omega), complex)
    real, above = poles.imag == 0, poles.imag > 0
    p, r = poles[real].real, residues[real].real
    q, c = poles[above], residues[above]
    # a pair: (2 Re(r) s - 2 Re(r p*)) / ((|p| - w)(|p| + w) - 2 Re(p) s), half the divisions
    size, loss = np.abs(q), -2 * q.real
    rise, rest = 2 * c.real, -2 * (c * q.conj()).real
    step = max(1, _CHUNK // max(1, len(poles)))
    for k in range(0, len(omega), step):
        w = omega[k : k + step, None]
        below = (size - w) * (size + w) + 1j * (loss * w)
        result[k : k + step] = ((rest + 1j * (rise * w)) / below).sum(axis=1)
        result[k : k + step] += (r / (1j * w - p)).sum(axis=1)
    return result
