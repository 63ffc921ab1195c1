"""Driving signals [V] as functions of time [s]: tones, chirps, noise and samples.

SPICE's other waveforms are in :mod:`.waveforms` and :mod:`.pulses`.

Every stimulus is called with times, ``v = stimulus(t)``, and
``stimulus.scaled(amplitude=a, time=k)`` is the signal a v(t / k): k = 2 lasts twice as long and
sounds an octave lower. Amplitudes are peak values and may be negative.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .errors import StimulusError
from .pulses import Corners, Exponential, Pulse
from .waveforms import AmplitudeModulated, DampedSine, FrequencyModulated, check

__all__ = [
    "CardWaveform",
    "Chirp",
    "Multitone",
    "Samples",
    "Stimulus",
    "Sum",
    "Tone",
    "band_limited_noise",
]


@dataclass(frozen=True, slots=True)
class Tone:
    """v(t) = amplitude sin(2 pi frequency t + phase), in [V], [Hz], [rad]: SPICE's SIN."""

    amplitude: float
    frequency: float
    phase: float = 0.0

    def __post_init__(self) -> None:
        check("tone", amplitude=self.amplitude, phase=self.phase)
        check("tone", positive=True, frequency=self.frequency)

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Voltage [V] (n,) at ``time`` [s] (n,)."""
        t = np.asarray(time, dtype=np.float64)
        return self.amplitude * np.sin(2 * np.pi * (self.frequency * t) + self.phase)

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Tone:
        """The signal amplitude v(t / time)."""
        check("scaled", positive=True, time=time)
        return Tone(self.amplitude * amplitude, self.frequency / time, self.phase)


@dataclass(frozen=True, slots=True)
class Multitone:
    """The sum of tones."""

    tones: tuple[Tone, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "tones", tuple(self.tones))
        if not self.tones:
            raise StimulusError("multitone: tones = (), must hold at least one tone")

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Voltage [V] (n,) at ``time`` [s] (n,)."""
        total = np.zeros(np.shape(time))
        for tone in self.tones:
            total += tone(time)
        return total

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Multitone:
        """The signal amplitude v(t / time)."""
        return Multitone(tuple(tone.scaled(amplitude, time) for tone in self.tones))


@dataclass(frozen=True, slots=True)
class Chirp:
    """A frequency that moves linearly from ``f_start`` to ``f_stop`` [Hz] in ``duration`` [s].

    v(t) = amplitude sin(2 pi (f_start t + (f_stop - f_start) t^2 / (2 duration))) while
    0 <= t <= duration, and 0 outside.
    """

    amplitude: float
    f_start: float
    f_stop: float
    duration: float

    def __post_init__(self) -> None:
        check("chirp", amplitude=self.amplitude)
        check("chirp", positive=True, f_start=self.f_start, f_stop=self.f_stop)
        check("chirp", positive=True, duration=self.duration)

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Voltage [V] (n,) at ``time`` [s] (n,)."""
        t = np.asarray(time, dtype=np.float64)
        cycles = self.f_start * t + (self.f_stop - self.f_start) * t**2 / (2 * self.duration)
        inside = (t >= 0) & (t <= self.duration)
        return np.where(inside, self.amplitude * np.sin(2 * np.pi * cycles), 0.0)

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Chirp:
        """The signal amplitude v(t / time)."""
        check("scaled", positive=True, time=time)
        a, f0, f1 = self.amplitude * amplitude, self.f_start / time, self.f_stop / time
        return Chirp(a, f0, f1, self.duration * time)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """A recorded or computed signal: ``values`` [V] (n,) from t = 0 on, at ``sample_rate`` [Hz].

    Linear between the samples, 0 before the first and after the last. The values are kept as a
    read-only copy.
    """

    values: NDArray[np.float64]
    sample_rate: float
    name: str = ""

    def __post_init__(self) -> None:
        what, given = f"samples {self.name!r}", np.asarray(self.values)
        check(what, positive=True, sample_rate=self.sample_rate)
        if given.dtype.kind not in "fiu" or given.ndim != 1 or given.size < 2:
            raise StimulusError(
                f"{what}: values of type {given.dtype} and shape {given.shape}, "
                "must be real numbers of shape (n,) with n >= 2"
            )
        # + 0.0 turns -0.0 into 0.0: signals that are equal must have the same hash.
        values = given.astype(np.float64) + 0.0
        for k in np.flatnonzero(~np.isfinite(values))[:1]:
            raise StimulusError(f"{what}: values[{k}] = {values[k]}, must be finite")
        values.flags.writeable = False
        object.__setattr__(self, "values", values)

    @property
    def duration(self) -> float:
        """Time [s] from the first sample to the last, (n - 1) / sample_rate."""
        return (self.values.size - 1) / self.sample_rate

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Voltage [V] (n,) at ``time`` [s] (n,)."""
        t = np.asarray(time, dtype=np.float64)
        grid = np.arange(self.values.size) / self.sample_rate
        return np.asarray(np.interp(t, grid, self.values, left=0.0, right=0.0))

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Samples:
        """The signal amplitude v(t / time)."""
        check("scaled", positive=True, time=time)
        return Samples(self.values * amplitude, self.sample_rate / time, self.name)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Samples):
            return NotImplemented
        return (self.sample_rate, self.name) == (other.sample_rate, other.name) and np.array_equal(
            self.values, other.values
        )

    def __hash__(self) -> int:
        return hash((self.sample_rate, self.name, self.values.tobytes()))

    def __reduce__(self) -> tuple[type[Samples], tuple[NDArray[np.float64], float, str]]:
        # numpy's pickle forgets that an array is read-only; the constructor sets it again.
        return Samples, (self.values, self.sample_rate, self.name)


