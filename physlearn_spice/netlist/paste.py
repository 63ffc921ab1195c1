"""A stranger's lines to cards, with files from an allowed folder pasted in, screened or not."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from ..errors import DeckError
from .control_block import lifted
from .layout import Card, cards, read_text, uncommented
from .screen import screen

__all__ = ["pasted_cards", "screened_cards"]

_MOST_CARDS = 500_000
_MOST_FILES = 2000  # n files that each include the next one twice are 2^n
_INCLUDES = (".include", ".inc", ".lib")


def pasted_cards(lines: list[str], folder: Path | None) -> tuple[list[Card], list[str]]:
    """Return a deck's cards below the title, for a reader that runs none of them, and notes.

    ``.include`` and ``.lib`` are replaced by the cards of their files, which keep the line of the
    card that named the file, and must lie in ``folder``; without one these cards are left. A
    ``.control`` block is replaced by the cards of its analyses.

    Raises
    ------
    DeckError
        Naming the line: a block that does more; a file that is elsewhere, can't be read, or
        includes itself; too many of them.
    """
    return _Paster(folder, is_screened=False).deck(lines)


def screened_cards(lines: list[str], folder: Path | None) -> tuple[list[Card], list[str]]:
    """Return :func:`pasted_cards` that ngspice may run.

    Raises
    ------
    DeckError
        As these; also a card that is not known to be data, ``.include`` without a folder among
        them.
    """
    return _Paster(folder, is_screened=True).deck(lines)


@dataclass
class _Paster:
    folder: Path | None
    is_screened: bool
    files_left: int = _MOST_FILES

    def deck(self, lines: list[str]) -> tuple[list[Card], list[str]]:
        self._screen_comments(lines)
        found, notes = lifted(cards(lines))
        return self._pasted(found, lines, ()), notes

    def _pasted(
        self, found: Iterable[Card], lines: list[str], within: tuple[Path, ...]
    ) -> list[Card]:
        kept: list[Card] = []
        for line, card in found:
            if self.folder and card.split()[0] in _INCLUDES:
                kept += [(line, c) for c in self._file(lines[line - 1], line, self.folder, within)]
            else:
                if self.is_screened:
                    screen([(line, card)])
                kept.append((line, card))
            if len(kept) > _MOST_CARDS:
                raise DeckError(f"the deck has more than {_MOST_CARDS:,} cards", line=line)
        return kept

    def _screen_comments(self, lines: list[str]) -> None:
        for line, raw in enumerate(lines, start=1):
            if self.is_screened and raw.lstrip().startswith("*#"):
                raise DeckError(
                    "ngspice runs a comment that begins with '*#' as a command", line=line
                )

    def _file(self, raw: str, line: int, folder: Path, within: tuple[Path, ...]) -> list[str]:
        """Return the cards of the file that an ``.include`` or ``.lib`` names."""
        words = re.match(r"""\s*\.(\w+)\s+("[^"]+"|'[^']+'|[^\s;]+)(.*)""", raw)
        if not words:
            raise DeckError(f"{raw.strip()!r} names no file", line=line)
        name, rest = words[2].strip("\"'"), uncommented(words[3]).lower().split()
        section = rest[0] if rest and words[1].lower() == "lib" else ""
        path = _inside(folder, name, line)
        if path in within:
            raise DeckError(f"{name!r} includes itself", line=line)
        self.files_left -= 1
        if self.files_left < 0:
            raise DeckError(f"more than {_MOST_FILES:,} files are included", line=line)
        try:
            inner = ["", *_section(read_text(path).splitlines(), section)]
            self._screen_comments(inner)
            found = self._pasted(cards(inner), inner, (*within, path))
        except DeckError as error:
            where = "" if error.line is None else f"line {error.line - 1}: "
            raise DeckError(f"in {name!r}: {where}{error.message}", line=line) from error
        return [card for _, card in found]


def _inside(folder: Path, name: str, line: int) -> Path:
    """Return a file's path, which must lie in the folder."""
    try:
        path = (folder / name).resolve()
        is_inside = path.is_relative_to(folder.resolve())
    except (OSError, RuntimeError, ValueError) as error:  # a NUL, or links in a circle
        raise DeckError(f"{name!r} is no file's name", line=line) from error
    if not is_inside:
        raise DeckError(f"{name!r} lies outside of {str(folder)!r}: copy it there", line=line)
    return path


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
