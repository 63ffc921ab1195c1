"""One branch changes: what is absorbed then, in O(1); and in O(n^2) the state that it leads to.

Let W = A_II^-1 be the inverse of the nodal matrix of all unknowns but the port's, v the voltages
for 1 V at the port, c a branch's incidence, and P = v^H G v with G = sum R |y|^2 c c^T / 2. A
change d of the branch's admittance is one of rank one (Sherman and Morrison), with w = W c,
u = c^T v and k = d / (1 + d c^T W c):

    W <- W - k w w^T,    v <- v - k u w,    Y <- Y + k u^2,
    P <- P - 2 Re(conj(k u) c^T q) + |k u|^2 c^T M c + change of the branch's own R |y|^2 |u|^2 / 2,

with q = W^H G v and M = W^H G W kept beside. P is a sum of squares, never Re Y. A state whose P
departs from the sum over its branches is computed anew.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .compiled import compiled

__all__ = ["SmallMoves", "accept", "propose", "rebuild", "small_moves"]


class SmallMoves(NamedTuple):
    """One circuit at several tones; complex arrays are split into (2, ...) of real ones.

    Unknowns count to n; n - 1 is the port, at 1 V, and n, or -1, is the reference, at 0 V.

    Parameters
    ----------
    first, second, counts
        As in :class:`.program.Program`.
    branches
        R, L and S = 1/C (n_branches, 3), as they are now.
    omega, squared
        Of each tone: [rad/s], and squared amplitude of the source [V^2].
    inverse, gram
        W and M of each tone (n_tones, 2, n + 1, n + 1), zero where no unknown is.
    voltage, weighed
        v and q of each tone (n_tones, n + 1).
    admittance
        Y of each tone, (n_tones,).
    power
        P of each tone for 1 V at the port, (n_tones,).
    resistance
        Rs of the source [Ohm].
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    counts: NDArray[np.float64]
    branches: NDArray[np.float64]
    omega: NDArray[np.float64]
    squared: NDArray[np.float64]
    inverse: NDArray[np.float64]
    gram: NDArray[np.float64]
    voltage: NDArray[np.complex128]
    weighed: NDArray[np.complex128]
    admittance: NDArray[np.complex128]
    power: NDArray[np.float64]
    resistance: float


def small_moves(
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    counts: NDArray[np.float64],
    n: int,
    omega: NDArray[np.float64],
    squared: NDArray[np.float64],
    resistance: float,
) -> SmallMoves:
    """Return room for a circuit of n unknowns; its ``branches`` are to be filled in."""
    n_tones = len(omega)
    return SmallMoves(
        first,
        second,
        counts,
        np.empty((len(first), 3)),
        omega,
        squared,
        np.zeros((n_tones, 2, n + 1, n + 1)),
        np.zeros((n_tones, 2, n + 1, n + 1)),
        np.zeros((n_tones, n + 1), complex),
        np.zeros((n_tones, n + 1), complex),
        np.zeros(n_tones, complex),
        np.zeros(n_tones),
        resistance,
    )


@compiled
def admittance_of(branch, omega):
    """1 / (R + j (omega L - S / omega)) of one branch (3,)."""
    return 1.0 / complex(branch[0], omega * branch[1] - branch[2] / omega)


@compiled
def square(z):
    """Return |z|^2."""
    return z.real * z.real + z.imag * z.imag


@compiled
def rebuild(moves):
    """Compute the state anew from the branches."""
    n = moves.voltage.shape[1] - 1
    for t in range(len(moves.omega)):
        matrix = np.zeros((n, n), np.complex128)
        for b in range(len(moves.first)):
            y = admittance_of(moves.branches[b], moves.omega[t])
            i, j = moves.first[b], moves.second[b]
            matrix[i, i] += y
            if j >= 0:
                matrix[j, j] += y
                matrix[i, j] -= y
                matrix[j, i] -= y
        inverse = np.linalg.inv(np.ascontiguousarray(matrix[: n - 1, : n - 1]))
        v = moves.voltage[t]
        v[:] = 0.0
        v[: n - 1] = -(inverse @ np.ascontiguousarray(matrix[: n - 1, n - 1]))
        v[n - 1] = 1.0
        moves.admittance[t] = matrix[n - 1] @ v[:n]
        gram = np.zeros((n + 1, n + 1), np.complex128)
        for b in range(len(moves.first)):
            i, j = moves.first[b], moves.second[b]
            y = admittance_of(moves.branches[b], moves.omega[t])
            g = 0.5 * moves.counts[b] * moves.branches[b, 0] * square(y)
            gram[i, i] += g
            if j >= 0:
                gram[j, j] += g
                gram[i, j] -= g
                gram[j, i] -= g
        pushed = np.ascontiguousarray(gram[:n, :n]) @ np.ascontiguousarray(v[:n])
        adjoint = np.ascontiguousarray(np.conj(inverse).T)
        moves.weighed[t] = 0.0
        moves.weighed[t, : n - 1] = adjoint @ np.ascontiguousarray(pushed[: n - 1])
        moves.power[t] = power_by_branches(moves, t)
        m = adjoint @ np.ascontiguousarray(gram[: n - 1, : n - 1]) @ inverse
        for i in range(n - 1):
            for j in range(n - 1):
                moves.inverse[t, 0, i, j] = inverse[i, j].real
                moves.inverse[t, 1, i, j] = inverse[i, j].imag
                moves.gram[t, 0, i, j] = m[i, j].real
                moves.gram[t, 1, i, j] = m[i, j].imag


