"""Batches through the kernel: value sets and frequencies become lanes.

A lane is counted through the frequencies of the first value set, then of the next. Everything is
for 1 V peak at the driven port.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from .compiled import compiled
from .kernel import assemble, eliminate, substitute_back, substitute_forward
from .lanes import (
    LANES,
    absolute,
    add_to,
    clear,
    conjugate,
    difference,
    fused,
    get,
    get_real,
    magnitude,
    maximum,
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
from .program import Program, n_places

__all__ = ["Answers", "Room", "admittances", "answers", "answers_for", "excite", "room_for"]

_EPS = float(np.finfo(float).eps)
# where they stand in Room.sums
POWER, CONDITION, ADMITTANCE_ERROR, POWER_ERROR, EXCESS = (k * LANES for k in range(5))


class Room(NamedTuple):
    """Where one thread computes: flat arrays of vectors."""

    values: NDArray[np.float64]
    omega: NDArray[np.float64]
    admittance: NDArray[np.float64]
    matrix: NDArray[np.float64]
    weight: NDArray[np.float64]
    growth: NDArray[np.float64]
    voltage: NDArray[np.float64]
    current: NDArray[np.float64]
    residual: NDArray[np.float64]
    adjoint: NDArray[np.float64]
    sums: NDArray[np.float64]


class Answers(NamedTuple):
    """What is found in each lane; all for 1 V peak at the port.

    Parameters
    ----------
    admittance, admittance_error
        Of the port [S], and to first order how wrong it is.
    power, power_error
        Absorbed by all resistors [W], and how wrong.
    excess
        How many times these errors are what rounding of the values alone would do.
    voltage, current, adjoint
        Of unknowns [V], branches [A] and unknowns [A], (n_lanes, n); empty where not asked for.
    """

    admittance: NDArray[np.complex128]
    admittance_error: NDArray[np.float64]
    power: NDArray[np.float64]
    power_error: NDArray[np.float64]
    excess: NDArray[np.float64]
    voltage: NDArray[np.complex128]
    current: NDArray[np.complex128]
    adjoint: NDArray[np.complex128]


def answers_for(program: Program, n_lanes: int, *, keep: bool, weighed: bool = False) -> Answers:
    """Return room for the answers; voltages and currents if ``keep``, the adjoint's beside."""
    n, n_branches, rows = len(program.diagonal), len(program.first), n_lanes if keep else 0
    y, errors, p, of_p, excess = np.empty((5, n_lanes))
    return Answers(
        y.astype(complex),
        errors,
        p,
        of_p,
        excess,
        np.empty((rows, n), complex),
        np.empty((rows, n_branches), complex),
        np.empty((rows, n) if weighed else (0, 0), complex),
    )


def room_for(program: Program) -> Room:
    """Return room for one thread's lanes."""
    n, n_branches = len(program.diagonal), len(program.first)
    places = (2 * n_branches, 1, n_branches, n_places(program), n, 1, n, n_branches, n, n, 3)
    return Room(*map(workspace, places))


@compiled
def _load(room, values, omega, lane, last, held):
    """Put the next lanes' values and frequencies side by side; return the value set that all hold.

    Beyond the last lane it is repeated. Where all lanes hold what is wanted already, -1 for none,
    only the frequencies are new.
    """
    n_freq = len(omega)
    for w in range(LANES):
        room.omega[w] = omega[min(lane + w, last - 1) % n_freq]
    first, final = lane // n_freq, min(lane + LANES, last) - 1
    final //= n_freq
    if first == final == held:
        return held
    for w in range(LANES):
        of = min(lane + w, last - 1) // n_freq
        for b in range(values.shape[1]):
            for kind in range(3):
                room.values[(3 * b + kind) * LANES + w] = values[of, b, kind]
    return first if first == final else -1


@compiled
def admittances(program, room, values, omega, first, last, admittance, growth):
    """Write the driven port's admittance [S] of lanes ``first`` up to ``last``, and its growth.

    ``values`` are R, L and S = 1/C of each branch (n_sets, n_branches, 3), ``omega`` (n_freq,).
    """
    held = -1
    port = program.diagonal[-1] * 2 * LANES
    for lane in range(first, last, LANES):
        held = _load(room, values, omega, lane, last, held)
        assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
        eliminate(program, room.matrix, room.weight, room.growth)
        for w in range(min(LANES, last - lane)):
            admittance[lane + w] = complex(room.matrix[port + w], room.matrix[port + LANES + w])
            growth[lane + w] = np.sqrt(room.growth[w])


@compiled
def excite(program, room):
    """Find the unknowns' voltages and the branches' currents from the factors."""
    n = len(program.diagonal)
    clear(room.voltage, 0, n)
    put(room.voltage, n - 1, (same(1.0), same(0.0)))
    substitute_back(program, room.matrix, room.voltage)
    for b in range(len(program.first)):
        v = get(room.voltage, program.first[b])
        if program.second[b] >= 0:
            v = difference(v, get(room.voltage, program.second[b]))
        put(room.current, b, product(get(room.admittance, b), v))


