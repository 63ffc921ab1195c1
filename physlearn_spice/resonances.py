"""Resonances of a spectrum: poles of a rational fit, and the prominent maxima beside them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .elements import Capacitor, Inductor, Resistor, Varactor
from .network import Network

__all__ = ["Peak", "Resonance", "natural_band", "peaks", "resonances"]

_FIRST_SAMPLES = 250


@dataclass(frozen=True, slots=True)
class Resonance:
    """A pole pair of a driving-point function, p = -omega0 / (2 Q) +- j ...

    ``f0`` = |p| / 2 pi [Hz], ``quality_factor`` Q = |p| / (2 |Re p|), ``residue`` of the pole with
    a positive imaginary part, in units of the function times rad/s.
    """

    f0: float
    quality_factor: float
    residue: complex

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
    frequency: NDArray[np.float64], response: NDArray[np.complex128], *, rtol: float = 1e-11
) -> list[Resonance]:
    """Resonances within the band of a sampled admittance or impedance, by frequency.

    A lumped network's response is rational in s = j omega, so the AAA algorithm (Nakatsukasa,
    Sete, Trefethen, SIAM J. Sci. Comput. 40, A1494, 2018) finds its poles to rounding from few
    samples, also where they overlap. The samples at -omega, the complex conjugates, are fitted
    with them, so that poles come in pairs.

    Parameters
    ----------
    frequency, response
        Samples (n_freq,) [Hz], distinct and positive.
    rtol
        Relative error at which the fit stops; for measured data, their noise.
    """
    from scipy.interpolate import AAA

    scale = 2 * math.pi * math.sqrt(frequency[0] * frequency[-1])
    s = 2j * math.pi * frequency / scale
    stride = max(1, len(s) // _FIRST_SAMPLES)
    tolerance = max(1e-7, 10 * rtol)
    while True:  # few samples fix the fit, all of them judge it
        some = np.arange(0, len(s), stride)
        fit = AAA(
            np.concatenate([s[some], s[some].conj()]),
            np.concatenate([response[some], response[some].conj()]),
            rtol=rtol,
            max_terms=min(len(some), 400),
        )
        error = np.abs(fit(s) - response).max() / np.abs(response).max()
        if error < tolerance or stride == 1:
            break
        stride //= 2
    poles: NDArray[np.complex128] = fit.poles() * scale
    residues: NDArray[np.complex128] = fit.residues() * scale
    f0 = np.abs(poles) / (2 * math.pi)
    rings = poles.imag > 1e-6 * np.abs(poles)  # a real pole's imaginary part is rounding
    inside = (f0 >= frequency[0]) & (f0 <= frequency[-1]) & rings & (poles.real < 0)
    # a pole that shows at no sample by more than the fit may be wrong there is its artefact
    nearest = np.abs(s[:, None] * scale - poles).min(axis=0)
    visible = np.abs(residues) > tolerance * np.abs(response).max() * nearest
    found = [
        Resonance(
            float(f0[k]), float(abs(poles[k]) / (2 * abs(poles[k].real))), complex(residues[k])
        )
        for k in np.flatnonzero(inside & visible)
    ]
    return sorted(found, key=lambda resonance: resonance.f0)


def peaks(
    frequency: NDArray[np.float64], power: NDArray[np.float64], *, prominence_db: float = 1.0
) -> list[Peak]:
    """Maxima of a sampled power (n_freq,) that stand out by ``prominence_db``: a second opinion.

    Neighbours closer than a bandwidth merge; the place is refined by a parabola through the
    logarithms, the bandwidth by linear interpolation at half the height.
    """
    from scipy.signal import find_peaks

    level = 10 * np.log10(np.maximum(power, power.max() * 1e-300))
    found: NDArray[np.intp] = find_peaks(level, prominence=prominence_db)[0]
    return [_refined(frequency, level, int(k)) for k in found]


def natural_band(network: Network) -> tuple[float, float]:
    """Return a band [Hz] that holds every resonance or corner that the elements can make.

    A factor 3 around the least and the largest 1/(2 pi sqrt(L C)); without both L and C, around
    those of 1/(2 pi R C) or R/(2 pi L).
    """
    kinds = {
        kind: [e.value for e in network.elements if isinstance(e, kind)]
        for kind in (Resistor, Inductor, Capacitor)
    }
    r, ind, c = kinds[Resistor] or [1.0], kinds[Inductor], kinds[Capacitor]
    c += [e.zero_bias_capacitance for e in network.elements if isinstance(e, Varactor)]
    if ind and c:
        corners = [(max(ind) * max(c)) ** -0.5, (min(ind) * min(c)) ** -0.5]
    elif c:
        corners = [1 / (max(r) * max(c)), 1 / (min(r) * min(c))]
    elif ind:
        corners = [min(r) / max(ind), max(r) / min(ind)]
    else:
        corners = [2 * math.pi, 2e3 * math.pi]
    return min(corners) / (6 * math.pi), 3 * max(corners) / (2 * math.pi)


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
