"""Levels of a deck: its own cards, and those of each ``.subckt``, as they stand."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from ..errors import DeckError
from .groups import words_of
from .layout import Card
from .lines import at_line
from .parameters import Definitions
from .screen import HOSTILE

__all__ = ["CONDITIONS", "Instance", "Level", "read_instance", "read_levels"]

CONDITIONS = {".if", ".elseif", ".else", ".endif"}
_CLOSES = {".ends": ".subckt", ".eom": ".macro"}
_PARAM = {".param", ".params", ".parameter", ".parameters", ".global_param"}


@dataclass(eq=False)
class Level:
    """What stands at the top of a deck, or between ``.subckt`` and ``.ends``."""

    line: int = 0
    name: str = ""
    nodes: tuple[str, ...] = ()
    definitions: Definitions = field(default_factory=Definitions)
    models: set[str] = field(default_factory=set[str])
    subcircuits: dict[str, Level] = field(default_factory=dict)
    cards: list[Card] = field(default_factory=list[Card])  # devices, models and other dot cards


@dataclass(frozen=True)
class Instance:
    """An X card: the nodes it joins, what it is made of, and the parameters given to it."""

    name: str
    nodes: tuple[str, ...]
    of: str
    given: dict[str, str]


def read_levels(found: Iterable[Card]) -> tuple[Level, set[str], list[str]]:
    """Sort cards into levels.

    Returns
    -------
    tuple
        The top, the nodes that ``.global`` cards name, and notes.

    Raises
    ------
    DeckError
        Naming the line: a subcircuit that is not closed or defined twice, parameters that are not
        written so, a definition that depends on a condition.
    """
    sorting = _Sorting()
    for line, card in found:
        with at_line(line):
            sorting.take(line, card)
    return sorting.done(), sorting.common, sorting.notes


@dataclass
class _Sorting:
    """What the cards so far have opened; ``conditions`` are, of each level, the .if around."""

    levels: list[Level] = field(default_factory=lambda: [Level()])
    opened: list[str] = field(default_factory=list[str])
    conditions: list[list[int]] = field(default_factory=lambda: [[]])
    common: set[str] = field(default_factory=set[str])
    notes: list[str] = field(default_factory=list[str])

    def take(self, line: int, card: str) -> None:
        word, *words = card.split()
        level, around = self.levels[-1], self.conditions[-1]
        if around and word in {*_PARAM, *_CLOSES, *_CLOSES.values(), ".func"}:
            raise DeckError(
                f"{word!r} is inside of the '.if' of line {around[-1]}, which ngspice does "
                "not heed there: put the condition into the value, as in {x > 1 ? 2 : 3}"
            )
        if word in HOSTILE:
            raise DeckError(f"{word!r} is refused: {HOSTILE[word]}")
        if word in _PARAM:
            level.definitions.read_parameters(card.removeprefix(word), line)
            if word == ".global_param":
                told = "'.global_param' is read as '.param'; ngspice has none"
                self.notes.append(f"line {line}: {told}")
        elif word == ".func":
            level.definitions.read_function(card, line)
        elif word == ".global":
            self.common.update(words)
        elif word in _CLOSES.values():
            self._open(word, _read_head(card, line))
        elif word in _CLOSES:
            if not self.opened or self.opened.pop() != _CLOSES[word]:
                raise DeckError(f"{word!r} closes no {_CLOSES[word]!r}")
            self.levels.pop()
            self.conditions.pop()
        else:
            if word in CONDITIONS:
                _count(around, word, line)
            elif word == ".model" and words:
                level.models.add(words[0])
            level.cards.append((line, card))

    def _open(self, word: str, inner: Level) -> None:
        level = self.levels[-1]
        if inner.name in level.subcircuits:
            raise DeckError(f"subcircuit {inner.name!r} is defined twice")
        level.subcircuits[inner.name] = inner
        self.levels.append(inner)
        self.opened.append(word)
        self.conditions.append([])

    def done(self) -> Level:
        top, *inside = self.levels
        for level in inside[-1:]:
            raise DeckError(f"subcircuit {level.name!r} is not closed", line=level.line)
        for line in self.conditions[0][-1:]:
            raise DeckError("'.if' is not closed", line=line)
        return top


def _count(open_at: list[int], word: str, line: int) -> None:
    """Keep the lines of the ``.if`` that are open."""
    if word == ".if":
        open_at.append(line)
    elif not open_at:
        raise DeckError(f"{word!r} has no '.if'")
    elif word == ".endif":
        open_at.pop()


def read_instance(card: str, line: int) -> Instance:
    """Read an X card.

    Raises
    ------
    DeckError
        Naming the line: it names no subcircuit, or gives a parameter twice.
    """
    words, given = _words(card, line)
    if len(words) < 2:
        raise DeckError(f"{card!r} names no subcircuit", line=line)
    return Instance(words[0], tuple(words[1:-1]), words[-1], given)


def _read_head(card: str, line: int) -> Level:
    words, given = _words(card, line)
    if len(words) < 2:
        raise DeckError("a subcircuit needs a name", line=line)
    _, name, *nodes = words
    for node in nodes:
        if node in ("0", "gnd") or nodes.count(node) > 1:
            raise DeckError(
                f"subcircuit {name!r}: node {node!r} is ground or named twice, and ngspice leaves "
                "out what is connected to it; rename it",
                line=line,
            )
    level = Level(line, name, tuple(nodes))
    level.definitions.parameters |= {key: (text, line) for key, text in given.items()}
    return level


def _words(card: str, line: int) -> tuple[list[str], dict[str, str]]:
    """Part a card into its words, without brackets and commas, and its NAME=VALUE."""
    words: list[str] = []
    given: dict[str, str] = {}
    for word in words_of(card, line):
        name, found, value = word.partition("=")
        if not found:
            words += (part for part in re.split("[(),]", word) if part not in ("", "params:"))
        elif re.fullmatch(r"[a-z_]\w*", name, re.ASCII):
            given[name] = value
        else:
            raise DeckError(f"{name!r} is no parameter's name", line=line)
    return words, given
