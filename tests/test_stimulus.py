"""Stimuli obey their formulas; files come back as written; broken files and values say so."""

from __future__ import annotations

import math
import pickle
import subprocess
import sys
from collections.abc import Callable

import numpy as np
import pytest

from physlearn_spice.errors import StimulusError
from physlearn_spice.pulses import Corners, Exponential, Pulse
from physlearn_spice.stimulus import (
    Chirp,
    Multitone,
    Samples,
    Stimulus,
    Sum,
    Tone,
)
from physlearn_spice.waveforms import AmplitudeModulated, DampedSine, FrequencyModulated
from tests.benches import noise

RATE = 8000.0
TIME = np.arange(32_000) / RATE


STIMULI: list[Stimulus] = [
    Tone(0.7, 50.0, 0.3),
    Multitone((Tone(0.7, 50.0, 0.3), Tone(-0.2, 81.0))),
    Chirp(0.5, 20.0, 90.0, 0.2),
    noise(1),
    DampedSine(0.7, 50.0, 0.01, 3.0, 0.3),
    Pulse(-0.2, 1.0, 0.01, 0.02, 0.03, 0.04, 0.1, 2),
    Exponential(0.5, 1.0, 0.01, 0.05, 0.1, 0.02),
    FrequencyModulated(0.7, 50.0, 2.0, 9.0, 0.1, 0.2),
    AmplitudeModulated(0.7, 1.5, 3.0, 50.0, 0.01),
    Corners((0.0, 0.1, 0.1, 0.2), (0.0, 1.0, 2.0, 0.5), 0.03, 0.1),
    Sum((Tone(0.7, 50.0, 0.3), Exponential(0.5, 1.0, 0.01, 0.05, 0.1, 0.02))),
]


# --- laws ----------------------------------------------------------------------------------------


def test_tone_is_spice_sin() -> None:
    tone = Tone(2.0, 250.0, math.pi / 6)
    np.testing.assert_allclose(tone([0.0, 1e-3]), [1.0, math.sqrt(3.0)], rtol=1e-12)


def test_multitone_is_the_sum_of_its_tones() -> None:
    a, b = Tone(1.0, 50.0, 0.1), Tone(0.3, 120.0, 2.0)
    np.testing.assert_allclose(Multitone((a, b))(TIME), a(TIME) + b(TIME), atol=1e-15)


