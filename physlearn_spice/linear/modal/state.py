"""State equations of a linear network, with every degeneracy taken out exactly.

With x = (sqrt(C) v, sqrt(L) i) in orthonormal coordinates, so that |x|^2 / 2 is the stored energy,
a passive reciprocal network driven at one port or more obeys

    x' = A x -+ J g u,   response = g^T x + d u + e u',   A = [[-G, -H^T], [H, -R]]

with G, R >= 0 and J = diag(1, -1): J A is symmetric. The minus is for source voltages u, whose
response is the current out of the sources; the plus for an injected current, whose response is
the voltage. What has no state of its own (nodes without capacitor, loops of capacitors and
sources, cut sets of inductors) is eliminated along a normal tree by orthogonal transformations
of sqrt(C), sqrt(1/R) and sqrt(1/L) times branch voltages, never of their squares.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from ...errors import PhyslearnError
from ...network import Network
from .normal_tree import Branches, Part, branches

__all__ = ["StateEquations", "state_equations"]

_MOST_STATES = 2000  # whose eigenvalues take some 20 s

Matrix = NDArray[np.float64]


@dataclass(frozen=True)
class StateEquations:
    """The equations above, and what the states are.

    Parameters
    ----------
    branches
        The elements, and the tree along which they were eliminated.
    conductive, coupling, resistive
        G^(1/2) (n, n_c), H (n_l, n_c), R^(1/2) (n_l, n): [1/s] and its root.
    drive, direct, slope
        g (n_states, n_in), d (n_in, n_in), e (n_in, n_in).
    is_current
        Whether u is an injected current.
    tree_state, tree_input
        Tree voltages by states (n_tree, n_states) and by inputs (n_tree, n_in). Of an injected
        current voltages also follow the slope, which is left out here.
    current
        Inductor currents by states (n_inductors, n_l).
    roots
        Triangles of sqrt(C), sqrt(1/R) and sqrt(1/L) times branch voltages (n, n_tree + n_in), by
        tree voltages and sources.
    still
        Indices of states on which nothing else depends: trapped charges, and the flux of inductors
        across a source.
    """

    branches: Branches
    conductive: Matrix
    coupling: Matrix
    resistive: Matrix
    drive: Matrix
    direct: Matrix
    slope: Matrix
    is_current: bool
    tree_state: Matrix
    tree_input: Matrix
    current: Matrix
    roots: tuple[Matrix, Matrix, Matrix]
    still: NDArray[np.intp]

    @cached_property
    def matrix(self) -> Matrix:
        """A [1/s] (n_states, n_states)."""
        g, h, r = self.conductive, self.coupling, self.resistive
        return np.block([[-g.T @ g, -h.T], [h, -r @ r.T]])

    @cached_property
    def signature(self) -> Matrix:
        """Diagonal of J (n_states,)."""
        n_l, n_c = self.coupling.shape
        return np.repeat([1.0, -1.0], [n_c, n_l])

    @property
    def input(self) -> Matrix:
        """What u does to x': -+ J g (n_states, n_in)."""
        return self.signature[:, None] * self.drive * (1.0 if self.is_current else -1.0)

    @property
    def node_state(self) -> Matrix:
        """Node voltages by states (n_nodes, n_states)."""
        return self.branches.voltage @ self.tree_state

    @property
    def node_input(self) -> Matrix:
        """Node voltages by inputs (n_nodes, n_in)."""
        from_tree = self.branches.voltage @ self.tree_input
        return from_tree if self.is_current else from_tree + self.branches.source


