"""Strangers' decks: what is refused, what is pasted in, and that the rest runs as it stands."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physlearn_spice.errors import DeckError, SimulationError, Status
from physlearn_spice.netlist import (
    Ac,
    Op,
    Source,
    TextDeck,
    Tran,
    load_deck,
    load_text_deck,
    read_deck,
    read_text_deck,
    to_spice,
)
from physlearn_spice.ngspice import Session, simulate, simulate_batch
from physlearn_spice.results import Result, Spectrum, Waveforms
from physlearn_spice.stimulus import Tone
from tests.batch import batch
from tests.benches import filter_deck
from tests.hostile_decks import bench

TUNER = Path(__file__).parents[1] / "netlists" / "kirchhoff_tuner.cir"


@pytest.fixture(scope="module")
def session() -> Session:
    return Session()


def run(session: Session, deck: TextDeck) -> list[Result]:
    return [session.run(analysis) for analysis in session.load(deck)]


def assert_same_bits(one: Result, other: Result) -> None:
    assert one.vectors.keys() == other.vectors.keys()
    for name, values in one.vectors.items():
        assert np.array_equal(values, other.vectors[name]), name


def refusal(text: str, **how: Any) -> DeckError:
    with pytest.raises(DeckError) as caught:
        read_text_deck(text, **how)
    assert caught.value.status is Status.REFUSED
    return caught.value


def test_laws_in_quotes_and_braces_are_no_values(session) -> None:
    text = "t\nv1 a 0 2\nr1 a 0 r='1+v(a)'\nr2 a 0 r = {1+v(a,0)}\nc1 a 0 c='1n*(1+v(a)*2)'\n.op\n"
    (result,) = run(session, read_text_deck(text))
    assert result.current("v1")[0] == pytest.approx(-2 * 2 / (1 + 2))
    assert "'4k7'" in str(refusal(text.replace("2\n", "4k7\n", 1)))


# --- screening -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("card", "says"),
    [
        (".control", "'.control' is refused: a control block can run any command"),
        (".include x", "'.include' is refused: files are not read from decks; paste"),
        (".pz a 0 b 0 vol pz", "'.pz' is not run by this package; .op, .dc, .ac and .tran are"),
        (".dc vx 0 1 1", "DC sweep of 'vx': there is no such device"),
        (".dc v1 0 1 0", "DC sweep of 'v1' from 0.0 to 1.0 by 0.0: a step of 0 never ends"),
        (".nonsense", "'.nonsense' is not known to be harmless"),
        ("*# quit", "ngspice runs a comment that begins with '*#' as a command"),
        ("v3 c 0 external", "'v3' is driven by a program ('external'); give it a waveform"),
        ("n3 c 0 osdi", "'n3' is no device that is run from a deck"),
        (".model m filesource(file=x)", "model 'm' is of kind 'filesource', which is not known"),
        (".model m d_lut(input_file=x)", "model 'm' reads a file; put the data into the deck"),
        (".options klu", "option 'klu' is refused: that solver reuses pivots unsafely"),
        (".options cshunt=1n", "option 'cshunt' is not known to leave other circuits alone"),
        ("r3 b 0 {x", "a quote or brace is not closed: 'r3 b 0 {x'"),
        ("r3 b\0 0 1", "'\\x00' is no plain letter"),
        (f"r3 {'n' * 201} 0 1", "the word 'nnnnnnnnnnnnnnnnnnnn'... is longer than 200 letters"),
    ],
)
def test_what_is_no_data_is_refused_by_line_and_name(card, says) -> None:
    error = refusal(bench(f"r4 b 0\n+ 1k\n{card}"))
    assert str(error).startswith(f"line 7: {says}")
    assert error.line == 7


def test_what_ngspice_is_given_is_one_screened_card_a_line() -> None:
    deck = read_text_deck(
        "The Title\n* a comment\n\nV1 A 0\n* between\n+ DC 1 ; the value\nR1 A 0 1K $ a load\n"
        "r2 a 0 2k // another\n.OP\n.END\n\n* behind the end\n"
    )
    assert deck.text == "* The Title\nv1 a 0 dc 1\nr1 a 0 1k\nr2 a 0 2k\n.op\n.end\n"
    assert deck.lines == (1, 4, 7, 8, 9, 12)
    assert deck.kinds == ("op",)


def test_output_cards_are_passed_over_and_noted(session) -> None:
    deck = read_text_deck(bench(".print ac v(b)\n.plot v(a)\n.meas tran x max v(b)\n.title y"))
    words = (".print", ".plot", ".meas", ".title")
    assert deck.notes == tuple(f"line {5 + k}: {w!r} was passed over" for k, w in enumerate(words))
    assert not any(word in deck.text for word in words)
    (point,) = run(session, deck)
    assert set(deck.notes) <= set(point.provenance.notes)


@pytest.mark.parametrize(
    "title", ["aborted", "cannot open file", "could not find", "no such device"]
)
def test_a_title_is_no_evidence(title, session) -> None:
    deck = read_text_deck(bench("", title=title))
    for result in (*run(session, deck), *simulate_batch(deck)):
        assert result.voltage("b") == pytest.approx(0.5)


@pytest.mark.parametrize("length", [4996, 4997, 4998])
@pytest.mark.parametrize("card", ["*#shell touch {}/pwned", ".include {}/secret.cir"])
def test_a_long_title_holds_no_card(length, card, tmp_path) -> None:
    """ngspice -b reads 5,000 bytes for a title, and runs the rest."""
    (tmp_path / "secret.cir").write_text("r3 b 0 1\n")
    title = "x" * length + card.format(tmp_path)
    for deck in (
        read_text_deck(bench("", title=title)),
        read_deck(f"{title}\nv1 a 0 1\nr1 a b 1k\nr2 b 0 1k\n.op\n"),
    ):
        (point,) = simulate_batch(deck)
        assert point.voltage("b") == pytest.approx(0.5)
    assert not (tmp_path / "pwned").exists()


def test_micro_signs_are_read_and_other_letters_refused(session) -> None:
    """ngspice writes '_' for each byte of ä and of ö, and so makes one node of them."""
    (point,) = run(session, read_text_deck("t\ni1 0 a 1\nr1 a b 1\u00b5\nr2 b 0 3\u03bc\n.op\n"))
    assert point.voltage("a") == pytest.approx(4e-6, rel=1e-9)
    assert point.voltage("b") == pytest.approx(3e-6, rel=1e-9)
    error = refusal(bench("r3 ä 0 1\nr4 ö 0 1"))
    assert str(error).startswith("line 5: 'ä' is no plain letter")


# --- pasting -------------------------------------------------------------------------------------


@pytest.fixture
def library(tmp_path) -> Path:
    folder = tmp_path / "library"
    (folder / "sub").mkdir(parents=True)
    files = {
        "load.inc": "* a load\n\nr9 b 0\n+ 1k\n",
        "outer.inc": ".include sub/inner.inc\n.include 'load.inc'\n",
        "sub/inner.inc": "R8 b 0 1k ; a comment\n",
        "Case.inc": "r7 b 0 1k\n",
        "models.lib": "* two corners\n.lib tt\nr9 b 0 1k\n.endl\n.LIB FF\nr9 b 0 2k\n.ENDL ff\n",
        "bad.inc": "* fine\nr9 b 0 1k\n.control\n",
        "short.inc": "r9 b 0 1k\nr8 b 0\n",
        "self.inc": "r9 b 0 1k\n.include self.inc\n",
        "ping.inc": ".include pong.inc\n",
        "pong.inc": ".include ping.inc\n",
        "comment.inc": "* one\n*# shell touch x\n",
        "continued.inc": "+ 1k\n",
        "ended.inc": "r9 b 0 1k\n.end\nr8 b 0 1k\n",
        "empty.inc": "",
        "latin.inc": "",
    }
    for name, text in files.items():
        (folder / name).write_text(text)
    (folder / "latin.inc").write_bytes("* \xb5\nr9 b 0 1000000000\xb5\n".encode("latin-1"))
    (tmp_path / "secret.inc").write_text("r9 b 0 1\n")
    (folder / "link.inc").symlink_to(tmp_path / "secret.inc")
    (folder / "out").symlink_to(tmp_path)
    (folder / "circle.inc").symlink_to(folder / "circle.inc")
    return folder


@pytest.mark.parametrize(
    ("card", "parts"),
    [
        (".include load.inc", 2),
        (".INCLUDE 'load.inc'", 2),
        ('.inc "load.inc" $ a comment', 2),
        (".include load.inc;a comment", 2),
        (".include load.inc // a comment", 2),
        (".include sub/../load.inc", 2),
        (".include outer.inc", 3),
        (".include Case.inc", 2),
        (".include latin.inc", 2),
        (".include empty.inc", 1),
        (".lib models.lib tt", 2),
        (".lib 'models.lib' TT ; a comment", 2),
        (".lib models.lib ff", 1.5),
        (".lib load.inc", 2),
    ],
)
def test_files_of_the_allowed_folder_are_pasted(card, parts, library, session) -> None:
    """As many resistors of 1 kOhm in parallel below the one above."""
    deck = read_text_deck(bench(card), include_from=library)
    (point,) = run(session, deck)
    assert point.voltage("b") == pytest.approx(1 / (1 + parts), rel=1e-9)
    assert ".inc" not in deck.text
    assert ".lib" not in deck.text


@pytest.mark.parametrize(
    ("card", "says"),
    [
        (".include ../secret.inc", "lies outside"),
        (".include link.inc", "lies outside"),
        (".include out/secret.inc", "lies outside"),
        (".include /etc/passwd", "lies outside"),
        (".include '~/../../etc/passwd'", "lies outside|can't read"),
        (".include case.inc", "can't read .*case.inc.*No such file"),
        (".include nowhere.inc", "can't read .*nowhere.inc.*No such file"),
        (".include sub", "can't read .*sub.*directory"),
        (".include circle.inc", "is no file's name|can't read"),
        (".include", "'.include' names no file"),
        (".include 'a\0b'", "is no file's name"),
        (f".include {'n' * 5000}", "can't read|is no file's name"),
        (".include self.inc", r"in 'self.inc': line 2: 'self.inc' includes itself"),
        (".include ping.inc", r"in 'ping.inc': line 1: in 'pong.inc': line 1: .* includes itself"),
        (".include bad.inc", r"in 'bad.inc': line 3: '.control' is refused"),
        (".include comment.inc", r"in 'comment.inc': line 2: ngspice runs a comment"),
        (".include continued.inc", r"in 'continued.inc': line 1: a continuation with nothing"),
        (".include ended.inc", r"in 'ended.inc': line 3: ngspice reads on after .end"),
        (".lib models.lib ss", r"in 'models.lib': has no section 'ss'"),
        (".lib models.lib", r"in 'models.lib': line 2: in 'tt': can't read"),
        (".include short.inc", "'r8' has no value"),
    ],
)
def test_a_file_that_is_not_pasted_says_why(card, says, library) -> None:
    error = refusal(bench(f"r3 b 0\n+ 1k\n{card}"), include_from=library)
    assert error.line == 7
    with pytest.raises(DeckError, match=says):
        raise error


def test_without_a_folder_nothing_is_pasted(library, monkeypatch) -> None:
    monkeypatch.chdir(library)
    assert "files are not read" in str(refusal(bench(".include load.inc")))


def test_files_that_include_each_other_twice_end(library) -> None:
    """2^60 files without a card among them, and 2^60 cards."""
    for leaf in ("* nothing\n", "r{} b 0 1\n"):
        for k in range(60):
            text = f".include f{k + 1}.inc\n" * 2
            (library / f"f{k}.inc").write_text(text)
        (library / "f60.inc").write_text(leaf)
        error = refusal(bench(".include f0.inc"), include_from=library)
        assert "files are included" in str(error)


def test_load_text_deck_reads_a_file(tmp_path, session) -> None:
    path = tmp_path / "deck.cir"
    path.write_bytes(b"\xef\xbb\xbf" + bench("r3 b 0 1k").replace("\n", "\r\n").encode())
    (point,) = run(session, load_text_deck(path))
    assert point.voltage("b") == pytest.approx(1 / 3)
    with pytest.raises(DeckError, match=r"can't read .*nowhere.cir.*No such file"):
        load_text_deck(tmp_path / "nowhere.cir")


# --- options -------------------------------------------------------------------------------------

PLATES = bench("c3 b c 1n\nc4 c 0 3n")


def test_a_node_of_capacitors_needs_rshunt_and_the_result_tells(session) -> None:
    error = refusal(PLATES)
    assert "node 'c' has no DC path to ground, only capacitors" in str(error)
    assert "rshunt=1e12" in str(error)
    assert error.line == 5
    deck = read_text_deck(PLATES, options={"rshunt": 1e12})
    (point,) = run(session, deck)
    assert point.provenance.options["rshunt"] == "1000000000000.0"
    assert point.voltage("c") == pytest.approx(0.0, abs=1e-9)
    (point,) = run(session, read_text_deck(PLATES.replace(".op", ".options rshunt=1e12\n.op")))
    assert point.provenance.options["rshunt"] == "1e12"


def test_options_that_outlive_the_circuit_are_refused() -> None:
    for options in ({"interp": None}, {"cshunt": 1e-9}, {"klu": None}):
        assert "option" in str(refusal(bench(""), options=options))
    assert "temp" in str(refusal(bench(""), options={"temp": 50}))


# --- checks --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cards", "line", "says"),
    [
        ("r3 b 0 1\nv3 a 0 2", 6, "voltage-source loop: v1, v3 fix one voltage twice"),
        ("v3 c b 1\nv4 c 0 1\nv5 b 0 1", 7, "voltage-source loop: v3, v4, v5"),
        ("e3 a 0 b 0 2", 5, "voltage-source loop: v1, e3"),
        ("l3 b c 1\nl4 c 0 1\nl5 b 0 1", 7, "l3, l4, l5 are a loop without resistance"),
        ("l3 a 0 1", 5, "v1, l3 are a loop without resistance"),
        ("i3 c 0 1\nc3 d 0 1\nr3 d 0 1", 5, "current-source cutset: only i3 lead to node 'c'"),
        ("r3 b 0 1\nr4 c d 1", 6, "node 'c' is floating: no path leads from it to ground"),
        ("c3 b c 1n\nc4 c 0 1n", 5, "node 'c' has no DC path to ground"),
        ("l3 b 0 1\nl4 c 0 1\nr4 c 0 1\nk1 l3 l4 1.1", 8, "k1 are not positive definite: l3, l4"),
        ("l3 b 0 1\nl4 c 0 1\nr4 c 0 1\nk1 l3 l4 k=1.1", 8, "k1 are not positive definite"),
        ("l3 b 0 1\nk1 l3 l4 0.5", 6, "'k1' couples a coil with 'l4', which is no inductor"),
        ("l3 b 0 1\nk1 l3 l3 0.5", 6, "'k1' couples a coil with itself"),
        ("r3 b 0 1\n* x\nR3 b 0 2", 7, "the name 'r3' is used twice: rename one"),
        ("x1 b s\n.subckt s a\nr3 a 0 1\nr3 a 0 1\n.ends", 8, "the name 'r3' is used twice"),
        ("d3 b 0 m\n.model m d\n.model m d", 7, "the name 'm' is used twice"),
        ("r3 b 0", 5, "'r3' has no value, and ngspice would take one of its own"),
        ("r3 b", 5, "'r3' has no value"),
        ("r3 b 0 $1k", 5, "'r3' has no value"),
        ("x1 b s\n.subckt s a\nr3 a 0\n.ends", 7, "'r3' has no value"),
        ("d3 b", 5, "'d3' needs two nodes"),
        ("r3 b 0 4k7", 5, "'4k7' is no number: ngspice reads only its first part"),
        ("r3 b 0 1,5k", 5, "'r3' has two values, 1 and 5k: leave one"),
        ("r3 b time 1\nr4 time 0 1", 5, "'r3': ngspice has vectors of its own"),
        ("r3 b tran1.a 1\nr4 tran1.a 0 1", 5, "'r3': ngspice has vectors of its own"),
        ("r3 b 0 1\n.subckt s a\nr3 a 0 1", 8, "'.op' is inside of the '.subckt' of line 6: close"),
        (".if (1)\n.op\n.endif", 6, "'.op' is inside of the '.if' of line 5: close that first"),
        (".subckt\nr3 a 0 1\n.ends", 5, "'.subckt' needs a name or a condition"),
        ("r3 b 0 1\n.ends", 6, "'.ends' has no '.subckt'"),
    ],
)
def test_what_is_no_circuit_is_refused_by_line_and_name(cards, line, says) -> None:
    error = refusal(bench(cards))
    assert says in str(error)
    assert error.line == line


@pytest.mark.parametrize("cards", ["l3 b 0 1\nl4 b 0 1", "l3 a 0 1", "c3 b c 1n\nc4 c 0 1n"])
def test_loops_and_plates_may_start_at_rest(cards, session) -> None:
    for analysis in (".tran 1u 10u uic", ".ac lin 3 1k 3k"):
        run(session, read_text_deck(bench(cards, analysis)))
        refusal(bench(cards, f"{analysis}\n.op"))


@pytest.mark.parametrize("how", ["1", "{k}", "k=1"])
def test_an_ideal_transformer_is_accepted(how, session) -> None:
    """L2 = 4 L1 and K = 1: twice the voltage, at any load and frequency."""
    text = f"t\n.param k=1\nv1 a 0 ac 1\nl1 a 0 1\nl2 b 0 4\nk1 l1 l2 {how}\nr1 b 0 7\n"
    (spectrum,) = run(session, read_text_deck(text + ".ac lin 3 50 150\n"))
    # rounding of the 2x2 system of the coils, whose determinant is zero
    np.testing.assert_allclose(spectrum.voltage("b"), 2.0, rtol=1e-6)


@pytest.mark.parametrize(("third", "fits"), [(0.9, True), (0.1, False), (-0.9, False)])
def test_three_coils_are_checked_together(third, fits, session) -> None:
    """Of 0.9, 0.9 and k the matrix is positive definite where k > 2 * 0.81 - 1 = 0.62."""
    coils = "l3 b 0 1\nl4 c 0 1\nr4 c 0 1\nl5 d 0 1\nr5 d 0 1\n"
    text = bench(coils + f"k1 l3 l4 0.9\nk2 l4 l5 0.9\nk3 l3 l5 {third}", ".tran 1u 10u uic")
    if fits:
        run(session, read_text_deck(text))
    else:
        assert "k1, k2, k3 are not positive definite: l3, l4, l5" in str(refusal(text))


def test_what_ngspice_has_flattened_is_checked_by_flat_name(session) -> None:
    inside = {
        "v3 a 0 1\nv4 a 0 {p}": "voltage-source loop: v.x1.v3, v.x1.v4",
        "r3 a 0 1\nr4 c d 1": "node 'x1.c' is floating",
        "l3 a 0 1\nl4 c 0 1\nr4 c 0 1\nk1 l3 l4 {2*p}": "k.x1.k1 are not positive definite",
        "c3 a c 1\nc4 c 0 1": "node 'x1.c' has no DC path",
    }
    for cards, says in inside.items():
        deck = read_text_deck(bench(f".param p=1\n.subckt s a\n{cards}\n.ends\nx1 b s"))
        with pytest.raises(DeckError) as caught:
            session.load(deck)
        assert says in str(caught.value)
        with pytest.raises(SimulationError, match="no circuit is loaded"):
            session.run(Op())


def test_a_card_that_ngspice_leaves_out_is_an_error(session) -> None:
    """It turns a polynomial of the wrong dimension into a comment."""
    deck = read_text_deck(bench("e3 c 0 poly(2) a 0 1 2\nr3 c 0 1"))
    with pytest.raises(DeckError, match=r"leave a card out.*number of connections"):
        session.load(deck)


# --- analyses ------------------------------------------------------------------------------------


def test_analyses_are_read_in_order() -> None:
    cards = ".tran 1u 1m\n.ac dec 10 1 1meg\n.op\n.AC LIN 3 1k 3k\n.tran 2u 1m 0.5m 1u UIC"
    assert read_text_deck(bench("", cards)).analyses == (
        Tran(1e-3, 1e-6, at_rest=False),
        Ac(1.0, 1e6, 10, "dec"),
        Op(),
        Ac(1e3, 3e3, 3, "lin"),
        Tran(1e-3, 1e-6, 0.5e-3, at_rest=True, step=2e-6),
    )


@pytest.mark.parametrize("sweep", ["1 1 100", "3 1 8", "3 1 9", "7 10 1000", "2 1 1.3", "5 3 3.1"])
def test_an_octave_sweep_visits_what_it_says(sweep, session) -> None:
    deck = read_text_deck(bench("c3 b 0 1u", f".ac oct {sweep}"))
    (analysis,) = deck.analyses
    assert isinstance(analysis, Ac)
    for result in (*run(session, deck), *simulate_batch(deck)):
        assert isinstance(result, Spectrum)
        # it multiplies its way up
        np.testing.assert_allclose(result.frequency, analysis.frequencies, rtol=1e-12)


@pytest.mark.parametrize(
    "times",
    ["1e-5 1m", "1m 1m", "1e-5 1m 5e-4", "1e-5 1m 0 5e-6", "1m 1m uic", "1e-5 1m 0 1e-6 uic"],
)
def test_a_transient_takes_the_steps_that_ngspice_would(times, tmp_path, session) -> None:
    text = bench("c3 b 0 1u\nd3 b 0 m\n.model m d", f".tran {times}")
    (theirs,) = batch(text, tmp_path)
    deck = read_text_deck(text)
    for ours in (*run(session, deck), *simulate_batch(deck)):
        assert isinstance(ours, Waveforms)
        assert np.array_equal(ours.time, theirs.vectors["time"])
        assert np.array_equal(ours.voltage("b"), theirs.vectors["v(b)"])


def test_a_transient_of_no_step_takes_a_fiftieth(session) -> None:
    deck = read_text_deck(bench("c3 b 0 1u", ".tran 0 1m"))
    assert deck.analyses == (Tran(1e-3, 2e-5, at_rest=False),)
    (zero,) = run(session, deck)
    (fiftieth,) = run(session, read_text_deck(bench("c3 b 0 1u", ".tran 2e-5 1m")))
    assert_same_bits(zero, fiftieth)


def test_parameters_in_analyses_are_ngspice_s_to_resolve(session) -> None:
    deck = read_text_deck(bench(".param t=1m f={1/t}", ".tran {t/100} {t}\n.ac dec 3 {f} {10*f}"))
    assert deck.kinds == ("tran", "ac")
    with pytest.raises(DeckError, match="no number"):
        _ = deck.analyses
    tran, ac = session.load(deck)
    assert isinstance(tran, Tran)
    assert isinstance(ac, Ac)
    assert (tran.stop, tran.max_step) == (pytest.approx(1e-3), pytest.approx(1e-5))
    assert (ac.start, ac.stop, ac.points) == (pytest.approx(1e3), pytest.approx(1e4), 3)
    assert session.run(ac).voltage("b") == pytest.approx(0.5)
    for one, other in zip(simulate_batch(deck), (session.run(tran), session.run(ac)), strict=True):
        assert_same_bits(one, other)


@pytest.mark.parametrize(
    "card", [".ac dec 10 0 1k", ".ac lin 2 1 2", ".ac oct 3g 1 2", ".tran 1u", ".tran 1u 1m 2m"]
)
def test_an_analysis_that_is_none_is_refused_by_line(card) -> None:
    assert refusal(bench("", card)).line == 6


def test_noopac_is_heeded_where_the_circuit_is_linear(session) -> None:
    """Two coils in parallel have no operating point; a diode's conductance hangs on one."""
    coils = read_text_deck(bench("l3 b 0 1m\nl4 b 0 1m", ".ac lin 3 100k 300k"))
    (spectrum,) = run(session, coils)
    assert isinstance(spectrum, Spectrum)
    z = 1 / (1 / 1e3 + 1 / (2j * np.pi * spectrum.frequency * 0.5e-3))
    np.testing.assert_allclose(spectrum.voltage("b"), z / (1e3 + z), rtol=1e-12)
    assert any("noopac given: no OP" in note for note in spectrum.provenance.notes)
    diode = read_text_deck(
        "t\ni1 0 b 1m ac 1\nd1 b 0 m\n.model m d(is=1e-14)\n.ac lin 3 1 3\n.options gmin=1e-15\n"
    )
    (spectrum,) = run(session, diode)
    # 1e-3: the operating point is good to reltol
    np.testing.assert_allclose(spectrum.voltage("b"), 0.0258649 / 1e-3, rtol=1e-3)
    assert not any("no OP" in note for note in spectrum.provenance.notes)


