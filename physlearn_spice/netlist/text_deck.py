"""A stranger's deck, screened and otherwise run as it stands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..errors import DeckError
from .analyses import ANALYSES, Analysis, analysis_command, read_analysis
from .circuit import check_circuit
from .deck import Deck
from .layout import Card, read_text, title
from .numbers import is_number, number
from .options import Options, check_options, options_of
from .paste import screened_cards
from .screen import OUTPUT, check_model, screen
from .write import options_card, side_files, to_spice

__all__ = [
    "FlatCircuit",
    "TextDeck",
    "files_of",
    "flat_circuit",
    "load_text_deck",
    "read_text_deck",
    "text_of",
]


@dataclass(frozen=True)
class TextDeck:
    """What is left of a deck that is data and nothing else.

    Parameters
    ----------
    text
        What ngspice is given: one card a line, each of them screened.
    lines
        For each line of ``text``, the author's line that it came from.
    notes
        What was passed over.
    """

    text: str
    lines: tuple[int, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def analyses(self) -> tuple[Analysis, ...]:
        """The analyses that it asks for.

        Raises
        ------
        DeckError
            One of them has a parameter for a number; ngspice alone can say which.
        """
        found = zip(self.lines, self.text.splitlines(), strict=True)
        return tuple(
            read_analysis(card, line) for line, card in found if card.split()[0] in ANALYSES
        )

    @property
    def kinds(self) -> tuple[str, ...]:
        """Kinds of the analyses that it asks for: ``"op"``, ``"dc"``, ``"ac"``, ``"tran"``."""
        words = (card.split()[0] for card in self.text.splitlines())
        return tuple(word[1:] for word in words if word in ANALYSES)

    @property
    def save(self) -> tuple[str, ...]:
        """What its ``.save`` cards name."""
        words = (card.split() for card in self.text.splitlines())
        return tuple(name for word, *names in words if word == ".save" for name in names)

    def only(self, analysis: Analysis) -> TextDeck:
        """Return the deck with one analysis in the place of all."""
        *kept, end = (
            (line, card)
            for line, card in zip(self.lines, self.text.splitlines(), strict=True)
            if card.split()[0] not in ANALYSES
        )
        written = [*kept, (end[0], f".{analysis_command(analysis)}"), end]
        return replace(
            self,
            text="\n".join(card for _, card in written) + "\n",
            lines=tuple(line for line, _ in written),
        )


def text_of(deck: Deck | TextDeck) -> str:
    """Return what ngspice is given of a deck of either kind."""
    return deck.text if isinstance(deck, TextDeck) else to_spice(deck)


def files_of(deck: Deck | TextDeck) -> dict[str, str]:
    """Return the data files by name that stand beside a deck of either kind."""
    return {} if isinstance(deck, TextDeck) else side_files(deck)


def load_text_deck(
    path: Path, *, include_from: Path | None = None, options: Options | None = None
) -> TextDeck:
    """Read the deck in a file, as :func:`read_text_deck`.

    Raises
    ------
    DeckError
        As :func:`read_text_deck`; also where the file can't be read.
    """
    return read_text_deck(read_text(path), include_from=include_from, options=options)


def read_text_deck(
    text: str, *, include_from: Path | None = None, options: Options | None = None
) -> TextDeck:
    """Screen a deck's text.

    Parameters
    ----------
    include_from
        The folder from which ``.include`` and ``.lib`` may take files; without one they are
        refused.
    options
        ngspice options to add by name, such as ``{"rshunt": 1e12}``; None for a bare flag.

    Raises
    ------
    DeckError
        Naming the line and the thing: a card that is not known to be data, a name used twice, a
        missing value, a loop of voltage sources, a node without a path to ground, couplings that
        no coils have, an analysis inside of a subcircuit. Without a line: no cards, no analysis.
    """
    check_options(options or {})
    lines = text.splitlines()
    if not any(line.strip() for line in lines[1:]):
        raise DeckError("the deck has no cards (its first line is the title)")
    found, lifted_notes = screened_cards(lines, include_from)
    _check_blocks(found)
    found = [(line, _runnable(card, line)) for line, card in found]
    word = {card: card.split()[0] for _, card in found}
    if not any(word[card] in ANALYSES for _, card in found):
        raise DeckError(
            "the deck has no analysis that is run here: add an .op, .dc, .ac or .tran card"
        )
    notes = tuple(
        f"line {line}: {word[card]!r} was passed over"
        for line, card in found
        if word[card] in OUTPUT
    )
    notes += tuple(lifted_notes)
    kept = [(line, card) for line, card in found if word[card] not in OUTPUT | {".end"}]
    last = len(lines)
    if options:
        kept.append((last, options_card(options)))
        screen([(None, kept[-1][1])])
    if any(word[card] == ".ac" for _, card in found):
        kept.append((last, options_card({"noopac": None})))  # heeded where the circuit is linear
    check_circuit(kept)
    # a title is not always inert: ngspice runs ".include", and skips a blank one
    written = [(1, f"* {title(lines)}".rstrip()), *kept, (last, ".end")]
    return TextDeck(
        "\n".join(card for _, card in written) + "\n", tuple(line for line, _ in written), notes
    )


@dataclass(frozen=True)
class FlatCircuit:
    """A deck as ngspice has flattened it: subcircuits expanded, parameters evaluated.

    ``elements`` are the resistors, inductors and capacitors with a plain value, and ``others`` the
    rest of the devices, by name, with the words behind the name.
    """

    analyses: tuple[Analysis, ...]
    elements: Mapping[str, tuple[str, str, float]]
    others: Mapping[str, tuple[str, ...]]
    options: Mapping[str, str]


def flat_circuit(listed: list[str]) -> FlatCircuit:
    """Check and read the flat cards that ngspice lists of a deck.

    Raises
    ------
    DeckError
        As :func:`check_circuit`; or an analysis that ngspice would not run as it says.
    """
    for card in listed:
        if card.startswith("*"):
            raise DeckError(f"ngspice would leave a card out: {card.lstrip('* ')}")
        if card.startswith(".model"):
            check_model(card)  # once more, as ngspice has read it
    check_circuit((None, card) for card in listed)
    elements: dict[str, tuple[str, str, float]] = {}
    others: dict[str, tuple[str, ...]] = {}
    cards = (re.sub("[(),]", " ", card) for card in listed if card[0] not in ".*")
    for name, *words in map(str.split, cards):
        if name[0] in "rlc" and len(words) == 3 and is_number(words[2]):
            elements[name] = words[0], words[1], number(words[2])
        else:
            others[name] = tuple(words)
    analyses = tuple(read_analysis(card) for card in listed if card.split()[0] in ANALYSES)
    return FlatCircuit(analyses, elements, others, options_of("\n".join(["", *listed])))


def _check_blocks(found: Iterable[Card]) -> None:
    """Refuse blocks that don't close, and analyses inside of one: ngspice would count others."""
    opener = {".ends": ".subckt", ".endif": ".if", ".else": ".if", ".elseif": ".if"}
    within: list[Card] = []
    for line, card in found:
        word = card.split()[0]
        if word in (".subckt", ".if"):
            if card == word:
                raise DeckError(f"{word!r} needs a name or a condition", line=line)
            within.append((line, word))
        elif word in opener and (not within or within[-1][1] != opener[word]):
            raise DeckError(f"{word!r} has no {opener[word]!r}", line=line)
        elif word in (".ends", ".endif"):
            within.pop()
        elif within and word in ANALYSES:
            where = f"the {within[-1][1]!r} of line {within[-1][0]}"
            raise DeckError(f"{word!r} is inside of {where}: close that first", line=line)
    if within:
        raise DeckError(f"{within[-1][1]!r} is not closed", line=within[-1][0])


def _runnable(card: str, line: int) -> str:
    """Check an analysis of plain numbers, and give a transient that has no step its default."""
    word, *rest = card.replace(",", " ").split()  # to ngspice a comma is a blank here
    if word not in ANALYSES or re.search("[{']", card):
        return card
    card = " ".join([word, *rest])
    analysis = read_analysis(card, line)
    first = next((text for text in rest if text != "uic"), "1")
    return f".{analysis_command(analysis)}" if word == ".tran" and not number(first) else card
