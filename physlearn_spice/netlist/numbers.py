"""SPICE numbers, written without loss, and read as ngspice reads them or refused."""

from __future__ import annotations

import math
import re

from ..errors import DeckError

__all__ = [
    "as_ngspice_reads",
    "begins_number",
    "is_number",
    "num",
    "number",
    "number_in_part",
]

_NUMBER = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,9})?)((?!e)[a-z]*)", re.ASCII)
_SUFFIX = {  # powers of ten; longest first: "meg" before "m"
    "meg": 6,
    "t": 12,
    "g": 9,
    "k": 3,
    "m": -3,
    "u": -6,
    "n": -9,
    "p": -12,
    "f": -15,
}
_MIL = 25.4e-6


def number(text: str, line: int | None = None) -> float:
    """Value of a SPICE number: ``1meg`` is 1e6, ``1m`` is 1e-3, ``1f`` is 1e-15.

    Letters after the suffix are a unit and count for nothing.

    Raises
    ------
    DeckError
        No finite number; one like ``4k7``, of which ngspice reads only the first part, or ``2A``,
        which its versions read differently.
    """
    match = _NUMBER.fullmatch(text.strip().lower())
    if not match:
        split = re.fullmatch(r"[+-]?\d+[a-z]+\d+", text.strip().lower())
        hint = ": ngspice reads only its first part; write 4.7k, not 4k7" if split else ""
        raise DeckError(f"{text!r} is no number{hint}", line=line)
    mantissa, unit = match.groups()
    if unit.startswith("a"):
        raise DeckError(
            f"{text!r}: ngspice 39 takes the letter for a unit, and 46 for atto; leave it out",
            line=line,
        )
    if unit.startswith("mil"):
        value = float(mantissa) * _MIL
    else:
        power = next((p for suffix, p in _SUFFIX.items() if unit.startswith(suffix)), 0)
        digits, _, exponent = mantissa.partition("e")
        # as one decimal number: 10u is 1e-5, and not 9.999999999999999e-6
        value = float(f"{digits}e{int(exponent or 0) + power}")
    if not math.isfinite(value):
        raise DeckError(f"{text!r} is too large for a number", line=line)
    return value


def number_in_part(text: str, line: int | None = None) -> float:
    """Value that ngspice makes of a word that begins with a number: 4000 of ``4k7``.

    Raises
    ------
    DeckError
        It begins with none, or with one that :func:`number` refuses; a sign within, where ngspice
        begins another word.
    """
    mantissa = re.match(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d{1,9})?", text, re.ASCII)
    if not mantissa or re.search("[+-]", text[mantissa.end() :]):
        raise DeckError(f"{text!r} is no number", line=line)
    behind = text[mantissa.end() :]
    if "e" not in mantissa[0]:
        behind = behind.removeprefix("e")  # an exponent without digits
    unit = re.match(r"(?!e)[a-z]*", behind, re.ASCII)
    return number(mantissa[0] + (unit[0] if unit else ""), line)


def is_number(text: str) -> bool:
    """Whether :func:`number` reads the text."""
    try:
        number(text)
    except DeckError:
        return False
    return True


def begins_number(word: str) -> bool:
    """Whether a word can't be a name, and so must be a number."""
    return word[:1] in {*"+-.0123456789"}


def num(value: float) -> str:
    """Spell a number so that nothing is lost and no suffix can be misread."""
    return repr(float(value))  # float: a numpy scalar spells itself as np.float64(...)


def as_ngspice_reads(value: float) -> float:
    """Return what ngspice makes of ``repr(value)``: up to 2 units of its last place away.

    It adds up the digits one by one and multiplies by a power of ten (39.3, INPevaluate).
    """
    digits, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = digits.partition(".")
    mantissa = 0.0
    for digit in whole + fraction:
        mantissa = 10 * mantissa + int(digit)
    return math.copysign(mantissa * 10.0 ** (int(exponent or 0) - len(fraction)), value)
