"""What stands at the port in a transient is the stimulus, in both engines and from any folder."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from physlearn_spice.elements import Resistor
from physlearn_spice.netlist import Deck, Source, Tran
from physlearn_spice.network import Port
from physlearn_spice.ngspice import Session, simulate, simulate_batch
from physlearn_spice.stimulus import Chirp, Multitone, Samples, Stimulus, Tone
from tests.benches import filter_deck

ENGINES = pytest.mark.parametrize("engine", [simulate, simulate_batch])
STEP = 2e-6
STOP = 1e-3
RATE = 44_100.0  # not a multiple of 1/STEP
SAMPLES = Samples(np.random.default_rng(0).standard_normal(36), RATE)  # ends at 0.79 ms < STOP
SIGNALS: dict[str, Stimulus] = {
    "tone": Tone(0.7, 30e3, 0.3),
    "multitone": Multitone((Tone(0.7, 30e3, 0.3), Tone(-0.2, 47e3), Tone(0.1, 11e3, 2.0))),
    "chirp": Chirp(1.0, 10e3, 50e3, 0.7e-3),
    "samples": SAMPLES,
}


def driven(stimulus: Stimulus, dc: float = 0.0, resistance: float = 0.0) -> Deck:
    network = filter_deck().network
    port = replace(network.port(), resistance=resistance)
    return Deck(
        replace(network, ports=(port,)),
        (Tran(STOP, STEP),),
        {"1": Source(dc=dc, waveform=stimulus)},
    )


@ENGINES
@pytest.mark.parametrize("dc", [0.0, 0.3])
@pytest.mark.parametrize("name", SIGNALS)
def test_port_voltage_is_the_stimulus(engine, name, dc, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)  # the data file of a sampled signal is not here
    stimulus = SIGNALS[name]
    (waves,) = engine(driven(stimulus, dc))
    # 1e-12: phases of 2 pi 30 rounded to 2^-52, times 1 V, are 1e-14; the rest is reserve
    np.testing.assert_allclose(waves.voltage("n0"), dc + stimulus(waves.time), rtol=0, atol=1e-12)
    assert not list(tmp_path.iterdir())


@ENGINES
def test_samples_are_met_at_their_times(engine) -> None:
    """Two instants in an interval fix its line, and so the samples at both of its ends."""
    (waves,) = engine(driven(SAMPLES))
    v, time = waves.voltage("n0"), waves.time
    at = np.arange(SAMPLES.values.size) / RATE
    for k in range(SAMPLES.values.size - 1):
        inside = np.flatnonzero((time > at[k]) & (time < at[k + 1]))
        line = np.polynomial.Polynomial.fit(time[inside], v[inside], 1, domain=at[k : k + 2])
        ends = line(at[k : k + 2])
        np.testing.assert_allclose(ends, SAMPLES.values[k : k + 2], rtol=0, atol=1e-12)
    assert np.all(v[time > SAMPLES.duration + 1e-9] == 0)


@ENGINES
def test_source_voltage_is_measured_before_the_source_resistance(engine) -> None:
    (waves,) = engine(driven(SIGNALS["tone"], 0.3, resistance=50.0))
    assert Port("1", "n0", resistance=50.0) == driven(SIGNALS["tone"], 0.3, 50.0).network.port()
    source = waves.voltage("n0") - 50.0 * waves.current("v1")
    # at rest at t = 0 every node is 0 V, whatever the source says
    expected = 0.3 + SIGNALS["tone"](waves.time)
    np.testing.assert_allclose(source[1:], expected[1:], rtol=0, atol=1e-12)


def test_same_deck_gives_the_same_bytes_twice() -> None:
    for stimulus in SIGNALS.values():
        one, other = (simulate(driven(stimulus))[0] for _ in range(2))
        batch = simulate_batch(driven(stimulus))[0]
        for name, values in one.vectors.items():
            assert np.array_equal(values, other.vectors[name])
            assert np.array_equal(values, batch.vectors[name])


def test_second_run_of_a_loaded_circuit_starts_the_samples_again() -> None:
    deck = driven(SAMPLES, 0.3)
    session = Session()
    session.load(deck)
    first, second = (session.run(deck.analyses[0]) for _ in range(2))
    assert np.array_equal(first.voltage("n0"), second.voltage("n0"))


def test_long_recording_is_met_at_every_sample() -> None:
    """100,000 samples, 2.3 s of sound: the same seed gives the same run, to the last bit.

    Linear between samples, so a value within an interval tells the error at its ends.
    """
    samples = Samples(np.random.default_rng(7).uniform(-1, 1, 100_000), RATE)
    divider = (Resistor("r1", "n0", "a", 1e3), Resistor("r2", "a", "0", 1e3))
    deck = driven(samples)
    deck = replace(
        deck,
        network=replace(deck.network, elements=divider),
        analyses=(Tran(samples.duration, 1 / RATE),),
    )
    (waves,), (again,) = simulate(deck), simulate(deck)
    visited = np.unique(np.floor(waves.time * RATE))
    assert visited.size >= 99_999
    np.testing.assert_allclose(waves.voltage("n0"), samples(waves.time), rtol=0, atol=1e-10)
    assert np.array_equal(waves.voltage("a"), again.voltage("a"))
