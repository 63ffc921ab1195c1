"""One circuit of any linear kind solved with care: all currents as unknowns, and refinement.

As :mod:`.tableau` for R, L and C, and hundreds of times dearer than lanes. It serves where the
pivots that were chosen for another circuit lose digits in this one.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .laws import N_FIXED, Laws
from .pivots import balanced
from .stamps import base_values, coefficients

__all__ = ["Careful", "care", "weak_parts"]

_REFINEMENTS = 3
_SHARE = 0.03  # of the largest: what has less is only dragged along
_EPS = float(np.finfo(float).eps)


class Careful(NamedTuple):
    """For 1 V peak at the driven port; ``x`` by slot (n_slots,)."""

    admittance: complex
    admittance_error: float
    power: float
    power_error: float
    x: NDArray[np.complex128]
    meeting: float  # sum of the magnitudes of the currents that meet at the port [A]


class _Tableau:
    """The equations of one lane; those of slots 1 and 3 on are for unknowns of slots 2 and on."""

    def __init__(self, laws: Laws, values: NDArray[np.float64], omega: float) -> None:
        self.laws, self.own = laws, N_FIXED + laws.n_nodes
        base = base_values(laws, values.astype(np.longdouble)[None])[0]
        self.coefficient = coefficients(laws, base, omega)
        self.of_term = np.repeat(np.arange(len(laws.first)), np.diff(laws.terms.start))
        own, t = self.own + np.arange(len(laws.first)), laws.terms
        one = np.ones(len(own))
        entries: list[tuple[Any, Any, Any]] = [
            (np.array([1]), np.array([2]), -np.ones(1)),
            (laws.first, own, one),
            (laws.second, own, -one),
            (own, laws.plus, one),
            (own, laws.minus, -one),
            (own[self.of_term], t.plus, -self.coefficient),
            (own[self.of_term], t.minus, self.coefficient),
        ]
        row, column = (np.concatenate([e[k] for e in entries]) for k in (0, 1))
        data = np.concatenate([np.asarray(e[2], complex) for e in entries])
        inside = (row != 0) & (column > 1)
        i = np.maximum(row - 2, 0)[inside]
        size = laws.n_slots - 2
        self.matrix, self.of_row, self.of_column = balanced(
            i, column[inside] - 2, data[inside], size
        )

    def factor(self) -> None:
        from scipy.sparse.linalg import splu

        self.factors = splu(self.matrix)

    def probes(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return what the terms act on (n_terms,)."""
        return x[self.laws.terms.plus] - x[self.laws.terms.minus]

    def missing(self, x: NDArray[Any]) -> NDArray[Any]:
        """Return left minus right side of all equations by slot (n_slots,)."""
        laws, out = self.laws, np.zeros(self.laws.n_slots, np.clongdouble)
        currents = x[self.own :]
        out[1] = -x[2]
        np.add.at(out, laws.first, currents)
        np.add.at(out, laws.second, -currents)
        out[self.own :] = x[laws.plus] - x[laws.minus]
        np.subtract.at(out, self.own + self.of_term, self.coefficient * self.probes(x))
        out[0] = out[2] = 0
        return out

    def asked(self, weight: NDArray[Any]) -> NDArray[Any]:
        """Return the transposed equations' left sides by slot of the unknown (n_slots,)."""
        laws, out = self.laws, np.zeros(self.laws.n_slots, np.clongdouble)
        of_law = weight[self.own :]
        out[self.own :] = weight[laws.first] - weight[laws.second]
        out[2] = -weight[1]
        np.add.at(out, laws.plus, of_law)
        np.subtract.at(out, laws.minus, of_law)
        pull = self.coefficient * of_law[self.of_term]
        np.subtract.at(out, laws.terms.plus, pull)
        np.add.at(out, laws.terms.minus, pull)
        out[:2] = 0
        return out

    def solve(self) -> NDArray[Any]:
        """Return x by slot in extended precision."""
        x = np.zeros(self.laws.n_slots, np.clongdouble)
        x[1] = 1
        for _ in range(1 + _REFINEMENTS):
            missing = self.missing(x)
            right = np.r_[missing[1], missing[N_FIXED:]] * self.of_row
            x[2:] -= self.factors.solve(np.asarray(right, complex)) * self.of_column
        return x

    def weigh(self, wish: NDArray[Any]) -> NDArray[Any]:
        """Return the weights of the equations by slot, for a wish by slot of the unknowns."""
        weight = np.zeros(self.laws.n_slots, np.clongdouble)
        for _ in range(1 + _REFINEMENTS):
            right = (wish - self.asked(weight))[2:] * self.of_column
            step = self.factors.solve(np.asarray(right, complex), trans="T") * self.of_row
            weight[1] += step[0]
            weight[N_FIXED:] += step[1:]
        return weight


def care(laws: Laws, values: NDArray[np.float64], omega: float) -> Careful:
    """Solve one circuit with ``values`` (n_values,) at omega [rad/s].

    Raises
    ------
    RuntimeError
        It is singular to the last digit.
    """
    tableau = _Tableau(laws, values, omega)
    tableau.factor()
    x = tableau.solve()
    missing, probes = tableau.missing(x), np.abs(tableau.coefficient * tableau.probes(x))
    r = np.zeros(len(laws.first))
    resistor = np.array([p.letter == "r" and not p.is_load for p in laws.parts])[laws.terms.part]
    np.add.at(r, tableau.of_term, np.where(resistor, np.abs(tableau.coefficient), 0).astype(float))
    currents = x[tableau.own :]
    dissipated = r * np.abs(currents) ** 2
    wish = np.zeros(laws.n_slots, np.clongdouble)
    wish[2] = 1
    of_y = tableau.weigh(wish)
    wish[2], wish[tableau.own :] = 0, r * np.conj(currents)
    of_p = tableau.weigh(wish)

    def rounding(weight: NDArray[Any]) -> Any:
        return _EPS * np.sum(np.abs(weight[tableau.own + tableau.of_term]) * probes)

    at_port = (laws.first == 1) | (laws.second == 1)
    return Careful(
        complex(x[2]),
        float(rounding(of_y) + abs(of_y @ missing)),
        float(np.sum(dissipated) / 2),
        float(rounding(of_p) + _EPS * np.sum(dissipated) + abs(np.real(of_p @ missing))),
        x.astype(complex),
        float(np.sum(np.abs(currents[at_port]))),
    )


def weak_parts(laws: Laws, values: NDArray[np.float64], omega: float) -> list[int]:
    """Return the parts at which something is undetermined, where a circuit is singular.

    They have a share in what the equations, balanced, hardly hold: the last singular vector.
    """
    tableau = _Tableau(laws, values, omega)
    wild = np.zeros(laws.n_slots)
    _, _, vectors = np.linalg.svd(tableau.matrix.toarray())
    wild[2:] = np.abs(vectors[-1])
    share = wild[tableau.own :].copy()
    if share.max() < _SHARE * wild.max():  # no current is undetermined, only voltages
        share = np.maximum(wild[laws.first], wild[laws.second])
    weak = np.flatnonzero(share > _SHARE * share.max())
    order = weak[np.argsort(-share[weak], kind="stable")]
    return [k for b in order.tolist() for k in np.flatnonzero(laws.branch == b).tolist()]
