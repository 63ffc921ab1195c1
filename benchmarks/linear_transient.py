"""Transients: 100 periods of 100 steps, by this engine's trapezoidal rule and by ngspice's."""

from __future__ import annotations

import time

import numpy as np
from linear_networks import PORT, random_network
from numpy.typing import NDArray

from physlearn_spice import Deck, Network, Source, Tran
from physlearn_spice.linear.trapezoid.run import port_transients, transient
from physlearn_spice.netlist import analysis_command
from physlearn_spice.ngspice import Session
from physlearn_spice.ngspice.shared import shared_library
from physlearn_spice.stimulus import Tone

_TONE = Tone(1.0, 1e5)
_PERIOD, _PER_PERIOD = 1e-5, 100
_STEP = _PERIOD / _PER_PERIOD
_PERIODS, _SOME, _FEW = 100, 6, 2


def _ours(network: Network, periods: int) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Seconds, times, and the port's voltage; the ports alone are kept."""
    begin = time.perf_counter()
    waves = port_transients(network, {PORT: _TONE}, stop=periods * _PERIOD, step=_STEP)
    return time.perf_counter() - begin, waves.time, waves.voltage[PORT]


def _all_vectors(network: Network) -> float:
    """Seconds of one run that keeps every vector."""
    begin = time.perf_counter()
    transient(network, {PORT: _TONE}, stop=_PERIODS * _PERIOD, step=_STEP)
    return time.perf_counter() - begin


def _eight(network: Network) -> float:
    """Seconds for each of eight runs of different values at once."""
    spread = np.exp(0.1 * np.random.default_rng(0).standard_normal((8, len(network.elements))))
    values = {e.name: e.value * s for e, s in zip(network.elements, spread.T, strict=True)}
    begin = time.perf_counter()
    port_transients(network, {PORT: _TONE}, stop=_PERIODS * _PERIOD, step=_STEP, values=values)
    return (time.perf_counter() - begin) / 8


def _ngspice(
    network: Network, periods: int
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Seconds of the ``tran`` command alone; only the port's voltage is kept."""
    analysis, node = Tran(periods * _PERIOD, _STEP), network.port().plus
    source = Source(waveform=_TONE)
    Session().load(Deck(network, (analysis,), {PORT: source}, save=(f"v({node})",)))
    library = shared_library()
    begin = time.perf_counter()
    library.command(analysis_command(analysis))
    spent = time.perf_counter() - begin
    vectors = library.vectors(library.plot, library.names(library.plot))
    library.command("destroy all")
    library.take_log()
    return spent, vectors["time"], vectors[f"v({node})"]


def _scaled(network: Network) -> float:
    """Seconds of ngspice for 100 periods on the straight line through those for 2 and 6."""
    few, some = (_ngspice(network, periods)[0] for periods in (_FEW, _SOME))
    return some + (some - few) / (_SOME - _FEW) * (_PERIODS - _SOME)


def measure(
    sizes: tuple[int, ...], rounds: int, patience: float
) -> dict[str, dict[str, float | bool | str]]:
    """Seconds of both and their ratio by size; ngspice is scaled where it takes too long."""
    found: dict[str, dict[str, float | bool | str]] = {}
    for n in sizes:
        network = random_network(n)
        _, time_, voltage = _ours(network, _SOME)  # compiles, and so do the next two
        _all_vectors(network), _eight(network)
        spent, theirs_time, theirs = _ngspice(network, _SOME)
        gap = np.abs(np.interp(theirs_time, time_, voltage) - theirs).max()
        scaled = spent / _SOME * _PERIODS > patience
        took: dict[str, list[float]] = {"ports": [], "all": [], "eight": [], "ngspice": []}
        for _ in range(rounds):
            took["ports"].append(_ours(network, _PERIODS)[0])
            took["all"].append(_all_vectors(network))
            took["eight"].append(_eight(network))
            if not scaled or sum(took["ngspice"]) < 20 * patience:
                took["ngspice"].append(
                    _scaled(network) if scaled else _ngspice(network, _PERIODS)[0]
                )
        median = {name: float(np.median(some)) for name, some in took.items()}
        found[str(n)] = {
            **{f"{name}_seconds": seconds for name, seconds in median.items()},
            "ratio": median["ngspice"] / median["ports"],
            "ratio_all": median["ngspice"] / median["all"],
            "ratio_eight": median["ngspice"] / median["eight"],
            "scaled": scaled,
            "steps": (len(theirs_time) - 1) / (_SOME * _PER_PERIOD),  # over ours
            "difference": float(gap / np.abs(theirs).max()),
        }
    return found
