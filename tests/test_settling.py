"""The settling test: it must see what still moves, however slowly, and what repeats."""

from __future__ import annotations

import json
import math
import pickle
from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from physlearn_spice.cli.app import app
from physlearn_spice.elements import (
    Capacitor,
    CubicConductance,
    Diode,
    Inductor,
    Resistor,
    SaturatingInductor,
    Varactor,
)
from physlearn_spice.errors import PhyslearnError
from physlearn_spice.generators import EdgeModel, Fixed, LogUniform, gnm, square_lattice
from physlearn_spice.linear import sweep
from physlearn_spice.measures import absorbed_power
from physlearn_spice.modes import natural_modes
from physlearn_spice.netlist import Deck, Source, Tran, at_frequencies, to_spice
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import Session, simulate
from physlearn_spice.results import Provenance, Waveforms
from physlearn_spice.settling import common_period, settled_power
from physlearn_spice.steady import steady_power
from physlearn_spice.stimulus import Multitone, Tone
from tests.benches import series_rlc

OHM = Network((Resistor("r1", "a", "0", 1.0),), (Port("1", "a"),))
SINE = 2 * math.pi


def judged(voltage: Callable[[np.ndarray], np.ndarray], n: int, **how):
    """Judge n periods of 1 s of a voltage across 1 Ohm."""
    time = np.arange(n * 40 + 1) / 40
    v = voltage(time)
    waves = Waveforms({"v(a)": v, "i(v1)": -v}, Provenance("", ""), time)
    return settled_power(OHM, waves, 1.0, **how)


def plus(extra: Callable[[np.ndarray], np.ndarray]) -> Callable[[np.ndarray], np.ndarray]:
    return lambda t: np.sin(SINE * t) + extra(t)


# --- waveforms whose limit is known --------------------------------------------------------------


def test_a_slow_ring_up_is_not_settled_until_it_is() -> None:
    """Q = 1e4: each period differs by 1e-4 of what is missing from the one before."""
    tau = 1e4 / math.pi
    for n in (20, 100, 1000, 5000, 15000):
        found = judged(lambda t: -np.expm1(-t / tau) * np.sin(SINE * t), n)
        assert not found.settled
        assert found.periods == n
        assert "did not settle" in found.message
        assert ("any amount" in found.message) == math.isinf(found.change)
        left = math.exp(-n / tau)
        assert found.change > 0.5 * left  # it must not be called less than it is
    found = judged(lambda t: -np.expm1(-t / tau) * np.sin(SINE * t), 45000)
    assert found.settled
    assert found.power == pytest.approx(0.5, rel=1e-3)
    # the last whose power is 1e-3 away: 2 exp(-n / tau) = 1e-3
    assert found.periods == pytest.approx(math.log(2e3) * tau, rel=0.05)


@pytest.mark.parametrize(
    "extra",
    [
        lambda t: 0.05 * -np.expm1(-t / 3000) * np.sin(SINE * t + 1),  # a small share, slowly
        lambda t: 0.1 * np.exp(-t / 20) * np.sin(SINE * t) + 0.05 * np.exp(-t / 2000),
        lambda t: np.exp(-t / 8) + 0.02 * -np.expm1(-t / 500) * np.sin(SINE * t),
        lambda t: 0.3 * np.sin(SINE * t * 0.618034),  # quasi-periodic
        lambda t: 0.3 * np.sin(SINE * t * 1.00031),  # a beat of 3000 periods
        lambda t: 0.002 * np.sin(SINE * t * 1.00031),
        lambda t: 0.3 * np.sin(SINE * t / 5),  # a repeat that is not looked for
        lambda t: 0.3 * np.exp(-t / 1000) * np.sin(SINE * t / 2),  # a doubling that will end
        lambda t: 0.3 * np.exp(-t / 150) * np.sin(SINE * t * 1.01),
        lambda t: 1e-4 * np.expm1(t / 80) * np.sin(SINE * t),  # unstable
        lambda t: 5e-5 * np.expm1(t / 100) * np.sin(SINE * t),
        lambda t: 3e-3 * np.random.default_rng(0).standard_normal(len(t)),
    ],
)
def test_what_moves_is_not_settled(extra) -> None:
    for n in (100, 200, 400):
        assert not judged(plus(extra), n).settled


