"""Recorded signals: read from WAV and CSV files, and taken apart into their strongest partials."""

from __future__ import annotations

import io
import math
import re
import struct
import warnings
from pathlib import Path

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .errors import StimulusError
from .stimulus import Multitone, Samples, Tone

__all__ = ["from_csv", "from_wav", "spectral_tones"]

_SEPARATOR = re.compile(r"\s*[,;\t]\s*|\s+")


def _read_bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise StimulusError(f"{path}: can't be read: {error.strerror}") from error


def from_wav(path: str | Path) -> Samples:
    """Read a WAV file (PCM of 8, 16, 24, 32 bits; float of 32, 64); +-1 V is full scale.

    Several channels are averaged into one.

    Raises
    ------
    StimulusError
        A file that is missing, is no WAV, has another format, or ends early.
    """
    from scipy.io import wavfile

    path = Path(path)
    content = _read_bytes(path)
    _check_chunks(path, content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", wavfile.WavFileWarning)  # chunks that it skips
            rate, stored = wavfile.read(io.BytesIO(content))
    except (ValueError, ZeroDivisionError, struct.error) as error:
        raise StimulusError(f"{path}: can't be read as PCM or float: {error}") from error
    values = np.atleast_1d(np.asarray(stored, dtype=np.float64))
    if stored.dtype == np.uint8:
        values = (values - 128) / 128
    elif stored.dtype.kind == "i":
        values /= 2.0 ** (8 * stored.dtype.itemsize - 1)
    return Samples(values if values.ndim == 1 else values.mean(axis=1), float(rate), path.name)


def _check_chunks(path: Path, content: bytes) -> None:
    """Raise where the file isn't RIFF/WAVE or a chunk is shorter than its header promises."""
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE":
        raise StimulusError(f"{path}: no WAV file, it doesn't start with RIFF and WAVE")
    at, seen = 12, set[bytes]()
    while at + 8 <= len(content):
        tag, size = struct.unpack_from("<4sI", content, at)
        if len(content) < at + 8 + size:
            raise StimulusError(
                f"{path}: truncated: its {tag.decode('latin-1').strip()} chunk promises {size} "
                f"bytes and has {len(content) - at - 8}; copy or record the file again"
            )
        seen.add(tag)
        at += 8 + size + size % 2
    if not {b"fmt ", b"data"} <= seen:
        raise StimulusError(f"{path}: truncated: no complete fmt and data chunks")


def from_csv(path: str | Path, *, sample_rate: float | None = None) -> Samples:
    """Read columns time [s], value [V]; or one column of values, taken at ``sample_rate`` [Hz].

    Columns are parted by comma, semicolon, tab or blanks, decimals by a point; the first line may
    be a header, and empty lines don't count. The time step must be uniform to a millionth of
    itself; the signal starts at t = 0 whatever the first time is.

    Raises
    ------
    StimulusError
        A file that is missing or no text, a line that has no number or another count of columns, a
        time step that differs; the sample rate given twice or not at all.
    """
    path = Path(path)
    try:
        text = _read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise StimulusError(
            f"{path}: no UTF-8 text: byte {error.start} is {error.reason}"
        ) from error
    lines = [(k, line.strip()) for k, line in enumerate(text.splitlines(), 1) if line.strip()]
    table = [(k, _SEPARATOR.split(line)) for k, line in lines]
    if table and not any(_is_number(field) for field in table[0][1]):
        table = table[1:]
    if len(table) < 2:
        raise StimulusError(f"{path}: {len(table)} lines of numbers, must be at least two")
    columns = len(table[0][1])
    for k, fields in table:
        if len(fields) != columns or columns > 2:
            need = columns if columns <= 2 else "1 or 2"
            raise StimulusError(f"{path}, line {k}: {len(fields)} columns, must be {need}")
        for field in fields:
            if not (_is_number(field) and math.isfinite(float(field))):
                raise StimulusError(f"{path}, line {k}: {field!r} is no finite number")
    if (columns == 1) == (sample_rate is None):
        advice = "give sample_rate" if columns == 1 else "leave sample_rate out"
        raise StimulusError(f"{path}: {columns} column(s), so {advice}")
    numbers = np.array([fields for _, fields in table], dtype=np.float64)
    if sample_rate is None:
        time = numbers[:, 0]
        steps = np.diff(time)
        step = float(np.median(steps))
        for k in np.flatnonzero((steps <= 0) | (abs(steps - step) > 1e-6 * step))[:1]:
            raise StimulusError(
                f"{path}, line {table[k + 1][0]}: time step {steps[k]:g} s, must be positive and "
                f"uniform (the others are {step:g} s)"
            )
        sample_rate = (time.size - 1) / float(time[-1] - time[0])
    return Samples(numbers[:, -1], sample_rate, path.name)


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def spectral_tones(
    samples: Samples,
    n: int,
    *,
    f_low: float = 0.0,
    f_high: float = math.inf,
    segments: int = 8,
) -> Multitone:
    """The ``n`` strongest partials between ``f_low`` and ``f_high`` [Hz], frequencies ascending.

    A partial is a hump of the power spectrum, as Hann windows ``segments`` times shorter than the
    record see it (Welch's method, quarter steps): a peak that stands 10 dB above the valleys on
    either side, with all around it down to these valleys or to 20 dB below the peak. So decay and
    slow beats or vibrato widen a partial and don't split it, while steady tones are told apart
    when they differ by about 4 segments / duration. Partials 60 dB below the strongest are lost.

    - amplitude: sqrt(2 x mean square) of all that is in the hump, so a modulated partial counts
      with its full power; the windows give the two ends of the record little weight.
    - frequency: the hump's strongest steady line, the single tone that explains most of the
      record (Rife and Boorstyn, IEEE Trans. Inf. Theory 20, 591, 1974), interpolated between the
      bins of one Hann window over it all (Grandke, IEEE Trans. Instrum. Meas. 32, 350, 1983).
      Vibrato has its strongest line where the pitch turns, not at its middle.
    - phase: by projection of the record on that line; it means little for a modulated partial.

    Raises
    ------
    StimulusError
        Fewer than ``n`` partials, or too few samples for ``segments``.
    """
    what, size = f"samples {samples.name!r}", samples.values.size
    if n < 1 or segments < 1 or size < 16 * segments:
        raise StimulusError(
            f"{what}: n = {n}, segments = {segments}, {size} samples; must be n >= 1, "
            "segments >= 1 and at least 16 samples for each segment"
        )
    values = samples.values - samples.values.mean()
    found = [
        (amplitude, frequency * samples.sample_rate)
        for amplitude, frequency in _partials(values, segments)
        if f_low <= frequency * samples.sample_rate <= f_high
    ]
    if len(found) < n:
        raise StimulusError(
            f"{what}: {len(found)} partials between f_low = {f_low} and f_high = {f_high}, "
            f"not n = {n}"
        )
    time = np.arange(size) / samples.sample_rate
    tones: list[Tone] = []
    for amplitude, frequency in sorted(found, reverse=True)[:n]:
        line = np.dot(_hann(size) * values, np.exp(-2j * np.pi * frequency * time))
        tones.append(Tone(amplitude, frequency, float(np.angle(1j * line))))
    return Multitone(tuple(sorted(tones, key=lambda tone: tone.frequency)))


def _partials(values: NDArray[np.float64], segments: int) -> list[tuple[float, float]]:
    """Peak amplitude [V] and frequency [cycles per sample] of every partial of a signal (n,)."""
    size, hop = values.size, values.size // segments // 4
    frames = sliding_window_view(values, 4 * hop)[::hop]
    power = np.mean(abs(np.fft.rfft(frames * _hann(4 * hop))) ** 2, axis=0)
    # The floor at -70 dB and the depth of 10 dB leave partials down to -60 dB.
    level = 10 * np.log10(np.maximum(power, max(1e-7 * float(power.max()), 1e-300)))
    turns = _turning_points(level, depth=10.0)
    spectrum = abs(np.fft.rfft(_hann(size) * values))
    partials: list[tuple[float, float]] = []
    for left, peak, right in zip(turns[:-2:2], turns[1::2], turns[2::2], strict=True):
        below = level < level[peak] - 20
        first = max(np.flatnonzero(below[left:peak]) + left, default=left)
        last = min(np.flatnonzero(below[peak : right + 1]) + peak, default=right)
        # Parseval: a steady tone gives the sum amplitude^2 / 4 x frame length x sum of hann^2.
        amplitude = math.sqrt(float(power[first : last + 1].sum()) / (1.5 * hop**2))
        low = max(1, round(first * size / (4 * hop)))
        high = min(spectrum.size - 2, round(last * size / (4 * hop)))
        k = low + int(np.argmax(spectrum[low : high + 1]))
        side = 1 if spectrum[k + 1] > spectrum[k - 1] else -1
        ratio = float(spectrum[k + side] / spectrum[k])
        partials.append((amplitude, (k + side * (2 * ratio - 1) / (ratio + 1)) / size))
    return partials


def _turning_points(level: NDArray[np.float64], depth: float) -> list[int]:
    """Valley, peak, valley, ..., valley: what is left of a curve without ripples below depth."""
    turns, best, sign = list[int](), 0, -1
    for k in range(level.size):
        gain = sign * float(level[k] - level[best])
        if gain > 0:
            best = k
        elif gain <= -depth:
            turns.append(best)
            best, sign = k, -sign
    return [*turns, best] if sign < 0 else turns


def _hann(n: int) -> NDArray[np.float64]:
    return 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(n) / n)
