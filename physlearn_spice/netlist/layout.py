"""Lines of a deck to cards: the title set apart, comments dropped, continuations joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import DeckError

__all__ = ["cards", "open_ends", "options_of", "read_text", "title"]

_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$\s")


def read_text(path: Path) -> str:
    """Read a deck's text, in UTF-8 or else in Latin-1.

    Raises
    ------
    DeckError
        The file can't be read.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DeckError(f"can't read {str(path)!r}: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("latin-1")


def title(lines: list[str]) -> str:
    """Return the first line, without the star that the writer puts before it."""
    text = lines[0].strip()
    return "" if text == "*" else text.removeprefix("* ").strip()


def open_ends(lines: list[str]) -> set[str]:
    """Return the nodes that comments like ``* open: n7`` declare as meant to be open ends."""
    found = (re.match(r"\*\s*open:(.*)", line, re.IGNORECASE) for line in lines[1:])
    return {node for match in found if match for node in match[1].lower().split()}


def cards(lines: list[str]) -> Iterator[tuple[int, str]]:
    """Yield (line, card) below the title, in lower case, as one line each.

    Raises
    ------
    DeckError
        A continuation of nothing, or cards after ``.end``.
    """
    pending: tuple[int, str] | None = None
    for line, raw in enumerate(lines[1:], start=2):
        body = _COMMENT.split(raw, maxsplit=1)[0].strip()
        if not body or body.startswith("*"):
            continue
        if pending and pending[1] == ".end":
            raise DeckError("ngspice reads on after .end: remove what follows it", line=line)
        if body.startswith("+"):
            if pending is None:
                raise DeckError("a continuation with nothing to continue", line=line)
            pending = pending[0], f"{pending[1]} {body[1:].strip().lower()}"
            continue
        if pending:
            yield pending
        pending = line, body.lower()
    if pending:
        yield pending


def options_of(text: str) -> dict[str, str]:
    """Return the options that a deck's text sets, by name; "" for a bare flag."""
    entries = " ".join(
        card.partition(" ")[2]
        for _, card in cards(text.splitlines())
        if re.match(r"\.opt(ion|ions)?\s", card)
    )
    pairs = (entry.partition("=") for entry in re.sub(r"\s*=\s*", "=", entries).split())
    return {name: value for name, _, value in pairs}