@compiled
def power_by_branches(moves, t):
    """Sum of R |i|^2 / 2 for 1 V at the port, from the voltages of a tone."""
    total = 0.0
    for b in range(len(moves.first)):
        r = moves.counts[b] * moves.branches[b, 0]
        if r > 0:
            u = moves.voltage[t, moves.first[b]] - moves.voltage[t, moves.second[b]]
            y = admittance_of(moves.branches[b], moves.omega[t])
            total += 0.5 * r * square(y * u)
    return total


@compiled
def absorbed(moves, admittance, power, t):
    """Mean power [W] behind the source's resistance, from what 1 V at the port would do."""
    return power * moves.squared[t] / square(1.0 + moves.resistance * admittance)


@compiled
def change(moves, t, b, branch):
    """Return k, u, d c^T W c, Y and P of tone t if branch b had the values ``branch`` (3,)."""
    i, j = moves.first[b], moves.second[b]
    w, m = moves.inverse[t], moves.gram[t]
    old = admittance_of(moves.branches[b], moves.omega[t])
    new = admittance_of(branch, moves.omega[t])
    h = complex(w[0, i, i] + w[0, j, j] - 2 * w[0, i, j], w[1, i, i] + w[1, j, j] - 2 * w[1, i, j])
    u = moves.voltage[t, i] - moves.voltage[t, j]
    d = new - old
    k = d / (1.0 + d * h)
    pushed = k * u
    weighed = moves.weighed[t, i] - moves.weighed[t, j]
    of_w = m[0, i, i] + m[0, j, j] - 2 * m[0, i, j]
    g = 0.5 * moves.counts[b] * (branch[0] * square(new) - moves.branches[b, 0] * square(old))
    power = (
        moves.power[t]
        - 2 * (np.conj(pushed) * weighed).real
        + square(pushed) * of_w
        + g * square(u / (1.0 + d * h))
    )
    return k, u, d * h, moves.admittance[t] + pushed * u, power


@compiled
def propose(moves, b, branch):
    """Return the power [W] that is absorbed if branch b had the values ``branch`` (3,)."""
    total = 0.0
    for t in range(len(moves.omega)):
        _, _, _, admittance, power = change(moves, t, b, branch)
        total += absorbed(moves, admittance, power, t)
    return total


@compiled
def accept(moves, b, branch, tolerance):
    """Give branch b the values ``branch`` (3,); return how far the powers had drifted.

    Beyond ``tolerance``, relative, or where 1 + d c^T W c was a small difference, the state is
    computed anew.
    """
    n = moves.voltage.shape[1] - 1
    worst = 0.0
    for t in range(len(moves.omega)):
        k, u, dh, admittance, power = change(moves, t, b, branch)
        i, j = moves.first[b], moves.second[b]
        old = admittance_of(moves.branches[b], moves.omega[t])
        new = admittance_of(branch, moves.omega[t])
        gain = (
            0.5 * moves.counts[b] * (branch[0] * square(new) - moves.branches[b, 0] * square(old))
        )
        wr, wi = moves.inverse[t, 0], moves.inverse[t, 1]
        mr, mi = moves.gram[t, 0], moves.gram[t, 1]
        cr, ci = wr[i] - wr[j], wi[i] - wi[j]  # w
        gr, gi = mr[i] - mr[j], mi[j] - mi[i]  # m = M c, from rows of a Hermitian matrix
        inner = gr[i] - gr[j]  # c^T M c, real
        s = moves.weighed[t, i] - moves.weighed[t, j]
        shrink = 1.0 / (1.0 + dh)
        both = square(k) * inner + gain * square(shrink)
        pushed = k * u
        for a in range(n - 1):
            w = complex(cr[a], ci[a])
            m = complex(gr[a], gi[a])
            moves.voltage[t, a] -= pushed * w
            moves.weighed[t, a] += (
                -pushed * m
                - np.conj(k * w) * (s - pushed * inner)
                + gain * np.conj(w * shrink) * u * shrink
            )
            # W_ab -= k w_a w_b;  M_ab += (both conj(w_a) - k m_a) w_b - conj(k w_a) conj(m_b)
            x, y, z = k * w, both * np.conj(w) - k * m, np.conj(k * w)
            xr, xi, yr, yi, zr, zi = x.real, x.imag, y.real, y.imag, z.real, z.imag
            rr, ri, sr, si = wr[a], wi[a], mr[a], mi[a]
            for e in range(n - 1):
                rr[e] -= xr * cr[e] - xi * ci[e]
                ri[e] -= xr * ci[e] + xi * cr[e]
                sr[e] += yr * cr[e] - yi * ci[e] - (zr * gr[e] + zi * gi[e])
                si[e] += yr * ci[e] + yi * cr[e] - (zi * gr[e] - zr * gi[e])
        moves.admittance[t] = admittance
        moves.power[t] = power
        if (1.0 + abs(dh)) * abs(shrink) > 1e3:
            worst = np.inf
    moves.branches[b] = branch
    for t in range(len(moves.omega)):
        exact = power_by_branches(moves, t)
        worst = max(worst, abs(moves.power[t] - exact) / exact if exact > 0 else 0.0)
        moves.power[t] = exact
    if not worst < tolerance:
        rebuild(moves)
    return worst
