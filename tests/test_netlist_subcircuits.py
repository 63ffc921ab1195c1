"""Subcircuits expanded: ngspice's run of the flat deck is its run of the author's."""

from __future__ import annotations

import re
import time
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import Ac, load_deck, read_deck, to_spice
from physlearn_spice.netlist.flat import flat_cards
from physlearn_spice.netlist.layout import cards
from physlearn_spice.rawfile import Plot
from tests.batch import batch

SOURCE = "i1 0 r dc 1 ac 1\nrl r 0 7\n.op\n.ac lin 3 1k 2k\n"
DECKS = {
    "plain": "x1 r 0 s\n.subckt s a b\nr1 a m 2\nr2 m b 3\nc1 m gnd 1u\n.ends",
    "defaults": "x1 r 0 s p=4\nx2 r 0 s\n.subckt s a b p=2 q={p*2}\nr1 a b {q}\n.ends",
    "params:": "x1 r 0 s params: p = 4\n.subckt s a b params: p=2 q='p*2'\nr1 a b 'q'\n.ends s",
    "no default": "x1 r 0 s p=4\n.subckt s a b p=\nr1 a b {p}\n.ends",
    "bare values": "x1 r 0 s p=z*2\n.param z=3\n.subckt s a b p=2\nr1 a b p\n.ends",
    "upper case": "X1 R 0 SUB P=4\n.SUBCKT SUB A B P=2\nR1 A B {P}\n.ENDS SUB",
    "brackets": "x1 (r, 0) s\n.subckt s (a,b)\nr1 (a b) 5\ne1 (k 0) (a b) 2\nrk k b 1\n.ends",
    "local parameters": "x1 r 0 s p=9\n.subckt s a b p=1\n.param l={p+1} k={l*2}\nr1 a b {k}\n"
    ".ends",
    "local ones hide": "x1 r 0 s\nr9 r 0 {l}\n.subckt s a b\n.param l={2*z}\nr1 a b {l}\n.ends\n"
    ".param z=4 l=3",
    "an instance's hide local ones": "x1 r 0 s l=9\n.subckt s a b\n.param l=2 k={l*2}\n"
    "r1 a b {k}\n.ends",
    "the last holds": "x1 r 0 s v=1 v=2\n.subckt s a b v=3 v=4 w=5 w=6\nr1 a b {v+w}\n.ends",
    "twice the outer one": "x1 r 0 s\n.subckt s a b\n.param v={v*3}\nr1 a b {v}\n.ends\n.param v=5",
    "default of the outer one": "x1 r 0 s\n.subckt s a b v={v*3}\nr1 a b {v}\n.ends\n.param v=5",
    "defaults in any order": "x1 r 0 s\n.subckt s a b v={w} w={y}\n.param y={u+1}\nr1 a b {v}\n"
    ".ends\n.param u=3",
    "nested": "x1 r 0 o p=9\n.subckt o a b p=1\nx2 a m i q={p+1}\nr1 m b {p}\n.ends\n"
    ".subckt i a b q=1\nr1 a m {q}\nr2 m b {q*2}\nl1 m b 1m\n.ends",
    "passed on": "x1 r 0 o p=9\n.subckt o a b p=1\nx2 a b i p={p}\nx3 a b i p={p+1}\n.ends\n"
    ".subckt i a b p=1\nr1 a b {p}\n.ends",
    "the caller's parameters": "x1 r 0 o p=9\n.subckt o a b p=1\nx2 a b i\n.ends\n"
    ".subckt i a b\nr1 a b {p}\n.ends\n.param p=5",
    "defined inside": "x1 r 0 o\n.subckt o a b\nx2 a b i\n.subckt i a b\nr1 a b 3\n.ends\n.ends\n"
    ".subckt i a b\nr1 a b 4\n.ends",
    "models": "x1 r 0 s\nx2 r 0 s p=2\n.subckt s a b p=1\nr1 a m 4\nd1 m b dd\n"
    ".model dd d(is={p*1e-12})\n.ends\n.model dd d(is=1e-15)\nd2 r 0 dd",
    "models of the instance around": "x1 r 0 o\n.subckt o a b\nx2 a b i\n.subckt i a b\nr1 a b mm\n"
    ".ends\n.model mm r(r=5)\n.ends",
    "global": "x1 r s\n.subckt s a\nr1 a vdd 2\nr2 a vss 3\n.ends\n.global vdd vss\nv1 vdd 0 1\n"
    "r9 vss 0 3",
    "a global that is a node of its own": "x1 r vx s\n.subckt s a vdd\nr1 a vdd 2\n.ends\n"
    ".global vdd\nv1 vdd 0 1\nrx vx 0 9",
    "an inner node from outside": "x1 r 0 s\n.subckt s a b\nr1 a m 2\nr2 m b 3\n.ends\nr9 x1.m 0 4",
    "controlled": "x1 r 0 s\nx2 r 0 s\n.subckt s a b\nv1 a m dc 0\nr1 m b 5\nf1 a b v1 2\n"
    "h1 k 0 v1 3\ng1 a b k 0 0.1\ne1 n 0 poly(1) a b 0 4\nrn n k 2\n.ends",
    "coupled": "x1 r 0 s\n.subckt s a b k=0.5\nl1 a m 1m\nl2 n b 1m\nr1 m b 3\nr2 n b 2\n"
    "k1 l1 l2 {k}\n.ends",
    "laws": "x1 r 0 s g=2\n.subckt s a b g=1\nb1 a b i=v(a,m)*g/10+i(v1)\nr1 a m 3\nv1 m b 1\n"
    "e1 n 0 vol='v(m)*g'\nrn n 0 1\n.ends",
    "functions": "x1 r 0 s\nr9 r 0 {f(1)}\n.subckt s a b\n.func f(x) {x*2}\nr1 a b {f(4)+g(1)}\n"
    ".ends\n.func f(x) {x*3}\n.func g(x) {x+f(x)}",
    "conditions": "x1 r 0 s p=3\nx2 r 0 s\n.subckt s a b p=1\n.if (p>2)\nr1 a b 3\n.elseif (p<0)\n"
    "r1 a b 4\n.else\nr1 a b 5\n.endif\n.ends",
    "several of one": "x1 r 0 s m=3\n.subckt s a b\nr1 a m 3\nl1 m b 1m\nc1 m b 1u\nd1 m b dd\n"
    "i9 m b 0.1\ng1 m b a b 0.1\ne1 k 0 a b 2\nrk k m 4\nx2 a b i\n.ends\n.subckt i a b\n"
    "r1 a b 8\nv1 n 0 1\nf1 a b v1 0.5\nrv n 0 2\n.ends\n.model dd d(is=1e-12)",
    "m as a parameter": "x1 r 0 s m=3\n.subckt s a b m=1\nr1 a b {m}\n.ends",
    "macro": "x1 r 0 s\n.macro s a b\nr1 a b 8\n.eom",
    "names as numbers": "x1 r 0 2n22\n.subckt 2n22 1 2\nd1 1 2 1n4148\nr1 1 2 5\n.ends\n"
    ".model 1n4148 d(is=1e-12)",
    "the same names": "x1 r 0 x1\n.subckt x1 x1 r\nr1 x1 r {r1}\n.param r1=4\n.ends",
}


