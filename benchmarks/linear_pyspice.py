"""PySpice as its documentation uses it: a circuit, its simulator, an analysis, each time anew.

But for one line: ``noopac``, without which it raises an error on most of these networks. It takes
the process's ngspice for itself, so it runs in a process of its own.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing import get_context
from typing import Any, TypeVar

import numpy as np
from linear_networks import PORT
from linear_timing import Answer, timed
from numpy.typing import NDArray

from physlearn_spice import Ac, Network
from physlearn_spice.ngspice.library import find_library

T = TypeVar("T")


@cache
def _pool() -> ProcessPoolExecutor:
    return ProcessPoolExecutor(1, mp_context=get_context("spawn"))


def _elsewhere(function: Callable[..., T], *arguments: object) -> T:
    """Call in a process of its own, which is kept unless it dies."""
    try:
        return _pool().submit(function, *arguments).result(timeout=600)
    except BrokenProcessPool:
        _pool.cache_clear()
        raise


def spectrum(network: Network, sweep: Ac) -> Answer:
    """One spectrum, the circuit's making included."""
    return _elsewhere(_spectrum, network, sweep)


def rate(network: Network, frequency: float, seconds: float) -> float:
    """Evaluations per second of a loop that changes every value."""
    return _elsewhere(_rate, network, frequency, seconds)


def _spectrum(network: Network, sweep: Ac) -> Answer:
    names = [e.name for e in network.elements]
    _run(network, network.values(names), sweep.start, sweep.start, 1, "lin")  # loads the library
    values = network.values(names)
    return Answer(
        *timed(lambda: _run(network, values, sweep.start, sweep.stop, sweep.points, sweep.spacing))
    )


def _rate(network: Network, frequency: float, seconds: float) -> float:
    rng = np.random.default_rng(0)
    values = network.values([e.name for e in network.elements])
    _run(network, values, frequency, frequency, 1, "lin")
    begin, n = time.perf_counter(), 0
    while (spent := time.perf_counter() - begin) < seconds:
        x = values * np.exp(0.1 * rng.standard_normal(len(values)))
        y = _run(network, x, frequency, frequency, 1, "lin")
        assert np.isfinite(y.real).all()  # the absorbed power is Re Y |V|^2 / 2
        n += 1
    return n / spent


def _run(
    network: Network, values: NDArray[np.float64], start: float, stop: float, n: int, spacing: str
) -> NDArray[np.complex128]:
    """Admittance [S] (n_freq,) of the port."""
    os.environ["NGSPICE_LIBRARY_PATH"] = find_library()  # which PySpice does not find by itself
    logging.getLogger("PySpice").setLevel(logging.CRITICAL)
    from PySpice.Spice.Netlist import Circuit

    port = network.port()
    circuit: Any = Circuit("network")
    circuit.SinusoidalVoltageSource(PORT, "source", circuit.gnd, amplitude=1, frequency=1e5)
    circuit.R("source", "source", port.plus, port.resistance)
    for element, value in zip(network.elements, values.tolist(), strict=True):
        ends = (circuit.gnd if node == "0" else node for node in (element.a, element.b))
        getattr(circuit, element.letter.upper())(element.name[1:], *ends, value)
    simulator = circuit.simulator()
    simulator.options("noopac")  # without it PySpice raises, or ngspice may be silently wrong
    analysis = simulator.ac(
        start_frequency=start, stop_frequency=stop, number_of_points=n, variation=spacing
    )
    return -np.array(analysis.branches[f"v{PORT}"]) / np.array(analysis[port.plus])
