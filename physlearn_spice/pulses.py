"""SPICE's waveforms of edges and corners [V] over time [s]: PULSE, EXP and PWL."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .errors import StimulusError
from .waveforms import POSITIVE, SECONDS, VOLTS, Volts, Waveform, check

__all__ = ["Corners", "Exponential", "Pulse"]

_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True)
class Pulse(Waveform):
    """Straight edges between ``low`` and ``high`` [V], ``count`` times or for ever.

    ``rise`` and ``fall`` are the transient's printing step where they are None, ``width`` (at the
    top) and ``period`` its stop time.
    """

    keyword: ClassVar[str] = "pulse"

    low: float = field(metadata=VOLTS)
    high: float = field(metadata=VOLTS)
    delay: float = field(default=0.0, metadata=SECONDS)
    rise: float | None = field(default=None, metadata=POSITIVE)
    fall: float | None = field(default=None, metadata=POSITIVE)
    width: float | None = field(default=None, metadata=POSITIVE)
    period: float | None = field(default=None, metadata=POSITIVE)
    count: int | None = None

    def __post_init__(self) -> None:
        Waveform.__post_init__(self)
        if self.count is not None and self.count < 1:
            raise StimulusError(f"pulse: count = {self.count}, must be positive, or None")

    def _at(self, t: Volts) -> Volts:
        rise, fall, width = self.rise or 0.0, self.fall or 0.0, self.width or 0.0
        period = self.period or math.inf
        u = t - self.delay
        v = np.where(u > period, u - period * np.floor(u / period), u)
        corners = [0.0, rise, rise + width, rise + width + fall]
        level = np.interp(v, corners, [self.low, self.high, self.high, self.low])
        is_over = False if self.count is None else u > self.count * period
        return np.where(is_over, self.low, level)

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        return {"rise": step, "fall": step, "width": stop, "period": stop}


@dataclass(frozen=True, slots=True)
class Exponential(Waveform):
    """From ``low`` towards ``high`` [V] from ``rise_delay`` on, and back from ``fall_delay`` on.

    The time constants and ``rise_delay`` are the transient's printing step where they are None,
    and ``fall_delay`` comes one step after ``rise_delay``.
    """

    keyword: ClassVar[str] = "exp"

    low: float = field(metadata=VOLTS)
    high: float = field(metadata=VOLTS)
    rise_delay: float | None = field(default=None, metadata=SECONDS)
    rise_time: float | None = field(default=None, metadata=SECONDS)
    fall_delay: float | None = field(default=None, metadata=SECONDS)
    fall_time: float | None = field(default=None, metadata=SECONDS)

    def _at(self, t: Volts) -> Volts:
        step, level = self.high - self.low, np.full(np.shape(t), self.low)
        for sign, delay, constant in (
            (1, self.rise_delay or 0.0, self.rise_time or 1.0),
            (-1, self.fall_delay or 0.0, self.fall_time or 1.0),
        ):
            level = level - sign * step * np.expm1(-np.maximum(t - delay, 0.0) / constant)
        return np.where(t <= (self.rise_delay or 0.0), self.low, level)

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        begin = step if self.rise_delay is None else self.rise_delay
        constants = {"rise_time": step, "fall_time": step}
        return {"rise_delay": step, "fall_delay": begin + step, **constants}


@dataclass(frozen=True, slots=True)
class Corners(Waveform):
    """SPICE's PWL: straight lines between ``volts`` at ``times`` [s], constant outside.

    Two equal times are a jump. From the last corner on it goes back to the corner at
    ``repeat_from`` [s], again and again, where that is given.
    """

    keyword: ClassVar[str] = "pwl"

    times: tuple[float, ...]
    volts: tuple[float, ...]
    delay: float = 0.0
    repeat_from: float | None = None

    def __post_init__(self) -> None:
        Waveform.__post_init__(self)
        for name in ("times", "volts"):
            object.__setattr__(self, name, tuple(map(float, getattr(self, name))))
            check("pwl", **{f"{name}[{k}]": v for k, v in enumerate(getattr(self, name))})
        if len(self.times) != len(self.volts) or not self.times:
            raise StimulusError(f"pwl: {len(self.times)} times, {len(self.volts)} voltages")
        if any(later < earlier for earlier, later in zip(self.times, self.times[1:], strict=False)):
            raise StimulusError("pwl: the times must not decrease")
        if self.repeat_from is not None and self.repeat_from not in self.times[:-1]:
            raise StimulusError(f"pwl: no corner to repeat from at {self.repeat_from} s")

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Corners:
        """The signal amplitude v(t / time)."""
        check("scaled", positive=True, time=time)
        return Corners(
            tuple(t * time for t in self.times),
            tuple(v * amplitude for v in self.volts),
            self.delay * time,
            None if self.repeat_from is None else self.repeat_from * time,
        )

    def _at(self, t: Volts) -> Volts:
        u, times = t - self.delay, np.array(self.times)
        if self.repeat_from is not None:
            period = times[-1] - self.repeat_from
            # to rounding of its last corner it has gone back
            periods = (u - times[-1]) / period + _ROUNDING
            u = np.where(periods >= 0, u - period * (np.floor(periods) + 1), u)
        # at a jump, the voltage before it
        before = np.clip(np.searchsorted(times, u) - 1, 0, len(times) - 1)
        after = np.minimum(before + 1, len(times) - 1)
        volts, length = np.array(self.volts), times[after] - times[before]
        part = np.clip((u - times[before]) / np.where(length > 0, length, 1.0), 0.0, 1.0)
        return volts[before] + part * (volts[after] - volts[before])