@pytest.mark.parametrize(("f_start", "f_stop"), [(100.0, 400.0), (400.0, 100.0)])
def test_chirp_frequency_moves_linearly(f_start: float, f_stop: float) -> None:
    chirp = Chirp(1.0, f_start, f_stop, 4.0)
    spectrum = np.fft.fft(chirp(TIME))
    spectrum[TIME.size // 2 :] = 0.0
    phase = np.unwrap(np.angle(np.fft.ifft(spectrum)))
    frequency = np.gradient(phase, TIME) / (2 * np.pi)
    middle = slice(4000, -4000)
    expected = f_start + (f_stop - f_start) * TIME / 4.0
    np.testing.assert_allclose(frequency[middle], expected[middle], atol=1.0)


def test_chirp_is_zero_outside_its_duration() -> None:
    chirp = Chirp(1.0, 10.25, 20.25, 1.0)
    assert np.array_equal(chirp([-0.1, 1.001, 5.0]), np.zeros(3))
    assert abs(chirp([1.0])[0]) > 0.9


def test_samples_are_linear_between_and_zero_after() -> None:
    samples = Samples(np.array([1.0, 3.0, -1.0]), 10.0)
    assert samples.duration == pytest.approx(0.2)
    np.testing.assert_allclose(
        samples([-0.01, 0.0, 0.05, 0.1, 0.15, 0.2, 0.21]), [0.0, 1.0, 2.0, 3.0, 1.0, -1.0, 0.0]
    )


@pytest.mark.parametrize("stimulus", STIMULI, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize(("amplitude", "time"), [(1.0, 2.0), (-3.0, 1.0), (0.5, 0.01)])
def test_scaled_is_amplitude_times_v_of_t_over_time(
    stimulus: Stimulus, amplitude: float, time: float
) -> None:
    t = np.linspace(0.0, 0.3, 1234) * time
    scaled = stimulus.scaled(amplitude=amplitude, time=time)
    assert type(scaled) is type(stimulus)
    np.testing.assert_allclose(scaled(t), amplitude * stimulus(t / time), atol=1e-9)


def test_scaled_samples_last_longer() -> None:
    assert noise(1).scaled(time=2.0).duration == pytest.approx(2 * noise(1).duration)


@pytest.mark.parametrize("stimulus", STIMULI, ids=lambda s: type(s).__name__)
@pytest.mark.parametrize("time", [0.0, -1.0, math.nan, math.inf])
def test_scaled_refuses_a_bad_time(stimulus: Stimulus, time: float) -> None:
    with pytest.raises(StimulusError, match="scaled: time = "):
        stimulus.scaled(time=time)


def test_what_only_a_transient_knows_is_asked_of_it() -> None:
    pulse = Pulse(0.0, 1.0)
    with pytest.raises(StimulusError, match=r"pulse: rise comes from the transient; .*filled"):
        pulse(0.0)
    assert pulse.filled(1e-3, 1.0) == Pulse(0.0, 1.0, 0.0, 1e-3, 1e-3, 1.0, 1.0)
    assert Pulse(0.0, 1.0, rise=2.0).filled(1e-3, 1.0).rise == 2.0
    assert DampedSine(1.0).filled(1e-3, 0.5).frequency == 2.0
    assert pulse.scaled(2.0, 3.0) == Pulse(0.0, 2.0)


# --- values --------------------------------------------------------------------------------------


def test_samples_are_a_read_only_copy() -> None:
    given = np.array([1.0, 2.0, 3.0])
    samples = Samples(given, 10.0)
    given[0] = 7.0
    assert samples.values[0] == 1.0
    with pytest.raises(ValueError, match="read-only"):
        samples.values[0] = 5.0


def test_integer_samples_become_float() -> None:
    assert Samples(np.array([1, 2, 3]), 10.0).values.dtype == np.float64  # pyright: ignore[reportArgumentType]


def test_samples_equality_and_hash() -> None:
    a, b = Samples(np.array([0.0, 1.0]), 10.0, "x"), Samples(np.array([-0.0, 1.0]), 10.0, "x")
    assert a == b
    assert hash(a) == hash(b)
    for other in (
        Samples(np.array([0.0, 2.0]), 10.0, "x"),
        Samples(np.array([0.0, 1.0, 0.0]), 10.0, "x"),
        Samples(np.array([0.0, 1.0]), 11.0, "x"),
        Samples(np.array([0.0, 1.0]), 10.0, "y"),
        Tone(1.0, 1.0),
    ):
        assert a != other
    assert len({a, b}) == 1


def test_pickled_samples_stay_equal_and_read_only() -> None:
    copy: Samples = pickle.loads(pickle.dumps(noise(2)))
    assert copy == noise(2)
    assert not copy.values.flags.writeable


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Tone(math.nan, 1.0), "tone: amplitude = nan"),
        (lambda: Tone(math.inf, 1.0), "tone: amplitude = inf"),
        (lambda: Tone(1.0, 0.0), "tone: frequency = 0.0, must be positive"),
        (lambda: Tone(1.0, -3.0), "tone: frequency = -3.0"),
        (lambda: Tone(1.0, math.inf), "tone: frequency = inf"),
        (lambda: Tone(1.0, 1.0, math.nan), "tone: phase = nan"),
        (lambda: Multitone(()), "multitone: tones = "),
        (lambda: Chirp(math.nan, 1.0, 2.0, 1.0), "chirp: amplitude = nan"),
        (lambda: Chirp(1.0, 0.0, 2.0, 1.0), "chirp: f_start = 0.0"),
        (lambda: Chirp(1.0, 1.0, -2.0, 1.0), "chirp: f_stop = -2.0"),
        (lambda: Chirp(1.0, 1.0, 2.0, 0.0), "chirp: duration = 0.0"),
        (lambda: Samples(np.zeros(1), 1.0, "hum"), r"'hum': values .* shape \(1,\)"),
        (lambda: Samples(np.zeros((2, 2)), 1.0), r"values .* shape \(2, 2\)"),
        (lambda: Samples(np.zeros(3) * 1j, 1.0), "complex128"),  # pyright: ignore[reportArgumentType]
        (lambda: Samples(np.zeros(3), 0.0), "sample_rate = 0.0"),
        (lambda: Samples(np.array([0.0, 1.0, math.nan]), 1.0), r"values\[2\] = nan"),
    ],
)
def test_bad_values_name_the_field(make: Callable[[], Stimulus], message: str) -> None:
    with pytest.raises(StimulusError, match=message):
        make()