def state_equations(
    network: Network,
    sources: Sequence[str] = (),
    *,
    open_port: str | None = None,
    bare: bool = False,
    currents: bool = False,
) -> StateEquations:
    """Reduce a network that is driven by source voltages, or by a current into its open port.

    Without ``currents`` those of the inductors are left out, which takes half the time; the other
    arguments are those of :func:`~physlearn_spice.linear.normal_tree.branches`.

    Raises
    ------
    PhyslearnError
        More than 2,000 states.
    """
    found = branches(network, sources, open_port=open_port, bare=bare)
    n_c, n_g, n_l = found.n_tree
    rank = found.inductor_rank - n_l
    if n_c + rank > _MOST_STATES:
        raise PhyslearnError(f"{n_c + rank} states; at most {_MOST_STATES} are taken")
    own_c, by_c, _ = _triangle(found.capacitors, 0, n_c)
    own_g, by_g, _ = _triangle(found.resistors, n_c, n_c + n_g)
    own_l, by_l, q = _triangle(found.inductors, n_c + n_g, n_c + n_g + n_l, with_q=currents)
    across, trapped = found.inductors_across, found.trapped.shape[1]
    lower, current = _compressed(by_l[n_l:], q[:, n_l:], n_c + n_g, (rank - across, across))
    current = np.sqrt(found.inductors.size)[:, None] * current if currents else current

    # sources divide among capacitors at once; then what is left among resistors
    c_in = -_solve(own_c, by_c[:n_c])
    g_c, g_in = by_g[:, :n_c], by_g[:, n_c:] + by_g[:, :n_c] @ c_in
    f_c, f_g, f_in = np.split(lower, [n_c, n_c + n_g], axis=1)
    f_in = f_in + f_c @ c_in
    resistive = _solve(own_g, f_g.T, transposed=True).T
    # y = turn^T own_c v: charges that have no way out come last, and move nothing
    turn = np.linalg.qr(own_c @ found.trapped, mode="complete")[0][:, ::-1]
    conductive = _solve(own_c, g_c[n_g:].T, transposed=True).T @ turn
    coupling = _solve(own_c, (f_c - resistive @ g_c[:n_g]).T, transposed=True).T @ turn
    conductive[:, n_c - trapped :] = coupling[:, n_c - trapped :] = 0.0
    if open_port is None:
        g_own, l_in = g_in[:n_g], by_l[:n_l, n_c + n_g :]
        drive = np.vstack([conductive.T @ g_in[n_g:], f_in - resistive @ g_own])
        direct, slope = g_in[n_g:].T @ g_in[n_g:], by_c[n_c:].T @ by_c[n_c:]
    else:
        into_c, into_g, into_l = np.split(found.injected[:, None], [n_c, n_c + n_g])
        l_own = _solve(own_l, into_l, transposed=True)  # flows through a cut set at once
        into_c = into_c - by_l[:n_l, :n_c].T @ l_own
        into_g = into_g - by_l[:n_l, n_c : n_c + n_g].T @ l_own
        g_own = -_solve(own_g, into_g, transposed=True)
        into_c = turn.T @ _solve(own_c, into_c + g_c[:n_g].T @ g_own, transposed=True)
        drive = np.vstack([into_c, resistive @ g_own])
        direct, slope = g_own.T @ g_own, l_own.T @ l_own
        c_in, l_in = np.zeros((n_c, 1)), np.zeros((n_l, 1))

    zeros = np.zeros((n_c, rank))
    top = np.hstack([_solve(own_c, turn), zeros, c_in])
    c_state = top[:, :n_c]
    middle = -_solve(own_g, np.hstack([g_c[:n_g] @ c_state, resistive.T, g_own]))
    inputs = np.hstack([np.zeros((n_l, n_c + rank)), l_in])
    bottom = by_l[:n_l, :n_c] @ top + by_l[:n_l, n_c : n_c + n_g] @ middle + inputs
    tree = np.vstack([top, middle, -_solve(own_l, bottom)])

    return StateEquations(
        found,
        conductive,
        coupling,
        resistive,
        drive,
        direct,
        slope,
        open_port is not None,
        tree[:, : n_c + rank],
        tree[:, n_c + rank :],
        current,
        (
            _root(own_c, by_c, 0, sum(found.n_tree)),
            _root(own_g, by_g, n_c, sum(found.n_tree)),
            _root(own_l, by_l, n_c + n_g, sum(found.n_tree)),
        ),
        np.r_[n_c - trapped : n_c, n_c + rank - across : n_c + rank],
    )


def _triangle(
    part: Part, begin: int, end: int, *, with_q: bool = False
) -> tuple[Matrix, Matrix, Matrix]:
    """QR factors of sqrt(size) times branch voltages, by the kind's own tree voltages.

    Returns
    -------
    own
        Upper triangle (n_own, n_own) of the tree voltages ``begin`` to ``end``.
    others
        By the tree voltages before ``begin``, and the sources (n_row, begin + n_sources).
    q
        Orthonormal columns (n, n_row); without ``with_q`` none (0, n_row).
    """
    voltage, own = part.voltage, end - begin
    columns = [voltage[:, begin:end], voltage[:, :begin], part.source]
    # rows of falling size keep the digits of the small (Cox and Higham, in Numerical Analysis 1997)
    matrix = np.sqrt(part.size)[:, None] * np.hstack(columns)
    if with_q:
        q, r = np.linalg.qr(matrix)
    else:
        r = np.asarray(np.linalg.qr(matrix, mode="r"))
        q = np.zeros((0, len(r)))
    return r[:own, :own], r[:, own:], q


def _root(own: Matrix, others: Matrix, begin: int, n_tree: int) -> Matrix:
    root = np.zeros((len(others), n_tree + others.shape[1] - begin))
    root[: len(own), begin : begin + len(own)] = own
    root[:, :begin], root[:, n_tree:] = others[:, :begin], others[:, begin:]
    return root


def _compressed(lower: Matrix, q: Matrix, n: int, ranks: tuple[int, int]) -> tuple[Matrix, Matrix]:
    """Fewest rows with the same squares, and what the columns of q become.

    The first ``n`` columns have the first of the ranks. Rows beyond have only the other columns.
    Currents around loops of inductors drive nothing, and drop out here.
    """
    from scipy.linalg import qr

    done = 0
    for columns, rank in zip((slice(n), slice(n, None)), ranks, strict=True):
        if rank:
            turn = np.asarray(qr(lower[done:, columns], pivoting=True)[0])
            lower = np.vstack([lower[:done], turn.T @ lower[done:]])
            q = np.hstack([q[:, :done], q[:, done:] @ turn])
        done += rank
        lower[done:, columns] = 0.0
    return lower[:done], q[:, :done]


def _solve(triangle: Matrix, right: Matrix, *, transposed: bool = False) -> Matrix:
    from scipy.linalg import solve_triangular

    if not right.size:
        return np.zeros_like(right)
    return np.asarray(solve_triangular(triangle, right, trans=int(transposed), check_finite=False))
