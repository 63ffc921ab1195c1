"""What eight walkers absorb at the stimulus's tones, measured by the linear engine in one go."""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..elements import Capacitor, Inductor, Resistor
from ..errors import SimulationError, Status
from ..linear.batches import Room, excite, room_for
from ..linear.compiled import announce, compiled
from ..linear.kernel import assemble, eliminate
from ..linear.lanes import (
    LANES,
    add_real,
    exponential,
    fused,
    get,
    get_real,
    inverse,
    maximum,
    norm,
    put_real,
    same,
    scaled,
    workspace,
)
from ..linear.program import Program
from ..linear.structure import structure
from ..network import Network
from ..stimulus import Tone
from .objective import Absorbed, Objective, check_tones, resistors_in_branch

__all__ = ["Listening", "absorbed_by_lanes", "listening", "measure", "powers_by_lanes"]

_KINDS = (Resistor, Inductor, Capacitor)
_LARGEST = 700.0  # of |ln(value)|, whose exponential is taken in lanes
_GROWTH = 1e9  # of a pivot: from here on the power may be wrong by 1e-6


class Listening(NamedTuple):
    """A network that hears tones: arrays for compiled code.

    Parameters
    ----------
    program
        Of the elimination.
    branch, kind
        Branch of each element, -1 of one without current, and 0, 1, 2 for R, L, C (n_elements,).
    mover
        Which of the d movable components an element is, or -1 (n_elements,).
    own, own_first
        Resistors whose power component j feels: ``own[own_first[j]:own_first[j + 1]]``.
    omega, squared
        Angular frequency [rad/s] and squared amplitude [V^2] of each tone.
    resistance
        Of the source [Ohm].
    room
        Where the kernel computes.
    element
        R, L or 1/C of each element, a vector each.
    squares
        |i|^2 / 2 of each branch, summed over tones, a vector each.
    total, own_power
        What was measured: a vector, and one for each component [W]; growth beside them.
    growth
        Largest squared growth of a pivot, a vector.
    """

    program: Program
    branch: NDArray[np.int64]
    kind: NDArray[np.int64]
    mover: NDArray[np.int64]
    own: NDArray[np.int64]
    own_first: NDArray[np.int64]
    omega: NDArray[np.float64]
    squared: NDArray[np.float64]
    resistance: float
    room: Room
    element: NDArray[np.float64]
    squares: NDArray[np.float64]
    total: NDArray[np.float64]
    own_power: NDArray[np.float64]
    growth: NDArray[np.float64]


def listening(network: Network, tones: Sequence[Tone], movable: Sequence[str]) -> Listening:
    """Prepare a network, driven at its first port, for :func:`measure`.

    Raises
    ------
    NetworkError, StimulusError
        As :func:`.objective.absorbed_at_tones`.
    """
    check_tones(network, tones)
    announce(measure)
    structured = structure(network)
    names = [e.name for e in network.elements]
    mover = np.full(len(names), -1)
    mover[[names.index(name) for name in movable]] = np.arange(len(movable))
    own = [[names.index(name) for name in some] for some in resistors_in_branch(network, movable)]
    values = network.values(names)
    kind = np.array([_KINDS.index(type(e)) for e in network.elements])
    loads = [p.resistance for p in network.ports[1:] if p.resistance > 0]
    values = np.append(np.where(kind == 2, 1 / values, values), loads)
    n, d = len(values), len(movable)
    element = workspace(n)[: n * LANES]
    element[:] = np.repeat(values, LANES)
    return Listening(
        program=structured.program,
        branch=structured.branch,
        kind=np.append(kind, np.zeros(len(loads), np.int64)),
        mover=np.append(mover, np.full(len(loads), -1)),
        own=np.array([e for some in own for e in some], np.int64),
        own_first=np.cumsum([0, *map(len, own)]),
        omega=2 * np.pi * np.array([tone.frequency for tone in tones]),
        squared=np.array([tone.amplitude**2 for tone in tones]),
        resistance=network.port().resistance,
        room=room_for(structured.program),
        element=element,
        squares=workspace(structured.n_branches),
        total=workspace(1),
        own_power=workspace(d),
        growth=workspace(1),
    )


