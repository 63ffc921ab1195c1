"""How a network answers a signal, whichever command has found it: what pictures are made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import inf, isfinite

import numpy as np
from numpy.typing import NDArray

from ..measures import absorbed_power, available_power, dissipated_power, input_power
from ..network import Network
from ..results import Spectrum
from ..stimulus import Tone
from .html import quantity, share

__all__ = ["Answer", "answer_of", "power_or_share"]


@dataclass(frozen=True)
class Answer:
    """Absorbed power over frequency, and where it goes.

    Parameters
    ----------
    networks
        By state: one, or what was before and what is now.
    frequency
        [Hz] (n_freq,).
    curves
        By state (n_freq,): absorbed over available power, or over its maximum where a source is
        ideal.
    powers
        By state: mean power [W] in each resistor, by name; empty where it is not known.
    where
        At which signal the powers are, in words.
    available
        Available power [W] of that signal; infinite of an ideal source.
    tones
        To which the network was tuned.
    band
        Frequency [Hz] and what the curve spreads between, of values within a tolerance, (3, n).
    """

    networks: Mapping[str, Network]
    frequency: NDArray[np.float64]
    curves: Mapping[str, NDArray[np.float64]]
    powers: Mapping[str, Mapping[str, float]]
    where: str
    available: float = inf
    tones: tuple[Tone, ...] = field(default=())
    band: NDArray[np.float64] | None = None

    @property
    def network(self) -> Network:
        """The network as it is now."""
        return list(self.networks.values())[-1]

    @property
    def has_share(self) -> bool:
        """Whether the curves are shares of an available power."""
        return isfinite(self.available)

    def totals(self) -> dict[str, float]:
        """Absorbed power [W] of the signal by state."""
        return {state: sum(power.values()) for state, power in self.powers.items() if power}


def power_or_share(watts: float, available: float) -> str:
    """Say a power as a share of the available power [W]; in watts where that is infinite."""
    return share(watts / available) if isfinite(available) else quantity(watts, "W")


def answer_of(
    network: Network, spectrum: Spectrum, amplitudes: Mapping[str, float], state: str = "absorbed"
) -> Answer:
    """Return what a spectrum tells, by the AC ``amplitudes`` [V peak] of its ports.

    Of a nonlinear network it is the power that enters, about the operating point.
    """
    available = sum(
        float(available_power(volts, network.port(name).resistance))
        for name, volts in amplitudes.items()
        if volts
    )
    if network.is_linear:
        total = absorbed_power(network, spectrum)
    else:
        total = np.sum([input_power(network, spectrum, p.name) for p in network.ports], axis=0)
    top = int(np.argmax(total))
    parts = dissipated_power(network, spectrum) if network.is_linear else {}
    unit = available if 0 < available < inf else float(total[top]) or 1.0
    return Answer(
        {state: network},
        spectrum.frequency,
        {state: total / unit},
        {state: {name: float(power[top]) for name, power in parts.items()}},
        f"at {quantity(float(spectrum.frequency[top]), 'Hz')}, where most is absorbed",
        available if available else inf,
    )