def flat(text: str) -> str:
    found = flat_cards(cards(text.splitlines()))
    return "\n".join(["t", *(card for _, card in found.cards), ".end", ""])


def here(vector: str) -> str:
    """ngspice's name of an inner node, as it is in a flat deck."""
    node = re.fullmatch(r"v\(((?:x\w+\.)+)(\w+)\)", vector)
    return f"v({'_'.join([node[2], *reversed(node[1][:-1].split('.'))])})" if node else vector


def check_same(theirs: list[Plot], ours: list[Plot]) -> None:
    assert [plot.name for plot in ours] == [plot.name for plot in theirs] != []
    for mine, plot in zip(ours, theirs, strict=True):
        nodes = [n for n in plot.vectors if re.fullmatch(r"v\([\w.]+\)", n) and "_int" not in n]
        assert len(nodes) >= 1
        for name in nodes:
            np.testing.assert_allclose(
                mine.vectors[here(name)], plot.vectors[name], rtol=1e-9, atol=1e-12, err_msg=name
            )


@pytest.mark.parametrize("text", DECKS.values(), ids=DECKS)
def test_the_flat_deck_runs_as_the_authors(text, tmp_path) -> None:
    whole = f"t\n{text}\n{SOURCE}"
    check_same(batch(f"{whole}.end\n", tmp_path), batch(flat(whole), tmp_path))


