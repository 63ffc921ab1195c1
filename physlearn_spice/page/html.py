"""HTML as values: what is no :class:`Html` yet is text, and is escaped where it goes in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

__all__ = [
    "DASH",
    "Html",
    "column",
    "details",
    "join",
    "plain",
    "quantity",
    "share",
    "table",
    "tag",
]

_VOID = frozenset({"meta", "link", "br", "hr", "img"})
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_SPACE = "\u202f"  # narrow, and no place to break a line
DASH = "–"
_SHORT = 14  # rows


class Html(str):
    """Text that is HTML, and goes into other HTML as it is."""

    __slots__ = ()


def tag(name: str, /, *children: str, **attributes: str | int | None) -> Html:
    """Return an element; ``class_`` is the attribute ``class``, ``aria_label`` ``aria-label``.

    Attributes that are None are left out.
    """
    given = (
        f' {key.rstrip("_").replace("_", "-")}="{escape(str(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    start = f"<{name}{''.join(given)}>"
    return Html(start if name in _VOID else f"{start}{join(children)}</{name}>")


def join(children: Iterable[str]) -> Html:
    """Return children one after the other, text among them escaped."""
    return Html("".join(c if isinstance(c, Html) else _escaped(c) for c in children))


def _escaped(text: str) -> str:
    """Escape text; what HTML can't hold (control characters, half surrogates) shows as a mark."""
    kept = (c if c.isprintable() or c in "\n\t\u202f\u00a0" else "\ufffd" for c in text)
    return escape("".join(kept), quote=False)


def table(
    heads: Sequence[str], rows: Iterable[Sequence[str]], *, caption: str = "", words: int = 1
) -> Html:
    """Return a table whose first ``words`` columns are words, and the others numbers."""
    kinds = ["word" if column < words else "number" for column in range(len(heads))]
    head = join(tag("th", h, scope="col", class_=k) for h, k in zip(heads, kinds, strict=True))
    body: list[Html] = []
    for row in rows:
        cells = [
            tag("th" if k == 0 else "td", cell, class_=kind, scope="row" if k == 0 else None)
            for k, (cell, kind) in enumerate(zip(row, kinds, strict=True))
        ]
        body.append(tag("tr", *cells))
    whole = tag("table", tag("thead", tag("tr", head)), tag("tbody", *body))
    # a table that is too wide scrolls by itself, and by the keyboard
    label = caption or f"Table by {heads[0]}"
    frame = tag("div", whole, class_="wide", tabindex=0, role="group", aria_label=label)
    kept = "table short" if len(body) <= _SHORT else "table"  # on one sheet, in print
    return tag("figure", *([tag("figcaption", caption)] if caption else []), frame, class_=kept)


def details(summary: str, *children: str) -> Html:
    """Return what is folded away until asked for."""
    return tag("details", tag("summary", summary), *children)


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """Return a quantity with an SI prefix, such as 1.828 mW; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    if value == 0:
        return f"0{_SPACE}{unit}"
    power = _power(_rounded(value, digits))
    if power not in _PREFIXES:
        return f"{plain(value, digits)}{_SPACE}{unit}"
    return f"{plain(value / 10.0**power, digits)}{_SPACE}{_PREFIXES[power]}{unit}"


def column(
    head: str, values: Sequence[float | None], unit: str, digits: int = 4
) -> tuple[str, list[str]]:
    """Return a column's heading with the unit that suits its middle value, and its numbers."""
    known = [abs(v) for v in values if v and math.isfinite(v)]
    power = _power(sorted(known)[len(known) // 2]) if known else 0
    power = min(max(power, min(_PREFIXES)), max(_PREFIXES))
    cells = [plain(None if v is None else v / 10.0**power, digits) for v in values]
    return f"{head} [{_PREFIXES[power]}{unit}]", cells


def plain(value: float | None, digits: int = 4) -> str:
    """Return a number without a unit; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return DASH
    if value == 0:
        return "0"
    if not 1e-4 <= abs(value) < 1e6:
        return _exponent(value, digits)
    decimals = max(0, digits - 1 - math.floor(math.log10(abs(_rounded(value, digits)))))
    return _minus(f"{value:.{decimals}f}")


def share(value: float | None) -> str:
    """Return a share in percent."""
    if value is None or not math.isfinite(value):
        return DASH
    return f"{_minus(f'{100 * value:.1f}')}{_SPACE}%"


def _rounded(value: float, digits: int) -> float:
    return float(f"{value:.{digits}g}")


def _power(value: float) -> int:
    return 3 * math.floor(math.log10(abs(value)) / 3)


def _exponent(value: float, digits: int) -> str:
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{_minus(mantissa)} · 10{raised}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
