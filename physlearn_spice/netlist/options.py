"""Options of ngspice, and vectors to save: read from cards, checked, and kept as they are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import DeckError
from .layout import cards

__all__ = [
    "OPTION_CARDS",
    "Options",
    "check_options",
    "check_vectors",
    "options_of",
    "told_options",
]

Options = Mapping[str, float | str | None]  # None for a bare flag
OPTION_CARDS = (".options", ".option", ".opt")
_NAME, _WORD = re.compile(r"\w+", re.ASCII), re.compile(r"[\w.+-]+", re.ASCII)


def options_of(text: str) -> dict[str, str]:
    """Return the options that a deck's text sets, by name; "" for a bare flag."""
    found: dict[str, str] = {}
    for _, card in cards(text.splitlines()):
        if card.split()[0] in OPTION_CARDS:
            found |= told_options(card)
    return found


def told_options(card: str) -> dict[str, str]:
    """Return what a card of :data:`OPTION_CARDS` sets, by name; "" for a bare flag."""
    entries = re.sub(r"\s*=\s*", "=", card.replace(",", " ")).split()[1:]
    return {name: value for name, _, value in (entry.partition("=") for entry in entries)}


def check_options(options: Options) -> None:
    """Refuse options that are none, or that the elements' laws know nothing of.

    Raises
    ------
    DeckError
        Naming the option.
    """
    for name, value in options.items():
        if name in ("temp", "tnom"):
            raise DeckError(f"option {name!r}: the elements' laws are those of 27 Celsius")
        if not (_NAME.fullmatch(name) and _WORD.fullmatch(str(value))):
            raise DeckError(f"option {name!r} = {value!r}: a name, and a number or a word")


def check_vectors(names: Iterable[str]) -> None:
    """Refuse what is no vector's name.

    Raises
    ------
    DeckError
        Naming it.
    """
    for name in names:
        if not re.fullmatch(r"[\w.@#()\[\],+-]+", name):
            raise DeckError(f"can't save {name!r}: it is no vector's name")
