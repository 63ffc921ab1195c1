"""A stranger's lines to screened cards, with files from an allowed folder pasted in."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import DeckError
from .control_block import lifted
from .layout import Card, cards, read_text, uncommented
from .screen import screen

__all__ = ["Card", "screened_cards"]

_MOST_CARDS = 500_000
_MOST_FILES = 2000  # n files that each include the next one twice are 2^n
_INCLUDES = (".include", ".inc", ".lib")


def screened_cards(lines: list[str], folder: Path | None) -> list[Card]:
    """Return a deck's cards below the title, each of them screened.

    ``.include`` and ``.lib`` are replaced by the cards of their files, which keep the line of the
    card that named the file, and must lie in ``folder``; without one they are refused.

    Raises
    ------
    DeckError
        Naming the line: a card that is not known to be data; a file that is elsewhere, can't be
        read, or includes itself; too many of them.
    """
    return _screened(lines, folder, (), iter(range(_MOST_FILES)))


def _screened(
    lines: list[str], folder: Path | None, within: tuple[Path, ...], files: Iterator[int]
) -> list[Card]:
    for line, raw in enumerate(lines, start=1):
        if raw.lstrip().startswith("*#"):
            raise DeckError("ngspice runs a comment that begins with '*#' as a command", line=line)
    found: list[Card] = []
    for line, card in lifted(cards(lines))[0] if not within else cards(lines):
        if folder and card.split()[0] in _INCLUDES:
            pasted = _pasted(lines[line - 1], line, folder, within, files)
            found += [(line, inner) for inner in pasted]
        else:
            screen([(line, card)])
            found.append((line, card))
        if len(found) > _MOST_CARDS:
            raise DeckError(f"the deck has more than {_MOST_CARDS:,} cards", line=line)
    return found


def _pasted(
    raw: str, line: int, folder: Path, within: tuple[Path, ...], files: Iterator[int]
) -> list[str]:
    """Return the cards of the file that an ``.include`` or ``.lib`` names."""
    words = re.match(r"""\s*\.(\w+)\s+("[^"]+"|'[^']+'|[^\s;]+)(.*)""", raw)
    if not words:
        raise DeckError(f"{raw.strip()!r} names no file", line=line)
    name, rest = words[2].strip("\"'"), uncommented(words[3]).lower().split()
    section = rest[0] if rest and words[1].lower() == "lib" else ""
    try:
        path = (folder / name).resolve()
        is_inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a NUL, or links in a circle
        raise DeckError(f"{name!r} is no file's name", line=line) from error
    if not is_inside:
        raise DeckError(f"{name!r} lies outside of {str(folder)!r}: copy it there", line=line)
    if path in within:
        raise DeckError(f"{name!r} includes itself", line=line)
    if next(files, None) is None:
        raise DeckError(f"more than {_MOST_FILES:,} files are included", line=line)
    try:
        inside = ["", *_section(read_text(path).splitlines(), section)]
        found = _screened(inside, folder, (*within, path), files)
    except DeckError as error:
        where = "" if error.line is None else f"line {error.line - 1}: "
        raise DeckError(f"in {name!r}: {where}{error.message}", line=line) from error
    return [card for _, card in found]


def _section(lines: list[str], name: str) -> list[str]:
    """Blank all but the lines between ``.lib NAME`` and ``.endl``; none where no name is given."""
    if not name:
        return lines
    starts = [k for k, line in enumerate(lines) if line.lower().split()[:2] == [".lib", name]]
    if not starts:
        raise DeckError(f"has no section {name!r}")
    rest = lines[starts[0] + 1 :]
    ends = [k for k, line in enumerate(rest) if line.lower().split()[:1] == [".endl"]]
    return [*[""] * (starts[0] + 1), *rest[: ends[0] if ends else len(rest)]]