@compiled
def measure(heard, x):
    """Measure at x = ln(component values), a vector for each component (d * LANES,)."""
    program, room, element = heard.program, heard.room, heard.element
    room.values[:] = 0.0
    for e in range(len(heard.branch)):
        j, b = heard.mover[e], heard.branch[e]
        if j >= 0:
            sign = same(-1.0 if heard.kind[e] == 2 else 1.0)  # 1/C of a capacitor
            put_real(element, e * LANES, exponential(sign * get_real(x, j * LANES)))
        if b >= 0:
            add_real(room.values, (3 * b + heard.kind[e]) * LANES, get_real(element, e * LANES))
    heard.squares[:] = 0.0
    growth = same(0.0)
    n_branches = len(program.first)
    for k in range(len(heard.omega)):
        put_real(room.omega, 0, same(heard.omega[k]))
        assemble(program, room.values, room.omega, room.admittance, room.matrix, room.weight)
        eliminate(program, room.matrix, room.weight, room.growth)
        growth = maximum(growth, get_real(room.growth, 0))
        excite(program, room)
        y = get(room.matrix, program.diagonal[-1])
        y = scaled(y, same(heard.resistance))
        _, across = inverse((same(1.0) + y[0], y[1]))  # |V|^2 at the port for 1 V of the source
        push = across * same(0.5 * heard.squared[k])
        for b in range(n_branches):
            so_far = get_real(heard.squares, b * LANES)
            put_real(heard.squares, b * LANES, fused(push, norm(get(room.current, b)), so_far))
    total = same(0.0)
    for b in range(n_branches):
        r = same(program.counts[b]) * get_real(room.values, 3 * b * LANES)
        total = fused(r, get_real(heard.squares, b * LANES), total)
    put_real(heard.total, 0, total)
    put_real(heard.growth, 0, growth)
    for j in range(len(heard.own_first) - 1):
        power = same(0.0)
        for at in range(heard.own_first[j], heard.own_first[j + 1]):
            e = heard.own[at]
            if heard.branch[e] >= 0:
                square = get_real(heard.squares, heard.branch[e] * LANES)
                power = fused(get_real(element, e * LANES), square, power)
        if heard.own_first[j] == heard.own_first[j + 1]:
            power = same(np.nan)
        put_real(heard.own_power, j * LANES, power)


def check_growth(heard: Listening) -> None:
    """Raise where a pivot was too small for the powers to be trusted.

    Raises
    ------
    SimulationError
        They may be wrong by more than 1e-6.
    """
    lanes = slice(LANES)  # of a nan, the growth shows nothing
    if not (heard.growth[lanes].max() < _GROWTH**2 and np.isfinite(heard.total[lanes]).all()):
        raise SimulationError(
            "the linear engine, which does not pivot in its loop, may be wrong here by 1e-6",
            status=Status.INACCURATE,
            advice="tune this network with engine='ngspice'",
        )


def absorbed_by_lanes(network: Network, tones: Sequence[Tone], movable: Sequence[str]) -> Objective:
    """Measure by the linear engine; as :func:`.objective.absorbed_at_tones` does by ngspice."""
    heard = listening(network, tones, movable)
    d = len(movable)
    lanes = np.empty(d * LANES)

    def objective(x: NDArray[np.float64]) -> Absorbed:
        lanes[:] = np.repeat(x, LANES)
        measure(heard, lanes)
        check_growth(heard)
        own = heard.own_power[: d * LANES].reshape(d, LANES)[:, 0].copy()
        return Absorbed(float(heard.total[0]), own)

    return objective


def powers_by_lanes(
    network: Network, tones: Sequence[Tone], movable: Sequence[str]
) -> Callable[[NDArray[np.float64]], NDArray[np.float64]]:
    """Return the total power [W] (n,) as a function of points x (n, d), eight at a time.

    It is nan where the component values leave the range of floating point.
    """
    heard = listening(network, tones, movable)
    lanes = np.empty((len(movable), LANES))

    def powers(points: NDArray[np.float64]) -> NDArray[np.float64]:
        found = np.empty(len(points))
        beyond = np.logical_not((np.abs(points) < _LARGEST).all(axis=1))
        for first in range(0, len(points), LANES):
            some = points[first : first + LANES].T
            n = some.shape[1]
            lanes[:, :n], lanes[:, n:] = some, some[:, :1]
            measure(heard, lanes.ravel())
            found[first : first + n] = heard.total[:n]
            if not beyond[first : first + n].any():
                check_growth(heard)
        return np.where(beyond, np.nan, found)

    return powers