@compiled
def sum_up(program, room):
    """Find from the currents what is left at each unknown, and two sums over the branches.

    They are sum R |i|^2 / 2 [W], and sum |y| |v|^2.
    """
    clear(room.residual, 0, len(program.diagonal))
    power, condition = same(0.0), same(0.0)
    for b in range(len(program.first)):
        i, j = program.first[b], program.second[b]
        current = get(room.current, b)
        add_to(room.residual, i, current)
        if j >= 0:
            add_to(room.residual, j, opposite(current))
        power = fused(_absorbing(program, room, b), norm(current), power)
        condition = fused(_size(room, b), norm(current), condition)
    put_real(room.sums, POWER, same(0.5) * power)
    put_real(room.sums, CONDITION, condition)


@register_jitable(inline="always")
def _absorbing(program, room, b):
    """Return the resistance of a branch; 0 of a load."""
    return same(program.counts[b]) * get_real(room.values, 3 * b * LANES)


@register_jitable(inline="always")
def _size(room, b):
    """Return R + omega L + S / omega of a branch: what its impedance is rounded against."""
    at, w = 3 * b * LANES, get_real(room.omega, 0)
    reactance = fused(
        w, get_real(room.values, at + LANES), get_real(room.values, at + 2 * LANES) / w
    )
    return get_real(room.values, at) + reactance


@compiled
def weigh(program, room):
    """Find the adjoint voltages: A a = dP/dv, for P = sum R |i|^2 / 2 at a given port voltage."""
    n = len(program.diagonal)
    clear(room.adjoint, 0, n)
    for b in range(len(program.first)):
        i, j = program.first[b], program.second[b]
        r = _absorbing(program, room, b)
        push = scaled(product(get(room.admittance, b), conjugate(get(room.current, b))), r)
        add_to(room.adjoint, i, push)
        if j >= 0:
            add_to(room.adjoint, j, opposite(push))
    substitute_forward(program, room.matrix, room.adjoint)
    clear(room.adjoint, n - 1, n)
    substitute_back(program, room.matrix, room.adjoint)


@compiled
def judge(program, room):
    """Find first-order errors of the admittance [S] and of the power [W], without sign.

    With A v = r instead of 0, the port sees the residual weighed with the voltages, sum v_k r_k,
    too little, and the power is wrong by the one weighed with the adjoint voltages. To both comes
    what rounding of R, omega L and S / omega by eps can do, which no solution can help; the excess
    is how many times that the rest is.
    """
    n = len(program.diagonal)
    port = get(room.residual, n - 1)
    power = (same(0.0), same(0.0))
    for k in range(n - 1):
        r = get(room.residual, k)
        port = plus_product(port, get(room.voltage, k), r)
        power = plus_product(power, get(room.adjoint, k), r)
    rounding = same(0.0)
    for b in range(len(program.first)):
        i, j = program.first[b], program.second[b]
        pull = get(room.adjoint, i)
        if j >= 0:
            pull = difference(pull, get(room.adjoint, j))
        current = get(room.current, b)
        r = _absorbing(program, room, b)
        pull = difference(pull, scaled(conjugate(current), r))
        effect = magnitude(product(product(get(room.admittance, b), current), pull))
        rounding = rounding + fused(effect, _size(room, b), r * norm(current))
    eps = same(_EPS)
    of_y, of_p = eps * get_real(room.sums, CONDITION), eps * rounding
    wrong = magnitude(difference(port, get(room.matrix, program.diagonal[n - 1])))
    put_real(room.sums, ADMITTANCE_ERROR, wrong + of_y)
    put_real(room.sums, POWER_ERROR, absolute(power[0]) + of_p)
    put_real(room.sums, EXCESS, maximum(wrong / of_y, absolute(power[0]) / of_p))


@compiled
def answers(program, room, values, omega, first, last, out):
    """Write all that is asked for of lanes ``first`` up to ``last``.

    ``out`` are the arrays of :class:`Answers`; those of length 0 are left out.
    """
    held = -1
    n, n_branches = len(program.diagonal), len(program.first)
    for lane in range(first, last, LANES):
        held = _load(room, values, omega, lane, last, held)
        assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
        eliminate(program, room.matrix, room.weight, room.growth)
        excite(program, room)
        sum_up(program, room)
        weigh(program, room)
        judge(program, room)
        for w in range(min(LANES, last - lane)):
            to = lane + w
            out.admittance[to] = at(room.matrix, program.diagonal[n - 1], w)
            out.admittance_error[to] = room.sums[ADMITTANCE_ERROR + w]
            out.power[to] = room.sums[POWER + w]
            out.power_error[to] = room.sums[POWER_ERROR + w]
            out.excess[to] = room.sums[EXCESS + w]
            if len(out.voltage):
                for k in range(n):
                    out.voltage[to, k] = at(room.voltage, k, w)
            if len(out.current):
                for b in range(n_branches):
                    out.current[to, b] = at(room.current, b, w)
            if len(out.adjoint):
                for k in range(n):
                    out.adjoint[to, k] = at(room.adjoint, k, w)


@register_jitable
def at(array, place, lane):
    """Return one lane's number at a place."""
    first = 2 * LANES * place + lane
    return complex(array[first], array[first + LANES])
