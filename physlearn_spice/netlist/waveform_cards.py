"""Waveforms as words of a source's card, read and written."""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..errors import DeckError
from ..pulses import Corners, Exponential, Pulse
from ..stimulus import CardWaveform, Multitone, Sum, Tone
from ..waveforms import AmplitudeModulated, DampedSine, FrequencyModulated
from ..wording import counted
from .numbers import num
from .source import Source

__all__ = ["KEYWORDS", "read_waveform", "series_words", "source_values"]

_COUNTS = {"sin": (2, 6), "pulse": (2, 8), "exp": (2, 6), "sffm": (2, 7), "am": (4, 7)}
_WITH_OFFSET = (Tone, DampedSine, FrequencyModulated)  # their cards have a place for it
KEYWORDS = {*_COUNTS, "pwl"}


def read_waveform(
    keyword: str, values: Sequence[float], parameters: dict[str, float]
) -> tuple[float, CardWaveform]:
    """Return a waveform from its numbers, and the offset [V] that belongs to its source.

    A number that is left out, or is 0 where that means so to ngspice, is None.

    Raises
    ------
    DeckError, StimulusError
        Too few or too many numbers, or such that no waveform has.
    """
    if keyword == "pwl":
        return 0.0, _corners(values, parameters)
    least, most = _COUNTS[keyword]
    if not least <= len(values) <= most:
        n = counted(len(values), "number")
        raise DeckError(f"{keyword} has {n}; it takes {least} to {most}")
    padded = [*values, *[0.0] * (most - len(values))]
    match keyword:
        case "sin":
            offset, amplitude, frequency, delay, damping, degrees = padded
            phase = math.radians(degrees)
            if frequency and not delay and not damping:
                return offset, Tone(amplitude, frequency, phase)
            return offset, DampedSine(amplitude, frequency or None, delay, damping, phase)
        case "pulse":
            low, high, delay, *times, count = padded
            rise, fall, width, period = (time or None for time in times)
            if not count.is_integer():
                raise DeckError(f"pulse {count!r} times: needs a whole number")
            return 0.0, Pulse(low, high, delay, rise, fall, width, period, int(count) or None)
        case "exp":
            low, high, *times = padded
            return 0.0, Exponential(low, high, *(time or None for time in times))
        case "sffm":
            offset, amplitude, carrier, index, signal, *degrees = padded
            phases = map(math.radians, degrees)
            return offset, FrequencyModulated(
                amplitude, carrier or None, index, signal or None, *phases
            )
        case _:
            amplitude, offset, signal, carrier, delay, *degrees = padded
            if any(degrees):
                raise DeckError("am with phases: ngspice's versions disagree; leave them out")
            return 0.0, AmplitudeModulated(amplitude, offset, signal, carrier, delay)


def _corners(values: Sequence[float], parameters: dict[str, float]) -> Corners:
    if len(values) < 2 or len(values) % 2:
        raise DeckError(f"pwl of {len(values)}: it takes pairs of time and voltage")
    repeat = parameters.get("r")
    return Corners(
        tuple(values[::2]),
        tuple(values[1::2]),
        parameters.get("td", 0.0),
        None if repeat is None or repeat < 0 else repeat,  # -1 is ngspice's word for not
    )


def source_values(source: Source, dc: float | None = None) -> str:
    """Spell the DC and AC values of a source, or another DC value [V]."""
    degrees = f" {num(math.degrees(source.ac_phase))}" if source.ac_phase else ""
    return f"dc {num(source.dc if dc is None else dc)} ac {num(source.ac)}{degrees}"


def series_words(source: Source, waveform: CardWaveform | Multitone | Sum) -> list[str]:
    """Return what stands behind the nodes of the sources in series whose sum is a source.

    The offset of a transient goes where a waveform's card has a place for it, or else into a
    source of its own.
    """
    match waveform:
        case Multitone(tones):
            parts: list[CardWaveform] = list(tones)
        case Sum(parts_of_it):
            parts = list(parts_of_it)
        case _:
            parts = [waveform]
    offset = source.dc if source.offset is None else source.offset
    hosts = [k for k, part in enumerate(parts) if isinstance(part, _WITH_OFFSET)]
    own = not hosts and offset != 0
    values = [source_values(source, source.dc - offset if own else None)]
    values += ["dc 0.0"] * (len(parts) - 1)
    words = [
        f"{value} {_spell(part, offset if hosts[:1] == [k] else 0.0)}"
        for k, (value, part) in enumerate(zip(values, parts, strict=True))
    ]
    return [*words, f"dc {num(offset)}"] if own else words


def _spell(waveform: CardWaveform, offset: float) -> str:
    """Return a waveform as words; ``offset`` [V] only where its card has a place for it."""
    tail = ""
    match waveform:
        case Tone(amplitude, frequency, phase):
            words = [offset, amplitude, frequency, "0", "0", math.degrees(phase)]
            keyword = "sin"
        case DampedSine(amplitude, frequency, delay, damping, phase):
            words = [offset, amplitude, frequency, delay, damping, math.degrees(phase)]
            keyword = "sin"
        case FrequencyModulated(amplitude, carrier, index, signal, phase, inner):
            degrees = [math.degrees(phase), math.degrees(inner)]
            words = [offset, amplitude, carrier, index, signal, *degrees]
            keyword = "sffm"
        case Pulse(low, high, delay, rise, fall, width, period, count):
            words = [low, high, delay, rise, fall, width, period, count]
            keyword = "pulse"
        case Exponential(low, high, begin, rise, end, fall):
            words, keyword = [low, high, begin, rise, end, fall], "exp"
        case AmplitudeModulated(amplitude, of_signal, signal, carrier, delay):
            words, keyword = [amplitude, of_signal, signal, carrier, delay], "am"
        case Corners(times, volts, delay, repeat):
            words = [v for pair in zip(times, volts, strict=True) for v in pair]
            keyword = "pwl"
            tail += f" td={num(delay)}" if delay else ""
            tail += "" if repeat is None else f" r={num(repeat)}"
    while words[-1] is None:
        words.pop()
    spelled = (w if isinstance(w, str) else "0" if w is None else num(w) for w in words)
    return f"{keyword}({' '.join(spelled)}){tail}"
