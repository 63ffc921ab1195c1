"""SPICE's own waveforms [V] of time [s]: damped sines, pulses, exponentials, corners, modulation.

They are called and scaled as every stimulus is. Where SPICE takes a time or a frequency from the
transient itself, the field is None, and ``filled(step, stop)`` is what a transient with that
printing step and that stop time [s] plays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import StimulusError

__all__ = [
    "AmplitudeModulated",
    "Corners",
    "DampedSine",
    "Exponential",
    "FrequencyModulated",
    "Pulse",
    "Waveform",
    "check",
]

_Volts = NDArray[np.float64]
_ROUNDING = 1e-12


def check(what: str, *, positive: bool = False, **values: float) -> None:
    """Refuse values that are not finite, or not positive where they must be.

    Raises
    ------
    StimulusError
        Naming the thing, the field and the value.
    """
    for name, value in values.items():
        if not (math.isfinite(value) and (value > 0 or not positive)):
            need = "positive and finite" if positive else "finite"
            raise StimulusError(f"{what}: {name} = {value}, must be {need}")


def _v(**how: Any) -> Any:
    """Declare a voltage [V]."""
    return field(metadata={"unit": "V"}, **how)


def _s(*, positive: bool = False, **how: Any) -> Any:
    """Declare a time [s]."""
    return field(metadata={"unit": "s", "positive": positive}, **how)


def _hz(**how: Any) -> Any:
    """Declare a frequency, or a rate of decay, [1/s]."""
    return field(metadata={"unit": "1/s"}, **how)


@dataclass(frozen=True, slots=True)
class Waveform:
    """What the waveforms share; their fields say what they are by their units."""

    keyword: ClassVar[str]

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, float | int):
                is_positive = each.metadata.get("positive", False)
                check(self.keyword, positive=is_positive, **{each.name: value})

    def __call__(self, time: ArrayLike) -> _Volts:
        """Voltage [V] (n,) at ``time`` [s] (n,).

        Raises
        ------
        StimulusError
            Naming a field that only a transient can fill.
        """
        for name in self._from_transient(1.0, 1.0):
            if getattr(self, name) is None:
                raise StimulusError(
                    f"{self.keyword}: {name} comes from the transient; give it, or take "
                    "filled(step, stop)"
                )
        with np.errstate(over="ignore"):  # of an exponential that is not asked for
            return self._at(np.asarray(time, dtype=np.float64))

    def filled(self, step: float, stop: float) -> Self:
        """Return the waveform that a transient plays: nothing in it is None."""
        missing = {k: v for k, v in self._from_transient(step, stop).items() if v is not None}
        return replace(self, **{k: v for k, v in missing.items() if getattr(self, k) is None})

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Self:
        """The signal amplitude v(t / time)."""
        check("scaled", positive=True, time=time)
        factor = {"V": amplitude, "s": time, "1/s": 1 / time}
        return replace(
            self,
            **{
                each.name: value * factor[each.metadata["unit"]]
                for each in fields(self)
                if each.metadata and (value := getattr(self, each.name)) is not None
            },
        )

    def _at(self, t: _Volts) -> _Volts:
        raise NotImplementedError

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        """What SPICE takes for the fields that are None."""
        del step, stop
        return {}


@dataclass(frozen=True, slots=True)
class DampedSine(Waveform):
    """SPICE's SIN without its offset: A sin(2 pi f u + phase) exp(-damping u), u = t - delay.

    Before the delay it is A sin(phase). The frequency is 1 / stop where it is None.
    """

    keyword: ClassVar[str] = "sin"

    amplitude: float = _v()
    frequency: float | None = _hz(default=None)
    delay: float = _s(default=0.0)
    damping: float = _hz(default=0.0)
    phase: float = 0.0

    def _at(self, t: _Volts) -> _Volts:
        u = np.maximum(t - self.delay, 0.0)
        angle = 2 * np.pi * (self.frequency or 0.0) * u + self.phase
        return self.amplitude * np.sin(angle) * np.exp(-self.damping * u)

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        return {"frequency": 1 / stop}


@dataclass(frozen=True, slots=True)
class Pulse(Waveform):
    """Straight edges between ``low`` and ``high`` [V], ``count`` times or for ever.

    ``rise`` and ``fall`` are the transient's printing step where they are None, ``width`` (at the
    top) and ``period`` its stop time.
    """

    keyword: ClassVar[str] = "pulse"

    low: float = _v()
    high: float = _v()
    delay: float = _s(default=0.0)
    rise: float | None = _s(default=None, positive=True)
    fall: float | None = _s(default=None, positive=True)
    width: float | None = _s(default=None, positive=True)
    period: float | None = _s(default=None, positive=True)
    count: int | None = None

    def __post_init__(self) -> None:
        Waveform.__post_init__(self)
        if self.count is not None and self.count < 1:
            raise StimulusError(f"pulse: count = {self.count}, must be positive, or None")

    def _at(self, t: _Volts) -> _Volts:
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

    low: float = _v()
    high: float = _v()
    rise_delay: float | None = _s(default=None)
    rise_time: float | None = _s(default=None)
    fall_delay: float | None = _s(default=None)
    fall_time: float | None = _s(default=None)

    def _at(self, t: _Volts) -> _Volts:
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
class FrequencyModulated(Waveform):
    """SPICE's SFFM without its offset: A sin(2 pi fc t + phase + m sin(2 pi fs t + its phase)).

    ``index`` m (none); both frequencies are 1 / stop where they are None.
    """

    keyword: ClassVar[str] = "sffm"

    amplitude: float = _v()
    carrier: float | None = _hz(default=None)
    index: float = 0.0
    signal: float | None = _hz(default=None)
    phase: float = 0.0
    signal_phase: float = 0.0

    def _at(self, t: _Volts) -> _Volts:
        inner = 2 * np.pi * (self.signal or 0.0) * t + self.signal_phase
        outer = 2 * np.pi * (self.carrier or 0.0) * t + self.phase
        return self.amplitude * np.sin(outer + self.index * np.sin(inner))

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        return {"carrier": 1 / stop, "signal": 1 / stop}


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

    def _at(self, t: _Volts) -> _Volts:
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


@dataclass(frozen=True, slots=True)
class AmplitudeModulated(Waveform):
    """SPICE's AM: A (offset + sin(2 pi fm u)) sin(2 pi fc u), u = t - delay, and 0 before.

    ``offset`` (none) is of the modulation; fm is ``signal`` and fc ``carrier`` [Hz].
    """

    keyword: ClassVar[str] = "am"

    amplitude: float = _v()
    offset: float
    signal: float = _hz()
    carrier: float = _hz()
    delay: float = _s(default=0.0)

    def _at(self, t: _Volts) -> _Volts:
        u = t - self.delay
        inner = self.offset + np.sin(2 * np.pi * self.signal * u)
        return np.where(u > 0, self.amplitude * inner * np.sin(2 * np.pi * self.carrier * u), 0.0)
