"""Where this engine's time goes: its parts by themselves, and what they work on."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
from linear_networks import LONG
from numba import njit

from physlearn_spice import Network
from physlearn_spice.linear import admittance
from physlearn_spice.linear.batches import admittances, room_for
from physlearn_spice.linear.drive import _GROWTH, Job
from physlearn_spice.linear.kernel import _dense, assemble, eliminate
from physlearn_spice.linear.lanes import LANES
from physlearn_spice.linear.program import n_places
from physlearn_spice.linear.structure import structure
from physlearn_spice.linear.values import branch_values, element_values

_BLOCK_SECONDS = 0.1


@cache
def _loops() -> tuple[Callable[..., None], ...]:
    """Assemble n times; and eliminate after it; and its dense block alone after it."""

    @njit
    def assembling(n, program, room):
        for _ in range(n):
            assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)

    @njit
    def eliminating(n, program, room):
        for _ in range(n):
            assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
            eliminate(program, room.matrix, room.weight, room.growth)

    @njit
    def dense(n, program, room):
        unknowns = len(program.diagonal)
        m = unknowns - len(program.entry) + 1 + program.padding
        for _ in range(n):
            assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
            _dense(room.matrix, program.tail, m, room.weight, unknowns - m)

    return assembling, eliminating, dense


def _per_call(loop: Callable[..., None], *arguments: Any) -> float:
    """Seconds of one of many calls: the least of five rounds."""
    loop(1, *arguments)
    begin = time.perf_counter()
    loop(3, *arguments)
    n = max(1, int(3 * _BLOCK_SECONDS / (time.perf_counter() - begin)))
    rounds: list[float] = []
    for _ in range(5):
        begin = time.perf_counter()
        loop(n, *arguments)
        rounds.append((time.perf_counter() - begin) / n)
    return min(rounds)


def _repeat(run: Callable[[], object]) -> Callable[[int], None]:
    def loop(n: int) -> None:
        for _ in range(n):
            run()

    return loop


def _job(network: Network) -> Job:
    return Job(network, None, None, "closed").at(LONG.frequencies)


def call_parts(network: Network) -> dict[str, float]:
    """Seconds of the compiled loop over 1,000 frequencies and of what prepares it.

    ``again`` is how many of them are solved again, since a pivot's growth is suspicious.
    """
    job = _job(network)
    program = job.structure.program
    room = room_for(program)
    y, growth = np.empty(job.n_lanes, complex), np.empty(job.n_lanes)

    def kernel() -> None:
        admittances(program, room, job.branches, job.omega, 0, job.n_lanes, y, growth)

    return {
        "kernel": _per_call(_repeat(kernel)),
        "prepare": _per_call(_repeat(lambda: _job(network))),
        "again": int((~(growth < _GROWTH)).sum()),
    }


def pieces(network: Network) -> dict[str, float]:
    """Seconds of the elimination's parts for 8 frequencies, and of a call's parts for 1,000."""
    found = structure(network)
    program, room = found.program, room_for(found.program)
    branches = branch_values(network, found, element_values(network)[None])[0]
    room.values[: branches.size * LANES] = np.repeat(branches.ravel(), LANES)
    room.omega[:LANES] = 2 * np.pi * LONG.frequencies[::125]
    assembled, eliminated, dense = (_per_call(loop, program, room) for loop in _loops())
    degree = np.diff(program.entry)
    return {
        "assemble": assembled,
        "sparse": eliminated - dense,
        "dense": dense - assembled,
        **call_parts(network),
        "whole": _per_call(_repeat(lambda: admittance(network, LONG.frequencies))),
        "sparse_operations": float(8 * LANES * (degree * (degree + 1) / 2).sum()),
        "dense_operations": float(8 * LANES * (len(program.diagonal) - len(degree)) ** 3 / 6),
        "matrix_bytes": float(n_places(program) * 2 * LANES * 8),
    }