def test_amplitude_may_be_zero_or_negative() -> None:
    np.testing.assert_array_equal(Tone(0.0, 50.0)(TIME), np.zeros(TIME.size))
    np.testing.assert_allclose(Tone(-1.0, 50.0)(TIME), -Tone(1.0, 50.0)(TIME))


def test_the_module_is_quick_to_import() -> None:
    code = "import sys, physlearn_spice.stimulus; sys.exit('scipy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


# --- noise ---------------------------------------------------------------------------------------


def test_noise_has_the_rms_over_realisations() -> None:
    # 501 samples at 2 kHz put the bins 3.992 Hz apart: 50 of them lie in 100 to 300 Hz. The mean
    # square of one realisation is a sum of 50 exponential variables: its relative sigma 50^-1/2.
    seeds, bins = 400, 50
    squares = [float(np.mean(noise(seed).values ** 2)) for seed in range(seeds)]
    sigma = 0.25 / math.sqrt(bins * seeds)
    assert abs(np.mean(squares) - 0.25) < 3 * sigma
    spread = float(np.std(squares)) * math.sqrt(bins) / 0.25
    assert spread == pytest.approx(1.0, abs=3 / math.sqrt(2 * seeds))


def test_noise_is_flat_in_band_and_nothing_outside() -> None:
    power = np.mean([abs(np.fft.rfft(noise(seed).values)) ** 2 for seed in range(400)], axis=0)
    frequency = np.fft.rfftfreq(noise(0).values.size, 1 / 2000.0)
    inside = (frequency >= 100.0) & (frequency <= 300.0)
    assert inside.sum() == 50
    assert power[~inside].max() < 1e-20 * power[inside].min()
    deviation = (power[inside] / power[inside].mean() - 1) * math.sqrt(400)
    assert abs(deviation).max() < 5.0
    halves = power[inside][:25].mean() / power[inside][25:].mean() - 1
    assert abs(halves) < 3 * math.sqrt(2 / (25 * 400))


def test_noise_has_no_mean_shape() -> None:
    mean = np.mean([noise(seed).values for seed in range(400)], axis=0)
    assert abs(mean).max() < 5 * 0.5 / math.sqrt(400)


def test_noise_is_gaussian_from_its_first_sample_on() -> None:
    first = np.array([noise(seed).values[0] for seed in range(2000)]) / 0.5
    assert np.mean(first**2) == pytest.approx(1.0, abs=3 * math.sqrt(2 / 2000))
    assert np.mean(first**4) == pytest.approx(3.0, abs=3 * math.sqrt(96 / 2000))


def test_noise_up_to_half_the_sample_rate_has_no_mean() -> None:
    values = noise(3, f_low=0.0, f_high=1000.0).values
    assert abs(values.mean()) < 1e-15


def test_noise_lasts_as_long_as_asked() -> None:
    assert noise(1).duration == pytest.approx(0.25)


def test_same_seed_same_bytes() -> None:
    assert noise(5).values.tobytes() == noise(5).values.tobytes()
    assert noise(5) != noise(6)


@pytest.mark.parametrize(
    ("f_low", "f_high", "rms", "message"),
    [
        (100.0, 1001.0, 1.0, "f_high = 1001.0"),
        (300.0, 100.0, 1.0, "f_low = 300.0"),
        (-1.0, 100.0, 1.0, "f_low = -1.0"),
        (100.1, 100.2, 1.0, "no Fourier frequency between f_low = 100.1 and f_high = 100.2"),
        (100.0, 200.0, math.nan, "rms = nan"),
    ],
)
def test_noise_refuses_a_bad_band(f_low: float, f_high: float, rms: float, message: str) -> None:
    with pytest.raises(StimulusError, match=message):
        noise(1, rms, f_low, f_high)
