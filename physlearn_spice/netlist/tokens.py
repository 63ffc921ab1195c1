"""Expressions of parameters, cut into tokens."""

from __future__ import annotations

import re
from functools import lru_cache

from ..errors import DeckError

__all__ = ["names_in", "shown", "tokens_of"]

_LONGEST = 5000  # letters
_TOKEN = re.compile(
    r"\s*((?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?[a-z]*|[a-z_]\w*"
    r"|\*\*|&&|\|\||[<>=!]=|<>|[-+*/%\\^<>=!?:(),])",
    re.ASCII,
)


@lru_cache(maxsize=4096)
def tokens_of(text: str) -> tuple[str, ...]:
    """Return the tokens of an expression, without quotes around it, and braces as brackets.

    Raises
    ------
    DeckError
        It has a letter that belongs to none, or is overlong.
    """
    if len(text) > _LONGEST:
        raise DeckError(f"{shown(text)} is longer than {_LONGEST} letters")
    inner = text.strip()
    if len(inner) > 1 and inner[0] == inner[-1] == "'":
        inner = inner[1:-1]
    inner = inner.translate(str.maketrans("{}", "()")).rstrip()
    found: list[str] = []
    at = 0
    while at < len(inner):
        token = _TOKEN.match(inner, at)
        if not token:
            raise DeckError(f"{shown(text)}: {inner[at:].strip()[:10]!r} can't be read")
        found.append(token[1])
        at = token.end()
    return tuple(found)


def shown(text: str) -> str:
    """Quote an expression for a message, as far as one wants to read."""
    return repr(text if len(text) <= 80 else f"{text[:77]}...")


def names_in(text: str) -> frozenset[str]:
    """Return the names that an expression mentions."""
    return frozenset(token for token in tokens_of(text) if token[0].isalpha() or token[0] == "_")
