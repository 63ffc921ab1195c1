"""What can go wrong, in four kinds; every message names the thing and the remedy."""

from __future__ import annotations


class PhyslearnError(Exception):
    """Base of every error that this package raises on purpose."""


class NetworkError(PhyslearnError):
    """A network that is no circuit: a floating node, a duplicate name, a negative value."""


class StimulusError(PhyslearnError):
    """A signal that can't be read or makes no sense."""


class DeckError(PhyslearnError):
    """A netlist that can't be read as a network.

    Parameters
    ----------
    message
        What is wrong and what to do.
    line
        Line of the deck, counted from 1; None where no single line is at fault.
    """

    def __init__(self, message: str, *, line: int | None = None) -> None:
        self.line = line
        super().__init__(message if line is None else f"line {line}: {message}")


class SimulationError(PhyslearnError):
    """ngspice gave no result that can be trusted.

    Parameters
    ----------
    message
        What is missing from the evidence of a good run.
    deck
        The deck as ngspice was given it.
    log
        The lines of ngspice's log that tell why.
    advice
        What to change, in circuit words.
    """

    def __init__(
        self, message: str, *, deck: str = "", log: tuple[str, ...] = (), advice: str = ""
    ) -> None:
        self.message, self.deck, self.log, self.advice = message, deck, log, advice
        parts = [message, *(f"  ngspice: {line}" for line in log)]
        super().__init__("\n".join([*parts, f"  advice: {advice}"] if advice else parts))
