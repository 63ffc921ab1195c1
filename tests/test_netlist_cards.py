"""Single cards of decks that others wrote: read, written again, and the same to ngspice."""

from __future__ import annotations

import numpy as np
import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import read_deck, to_spice
from physlearn_spice.network import Port
from physlearn_spice.stimulus import Sum
from physlearn_spice.waveforms import Waveform
from tests.batch import batch

OP, AC, TRAN = ".op", ".ac dec 5 100 100k", ".tran 1u 100u"
TIGHT = ".options reltol=1e-10 abstol=1e-17 vntol=1e-14\n"  # of a nonlinear operating point
COILS = "l1 a 0 1m\nl2 b 0 2m\nl3 c 0 3m\nr2 b 0 1\nr3 c 0 1"
DRIVE = "v1 s 0 dc 2 ac 1\nr1 s a 1k"


def case(cards: str, *analyses: str) -> str:
    """A deck of cards and analyses."""
    return "\n".join(["a title", cards, *(analyses or (OP, AC)), ".end", ""])


SAME = {
    # values
    "c model": case(DRIVE + "\nc1 a 0 cm 40u\n.model cm c(cap=2u tc1=1m)"),
    "c of a model": case(DRIVE + "\nc1 a 0 cm\n.model cm c cap=2u"),
    "c by size": case(DRIVE + "\nc1 a 0 cj l=100u\n"
                      ".model cj c(cj=5e-3 cjsw=2e-9 defw=10u narrow=1u short=2u)"),
    "l model": case(DRIVE + "\nl1 a 0 lm\nl2 s a lm 3m\n.model lm l(ind=2m)", AC),
    "r models": case(
        DRIVE + "\nr2 a 0 1k rm\nr3 a 0 rm 2k\nr4 a 0 rm\nr5 a 0 rm l=5u w=2u\nr6 a 0 rr\n"
        "r7 a 0 rw\n.model rw r(rsh=1k defw=5u w=4u l=20u)\n"
        ".model rm r(rsh=10 defw=1e-6 narrow=0.2u short=0.3u)\n.model rr r(r=3k)"
    ),
    "tc and temp": case(
        DRIVE + "\nr2 a 0 rt 1k\nr3 a 0 1k tc1=0.01 tc2=1e-4\nr4 a 0 1k temp=47 tc=0.01 1e-4\n"
        "r5 a 0 1k dtemp=9 tc1=1m\nc1 a 0 1n tc1=0.02\nl1 a b 1m tc1=0.03\nr6 b 0 50\n"
        ".model rt r(tc1=0.01 tc2=2e-4)\n.temp 37\n.options tnom=25"
    ),
    "m and scale": case(
        DRIVE + "\nr2 a 0 1k m=2\nr3 a 0 1k scale=3\nc1 a 0 1u m=3\nl1 a b 1m m=2\nr4 b 0 5"
    ),
    "named values": case(DRIVE + "\nr2 a 0 r=2k\nc1 a 0 c=1u\nl1 a b l=1m\nr3 b 0 5"),
    "zero ohm": case(DRIVE + "\nr2 a b 0\nr3 b 0 1k\nc1 b 0 1u"),
    "names": case("v1 2^ 0 dc 1 ac 1\nR1.2 2^ n$1 1k\nC-1 n$1 0 1u\nr1_2 n$1 0 5k\n"
                  "e#1 o 0 n$1 0 2\nr9 o 0 1"),
    # couplings
    "two K of a pair": case(
        f"v1 s 0 ac 1\nr1 s a 5\n{COILS}\nk1 l1 l2 0.5\nk2 (l2,l1) k=0.3\nk3 l1 l3 0", AC
    ),
    "three K": case(
        f"v1 s 0 ac 1\nr1 s a 5\n{COILS}\nk1 l1 l2 0.5\nk2 l1 l3 0.4\nk3 l2 l3 0.3", AC
    ),
    # controlled
    "brackets": case(DRIVE + "\nr2 a 0 1k\nE1 (out 0) (a 0) -10\nr3 out 0 1k\n"
                     "g1 (o2,0) (a,0) 1m\nr4 o2 0 1\nf1 o3 0 v1 2\nr5 o3 0 1\n"
                     "h1 o4 0 v1 3\nr6 o4 0 1"),
    "poly": case(DRIVE + "\nr2 a 0 1k\nE1 out 0 POLY(1) a 0 0 5\nr3 out 0 1k"),
    "renamed control": case("vin_1 s 0 dc 1 ac 1\nr1 s a 1k\nr2 a 0 1k\nf1 o 0 vin_1 2\nr3 o 0 1"),
    # sources
    "ac": case("v1 s 0 ac\nr1 s a 1k\nc1 a 0 1u", AC),
    "phase": case("v1 s 0 ac 2 90\nv2 q 0 ac 1 -30\nr1 s a 1k\nr2 q a 2k\nc1 a 0 1u", AC),
    "phases in series": case("v1 s q ac 2 90\nv2 q 0 ac 1 -30\nr1 s a 1k\nc1 a 0 1u", AC),
    "norton": case("i1 0 a dc 1m ac 2m 45\nr1 a 0 1k\nc1 a 0 1u\nr2 a b 2k\nr3 b 0 1k"),
    "norton upside down": case("i1 a b 1m ac 1\nr1 b a 1k\nr2 b 0 2k\nr3 a 0 3k\nc1 a 0 1u"),
    "norton in time": case("i1 0 a pulse(0 1m 5u 2u 2u 20u 50u)\nr1 a 0 1k\nc1 a 0 10n", TRAN),
    # diodes
    "diode": case(
        "v1 s 0 dc 0.9 ac 1\nr1 s a 100\nd1 a 0 dm area=2.5 m=2\nd2 a b dm off\nr2 b 0 1k\n" + TIGHT
        + ".model dm d(is=2e-14 n=1.3 rs=7 cjo=10p vj=.7 m=.4 fc=.5 tt=0 eg=1.1 xti=3)"
    ),
    "reverse diode": case(
        "v1 s 0 dc -3 ac 1\nr1 s a 100\nd1 a 0 dm\n" + TIGHT + ".model dm d(cj0=10p)"
    ),
    # starts
    "ic": case(DRIVE + "\nc1 a 0 1u ic=3\nl1 a b 1m ic=2m\nr2 b 0 50", ".tran 1u 100u uic"),
    ".ic": case(DRIVE + "\nc1 a 0 1u\nr2 a 0 1k\n.ic v(a)=3", TRAN),
    ".ic uic": case(DRIVE + "\nc1 a 0 1u\nr2 a 0 1k\n.ic v(a)=3\n.nodeset v(a)=1", TRAN + " uic"),
    "commas": case(
        DRIVE + "\nc1 a 0 10n", ".op", ".ac dec 5, 100, 100k", ".tran 1u,100u,0,1u"
    ),
    "passed over": case(
        DRIVE + "\nc1 a 0 1u\n.print ac v(a)\n.plot ac v(a)\n.width out=80\n.save v(a) v(s)"
    ),
    # waveforms
    "dc and sine": case("v1 s 0 dc 5 sin(1 2 20k)\nr1 s a 1k\nc1 a 0 10n", OP, TRAN),
    "sine from a phase": case("v1 s 0 sin(1 2 20k 0 0 30)\nr1 s a 1k\nc1 a 0 10n", OP, TRAN),
    "two waveforms": case("v1 s 0 sin(1 2 20k) pulse(3 4 5u)\nr1 s a 1k\nc1 a 0 10n", OP, TRAN),
    "sum": case("v1 s b pulse(1 2 9u 1u 1u 9u)\nv2 b 0 exp(1 2 20u 4u)\nr1 s a 1k\nc1 a 0 10n", OP,
                TRAN),
    "default times": case("v1 s 0 pulse(0 1)\nr1 s a 1k\nc1 a 0 10n", ".tran 3u 100u 0 1u"),
}  # fmt: skip


