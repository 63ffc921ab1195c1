"""Decks by hand: read as ngspice reads them, or refused with their line."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import Ac, Deck, Op, Source, Tran, read_deck, to_spice
from physlearn_spice.network import Port
from physlearn_spice.stimulus import Multitone, Tone
from tests.batch import batch

# --- what is read --------------------------------------------------------------------------------

BY_HAND = {
    "comments": "a title\n* a comment\nV1 in 0 dc 2 ac 1 $ the source\nR1 in out 1k ; first\n"
    "\n   * another\nR2 out 0 3k\n.op\n.ac dec 2 1 100\n.end\n\n* the end\n",
    "continuation": "t\nV1 in 0\n+ dc 2\n* between\n\n+ ac\n+1\nR1 in out\n+ 1k\nR2 out 0 3k\n"
    ".op\n.ac dec\n+ 2 1 100\n",
    "case": "T\nV1 IN 0 DC 2 AC 1\nr1 In oUT 1K\nR2 OUT 0 3K\n.OP\n.AC DEC 2 1 100\n.END\n",
    "gnd": "t\nv1 in gnd 2 ac 1\nr1 in out 1k\nr2 out GND 3k\nc1 out 0 1u\n.op\n.ac dec 2 1 100\n",
    "tabs": "t\nV1\tin\t0\t2\tAC\t1\n\tR1 in\tout 1k\nR2  out\t0 3k\n.op\n.ac\tdec 2 1 100\n",
    "crlf": "t\r\nv1 in 0 2 ac 1\r\nr1 in out 1k\r\nr2 out 0 3k\r\n.op\r\n.ac dec 2 1 100\r\n",
    "digits": "t\nv1 1 0 2 ac 1\nr1 1 2 1k\nl1 2 3 1m\nr2 3 0 1k\n.op\n.ac dec 2 1k 100k\n.end\n",
    "title": "R1 in 0 1\nv1 in 0 2 ac 1\nr1 in out 1k\nr2 out 0 3k\n.op\n.ac lin 3 1 2\n",
    "models": "t\nV1 in 0 2 ac 1\nR1 in out 1k\nD1 out 0 later\nD2 0 out later\nD3 out b other\n"
    "Rb b 0 10\n.MODEL Later D (IS=2e-14 N = 1.5)\n.model other d(n=2)\n.op\n.ac dec 2 1 100\n",
    "series": "t\nv1 in a 2 ac 1\nv2 a b 0.5\nv3 b 0 dc 1 ac 2\nrs1 in out 1k\nr2 out 0 3k\n"
    ".op\n.ac dec 2 1 100\n",
    "two ports": "t\nvx in 0 2 ac 1\nvy out 0 1\nrsy mid out 5\nr1 in mid 1k\nr2 mid 0 3k\n"
    ".op\n.ac dec 2 1 100\n",
}


@pytest.mark.parametrize("text", BY_HAND.values(), ids=BY_HAND)
def test_a_deck_by_hand_means_what_it_means_to_ngspice(text, tmp_path) -> None:
    deck = read_deck(text)
    assert [type(a) for a in deck.analyses] == [Op, Ac]
    (tmp_path / "ours").mkdir()
    for analysis in deck.analyses:
        (ours,) = batch(to_spice(deck, [analysis]), tmp_path / "ours")
        theirs = next(p for p in batch(text, tmp_path) if ("AC" in p.name) == (analysis != Op()))
        for node in deck.network.nodes[1:]:
            same, expected = ours.vectors[f"v({node})"], theirs.vectors[f"v({node})"]
            # up to the tolerance of the diodes' operating points
            np.testing.assert_allclose(same, expected, rtol=1e-5, atol=1e-12)


def test_sources_in_series_are_one_port_with_a_resistance() -> None:
    deck = read_deck(BY_HAND["series"])
    assert deck.network.ports == (Port("1", "out", "0", 1000.0),)
    assert deck.sources == {"1": Source(3.5, 3.0)}
    assert [e.name for e in deck.network.elements] == ["r2"]
    deck = read_deck(BY_HAND["two ports"])
    assert deck.network.ports == (Port("x", "in"), Port("y", "mid", "0", 5.0))
    # ground parts them, whatever else touches it
    deck = read_deck("t\nv1 0 a 1\nv2 b 0 1\nr1 a b 1")
    assert deck.network.ports == (Port("1", "0", "a"), Port("2", "b"))
    # rs1 is the port's only where it alone follows v1
    for cards in ("r2 in 0 1\nrs2 in b 1", "rs2 in b 1"):
        deck = read_deck(f"t\nv1 in 0 1\n{cards}\nr1 b 0 1")
        assert deck.network.port("1") == Port("1", "in")
        assert deck.network["rs2"].value == 1.0
    with pytest.raises(DeckError, match="'rs1' is used twice"):
        read_deck("t\nv1 in 0 1\nr2 in 0 1\nrs1 in b 1\nr1 b 0 1")


@pytest.mark.parametrize(
    ("words", "source"),
    [
        ("", Source()),
        ("5", Source(5.0)),
        ("dc 5 ac", Source(5.0, 1.0)),
        ("ac 2", Source(0.0, 2.0)),
        ("ac 2 0 dc 1", Source(1.0, 2.0)),
        ("sin(1 2 1k)", Source(1.0, 0.0, Tone(2.0, 1e3))),
        ("SIN (1, 2, 1k, 0, 0, 90) AC 3", Source(3.0, 3.0, Tone(2.0, 1e3, np.pi / 2), offset=1.0)),
        ("dc 1 ac 3 sin 1 2 1k 0", Source(1.0, 3.0, Tone(2.0, 1e3))),
    ],
)
def test_source_cards(words, source) -> None:
    deck = read_deck(f"t\nv1 a 0 {words}\nr1 a 0 1")
    assert deck.sources == {"1": source}


def test_sines_in_series_are_a_multitone() -> None:
    deck = read_deck("t\nv1 a b sin(0 1 1k)\nv1_1 b 0 sin(1 2 3k)\nr1 a 0 1\n.tran 1u 1m")
    assert deck.source("1") == Source(1.0, 0.0, Multitone((Tone(1.0, 1e3), Tone(2.0, 3e3))))


@pytest.mark.parametrize(
    ("card", "tran"),
    [
        (".tran 1u 1m", Tran(1e-3, 1e-6, at_rest=False)),
        (".tran 1m 1m", Tran(1e-3, 1e-3 / 50, at_rest=False)),
        (".tran 1m 1m 0.5m uic", Tran(1e-3, 0.5e-3 / 50, 0.5e-3)),
        (".tran 1u 1m 0.5m 2u UIC", Tran(1e-3, 2e-6, 0.5e-3)),
    ],
)
def test_tran_cards_have_spices_defaults(card, tran) -> None:
    (read,) = read_deck(f"t\nv1 a 0 1\nr1 a 0 1\n{card}").analyses
    assert isinstance(read, Tran)
    given, wanted = ((t.stop, t.max_step, t.start) for t in (read, tran))
    np.testing.assert_allclose(given, wanted, rtol=1e-15)
    assert read.at_rest == tran.at_rest


def test_what_prints_is_ignored_and_options_are_kept() -> None:
    deck = read_deck(
        "t\nv1 a 0 1\nr1 a 0 1\n.print tran v(a)\n.plot v(a)\n.options RELTOL = 1m itl1=50 klu\n"
        ".options method=gear, gmin = 0.0\n.save v(a) i(v1)\n.meas tran x max v(a)\n.op"
    )
    assert deck.options == {"reltol": 1e-3, "itl1": 50, "klu": None, "method": "gear", "gmin": 0.0}
    assert deck.save == ("v(a)", "i(v1)")
    assert deck.title == "t"
    assert read_deck("* my title \nv1 a 0 1\nr1 a 0 1").title == "my title"


def test_open_ends_are_declared() -> None:
    text = "t\n* open: X\nv1 a 0 1\nr1 a 0 1\nl1 a x 1"
    assert read_deck(text).network.stubs == ("x",)
    with pytest.raises(DeckError, match=r"line 4: node 'x' is floating: only 'l1'.*'\* open: x'"):
        read_deck(text.replace("* open: X\n", ""))


# --- what is refused -----------------------------------------------------------------------------

HEAD = "a title\nv1 in 0 dc 1 ac 1\nr1 in out 1k\nr2 out 0 1k\n"  # four lines
ON_LINE_5 = {
    ".control": r"'\.control' is refused: .*any command",
    ".CONTROL": r"'\.control' is refused",
    ".include /etc/passwd": r"'\.include' is refused: files are not read",
    ".options itl1=\u00b2": "option 'itl1' = '\u00b2': a name, and a number or a word",
    ".inc x": r"'\.inc' is refused",
    ".lib x y": r"'\.lib' is refused",
    ".csparam x=1": r"'\.csparam' is refused",
    ".subckt x a b": "subcircuit 'x' is not closed",
    ".ac log 2 1 10": r"needs '\.ac lin\|dec\|oct points start stop'",
    ".ac dec 2 1": "needs '.ac",
    ".ac dec 2.5 1 10": "must be whole",
    ".ac dec 2 10 1": "needs 0 < start",
    ".ac dec 2 1 10 10": "needs '.ac",
    ".tran 1u 1m 2m": "needs 0 <= start < stop",
    ".tran 1u 1m 0 0": "0 < max_step",
    ".model m1": "a model needs a name and a kind",
    ".model m1 d(is 1e-14)": "NAME=VALUE",
    "k1 l1 0.5": "'k1' needs two inductors",
    **{f"{letter}1 a b c d e 1": f"'{letter}1' is read as" for letter in "efgh"},
    "i1 0 in 1": "'i1' is a current source with no resistor across it.*between '0' and 'in'",
    "x1 a b sub": "'x1': there is no subcircuit 'sub'",
    **{f"{letter}1 a b c m": f"'{letter}1' is a transistor" for letter in "qmj"},
    **{f"{letter}1 a b c d": f"'{letter}1' is a transmission line" for letter in "to"},
    **{f"{letter}1 a b c d m": f"'{letter}1' is a switch" for letter in "sw"},
    "z1 a b m": "'z1' is no element that is known",
    "1r a b 1": "'1r' is no element that is known",
    "r3 out 0": "'r3' needs two nodes and a value",
    "r3 out": "'r3' needs two nodes and a value",
    "l3 out 0 {l}": "there is no parameter 'l'",
    "r3 out 0 -1k": r"resistor 'r3': value = -1000\.0, must be positive",
    "l3 out 0 0": r"inductor 'l3': value = 0\.0, must be positive",
    "r3 out out 1": "'r3': both ends are on node 'out'",
    "R1 out 0 1": "the name 'r1' is already on line 3",
    "v1 out 0 1": "the name 'v1' is already on line 2",
    "r3 out x 1": "node 'x' is floating: only 'r3' touches it",
    "d1 out 0 nomodel": "'d1': there is no model 'nomodel'",
    "d1 out 0": "'d1' needs two nodes",
    "c3 out 0 q='1e-9*v(out,0)'": "'c3': only the charge law of this package's varactor",
    "b1 out 0 v=sin(time)": "'b1': only this package's chirp",
    "a1 [out] x dac": "only a filesource",
    "a1 %vd([out 0]) m1": "'a1' stands behind no voltage source",
    "v2 out 0 external": "'v2': driven by a program",
    "v2 out 0 dc": "'v2': 'dc' without a value",
    "v2 out": "'v2' needs two nodes",
    "v2 out out 1": "'v2': both ends are on node 'out'",
    '.model m1 filesource(file="../x" amploffset=[0] amplscale=[1])': "without a folder",
    '.model m1 filesource(file="x" amploffset=[0] amplscale=[2])': r"amplscale=\[1\]",
}


@pytest.mark.parametrize("card", ON_LINE_5)
def test_a_card_that_can_not_be_read_is_refused_with_its_line(card) -> None:
    for before, line in ((HEAD, 5), (HEAD + "* a comment\n\n.op\n", 8)):
        with pytest.raises(DeckError, match=f"^line {line}: .*{ON_LINE_5[card]}") as error:
            read_deck(f"{before}{card}\n.op\n.end\n")
        assert error.value.line == line


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "^the deck is empty"),
        (" \n\n", "^the deck is empty"),
        ("t\n+ r1 a 0 1", "^line 2: a continuation with nothing to continue"),
        ("t\nv1 a 0\n+ 2a\nr1 a 0 1", "^line 2: '2a': ngspice 39"),
        ("t\nr1 a 0 1", "^the deck has no source: .*add one"),
        ("t\nv1 a 0 1", "no elements"),
        ("t\nv1 a 0 1\nrs1 a 0 1", "^line 2: port '1': both ends are on node '0'"),
        ("t\nv1 a 0 1\nrs1 a 0 1\n.end\n\nr2 a 0 1", r"^line 6: ngspice reads on after \.end"),
        ("t\nv1 a 0 1\nr1 a 0 1\nr2 x y 1\nr3 x y 1", "^line 4: node 'x' is floating: no path"),
        ("t\nv1 a b 1\nr1 a b 1\n", "^nothing is connected to ground"),
        ("t\nv1 a 0 1\nv2 a 0 1\nr1 a 0 1", "^line 3: voltage-source loop: port '2'"),
        ("t\nv1 a 0 1\nr1 a 0 1\n.ac dec 5 1 10", r"an \.ac card but no source with an AC amp"),
        ("t\nv1 a b 1\nv2 b a 1\nr1 a 0 1\n", "^line 2: port '1': both ends are on node 'a'"),
        ("t\nv1 gnd1 0 1\nr1 gnd1 time 1\nr2 time 0 1", "node 'time': ngspice"),
        ("t\nv1 a 0 1\nd1 a 0 m\n.model m d(is=1e-14 tt=1)", "^line 4: diode parameter 'tt'"),
        ("t\nv1 a 0 1\nd1 a 0 m\n.model m d(is=-1)", r"^line 3: diode 'd1': saturation_current"),
        ("t\nv1 a 0 1\nr1 a 0 1\n.model m d(n=1)\n.model M d(n=2)", "^line 5: .* a model 'm'"),
        ("t\nv1 a b sin(0 1 1)\nb1 b 0 v=time<=1.0?1.0*sin(2*pi*(1.0*time+(2.0-1.0)/2/1.0*"
         "time*time)):0\nr1 a 0 1", "^line 2: 'v1': a chirp or samples can't be added"),
        ("t\nv1 a b 1\na1 %vd([b 0]) m\nr1 a 0 1", "^line 3: 'a1': there is no model 'm'"),
    ],
)  # fmt: skip
def test_a_deck_that_is_no_circuit_is_refused(text, message) -> None:
    with pytest.raises(DeckError, match=message):
        read_deck(text)


WORDS = "a b 0 1k 4k7 1e999 ac dc sin( 1 ) [ ] m d (is=1) dec uic q='1*2/(1-3)' v=time<=1?2 = é"
CARDS = """t
v1 in 0 dc 1 ac 1
r1 in out 1k
v2 b 0 sin(0 1 1k)
rs2 b out 1
d1 out 0 m
.model m d(is=1e-9 n=1)
c1 out 0 1u
l1 out 0 1m
l2 b 0 1m
k1 l1 l2 0.5
e1 x 0 (out b) 2
r4 x b 5
f1 out 0 v1 2
.ac dec 5 1 1k
.tran 1u 1m
.options x=1
* open: a
.save all"""


def edited(card: str) -> st.SearchStrategy[str]:
    """The card's first word with a handful of others, or any text."""
    words = st.lists(st.sampled_from([*card.split(), *WORDS.split()]), max_size=6)
    return st.one_of(words.map(lambda rest: " ".join([card.split()[0], *rest])), st.text())


@given(st.dictionaries(st.sampled_from(CARDS.splitlines()), st.data(), max_size=3))
@settings(max_examples=400, deadline=None, derandomize=True)
def test_whatever_the_text_it_is_a_deck_or_a_deck_error(edits) -> None:
    cards = [edits[c].draw(edited(c)) if c in edits else c for c in CARDS.splitlines()]
    try:
        deck = read_deck("\n".join(cards))
    except DeckError:
        return
    assert read_deck(to_spice(Deck(deck.network, ()))).network == deck.network
