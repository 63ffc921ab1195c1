"""Analyses, their cards, and ngspice's commands for them, which are the cards without their dot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ..errors import DeckError
from .ac_sweep import Ac
from .dc_sweep import Dc
from .lines import at_line
from .numbers import num, number

__all__ = ["ANALYSES", "Analysis", "Op", "Tran", "analysis_command", "read_analysis"]

ANALYSES = {".op", ".dc", ".ac", ".tran"}
_MOST_POINTS = 2**31 - 1  # an int in ngspice


@dataclass(frozen=True)
class Op:
    """DC operating point."""


@dataclass(frozen=True)
class Tran:
    """Transient up to ``stop`` [s], with steps of at most ``max_step`` [s], kept from ``start`` on.

    ``step`` [s] is SPICE's printing step, which pulses without a rise time take for one; it is
    ``max_step`` where none is given.
    ``at_rest`` starts with every charge and current zero; otherwise from the operating point,
    which needs a DC path from every node to ground.
    """

    stop: float
    max_step: float
    start: float = 0.0
    at_rest: bool = True
    step: float | None = None

    def __post_init__(self) -> None:
        if not (0 <= self.start < self.stop < math.inf and 0 < self.max_step <= self.stop):
            raise DeckError(
                f"transient from {self.start!r} to {self.stop!r} s with steps of at most "
                f"{self.max_step!r} s: needs 0 <= start < stop and 0 < max_step <= stop"
            )
        if self.step is not None and not 0 < self.step < math.inf:
            raise DeckError(f"transient with a printing step of {self.step!r} s: must be positive")


Analysis = Op | Dc | Ac | Tran


def analysis_command(analysis: Analysis) -> str:
    """Return an analysis as ngspice's command."""
    match analysis:
        case Op():
            return "op"
        case Dc(source, start, stop, step):
            return f"dc {source} {num(start)} {num(stop)} {num(step)}"
        case Ac(start, stop, points, spacing):
            return f"ac {spacing} {points} {num(start)} {num(stop)}"
        case Tran(stop, max_step, start, at_rest, step):
            first = max_step if step is None else step
            command = f"tran {num(first)} {num(stop)} {num(start)} {num(max_step)}"
            return f"{command} uic" if at_rest else command


def read_analysis(card: str, line: int | None = None) -> Analysis:
    """Read a card that begins with one of :data:`ANALYSES`, in lower case.

    Raises
    ------
    DeckError
        Naming the line: words that are missing or no numbers, a sweep or a transient that ngspice
        would not run as it says.
    """
    word, *rest = card.split()
    with at_line(line):
        match word:
            case ".op":
                return Op()
            case ".dc":
                return _dc(rest, card)
            case ".ac":
                return _ac(rest, card)
            case _:
                return _tran(rest)


def _dc(rest: list[str], card: str) -> Dc:
    if len(rest) > 4:
        raise DeckError(f"a nested sweep is not run; write one .dc for each outer value: {card!r}")
    if len(rest) < 4:
        raise DeckError(f"needs '.dc source start stop step': {card!r}")
    source, *values = rest
    return Dc(source, *map(number, values))


def _ac(rest: list[str], card: str) -> Ac:
    match rest:
        case ["lin" | "dec" | "oct" as spacing, *values] if len(values) == 3:
            points, start, stop = map(number, values)
            if not points.is_integer():
                raise DeckError(f"the number of points must be whole: {card!r}")
            if points > _MOST_POINTS:
                raise DeckError(f"more points than ngspice can count, {_MOST_POINTS}: {card!r}")
            return Ac(start, stop, int(points), spacing)
        case _:
            raise DeckError(f"needs '.ac lin|dec|oct points start stop': {card!r}")


def _tran(rest: list[str]) -> Tran:
    values = [number(text) for text in rest if text != "uic"]
    if not 2 <= len(values) <= 4:
        raise DeckError("needs '.tran step stop [start [max_step]] [uic]'")
    step, stop = values[:2]
    start = values[2] if len(values) > 2 else 0.0
    # SPICE's own default for the largest step
    longest = (stop - start) / 50
    max_step = values[3] if len(values) > 3 else min(step or longest, longest)
    own = None if step in (0, max_step) else step
    return Tran(stop, max_step, start, at_rest="uic" in rest, step=own)
