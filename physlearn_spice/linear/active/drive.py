"""Networks with couplings and controlled sources, driven at a port.

Lanes go through an elimination whose pivots were chosen for one of them. Where a residual says that
they did not suit, pivots are chosen anew for one of those that are left; what is wrong then, or
stands alone, is solved by itself with care.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ...errors import SimulationError, Status
from ...network import Network
from ..batches import Answers
from ..compiled import announce
from ..lanes import LANES
from ..parts import in_parts
from ..request import Request, respond
from ..response import Response
from ..structure import Others
from .elimination import LaneAnswers, answer_lanes, workplace_for
from .flows import flows
from .full_tableau import Careful, care, weak_parts
from .laws import Laws, laws
from .stamps import assembly_for, base_values, coefficients

__all__ = ["drive_active", "is_active"]

_CHOICES = 3  # of pivots; each costs as much as a few lanes by themselves
_EXCESS = 100.0  # times what rounding of the values does: other pivots will help
_FINE = 1e-12  # relative error that needs no help
_WRONG = 1e-6  # relative error beyond which nothing is handed out, as of ngspice


@dataclass(frozen=True, eq=False)
class _Lanes:
    """Lanes count through the frequencies of one value set, then of the next."""

    request: Request
    laws: Laws
    base: NDArray[np.float64]  # (n_sets, n_terms)

    def of(self, lane: int) -> tuple[int, float]:
        """Value set and omega of a lane."""
        omega = self.request.omega
        return lane // len(omega), float(omega[lane % len(omega)])


def is_active(network: Network) -> bool:
    """Whether it takes more than an elimination of branches: couplings or controlled sources."""
    return bool(network.controlled or network.couplings)


def drive_active(
    network: Network,
    frequency: ArrayLike,
    values: Mapping[str, ArrayLike] | None,
    port: str | None,
    others: Others,
    threads: int = 1,
    *,
    keep: bool = False,
    with_power: bool = True,
) -> Response:
    """Drive a network; see :func:`.drive`. Without power that is zero, and faster.

    Raises
    ------
    NetworkError
        The network is nonlinear, or another port shorts the driven one.
    SimulationError
        A lane is singular.
    """
    of = laws(network, port, others)
    request = Request(network, values, port, others).at(frequency)
    base = np.ascontiguousarray(base_values(of, request.flat))
    job, n = _Lanes(request, of, base), request.n_lanes
    error, p, of_p, excess = np.empty((4, n))
    x = np.empty((n if keep else 0, of.n_slots), complex)
    out = LaneAnswers(np.empty(n, complex), error, p, of_p, excess, x)
    left, chosen = np.arange(n), 0
    announce(answer_lanes)
    while len(left) and chosen < _CHOICES and (chosen == 0 or len(left) > LANES):
        # a lane in the middle: of a sweep's ends, one is often nearly singular
        example = int(left[len(left) * (2 * chosen + 1) // (2 * _CHOICES)])
        _sweep(job, left, example, threads, out, with_power)
        left, chosen = left[~_is_good(out, left)], chosen + 1
    with_care = np.zeros(n, bool)
    with_care[left] = True
    for lane in left.tolist():
        found = _with_care(job, lane)
        out.admittance[lane], out.admittance_error[lane] = found.admittance, found.admittance_error
        out.power[lane], out.power_error[lane] = found.power, found.power_error
        if keep:
            out.x[lane] = found.x
    nothing = np.empty((0, 0), complex)
    answers = Answers(*out[:5], nothing, nothing, nothing)
    if not keep:
        return respond(request, answers, with_care, None)
    places, voltage, current = flows(of, base, request.omega, out.x)
    return respond(request, answers._replace(voltage=voltage, current=current), with_care, places)


def _sweep(
    job: _Lanes,
    lanes: NDArray[np.int64],
    example: int,
    threads: int,
    out: LaneAnswers,
    with_power: bool,
) -> None:
    """Answer ``lanes`` with pivots chosen for an example; nan where there are none."""
    of, omega = job.of(example)
    try:
        assembly, pivots = assembly_for(job.laws, coefficients(job.laws, job.base[of], omega))
    except RuntimeError:  # it is singular, others need not be
        out.admittance_error[lanes] = np.nan
        return

    def part(first: int, last: int) -> None:
        place = workplace_for(assembly, pivots)
        ask = job.base, job.request.omega, lanes, first, last
        answer_lanes(assembly, pivots, place, *ask, out, with_power)

    in_parts(len(lanes), threads, part)


def _is_good(out: LaneAnswers, lanes: NDArray[np.int64]) -> NDArray[np.bool_]:
    size, power, error = (
        np.abs(out.admittance[lanes]),
        out.power[lanes],
        out.admittance_error[lanes],
    )
    fine = (error <= _FINE * size) & (out.power_error[lanes] <= _FINE * power)
    return fine | (out.excess[lanes] < _EXCESS) & (error <= _WRONG * size)


def _with_care(job: _Lanes, lane: int) -> Careful:
    of, omega = job.of(lane)
    try:
        found = care(job.laws, job.request.flat[of], omega)
    except RuntimeError:
        raise _singular(job, lane) from None
    # a lossless network may take no current at all: that is no singularity
    if not found.admittance_error < _WRONG * (abs(found.admittance) + found.meeting):
        raise _singular(job, lane)
    return found


def _singular(job: _Lanes, lane: int) -> SimulationError:
    of, omega = job.of(lane)
    weak = weak_parts(job.laws, job.request.flat[of], omega)
    elements = job.request.network.elements
    names = [elements[k].name for k in weak if k < len(elements)]
    some = ", ".join(map(repr, names[:8])) + (" and others" if len(names) > 8 else "")
    return SimulationError(
        f"the network is singular at {omega / (2 * np.pi):.9g} Hz: nothing determines what "
        f"{some or 'the port'} carries",
        status=Status.SINGULAR,
        advice="give one of them a resistance, change a gain, or leave this frequency out",
    )
