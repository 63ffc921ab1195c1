"""Arithmetic on single numbers or on eight at once, for functions that are compiled for both.

An array (n,) holds numbers, and an array (n, LANES) vectors; the same code, called with the one or
the other, computes one run or eight.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import numpy as np
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic, register_jitable
from numpy.typing import NDArray

from ..lanes import _SUFFIX, _VECTOR, LANES, _lanes, workspace

__all__ = ["add", "alike", "load", "minus", "number", "plus", "room", "store", "take"]


def _pointer(context, builder, array, value, place, lane=None):
    """Where a place, or one lane of it, begins."""
    data, width = context.make_array(array)(context, builder, value).data, LANES
    if array.ndim == 2:
        place = builder.mul(place, ir.Constant(place.type, width))
    if lane is not None:
        return builder.gep(data, [builder.add(place, lane)])
    start = builder.gep(data, [place])
    return builder.bitcast(start, _VECTOR.as_pointer()) if array.ndim == 2 else start


@intrinsic
def load(typing, array, place):
    """Return what is at a place."""

    def generate(context, builder, sig, args):
        return builder.load(_pointer(context, builder, sig.args[0], *args), align=8)

    return (_lanes if array.ndim == 2 else types.float64)(array, types.intp), generate


@intrinsic
def store(typing, array, place, x):
    """Write to a place."""

    def generate(context, builder, sig, args):
        builder.store(args[2], _pointer(context, builder, sig.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, x), generate


@intrinsic
def number(typing, array, place, lane):
    """Return one lane's number at a place; the lane is 0 where there is but one."""

    def generate(context, builder, sig, args):
        return builder.load(_pointer(context, builder, sig.args[0], *args), align=8)

    return types.float64(array, types.intp, types.intp), generate


@intrinsic
def alike(typing, array, x):
    """Return the number x as an array holds it: by itself, or in every lane."""

    def generate(context, builder, sig, args):
        if sig.args[0].ndim == 1:
            return args[1]
        nothing, first = ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        one = builder.insert_element(nothing, args[1], first)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, nothing, everywhere)

    return (_lanes if array.ndim == 2 else types.float64)(array, types.float64), generate


def _fused(context, builder, of, x, y, a):
    name = f"llvm.fma.{_SUFFIX if of is _lanes else 'f64'}"
    function = ir.FunctionType(a.type, [a.type] * 3)
    return builder.call(cgutils.get_or_insert_function(builder.module, function, name), [x, y, a])


@intrinsic
def plus(typing, a, x, y):
    """Return a + x y, rounded once."""

    def generate(context, builder, sig, args):
        a, x, y = args
        return _fused(context, builder, sig.return_type, x, y, a)

    return a(a, a, a), generate


@intrinsic
def minus(typing, a, x, y):
    """Return a - x y, rounded once."""

    def generate(context, builder, sig, args):
        a, x, y = args
        return _fused(context, builder, sig.return_type, builder.fneg(x), y, a)

    return a(a, a, a), generate


@register_jitable(inline="always")
def add(array, place, x):
    """Add to what is at a place."""
    store(array, place, load(array, place) + x)


@register_jitable(inline="always")
def take(array, place, x):
    """Subtract from what is at a place."""
    store(array, place, load(array, place) - x)


def room(n: int, width: int) -> NDArray[np.float64]:
    """Return zeros (n,) or, where the width is not 1, (n, LANES) on a boundary of 64 bytes."""
    if width == 1:
        return np.zeros(n)
    return workspace(-(-n // 2))[: n * LANES].reshape(n, LANES)
