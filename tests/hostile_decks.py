"""Decks that an attacker or a clumsy user writes, and how each may end.

Most are a good bench of four lines, with the trouble on line 5 of it. In the tables a line is a
name and its cards, which " / " parts; DIR stands for the folder that the attacks are aimed at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np

from physlearn_spice.errors import Status

__all__ = ["MARKER", "Hostile", "bench", "hostile_decks"]

OK, REFUSED, BAD = Status.OK, Status.REFUSED, Status.BAD_DECK
LATE, MEMORY, CRASHED = Status.TIMED_OUT, Status.OUT_OF_MEMORY, Status.CRASHED
UNSOLVED = {
    *(Status.SINGULAR, Status.TIMESTEP_TOO_SMALL, Status.NOT_CONVERGED),
    *(Status.INCOMPLETE, Status.INACCURATE),
}
RUN = frozenset({OK, REFUSED, BAD, *UNSOLVED})
ANY = frozenset(Status)

MARKER = "rsecret"  # a name that stands in the files that no deck may read


class Hostile(NamedTuple):
    """A deck, the statuses that its runs may have, and what the message of a refusal must hold."""

    name: str
    text: str
    expected: frozenset[Status]
    line: int | None = None
    says: str = ""


def hostile_decks(folder: Path) -> list[Hostile]:
    """All of them; ``folder`` holds ``secret.cir``, and ``link.cir`` that leads to it."""
    found = [
        *_commands(),
        *_titles(),
        *_files(),
        *_texts(),
        *_values_and_names(),
        *_blocks(),
        *_circuits(),
        *_analyses(),
        *_solving(),
        *_expressions(),
        *_mutations(np.random.default_rng(7)),
        *_gibberish(np.random.default_rng(8)),
    ]
    return [deck._replace(text=deck.text.replace("DIR", str(folder))) for deck in found]


def bench(cards: str, analyses: str = ".op", title: str = "a bench") -> str:
    """A good deck with more cards, which begin on line 5."""
    return f"{title}\nv1 a 0 1 ac 1 sin(0 1 1k)\nr1 a b 1k\nr2 b 0 1k\n{cards}\n{analyses}\n.end\n"


def _rows(table: str) -> dict[str, str]:
    rows = (row.partition(" | ") for row in table.strip().splitlines())
    return {name.strip(): cards.replace(" / ", "\n") for name, _, cards in rows}


def _each(words: str, card: str = "{}") -> dict[str, str]:
    """A card for each word of a list, which two spaces or the end of a line part."""
    return {word: card.replace("{}", word) for word in re.split(r" {2,}|\n", words.strip())}


def _benches(
    group: str,
    cards: Mapping[str, str],
    expected: Iterable[Status],
    analyses: str = ".op",
    says: str = "",
) -> Iterator[Hostile]:
    for name, card in cards.items():
        yield Hostile(f"{group}: {name}", bench(card, analyses), frozenset(expected), None, says)


def _refused(
    group: str, cards: Mapping[str, str], says: str, line: int | None = 5
) -> Iterator[Hostile]:
    for deck in _benches(group, cards, {REFUSED}, says=says):
        yield deck._replace(line=line)


# --- commands ------------------------------------------------------------------------------------

_TOUCH = "shell touch DIR/pwned"
_CONTROL = """
.control  .CONTROL  .Control  .cOnTrOl foo  .control $ c  .control;  .control//
"""
_LIKE_CONTROL = """
misspelt        | .controlx / shell touch DIR/pwned / .endc
in the plural   | .controls / shell touch DIR/pwned / .endc
shortened       | .cont / shell touch DIR/pwned / .endc
with equals     | .control=1 / shell touch DIR/pwned / .endc
in parentheses  | .control( / shell touch DIR/pwned / .endc
continued       | .con / +trol / shell touch DIR/pwned / .endc
end alone       | .endc
exec            | .exec touch DIR/pwned
system          | .system touch DIR/pwned
csparam         | .csparam x=1
"""
_COMMANDS = """
shell touch DIR/pwned  !touch DIR/pwned  quit  exit 1  source DIR/secret.cir  write DIR/pwned all
wrdata DIR/pwned v(a)  echo hello > DIR/pwned  load DIR/secret.cir  cd DIR  let x = 1  reset
set sourcepath = ( DIR )  codemodel DIR/evil.cm  pre_osdi DIR/evil.osdi  edit DIR/secret.cir
snsave DIR/pwned  `touch DIR/pwned`  $(touch DIR/pwned)  #shell touch DIR/pwned
% touch DIR/pwned  [ touch DIR/pwned
"""
_BACKQUOTES = """
in an option       | .options reltol=`touch DIR/pwned`
in a parameter     | .param x=`touch DIR/pwned`
in what is saved   | .save `touch DIR/pwned`
in a temperature   | .temp `touch DIR/pwned`
in a value         | r3 b 0 `touch DIR/pwned`
in what is printed | .print `touch DIR/pwned`
"""
_TITLES = """
.include DIR/secret.cir  *ng_script  *ng_script shell touch DIR/pwned  .control  .title x  + 1  .end
* a comment  $ dollar  ; semicolon  .param x=1  .subckt s a  .if (0)  aborted  Error on line 3
title\\\\  `touch DIR/pwned`  1 : r9 b 0 1  5 : .control
"""


def _commands() -> Iterator[Hostile]:
    blocks = {word: f"{word}\n{_TOUCH}\n.endc" for word in _each(_CONTROL)}
    blocks |= {repr(word): f"{word}\n{_TOUCH}\n.endc" for word in ("\t.control\t", "  .control")}
    # named is the line of the command
    yield from _refused(
        "control", blocks, r"'\.control' is refused: a control block can run any", 6
    )
    end_first = {"end first": f".endc\n.control\n{_TOUCH}"}
    yield from _refused("like control", end_first, r"'\.control' is refused", 6)
    yield from _refused("like control", _rows(_LIKE_CONTROL), "is refused|not known to be harmless")
    # as cards they are devices that lack a node or a model
    yield from _benches("command", _each(_COMMANDS), {REFUSED, BAD, OK})
    yield from _benches("backquotes", _rows(_BACKQUOTES), {OK, *RUN})
    comment = f"*#{_TOUCH}"
    for name, text in {
        "below the title": bench(comment),
        "indented": bench(f"   {comment}"),
        "behind a tab": bench(f"\t{comment.upper()}"),
        "behind the end": bench("") + comment,
        "between continuations": bench(f"r3 b 0\n{comment}\n+ 1k"),
        "as the title": bench("", title=comment),
    }.items():
        yield Hostile(f"command comment {name}", text, frozenset({REFUSED}), None, r"with '\*#'")


def _titles() -> Iterator[Hostile]:
    titles = [*_each(_TITLES), "", " ", "\0", "\x1b[2J", "\ud800", "\N{PILE OF POO}", "ü" * 3000]
    # ngspice -b reads 5,000 bytes of a title, and takes the rest for a card
    titles += ["x" * n + f"*#{_TOUCH}" for n in (4996, 4997, 4998)]
    titles += ["x" * n + ".include DIR/secret.cir" for n in (4996, 4997, 4998, 100_000)]
    for k, title in enumerate(titles):
        yield Hostile(f"title {k}: {title[:30]!r}", bench("", title=title), frozenset({OK}))
    # the session's log has the title in it
    yield Hostile("title of despair", bench("", title="cannot recover"), frozenset({OK, CRASHED}))


# --- files ---------------------------------------------------------------------------------------

_INCLUDES = """
.include DIR/secret.cir  .INCLUDE DIR/secret.cir  .inc DIR/secret.cir  .Inc 'DIR/secret.cir'
.include "DIR/secret.cir"  .include ../secret.cir  .include secret.cir  .include DIR/link.cir
.include  .include ./../../../etc/passwd  .lib DIR/secret.cir  .lib DIR/secret.cir tt  .lib tt
.LIB 'DIR/secret.cir' tt  .include file:///etc/passwd  .include ~/.bashrc
.include $HOME/.bashrc  .include /dev/stdin  .include /dev/zero
"""
_LIKE_INCLUDES = """
.incl DIR/secret.cir  .includes DIR/secret.cir  .incbin DIR/secret.cir  .lib2 DIR/secret.cir
.load DIR/secret.cir  .osdi DIR/secret.cir  .hdl DIR/secret.cir  .endl  .stim DIR/secret.cir  .prot
.unprot  .cmodel  .macro s a  .eom  .include=DIR/secret.cir  .include(DIR/secret.cir)  .inc\\lude x
.end1
"""
_SOURCES_OF_FILES = """
pwl                | v3 c 0 pwl file="DIR/secret.cir" / r3 c 0 1
table              | e3 c 0 table {v(a)} = file DIR/secret.cir / r3 c 0 1
"""
_KINDS = """
filesource  file_source  d_source  d_state  d_process  d_cosim  table2d  table3d  xfer  nbjt
numd  numos  verilog
"""
_MODELS_OF_FILES = """
plain                     | .model m filesource(FILE)
upper case                | .MODEL M FILESOURCE(FILE)
named as a kind           | .model  gain filesource(FILE)
in braces                 | .model m {filesource} (FILE)
in quotes                 | .model m "filesource" (FILE)
without a space           | .model m filesourceFILE
continued                 | .model m / + filesource / + (FILE)
continued in a word       | .model m d / +_source(FILE)
as an allowed kind        | .model m gain(FILE)
as an allowed kind, apart | .model m gain(file = "DIR/secret.cir")
as input                  | .model m d_lut(input_file="DIR/secret.cir")
as a state                | .model m d_dff(state_file="DIR/secret.cir")
as a process              | .model m d_buffer(process_file="DIR/secret.cir")
as a simulation           | .model m d_and(simulation="DIR/secret.cir")
as arguments              | .model m d_and(lib_args="DIR/secret.cir")
like another              | .model m ako:d filesource(FILE)
without a kind            | .model m
without a name            | .model
of no words               | .model (
"""
_EXTERNAL = """
voltage         | v3 c 0 dc 0 external / r3 c 0 1
current         | i3 b 0 external
continued       | v3 c 0 / + EXTERNAL / r3 c 0 1
in a subcircuit | .subckt s a / v3 a 0 external / .ends
"""


def _files() -> Iterator[Hostile]:
    refusal = r"'\.(include|inc|lib)' is refused: files are not read from decks"
    yield from _refused("include", _each(_INCLUDES), refusal)
    inside = {"in a subcircuit": ".subckt s a\n.include DIR/secret.cir\n.ends"}
    yield from _refused("include", inside, refusal, 6)
    yield from _refused("like include", _each(_LIKE_INCLUDES), "is not known to be harmless")
    yield from _benches("source of a file", _rows(_SOURCES_OF_FILES), {BAD})
    yield from _refused(
        "model", _each(_KINDS, "a1 %v([c]) m\nr3 c 0 1k\n.model m {}"), "leave files alone", 7
    )
    file = 'file="DIR/secret.cir" amploffset=[0] amplscale=[1]'
    models = {name: card.replace("FILE", file) for name, card in _rows(_MODELS_OF_FILES).items()}
    tabs = f"filesource({file})".replace(" ", "\t")
    models |= {
        f"behind {mark!r}": f".model\tm{mark}{tabs} {rest}"
        for mark, rest in (("\t", "foo r"), ("=", "d"), (",", "d"), ("(", "d"))
    }
    models = {name: f"a1 %v([c]) m\nr3 c 0 1k\n{card}" for name, card in models.items()}
    refusal = "leave files alone|reads a file|needs a name and a kind"
    yield from _refused("model of a file", models, refusal, 7)
    yield from _refused("driven source", _rows(_EXTERNAL), "driven by a program", None)
    # the checks of these write a b3v33check.log and its like where they work
    level = "m1 b a 0 0 n w=1n l=1n\n.model n nmos level={} tox=1e-30 vsat=-1 paramchk=1 nlx=-9"
    yield from _benches("transistor of level", _each("8  10  14", level), ANY - {REFUSED, LATE})


# --- text ----------------------------------------------------------------------------------------

_STRANGE = {
    "a NUL": "r3 b\0 0 1",
    "a NUL in a value": "r3 b 0 1\0k",
    "an escape": "r3 b\x1b 0 1",
    "a separator": "r3\x1fb 0 1",
    "a hard space": "r3\xa0b 0 1",
    "two umlauts that are one to ngspice": "r3 bä 0 1\nr4 bö 0 1",
    "an ohm sign": "r3 b 0 1kΩ",
    "Chinese": "r3 电 0 1",
    "a full-width letter": "ｒ3 b 0 1",
    "a letter from right to left": "r3 b 0 \u202e1k",
    "a lone surrogate": "r3 b\udc80 0 1",
    "a byte-order mark": "\ufeffr3 b 0 1",
    "a minus that is none": "r3 b 0 \u22121k",
    "control in Roman numerals": ".ⅽontrol",
}
_OPEN = """
quote                | b3 c 0 v='v(a)
double quote         | .param x="1
brace                | r3 b 0 {1
brace, closed only   | r3 b 0 1}
three quotes         | r3 b 0 '''
in a subcircuit      | .subckt s a / r3 a 0 'x / .ends
"""
_BACKSLASHES = r"""
one                | r3 b 0 1 \
two                | r3 b 0 1 \\
in a model         | .model m gain\\ / c3 b 0 1
before an analysis | r3 b 0 1\\ / .op
"""


def _texts() -> Iterator[Hostile]:
    for name, text in {
        "empty": "",
        "blank": "   \n\n\t\n",
        "only a title": "only a title",
        "only comments": "t\n* one\n; two\n$ three\n// four\n",
        "only the end": "t\n.end\n",
        "no analysis": "t\nr1 a 0 1\nv1 a 0 1\n.end\n",
        "an analysis in a comment": "t\nr1 a 0 1\n* .op\n",
        "a continuation first": "t\n+ r1 a 0 1\n.op\n",
        "more behind the end": bench("") + "r9 b 0 1\n",
        "binary": bytes(range(256)).decode("latin-1") * 20,
        "an executable": "\x7fELF\x02\x01\x01\0\0\0\n\0\0>\0\x01\n\0" * 50,
        "zeros": "\0" * 10_000,
        "zeros on lines": "\0\n" * 1000,
        "utf-16": bench("").encode("utf-16").decode("latin-1"),
        "json": '{"a": [1, 2],\n "b": {"c": null}}\n',
        "python": "import os\nos.system('touch x')\n",
        "html": "<html>\n<script>alert(1)</script>\n</html>\n",
        "a million letters": "t\n" + "r" * 1_000_000 + "\n.op\n",
        "a million words": "t\nr1 " + "a " * 500_000 + "\n.op\n",
        "many continuations": "t\nr1 a\n" + "+ 0\n" * 100_000 + ".op\n",
        "many blank lines": "t\n" + "\n" * 300_000,
    }.items():
        yield Hostile(f"text {name}", text, frozenset({REFUSED}), None, ".")
    yield from _refused("text with", _STRANGE, "no plain letter")
    yield from _refused("open", _rows(_OPEN), "not closed", None)
    yield from _refused("backslash", _rows(_BACKSLASHES), "backslash at the end")
    good = bench("r3 b 0 1k")
    for name, text in {
        "of Windows": good.replace("\n", "\r\n"),
        "of old Macs": good.replace("\n", "\r"),
        "with a byte-order mark": "\ufeff" + good,
        "with Unicode's line ends": good.replace("\n", "\u2028"),
        "with micro signs": bench("r3 b 0 1\u00b5\nr4 b 0 1\u03bc"),
        "with umlauts in comments": bench("* ä\nr3 b 0 1 ; ö\nr4 b 0 1 $ü\nr5 b 0 1 // ß"),
        "in upper case": good.upper(),
        "with tabs": good.replace(" ", "\t"),
        "without an end": good.removesuffix("\n.end\n"),
        "of 5,000 comments": bench("* a comment\n" * 5000),
    }.items():
        yield Hostile(f"good text {name}", text, frozenset({OK}))


# --- values and names ----------------------------------------------------------------------------

_MISREAD = """
4k7  1,5k  1 5k  1e999  1.2.3  0x10  10%  1e  1k*2  1_000  1e5e5  1/0  1.5.k  .  -  +.
"""
_MISSING = """
resistor           | r3 b 0
inductor           | l3 b 0
capacitor          | c3 b 0
one node           | r3 b
no node            | r3
source of one node | v3 c
behind a comment   | r3 b 0 $1k
behind another     | r3 b 0 ; 1k
in a subcircuit    | x1 b s / .subckt s a / r3 a 0 / .ends
"""
_SENSELESS = """nan  {nope}  {1/0}  {}  {v(a)}  "1k"  ()  r=  =1"""
_WAVES = """
sin(0 1)  sin(0 1 0)  sin(0 1 1e300)  pulse(0 1 0 0 0 0 0)  pulse(0 1 -1 -1 -1 -1 -1)
pulse(0 1 0 1f 1f 1f 2f)  pwl(0 0 1 1 0.5 2)  pwl(0 0 0 1)  pwl()  trnoise(1 0 0 0)  dc  ac
sin(0 1e308 1k)  am(1 2)  portnum 1
"""
_LONG = {
    "node": "r3 b {} 1",
    "device": "r{} b 0 1",
    "model": "d3 b 0 {}",
    "definition of a model": ".model {} d",
    "subcircuit": "x1 b {}",
    "definition of a subcircuit": ".subckt {} a\n.ends",
    "function": "b3 c 0 v={}(v(a))",
}
_TWICE = """
resistors       | r1 b 0 1
another case    | R1 b 0 1
sources         | v1 c 0 1 / r3 c 0 1
in a subcircuit | x1 b s / .subckt s a / r9 a 0 1 / r9 a 0 2 / .ends
models          | d3 b 0 m / .model m d / .model m d(is=1e-9)
subcircuits     | x1 b s / .subckt s a / r3 a 0 1 / .ends / .subckt s a / r3 a 0 2 / .ends
"""
_NODES = r"""
sin  max  v(a)  i  v  temper  pi  hertz  op  tran  1  00  -1  1e3  b.a  a:b  a/b  a-b  a*b
a!b  a&b  a|b  a<b  a?b  a^b  a\b  quit  null  ground  gnd!  memory  aborted  inf  nan  r1  $g
"""
_TAKEN = """
time  Frequency  v1#branch  @r1[i]  all  allv  const.pi  tran1.b  op1.a  o.b  c.e  ac.x
"""
_GROUNDS = """
gnd                    | r3 b gnd 1k
in upper case          | r3 b GND 1k
shorted                | v3 gnd 0 0
made global            | .global 0 gnd / r3 b gnd 1k
as a parameter         | .param gnd=5 / r3 b gnd 1k
as a port              | .subckt s 0 / r3 0 gnd 1k / .ends / x1 b s
gnd as a port          | .subckt s gnd a / r3 a gnd 1k / .ends / x1 b a s
another node as global | .global b / .subckt s a / r3 a b 1k / .ends / x1 a s
"""


def _values_and_names() -> Iterator[Hostile]:
    both = ".op\n.tran 10u 1m"
    refusal = "is no number|two values|too large"
    yield from _refused("value", _each(_MISREAD, "r3 b 0 {}"), refusal)
    yield from _refused("value missing", _rows(_MISSING), "has no value|needs two nodes", None)
    yield from _benches("value of no sense", _each(_SENSELESS, "r3 b 0 {}"), RUN | {CRASHED})
    for letter in "rlc":
        extremes = _each("0  -1  1e308  -1e308  5e-324", f"{letter}3 b 0 {{}}")
        yield from _benches(f"{letter} of", extremes, RUN, ".op\n.ac dec 2 1 1k\n.tran 10u 1m")
    yield from _benches(
        "wave", _each(_WAVES, "v3 c 0 {}\nr3 c 0 1k"), RUN | {LATE, CRASHED}, ".tran 10u 1m"
    )
    long = {name: card.replace("{}", "n" * 300) for name, card in _LONG.items()}
    yield from _refused("long name of a", long, "longer than 200 letters")
    yield from _refused("twice", _rows(_TWICE), "used twice", None)
    taken = _each(_TAKEN, "r3 b {} 1\nr4 {} 0 1")
    yield from _refused("name of ngspice's own", taken, "vectors of its own")
    # 'temper' sends numparam in circles
    endings = RUN | {LATE, MEMORY, CRASHED}
    yield from _benches("node", _each(_NODES, "r3 b {} 1k\nr4 {} 0 1k"), endings, both)
    yield from _benches("ground", _rows(_GROUNDS), {OK, REFUSED})


# --- blocks --------------------------------------------------------------------------------------

_UNBALANCED = """
.subckt not closed       | .subckt s a / r3 a 0 1
.ends alone              | .ends
.ends first              | .ends / .subckt s a / r3 a 0 1
.subckt without a name   | .subckt / r3 a 0 1 / .ends
.if not closed           | .if (1) / r3 b 0 1
.if without a condition  | .if / r3 b 0 1 / .endif
.endif alone             | .endif
.else alone              | .else
crossed                  | .subckt s a / .if (1) / .ends / .endif
analysis in a subcircuit | .subckt s a / r3 a 0 1 / .op / .ends / x1 b s / x2 b s
analysis in an .if       | .if (0) / .op / .endif
analysis in a nest       | .subckt s a / .if (1) / .tran 1u 1m / .endif / .ends
"""
_CONDITIONS = """
true                   | .if (1) / r3 b 0 1 / .else / r3 b 0 2 / .endif
of nothing known       | .if (nope) / r3 b 0 1 / .endif
of a division by zero  | .if (1/0) / r3 b 0 1 / .endif
elseif behind else     | .if (0) / .else / .elseif (1) / r3 b 0 1 / .endif
a missing value inside | .if (1) / r3 b 0 / .endif
a loop inside          | .if (1) / v3 a 0 5 / .endif
an island inside       | .if (1) / r3 c d 5 / .endif
empty                  | .if (1) / .endif
"""
_SUBCIRCUITS = """
unknown                      | x1 b nope
unknown inside               | .subckt s a / x1 a nope / .ends / x1 b s
of nothing but itself        | x1 b
with too many nodes          | .subckt s a / r3 a 0 1 / .ends / x1 a b s
with too few nodes           | .subckt s a b / r3 a b 1 / .ends / x1 b s
without ports                | .subckt s / r3 a 0 1 / .ends / x1 s
with one port twice          | .subckt s a a / r3 a 0 1 / .ends / x1 a b s
in itself                    | .subckt s a / x1 a s / .ends / x1 b s
in each other                | .subckt s a / x1 a t / .ends / .subckt t a / x1 a s / .ends / x1 b s
with an unknown parameter    | .subckt s a r=1 / r3 a 0 {r} / .ends / x1 b s q=5
with a parameter of itself   | .subckt s a r={r} / r3 a 0 {r} / .ends / x1 b s
with a loop of sources       | .subckt s a / v3 a 0 1 / v4 a 0 1 / .ends / x1 b s
with an island               | .subckt s a / r3 a 0 1 / r4 c d 1 / .ends / x1 b s
with capacitors alone        | .subckt s a / c3 a c 1 / c4 c 0 1 / .ends / x1 b s
unused and wrong             | .subckt s a / r3 a 0 {nope} / .ends
"""


def _blocks() -> Iterator[Hostile]:
    refusal = "not closed|has no|needs a name|is inside of"
    yield from _refused("block", _rows(_UNBALANCED), refusal, None)
    yield from _benches("condition", _rows(_CONDITIONS), {OK, REFUSED, BAD})
    deep = ".if (1)\n" * 30 + "r3 b 0 1\n" + ".endif\n" * 30
    yield from _benches("condition", {"deep": deep}, {OK})
    # of those that are unknown ngspice makes no circuit, and says little
    endings = {OK, REFUSED, BAD, CRASHED, Status.INCOMPLETE}
    yield from _benches("subcircuit", _rows(_SUBCIRCUITS), endings)
    nest = "".join(f".subckt s{k} a\nx1 a s{k + 1}\n.ends\n" for k in range(60))
    laughs = "".join(
        f".subckt s{k} a\n" + "".join(f"x{j} a s{k + 1}\n" for j in range(10)) + ".ends\n"
        for k in range(12)
    )
    leaf = ".subckt s{} a\nr3 a 0 1k\n.ends\nx1 b s0"
    yield from _benches("subcircuit", {"60 deep": nest + leaf.format(60)}, endings)
    laugh = {"of a billion laughs": laughs + leaf.format(12)}
    yield from _benches("subcircuit", laugh, {LATE, MEMORY})


# --- circuits ------------------------------------------------------------------------------------

_TOPOLOGY = """
loop of two sources           | v3 a 0 1
loop of three                 | v3 a c 1 / v4 c 0 1
source across itself          | v3 b b 1
source and controlled source  | e3 a 0 b 0 2
source and behavioural source | b3 a 0 v=v(b)
loop with a coil              | l3 a 0 1m
loop of coils                 | l3 b 0 1m / l4 b 0 1m
coil and controlled source    | e3 c 0 b 0 1 / l3 c 0 1m
cutset                        | i3 c 0 1m
cutset of two                 | i3 c 0 1m / i4 0 c 1m
cutset in a row               | i3 b c 1m / i4 c 0 1m
island                        | r3 c d 1k
island of many                | r3 c d 1k / c3 d e 1n / l3 e c 1m
island behind a coupling      | l3 b c 1m / r3 c 0 1 / l4 d e 1m / r4 d e 1 / k1 l3 l4 0.5
island with its own source    | e3 c d b 0 1 / r3 c d 1k
node of capacitors            | c3 b c 1n / c4 c 0 1n
"""
_COUPLINGS = """
of 1.2            | k1 l3 l4 1.2
of -1.2           | k1 l3 l4 -1.2
of 1.2, named     | k1 l3 l4 k=1.2
of 1.2, in full   | k1 l3 l4 coefficient = 1.2
of 0.6 twice      | k1 l3 l4 0.6 / k2 l4 l3 0.6
of three coils    | k1 l3 l4 0.9 / k2 l4 l5 0.9 / k3 l3 l5 -0.9
of three at once  | k1 l3 l4 l5 -0.9
of 1e300          | k1 l3 l4 1e300
with itself       | k1 l3 l3 0.5
with no coil      | k1 l3 l9 0.5
with a resistor   | k1 l3 r1 0.5
with two values   | k1 l3 l4 0.5 0.6
without a value   | k1 l3 l4
without coils     | k1 0.5
"""
_COUPLINGS_INSIDE = """
a parameter that is 2 | .param p=2 / k1 l3 l4 {p}
nan                   | k1 l3 l4 nan
1                     | k1 l3 l4 1
a negative coil       | l6 b 0 -1m / k1 l6 l4 0.5
a coil of nothing     | l6 b 0 0 / k1 l6 l4 0.5
2 in a subcircuit     | x1 b s / .subckt s a / l3 a 0 1m / l4 c 0 1m / r4 c 0 1 / k1 l3 l4 2 / .ends
"""
_MODELS = """
unknown, of a diode         | d3 b 0 nope
unknown, of code            | a3 b c nope / r3 c 0 1
of another kind             | d3 b 0 m / .model m npn
with an unknown parameter   | d3 b 0 m / .model m d(foo=1)
with no number              | d3 b 0 m / .model m d(is=abc)
with 1/0                    | d3 b 0 m / .model m d(is={1/0})
with a negative current     | d3 b 0 m / .model m d(is=-1e-14)
with no ideality            | d3 b 0 m / .model m d(n=0)
with infinite current       | d3 b 0 m / .model m d(is=1e300)
with a breakdown of zero    | d3 b 0 m / .model m d(bv=0 ibv=1e300)
with a parenthesis less     | d3 b 0 m / .model m d(is=1e-14
with some more              | d3 b 0 m / .model m d(is=1e-14))))
of an unknown level         | m3 b a 0 0 m / .model m nmos level=999
of a transistor of no size  | m3 b a 0 0 m w=0 l=0 / .model m nmos level=1
unused and wrong            | .model m d(foo=bar)
lossy line without loss     | o3 b 0 c 0 m / r3 c 0 1 / .model m ltra(len=1)
switch of no resistance     | s3 b 0 a 0 m / .model m sw(vt=0.5 ron=0 roff=0)
line of no length           | u3 b c 0 m l=0 / r3 c 0 1 / .model m urc
line of no impedance        | t3 b 0 c 0 z0=0 td=1n / r3 c 0 1
line of negative delay      | t3 b 0 c 0 z0=50 td=-1n / r3 c 0 1
line of hardly any delay    | t3 b 0 c 0 z0=50 td=1e-18 / r3 c 0 1
bits of an analog node      | a3 [b] c m / r3 c 0 1 / .model m d_and
integral of 1/0             | a3 b c m / r3 c 0 1 / .model m s_xfer(num_coeff=[1] den_coeff=[0])
pwl of one point            | a3 b c m / r3 c 0 1 / .model m pwl(x_array=[0] y_array=[0])
pwl that goes back          | a3 b c m / r3 c 0 1 / .model m pwl(x_array=[1 0] y_array=[0 1])
controlled by no source     | f3 b 0 nope 1
controlled by a resistor    | f3 b 0 r1 1
controlled by itself        | h3 c 0 h3 1 / r3 c 0 1
"""
_NO_DEVICES = "n1  p1  y1  1r  _r  -r  =r  (r"


def _circuits() -> Iterator[Hostile]:
    refusal = "loop|cutset|floating|no DC path"
    yield from _refused("circuit", _rows(_TOPOLOGY), refusal, None)
    for name, cards in {
        "no ground": "v1 a b 1\nr1 a b 1",
        "nothing but ground": "r1 0 0 1",
    }.items():
        text = f"t\n{cards}\n.op\n"
        yield Hostile(f"circuit of {name}", text, frozenset({REFUSED}), 2, "ground")
    yield from _refused("device", _each(_NO_DEVICES, "{} a 0 1"), "no device")
    coils = "l3 b 0 1m\nl4 c 0 1m\nr4 c 0 1\nl5 d 0 1m\nr5 d 0 1\n"
    couplings = {name: coils + cards for name, cards in _rows(_COUPLINGS).items()}
    yield from _refused("coupling", couplings, "couplings|couples|needs two coils", None)
    couplings = {name: coils + cards for name, cards in _rows(_COUPLINGS_INSIDE).items()}
    yield from _benches("coupling of", couplings, RUN, ".op\n.tran 10u 1m uic")
    names = [f"l{k}" for k in range(6, 2006)]
    many = "".join(f"{name} b 0 1\n" for name in names)
    chain = "\n".join(f"k{k} l{k} l{k + 1} 0.1" for k in range(6, 2005))
    couplings = {"one card": f"{many}k1 {' '.join(names)} 0.1", "a chain": many + chain}
    yield from _refused("coupling of 2,000 coils by", couplings, "1000 coils", None)
    yield from _benches(
        # 46 dies of the integral
        "model",
        _rows(_MODELS),
        RUN | {CRASHED},
        ".op\n.tran 10u 1m",
    )


# --- analyses ------------------------------------------------------------------------------------

_NO_ANALYSES = """
.ac  .ac dec  .ac dec 10 1  .ac foo 10 1 1k  .ac dec 10 1 1k 5  .ac dec 2 1 2  .ac dec 10 0 1k
.ac dec 10 -1 1k  .ac dec 10 1k 1  .ac oct 0 1 2  .ac dec 10 1 1  .ac lin 2 1 2  .ac lin 1 1 2
.ac lin 1.5 1 2  .ac dec 1e300 1 10  .ac oct 1e300 1 10  .ac lin 5g 1 2  .ac dec 3000 1 10
.ac lin nan 1 2  .ac lin 10 1 inf  .ac lin 10 1 1e999  .ac lin -5 1 2  .ac lin 4k7 1 2  .tran
.tran 1u  .tran 1u 0  .tran 0 0  .tran 1u -1  .tran -1u 1m  .tran 1u 1m 1m  .tran 1u 1m -1m
.tran 1u 1m 0 0  .tran 1u 1m 0 -1  .tran 1u 1m 0 2m  .tran 1u 1m 0 1u 5  .tran 1u 1m foo
.tran nan 1m  .tran 1u inf  .tran 1u 1e999  .tran 1k5 1m
.dc  .dc v1  .dc v1 0 1  .dc v1 0 1 0  .dc v1 0 1 -0.1  .dc v1 1 0 0.1  .dc v1 0 1 1e-9
.dc v1 0 1 1e-300  .dc v1 0 1 nan  .dc v1 0 inf 1  .dc r1 0 10 1  .dc r1 -1 10 1  .dc c1 1 2 1
.dc nope 0 1 0.1  .dc temp 0 50 25  .dc v1 0 1 0.1 r1 1 2 1  .dc v1 0 4k7 1  .dc @r1[r] 1 2 1
.dc v.x1.v1 0 1 0.5
"""
_OTHER_ANALYSES = """
.noise v(b) v1 dec 1 1 9  .pz a 0 b 0 vol pz  .sens v(b)  .tf v(b) v1  .step x
.disto dec 1 1 9  .sp lin 3 1 2  .pss 1 1  .hb 1
"""
_ODD_ANALYSES = (
    ".OP  .op foo  .tran 0 1m  .tran 1u 1m uic  .tran 1m 1u  .tran 10u {t}  .dc v1 0 {1k*t} 0.1"
)
_BESIDES = """
.save nope  .save v(nope)  .save  .save @r1[nope]  .ic  .ic v(nope)=1  .ic v(b)=nan
.nodeset v(b)=1e300  .temp  .temp abc  .temp -1000  .temp 1e300  .temp 27 50  .global
"""
_REFUSED_OPTIONS = """
klu  klu=1  reltol=1e-3 KLU  interp  interp=1  cshunt=1n  xcshunt=1e-9  noparse  ngbehavior=psa
rawfile=x  filetype=ascii  unixcom  ngdebug  addescape  nosubckt  controlswait  foo  "interp"
reltol 'cshunt=1'  in\\terp  =  reltol==1  a=b=c  sourcepath=(/etc)  editor=/bin/sh  minbreak=1
autostop
"""
_OPTIONS = """
reltol=0  reltol=-1  reltol=1e300  reltol=nan  reltol  gmin=-1  gmin=1e30  abstol=0  itl1=-5
itl4=0  method=foo  method=gear maxord=99  temp=-1000  tnom=-273.15  trtol=0  rshunt=0  rshunt=-1
rshunt=1e-300  seed=random  gminsteps=-5  numdgt=1000  pivrel=2  pivtol=1e300  width=-1  scale=0
savecurrents  acct list node opts  ramptime=1  reltol={1/0}
"""


def _analyses() -> Iterator[Hostile]:
    for card in _each(_NO_ANALYSES):
        yield Hostile(f"analysis {card}", bench("", card), frozenset({REFUSED}), 6, ".")
    digits = f".tran 1u {'1' * 100_000}!"
    yield Hostile(
        "analysis of many digits", bench("", digits), frozenset({REFUSED}), 6, "longer than 200"
    )
    for card in _each(_OTHER_ANALYSES):
        yield Hostile(f"analysis {card}", bench("", card), frozenset({REFUSED}), 6, "is not run")
    for card in _each(_ODD_ANALYSES):
        yield Hostile(f"analysis {card}", bench(".param t=1m", card), frozenset({OK}))
    yield Hostile("analysis of a parameter", bench("", ".tran 1u {nope}"), frozenset({BAD}))
    yield from _benches("besides", _each(_BESIDES), RUN, ".op\n.tran 10u 1m")
    yield from _refused("option", _each(_REFUSED_OPTIONS, ".options {}"), "option|not closed")
    options = _each(_OPTIONS, ".options {}")
    yield from _benches("option of nonsense", options, RUN, ".op\n.tran 10u 1m")


# --- solving -------------------------------------------------------------------------------------

_UNSOLVED = """
unreachable         | d3 b 0 m / .model m d / .options reltol=1e-16 abstol=1e-30 vntol=1e-30
bistable            | b3 c 0 v=5*tanh(1e9*v(c)) / r3 c 0 1k
without a solution  | b3 c 0 v=v(c)*v(c)+1 / r3 c 0 1k
jumping             | b3 c 0 v=v(c)>0.5?0:1 / r3 c 0 1k
negative resistance | r3 b 0 -500
its own amplifier   | e3 c 0 c 0 1 / r3 c 0 1k
current to nowhere  | g3 c 0 b 0 1
current to a plate  | g3 c 0 b 0 1 / c3 c 0 1n
measured to nowhere | f3 c 0 v1 1
cancelling          | g3 b 0 b 0 -2m
division by zero    | b3 c 0 v=1/(v(b)-v(b)) / r3 c 0 1k
0/0                 | b3 c 0 v=0/0 / r3 c 0 1k
log of nothing      | b3 c 0 v=log(0) / r3 c 0 1k
root of a negative  | b3 c 0 v=sqrt(-1-v(a)) / r3 c 0 1k
exp of a billion    | b3 c 0 v=exp(1e9) / r3 c 0 1k
runaway             | b3 0 b i=1e6*exp(v(b)) / c3 b 0 1p
negative slope      | b3 b 0 i=-v(b)*v(b)*v(b)*1e9 / c3 b 0 1f
negative inductance | l3 b 0 -1n
back to back        | d3 c d m / d4 e d m / r3 c b 1 / r4 e 0 1 / .model m d(is=1e-300)
"""


def _solving() -> Iterator[Hostile]:
    yield from _benches("unsolved", _rows(_UNSOLVED), RUN, ".op\n.tran 10u 1m")
    for analysis in (".ac lin 1g 1 2", ".tran 1f 1e9 0 1f uic"):
        yield Hostile(f"heavy {analysis}", bench("", analysis), frozenset({LATE, MEMORY}))
    taps = "".join(f"r{k} b n{k} 1\nr{k}x n{k} 0 1\n" for k in range(3, 503))
    records = bench(taps, ".tran 1n 1 0 1n uic")
    yield Hostile("heavy records", records, frozenset({LATE, MEMORY}))
    ladder = "".join(f"r{k} n{k} n{k + 1} 1\n" for k in range(5000))
    yield Hostile(
        "a ladder of 5,000", f"t\nv1 n0 0 1\n{ladder}r0x n5000 0 1\n.op\n", frozenset({OK})
    )


_PARAMETERS = """
of itself             | .param x={x} / r3 b 0 {x}
in a circle           | .param x={y} y={x} / r3 b 0 {x}
without a name        | .param =1 / r3 b 0 1
of nothing            | .param / r3 b 0 1
twice                 | .param x=1 x=2 / r3 b 0 {x}
unused                | .param x={nope}
named as a number     | .param 1k=5 / r3 b 0 1k
function of itself    | .func f(x)={f(x)} / r3 b 0 {f(1)}
function of too few   | .func f(x,y)={x+y} / r3 b 0 {f(1)}
function of no body   | .func f(x) / r3 b 0 1
by chance             | .param x={agauss(1k,1,1)} / r3 b 0 {x}
"""
_BEHAVIOUR = """
v  v=  v=v(nope)  v=i(nope)  v=1+  v=nope(1)  v=ddt(ddt(v(a)))  v=time
v=v(a)**v(a)  v=v(a)^-0.5  v=1;2  v=temper  v=pwl(v(a))  v=pwl(v(a),0,0)  v=sin(1,2)  tc1=1
"""
_POLYNOMIALS = """
poly  poly()  poly(0) 1  poly(-1) a 0 1  poly(1)  poly(1) a 0  poly(2) a 0 1 2  poly(1e9) a 0 1
poly(1) nope 0 1 2  poly(1) a 0 0 1 1e308 1e308  value={nope}  vol=v(a)  table {v(a)} = (0,0)
and(2) a 0 b 0 0,0 1,1
"""


def _expressions() -> Iterator[Hostile]:
    yield from _benches("parameter", _rows(_PARAMETERS), {OK, BAD, CRASHED})
    deep = "(" * 150 + "1" + ")" * 150
    doubled = ".param x0=1\n" + "".join(f".param x{k + 1}={{x{k}+x{k}}}\n" for k in range(20))
    grown = ".func f0(x)={x}\n" + "".join(
        f".func f{k + 1}(x)={{f{k}(x)+f{k}(x)}}\n" for k in range(12)
    )
    cards = {
        "deep": f".param x={{{deep}}}\nr3 b 0 {{x}}",
        "doubled 20 times": doubled + "r3 b 0 {x20}",
        "function doubled 12 times": grown + "r3 b 0 {f12(1)}",
    }
    yield from _benches("parameter", cards, {OK, BAD, LATE, MEMORY})
    sources = _each(_BEHAVIOUR, "b3 c 0 {}\nr3 c 0 1k")
    yield from _benches("behavioural source", sources, RUN | {CRASHED})
    yield from _benches("polynomial", _each(_POLYNOMIALS, "e3 c 0 {}\nr3 c 0 1k"), RUN)


# --- by chance -----------------------------------------------------------------------------------

_GOOD = """
filter | v1 in 0 dc 1 ac 1 sin(0 1 1k) / r1 in a 50 / l1 a b 1m / c1 b 0 1u / r2 b 0 1k / .op
rectifier | v1 in 0 sin(0 5 50) / d1 in out dm / c1 out 0 10u / r1 out 0 1k / .model dm d(is=1e-14)
transformer | v1 p 0 sin(0 1 50) ac 1 / r1 p q 1 / l1 q 0 1 / l2 s 0 4 / k1 l1 l2 0.98 / r2 s 0 100
amplifier | .subckt amp i o g=1 / ri i 0 1meg / e1 x 0 i 0 {g} / ro x o 50 / .ends
transistor | v1 c 0 5 / v2 in 0 0.7 / r1 in b 1k / q1 d b 0 qm / r2 c d 1k / .model qm npn(bf=100)
"""
_MORE = {
    "filter": ".ac dec 5 10 100k\n.tran 10u 1m",
    "rectifier": ".options reltol=1e-4\n.ic v(out)=0\n.tran 100u 20m uic",
    "transformer": ".ac lin 5 10 100\n.tran 1m 20m uic",
    "amplifier": "x1 in out amp g={k}\n.param k=10 rl={1k*2}\nv1 in 0 dc 0.1 ac 1\n"
    "rl out 0 {rl}\n.op\n.ac dec 2 1 1k",
    "transistor": ".temp 50\n.save v(d)\n.op\n.tran 1u 10u",
}
_SCRAPS = r"""
0  1  -1  1e999  nan  a  b  in  out  gnd  r1  v1  l1  dm  {  }  '  "  (  )  [  ]  =  ,  +  *  .
.op  .end  .ends  .subckt  k1  .model  .param  .if  uic  ac  dc  sin(0 1 1k)  {k}  poly(2)  \\  $
4k7  1meg  1f  %  &  #  !  ~  |  /  //  ;  ?
"""


def _mutations(rng: np.random.Generator) -> Iterator[Hostile]:
    """Good decks with one to three words or lines lost, doubled, swapped or replaced."""
    texts = {name: f"{name}\n{text}\n{_MORE[name]}" for name, text in _rows(_GOOD).items()}
    for name, text in texts.items():
        yield Hostile(name, f"{text}\n", frozenset({OK}))
        for k in range(12):
            lines = text.splitlines()
            for _ in range(int(rng.integers(1, 4))):
                _mutate(lines, rng)
            yield Hostile(f"{name}, mutated {k}", "\n".join([*lines, ""]), ANY)


def _mutate(lines: list[str], rng: np.random.Generator) -> None:
    i, j = (int(k) for k in rng.integers(1, len(lines), 2))
    words = lines[i].split(" ")
    at = int(rng.integers(len(words)))
    scrap = str(rng.choice(list(_each(_SCRAPS))))
    match int(rng.integers(8)):
        case 0:
            del words[at]
        case 1:
            words.insert(at, scrap)
        case 2:
            words.insert(at, words[at])
        case 3:
            words[at] = scrap
        case 4:
            words[at] = words[at][:-1]
        case 5:
            words[at] += scrap
        case 6:
            words[at] = str(rng.choice(lines[j].split(" ")))
        case _:
            lines.insert(i, lines[j])
            return
    lines[i] = " ".join(words)


def _gibberish(rng: np.random.Generator) -> Iterator[Hostile]:
    """Cards of devices drawn by chance."""
    letters, nodes, scraps = list("rlcvibegfhdqmjksxut"), ["0", "a", "b"], list(_each(_SCRAPS))
    for k in range(24):
        cards = [
            " ".join(
                [
                    f"{rng.choice(letters)}{n}",
                    *rng.choice(nodes, int(rng.integers(1, 5))),
                    *rng.choice(scraps, int(rng.integers(0, 3))),
                ]
            )
            for n in range(int(rng.integers(3, 9)))
        ]
        yield Hostile(f"gibberish {k}", "\n".join(["t", *cards, ".op", ""]), ANY)
