"""A session: many runs of one circuit, sources among what is altered, verdicts, and its memory."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.elements import Resistor, Varactor
from physlearn_spice.errors import DeckError, SimulationError, Status
from physlearn_spice.netlist import Ac, Deck, Op, Source, TextDeck, Tran
from physlearn_spice.network import Network, Port
from physlearn_spice.ngspice import Session, simulate, simulate_batch
from physlearn_spice.results import Failure, Outcome
from physlearn_spice.stimulus import Chirp, Multitone, Tone
from tests.benches import SWEEP, filter_deck

DC_PATH = 50.0 + 100.0 + 1e5  # of the filter [Ohm]


def bits(outcome: Outcome) -> dict[str, bytes]:
    assert not isinstance(outcome, Failure), outcome.error
    return {name: vector.tobytes() for name, vector in outcome.vectors.items()}


def session_of(deck: Deck | TextDeck) -> Session:
    session = Session()
    session.load(deck)
    return session


def text_deck(*cards: str) -> TextDeck:
    """A deck that was not screened; its lines are those of an author who wrote two each time."""
    text = ["* title", *cards, ".end"]
    return TextDeck("\n".join(text) + "\n", tuple(range(1, 2 * len(text), 2)), ("a note",))


def statuses(outcomes: Iterable[Outcome]) -> list[Status]:
    return [outcome.status for outcome in outcomes]


# --- many runs -----------------------------------------------------------------------------------


def test_run_many_is_alter_and_run_for_each_row() -> None:
    rows = np.random.default_rng(0).uniform(1.0, 100.0, (12, 2)) * [10.0, 1e-10]
    session = session_of(filter_deck())
    many = list(session.run_many(["r1", "c1"], rows, SWEEP))
    session.load(filter_deck())
    for row, one in zip(rows, many, strict=True):
        session.alter(["r1", "c1"], row)
        assert bits(session.run(SWEEP)) == bits(one)
        assert not isinstance(one, Failure)
        assert one.provenance.altered == {"r1": row[0], "c1": row[1]}
    assert len({bits(one)["v(b)"] for one in many}) == 12


def test_run_many_is_a_fresh_load_of_each_row() -> None:
    """Bit for bit, with values of one digit, which ngspice's two number readers read alike."""
    deck, rows = filter_deck(), [[5.0, 2e-9], [700.0, 3e-9], [20.0, 1e-9]]
    many = list(session_of(deck).run_many(["r1", "c1"], rows, SWEEP))
    for row, one in zip(rows, many, strict=True):
        (fresh,) = simulate(replace(deck, network=deck.network.with_values(["r1", "c1"], row)))
        assert bits(one) == bits(fresh)


def test_run_many_runs_when_it_is_asked() -> None:
    session = session_of(filter_deck())
    many = session.run_many(["r1"], [[1.0], [2.0], [3.0]], SWEEP)
    session.alter(["c1"], [2e-9])
    assert [next(many).status, next(many).status] == [Status.OK, Status.OK]
    assert session.run(SWEEP).provenance.altered == {"r1": 2.0, "c1": 2e-9}


def test_rows_that_fail_stand_in_their_place_and_change_nothing() -> None:
    rows = [[1.0, 1e-9], [np.nan, 9e-9], [2.0, 1e-9], [0.0, 9e-9], [3.0, -1.0], [1.0, 1e-9]]
    session = session_of(filter_deck())
    outcomes = list(session.run_many(["r1", "c1"], rows, SWEEP, fail="return"))
    ok, refused = Status.OK, Status.REFUSED
    assert statuses(outcomes) == [ok, refused, ok, refused, refused, ok]
    assert bits(outcomes[0]) == bits(outcomes[-1])
    assert isinstance(outcomes[1], Failure)
    assert "'r1' = nan" in str(outcomes[1].error)
    bad = [row for row, outcome in zip(rows, outcomes, strict=True) if outcome.status is refused]
    assert len(list(session.run_many(["r1", "c1"], bad, SWEEP, fail="return"))) == 3
    assert bits(session.run(SWEEP)) == bits(outcomes[-1])


