"""The walk of one walker that moves one component at a time: a refused trial costs O(1)."""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import Any

import numpy as np

from ..linear.compiled import compiled
from ..linear.lanes import LANES
from ..linear.small_moves import (
    SmallMoves,
    accept,
    admittance_of,
    change,
    propose,
    rebuild,
    small_moves,
)
from .listening import Listening
from .walkers import look

__all__ = ["moves_of", "nudge"]

_TOLERANCE = 1e-9  # of the absorbed power: beyond it the state of small moves is computed anew


def moves_of(heard: Listening, walkers: Any, w: int) -> SmallMoves:
    """Return the circuit as walker w holds it, ready for small moves."""
    program = heard.program
    moves = small_moves(
        program.first,
        program.second,
        program.counts,
        len(program.diagonal),
        heard.omega,
        heard.squared,
        heard.resistance,
    )
    element = np.empty(len(heard.branch))
    take_values(heard, walkers.x[w], element)
    to_branches(heard, element, moves.branches)
    rebuild(moves)
    return moves


@compiled
def take_values(heard, x, element):
    """Write R, L or 1/C of each element (n_elements,) at x = ln(component values) (d,)."""
    for e in range(len(heard.branch)):
        element[e] = heard.element[e * LANES]
        if heard.mover[e] >= 0:
            sign = -1.0 if heard.kind[e] == 2 else 1.0
            element[e] = np.exp(sign * x[heard.mover[e]])


@compiled
def to_branches(heard, element, branches):
    """Add up R, L and 1/C of each branch (n_branches, 3)."""
    branches[:] = 0.0
    for e in range(len(heard.branch)):
        if heard.branch[e] >= 0:
            branches[heard.branch[e], heard.kind[e]] += element[e]


@compiled
def own_powers(heard, moves, element, own):
    """Write the power [W] that each component feels (d,), from its branch's resistors."""
    for j in range(len(heard.own_first) - 1):
        own[j] = np.nan if heard.own_first[j] == heard.own_first[j + 1] else 0.0
        for at in range(heard.own_first[j], heard.own_first[j + 1]):
            e = heard.own[at]
            b = heard.branch[e]
            if b < 0:
                continue
            for t in range(len(moves.omega)):
                u = moves.voltage[t, moves.first[b]] - moves.voltage[t, moves.second[b]]
                i = abs(admittance_of(moves.branches[b], moves.omega[t]) * u)
                loaded = abs(1.0 + moves.resistance * moves.admittance[t])
                own[j] += 0.5 * element[e] * moves.squared[t] * (i / loaded) ** 2


@compiled
def own_if(heard, moves, element, j, moved, value, branch):
    """Return the power [W] that component j, element ``moved``, feels if it had ``value``.

    Its branch has the values ``branch`` (3,) then.
    """
    b = heard.branch[moved]
    square = 0.0
    for t in range(len(moves.omega)):
        _, u, dh, admittance, _ = change(moves, t, b, branch)
        i = abs(admittance_of(branch, moves.omega[t]) * u / (1.0 + dh))
        square += 0.5 * moves.squared[t] * (i / abs(1.0 + moves.resistance * admittance)) ** 2
    power = 0.0
    for at in range(heard.own_first[j], heard.own_first[j + 1]):
        e = heard.own[at]
        power += (value if e == moved else element[e]) * square
    return power


@compiled
def nudge(heard, moves, walkers, w, generator, brake, memory, rule, low, high, powers):
    """Move one component, measure, and keep or go back, for each of ``powers`` (n_steps,)."""
    d, n_elements = len(low), len(heard.branch)
    x, own = walkers.x[w], walkers.own[w]
    element = np.empty(n_elements)
    take_values(heard, x, element)
    of = np.zeros(d, np.int64)
    for e in range(n_elements):
        if heard.mover[e] >= 0:
            of[heard.mover[e]] = e
    to_branches(heard, element, moves.branches)
    shared = np.zeros(n_elements, np.bool_)
    for e in of:
        for other in range(n_elements):
            if (
                other != e
                and heard.kind[other] == heard.kind[e]
                and heard.branch[other] == heard.branch[e]
            ):
                shared[e] = True
    branch = np.empty(3)
    fresh = False
    for s in range(len(powers)):
        if not fresh:  # a refused trial changes nothing that the brake reads
            brake(
                walkers.shown_total[w],
                walkers.shown_own[w],
                walkers.reference_total[w],
                walkers.reference_own[w],
                walkers.factor,
            )
            fresh = rule.is_ideal
        j = int(generator.random() * d)
        push = generator.standard_normal()
        if not rule.is_white:
            push = rule.kept * walkers.shaking[w, j] + rule.fresh * push
            walkers.shaking[w, j] = push
        u = x[j] + rule.noise * walkers.factor[j] * push - low[j]
        width = high[j] - low[j]
        if not 0 <= u < width:
            u = np.mod(u, 2 * width)
            if u > width:
                u = 2 * width - u
                if not rule.is_white:
                    walkers.shaking[w, j] = -push
        trial = low[j] + u
        e = of[j]
        b, kind = heard.branch[e], heard.kind[e]
        value = np.exp(-trial if kind == 2 else trial)
        power = walkers.total[w]
        if b >= 0:
            for k in range(3):
                branch[k] = moves.branches[b, k]
            # of the same kind in this branch there may be others
            branch[kind] = max(branch[kind] - element[e], 0.0) + value if shared[e] else value
            power = propose(moves, b, branch)
        powers[s] = power
        if rule.own_memory:
            feels = own_if(heard, moves, element, j, e, value, branch) if b >= 0 else own[j]
            memory(walkers.remembered_own[w, j], feels, walkers.verdict)
            walkers.remembered_own[w, j] = walkers.verdict[1]
        else:
            memory(walkers.remembered[w], power, walkers.verdict)
            walkers.remembered[w] = walkers.verdict[1]
        if walkers.verdict[0] > 0:
            x[j] = trial
            element[e] = value
            walkers.total[w] = power
            fresh = False
            if b >= 0:
                accept(moves, b, branch, _TOLERANCE)
                own_powers(heard, moves, element, own)
        if not rule.is_ideal:
            look(rule, walkers, w)
        if power > walkers.best_power[w]:
            walkers.best_power[w] = power
            walkers.best_x[w] = x
            walkers.best_x[w, j] = trial
