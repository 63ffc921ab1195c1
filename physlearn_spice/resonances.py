"""Resonances of a spectrum: poles of a rational fit, and the prominent maxima beside them."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .couplings import coupled_groups, least_energy
from .elements import (
    Capacitor,
    Ccvs,
    CubicConductance,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
    Vccs,
)
from .network import Network

__all__ = ["Peak", "Resonance", "natural_band", "peaks", "resistances", "resonances"]

_MOST_SAMPLES, _MOST_TERMS = 2000, 120


@dataclass(frozen=True, slots=True)
class Resonance:
    """A pole pair of a network or of its response, p = -omega0 / (2 Q) +- j ...

    ``f0`` = |p| / 2 pi [Hz], ``quality_factor`` Q = |p| / (2 |Re p|); of an active network's mode
    that grows, Q and with it the bandwidth are negative. Of a response also the ``residue`` of the
    pole with a positive imaginary part, in its units times rad/s.
    """

    f0: float
    quality_factor: float
    residue: complex | None = None

    @property
    def bandwidth(self) -> float:
        """Half-power bandwidth f0 / Q [Hz]."""
        return self.f0 / self.quality_factor


@dataclass(frozen=True, slots=True)
class Peak:
    """A maximum: ``f0`` [Hz], its ``height``, and the ``bandwidth`` [Hz] at half the height.

    The bandwidth is nan where a neighbour keeps the curve above half the height.
    """

    f0: float
    height: float
    bandwidth: float

    @property
    def quality_factor(self) -> float:
        """f0 / bandwidth."""
        return self.f0 / self.bandwidth


def resonances(
    frequency: NDArray[np.float64], response: NDArray[np.complex128], *, rtol: float = 1e-12
) -> list[Resonance]:
    """Resonances within the band of a sampled admittance or impedance, by frequency.

    A lumped network's response is rational in s = j omega, so the AAA algorithm (Nakatsukasa,
    Sete, Trefethen, SIAM J. Sci. Comput. 40, A1494, 2018) finds its poles from few samples, to
    rounding where they stand apart. Where they crowd, rounding or noise decides: a pole counts
    only if the odd and the even samples, each by themselves, have it too.

    Parameters
    ----------
    frequency, response
        Samples (n_freq,) [Hz], distinct and positive. Of more than 2,000 some are left out.
    rtol
        Relative error at which the fit stops; for measured data, their noise.

    Warns
    -----
    UserWarning
        Poles were left out because the halves don't agree on them to 1 % of the bandwidth.
    """
    frequency, response = np.asarray(frequency, float), np.asarray(response, complex)
    some = slice(None, None, -(-len(frequency) // _MOST_SAMPLES))
    f, y = frequency[some], response[some]
    found = _poles(f, y, rtol)
    halves = [_poles(f[k::2], y[k::2], rtol) for k in (0, 1)]
    sure = [pole for pole in found if all(_has(half, pole) for half in halves)]
    if len(sure) < len(found):
        warnings.warn(
            f"{len(found) - len(sure)} of {len(found)} resonances are not determined by the "
            "samples and left out: take a narrower band or more points, give the noise as rtol, "
            "or, of a network, ask for its natural_modes",
            stacklevel=2,
        )
    return sure


def _poles(
    frequency: NDArray[np.float64], response: NDArray[np.complex128], rtol: float
) -> list[Resonance]:
    from scipy.interpolate import AAA

    scale = 2 * math.pi * math.sqrt(frequency[0] * frequency[-1])
    s = 2j * math.pi * frequency / scale
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # not converged: the halves judge
        fit = AAA(s, response, rtol=rtol, max_terms=min(_MOST_TERMS, len(s) // 2))
    poles: NDArray[np.complex128] = fit.poles() * scale
    residues: NDArray[np.complex128] = fit.residues() * scale
    f0 = np.abs(poles) / (2 * math.pi)
    rings = poles.imag > 0.2 * np.abs(poles)  # Q > 0.51; two real poles can pair by rounding
    inside = (f0 >= frequency[0]) & (f0 <= frequency[-1]) & rings & (poles.real < 0)
    # a pole that shows at no sample by more than the fit may be wrong there is its artefact
    nearest = np.abs(s[:, None] * scale - poles).min(axis=0)
    visible = np.abs(residues) > max(1e-7, 10 * rtol) * np.abs(response).max() * nearest
    found = [
        Resonance(
            float(f0[k]), float(abs(poles[k]) / (2 * abs(poles[k].real))), complex(residues[k])
        )
        for k in np.flatnonzero(inside & visible)
    ]
    return sorted(found, key=lambda resonance: resonance.f0)


def _has(found: list[Resonance], pole: Resonance) -> bool:
    """Whether a list has this pole, to 1 % of its bandwidth."""
    return any(
        abs(other.f0 - pole.f0) < 0.01 * pole.bandwidth
        and abs(other.bandwidth - pole.bandwidth) < 0.01 * pole.bandwidth
        for other in found
    )


def peaks(
    frequency: NDArray[np.float64], power: NDArray[np.float64], *, prominence_db: float = 1.0
) -> list[Peak]:
    """Maxima of a sampled power (n_freq,) that stand out by ``prominence_db``: a second opinion.

    Neighbours closer than a bandwidth merge; the place is refined by a parabola through the
    logarithms, the bandwidth by linear interpolation at half the height.
    """
    from scipy.signal import find_peaks

    if not power.max() > 0:
        return []
    level = 10 * np.log10(np.maximum(power, power.max() * 1e-300))
    found: NDArray[np.intp] = find_peaks(level, prominence=prominence_db)[0]
    return [_refined(frequency, level, int(k)) for k in found]


def natural_band(network: Network) -> tuple[float, float]:
    """Return the band [Hz] where the elements, each pair by itself, have their corners.

    A factor 3 around the least and the largest 1/(2 pi sqrt(L C)); without both L and C, around
    those of 1/(2 pi R C) or R/(2 pi L); with controlled sources, around all of these. Coupled
    coils store less, and have their corners higher up. A long ladder has modes below the band.
    """
    r = resistances(network) or [1.0]
    ind = [e.value for e in network.elements if isinstance(e, Inductor)]
    ind += [e.initial_inductance for e in network.elements if isinstance(e, SaturatingInductor)]
    c = [e.value for e in network.elements if isinstance(e, Capacitor)]
    c += [e.zero_bias_capacitance for e in network.elements if isinstance(e, Varactor)]
    k_of = {k.pair: k.coefficient for k in network.couplings}
    left = min((least_energy(group, k_of) for group in coupled_groups(k_of)), default=1.0)
    corners: list[float] = []
    if ind and c:
        corners += [(max(ind) * max(c)) ** -0.5, (left * min(ind) * min(c)) ** -0.5]
    if c and (not ind or network.controlled):
        corners += [1 / (max(r) * max(c)), 1 / (min(r) * min(c))]
    if ind and (not c or network.controlled):
        corners += [min(r) / max(ind), max(r) / (left * min(ind))]
    if not corners:
        corners = [2 * math.pi, 2e3 * math.pi]
    return min(corners) / (6 * math.pi), 3 * max(corners) / (2 * math.pi)


def resistances(network: Network) -> list[float]:
    """Resistances [Ohm] of the network, and what its gains are in Ohm, without their signs."""
    found = [e.value for e in network.elements if isinstance(e, Resistor)]
    found += [abs(e.gain) for e in network.elements if isinstance(e, Ccvs)]
    found += [1 / e.g1 for e in network.elements if isinstance(e, CubicConductance)]
    return found + [1 / abs(e.gain) for e in network.elements if isinstance(e, Vccs)]


def _refined(frequency: NDArray[np.float64], level: NDArray[np.float64], k: int) -> Peak:
    x = np.log(frequency[k - 1 : k + 2] / frequency[k])
    a, b, c = np.polyfit(x, level[k - 1 : k + 2], 2)
    top = -b / (2 * a) if a < 0 else 0.0
    height = a * top**2 + b * top + c
    half = height - 10 * math.log10(2)
    lower = _crossing(frequency[k::-1], level[k::-1], half)
    upper = _crossing(frequency[k:], level[k:], half)
    return Peak(float(frequency[k] * math.exp(top)), float(10 ** (height / 10)), upper - lower)


def _crossing(frequency: NDArray[np.float64], level: NDArray[np.float64], half: float) -> float:
    """Return where the level first falls to ``half``, walking from the peak; nan if it rises."""
    below = np.flatnonzero(level <= half)
    if not below.size or below[0] == 0 or np.any(np.diff(level[: below[0] + 1]) > 0):
        return math.nan
    j = int(below[0])
    share = (level[j - 1] - half) / (level[j - 1] - level[j])
    return float(frequency[j - 1] + share * (frequency[j] - frequency[j - 1]))