CardWaveform: TypeAlias = (
    Tone | DampedSine | Pulse | Exponential | FrequencyModulated | AmplitudeModulated | Corners
)


@dataclass(frozen=True, slots=True)
class Sum:
    """The sum of waveforms of any kind that SPICE has a word for; of tones alone, a Multitone."""

    parts: tuple[CardWaveform, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "parts", tuple(self.parts))
        if not self.parts:
            raise StimulusError("sum: parts = (), must hold at least one waveform")

    def __call__(self, time: ArrayLike) -> NDArray[np.float64]:
        """Voltage [V] (n,) at ``time`` [s] (n,)."""
        total = np.zeros(np.shape(time))
        for part in self.parts:
            total += part(time)
        return total

    def scaled(self, amplitude: float = 1.0, time: float = 1.0) -> Sum:
        """The signal amplitude v(t / time)."""
        return Sum(tuple(part.scaled(amplitude, time) for part in self.parts))


Stimulus: TypeAlias = CardWaveform | Multitone | Sum | Chirp | Samples


def band_limited_noise(
    *,
    f_low: float,
    f_high: float,
    rms: float,
    duration: float,
    sample_rate: float,
    rng: np.random.Generator,
) -> Samples:
    """Gaussian noise, flat between ``f_low`` and ``f_high`` [Hz] and exactly zero elsewhere.

    Every Fourier coefficient in the band is an independent complex Gaussian number of the same
    variance, so the mean square over realisations (not of each one) is ``rms``^2 [V^2]. The
    coefficients at 0 and at ``sample_rate`` / 2 stay zero: the noise has no mean.

    Raises
    ------
    StimulusError
        A band that isn't 0 <= f_low < f_high <= sample_rate / 2, or that is so narrow that no
        multiple of 1 / duration falls into it.
    """
    check("noise", positive=True, f_high=f_high, duration=duration, sample_rate=sample_rate)
    check("noise", f_low=f_low, rms=rms)
    if not 0 <= f_low < f_high <= sample_rate / 2:
        raise StimulusError(
            f"noise: f_low = {f_low}, f_high = {f_high}, must obey "
            f"0 <= f_low < f_high <= sample_rate / 2 = {sample_rate / 2}"
        )
    n = round(duration * sample_rate) + 1
    frequency = np.fft.rfftfreq(n, 1 / sample_rate)
    inner = (frequency > 0) & (frequency < sample_rate / 2)
    band = np.flatnonzero(inner & (frequency >= f_low) & (frequency <= f_high))
    if not band.size:
        raise StimulusError(
            f"noise: no Fourier frequency between f_low = {f_low} and f_high = {f_high}: they "
            f"are {sample_rate / n:g} Hz apart; a longer duration brings them closer"
        )
    coefficients = np.zeros(frequency.size, dtype=np.complex128)
    real, imaginary = rng.standard_normal((2, band.size))
    # Parseval: <v^2> = sum over the band of 2 |c|^2 / n^2, and <|c|^2> is twice the factor's square
    coefficients[band] = (real + 1j * imaginary) * rms * n / (2 * math.sqrt(band.size))
    return Samples(np.fft.irfft(coefficients, n), sample_rate, f"noise {f_low:g}-{f_high:g} Hz")