def test_raise_comes_behind_the_rows_before() -> None:
    many = session_of(filter_deck()).run_many(["r1"], [[1.0], [2.0], [-1.0], [3.0]], SWEEP)
    assert [next(many).status, next(many).status] == [Status.OK, Status.OK]
    with pytest.raises(DeckError):
        next(many)


@pytest.mark.parametrize(
    ("names", "values", "analysis"),
    [
        (["r7"], [1.0], SWEEP),
        (["r1", "vx"], [1.0, 1.0], SWEEP),
        (["r1"], [1.0], Tran(1e-6, 1e-8)),
    ],
)
def test_what_the_circuit_does_not_have_is_refused_in_each_row(names, values, analysis) -> None:
    session = session_of(filter_deck())
    outcomes = list(session.run_many(names, [values] * 3, analysis, fail="return"))
    assert statuses(outcomes) == [Status.REFUSED] * 3


# --- sources -------------------------------------------------------------------------------------


@pytest.mark.parametrize("volts", [2.0, 0.0, -3.0])
def test_altered_source_is_ohms_law(volts) -> None:
    session = session_of(filter_deck(analyses=(Op(),), sources={"1": Source(dc=1.0)}))
    session.alter(["v1"], [volts])
    point = session.run(Op())
    # 1e-9: ngspice stops iterating at reltol 1e-3 of nothing here, the circuit being linear
    assert point.current("l1") == pytest.approx(volts / DC_PATH, rel=1e-9, abs=1e-18)
    assert point.provenance.altered == {"v1": volts}


def test_altered_source_moves_the_bias_of_a_varactor() -> None:
    network = Network(
        (Resistor("r1", "n0", "a", 1e3), Varactor("c1", "a", "0", 1e-9)),
        (Port("1", "n0", resistance=50.0),),
    )
    deck = Deck(network, (SWEEP,), {"1": Source(dc=-1.0, ac=1.0)})
    session = session_of(deck)
    spectra = list(session.run_many(["v1"], [[-1.0], [-5.0], [0.3]], SWEEP))
    for volts, one in zip([-1.0, -5.0, 0.3], spectra, strict=True):
        (fresh,) = simulate(replace(deck, sources={"1": Source(dc=volts, ac=1.0)}))
        assert bits(one) == bits(fresh)
    assert len({bits(one)["v(a)"] for one in spectra}) == 3


@pytest.mark.parametrize("waveform", [None, Chirp(1.0, 1e4, 1e5, 1e-4)])
def test_altered_source_is_a_fresh_load_in_a_transient(waveform) -> None:
    """A source without a sine in it: its DC value stands all the time."""
    transient = Tran(1e-4, 1e-6)
    deck = filter_deck(analyses=(transient,), sources={"1": Source(dc=1.0, waveform=waveform)})
    session = session_of(deck)
    session.alter(["v1"], [2.0])
    (fresh,) = simulate_batch(replace(deck, sources={"1": Source(dc=2.0, waveform=waveform)}))
    assert bits(session.run(transient)) == bits(fresh)
    assert bits(fresh) != bits(simulate(deck)[0])


@pytest.mark.parametrize("waveform", [Tone(1.0, 1e5), Multitone((Tone(1.0, 1e5), Tone(1.0, 2e5)))])
def test_source_with_a_sine_is_not_altered(waveform) -> None:
    """Its offset is in the sine, and `alter v1 dc` would leave that."""
    transient = Tran(1e-4, 1e-6)
    deck = filter_deck(analyses=(transient,), sources={"1": Source(dc=1.0, waveform=waveform)})
    session = session_of(deck)
    before = session.run(transient)
    with pytest.raises(SimulationError, match="can't alter 'v1'") as error:
        session.alter(["v1"], [2.0])
    assert error.value.status is Status.REFUSED
    assert bits(session.run(transient)) == bits(before)


