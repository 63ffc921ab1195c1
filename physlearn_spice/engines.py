"""Which engine runs a network, and why; spectra by either, and by both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from . import ngspice
from .elements import NonlinearElement
from .errors import NetworkError, PhyslearnError, SimulationError, Status
from .measures import admittance
from .netlist import Ac, at_frequencies
from .network import Network
from .results import Spectrum

__all__ = ["ENGINES", "Choice", "Engine", "agreement", "choose", "sweep"]

Engine = Literal["auto", "linear", "ngspice"]
ENGINES: tuple[Engine, ...] = ("auto", "linear", "ngspice")

_AGREES = 1e-6  # relative difference of two engines' admittances; as of an ngspice spectrum


@dataclass(frozen=True)
class Choice:
    """An engine, and the reason for it in words."""

    engine: Literal["linear", "ngspice"]
    reason: str

    def __str__(self) -> str:
        return (
            f"{self.engine} engine: {self.reason}"
            if self.engine == "linear"
            else (f"ngspice: {self.reason}")
        )


def choose(network: Network, engine: str = "auto") -> Choice:
    """Choose the engine for small signals of a network.

    Raises
    ------
    NetworkError
        The linear engine is asked for, and the network is nonlinear.
    PhyslearnError
        There is no such engine.
    """
    if engine not in ENGINES:
        raise PhyslearnError(f"there is no engine {engine!r}; there are {', '.join(ENGINES)}")
    if engine == "ngspice":
        return Choice("ngspice", "asked for")
    if not network.is_linear:
        name = next(e.name for e in network.elements if isinstance(e, NonlinearElement))
        if engine == "linear":
            raise NetworkError(f"element {name!r} is nonlinear: the linear engine can't run it")
        return Choice("ngspice", f"element {name!r} is nonlinear")
    return Choice("linear", "every element is linear, so small-signal answers are exact")


def sweep(network: Network, *sweeps: Ac, port: str | None = None, engine: str = "auto") -> Spectrum:
    """Run AC sweeps of a linear network at 1 V peak on one port, as one spectrum by frequency.

    Errors are those of :func:`choose`, and of the engine's own ``sweep``.
    """
    if choose(network, engine).engine == "linear":
        from . import linear  # Numba takes half a second to load

        return linear.sweep(network, *sweeps, port=port)
    return ngspice.sweep(network, *sweeps, port=port)


def agreement(network: Network, spectrum: Spectrum, port: str | None = None) -> float:
    """Run the last frequency of a spectrum again in ngspice; the relative difference of Y.

    Raises
    ------
    SimulationError
        They differ by more than 1e-6.
    """
    last = float(spectrum.frequency[-1])
    again = ngspice.sweep(network, *at_frequencies([last]), port=port)
    ours = admittance(network, spectrum, port)[-1]
    theirs = admittance(network, again, port)[0]
    difference = float(abs(ours - theirs) / max(abs(ours), abs(theirs), np.finfo(float).tiny))
    if difference > _AGREES:
        raise SimulationError(
            f"the engines differ by {difference:.1e} in the admittance at {last:g} Hz",
            status=Status.INACCURATE,
            advice="values that lie less far apart",
        )
    return difference
