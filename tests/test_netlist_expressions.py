"""Expressions of parameters have the values that ngspice gives them, or are refused."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path

import numpy as np
import pytest

from physlearn_spice.elements import Resistor
from physlearn_spice.errors import DeckError
from physlearn_spice.netlist import read_deck
from physlearn_spice.netlist.expressions import evaluate
from physlearn_spice.netlist.flat import flat_cards
from physlearn_spice.netlist.layout import cards
from physlearn_spice.netlist.parameters import Definitions, Scope
from tests.batch import batch

PARAMETERS = "a=3 b=-0.5 c={a*b} d={e+1} e=2 zero=0 k_1=1.5k"
FUNCTIONS = ["f(x) {x*2-b}", "g(x,y) = {f(x)+y**2}", "h() '7'", "sqr(u) {u+1}"]


def scope() -> Scope:
    definitions = Definitions()
    definitions.read_parameters(PARAMETERS, 1)
    for function in FUNCTIONS:
        definitions.read_function(f".func {function}", 1)
    return Scope(definitions)


def theirs(texts: list[str], folder: Path) -> list[float]:
    functions = [f".func {function}" for function in FUNCTIONS]
    sources = [f"v{k} n{k} 0 dc {{{text}}}\nr{k} n{k} 0 1" for k, text in enumerate(texts)]
    deck = ["t", f".param {PARAMETERS}", *functions, *sources, ".op", ".end", ""]
    (plot,) = batch("\n".join(deck), folder)
    return [plot.vectors[f"v(n{k})"][0].item() for k in range(len(texts))]


BY_HAND = """
1t  1g  1meg  1k  1m  1u  1n  1p  1f  1x  2.5MEGohm  1e3k  3ohm  10M  1e-3u  1e+2  7e2
-2**2  2**3**2  2^3^2  (-2)**3  2**-1  2*-3**2  -2*-3  - -1  1--1  -(-2)  +1  -a**2  -a*b  2^-.5
7/2  7%3  -7%3  7%-3  7\\2  -7\\2  1/3*3  10u  1.5k  2meg  1mil  3milxyz  .5  5.  1e3  1e+3k  2.5E-3
!0  !3  !a+5  !!a  1<2  2<=2  a==3  a=3  a!=3  a<>3  1<2<3  3>2>1  a>1&&b<0  a>9||zero  1||0&&0
1?2:3  0?2:3  1>2?3:4  0?2:0?3:4  0?2:1?3:4  1?2:0?3:4  1?(0?5:6):7  a-3?5:6  1?-2:-3  a>1?b:c+1
zero==0?5:1/zero  ternary_fcn(a,2,3)  ternary_fcn(zero,2,3)  1/(1/zero)
sqrt(2)  sin(1)  cos(1)  tan(1)  asin(.5)  acos(.5)  atan(2)  arctan(2)  sinh(1)  cosh(1)  tanh(1)
asinh(1)  acosh(2)  atanh(.5)  exp(1)  ln(10)  log(10)  log10(1k)  abs(-2)  sgn(-3)  sgn(0)  sgn(2)
pow(-2,3)  pwr(-2,3)  pow(2,.5)  min(a,b)  max(a,b)  int(2.7)  int(-2.7)  nint(2.5)  nint(3.5)
nint(-2.5)  floor(-2.5)  ceil(2.1)  sqrt (4)  ( a + b ) * 2  f(3)  f(-1)  2*f(1)**2  g(1+2,f(2))
h()  sqr(4)  {a}*2  a*{b+{c}}  d*e  k_1  max(sqrt(f(a)),-1)
"""


def test_expressions_by_hand(tmp_path) -> None:
    texts = [text for text in re.split(r"\s{2,}|\n", BY_HAND) if text]
    ours = [evaluate(text.lower(), scope()) for text in texts]
    values = theirs(texts, tmp_path)
    wrong = {t: (o, v) for t, o, v in zip(texts, ours, values, strict=True) if not agree(o, v)}
    assert not wrong


def agree(ours: float, value: float) -> bool:
    return abs(ours - value) <= 1e-12 * max(abs(value), 1e-3)


ONE = [
    *("sqrt", "abs", "sin", "cos", "tanh", "int", "nint", "floor", "ceil", "sgn", "f", "sqr"),
    *("arctan", "exp", "ln"),
]


def drawn(rng: np.random.Generator, depth: int) -> str:
    """An expression, of all that there is."""

    def inner() -> str:
        return drawn(rng, depth - 1)

    if depth == 0 or rng.random() < 0.1:
        atoms = [
            "a",
            "b",
            "c",
            "d",
            "e",
            "zero",
            "k_1",
            "(h())",
            f"{rng.uniform(0, 9):.4g}",
            "2",
            "1m",
        ]
        return str(rng.choice(atoms))
    match int(rng.integers(7)):
        case 0 | 1 | 2:
            operators = [*"+-*/%\\^<>", "**", "<=", ">=", "==", "!=", "<>", "&&", "||", "*-", "+-"]
            operator = str(rng.choice(operators))
            if operator.endswith("-") and len(operator) > 1:
                return f"{inner()}{operator}{rng.uniform(0, 9):.3g}"
            return f"{inner()}{rng.choice(['', ' '])}{operator}{inner()}"
        case 3:
            return f"({rng.choice(['', '-', '!', '+'])}{inner()})"
        case 4:
            return f"({inner()}?{inner_bracketed(inner())}:{inner()})"
        case 5:
            return called(str(rng.choice(ONE)), inner())
        case _:
            return called(str(rng.choice(["min", "max", "pow", "pwr", "g"])), inner(), inner())


def called(name: str, *arguments: str) -> str:
    """A call, in brackets where ngspice does not find the deck's own function behind ? or !."""
    call = f"{name}({','.join(arguments)})"
    return f"({call})" if name in ("f", "g", "h", "sqr") else call