# --- results -------------------------------------------------------------------------------------


def test_a_deck_of_ours_gives_the_same_bits_as_text(session) -> None:
    ours, theirs = load_deck(TUNER), load_text_deck(TUNER)
    assert ours.analyses == theirs.analyses
    for one, other in zip(simulate(ours), run(session, theirs), strict=True):
        assert_same_bits(one, other)


def test_a_written_deck_gives_the_same_bits_as_text(session) -> None:
    source = Source(0.5, 1.0, Tone(1.0, 1e5))
    ours = filter_deck(analyses=(Op(), Ac(1e4, 1e6, 7)), sources={"1": source})
    for deck in (ours, replace(ours, analyses=(Tran(1e-5, 1e-8),))):
        text = read_text_deck(to_spice(deck))
        results = run(session, text)
        for one, other, third in zip(simulate(deck), results, simulate_batch(text), strict=True):
            assert_same_bits(one, other)
            assert_same_bits(one, third)


@pytest.mark.parametrize(
    ("cards", "line"),
    [
        ("d3 b 0 nope", 5),
        ("* a comment\n\nr3 b 0\n* inside\n+ 1k\n\nd3 b 0\n+ nope", 11),
        (".include load.inc\nd3 b 0 nope", 6),
        (".include load.inc\n.include bad.inc", 6),
        (".print v(a)\n.plot v(b)\nd3 b 0 nope", 7),
        ("b3 c 0 v=nofunction(v(a))\nr3 c 0 1", 5),
        ("r3 b 0 1k nonsense=5", 5),
    ],
)
def test_lines_that_ngspice_names_are_the_author_s(cards, line, tmp_path, session) -> None:
    (tmp_path / "load.inc").write_text("r9 b 0 1k\nr8 b 0 1k\nr7 b 0\n+ 1k\n")
    (tmp_path / "bad.inc").write_text("\n\nr6 b 0 1k\nd3 b 0 nope\n")
    deck = read_text_deck(bench(cards), include_from=tmp_path)
    with pytest.raises(SimulationError) as caught:
        session.load(deck)
    assert caught.value.line == line
    assert str(caught.value).startswith(f"line {line}: ")
    assert caught.value.status is Status.BAD_DECK


