"""A stranger's deck, screened and otherwise run as it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from ..errors import DeckError
from .analyses import ANALYSES, analysis_command, read_analysis
from .circuit import check_circuit
from .deck import Analysis, Options, check_options
from .layout import cards, read_text, title
from .numbers import is_number
from .screen import OUTPUT, screen
from .write import options_card

__all__ = ["TextDeck", "flat_circuit", "load_text_deck", "read_text_deck"]

_MOST_CARDS = 500_000
_INCLUDES = (".include", ".inc", ".lib")
Card = tuple[int, str]  # line and text


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
    def n_analyses(self) -> int:
        """Number of analyses that it asks for."""
        return sum(card.split()[0] in ANALYSES for card in self.text.splitlines())

    def text_for(self, analysis: Analysis) -> str:
        """Return the text with one analysis in the place of all."""
        *kept, end = (c for c in self.text.splitlines() if c.split()[0] not in ANALYSES)
        return "\n".join([*kept, f".{analysis_command(analysis)}", end, ""])


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
        no coils have. Without a line: no cards, no analysis, or too many cards.
    """
    check_options(options or {})
    lines = text.splitlines()
    if not any(line.strip() for line in lines[1:]):
        raise DeckError("the deck has no cards (its first line is the title)")
    found = _screened(lines, include_from, ())
    word = {card: card.split()[0] for _, card in found}
    if not any(word[card] in ANALYSES for _, card in found):
        raise DeckError("the deck has no analysis: add a .ac, .tran or .op card")
    notes = tuple(
        f"line {line}: {word[card]!r} was passed over"
        for line, card in found
        if word[card] in OUTPUT
    )
    kept = [(line, card) for line, card in found if word[card] not in OUTPUT | {".end"}]
    last = len(lines)
    if options:
        kept.append((last, options_card(options)))
    if any(word[card] == ".ac" for _, card in found):
        kept.append((last, options_card({"noopac": None})))  # heeded where the circuit is linear
    check_circuit(kept)
    # a title is not always inert: ngspice runs ".include", and skips a blank one
    written = [(1, f"* {title(lines)}".rstrip()), *kept, (last, ".end")]
    return TextDeck(
        "\n".join(card for _, card in written) + "\n", tuple(line for line, _ in written), notes
    )


def flat_circuit(listed: list[str]) -> tuple[tuple[Analysis, ...], frozenset[str]]:
    """Check the flat cards that ngspice lists of a deck.

    Returns
    -------
    tuple
        The analyses, and the names of the resistors, inductors and capacitors that have a plain
        value, which ``alter`` can change.

    Raises
    ------
    DeckError
        As :func:`check_circuit`; or an analysis that ngspice would not run as it says.
    """
    check_circuit((None, card) for card in listed)
    words = [card.split() for card in listed]
    analyses = tuple(
        read_analysis(card)
        for card, (word, *_) in zip(listed, words, strict=True)
        if word in ANALYSES
    )
    names = frozenset(w[0] for w in words if w[0][0] in "rlc" and len(w) == 4 and is_number(w[3]))
    return analyses, names


def _screened(lines: list[str], folder: Path | None, within: tuple[Path, ...]) -> list[Card]:
    """Return the cards below the title, with the files of the allowed folder pasted in."""
    for line, raw in enumerate(lines, start=1):
        if raw.lstrip().startswith("*#"):
            raise DeckError("ngspice runs a comment that begins with '*#' as a command", line=line)
    found: list[Card] = []
    for line, card in cards(lines):
        if folder and card.split()[0] in _INCLUDES:
            found += [(line, pasted) for pasted in _pasted(lines[line - 1], line, folder, within)]
        else:
            screen([(line, card)])
            found.append((line, card))
        if len(found) > _MOST_CARDS:
            raise DeckError(f"the deck has more than {_MOST_CARDS:,} cards", line=line)
    return found


def _pasted(raw: str, line: int, folder: Path, within: tuple[Path, ...]) -> list[str]:
    """Return the cards of the file that an ``.include`` or ``.lib`` names."""
    words = re.match(r"""\s*\.(\w+)\s+("[^"]+"|'[^']+'|\S+)\s*(\S*)""", raw)
    if not words:
        raise DeckError("names no file", line=line)
    name, section = words[2].strip("\"'"), words[3].lower()
    path = (folder / name).resolve()
    if not path.is_relative_to(folder.resolve()):
        raise DeckError(f"{name!r} lies outside of {str(folder)!r}: copy it there", line=line)
    if path in within:
        raise DeckError(f"{name!r} includes itself", line=line)
    try:
        inside = ["", *read_text(path).splitlines()]
        found = _screened(_section(inside, section), folder, (*within, path))
    except DeckError as error:
        raise DeckError(f"in {name!r}: {error}", line=line) from error
    return [card for _, card in found]


def _section(lines: list[str], name: str) -> list[str]:
    """Keep the lines between ``.lib NAME`` and ``.endl``; all where no name is given."""
    if not name:
        return lines
    starts = [k for k, line in enumerate(lines) if line.lower().split()[:2] == [".lib", name]]
    if not starts:
        raise DeckError(f"has no section {name!r}")
    rest = lines[starts[0] + 1 :]
    ends = [k for k, line in enumerate(rest) if line.lower().split()[:1] == [".endl"]]
    return ["", *rest[: ends[0] if ends else len(rest)]]
