"""Both engines: they agree, a result is never another circuit's, and failures say what to do."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.elements import Capacitor, Diode, Inductor, Resistor, Varactor
from physlearn_spice.errors import DeckError, SimulationError
from physlearn_spice.generators import EdgeModel, gnm
from physlearn_spice.netlist import Ac, Deck, Op, Source, Tran, to_spice
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import Session, simulate, simulate_batch
from physlearn_spice.results import Result
from physlearn_spice.stimulus import Samples, Tone
from tests.benches import SWEEP, filter_deck

ENGINES = pytest.mark.parametrize("engine", [simulate, simulate_batch])


def assert_same_bits(one: Result, other: Result) -> None:
    assert one.vectors.keys() == other.vectors.keys()
    for name, values in one.vectors.items():
        assert np.array_equal(values, other.vectors[name]), name


def append_card(monkeypatch: pytest.MonkeyPatch, card: str) -> None:
    """Let both engines read decks with one more card, which no Deck can express."""

    def with_card(deck: Deck, analyses: object = None) -> str:
        return to_spice(deck, analyses).replace("\n.save", f"\n{card}\n.save")

    monkeypatch.setattr("physlearn_spice.netlist.text_deck.to_spice", with_card)
    monkeypatch.setattr("physlearn_spice.ngspice.batch.to_spice", with_card)


# --- agreement -----------------------------------------------------------------------------------


def test_engines_agree_bit_for_bit_in_every_analysis() -> None:
    network = Network(
        (
            Resistor("r1", "n0", "a", 100.0),
            Inductor("l1", "a", "b", 1e-3),
            Varactor("c1", "b", "0", 1e-9),
            Diode("d1", "b", "0"),
        ),
        (Port("1", "n0", resistance=50.0),),
    )
    source = Source(dc=0.4, ac=1.0, waveform=Tone(2.0, 1e5))
    deck = Deck(network, (Op(), SWEEP, Tran(1e-4, 1e-7, at_rest=False)), {"1": source})
    for one, other in zip(simulate(deck), simulate_batch(deck), strict=True):
        assert_same_bits(one, other)


@ENGINES
def test_bias_point_is_ohms_law(engine) -> None:
    deck = filter_deck(analyses=(Op(),), sources={"1": Source(dc=2.0)})
    (point,) = engine(deck)
    # 1e-9: ngspice stops iterating at reltol 1e-3 of nothing here, the circuit being linear
    assert point.current("l1") == pytest.approx(2.0 / (50.0 + 100.0 + 1e5), rel=1e-9)
    assert point.voltage("b") == pytest.approx(2.0 * 1e5 / (150.0 + 1e5), rel=1e-9)


# --- evidence ------------------------------------------------------------------------------------


@ENGINES
@pytest.mark.parametrize(
    ("card", "advice"),
    [
        ("d9 n0 0 nomodel", "model or file that the deck names is missing|line that ngspice names"),
        ("r9 n0 0 abc", "line that ngspice names|unknown parameter"),
        ("c9 n0 0 q='nofunc(v(n0))'", "no such function"),
        ("x9 n0 0 nosub", "circuits loaded"),
    ],
)
def test_bad_deck_is_an_error_with_its_reason(engine, card, advice, monkeypatch) -> None:
    append_card(monkeypatch, card)
    with pytest.raises(SimulationError, match=advice) as error:
        engine(filter_deck())
    assert card in error.value.deck
    assert error.value.log


def test_failed_load_leaves_no_circuit() -> None:
    session = Session()
    session.load(filter_deck())
    session.run(SWEEP)
    with pytest.MonkeyPatch.context() as monkeypatch:
        append_card(monkeypatch, "d9 n0 0 nomodel")
        with pytest.raises(SimulationError):
            session.load(filter_deck(200.0))
    with pytest.raises(SimulationError, match="no circuit is loaded"):
        session.run(SWEEP)
    with pytest.raises(SimulationError, match="no circuit is loaded"):
        session.alter(["r1"], [1.0])
    session.load(filter_deck(300.0))
    assert_same_bits(session.run(SWEEP), simulate_batch(filter_deck(300.0))[0])


def test_run_that_makes_no_plot_gives_no_result(monkeypatch) -> None:
    session = Session()
    session.load(filter_deck())
    session.run(SWEEP)
    monkeypatch.setattr("physlearn_spice.ngspice.session.analysis_command", lambda _: "echo hello")
    with pytest.raises(SimulationError, match="no points"):
        session.run(SWEEP)


def test_run_that_makes_no_plot_never_gives_the_plot_before(monkeypatch) -> None:
    session = Session()
    session.load(filter_deck())
    session._library.command("ac lin 1 1e5 1e5")  # a plot that is current and not ours
    monkeypatch.setattr("physlearn_spice.ngspice.session.analysis_command", lambda _: "echo hello")
    with pytest.raises(SimulationError, match="no points"):
        session.run(Ac(1e5, 1e5, 1, "lin"))


def test_sessions_share_the_library_and_never_each_others_circuits() -> None:
    one, other = Session(), Session()
    one.load(filter_deck(100.0))
    other.load(filter_deck(1e4))
    for use in (lambda: one.run(SWEEP), lambda: one.alter(["r1"], [1.0])):
        with pytest.raises(SimulationError, match="another session"):
            use()
    assert_same_bits(other.run(SWEEP), simulate_batch(filter_deck(1e4))[0])


def test_session_runs_only_what_its_deck_was_written_for() -> None:
    """A transient's deck has no noopac: AC on it can be silently wrong."""
    session = Session()
    session.load(filter_deck(analyses=(Tran(1e-6, 1e-8),)))
    for analysis in (SWEEP, Op(), Tran(1e-6, 1e-8, at_rest=False)):
        with pytest.raises(SimulationError, match="load a deck with this analysis"):
            session.run(analysis)
    session.run(Tran(2e-6, 2e-8))


