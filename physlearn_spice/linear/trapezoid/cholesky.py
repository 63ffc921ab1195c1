"""Real nodal equations: factored once, then solved for one right-hand side after the other.

The matrix of positive conductances is symmetric and positive definite, and becomes L D L^T: sparse
columns first, as the program of the elimination says, then what is dense. What is solved again and
again is solved by the sparse columns and the inverse of what is dense, or, where all is small, of
everything: products that wait for nothing are faster than half as many in a chain.

Arrays hold numbers, of one run, or vectors, of eight.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

from numba.extending import register_jitable

from ..compiled import compiled
from ..lanes import LANES, fused, get_real, put_real, same
from .either import add, alike, load, minus, plus, store, take

__all__ = ["ABREAST", "assemble", "factor", "invert", "solve"]

ABREAST = 4  # columns of the inverse that are multiplied together


@compiled
def assemble(program, conductance, matrix):
    """Write the matrix of the branches' conductances [S]."""
    matrix[:] = 0.0
    for b in range(len(program.first)):
        y = load(conductance, b)
        i, j = program.first[b], program.second[b]
        add(matrix, program.diagonal[i], y)
        if j >= 0:
            add(matrix, program.diagonal[j], y)
            take(matrix, program.between[b], y)


@compiled
def factor(program, matrix):
    """Factor as L D L^T in place; the diagonal becomes 1/D, but the last entry of D, the port's."""
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    one = alike(matrix, 1.0)
    at = 0
    for k in range(n_sparse):
        over = one / load(matrix, k)
        store(matrix, k, over)
        first, last = program.entry[k], program.entry[k + 1]
        for i in range(first, last):
            x = load(matrix, i) * over
            for j in range(first, i + 1):
                to = program.target[at]
                store(matrix, to, minus(load(matrix, to), x, load(matrix, j)))
                at += 1
        for i in range(first, last):
            store(matrix, i, load(matrix, i) * over)
    m = n - n_sparse + program.padding
    for i in range(program.padding, m):
        row = program.tail + i * m
        for k in range(program.padding, i):
            other = program.tail + k * m
            x = load(matrix, row + k)
            for p in range(program.padding, k):
                x = minus(x, load(matrix, row + p), load(matrix, other + p))
            store(matrix, row + k, x)
        pivot = load(matrix, row + i)
        for k in range(program.padding, i):
            x = load(matrix, row + k)
            scaled = x * load(matrix, program.tail + k * (m + 1))
            pivot = minus(pivot, x, scaled)
            store(matrix, row + k, scaled)
        if i < m - 1:
            pivot = one / pivot
        store(matrix, row + i, pivot)


@register_jitable(inline="always")
def _forward(program, matrix, x, n_columns):
    """Eliminate sparse columns of the right-hand side: x becomes D^-1 L^-1 x of these."""
    for k in range(n_columns):
        b = load(x, k)
        for i in range(program.entry[k], program.entry[k + 1]):
            to = program.row[i]
            store(x, to, minus(load(x, to), load(matrix, i), b))
        store(x, k, b * load(matrix, k))


@register_jitable(inline="always")
def _back(program, matrix, x, n_columns):
    """Find the unknowns of the sparse columns from D^-1 L^-1 b, and from the others."""
    for k in range(n_columns - 1, -1, -1):
        v = load(x, k)
        for i in range(program.entry[k], program.entry[k + 1]):
            v = minus(v, load(matrix, i), load(x, program.row[i]))
        store(x, k, v)


@compiled
def invert(program, matrix, resistance, n_columns, x, inverse):
    """Write what each unknown but the first ``n_columns``, and the source, does to all of these.

    The source stands at place n of ``x`` (n + 1,), which becomes the current that it gives; between
    it and the last unknown is its ``resistance`` [Ohm]. ``inverse`` is listed by columns;
    for one run by columns of eight rows at a time, which are multiplied as vectors.
    """
    n, n_sparse = len(program.diagonal), len(program.entry) - 1
    m = n - n_sparse + program.padding
    one, rs = alike(x, 1.0), alike(x, resistance)
    port = load(matrix, program.diagonal[n - 1])
    share = one / plus(one, rs, port)
    width = n + 1 - n_columns
    n_abreast = width + -width % ABREAST
    for column in range(width):
        x[:] = 0.0
        store(x, n_columns + column, one)
        _forward(program, matrix, x, n_sparse)
        for i in range(n_sparse, n):
            at = program.tail + (i - n + m) * m - n + m
            b = load(x, i)
            for k in range(n_sparse, i):
                b = minus(b, load(matrix, at + k), load(x, k))
            store(x, i, b)
        pushed, e = load(x, n - 1), load(x, n)
        for k in range(n_sparse, n - 1):
            store(x, k, load(x, k) * load(matrix, program.diagonal[k]))
        store(x, n, (port * e - pushed) * share)
        store(x, n - 1, plus(e, rs, pushed) * share)
        for i in range(n - 1, n_sparse - 1, -1):
            at = program.tail + (i - n + m) * m - n + m
            v = load(x, i)
            for k in range(n_sparse, i):
                store(x, k, minus(load(x, k), load(matrix, at + k), v))
        _back(program, matrix, x, n_sparse)
        for k in range(width):
            at = (k // LANES * n_abreast + column) * LANES + k % LANES
            if x.ndim == 2:
                at = column * width + k
            store(inverse, at, load(x, n_columns + k))


@register_jitable(inline="always")
def solve(program, matrix, inverse, n_columns, b, x):
    """Solve for unknowns and source current ``x`` (n + 1,); spoils the right-hand side ``b``.

    Both have room for ``LANES`` more.
    """
    _forward(program, matrix, b, n_columns)
    for k in range(n_columns):
        store(x, k, load(b, k))
    _multiply(inverse, len(program.diagonal) + 1 - n_columns, n_columns, b, x)
    _back(program, matrix, x, n_columns)


@register_jitable(inline="always")
def _multiply(inverse, width, first, b, x):
    n_abreast = width + -width % ABREAST
    if x.ndim == 1:
        at = 0
        for k in range(first, first + width, LANES):
            v0, v1, v2, v3 = same(0.0), same(0.0), same(0.0), same(0.0)
            for i in range(first, first + n_abreast, ABREAST):
                v0 = fused(get_real(inverse, at), same(b[i]), v0)
                v1 = fused(get_real(inverse, at + LANES), same(b[i + 1]), v1)
                v2 = fused(get_real(inverse, at + 2 * LANES), same(b[i + 2]), v2)
                v3 = fused(get_real(inverse, at + 3 * LANES), same(b[i + 3]), v3)
                at += ABREAST * LANES
            put_real(x, k, (v0 + v1) + (v2 + v3))
    else:
        zero = alike(x, 0.0)
        for k in range(first, first + width):
            store(x, k, zero)
        for column in range(0, width, ABREAST):
            at, of = column * width, first + column
            b0, b1, b2, b3 = load(b, of), load(b, of + 1), load(b, of + 2), load(b, of + 3)
            for k in range(first, first + width):
                v = plus(load(x, k), load(inverse, at), b0)
                v = plus(v, load(inverse, at + width), b1)
                v = plus(v, load(inverse, at + 2 * width), b2)
                store(x, k, plus(v, load(inverse, at + 3 * width), b3))
                at += 1