def test_no_sum_of_decays_is_called_settled_that_is_not() -> None:
    """Up to three terms that decay or beat, in 1/100 to 3 times the record."""
    n_settled = 0
    for seed in range(400):
        rng = np.random.default_rng(seed)
        n = int(10 ** rng.uniform(1.2, 2.7))
        terms = [
            (
                10 ** rng.uniform(-3, 0),
                n * 10 ** rng.uniform(-2, 0.5),
                SINE * (1 + rng.choice([0, 0, 10 ** rng.uniform(-3, -0.5)])),
                rng.uniform(0, SINE),
            )
            for _ in range(rng.integers(1, 4))
        ]
        found = judged(
            plus(
                lambda t, ts=terms: sum(a * np.exp(-t / k) * np.sin(w * t + p) for a, k, w, p in ts)
            ),
            n,
        )
        if found.settled:
            n_settled += 1
            assert found.power == pytest.approx(0.5, rel=1e-3), seed
    assert n_settled > 80


def test_a_term_of_a_thousandth_is_seen_in_an_eighth_of_its_time_constant() -> None:
    assert not judged(plus(lambda t: 0.0012 * -np.expm1(-t / 3000) * np.sin(SINE * t)), 400).settled


def test_a_beat_that_dies_is_settled_when_it_has_died() -> None:
    """Where it turns, the power of two periods is the same long before."""
    for n in (400, 600, 800, 1000, 1200, 1600):
        found = judged(plus(lambda t: 0.3 * np.exp(-t / 100) * np.sin(SINE * t * 1.01)), n)
        left = 0.3 * math.exp(-(n - 1) / 100)
        assert found.settled or n < 1300
        if found.settled:
            assert found.power == pytest.approx(0.5, rel=1e-3)
            assert found.change > 0.3 * left or left < 1e-5
            assert found.periods == pytest.approx(
                100 * math.log(600), rel=0.1
            )  # 2 a is the power's
    assert found.settled


def test_a_subharmonic_repeats_every_few_periods() -> None:
    for repeat in (2, 3, 4):
        found = judged(plus(lambda t, m=repeat: 0.3 * np.sin(SINE * t / m)), 100)
        assert (found.settled, found.repeat) == (True, repeat)
        assert found.power == pytest.approx(0.545, rel=1e-5)
        assert f"repeats every {repeat} periods" in found.message


def test_trembling_and_silence_are_settled() -> None:
    tremble = np.random.default_rng(0)
    found = judged(plus(lambda t: 1e-4 * tremble.standard_normal(len(t))), 100)
    assert (found.settled, found.repeat, found.periods) == (True, 1, 0)
    for n in range(60, 600, 60):  # slower than a record, it is below what counts
        found = judged(plus(lambda t: 1e-6 * np.sin(SINE * t * 1.001)), n)
        assert (found.settled, found.periods) == (True, 0)
    found = judged(np.zeros_like, 40)
    assert (found.settled, found.power, found.change) == (True, 0.0, 0.0)


def test_a_short_record_is_no_record() -> None:
    with pytest.raises(PhyslearnError, match="12 periods long: 13 are needed"):
        judged(np.sin, 12)
    assert judged(plus(np.zeros_like), 13).settled


def test_the_common_period_of_tones() -> None:
    def period(*frequencies: float) -> float | None:
        return common_period([Tone(1.0, f) for f in frequencies])

    assert period(50.0) == pytest.approx(0.02)
    assert period(50.0, 75.0) == pytest.approx(0.04)
    assert period(300.0, 200.0, 500.0) == pytest.approx(0.01)
    assert period(1e3, 1.001e3) == pytest.approx(1.0)
    assert period(1e3, 1.0001e3) is None
    assert period(1.0, math.sqrt(2)) is None
    assert period() is None
    assert common_period([Tone(0.0, math.pi), Tone(1.0, 2.0)]) == 0.5


