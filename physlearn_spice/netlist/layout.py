"""Lines of a deck to cards: the title set apart, comments dropped, continuations joined."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from ..errors import DeckError

__all__ = ["Card", "cards", "open_ends", "read_text", "title", "uncommented"]

_COMMENT = re.compile(r";|//|(?:^|(?<=[\s,]))\$")
Card = tuple[int, str]  # line and text
_LONGEST_TITLE = 100  # ngspice -b aborts beyond 500 bytes, and runs what is behind 5,000


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
    """Return the first line, as text, without the star that the writer puts before it."""
    text = lines[0].replace("\0", " ").encode(errors="replace").decode()
    text = re.sub(r"\.title\s", "", text[:_LONGEST_TITLE].strip(), flags=re.IGNORECASE)
    return "" if text == "*" else text.removeprefix("* ").strip()


def open_ends(lines: list[str]) -> set[str]:
    """Return the nodes that comments like ``* open: n7`` declare as meant to be open ends."""
    found = (re.match(r"\*\s*open:(.*)", line, re.IGNORECASE) for line in lines[1:])
    return {node for match in found if match for node in match[1].lower().split()}


def uncommented(line: str) -> str:
    """Return what stands before a line's comment; a whole line of comment may be left."""
    return _COMMENT.split(line, maxsplit=1)[0].strip()


def cards(lines: list[str]) -> Iterator[Card]:
    """Yield (line, card) below the title, in lower case, as one line each, and µ as u.

    Raises
    ------
    DeckError
        A continuation of nothing, or cards after ``.end``.
    """
    begun = 0  # line of the card whose parts are pending
    pending: list[str] = []
    for line, raw in enumerate(lines[1:], start=2):
        body = uncommented(raw)
        if not body or body.startswith("*"):
            continue
        if pending == [".end"]:
            raise DeckError("ngspice reads on after .end: remove what follows it", line=line)
        if body.startswith("+"):
            if not pending:
                raise DeckError("a continuation with nothing to continue", line=line)
            pending += filter(None, [_folded(body[1:].strip())])
            continue
        if pending:
            yield begun, " ".join(pending)
        begun, pending = line, [_folded(body)]
    if pending:
        yield begun, " ".join(pending)


def _folded(text: str) -> str:
    text = re.sub(r"[ \t]+", " ", text)  # many are slow to look through, again and again
    return text.lower().replace("\u00b5", "u").replace("\u03bc", "u")  # micro, sign and letter
