"""Options of ngspice and vectors to save, which stand in a deck as they are given."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from ..errors import DeckError

__all__ = ["Options", "check_options", "check_vectors"]

Options = Mapping[str, float | str | None]  # None for a bare flag


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
        if not re.fullmatch(r"\w+", name) or not re.fullmatch(r"[\w.+-]+", str(value)):
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