@pytest.mark.parametrize("text", SAME.values(), ids=SAME)
def test_a_deck_and_its_network_are_the_same_to_ngspice(text, tmp_path) -> None:
    deck = read_deck(text)
    again = read_deck(to_spice(deck, []))
    assert (again.network, again.initial) == (deck.network, deck.initial)
    (tmp_path / "ours").mkdir()
    theirs = batch(text, tmp_path)
    assert len(theirs) == len(deck.analyses)
    for kind, analysis in zip(deck.kinds, deck.analyses, strict=True):
        (ours,) = batch(to_spice(deck, [analysis]), tmp_path / "ours")
        word = {"ac": "AC", "tran": "Transient", "op": "Operating"}[kind]
        expected = next(plot for plot in theirs if word in plot.name)
        shared = [v for v in expected.vectors if v.startswith("v(") and v in ours.vectors]
        # a node with a strange name, or inside of a diode, has another name in the network
        assert len(shared) > len(deck.network.nodes) - 4
        for name in [*shared, *(["time"] if kind == "tran" else [])]:
            a, b = ours.vectors[name], expected.vectors[name]
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9 * np.abs(b).max(), err_msg=name)


WAVEFORMS = [
    *("sin(0 1)", "sin(0.3 1 0)", "sin(0 1 20k 10u 1e4 45)", "sin 1 2 20k -10u 2e4"),
    *("pulse(0 1)", "pulse(0 1 10u 0 0)", "pulse(0 1 10u 5u 5u)", "pulse(0 1 0 1u 1u 10u)"),
    *("pulse(0,1,0,1u,1u,10u,30u,2)", "PULSE (2 -1 3.3u 1.7u 2.3u 4.1u 11.3u)"),
    *("pulse(0 1 0 1u 1u 0 30u)", "exp(0 1)", "exp(0 1 10u 5u 50u 7u)", "exp(1 -1 50u 5u 20u 7u)"),
    *("sffm(0 1)", "sffm(0.5 1 50k 2 10k)", "sffm(0 1 50k 2 10k 90 45)", "am(2 1 10k 100k 10u)"),
    *("pwl(0 0 10u 1 50u 2)", "pwl 10u 1 20u 3", "pwl(0 0, 10u 1, 10u 2, 20u 2)"),
    *("pwl(0 0 10u 1 20u 0) td=20u", "pwl(0 0 7u 1 13u .5 31u -2) r=7u", "pwl(-10u 0 10u 1)"),
]


