"""What can go wrong, in four kinds; every message names the thing and the remedy."""

from __future__ import annotations

from enum import Enum


class Status(Enum):
    """How a run ended; :attr:`advice` is what to do about it."""

    OK = "ok"
    REFUSED = "refused"
    BAD_DECK = "bad deck"
    SINGULAR = "singular"
    NOT_CONVERGED = "not converged"
    TIMESTEP_TOO_SMALL = "timestep too small"
    INCOMPLETE = "incomplete"
    INACCURATE = "inaccurate"
    TIMED_OUT = "timed out"
    OUT_OF_MEMORY = "out of memory"
    CRASHED = "crashed"

    @property
    def advice(self) -> str:
        """What to change, in circuit words."""
        return _ADVICE[self]


_ADVICE = {
    Status.OK: "",
    Status.REFUSED: "change the deck as the message says: ngspice has not seen it",
    Status.BAD_DECK: "read the line that ngspice names; an element, model or value is missing",
    Status.SINGULAR: "look for nodes without a DC path, loops of inductors or voltage sources, or "
    "start the transient at rest",
    Status.NOT_CONVERGED: "start the transient at rest, soften a nonlinear element, or raise itl1",
    Status.TIMESTEP_TOO_SMALL: "allow larger steps, soften a nonlinear element, or loosen reltol",
    Status.INCOMPLETE: "read ngspice's lines: it stopped without saying that it failed",
    Status.INACCURATE: "make resistors larger that are tiny beside the rest, or leave them out",
    Status.TIMED_OUT: "raise the time-out, or take fewer points",
    Status.OUT_OF_MEMORY: "take fewer points, save fewer vectors, or raise the memory limit",
    Status.CRASHED: "simplify the deck until it runs: ngspice itself has a bug here",
}


class PhyslearnError(Exception):
    """Base of every error that this package raises on purpose."""


class NetworkError(PhyslearnError):
    """A network that is no circuit: a floating node, a duplicate name, a negative value."""


class StimulusError(PhyslearnError):
    """A signal that can't be read or makes no sense."""


class DeckError(PhyslearnError):
    """A netlist that can't be read, or is not one to be run.

    Parameters
    ----------
    message
        What is wrong and what to do.
    line
        Line of the deck, counted from 1; None where no single line is at fault.
    """

    status = Status.REFUSED

    def __init__(self, message: str, *, line: int | None = None) -> None:
        self.message, self.line = message, line
        super().__init__(message if line is None else f"line {line}: {message}")


class SimulationError(PhyslearnError):
    """ngspice gave no result that can be trusted.

    Parameters
    ----------
    message
        What is missing from the evidence of a good run.
    status
        How the run ended.
    line
        Line of the deck that ngspice names, counted from 1; None where it names none.
    deck
        The deck as ngspice was given it.
    log
        The lines of ngspice's log that tell why.
    advice
        What to change, in circuit words; the status's own where none is given.
    """

    def __init__(
        self,
        message: str,
        *,
        status: Status = Status.INCOMPLETE,
        line: int | None = None,
        deck: str = "",
        log: tuple[str, ...] = (),
        advice: str = "",
    ) -> None:
        self.message, self.status, self.line = message, status, line
        self.deck, self.log, self.advice = deck, log, advice or status.advice
        where = message if line is None else f"line {line}: {message}"
        said = [f"  ngspice: {text}" for text in log]
        super().__init__("\n".join([where, *said, f"  advice: {self.advice}"]))

    def __reduce__(self) -> tuple[object, ...]:
        fields = (self.message, self.status, self.line, self.deck, self.log, self.advice)
        return _simulation_error, fields


def _simulation_error(
    message: str, status: Status, line: int | None, deck: str, log: tuple[str, ...], advice: str
) -> SimulationError:
    return SimulationError(message, status=status, line=line, deck=deck, log=log, advice=advice)
