"""Steps of the trapezoidal rule, of one run or of eight: one factorisation for all of them.

Over a step h a series branch is a conductance y = 1 / (R + 2 L/h + h S/2) beside a source of
current that its past decides, i = y v - q. With vL and vC the voltages of all its inductance and
capacitance, two numbers hold that past, q = c + l,

    c = y (vC + i h S/2)      c' = c + y h S i'
    l = -y (vL + i 2 L/h)     l' = -(l + y 4 L/h i').
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numba.extending import register_jitable
from numpy.typing import NDArray

from ..compiled import compiled
from ..lanes import LANES
from ..program import Program, n_places
from .cholesky import ABREAST, assemble, factor, invert, solve
from .either import add, alike, load, number, plus, room, store, take

__all__ = ["Columns", "Plan", "Room", "march", "plan_of", "room_for"]

_BLOCK = 16  # steps that are kept together before they go to where each column lies
_SMALL = 48  # unknowns up to which the inverse of everything is faster than sparse columns


class Plan(NamedTuple):
    """What a run goes through; unknown k stands at place k, and the source's current after them.

    Parameters
    ----------
    program
        Of the elimination.
    n_columns
        How many sparse columns each step goes through.
    second
        Place of the second end of each branch (n_branches,); the reference has the last place.
    capacitors, coils, resonators
        Branches with a capacitance, with an inductance, and with both.
    """

    program: Program
    n_columns: int
    second: NDArray[np.int64]
    capacitors: NDArray[np.int64]
    coils: NDArray[np.int64]
    resonators: NDArray[np.int64]


class Room(NamedTuple):
    """Where one run stands, in arrays (n,), or eight do, in arrays (n, LANES).

    Parameters
    ----------
    voltage, current
        Of places [V], the source's current [A] among them, and of branches [A].
    charged, flowing
        c and l of each branch [A].
    conductance, charging, inducing
        y of each branch [S], y h S, and y 4 L/h.
    matrix, inverse
        The equations, as they are solved.
    past
        Right-hand side [A].
    """

    voltage: NDArray[np.float64]
    current: NDArray[np.float64]
    charged: NDArray[np.float64]
    flowing: NDArray[np.float64]
    conductance: NDArray[np.float64]
    charging: NDArray[np.float64]
    inducing: NDArray[np.float64]
    matrix: NDArray[np.float64]
    inverse: NDArray[np.float64]
    past: NDArray[np.float64]


class Columns(NamedTuple):
    """What is kept of each instant, in this order.

    Parameters
    ----------
    voltage
        Places.
    current, sign
        Branches, and which way along each: 1.0, or -1.0 against it.
    capacitive
        Branches of whose capacitance the voltage is kept.
    resistive
        Those branches of ``current`` that have no past; not kept again.
    """

    voltage: NDArray[np.int64]
    current: NDArray[np.int64]
    sign: NDArray[np.float64]
    capacitive: NDArray[np.int64]
    resistive: NDArray[np.int64]


def plan_of(program: Program, branches: NDArray[np.float64]) -> Plan:
    """Return the plan for branches of R, L and S = 1/C (n_sets, n_branches, 3)."""
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    _, has_coil, has_capacitor = (branches[0] > 0).T
    return Plan(
        program,
        0 if n <= _SMALL else n_sparse,
        np.where(program.second < 0, n + 1, program.second),
        np.flatnonzero(has_capacitor & ~has_coil),
        np.flatnonzero(has_coil & ~has_capacitor),
        np.flatnonzero(has_capacitor & has_coil),
    )


def room_for(plan: Plan, width: int) -> Room:
    """Return room for one run (``width`` 1), or for eight."""
    n, n_branches = len(plan.program.diagonal), len(plan.second)
    n_inverse = n + 1 - plan.n_columns
    places = [n + 1 + LANES, *[n_branches] * 6, n_places(plan.program)]
    places += [(n_inverse + LANES) * (n_inverse + ABREAST), n + 1 + LANES]
    return Room(*(room(k, width) for k in places))


@compiled
def march(plan, room, values, step, source, resistance, columns, out):
    """Go on from a first instant, and keep the columns of every instant, the first included.

    Of the room, voltages and currents are given, and as ``charged`` and ``flowing`` the voltages vC
    and vL. ``values`` are R, L and S of each branch in turn (3 n_branches,), ``source`` (n_time,)
    is the voltage behind the driven port's ``resistance`` [Ohm], and ``out``
    (n_live, n_columns, n_time) takes the first runs.
    """
    n, n_branches, n_time = len(plan.program.diagonal), len(plan.second), out.shape[2]
    block = np.empty((out.shape[0], out.shape[1], _BLOCK))
    _begin(plan, room, values, step)
    _keep(room, values, 0.5 * step, columns, block, 0)
    assemble(plan.program, room.conductance, room.matrix)
    factor(plan.program, room.matrix)
    # a right-hand side is not there yet
    invert(plan.program, room.matrix, resistance, plan.n_columns, room.past, room.inverse)
    room.past[:] = 0.0
    for b in range(n_branches):
        _push(plan, b, load(room.charged, b) + load(room.flowing, b), room.past)
    for t in range(1, n_time):
        store(room.past, n, load(source, t))
        solve(plan.program, room.matrix, room.inverse, plan.n_columns, room.past, room.voltage)
        room.past[:] = 0.0
        _go_on(plan, room)
        for b in columns.resistive:
            store(room.current, b, load(room.conductance, b) * _across(plan, room, b))
        _keep(room, values, 0.5 * step, columns, block, t % _BLOCK)
        if (t + 1) % _BLOCK == 0 or t == n_time - 1:
            first = t - t % _BLOCK
            for w in range(len(block)):
                for k in range(out.shape[1]):
                    for i in range(t + 1 - first):
                        out[w, k, first + i] = block[w, k, i]


@compiled
def _begin(plan, room, values, step):
    """Write what the branches are at this step, and their past from the voltages vC and vL."""
    one, two = alike(values, 1.0), alike(values, 2.0)
    twice, half = alike(values, 2.0 / step), alike(values, 0.5 * step)
    zero = alike(values, 0.0)
    for b in range(len(plan.second)):
        a, s = twice * load(values, 3 * b + 1), half * load(values, 3 * b + 2)
        y = one / (load(values, 3 * b) + a + s)
        i = load(room.current, b)
        store(room.conductance, b, y)
        store(room.charging, b, two * y * s)
        store(room.inducing, b, two * y * a)
        store(room.charged, b, y * plus(load(room.charged, b), s, i))
        store(room.flowing, b, zero - y * plus(load(room.flowing, b), a, i))


@register_jitable(inline="always")
def _go_on(plan, room):
    """From the voltages of a step to the currents, and to what the next step finds."""
    for b in plan.capacitors:
        c = load(room.charged, b)
        i = load(room.conductance, b) * _across(plan, room, b) - c
        c = plus(c, load(room.charging, b), i)
        store(room.current, b, i)
        store(room.charged, b, c)
        _push(plan, b, c, room.past)
    zero = alike(room.past, 0.0)
    for b in plan.coils:
        f = load(room.flowing, b)
        i = load(room.conductance, b) * _across(plan, room, b) - f
        f = zero - plus(f, load(room.inducing, b), i)
        store(room.current, b, i)
        store(room.flowing, b, f)
        _push(plan, b, f, room.past)
    for b in plan.resonators:
        c, f = load(room.charged, b), load(room.flowing, b)
        i = load(room.conductance, b) * _across(plan, room, b) - (c + f)
        c = plus(c, load(room.charging, b), i)
        f = zero - plus(f, load(room.inducing, b), i)
        store(room.current, b, i)
        store(room.charged, b, c)
        store(room.flowing, b, f)
        _push(plan, b, c + f, room.past)


@register_jitable(inline="always")
def _across(plan, room, b):
    return load(room.voltage, plan.program.first[b]) - load(room.voltage, plan.second[b])


@register_jitable(inline="always")
def _push(plan, b, current, past):
    """Let a current [A] flow against a branch, into its first end."""
    add(past, plan.program.first[b], current)
    take(past, plan.second[b], current)


@register_jitable(inline="always")
def _keep(room, values, half, columns, block, to):
    """Copy the columns of the runs that are live."""
    n_voltage, n_current = len(columns.voltage), len(columns.current)
    for w in range(len(block)):
        for k in range(n_voltage):
            block[w, k, to] = number(room.voltage, columns.voltage[k], w)
        for k in range(n_current):
            i = columns.sign[k] * number(room.current, columns.current[k], w)
            block[w, n_voltage + k, to] = i
        for k in range(len(columns.capacitive)):
            b = columns.capacitive[k]
            s = half * number(values, 3 * b + 2, w)
            v = number(room.charged, b, w) / number(room.conductance, b, w)
            v -= s * number(room.current, b, w)
            block[w, n_voltage + n_current + k, to] = v
