"""Networks with couplings and controlled sources, driven at a port.

Lanes go through an elimination whose pivots were chosen for one of them. Where a residual says that
they did not suit, pivots are chosen anew for one of those that are left; what is wrong then, or
stands alone, is solved by itself with care.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..errors import SimulationError, Status
from ..network import Network
from .active_lanes import LaneAnswers, answer_lanes, workplace_for
from .full_tableau import Careful, care, weak_parts
from .lanes import LANES
from .laws import Laws
from .stamps import assembly_for, base_values, coefficients

__all__ = ["ActiveAnswers", "Flows", "answer_active", "flows"]

_CHOICES = 3  # of pivots; each costs as much as a few lanes by themselves
_EXCESS = 100.0  # times what rounding of the values does: other pivots will help
_FINE = 1e-12  # relative error that needs no help
_WRONG = 1e-6  # relative error beyond which nothing is handed out, as of ngspice


class ActiveAnswers(NamedTuple):
    """For 1 V peak at the port, arrays (n_lanes,); ``x`` by slot (n_lanes, n_slots), or empty."""

    admittance: NDArray[np.complex128]
    admittance_error: NDArray[np.float64]
    power: NDArray[np.float64]
    power_error: NDArray[np.float64]
    x: NDArray[np.complex128]
    with_care: NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class _Lanes:
    """Lanes count through the frequencies of one value set, then of the next."""

    network: Network
    laws: Laws
    values: NDArray[np.float64]  # (n_sets, n_values)
    base: NDArray[np.float64]  # (n_sets, n_terms)
    omega: NDArray[np.float64]

    def of(self, lane: int) -> tuple[int, float]:
        """Value set and omega of a lane."""
        return lane // len(self.omega), float(self.omega[lane % len(self.omega)])


def answer_active(
    network: Network,
    laws: Laws,
    values: NDArray[np.float64],
    omega: NDArray[np.float64],
    *,
    threads: int = 1,
    keep: bool = False,
    with_power: bool = True,
) -> ActiveAnswers:
    """Answer all lanes: ``values`` (n_sets, n_values) at each omega [rad/s] (n_freq,).

    Raises
    ------
    SimulationError
        A lane is singular.
    """
    job = _Lanes(network, laws, values, np.ascontiguousarray(base_values(laws, values)), omega)
    n = len(values) * len(omega)
    out = LaneAnswers(
        np.empty(n, complex),
        *(np.empty(n) for _ in range(4)),
        np.empty((n if keep else 0, laws.n_slots), complex),
    )
    left, chosen = np.arange(n), 0
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
    return ActiveAnswers(*out[:4], out.x, with_care)


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
    blocks = -(-len(lanes) // LANES)
    edges = [min(blocks * k // threads * LANES, len(lanes)) for k in range(threads + 1)]

    def part(k: int) -> None:
        answer_lanes(
            assembly,
            pivots,
            workplace_for(assembly, pivots),
            job.base,
            job.omega,
            lanes,
            edges[k],
            edges[k + 1],
            out,
            with_power,
        )

    if threads == 1:
        part(0)
        return
    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(part, range(threads)))


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
        found = care(job.laws, job.values[of], omega)
    except RuntimeError:
        raise _singular(job, lane) from None
    # a lossless network may take no current at all: that is no singularity
    if not found.admittance_error < _WRONG * (abs(found.admittance) + found.meeting):
        raise _singular(job, lane)
    return found


def _singular(job: _Lanes, lane: int) -> SimulationError:
    of, omega = job.of(lane)
    weak = weak_parts(job.laws, job.values[of], omega)
    names = [job.network.elements[k].name for k in weak if k < len(job.network.elements)]
    some = ", ".join(map(repr, names[:8])) + (" and others" if len(names) > 8 else "")
    return SimulationError(
        f"the network is singular at {omega / (2 * np.pi):.9g} Hz: nothing determines what "
        f"{some or 'the port'} carries",
        status=Status.SINGULAR,
        advice="give one of them a resistance, change a gain, or leave this frequency out",
    )


@dataclass(frozen=True, eq=False)
class Flows:
    """Where a response finds its voltages and currents; see :class:`.response.Places`."""

    branch: NDArray[np.int64]
    way: NDArray[np.int64]
    unknown: dict[str, int]
    floating: dict[str, int]
    steps: tuple[()] = ()


def flows(
    laws: Laws,
    values: NDArray[np.float64],
    omega: NDArray[np.float64],
    x: NDArray[np.complex128],
) -> tuple[Flows, NDArray[np.complex128], NDArray[np.complex128]]:
    """Voltages of all nodes (n_lanes, n_nodes) and currents of all parts (n_lanes, n_parts).

    ``x`` are those of the slots (n_lanes, n_slots).
    """
    terms = laws.terms
    base = base_values(laws, values)
    factor = np.array([np.ones_like(omega) + 0j, 1j * omega, -1j / omega])[terms.power]
    coefficient = (base[:, None, :] * factor.T).reshape(len(x), len(terms.part))
    dropped = coefficient * (x[:, terms.plus] - x[:, terms.minus])
    drop = np.zeros((len(laws.parts), len(x)), complex)
    np.add.at(drop, terms.part, dropped.T)
    known = {node: x[:, slot] for node, slot in laws.slot.items()}
    for before, node, part in laws.steps:
        known[node] = known[before] - drop[part] if part >= 0 else known[before]
    first_current = laws.n_slots - len(laws.first)
    current = np.zeros((len(x), len(laws.parts)), complex)
    flowing = laws.branch >= 0
    current[:, flowing] = x[:, first_current + laws.branch[flowing]] * laws.way[flowing]
    places = Flows(
        np.arange(len(laws.parts)),
        np.ones(len(laws.parts), np.int64),
        {node: k for k, node in enumerate(known)},
        laws.floating,
    )
    return places, np.array([*known.values()]).T.reshape(len(x), len(known)), current
