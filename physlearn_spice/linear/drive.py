"""Drive a linear network at a port, at many frequencies and with many sets of values."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import SimulationError, Status
from ..network import Network
from .active.drive import drive_active, is_active
from .batches import Room, admittances, answers, answers_for, room_for
from .compiled import announce
from .parts import in_parts
from .request import Request, respond
from .response import Response
from .structure import Others, structure
from .tableau import Solution, solve_with_care, weak_branches
from .values import branch_values

__all__ = ["Job", "admittance", "drive", "driving_point"]

_GROWTH = 300.0  # two such pivots in a row may cost 5 of 16 digits: look closer
_EXCESS = 100.0  # times what rounding of the values does: pivoting will help
_FINE = 1e-10  # relative error of the admittance that needs no help: a tenth of what is promised
_FINE_POWER = 1e-8  # and of the power
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
    of = driving_point(network, values=values, port=port, others=others, threads=threads)
    return of(frequency)


def driving_point(
    network: Network,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    others: Others = "closed",
    threads: int = 1,
) -> Callable[[ArrayLike], NDArray[np.complex128]]:
    """Return the :func:`admittance` as a function of frequency [Hz] (n_freq,) alone.

    For who asks often, as :func:`.fitted` does: names, topology and values are looked at once.
    Parameters and errors are those of :func:`drive`.
    """
    if is_active(network):
        ask = values, port, others, threads
        return lambda f: drive_active(network, f, *ask, with_power=False).admittance
    job = Job(network, values, port, others)
    return lambda f: _admittance(job.at(f), threads)


def _admittance(job: Job, threads: int) -> NDArray[np.complex128]:
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
        y[..., where] = _answer(job.at(job.frequency[where]), threads, keep=False).admittance
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
        Of resistors, inductors, their couplings, capacitors and controlled sources.
    frequency
        [Hz] (n_freq,), positive.
    values
        By name of an element or a coupling, values [Ohm, H, F], gains and coefficients that are not
        the network's own; their shapes broadcast to the shape of the sets.
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
        The network is nonlinear, or a value can't be one of its kind.
    SimulationError
        The network is singular at a frequency, told with the elements that make it so.
    """
    if is_active(network):
        return drive_active(network, frequency, values, port, others, threads, keep=keep)
    return _answer(Job(network, values, port, others).at(frequency), threads, keep)


class Job(Request):
    """A request to a network of R, L and C, with the branches that they make up."""

    def __init__(
        self,
        network: Network,
        values: Mapping[str, ArrayLike] | None,
        port: str | None,
        others: Others,
    ) -> None:
        self.structure = structure(network, port, others)
        super().__init__(network, values, port, others)
        self.branches = branch_values(network, self.structure, self.flat)

    def run(self, threads: int, work: Callable[[Room, int, int], None]) -> None:
        """Call ``work`` for all lanes, in as many parts as there are threads."""
        in_parts(
            self.n_lanes,
            threads,
            lambda first, last: work(room_for(self.structure.program), first, last),
        )

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
    fine = (out.admittance_error <= _FINE * size) & (out.power_error <= _FINE_POWER * power)
    with_care = ~(fine | (out.excess < _EXCESS) & (out.admittance_error <= _WRONG * size))
    for lane in np.flatnonzero(with_care).tolist():
        found = _with_care(job, lane)
        out.admittance[lane], out.admittance_error[lane] = found.admittance, found.admittance_error
        out.power[lane], out.power_error[lane] = found.power, found.power_error
        if keep:
            out.voltage[lane], out.current[lane] = found.voltage, found.current
    return respond(job, out, with_care, job.structure if keep else None)
