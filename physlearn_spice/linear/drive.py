"""Drive a linear network at a port, at many frequencies and with many sets of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhyslearnError, SimulationError, Status
from ..network import Network
from .batches import Room, admittances, answers, answers_for, room_for
from .compiled import announce
from .lanes import LANES
from .response import Response
from .structure import Others, structure
from .tableau import Solution, solve_with_care, weak_branches
from .values import branch_values, element_values

__all__ = ["Job", "admittance", "drive"]

_GROWTH = 1e3  # two such pivots in a row may cost 6 of 16 digits: look closer
_EXCESS = 100.0  # times what rounding of the values does: pivoting will help
_FINE = 1e-12  # relative error that needs no help
_WRONG = 1e-6  # relative error beyond which nothing is handed out, as of ngspice


def admittance(
    network: Network,
    frequency: ArrayLike,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    others: Others = "closed",
    threads: int = 1,
) -> NDArray[np.complex128]:
    """Driving-point admittance [S] (*sets, n_freq), without the source's resistance.

    The fastest way to a spectrum. Where the growth of a pivot tells that digits may have been lost,
    it takes the way of :func:`drive`.

    Parameters and errors are those of :func:`drive`.
    """
    job = Job(network, frequency, values, port, others)
    y, growth = np.empty(job.n_lanes, complex), np.empty(job.n_lanes)
    program = job.structure.program

    announce(admittances)

    def work(room: Room, first: int, last: int) -> None:
        admittances(program, room, job.branches, job.omega, first, last, y, growth)

    job.run(threads, work)
    # a branch of no impedance is infinite in the matrix, and the growth does not show that
    doubtful = ~((growth < _GROWTH) & np.isfinite(y))
    where = doubtful.reshape(len(job.branches), len(job.frequency)).any(axis=0)
    y = y.reshape(job.shape)
    if where.any():
        again = Job(network, job.frequency[where], values, port, others)
        y[..., where] = _answer(again, threads, keep=False).admittance
    return y


def drive(
    network: Network,
    frequency: ArrayLike,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    others: Others = "closed",
    threads: int = 1,
    keep: bool = False,
) -> Response:
    """Drive a linear network at one port, and find what it answers.

    Parameters
    ----------
    network
        Of resistors, inductors and capacitors.
    frequency
        [Hz] (n_freq,), positive.
    values
        By element name, values [Ohm, H, F] that are not the network's own; their shapes broadcast
        to the shape of the sets.
    port
        The driven port; the first by default.
    others
        How the other ports end: ``"closed"`` by their own resistance, ``"short"`` or ``"open"``.
    threads
        How many share the work.
    keep
        Whether voltages, currents and powers by element are wanted: n_freq x n_nodes numbers.

    Raises
    ------
    NetworkError
        The network is nonlinear, or a value is not positive and finite.
    SimulationError
        The network is singular at a frequency, told with the elements that make it so.
    """
    return _answer(Job(network, frequency, values, port, others), threads, keep)


class Job:
    """What is to be computed: lanes count through the frequencies of one set, then of the next."""

    def __init__(
        self,
        network: Network,
        frequency: ArrayLike,
        values: Mapping[str, ArrayLike] | None,
        port: str | None,
        others: Others,
    ) -> None:
        self.network, self.port = network, network.port(port)
        self.others: Others = others
        self.structure = structure(network, port, others)
        self.frequency = np.atleast_1d(np.asarray(frequency, float))
        wrong = ~(np.isfinite(self.frequency) & (self.frequency > 0))
        if self.frequency.ndim != 1 or wrong.any():
            which = f"{self.frequency[wrong][0]:g} Hz" if wrong.any() else "an array of 2 axes"
            raise PhyslearnError(f"frequencies: {which} in them; must be positive, in one row")
        self.values = element_values(network, values, port, others)
        flat = self.values.reshape(-1, self.values.shape[-1])
        self.branches = branch_values(network, self.structure, flat)
        self.omega = 2 * np.pi * self.frequency
        self.shape = (*self.values.shape[:-1], len(self.frequency))
        self.n_lanes = len(flat) * len(self.frequency)

    def run(self, threads: int, work: Callable[[Room, int, int], None]) -> None:
        """Call ``work`` for all lanes, in as many parts as there are threads."""
        blocks = -(-self.n_lanes // LANES)
        edges = [min(blocks * k // threads * LANES, self.n_lanes) for k in range(threads + 1)]

        def part(k: int) -> None:
            work(room_for(self.structure.program), edges[k], edges[k + 1])

        if threads == 1:
            part(0)
            return
        with ThreadPoolExecutor(threads) as pool:
            list(pool.map(part, range(threads)))

    def lane(self, lane: int) -> tuple[NDArray[np.float64], float]:
        """Branch values (n_branches, 3) and omega of one lane."""
        return self.branches[lane // len(self.omega)], float(self.omega[lane % len(self.omega)])


def _with_care(job: Job, lane: int) -> Solution:
    branches, omega = job.lane(lane)
    try:
        found = solve_with_care(job.structure.program, branches, omega)
    except RuntimeError:
        raise _singular(job, lane) from None
    program, size = job.structure.program, abs(found.admittance)
    if not found.admittance_error < _WRONG * size:
        # a lossless network may take no current at all: that is no singularity
        at_port = (program.first == len(program.diagonal) - 1) | (
            program.second == len(program.diagonal) - 1
        )
        r, x, s = branches[at_port].T
        with np.errstate(divide="ignore"):
            size += np.sum(1 / np.abs(r + 1j * (omega * x - s / omega)))
        if not found.admittance_error < _WRONG * size:
            raise _singular(job, lane)
    return found


def _singular(job: Job, lane: int) -> SimulationError:
    branches, omega = job.lane(lane)
    weak = weak_branches(job.structure.program, branches, omega)
    branch = job.structure.branch
    names = [e.name for k, e in enumerate(job.network.elements) if branch[k] in weak]
    some = ", ".join(map(repr, names[:8])) + (" and others" if len(names) > 8 else "")
    return SimulationError(
        f"the network is singular at {omega / (2 * np.pi):.9g} Hz: nothing damps the resonance of "
        f"{some}",
        status=Status.SINGULAR,
        advice="give one of them a resistance, or leave this frequency out",
    )


def _answer(job: Job, threads: int, keep: bool) -> Response:
    n = job.n_lanes
    program = job.structure.program
    out = answers_for(program, n, keep=keep)
    announce(answers)

    def work(room: Room, first: int, last: int) -> None:
        answers(program, room, job.branches, job.omega, first, last, out)

    job.run(threads, work)
    size, power = np.abs(out.admittance), out.power
    fine = (out.admittance_error <= _FINE * size) & (out.power_error <= _FINE * power)
    with_care = ~(fine | (out.excess < _EXCESS) & (out.admittance_error <= _WRONG * size))
    for lane in np.flatnonzero(with_care).tolist():
        found = _with_care(job, lane)
        out.admittance[lane], out.admittance_error[lane] = found.admittance, found.admittance_error
        out.power[lane], out.power_error[lane] = found.power, found.power_error
        if keep:
            out.voltage[lane], out.current[lane] = found.voltage, found.current
    across = np.abs(1 / (1 + job.port.resistance * out.admittance)) ** 2  # |V|^2 at the port
    of_source = 2 * job.port.resistance * out.admittance_error * np.sqrt(across)

    def relative(error: NDArray[np.float64], of: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(error, of, out=np.zeros(n), where=error > 0)

    def shaped(array: NDArray[Any]) -> NDArray[Any]:
        return array.reshape(*job.shape, *array.shape[1:])

    with np.errstate(divide="ignore"):
        admittance_error = relative(out.admittance_error, np.abs(out.admittance))
        power_error = relative(out.power_error, out.power) + of_source
    return Response(
        job.network,
        job.port.name,
        job.others,
        job.frequency,
        shaped(out.admittance),
        shaped(admittance_error),
        shaped(out.power * across),
        shaped(power_error),
        shaped(with_care),
        job.structure,
        job.values,
        shaped(out.voltage) if keep else None,
        shaped(out.current) if keep else None,
    )
