"""Periods of a record, judged: whether they still change.

The distance of two periods is how far their states and powers differ, relative to the largest of a
kind. A transient is a sum of decaying terms: the distance that it went in the last quarter of the
record, times R / (1 - R) with R what that has shrunk by since the quarter before, is what it would
still go, were there one term. That sees a slow ring-up, in which no two periods differ much, and
the state does not stand still where a beat turns. For a slow term that is hidden behind others, the
way is taken to go on for three times the record.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .wording import counted

__all__ = ["FEWEST_PERIODS", "SteadyPower", "judged", "judged_by_power"]

_REPEATS = (1, 2, 3, 4)  # periods of the drive; a subharmonic takes several
_FEWEST = 3  # repeats in a quarter of the record
FEWEST_PERIODS = 4 * _FEWEST + 1  # in a record that is judged
_AHEAD = 12  # quarters of a record, for which a drift is taken to go on
_RESOLUTION = 0.01  # of the tolerance: what is closer is not told from rounding
_Array = NDArray[np.float64]


@dataclass(frozen=True)
class SteadyPower:
    """Mean power of a driven network, and whether it has settled.

    Parameters
    ----------
    power
        Mean power [W] in the network's resistors, cubic conductances and diodes, over the last
        quarter of the record.
    power_in
        Mean power [W] that entered through all ports; equal to ``power`` less what controlled
        sources deliver, once nothing is stored any more.
    periods
        How many periods of the drive it took to settle; all that there are where it did not.
    settled
        Whether what it would still change is below the tolerance.
    change
        What it would still change, relative: estimated from how the change decays, rather too
        large.
    repeat
        After how many periods of the drive the waveforms repeat: 1, or 2 to 4 of a subharmonic.
    """

    power: float
    power_in: float
    periods: int
    settled: bool
    change: float
    repeat: int = 1

    @property
    def message(self) -> str:
        """What became of it, in words."""
        after = f"after {counted(self.periods, 'period')}"
        if not self.settled:
            amount = (
                f"up to {100 * self.change:.3g} %" if math.isfinite(self.change) else "any amount"
            )
            return f"did not settle {after} (it may still change by {amount})"
        every = f", and repeats every {self.repeat} periods" if self.repeat > 1 else ""
        return f"settled {after}{every}"


def judged(states: list[_Array], powers: tuple[_Array, _Array], tolerance: float) -> SteadyPower:
    """Judge periods by their states, (n_periods, n_points) each, and powers [W] (n_periods,)."""
    n_periods, repeat = len(powers[0]), _repeat(states, tolerance)
    early = n_periods % repeat
    lost, entered = (power[early:].reshape(-1, repeat).mean(axis=1) for power in powers)
    n = len(lost)
    quarter = n // 4
    blocks = [x[early:].reshape(n, -1) for x in states]
    scale = max(abs(float(power[-quarter:].mean())) for power in (lost, entered)) or 1.0

    def apart(some: slice, others: slice) -> _Array:
        """Distance of blocks from others, or from one."""
        squared = sum(np.mean((x[some] - x[others]) ** 2, axis=1) for x in blocks)
        by_power = [np.abs(power[some] - power[others]) / scale for power in (lost, entered)]
        return np.max([np.sqrt(squared) + 0 * by_power[0], *by_power], axis=0)

    final = n - 2  # at the record's end the cubic is less exact
    last, before = (
        float(apart(slice(end - quarter, end), slice(end, end + 1)).max())
        for end in (final, final - quarter)
    )
    steps = apart(slice(final - quarter, final), slice(final - quarter + 1, final + 1))
    change = _still_to_go(last, before, float(np.median(steps)), tolerance)
    far = apart(slice(0, n), slice(final, final + 1))
    outside = np.flatnonzero(far > tolerance)
    first = int(outside[-1]) + 1 if len(outside) else 0
    settled = change <= tolerance
    return SteadyPower(
        power=float(lost[-quarter:].mean()),
        power_in=float(entered[-quarter:].mean()),
        periods=early + first * repeat if settled else n_periods,
        settled=settled,
        change=change,
        repeat=repeat if settled else 1,
    )


def _repeat(states: list[_Array], tolerance: float) -> int:
    """Return after how many periods the last quarter repeats; 1 where it does not."""
    n_periods = len(states[0]) if states else 0
    for repeat in _REPEATS:
        if n_periods < 4 * _FEWEST * repeat:
            return 1
        begin = 3 * n_periods // 4 - repeat
        apart = sum(np.mean((x[begin + repeat :] - x[begin:-repeat]) ** 2, axis=1) for x in states)
        if np.max(apart) <= tolerance**2:
            return repeat
    return 1


def judged_by_power(powers: tuple[_Array, _Array], tolerance: float) -> SteadyPower:
    """Judge a record that never repeats by how the mean powers of its quarters go on."""
    n = len(powers[0])
    quarter = n // 4
    means = np.array([[p[n - k * quarter :][:quarter].mean() for k in (3, 2, 1)] for p in powers])
    scale = float(np.abs(means[:, -1]).max()) or 1.0
    change, first = 0.0, 0
    for power, mean in zip(powers, means / scale, strict=True):
        ways = np.diff(mean)
        before, last = np.abs(ways).tolist()
        trembles = ways[-1] * ways[-2] <= 0
        change = max(change, _still_to_go(last, before, last if trembles else 0.0, tolerance))
        rest = np.cumsum(power[::-1])[::-1] / np.arange(n, 0, -1) / scale
        outside = np.flatnonzero(np.abs(rest[: n - quarter] - mean[-1]) > tolerance)
        first = max(first, int(outside[-1]) + 1 if len(outside) else 0)
    settled = change <= tolerance
    lost, entered = (float(mean) for mean in means[:, -1])
    return SteadyPower(lost, entered, first if settled else n, settled, change)


def _still_to_go(last: float, before: float, step: float, tolerance: float) -> float:
    """Estimate how far it is still to the settled state, rather too much.

    ``last`` is the distance within the last quarter of the record, ``before`` that within the one
    before, ``step`` that of neighbours in the last. Where the way is no longer than two steps, the
    state goes round or trembles, and is no farther from its middle than that. Otherwise it goes on
    as it shrank, and at least for three more records as now: what is slow and weak is seen late.
    """
    if max(last, before) <= _RESOLUTION * tolerance or last <= 2 * step:
        return last
    return last * max(last / (before - last), _AHEAD) if last < before else math.inf
