"""Decks of the corpus, damaged at random.

Each has a number and is the same each time. A damaged deck is read, or refused with a DeckError
that names a line where one is at fault; either takes less than two seconds.
``python -m tests.mutated_decks [FIRST [LAST]]`` reads them.
"""

from __future__ import annotations

import re
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from random import Random
from typing import NoReturn

from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import read_deck, read_text_deck, to_spice
from tests.corpus import CORPUS

__all__ = ["N_MUTATED", "damage", "mutated", "wrong"]

N_MUTATED = 20_000
_LONGEST = 2.0  # [s] of the processor that a deck may take
_HANGING = 30  # [s] of the clock after which it is given up

# What no line is at fault for: all of the cards together make no circuit that can be driven.
WITHOUT_LINE = re.compile(
    r"the deck (is empty|has no (cards|analysis|source|voltage source))"
    r"|the deck has an \.ac card but no source|the network has no elements|voltage-source loop"
    r"|the couplings .* are not positive definite"
)

_TEXTS = [deck.content.decode("utf-8", "replace").replace("\r\n", "\n") for deck in CORPUS]
_NUMBER = re.compile(r"(?<![\w.])[+-]?\d+\.?\d*(?:e[+-]?\d+)?[a-z]*", re.IGNORECASE)
_TOKEN = re.compile(r"\S+")
_STRANGE_NUMBERS = """
0 -0 -1 1e308 1e309 -1e309 1e-320 1e999999999 1e-999999999 9999999999999999999999 0x10 nan inf
1e 1e+ 1..2 .. 1meg1meg 1k1 1T5 2A 1\u00b5 1\u03bc ++1 -+1 {1} '1' {0} {1/0} {0/0} {9**9**9}
{10^400} {-(-(-1))} {1e308*1e308} {sqrt(-1)} {log(0)} {log(-1)} {pow(0,-1)} {undefined} {pi} {}
''  1,2 1e3e3 0.5.5 --5 5- 1_000 \u0661 1%
"""
_EXTREMES = [*_STRANGE_NUMBERS.split(), "9" * 400, "0." + "0" * 400 + "1", "1" + "k" * 300]
_CHARACTERS = [
    *" \t\n+-*/=(){}[]<>'\"`.,;:$#@!%&|^~?_\\",
    *"0123456789abcdefghijklmnopqrstuvwxyzRLCVX",
    *"\0\x01\x08\x0b\x0c\x1a\x1b\x1c\x1f\x7f\x85\xa0\xb5\xdf\xe9\u0130\u03a9\u03bc\u2028\u202e",
    *"\ufeff\ufffd\ud800\U0001f4a9",
]
_COMMON_WORDS = """
.end .ends .subckt .endc .control .param .func .model .global .ac .tran .dc .op .ic .temp .options
.save .include .lib .step .if .else .endif .title .global_param .print .nodeset .alter .data
params: dec lin oct uic ac dc sin( pulse( pwl( exp( sffm( poly(1) poly(2) poly(999999999) poly(
m=0 m=-1 m=1e9 m= tc= tc=1 tc1= ic= ic=1 rser= rser=0 rser=-1 value= r= c= l= is= = == k1 gnd 0
00 x1 r1 v1 i1 d1 ) ( , { } ' " $ ; // + * 1 1k {a} {r} 'x' $( %v table file= external off area
temp= dtemp= noise pz sens repeat forever time
"""
_WORDS = _COMMON_WORDS.split()
_LEVELS = range(1, 41)
_SNIPPETS = [
    ".param a={b} b={a}\nrz a 0 {a}",
    ".param a={a+1}\nrz a 0 {a}",
    ".func f(x) {f(x)}\nrz a 0 {f(1)}",
    ".func f(x) {g(x)}\n.func g(x) {f(x)+1}\n.param q={f(2)}",
    ".func f(x,x) {x}\nrz a 0 {f(1,2)}\nry a 0 {f(1)}\nrx a 0 {f}\nrw a 0 {f(}",
    ".subckt s a b\nx1 a b s\n.ends\nxz a 0 s",
    ".subckt s a b\nx1 a b t\n.ends\n.subckt t a b\nx1 a b s\n.ends\nxz a 0 s",
    ".subckt s a b r={r}\nr1 a b {r}\n.ends\nxz a 0 s r={r}",
    ".subckt s a a\nr1 a 0 1\n.ends\nxz a 0 s\nxy a s\nxw a 0 0 0 s\nxv s\nxu",
    ".subckt s\nr1 a 0 1\n.ends t\n.ends",
    ".subckt\n.subckt s\n.subckt s",
    # two of each in each: a billion resistors
    "\n".join(f".subckt s{k} a b\nx1 a b s{k - 1}\nx2 a b s{k - 1}\n.ends" for k in _LEVELS)
    + "\n.subckt s0 a b\nr1 a b 1\n.ends\nxz a 0 s40",
    ".func f0(x) {x}\n"
    + "\n".join(f".func f{k}(x) {{f{k - 1}(x)+f{k - 1}(x)}}" for k in _LEVELS)
    + "\nrz a 0 {f40(1)}",
    ".param p0=1\n"
    + "\n".join(f".param p{k}={{p{k - 1}+p{k - 1}}}" for k in _LEVELS)
    + "\nrz a 0 {p40}",
    "".join(f".param q{k}={{q{k + 1}}}\n" for k in range(2000)) + "rz a 0 {q0}",
    "".join(f".subckt n{k} a\nx1 a n{k + 1}\n.ends\n" for k in range(1500)) + "xz a n0",
    ".subckt deep a\n" * 400 + "r1 a 0 1\n" + ".ends\n" * 400,
    ".dc v1 0 1 1e-15",
    ".dc v1 0 1 0\n.dc v1 1 0 1\n.dc v9 0 1 1\n.dc",
    ".ac lin 2000000000 1 2\n.ac dec 1e9 1 1e300\n.ac oct 0 1 2",
    ".tran 1e-300 1\n.tran 1 1e-300\n.tran -1 -1\n.tran 0 0\n.tran",
    ".ic v(a)=1 v(a)=2 v(nowhere)=1 v( i(v1)=2",
    ".control\nac dec 10 1 1k",
    ".control\nac dec 10 1 1k\n.control\n.endc\n.endc",
    ".control\nforeach x 1 2 3\nalter r1 = $x\nrun\nend\n.endc",
    ".control\nwhile 1\nend\n.endc",
    ".if (1)\nrz a 0 1\n.else\nrz a 0 2",
    "kz l1 l1 0.5\nky l1 nowhere 1\nkx l1 l2 l3 l4 l5 2\nkw\nkv l1 l2",
    "vz a 0 pwl(0 0 1 1 1 2 0 3)\nvy a 0 pulse()\nvx a 0 sin\nvw a 0 exp(1)\nvu a 0 sffm(1 2 3",
    "vz a 0 pwl(" + " ".join(f"{k}u {k % 7}" for k in range(20_000)) + ")",
    "rz a 0 {" + "(" * 20_000 + "1" + ")" * 20_000 + "}",
    "rz a 0 {" + "-" * 20_000 + "1}",
    "rz a 0 {" + "!" * 3000 + "1}",
    "rz a 0 {" + "1?" * 3000 + "1" + ":1" * 3000 + "}",
    "rz a 0 {" + "1+" * 20_000 + "1}",
    "rz a 0 {" + "2**" * 3000 + "2}",
    "rz a 0 {" + "sqrt(" * 3000 + "2" + ")" * 3000 + "}",
    "rz a 0 " + "{" * 5000 + "1" + "}" * 5000,
    "rz a 0 " + "'" * 5001,
    "rz " + "(" * 5000 + "a 0" + ")" * 5000 + " 1",
    "rz a 0 1" + " " * 100_000 + "$ far away",
    "rz a 0\n" + "+\n" * 20_000 + "+ 1",
    "r" + "z" * 100_000 + " a 0 1",
    ".param " + " ".join(f"w{k}={k}" for k in range(3000)),
    ".model m d(is=1 is=2 n=)\n.model m r\n.model\n.model m\n.model m d(\n.model m d)is=1(",
    "dz a 0 m off ic=1 area=-1\ndy a 0\ndx a 0 nowhere\n.model m d(rs=-1 cjo=-1 m=2 fc=3 bv=5)",
    "ez a 0 poly(1) a 0 0 1 2 3\nfz a 0 poly(1) v1\nhz a 0\ngz a 0 a\nfy a 0 fz 1\nhx a 0 hx 1",
]


