"""The numeric elimination, eight circuits at once, as a program of places says it.

The circuit's equations A x = 0 are for unknowns in the order of elimination, the driven one last.
First come sparse columns, eliminated one by one, A_ij <- A_ij - A_ik A_kj / A_kk, each product at a
place that is known beforehand. What is left is dense, and factored as G G^T by tiles of 3 x 3 that
stay in registers. The pivot that remains is the admittance of the driven port.

There is no pivoting: the growth max |A_kk before| / |A_kk| tells where some was needed.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from .compiled import compiled
from .lanes import (
    LANES,
    add_to,
    fused,
    get,
    get_real,
    inverse,
    inverse_root,
    less_product,
    magnitude,
    maximum,
    negative,
    opposite,
    product,
    put,
    put_real,
    same,
)
from .program import TILE

__all__ = ["assemble", "eliminate", "substitute_back", "substitute_forward"]


@compiled
def assemble(program, values, omega, admittances, matrix, weights):
    """Write the branches' admittances 1 / (R + j (omega L - S / omega)) and the matrix of them.

    ``values`` are R, L and S = 1/C of each branch as real vectors, (n_branches, 3, LANES) flat;
    ``weights`` become sum |Y| at each unknown, a real vector each.
    """
    matrix[:] = 0.0
    weights[:] = 0.0
    w = get_real(omega, 0)
    over_w = same(1.0) / w
    for b in range(len(program.first)):
        at = 3 * LANES * b
        # the reactance with one rounding less: at resonance it is a small difference
        x = fused(
            w, get_real(values, at + LANES), negative(over_w * get_real(values, at + 2 * LANES))
        )
        y, _ = inverse((get_real(values, at), x))
        put(admittances, b, y)
        size = magnitude(y)
        i, j = program.first[b], program.second[b]
        add_to(matrix, program.diagonal[i], y)
        put_real(weights, i * LANES, get_real(weights, i * LANES) + size)
        if j >= 0:
            add_to(matrix, program.diagonal[j], y)
            put_real(weights, j * LANES, get_real(weights, j * LANES) + size)
            add_to(matrix, program.between[b], opposite(y))


@compiled
def eliminate(program, matrix, weights, growth):
    """Factor the matrix in its place; write the largest growth, squared.

    The diagonal then holds 1 / pivot of the sparse columns, 1 / sqrt(pivot) of the dense ones, and
    at last the admittance of the driven port.
    """
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    most = same(0.0)
    at = 0
    for k in range(n_sparse):
        over, size = inverse(get(matrix, program.diagonal[k]))
        put(matrix, program.diagonal[k], over)
        weight = get_real(weights, k * LANES)
        most = maximum(most, weight * weight * size)
        first, last = program.entry[k], program.entry[k + 1]
        for i in range(first, last):
            scaled = product(get(matrix, i), over)
            for j in range(first, i + 1):
                to = program.target[at]
                put(matrix, to, less_product(get(matrix, to), scaled, get(matrix, j)))
                at += 1
    m = n - n_sparse + program.padding
    for k in range(program.padding):
        put(matrix, program.tail + k * (m + 1), (same(1.0), same(0.0)))
    put_real(growth, 0, maximum(most, _dense(matrix, program.tail, m, weights, n - m)))


@compiled
def _dense(matrix, tail, m, weights, unknown):
    """Factor the lower triangle (m, m) as G G^T, but for its last pivot; 1 / G_kk is kept."""
    growth = same(0.0)
    for i in range(0, m, TILE):
        ti = tail + i * m
        for j in range(0, i + 1, TILE):
            tj = tail + j * m
            a00, a01, a02 = get(matrix, ti + j), get(matrix, ti + j + 1), get(matrix, ti + j + 2)
            at = ti + m + j
            a10, a11, a12 = get(matrix, at), get(matrix, at + 1), get(matrix, at + 2)
            at += m
            a20, a21, a22 = get(matrix, at), get(matrix, at + 1), get(matrix, at + 2)
            for k in range(j):
                y0 = get(matrix, tj + k)
                y1 = get(matrix, tj + m + k)
                y2 = get(matrix, tj + 2 * m + k)
                x = get(matrix, ti + k)
                a00, a01, a02 = (
                    less_product(a00, x, y0),
                    less_product(a01, x, y1),
                    less_product(a02, x, y2),
                )
                x = get(matrix, ti + m + k)
                a10, a11, a12 = (
                    less_product(a10, x, y0),
                    less_product(a11, x, y1),
                    less_product(a12, x, y2),
                )
                x = get(matrix, ti + 2 * m + k)
                a20, a21, a22 = (
                    less_product(a20, x, y0),
                    less_product(a21, x, y1),
                    less_product(a22, x, y2),
                )
            at = ti + j
            put(matrix, at, a00)
            put(matrix, at + 1, a01)
            put(matrix, at + 2, a02)
            at += m
            put(matrix, at, a10)
            put(matrix, at + 1, a11)
            put(matrix, at + 2, a12)
            at += m
            put(matrix, at, a20)
            put(matrix, at + 1, a21)
            put(matrix, at + 2, a22)
            growth = maximum(growth, _finish(matrix, tail, m, i, j, weights, unknown))
    return growth


@compiled
def _finish(matrix, tail, m, i, j, weights, unknown):
    """Eliminate the three columns from j within the tile at (i, j)."""
    growth = same(0.0)
    for k in range(j, j + TILE):
        pivot = tail + k * m + k
        if i == j:
            over, size = inverse_root(get(matrix, pivot))
            if k < m - 1:
                put(matrix, pivot, over)
            if unknown + k >= 0:
                weight = get_real(weights, (unknown + k) * LANES)
                growth = maximum(growth, weight * weight * size)
        over = get(matrix, pivot)
        for r in range(max(i, k + 1), i + TILE):
            g = product(get(matrix, tail + r * m + k), over)
            put(matrix, tail + r * m + k, g)
            for c in range(k + 1, min(j + TILE, r + 1)):
                at = tail + r * m + c
                put(matrix, at, less_product(get(matrix, at), g, get(matrix, tail + c * m + k)))
    return growth


@compiled
def substitute_back(program, matrix, x):
    """Solve for all unknowns but the last, which is given, in place: from w to x.

    ``x`` holds what :func:`substitute_forward` left, or zeros, (n_unknowns,) complex vectors.
    """
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    m = n - n_sparse + program.padding
    for i in range(n - 1, n_sparse - 1, -1):
        at = program.tail + (i - n + m) * m - n + m
        if i < n - 1:
            put(x, i, product(get(x, i), get(matrix, program.diagonal[i])))
        given = get(x, i)
        for k in range(n_sparse, i):
            put(x, k, less_product(get(x, k), get(matrix, at + k), given))
    for k in range(n_sparse - 1, -1, -1):
        v = (same(0.0), same(0.0))
        for i in range(program.entry[k], program.entry[k + 1]):
            v = less_product(v, get(matrix, i), get(x, program.row[i]))
        v = product(v, get(matrix, program.diagonal[k]))
        add_to(x, k, v)


@compiled
def substitute_forward(program, matrix, x):
    """Eliminate the right-hand side ``x`` in place; what comes to the last row stays there."""
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    m = n - n_sparse + program.padding
    for k in range(n_sparse):
        scaled = product(get(x, k), get(matrix, program.diagonal[k]))
        put(x, k, scaled)
        for i in range(program.entry[k], program.entry[k + 1]):
            to = program.row[i]
            put(x, to, less_product(get(x, to), get(matrix, i), scaled))
    for i in range(n_sparse, n):
        at = program.tail + (i - n + m) * m - n + m
        b = get(x, i)
        for k in range(n_sparse, i):
            b = less_product(b, get(matrix, at + k), get(x, k))
        if i < n - 1:
            b = product(b, get(matrix, program.diagonal[i]))
        put(x, i, b)
