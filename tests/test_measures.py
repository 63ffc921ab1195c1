"""Powers, energies and the ledger obey their definitions, in spectra and on waveforms."""

from __future__ import annotations

import math

import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor, Varactor
from physlearn_spice.errors import NetworkError, PhyslearnError
from physlearn_spice.generators import EdgeModel, gnm
from physlearn_spice.measures import (
    absorbed_power,
    admittance,
    available_power,
    dissipated_at_tones,
    dissipated_power,
    ledger,
    mean_input_power,
    points_per_period,
    reflection,
    stored_energy,
)
from physlearn_spice.netlist import Ac, Deck, Source, Tran, at_frequencies
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import simulate, sweep
from physlearn_spice.results import Provenance, Spectrum, Waveforms
from physlearn_spice.stimulus import Tone
from tests.benches import series_rlc
from tests.reference import Solution

RS, AMPLITUDE = 75.0, 0.3
NETWORK = gnm(10, 20, edge=EdgeModel(), rng=np.random.default_rng(5), source_resistance=RS)
SWEEP = Ac(1e4, 2e5, 50, "lin")


@pytest.fixture(scope="module")
def spectrum() -> Spectrum:
    (result,) = simulate(Deck(NETWORK, (SWEEP,), {"1": Source(ac=AMPLITUDE)}))
    return result


@pytest.fixture(scope="module")
def exact() -> Solution:
    return Solution(NETWORK, SWEEP.frequencies, AMPLITUDE)


# --- spectra -------------------------------------------------------------------------------------
# rtol 1e-9: Q = 60 at most, so node voltages are good to 1e-13 and their differences to 1e-11


def test_power_of_each_resistor(spectrum, exact) -> None:
    powers = dissipated_power(NETWORK, spectrum)
    assert set(powers) == set(NETWORK.names(Resistor))
    for name, power in powers.items():
        e = NETWORK[name]
        expected = np.abs(exact.voltage(e.a, e.b)) ** 2 / (2 * e.value)
        np.testing.assert_allclose(power, expected.astype(float), rtol=1e-9)
    np.testing.assert_allclose(absorbed_power(NETWORK, spectrum), exact.power, rtol=1e-9)


def test_absorbed_power_enters_at_the_port_and_excludes_the_source_resistance(spectrum) -> None:
    current = -spectrum.current("v1")
    entering = np.real(spectrum.voltage("n0") * current.conj()) / 2
    given = np.real(AMPLITUDE * current.conj()) / 2
    absorbed = absorbed_power(NETWORK, spectrum)
    np.testing.assert_allclose(absorbed, entering, rtol=1e-9)
    np.testing.assert_allclose(given - absorbed, RS * np.abs(current) ** 2 / 2, rtol=1e-9)


def test_reactive_power_is_the_difference_of_stored_energies(spectrum) -> None:
    """Im(V I*) / 2 = 2 omega (W_magnetic - W_electric), from Tellegen's theorem."""
    energy = stored_energy(NETWORK, spectrum)
    magnetic = sum(energy[name] for name in NETWORK.names(Inductor))
    electric = sum(energy[name] for name in NETWORK.names(Capacitor))
    current = -spectrum.current("v1")
    reactive = np.imag(spectrum.voltage("n0") * current.conj()) / 2
    omega = 2 * np.pi * spectrum.frequency
    scale = (2 * omega * (magnetic + electric)).max()
    difference = 2 * omega * (magnetic - electric)
    np.testing.assert_allclose(difference, reactive, rtol=0, atol=1e-9 * scale)


def test_stored_energy_of_a_series_resonance() -> None:
    """On resonance both stores hold L I^2 / 4 on average, I = V / R, and Q = omega0 W / P."""
    network = series_rlc(quality_factor=40.0, f0=50e3)
    (result,) = simulate(Deck(network, (Ac(50e3, 50e3, 1, "lin"),), {"1": Source(ac=AMPLITUDE)}))
    energy, power = stored_energy(network, result), absorbed_power(network, result)
    expected = 1e-3 * (AMPLITUDE / network["r1"].value) ** 2 / 4
    np.testing.assert_allclose(energy["l1"], expected, rtol=1e-9)
    np.testing.assert_allclose(energy["c1"], expected, rtol=1e-9)
    stored = energy["l1"] + energy["c1"]
    np.testing.assert_allclose(2 * np.pi * 50e3 * stored / power, 40.0, rtol=1e-9)


def test_admittance_without_and_with_the_source_resistance(spectrum, exact) -> None:
    y = admittance(NETWORK, spectrum)
    np.testing.assert_allclose(y, exact.admittance, rtol=1e-9)
    loaded = admittance(NETWORK, spectrum, loaded=True)
    np.testing.assert_allclose(1 / loaded, RS + 1 / exact.admittance, rtol=1e-9)


