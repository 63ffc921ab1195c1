"""Values that can be bought: those of the E series, and what their tolerance does to a spectrum."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .elements import LinearElement, NonlinearElement
from .errors import NetworkError
from .modes import natural_modes
from .network import Network

__all__ = ["SERIES", "Spread", "absorbed_band", "e_series", "mode_spreads", "within_tolerance"]

_E24 = (
    *(1.0, 1.1, 1.2, 1.3, 1.5, 1.6, 1.8, 2.0, 2.2, 2.4, 2.7, 3.0),
    *(3.3, 3.6, 3.9, 4.3, 4.7, 5.1, 5.6, 6.2, 6.8, 7.5, 8.2, 9.1),
)
SERIES: Mapping[str, tuple[float, ...]] = {  # IEC 60063, one decade
    "E12": _E24[::2],
    "E24": _E24,
    "E96": tuple(round(10 ** (k / 96), 2) for k in range(96)),
}


@dataclass(frozen=True)
class Spread:
    """Percentiles of a natural mode over sets of values: ``f0`` [Hz] and ``quality_factor``.

    Each (n_levels,).
    """

    f0: NDArray[np.float64]
    quality_factor: NDArray[np.float64]


def e_series(network: Network, series: str = "E24") -> Network:
    """Return the network with each R, L and C at the nearest value of a series, by their ratio.

    Raises
    ------
    NetworkError
        There is no such series here.
    """
    if series not in SERIES:
        raise NetworkError(f"there is no series {series!r}; there are {', '.join(SERIES)}")
    names = [e.name for e in network.elements if isinstance(e, LinearElement)]
    values = [_nearest(value, SERIES[series]) for value in network.values(names).tolist()]
    return network.with_values(names, values)


def _nearest(value: float, decade: Sequence[float]) -> float:
    exponent = math.floor(math.log10(value))
    around = [*((x, exponent) for x in decade), (decade[-1], exponent - 1), (1.0, exponent + 1)]
    # as decimal numbers: 4.7e-09, and not 4.7000000000000003e-09
    candidates = [float(f"{x:g}e{power}") for x, power in around]
    return min(candidates, key=lambda x: abs(math.log(x / value)))


def within_tolerance(
    network: Network, tolerance: float, n: int, rng: np.random.Generator
) -> dict[str, NDArray[np.float64]]:
    """Draw n values (n,) for each R, L and C, by name: uniform within its value +- tolerance.

    They are what :func:`.linear.drive` takes as ``values``, all sets in one batch.

    Raises
    ------
    NetworkError
        The network is nonlinear, which the linear engine can't run; or the tolerance is not
        between 0 and 1.
    """
    for e in network.elements:
        if isinstance(e, NonlinearElement):
            raise NetworkError(
                f"{e.kind} {e.name!r} is nonlinear: tolerances are computed by the linear engine"
            )
    if not 0 < tolerance < 1:
        raise NetworkError(f"tolerance = {tolerance!r}, must be between 0 and 1 (5% is 0.05)")
    return {
        e.name: e.value * (1 + tolerance * rng.uniform(-1.0, 1.0, n))
        for e in network.elements
        if isinstance(e, LinearElement)
    }


def absorbed_band(
    network: Network,
    frequency: ArrayLike,
    values: Mapping[str, NDArray[np.float64]],
    levels: Sequence[float] = (5, 50, 95),
    port: str | None = None,
) -> NDArray[np.float64]:
    """Percentiles of the absorbed power [W] over sets of values, (n_levels, n_freq).

    For 1 V peak at the port; ``values`` as of :func:`within_tolerance`. Errors are those of
    :func:`.linear.drive`.
    """
    from .linear import drive  # Numba takes half a second to load

    power = drive(network, frequency, values=values, port=port).absorbed_power
    return np.percentile(power, levels, axis=0)


def mode_spreads(
    network: Network,
    values: Mapping[str, NDArray[np.float64]],
    levels: Sequence[float] = (5, 50, 95),
) -> list[Spread]:
    """Percentiles of each natural mode over sets of values, in the order of the network's modes.

    A mode of one set is the same one as in another by its rank among their frequencies. Where a
    mode of a set does not ring any more, ranks mean nothing, and the set is left out; the spreads
    are nan where no set is left.
    """
    n_modes = len(natural_modes(network))
    if not n_modes:
        return []
    rows = np.array(list(values.values())).T
    drawn = [natural_modes(network.with_values(values, row)) for row in rows]
    whole = [modes for modes in drawn if len(modes) == n_modes]
    told = np.array([[(m.f0, m.quality_factor) for m in modes] for modes in whole])
    told = told if len(whole) else np.full((1, n_modes, 2), np.nan)
    percentiles = np.percentile(told.reshape(-1, n_modes, 2), levels, axis=0)
    return [Spread(percentiles[:, k, 0], percentiles[:, k, 1]) for k in range(n_modes)]
