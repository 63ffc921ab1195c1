"""Small circuits that several tests drive."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from physlearn_spice.elements import Capacitor, Inductor, Resistor
from physlearn_spice.netlist import Ac, Deck, Source
from physlearn_spice.network import Network, Port
from physlearn_spice.stimulus import Samples, band_limited_noise

SWEEP = Ac(1e4, 1e6, 7, "dec")


def filter_deck(r: float = 100.0, **fields: Any) -> Deck:
    """Four elements behind 50 Ohm, with a DC path everywhere, and one AC sweep."""
    network = Network(
        (
            Resistor("r1", "n0", "a", r),
            Inductor("l1", "a", "b", 1e-3),
            Capacitor("c1", "b", "0", 1e-9),
            Resistor("r2", "b", "0", 1e5),
        ),
        (Port("1", "n0", resistance=50.0),),
    )
    return replace(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}), **fields)


def series_rlc(
    *,
    quality_factor: float,
    f0: float = 50e3,
    inductance: float = 1e-3,
    source_resistance: float = 0.0,
) -> Network:
    """R, L, C in a row; Q = omega0 L / R counts R alone, not the source's resistance."""
    omega = 2 * math.pi * f0
    return Network(
        (
            Resistor("r1", "n0", "a", omega * inductance / quality_factor),
            Inductor("l1", "a", "b", inductance),
            Capacitor("c1", "b", "0", 1 / (omega**2 * inductance)),
        ),
        (Port("1", "n0", resistance=source_resistance),),
    )


def noise(seed: int, rms: float = 0.5, f_low: float = 100.0, f_high: float = 300.0) -> Samples:
    """A quarter of a second of band-limited noise."""
    return band_limited_noise(
        f_low=f_low,
        f_high=f_high,
        rms=rms,
        duration=0.25,
        sample_rate=2000.0,
        rng=np.random.default_rng(seed),
    )
