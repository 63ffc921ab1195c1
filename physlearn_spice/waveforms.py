"""SPICE's own waveforms [V] of time [s]: what they share, damped and modulated sines.

They are called and scaled as every stimulus is. Where SPICE takes a time or a frequency from the
transient itself, the field is None, and ``filled(step, stop)`` is what a transient with that
printing step and that stop time [s] plays.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields, replace
from typing import ClassVar, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import StimulusError

__all__ = [
    "PER_SECOND",
    "POSITIVE",
    "SECONDS",
    "VOLTS",
    "AmplitudeModulated",
    "DampedSine",
    "FrequencyModulated",
    "Volts",
    "Waveform",
    "check",
]

# what a field is of, so that scaling knows what to do with it
VOLTS: dict[str, str | bool] = {"unit": "V"}
SECONDS: dict[str, str | bool] = {"unit": "s"}
POSITIVE: dict[str, str | bool] = {"unit": "s", "positive": True}
PER_SECOND: dict[str, str | bool] = {"unit": "1/s"}  # a frequency, or a rate of decay

Volts = NDArray[np.float64]


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


@dataclass(frozen=True, slots=True)
class Waveform(ABC):
    """What the waveforms share; their fields say what they are by their units."""

    keyword: ClassVar[str]

    def __post_init__(self) -> None:
        for each in fields(self):
            value = getattr(self, each.name)
            if isinstance(value, float | int):
                is_positive = each.metadata.get("positive", False)
                check(self.keyword, positive=is_positive, **{each.name: value})

    def __call__(self, time: ArrayLike) -> Volts:
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
        given = self._from_transient(step, stop)
        return replace(self, **{k: v for k, v in given.items() if getattr(self, k) is None})

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

    @abstractmethod
    def _at(self, t: Volts) -> Volts: ...

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

    amplitude: float = field(metadata=VOLTS)
    frequency: float | None = field(default=None, metadata=PER_SECOND)
    delay: float = field(default=0.0, metadata=SECONDS)
    damping: float = field(default=0.0, metadata=PER_SECOND)
    phase: float = 0.0

    def _at(self, t: Volts) -> Volts:
        u = np.maximum(t - self.delay, 0.0)
        angle = 2 * np.pi * (self.frequency or 0.0) * u + self.phase
        return self.amplitude * np.sin(angle) * np.exp(-self.damping * u)

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        return {"frequency": 1 / stop}


@dataclass(frozen=True, slots=True)
class FrequencyModulated(Waveform):
    """SPICE's SFFM without its offset: A sin(2 pi fc t + phase + m sin(2 pi fs t + its phase)).

    ``index`` m (none); both frequencies are 1 / stop where they are None.
    """

    keyword: ClassVar[str] = "sffm"

    amplitude: float = field(metadata=VOLTS)
    carrier: float | None = field(default=None, metadata=PER_SECOND)
    index: float = 0.0
    signal: float | None = field(default=None, metadata=PER_SECOND)
    phase: float = 0.0
    signal_phase: float = 0.0

    def _at(self, t: Volts) -> Volts:
        inner = 2 * np.pi * (self.signal or 0.0) * t + self.signal_phase
        outer = 2 * np.pi * (self.carrier or 0.0) * t + self.phase
        return self.amplitude * np.sin(outer + self.index * np.sin(inner))

    def _from_transient(self, step: float, stop: float) -> dict[str, float]:
        return {"carrier": 1 / stop, "signal": 1 / stop}


@dataclass(frozen=True, slots=True)
class AmplitudeModulated(Waveform):
    """SPICE's AM: A (offset + sin(2 pi fm u)) sin(2 pi fc u), u = t - delay, and 0 before.

    ``offset`` (none) is of the modulation; fm is ``signal`` and fc ``carrier`` [Hz].
    """

    keyword: ClassVar[str] = "am"

    amplitude: float = field(metadata=VOLTS)
    offset: float
    signal: float = field(metadata=PER_SECOND)
    carrier: float = field(metadata=PER_SECOND)
    delay: float = field(default=0.0, metadata=SECONDS)

    def _at(self, t: Volts) -> Volts:
        u = t - self.delay
        inner = self.offset + np.sin(2 * np.pi * self.signal * u)
        return np.where(u > 0, self.amplitude * inner * np.sin(2 * np.pi * self.carrier * u), 0.0)
