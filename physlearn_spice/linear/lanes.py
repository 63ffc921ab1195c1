"""Eight numbers at once, for Numba: the vector type that the kernel computes with.

LLVM turns loops into vector code where it can prove that nothing overlaps, which it seldom can of a
matrix that is updated in place. So the kernel says itself what is a vector. A *lane* is one of the
eight circuits (value sets or frequencies) that go through an elimination together.

Memory holds vectors one after the other in a flat float array, and complex vectors as the real and
then the imaginary one. Places are counted in complex vectors, ``2 * LANES`` numbers each.
"""

# pyright: basic, reportCallIssue=false, reportArgumentType=false

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np
from llvmlite import ir
from numba import literal_unroll, types
from numba.core import cgutils
from numba.extending import (
    intrinsic,
    lower_builtin,
    models,
    register_jitable,
    register_model,
    type_callable,
)
from numpy.typing import NDArray

__all__ = [
    "LANES",
    "absolute",
    "add_real",
    "add_to",
    "clear",
    "conjugate",
    "difference",
    "exponential",
    "fused",
    "get",
    "get_real",
    "inverse",
    "inverse_root",
    "less_product",
    "magnitude",
    "maximum",
    "norm",
    "opposite",
    "plus_product",
    "product",
    "put",
    "put_real",
    "same",
    "scaled",
    "workspace",
]

LANES = 8  # doubles in a 512-bit register; narrower machines take two or four
_STEP = 2 * LANES


class _LanesType(types.Type):
    def __init__(self) -> None:
        super().__init__(f"Lanes{LANES}")


_lanes = _LanesType()
_VECTOR = ir.VectorType(ir.DoubleType(), LANES)
_SUFFIX = f"v{LANES}f64"


@register_model(_LanesType)
class _LanesModel(models.PrimitiveModel):
    def __init__(self, dmm: Any, fe_type: Any) -> None:
        super().__init__(dmm, fe_type, _VECTOR)


for _op, _instruction in (
    (operator.add, "fadd"),
    (operator.sub, "fsub"),
    (operator.mul, "fmul"),
    (operator.truediv, "fdiv"),
):

    @type_callable(_op)
    def _type(context):
        def typer(a, b):
            return _lanes if a is _lanes and b is _lanes else None

        return typer

    @lower_builtin(_op, _LanesType, _LanesType)
    def _lower(context, builder, sig, args, instruction=_instruction):
        return getattr(builder, instruction)(*args)


def _function(name: str, n: int):
    """One of LLVM's own functions of ``n`` vectors."""

    def generate(context, builder, sig, args):
        of = ir.FunctionType(_VECTOR, [_VECTOR] * n)
        return builder.call(
            cgutils.get_or_insert_function(builder.module, of, f"llvm.{name}.{_SUFFIX}"), args
        )

    return _lanes(*[_lanes] * n), generate


@intrinsic
def fused(typing, a, b, c):
    """Return a b + c."""
    return _function("fma", 3)


@intrinsic
def root(typing, a):
    """Return the square root."""
    return _function("sqrt", 1)


@intrinsic
def absolute(typing, a):
    """Return |a|."""
    return _function("fabs", 1)


@intrinsic
def with_sign(typing, a, b):
    """Return |a| with the sign of b."""
    return _function("copysign", 2)


@intrinsic
def maximum(typing, a, b):
    """Return the larger of the two; the other where one is nan."""
    return _function("maxnum", 2)


@intrinsic
def negative(typing, a):
    """Return -a."""

    def generate(context, builder, sig, args):
        return builder.fneg(args[0])

    return _lanes(_lanes), generate


@intrinsic
def where_negative(typing, condition, a, b):
    """Return a where the condition is below 0, else b."""

    def generate(context, builder, sig, args):
        zero = ir.Constant(_VECTOR, [0.0] * LANES)
        return builder.select(builder.fcmp_ordered("<", args[0], zero), args[1], args[2])

    return _lanes(_lanes, _lanes, _lanes), generate


@intrinsic
def same(typing, x):
    """Return the number x in every lane."""

    def generate(context, builder, sig, args):
        nothing, first = ir.Constant(_VECTOR, ir.Undefined), ir.Constant(ir.IntType(32), 0)
        one = builder.insert_element(nothing, args[0], first)
        everywhere = ir.Constant(ir.VectorType(ir.IntType(32), LANES), [0] * LANES)
        return builder.shuffle_vector(one, nothing, everywhere)

    return _lanes(types.float64), generate


@intrinsic
def _nearest(typing, a):
    """Return the nearest whole number."""
    return _function("rint", 1)


@intrinsic
def _power_of_two(typing, n):
    """Return 2^n of whole numbers between -1022 and 1023."""

    def generate(context, builder, sig, args):
        whole = ir.VectorType(ir.IntType(64), LANES)
        bias, shift = (ir.Constant(whole, [k] * LANES) for k in (1023, 52))
        exponent = builder.add(builder.fptosi(args[0], whole), bias)
        return builder.bitcast(builder.shl(exponent, shift), _VECTOR)

    return _lanes(_lanes), generate


_LN2 = (0.693147180369123816490, 1.90821492927058770002e-10)  # the first with 20 bits of zeros
_TAYLOR = tuple(1.0 / math.factorial(k) for k in range(13, -1, -1))


