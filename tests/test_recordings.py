"""Files come back as written, broken ones say so; partials are found at their places."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.io import wavfile  # pyright: ignore[reportMissingTypeStubs]

from physlearn_spice.errors import StimulusError
from physlearn_spice.recordings import from_csv, from_wav, spectral_tones
from physlearn_spice.stimulus import (
    Multitone,
    Samples,
    Tone,
)
from tests.benches import noise

SIGNALS = Path(__file__).parents[1] / "circuits" / "signals"
RATE = 8000.0
TIME = np.arange(32_000) / RATE


# --- WAV -----------------------------------------------------------------------------------------

SHAPE = 0.9 * np.sin(np.linspace(0.0, 20.0, 501))
FORMATS = {
    "u1": (2.0**7, 2.0**7),
    "<i2": (0.0, 2.0**15),
    "<i4": (0.0, 2.0**31),
    "<f4": (0.0, 1.0),
    "<f8": (0.0, 1.0),
}


def write_wav(path: Path, signal: NDArray[np.float64], kind: str = "<i2") -> Path:
    zero, full_scale = FORMATS[kind]
    data = signal * full_scale + zero
    stored = (data if "f" in kind else np.round(data)).astype(kind)
    wavfile.write(path, 8000, stored)  # pyright: ignore[reportUnknownMemberType]
    return path


@pytest.mark.parametrize("kind", FORMATS)
@pytest.mark.parametrize("stereo", [False, True], ids=["mono", "stereo"])
def test_wav_round_trip(tmp_path: Path, kind: str, stereo: bool) -> None:
    signal = np.column_stack([SHAPE, SHAPE[::-1] / 2]) if stereo else SHAPE
    samples = from_wav(write_wav(tmp_path / "a.wav", signal, kind))
    expected = signal.mean(axis=1) if stereo else signal
    step = {"u1": 2.0**-7, "<i2": 2.0**-15}.get(kind, 1e-7)
    assert samples.sample_rate == 8000.0
    assert samples.name == "a.wav"
    np.testing.assert_allclose(samples.values, expected, atol=0.51 * step)


def riff(*chunks: tuple[bytes, bytes]) -> bytes:
    body = b"".join(t + struct.pack("<I", len(c)) + c + b"\0" * (len(c) % 2) for t, c in chunks)
    return b"RIFF" + struct.pack("<I", 4 + len(body)) + b"WAVE" + body


GUID_PCM = bytes.fromhex("0100000000001000800000aa00389b71")


def test_wav_of_24_bits_extensible_with_other_chunks(tmp_path: Path) -> None:
    levels = [0, 2**23 - 1, -(2**23), 2**20, -(2**20)]
    data = b"".join(level.to_bytes(3, "little", signed=True) for level in levels)
    extension = struct.pack("<HHI", 22, 24, 4) + GUID_PCM
    header = struct.pack("<HHIIHH", 0xFFFE, 1, 44100, 132300, 3, 24) + extension
    path = tmp_path / "a.wav"
    path.write_bytes(riff((b"LIST", b"odd"), (b"fmt ", header), (b"data", data)))
    samples = from_wav(path)
    assert samples.sample_rate == 44100.0
    np.testing.assert_allclose(samples.values, np.array(levels) / 2**23, rtol=1e-15)


@pytest.mark.parametrize("kept", [1043, 700, 46, 44])
def test_truncated_wav(tmp_path: Path, kept: int) -> None:
    path = write_wav(tmp_path / "short.wav", SHAPE)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(StimulusError, match=rf"short\.wav: truncated.* 1002 .* {kept - 44};"):
        from_wav(path)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "no WAV"),
        (b"ID3 this is music", "no WAV"),
        (b"RIFF\0\0\0\0AVI LIST", "no WAV"),
        (b"RIFF\0\0\0\0WAVEfmt \x10\0\0\0\1", "truncated"),
        (riff((b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16))), "truncated"),
        (riff((b"fmt ", b"\1\0"), (b"data", b"1234")), "can't be read as PCM or float"),
        (
            riff((b"fmt ", struct.pack("<HHIIHH", 7, 1, 8000, 8000, 1, 8)), (b"data", b"1234")),
            "can't be read as PCM or float: Unknown wave file format: MULAW",
        ),
        (
            riff((b"fmt ", struct.pack("<HHIIHH", 1, 0, 8000, 8000, 1, 8)), (b"data", b"1234")),
            "can't be read as PCM or float",
        ),
        (
            riff((b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 8000, 2, 16)), (b"data", b"1234")),
            "can't be read as PCM or float: .*nAvgBytesPerSec",
        ),
        (
            riff((b"fmt ", struct.pack("<HHIIHH", 1, 1, 8000, 16000, 2, 16)), (b"data", b"12")),
            r"values .* shape \(1,\)",
        ),
    ],
)
def test_no_good_wav(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "bad.wav"
    path.write_bytes(content)
    with pytest.raises(StimulusError, match=rf"bad\.wav.*{message}"):
        from_wav(path)


@pytest.mark.parametrize("read", [from_wav, from_csv])
def test_missing_file(tmp_path: Path, read: Callable[[Path], Samples]) -> None:
    with pytest.raises(StimulusError, match=r"absent\.x: can't be read: No such file"):
        read(tmp_path / "absent.x")


# --- CSV -----------------------------------------------------------------------------------------


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("separator", [",", " , ", ";", "\t", "  "])
@pytest.mark.parametrize(
    "header", ["", "\ufeff", "time,value\n", "t [s]; v [V]\n", "\ufefftime\tvalue\n\n"]
)
def test_csv_of_two_columns(tmp_path: Path, separator: str, header: str) -> None:
    rows = [f"{0.5 + k / RATE!r}{separator}{v!r}" for k, v in enumerate(SHAPE.tolist())]
    samples = from_csv(write(tmp_path / "a.csv", header + "\n".join(rows) + "\n\n"))
    assert samples.sample_rate == pytest.approx(RATE, rel=1e-9)
    np.testing.assert_array_equal(samples.values, SHAPE)


@pytest.mark.parametrize("header", ["", "value\n"])
def test_csv_of_one_column(tmp_path: Path, header: str) -> None:
    path = write(tmp_path / "a.csv", header + "1\n-2.5e-1\n 3 \n")
    assert from_csv(path, sample_rate=4.0) == Samples(np.array([1.0, -0.25, 3.0]), 4.0, "a.csv")
    with pytest.raises(StimulusError, match=r"a\.csv: 1 column.*give sample_rate"):
        from_csv(path)


def test_csv_with_its_own_time_needs_no_sample_rate(tmp_path: Path) -> None:
    with pytest.raises(StimulusError, match="leave sample_rate out"):
        from_csv(write(tmp_path / "a.csv", "0,1\n1,2\n"), sample_rate=1.0)


@pytest.mark.parametrize(("error", "good"), [(0.9e-6, True), (1.2e-6, False)])
def test_csv_time_step_must_be_uniform(tmp_path: Path, error: float, good: bool) -> None:
    times = [0.0, 1.0, 2.0, 3.0 + error, 4.0 + error, 5.0 + error]
    path = write(tmp_path / "a.csv", "t,v\n" + "".join(f"{t!r},1\n" for t in times))
    if good:
        assert from_csv(path).values.size == 6
    else:
        with pytest.raises(StimulusError, match=r"a\.csv, line 5: time step"):
            from_csv(path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", ": 0 lines of numbers"),
        ("time,value\n", ": 0 lines of numbers"),
        ("0,1\n", ": 1 lines of numbers"),
        ("t,v\n0,1\n1,x\n", ", line 3: 'x' is no finite number"),
        ("0,1\n1,nan\n", ", line 2: 'nan' is no finite number"),
        ("0,1\n1,\n", ", line 2: '' is no finite number"),
        ("0,one\n1,2\n", ", line 1: 'one'"),
        ("0,1\n1,2\n\n2\n", ", line 4: 1 columns, must be 2"),
        ("0,1,2\n1,2,3\n", ", line 1: 3 columns, must be 1 or 2"),
        ("0,5;1,2\n1,0;1,3\n", ", line 1: 4 columns"),
        ("0,1\n1,1\n1,1\n2,1\n3,1\n", ", line 3: time step 0 s"),
        ("1,1\n1,2\n1,3\n", ", line 2: time step 0 s"),
        ("3,1\n2,1\n1,1\n", ", line 2: time step -1 s"),
    ],
)
def test_bad_csv_names_file_and_line(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(StimulusError, match=rf"bad\.csv{message}"):
        from_csv(write(tmp_path / "bad.csv", text))


def test_csv_that_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_bytes(b"0,1\n\xff\xfe\n")
    with pytest.raises(StimulusError, match=r"bad\.csv: no UTF-8 text: byte 4"):
        from_csv(path)


# --- partials ------------------------------------------------------------------------------------


def random_multitone(rng: np.random.Generator, n: int, apart: float = 10.0) -> Multitone:
    while True:
        f = np.sort(rng.uniform(60.0, 3900.0, n))
        if np.diff(f).min(initial=math.inf) > apart:
            a, phase = np.exp(rng.uniform(-3.0, 0.0, n)), rng.uniform(-3.1, 3.1, n)
            return Multitone(tuple(map(Tone, a.tolist(), f.tolist(), phase.tolist())))


def assert_same_tones(found: Multitone, true: Multitone, *, f: float, a: float, phi: float) -> None:
    assert len(found.tones) == len(true.tones)
    for x, y in zip(found.tones, true.tones, strict=True):
        assert abs(x.frequency - y.frequency) < f
        assert x.amplitude == pytest.approx(y.amplitude, rel=a)
        assert abs(np.angle(np.exp(1j * (x.phase - y.phase)))) < phi


@pytest.mark.parametrize("seed", range(20))
def test_steady_tones_come_back_and_nothing_else(seed: int) -> None:
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 9))
    true = random_multitone(rng, n)
    samples = Samples(true(TIME), RATE)
    assert_same_tones(spectral_tones(samples, n), true, f=1e-4, a=1e-3, phi=1e-3)
    with pytest.raises(StimulusError, match=f"{n} partials .* not n = {n + 1}"):
        spectral_tones(samples, n + 1)


def test_tones_in_noise_come_near_the_cramer_rao_bound() -> None:
    # Rife and Boorstyn 1974: var f = 6 s^2 / (pi^2 a^2 T^2 n); a Hann window costs a factor of 2.
    rng = np.random.default_rng(0)
    sigma, true = 0.3, Multitone((Tone(1.0, 321.3, 0.4),))
    bound = math.sqrt(6 * sigma**2 / TIME.size) / (math.pi * 4.0)
    for _ in range(20):
        samples = Samples(true(TIME) + sigma * rng.standard_normal(TIME.size), RATE)
        assert_same_tones(spectral_tones(samples, 1), true, f=8 * bound, a=0.02, phi=0.03)


def test_the_strongest_are_taken_in_the_order_of_frequency() -> None:
    tones = (Tone(0.1, 300.0), Tone(0.5, 700.0), Tone(0.2, 1500.0), Tone(1.0, 2500.0))
    samples = Samples(Multitone(tones)(TIME), RATE)
    for n, kept in ((1, [2500]), (2, [700, 2500]), (3, [700, 1500, 2500])):
        assert [round(t.frequency) for t in spectral_tones(samples, n).tones] == kept


def test_partials_between_f_low_and_f_high() -> None:
    samples = Samples(Multitone(tuple(Tone(1.0, f) for f in (300.0, 700.0, 1500.0)))(TIME), RATE)
    assert round(spectral_tones(samples, 1, f_low=400.0, f_high=1000.0).tones[0].frequency) == 700
    with pytest.raises(StimulusError, match="1 partials between f_low = 400"):
        spectral_tones(samples, 2, f_low=400.0, f_high=1000.0)


@pytest.mark.parametrize("rate", [1.0, 2.0, 5.0])
def test_a_slow_beat_is_one_partial_with_all_its_power(rate: float) -> None:
    values = (1 + 0.8 * np.sin(2 * np.pi * rate * TIME)) * Tone(1.0, 500.3, 1.0)(TIME)
    (tone,) = spectral_tones(Samples(values, RATE), 1).tones
    assert tone.frequency == pytest.approx(500.3, abs=0.01)
    assert tone.amplitude == pytest.approx(math.sqrt(1 + 0.8**2 / 2), rel=0.01)
    assert tone.phase == pytest.approx(1.0, abs=0.03)


@pytest.mark.parametrize("rate", [0.7, 2.0, 3.0])
def test_slow_vibrato_is_one_partial_with_all_its_power(rate: float) -> None:
    cycles = 1540.0 * TIME - 12.0 / (2 * np.pi * rate) * np.cos(2 * np.pi * rate * TIME)
    samples = Samples(0.5 * np.sin(2 * np.pi * cycles), RATE)
    (tone,) = spectral_tones(samples, 1).tones
    assert tone.amplitude == pytest.approx(0.5, rel=0.01)
    assert 1526.0 < tone.frequency < 1554.0
    with pytest.raises(StimulusError, match="1 partials"):
        spectral_tones(samples, 2)


def test_fewer_segments_part_closer_tones() -> None:
    true = Multitone((Tone(1.0, 500.1), Tone(0.8, 504.3)))
    samples = Samples(true(TIME), RATE)
    with pytest.raises(StimulusError, match="1 partials"):
        spectral_tones(samples, 2)
    assert_same_tones(spectral_tones(samples, 2, segments=3), true, f=1e-3, a=0.01, phi=0.01)


def test_partials_scale_with_the_recording() -> None:
    hum = from_wav(SIGNALS / "glass_hum.wav")
    fast = spectral_tones(hum.scaled(amplitude=2.0, time=1e-3), 6)
    assert_same_tones(
        fast, spectral_tones(hum, 6).scaled(amplitude=2.0, time=1e-3), f=1e-3, a=1e-9, phi=1e-6
    )


def test_an_offset_hides_nothing() -> None:
    (tone,) = spectral_tones(Samples(5.0 + Tone(1e-3, 440.2)(TIME), RATE), 1).tones
    assert tone.amplitude == pytest.approx(1e-3, rel=1e-3)


def test_partials_down_to_60_db() -> None:
    for weak, n in ((2e-3, 2), (3e-4, 1)):
        values = Multitone((Tone(1.0, 440.0), Tone(weak, 880.0)))(TIME)
        assert len(spectral_tones(Samples(values, RATE), n).tones) == n
        with pytest.raises(StimulusError, match=f"{n} partials"):
            spectral_tones(Samples(values, RATE), n + 1)


@pytest.mark.parametrize("values", [np.zeros(4000), np.full(4000, 0.3)], ids=["silence", "dc"])
def test_silence_has_no_partials(values: NDArray[np.float64]) -> None:
    with pytest.raises(StimulusError, match="0 partials"):
        spectral_tones(Samples(values, RATE), 1)


def test_spectral_tones_refuses_what_it_cannot_analyse() -> None:
    with pytest.raises(StimulusError, match="n = 0"):
        spectral_tones(noise(1), 0)
    with pytest.raises(StimulusError, match="100 samples"):
        spectral_tones(Samples(np.sin(np.arange(100)), RATE), 1)


@pytest.mark.parametrize("segments", [8, 16])
def test_partials_of_the_recordings(segments: int) -> None:
    # Two partials of the hum near 883 and 1540 Hz have a vibrato. Their power, by Fourier's
    # integral over the bare record, is the test's; which line inside is strongest is of no weight.
    hum = from_wav(SIGNALS / "glass_hum.wav")
    tones = spectral_tones(hum, 7, segments=segments).tones
    near = [220.0, 277.0, 330.0, 440.0, 554.0, 881.0, 1540.0]
    assert [abs(t.frequency - f) < 14.0 for t, f in zip(tones, near, strict=True)] == [True] * 7
    assert_band_power(hum, tones[5], 860.0, 902.0)
    assert_band_power(hum, tones[6], 1510.0, 1570.0)
    choir = spectral_tones(from_wav(SIGNALS / "choir.wav"), 4, segments=segments).tones
    np.testing.assert_allclose([t.frequency for t in choir], [541, 642, 1080, 1278], atol=1.0)


def assert_band_power(samples: Samples, tone: Tone, f_low: float, f_high: float) -> None:
    n = samples.values.size
    spectrum = np.fft.rfft(samples.values) / n
    frequency = np.fft.rfftfreq(n, 1 / samples.sample_rate)
    band = (frequency >= f_low) & (frequency <= f_high)
    assert tone.amplitude == pytest.approx(2 * np.linalg.norm(spectrum[band]), rel=0.06)