@pytest.mark.parametrize("words", WAVEFORMS)
def test_a_waveform_is_ngspices_own(words, tmp_path) -> None:
    text = case(f"v1 a 0 {words}\nr1 a 0 1", ".tran 1u 100u")
    deck = read_deck(text)
    source = deck.source("1")
    assert source.waveform is not None
    waveform = source.waveform
    if isinstance(waveform, Waveform):
        waveform = waveform.filled(1e-6, 1e-4)
    offset = source.dc if source.offset is None else source.offset
    (tmp_path / "ours").mkdir()
    for plot in (*batch(text, tmp_path), *batch(to_spice(deck), tmp_path / "ours")):
        time = plot.vectors["time"].real
        assert len(time) > 100
        np.testing.assert_allclose(
            offset + waveform(time), plot.vectors["v(a)"].real, rtol=0, atol=1e-9
        )
    assert read_deck(to_spice(deck)).source("1").dc == source.dc


def test_waveforms_in_series_add_up() -> None:
    deck = read_deck(SAME["sum"])
    assert isinstance(deck.source("1").waveform, Sum)
    assert deck.network.ports == (Port("1", "s"),)
    with pytest.raises(DeckError, match=r"'i1' .* with no resistor"):
        read_deck(SAME["norton"].replace("r1 a 0 1k", "r1 a c 1k\nr7 c 0 1"))


def test_a_current_source_is_a_port_by_its_own_name() -> None:
    deck = read_deck(SAME["norton"])
    assert deck.network.ports == (Port("i1", "a", "0", 1000.0),)
    assert "r1" not in deck.network.names()
    assert deck.source("i1").dc == pytest.approx(1.0)
    assert any("line 2: 'i1' across 'r1' is the port 'i1'" in note for note in deck.notes)


NOTED = {
    "r2 a 0 0": "line 4: 'r2' has 0 Ohm, which is 0.001 Ohm to ngspice",
    "l2 a 0 1m rser=5": "line 4: 'l2': rser= is LTspice's, not ngspice's",
    "c2 a 0 1u cm\n.model cm c(tc1=0)": "line 4: 'c2': ngspice wants the model before the value",
    "d1 a 0 dm 2\n.model dm d": "line 4: 'd1': ngspice 39 wants the area as area=2",
    "r1.2 a 0 1": "line 4: 'r1.2' is called 'r1_2' here",
    "r2 a 0 1\n.print op v(a)": "line 5: '.print' was passed over",
    "r2 a 0 1\n.backanno": "line 5: '.backanno' was passed over",
    'c2 a 0 1u V=16 rser=0.1 mfg="Nichicon Co" pn="A1"': "line 4: 'c2': passed over, as no "
    "simulation heeds it: v, mfg, pn",
    "r2 a 0 1\n.noise v(a) v1 dec 1 1 10": "line 5: '.noise' was passed over: it is left to",
    "r2 a 0 1\n.step r1 1 2 1": "line 5: '.step' was passed over: it is left to",
    "r2 a 0 1\n.tran 1m": "line 5: '.tran STOP' is LTspice's",
    "r2 a 0 1\n.tran 0 1m": "line 5: a step of 0 is not ngspice's",
    "v2 a 0 sin(0 1 1k) exp(0 1)": "line 4: 'v2': has 2 waveforms, of which ngspice plays the last",
    "v2 a 0 1 rser=3": "line 4: 'v2': rser= is LTspice's",
    "v_2 a 0 1": "line 4: 'v_2' is the port '2'",
    "r2 a 0 1\n.ic v(nope)=1": "line 5: node 'nope' of .ic is none",
    "r2 a 0 1\n.nodeset v(a)=1": "line 5: '.nodeset' was passed over",
    "l1 a 0 1\nl2 s 0 1\nl3 s a 1\nk1 l1 l2 l3 0.1": "line 7: 'k1' couples each pair",
}


