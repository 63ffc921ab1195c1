"""Whether a driven network has settled, and the mean power that it then takes.

A transient is cut into periods from its end, which :mod:`.periods` judges.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from fractions import Fraction
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .elements import CubicConductance, Diode, Inductor, Resistor, SaturatingInductor
from .errors import PhyslearnError
from .flows import current_of
from .network import GROUND, Network
from .periods import FEWEST_PERIODS, SteadyPower, judged, judged_by_power
from .results import Waveforms
from .stimulus import Tone

if TYPE_CHECKING:
    from scipy.interpolate import CubicSpline

__all__ = ["common_period", "settled_power"]

_MOST_CYCLES = 1000  # of the first tone in a common period
_COMMON = 1e-9  # relative, of frequencies
_EARLY = 0.01  # of a period, by which a record may begin late: ngspice shows no t = 0
_FEWEST_POINTS = 16  # of a period
_Array = NDArray[np.float64]


def common_period(tones: Iterable[Tone]) -> float | None:
    """Return the period [s] of a sum of tones; None where it is over 1000 cycles, or has none."""
    frequencies = [tone.frequency for tone in tones if tone.amplitude]
    if not frequencies:
        return None
    ratios = [Fraction(f / frequencies[0]).limit_denominator(_MOST_CYCLES) for f in frequencies]
    exact = zip(ratios, frequencies, strict=True)
    cycles = math.lcm(*(ratio.denominator for ratio in ratios))
    is_common = all(abs(r * frequencies[0] - f) <= _COMMON * f / cycles for r, f in exact)
    cycles //= math.gcd(*(int(ratio * cycles) for ratio in ratios))
    return cycles / frequencies[0] if is_common and cycles <= _MOST_CYCLES else None


def settled_power(
    network: Network,
    waveforms: Waveforms,
    period: float,
    *,
    tolerance: float = 1e-3,
    by_power: bool = False,
) -> SteadyPower:
    """Judge a transient of a network that is driven with ``period`` [s].

    Parameters
    ----------
    tolerance
        Relative, for the power and for the voltages and currents one repeat apart.
    by_power
        Whether only the mean power of the record's quarters has to stay, where the drive does not
        repeat; a period is any part of the record then.

    A part that takes more than three times the record to ring up, and has no more than a few
    hundredths of the rest so far, may be missed.

    Raises
    ------
    PhyslearnError
        The record is shorter than 13 periods, or a vector that it takes was not saved.
    """
    time = waveforms.time
    n_periods = math.floor((time[-1] - time[0]) / period + _EARLY)
    if n_periods < FEWEST_PERIODS:
        raise PhyslearnError(
            f"the waveforms are {n_periods} periods long: {FEWEST_PERIODS} are needed at least"
        )
    edges = np.maximum(time[-1] - period * np.arange(n_periods, -1, -1), time[0])
    powers = _mean_powers(network, waveforms, edges)
    if by_power:
        return judged_by_power(powers, tolerance)
    return judged(_states(network, waveforms, edges), powers, tolerance)


def _states(network: Network, waveforms: Waveforms, edges: _Array) -> list[_Array]:
    """Return node voltages and inductor currents, (n_periods, n_points) each.

    Each relative to the largest root mean square of a kind in the last period. Interpolated by a
    cubic: ngspice's steps don't begin with a period, and a straight line between them would
    differ by more than what is to be judged.
    """
    time = waveforms.time
    n_points = math.ceil(len(time) * (edges[-1] - edges[-2]) / (time[-1] - time[0]))
    shares = np.arange(max(n_points, _FEWEST_POINTS)) / max(n_points, _FEWEST_POINTS)
    times = edges[:-1, None] + np.diff(edges)[:, None] * shares
    states: list[_Array] = []
    voltages = [waveforms.voltage(node) for node in network.nodes if node != GROUND]
    coils = network.names(Inductor, SaturatingInductor)
    for vectors in (voltages, [waveforms.current(name) for name in coils]):
        group = [np.asarray(_spline(time, vector)(times)) for vector in vectors]
        largest = max((float(np.mean(x[-1] ** 2)) for x in group), default=0.0)
        states += [x / math.sqrt(largest) for x in group if largest > 0]
    return states


def _mean_powers(network: Network, waveforms: Waveforms, edges: _Array) -> tuple[_Array, _Array]:
    """Mean power dissipated and let in [W], (n_periods,) each."""
    time = waveforms.time
    lost, entered = np.zeros_like(time), np.zeros_like(time)
    for e in network.elements:
        if isinstance(e, Resistor | CubicConductance | Diode):
            lost += waveforms.voltage(e.a, e.b) * current_of(network, waveforms, e.name)
    for p in network.ports:
        entered -= waveforms.voltage(p.plus, p.minus) * waveforms.current(f"v{p.name}")
    energies = (_spline(time, power).antiderivative()(edges) for power in (lost, entered))
    lost, entered = (np.diff(energy) / np.diff(edges) for energy in energies)
    return lost, entered


def _spline(time: _Array, values: _Array) -> CubicSpline:
    from scipy.interpolate import CubicSpline

    return CubicSpline(time, values)