@ENGINES
def test_transient_that_gives_up_is_an_error(engine, monkeypatch, tmp_path) -> None:
    network = Network(
        (Resistor("r1", "n0", "a", 1e3), Diode("d1", "a", "0")), (Port("1", "n0", resistance=50.0),)
    )
    unreachable = {"reltol": 1e-16, "abstol": 1e-30, "vntol": 1e-30}
    source = Source(waveform=Tone(50.0, 1e4))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SimulationError, match=r"(?s)Timestep too small.*soften a nonlinear"):
        engine(Deck(network, (Tran(1e-3, 1e-5),), {"1": source}, options=unreachable))
    assert Path.cwd() == tmp_path


def test_working_directory_comes_back_after_an_exception(monkeypatch, tmp_path) -> None:
    session = Session()
    session.load(filter_deck())
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(
        session._library, "command", lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    )
    with pytest.raises(KeyboardInterrupt):
        session.run(SWEEP)
    assert Path.cwd() == tmp_path


def test_missing_sample_file_is_an_error() -> None:
    """ngspice only notes it, and drives the circuit with 0 V."""
    deck = filter_deck(
        analyses=(Tran(1e-4, 1e-6),), sources={"1": Source(waveform=Samples(np.ones(20), 1e5))}
    )
    session = Session()
    session.load(deck)
    for file in session._folder.iterdir():
        file.unlink()
    with pytest.raises(SimulationError, match="data file of a sampled waveform is missing"):
        session.run(deck.analyses[0])


@ENGINES
def test_unknown_vector_to_save_is_an_error(engine) -> None:
    with pytest.raises(SimulationError, match="no data saved"):
        engine(filter_deck(save=("v(nowhere)",)))


# --- alter ---------------------------------------------------------------------------------------


def altered_and_fresh(digits: int) -> tuple[Result, Result, Result]:
    network = gnm(12, 24, edge=EdgeModel(), rng=np.random.default_rng(3))
    names = network.names(Resistor, Inductor, Capacitor)
    deck = Deck(network, (SWEEP,), {"1": Source(ac=1.0)})
    factor = np.exp(np.random.default_rng(4).uniform(-1, 1, len(names)))
    values = [float(f"{v:.{digits - 1}e}") for v in network.values(names) * factor]
    session = Session()
    session.load(deck)
    before = session.run(SWEEP)
    session.alter(names, values)
    fresh = simulate_batch(replace(deck, network=network.with_values(names, values)))[0]
    return before, session.run(SWEEP), fresh


def test_alter_is_bit_identical_to_a_fresh_load() -> None:
    """With values of one digit, which ngspice's two number readers read alike."""
    before, altered, fresh = altered_and_fresh(digits=1)
    assert_same_bits(altered, fresh)
    assert not np.array_equal(altered.voltage("n0"), before.voltage("n0"))


def test_alter_differs_from_a_fresh_load_by_rounding_of_the_values() -> None:
    """ngspice misreads a third of all 17-digit numbers by 1 or 2 ulp, in a deck and in alter.

    72 values, relative errors below 4e-16, sensitivities up to Q = 60: less than 2e-12 of 1 V.
    """
    _, altered, fresh = altered_and_fresh(digits=17)
    for name in altered.vectors:
        if name.startswith("v("):
            np.testing.assert_allclose(
                altered.vectors[name], fresh.vectors[name], rtol=0, atol=2e-12
            )


def test_alter_of_an_unknown_element_is_an_error_and_the_circuit_stays() -> None:
    session = Session()
    session.load(filter_deck())
    with pytest.raises(SimulationError, match="r7") as error:
        session.alter(["r1", "r7"], [1.0, 1.0])
    assert "not in the loaded circuit" in error.value.advice
    assert_same_bits(session.run(SWEEP), simulate_batch(filter_deck())[0])


@pytest.mark.parametrize("value", [0.0, -1.0, np.nan, np.inf])
def test_alter_to_an_impossible_value_is_refused_and_changes_nothing(value) -> None:
    session = Session()
    session.load(filter_deck())
    with pytest.raises(DeckError, match=r"'c1' = .*must be positive and finite"):
        session.alter(["r1", "c1"], [5.0, value])
    assert_same_bits(session.run(SWEEP), simulate_batch(filter_deck())[0])


def test_result_tells_what_was_altered() -> None:
    session = Session()
    session.load(filter_deck())
    plain = session.run(SWEEP).provenance
    session.alter(["r1", "c1"], [5.0, 2e-9])
    session.alter(["r1"], [7.0])
    altered = session.run(SWEEP).provenance
    assert altered.deck == plain.deck + "* alter r1 = 7.0\n* alter c1 = 2e-09\n"
    session.load(filter_deck())
    assert session.run(SWEEP).provenance.deck_hash == plain.deck_hash != altered.deck_hash
