"""Analyses of a ``.control`` block as cards; nothing of it is ever executed."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..errors import DeckError
from .layout import Card
from .numbers import is_number
from .screen import HOSTILE

__all__ = ["lifted"]

_ANALYSES = {"op", "ac", "tran", "dc"}
_LEAST_OF_TRAN = 2
_OUTPUT = {
    *("run", "plot", "print", "display", "echo", "let", "unlet", "meas", "measure", "listing"),
    *("setplot", "setscale", "settype", "destroy", "show", "showmod", "status", "rusage"),
    *("version", "iplot", "asciiplot", "linearize", "fft", "spec", "psd", "fourier", "cutout"),
    *("save", "compose", "deftype", "rehash", "history", "undefine"),
}
_SETTINGS = re.compile(
    r"color\d*|noaskquit|filetype|numdgt|units|appendwrite|wr_\w+|hcopy\w*|[xy]?brushwidth|"
    r"gridwidth|gridsize|plotstyle|pointstyle|pointchars|noprintscale|nobreak|width|height|"
    r"nolegend|nogrid|moremode|nomoremode|gnuplot_terminal|xfont\w*|wfont\w*|curplottitle|curplot"
)


def lifted(cards: Iterable[Card]) -> tuple[list[Card], list[str]]:
    """Replace ``.control`` blocks by the cards of their analyses.

    Returns
    -------
    tuple
        The cards; a note for each line of a block that prints, plots or computes from results.

    Raises
    ------
    DeckError
        Naming the line: a command that does more, an analysis of anything but plain numbers, a
        block that does not end.
    """
    kept: list[Card] = []
    notes: list[str] = []
    block: list[Card] | None = None
    begun = 0
    for line, card in cards:
        word = card.split()[0]
        if block is None and word == ".control":
            block, begun = [], line
        elif block is None:
            kept.append((line, card))
        elif word == ".endc":
            for inner in block:
                _lift(inner, kept, notes)
            block = None
        else:
            block.append((line, card))
    if block is not None:
        raise DeckError(f"'.control' is refused: {HOSTILE['.control']}", line=begun)
    return kept, notes


def _lift(inner: Card, kept: list[Card], notes: list[str]) -> None:
    line, command = inner
    word, *rest = command.split()
    if word in _ANALYSES:
        for text in rest:
            is_word = text in ("lin", "dec", "oct", "uic") or (word == "dc" and text.isidentifier())
            if not is_word and not is_number(text):
                raise DeckError(f"{command!r}: {text!r} is no number", line=line)
        if word == "tran" and len(rest) < _LEAST_OF_TRAN:
            raise DeckError(f"{command!r}: needs a step and a stop", line=line)
        if all(card != f".{command}" for _, card in kept):
            kept.append((line, f".{command}"))
    elif word in _OUTPUT or (word in ("set", "unset") and _is_harmless(rest)):
        notes.append(f"line {line}: {word!r} in the control block was passed over")
    else:
        raise DeckError(
            f"'.control' is refused: {HOSTILE['.control']}; {word!r} is neither an analysis nor "
            "output",
            line=line,
        )


def _is_harmless(settings: list[str]) -> bool:
    words = re.sub(r"\s*=\s*", "=", " ".join(settings)).split()
    return bool(words) and all(_SETTINGS.fullmatch(word.partition("=")[0]) for word in words)