def inner_bracketed(text: str) -> str:
    return f"({text})" if "?" in text else text


def test_expressions_by_chance(tmp_path) -> None:
    rng = np.random.default_rng(5)
    found: dict[str, float] = {}
    while len(found) < 1500:
        text = drawn(rng, int(rng.integers(1, 5)))
        try:
            value = evaluate(text, scope())
        except DeckError:
            continue
        if len(text) < 150 and (value == 0 or 1e-20 < abs(value) < 1e20):
            found[text] = value
    values = theirs([*found], tmp_path)
    wrong = {t: (o, v) for (t, o), v in zip(found.items(), values, strict=True) if not agree(o, v)}
    assert not wrong


REFUSED = {
    "": "a value is missing",
    "1+": "a value is missing",
    "(1": r"'\)' is missing",
    "1)": r"'\)' is misplaced",
    "1 2": "'2' is misplaced",
    "a b": "'b' is misplaced",
    "4k7": "'7' is misplaced",
    "++1": r"'\+' is misplaced",
    "2*+1": r"'\+' is misplaced",
    "2*-a": "a minus before a number only",
    "2*--1": "a minus before a number only",
    "1?-a:2": "a minus before a number only",
    "1?0?5:6:7": r"a \?: between \? and :",
    "1?2": "':' is missing",
    "2a": "39 takes the letter for a unit",
    "1&1": "'&1' can't be read",
    "pin": "no parameter 'pin'",
    "temper": "no parameter 'temper'",
    "nope(1)": "no function 'nope'",
    "a(1)": "no function 'a'",
    "sin": "'sin' is a function",
    "sin()": "'sin' takes 1 argument, not 0",
    "min(1,2,3)": "'min' takes 2 arguments, not 3",
    "f(1,2)": "'f' takes 1 argument, not 2",
    "(1,2)": r"'\)' is missing",
    "agauss(1,1,1)": "'agauss' draws numbers by chance",
    "sqrt(-1)": "no finite number",
    "1/0": "no finite number",
    "10**400": "no finite number",
    "exp(1k)": "no finite number",
    "10**10**10**10": "no finite number",
    "__import__('os')": "can't be read",
    "a.b": "can't be read",
    "x[0]": "can't be read",
    "(" * 5000 + "1": "longer than",
    "(" * 300 + "1" + ")" * 300: "nested deeper",
    "!-1": "'-' is misplaced",
}


@pytest.mark.parametrize("text", REFUSED, ids=[text[:20] for text in REFUSED])
def test_what_is_no_expression_is_refused_with_its_line(text) -> None:
    with pytest.raises(DeckError, match=f"^line 7: .*{REFUSED[text]}"):
        evaluate(text, scope(), 7)


def test_pi_is_pi_unless_the_deck_says_otherwise() -> None:
    """LTspice's decks take it for granted; to ngspice it is no parameter at all."""
    text = "t\nv1 a 0 1\nr1 a 0 {2*pi}\n.op\n"
    assert read_deck(text).network["r1"] == Resistor("r1", "a", "0", 2 * math.pi)
    assert read_deck(text + ".param pi=3\n").network["r1"] == Resistor("r1", "a", "0", 6.0)


CHAINS = {
    "cycle": ".param x={y} y={z} z={x}\nr1 a 0 {x}",
    "itself": ".param x={x+1}\nr1 a 0 {x}",
    "function of itself": ".func f(x) {f(x)+f(x)}\nr1 a 0 {f(1)}",
    "two functions": ".func f(x) {g(x)}\n.func g(x) {f(x)}\nr1 a 0 {f(1)}",
    "doubled": "".join(f".func f{k + 1}(x) {{f{k}(x)+f{k}(x)}}\n" for k in range(40))
    + ".func f0(x) {x}\nr1 a 0 {f40(1)}",
    "long chain backwards": ".param x0=1\n"
    + "".join(f".param x{k}={{x{k - 1}+1}}\n" for k in reversed(range(1, 3000))),
}


@pytest.mark.parametrize("text", CHAINS.values(), ids=CHAINS)
def test_endless_work_is_refused_at_once_with_its_line(text) -> None:
    begun = time.perf_counter()
    with pytest.raises(DeckError, match=r"^line \d+: ") as error:
        flat_cards(cards(["t", *text.splitlines()]))
    assert error.value.line is not None
    assert time.perf_counter() - begun < 20


def test_a_long_chain_forwards_is_no_work() -> None:
    chain = [".param x0=1", *(f".param x{k}={{x{k - 1}+x{k - 1}}}" for k in range(1, 900))]
    (card,) = flat_cards(cards(["t", *chain, "r1 a 0 {x899}"])).cards
    assert card[1] == f"r1 a 0 {2.0**899!r}"
    assert evaluate("1" + "+1" * 2000, scope()) == 2001.0
    assert evaluate("!" * 4001 + "1", scope()) == 0.0
