"""Expressions of parameters, parsed and evaluated as ngspice does, and never by Python.

Where ngspice's parser gives another value than the text says, the text is refused: a minus that
stands behind an operator and before anything but a number, a ``?:`` between ``?`` and ``:``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Protocol

from ..errors import DeckError
from .numbers import number

__all__ = ["Effort", "Function", "Names", "evaluate", "names_in"]

_LONGEST = 5000  # letters
_DEEPEST = 120  # brackets, calls and parameters inside of each other
_TOKEN = re.compile(
    r"\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*|[a-z_]\w*"
    r"|\*\*|&&|\|\||[<>=!]=|<>|[-+*/%\\^<>=!?:(),])",
    re.ASCII,
)
_LEVEL = {
    **dict.fromkeys(["^", "**"], 2),
    **dict.fromkeys(["*", "/", "%", "\\"], 3),
    **dict.fromkeys(["+", "-"], 4),
    **dict.fromkeys(["<", "<=", ">", ">=", "=", "==", "!=", "<>"], 5),
    "&&": 6,
    "||": 7,
}
_ARITHMETIC = {*_LEVEL, *"()!?:"} - {"=", "=="}  # what ngspice puts a function's argument in () for
_RANDOM = ("agauss", "gauss", "aunif", "unif", "limit")


@dataclass(frozen=True)
class Function:
    """A function of the deck's own: the names of its arguments, and what it says of them."""

    arguments: tuple[str, ...]
    body: str


@dataclass
class Effort:
    """What is left of the work that a whole deck may ask for."""

    steps: int = 5_000_000
    depth: int = 0


class Names(Protocol):
    """Where an expression finds what it names."""

    @property
    def effort(self) -> Effort:
        """The work that is left."""
        ...

    def value(self, name: str) -> float:
        """Return a parameter's value."""
        ...

    def function(self, name: str) -> tuple[Function, Names] | None:
        """Return a function of the deck's own, and what finds the functions that it calls."""
        ...


def evaluate(text: str, names: Names, line: int | None = None) -> float:
    """Return an expression's value.

    Braces and quotes around all of it count for nothing, and braces within for brackets.

    Raises
    ------
    DeckError
        Naming the line, unless the trouble is in a definition of another one: what is no
        expression, a name that is not known, no finite value, more work than can be meant.
    """
    try:
        value = _evaluated(text, names)
        if not math.isfinite(value):
            raise DeckError(f"{_shown(text)} is no finite number")
    except DeckError as error:
        if error.line is not None or line is None:
            raise
        raise DeckError(str(error), line=line) from error
    return value


def names_in(text: str) -> frozenset[str]:
    """Return the names that an expression mentions."""
    return frozenset(token for token in _tokens(text) if token[0].isalpha() or token[0] == "_")


def _evaluated(text: str, names: Names) -> float:
    effort = names.effort
    effort.depth += 1
    try:
        return _Parser(text, names).result()
    finally:
        effort.depth -= 1


@lru_cache(maxsize=4096)
def _tokens(text: str) -> tuple[str, ...]:
    if len(text) > _LONGEST:
        raise DeckError(f"{_shown(text)} is longer than {_LONGEST} letters")
    inner = text.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == "'":
        inner = inner[1:-1]
    inner = inner.translate(str.maketrans("{}", "()")).rstrip()
    found: list[str] = []
    at = 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        if not token:
            raise DeckError(f"{_shown(text)}: {inner[at:].strip()[:10]!r} can't be read")
        found.append(token[1])
        at = token.end()
    return tuple(found)


def _shown(text: str) -> str:
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