def _apart(random: Random, text: str, pattern: re.Pattern[str]) -> tuple[str, str, str]:
    """The text before, in and behind a place that is found at random."""
    found = list(pattern.finditer(text)) if len(text) < 1_000_000 else []
    if not found:
        return text, "", ""
    place = random.choice(found)
    return text[: place.start()], place[0], text[place.end() :]


def _character(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    before, here, after = text[:at], text[at : at + 1], text[at + 1 :]
    new = random.choice(_CHARACTERS)
    return random.choice(
        [
            before + after,
            before + 2 * here + after,
            before + after[:1] + here + after[1:],
            before + new + here + after,
            before + new + after,
            before + here * random.choice([3, 300]) + after,
        ]
    )


def _token(random: Random, text: str) -> str:
    before, here, after = _apart(random, text, _TOKEN)
    word = random.choice(_WORDS)
    other = random.choice(random.choice(_TEXTS).split())
    new = random.choice(["", f"{here} {here}", word, f"{here} {word}", f"{word} {here}", other])
    return before + new + after


def _two_tokens(random: Random, text: str) -> str:
    before, one, rest = _apart(random, text, _TOKEN)
    between, other, after = _apart(random, rest[:200], _TOKEN)
    return before + other + between + one + after + rest[200:]


def _number(random: Random, text: str) -> str:
    before, _, after = _apart(random, text, _NUMBER)
    return before + random.choice(_EXTREMES) + after


def _line(random: Random, text: str) -> str:
    lines = text.split("\n")
    one, other = (random.randrange(len(lines)) for _ in range(2))
    match random.randrange(7):
        case 0:
            del lines[one]
        case 1:
            lines.insert(other, lines[one])
        case 2:
            lines[one], lines[other] = lines[other], lines[one]
        case 3:
            lines[one] = "+ " + lines[one]
        case 4:
            lines[one : one + 2] = [" ".join(lines[one : one + 2])]
        case 5:
            lines[one] = lines[one] * random.choice([2, 20, 2000])
        case _:
            lines[one : other + 1] = lines[one : other + 1] * 2
    return "\n".join(lines)


def _bracket(random: Random, text: str) -> str:
    at = random.randrange(len(text) + 1)
    bracket = random.choice("(){}[]'\"") * random.choice([1, 1, 1, 2, 1000])
    if random.random() < 0.3:
        return text.replace(random.choice("(){}'"), "", 1)
    return text[:at] + bracket + text[at:]


def _snippet(random: Random, text: str) -> str:
    lines = text.split("\n")
    lines.insert(random.randrange(len(lines) + 1), random.choice(_SNIPPETS))
    return "\n".join(lines)


def _crossing(random: Random, text: str) -> str:
    one, other = text.split("\n"), random.choice(_TEXTS).split("\n")
    if random.random() < 0.3:  # shuffled together, each in its own order
        flags = [True] * len(one) + [False] * len(other)
        random.shuffle(flags)
        first, second = iter(one), iter(other)
        return "\n".join(next(first if flag else second) for flag in flags)
    return "\n".join(one[: random.randrange(len(one))] + other[random.randrange(len(other)) :])


def _whole(random: Random, text: str) -> str:
    match random.randrange(6):
        case 0:
            return text.upper()
        case 1:
            return text.replace("\n", random.choice(["\r", "\r\n", "\n\n", "\x0b", "\u2028", " "]))
        case 2:
            return text.replace(" ", random.choice(["\t", "  ", ",", "", "\xa0", "="]))
        case 3:
            return text[: random.randrange(len(text) + 1)]
        case 4:
            return text[random.randrange(len(text) + 1) :]
        case _:
            return "".join(chr(ord(c) ^ (random.random() < 0.02)) for c in text)


_MUTATIONS: list[tuple[Callable[[Random, str], str], int]] = [
    *((_character, 6), (_token, 6), (_two_tokens, 2), (_number, 5), (_line, 4), (_bracket, 3)),
    *((_snippet, 1), (_crossing, 2), (_whole, 1)),
]


def mutated(number: int) -> str:
    """The damaged deck of this number."""
    return damage(Random(number))


def damage(random: Random) -> str:
    """Damage a deck of the corpus, at one place or at several."""
    text = random.choice(_TEXTS)
    ways, weights = zip(*_MUTATIONS, strict=True)
    for way in random.choices(ways, weights, k=random.choice([1, 1, 2, 3, 6])):
        text = way(random, text)
    return text


def _give_up(signal_number: int, frame: object) -> NoReturn:
    raise TimeoutError(f"still reading after {_HANGING} s")


def wrong(text: str) -> str:
    """What is wrong with how a text is read, or refused; "" where nothing is."""
    for read in (_read_and_write, read_text_deck):
        before = signal.signal(signal.SIGALRM, _give_up)
        signal.alarm(_HANGING)
        start = time.process_time()
        try:
            read(text)
        except DeckError as error:
            if error.line is None and not WITHOUT_LINE.match(error.message):
                return f"{read.__name__}: no line: {error.message[:200]}"
            if error.line is not None and not 1 <= error.line <= text.count("\n") + 10**6:
                return f"{read.__name__}: line {error.line} is none: {error.message[:200]}"
        except Exception as error:
            where = traceback.extract_tb(error.__traceback__)[-1]
            what = f"{type(error).__name__} at {where.name}, line {where.lineno}: {error}"
            return f"{read.__name__}: {what[:300]}"
        finally:
            signal.alarm(0)
            signal.signal(signal.SIGALRM, before)
        if (spent := time.process_time() - start) > _LONGEST:
            return f"{read.__name__}: took {spent:.1f} s"
    return ""


def _read_and_write(text: str) -> None:
    deck = read_deck(text)
    with suppress(DeckError):  # an operating point that is not determined
        to_spice(deck)


def main(first: int = 0, last: int = N_MUTATED) -> None:
    """Read the decks from the first number to the last, and say what is wrong."""
    start, faults = time.perf_counter(), Counter[str]()
    for number in range(first, last):
        if fault := wrong(mutated(number)):
            faults[fault[:60]] += 1
            if faults[fault[:60]] < 4:
                print(f"deck {number}: {fault}")
    print(f"{last - first} decks, {faults.total()} wrong, {time.perf_counter() - start:.1f} s")
    raise SystemExit(bool(faults))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
