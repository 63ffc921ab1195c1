"""Cards with ``{expressions}`` and ``'expressions'``, parted into words that keep these whole."""

from __future__ import annotations

import re
from collections.abc import Callable

from ..errors import DeckError

__all__ = ["group_end", "replaced", "words_of"]


def group_end(text: str, at: int, line: int) -> int:
    """Return the place behind the braces or quotes that open at ``at``.

    Raises
    ------
    DeckError
        They are not closed.
    """
    if text[at] == "'":
        end = text.find("'", at + 1)
    else:
        depth, end = 0, -1
        for k in range(at, len(text)):
            depth += {"{": 1, "}": -1}.get(text[k], 0)
            if depth == 0:
                end = k
                break
    if end < 0:
        raise DeckError(f"a quote or brace is not closed: {text[at : at + 40]!r}", line=line)
    return end + 1


def replaced(text: str, by: Callable[[str], str], line: int) -> str:
    """Return the text with each group in it replaced.

    Raises
    ------
    DeckError
        One is not closed.
    """
    parts: list[str] = []
    at = 0
    for opening in re.finditer("[{']", text):
        if opening.start() >= at:
            end = group_end(text, opening.start(), line)
            parts += [text[at : opening.start()], by(text[opening.start() : end])]
            at = end
    return "".join([*parts, text[at:]])


def words_of(text: str, line: int) -> list[str]:
    """Part a text at its blanks, but not within groups, nor around ``=``.

    Raises
    ------
    DeckError
        A group is not closed.
    """
    groups: list[str] = []

    def put_aside(group: str) -> str:
        groups.append(group)
        return f"{{{len(groups) - 1}}}"

    words = re.sub(r"\s*=\s*", "=", replaced(text, put_aside, line)).split()
    return [re.sub(r"\{(\d+)\}", lambda found: groups[int(found[1])], word) for word in words]
