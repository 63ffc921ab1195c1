"""HTML as values: what is no :class:`Html` yet is text, and is escaped where it goes in."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

__all__ = ["Html", "details", "join", "plain", "quantity", "share", "table", "tag"]

_VOID = frozenset({"meta", "link", "br", "hr", "img"})
_PREFIXES = {-15: "f", -12: "p", -9: "n", -6: "µ", -3: "m", 0: "", 3: "k", 6: "M", 9: "G", 12: "T"}
_NARROW_SPACE = "\u202f"


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
    return escape("".join(kept))


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
    whole = tag(
        "table",
        *([tag("caption", caption)] if caption else []),
        tag("thead", tag("tr", head)),
        tag("tbody", *body),
    )
    # a table that is too wide scrolls by itself, and by the keyboard
    return tag(
        "div", whole, class_="wide", tabindex=0, role="group", aria_label=caption or heads[0]
    )


def details(summary: str, *children: str) -> Html:
    """Return what is folded away until asked for."""
    return tag("details", tag("summary", summary), *children)


def quantity(value: float | None, unit: str, digits: int = 4) -> str:
    """Return a quantity with an SI prefix, such as 1.828 mW; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    if value == 0:
        return f"0{_NARROW_SPACE}{unit}".rstrip()
    rounded = float(f"{value:.{digits}g}")
    power = 3 * math.floor(math.log10(abs(rounded)) / 3)
    if power not in _PREFIXES:
        return f"{_exponent(value, digits)}{_NARROW_SPACE}{unit}"
    mantissa = f"{rounded / 10.0**power:#.{digits}g}".rstrip(".")
    return f"{_minus(mantissa)}{_NARROW_SPACE}{_PREFIXES[power]}{unit}".rstrip()


def plain(value: float | None, digits: int = 4) -> str:
    """Return a number without a unit; a dash where there is none."""
    if value is None or not math.isfinite(value):
        return "–"
    text = f"{value:.{digits}g}"
    return _exponent(value, digits) if "e" in text else _minus(text)


def share(value: float | None) -> str:
    """Return a share in percent."""
    if value is None or not math.isfinite(value):
        return "–"
    return f"{_minus(f'{100 * value:.3g}')}{_NARROW_SPACE}%"


def _exponent(value: float, digits: int) -> str:
    mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
    raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
    return f"{_minus(mantissa)} · 10{raised}"


def _minus(text: str) -> str:
    return text.replace("-", "−")
