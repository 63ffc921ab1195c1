"""Poles found in sampled spectra are the network's natural frequencies."""

from __future__ import annotations

import math

import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Inductor, Resistor
from physlearn_spice.generators import EdgeModel, Fixed, complete
from physlearn_spice.measures import absorbed_power, admittance
from physlearn_spice.netlist import Ac, Deck, Source
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import simulate
from physlearn_spice.resonances import Resonance, peaks, resonances
from physlearn_spice.results import Spectrum
from tests.benches import series_rlc
from tests.reference import poles

SWEEP = Ac(5e3, 5e5, 200, "dec")


def spectrum_of(network: Network, sweep: Ac = SWEEP) -> Spectrum:
    (result,) = simulate(Deck(network, (sweep,), {"1": Source(ac=1.0)}))
    assert isinstance(result, Spectrum)
    return result


def bank(f0s: list[float], qs: list[float], inductance: float = 1e-3) -> Network:
    """Series resonators side by side on an ideal source: each keeps its own f0 and Q."""
    elements: list[Resistor | Inductor | Capacitor] = []
    for k, (f0, q) in enumerate(zip(f0s, qs, strict=True)):
        omega = 2 * math.pi * f0
        elements += [
            Resistor(f"r{k}", "n0", f"a{k}", omega * inductance / q),
            Inductor(f"l{k}", f"a{k}", f"b{k}", inductance),
            Capacitor(f"c{k}", f"b{k}", "0", 1 / (omega**2 * inductance)),
        ]
    return Network(tuple(elements), (Port("1", "n0"),))


# --- poles ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("quality_factor", [0.8, 21.0, 1e4])
def test_series_rlc_f0_q_and_bandwidth(quality_factor) -> None:
    network = series_rlc(quality_factor=quality_factor, f0=50e3)
    result = spectrum_of(network)
    (found,) = resonances(result.frequency, admittance(network, result))
    assert found.f0 == pytest.approx(50e3, rel=1e-9)
    assert found.quality_factor == pytest.approx(quality_factor, rel=1e-6)
    assert found.bandwidth == pytest.approx(50e3 / quality_factor, rel=1e-6)


def test_residue_of_a_series_rlc() -> None:
    """Y = (s / L) / (s^2 + s R / L + omega0^2), so the residue at p is (p / L) / (p - p*)."""
    network = series_rlc(quality_factor=21.0, f0=50e3)
    result = spectrum_of(network)
    (found,) = resonances(result.frequency, admittance(network, result))
    omega = 2 * math.pi * 50e3
    p = omega * (-1 / 42.0 + 1j * math.sqrt(1 - 1 / 42.0**2))
    assert found.residue == pytest.approx(p / 1e-3 / (p - p.conjugate()), rel=1e-6)


@pytest.mark.parametrize("r", [1.0, 10.0])
@pytest.mark.parametrize("n", [4, 5, 6])
def test_poles_of_random_networks(n, r) -> None:
    """Against the generalised eigenproblem of the nodal equations, every pole in both lists.

    1e-6 in f0 and Q. The samples are good to 1e-13 or so; a pole that hides between others loses
    up to 1e5 of that at Q = 30.
    """
    for seed in range(3):
        rng = np.random.default_rng(seed)
        network = complete(n, edge=EdgeModel(resistance=Fixed(r)), rng=rng)
        result = spectrum_of(network)
        driven = admittance(network, result, loaded=True)
        exact = poles(network, port_is_shorted=True)
        assert_same_poles(resonances(result.frequency, driven), exact)
        if n < 6:
            opened = 1 / admittance(network, result)
            exact = poles(network, port_is_shorted=False)
            assert_same_poles(resonances(result.frequency, opened), exact)


def assert_same_poles(found: list[Resonance], exact: np.ndarray) -> None:
    inside = exact[(np.abs(exact) > 2 * np.pi * 5e3) & (np.abs(exact) < 2 * np.pi * 5e5)]
    assert len(found) == len(inside)
    np.testing.assert_allclose([x.f0 for x in found], np.abs(inside) / 2 / np.pi, rtol=1e-6)
    q = np.abs(inside) / (2 * np.abs(inside.real))
    np.testing.assert_allclose([x.quality_factor for x in found], q, rtol=1e-6)


def test_overlapping_resonances_are_told_apart() -> None:
    """Half a bandwidth apart: one maximum, two poles."""
    f0s, qs = [49.5e3, 50.5e3], [25.0, 25.0]
    network = bank(f0s, qs)
    result = spectrum_of(network)
    found = resonances(result.frequency, admittance(network, result))
    np.testing.assert_allclose([x.f0 for x in found], f0s, rtol=1e-6)
    np.testing.assert_allclose([x.quality_factor for x in found], qs, rtol=1e-6)
    assert len(peaks(result.frequency, absorbed_power(network, result))) == 1


def test_only_resonances_within_the_band_are_given() -> None:
    network = bank([20e3, 50e3, 120e3], [30.0, 30.0, 30.0])
    result = spectrum_of(network, Ac(30e3, 100e3, 200, "dec"))
    (found,) = resonances(result.frequency, admittance(network, result))
    assert found.f0 == pytest.approx(50e3, rel=1e-6)


def test_resistors_and_single_stores_do_not_resonate() -> None:
    parts = (Resistor("r1", "n0", "a", 50.0), Inductor("l1", "a", "0", 1e-3))
    network = Network((*parts, Resistor("r2", "a", "0", 1e3)), (Port("1", "n0"),))
    result = spectrum_of(network)
    assert resonances(result.frequency, admittance(network, result)) == []


