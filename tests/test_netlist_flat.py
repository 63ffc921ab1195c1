"""Decks that others wrote: layout, values, conditions and control blocks, as ngspice takes them."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import Ac, Op, Tran, load_deck, read_deck, read_text_deck, to_spice
from physlearn_spice.netlist.control_block import lifted
from physlearn_spice.netlist.doubts import doubts
from physlearn_spice.netlist.flat import Flat, flat_cards
from physlearn_spice.netlist.layout import cards, title
from tests.batch import batch
from tests.test_netlist_subcircuits import check_same

SOURCE = "i1 0 r dc 1 ac 1\nrl r 0 7\n.op\n.ac lin 3 1k 2k\n"
PARAMETERS = ".param p=4 q = {p/2} rr='2*q' tau=1m\n"


def flat(text: str) -> Flat:
    return flat_cards(cards(text.splitlines()))


def written(text: str) -> str:
    return "\n".join(["t", *(card for _, card in flat(text).cards), ".end", ""])


# --- values --------------------------------------------------------------------------------------

VALUES = {
    "braces": "r1 r 0 {p}",
    "quotes": "r1 r 0 'p*2'",
    "blanks inside": "r1 r 0 { p *\n+ 2 }",
    "braces in braces": "r1 r 0 {{p}*{q}}",
    "a bare name": "r1 r 0 p",
    "a bare name beside a model": "r1 r 0 p\n.model p r(r=9)",
    "name=value": "r1 r 0 r=p",
    "name=expression": "r1 r 0 r = p+1",
    "name={}": "r1 r 0 r={p+1} tc1='0*p'",
    "multiplied": "r1 r 0 8 m=p",
    "multiplied by braces": "r1 r 0 8 m = {p}",
    "a model's": "r1 r 0 mm\n.model mm r(r={p*3} tc1='0')",
    "a model's bare": "r1 r 0 mm\n.model mm r r=p",
    "a number and its model": "r1 r 0 5 mm\n.model mm r(tc1={p})",
    "sources": "v2 a 0 dc {p} ac 'p*2'\nr1 a r 1",
    "a bare source": "v2 a 0 p\nr1 a r 1",
    "dc=": "v2 a 0 dc = p\nr1 a r 1",
    "a sine": "v2 a 0 sin({p} 'q' {1/tau})\nr1 a r 1",
    "a gain": "e1 a 0 r 0 {p}\nra a 0 1\ng1 r 0 a 0 q\nf1 a 0 v1 'q'\nv1 r b 0\nrb b 0 1\n"
    "h1 c 0 v1 p\nrc c 0 1",
    "poly": "e1 a 0 poly(1) r 0 0 p\nra a 0 1",
    "coils": "l1 r 0 {p*1m}\nl2 a 0 q\nra a 0 1\nk1 l1 l2 {q/p}\nrs r 0 1",
    "a law": "b1 a 0 v=v(r)*p+q\nra a 0 1\ne1 c 0 value={v(r)*p}\nrc c 0 1",
    "negative in a law": "b1 a 0 v=v(r)*n-n\nra a 0 1\n.param n=-2",
    "brackets": "e1 (a 0) (r 0) -10\nr1 (a, 0) {2 * 3}\nr2 (r,0) 5",
    "functions": ".func f(x) {x*p}\n.param g(x,y)={x+y} s = g(1,2)\nr1 r 0 {f(s)}",
    "the last holds": ".param p=5\n.param p=6\nr1 r 0 {p}",
    "forward": ".param a1={b1} b1={c1}\n.param c1=9\nr1 r 0 {a1}",
    ".params": ".params z=7\nr1 r 0 {z}",
    "of analyses": "r1 r 0 1\n.ac dec {q} 'p*1k' {p*1meg}",
    "4k7": "r1 r 0 4k7",
    "1k5ohm": "r1 r 0 1k5ohm",
    "1.2.3": "r1 r 0 1.2.3",
    "5%": "r1 r 0 5%",
    "1meg5": "r1 r 0 1meg5\nc1 r 0 1n5",
    "if": ".if (p>3)\nr1 r 0 1\n.else\nr1 r 0 2\n.endif",
    "elseif": ".if (p>4)\nr1 r 0 1\n.elseif (p==4)\nr1 r 0 2\n.else\nr1 r 0 3\n.endif",
    "one holds": ".if (p>3)\nr1 r 0 1\n.elseif (p>5)\nr1 r 0 2\n.else\nr1 r 0 3\n.endif",
    "if in if": ".if (p<3)\n.if (q>1)\nr1 r 0 1\n.else\nr1 r 0 2\n.endif\n.else\nr1 r 0 3\n.endif",
    "nodes": "r1 r 2^ 1\nr2 2^ n$1 2\nr3 n$1 net-3 3\nr4 net-3 a.b 1\nr5 a.b a+ 2\nr6 a+ /out 3\n"
    "r7 /out b[0] 1\nr8 b[0] c! 2\nr9 c! d:1 3\nra d:1 e<0> 1\nrb e<0> f/g 2\nrc f/g 0 3",
    "units": "r1 r 0 1.019524e+2Ohms\nc1 r 0 540.00F\nl1 r 0 1meg\nr2 r 0 1mil\nc2 r 0 10M",
    "micro": "c1 r 0 159.1549\u00b5",
}


@pytest.mark.parametrize("text", VALUES.values(), ids=VALUES)
def test_the_flat_deck_runs_as_the_authors(text, tmp_path) -> None:
    whole = f"t\n{PARAMETERS}{text}\n{SOURCE}"
    ours = batch(written(whole), tmp_path)
    theirs = batch(f"{whole}.end\n", tmp_path)
    for plot in theirs:  # names of nodes as they are in the flat deck
        plain = {re.sub(r"[^\w()]", "_", name): value for name, value in plot.vectors.items()}
        plot.vectors.clear()
        plot.vectors.update(plain)
    check_same(theirs, ours)


def test_values_are_plain_numbers() -> None:
    text = "t\n.param u=10u z=1/3\nr1 a 0 {u*1}\nr2 a 0 {z}\nr3 a 0 10u\nc1 a 0 {3*0.1u}\n"
    found = [card.split()[-1] for _, card in flat(text).cards]
    assert found == ["1e-05", repr(1 / 3), "10u", "3e-07"]


def test_what_the_writer_writes_passes_untouched() -> None:
    kept = [
        "c1 a 0 q='2e-09*0.7/(1-0.5)*(1-pwr(1-min(v(a,0),0.35)/0.7,1-0.5))'",
        "b1 u 0 v=time<=1.0?1.0*sin(2*pi*(1.0*time+(2.0-1.0)/2/1.0*time*time)):0",
        "a1 %vd([u 0]) file1",
        '.model file1 filesource(file="samples_1.txt" amploffset=[0] amplscale=[1])',
        "v1 a u dc 0.0 ac 1.0 sin(0.0 1.0 1000.0 0 0 -90.0)",
        ".options noopac method=trap",
    ]
    assert [card for _, card in flat("\n".join(["t", *kept])).cards] == kept


NOTES = {
    "r1 r 0 p": "'p' is the parameter of that name to ngspice, and no model",
    "r1 r 0 4k7": "'4k7' is 4000 to ngspice, which reads its first part only",
    "r1 a-b 0 1": "node 'a-b' is called 'a_b' here",
    "r-3 r 0 1": "'r-3' is called 'r_3' here",
    "r.3 r 0 1": "'r.3' is called 'r_3' here",
    "r1 a-b a_b 1": "node 'a-b' is called 'a_b_' here",
    ".print ac v(r)": "'.print' was passed over",
    ".global_param z=1": "'.global_param' is read as '.param'; ngspice has none",
}


@pytest.mark.parametrize("card", NOTES)
def test_what_may_surprise_is_noted_with_its_line(card) -> None:
    assert flat(f"t\n{PARAMETERS}* a comment\n{card}").notes == [f"line 4: {NOTES[card]}"]


REFUSED = {
    ".param": None,
    ".param x": "a parameter is written NAME=VALUE, not 'x'",
    ".param x 3": "a parameter is written NAME=VALUE",
    ".param x=": "'': a value is missing",
    ".param x={1": "a quote or brace is not closed",
    ".param x={1}*2": "braces belong around all of '{1}*2'",
    ".param x=1 + p": "ngspice may read only a part of '1 + p': put braces around it",
    ".param x={1}, y=2": "ngspice hangs at a comma",
    ".param x={nope}": "there is no parameter 'nope'",
    ".param x={x}": "parameter 'x' is defined by itself",
    ".param x=4k7": "'4k7': '7' is misplaced",
    '.param x="1"': "can't be read",
    ".func f(x)": "a function is written",
    ".func f(x,x) {x}": "function 'f': (x,x) are no arguments",
    ".func f(2) {x}": "function 'f': (2) are no arguments",
    "r1 r 0 {nope}": "there is no parameter 'nope'",
    "r1 r 0 {1": "a quote or brace is not closed",
    "r1 r 0 '1": "a quote or brace is not closed",
    "r1 r 0 {}": "')' is misplaced",
    "r1 r 0 2A5": "'2a': ngspice 39",
    ".ac dec {nope} 1 2": "there is no parameter 'nope'",
    ".if p > 3\n.endif": "a condition stands in brackets",
    ".if (p": None,
    ".if (nope)\n.endif": "there is no parameter 'nope'",
    ".else": "'.else' has no '.if'",
    ".endif": "'.endif' has no '.if'",
    ".if (1)": "'.if' is not closed",
    ".if (1)\n.param z=3\n.endif": None,
    ".csparam x=1": "'.csparam' is refused",
    ".include x": "'.include' is refused",
    ".lib x y": "'.lib' is refused",
}


@pytest.mark.parametrize("text", [text for text, says in REFUSED.items() if says])
def test_what_has_no_value_is_refused_with_its_line(text) -> None:
    with pytest.raises(DeckError, match=f"^line 4: .*{re.escape(REFUSED[text] or '')}"):
        flat(f"t\n{PARAMETERS}* a comment\n{text}")


def test_a_definition_that_depends_on_a_condition_is_refused() -> None:
    with pytest.raises(DeckError, match=r"^line 3: '\.param' is inside of the '\.if' of line 2"):
        flat("t\n.if (1)\n.param z=3\n.endif")


# --- layout --------------------------------------------------------------------------------------

MESSY = (
    "* A low-pass, \u00b5-sized *\r\n"
    "; nothing\r\n"
    "\r\n"
    "VIN\tIn gnd AC 1 $ the source\r\n"
    "*R9 in 0 1\r\n"
    "R1 In\r\n"
    "* between\r\n"
    "+ n$1 // and\r\n"
    "\r\n"
    "+ 1.0kOhm ; a load\r\n"
    "C1 N$1 0 159.1549\u00b5F\r\n"
    ".Title ignored\r\n"
    ".PRINT AC V(n$1)\r\n"
    ".AC DEC 3 0.1 10"
)


@pytest.mark.parametrize("encoding", ["utf-8", "latin-1", "utf-8-sig"])
def test_a_messy_deck_is_read(encoding, tmp_path) -> None:
    path = tmp_path / "messy.cir"
    path.write_bytes(MESSY.encode(encoding))
    deck = load_deck(path)
    assert deck.title == "A low-pass, \u00b5-sized *"
    assert deck.network["r1"].value == 1e3
    assert (deck.network["c1"].a, deck.network["c1"].value) == ("n_1", 159.1549e-6)
    assert deck.notes == (
        "line 6: node 'n$1' is called 'n_1' here",
        "line 12: '.title' was passed over",
        "line 13: '.print' was passed over",
    )
    (ours,) = batch(to_spice(deck), tmp_path)
    (theirs,) = batch(MESSY.replace("\r", ""), tmp_path)
    np.testing.assert_allclose(ours.vectors["v(n_1)"], theirs.vectors["v(n$1)"], rtol=1e-9)


def test_a_greek_mu_is_micro_and_noted() -> None:
    deck = read_deck("t\nv1 a 0 1\nr1 a 0 5\u03bc")
    assert deck.network["r1"].value == 5e-6
    assert deck.notes == (
        "line 3: '5\u03bc': ngspice takes this letter for a unit, and here it is micro",
    )


@pytest.mark.parametrize(
    ("line", "text"),
    [("* x", "x"), (".title  A b ", "A b"), ("x", "x"), ("*", ""), (".TITLE x", "x"), ("*x", "*x")],
)
def test_titles(line, text) -> None:
    assert title([line]) == text


def test_numbers_that_may_not_be_meant_so_are_noted() -> None:
    lines = ["10M", "* 10M", "r1 a 0 10M", "c1 a 0 540.00F ; 2F", "c2 a 0 1uF", "r2 a 0 10m 1Meg"]
    lines += ["r3 a 0 1.5e3MOhm", "c3 a 0 1F 2Farad", "r4 n1M 0 1MEG", "r5 10MIL 0 1fF", "r 0 .5M"]
    assert doubts(lines) == [
        "line 3: '10M': M is milli; a million is meg",
        "line 4: '540.00F': F is femto, and no farad",
        "line 7: '1.5e3MOhm': M is milli; a million is meg",
        "line 8: '1F': F is femto, and no farad",
        "line 8: '2Farad': F is femto, and no farad",
        "line 11: '.5M': M is milli; a million is meg",
    ]


# --- control blocks ------------------------------------------------------------------------------

BENCH = "t\nv1 a 0 dc 1 ac 1\nr1 a 0 1\n"  # three lines


def test_analyses_of_a_control_block_are_read() -> None:
    deck = read_deck(
        f"{BENCH}.ac dec 5 1 10\n.control\nrun\nset color0 = white filetype=ascii\n* a comment\n"
        "ac dec 5 1 10\ntran 1u\n+ 1m uic\nop\nplot v(a) vs frequency ; all\nlet x = v(a)\n"
        "meas tran y max v(a)\nprint x > here\n.endc\n.end\n"
    )
    assert deck.analyses == (Ac(1.0, 10.0, 5), Tran(1e-3, 1e-6), Op())
    noted = {6: "run", 7: "set", 13: "plot", 14: "let", 15: "meas", 16: "print"}
    assert deck.notes == tuple(
        f"line {line}: {word!r} in the control block was passed over"
        for line, word in noted.items()
    )


def test_a_text_deck_takes_them_too(tmp_path) -> None:
    text = f"{BENCH}.control\nac dec 5 1 10\nprint v(a)\n.endc\n.end\n"
    deck = read_text_deck(text)
    assert (deck.kinds, deck.lines) == (("ac",), (1, 2, 3, 5, 8, 8))
    assert "control" not in deck.text
    assert deck.notes == ("line 6: 'print' in the control block was passed over",)
    (tmp_path / "block.inc").write_text(".control\nop\n.endc\n", encoding="utf-8")
    with pytest.raises(DeckError, match=r"line 4: in 'block\.inc': line 1: '\.control' is refused"):
        read_text_deck(f"{BENCH}.include block.inc\n.op", include_from=tmp_path)
    assert read_deck(text, include_from=tmp_path).analyses == (Ac(1.0, 10.0, 5),)


HARMFUL = """
shell touch x | !touch x | source x.cir | write x.raw | wrdata x v(a) | load x.raw | alter r1 = 2
altermod m is = 1 | alterparam p = 1 | quit | exit | repeat 3 | while 1 | foreach x 1 2 | dowhile 1
if 1 | else | end | goto x | label x | reset | set temp = 50 | set color0=white temp=50 | set
set sourcepath = ( x ) | set x = `touch x` | option temp=5 | cd x | codemodel x | gnuplot x v(a)
hardcopy x v(a) | snsave x | snload x | bg_run | stop when time = 1 | step | resume | trace v(a)
define f(x) x*2 | alias run shell | remcirc | edit | noise v(a) v1 dec 1 1 2 | pz a 0 a 0 vol pol
tran 1u $x | ac dec 5 1 {f} | tran `touch x` 1m | dc v1 0 x-y 1 | .op | .param x=1 | r9 a 0 1
"""


@pytest.mark.parametrize("command", [c.strip() for c in re.split(r"\||\n", HARMFUL) if c.strip()])
@pytest.mark.parametrize("read", [read_deck, read_text_deck])
def test_a_command_that_does_more_is_refused_by_name(read, command) -> None:
    word = re.escape(repr(command.split()[0]) if command[0] not in "tad" else "")
    with pytest.raises(DeckError, match=f"^line 6: .*{word}"):
        read(f"{BENCH}.control\nop\n{command}\n.endc\n.op\n")


def test_a_block_without_an_end_is_refused() -> None:
    with pytest.raises(DeckError, match=r"^line 4: '\.control' is refused: .* run any command"):
        read_deck(f"{BENCH}.control\nop\n")
    assert lifted([(2, ".op")]) == ([(2, ".op")], [])


# --- whatever the text ---------------------------------------------------------------------------

PIECES = """.param p=1 q={p} f(x)={x*2}
.func g(x) {f(x)+p}
.subckt s a b r=1 k={q}
.ends
.if (p>0)
.else
.endif
.model m d(is={p})
.global z
x1 a 0 s r={g(2)}
x2 a b z s
r1 a b {p+q*f(3)} m=2
e1 (a 0) poly(2) b 0 a 0 'q'
v1 a 0 sin(0 {p} 4k7)
k1 l1 l2 {p}
c1 a-b 0 q='v(a)*p'
.ac dec {p} 1 'q'
.save v(x1.m)
r2 x1.m 0 p"""
SCRAPS = [
    *("{", "}", "'", "(", ")", "=", ",", "+", "-", "**", "?", ":", "1e999", "{{p}}", "{-p}"),
    *("{1/0}", "params:", "a=b", "\u00b5"),
]


@pytest.mark.parametrize("seed", range(4))
def test_whatever_the_cards_they_are_flat_or_a_deck_error(seed) -> None:
    rng = np.random.default_rng(seed)
    words = [*PIECES.split(), *SCRAPS]
    outcomes = {True: 0, False: 0}
    for _ in range(1500):
        lines = [str(piece) for piece in rng.choice(PIECES.splitlines(), int(rng.integers(1, 14)))]
        for _ in range(int(rng.integers(0, 3))):
            at = int(rng.integers(len(lines)))
            parts = lines[at].split(" ")
            parts.insert(int(rng.integers(len(parts) + 1)), str(rng.choice(words)))
            if rng.random() < 0.5:
                del parts[int(rng.integers(len(parts)))]
            lines[at] = " ".join(parts)
        is_flat = check_flat(lines)
        outcomes[is_flat] += 1
    assert min(outcomes.values()) > 50


def check_flat(lines: list[str]) -> bool:
    """Whether a deck is flattened, and then well; it is refused with its line otherwise."""
    wrong, found = None, Flat([], [])
    try:
        found = flat_cards(lifted(cards(["t", *lines]))[0])
    except DeckError as error:
        wrong = error
    assert wrong is None or wrong.line is not None
    for line, card in found.cards:
        assert 2 <= line <= len(lines) + 1
        assert not card.startswith(("x", ".param ", ".subckt ", ".func ", ".if "))
    assert all(re.match(r"line \d+: ", note) for note in found.notes)
    return wrong is None


def test_a_file_that_is_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DeckError, match=r"^line 2: '\.\./x' lies outside of"):
        read_deck("t\n.include ../x\nv1 a 0 1\nr1 a 0 1", include_from=tmp_path)
