"""Any linear network through an elimination with chosen pivots, eight circuits at a time.

As :mod:`.batches`, with what a matrix that is not symmetric asks for in addition: what a residual
does to the admittance is told by adjoint unknowns, M^T a = dY/dx, which are no voltages here.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from ..batches import at
from ..compiled import compiled
from ..lanes import (
    LANES,
    absolute,
    add_to,
    clear,
    conjugate,
    difference,
    fused,
    get,
    get_real,
    inverse,
    magnitude,
    maximum,
    negative,
    norm,
    opposite,
    plus_product,
    product,
    put,
    put_real,
    same,
    scaled,
    workspace,
)
from .pivots import Pivots, factor, solve, solve_transposed
from .stamps import Assembly

__all__ = ["LaneAnswers", "Workplace", "answer_lanes", "workplace_for"]

_EPS = float(np.finfo(float).eps)
# where they stand in Workplace.sums
_POWER, _ADMITTANCE_ERROR, _POWER_ERROR, _EXCESS = (k * LANES for k in range(4))


class Workplace(NamedTuple):
    """Where one thread computes: flat arrays of vectors."""

    base: NDArray[np.float64]
    omega: NDArray[np.float64]
    source: NDArray[np.float64]
    matrix: NDArray[np.float64]
    right: NDArray[np.float64]
    x: NDArray[np.float64]
    missing: NDArray[np.float64]
    weight: NDArray[np.float64]
    sums: NDArray[np.float64]


class LaneAnswers(NamedTuple):
    """Of each lane, for 1 V peak at the port, as in :class:`.batches.Answers`.

    ``x`` are voltages [V] and currents [A] by slot (n_lanes, n_slots), empty where not wanted.
    """

    admittance: NDArray[np.complex128]
    admittance_error: NDArray[np.float64]
    power: NDArray[np.float64]
    power_error: NDArray[np.float64]
    excess: NDArray[np.float64]
    x: NDArray[np.complex128]


def workplace_for(assembly: Assembly, pivots: Pivots) -> Workplace:
    """Return room for one thread's lanes."""
    n_branches, n_terms = len(assembly.first), len(assembly.power)
    n_places, n_slots = int(pivots.place.max()) + 1, len(assembly.row_at)
    of_matrix = (1 + n_branches + n_terms, n_places, len(pivots.diagonal))
    return Workplace(*map(workspace, (n_terms, 1, *of_matrix, n_slots, n_slots, n_slots, 2)))


@compiled
def _load(room, base, omega, lanes, first, last, held):
    """Put values and frequencies of ``lanes[first:last]`` side by side; return the set all hold."""
    n_freq = len(omega)
    for w in range(LANES):
        room.omega[w] = omega[lanes[min(first + w, last - 1)] % n_freq]
    one = lanes[first] // n_freq
    alike = one == lanes[min(first + LANES, last) - 1] // n_freq  # lanes ascend
    if alike and one == held:
        return held
    for w in range(LANES):
        of = lanes[min(first + w, last - 1)] // n_freq
        for t in range(base.shape[1]):
            room.base[t * LANES + w] = base[of, t]
    return one if alike else -1


@compiled
def _assemble(assembly, room):
    n, zero = len(assembly.first), same(0.0)
    w = get_real(room.omega, 0)
    over_w = same(1.0) / w
    put(room.source, 0, (same(1.0), zero))
    for b in range(n):
        ohm, henry, elastance = zero, zero, zero
        for t in range(assembly.start[b], assembly.start[b + 1]):
            value, power = get_real(room.base, t * LANES), assembly.power[t]
            own = value if assembly.probe_plus[t] > 0 else negative(value)
            if power == 0:
                ohm = ohm + own
                put(room.source, 1 + n + t, (value, zero))
            elif power > 0:
                henry = henry + own
                put(room.source, 1 + n + t, (zero, w * value))
            else:
                elastance = elastance + own
                put(room.source, 1 + n + t, (zero, negative(over_w * value)))
        if assembly.kind[b] == 0:
            # the reactance with one rounding less: at resonance it is a small difference
            y, _ = inverse((ohm, fused(w, henry, negative(over_w * elastance))))
            put(room.source, 1 + b, y)
    room.matrix[:] = 0.0
    for k in range(len(assembly.place)):
        sign = same(assembly.sign[k])
        add_to(room.matrix, assembly.place[k], scaled(get(room.source, assembly.source[k]), sign))


@register_jitable(inline="always")
def _between(array, plus, minus):
    return difference(get(array, plus), get(array, minus))


@compiled
def _excite(assembly, pivots, room):
    """Find x, and what is missing in the equations."""
    n, own = len(assembly.first), assembly.own
    clear(room.right, 0, len(pivots.diagonal))
    for k in range(len(assembly.pushed)):
        push = scaled(get(room.source, assembly.by[k]), same(assembly.push[k]))
        add_to(room.right, assembly.pushed[k], push)
    solve(pivots, room.matrix, room.right)
    clear(room.x, 0, own + n)
    put(room.x, 1, (same(1.0), same(0.0)))
    for k in range(2, own + n):
        if assembly.column_at[k] >= 0:
            put(room.x, k, get(room.right, assembly.column_at[k]))
    clear(room.missing, 0, own + n)
    add_to(room.missing, 1, opposite(get(room.x, 2)))
    for b in range(n):
        i, j = assembly.first[b], assembly.second[b]
        if assembly.kind[b] == 0:
            put(room.x, own + b, product(get(room.source, 1 + b), _between(room.x, i, j)))
        else:
            right = (same(0.0), same(0.0))
            for t in range(assembly.start[b], assembly.start[b + 1]):
                probe = _between(room.x, assembly.probe_plus[t], assembly.probe_minus[t])
                right = plus_product(right, get(room.source, 1 + n + t), probe)
            if assembly.kind[b] == 1:
                put(room.x, own + b, right)
            else:
                left = _between(room.x, assembly.plus[b], assembly.minus[b])
                put(room.missing, own + b, difference(left, right))
        current = get(room.x, own + b)
        add_to(room.missing, i, current)
        add_to(room.missing, j, opposite(current))