LADDER = """a ladder of subcircuits
.param n=3 rs={50/n} c0=10n
.func scaled(x, k) {x*k}
Vin in 0 dc 1 ac 1
Xa in 1 section r=10
Xb 1 2 section params: r={rs} l='2m'
Xc 2 net-3 pair
Rload net-3 0 1k
.subckt section a b r=5 l=1m
R1 a m {r}
L1 m b {l}
C1 b 0 {scaled(c0, 2)}
.ends
.subckt pair a b
X1 a m section
X2 m b section r=1k
.ends
.ac dec 4 100 100k
"""


def test_a_network_is_read_of_subcircuits_and_runs_as_they_do(tmp_path) -> None:
    path = tmp_path / "ladder.cir"
    path.write_text(LADDER, encoding="latin-1")
    deck = load_deck(path)
    assert [e.name for e in deck.network.elements] == [
        *("r1_xa", "l1_xa", "c1_xa", "r1_xb", "l1_xb", "c1_xb"),
        *("r1_x1_xc", "l1_x1_xc", "c1_x1_xc", "r1_x2_xc", "l1_x2_xc", "c1_x2_xc", "rload"),
    ]
    assert deck.network["r1_xb"].value == pytest.approx(50 / 3, rel=1e-14)
    assert deck.network["c1_x2_xc"].value == 20e-9
    assert deck.notes == ("line 7: node 'net-3' is called 'net_3' here",)
    (theirs,), (ours,) = batch(LADDER, tmp_path), batch(to_spice(deck), tmp_path)
    assert isinstance(deck.analyses[0], Ac)
    for node in ("1", "2", "m_xa", "m_xb", "m_xc", "m_x1_xc", "m_x2_xc", "net_3"):
        there = ".".join(reversed(node.split("_"))) if node != "net_3" else "net-3"
        np.testing.assert_allclose(
            ours.vectors[f"v({node})"], theirs.vectors[f"v({there})"], rtol=1e-9, err_msg=node
        )


def test_what_names_an_inner_node_is_renamed() -> None:
    text = (
        "t\nx1 r 0 s\n.subckt s a b\nr1 a m 2\nr2 m b 3\n.ends\n.save v(x1.m) v( r )\n.ic v(x1.m)=1"
    )
    assert flat(text).splitlines()[3:5] == [".save v(m_x1) v(r)", ".ic v(m_x1)=1"]


def test_names_stay_unique() -> None:
    inner = ".subckt s a b\nr1 a m 2\nr2 m b 3\n.ends"
    found = flat(
        f"t\nr1_x1 m_x1 0 1\nx1 m_x1 0 s\n{inner}\nx-1 m_x1 0 s\n.save v(x1.m) @r.x1.r1[i]"
    )
    assert found.splitlines()[1:-1] == [
        "r1_x1 m_x1 0 1",
        "r1_x1_ m_x1 m_x1_ 2",
        "r2_x1 m_x1_ 0 3",
        "r1_x_1 m_x1 m_x_1 2",
        "r2_x_1 m_x_1 0 3",
        ".save v(m_x1_) @r1_x1_[i]",
    ]


def test_an_error_inside_names_the_inner_line() -> None:
    with pytest.raises(DeckError, match=r"^line 4: resistor 'r1_x1': value = -2\.0"):
        read_deck("t\nv1 r 0 1\n.subckt s a b\nr1 a b -2\n.ends\nx1 r 0 s")


