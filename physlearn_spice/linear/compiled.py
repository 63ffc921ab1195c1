"""Compilation by Numba: once on a machine, kept on disk, and said when it happens."""

# pyright: basic, reportPrivateUsage=false

from __future__ import annotations

import logging
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

from numba import njit

__all__ = ["announce", "compiled"]

_PACKAGE = Path(__file__).parents[1]


def compiled(function: Callable[..., Any]) -> Any:
    """Compile a function when it is first called, and keep the machine code beside its source.

    Numba looks for changes in the function's own file only; here, code that calls compiled code of
    other files is out of date as soon as one of them changes.
    """
    options = {"nogil": True, "error_model": "numpy"}
    try:
        dispatcher = njit(cache=True, **options)(function)
    except RuntimeError:  # nowhere to write
        return njit(**options)(function)
    file: Any = dispatcher._cache._cache_file  # pyright: ignore[reportAttributeAccessIssue]
    file._source_stamp = (file._source_stamp, _sources())
    return dispatcher


def announce(dispatcher: Any) -> None:
    """Say, once, that a function and what it calls are about to be compiled, if they are."""
    kept = getattr(dispatcher._cache, "_cache_file", None)
    if not dispatcher.signatures and (kept is None or not kept._load_index()):
        _say()


@cache
def _say() -> None:
    logging.getLogger("physlearn_spice").warning(
        "compiling the linear engine for this machine: once, some 20 s"
    )


@cache
def _sources() -> tuple[tuple[str, int, int], ...]:
    """Names, times and sizes of all sources that hold compiled functions."""
    files = sorted([*_PACKAGE.glob("linear/**/*.py"), *_PACKAGE.glob("tuner/*.py")])
    return tuple((f.name, f.stat().st_mtime_ns, f.stat().st_size) for f in files)
