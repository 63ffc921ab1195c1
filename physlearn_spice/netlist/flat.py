"""Cards to cards of the same kind, without parameters, functions, subcircuits or conditions."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from ..errors import DeckError
from .device_cards import FlatCard
from .expressions import evaluate
from .flat_names import FlatNames, Place, plain
from .groups import replaced
from .layout import Card
from .parameters import Scope
from .screen import OUTPUT
from .subcircuits import CONDITIONS, Instance, Level, read_instance, read_levels
from .tokens import names_in

__all__ = ["Flat", "flat_cards"]

_MOST_CARDS = 500_000
_DEEPEST = 40  # instances inside of each other
_IN_INSTANCES = {".model", *CONDITIONS}
_ASKS = (".save", ".ic", ".nodeset")
_PLAIN = re.compile(r"[rlc]\w* (?!gnd )(\w+) (?!gnd )(\w+) [\d.e+-]+", re.ASCII)


class Flat(NamedTuple):
    """Cards with plain numbers and unique names, and what was passed over or may surprise."""

    cards: list[Card]
    notes: list[str]


def flat_cards(found: Iterable[Card]) -> Flat:
    """Evaluate what cards say of parameters, and expand their subcircuits.

    Parameters
    ----------
    found
        (line, card) below the title, as :func:`~.layout.cards` yields them.

    Raises
    ------
    DeckError
        Naming the line: an expression that can't be read or has no finite value, a name that is
        not known, a subcircuit that is not there or contains itself, more cards than can be meant.
    """
    listed = list(found)
    top, common, notes = read_levels(listed)
    names = FlatNames(listed, common, notes)
    flattener = _Flattener(names, notes)
    place = Place(Scope(top.definitions), {}, {name: name for name in top.models})
    flattener.expand(top, place, (top,))
    # cards that ask for vectors know their names by now
    cards = [(k, names.renamed(c) if c.startswith(_ASKS) else c) for k, c in flattener.cards]
    return Flat(cards, [*dict.fromkeys(notes)])


@dataclass
class _Flattener:
    names: FlatNames
    notes: list[str]
    cards: list[Card] = field(default_factory=list[Card])
    work: int = 0

    def expand(self, level: Level, place: Place, within: tuple[Level, ...]) -> None:
        """Append the cards of a level."""
        place.scope.settle()
        conditions: list[tuple[bool, bool]] = []  # whether it holds, and whether one has held
        for line, card in level.cards:
            self.work += 1
            if self.work > _MOST_CARDS:
                raise DeckError(f"the deck has more than {_MOST_CARDS:,} cards", line=line)
            simple = not place.suffix and not conditions and _PLAIN.fullmatch(card)
            if simple:
                for node in simple.groups():
                    self.names.node(node, place, line)
                self.cards.append((line, card))
                continue
            word = card.split()[0]
            if word in CONDITIONS:
                self._condition(conditions, word, card, place, line)
            elif not all(holds for holds, _ in conditions):
                continue
            elif word in OUTPUT:
                self.notes.append(f"line {line}: {word!r} was passed over")
            elif card[0] == ".":
                self._dot_card(word, card, place, line)
            elif card[0] == "x":
                self._instance(read_instance(card, line), place, within, line)
            else:
                device = FlatCard(self.names, place, line, self.notes).device(card)
                self.cards.append((line, device))

    def _condition(
        self,
        conditions: list[tuple[bool, bool]],
        word: str,
        card: str,
        place: Place,
        line: int,
    ) -> None:
        if word == ".endif":
            conditions.pop()
            return
        done = word != ".if" and conditions.pop()[1]
        text = card.removeprefix(word).strip()
        if word == ".else":
            holds = not done
        elif text[:1] != "(" or text[-1:] != ")":
            raise DeckError(f"a condition stands in brackets, as in '{word} (x > 1)'", line=line)
        else:
            around = all(is_on for is_on, _ in conditions)
            holds = around and not done and bool(evaluate(text, place.scope, line))
        conditions.append((holds, done or holds))

    def _dot_card(self, word: str, card: str, place: Place, line: int) -> None:
        if place.suffix and word not in _IN_INSTANCES:
            raise DeckError(f"{word!r} is inside of a subcircuit: put it outside", line=line)
        if word == ".model":
            card = FlatCard(self.names, place, line, self.notes).model(card)
        else:
            card = replaced(card, lambda group: place.scope.spelled(group, line), line)
        self.cards.append((line, card))

    def _instance(self, x: Instance, place: Place, within: tuple[Level, ...], line: int) -> None:
        level = next(
            (outer.subcircuits[x.of] for outer in reversed(within) if x.of in outer.subcircuits),
            None,
        )
        if level is None:
            raise DeckError(f"{x.name!r}: there is no subcircuit {x.of!r}", line=line)
        if any(level is outer for outer in within):
            raise DeckError(f"{x.name!r}: subcircuit {x.of!r} contains itself", line=line)
        if len(within) > _DEEPEST:
            raise DeckError(f"instances are nested deeper than {_DEEPEST}", line=line)
        if len(x.nodes) != len(level.nodes):
            raise DeckError(
                f"{x.name!r} joins {len(x.nodes)} nodes, and subcircuit {x.of!r} has "
                f"{len(level.nodes)}",
                line=line,
            )
        joined = {
            inner: self.names.node(outer, place, line)
            for inner, outer in zip(level.nodes, x.nodes, strict=True)
        }
        scope, factor = self._given(x, level, place, line)
        models = {name: f"{name}{scope.suffix}" for name in level.models}
        inside = Place(scope, joined, {**place.models, **models}, factor, f"{place.path}{x.name}.")
        self.expand(level, inside, (*within, level))

    def _given(self, x: Instance, level: Level, place: Place, line: int) -> tuple[Scope, float]:
        """Return the scope of an instance, and how many of it there are in parallel."""
        own = level.definitions.parameters
        scope = Scope(
            level.definitions,
            place.scope,
            f"_{plain(x.name)}{place.suffix}",
            place.scope.effort,
        )
        factor = place.factor
        for name, text in x.given.items():
            value = evaluate(text, place.scope, line)
            if name in own:
                scope.known[name] = value
            elif name != "m":
                self.notes.append(
                    f"line {line}: subcircuit {x.of!r} has no parameter {name!r}, which ngspice "
                    "leaves out, too"
                )
            elif factor != 1 and value != 1:
                raise DeckError(
                    f"{x.name!r}: of an m= inside of another, ngspice heeds the outer one alone; "
                    "leave one",
                    line=line,
                )
            else:
                factor = value * factor
        for name, text in x.given.items():
            self._check_meaning(name, text, scope, place, line)
        return scope, factor

    def _check_meaning(self, name: str, text: str, scope: Scope, place: Place, line: int) -> None:
        """Refuse a value that names another parameter of the instance.

        ngspice means that one or the outer one, whichever way it orders them.
        """
        for other in names_in(text) - {name}:
            inside = other in scope.known or other in scope.definitions.parameters
            if inside and scope.value(other) != place.scope.value(other):
                raise DeckError(
                    f"{name}={text} names {other!r}, which is a parameter inside of the "
                    "subcircuit, too, with another value; rename one",
                    line=line,
                )
