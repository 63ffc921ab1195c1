"""Numbers that mean something else to ngspice than they may to their author."""

from __future__ import annotations

import re

from .layout import uncommented

__all__ = ["doubts"]

_WORD = r"(?<![\w.+-])[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_MEANT = {
    re.compile(rf"{_WORD}M(?![A-Za-z])|{_WORD}M(?:[Oo]hms?|OHMS?|Hz|HZ)\b"): "M is milli; "
    "a million is meg",
    re.compile(rf"{_WORD}F(?![A-Za-z])|{_WORD}F(?:arads?|ARADS?)\b"): "F is femto, and no farad",
    re.compile(rf"{_WORD}\u03bc"): "ngspice takes this letter for a unit, and here it is micro",
}


_MAYBE = re.compile(r"[\d.][MF\u03bc]")


def doubts(lines: list[str]) -> list[str]:
    """Return a note for each number of a deck's lines, as written, that may not be meant so."""
    found: list[str] = []
    for line, raw in enumerate(lines[1:], start=2):
        if not _MAYBE.search(raw):
            continue
        body = uncommented(raw)
        if body.startswith("*"):
            continue
        for pattern, says in _MEANT.items():
            found += (f"line {line}: {word!r}: {says}" for word in pattern.findall(body))
    return found
