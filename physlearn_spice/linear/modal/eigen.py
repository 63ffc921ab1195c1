"""Eigenvalues and -vectors of state equations whose rates may lie many decades apart."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .state import StateEquations

__all__ = ["eigenpairs"]


def eigenpairs(state: StateEquations) -> tuple[NDArray[np.complex128], NDArray[np.complex128]]:
    """Eigenvalues p [1/s] (n,) and eigenvectors (n_states, n) of A, the fastest first.

    What the structure tells is exact: poles of RC and RL networks are real, those of lossless
    ones on the axis, and states that rest have p = 0.
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
    # passive, but for rounding
    moved = np.minimum(found[0].real, 0.0) + 1j * found[0].imag
    poles = np.concatenate([moved, np.zeros(len(state.still), complex)])
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
    # fast states first: of a matrix that falls off downwards the QR algorithm deflates the small
    # eigenvalues with digits of their own, of one that rises with those that the large ones leave
    order = np.argsort(-np.abs(matrix).sum(axis=0), kind="stable")
    found = np.linalg.eig(matrix[np.ix_(order, order)])
    poles: NDArray[np.complex128] = np.asarray(found[0], complex)
    vectors = np.zeros(matrix.shape, complex)
    vectors[order] = found[1]
    by_rate = np.lexsort([-poles.imag, -np.abs(poles)])
    return poles[by_rate], vectors[:, by_rate]
