"""Whether a run succeeded, judged by what it left behind and never by what ngspice calls it."""

from __future__ import annotations

import cmath
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError, Status
from ..netlist import Ac, Analysis, Dc, FlatCircuit, Op, TextDeck, Tran, flat_circuit
from ..rawfile import SWEEP_AXIS
from ..results import DcSweep, OperatingPoint, Provenance, Result, Spectrum, Waveforms

__all__ = [
    "PROGRESS",
    "check_log",
    "circuit_from",
    "failed",
    "listed_cards",
    "notes_of",
    "result_from",
    "telling_lines",
]

_FATAL_WORDS = (  # of lines that no good run leaves
    "aborted",
    "circuit not parsed",
    "could not find",
    "cannot open file",  # of a sampled waveform, which then is silently zero
    "cannot recover",
    "no such device",
    "no such command",
    "error on line",
    # of what ngspice then replaces, or leaves out
    "device already exists",
    "assumes default parameter",
    "instance line, ignored",
    "could not be set up properly",
    "to low, set to",
    "too small, set to",
)
_FATAL = re.compile("|".join(map(re.escape, _FATAL_WORDS)))
_IDLE = ("note:", "circuit:", "doing analysis", "no. of data", "reference value", "using")
_SIGNS = (  # what ngspice says, and what that means; the first that is found counts
    ("can't allocate", Status.OUT_OF_MEMORY, ""),
    ("memory available", Status.OUT_OF_MEMORY, ""),
    ("no such device", Status.BAD_DECK, "the element is not in the loaded circuit by this name"),
    ("cannot open file", Status.BAD_DECK, "the data file of a sampled waveform is missing"),
    ("could not find", Status.BAD_DECK, "a model or file that the deck names is missing"),
    ("to low, set to", Status.BAD_DECK, "a resistor of 0 Ohm is a voltage source of 0 V"),
    ("too small, set to", Status.BAD_DECK, "a resistor below 1e-12 Ohm: make it larger"),
    *(
        (sign, Status.BAD_DECK, "")
        for sign in (
            "error on line",
            "circuit not parsed",
            "any circuits loaded",
            "cannot recover",
            "no such function",
            "syntax error",
            "undefined parameter",
            "unknown subckt",
            "unknown controlling source",
            "no such parameter",
            "no data saved",
            "fatal error in ngspice",
            "already exists",
            "default parameter",
            "ignored",
            "set up properly",
        )
    ),
    ("timestep too small; time", Status.TIMESTEP_TOO_SMALL, ""),
    ("solution failed", Status.NOT_CONVERGED, ""),
    ("operating point could not", Status.NOT_CONVERGED, ""),
    ("finding the operating point", Status.NOT_CONVERGED, ""),
    ("iteration limit", Status.NOT_CONVERGED, ""),
    ("timestep too small", Status.TIMESTEP_TOO_SMALL, ""),
    ("singular", Status.SINGULAR, ""),
)
_TABLE_ROW = re.compile(r"\S+\s+[-+.\deE]+\s*$")  # of the initial transient solution
PROGRESS = "Reference value"  # how far it is: a time or a frequency
_LAST_RESORT = "transient op finished"  # for an operating point, which ends somewhere
_SINGULAR = "singular matrix"
_DOING = {kind: f"in {kind.__name__.lower()} analysis" for kind in (Op, Dc, Ac, Tran)}
_AXIS = {Op: "", Ac: "frequency", Tran: "time"}
_LISTED = re.compile(r"\s*\d+ : ([^*].*)")
_LINES = (  # the author's line, in words of 46 and of 39
    re.compile(r"new internal line no\.\s*(\d+)"),
    re.compile(r"(?:error on line|at line|in line no\.|netlist line no\.)\s*(\d+)"),
)
_LONGEST = 8  # lines of a log in a message
_SLACK = 1e-6  # relative, on the last frequency or time


def check_log(log: tuple[str, ...], deck: str, doing: str, lines: tuple[int, ...] = ()) -> None:
    """Raise where the log holds a line that no good run leaves.

    ``lines`` holds, for each line of the deck's text, its author's line where it has another.

    Raises
    ------
    SimulationError
        With the lines that tell why, and advice.
    """
    for line in log:
        if _is_fatal(line):
            raise failed(f"ngspice failed {doing}", deck, log, lines)
    if len(log) > 3 and {_LAST_RESORT, _SINGULAR} <= {_mark(line) for line in log}:
        raise failed(f"the operating point is not determined {doing}", deck, log, lines)


@lru_cache(maxsize=256)  # the same few lines come with each run
def _is_fatal(line: str) -> bool:
    return not _is_name(line) and bool(_FATAL.search(line.lower()))


@lru_cache(maxsize=256)
def _mark(line: str) -> str:
    """Return the sign in a line that may stand in a good run's log, but not beside the other."""
    said = line.lower()
    return next((sign for sign in (_LAST_RESORT, _SINGULAR) if sign in said), "")


def _is_name(line: str) -> bool:
    """Whether a line holds the title or a node's voltage, whose names may be any words."""
    return line.startswith("Circuit:") or bool(_TABLE_ROW.match(line))