class _Parser:
    """One pass over the tokens, which gives the value at its end."""

    def __init__(self, text: str, names: Names) -> None:
        self.text = text
        self.names = names
        self.tokens = _tokens(text)
        self.at = 0

    def result(self) -> float:
        value = self._expression()
        if self.at < len(self.tokens):
            raise self._error(f"{self.tokens[self.at]!r} is misplaced")
        return value

    def _error(self, what: str) -> DeckError:
        return DeckError(f"{_shown(self.text)}: {what}")

    def _peek(self) -> str:
        return self.tokens[self.at] if self.at < len(self.tokens) else ""

    def _take(self) -> str:
        token = self._peek()
        self.at += 1
        return token

    def _expect(self, token: str) -> None:
        if self._take() != token:
            raise self._error(f"{token!r} is missing")

    def _expression(self, *, branch: str = "") -> float:
        """Read up to what can't go on; ``branch`` is "?" or ":" behind one of these."""
        effort = self.names.effort
        effort.depth += 1
        if effort.depth > _DEEPEST:
            raise self._error(f"is nested deeper than {_DEEPEST}")
        # a sign in front is a difference from 0: -a**b is -(a**b), and -a*b too
        values = [0.0] if not branch and self._peek() in ("+", "-") else [self._operand()]
        pending: list[str] = []
        while self._peek() in _LEVEL:
            operator = self._take()
            while pending and _LEVEL[pending[-1]] <= _LEVEL[operator]:
                _reduce(values, pending)
            pending.append(operator)
            values.append(self._operand())
        while pending:
            _reduce(values, pending)
        (value,) = values
        if self._peek() == "?":
            if branch == "?":
                raise self._error("ngspice misreads a ?: between ? and :; put it into brackets")
            self._take()
            yes = self._expression(branch="?")
            self._expect(":")
            no = self._expression(branch=":")
            value = yes if value else no
        effort.depth -= 1
        return value

    def _operand(self) -> float:
        if self._peek() == "-":
            self._take()
            if not self._peek() or self._peek()[0] not in ".0123456789":
                raise self._error(
                    "behind an operator ngspice reads a minus before a number only; put it into "
                    "brackets"
                )
            return -self._atom()
        nots = 0
        while self._peek() == "!":
            self._take()
            nots += 1
        value = self._atom()
        if not nots:
            return value
        return float(not value if nots % 2 else bool(value))

    def _atom(self) -> float:
        effort = self.names.effort
        effort.steps -= 1
        if effort.steps < 0:
            raise self._error("the deck's expressions ask for more work than can be meant")
        token = self._take()
        if not token:
            raise self._error("a value is missing at its end")
        if token == "(":
            value = self._expression()
            self._expect(")")
            return value
        if token[0] in ".0123456789":
            return self._number(token)
        if not (token[0].isalpha() or token[0] == "_"):
            raise self._error(f"{token!r} is misplaced")
        if self._peek() == "(":
            return self._call(token)
        if token in _FUNCTIONS:
            raise self._error(f"{token!r} is a function")
        return self.names.value(token)

    def _number(self, token: str) -> float:
        if re.fullmatch(r"[\d.]+(e[+-]?\d+)?mil[a-z]*", token):
            token = token.replace("mil", "m")  # of mils, only cards know
        return number(token)

    def _call(self, name: str) -> float:
        self._expect("(")
        found = self.names.function(name)
        own = found[0] if found else None
        arguments: list[float] = []
        while self._peek() != ")" if not arguments else self._peek() == ",":
            if arguments:
                self._take()
            begun = self.at
            arguments.append(self._expression())
            given = self.tokens[begun : self.at]
            if own and {"=", "=="} & {*given} and _ARITHMETIC.isdisjoint(given):
                raise self._error(
                    f"ngspice misreads {''.join(given)} in {name}(...); put it into brackets"
                )
        self._expect(")")
        if own:
            wanted = len(own.arguments)
        elif name in _FUNCTIONS:
            wanted = _FUNCTIONS[name][0]
        elif name in _RANDOM:
            raise self._error(f"{name!r} draws numbers by chance; write one in its place")
        else:
            raise self._error(f"there is no function {name!r}")
        if len(arguments) != wanted:
            raise self._error(f"{name!r} takes {wanted} arguments, not {len(arguments)}")
        if found:
            bound = dict(zip(found[0].arguments, arguments, strict=True))
            return _evaluated(found[0].body, _Called(self.names, found[1], bound))
        return _without_trap(_FUNCTIONS[name][1], *arguments)


@dataclass(frozen=True)
class _Called:
    """Names inside of a function: its arguments, and else parameters of the place that calls it."""

    around: Names
    home: Names
    bound: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def effort(self) -> Effort:
        return self.around.effort

    def value(self, name: str) -> float:
        return self.bound[name] if name in self.bound else self.around.value(name)

    def function(self, name: str) -> tuple[Function, Names] | None:
        return self.home.function(name)


def _reduce(values: list[float], pending: list[str]) -> None:
    y, x = values.pop(), values.pop()
    values.append(_BINARY[pending.pop()](x, y))


def _without_trap(law: Callable[..., float], *arguments: float) -> float:
    """C's way with what has no value, which may stand in a branch that is not taken."""
    try:
        return float(law(*arguments))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _divide(x: float, y: float) -> float:
    if y:
        return x / y
    return math.copysign(math.inf, x) * math.copysign(1.0, y) if x and x == x else math.nan


def _pow(x: float, y: float) -> float:
    if x == 0 and y < 0:
        return math.inf
    return _without_trap(math.pow, x, y)


def _power(x: float, y: float) -> float:
    return _pow(abs(x), y)


def _log(x: float) -> float:
    return -math.inf if x == 0 else math.log(x)


def _rounded(by: Callable[[float], int]) -> Callable[[float], float]:
    # -0.0 of -0.5 and infinity of infinity, as in C
    return lambda x: math.copysign(abs(by(x)), x) if math.isfinite(x) else x


def _remainder(x: float, y: float) -> float:
    return x - y * _without_trap(math.trunc, _divide(x, y))


_BINARY: Mapping[str, Callable[[float, float], float]] = {
    **dict.fromkeys(["^", "**"], _power),
    "*": lambda x, y: x * y,
    "/": _divide,
    "%": _remainder,
    "\\": lambda x, y: _without_trap(math.trunc, abs(_divide(x, y))),
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "<": lambda x, y: float(x < y),
    "<=": lambda x, y: float(x <= y),
    ">": lambda x, y: float(x > y),
    ">=": lambda x, y: float(x >= y),
    **dict.fromkeys(["=", "=="], lambda x, y: float(x == y)),
    **dict.fromkeys(["!=", "<>"], lambda x, y: float(x != y)),
    "&&": lambda x, y: float(bool(x) and bool(y)),
    "||": lambda x, y: float(bool(x) or bool(y)),
}
_CIRCULAR = [
    *("sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
]
_FUNCTIONS: Mapping[str, tuple[int, Callable[..., float]]] = {
    "sqr": (1, lambda x: x * x),
    "sqrt": (1, math.sqrt),
    "exp": (1, math.exp),
    "ln": (1, _log),
    "log": (1, _log),
    "log10": (1, lambda x: -math.inf if x == 0 else math.log10(x)),
    "abs": (1, abs),
    "sgn": (1, lambda x: float(x > 0) - float(x < 0)),
    "int": (1, _rounded(math.trunc)),
    "nint": (1, _rounded(round)),
    "floor": (1, _rounded(math.floor)),
    "ceil": (1, _rounded(math.ceil)),
    **{name: (1, getattr(math, name)) for name in _CIRCULAR},
    "arctan": (1, math.atan),
    "pow": (2, _pow),
    "pwr": (2, _power),
    "max": (2, max),
    "min": (2, min),
    "ternary_fcn": (3, lambda x, yes, no: yes if x else no),
}