def test_reflected_share_is_what_is_not_absorbed(spectrum) -> None:
    share = absorbed_power(NETWORK, spectrum) / available_power(AMPLITUDE, RS)
    s11 = reflection(NETWORK, spectrum)
    np.testing.assert_allclose(1 - np.abs(s11) ** 2, share, rtol=1e-9)
    assert share.max() < 1


@pytest.mark.parametrize(("r", "s11"), [(75.0, 0.0), (25.0, -0.5), (225.0, 0.5)])
def test_reflection_of_a_resistor(r, s11) -> None:
    network = Network((Resistor("r1", "n0", "0", r),), (Port("1", "n0", resistance=75.0),))
    (result,) = simulate(Deck(network, (Ac(1e3, 1e3, 1, "lin"),), {"1": Source(ac=1.0)}))
    np.testing.assert_allclose(reflection(network, result), s11, atol=1e-14)
    share = absorbed_power(network, result) / available_power(1.0, 75.0)
    np.testing.assert_allclose(share, 1 - s11**2, rtol=1e-12)


def test_available_power_is_the_most_a_source_can_give() -> None:
    load = np.geomspace(1.0, 1e4, 401)
    given = (2.0 / (RS + load)) ** 2 * load / 2
    assert available_power(2.0, RS) == pytest.approx(4.0 / (8 * RS))
    assert given.max() == pytest.approx(float(available_power(2.0, RS)), rel=1e-3)
    assert given.max() <= available_power(2.0, RS)
    assert np.all(np.isinf(available_power([1.0, 2.0], 0.0)))


def test_network_without_resistors_absorbs_nothing() -> None:
    network = Network((Capacitor("c1", "n0", "0", 1e-9),), (Port("1", "n0", resistance=RS),))
    (result,) = simulate(Deck(network, (SWEEP,), {"1": Source(ac=1.0)}))
    assert np.array_equal(absorbed_power(network, result), np.zeros(50))


def test_second_port_is_chosen_by_name() -> None:
    """Reciprocity: with port a driven, port b sees its own termination from outside."""
    parts = (Resistor("r1", "x", "y", 30.0), Resistor("r2", "y", "0", 60.0))
    network = Network(parts, (Port("a", "x", resistance=50.0), Port("b", "y", resistance=20.0)))
    (result,) = simulate(Deck(network, (Ac(1e3, 1e3, 1, "lin"),), {"b": Source(ac=1.0)}))
    seen = 1 / 60.0 + 1 / (30.0 + 50.0)  # from y: r2, and r1 with port a's termination
    np.testing.assert_allclose(admittance(network, result, "b"), seen, rtol=1e-12)
    # the current into port a is minus what flows out into its termination
    np.testing.assert_allclose(admittance(network, result, "a"), -1 / 50.0, rtol=1e-12)
    with pytest.raises(NetworkError, match="no port 'c'"):
        admittance(network, result, "c")


# --- waveforms -----------------------------------------------------------------------------------


def resistor_waves(time: np.ndarray, v: np.ndarray, r: float = 10.0) -> tuple[Network, Waveforms]:
    network = Network((Resistor("r1", "n0", "0", r),), (Port("1", "n0"),))
    return network, Waveforms({"v(n0)": v, "i(v1)": -v / r}, Provenance("hand", ""), time)


def test_mean_input_power_of_a_tone_on_uneven_steps() -> None:
    """V^2 / (2 R). A plain mean over points would lean to where they are dense."""
    rng = np.random.default_rng(0)
    time = np.concatenate([[0.0], np.sort(rng.uniform(0, 10, 3000) ** 2 / 10), [10.0]])
    network, waves = resistor_waves(time, np.sin(2 * np.pi * time))
    power = mean_input_power(network, waves)
    # trapezoids: sum of h^3 p'' / 12 with p'' <= (4 pi)^2 V^2 / 2R, where h is largest
    bound = np.sum(np.diff(time) ** 3) * (4 * np.pi) ** 2 / 12 / 10
    assert power == pytest.approx(1 / 20, rel=bound)
    assert bound < 2e-3
    assert abs(np.mean(waves.voltage("n0") ** 2 / 10) * 20 - 1) > 5 * bound


def test_mean_input_power_is_exact_where_power_is_linear() -> None:
    time = np.array([0.0, 0.01, 0.4, 0.5, 1.7, 2.0])
    network, waves = resistor_waves(time, np.sqrt(time))
    assert mean_input_power(network, waves) == pytest.approx(0.1, rel=1e-12)
    assert mean_input_power(network, waves, since=1.0) == pytest.approx(0.15, rel=1e-12)


@pytest.mark.parametrize("n", [8, 46])
def test_mean_input_power_is_exact_for_few_even_steps(n) -> None:
    """Products at the instants: no factor cos(omega h / 2)^2, which is 0.85 at 8 per period."""
    time = np.linspace(0.0, 5.0, 5 * n + 1)
    network, waves = resistor_waves(time, np.sin(2 * np.pi * time))
    assert mean_input_power(network, waves) == pytest.approx(1 / 20, rel=1e-12)


