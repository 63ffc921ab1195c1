"""Eigenvalues and -vectors of state equations whose rates may lie many decades apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .state import StateEquations

__all__ = ["eigenpairs"]

_DECADES = 3.0  # of the eigenvalues that one shift gives


def eigenpairs(state: StateEquations) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Eigenvalues p [1/s] (n,) and eigenvectors (n_states, n) of A, the fastest first.

    What the structure tells is exact: poles of RC and RL networks are real, those of lossless
    ones on the axis, and states that rest have p = 0. Otherwise the QR algorithm's errors are
    those of the largest eigenvalue, so each few decades get eigenvalues of their own, of the
    inverse at a shift.
    """
    n_l, n_c = state.coupling.shape
    moving = np.setdiff1d(np.arange(n_c + n_l), state.still)
    c, l = moving[moving < n_c], moving[moving >= n_c] - n_c  # noqa: E741
    conductive, resistive = state.conductive[:, c], state.resistive[l].T
    if not c.size or not l.size:
        found = _real(resistive if l.size else conductive)
    elif not conductive.any() and not resistive.any():
        found = _lossless(state.coupling[np.ix_(l, c)])
    else:
        found = _any(state.matrix[np.ix_(moving, moving)])
        found[0].real = np.minimum(found[0].real, 0.0)  # passive, but for rounding
    poles = np.concatenate([found[0], np.zeros(len(state.still), complex)])
    vectors = np.zeros((n_c + n_l, n_c + n_l), complex)
    vectors[moving, : len(moving)] = found[1]
    vectors[state.still, np.arange(len(moving), n_c + n_l)] = 1.0
    return poles, vectors


def _real(root: NDArray[np.float64]) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Of A = -root^T root."""
    _, s, vh = np.linalg.svd(root, full_matrices=True)
    rates = np.zeros(root.shape[1])
    rates[: len(s)] = s**2
    return -rates.astype(complex), vh.T.astype(complex)


def _lossless(
    coupling: NDArray[np.float64],
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Of [[0, -H^T], [H, 0]]: p = +-j s from H = U s V^T, with vectors (V, -+j U)."""
    u, s, vh = np.linalg.svd(coupling, full_matrices=True)
    (n_l, n_c), k = coupling.shape, len(s)
    vectors = np.zeros((n_l + n_c, n_l + n_c), complex)
    vectors[:n_c, 0 : 2 * k : 2] = vectors[:n_c, 1 : 2 * k : 2] = vh.T[:, :k]
    vectors[n_c:, 0 : 2 * k : 2], vectors[n_c:, 1 : 2 * k : 2] = -1j * u[:, :k], 1j * u[:, :k]
    vectors[:n_c, 2 * k : k + n_c] = vh.T[:, k:]
    vectors[n_c:, k + n_c :] = u[:, k:]
    poles = np.zeros(n_l + n_c, complex)
    poles[0 : 2 * k : 2], poles[1 : 2 * k : 2] = 1j * s, -1j * s
    return poles, vectors


def _any(
    matrix: NDArray[np.float64],
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    n = len(matrix)
    poles, vectors = _sorted(*np.linalg.eig(matrix))
    done = _gap(np.abs(poles), 0)
    while done < n:
        # slower ones once more, from the inverse at a shift among them: their rounding is its own
        shift = float(abs(poles[done]))
        mu, again = np.linalg.eig(np.linalg.inv(shift * np.eye(n) - matrix))
        mu[np.abs(mu) < 1e-300] = 1e-300  # the fastest, which are known
        slower, again = _sorted(shift - 1 / mu, again)
        poles = np.concatenate([poles[:done], slower[done:]])
        vectors = np.hstack([vectors[:, :done], again[:, done:]])
        done = _gap(np.abs(poles), done)
    return poles, vectors


def _sorted(
    poles: NDArray[np.inexact], vectors: NDArray[np.inexact]
) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    order = np.lexsort([-poles.imag, -np.abs(poles)])
    return poles[order].astype(complex), vectors[:, order].astype(complex)


def _gap(rate: NDArray[np.float64], begin: int) -> int:
    """Where to cut the falling rates: at the widest gap about some decades below the first."""
    end = len(rate)
    floor = rate[begin] * 10.0**-_DECADES
    if rate[end - 1] >= floor:
        return end
    first = int(np.searchsorted(-rate[begin:end], -10 * floor)) + begin
    last = int(np.searchsorted(-rate[begin:end], -floor)) + begin
    with np.errstate(divide="ignore"):
        gaps = np.diff(-np.log(rate[first - 1 : last + 1]))
    return first + int(np.argmax(gaps))
