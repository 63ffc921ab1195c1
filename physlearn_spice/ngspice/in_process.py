"""A deck's analyses, or sweeps of a network, in this process: one call, no session to hold."""

from __future__ import annotations

from functools import cache

from ..errors import NetworkError
from ..netlist import Ac, Deck, Source, TextDeck
from ..network import Network
from ..results import Result, Spectrum, merged
from .session import Session
from .shared import LOCK

__all__ = ["simulate", "sweep"]


def simulate(deck: Deck | TextDeck) -> tuple[Result, ...]:
    """Run a deck's analyses in order, in this process.

    Returns
    -------
    tuple
        One result for each analysis.

    Raises
    ------
    SimulationError
        ngspice gave no result that can be trusted.
    NgspiceMissingError
        The shared library is not installed.
    """
    with LOCK:
        session = _session()
        return tuple(session.run(analysis) for analysis in session.load(deck))


def sweep(network: Network, *sweeps: Ac, port: str | None = None) -> Spectrum:
    """Run AC sweeps of a linear network at 1 V peak on one port, as one spectrum by frequency.

    Raises
    ------
    NetworkError
        The network is nonlinear: its answer depends on the amplitude.
    SimulationError
        As :func:`simulate`.
    """
    if not network.is_linear:
        raise NetworkError(
            "a spectrum is of a linear network; run a nonlinear one in time (physlearn run)"
        )
    deck = Deck(network, sweeps, {network.port(port).name: Source(ac=1.0)})
    return merged(result for result in simulate(deck) if isinstance(result, Spectrum))


@cache
def _session() -> Session:
    return Session()
