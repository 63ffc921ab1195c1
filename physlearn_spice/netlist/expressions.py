"""Expressions of parameters, parsed and evaluated as ngspice does, and never by Python.

Where ngspice's parser gives another value than the text says, the text is refused: a minus that
stands behind an operator and before anything but a number, a ``?:`` between ``?`` and ``:``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..errors import DeckError
from ..wording import counted
from .arithmetic import BINARY, FUNCTIONS, LEVEL, RANDOM, without_trap
from .lines import at_line
from .numbers import number
from .tokens import shown, tokens_of

__all__ = ["Effort", "Function", "Namespace", "evaluate"]

_DEEPEST = 120  # brackets, calls and parameters inside of each other
_ARITHMETIC = {*LEVEL, *"()!?:"} - {"=", "=="}  # what ngspice puts a function's argument in () for


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


class Namespace(Protocol):
    """Where an expression finds what it names."""

    @property
    def effort(self) -> Effort:
        """The work that is left."""
        ...

    def value(self, name: str) -> float:
        """Return a parameter's value."""
        ...

    def function(self, name: str) -> tuple[Function, Namespace] | None:
        """Return a function of the deck's own, and what finds the functions that it calls."""
        ...


def evaluate(text: str, names: Namespace, line: int | None = None) -> float:
    """Return an expression's value.

    Braces and quotes around all of it count for nothing, and braces within for brackets.

    Raises
    ------
    DeckError
        Naming the line, unless the trouble is in a definition of another one: what is no
        expression, a name that is not known, no finite value, more work than can be meant.
    """
    with at_line(line):
        value = _evaluated(text, names)
        if not math.isfinite(value):
            raise DeckError(f"{shown(text)} is no finite number")
        return value


def _evaluated(text: str, names: Namespace) -> float:
    effort = names.effort
    effort.depth += 1
    try:
        return _Parser(text, names).result()
    finally:
        effort.depth -= 1


class _Parser:
    """One pass over the tokens, which gives the value at its end."""

    def __init__(self, text: str, names: Namespace) -> None:
        self.text = text
        self.names = names
        self.tokens = tokens_of(text)
        self.at = 0

    def result(self) -> float:
        value = self._expression()
        if self.at < len(self.tokens):
            raise self._error(f"{self.tokens[self.at]!r} is misplaced")
        return value

    def _error(self, what: str) -> DeckError:
        return DeckError(f"{shown(self.text)}: {what}")

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
        while self._peek() in LEVEL:
            operator = self._take()
            while pending and LEVEL[pending[-1]] <= LEVEL[operator]:
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
        if token in FUNCTIONS:
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
        elif name in FUNCTIONS:
            wanted = FUNCTIONS[name][0]
        elif name in RANDOM:
            raise self._error(f"{name!r} draws numbers by chance; write one in its place")
        else:
            raise self._error(f"there is no function {name!r}")
        if len(arguments) != wanted:
            takes = counted(wanted, "argument")
            raise self._error(f"{name!r} takes {takes}, not {len(arguments)}")
        if found:
            bound = dict(zip(found[0].arguments, arguments, strict=True))
            return _evaluated(found[0].body, _Called(self.names, found[1], bound))
        return without_trap(FUNCTIONS[name][1], *arguments)


@dataclass(frozen=True)
class _Called:
    """Names inside of a function: its arguments, and else parameters of the place that calls it."""

    around: Namespace
    home: Namespace
    bound: Mapping[str, float] = field(default_factory=dict[str, float])

    @property
    def effort(self) -> Effort:
        return self.around.effort

    def value(self, name: str) -> float:
        return self.bound[name] if name in self.bound else self.around.value(name)

    def function(self, name: str) -> tuple[Function, Namespace] | None:
        return self.home.function(name)


def _reduce(values: list[float], pending: list[str]) -> None:
    y, x = values.pop(), values.pop()
    values.append(BINARY[pending.pop()](x, y))