# --- transients of networks ----------------------------------------------------------------------

EDGES = (
    EdgeModel(resistance=LogUniform(20.0, 100.0)),
    EdgeModel("one-of", inductor_esr=Fixed(20.0), resistance=Fixed(300.0)),
    EdgeModel(resistance=Fixed(100.0)),
)


@pytest.mark.parametrize("seed", range(21))
def test_the_steady_power_of_a_linear_network_is_that_of_ac(seed) -> None:
    rng = np.random.default_rng(seed)
    edge, n = EDGES[seed % 3], int(rng.integers(3, 6))
    if seed % 2:
        network = gnm(n, int(rng.integers(n - 1, n * (n - 1) // 2 + 1)), edge=edge, rng=rng)
    else:
        network = square_lattice(2, int(rng.integers(1, 4)), edge=edge, rng=rng)
    modes = natural_modes(network)
    on_a_mode = bool(modes) and rng.random() < 0.6
    f = modes[int(rng.integers(len(modes)))].f0 if on_a_mode else 10 ** rng.uniform(3.5, 5)
    found = steady_power(network, Tone(2.0, f))
    exact = 4 * float(absorbed_power(network, sweep(network, *at_frequencies([f])))[0])
    assert found.settled
    assert found.power == pytest.approx(exact, rel=1e-3)
    assert found.power_in == pytest.approx(exact, rel=1e-3)


def test_a_sharp_mode_takes_as_long_as_it_rings() -> None:
    network = series_rlc(quality_factor=60.0)
    found = steady_power(network, Tone(1.0, 50e3))
    assert found.settled
    # what is left of the amplitude falls to half of the tolerance of 1e-3
    assert found.periods == pytest.approx(60 / math.pi * math.log(2e3), rel=0.15)
    short = steady_power(network, Tone(1.0, 50e3), most_steps=20_000)
    assert not short.settled
    assert pickle.loads(pickle.dumps(short)) == short
    with pytest.raises(PhyslearnError, match="raise most_steps"):
        steady_power(network, Tone(1.0, 50e3), most_steps=100)


def test_tones_without_a_common_period_need_a_window() -> None:
    network = series_rlc(quality_factor=5.0, source_resistance=20.0)
    tones = (Tone(1.0, 40e3), Tone(0.5, 40e3 * math.sqrt(2)))
    with pytest.raises(PhyslearnError, match="give a window"):
        steady_power(network, Multitone(tones))
    at_each = absorbed_power(network, sweep(network, *at_frequencies([t.frequency for t in tones])))
    exact = sum(t.amplitude**2 * p for t, p in zip(tones, at_each, strict=True))
    found = steady_power(network, Multitone(tones), window=2e-4, tolerance=2e-2)
    assert found.settled
    assert found.power == pytest.approx(exact, rel=2e-2)
    fifth = Multitone((tones[0], Tone(0.5, 60e3)))
    exact = at_each[0] + 0.25 * absorbed_power(network, sweep(network, *at_frequencies([60e3])))[0]
    session = Session()
    assert steady_power(network, fifth, session=session).power == pytest.approx(exact, rel=1e-3)
    assert "sin(" in session.loaded


def mean_power_in(network: Network, drive: Tone, n: int, n_points: int) -> tuple[float, np.ndarray]:
    """Mean power over the last half of n periods, by sums; and v(b) at their beginnings."""
    period = 1 / drive.frequency
    options = {"reltol": 1e-6, "trtol": 7000.0}
    deck = Deck(
        network, (Tran(n * period, period / n_points),), {"1": Source(waveform=drive)}, "", options
    )
    (waves,) = simulate(deck)
    assert isinstance(waves, Waveforms)
    power = -waves.voltage("n0") * waves.current("v1")
    steps = (power[1:] + power[:-1]) / 2 * np.diff(waves.time)
    middle = int(np.searchsorted(waves.time, n // 2 * period))
    mean = float(steps[middle:].sum() / (waves.time[-1] - waves.time[middle]))
    return mean, np.interp(np.arange(n // 2, n) * period, waves.time, waves.voltage("b"))


def clipped(amplitude: float) -> tuple[Network, Tone]:
    parts = (
        Resistor("r1", "n0", "a", 20.0),
        Inductor("l1", "a", "b", 1e-3),
        Capacitor("c1", "b", "0", 1e-8),
        Diode("d1", "b", "0"),
        Diode("d2", "0", "b"),
    )
    return Network(parts, (Port("1", "n0", resistance=10.0),)), Tone(amplitude, 6e4)


def test_the_power_of_a_cubic_conductance_is_that_of_its_law() -> None:
    g1, g3, v = 1e-3, 2e-3, 2.0
    parts = (CubicConductance("r1", "n0", "0", g1, g3), Resistor("r2", "n0", "0", 1e3))
    found = steady_power(Network(parts, (Port("1", "n0"),)), Tone(v, 1e3))
    assert found.settled
    assert found.power == pytest.approx((g1 + 1e-3) * v**2 / 2 + 3 / 8 * g3 * v**4, rel=1e-3)


@pytest.mark.parametrize(("amplitude", "saturation"), [(0.03, 1e3), (30.0, 1.0)])
def test_a_resonator_with_a_core_settles_as_its_losses_say(amplitude, saturation) -> None:
    """Far below its saturation it is a linear one; above, what enters is what is dissipated."""
    parts = (
        Resistor("r1", "n0", "a", 20.0),
        SaturatingInductor("l1", "a", "b", 1e-3, 1e-4, saturation),
        Capacitor("c1", "b", "0", 1e-8),
    )
    network = Network(parts, (Port("1", "n0"),))
    f0 = 1 / (2 * math.pi * math.sqrt(1e-11))
    found = steady_power(network, Tone(amplitude, f0))
    assert found.settled
    assert found.power_in == pytest.approx(found.power, rel=1e-3)
    if amplitude / 20 < saturation:
        assert found.power == pytest.approx(amplitude**2 / 40, rel=2e-3)
        # its amplitude grows by 1 - exp(-pi n / Q)
        quality = math.sqrt(1e-3 / 1e-8) / 20
        assert found.periods == pytest.approx(quality / math.pi * math.log(2e3), rel=0.2)


@pytest.mark.parametrize("amplitude", [0.1, 1.0, 10.0])
def test_an_antiparallel_pair_takes_what_it_takes_in_a_run_ten_times_longer(amplitude) -> None:
    network, tone = clipped(amplitude)
    found = steady_power(network, tone)
    assert found.settled
    longer, _ = mean_power_in(network, tone, 10 * max(found.periods, 30), 400)
    assert found.power == pytest.approx(longer, rel=1e-3)
    assert found.power_in == pytest.approx(found.power, rel=1e-3)


def test_a_driven_varactor_diode_doubles_its_period() -> None:
    """The first step of the way to chaos of a resistor, an inductor and a diode."""
    parts = (
        Resistor("r1", "n0", "a", 30.0),
        Inductor("l1", "a", "b", 1e-3),
        Varactor("c1", "b", "0", 1e-9, 0.7, 0.5),
        Diode("d1", "b", "0", 1e-9, 1.6),
    )
    network = Network(parts, (Port("1", "n0"),))
    f0 = 1 / (2 * math.pi * math.sqrt(1e-12))
    for amplitude, repeat in ((0.8, 1), (4.0, 2)):
        tone = Tone(amplitude, f0)
        found = steady_power(network, tone)
        assert (found.settled, found.repeat) == (True, repeat)
        mean, strobe = mean_power_in(network, tone, 250, 200)
        assert found.power == pytest.approx(mean, rel=1e-3)
        apart = [abs(b - a) for a, b in pairwise(strobe)]
        swing = max(abs(strobe))
        assert (min(apart) > 0.1 * swing) == (repeat == 2)
        assert max(abs(strobe[2:] - strobe[:-2])) < 1e-2 * swing


def test_a_cubic_conductance_takes_its_share() -> None:
    """Of A sin: mean of g1 v^2 + g3 v^4 is g1 A^2 / 2 + 3 g3 A^4 / 8."""
    cubic = CubicConductance("r1", "a", "0", 1e-2, 2e-2)
    found = steady_power(Network((cubic,), (Port("1", "a"),)), Tone(1.5, 1e3))
    assert found.settled
    assert found.power == pytest.approx(1e-2 * 1.5**2 / 2 + 3 * 2e-2 * 1.5**4 / 8, rel=1e-3)
    assert found.power_in == pytest.approx(found.power, rel=1e-6)


def test_a_resonator_with_a_core_is_linear_for_small_signals_and_settles_for_large_ones() -> None:
    cubic = CubicConductance("r2", "b", "0", 1e-6, 1e-6)
    core = SaturatingInductor("l1", "a", "b", 1e-3, 1e-4, 5e-3)
    rest = Resistor("r1", "n0", "a", 60.0), Capacitor("c1", "b", "0", 1e-8)
    network = Network((*rest, core, cubic), (Port("1", "n0", resistance=10.0),))
    coil, leak = Inductor("l1", "a", "b", 1e-3), Resistor("r2", "b", "0", 1e6)
    at_rest = replace(network, elements=(*rest, coil, leak))
    exact = absorbed_power(at_rest, sweep(at_rest, *at_frequencies([50e3])))[0]
    small = steady_power(network, Tone(1e-3, 50e3))
    assert small.settled
    assert small.power == pytest.approx(1e-6 * exact, rel=1e-3)
    large = steady_power(network, Tone(3.0, 50e3))
    assert large.settled
    assert abs(large.power / (9 * exact) - 1) > 0.1
    longer, _ = mean_power_in(network, Tone(3.0, 50e3), 10 * max(large.periods, 30), 400)
    assert large.power == pytest.approx(longer, rel=1e-3)
    assert large.power_in == pytest.approx(large.power, rel=1e-3)


def test_a_vector_that_was_not_saved_is_named() -> None:
    time = np.arange(801) / 40
    waves = Waveforms({n: np.sin(SINE * time) for n in ("v(a)", "i(v1)")}, Provenance("", ""), time)
    coil = replace(OHM, elements=(*OHM.elements, Inductor("l1", "a", "0", 1.0)))
    with pytest.raises(PhyslearnError, match=r"i\(l1\) was not saved"):
        settled_power(coil, waves, 1.0)


# --- physlearn run -------------------------------------------------------------------------------


def test_run_says_whether_a_transient_has_settled(tmp_path: Path) -> None:
    network = series_rlc(quality_factor=10.0)
    source = {"1": Source(waveform=Tone(1.0, 50e3))}
    ohm = SINE * 50e3 * 1e-3 / 10
    for n, settled in ((15, False), (80, True)):
        deck = tmp_path / f"{n}.cir"
        deck.write_text(to_spice(Deck(network, (Tran(n * 2e-5, 2e-7),), source)))
        done = CliRunner().invoke(app, ["run", str(deck), "--json"])
        (account,) = json.loads(done.stdout[done.stdout.index("{") :])["analyses"]
        steady = account["steady"]
        assert steady["settled"] == settled
        assert steady["period_s"] == pytest.approx(2e-5)
        if settled:
            assert steady["power_W"] == pytest.approx(0.5 / ohm, rel=2e-3)
            assert steady["periods"] == pytest.approx(10 / math.pi * math.log(1e3), rel=0.2)
        assert (steady["message"] == f"settled after {steady['periods']} periods") == settled
    shown = CliRunner().invoke(app, ["run", str(deck)]).output
    assert steady["message"] in " ".join(shown.split())
    deck.write_text(to_spice(Deck(network, (Tran(1e-4, 2e-7),), source)))
    done = CliRunner().invoke(app, ["run", str(deck), "--json"])
    assert json.loads(done.stdout[done.stdout.index("{") :])["analyses"][0]["steady"] is None