def test_mean_input_power_since_counts_from_there() -> None:
    time = np.linspace(0.0, 4.0, 401)
    network, waves = resistor_waves(time, np.where(time < 2, 0.0, 3.0))
    assert mean_input_power(network, waves, since=2.0) == pytest.approx(0.9, rel=1e-12)
    assert mean_input_power(network, waves, since=3.005) == pytest.approx(0.9, rel=1e-12)
    assert mean_input_power(network, waves) == pytest.approx(0.45, rel=5e-3)  # one step of 0.01


@pytest.mark.parametrize("quality_factor", [5.0, 30.0, 300.0, 3000.0])
@pytest.mark.parametrize("tolerance", [1e-2, 1e-3, 1e-5])
def test_points_per_period_keep_the_power_within_tolerance(quality_factor, tolerance) -> None:
    """Trapezoidal steps solve the circuit exactly at the warped tan(omega h / 2) 2 / h."""
    n = points_per_period(quality_factor, tolerance)
    detuning = (n / math.pi) * math.tan(math.pi / n)
    error = 1 - 1 / (1 + quality_factor**2 * (detuning - 1 / detuning) ** 2)
    # the rule is its leading term: the next is (omega h)^2 / 5 of it, less than 2 % at N >= 20
    assert error < 1.03 * tolerance
    if n > 20:  # not wasteful: 10 % fewer steps would break it
        detuning = (0.9 * n / math.pi) * math.tan(math.pi / (0.9 * n))
        assert 1 - 1 / (1 + quality_factor**2 * (detuning - 1 / detuning) ** 2) > tolerance


def test_ledger_names_where_the_energy_went() -> None:
    network = Network(
        (
            Resistor("r1", "x", "y", 100.0),
            Inductor("l1", "y", "z", 1e-3),
            Capacitor("c1", "z", "0", 1e-9),
            Varactor("c2", "z", "0", 1e-10),
            Diode("d1", "0", "z"),
        ),
        (Port("a", "x", resistance=50.0), Port("b", "z", resistance=1e3)),
    )
    sources = {
        "a": Source(waveform=Tone(1.0, 1e5)),
        "b": Source(dc=0.2, waveform=Tone(0.5, 1.3e5)),
    }
    (waves,) = simulate(Deck(network, (Tran(1e-4, 2e-8),), sources))
    account = ledger(network, waves)
    assert set(account.energy_in) == set(account.source_loss) == {"a", "b"}
    assert set(account.dissipated) == {"r1", "d1"}
    assert set(account.stored) == {"l1", "c1", "c2"}
    for total, parts in (
        (account.energy_in_t, account.energy_in),
        (account.dissipated_t, account.dissipated),
        (account.stored_t, account.stored),
    ):
        assert total[-1] == pytest.approx(sum(parts.values()), rel=1e-12)
    assert abs(account.residual) < 1e-4  # 500 steps per period beside a soft diode
    # what a source gives is its voltage times its current; part stays in its resistance
    time, current = waves.time, -waves.current("va")
    power = Tone(1.0, 1e5)(time) * current
    given = np.sum((power[1:] + power[:-1]) / 2 * np.diff(time))
    assert account.energy_in["a"] + account.source_loss["a"] == pytest.approx(given, rel=1e-3)
    assert account.stored["l1"] == pytest.approx(5e-4 * waves.current("l1")[-1] ** 2, rel=1e-12)


def test_ledger_shows_what_is_missing() -> None:
    time = np.linspace(0.0, 1.0, 11)
    network, waves = resistor_waves(time, np.ones(11))
    network = network.with_values(["r1"], [20.0])  # only half of what enters is accounted for
    assert ledger(network, waves).residual == pytest.approx(0.5)


def test_ledger_of_a_dead_circuit_is_zero() -> None:
    network, waves = resistor_waves(np.linspace(0.0, 1.0, 3), np.zeros(3))
    assert ledger(network, waves).residual == 0.0


def test_powers_at_tones_add_and_mind_the_order() -> None:
    network = series_rlc(quality_factor=5.0, f0=50e3)
    tones = (Tone(2.0, 70e3), Tone(1.0, 50e3))
    one_by_one = sum(
        float(dissipated_power(network, sweep(network, *at_frequencies([tone.frequency])))["r1"][0])
        * tone.amplitude**2
        for tone in tones
    )
    ascending = sweep(network, *at_frequencies(tone.frequency for tone in tones))
    assert list(ascending.frequency) == [50e3, 70e3]
    together = dissipated_at_tones(network, ascending, tones[::-1])
    assert together["r1"] == pytest.approx(one_by_one, rel=1e-12)
    for wrong in (tones, tones[:1], (*tones, tones[0])):
        with pytest.raises(PhyslearnError, match="tones' frequencies"):
            dissipated_at_tones(network, ascending, wrong)
