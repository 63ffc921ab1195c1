"""Lanes shared out to threads."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from ..errors import PhyslearnError
from .lanes import LANES

__all__ = ["check_threads", "in_parts"]


def check_threads(threads: int) -> None:
    """Refuse a number of threads that is none.

    Raises
    ------
    PhyslearnError
        It is not at least 1.
    """
    if threads < 1:
        raise PhyslearnError(f"threads = {threads!r}, must be at least 1")


def in_parts(n_lanes: int, threads: int, work: Callable[[int, int], None]) -> None:
    """Call ``work`` with the first lane and the end of as many parts as there are threads."""
    check_threads(threads)
    blocks = -(-n_lanes // LANES)
    edges = [min(blocks * k // threads * LANES, n_lanes) for k in range(threads + 1)]
    if threads == 1:
        work(*edges)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(work, edges, edges[1:]))
