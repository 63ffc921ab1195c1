"""How admittance and absorbed power change with every value: all derivatives from one solution.

With A the nodal matrix of branch admittances y_b = 1/z_b, v the voltages for 1 V at the port and
i_b the branch currents, dY = sum_b v_b^2 dy_b = - sum_b i_b^2 dz_b (Tellegen). The power
P = sum R_b |i_b|^2 / 2 takes one more solution with the same factors, the adjoint A a = dP/dv:

    dP = sum_b |i_b|^2 dR_b / 2 + Re sum_b (a_b - R_b conj(i_b)) y_b i_b dz_b.

A source behind Rs leaves the port V = 1 / (1 + Rs Y) of its 1 V, and P |V|^2 is absorbed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..network import Network
from .batches import Room, answers, answers_for
from .drive import Job
from .tableau import solve_with_care
from .values import element_impedance

__all__ = ["Gradient", "gradient"]

_EXCESS = 100.0  # times the rounding of values: from here on, pivoting helps


@dataclass(frozen=True)
class Gradient:
    """Derivatives for 1 V peak of the source behind Rs; shapes (*sets, n_freq) and one axis more.

    Parameters
    ----------
    names
        The n_names elements that are moved.
    absorbed_power
        Mean power [W] in the network's resistors, (*sets, n_freq).
    power
        d(absorbed power) / d ln(value) [W], (*sets, n_freq, n_names).
    admittance
        d(driving-point admittance) / d ln(value) [S], likewise.
    """

    names: tuple[str, ...]
    absorbed_power: NDArray[np.float64]
    power: NDArray[np.float64]
    admittance: NDArray[np.complex128]


def gradient(
    network: Network,
    frequency: ArrayLike,
    names: Sequence[str] | None = None,
    *,
    values: Mapping[str, ArrayLike] | None = None,
    port: str | None = None,
    threads: int = 1,
) -> Gradient:
    """Differentiate what a network of R, L and C takes, with respect to ln(value) of elements.

    Parameters
    ----------
    names
        Elements; all by default.

    Other parameters and errors are those of :func:`.drive`.
    """
    job = Job(network, values, port, "closed").at(frequency)
    program = job.structure.program
    out = answers_for(program, job.n_lanes, keep=True, weighed=True)

    def work(room: Room, first: int, last: int) -> None:
        answers(program, room, job.branches, job.omega, first, last, out)

    job.run(threads, work)
    for lane in np.flatnonzero(~(out.excess < _EXCESS)).tolist():
        careful = solve_with_care(program, *job.lane(lane))
        out.admittance[lane], out.power[lane] = careful.admittance, careful.power
        out.current[lane], out.adjoint[lane] = careful.current, careful.adjoint
    at_end = np.pad(out.adjoint, ((0, 0), (0, 1)))  # 0 at the reference, which is -1
    pull = at_end[:, program.first] - at_end[:, program.second]
    sets, of_freq = np.divmod(np.arange(job.n_lanes), len(job.omega))
    omega = job.omega[of_freq, None]
    r, x, s = job.branches[sets].transpose(2, 0, 1)
    y = 1 / (r + 1j * (omega * x - s / omega))
    absorbing = program.counts * r
    by_z = (pull - absorbing * np.conj(out.current)) * y * out.current
    square = np.abs(out.current) ** 2
    # d z / d ln(value) is the element's own impedance
    chosen = tuple(e.name for e in network.elements) if names is None else tuple(names)
    network.values(chosen)
    of_y = np.zeros((job.n_lanes, len(chosen)), complex)
    of_p = np.zeros((job.n_lanes, len(chosen)))
    index = {e.name: k for k, e in enumerate(network.elements)}
    flat = job.values.reshape(-1, job.values.shape[-1])[sets]
    for column, name in enumerate(chosen):
        e, branch = index[name], job.structure.branch[index[name]]
        if branch < 0:
            continue
        z = element_impedance(network[name].letter, flat[:, e], omega[:, 0])
        of_y[:, column] = -(out.current[:, branch] ** 2) * z
        of_p[:, column] = np.real(by_z[:, branch] * z)
        if network[name].letter == "r":
            of_p[:, column] += square[:, branch] * flat[:, e] / 2
        elif network[name].letter == "c":  # its impedance falls as its value rises
            of_y[:, column] *= -1
            of_p[:, column] *= -1
    loaded = 1 + job.port.resistance * out.admittance
    across = 1 / np.abs(loaded) ** 2
    by_source = 2 * np.real(job.port.resistance * of_y / loaded[:, None])
    power = across[:, None] * (of_p - out.power[:, None] * by_source)
    return Gradient(
        chosen,
        (out.power * across).reshape(job.shape),
        power.reshape(*job.shape, -1),
        of_y.reshape(*job.shape, -1),
    )