def test_an_error_inside_of_a_subcircuit_has_a_flat_name_and_no_line(session) -> None:
    deck = read_text_deck(bench(".subckt s a\nr3 a 0 1\nd3 a 0 nope\n.ends\nx1 b s"))
    with pytest.raises(SimulationError, match=r"d\.x1\.d3 b 0 nope") as caught:
        session.load(deck)
    assert caught.value.line in (None, 7)  # 46 tells the line of the instance


# --- any text ------------------------------------------------------------------------------------

COMMON = r"""
r1 v1 l1 c1 k1 x1 d1 e1 b1 a b 0 gnd 1k 4k7 1e999 {x} ' " { } ( ) [ ] = , + * $ ; // .op .ac
.tran .end .ends .subckt .model .param .if .endif .include .lib .control .options dec lin 10 1
poly(2) sin(0 v=v(a) file= filesource external *# \ \\
"""
STRANGE = ["\0", "\x1f", "\u00b5", "\ud800", "\u2003", "\u2028", "9" * 5000]
WORDS = st.sampled_from(COMMON.split()) | st.sampled_from(STRANGE)
CARDS = st.lists(st.lists(WORDS, max_size=7).map(" ".join), max_size=12).map("\n".join)


@settings(deadline=2000, max_examples=400)
@given(CARDS)
def test_any_cards_are_refused_or_read(cards) -> None:
    check_reading(bench(cards))


@settings(deadline=2000, max_examples=200)
@given(st.text())
def test_any_text_is_refused_or_read(text) -> None:
    check_reading(text)


@settings(deadline=2000, max_examples=100)
@given(st.binary())
def test_any_bytes_are_refused_or_read(tmp_path_factory, content) -> None:
    path = tmp_path_factory.mktemp("bytes") / "deck.cir"
    path.write_bytes(content)
    with suppress(DeckError):
        check_deck(load_text_deck(path, include_from=path.parent))


def check_reading(text: str) -> None:
    try:
        deck = read_text_deck(text, include_from=Path(os.devnull).parent / "nowhere")
    except DeckError:
        return
    check_deck(deck)


def check_deck(deck: TextDeck) -> None:
    """What is given to ngspice is plain text, a card a line, with its author's lines."""
    title, *cards = deck.text.splitlines()
    assert title == "*" or title.startswith("* ")
    assert cards[-1] == ".end"
    assert len(deck.lines) == len(cards) + 1
    assert deck.kinds
    deck.text.encode()
    for card in cards:
        assert card.isascii()
        assert card == card.strip()
        assert card[0] not in "*+@#"
