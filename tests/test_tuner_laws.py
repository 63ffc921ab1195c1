"""Long walks on the compiled loop settle where noise, brake and detector say."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from physlearn_spice import Capacitor, Inductor, Network, PhyslearnError, Port, Resistor, Tone
from physlearn_spice.tuner import Bounds, Detector, Tuner, forget, global_brake
from physlearn_spice.tuner.laws import exponent, exponent_seen, stationary
from physlearn_spice.tuner.listening import listening
from physlearn_spice.tuner.together import walk_together

# Q = 21; x = ln(C / C_resonance), and Rs = 0, so that Pmax = V^2 / 2R
R, L, F = 15.0, 1e-3, 50e3
C = 1 / ((2 * np.pi * F) ** 2 * L)
P_MAX = 1 / (2 * R)
PREF = 0.02  # Pmax
ALL, NEAR = (-3.0, 1.6), (-0.5, 0.5)
SERIES = Network(
    (Resistor("r", "a", "b", R), Inductor("l", "b", "c", L), Capacitor("c", "c", "0", C)),
    (Port("1", "a", "0", 0.0),),
)


def share_of_maximum(within: tuple[float, float]) -> NDArray[np.float64]:
    """P / Pmax at points evenly in x."""
    x = np.linspace(*within, 100_001)
    return 1 / (1 + (2 * np.pi * F * L * (1 - np.exp(-x)) / R) ** 2)


def shares(tuner: Tuner, within: tuple[float, float], n: int, seed: int) -> NDArray[np.float64]:
    """P / Pmax (8, n) of eight walkers, once they have forgotten where they began."""
    at_resonance = np.log([C])
    steps = walk_together(
        listening(SERIES, (Tone(1.0, F),), ("c",)),
        at_resonance + within[0] / 3,
        tuner=replace(tuner, warm_up=0, reference=PREF * P_MAX),
        bounds=Bounds(at_resonance + within[0], at_resonance + within[1]),
        rngs=[np.random.default_rng([seed, k]) for k in range(8)],
        n_evaluations=n + 10_000,
    )
    return np.concatenate([powers for _, powers in steps], axis=1)[:, 10_000:] / P_MAX


def mean_and_error(of_walkers: NDArray[np.float64]) -> tuple[float, float]:
    """Mean over eight walkers' means, and its standard error."""
    means = of_walkers.mean(axis=1)
    return float(means.mean()), float(means.std(ddof=1) / np.sqrt(len(means)))


@pytest.mark.parametrize(("s0", "k"), [(0.1, 0.5), (0.1, 1.0), (0.07, 0.75)])
def test_share_in_band_is_itos(s0: float, k: float) -> None:
    seen, error = mean_and_error(
        shares(Tuner(global_brake(k), forget, s0), ALL, 200_000, seed=1) > 0.5
    )
    at = share_of_maximum(ALL)
    log_sigma = -k * np.log1p(at / PREF)
    law = {m: float(stationary(log_sigma, m)[at > 0.5].sum()) for m in (1, 2)}
    assert error < 0.015
    assert abs(seen - law[2]) < 0.03
    assert seen - law[1] > 6 * error  # not Stratonovich's


def test_plain_walk_and_inverted_sign_obey_the_same_law() -> None:
    """The mean power is within 5 %, or three errors; inverted, the brake flees resonance."""
    means: list[float] = []
    at = share_of_maximum(NEAR)
    for k, s0 in ((0.5, 0.03), (0.0, 0.02), (-0.5, 0.005)):
        seen, error = mean_and_error(
            shares(Tuner(global_brake(k), forget, s0), NEAR, 300_000, seed=2)
        )
        law = float(stationary(-k * np.log1p(at / PREF), 2.0) @ at)
        assert abs(seen - law) < max(0.05 * law, 3 * error)
        assert error < 0.05 * law
        means.append(seen)
    assert all(one > 1.5 * another for one, another in pairwise(means))


CORRELATION = 4.0
LAGS = [
    *((r, Detector(time=r * CORRELATION)) for r in (0.0, 0.3, 1.0, 3.0)),
    *((r, Detector(delay=round(r * CORRELATION))) for r in (0.25, 1.0, 3.0)),
]


@pytest.mark.parametrize(("r", "detector"), LAGS)
def test_detector_decides_the_exponent(r: float, detector: Detector) -> None:
    tuner = Tuner(global_brake(0.5), forget, 0.025, correlation=CORRELATION, detector=detector)
    log_sigma = -0.5 * np.log1p(share_of_maximum(NEAR) / PREF)
    seen = -0.5 * np.log1p(shares(tuner, NEAR, 250_000, seed=3) / PREF)
    of_walkers = [exponent_seen(log_sigma, float(one.mean())) for one in seen]
    error = np.std(of_walkers, ddof=1) / np.sqrt(8)
    m = exponent_seen(log_sigma, float(seen.mean()))
    limit = 2 - np.exp(-r) if detector.delay else (1 + 2 * r) / (1 + r)
    assert error < 0.08
    assert abs(m - limit) < 0.15 + error
    assert abs(m - exponent(CORRELATION, detector)) < 3 * error


def test_exponents_of_long_times_are_the_known_ones() -> None:
    assert exponent(0.0, Detector(time=9.0, delay=3)) == 2.0
    for r in (0.0, 0.3, 1.0, 3.0):
        assert exponent(1e4, Detector(time=r * 1e4)) == pytest.approx(
            (1 + 2 * r) / (1 + r), abs=1e-3
        )
        late = exponent(1e4, Detector(delay=round(r * 1e4)))
        assert late == pytest.approx(2 - np.exp(-r), abs=1e-3)
    with pytest.raises(PhyslearnError, match="reservoir has no stationary law"):
        exponent(1.0, Detector(time=3.0, stores=True))


def test_exponent_is_found_again() -> None:
    log_sigma = -0.5 * np.log1p(share_of_maximum(ALL) / PREF)
    for m in (-1.0, 1.3, 2.0):
        mean = float(stationary(log_sigma, m) @ log_sigma)
        assert exponent_seen(log_sigma, mean) == pytest.approx(m, abs=1e-9)
    with pytest.raises(PhyslearnError, match="no exponent"):
        exponent_seen(log_sigma, 1.0)
