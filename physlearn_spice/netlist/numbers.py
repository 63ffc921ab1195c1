"""SPICE numbers, read as ngspice reads them and refused where it would misread them."""

from __future__ import annotations

import re

from ..errors import DeckError

__all__ = ["number"]

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?)([a-z]*)")
_SUFFIX = {  # longest first: "meg" and "mil" before "m"
    "meg": 1e6,
    "mil": 25.4e-6,
    "t": 1e12,
    "g": 1e9,
    "k": 1e3,
    "m": 1e-3,
    "u": 1e-6,
    "n": 1e-9,
    "p": 1e-12,
    "f": 1e-15,
}


def number(text: str, line: int | None = None) -> float:
    """Value of a SPICE number: ``1meg`` is 1e6, ``1m`` is 1e-3, ``1f`` is 1e-15.

    Letters after the suffix are a unit and count for nothing.

    Raises
    ------
    DeckError
        No number, or one like ``4k7``, of which ngspice reads only the first part.
    """
    match = _NUMBER.fullmatch(text.strip().lower())
    if not match:
        raise DeckError(
            f"{text!r} is no number that SPICE reads whole (write 4.7k, not 4k7)", line=line
        )
    mantissa, unit = match.groups()
    for suffix, scale in _SUFFIX.items():
        if unit.startswith(suffix):
            return float(f"{mantissa}") * scale
    return float(mantissa)
