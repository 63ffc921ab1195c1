"""What one core can do in double precision, measured: multiply-adds of vectors in registers."""

from __future__ import annotations

import time

import numpy as np
from numba import njit

from physlearn_spice.linear.lanes import LANES, fused, put_real, same

_CHAINS = 8  # 2 units with a latency of 4 cycles


@njit
def _chains(n, x, y, out):
    """Eight sums of n vector multiply-adds each, none of which waits for another."""
    a0, a1, a2, a3 = same(x), same(x + 1.0), same(x + 2.0), same(x + 3.0)
    a4, a5, a6, a7 = same(x + 4.0), same(x + 5.0), same(x + 6.0), same(x + 7.0)
    b, c = same(x), same(y)
    for _ in range(n):
        a0, a1, a2, a3 = fused(a0, b, c), fused(a1, b, c), fused(a2, b, c), fused(a3, b, c)
        a4, a5, a6, a7 = fused(a4, b, c), fused(a5, b, c), fused(a6, b, c), fused(a7, b, c)
    put_real(out, 0, a0 + a1 + a2 + a3 + a4 + a5 + a6 + a7)


def peak(rounds: int = 15, n: int = 1_000_000) -> float:
    """Operations per second of this core: the best of several rounds, since others only slow it."""
    out = np.zeros(LANES)
    x, y = np.random.default_rng(0).uniform(0.9, 0.99, 2)  # not known when it is compiled
    _chains(10, x, y, out)
    best = 0.0
    for _ in range(rounds):
        begin = time.perf_counter()
        _chains(n, x, y, out)
        best = max(best, 2 * _CHAINS * LANES * n / (time.perf_counter() - begin))
    return best