def result_from(
    analysis: Analysis,
    vectors: Mapping[str, NDArray[Any]],
    provenance: Provenance,
    log: tuple[str, ...],
) -> Result:
    """Turn a new plot's vectors into a result, once the evidence has been seen.

    Raises
    ------
    SimulationError
        There are no points, a value is not finite, or the sweep ends before the last value,
        frequency or time that was asked for.
    """
    doing = _DOING[type(analysis)]
    deck = provenance.loaded
    check_log(log, deck, doing)
    axis = SWEEP_AXIS[analysis.unit] if isinstance(analysis, Dc) else _AXIS[type(analysis)]
    empty = [name for name, vector in vectors.items() if len(vector) == 0]
    if not vectors or empty or axis not in {"", *vectors}:
        of = f" of {', '.join(empty)}" if len(empty) < len(vectors) else ""
        raise failed(f"ngspice gave no points{of} {doing}", deck, log)
    signals = dict(vectors)
    if isinstance(analysis, Ac):  # of a raw file, the imaginary part is not initialised
        signals["frequency"] = np.real(signals["frequency"]).copy()
    for name, vector in signals.items():
        # the product is quicker, and finite unless a value is not (or it overflows)
        if not cmath.isfinite(np.vdot(vector, vector)) and not np.isfinite(vector).all():
            raise failed(f"{name} is not finite {doing}", deck, log)
    match analysis:
        case Op():
            return OperatingPoint(signals, provenance)
        case Dc():
            sweep = signals.pop(axis)
            if not any(_is_grid(sweep, grid, abs(analysis.step)) for grid in analysis.grids):
                raise failed(f"the sweep stopped at {analysis.source} = {sweep[-1]:g}", deck, log)
            return DcSweep(signals, provenance, sweep, analysis.source)
        case Ac():
            frequency = signals.pop("frequency")
            if not any(_is_grid(frequency, grid) for grid in analysis.grids):
                raise failed(f"the sweep stopped at {frequency[-1]:g} Hz", deck, log)
            return Spectrum(signals, provenance, frequency)
        case Tran():
            time = signals.pop("time")
            if abs(time[-1] - analysis.stop) > _SLACK * analysis.stop:
                raise failed(
                    f"the transient stopped at {time[-1]:g} s of {analysis.stop:g} s", deck, log
                )
            return Waveforms(signals, provenance, time)


def _is_grid(axis: NDArray[np.float64], wanted: NDArray[np.float64], step: float = 0.0) -> bool:
    """Whether a sweep has as many points as one that was asked for, and the same ends.

    An end may be zero, to which rounding in its steps compares then.
    """
    ends = ((axis[k], wanted[k]) for k in (0, -1))
    slack = _SLACK * step
    return len(axis) == len(wanted) and all(abs(a - b) <= _SLACK * abs(b) + slack for a, b in ends)


def failed(
    message: str,
    deck: str,
    log: tuple[str, ...],
    lines: tuple[int, ...] = (),
    otherwise: Status = Status.INCOMPLETE,
) -> SimulationError:
    """Return the error for a run without a result, with what its log tells.

    ``otherwise`` is its status where the log tells nothing.
    """
    said = "\n".join(line for line in log if not _is_name(line)).lower()
    status, advice = otherwise, ""
    for sign, status_of_sign, advice_of_sign in _SIGNS:
        if sign in said:
            status, advice = status_of_sign, advice_of_sign
            break
    text = "\n".join(log).lower()
    found = next((match for pattern in _LINES if (match := pattern.search(text))), None)
    line = int(found[1]) if found else None
    if line and lines:
        line = lines[min(line, len(lines)) - 1]
    return SimulationError(
        message, status=status, line=line, deck=deck, log=telling_lines(log), advice=advice
    )


def telling_lines(log: Iterable[str]) -> tuple[str, ...]:
    """Return the last lines of a log that tell more than that ngspice is at work."""
    lines = [text for line in log if (text := line.strip())]
    return tuple(line for line in lines if not line.lower().startswith(_IDLE))[-_LONGEST:]


def notes_of(log: tuple[str, ...]) -> tuple[str, ...]:
    """Return what of a log is the same for equal runs: not how far it was when."""
    return tuple(line for line in log if not line.startswith(PROGRESS))


def circuit_from(listing: Iterable[str], loading: tuple[str, ...], deck: TextDeck) -> FlatCircuit:
    """Return the circuit that ngspice has made of a deck, checked.

    ``listing`` is what ``listing e`` has printed, ``loading`` what was said before.

    Raises
    ------
    SimulationError
        It has made none.
    DeckError
        As :func:`flat_circuit`.
    """
    listed = listed_cards(listing)
    if not listed:
        message = "ngspice has made no circuit of the deck"
        raise failed(message, deck.text, loading, deck.lines, Status.BAD_DECK)
    return flat_circuit(listed)


def listed_cards(log: Iterable[str]) -> list[str]:
    """Return the flat cards of what ``listing e`` has printed, in lower case."""
    return [match[1].strip().lower() for line in log if (match := _LISTED.match(line))]
