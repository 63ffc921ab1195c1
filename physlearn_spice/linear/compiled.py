"""Compilation by Numba: once on a machine, kept on disk, and said when it happens."""

# pyright: reportPrivateUsage=false, reportUnknownParameterType=false

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

__all__ = ["compiled"]

_PACKAGE = Path(__file__).parents[1]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep the machine code beside its source.

    Numba looks for changes in the function's own file only; here, code that calls compiled code of
    other files is out of date as soon as one of them changes.
    """
    dispatcher = njit(cache=True, nogil=True, error_model="numpy")(function)
    file = dispatcher._cache._cache_file
    file._source_stamp = (file._source_stamp, _sources())
    return dispatcher


@cache
def _sources() -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of all sources that hold compiled functions."""
    files = sorted([*_PACKAGE.glob("linear/*.py"), *_PACKAGE.glob("tuner/*.py")])
    return tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
