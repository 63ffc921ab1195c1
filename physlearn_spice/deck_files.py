"""Decks on disk: which there are, and whether each is a network or a stranger's text."""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from stat import S_ISDIR
from typing import NoReturn

from .errors import DeckError
from .netlist import Deck, TextDeck, read_deck, read_text_deck
from .netlist.layout import read_text
from .netlist.models import AS_IT_STANDS
from .netlist.options import Options

__all__ = ["ENDINGS", "find_decks", "open_deck"]

ENDINGS = (".cir", ".net", ".sp", ".spi", ".spice", ".ckt")


def find_decks(paths: Iterable[Path]) -> dict[str, Path]:
    """Return decks by the names that their results get: files as given, and those in folders.

    A name is the path from the folder that holds all that is given. Hidden files and folders, and
    those behind links, are passed over in a folder.

    Raises
    ------
    DeckError
        There is no such file, it can't be read, or a folder has no deck.
    """
    found: list[Path] = []
    roots: list[Path] = []
    for path in paths:
        try:
            is_folder = S_ISDIR(path.stat().st_mode)
        except OSError as error:
            _refuse(error)
        if is_folder:
            roots.append(path.resolve())
            found += _inside(path)
        else:
            roots.append(path.parent.resolve())
            found.append(roots[-1] / path.name)  # a link is a deck, wherever it leads
    root = os.path.commonpath(roots) if roots else ""
    return {path.relative_to(root).as_posix(): path for path in found}


def _inside(folder: Path) -> list[Path]:
    """Return the decks in a folder and in those below it."""
    found: list[Path] = []
    for place, folders, names in os.walk(folder.resolve(), onerror=_refuse):
        folders[:] = [name for name in folders if not name.startswith(".")]
        found += [Path(place, name) for name in names if not name.startswith(".")]
    found = sorted(path for path in found if path.suffix.lower() in ENDINGS and path.is_file())
    if not found:
        endings = ", ".join(ENDINGS)
        raise DeckError(f"folder {str(folder)!r} has no deck: no file ends in {endings}")
    return found


def _refuse(error: OSError) -> NoReturn:
    raise DeckError(f"can't read {str(error.filename)!r}: {error.strerror}") from error


def open_deck(
    path: Path, *, include_from: Path | None = None, options: Options | None = None
) -> Deck | TextDeck:
    """Read a deck as a network where it is one, and else as the text that it is.

    Raises
    ------
    DeckError
        It is neither; the message is about the text.
    """
    if path.suffix in (".json", ".graphml"):
        raise DeckError(f"{str(path)!r} is a network without analyses: run its deck, a .cir file")
    text = read_text(path)
    try:
        deck = read_deck(text, folder=path.parent, include_from=include_from)
    except DeckError as error:
        other = read_text_deck(text, include_from=include_from, options=options)
        why = str(error).removesuffix(f"; {AS_IT_STANDS}")
        return replace(other, notes=(f"run as text, being no network: {why}", *other.notes))
    if not deck.analyses:
        raise DeckError(
            "the deck has no analysis that is run here: add an .op, .dc, .ac or .tran card"
        )
    return replace(deck, options={**deck.options, **(options or {})})
