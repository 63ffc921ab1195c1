"""Driving-point functions at single frequencies, by nodal analysis along a normal tree."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from .normal_tree import Branches
from .state import StateEquations

__all__ = ["at_real", "driving_point"]


def at_real(state: StateEquations, s: NDArray[np.float64]) -> NDArray[np.float64]:
    """Admittance [S] or impedance [Ohm] (n,) at s > 0 [1/s] (n,), to rounding.

    There y = s C, 1/R, 1/(s L) are all positive, and Y is the least sum of y v^2 with 1 V at the
    source: a residual of least squares, which forms no differences of y.
    """
    n = state.roots[0].shape[1] - state.branches.source.shape[1]
    columns = [root[:, : n + 1] for root in state.roots]
    if state.is_current:  # one of the tree voltages around the port makes place for the port's
        around = state.branches.injected
        pivot = int(np.flatnonzero(around)[0])
        ratio = np.delete(around, pivot) / around[pivot]
        columns = [
            np.column_stack(
                [
                    np.delete(root, pivot, axis=1) - np.outer(root[:, pivot], ratio),
                    root[:, pivot] / around[pivot],
                ]
            )
            for root in state.roots
        ]
    found = np.zeros_like(s)
    for k, at in enumerate(s):
        scales = np.sqrt([at, 1.0, 1 / at])
        stack = np.vstack([c * root for c, root in zip(scales, columns, strict=True)])
        stack = stack[np.argsort(-np.abs(stack).max(axis=1))]  # see _triangle
        triangle = np.asarray(np.linalg.qr(stack, mode="r"))
        found[k] = triangle[-1, -1] ** 2 if len(triangle) == stack.shape[1] else 0.0
    return 1 / found if state.is_current else found


def driving_point(
    branches: Branches, s: NDArray[np.complexfloating]
) -> NDArray[np.complexfloating]:
    """Admittance [S] of the first source, or impedance [Ohm] of the open port, at s [1/s] (n,).

    The sum of y v^2 over the elements, which the error of the solution enters squared; nan on a
    pole without loss.
    """
    from scipy.sparse import csr_array

    is_current = bool(branches.injected.any())
    parts = (branches.capacitors, branches.resistors, branches.inductors)
    size = [part.size for part in parts]
    voltage = [csr_array(part.voltage) for part in parts]
    source = [part.source[:, :1] for part in parts]
    weighted = [(v * y[:, None]).T for v, y in zip(voltage, size, strict=True)]
    square = [(w @ v).toarray() for w, v in zip(weighted, voltage, strict=True)]
    push = [-(w @ v) for w, v in zip(weighted, source, strict=True)]
    inject = branches.injected[:, None]
    found = np.zeros_like(s)
    for k, at in enumerate(s):
        by = (at, 1.0, 1 / at)
        matrix = sum(y * a for y, a in zip(by, square, strict=True))
        right = inject if is_current else sum(y * b for y, b in zip(by, push, strict=True))
        # not of their sum, which is zero at the resonance of a lossless pair
        scale = np.sqrt(sum(abs(y) * np.diag(a) for y, a in zip(by, square, strict=True)))[:, None]
        try:
            tree = np.linalg.solve(matrix / scale / scale.T, right / scale) / scale
        except np.linalg.LinAlgError:
            found[k] = np.nan
            continue
        power = 0.0
        for y, c, v, b in zip(by, size, voltage, source, strict=True):
            drop = v @ tree if is_current else v @ tree + b
            power += y * (c @ drop[:, 0] ** 2)
        found[k] = 2 * (branches.injected @ tree[:, 0]) - power if is_current else power
    return found
