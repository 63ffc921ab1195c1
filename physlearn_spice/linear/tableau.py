"""One circuit solved with care: pivoting, currents beside voltages, and refinement.

The sparse tableau has the current i_b of every branch as an unknown beside the node voltages v,

    sum of the currents that leave a node = 0,    v_first - v_second - z_b i_b = 0,

so that no impedance, however small, is inverted. It costs a hundred times the elimination in lanes,
and serves where that one says that it needed pivoting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .program import Program

__all__ = ["Solution", "solve_with_care", "weak_branches"]

_REFINEMENTS = 3
_EPS = float(np.finfo(float).eps)


@dataclass(frozen=True)
class Solution:
    """For 1 V peak at the driven port; see :class:`.batches.Answers`."""

    admittance: complex
    admittance_error: float
    power: float
    power_error: float
    voltage: NDArray[np.complex128]
    current: NDArray[np.complex128]
    adjoint: NDArray[np.complex128]


class _Tableau:
    """The factored equations, their rows scaled; unknowns are v (n - 1) and i (n_branches)."""

    def __init__(self, program: Program, branches: NDArray[np.float64], omega: float) -> None:
        from scipy.sparse import csc_array
        from scipy.sparse.linalg import splu

        self.n, self.first, self.second = len(program.diagonal) - 1, program.first, program.second
        ohm, henry, elastance = branches.T.astype(np.longdouble)  # products below keep their digits
        self.z = ohm + 1j * (omega * henry - elastance / omega)
        self.size = np.asarray(ohm + omega * henry + elastance / omega, float)
        n_branches, k = len(ohm), np.arange(len(ohm))
        # currents count in units of V / ohm, so that both kinds of rows are of one size
        self.ohm = float(np.exp(np.mean(np.log(self.size))))
        scale = 1 / np.maximum(1.0, self.size / self.ohm)
        a, b = self.first < self.n, (self.second >= 0) & (self.second < self.n)
        row = np.r_[self.first[a], self.second[b], self.n + k[a], self.n + k[b], self.n + k]
        column = np.r_[self.n + k[a], self.n + k[b], self.first[a], self.second[b], self.n + k]
        z = np.asarray(self.z / self.ohm, complex)
        data = np.r_[np.ones(a.sum()), -np.ones(b.sum()), scale[a], -scale[b], -z * scale]
        size = self.n + n_branches
        self.scale = np.r_[np.ones(self.n), scale]
        self.factors = splu(csc_array((data.astype(complex), (row, column)), shape=(size, size)))

    def missing(self, v: NDArray[Any], i: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any], Any]:
        """Return the currents missing at nodes, voltages missing in branches, the port's current.

        ``v`` (n,) has the driven node at its end.
        """
        leaving = np.zeros(self.n + 2, v.dtype)  # the last takes what flows to the reference
        np.add.at(leaving, self.first, i)
        np.add.at(leaving, self.second, -i)
        across = v[self.first] - np.where(self.second < 0, 0, v[self.second])
        return -leaving[: self.n], self.z * i - across, leaving[self.n]

    def solve(self, port: float, driven: Any = 0.0) -> tuple[NDArray[Any], NDArray[Any]]:
        """Return v (n,) and i (n_branches,) in extended precision.

        ``port`` [V] is given, and a source ``driven`` [V] (n_branches,) in each branch.
        """
        v = np.zeros(self.n + 1, np.clongdouble)
        v[-1] = port
        i = np.zeros(len(self.z), np.clongdouble)
        for _ in range(1 + _REFINEMENTS):
            currents, voltages, _ = self.missing(v, i)
            right = np.concatenate([currents * self.ohm, voltages + driven]) * self.scale
            step = self.factors.solve(np.asarray(right, complex))
            v[:-1] += step[: self.n]
            i += step[self.n :] / self.ohm
        return v, i


def solve_with_care(program: Program, branches: NDArray[np.float64], omega: float) -> Solution:
    """Solve one circuit: R, L and S of its branches (n_branches, 3), at omega [rad/s].

    Raises
    ------
    RuntimeError
        It is singular to the last digit.
    """
    tableau = _Tableau(program, branches, omega)
    r = program.counts * branches[:, 0]
    v, i = tableau.solve(1.0)
    currents, voltages, admittance = tableau.missing(v, i)
    # dP = Re sum R conj(i) di: the adjoint is the same circuit with these sources in the branches
    adjoint, pull = tableau.solve(0.0, r * np.conj(i))
    dissipated = r * np.abs(i) ** 2
    of_y = np.sum(tableau.size * np.abs(i) ** 2)
    of_p = np.sum(np.abs(pull * i) * tableau.size + dissipated)
    return Solution(
        complex(admittance),
        float(_EPS * of_y + abs(v[:-1] @ currents + i @ voltages)),
        float(np.sum(dissipated) / 2),
        float(_EPS * of_p + abs(adjoint[:-1] @ currents + pull @ voltages)),
        v.astype(complex),
        i.astype(complex),
        adjoint.astype(complex),
    )


def weak_branches(
    program: Program, branches: NDArray[np.float64], omega: float
) -> NDArray[np.int64]:
    """Return the branches whose currents run wild near a frequency at which a circuit is singular.

    Beside the frequency, a source in every branch excites what is nearly an eigenvector.
    """
    tableau = _Tableau(program, branches, omega * (1 + 1e-7))
    rng = np.random.default_rng(0)
    _, i = tableau.solve(0.0, tableau.size * rng.standard_normal(len(tableau.size)))
    energy = np.asarray(np.abs(i) ** 2 * tableau.size, float)
    order = np.argsort(-energy)
    return order[energy[order] > 1e-3 * energy[order[0]]]
