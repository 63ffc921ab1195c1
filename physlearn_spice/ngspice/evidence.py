"""Whether a run succeeded, judged by what it left behind and never by what ngspice calls it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError
from ..netlist import Ac, Analysis, Op, Tran
from ..results import OperatingPoint, Provenance, Result, Spectrum, Waveforms

__all__ = ["check_log", "result_from"]

_FATAL = (
    "aborted",
    "circuit not parsed",
    "could not find",
    "cannot open file",  # of a sampled waveform, which then is silently zero
    "cannot recover",
    "no such device",
    "error on line",
)
_TELLING = ("error", "singular", "timestep", "iteration", "unknown", "fatal", *_FATAL)
_ADVICE = {  # circuit words for what ngspice says
    "singular matrix": "look for nodes without a DC path, loops of inductors or voltage sources, "
    "or start the transient at rest",
    "timestep too small": "allow a larger step, soften the nonlinear element, or loosen reltol",
    "no convergence": "start the transient at rest, or soften the nonlinear element",
    "iteration limit": "start the transient at rest, or raise itl1",
    "circuit not parsed": "read the line that ngspice names; an element, model or value is missing",
    "could not find": "a model or file that the deck names is missing",
    "cannot open file": "the data file of a sampled waveform is missing",
    "no such device": "the element is not in the loaded circuit under this name",
}
_SLACK = 1e-6  # relative, on the last frequency or time


def check_log(log: Iterable[str], deck: str, doing: str) -> None:
    """Raise where the log holds a line that no good run leaves.

    Raises
    ------
    SimulationError
        With the lines that tell why, and advice.
    """
    lines = tuple(log)
    said = [line.lower() for line in lines if not line.startswith("Circuit:")]  # its title
    if any(fatal in line for line in said for fatal in _FATAL):
        raise _error(f"ngspice failed {doing}", deck, lines)


def result_from(
    analysis: Analysis,
    vectors: Mapping[str, NDArray[Any]],
    deck: str,
    log: tuple[str, ...],
    by: str,
) -> Result:
    """Turn a new plot's vectors into a result, once the evidence has been seen.

    Raises
    ------
    SimulationError
        There are no points, a value is not finite, or the sweep ends before the last frequency
        or time that was asked for.
    """
    doing = f"in {type(analysis).__name__.lower()} analysis"
    check_log(log, deck, doing)
    if not vectors or min(len(vector) for vector in vectors.values()) == 0:
        raise _error(f"ngspice gave no points {doing}", deck, log)
    for name, vector in vectors.items():
        if not np.isfinite(vector).all():
            raise _error(f"{name} is not finite {doing}", deck, log)
    signals = dict(vectors)
    provenance = Provenance(by, deck, log)
    match analysis:
        case Op():
            return OperatingPoint(signals, provenance)
        case Ac():
            # the imaginary part of a raw file's frequency is not initialised
            frequency = np.real(signals.pop("frequency")).copy()
            wanted = analysis.frequencies
            if len(frequency) != len(wanted) or not np.allclose(frequency, wanted, rtol=_SLACK):
                raise _error(f"the sweep stopped at {frequency[-1]:g} Hz", deck, log)
            return Spectrum(signals, provenance, frequency)
        case Tran():
            time = signals.pop("time")
            if abs(time[-1] - analysis.stop) > _SLACK * analysis.stop:
                raise _error(
                    f"the transient stopped at {time[-1]:g} s of {analysis.stop:g} s", deck, log
                )
            return Waveforms(signals, provenance, time)


def _error(message: str, deck: str, log: tuple[str, ...]) -> SimulationError:
    telling = tuple(line for line in log if any(word in line.lower() for word in _TELLING))
    advice = next(
        (advice for sign, advice in _ADVICE.items() if any(sign in x.lower() for x in telling)), ""
    )
    return SimulationError(message, deck=deck, log=telling[:8], advice=advice)