HEAD = "t\nv1 r 0 1\n.subckt s a b p=1\nr1 a b {p}\n.ends\n"  # five lines
REFUSED = {
    "x1 r 0 none": "line 6: 'x1': there is no subcircuit 'none'",
    "x1 r s": "line 6: 'x1' joins 1 nodes, and subcircuit 's' has 2",
    "x1 r 0 0 s": "line 6: 'x1' joins 3 nodes",
    "x1": "line 6: 'x1' names no subcircuit",
    "x1 r 0 s 2=3": "line 6: '2' is no parameter's name",
    "x1 r 0 s p=nope": "line 6: there is no parameter 'nope'",
    "x1 r 0 s p=4k7": "line 6: '4k7': '7' is misplaced",
    "x1 r 0 s p=": "line 6: '': a value is missing",
    "x1 r 0 s p={1": "line 6: a quote or brace is not closed",
    ".subckt s a b\n.ends": "line 6: subcircuit 's' is defined twice",
    ".subckt t a a\n.ends": "line 6: subcircuit 't': node 'a' is ground or named twice",
    ".subckt t a 0\n.ends": "line 6: subcircuit 't': node '0' is ground",
    ".subckt t a b": "line 6: subcircuit 't' is not closed",
    ".subckt\n.ends": "line 6: a subcircuit needs a name",
    ".ends": "line 6: '.ends' closes no '.subckt'",
    ".subckt t a b\n.eom": "line 7: '.eom' closes no '.macro'",
    ".subckt t a b\nx2 a b t\n.ends\nx1 r 0 t": "line 7: 'x2': subcircuit 't' contains itself",
    ".subckt t a b\nx2 a b u\n.ends\n.subckt u a b\nx3 a b t\n.ends\nx1 r 0 t": "line 10: 'x3'",
    ".subckt t a b\n.op\n.ends\nx1 r 0 t": "line 7: '.op' is inside of a subcircuit",
    ".subckt t a b\na1 a b m\n.ends\nx1 r 0 t": "line 7: 'a1': no XSPICE device in a subcircuit",
    "x1 r 0 t q={p} p=2\n.param p=3\n.subckt t a b q=1 p=1\nr1 a b {q+p}\n.ends": "line 6: q={p} "
    "names 'p', which is a parameter inside",
    "x1 r 0 t m=2\n.subckt t a b\nr1 a b 2 m=3\n.ends": "line 8: of an m= inside of an instance",
    "x1 r 0 t m=2\n.subckt t a b\nx2 a b s m=3\n.ends": "line 8: 'x2': of an m= inside of another",
}


@pytest.mark.parametrize("text", REFUSED)
def test_what_can_not_be_expanded_is_refused_with_its_line(text) -> None:
    with pytest.raises(DeckError, match=f"^{re.escape(REFUSED[text])}"):
        read_deck(f"{HEAD}{text}\n")


def test_what_a_subcircuit_has_no_use_for_is_noted() -> None:
    deck = read_deck(f"{HEAD}x1 r 0 s q=3\n")
    assert deck.notes == (
        "line 6: subcircuit 's' has no parameter 'q', which ngspice leaves out, too",
    )


@pytest.mark.parametrize("levels", [30, 60])
def test_a_bomb_is_refused_at_once(levels, monkeypatch) -> None:
    monkeypatch.setattr("physlearn_spice.netlist.flat._MOST_CARDS", 20_000)
    inner = [f".subckt s{k} a\nx1 a s{k + 1}\nx2 a s{k + 1}\n.ends" for k in range(levels)]
    text = "\n".join(["t", *inner, f".subckt s{levels} a\nr1 a 0 1\n.ends", "x1 a s0"])
    begun = time.perf_counter()
    with pytest.raises(DeckError, match=r"^line \d+: (the deck has more|instances are nested)"):
        flat(text)
    assert time.perf_counter() - begun < 5


def test_a_folder_may_hold_the_subcircuits(tmp_path: Path) -> None:
    (tmp_path / "part.inc").write_text(".subckt s a b\nr1 a b 5\n.ends\n", encoding="utf-8")
    text = "t\nv1 r 0 1\nx1 r 0 s\n.include 'part.inc'\n"
    assert read_deck(text, include_from=tmp_path).network["r1_x1"].value == 5.0
    with pytest.raises(DeckError, match=r"^line 4: '\.include' is refused"):
        read_deck(text)
    (tmp_path / "bad.inc").write_text("* ok\n.control\nshell ls\n.endc\n", encoding="utf-8")
    with pytest.raises(DeckError, match=r"^line 2: '\.control' is refused"):
        read_deck("t\n.include bad.inc\nv1 r 0 1\nr1 r 0 1\n", include_from=tmp_path)


def test_an_allowed_folder_refuses_nothing_that_is_read_without_one(tmp_path: Path) -> None:
    (tmp_path / "part.inc").write_text(".global_param q=5\n.macro s a b\nr1 a b {q}\n.eom\n")
    text = "t\nv1 r 0 1\nx1 r 0 s\n{}\n.step param q 1 2 1\n.noise v(r) v1 dec 1 1 10\n"
    pasted = text.format((tmp_path / "part.inc").read_text().rstrip())
    found = read_deck(text.format(".include part.inc"), include_from=tmp_path)
    assert found == read_deck(pasted) == read_deck(pasted, include_from=tmp_path)
    assert any("'.step' was passed over" in note for note in found.notes)