@register_jitable
def _resistance(assembly, room, b):
    """Return the resistance of a branch that counts as absorbing."""
    r = same(0.0)
    for t in range(assembly.start[b], assembly.start[b + 1]):
        r = fused(same(assembly.absorbing[t]), absolute(get_real(room.base, t * LANES)), r)
    return r


@register_jitable
def _wish(assembly, room, b):
    """Return dP/di of a branch, sum R conj(i): what power asks of its current."""
    current = get(room.x, assembly.own + b)
    return scaled(conjugate(current), _resistance(assembly, room, b))


@compiled
def _weigh(assembly, pivots, room, of_power):
    """Find the adjoint unknowns, one for each equation: of the power, or of the admittance."""
    n, own = len(assembly.first), assembly.own
    clear(room.right, 0, len(pivots.diagonal))
    if of_power:
        for b in range(n):
            wish = _wish(assembly, room, b)
            if assembly.kind[b] == 0:
                push = product(get(room.source, 1 + b), wish)
                i, j = assembly.column_at[assembly.first[b]], assembly.column_at[assembly.second[b]]
                if i >= 0:
                    add_to(room.right, i, push)
                if j >= 0:
                    add_to(room.right, j, opposite(push))
            elif assembly.kind[b] == 2:
                add_to(room.right, assembly.column_at[own + b], wish)
    else:
        put(room.right, assembly.column_at[2], (same(1.0), same(0.0)))
    solve_transposed(pivots, room.matrix, room.right)
    clear(room.weight, 0, own + n)
    for k in range(1, own + n):
        if assembly.row_at[k] >= 0:
            put(room.weight, k, get(room.right, assembly.row_at[k]))
    for b in range(n):
        across = _between(room.weight, assembly.first[b], assembly.second[b])
        if assembly.kind[b] == 0:
            if of_power:
                across = difference(across, _wish(assembly, room, b))
            put(room.weight, own + b, product(get(room.source, 1 + b), across))
        elif assembly.kind[b] == 1:
            put(room.weight, own + b, opposite(across))


@compiled
def _judge(assembly, room):
    """Return the residual as it is weighed, and what rounding the values by eps can do at most."""
    n, own = len(assembly.first), assembly.own
    wrong = (same(0.0), same(0.0))
    for k in range(1, own + n):
        wrong = plus_product(wrong, get(room.weight, k), get(room.missing, k))
    rounding = same(0.0)
    for b in range(n):
        weight = get(room.weight, own + b)
        for t in range(assembly.start[b], assembly.start[b + 1]):
            probe = _between(room.x, assembly.probe_plus[t], assembly.probe_minus[t])
            effect = product(product(weight, probe), get(room.source, 1 + n + t))
            rounding = rounding + magnitude(effect)
    return wrong, same(_EPS) * rounding


@compiled
def answer_lanes(assembly, pivots, room, base, omega, lanes, first, last, out, with_power):
    """Write the answers of ``lanes[first:last]``; power and its error only where wanted."""
    held, n, own = -1, len(assembly.first), assembly.own
    tiny, zero = same(1e-300), same(0.0)
    for k in range(first, last, LANES):
        held = _load(room, base, omega, lanes, k, last, held)
        _assemble(assembly, room)
        factor(pivots, room.matrix)
        _excite(assembly, pivots, room)
        _weigh(assembly, pivots, room, False)
        wrong, rounding = _judge(assembly, room)
        excess = magnitude(wrong) / (rounding + tiny)
        put_real(room.sums, _ADMITTANCE_ERROR, magnitude(wrong) + rounding)
        put_real(room.sums, _POWER, zero)
        put_real(room.sums, _POWER_ERROR, zero)
        if with_power:
            power = zero
            for b in range(n):
                r = _resistance(assembly, room, b)
                power = fused(r, norm(get(room.x, own + b)), power)
            put_real(room.sums, _POWER, same(0.5) * power)
            _weigh(assembly, pivots, room, True)
            wrong, rounding = _judge(assembly, room)
            rounding = fused(same(_EPS), power, rounding)
            excess = maximum(excess, absolute(wrong[0]) / (rounding + tiny))
            put_real(room.sums, _POWER_ERROR, absolute(wrong[0]) + rounding)
        put_real(room.sums, _EXCESS, excess)
        for w in range(min(LANES, last - k)):
            to = lanes[k + w]
            out.admittance[to] = at(room.x, 2, w)
            out.admittance_error[to] = room.sums[_ADMITTANCE_ERROR + w]
            out.power[to] = room.sums[_POWER + w]
            out.power_error[to] = room.sums[_POWER_ERROR + w]
            out.excess[to] = room.sums[_EXCESS + w]
            if len(out.x):
                for s in range(own + n):
                    out.x[to, s] = at(room.x, s, w)