def test_sharp_pole_among_many_samples_is_not_missed() -> None:
    f0s, qs = [20e3, 50e3, 50.3e3, 200e3], [10.0, 3000.0, 40.0, 300.0]
    network = bank(f0s, qs)
    result = spectrum_of(network, Ac(5e3, 5e5, 2000, "dec"))
    found = resonances(result.frequency, admittance(network, result))
    np.testing.assert_allclose([x.f0 for x in found], f0s, rtol=1e-6)
    np.testing.assert_allclose([x.quality_factor for x in found], qs, rtol=1e-6)


def test_crowded_spectrum_with_enough_samples_gives_every_pole() -> None:
    """K_8, Q = 300, 21 poles in less than a decade."""
    rng = np.random.default_rng(3)
    network = complete(8, edge=EdgeModel(resistance=Fixed(1.0)), rng=rng)
    result = spectrum_of(network, Ac(5e3, 5e5, 1000, "dec"))
    exact = poles(network, port_is_shorted=False)
    assert_same_poles(resonances(result.frequency, 1 / admittance(network, result)), exact)


def test_poles_that_the_samples_do_not_determine_are_left_out() -> None:
    """K_8 at Q = 6: rounding decides where some of the 22 poles lie. Those given are right."""
    for seed in (1, 3):
        rng = np.random.default_rng(seed)
        network = complete(8, edge=EdgeModel(resistance=Fixed(50.0)), rng=rng)
        result = spectrum_of(network)
        with pytest.warns(UserWarning, match="not determined by the samples"):
            found = resonances(result.frequency, admittance(network, result, loaded=True))
        exact = poles(network, port_is_shorted=True)
        assert 0 < len(found) < len(exact)
        for x in found:
            p = min(exact, key=lambda pole: abs(abs(pole) / 2 / np.pi - x.f0))
            bandwidth = -2 * p.real / 2 / np.pi
            assert abs(x.f0 - abs(p) / 2 / np.pi) < 0.03 * bandwidth
            assert x.bandwidth == pytest.approx(bandwidth, rel=0.03)


def test_noisy_data_with_their_noise_as_tolerance() -> None:
    """Noise of 1e-5 of the maximum moves f0 by less than 1e-5 / Q and Q by less than 1e-3."""
    network = bank([30e3, 60e3, 110e3], [20.0, 20.0, 20.0])
    result = spectrum_of(network)
    y = admittance(network, result)
    rng = np.random.default_rng(1)
    noise = rng.standard_normal((2, len(y))) * 1e-5 * np.abs(y).max() / math.sqrt(2)
    found = resonances(result.frequency, y + noise[0] + 1j * noise[1], rtol=1e-4)
    strong = [x for x in found if abs(x.residue) > 100]  # 1 / 2L is 500; doublets are tiny
    np.testing.assert_allclose([x.f0 for x in strong], [30e3, 60e3, 110e3], rtol=1e-4)
    np.testing.assert_allclose([x.quality_factor for x in strong], 20.0, rtol=1e-2)


# --- peaks ---------------------------------------------------------------------------------------


def test_peaks_lie_at_well_separated_resonances() -> None:
    """20 bandwidths apart a neighbour's tail is 1/1600 of the height, its slope shifts nothing."""
    f0s, qs = [20e3, 50e3, 120e3], [40.0, 60.0, 50.0]
    network = bank(f0s, qs)
    result = spectrum_of(network, Ac(1e4, 3e5, 2000, "dec"))
    found = peaks(result.frequency, absorbed_power(network, result))
    poles_found = resonances(result.frequency, admittance(network, result))
    assert len(found) == len(poles_found) == 3
    for peak, pole, f0, q in zip(found, poles_found, f0s, qs, strict=True):
        assert pole.f0 == pytest.approx(f0, rel=1e-6)
        assert abs(peak.f0 - f0) < 0.01 * f0 / q
        # V^2 / (2 R) with R = omega L / Q; the other resonators add their tails
        height = q / (2 * math.pi * f0 * 1e-3) / 2
        assert peak.height == pytest.approx(height, rel=5e-3)
        assert peak.bandwidth == pytest.approx(f0 / q, rel=1e-2)
        assert peak.quality_factor == pytest.approx(q, rel=1e-2)


def test_peak_between_samples_is_refined_by_a_parabola() -> None:
    frequency = np.linspace(40e3, 60e3, 101)  # steps of 200 Hz, the top 90 Hz off a sample
    power = 1 / (1 + ((frequency - 50_090.0) / 1000.0) ** 2)
    (found,) = peaks(frequency, power)
    assert found.f0 == pytest.approx(50_090.0, abs=2.0)
    assert found.height == pytest.approx(1.0, rel=1e-3)
    assert found.bandwidth == pytest.approx(2000.0, rel=1e-2)


def test_bandwidth_is_nan_where_a_neighbour_holds_the_curve_up() -> None:
    frequency = np.linspace(40e3, 60e3, 2001)
    lorentz = [1 / (1 + ((frequency - f0) / 500.0) ** 2) for f0 in (49e3, 50.4e3)]
    found = peaks(frequency, lorentz[0] + lorentz[1], prominence_db=0.1)
    assert len(found) == 2
    assert all(math.isnan(peak.bandwidth) for peak in found)


def test_prominence_decides_what_is_a_peak() -> None:
    frequency = np.linspace(1.0, 2.0, 2001)
    power = 1.0 + 0.12 * np.sin(20 * np.pi * frequency)  # 1.05 dB from low to high
    assert len(peaks(frequency, power, prominence_db=1.0)) >= 9
    assert peaks(frequency, power, prominence_db=1.1) == []
    assert peaks(frequency, np.zeros(2001) + 1e-30) == []