@pytest.mark.parametrize("volts", [np.nan, np.inf, -np.inf])
def test_impossible_voltage_is_refused_and_changes_nothing(volts) -> None:
    session = session_of(filter_deck(analyses=(Op(),), sources={"1": Source(dc=1.0)}))
    before = session.run(Op())
    with pytest.raises(DeckError, match=r"'v1' = .*must be finite"):
        session.alter(["r1", "v1"], [5.0, volts])
    assert bits(session.run(Op())) == bits(before)


# --- verdicts ------------------------------------------------------------------------------------


def test_a_good_run_is_ok_and_says_what_was_passed_over() -> None:
    deck = text_deck("v1 a 0 dc 2", "r1 a b 3", "r2 b 0 1", ".op")
    session = Session()
    assert session.load(deck) == (Op(),)
    point = session.run(Op())
    assert point.status is Status.OK
    assert point.voltage("b") == pytest.approx(0.5, rel=1e-9)
    assert point.provenance.notes[0] == "a note"
    assert point.provenance.loaded == session.loaded == deck.text
    session.alter(["r1"], [1.0])
    assert session.run(Op()).voltage("b") == pytest.approx(1.0, rel=1e-9)


@pytest.mark.parametrize(
    ("deck", "status", "line"),
    [
        (text_deck("v1 a 0 dc 1", "d1 a 0 nomodel", ".op"), Status.BAD_DECK, 5),
        (
            text_deck("v1 a 0 dc 1", "r1 a b 1", "b1 b 0 i=v(b)>0.5?1:-1", ".tran 1u 1m uic"),
            Status.TIMESTEP_TOO_SMALL,
            None,
        ),
        (text_deck("v1 a 0 dc 1", "v2 a 0 dc 1", ".op"), Status.REFUSED, None),
    ],
)
def test_a_failure_has_a_status_with_advice(deck, status, line) -> None:
    session = Session()
    with pytest.raises((SimulationError, DeckError)) as error:
        _ = [session.run(analysis) for analysis in session.load(deck)]
    assert error.value.status is status
    assert status.advice
    assert error.value.line == line
    if isinstance(error.value, SimulationError):
        assert error.value.deck == deck.text
        assert error.value.log
    session.load(filter_deck(300.0))
    assert bits(session.run(SWEEP)) == bits(simulate_batch(filter_deck(300.0))[0])


def test_what_was_not_asked_of_ngspice_is_refused() -> None:
    session = Session()
    for use in (lambda: session.run(SWEEP), lambda: session.alter(["r1"], [1.0])):
        with pytest.raises(SimulationError, match="no circuit is loaded") as error:
            use()
        assert error.value.status is Status.REFUSED
    session.load(filter_deck())
    session.run(Ac(1e3, 1e4, 5))
    with pytest.raises(SimulationError, match="no analysis of the kind") as error:
        session.run(Op())
    assert error.value.status is Status.REFUSED


# --- memory --------------------------------------------------------------------------------------


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@pytest.mark.parametrize(
    ("cycle", "n_warm", "n"),
    [
        ("session.alter(['r1', 'c1'], [100.0 + k, 1e-9]); session.run(SWEEP)", 500, 5000),
        ("session.load(filter_deck(100.0 + k)); session.run(SWEEP)", 200, 2000),
    ],
)
def test_memory_does_not_grow(cycle, n_warm, n) -> None:
    """Without 'destroy all' it grows by 570 MB, the second without 'remcirc' by 47 MB."""
    script = f"""
from pathlib import Path
from physlearn_spice.ngspice import Session
from tests.benches import SWEEP, filter_deck
session = Session()
session.load(filter_deck())
def resident_after(n):
    for k in range(n):
        {cycle}
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096
warm = resident_after({n_warm})
print(resident_after({n}) - warm)
"""
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", script]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True)
    assert int(done.stdout) < 10_000_000
