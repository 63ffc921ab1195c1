"""A square lattice of 100 x 100 nodes: time and memory, each engine in a process of its own."""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import numpy as np
from linear_networks import LONG, MIDDLE, SHORT, lattice_network, operations, random_network
from linear_pieces import call_parts
from linear_ways import by_klu as klu
from linear_ways import in_process, missing

from physlearn_spice.linear import admittance
from physlearn_spice.linear.structure import structure


def _peak_memory() -> int:
    """Most resident memory of this process so far [bytes]."""
    status = Path("/proc/self/status")
    if status.exists():  # where getrusage also knows what the parent had
        return 1024 * int(status.read_text().partition("VmHWM:")[2].split()[0])
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most


def _ours(side: int) -> dict[str, float]:
    admittance(random_network(10), SHORT.frequencies)  # compiles, or loads what was compiled
    network, idle = lattice_network(side), _peak_memory()
    begin = time.perf_counter()
    program = structure(network).program
    structured = time.perf_counter()
    y = admittance(network, LONG.frequencies)
    spent = time.perf_counter() - structured
    assert np.isfinite(y).all()
    memory = _peak_memory()
    parts = call_parts(network)
    n_sparse = len(program.entry) - 1
    return {
        "structure_seconds": structured - begin,
        "seconds": spent,
        "loop_seconds": parts["kernel"],
        "again": parts["again"],
        "memory": memory,
        "memory_before": idle,
        "operations": operations(program),
        "unknowns": len(program.diagonal),
        "dense": len(program.diagonal) - n_sparse,
    }


def _line(way: Callable[..., object], side: int) -> dict[str, float]:
    """Seconds for 1,000 frequencies on the line through those for 10 and for 100."""
    network, idle = lattice_network(side), _peak_memory()
    few, some = (way(network, sweep) for sweep in (SHORT, MIDDLE))
    n_few, n_some, n = (len(s.frequencies) for s in (SHORT, MIDDLE, LONG))
    slope = (some.seconds - few.seconds) / (n_some - n_few)
    truth = admittance(network, MIDDLE.frequencies)
    return {
        "structure_seconds": some.before,
        "seconds": some.seconds + slope * (n - n_some),
        "memory": _peak_memory(),
        "memory_before": idle,
        "difference": float(np.abs(some.admittance / truth - 1).max()),
    }


def _ngspice(side: int) -> dict[str, float]:
    return _line(in_process, side)


def _klu(side: int) -> dict[str, float]:
    return _line(klu, side)


def measure(side: int) -> dict[str, dict[str, float]]:
    """What each engine took, by its name."""
    jobs = {"linear.admittance": _ours, "ngspice, in process": _ngspice, "KLU, refactored": _klu}
    found: dict[str, dict[str, float]] = {}
    for name, job in jobs.items():
        if name in missing():
            continue
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as elsewhere:
            found[name] = elsewhere.submit(job, side).result()
    return found