@pytest.mark.parametrize("card", NOTED)
def test_what_is_read_otherwise_is_noted_with_its_line(card) -> None:
    deck = read_deck(f"a title\n{DRIVE}\n{card}\nrz a 0 1\n")
    assert any(NOTED[card] in note for note in deck.notes), deck.notes
    assert all(note.startswith("line ") for note in deck.notes)


REFUSED = {
    "r3 a 0 -1k": "value = -1000.0, must be positive",
    "c3 a 0 0": "value = 0.0, must be positive",
    "r3 a 0 1k 2k": "'r3' has two values",
    "r3 a 0 nomodel": "'nomodel' is no number, and there is no model 'nomodel'",
    "r3 a 0 dm\n.model dm d": "there is a model of kind 'd' 'dm'",
    "r3 a 0 1 foo=2": "'r3': foo= can't be represented; physlearn run",
    "r3 a 0 1 ac=2": "another resistance for AC",
    "r3 a 0 1 m=0": "m=0.0, must be positive",
    "c3 a 0 cm\n.model cm c(cj=1 defl=1u)": "'c3' has no value",
    "r3 a 0 1 tc=0,1\n.temp 1e200": "value = inf, must be positive",
    "r3 a 0 1 scale=0": "scale=0.0, must be positive",
    "r3 a 0 rm w=1u\n.model rm r(rsh=10 narrow=1u)": "'r3': w=1e-06 leaves no size",
    "c3 a 0 cm l=0\n.model cm c(cj=1)": "'c3': l=0 leaves no size",
    "r3 a 0 rm\n.model rm r(tc1=1)": "'r3' has no value",
    "l3 a 0 1 rpar=5": "rpar= is LTspice's, and ngspice refuses it: make it an element",
    "l3 a 0 10 mH": "'mh' is no number, .* write 10mh without a blank",
    f"v_{'e' * 120} a 0 1": "the name 've.* is longer than 100 letters",
    "d3 a 0 dm ic=1\n.model dm d": "ic= can't be represented",
    "d3 a 0 dm 0\n.model dm d": "'d3': area=0, must be positive",
    "d3 a 0 dm\n.model dm d\n.temp 50": "'d3' at 50 Celsius",
    "k1 l1 l2 0.5 k2 l1 l3 0.5": "'k1': '0.5' is no inductor; a second coupling has a line",
    ".temp 37 47": "ngspice runs at one temperature",
    ".ic a=3": r"\.ic is read as v\(NODE\)=VALUE",
    "v2 a 0 sin(0)": "sin has 1 number; it takes 2 to 6",
    "v2 a 0 pwl(0 0 1)": "pwl of 3: it takes pairs",
    "v2 a 0 pwl(0 0 2 1 1 1)": "the times must not decrease",
    "v2 a 0 pwl(0 0 2 1) r=1": "no corner to repeat from",
    "v2 a 0 pulse(0 1 0 -1)": "rise = -1.0, must be positive",
    "v2 a 0 am(1 0 1k 2k 0 9)": "am with phases",
    "v2 a 0 dc 5 7": "'7' is not read",
    "v2 a 0 7 dc 5": "two DC values",
    "v2 a 0 trnoise(1 1u)": "'trnoise' is no data",
    "v2 a 0 ac 1 0 5": "'5' is not read",
    "e3 x 0 poly(1) a 0 1 5": "of a poly",
}


@pytest.mark.parametrize("card", REFUSED)
def test_what_can_not_be_represented_is_refused_with_its_line(card) -> None:
    with pytest.raises(DeckError, match=f"^line 4: .*{REFUSED[card]}"):
        read_deck(f"a title\n{DRIVE}\n{card}\nrz a 0 1\n")


def test_breakdown_and_transit_time_are_refused_at_the_model() -> None:
    for parameter in ("bv=100", "tt=5n", "fc=0.6", "ikf=1m", "cjsw=1p"):
        with pytest.raises(DeckError, match=f"^line 5: diode parameter '{parameter[:2]}.*run"):
            read_deck(f"t\n{DRIVE}\nd1 a 0 m\n.model m d(is=1e-14 {parameter})")


def test_ports_may_be_named_by_the_user() -> None:
    text = "t\nr1 a b 1\nc1 b 0 1"
    with pytest.raises(DeckError, match=r"no source: .* add one, such as 'v1 NODE 0 ac 1'"):
        read_deck(text)
    assert read_deck(text, ports=[Port("1", "a")]).network.ports == (Port("1", "a"),)


def test_saved_vectors_keep_their_meaning() -> None:
    text = (
        "t\nv1 s m ac 1\nv2 m 0 0\nrs1 s a 5\nr1 a 0 1\n.save v(s) v(m) v(a) i(v2)\n.ac lin 1 1 1"
    )
    deck = read_deck(text)
    assert deck.save == ("v(port1_s)", "v(a)", "i(v1)")
    assert any("line 6: v(m) is no more" in note for note in deck.notes)
