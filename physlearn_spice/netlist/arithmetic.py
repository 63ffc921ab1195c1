"""What operators and functions of ngspice's parameters mean, by C's rules of arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping

__all__ = ["BINARY", "FUNCTIONS", "LEVEL", "RANDOM", "without_trap"]

LEVEL = {
    **dict.fromkeys(["^", "**"], 2),
    **dict.fromkeys(["*", "/", "%", "\\"], 3),
    **dict.fromkeys(["+", "-"], 4),
    **dict.fromkeys(["<", "<=", ">", ">=", "=", "==", "!=", "<>"], 5),
    "&&": 6,
    "||": 7,
}
RANDOM = ("agauss", "gauss", "aunif", "unif", "limit")


def without_trap(law: Callable[..., float], *arguments: float) -> float:
    """Return what a law gives, or as C does infinity or no number, which may not matter."""
    try:
        return float(law(*arguments))
    except OverflowError:
        return math.inf
    except ValueError:
        return math.nan


def _divide(x: float, y: float) -> float:
    if y:
        return x / y
    return math.copysign(math.inf, x) * math.copysign(1.0, y) if x and x == x else math.nan


def _pow(x: float, y: float) -> float:
    if x == 0 and y < 0:
        return math.inf
    return without_trap(math.pow, x, y)


def _power(x: float, y: float) -> float:
    return _pow(abs(x), y)


def _log(x: float) -> float:
    return -math.inf if x == 0 else math.log(x)


def _rounded(by: Callable[[float], int]) -> Callable[[float], float]:
    # -0.0 of -0.5 and infinity of infinity, as in C
    return lambda x: math.copysign(abs(by(x)), x) if math.isfinite(x) else x


_truncated = _rounded(math.trunc)


def _remainder(x: float, y: float) -> float:
    return x - y * _truncated(_divide(x, y))


BINARY: Mapping[str, Callable[[float, float], float]] = {
    **dict.fromkeys(["^", "**"], _power),
    "*": lambda x, y: x * y,
    "/": _divide,
    "%": _remainder,
    "\\": lambda x, y: _truncated(abs(_divide(x, y))),
    "+": lambda x, y: x + y,
    "-": lambda x, y: x - y,
    "<": lambda x, y: float(x < y),
    "<=": lambda x, y: float(x <= y),
    ">": lambda x, y: float(x > y),
    ">=": lambda x, y: float(x >= y),
    **dict.fromkeys(["=", "=="], lambda x, y: float(x == y)),
    **dict.fromkeys(["!=", "<>"], lambda x, y: float(x != y)),
    "&&": lambda x, y: float(bool(x) and bool(y)),
    "||": lambda x, y: float(bool(x) or bool(y)),
}
_CIRCULAR = [
    *("sin", "cos", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "tanh", "asinh", "acosh", "atanh"),
]
FUNCTIONS: Mapping[str, tuple[int, Callable[..., float]]] = {
    "sqr": (1, lambda x: x * x),
    "sqrt": (1, math.sqrt),
    "exp": (1, math.exp),
    "ln": (1, _log),
    "log": (1, _log),
    "log10": (1, lambda x: -math.inf if x == 0 else math.log10(x)),
    "abs": (1, abs),
    "sgn": (1, lambda x: float(x > 0) - float(x < 0)),
    "int": (1, _truncated),
    "nint": (1, _rounded(round)),
    "floor": (1, _rounded(math.floor)),
    "ceil": (1, _rounded(math.ceil)),
    **{name: (1, getattr(math, name)) for name in _CIRCULAR},
    "arctan": (1, math.atan),
    "pow": (2, _pow),
    "pwr": (2, _power),
    "max": (2, max),
    "min": (2, min),
    "ternary_fcn": (3, lambda x, yes, no: yes if x else no),
}