@register_jitable
def exponential(x):
    """Return e^x to an ulp, for |x| < 700: x = n ln 2 + r, and a series in r."""
    n = _nearest(x * same(1.4426950408889634))
    r = fused(n, same(-_LN2[0]), x)
    r = fused(n, same(-_LN2[1]), r)
    sum_ = same(_TAYLOR[0])
    for coefficient in literal_unroll(_TAYLOR[1:]):
        sum_ = fused(sum_, r, same(coefficient))
    return sum_ * _power_of_two(n)


def _pointer(context, builder, array_type, array, at):
    data = context.make_array(array_type)(context, builder, array).data
    return builder.bitcast(builder.gep(data, [at]), _VECTOR.as_pointer())


@intrinsic
def get_real(typing, array, at):
    """Return the vector that begins at number ``at`` of a flat array."""

    def generate(context, builder, sig, args):
        return builder.load(_pointer(context, builder, sig.args[0], *args), align=8)

    return _lanes(array, types.intp), generate


@intrinsic
def put_real(typing, array, at, lanes):
    """Write a vector at number ``at`` of a flat array."""

    def generate(context, builder, sig, args):
        builder.store(args[2], _pointer(context, builder, sig.args[0], *args[:2]), align=8)
        return context.get_dummy_value()

    return types.void(array, types.intp, _lanes), generate


@register_jitable(inline="always")
def get(array, place):
    """Return the complex vector at a place."""
    return get_real(array, place * _STEP), get_real(array, place * _STEP + LANES)


@register_jitable(inline="always")
def put(array, place, z):
    """Write a complex vector to a place."""
    put_real(array, place * _STEP, z[0])
    put_real(array, place * _STEP + LANES, z[1])


@register_jitable(inline="always")
def add_to(array, place, z):
    """Add a complex vector to what is at a place."""
    put_real(array, place * _STEP, get_real(array, place * _STEP) + z[0])
    put_real(array, place * _STEP + LANES, get_real(array, place * _STEP + LANES) + z[1])


@register_jitable(inline="always")
def add_real(array, at, lanes):
    """Add a vector to the one that begins at number ``at`` of a flat array."""
    put_real(array, at, get_real(array, at) + lanes)


@register_jitable(inline="always")
def clear(array, first, last):
    """Write zeros from one place up to another, which is left as it is."""
    array[first * _STEP : last * _STEP] = 0.0


@register_jitable(inline="always")
def product(x, y):
    """Return x y of complex vectors."""
    return fused(x[0], y[0], negative(x[1] * y[1])), fused(x[0], y[1], x[1] * y[0])


@register_jitable(inline="always")
def plus_product(a, x, y):
    """Return a + x y of complex vectors."""
    return (
        fused(x[0], y[0], fused(negative(x[1]), y[1], a[0])),
        fused(x[0], y[1], fused(x[1], y[0], a[1])),
    )


@register_jitable(inline="always")
def difference(x, y):
    """Return x - y of complex vectors."""
    return x[0] - y[0], x[1] - y[1]


@register_jitable(inline="always")
def conjugate(z):
    """Return the complex conjugate."""
    return z[0], negative(z[1])


@register_jitable(inline="always")
def opposite(z):
    """Return -z of a complex vector."""
    return negative(z[0]), negative(z[1])


@register_jitable(inline="always")
def scaled(z, x):
    """Return z times the real vector x."""
    return z[0] * x, z[1] * x


@register_jitable(inline="always")
def norm(z):
    """Return |z|^2."""
    return fused(z[0], z[0], z[1] * z[1])


@register_jitable(inline="always")
def less_product(a, x, y):
    """Return a - x y of complex vectors."""
    nx = negative(x[0])
    return (
        fused(nx, y[0], fused(x[1], y[1], a[0])),
        fused(nx, y[1], fused(negative(x[1]), y[0], a[1])),
    )


@register_jitable(inline="always")
def magnitude(z):
    """Return |re z| + |im z|: no smaller than |z|, and no larger than sqrt(2) |z|."""
    return absolute(z[0]) + absolute(z[1])


@register_jitable(inline="always")
def inverse(z):
    """Return 1/z, and 1/|z|^2."""
    over = same(1.0) / norm(z)
    return (z[0] * over, negative(z[1] * over)), over


@register_jitable(inline="always")
def inverse_root(z):
    """Return 1/sqrt(z), the principal value, and 1/|z|^2."""
    over = same(1.0) / root(norm(z))
    # of z / |z|, so that nothing overflows; the half that has no cancellation comes first
    x, y = z[0] * over, z[1] * over
    large = root(same(0.5) * (same(1.0) + absolute(x)))
    small = same(0.5) * y / large
    re = where_negative(x, absolute(small), large)
    im = where_negative(x, with_sign(large, y), small)
    scale = root(over)
    return (re * scale, negative(im * scale)), over * over


def workspace(places: int) -> NDArray[np.float64]:
    """Return room for complex vectors, on a boundary of 64 bytes."""
    room = np.zeros(places * _STEP + LANES)
    first = (-room.ctypes.data // 8) % LANES
    return room[first : first + places * _STEP]
