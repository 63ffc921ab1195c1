"""Parameters and functions by their scopes: the deck's own, and one for each instance."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ..errors import DeckError
from .expressions import Effort, Function, Namespace, evaluate
from .groups import group_end
from .numbers import num

__all__ = ["Definitions", "Scope"]

_NAME = r"[a-z_]\w*"
_HEAD = re.compile(rf"[\s,]*({_NAME})\s*(?:\(([^()]*)\)\s*)?=(?!=)\s*", re.ASCII)
_NEXT = re.compile(rf"\s+{_NAME}\s*(?:\([^()]*\)\s*)?=(?!=)", re.ASCII)
_FUNC = re.compile(rf"\.func\s+({_NAME})\s*\(([^()]*)\)\s*=?\s*(\S.*)", re.ASCII)
_SHORT = 12  # digits


@dataclass
class Definitions:
    """What the ``.param`` and ``.func`` cards of one level say; the last of a name holds."""

    parameters: dict[str, tuple[str, int]] = field(default_factory=dict)  # with the line
    functions: dict[str, Function] = field(default_factory=dict[str, Function])

    def read_parameters(self, text: str, line: int) -> None:
        """Take in ``a=1 b = {2*a} f(x)='x*b'``.

        Raises
        ------
        DeckError
            What is no list of assignments.
        """
        at = 0
        while text[at:].strip():
            head = _HEAD.match(text, at)
            if not head:
                shown = text[at:].strip()[:40]
                raise DeckError(f"a parameter is written NAME=VALUE, not {shown!r}", line=line)
            if "," in head[0].partition("=")[0].partition("(")[0]:
                raise DeckError("ngspice hangs at a comma between parameters", line=line)
            value, at = _value(text, head.end(), line)
            if head[2] is None:
                self.parameters[head[1]] = value, line
            else:
                self._define(head[1], head[2], value, line)

    def read_function(self, card: str, line: int) -> None:
        """Take in a ``.func`` card.

        Raises
        ------
        DeckError
            It is none.
        """
        found = _FUNC.fullmatch(card)
        if not found:
            raise DeckError(f"a function is written '.func f(x) {{...}}', not {card!r}", line=line)
        self._define(found[1], found[2], found[3], line)

    def _define(self, name: str, arguments: str, body: str, line: int) -> None:
        names = tuple(arguments.replace(",", " ").split())
        if len({*names}) < len(names) or not all(re.fullmatch(_NAME, n, re.ASCII) for n in names):
            raise DeckError(f"function {name!r}: ({arguments}) are no arguments", line=line)
        self.functions[name] = Function(names, body)


@dataclass
class Scope:
    """What names mean at one place: its own definitions, and else those of the place around."""

    definitions: Definitions
    around: Scope | None = None
    suffix: str = ""  # of names inside of this instance
    effort: Effort = field(default_factory=Effort)
    known: dict[str, float] = field(default_factory=dict[str, float])
    _pending: list[str] = field(default_factory=list[str])

    def has(self, name: str) -> bool:
        """Whether there is a parameter of this name."""
        own = name in self.known or name in self.definitions.parameters
        return own or (self.around is not None and self.around.has(name))

    def value(self, name: str) -> float:
        """Return a parameter's value.

        Raises
        ------
        DeckError
            There is none, or it is defined by itself.
        """
        if name in self.known:
            return self.known[name]
        in_own_definition = self._pending[-1:] == [name]
        if name in self.definitions.parameters and not in_own_definition:
            text, line = self.definitions.parameters[name]
            if name in self._pending:
                raise DeckError(f"parameter {name!r} is defined by itself", line=line)
            self._pending.append(name)
            try:
                self.known[name] = evaluate(text, self, line)
            finally:
                self._pending.pop()
            return self.known[name]
        if self.around is not None:  # its own name there: v={2*v} is twice the outer one
            return self.around.value(name)
        if name == "pi" and not in_own_definition:  # LTspice's; ngspice has it in B sources only
            return math.pi
        raise DeckError(
            f"parameter {name!r} is defined by itself"
            if in_own_definition
            else f"there is no parameter {name!r}"
        )

    def function(self, name: str) -> tuple[Function, Namespace] | None:
        """Return a function of the deck's own, and the scope that it is defined in."""
        if name in self.definitions.functions:
            return self.definitions.functions[name], self
        return None if self.around is None else self.around.function(name)

    def settle(self) -> Mapping[str, float]:
        """Return all the values of this scope, which ngspice wants to have, too.

        Raises
        ------
        DeckError
            Naming the line of one that has none.
        """
        return {name: self.value(name) for name in self.definitions.parameters}

    def spelled(self, text: str, line: int) -> str:
        """Evaluate an expression, and spell the value.

        Raises
        ------
        DeckError
            Naming the line.
        """
        return spelled(evaluate(text, self, line))


def spelled(value: float) -> str:
    """Spell a value; one that is next to a short decimal number was meant as that."""
    short = float(f"{value:.15g}")
    return num(short if float(f"{short:.{_SHORT}g}") == short else value)


def _value(text: str, at: int, line: int) -> tuple[str, int]:
    """Return a parameter's text and the place behind it."""
    if text[at : at + 1] in ("{", "'"):
        end = group_end(text, at, line)
        if text[end : end + 1].strip(", "):
            raise DeckError(f"braces belong around all of {text[at:]!r}", line=line)
        return text[at:end], end
    following = _NEXT.search(text, at)
    end = following.start() if following else len(text)
    value = text[at:end].strip()
    bare = value
    while (shorter := re.sub(r"\([^()]*\)", "", bare)) != bare:
        bare = shorter
    if re.search(r"\s", bare):
        raise DeckError(
            f"ngspice may read only a part of {value!r}: put braces around it", line=line
        )
    return value, end
